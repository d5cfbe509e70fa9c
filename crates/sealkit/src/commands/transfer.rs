//! `sealkit push`, `sealkit pull` and `sealkit copy`.

use sealkit_oci::{KitFormat, Reference};
use sealkit_ops::transfer::{self, CopyRequest, Moved, ReferrerPolicy};
use sealkit_ops::{OpsError, Place};
use sealkit_report::counted;

use crate::app::{App, Exit};
use crate::cli::{CopyArgs, KitFormatArg, PullArgs, PushArgs};
use crate::console::{Failure, human_size};

pub(crate) use super::archive::{load, save};

/// Pushes a kit from the local store to a registry.
pub(crate) fn push(app: &App, args: &PushArgs) -> Result<Exit, Failure> {
    let source = named(app, &args.source, "push")?;
    let destination = match &args.destination {
        Some(text) => named(app, text, "push target")?,
        None => source.clone(),
    };
    if !destination.is_remote() {
        return Err(OpsError::NoRegistry { reference: destination.to_string() }.into());
    }
    let to = if source == destination { String::new() } else { format!(" to {destination}") };
    app.console.info(format!("Pushing {source}{to}"));
    let context = app.context(Some(&args.network))?;
    let push = transfer::push(&context, &source, &destination, policy(args.no_referrers));
    let Some(moved) = app.block_on(push)? else { return Ok(Exit::Interrupted) };
    tell(app, &moved);
    digest_line(app, "Pushed", &moved);
    Ok(Exit::Yes)
}

/// Pulls a kit from a registry into the local store.
pub(crate) fn pull(app: &App, args: &PullArgs) -> Result<Exit, Failure> {
    let reference = named(app, &args.reference, "pull")?;
    if !reference.is_remote() {
        return Err(OpsError::NoRegistry { reference: reference.to_string() }.into());
    }
    app.console.info(format!("Pulling {reference}"));
    let context = app.context(Some(&args.network))?;
    let pull = transfer::pull(&context, &reference, policy(args.no_referrers));
    let Some(pulled) = app.block_on(pull)? else { return Ok(Exit::Interrupted) };
    let mut pulled = pulled.into_iter();
    let first = pulled.next();
    for parent in pulled {
        let (name, digest) = (&parent.reference, &parent.moved.digest);
        app.console.info(format!("Pulled referenced kit {name}: {digest}"));
        tell(app, &parent.moved);
    }
    if let Some(first) = first {
        tell(app, &first.moved);
        digest_line(app, "Pulled", &first.moved);
    }
    Ok(Exit::Yes)
}

/// Copies a kit between any two places.
pub(crate) fn copy(app: &App, args: &CopyArgs) -> Result<Exit, Failure> {
    let request = CopyRequest {
        source: with_tag(Place::parse(&args.source, false)?),
        destination: Place::parse(&args.destination, false)?,
        recursive: args.recursive,
        format: args.format.map(|format| match format {
            KitFormatArg::Modelkit => KitFormat::ModelKit,
            KitFormatArg::Modelpack => KitFormat::ModelPack,
        }),
    };
    let context = app.context(Some(&args.network))?;
    let copied = app.block_on(transfer::copy(&context, &request))?;
    let Some(copied) = copied else { return Ok(Exit::Interrupted) };
    tell(app, &copied.moved);
    let verb = if copied.converted { "Converted" } else { "Copied" };
    if !args.recursive && !copied.converted {
        app.console.info("Signatures and AIBOM stay behind without `--recursive`");
    }
    digest_line(app, verb, &copied.moved);
    Ok(Exit::Yes)
}

/// A reference with one tag or a digest: `latest` where it has none, as `kit` has it.
pub(crate) fn named(app: &App, text: &str, verb: &str) -> Result<Reference, Failure> {
    let reference: Reference = text.parse().map_err(OpsError::from)?;
    if !reference.extra_tags().is_empty() {
        let what = format!("reference `{text}` names several tags: {verb} takes one");
        return Err(Failure::new("several-tags", what));
    }
    if reference.target().is_none() {
        app.console.info(format!(
            "No tag specified for {verb}. Using 'latest' as default ('{text}:latest')"
        ));
    }
    Ok(reference.or_latest())
}

fn with_tag(place: Place) -> Place {
    match place {
        Place::Local(reference) => Place::Local(reference.or_latest()),
        Place::Remote(reference) => Place::Remote(reference.or_latest()),
        other => other,
    }
}

fn policy(no_referrers: bool) -> ReferrerPolicy {
    if no_referrers { ReferrerPolicy::Leave } else { ReferrerPolicy::Try }
}

/// Says what did not have to be moved, and what the person should know.
pub(super) fn tell(app: &App, moved: &Moved) {
    for warning in &moved.warnings {
        app.console.warn(warning);
    }
    for (count, what) in [
        (moved.layers_there, "already there"),
        (moved.layers_mounted, "taken from another repository of the registry"),
        (moved.layers_resumed, "went on where an earlier transfer stopped"),
    ] {
        if count > 0 {
            app.console.info(format!("{} {what}", counted(count, "layer")));
        }
    }
    let attached = match moved.attached {
        0 => String::new(),
        count => format!(", with {}", counted(count, "attached document")),
    };
    app.console.info(format!("{} moved{attached}", human_size(moved.bytes)));
}

/// The answer: what scripts look for.
pub(super) fn digest_line(app: &App, verb: &str, moved: &Moved) {
    let digest = &moved.digest;
    let line = if app.console.is_quiet() { digest.to_string() } else { format!("{verb} {digest}") };
    app.console.answer(line);
}
