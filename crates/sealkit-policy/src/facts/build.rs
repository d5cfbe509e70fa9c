//! Facts from verified values.

use std::collections::BTreeSet;

use sealkit_attest::{KitSeal, VerifiedStatement};
use sealkit_oci::{Digest, FileTable, Manifest, Raw};
use sealkit_report::Report;

use super::{BomFacts, Claim, Facts, FileFact, LineageFacts, Manifested, Said, Seen, Subject};
use crate::PolicyError;

/// Most statements about one kit.
const MAX_STATEMENTS: usize = 10_000;
/// Most files of one kit.
const MAX_FILES: usize = 2_000_000;
/// Most ancestors of one kit.
const MAX_ANCESTORS: usize = 100_000;

/// Takes verified values, and gives [`Facts`].
#[derive(Clone, Debug)]
pub struct FactsBuilder {
    facts: Facts,
    /// File tables that verified seals name, by those whose role vouches for kits.
    tables: BTreeSet<Digest>,
}

impl FactsBuilder {
    pub(super) fn new(subject: Subject) -> Self {
        let facts = Facts {
            subject,
            said: Vec::new(),
            steps: Vec::new(),
            manifest: None,
            sealed_layers: None,
            files: None,
            bom: None,
            lineage: None,
            seen: None,
        };
        Self { facts, tables: BTreeSet::new() }
    }

    /// Adds a verified statement.
    ///
    /// # Errors
    /// When it is about another thing, or there are too many.
    pub fn statement(mut self, verified: &VerifiedStatement) -> Result<Self, PolicyError> {
        let statement = verified.value();
        if statement.check_subject(&self.facts.subject.digest).is_err() {
            return Err(PolicyError::OtherSubject { statement: statement.digest() });
        }
        if self.facts.said.len() >= MAX_STATEMENTS {
            return Err(PolicyError::TooMany { what: "statements", limit: MAX_STATEMENTS });
        }
        if let Ok(seal) = verified.predicate::<KitSeal>()
            && verified.signer().role().vouches_for_kits()
        {
            self.tables.insert(seal.value().file_table.digest.clone());
        }
        self.facts.said.push(Said::new(verified, &self.facts.subject.digest));
        Ok(self)
    }

    /// Adds the steps of the verification that found all this.
    #[must_use]
    pub fn steps(mut self, report: &Report) -> Self {
        self.facts.steps.extend(report.steps.iter().cloned());
        self
    }

    /// Takes annotations and layers from the manifest.
    ///
    /// # Errors
    /// When it is not the subject: its bytes hash to another digest.
    pub fn manifest(mut self, manifest: &Raw<Manifest>) -> Result<Self, PolicyError> {
        let actual = Digest::of(manifest.bytes());
        if actual != self.facts.subject.digest {
            return Err(PolicyError::OtherSubject { statement: actual });
        }
        let value = manifest.value();
        let annotations = value.annotations.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let layers = value.layers().iter().map(|layer| layer.digest.clone()).collect();
        self.facts.manifest = Some(Manifested { annotations, layers });
        Ok(self)
    }

    /// Takes the layers that were sealed from the bytes of a file table. It counts only where a
    /// verified seal that was added before names its digest.
    ///
    /// # Errors
    /// When no such seal does, or it can not be read.
    pub fn file_table(mut self, bytes: &[u8]) -> Result<Self, PolicyError> {
        let digest = Digest::of(bytes);
        if !self.tables.contains(&digest) {
            return Err(PolicyError::OtherSubject { statement: digest });
        }
        let bad = |reason: String| PolicyError::Facts { reason };
        let table: FileTable =
            serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
        table.validate().map_err(|error| bad(error.to_string()))?;
        let layers = table.layers.into_iter().map(|layer| layer.digest).collect();
        self.facts.sealed_layers = Some(layers);
        Ok(self)
    }

    /// Adds every file inside with what its bytes say. They are judged only where the step
    /// `blob-digests` passed, so that the bytes are those of the manifest.
    ///
    /// # Errors
    /// When there are too many.
    pub fn files(mut self, files: Vec<FileFact>) -> Result<Self, PolicyError> {
        if files.len() > MAX_FILES {
            return Err(PolicyError::TooMany { what: "files", limit: MAX_FILES });
        }
        self.facts.files = Some(files);
        Ok(self)
    }

    /// Adds what an AIBOM says, which a verified statement that was added before has to carry.
    ///
    /// # Errors
    /// When none does.
    pub fn bom(mut self, bom: BomFacts) -> Result<Self, PolicyError> {
        let carries =
            |said: &Said| matches!(said.claim, Claim::Bom) && said.evidence == bom.evidence;
        if !self.facts.said.iter().any(carries) {
            return Err(PolicyError::OtherSubject { statement: bom.evidence });
        }
        self.facts.bom = Some(bom);
        Ok(self)
    }

    /// Adds what the kit descends from, as a verifying walk found it.
    ///
    /// # Errors
    /// When there are too many ancestors.
    pub fn lineage(mut self, lineage: LineageFacts) -> Result<Self, PolicyError> {
        if lineage.ancestors.len() > MAX_ANCESTORS {
            return Err(PolicyError::TooMany { what: "ancestors", limit: MAX_ANCESTORS });
        }
        self.facts.lineage = Some(lineage);
        Ok(self)
    }

    /// Adds what was accepted before of the same repository, [`Seen::default`] where nothing was.
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.facts.seen = Some(seen);
        self
    }

    /// The facts.
    pub fn build(self) -> Facts {
        self.facts
    }
}
