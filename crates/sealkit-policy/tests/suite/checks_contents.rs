//! Cases of checks that ask what is inside.
#![expect(
    clippy::too_many_lines,
    clippy::semicolon_if_nothing_returned,
    reason = "a table of cases"
)]

use serde_json::{Value, json};

use super::checks::{Case, case, gone, no_bom, no_bom_statement, without};
use super::common::*;

pub(crate) fn contents() -> Vec<Case> {
    vec![
        case("pinned", &[(|f| f["subject"]["pinned"] = json!(false), "not-pinned")], &[]),
        case(
            "{integrity: {steps: [blob-digests]}}",
            &[(|f| f["steps"][1]["outcome"] = json!("fail"), "verification-failed")],
            &[
                gone!("steps"),
                |f| f["steps"][0]["outcome"] = json!("unknown"),
                |f| f["steps"][0]["outcome"] = json!("skip"),
            ],
        ),
        case(
            "{forbiddenFormats: {formats: [pickle, can-run-code, embedded-code, unknown]}}",
            &[
                (|f| f["files"][0]["formats"] = json!(["pytorch", "pickle"]), "forbidden-format"),
                (|f| f["files"][0]["traits"] = json!(["embedded-code"]), "forbidden-format"),
                (|f| f["files"][0]["formats"] = json!(["unknown"]), "forbidden-format"),
            ],
            &[
                gone!("files"),
                gone!("steps"),
                |f| {
                    f["files"][0].as_object_mut().unwrap().remove("formats");
                },
                |f| {
                    f["files"][0].as_object_mut().unwrap().remove("digest");
                },
            ],
        ),
        case(
            "{annotations: {require: {stage: \"pro*\"}}}",
            &[
                (|f| f["manifest"]["annotations"]["stage"] = json!("dev"), "annotation-missing"),
                (|f| f["manifest"]["annotations"] = json!({}), "annotation-missing"),
            ],
            &[gone!("manifest")],
        ),
        case(
            "signedLayers",
            &[(|f| f["sealedLayers"] = json!([]), "unsigned-layer")],
            &[gone!("manifest"), gone!("sealedLayers")],
        ),
        case(
            "{bom: {by: {names: [ada]}}}",
            &[],
            &[no_bom, no_bom_statement, |f| {
                f["statements"][2]["signer"] = identity("https://ci.example/x")
            }],
        ),
        case(
            "{bomScore: {profile: ntia, atLeast: 75}}",
            &[(|f| f["bom"]["scores"]["ntia"]["percent"] = json!(74.9), "score-too-low")],
            &[no_bom, no_bom_statement, |f| f["bom"]["scores"] = json!({})],
        ),
        case(
            "bomMatches",
            &[(|f| f["steps"][1]["outcome"] = json!("fail"), "aibom-mismatch")],
            &[no_bom, no_bom_statement, gone!("steps"), |f| {
                f["steps"][1]["outcome"] = json!("unknown")
            }],
        ),
        case(
            "{documentation: {profile: ntia}}",
            &[(
                |f| f["bom"]["scores"]["ntia"]["elements"][0]["said"] = json!(false),
                "documentation-missing",
            )],
            &[no_bom, |f| f["bom"]["scores"] = json!({})],
        ),
        case(
            "{documentation: {profile: ntia, fields: [supplier]}}",
            &[(
                |f| f["bom"]["scores"]["ntia"]["elements"][0]["said"] = json!(false),
                "documentation-missing",
            )],
            &[|f| f["bom"]["scores"]["ntia"]["elements"] = json!([])],
        ),
        case(
            "{licences: {allow: [apache-2.0, MIT]}}",
            &[
                (
                    |f| f["bom"]["parts"][1]["licences"] = json!([["GPL-3.0", "declared"]]),
                    "licence-not-allowed",
                ),
                (
                    |f| {
                        f["bom"]["parts"][2]["licences"] =
                            json!([["MIT", "declared"], ["GPL-3.0", "measured"]])
                    },
                    "licence-not-allowed",
                ),
            ],
            &[no_bom, no_bom_statement, |f| f["bom"]["parts"][0]["licences"] = json!([])],
        ),
        case(
            "{licences: {deny: [GPL-3.0]}}",
            &[(
                |f| f["bom"]["parts"][0]["licences"] = json!([["GPL-3.0", "declared"]]),
                "licence-not-allowed",
            )],
            &[no_bom],
        ),
        case(
            "{useRestrictions: {accept: [llama3]}}",
            &[(
                |f| f["bom"]["parts"][0]["licences"] = json!([["openrail", "declared"]]),
                "use-restricted",
            )],
            &[no_bom, |f| f["bom"]["parts"][2]["licences"] = json!([])],
        ),
        case(
            "{datasets: {attested: true}}",
            &[
                (
                    |f| {
                        f["bom"]["parts"][1].as_object_mut().unwrap().remove("digest");
                    },
                    "dataset-not-pinned",
                ),
                (
                    |f| {
                        f["statements"].as_array_mut().unwrap().push(said(
                            key("ada", "signer"),
                            "d2",
                            DATASET,
                            dataset("other"),
                        ))
                    },
                    "version-conflict",
                ),
            ],
            &[
                no_bom,
                no_bom_statement,
                |f| without(f, DATASET),
                |f| f["bom"]["parts"][1]["version"] = json!("2"),
                |f| f["bom"]["parts"][1]["digest"] = json!(digest("same-size bytes")),
            ],
        ),
        case(
            "{baseModels: {names: [org/base]}}",
            &[
                (|f| f["bom"]["parts"][2]["name"] = json!("evil/base"), "base-model-not-allowed"),
                (
                    |f| f["lineage"]["ancestors"][0]["name"] = json!("evil/base"),
                    "base-model-not-allowed",
                ),
            ],
            &[no_bom, gone!("lineage")],
        ),
        case(
            "{baseModels: {by: {roles: [vendor]}}}",
            &[
                (
                    |f| f["lineage"]["ancestors"][0]["state"] = json!("declared"),
                    "base-model-not-allowed",
                ),
                (|f| f["lineage"]["ancestors"][0]["signers"] = json!([]), "base-model-not-allowed"),
            ],
            &[no_bom, gone!("lineage")],
        ),
        case(
            "{lineage: {}}",
            &[(|f| f["lineage"]["ancestors"][0]["state"] = json!("failed"), "ancestor-failed")],
            &[
                gone!("lineage"),
                |f| f["lineage"]["complete"] = json!(false),
                |f| f["lineage"]["ancestors"][0]["state"] = json!("missing"),
                |f| f["lineage"]["ancestors"][0]["state"] = json!("declared"),
                // Without a word about the kit nobody knows that it has no ancestors.
                |f| {
                    without(f, PROVENANCE);
                    f["lineage"]["ancestors"] = json!([]);
                },
                |f| without(f, PROVENANCE),
            ],
        ),
    ]
}
