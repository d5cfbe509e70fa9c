//! What a statement says of where its subject came from.

use sealkit_oci::{Digest, media_type};

use crate::{
    AnyPredicate, AttestError, BuildType, DatasetVersion, DependencyRole, DigestSet, EdgeKind,
    Lineage, NodeKind, Provenance, ResourceDescriptor, Statement, VerifiedStatement,
};

/// A tie that a file declares, which nobody signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// How the kit came from the thing.
    pub edge: EdgeKind,
    /// What the thing is.
    pub kind: NodeKind,
    /// What the file calls it.
    pub name: String,
    /// The version that the file names.
    pub version: Option<String>,
    /// Its digest, where the file names one.
    pub digest: Option<Digest>,
    /// Where it is declared: file and place.
    pub source: String,
}

/// A thing that a statement says its subject came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// How the subject came from it.
    pub edge: EdgeKind,
    /// What it is.
    pub kind: NodeKind,
    /// What the statement calls it: foreign text.
    pub name: Option<String>,
    /// Its version: foreign text.
    pub version: Option<String>,
    /// Its SHA-256 digest.
    pub digest: Option<Digest>,
}

/// What the signer of `statement` says that `subject` came from. What the statement leaves to another one to
/// prove, and ties between other things, are left out: whoever signs speaks for the subject alone.
pub fn ancestors(
    statement: &VerifiedStatement,
    subject: &Digest,
) -> Result<Vec<Ancestor>, AttestError> {
    said(statement.value(), subject)
}

/// The same of a statement whose signer nobody verified: a stranger's word, which proves nothing. None of it where the
/// statement is not about `subject`.
pub fn claimed_ancestors(
    statement: &Statement,
    subject: &Digest,
) -> Result<Vec<Ancestor>, AttestError> {
    statement.check_subject(subject)?;
    said(statement, subject)
}

fn said(statement: &Statement, subject: &Digest) -> Result<Vec<Ancestor>, AttestError> {
    let claims = of_statement(statement, subject)?;
    let of = |claim: Claim| {
        let (child, parent) = match claim.kind {
            EdgeKind::PackagedIn | EdgeKind::TokenizerOf => (claim.to, claim.from),
            _ => (claim.from, claim.to),
        };
        let (End::Subject, End::Thing(thing), None) = (child, parent, claim.evidence) else {
            return None;
        };
        let Thing { kind, name, version, digest } = *thing;
        let digest = digest.as_ref().and_then(DigestSet::sha256);
        Some(Ancestor { edge: claim.kind, kind, name, version, digest })
    };
    Ok(claims.edges.into_iter().filter_map(of).collect())
}

/// A thing as a statement names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Thing {
    pub(super) kind: NodeKind,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) digest: Option<DigestSet>,
}

/// The end of an edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// What the statement is about.
    Subject,
    /// Another thing.
    Thing(Box<Thing>),
}

/// One tie that a statement speaks of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    pub(super) from: End,
    pub(super) to: End,
    pub(super) kind: EdgeKind,
    /// What is said to prove it; none where the statement itself does.
    pub(super) evidence: Option<DigestSet>,
}

/// All that a statement says of its subject's lineage.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) edges: Vec<Claim>,
    pub(super) dataset: Option<Box<DatasetVersion>>,
}

/// Reads the claims of a statement about `subject`.
pub(super) fn of_statement(statement: &Statement, subject: &Digest) -> Result<Claims, AttestError> {
    Ok(match statement.any_predicate()? {
        AnyPredicate::Provenance(provenance) => {
            Claims { edges: of_provenance(&provenance), dataset: None }
        }
        AnyPredicate::DatasetVersion(dataset) => {
            let parents = dataset.parents.iter();
            let edges =
                parents.map(|parent| derived(EdgeKind::ConvertedFrom, NodeKind::Dataset, parent));
            Claims { edges: edges.collect(), dataset: Some(dataset) }
        }
        AnyPredicate::Lineage(lineage) => {
            Claims { edges: of_lineage(&lineage, subject)?, dataset: None }
        }
        _ => Claims::default(),
    })
}

fn derived(kind: EdgeKind, node: NodeKind, resource: &ResourceDescriptor) -> Claim {
    let thing = Thing {
        kind: if is_kit(resource) { NodeKind::Kit } else { node },
        name: resource.title().map(str::to_owned),
        version: resource.version().map(str::to_owned),
        digest: resource.digest.clone(),
    };
    let (subject, thing) = (End::Subject, End::Thing(Box::new(thing)));
    // A part is written before its whole.
    let (from, to) = match kind {
        EdgeKind::PackagedIn | EdgeKind::TokenizerOf => (thing, subject),
        _ => (subject, thing),
    };
    Claim { from, to, kind, evidence: None }
}

fn is_kit(resource: &ResourceDescriptor) -> bool {
    let uri = resource.uri.as_ref().map_or("", |uri| uri.as_str());
    resource.media_type.as_deref().is_some_and(media_type::is_manifest)
        || uri.starts_with("oci://")
        || uri.starts_with("pkg:oci/")
}

fn of_provenance(provenance: &Provenance) -> Vec<Claim> {
    let build = provenance.build_type();
    let inputs = provenance.build_definition.resolved_dependencies.iter();
    inputs.filter_map(|input| of_dependency(build, input)).collect()
}

