//! Every kit that belongs to a kit by reference, as `unpack` would take them, each opened where it is.

use std::collections::VecDeque;

use sealkit_oci::{Digest, Reference};
use sealkit_report::{Code, Hint as _};
use sealkit_store::StoreError;

use super::pins::{Pin, Pins};
use super::{means_here, pinned_place};
use crate::fault::is_of_the_kit;
use crate::files::TableTrust;
use crate::network::is_exposed;
use crate::unpack::follow;
use crate::{Context, Kit, OpsError, Place};

/// Most kits that are looked at.
const MAX_KITS: usize = 100;

/// What is used of a kit that another one refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Its model.
    Model,
    /// Its datasets.
    Datasets,
}

/// A kit that another one refers to.
pub(crate) struct Link {
    /// The reference, as the Kitfile writes it.
    pub(crate) reference: Reference,
    /// What is used of the kit.
    pub(crate) used: Use,
    /// What was found.
    pub(crate) state: State,
    /// Whether the reference means another kit in the local store now.
    pub(crate) moved: bool,
}

/// What is known of a kit that another one refers to.
pub(crate) enum State {
    /// It is pinned by somebody who is trusted, or by the Kitfile, and was found.
    Found(Box<(Place, Kit)>),
    /// No trusted seal pins it: the text names what refers to it.
    Unpinned(String),
    /// It is pinned, and not where it was looked for.
    Missing(String),
    /// What is there is no kit, or damaged, or refers in a circle.
    Broken(Code, String),
}

/// Looks every kit up to which the one at `asked` refers, and to which those refer.
pub(crate) async fn walk(
    context: &Context,
    asked: &Place,
    kit: &Kit,
    trust: &dyn TableTrust,
) -> Result<Vec<Link>, OpsError> {
    let mut links: Vec<Link> = Vec::new();
    let mut waiting = VecDeque::from([(kit.clone(), None, vec![asked.to_string()])]);
    while let Some((kit, used, visited)) = waiting.pop_front() {
        let named = named_by(&kit, used).await;
        if named.is_empty() {
            continue;
        }
        let pins = Pins::of(&kit, trust).await?;
        for (reference, used) in named {
            if links.len() >= MAX_KITS {
                let why = format!("it comes behind {MAX_KITS} others, more than are looked at");
                links.push(Link { reference, used, state: State::Missing(why), moved: false });
                return Ok(links);
            }
            let (state, moved) = match follow(&visited, &reference) {
                Ok(visited) => {
                    let looked = look(context, asked, &kit, &reference, &pins).await?;
                    if let (State::Found(found), _) = &looked {
                        waiting.push_back((found.1.clone(), Some(used), visited));
                    }
                    looked
                }
                Err(error) => (State::Broken(error.code(), error.to_string()), false),
            };
            links.push(Link { reference, used, state, moved });
        }
    }
    Ok(links)
}

/// The kits that a kit refers to, of which as much is used as of itself: all where `used` is none.
async fn named_by(kit: &Kit, used: Option<Use>) -> Vec<(Reference, Use)> {
    // What is wrong with one that can not be made is said where the kit itself is judged.
    let Ok(kitfile) = kit.clone().any_kitfile().await else { return Vec::new() };
    let model = kitfile.model_reference().filter(|_| used != Some(Use::Datasets));
    let datasets = kitfile.dataset_references().into_iter().map(|(_, kit)| (kit, Use::Datasets));
    let datasets = datasets.filter(|_| used != Some(Use::Model));
    model.map(|kit| (kit, Use::Model)).into_iter().chain(datasets).collect()
}

async fn look(
    context: &Context,
    asked: &Place,
    from: &Kit,
    reference: &Reference,
    pins: &Pins,
) -> Result<(State, bool), OpsError> {
    // A hub looks at what it serves and nowhere else.
    let here = match asked {
        Place::Served(_) => None,
        _ => means_here(context, reference)?,
    };
    let is_sealed = pins.trusted || reference.digest().is_some();
    let digest = match pins.pin(reference, here.as_ref()) {
        Pin::At(digest) if is_sealed => digest,
        _ => {
            let from = &from.reference;
            let why = format!(
                "no trusted seal of `{from}` pins it, so its tag may mean any kit; its signer pins it by `sealkit seal` with `{reference}` in the local store"
            );
            return Ok((State::Unpinned(why), false));
        }
    };
    let moved = here.is_some_and(|here| here != digest);
    for place in places(context, asked, reference, &digest)? {
        match Kit::open(context, &place).await {
            Ok(kit) => return Ok((State::Found(Box::new((place, kit))), moved)),
            Err(OpsError::KitNotFound { .. }) => {}
            Err(OpsError::Store(StoreError::NotFound { .. })) => {}
            Err(error) if matches!(error, OpsError::NotAKit { .. }) || is_of_the_kit(&error) => {
                return Ok((State::Broken(error.code(), error.to_string()), moved));
            }
            Err(error) => return Err(error),
        }
    }
    let next = match asked {
        Place::Served(_) => "push it first".to_owned(),
        _ => format!("run `sealkit pull {}`", reference.with_digest(digest.clone())),
    };
    Ok((State::Missing(format!("{digest}, which is meant, is not here: {next}")), moved))
}

/// Where a pinned kit is looked for: beside the kit that was asked for, then where `unpack` takes it from. The
/// network is not asked for what belongs to a kit that is on this machine.
fn places(
    context: &Context,
    asked: &Place,
    reference: &Reference,
    digest: &Digest,
) -> Result<Vec<Place>, OpsError> {
    let beside = asked.at_digest(digest);
    if matches!(asked, Place::Served(_)) {
        return Ok(Place::served(reference.repository(), digest)
            .into_iter()
            .chain(beside)
            .collect());
    }
    let mut all: Vec<Place> =
        beside.filter(|_| matches!(asked, Place::Layout { .. })).into_iter().collect();
    match (pinned_place(context, reference, digest)?, asked) {
        (place @ Place::Local(_), _) => all.push(place),
        (Place::Remote(next), Place::Remote(first))
            if !is_exposed(context.client.options(), Some(first), &next) =>
        {
            all.push(Place::Remote(next));
        }
        _ => {}
    }
    Ok(all)
}
