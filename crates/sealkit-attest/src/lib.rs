//! Statements, DSSE, Sigstore bundles and keys: sign and verify, offline.
//!
//! Pure: no file, socket, clock, environment or random source; time and randomness are arguments.
//! The way of a signature: a [`Statement`] about a digest is wrapped in a DSSE [`Envelope`], signed
//! by a [`Signer`], and carried in a Sigstore [`Bundle`]. A [`Verifier`] goes the same way back under
//! a [`TrustRoot`] and alone makes [`Verified`] values; whatever judges later takes only those.
//!
//! ```
//! use sealkit_attest::{Bundle, CosignSign, HintStyle, PrivateKey, Signer as _, Statement, Subject};
//! use sealkit_attest::{Role, TrustRoot, TrustedKey, Verifier};
//!
//! # fn main() -> Result<(), sealkit_attest::AttestError> {
//! # let mut random = |out: &mut [u8]| out.fill(7);
//! let key = PrivateKey::generate(&mut random)?;
//! let kit = sealkit_oci::Digest::of(b"the manifest of a kit");
//! let statement = Statement::new(vec![Subject::of(&kit)], &CosignSign {})?;
//! let bundle = Bundle::sign(&statement, &key, HintStyle::Cosign)?;
//!
//! let mut trust = TrustRoot::default();
//! trust.add(TrustedKey::new(key.public_key(), "Ada", Role::Signer))?;
//! let now = 1_790_000_000;
//! let verifier = Verifier::new(&trust, now).expecting::<CosignSign>();
//! assert_eq!(verifier.verify(bundle.bytes(), &kit)?.signer().name(), "Ada");
//! # Ok(())
//! # }
//! ```
//!
//! Sources: Sigstore bundle v0.3, DSSE 1.0.2, in-toto Statement v1, RFC 6979, cosign's key files.

pub mod base64;
mod bundle;
mod dsse;
mod error;
mod key;
mod lineage;
pub mod log;
pub mod oms;
mod pem;
mod predicate;
mod sigstore;
mod statement;
pub mod strict_json;
mod trust;
mod verify;
mod x509;

pub use bundle::{BUNDLE_LIMITS, Bundle, BundleVersion, Content, HintStyle, Material};
pub use dsse::{Envelope, IN_TOTO_PAYLOAD, pae};
pub use error::AttestError;
#[cfg(debug_assertions)]
pub use key::insecure_test_key;
pub use key::{
    ANNOTATION_PUBLIC_KEY, KeyAlgorithm, PrivateKey, PublicKey, Signer, is_insecure_test_key,
    key_file_needs_password,
};
pub use lineage::{
    Ancestor, Declared, Found, FoundKit, GraphEdge, GraphNode, LineageGraph, LineageLimits,
    LineageReport, LineageWalk, Proof, Rejected, ReportEdge, ReportNode, ReportProof, Standing,
    Wanted, WeakestLink, ancestors, claimed_ancestors,
};
pub use predicate::{
    ANNOTATION_ROLE, ANNOTATION_SEQUENCE, ANNOTATION_VERSION, Advisory, AdvisorySeverity,
    AdvisoryState, AnyPredicate, Attester, BuildDefinition, BuildMetadata, BuildType, Builder,
    Consent, CosignSign, CycloneDxBom, DatasetSplit, DatasetVersion, DependencyRole, DigestSet,
    EdgeKind, KINDS, KitSeal, Lineage, LineageEdge, LineageNode, MAX_LINEAGE_EDGES,
    MAX_LINEAGE_NODES, ModelScan, ModelScanner, NodeKind, PersonalData, Predicate, PredicateKind,
    Provenance, RecordTree, References, Release, ResourceDescriptor, RunDetails, ScanFinding,
    ScanMetadata, ScanSeverity, ScanVerdict, ScannedFile, ScannerDb, SpdxBom, Svr, SvrVerifier,
    TestOutcome, TestResult, Timestamp, Uri, ValueError, VulnDb, VulnScanner, VulnSeverity,
    Vulnerability, Vulns, kind_of, predicate_type,
};
pub use sigstore::{ROOT_LIMITS, SigstoreRoot, check_authority_pem};
pub use statement::{
    ANNOTATION_MADE_BY, MADE_BY_HUB, STATEMENT_LIMITS, STATEMENT_TYPE, Statement, Subject,
};
pub use trust::{
    CertifiedSubject, LogTree, LogWitness, Role, SigningCertificate, SigstoreInstance, SubjectKind,
    SubjectRule, TrustEntry, TrustExport, TrustMerge, TrustRoot, TrustedAuthority, TrustedIdentity,
    TrustedKey, TrustedLog, TrustedSigner, Window, Witnesses,
};
pub use verify::{
    Check, ClaimedSigner, Legacy, ModelVerification, SIMPLE_SIGNING_LIMITS, SimpleSigning,
    Verification, Verified, VerifiedStatement, Verifier, VouchedIdentity, claimed_identity,
    identify, step, verify_bundle, verify_message, verify_simple_signing,
};
pub use x509::Certificate;
