//! A component of an AIBOM becomes a thing that can be asked for.

use std::collections::BTreeSet;

use sealkit_aibom::{Component, Kind, Property, name, purl};
use sealkit_inspect::{Value, property};
use sealkit_report::{Evidence, Known};

use crate::Thing;
use crate::hub_address::hub_address;
use crate::keys::is_outside;

/// Most other names, and most other versions, of one thing.
const MAX_OTHERS: usize = 64;

/// The thing that stands for a component.
pub(crate) fn thing(component: &Component) -> Thing {
    // What says that it is there: its version, else its name, else the best of the rest.
    let named = [property::VERSION, property::NAME].iter().find_map(|name| component.first(name));
    let said = named.or_else(|| component.properties.first());
    let evidence = said.and_then(|property| property.evidence.as_ref());
    let inside = component.kind.is_inside() && !component.hashes.is_empty();
    let known =
        if inside { Known::Measured } else { evidence.map_or(Known::Declared, |e| e.known) };
    Thing {
        kind: component.kind,
        name: component.name.clone(),
        version: text(component, property::VERSION),
        names: names(component),
        versions: versions(component),
        purl: component.purl.clone().or_else(|| at_the_hub(component)),
        path: component.path.clone().or_else(|| address(component)),
        digests: component.hashes.iter().map(ToString::to_string).collect(),
        licences: licences(component),
        known,
        source: if inside { String::new() } else { source(evidence) },
    }
}

/// Where something outside of kits is to be had, as a Kitfile says it of a dataset.
fn address(component: &Component) -> Option<String> {
    if !is_outside(component.kind) {
        return None;
    }
    component.of(property::LINK).find_map(|property| match &property.value {
        Value::Link(link) if link.kind == "distribution" => Some(link.url.clone()),
        _ => None,
    })
}

/// The package URL of a model of the kit whose files say what it is called at a hub.
fn at_the_hub(component: &Component) -> Option<String> {
    let id = component.text(name::HUB_ID).filter(|_| component.kind == Kind::Model)?;
    purl::hugging_face(id, None)
}

/// What else files call a model or dataset of the kit: its Kitfile says one name, its card or its description another.
fn names(component: &Component) -> Vec<String> {
    let said = [property::NAME, name::HUB_ID];
    let said = said.into_iter().flat_map(|name| declared(component, name));
    let pages = component.of(property::LINK).filter_map(own_page);
    others(component, said.chain(pages), &component.name)
}

/// What else files say of the version of a model or dataset of the kit.
fn versions(component: &Component) -> Vec<String> {
    let first = text(component, property::VERSION).unwrap_or_default();
    others(component, declared(component, property::VERSION), &first)
}

fn others<'c>(
    component: &Component,
    said: impl Iterator<Item = &'c str>,
    first: &str,
) -> Vec<String> {
    if !matches!(component.kind, Kind::Model | Kind::Dataset) {
        return Vec::new();
    }
    // One line each: that is how they are kept.
    let said = said.map(|text| text.trim().replace('\n', " "));
    let mut all: Vec<String> = Vec::new();
    for text in said.filter(|text| !text.is_empty() && text != first) {
        if all.len() < MAX_OTHERS && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// The texts of a property that somebody says of the whole; what a rule concludes is no name.
fn declared<'c>(component: &'c Component, name: &'c str) -> impl Iterator<Item = &'c str> {
    let said = component.of(name).filter(|property| property.subject.is_empty());
    said.filter(|property| property.known() != Known::Inferred).filter_map(Property::as_text)
}

/// The page at the hub that a description of a dataset says to be its own.
fn own_page(property: &Property) -> Option<&str> {
    let Value::Link(link) = &property.value else { return None };
    let place = property.evidence.as_ref().map(|evidence| evidence.place.as_str())?;
    let is_own = ["url", "sameAs", "homepage"].iter().any(|key| place.ends_with(key));
    let page = hub_address(&link.url).filter(|page| page.name.starts_with("datasets/"));
    page.filter(|_| is_own).map(|_| link.url.as_str())
}

/// Its licences as they are written, each once.
pub(crate) fn licences(component: &Component) -> Vec<String> {
    let texts = component.of(property::LICENCE).filter_map(Property::as_text);
    // One line each: that is how they are kept.
    texts.map(|text| text.replace('\n', " ")).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The first text of a property that is not blank.
pub(crate) fn text(component: &Component, name: &str) -> Option<String> {
    component.text(name).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// File and place of evidence.
pub(crate) fn source(evidence: Option<&Evidence>) -> String {
    let Some(evidence) = evidence else { return String::new() };
    match evidence.place.as_str() {
        "" => evidence.file.clone(),
        place => format!("{} {place}", evidence.file),
    }
}

#[cfg(test)]
mod tests {
    use sealkit_aibom::ComponentId;
    use sealkit_inspect::LinkInfo;

    use super::*;

    #[test]
    fn a_model_has_the_package_url_of_what_it_is_called_at_the_hub() {
        let named = |kind: Kind, id: &str| {
            let mut component = Component::new(ComponentId("a".to_owned()), kind, "m");
            component.properties.push(Property::text(name::HUB_ID, id, None));
            thing(&component).purl
        };
        assert_eq!(named(Kind::Model, "o/M"), purl::hugging_face("o/M", None));
        assert!(named(Kind::Model, "o/M").is_some());
        assert_eq!(named(Kind::Model, "no id"), None);
        assert_eq!(named(Kind::Dataset, "o/M"), None);
    }

    #[test]
    fn every_name_and_version_that_is_said_is_kept() {
        let at = |known, place: &str| {
            let (file, place) = ("croissant.json".to_owned(), place.to_owned());
            Some(Evidence { known, file, place, digest: None })
        };
        let link = |place: &str, url: &str| {
            let link = LinkInfo { kind: "website".to_owned(), url: url.to_owned() };
            Property::new(property::LINK, Value::Link(link), at(Known::Declared, place))
        };
        let said = |name, text: &str, known| Property::text(name, text, at(known, "/x"));
        let mut data = Component::new(ComponentId("a".to_owned()), Kind::Dataset, "mine");
        data.properties = vec![
            said(property::NAME, "mine", Known::Declared),
            said(property::NAME, "crset2", Known::Declared),
            said(property::NAME, "folder", Known::Inferred),
            said(property::VERSION, "1.0", Known::Declared),
            said(property::VERSION, "3.1.0", Known::Declared),
            link("/url", "https://huggingface.co/datasets/org/crset2"),
            link("/links/0", "https://huggingface.co/datasets/org/other"),
            link("/sameAs", "https://example.com/crset2"),
        ];
        let made = thing(&data);
        assert_eq!(made.names, ["crset2", "https://huggingface.co/datasets/org/crset2"]);
        assert_eq!((made.version.as_deref(), made.versions.len()), (Some("1.0"), 1));
        assert_eq!(made.versions, ["3.1.0"]);
        data.kind = Kind::Code;
        assert!(thing(&data).names.is_empty());
    }
}
