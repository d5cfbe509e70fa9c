//! Datasets and models that documents name, in one form.

use sealkit_aibom::Kind;
use sealkit_attest::{
    AttestError, DatasetVersion, DependencyRole, DigestSet, Lineage, NodeKind, Provenance,
    VerifiedStatement,
};
use sealkit_inspect::property;
use sealkit_oci::Digest;

use super::Said;

/// What kind of thing is named. A model and a dataset of one name are two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Data,
    Model,
}

/// A thing as one document names it.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    pub(super) what: What,
    /// Without the address of a hub before it.
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// Which part of it is meant: a split of a dataset.
    pub(super) part: Option<String>,
    pub(super) digests: Option<DigestSet>,
    /// What kind of document names it.
    pub(super) by: &'static str,
    /// Digest of the bundle that proves the document; none for the AIBOM.
    pub(super) evidence: Option<Digest>,
}

/// Everything that is named.
pub(super) fn of(said: &Said<'_>) -> Vec<Thing> {
    let mut things = Vec::new();
    for statement in said.statements {
        of_statement(statement, &mut things);
    }
    let parts = said.bom.into_iter().flat_map(|bom| &bom.components);
    for part in parts {
        let what = match part.kind {
            Kind::Dataset | Kind::ExternalDataset => What::Data,
            Kind::BaseModel | Kind::ExternalModel => What::Model,
            _ => continue,
        };
        things.push(Thing {
            what,
            name: plain(&part.name),
            version: part.text(property::VERSION).map(str::to_owned),
            part: None,
            // The digest of a part of the kit is one of a tree of files: no other document has it.
            digests: part
                .path
                .is_none()
                .then(|| part.sha256())
                .flatten()
                .map(|d| DigestSet::of(&d)),
            by: "the AIBOM",
            evidence: None,
        });
    }
    things
}

fn of_statement(statement: &VerifiedStatement, things: &mut Vec<Thing>) {
    let evidence = statement.evidence();
    let mut add = |what, name: &str, version: Option<&str>, digests: Option<&DigestSet>, by| {
        things.push(Thing {
            what,
            name: plain(name),
            version: version.map(str::to_owned),
            part: None,
            digests: digests.cloned(),
            by,
            evidence: Some(evidence.clone()),
        });
    };
    if let Ok(run) = read::<Provenance>(statement) {
        for used in &run.build_definition.resolved_dependencies {
            let what = match used.role() {
                Some(DependencyRole::Dataset | DependencyRole::Evaluation) => What::Data,
                Some(DependencyRole::BaseModel | DependencyRole::Teacher) => What::Model,
                _ => continue,
            };
            if let Some(name) = used.title() {
                add(what, name, used.version(), used.digest.as_ref(), "provenance");
            }
        }
    } else if let Ok(lineage) = read::<Lineage>(statement) {
        let own = statement.value().subjects();
        for node in &lineage.nodes {
            let digest = node.digest.as_ref().and_then(DigestSet::sha256);
            // The thing that the lineage is of is no ancestor of itself.
            if digest.is_some_and(|is| {
                own.iter().any(|s| s.digest.get("sha256").is_some_and(|hex| hex == is.hex()))
            }) {
                continue;
            }
            let what = match node.kind {
                NodeKind::Dataset => What::Data,
                NodeKind::Model | NodeKind::Adapter => What::Model,
                _ => continue,
            };
            let name = node.name.as_deref().unwrap_or(&node.id);
            add(what, name, node.version.as_deref(), node.digest.as_ref(), "lineage");
        }
    } else if let Ok(data) = read::<DatasetVersion>(statement) {
        for (part, split) in &data.splits {
            things.push(Thing {
                what: What::Data,
                name: plain(&data.id),
                version: Some(data.version.clone()),
                part: Some(part.clone()),
                digests: Some(split.digest.clone()),
                by: "a dataset version",
                evidence: Some(evidence.clone()),
            });
        }
    }
}

/// What a verified statement says, if it is of this kind.
pub(super) fn read<P: sealkit_attest::Predicate>(
    statement: &VerifiedStatement,
) -> Result<P, AttestError> {
    statement.value().predicate()
}

/// A name without the address of the hub that it is on: `hf://org/name` is `org/name`.
pub(super) fn plain(name: &str) -> String {
    let hubs = ["hf://", "https://huggingface.co/", "https://hf.co/"];
    let rest = hubs.iter().find_map(|hub| name.strip_prefix(hub)).unwrap_or(name);
    let rest = rest.strip_prefix("datasets/").unwrap_or(rest);
    let rest = rest.trim_end_matches('/');
    rest.split('@').next().unwrap_or(rest).to_owned()
}
