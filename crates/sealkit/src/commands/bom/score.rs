//! `sealkit bom score`: what of a profile an AIBOM has.

use std::fmt::Write as _;
use std::path::Path;

use sealkit_ops::OpsError;
use sealkit_ops::bom::aibom::{
    Profile, Requirement, Score, ScoreContext, State, codec_of, profile_ids, score, score_html,
    score_markdown,
};

use super::side::side;
use crate::app::{App, Exit};
use crate::cli::BomScoreArgs;
use crate::console::{Failure, Table, escape};

/// Largest profile that is read, in bytes.
const MAX_PROFILE: u64 = 4 << 20;

/// Scores an AIBOM.
pub(super) fn run(app: &App, args: &BomScoreArgs) -> Result<Exit, Failure> {
    let profile = profile(&args.profile)?;
    let context = app.context(Some(&args.network))?;
    let how = (args.remote, false);
    let Some(found) = side(app, &context, &args.subject, how, &args.supplied)? else {
        return Ok(Exit::Interrupted);
    };
    let codec = found.document.as_deref().and_then(|bytes| codec_of(bytes).ok());
    let scored = score(
        &found.bom,
        &profile,
        &ScoreContext {
            format: Some(codec.map_or("CycloneDX 1.6", |codec| codec.name())),
            signed: found.signed,
            ..ScoreContext::default()
        },
    );
    let text = match args.format.as_str() {
        "json" => crate::commands::trust::json(&scored)?,
        "markdown" => score_markdown(&scored),
        "html" => score_html(&scored),
        _ => table(&scored),
    };
    app.console.answer(text.trim_end());
    let is_missing = scored.missing().next().is_some();
    Ok(if args.exit_code && is_missing { Exit::No } else { Exit::Yes })
}

fn profile(name: &str) -> Result<Profile, Failure> {
    if let Some(profile) = Profile::built_in(name) {
        return Ok(profile);
    }
    let path = Path::new(name);
    if !path.is_file() {
        let known: Vec<_> = profile_ids().collect();
        return Err(OpsError::usage("unknown-profile", format!("there is no profile `{name}`"))
            .with_hint(format!("use one of: {}, or a file", known.join(", ")))
            .into());
    }
    let failed = |source: std::io::Error| {
        Failure::new("io", format!("could not read `{name}`")).caused_by(&source)
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_PROFILE {
        let message = format!("`{name}` is larger than {MAX_PROFILE} bytes");
        return Err(OpsError::usage("file-too-large", message).into());
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    Profile::parse(&bytes)
        .map_err(|error| OpsError::usage("profile-malformed", format!("`{name}`: {error}")).into())
}

fn table(scored: &Score) -> String {
    let mut text = format!("{} ({})\n\n", scored.title, scored.edition);
    let mut table = Table::new(&["", "ELEMENT", "WHAT", "HOW TO SUPPLY"]);
    for element in &scored.elements {
        let mark = match element.state {
            State::Present => "✓",
            State::Missing if element.requirement == Requirement::Must => "✗",
            State::Missing => "–",
            _ => "?",
        };
        let mark = if element.state == State::NotApplicable { " " } else { mark };
        let how = if matches!(element.state, State::Present | State::NotApplicable) {
            String::new()
        } else {
            supply(element)
        };
        table.row([mark, &element.id, &escape(&element.title), &how]);
    }
    text.push_str(&table.render());
    let _ = write!(
        text,
        "\n\n{:.1} of {:.1} points ({:.1} %); {} required elements missing",
        scored.points,
        scored.of,
        scored.percent,
        scored.missing().count()
    );
    text
}

fn supply(element: &sealkit_ops::bom::aibom::ElementResult) -> String {
    let supply = &element.how_to_supply;
    let mut ways = Vec::new();
    ways.extend(supply.flag.iter().map(|flag| format!("`{flag}`")));
    ways.extend(supply.overlay.iter().map(|key| format!("`{key}` in aibom.yaml")));
    ways.extend(supply.file.iter().cloned());
    ways.extend(supply.step.iter().cloned());
    ways.join(", or ")
}
