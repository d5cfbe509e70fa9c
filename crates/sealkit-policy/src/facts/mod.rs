//! What a policy is judged on. A [`Facts`] is made from verified values alone.

mod build;
mod data;
mod said;
mod vex;

use sealkit_report::{Outcome, Step};

pub use build::FactsBuilder;
pub(crate) use data::Manifested;
pub use data::{
    Ancestor, AncestorSigner, AncestorState, BomElement, BomFacts, BomPart, BomScoreFacts,
    FileFact, LineageFacts, PartKind, Seen, SignerIdentity, Subject,
};
pub(crate) use said::{Claim, Said};
pub(crate) use vex::About;

/// What is known of one kit. There is no way to make one but [`Facts::about`], whose builder takes
/// statements only as [`sealkit_attest::VerifiedStatement`], the manifest and the file table only as
/// bytes that hash to a digest which is verified already, and everything else beside the steps of the
/// verification that found it. An unverified predicate has no way in:
///
/// ```compile_fail
/// # use sealkit_policy::{Facts, Subject};
/// # fn forge(subject: Subject, statement: sealkit_attest::Statement) {
/// // Expected `&VerifiedStatement`, found `&Statement`.
/// let facts = Facts::about(subject).statement(&statement);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Facts {
    pub(crate) subject: Subject,
    pub(crate) said: Vec<Said>,
    pub(crate) steps: Vec<Step>,
    pub(crate) manifest: Option<Manifested>,
    pub(crate) sealed_layers: Option<Vec<sealkit_oci::Digest>>,
    pub(crate) files: Option<Vec<FileFact>>,
    pub(crate) bom: Option<BomFacts>,
    pub(crate) lineage: Option<LineageFacts>,
    pub(crate) seen: Option<Seen>,
}

impl Facts {
    /// Begins the facts about `subject`.
    pub fn about(subject: Subject) -> FactsBuilder {
        FactsBuilder::new(subject)
    }

    /// What they are about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// How many verified statements there are.
    pub fn statements(&self) -> usize {
        self.said.len()
    }

    /// The step of verification with this id.
    pub(crate) fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Whether the step of this id is there once and passed.
    pub(crate) fn passed(&self, id: &str) -> bool {
        let mut all = self.steps.iter().filter(|step| step.id == id).peekable();
        all.peek().is_some() && all.all(|step| step.outcome == Outcome::Pass)
    }
}
