//! What `sealkit record --format json` answers.

use std::collections::BTreeMap;

use sealkit_ops::record::{Approval, Ended, KeptRecord, Provenance, Record, Statement};
use serde::Serialize;

/// The answer; `schemaVersion` 1.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    schema_version: u32,
    /// Digest of the signed record, by which it is called; null where nothing was recorded.
    record: Option<String>,
    /// Whether `seal` may attach it.
    approved: bool,
    /// Exit code of the command; null where an earlier record was approved.
    exit_code: Option<u8>,
    /// URI of the kind of run.
    build_type: Option<String>,
    /// Files and folders that the run made.
    outputs: Vec<Output>,
    /// What was taken out before signing, without the secrets themselves.
    redacted: Vec<String>,
    /// What the person should know.
    warnings: Vec<String>,
}

/// One thing that the run made.
#[derive(Debug, Serialize)]
struct Output {
    name: Option<String>,
    /// Hexadecimal digests by the names of their algorithms, as the statement has them.
    digest: BTreeMap<String, String>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            schema_version: 1,
            record: None,
            approved: false,
            exit_code: None,
            build_type: None,
            outputs: Vec::new(),
            redacted: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

impl Answer {
    /// The answer about a record that is kept.
    pub(super) fn of(kept: &KeptRecord, statement: &Statement) -> Self {
        let made = statement.predicate::<Provenance>().ok();
        let outputs = statement.subjects().iter().map(|subject| Output {
            name: subject.name.clone(),
            digest: subject.digest.iter().map(|(name, hex)| (name.clone(), hex.clone())).collect(),
        });
        Self {
            record: Some(kept.id.to_string()),
            approved: kept.approval == Approval::Given,
            build_type: made.map(|made| made.build_definition.build_type.as_str().to_owned()),
            outputs: outputs.collect(),
            ..Self::default()
        }
    }

    /// The same of a command that was run now.
    pub(super) fn ended(self, ended: Ended) -> Self {
        Self { exit_code: Some(ended.code()), ..self }
    }

    /// The same with what came up while it was recorded.
    pub(super) fn noting(self, record: &Record) -> Self {
        Self { redacted: record.redacted.clone(), warnings: record.warnings.clone(), ..self }
    }
}
