//! The model as a whole document.
//!
//! What is small is made first; components, dependencies and compositions are made one after another
//! while they are written, so that no more than one of them is ever held.

use std::collections::{BTreeMap, HashSet};
use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value as Json, json};

use super::bare::Bare;
use super::citation::Citations;
use super::claims::Shown;
use super::entry::{self, Entry};
use super::shape::{Each, insert, order, with};
use super::tie::Ties;
use super::{Version, older, patch, run, statements};
use crate::identity::urn_uuid_of;
use crate::{Bom, BomError, Completeness, Component, ComponentId, Composition, Residue};

/// Order of keys, as the schema lists them.
const KEYS: &[&str] = &[
    "$schema",
    "bomFormat",
    "specVersion",
    "serialNumber",
    "version",
    "metadata",
    "components",
    "services",
    "externalReferences",
    "dependencies",
    "compositions",
    "vulnerabilities",
    "annotations",
    "formulation",
    "declarations",
    "definitions",
    "citations",
    "properties",
    "signature",
];

/// Order of keys in `metadata`.
const METADATA: &[&str] = &[
    "timestamp",
    "lifecycles",
    "tools",
    "manufacturer",
    "authors",
    "component",
    "manufacture",
    "supplier",
    "licenses",
    "properties",
    "distributionConstraints",
];

/// The format that residue of this family belongs to.
pub(super) const FORMAT: &str = "CycloneDX";
const SERIAL: &str = "serialNumber";
/// In the residue of a component: the document has no entry for it.
pub(super) const ABSENT: &str = "absent";
/// In the residue of the document: it has no serial number.
pub(super) const UNNUMBERED: &str = "unnumbered";

/// In the residue of the document: what is beyond the model was read as 1.7.
pub(super) const NEWER: &str = "newer";

/// In the residue of the document: what went into the making stands among the components.
pub(super) const TOGETHER: &str = "together";

/// The fields of residue of this format.
pub(super) fn residue(residue: Option<&Residue>) -> Option<&Map<String, Json>> {
    residue.filter(|residue| residue.format == FORMAT).map(|residue| &residue.fields)
}

/// Whether the document has no entry for a component.
fn is_absent(component: &Component) -> bool {
    residue(component.residue.as_ref()).is_some_and(|fields| fields.contains_key(ABSENT))
}

/// Writes the whole document.
pub(super) fn write(bom: &Bom, version: Version, out: impl io::Write) -> Result<(), BomError> {
    if let Some(fields) = residue(bom.residue.as_ref()) {
        return Ok(serde_json::to_writer_pretty(out, &patched(bom, version, fields)?)?);
    }
    let mut document = Document::new(bom, version)?;
    let number = number(bom, &document)?;
    document.head.insert(SERIAL.to_owned(), number);
    Ok(serde_json::to_writer_pretty(out, &document)?)
}

/// The document with what one that was read said beside.
fn patched(
    bom: &Bom,
    version: Version,
    fields: &Map<String, Json>,
) -> Result<Map<String, Json>, BomError> {
    let mut root = plain(bom, version)?;
    patch::apply(&mut root, fields);
    if version == Version::V1_6 && fields.contains_key(NEWER) {
        older::fit(&mut root);
    }
    order(&mut root, KEYS);
    if let Some(Json::Object(metadata)) = root.get_mut("metadata") {
        order(metadata, METADATA);
    }
    if !fields.contains_key(UNNUMBERED) && !root.contains_key(SERIAL) {
        let number = number(bom, &root)?;
        root.insert(SERIAL.to_owned(), number);
        order(&mut root, KEYS);
    }
    Ok(root)
}

/// The serial number: the one that the AIBOM states, else it follows from everything else that the
/// document says. Another statement gets another number, the same statement the same one.
fn number(bom: &Bom, document: &impl Serialize) -> Result<Json, BomError> {
    Ok(match statements::serial_number(bom) {
        Some((_, number)) => json!(number),
        None => Json::from(urn_uuid_of(document)?),
    })
}