/// A dependency without a role is code where it is a commit, and else says nothing of descent.
fn of_dependency(build: Option<BuildType>, input: &ResourceDescriptor) -> Option<Claim> {
    let is_commit = input.digest.as_ref().is_some_and(|set| set.get("gitCommit").is_some());
    let role = input.role().or(is_commit.then_some(DependencyRole::Code))?;
    let (edge, node) = match (role, build) {
        (DependencyRole::BaseModel | DependencyRole::Teacher, Some(BuildType::Pack)) => {
            (EdgeKind::PackagedIn, NodeKind::Model)
        }
        (DependencyRole::Dataset | DependencyRole::Evaluation, Some(BuildType::Pack)) => {
            (EdgeKind::PackagedIn, NodeKind::Dataset)
        }
        (DependencyRole::Teacher, _) => (EdgeKind::DistilledFrom, NodeKind::Model),
        (DependencyRole::BaseModel, build) => (from_base(build), NodeKind::Model),
        (DependencyRole::Dataset, Some(BuildType::DataPrep | BuildType::Convert)) => {
            (EdgeKind::ConvertedFrom, NodeKind::Dataset)
        }
        (DependencyRole::Dataset, _) => (EdgeKind::TrainedOn, NodeKind::Dataset),
        (DependencyRole::Evaluation, _) => (EdgeKind::EvaluatedOn, NodeKind::Dataset),
        (DependencyRole::Tokenizer, _) => (EdgeKind::TokenizerOf, NodeKind::Tokenizer),
        (DependencyRole::Code, _) => (EdgeKind::ProducedByCode, NodeKind::Code),
        (DependencyRole::Environment, _) => return None,
    };
    Some(derived(edge, node, input))
}

fn from_base(build: Option<BuildType>) -> EdgeKind {
    match build {
        Some(BuildType::Quantize) => EdgeKind::QuantizedFrom,
        Some(BuildType::Merge) => EdgeKind::MergedFrom,
        Some(BuildType::Convert | BuildType::DataPrep) => EdgeKind::ConvertedFrom,
        _ => EdgeKind::FineTunedFrom,
    }
}

/// The edges of a lineage; one that does not name its own subject speaks of something else.
fn of_lineage(lineage: &Lineage, subject: &Digest) -> Result<Vec<Claim>, AttestError> {
    let is_subject = |digest: &Option<DigestSet>| {
        digest.as_ref().and_then(DigestSet::sha256).as_ref() == Some(subject)
    };
    if !lineage.nodes.iter().any(|node| is_subject(&node.digest)) {
        let reason = format!("the lineage has no node of its subject {subject}");
        return Err(AttestError::StatementInvalid { reason });
    }
    let ends: std::collections::BTreeMap<&str, End> = lineage
        .nodes
        .iter()
        .map(|node| {
            let thing = Thing {
                kind: node.kind,
                name: node.name.clone(),
                version: node.version.clone(),
                digest: node.digest.clone(),
            };
            let subject = is_subject(&node.digest);
            let end = if subject { End::Subject } else { End::Thing(Box::new(thing)) };
            (node.id.as_str(), end)
        })
        .collect();
    let claims = lineage.edges.iter().filter_map(|edge| {
        let (from, to) = (ends.get(edge.from.as_str())?, ends.get(edge.to.as_str())?);
        let (from, to) = (from.clone(), to.clone());
        Some(Claim { from, to, kind: edge.kind, evidence: edge.evidence.clone() })
    });
    Ok(claims.collect())
}

#[cfg(all(test, debug_assertions))]
#[expect(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]
mod tests {
    use super::*;
    use crate::{
        Bundle, HintStyle, LineageEdge, LineageNode, Role, Signer as _, Subject, TrustRoot,
        TrustedKey, verify_bundle,
    };

    fn verified(lineage: &Lineage, subject: &Digest) -> VerifiedStatement {
        let key = crate::insecure_test_key().unwrap();
        let made = Statement::new(vec![Subject::of(subject)], lineage).unwrap();
        let bytes = Bundle::sign(&made, &key, HintStyle::Cosign).unwrap().into_bytes();
        let mut trust = TrustRoot::default();
        trust.add(TrustedKey::new(key.public_key(), "test", Role::Signer)).unwrap();
        verify_bundle(&bytes, subject, &trust, 0).unwrap()
    }

    #[test]
    fn a_signer_speaks_for_the_subject_alone() {
        let (kit, base, part) = (Digest::of(b"kit"), Digest::of(b"base"), Digest::of(b"part"));
        let node = |id: &str, digest: &Digest, kind| LineageNode {
            id: id.to_owned(),
            digest: Some(DigestSet::of(digest)),
            kind,
            media_type: None,
            name: Some(id.to_owned()),
            version: None,
        };
        let tie = |from: &str, to: &str, kind, evidence: Option<&Digest>| LineageEdge {
            from: from.to_owned(),
            to: to.to_owned(),
            kind,
            evidence: evidence.map(DigestSet::of),
        };
        let lineage = Lineage {
            nodes: vec![
                node("kit", &kit, NodeKind::Kit),
                node("base", &base, NodeKind::Model),
                node("part", &part, NodeKind::Model),
            ],
            edges: vec![
                tie("kit", "base", EdgeKind::AdapterOf, None),
                tie("part", "kit", EdgeKind::PackagedIn, None),
                tie("base", "part", EdgeKind::MergedFrom, None),
                tie("kit", "part", EdgeKind::MergedFrom, Some(&base)),
                tie("base", "kit", EdgeKind::TrainedOn, None),
            ],
        };
        let found = ancestors(&verified(&lineage, &kit), &kit).unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.edge, one.digest.as_ref())).collect();
        let all = [(EdgeKind::AdapterOf, Some(&base)), (EdgeKind::PackagedIn, Some(&part))];
        assert_eq!(told, all);
    }
}
