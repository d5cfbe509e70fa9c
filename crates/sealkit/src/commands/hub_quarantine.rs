//! `sealkit hub quarantine add|lift|list`.

use sealkit_api::{KeptVersion, QuarantineEntry};
use sealkit_hub::{Page, Quarantine, Quarantined};
use sealkit_oci::{Digest, Reference, Target};
use sealkit_ops::OpsError;
use sealkit_ops::time::rfc3339;
use serde::Serialize;

use super::hub_store::{answer, open};
use super::quarantine::{kept_text, lifted_text, sentence};
use crate::app::{App, Exit};
use crate::cli::{
    HubPlaceArgs, HubQuarantineAddArgs, HubQuarantineCommand, HubQuarantineTargetArgs,
};
use crate::console::{Failure, Table};

/// Who acts where a command on the hub's own machine does.
const OPERATOR: &str = "operator";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    quarantine: QuarantineEntry,
    /// Of a digest alone: the versions here that have it, as their manifest or as a layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    keeps_back: Option<Vec<KeptVersion>>,
}

#[derive(Serialize)]
struct Lifted {
    lifted: bool,
}

#[derive(Serialize)]
struct Listed {
    quarantine: Vec<QuarantineEntry>,
}

/// Does one of them.
pub(super) fn run(app: &App, command: &HubQuarantineCommand) -> Result<Exit, Failure> {
    match command {
        HubQuarantineCommand::Add(args) => add(app, args),
        HubQuarantineCommand::Lift(args) => lift(app, args),
        HubQuarantineCommand::List(args) => list(app, args),
    }
}

/// A kit of the hub; without a name it is a digest in every repository.
enum Meant {
    Kit(String, Target),
    Everywhere(Digest),
}

fn meant(text: &str) -> Result<Meant, Failure> {
    if let Ok(digest) = text.parse() {
        return Ok(Meant::Everywhere(digest));
    }
    let reference: Reference = text.parse().map_err(OpsError::from)?;
    let target = reference.target();
    let target = target.ok_or_else(|| OpsError::NoTarget { reference: text.to_owned() })?;
    let (registry, repository) = (reference.registry(), reference.repository());
    // The first part of a name may look like a registry's.
    let name = if reference.is_remote() {
        format!("{registry}/{repository}")
    } else {
        repository.to_owned()
    };
    Ok(Meant::Kit(name, target))
}

fn add(app: &App, args: &HubQuarantineAddArgs) -> Result<Exit, Failure> {
    let HubQuarantineTargetArgs { place, target } = &args.target;
    let (meant, storage) = (meant(target)?, open(&place.data)?);
    let said = (args.reason.as_str(), OPERATOR);
    let (placed, kept) = app.serve(async {
        let quarantine = Quarantine::of(&storage, None).await?;
        Ok(match meant {
            Meant::Kit(name, target) => (quarantine.place(&name, &target, said).await?, None),
            Meant::Everywhere(digest) => {
                let placed = quarantine.place_everywhere(digest, said).await?;
                let kept = quarantine.keeps_back(&placed.digest).await?;
                (placed, Some(kept))
            }
        })
    })?;
    let placed = entry(placed);
    let version = |(repository, digest)| KeptVersion { repository, digest };
    let keeps_back: Option<Vec<KeptVersion>> =
        kept.map(|kept| kept.into_iter().map(version).collect());
    let text = [sentence(&placed), kept_text(keeps_back.as_ref().map(Vec::len))].concat();
    let is_idle = keeps_back.as_ref().is_some_and(Vec::is_empty);
    answer(app, place, &Placed { quarantine: placed, keeps_back }, text)?;
    Ok(if is_idle { Exit::No } else { Exit::Yes })
}

fn lift(app: &App, args: &HubQuarantineTargetArgs) -> Result<Exit, Failure> {
    let (meant, storage) = (meant(&args.target)?, open(&args.place.data)?);
    let lifted = app.serve(async {
        let quarantine = Quarantine::of(&storage, None).await?;
        Ok(match meant {
            Meant::Kit(name, target) => quarantine.lift(&name, &target, OPERATOR).await?,
            Meant::Everywhere(digest) => quarantine.lift_everywhere(digest, OPERATOR).await?,
        })
    })?;
    answer(app, &args.place, &Lifted { lifted }, lifted_text(lifted).to_owned())?;
    Ok(if lifted { Exit::Yes } else { Exit::No })
}

fn list(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let storage = open(&args.data)?;
    let found = app.serve(async {
        let quarantine = Quarantine::of(&storage, None).await?;
        Ok(quarantine.list(&Page::default()).await?)
    })?;
    let quarantine: Vec<_> = found.into_iter().map(|(_, one)| entry(one)).collect();
    let mut table = Table::new(&["REPOSITORY", "DIGEST", "SINCE", "BY", "REASON"]);
    for one in &quarantine {
        let place = one.repository.as_deref().unwrap_or("*");
        let digest = one.digest.to_string();
        table.row([place, &digest, &one.since, &one.by, &one.reason]);
    }
    let text = table.render();
    answer(app, args, &Listed { quarantine }, text)?;
    Ok(Exit::Yes)
}

fn entry(one: Quarantined) -> QuarantineEntry {
    let since = rfc3339(one.since).unwrap_or_else(|| one.since.to_string());
    let Quarantined { repository, digest, reason, by, .. } = one;
    QuarantineEntry { repository, digest, reason, by, since }
}
