//! What a policy can ask of each kind.

/// The questions that statements of the kind `name` answer.
pub(super) fn of(name: &str) -> &'static [&'static str] {
    match name {
        "kit" => &[
            "Which file table is the one that was signed, so that single files and ranges can be verified?",
            "Which AIBOM belongs to the kit, by digest?",
        ],
        "dataset-version" => &[
            "Which bytes is version V of dataset D? Do two statements give it other bytes (`version-conflict`)?",
            "Under which licence, and on which consent, is the data used? Is there personal data in it?",
            "From which dataset versions was it made?",
        ],
        "lineage" => &[
            "Which model, data and code does the kit come from, by digest?",
            "Which statement proves each tie, and is that statement about the right thing (`evidence-mismatch`)?",
            "Does every ancestor have a proof of its own under my trust root?",
        ],
        "provenance" => &[
            "Which builder made the kit, by which kind of build, and may this signer speak for that builder?",
            "Which base models, data and code went in, by digest? With which parameters and seed?",
            "When did the build begin and end; did the data exist by then?",
        ],
        "model-scan" => &[
            "Were all files looked at, by which scanner, with rules of which age?",
            "Is the verdict `clean`; may pickles with unsafe operations be in the kit at all?",
            "Are the digests that were scanned those of the kit's files?",
        ],
        "test-result" => &[
            "Did the evaluation that the policy names run with the configuration that it names, and pass?",
            "Is a test that must pass among those that passed?",
        ],
        "vulns" => &[
            "Was the kit looked at since day D, with data no older than N days?",
            "Which vulnerabilities of which severity are known?",
        ],
        "release" => &[
            "Which package and version is this manifest, according to whom?",
            "Is its number, `sealkit.dev/sequence` of the subject, lower than one seen before (`rollback`)?",
        ],
        "svr" => &[
            "Did a verifier that I trust find the properties that I need, under the policy with this digest?",
            "How old is that result? What is not listed was not found to hold.",
        ],
        "advisory" => &[
            "Did somebody who may revoke say that this kit must not be used, and not take it back (`revoked`)?",
            "In what is the matter: which dataset, base model, package or file?",
        ],
        "reference" => {
            &["Which documents belong to the kit, by digest, and where can they be had?"]
        }
        _ => &[],
    }
}
