//! What an AIBOM says that it does not list. Whoever packs a kit chooses what falls out: it is sorted and cut.

use std::collections::BTreeMap;

use sealkit_aibom::{Bom, Component, Kind, Property, name};
use sealkit_inspect::{Value, property};

use crate::gaps::Gaps;

/// Adds a gap for each kind of thing that can be asked for and is left out.
pub(crate) fn note(bom: &Bom, gaps: &mut Gaps) {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    let of_components =
        bom.all().flat_map(|one| one.of(name::LEFT_OUT).map(move |claim| (Some(one), claim)));
    let own = bom.properties.iter().filter(|claim| claim.name == name::LEFT_OUT);
    for (of, claim) in of_components.chain(own.map(|claim| (None, claim))) {
        let named = of.filter(|one| is_description(one, claim)).map(|_| "files that it names");
        let kind = of.map_or(Kind::Kit, |one| one.kind);
        let Some(what) = named.or_else(|| counted(kind, claim)) else { continue };
        let Value::Uint(count) = claim.value else { continue };
        let sum = all.entry(what).or_default();
        *sum = sum.saturating_add(count);
    }
    for (what, count) in all {
        gaps.extend(Some(format!("its AIBOM leaves out {count} {what}")));
    }
}

/// Descriptions of data, which name files that are found nowhere else.
const DESCRIPTIONS: [&str; 2] = ["croissant", "datapackage"];

/// Whether a claim counts files that a description of data names.
fn is_description(component: &Component, claim: &Property) -> bool {
    let format = component.text(property::FORMAT).unwrap_or_default();
    claim.subject == property::FILE_REFERENCE && DESCRIPTIONS.contains(&format)
}

/// What a claim of a component counts, where it is something that somebody asks for.
fn counted(kind: Kind, claim: &Property) -> Option<&'static str> {
    Some(match claim.subject.as_str() {
        "file" => "files",
        "hash" => "digests",
        // A file's own list is cut, but what it names is listed with the models and packages; what was lost of it is
        // noted with the file. Of a thing elsewhere the mentions are counted, and it is listed itself.
        _ if kind == Kind::File || !kind.is_inside() => return None,
        "origin" => "models and datasets elsewhere",
        "model" => "files of models",
        "run" => "runs",
        property::PACKAGE => "packages",
        property::LICENCE => "licences",
        property::NAME | property::HUB_ID => "names",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealkit_aibom::ComponentId;

    fn component(kind: Kind, left: &[(&str, u64)]) -> Component {
        let mut component = Component::new(ComponentId(format!("{kind:?}")), kind, "a");
        component.properties.extend(left.iter().map(claim));
        component
    }

    fn claim((subject, count): &(&str, u64)) -> Property {
        Property::new(name::LEFT_OUT, Value::Uint(*count), None).about(*subject)
    }

    fn told(bom: &Bom) -> Option<String> {
        let mut gaps = Gaps::default();
        note(bom, &mut gaps);
        gaps.told()
    }

    #[test]
    fn what_can_be_asked_for_and_is_left_out_is_a_gap() {
        let mut bom =
            Bom::new(component(Kind::Kit, &[("origin", 3), (property::PACKAGE, 2), ("file", 9)]));
        bom.components.push(component(Kind::Model, &[(property::LICENCE, 1), ("model", 4)]));
        bom.components.push(component(Kind::Library, &[("hash", 5)]));
        bom.properties.push(claim(&("run", 6)));
        let wanted = [
            "5 digests",
            "9 files",
            "4 files of models",
            "1 licences",
            "3 models and datasets elsewhere",
            "2 packages",
            "6 runs",
        ];
        let wanted: Vec<String> =
            wanted.iter().map(|what| format!("its AIBOM leaves out {what}")).collect();
        assert_eq!(told(&bom), Some(wanted.join("; ")));
    }

    #[test]
    fn files_that_a_description_of_data_names_are_asked_for() {
        let mut bom = Bom::new(component(Kind::Kit, &[]));
        let mut file = component(Kind::File, &[(property::FILE_REFERENCE, 7)]);
        bom.components.push(file.clone());
        assert_eq!(told(&bom), None);
        file.properties.push(Property::text(property::FORMAT, "croissant", None));
        bom.components.push(file);
        assert_eq!(told(&bom).as_deref(), Some("its AIBOM leaves out 7 files that it names"));
    }

    #[test]
    fn what_nobody_asks_for_or_is_listed_elsewhere_is_none() {
        let mut bom = Bom::new(component(Kind::Kit, &[(property::METADATA, 3)]));
        bom.components.push(component(Kind::File, &[(property::PACKAGE, 1), (property::NAME, 1)]));
        bom.components.push(component(Kind::Library, &[(property::PACKAGE, 4)]));
        bom.components.push(component(Kind::BaseModel, &[(property::BASE_MODEL, 5)]));
        assert_eq!(told(&bom), None);
    }
}
