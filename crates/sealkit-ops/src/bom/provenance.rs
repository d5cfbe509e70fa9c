//! SLSA provenance as facts: what a verified statement says of how a kit came to be.
//!
//! Source: slsa.dev/spec/v1.0/provenance, and v0.2 for older statements.

use sealkit_attest::Statement;
use sealkit_inspect::{Facts, OriginInfo, PackageInfo, Value, property};
use sealkit_oci::Digest;
use sealkit_report::{Evidence, Known};
use serde_json::Value as Json;

mod run;

const V1: &str = "https://slsa.dev/provenance/v1";
const V02: &str = "https://slsa.dev/provenance/v0.2";
/// Most entries of one list of a statement that are taken.
const MAX_ENTRIES: usize = 10_000;
/// Longest text that is taken, in bytes.
const MAX_TEXT: usize = 4096;

/// Whether a predicate type is provenance.
pub(crate) fn matches(predicate_type: &str) -> bool {
    predicate_type == V1 || predicate_type == V02
}

/// What a verified statement says. Its evidence names the statement by digest and its signer.
pub(crate) fn facts(statement: &Statement, evidence: &Digest, signer: &str) -> Facts {
    let mut taker = Taker { facts: Facts::default(), digest: evidence, signer };
    let Ok(predicate) = serde_json::from_str::<Json>(statement.raw_predicate()) else {
        return taker.facts;
    };
    if statement.predicate_type() == V1 {
        taker.v1(&predicate);
    } else {
        taker.v02(&predicate);
    }
    taker.facts
}

struct Taker<'a> {
    facts: Facts,
    digest: &'a Digest,
    signer: &'a str,
}

impl Taker<'_> {
    fn v1(&mut self, predicate: &Json) {
        let build = &predicate["buildDefinition"];
        self.text("/buildDefinition/buildType", property::TRAINING_PROCEDURE, &build["buildType"]);
        self.parameters("/buildDefinition/externalParameters", &build["externalParameters"]);
        self.materials("/buildDefinition/resolvedDependencies", &build["resolvedDependencies"]);
        let run = &predicate["runDetails"];
        self.builder("/runDetails/builder/id", &run["builder"]["id"]);
        let times = &run["metadata"];
        self.text("/runDetails/metadata/finishedOn", property::CREATED, &times["finishedOn"]);
        run::internal(self, &build["internalParameters"]);
        run::details(self, run);
    }

    fn v02(&mut self, predicate: &Json) {
        self.text("/buildType", property::TRAINING_PROCEDURE, &predicate["buildType"]);
        self.parameters("/invocation/parameters", &predicate["invocation"]["parameters"]);
        self.materials("/materials", &predicate["materials"]);
        self.builder("/builder/id", &predicate["builder"]["id"]);
        let finished = &predicate["metadata"]["buildFinishedOn"];
        self.text("/metadata/buildFinishedOn", property::CREATED, finished);
    }

    fn builder(&mut self, place: &str, id: &Json) {
        let Some(name) = text(id) else { return };
        let package = PackageInfo {
            ecosystem: "generic".to_owned(),
            name,
            direct: true,
            ..PackageInfo::default()
        };
        self.add(place, "builder", property::PACKAGE, Value::Package(package));
    }

    /// Plain settings, `section.name` where they are nested once.
    fn parameters(&mut self, place: &str, parameters: &Json) {
        let Some(map) = parameters.as_object() else { return };
        for (key, value) in map.iter().take(MAX_ENTRIES) {
            let place_of = format!("{place}/{key}");
            match (key.as_str(), value) {
                // Ours: the settings themselves, the seed, and the command that was run.
                ("parameters" | "hyperparameters", Json::Object(inner)) => {
                    for (name, value) in inner.iter().take(MAX_ENTRIES) {
                        self.setting(&format!("{place_of}/{name}"), name, value);
                    }
                }
                ("seed", value) => run::seed(self, &place_of, value),
                ("command", Json::Array(words)) => run::command(self, &place_of, words),
                (_, Json::Object(inner)) => {
                    for (name, value) in inner.iter().take(MAX_ENTRIES) {
                        let place = format!("{place}/{key}/{name}");
                        self.setting(&place, &format!("{key}.{name}"), value);
                    }
                }
                (_, value) => self.setting(&place_of, key, value),
            }
        }
    }

    fn setting(&mut self, place: &str, name: &str, value: &Json) {
        let plain = match value {
            Json::String(text) if text.len() <= MAX_TEXT => text.clone(),
            Json::Number(number) => number.to_string(),
            Json::Bool(yes) => yes.to_string(),
            _ => return,
        };
        if name.len() <= MAX_TEXT {
            self.add(place, name, property::HYPERPARAMETER, Value::Text(plain));
        }
    }

    /// What went in: base models and data where the statement says so, else files.
    fn materials(&mut self, place: &str, list: &Json) {
        for (at, material) in list.as_array().into_iter().flatten().take(MAX_ENTRIES).enumerate() {
            let name = text(&material["name"]).or_else(|| text(&material["uri"]));
            let Some(name) = name else { continue };
            if run::package(self, &format!("{place}/{at}"), material) {
                continue;
            }
            let digests = digests(&material["digest"]);
            let annotations = &material["annotations"];
            let role = text(&annotations["role"]).or_else(|| text(&annotations["kind"]));
            let property = match role.as_deref() {
                Some("code") => {
                    run::code(self, &format!("{place}/{at}"), material);
                    continue;
                }
                Some("base-model" | "base" | "model" | "teacher") => property::BASE_MODEL,
                Some("dataset" | "data" | "train" | "training-data") => property::TRAINED_ON,
                Some("eval" | "test" | "validation") => property::EVALUATED_ON,
                _ => property::FILE_REFERENCE,
            };
            let place = format!("{place}/{at}");
            let value = if property == property::FILE_REFERENCE {
                let path = name;
                Value::File(sealkit_inspect::FileInfo { path, size: None, digests })
            } else {
                let url = text(&material["uri"]);
                let version = text(&annotations["version"]);
                Value::Origin(OriginInfo { url, version, digests, ..OriginInfo::named(name) })
            };
            self.add(&place, "", property, value);
        }
    }

    fn text(&mut self, place: &str, property: &'static str, value: &Json) {
        if let Some(text) = text(value) {
            self.add(place, "", property, Value::Text(text));
        }
    }

    fn add(&mut self, place: &str, subject: &str, property: &'static str, value: Value) {
        self.facts.facts.push(sealkit_inspect::Fact {
            subject: subject.to_owned(),
            property: property.into(),
            value,
            evidence: Evidence {
                known: Known::Attested,
                file: format!("statement by {}", self.signer),
                place: place.to_owned(),
                digest: Some(self.digest.clone()),
            },
        });
    }
}

