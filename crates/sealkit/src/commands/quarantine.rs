//! `sealkit quarantine`.

use sealkit_api::QuarantineEntry;
use sealkit_ops::quarantine::{self, QuarantineTarget};
use serde::Serialize;

use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::QuarantineArgs;
use crate::console::{Failure, escape};

/// What `--format json` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema_version: u32,
    hub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<&'a QuarantineEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted: Option<bool>,
}

/// Places or lifts one.
pub(crate) fn run(app: &App, args: &QuarantineArgs) -> Result<Exit, Failure> {
    let target = QuarantineTarget::parse(&args.target, args.hub.as_deref())?;
    let context =
        app.context(Some(&args.network.clone().reaching(args.hub.as_deref().unwrap_or_default())))?;
    let hub = target.hub();
    let (quarantine, lifted, text) = if let Some(reason) = &args.reason {
        let placed = app.block_on(quarantine::place(&context, &target, reason))?;
        let Some(placed) = placed else { return Ok(Exit::Interrupted) };
        let text = sentence(&placed);
        (Some(placed), None, text)
    } else {
        let lifted = app.block_on(quarantine::lift(&context, &target))?;
        let Some(lifted) = lifted else { return Ok(Exit::Interrupted) };
        (None, Some(lifted), lifted_text(lifted).to_owned())
    };
    if args.format == "json" {
        let answer = Answer { schema_version: 1, hub, quarantine: quarantine.as_ref(), lifted };
        app.console.answer(json(&answer)?);
    } else {
        app.console.answer(text);
    }
    Ok(if lifted == Some(false) { Exit::No } else { Exit::Yes })
}

/// What holds, for people.
pub(super) fn sentence(placed: &QuarantineEntry) -> String {
    let place = placed.repository.as_deref().unwrap_or("every repository");
    let (digest, since) = (&placed.digest, escape(&placed.since));
    let (by, reason) = (escape(&placed.by), escape(&placed.reason));
    format!("{digest} of {} is under quarantine since {since} by {by}: {reason}", escape(place))
}

pub(super) fn lifted_text(lifted: bool) -> &'static str {
    if lifted { "lifted the quarantine" } else { "it is not under quarantine" }
}
