//! What each rule asks, what answers it, and how a kit comes to meet it.

use serde::Serialize;
use serde_json::Value;

use crate::Policy;
use crate::model::{Check, Mode, Scope};

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// Its id.
    pub rule: String,
    /// Why it is there, where the policy says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it does where it does not hold.
    pub mode: Mode,
    /// Which kits it is for.
    pub scope: Scope,
    /// What it asks.
    pub asks: &'static str,
    /// Its settings as they stand in the policy.
    pub settings: Value,
    /// The evidence that answers it; without it the rule denies.
    pub evidence: &'static str,
    /// How a kit comes to meet it: a command, or what to do.
    pub satisfy: &'static str,
}

impl Policy {
    /// Every rule in words, in the order of the policy.
    pub fn explain(&self) -> Vec<Explained> {
        let all = self.rules().iter();
        all.map(|rule| {
            let (asks, evidence, satisfy) = words(&rule.check);
            Explained {
                rule: rule.id.to_string(),
                description: rule.description.as_ref().map(ToString::to_string),
                mode: self.mode_of(rule),
                scope: rule.scope.clone(),
                asks,
                settings: serde_json::to_value(&rule.check).unwrap_or_default(),
                evidence,
                satisfy,
            }
        })
        .collect()
    }
}

/// What a check asks, in a few words.
pub(crate) fn asks(check: &Check) -> &'static str {
    words(check).0
}

const SIGNATURES: &str = "verified signatures of the kit";
const BOM: &str = "the AIBOM in a verified statement";
const PROVENANCE: &str = "a verified SLSA provenance statement";

/// What it asks, the evidence, and how to satisfy it.
fn words(check: &Check) -> (&'static str, &'static str, &'static str) {
    match check {
        Check::Signers(_)
        | Check::Identities(_)
        | Check::Keys(_)
        | Check::SignatureAge(_)
        | Check::Log(_)
        | Check::Timestamp(_) => signing(check),
        Check::Pinned
        | Check::Integrity(_)
        | Check::ForbiddenFormats(_)
        | Check::Annotations(_)
        | Check::SignedLayers => contents(check),
        Check::Bom(_)
        | Check::BomScore(_)
        | Check::BomMatches
        | Check::Documentation(_)
        | Check::Licences(_)
        | Check::UseRestrictions(_) => bom(check),
        _ => statements(check),
    }
}

fn signing(check: &Check) -> (&'static str, &'static str, &'static str) {
    match check {
        Check::Signers(_) => (
            "enough distinct signers signed it",
            SIGNATURES,
            "have each of them sign it, and add their keys with `sealkit trust add`",
        ),
        Check::Identities(_) => (
            "one of the listed identities signed it",
            SIGNATURES,
            "sign it in the workflow whose identity is listed",
        ),
        Check::Keys(_) => (
            "one of the listed keys signed it, in its window of time",
            SIGNATURES,
            "sign it with a listed key; `sealkit trust list` prints ids",
        ),
        Check::SignatureAge(_) => (
            "the signature is not too old",
            "a time that a log or a timestamp authority vouches for",
            "sign it again with a timestamp or into a log",
        ),
        Check::Log(_) => (
            "the signature is in transparency logs",
            "a verified proof of inclusion",
            "sign it into a log that is trusted",
        ),
        _ => (
            "a timestamp proves when it was signed",
            "a verified timestamp",
            "sign it with a timestamp authority",
        ),
    }
}

fn contents(check: &Check) -> (&'static str, &'static str, &'static str) {
    match check {
        Check::Pinned => (
            "it is asked for by its digest",
            "the reference",
            "write `NAME@sha256:…`; `sealkit check` prints the digest",
        ),
        Check::Integrity(_) => (
            "verification found nothing wrong",
            "the steps of verification",
            "run `sealkit verify REF` for the step that failed",
        ),
        Check::ForbiddenFormats(_) => (
            "no file is of a forbidden format",
            "the verified bytes of every file",
            "convert the files, e.g. to safetensors, and seal again",
        ),
        Check::Annotations(_) => {
            ("the manifest has the annotations", "the manifest", "pack it with the annotations")
        }
        _ => (
            "every layer is covered by what was signed",
            "the sealed file table, or statements that name the layers",
            "run `sealkit seal DIR`",
        ),
    }
}

fn bom(check: &Check) -> (&'static str, &'static str, &'static str) {
    match check {
        Check::Bom(_) => {
            ("an AIBOM is signed", BOM, "run `sealkit seal DIR` or `sealkit bom attach`")
        }
        Check::BomScore(_) => (
            "the AIBOM says enough",
            BOM,
            "run `sealkit bom score REF` for what is missing and how to supply it",
        ),
        Check::BomMatches => (
            "the AIBOM lists what is inside",
            "the AIBOM and the sealed file table",
            "seal again: the AIBOM is made from the bytes",
        ),
        Check::Documentation(_) => (
            "the documentation says what is asked",
            BOM,
            "run `sealkit bom score REF` for the fields and how to supply them",
        ),
        Check::Licences(_) => (
            "licences are allowed ones",
            BOM,
            "choose parts under allowed licences; say the licence in the Kitfile or model card",
        ),
        _ => (
            "no licence restricts the use in a way that nobody accepted",
            BOM,
            "read the licence, then add its name to `accept`",
        ),
    }
}

fn statements(check: &Check) -> (&'static str, &'static str, &'static str) {
    const ATTEST: &str = "run `sealkit attest REF --type TYPE --predicate FILE`";
    match check {
        Check::Predicates(_) => {
            ("the required statements are there", "verified statements", ATTEST)
        }
        Check::PredicateSchemas(_) => {
            ("statements say what their types demand", "verified statements", ATTEST)
        }
        Check::Scan(_) => {
            ("a recent scan found the files safe", "a verified model-scan statement", ATTEST)
        }
        Check::Vulnerabilities(_) => (
            "no known vulnerability is worse than accepted",
            "verified vulns statements, and VEX",
            ATTEST,
        ),
        Check::Datasets(_) => (
            "datasets are pinned",
            "the signed AIBOM, and dataset-version statements",
            "pack datasets or name them with digests, and attest their versions",
        ),
        Check::BaseModels(_) => (
            "base models are allowed ones",
            "the signed AIBOM and the ancestors",
            "start from an allowed base model, or add its name or digest",
        ),
        Check::Lineage(_) => (
            "the ancestors are verified",
            "provenance or a lineage of the kit, and statements about each ancestor",
            "make it with `sealkit record` or attest its provenance, and have ancestors signed; `sealkit lineage REF` shows the weakest link",
        ),
        Check::Builder(_) => {
            ("a trusted builder made it", PROVENANCE, "make it with `sealkit record`, or in CI")
        }
        Check::Source(_) => (
            "it was made from the listed source",
            PROVENANCE,
            "build it from the listed repository, with provenance",
        ),
        Check::Evaluation(_) => (
            "an evaluation reached the result",
            "a verified test-result statement that names the harness",
            ATTEST,
        ),
        Check::Release(_) => (
            "no newer release was accepted before",
            "a verified release statement, and what this machine remembers",
            "use the newest release, and ask for it by repository",
        ),
        _ => (
            "somebody trusted has checked it and says yes",
            "a verified verdict (SVR)",
            "have them run `sealkit check REF --attest`",
        ),
    }
}
