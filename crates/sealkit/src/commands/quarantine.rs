//! `sealkit quarantine`.

use sealkit_api::{Affected, Impact, KeptVersion, QuarantineAnswer, QuarantineEntry};
use sealkit_ops::catalog::index::Question;
use sealkit_ops::catalog::{impact_hub, incomplete};
use sealkit_ops::quarantine::{self, QuarantineTarget};
use sealkit_ops::{Context, OpsError};
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
    /// Of a digest alone: the versions there that have it, as their manifest or as a layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    keeps_back: Option<&'a [KeptVersion]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted: Option<bool>,
    /// Other versions that are it or descend from it; none where the hub does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    concerned: Option<&'a [Affected]>,
    /// Why `concerned` may lack some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: Vec<String>,
}

/// Most versions that are named on the way.
const NAMED: usize = 20;

/// Places or lifts one.
pub(crate) fn run(app: &App, args: &QuarantineArgs) -> Result<Exit, Failure> {
    let target = QuarantineTarget::parse(&args.target, args.hub.as_deref())?;
    let context = app.context_at(args.network.clone(), args.hub.as_deref())?;
    let hub = target.hub();
    let mut concerned = None;
    let (quarantine, lifted, text) = if let Some(reason) = &args.reason {
        let placed = app.block_on(quarantine::place(&context, &target, reason))?;
        let Some(placed) = placed else { return Ok(Exit::Interrupted) };
        let kept = placed.keeps_back.as_ref().map(Vec::len);
        let text = [sentence(&placed.entry), kept_text(kept)].concat();
        if placed.entry.reason != reason.trim() {
            app.console.warn("it was so before, and the reason that was given then stays: lift it first to give another");
        }
        let Some(others) = app.block_on(others(&context, hub, &placed))? else {
            return Ok(Exit::Interrupted);
        };
        concerned = others;
        (Some(placed), None, text)
    } else {
        let lifted = app.block_on(quarantine::lift(&context, &target))?;
        let Some(lifted) = lifted else { return Ok(Exit::Interrupted) };
        (None, Some(lifted), lifted_text(lifted).to_owned())
    };
    if args.format == "json" {
        let incomplete = concerned.as_ref().map(incomplete).unwrap_or_default();
        let concerned = concerned.as_ref().map(|found| found.affected.as_slice());
        let keeps_back = quarantine.as_ref().and_then(|placed| placed.keeps_back.as_deref());
        let quarantine = quarantine.as_ref().map(|placed| &placed.entry);
        let schema_version = 1;
        let answer =
            Answer { schema_version, hub, quarantine, keeps_back, lifted, concerned, incomplete };
        app.console.answer(json(&answer)?);
    } else {
        app.console.answer(text);
    }
    match &concerned {
        Some(found) => tell(app, hub, found),
        None if args.reason.is_some() => {
            app.console.warn("what descends from it could not be asked");
        }
        None => {}
    }
    let keeps_back = quarantine.and_then(|placed| placed.keeps_back);
    let is_idle = keeps_back.is_some_and(|kept| kept.is_empty());
    Ok(if lifted == Some(false) || is_idle { Exit::No } else { Exit::Yes })
}

/// Other versions of the hub that are it or descend from it; none where that can not be asked: it is under quarantine
/// all the same.
async fn others(
    context: &Context,
    hub: &str,
    placed: &QuarantineAnswer,
) -> Result<Option<Impact>, OpsError> {
    let QuarantineAnswer { entry, keeps_back, .. } = placed;
    let question = Question::Digest(entry.digest.clone());
    let Ok(mut found) = impact_hub(context, hub, &question).await else { return Ok(None) };
    let is_placed = |one: &Affected| match keeps_back {
        Some(kept) => {
            kept.iter().any(|it| it.digest == one.digest && it.repository == one.repository)
        }
        None => one.digest == entry.digest && entry.repository.as_ref() == Some(&one.repository),
    };
    found.affected.retain(|one| !is_placed(one));
    Ok(Some(found))
}

/// Names what is not under quarantine with it.
fn tell(app: &App, hub: &str, found: &Impact) {
    let all = found.affected.len();
    if all > 0 {
        app.console.warn(format!(
            "{all} other versions are it, have it inside or descend from it, which this does not keep back:"
        ));
    }
    for one in found.affected.iter().take(NAMED) {
        let tag = one.tags.last().map(|tag| format!(" ({tag})")).unwrap_or_default();
        let sure = if one.certain { "" } else { ", not certain" };
        let name = format!("{hub}/{}@{}{tag}{sure}", one.repository, one.digest);
        app.console.info(format!("  {}", escape(&name)));
    }
    if all > NAMED {
        let hub = escape(hub);
        app.console
            .info(format!("  and {} more: `sealkit impact DIGEST --hub {hub}`", all - NAMED));
    }
    for reason in incomplete(found) {
        app.console.warn(reason);
    }
}

/// What holds, for people.
pub(super) fn sentence(placed: &QuarantineEntry) -> String {
    let place = placed.repository.as_deref().unwrap_or("every repository");
    let (digest, since) = (&placed.digest, escape(&placed.since));
    let (by, reason) = (escape(&placed.by), escape(&placed.reason));
    format!("{digest} of {} is under quarantine since {since} by {by}: {reason}", escape(place))
}

/// What else is said of a digest in every repository, by how many versions it keeps back; nothing of a kit.
pub(super) fn kept_text(kept: Option<usize>) -> String {
    match kept {
        None => String::new(),
        Some(0) => "\nit keeps nothing back so far: no manifest and no layer there has this digest, and that of a file \
                    does not count"
            .to_owned(),
        Some(1) => "\nit keeps one version back".to_owned(),
        Some(many) => format!("\nit keeps {many} versions back"),
    }
}

pub(super) fn lifted_text(lifted: bool) -> &'static str {
    if lifted { "lifted the quarantine" } else { "it is not under quarantine" }
}
