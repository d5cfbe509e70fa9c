//! `sealkit unpack`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkit_ops::unpack::{
    Existing, Limits, UnpackEvent, UnpackOutcome, UnpackRequest, parse_filters, unpack,
};
use sealkit_ops::verify::SealedTables;
use sealkit_ops::{OpsError, Place};
use sealkit_report::counted;

use crate::app::{App, Exit};
use crate::cli::UnpackArgs;
use crate::console::{Console, Failure, human_size};

/// Unpacks a kit into a folder.
pub(crate) fn run(app: &App, args: &UnpackArgs) -> Result<Exit, Failure> {
    let filters = parse_filters(&filters(app, args))?;
    let place = place(app, &args.reference)?;
    let limits = Limits::default();
    let context = app.context(Some(&args.network))?;
    let request = UnpackRequest {
        place,
        dir: absolute(&args.dir)?,
        filters,
        existing: match (args.overwrite, args.ignore_existing) {
            (true, _) => Existing::Overwrite,
            (false, true) => Existing::Keep,
            (false, false) => Existing::Refuse,
        },
        limits: Limits {
            entries: args.max_entries.unwrap_or(limits.entries),
            bytes: args.max_bytes.unwrap_or(limits.bytes),
            ratio: args.max_ratio.unwrap_or(limits.ratio),
        },
        include_remote: args.include_remote,
        unverified_ranges: args.insecure_unverified_range,
        unpinned: args.insecure_unpinned,
        trust: Arc::new(SealedTables::new(&context)?),
    };
    let console = app.console.clone();
    console.info(format!("Unpacking to {}", request.dir.display()));
    let on_event = |event| tell(&console, event);
    match app.block_on(unpack(&context, &request, &on_event))? {
        Some(outcome) => {
            report(app, &request.dir, &outcome);
            Ok(Exit::Yes)
        }
        None => Ok(Exit::Interrupted),
    }
}

/// The place that a reference means, with a word about a tag that it leaves out.
fn place(app: &App, text: &str) -> Result<Place, Failure> {
    let place = Place::parse(text, false)?;
    let (Place::Local(reference) | Place::Remote(reference)) = &place else { return Ok(place) };
    if !reference.extra_tags().is_empty() {
        let message = format!("`{text}` has several tags: one kit is unpacked at a time");
        return Err(OpsError::usage("several-tags", message).into());
    }
    if reference.target().is_none() {
        app.console.info(format!(
            "No tag specified for unpack. Using 'latest' as default ('{text}:latest')"
        ));
    }
    let latest = |reference: &sealkit_oci::Reference| reference.clone().or_latest();
    Ok(match &place {
        Place::Remote(reference) => Place::Remote(latest(reference)),
        _ => Place::Local(latest(reference)),
    })
}

/// The filters, or what `kit`'s old flags mean in their place.
fn filters(app: &App, args: &UnpackArgs) -> Vec<String> {
    let old = [
        (args.kitfile, "kitfile"),
        (args.model, "model"),
        (args.code, "code"),
        (args.datasets, "datasets"),
        (args.docs, "docs"),
    ];
    let named: Vec<&str> = old.iter().filter(|(given, _)| *given).map(|(_, name)| *name).collect();
    if named.is_empty() {
        return args.filter.clone();
    }
    let filter = named.join(",");
    app.console.warn(format!("these flags will go: use `--filter={filter}`"));
    vec![filter]
}

fn absolute(dir: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(dir);
    let mut path = absolute.map_err(|source| OpsError::io("open", dir, source))?;
    // `-d .` names the folder itself.
    if path.ends_with(".") {
        path.pop();
    }
    Ok(path)
}

fn tell(console: &Console, event: UnpackEvent) {
    match event {
        UnpackEvent::Resolved { reference, digest } if !console.is_kit() => {
            console.info(format!("Kit {reference} is {digest}"));
        }
        UnpackEvent::Resolved { .. } => {}
        UnpackEvent::Kitfile { path, is_there: true } => {
            console.info(format!("Found existing Kitfile at {}", path.display()));
        }
        UnpackEvent::Kitfile { path, is_there: false } => {
            console.info(format!("Unpacking config to {}", path.display()));
        }
        UnpackEvent::Referenced { reference, dataset: None } => {
            console.info(format!("Unpacking referenced ModelKit {reference}"));
        }
        UnpackEvent::Referenced { reference, dataset: Some(path) } => {
            console.info(format!("Unpacking referenced dataset ModelKit {reference} to {path}"));
        }
        UnpackEvent::Part { kind, name, path } if name.is_empty() => {
            console.info(format!("Unpacking {kind} to {path}"));
        }
        UnpackEvent::Part { kind, name, path } => {
            console.info(format!("Unpacking {kind} {name} to {path}"));
        }
        UnpackEvent::Warning(text) => console.warn(text),
    }
}

fn report(app: &App, dir: &Path, outcome: &UnpackOutcome) {
    let console = &app.console;
    if outcome.finished_earlier {
        console.info("An unpack that was interrupted earlier was finished first");
    }
    if console.is_kit() {
        return;
    }
    if console.is_quiet() {
        console.answer(outcome.kit.to_string());
        return;
    }
    let (files, size) = (outcome.files, human_size(outcome.bytes));
    let kept = match outcome.kept {
        0 => String::new(),
        kept => format!(", {kept} kept as they were"),
    };
    let files = counted(files, "file");
    console.answer(format!("Unpacked {files} ({size}) to {}{kept}", dir.display()));
}
