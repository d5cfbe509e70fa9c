//! `sealkit import`.

use std::path::Path;

use sealkit_ops::OpsError;
use sealkit_ops::import::{ImportOutcome, ImportRequest, Tool, default_name, import, parse_source};
use sealkit_ops::init::InitOptions;
use sealkit_ops::network::Secret;
use sealkit_ops::output;
use sealkit_ops::pack::{Stamp, layer_name};
use sealkit_ops::time::rfc3339;

use super::init::depth;
use super::pack::{kitfile_source, parse_name, source_date_epoch};
use crate::app::{App, Exit};
use crate::cli::{ImportArgs, ImportToolArg};
use crate::console::Failure;

/// Makes a kit of a Hugging Face repository, a git repository or a folder.
pub(crate) fn run(app: &App, args: &ImportArgs) -> Result<Exit, Failure> {
    let request = request(app, args)?;
    let name = request.name.to_string();
    let context = app.context(Some(&args.network))?;
    app.console.info(format!("Importing {}", crate::console::escape(&args.repository)));
    let Some(outcome) = app.block_on(import(&context, request))? else {
        return Ok(Exit::Interrupted);
    };
    report(app, &outcome, &name);
    if let Some(path) = &args.attestation_output {
        attest(app, path, &outcome)?;
    }
    Ok(Exit::Yes)
}

fn request(app: &App, args: &ImportArgs) -> Result<ImportRequest, Failure> {
    let tool = args.tool.map(|tool| match tool {
        ImportToolArg::Hf => Tool::Hub,
        ImportToolArg::Git => Tool::Git,
    });
    let source = parse_source(&args.repository, tool, &args.endpoint)?;
    let name = if let Some(name) = parse_name(args.tag.as_deref())? {
        name.or_latest()
    } else {
        let name = default_name(&source)?;
        app.console.info(format!("Using tag {name}. Use flag --tag to override"));
        name
    };
    let created = source_date_epoch()?.and_then(rfc3339);
    let revision = args.revision.as_deref().unwrap_or(source.default_revision()).to_owned();
    Ok(ImportRequest {
        source,
        revision,
        token: args.token.clone().map(Secret::new),
        hub_token: hub_token(),
        endpoint: args.endpoint.clone(),
        kitfile: args.file.as_deref().map(|file| kitfile_source(Some(file))).transpose()?,
        name,
        init: InitOptions { depth: depth(args.depth), ..InitOptions::default() },
        stamp: Stamp { kit_version: None, created },
    })
}

/// The token of the environment, which is the endpoint's alone.
pub(super) fn hub_token() -> Option<Secret> {
    std::env::var("HF_TOKEN").ok().filter(|token| !token.is_empty()).map(Secret::new)
}

/// Says what was made, in `kit`'s words.
fn report(app: &App, outcome: &ImportOutcome, name: &str) {
    let console = &app.console;
    for warning in outcome.warnings.iter().chain(&outcome.packed.warnings) {
        console.warn(warning);
    }
    if let Some(yaml) = &outcome.generated {
        console.info(format!("Generated Kitfile:\n\n{yaml}"));
    }
    if let Some(commit) = &outcome.commit {
        console.info(format!("Imported commit {commit}"));
    }
    console.info(format!("Packing model to {name}"));
    for (role, layer) in &outcome.packed.layers {
        let kind = layer_name(sealkit_oci::KitFormat::ModelKit, *role);
        console.info(format!("Saved {kind} layer: {}", layer.digest));
    }
    let digest = outcome.packed.manifest.digest();
    console.info(format!("ModelKit manifest digest: {digest}"));
    if console.is_quiet() {
        console.answer(digest.to_string());
    } else {
        console.info(format!("Model is packed as {name}"));
    }
}

/// Writes the provenance of the import.
fn attest(app: &App, path: &Path, outcome: &ImportOutcome) -> Result<(), Failure> {
    let Some(predicate) = &outcome.provenance else {
        return Err(OpsError::usage(
            "no-provenance",
            "a folder has no source that a provenance could name",
        )
        .with_hint("leave out `--attestation-output`")
        .into());
    };
    let text = serde_json::to_string_pretty(predicate)
        .map_err(|source| Failure::new("json", "could not write JSON").caused_by(&source))?;
    if path == Path::new("-") {
        app.console.answer(text);
        return Ok(());
    }
    Ok(output::write(path, format!("{text}\n").as_bytes())?)
}
