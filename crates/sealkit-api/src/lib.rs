//! The hub's API types, shared by hub and client.
//!
//! Every answer carries `schemaVersion`; a field is added without changing it, removed or
//! redefined never. A client must ignore fields that it does not know.

mod admin;
mod advisories;
mod aibom;
mod catalog;
mod columns;
mod compare;
mod compare_tensors;
mod compare_text;
mod error;
mod events;
mod files;
mod history;
mod kits;
mod lineage;
mod log;
mod openapi;
mod operation;
mod operations;
mod overview;
mod owners;
mod policy;
mod preview;
mod provenance;
mod quarantine;
mod security;
mod tensors;
mod trial;
mod workload;

pub use admin::{
    AdminHealth, AdminJob, AdminJobs, AdminRule, AdminState, AdminStored, AdminSweep, AdminToken,
    AdminTokens, AdminUpload,
};
pub use advisories::{HubAdvisories, HubAdvisory};
pub use aibom::{
    AibomComponent, AibomEntry, AibomGap, AibomList, AibomRelation, AibomScore, AibomStatement,
    AibomSummary, HubKeyInfo,
};
pub use catalog::{
    Affected, CatalogState, FacetCount, FailingJob, HeldTensor, Hit, Impact, Note, OpenVersion,
    SearchResult, Signer, Step,
};
pub use columns::{ColumnInfo, ColumnList, ColumnRows, NotShown};
pub use compare::{
    Change, ChangedField, Comparison, ContentChange, FileChange, FileMove, PartChange,
};
pub use compare_tensors::{
    LayerChange, TensorChange, TensorChangeKind, TensorComparison, TensorSide, TensorState,
    TensorTally,
};
pub use compare_text::{Hunk, TextComparison, TextLine, TextWithheld};
pub use error::{ApiCode, ApiErrorBody};
pub use events::{HubEvent, HubEvents, PullCount, PullCounts};
pub use files::{FileEntry, FileList, FileSource, Unlisted};
pub use history::{KitAct, KitHistory};
pub use kits::{KitDetail, KitList, KitSummary, KitVersion, KitVersions, Layer};
pub use lineage::{KitLineage, LineageEdge, LineageKit, LineageNode};
pub use log::{LogInfo, LogProof, LogProofs, TagChange, TagHistory};
pub use openapi::{codes, openapi};
pub use operation::{Kind, Method, Operation, Parameter, delete, get, post, put};
pub use operations::{AREAS, Area, operation, operations};
pub use overview::{Card, KitFacts};
pub use owners::OwnerDetail;
pub use policy::{
    HubAnswer, HubJudgement, HubPolicies, HubPolicy, HubPolicyException, HubPolicyRule, HubVerdict,
    HubVerdicts,
};
pub use preview::{
    ArchiveList, ArchiveMember, FileFormat, GraphSummary, HexDump, ImageInfo, ImportClass, Look,
    NamedCount, NotebookCell, NotebookHead, PickleImport, PickleImports, Preview, PreviewContent,
    PreviewFact, PreviewForm, TableHead, TensorSummary, TextHead,
};
pub use provenance::{
    AttachedStatement, KitProvenance, StatementAdvisory, StatementLogEntry, StatementRun,
    StatementSigner, StatementSubject, TrustUsed,
};
pub use quarantine::{
    KeptVersion, QuarantineAnswer, QuarantineEntry, QuarantineList, QuarantineRequest,
};
pub use security::{
    CodeFact, CodeFactKind, KitSecurity, LicenceOf, PlacedName, PolicyVerdict, RunsCode,
    SecurityFinding, SeverityCount, SignedAdvisory,
};
pub use tensors::{Hashed, Tensor, TensorFile, TensorList, TensorOrder, TensorSum};
pub use trial::{PolicyTrial, PolicyTrialRequest, TriedVersion};
pub use workload::{WorkloadRequest, WorkloadToken};

/// Version of every answer of this API.
pub const SCHEMA_VERSION: u32 = 1;
