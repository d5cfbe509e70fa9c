//! Kits of a hub that advisories are about, or that a matter is in. The hub says which; what is attached to them is
//! verified here.

use std::collections::BTreeSet;

use sealkit_api::HubAdvisories;
use sealkit_catalog::Question;
use sealkit_oci::{Digest, Reference};
use url::form_urlencoded::Serializer;

use super::{Concern, Selected};
use crate::catalog::{ask, impact_hub, incomplete};
use crate::log::guard;
use crate::login::registry_of;
use crate::{Context, OpsError, Place};

/// Most kits of a hub that are looked at.
const MAX_KITS: usize = 1_000;
/// Most pages of a hub's list that are read.
const MAX_PAGES: usize = 200;

/// The kits of `hub` to which something is attached that says that it is an advisory, by digest, of those that the
/// stored credentials may read; true where there are more.
///
/// # Errors
/// When the hub can not be reached, refuses, or lists none.
pub async fn advised_kits(context: &Context, hub: &str) -> Result<(Vec<Place>, bool), OpsError> {
    guard(context, hub).await?;
    let (mut kits, mut seen, mut after) = (Vec::new(), BTreeSet::new(), None::<String>);
    for _ in 0..MAX_PAGES {
        let mut query = Serializer::new(String::new());
        query.append_pair("limit", "100");
        if let Some(after) = &after {
            query.append_pair("after", after);
        }
        let path = format!("api/v1/advisories?{}", query.finish());
        let page: HubAdvisories = ask(context, hub, &path).await?;
        for one in page.advisories {
            if !seen.insert((one.repository.clone(), one.kit.to_string())) {
                continue;
            }
            if kits.len() == MAX_KITS {
                return Ok((kits, true));
            }
            kits.push(place(hub, &one.repository, &one.kit)?);
        }
        after = page.next;
        if after.is_none() {
            return Ok((kits, false));
        }
    }
    Ok((kits, true))
}

/// Finds the kits of `hub` in which one of `concerns` is, as its catalogue says; with `descendants` those too that
/// were made from such a kit. What the catalogue is not certain of is among the unknown.
///
/// # Errors
/// When the hub can not be reached, refuses, or keeps no catalogue.
pub async fn select_hub(
    context: &Context,
    hub: &str,
    concerns: &[Concern],
    descendants: bool,
) -> Result<Selected, OpsError> {
    let (mut selected, mut seen) = (Selected::default(), BTreeSet::new());
    for concern in concerns {
        let impact = impact_hub(context, hub, &question(concern)?).await?;
        selected.more |= !incomplete(&impact).is_empty();
        // Of these it can not be told: whoever revokes has to know of them.
        for one in &impact.open {
            if seen.insert((one.repository.clone(), one.digest.to_string())) {
                selected.unknown.push(place(hub, &one.repository, &one.digest)?);
            }
        }
        for one in impact.affected {
            let is_meant = one.distance == 0 || descendants;
            if !is_meant || !seen.insert((one.repository.clone(), one.digest.to_string())) {
                continue;
            }
            if seen.len() > MAX_KITS {
                selected.more = true;
                break;
            }
            let place = place(hub, &one.repository, &one.digest)?;
            if one.certain { selected.kits.push(place) } else { selected.unknown.push(place) }
        }
    }
    Ok(selected)
}

/// What the catalogue is asked for a matter.
fn question(concern: &Concern) -> Result<Question, OpsError> {
    let text = match concern {
        Concern::Dataset { name, version: Some(version) } => format!("dataset:{name}@{version}"),
        Concern::Dataset { name, version: None } => format!("dataset:{name}"),
        Concern::Base(name) => format!("model:{name}"),
        Concern::Package(purl) => purl.as_str().to_owned(),
    };
    text.parse().map_err(|error: sealkit_catalog::QuestionError| {
        OpsError::usage("question-malformed", error.to_string())
    })
}

/// A kit at a hub. A hub that names what is no repository is not believed.
fn place(hub: &str, repository: &str, digest: &Digest) -> Result<Place, OpsError> {
    let hub = registry_of(hub);
    let text = format!("{hub}/{repository}@{digest}");
    let reference = text.parse::<Reference>().map_err(|error| {
        OpsError::usage("answer-malformed", format!("`{hub}` names no repository: {error}"))
    })?;
    Place::remote(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hub_names_is_a_kit_of_that_hub() {
        let digest = Digest::of(b"a");
        let good = place("https://hub.example:5000/", "org/kit", &digest).unwrap();
        assert_eq!(good.to_string(), format!("hub.example:5000/org/kit@{digest}"));
        for odd in ["", "..", "a b", "org/kit:v1@x", "\u{1b}[2J", "ORG/KIT"] {
            assert!(place("hub.example", odd, &digest).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn a_matter_is_asked_for_as_the_catalogue_knows_it() {
        let asked = |concern| question(&concern).unwrap().to_string();
        assert_eq!(asked(Concern::dataset("corpus@3")), "dataset:corpus@3");
        assert_eq!(asked(Concern::Base("google/bert".to_owned())), "model:google/bert");
        let purl = Concern::package("pkg:pypi/torch@2.1.0").unwrap();
        assert_eq!(asked(purl), "pkg:pypi/torch@2.1.0");
        assert!(question(&Concern::package("https://x.example").unwrap()).is_ok());
        assert!(question(&Concern::dataset(" ")).is_err());
    }
}
