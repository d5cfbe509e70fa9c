//! `seal` picks recorded runs up: provenance of what was packed is signed over the kit, too.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_attest::{Predicate as _, Provenance, Statement, Subject, TrustRoot, Verifier};
use sealkit_inspect::Facts;
use sealkit_oci::{Digest, FileKind};
use serde_json::{Value as Json, json};

use super::keep::{self, Approval, KeptRecord};
use super::used::{Files, Found, Places, below, join, moved, named, used};
use crate::bom::provenance_facts;
use crate::pack::PackOutcome;
use crate::seal::sign::Desk;
use crate::trust::{Role, TrustedKey};
use crate::{Context, OpsError, trust};

/// What became of the recorded runs.
#[derive(Debug, Default)]
pub(crate) struct AttachedRecords {
    /// What they say, one each, for the AIBOM.
    pub(crate) attested: Vec<Facts>,
    /// Those that were attached.
    pub(crate) records: Vec<Digest>,
    /// What the person should know.
    pub(crate) warnings: Vec<String>,
}

/// Attaches every approved record whose outputs are in the kit. A record is left out, and the reason told,
/// where nobody trusted signed it, the run failed, or a file of its outputs is in the kit with other bytes.
pub(crate) fn attach_records(
    context: &Context,
    packed: &PackOutcome,
    desk: &Desk<'_>,
) -> Result<AttachedRecords, OpsError> {
    let mut root = trust::load(&context.home)?;
    let own = desk.public_key();
    if root.get(&own).is_none() {
        root.add(TrustedKey::new(own, "the key that seals", Role::Own))?;
    }
    let records = keep::all(&context.home)?;
    let mut done = AttachedRecords::default();
    if records.is_empty() {
        return Ok(done);
    }
    let inside = Inside::of(packed);
    for kept in records {
        let name = kept.id.hex().get(..12).unwrap_or_default();
        match consider(context, &kept, &inside, &root) {
            Ok(None) => {}
            Ok(Some((statement, differs))) if kept.approval == Approval::Given => {
                let statement = over_kit(&statement, packed.manifest.digest(), &kept.id)?;
                let (_, evidence) = desk.attach_statement(&statement)?;
                let signer = root.get(&desk.public_key()).map_or("", |key| key.name.as_str());
                done.attested.push(provenance_facts(&statement, &evidence, signer));
                done.warnings.extend(differs.map(|why| format!("record {name}: {why}")));
                done.records.push(kept.id);
            }
            Ok(Some(_)) => done.warnings.push(format!(
                "record {name} of this kit waits for approval and is not attached: run `sealkit record --approve {name}`"
            )),
            Err(reason) => {
                done.warnings.push(format!("record {name} is not attached: {}", told(&reason)));
            }
        }
    }
    Ok(done)
}

/// An error with its causes on one line.
fn told(error: &OpsError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

/// The verified statement of a record that is about files of the kit; none where it is about others. With what of the
/// kit is not as the run read it: such a record is attached all the same, since without it nobody who verifies would
/// learn that something was swapped.
fn consider(
    context: &Context,
    kept: &KeptRecord,
    inside: &Inside,
    root: &TrustRoot,
) -> Result<Option<(Statement, Option<String>)>, OpsError> {
    let bytes = keep::read(&kept.path)?;
    if super::id(&bytes) != kept.id {
        return Err(OpsError::usage("record-malformed", "its file was changed since it was kept"));
    }
    let claimed = keep::statement(&bytes)?;
    let Some(subject) = inside.first_of(&claimed) else { return Ok(None) };
    let verifier = Verifier::new(root, (context.clock)()).expecting::<Provenance>();
    let verified = verifier.verify(&bytes, &subject)?;
    let statement = verified.value().clone();
    if let Some(path) = inside.contradicts(&statement) {
        let message = format!("`{path}` is not as the run left it");
        return Err(OpsError::usage("record-output-changed", message));
    }
    let made: Provenance = statement.predicate()?;
    let differs = inside.used_other(&made, &statement);
    let exit = made.build_definition.internal_parameters.get("exitCode").and_then(Json::as_u64);
    match exit {
        Some(0) | None => Ok(Some((statement, differs))),
        Some(code) => {
            let message = format!("its command failed with exit code {code}");
            Err(OpsError::usage("record-failed-run", message))
        }
    }
}

/// The statement about the kit: its manifest first, the outputs behind it, and the record among the
/// byproducts. Fields that this version does not know stay.
fn over_kit(record: &Statement, kit: &Digest, id: &Digest) -> Result<Statement, OpsError> {
    let malformed = |error: serde_json::Error| {
        OpsError::usage("record-malformed", format!("the record can not be read: {error}"))
    };
    let mut predicate: Json = serde_json::from_str(record.raw_predicate()).map_err(malformed)?;
    let details = predicate.get_mut("runDetails").and_then(Json::as_object_mut);
    if let Some(details) = details {
        let list = details.entry("byproducts").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(json!({
                "name": "record of the run",
                "digest": { "sha256": id.hex() },
                "mediaType": sealkit_oci::media_type::SIGSTORE_BUNDLE,
            }));
        }
    }
    let mut subjects = vec![Subject::of(kit)];
    subjects.extend(record.subjects().iter().cloned());
    let bytes = serde_json::to_vec(&predicate).map_err(malformed)?;
    let made = Statement::with_predicate(subjects, Provenance::TYPE, &bytes)?;
    made.predicate::<Provenance>()?;
    Ok(made)
}