/// The document as the model gives it, with the residue of components but not its own.
pub(super) fn plain(bom: &Bom, version: Version) -> Result<Map<String, Json>, BomError> {
    Ok(match serde_json::to_value(Document::new(bom, version)?)? {
        Json::Object(root) => root,
        _ => Map::new(),
    })
}

/// A document that is about to be written.
struct Document<'a> {
    bom: &'a Bom,
    version: Version,
    ties: Ties<'a>,
    /// Components by what they are written in; under none what stands at the top.
    inside: BTreeMap<Option<&'a str>, Vec<&'a Component>>,
    /// The members that are no long list.
    head: Map<String, Json>,
}

impl<'a> Document<'a> {
    fn new(bom: &'a Bom, version: Version) -> Result<Self, BomError> {
        unique(bom)?;
        let ties = Ties::new(bom);
        let mut inside: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for component in bom.components.iter().filter(|component| !is_absent(component)) {
            inside.entry(ties.parent(&component.id.0)).or_default().push(component);
        }
        let mut document = Self { bom, version, ties, inside, head: Map::new() };
        document.head = document.head()?;
        Ok(document)
    }

    fn head(&self) -> Result<Map<String, Json>, BomError> {
        let mut head = Map::new();
        head.insert("$schema".to_owned(), json!(self.version.schema()));
        head.insert("bomFormat".to_owned(), json!(FORMAT));
        head.insert("specVersion".to_owned(), json!(self.version.number()));
        let number = statements::document_version(self.bom).map_or(1, |(_, number)| number);
        head.insert("version".to_owned(), json!(number));
        let split = statements::write(self.bom, self.version, &self.ties, &mut head);
        let subject = self.whole(&self.bom.subject)?;
        // Somebody may supply what the document does not name.
        if let Some(supplier) = subject.get("supplier").cloned() {
            insert(&mut head, "/metadata/supplier", false, supplier);
        }
        if !is_absent(&self.bom.subject) {
            insert(&mut head, "/metadata/component", false, Json::Object(subject));
        }
        let ingredients = self.listed(None, List::Ingredients).map(|c| self.whole(c));
        let ingredients = ingredients.map(|entry| entry.map(Json::Object));
        let ingredients = ingredients.collect::<Result<Vec<_>, _>>()?;
        if let Some(formula) = run::write(&self.bom.runs, ingredients, self.version) {
            head.insert("formulation".to_owned(), formula);
        }
        if self.version == Version::V1_7 {
            self.cite(&split.shown, &mut head)?;
        }
        if let Some(Json::Object(metadata)) = head.get_mut("metadata") {
            order(metadata, METADATA);
        }
        Ok(head)
    }