fn text(value: &Json) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty() && text.len() <= MAX_TEXT).map(str::to_owned)
}

fn digests(value: &Json) -> Vec<String> {
    let map = value.as_object().into_iter().flatten();
    map.filter_map(|(name, hex)| Some(format!("{name}:{}", text(hex)?))).take(16).collect()
}

#[cfg(test)]
mod tests {
    use sealkit_attest::Subject;

    use super::*;

    fn read(kind: &str, predicate: &Json) -> Facts {
        let subject = Digest::of(b"kit");
        let text = serde_json::json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [serde_json::to_value(Subject::of(&subject)).unwrap()],
            "predicateType": kind,
            "predicate": predicate,
        });
        let statement = Statement::parse(serde_json::to_vec(&text).unwrap()).unwrap();
        facts(&statement, &Digest::of(b"bundle"), "Ada")
    }

    #[test]
    fn what_went_in_and_how_is_attested() {
        let facts = read(
            V1,
            &serde_json::json!({
                "buildDefinition": {
                    "buildType": "https://sealkit.dev/train/v1",
                    "externalParameters": { "lr": 0.1, "data": { "split": "train" }, "deep": [1] },
                    "resolvedDependencies": [
                        { "name": "org/base", "uri": "hf://org/base", "digest": { "sha256": "ab" },
                          "annotations": { "role": "base-model" } },
                        { "uri": "file.csv", "annotations": { "role": "dataset", "version": "v2" } },
                        { "name": "train.py" }, { "digest": {} }, 7
                    ]
                },
                "runDetails": { "builder": { "id": "https://ci" }, "metadata": { "finishedOn": "2026-01-02T03:04:05Z" } }
            }),
        );
        let base = facts.origins(property::BASE_MODEL).next().unwrap();
        assert_eq!(
            (base.name.as_str(), base.digests.as_slice()),
            ("org/base", &["sha256:ab".to_owned()][..])
        );
        let data = facts.origins(property::TRAINED_ON).next().unwrap();
        assert_eq!((data.name.as_str(), data.version.as_deref()), ("file.csv", Some("v2")));
        let settings: Vec<_> = facts
            .facts
            .iter()
            .filter(|f| f.property == property::HYPERPARAMETER)
            .map(|f| (f.subject.as_str(), f.value.to_string()))
            .collect();
        assert_eq!(settings, [("lr", "0.1".to_owned()), ("data.split", "train".to_owned())]);
        assert_eq!(facts.text(property::CREATED), Some("2026-01-02T03:04:05Z"));
        assert!(facts.facts.iter().all(|f| f.evidence.known == Known::Attested));
        assert!(facts.facts.iter().all(|f| f.evidence.digest == Some(Digest::of(b"bundle"))));
    }

    #[test]
    fn the_older_form_is_read_and_nonsense_says_nothing() {
        let old = read(
            V02,
            &serde_json::json!({
                "builder": { "id": "b" }, "buildType": "t",
                "invocation": { "parameters": { "seed": 1 } },
                "materials": [{ "uri": "git+https://x", "digest": { "sha1": "cd" } }]
            }),
        );
        assert!(old.facts.iter().any(|f| f.property == property::FILE_REFERENCE));
        assert!(old.facts.iter().any(|f| f.property == property::SEED));
        assert!(
            read(V1, &serde_json::json!({"buildDefinition": 3, "runDetails": []})).facts.is_empty()
        );
    }
}