/// The files of a kit.
struct Inside {
    by_path: Files,
    by_digest: BTreeMap<Digest, Vec<String>>,
}

impl Inside {
    fn of(packed: &PackOutcome) -> Self {
        let mut by_path = BTreeMap::new();
        let mut by_digest: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
        let files = packed.file_table.entries().map(|(_, entry)| entry);
        // An empty file is equal to every other, so it ties nothing.
        for entry in files.filter(|entry| entry.kind == FileKind::File) {
            let Some(digest) = &entry.digest else { continue };
            by_path.insert(entry.path.clone(), digest.clone());
            if entry.size > 0 {
                by_digest.entry(digest.clone()).or_default().push(entry.path.clone());
            }
        }
        Self { by_path, by_digest }
    }

    /// The digest of the first output that is in the kit.
    fn first_of(&self, record: &Statement) -> Option<Digest> {
        record
            .subjects()
            .iter()
            .filter_map(Subject::sha256)
            .find(|digest| self.by_digest.contains_key(digest))
    }

    /// What of the kit is not as the run read it.
    fn used_other(&self, made: &Provenance, record: &Statement) -> Option<String> {
        let places = Places::of(&self.by_path, record);
        let all = made.build_definition.resolved_dependencies.iter().flat_map(used);
        all.map(|one| places.look(&one)).find_map(|found| match found {
            Found::Other(path, _) => Some(format!("`{path}` is not as the run read it")),
            Found::Unclear(path) => Some(format!(
                "whether `{path}` is as the run read it can not be told: it held too many files to name \
                 them, and is not whole in the kit"
            )),
            Found::Elsewhere | Found::Same => None,
        })
    }

    /// A file of the kit that stands where an output of the record would, with other bytes. Where outputs
    /// stand follows from those that are the same: equal ends of their paths are taken away.
    fn contradicts(&self, record: &Statement) -> Option<String> {
        let mut moves = BTreeSet::new();
        for (name, digest) in named(record) {
            for path in self.by_digest.get(&digest).into_iter().flatten() {
                moves.extend(moved(name, path));
            }
        }
        named(record).find_map(|(name, digest)| {
            let places = moves.iter().filter_map(|(from, to)| Some(join(to, below(name, from)?)));
            let mut other =
                places.filter(|path| self.by_path.get(path).is_some_and(|is| *is != digest));
            other.next()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_file_beside_a_true_one_is_found() {
        let (weights, config) = (Digest::of(b"weights"), Digest::of(b"config"));
        let named = |name: &str, digest: &Digest| Subject {
            name: Some(name.to_owned()),
            ..Subject::of(digest)
        };
        let record = |a: &Digest, b: &Digest| {
            let subjects = vec![named("out/m.bin", a), named("out/config.json", b)];
            Statement::with_predicate(subjects, "https://example.com/x", b"{}").unwrap()
        };
        let by_path = BTreeMap::from([
            ("m.bin".to_owned(), weights.clone()),
            ("config.json".to_owned(), config.clone()),
        ]);
        let by_digest = by_path.iter().map(|(path, digest)| (digest.clone(), vec![path.clone()]));
        let inside = Inside { by_digest: by_digest.collect(), by_path };
        assert_eq!(inside.contradicts(&record(&weights, &config)), None);
        let other = Digest::of(b"other weights");
        assert_eq!(inside.first_of(&record(&other, &config)), Some(config.clone()));
        assert_eq!(inside.contradicts(&record(&other, &config)).as_deref(), Some("m.bin"));
        assert_eq!(inside.first_of(&record(&other, &other)), None);
    }
}