    /// What is written in a holder, or at the top, in one of its lists.
    fn listed<'s>(
        &'s self,
        holder: Option<&'a str>,
        list: List,
    ) -> impl Iterator<Item = &'a Component> + use<'s, 'a> {
        let all = self.inside.get(&holder).into_iter().flatten().copied();
        all.filter(move |component| list == self.list(component))
    }

    fn list(&self, component: &Component) -> List {
        if self.ties.is_ingredient(&component.id.0) {
            List::Ingredients
        } else if self.ties.is_service(component) {
            List::Services
        } else {
            List::Components
        }
    }

    /// The entry of a component, without what is nested in it.
    fn entry(&self, component: &'a Component) -> Result<Entry<'a>, BomError> {
        let is_subject = component.id == self.bom.subject.id;
        let mut entry = entry::write(component, &self.ties, self.version, is_subject)?;
        if let Some(fields) = residue(component.residue.as_ref()) {
            entry.join_ties();
            patch::apply(&mut entry.map, fields);
        }
        Ok(entry)
    }

    /// The entry of a component at the top with all that is nested in it, ready to be written.
    fn at_top(&self, component: &'a Component) -> Result<AtTop<'a>, BomError> {
        if !self.inside.contains_key(&Some(component.id.0.as_str()))
            && let Some(bare) = Bare::of(component, &self.ties)
        {
            return Ok(AtTop::Bare(bare));
        }
        self.nested(component).map(AtTop::Entry)
    }

    /// The same as a value.
    fn whole(&self, component: &'a Component) -> Result<Map<String, Json>, BomError> {
        let mut entry = self.nested(component)?;
        entry.join_ties();
        Ok(entry.map)
    }

    /// The entry of a component with all that is nested in it, in the order of its keys.
    fn nested(&self, component: &'a Component) -> Result<Entry<'a>, BomError> {
        let mut entry = self.entry(component)?;
        for list in [List::Components, List::Services] {
            let inside = self.listed(Some(&component.id.0), list);
            let inside = inside.map(|component| self.whole(component).map(Json::Object));
            let inside = inside.collect::<Result<Vec<_>, _>>()?;
            if !inside.is_empty() {
                entry.map.insert(list.key().to_owned(), Json::Array(inside));
            }
        }
        order(&mut entry.map, entry::KEYS);
        Ok(entry)
    }

    /// Adds the citations of everything that is shown.
    fn cite(&self, statements: &[Shown<'_>], head: &mut Map<String, Json>) -> Result<(), BomError> {
        let mut citations = Citations::new(self.bom);
        citations.note("", head, statements);
        if !is_absent(&self.bom.subject) {
            self.cite_entry(&self.bom.subject, "/metadata/component", &mut citations)?;
        }
        self.cite_inside(None, "", &mut citations)?;
        citations.add_to(head);
        Ok(())
    }

    fn cite_entry(
        &self,
        component: &'a Component,
        at: &str,
        citations: &mut Citations<'a>,
    ) -> Result<(), BomError> {
        let entry = self.entry(component)?;
        citations.note(at, &entry.map, &entry.shown);
        self.cite_inside(Some(&component.id.0), at, citations)
    }

    fn cite_inside(
        &self,
        holder: Option<&'a str>,
        above: &str,
        citations: &mut Citations<'a>,
    ) -> Result<(), BomError> {
        for list in [List::Components, List::Services, List::Ingredients] {
            for (number, component) in self.listed(holder, list).enumerate() {
                let at = format!("{above}/{}/{number}", list.key());
                self.cite_entry(component, &at, citations)?;
            }
        }
        Ok(())
    }
}

/// An entry that is about to be written.
#[derive(Serialize)]
#[serde(untagged)]
enum AtTop<'a> {
    Bare(Bare<'a>),
    Entry(Entry<'a>),
}

/// The lists that components stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Components,
    Services,
    /// What only went into the making.
    Ingredients,
}

impl List {
    /// Where the list stands in what holds it.
    fn key(self) -> &'static str {
        match self {
            Self::Components => "components",
            Self::Services => "services",
            Self::Ingredients => "formulation/0/components",
        }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for key in KEYS {
            let list = match *key {
                "components" => Some(List::Components),
                "services" => Some(List::Services),
                _ => None,
            };
            if let Some(list) = list.filter(|list| self.listed(None, *list).next().is_some()) {
                let entries = || self.listed(None, list).map(|component| self.at_top(component));
                map.serialize_entry(key, &Each(entries))?;
            } else if *key == "dependencies" {
                map.serialize_entry(key, &Each(|| self.ties.dependencies().map(Ok)))?;
            } else if *key == "compositions" && !self.bom.compositions.is_empty() {
                let all = || self.bom.compositions.iter().map(|one| Ok(composition(one)));
                map.serialize_entry(key, &Each(all))?;
            } else if let Some(value) = self.head.get(*key) {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

/// Two things of one name could not be told apart.
fn unique(bom: &Bom) -> Result<(), BomError> {
    let mut seen = HashSet::new();
    let runs = bom.runs.iter().map(|run| &run.id);
    for id in bom.all().map(|component| &component.id).chain(runs) {
        if id.0.is_empty() {
            return Err(BomError::Nameless);
        }
        if !seen.insert(id) {
            return Err(BomError::Duplicate { reference: id.0.clone() });
        }
    }
    Ok(())
}

fn composition(composition: &Composition) -> Json {
    let aggregate = match composition.completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "unknown",
    };
    let list = |ids: &[ComponentId]| {
        let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
        (!ids.is_empty()).then(|| json!(ids))
    };
    let out = with(json!({"aggregate": aggregate}), "assemblies", list(&composition.contents));
    with(out, "dependencies", list(&composition.origins))
}
