//! One verified statement, reduced to what a policy asks of it.

use sealkit_attest::{
    AnyPredicate, DatasetVersion, DigestSet, Lineage, ModelScan, Provenance, Release, Statement,
    Subject, Svr, TestResult, TrustedSigner, VerifiedStatement, Vulns, Witnesses,
};
use sealkit_oci::Digest;

use super::vex::{self, Vex};

/// Predicate type of an OpenVEX document, with any version behind it.
const OPENVEX: &str = "https://openvex.dev/ns";
/// Predicate type of an OpenSSF Model Signing signature.
const MODEL_SIGNING: &str = "https://model_signing/signature/v1.0";

/// One verified statement.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) signer: TrustedSigner,
    pub(crate) witnesses: Witnesses,
    /// Digest of the bundle.
    pub(crate) evidence: Digest,
    /// Digest of the statement: two signatures of one statement are one fact.
    pub(crate) statement: Digest,
    /// Its subjects by SHA-256.
    pub(crate) subjects: Vec<Digest>,
    /// What the statement calls the subject.
    pub(crate) name: Option<String>,
    /// The sequence number that the subject is annotated with.
    pub(crate) sequence: Option<u64>,
    pub(crate) predicate_type: String,
    pub(crate) claim: Claim,
    /// The predicate as it was signed, so that facts can be written down; none of an AIBOM, of which
    /// [`super::BomFacts`] says what counts.
    pub(crate) raw: Option<Box<str>>,
}

/// What it says.
#[derive(Clone, Debug)]
pub(crate) enum Claim {
    /// Nothing but that the signer signed.
    Signature,
    Bom,
    Provenance(Box<Provenance>),
    /// What the subject descends from, which the walk up has read.
    Lineage,
    Dataset(Box<DatasetVersion>),
    Scan(Box<ModelScan>),
    Test(Box<TestResult>),
    Vulns(Box<Vulns>),
    Release(Box<Release>),
    Svr(Box<Svr>),
    Vex(Vec<Vex>),
    /// A kind that no check reads further.
    Other,
    /// It does not say what its type demands.
    Invalid(String),
}

impl Said {
    /// What a verified statement about `subject` says.
    pub(crate) fn new(verified: &VerifiedStatement, subject: &Digest) -> Self {
        let statement = verified.value();
        Self::read(
            statement,
            subject,
            verified.signer().clone(),
            verified.witnesses().clone(),
            verified.evidence().clone(),
        )
    }

    pub(crate) fn read(
        statement: &Statement,
        subject: &Digest,
        signer: TrustedSigner,
        witnesses: Witnesses,
        evidence: Digest,
    ) -> Self {
        let subjects = statement.subjects();
        let own = subjects.iter().find(|named| named.sha256().as_ref() == Some(subject));
        let name = own.and_then(|named| named.name.clone());
        let claim = claim(statement, subject, name.as_deref());
        Self {
            signer,
            witnesses,
            evidence,
            statement: statement.digest(),
            subjects: subjects.iter().filter_map(Subject::sha256).collect(),
            name,
            sequence: own.and_then(Release::sequence),
            predicate_type: statement.predicate_type().to_owned(),
            raw: (!matches!(claim, Claim::Bom)).then(|| statement.raw_predicate().into()),
            claim,
        }
    }

    /// Whether it is a signature of the whole: cosign's, SealKit's seal, or Model Signing's. An
    /// attestation that says something else is none.
    pub(crate) fn is_signature(&self) -> bool {
        matches!(self.claim, Claim::Signature)
    }
}

fn claim(statement: &Statement, subject: &Digest, name: Option<&str>) -> Claim {
    let kind = statement.predicate_type();
    if kind.strip_prefix(OPENVEX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return vex::read(statement.raw_predicate(), subject, name);
    }
    if kind == MODEL_SIGNING {
        return Claim::Signature;
    }
    match statement.any_predicate() {
        Ok(AnyPredicate::CosignSign(_) | AnyPredicate::KitSeal(_)) => Claim::Signature,
        Ok(AnyPredicate::CycloneDx(_) | AnyPredicate::Spdx(_)) => Claim::Bom,
        Ok(AnyPredicate::Provenance(said)) => Claim::Provenance(said),
        Ok(AnyPredicate::Lineage(said)) if is_about(&said, subject) => Claim::Lineage,
        Ok(AnyPredicate::DatasetVersion(said)) => Claim::Dataset(said),
        Ok(AnyPredicate::ModelScan(said)) => Claim::Scan(said),
        Ok(AnyPredicate::TestResult(said)) => Claim::Test(said),
        Ok(AnyPredicate::Vulns(said)) => Claim::Vulns(said),
        Ok(AnyPredicate::Release(said)) => Claim::Release(said),
        Ok(AnyPredicate::Svr(said)) => Claim::Svr(said),
        Ok(_) => Claim::Other,
        Err(error) => Claim::Invalid(error.to_string()),
    }
}

/// Whether a lineage has a node of `subject`: one that has none says nothing of it.
fn is_about(lineage: &Lineage, subject: &Digest) -> bool {
    let digests = lineage.nodes.iter().filter_map(|node| node.digest.as_ref());
    digests.filter_map(DigestSet::sha256).any(|digest| digest == *subject)
}
