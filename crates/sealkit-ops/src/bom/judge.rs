//! `bom verify`: an AIBOM against the artifact that it describes, inspected again.

use std::sync::Arc;

use sealkit_aibom::{Bom, JudgeOptions, Supplied, judge};
use sealkit_inspect::{TensorHash, property};
use sealkit_report::Report;

use super::{BomRequest, BomSource, BomSubject, OVERLAY, Reading, bom};
use crate::files::TableTrust;
use crate::{Context, OpsError};

/// What to judge.
#[derive(Clone)]
pub struct JudgeRequest {
    /// The AIBOM under test.
    pub stated: Bom,
    /// What it is said to describe.
    pub subject: BomSubject,
    /// Whether silence about fields that SPDX demands in prose leaves the answer open.
    pub demand_fields: bool,
    /// Which file tables are believed.
    pub trust: Arc<dyn TableTrust>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Every step.
    pub report: Report,
    /// How the artifact was read.
    pub reading: Reading,
}

/// Inspects the artifact again and holds everything that the AIBOM states against it.
pub async fn judge_bom(context: &Context, request: JudgeRequest) -> Result<Judged, OpsError> {
    let again = BomRequest {
        subject: request.subject,
        supplied: Supplied::default(),
        fresh: true,
        tensors: tensors(&request.stated),
        trust: request.trust,
    };
    let made = bom(context, &again).await?;
    let options =
        JudgeOptions { own: None, overlay: Some(OVERLAY), demand_fields: request.demand_fields };
    let report = judge(&request.stated, &made.bom, &options);
    let reading = match made.source {
        BomSource::Made(reading) => *reading,
        _ => Reading::default(),
    };
    Ok(Judged { report, reading })
}

/// How the document hashes tensors, where it does.
fn tensors(stated: &Bom) -> Option<TensorHash> {
    let mut names = stated.all().flat_map(|component| &component.properties).map(|p| &*p.name);
    names.find_map(|name| match name {
        property::TENSOR_SHA256 => Some(TensorHash::Sha256),
        property::TENSOR_BLAKE3 => Some(TensorHash::Blake3),
        _ => None,
    })
}
