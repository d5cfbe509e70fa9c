//! The kinds of things that statements say (in-toto Statement v1, `predicateType`).
//!
//! Each kind is a type that reads strictly what it knows and ignores fields that it does not know;
//! the statement keeps the signed bytes, so nothing is lost. [`KINDS`] lists them all.

mod advisory;
mod any;
mod bom;
mod dataset_version;
mod kinds;
mod kit_seal;
mod lineage;
mod model_scan;
mod provenance;
mod reference;
mod release;
mod resource;
mod svr;
mod test_result;
mod values;
mod vulns;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use advisory::{Advisory, AdvisorySeverity, AdvisoryState};
pub use any::AnyPredicate;
pub use bom::{CycloneDxBom, SpdxBom};
pub use dataset_version::{
    Consent, DatasetVersion, PersonalData, RecordTree, Split as DatasetSplit,
};
pub use kinds::{KINDS, PredicateKind, kind_of, predicate_type};
pub use kit_seal::KitSeal;
pub use lineage::{
    EdgeKind, Lineage, LineageEdge, LineageNode, MAX_LINEAGE_EDGES, MAX_LINEAGE_NODES, NodeKind,
};
pub use model_scan::{
    ModelScan, ModelScanner, ScanFinding, ScanSeverity, ScanVerdict, ScannedFile, ScannerDb,
};
pub use provenance::{BuildDefinition, BuildMetadata, BuildType, Builder, Provenance, RunDetails};
pub use reference::{Attester, References};
pub use release::{ANNOTATION_SEQUENCE, Release};
pub use resource::{
    ANNOTATION_ROLE, ANNOTATION_VERSION, ResourceDescriptor, Role as DependencyRole,
};
pub use svr::{Svr, SvrVerifier};
pub use test_result::{TestOutcome, TestResult};
pub use values::{DigestSet, Timestamp, Uri, ValueError};
pub use vulns::{ScanMetadata, VulnDb, VulnScanner, VulnSeverity, Vulnerability, Vulns};

/// A kind of predicate. Readers ignore fields they do not know (in-toto's monotonic principle).
pub trait Predicate: Serialize + DeserializeOwned {
    /// The predicate type that is written.
    const TYPE: &'static str;

    /// Whether `predicate_type` names this kind.
    fn matches(predicate_type: &str) -> bool {
        predicate_type == Self::TYPE
    }

    /// What is wrong with it, where its fields are well formed and yet do not mean anything
    /// together. It is asked for when a statement is made and when one is read.
    fn fault(&self) -> Option<String> {
        None
    }
}

/// cosign v3's bare signature: it says nothing but that the signer signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CosignSign {}

impl Predicate for CosignSign {
    const TYPE: &'static str = "https://sigstore.dev/cosign/sign/v1";
}

/// The fault of a thing that ended before it began.
fn order_fault(from: &Timestamp, to: &Timestamp) -> Option<String> {
    from.is_after(to).then(|| format!("it ended at {} and began at {}", to.as_str(), from.as_str()))
}
