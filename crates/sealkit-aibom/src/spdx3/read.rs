//! A document, own or foreign, as the model.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::property;
use serde_json::{Map, Value as Json};

use super::note::{BomNote, ComponentNote, MEDIA_TYPE};
use super::read_component::{Index, component, is_component};
use super::{CONTEXT, FAMILY, NO_TIME, note, relations};
use crate::{Bom, BomError, Component, ComponentId, Kind, Property, Relation, Residue, Run, name};

/// Most elements of one document.
const MAX_ELEMENTS: usize = 2_000_000;

pub(super) fn bom(document: Map<String, Json>) -> Result<Bom, BomError> {
    let context = document.get("@context").and_then(Json::as_str).unwrap_or_default();
    if context != CONTEXT {
        return Err(BomError::Format { found: shorten(context) });
    }
    let Some(Json::Array(elements)) = document.get("@graph") else {
        return Err(BomError::Shape { reason: "it has no `@graph`".to_owned() });
    };
    if elements.len() > MAX_ELEMENTS {
        return Err(BomError::TooMany { what: "elements", limit: MAX_ELEMENTS });
    }
    let index = Index::new(elements)?;
    let notes = index.notes();
    let own =
        notes.values().find_map(|statement| serde_json::from_str::<BomNote<'_>>(statement).ok());
    match own {
        Some(of_bom) => own_document(&index, &notes, of_bom),
        None => foreign(&index, elements),
    }
}

/// A document of ours: its annotations say all. Where a field says something else than the
/// annotation, somebody has changed one of them, and the AIBOM says so.
fn own_document(
    index: &Index<'_>,
    notes: &BTreeMap<&str, &str>,
    of_bom: BomNote<'_>,
) -> Result<Bom, BomError> {
    let mut components = Vec::new();
    let mut runs = Vec::new();
    let mut problems = Vec::new();
    for (id, element) in index.components() {
        let Some(statement) = notes.get(id) else {
            components.push(component(index, id, element));
            problems.push(format!("element `{}` has no annotation", shorten(id)));
            continue;
        };
        let note: ComponentNote<'_> = serde_json::from_str(statement)?;
        let mut stated = component(index, id, element);
        if !element.contains_key("name") {
            // Ours has no name where the AIBOM has none.
            stated.name.clear();
        }
        components.push(noted(note, &stated)?);
    }
    for (id, _) in index.of_type("build_Build") {
        if let Some(statement) = notes.get(id) {
            runs.push(run(statement)?);
        }
    }
    let ids: BTreeMap<String, ComponentId> = index
        .components()
        .filter_map(|(id, _)| {
            let note: ComponentNote<'_> = serde_json::from_str(notes.get(id)?).ok()?;
            Some((id.to_owned(), ComponentId(note.id.into_owned())))
        })
        .collect();
    let order: BTreeMap<&str, usize> =
        of_bom.models.iter().enumerate().map(|(at, id)| (&**id, at)).collect();
    components.sort_by_key(|c| order.get(c.id.0.as_str()).copied().unwrap_or(usize::MAX));
    let mut bom = around(index, components, &ids)?;
    bom.runs = runs;
    bom.properties = note::read(of_bom.properties);
    bom.relations = of_bom.relations.into_iter().filter_map(note::RelationNote::relation).collect();
    bom.compositions =
        of_bom.compositions.into_iter().filter_map(note::CompositionNote::composition).collect();
    problems.extend(super::compare::differences(index, &bom));
    problems.extend(other_time(index, &bom));
    for problem in problems {
        bom.properties.push(Property::text(name::READING_PROBLEM, problem, None));
    }
    bom.properties.extend(index.tools());
    bom.properties.extend(created(index, &bom));
    bom.normalise();
    Ok(bom)
}

/// What the annotation says, with what only the element has: its name, purl and digests.
fn noted(note: ComponentNote<'_>, stated: &Component) -> Result<Component, BomError> {
    let unknown = || BomError::Shape { reason: format!("unknown kind `{}`", shorten(&note.kind)) };
    let kind = note.kind().ok_or_else(unknown)?;
    let mut component =
        Component::new(ComponentId(note.id.into_owned()), kind, stated.name.clone());
    component.path = note.path.map(Cow::into_owned);
    component.size = note.size;
    component.media_type = note.media_type.map(Cow::into_owned);
    component.purl = note.purl.map(Cow::into_owned).or_else(|| stated.purl.clone());
    component.hashes.clone_from(&stated.hashes);
    for hash in &mut component.hashes {
        let text = hash.to_string();
        let said = note.hashes.iter().find(|note| note.digest == text);
        hash.evidence = said.map(|note| note.evidence.clone().into_owned());
    }
    component.properties = note::read(note.properties);
    Ok(component)
}

fn run(statement: &str) -> Result<Run, BomError> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct RunNote<'a> {
        run: String,
        name: String,
        activity: String,
        inputs: Vec<String>,
        outputs: Vec<String>,
        #[serde(borrow)]
        properties: Vec<note::PropertyNote<'a>>,
    }
    let note: RunNote<'_> = serde_json::from_str(statement)?;
    let ids = |texts: Vec<String>| texts.into_iter().map(ComponentId).collect();
    Ok(Run {
        id: ComponentId(note.run),
        name: note.name,
        activity: note.activity,
        inputs: ids(note.inputs),
        outputs: ids(note.outputs),
        properties: note::read(note.properties),
    })
}

fn foreign(index: &Index<'_>, elements: &[Json]) -> Result<Bom, BomError> {
    let mut ids = BTreeMap::new();
    let mut components = Vec::new();
    for (id, element) in index.components() {
        let mut read = component(index, id, element);
        read.residue = Some(Residue { format: FAMILY, fields: element.clone() });
        ids.insert(id.to_owned(), read.id.clone());
        components.push(read);
    }
    let mut bom = around(index, components, &ids)?;
    bom.relations = index.relations(&ids);
    let kept = elements.iter().filter(|element| !is_component(element)).cloned().collect();
    let fields = Map::from_iter([("elements".to_owned(), Json::Array(kept))]);
    bom.residue = Some(Residue { format: FAMILY, fields });
    for author in index.authors() {
        bom.properties.push(Property::new(name::BOM_AUTHOR, author, None));
    }
    bom.properties.extend(index.tools());
    bom.properties.extend(created(index, &bom));
    bom.normalise();
    Ok(bom)
}

/// When the document was made, where it says so.
fn created(index: &Index<'_>, bom: &Bom) -> Option<Property> {
    let time = index.created().filter(|time| time != NO_TIME)?;
    let is_new =
        !bom.properties.iter().any(|p| p.name == property::CREATED && p.subject.is_empty());
    is_new.then(|| Property::text(property::CREATED, time, None))
}

/// Where the frame has another time than the annotation, which has one only where the frame cannot say it.
fn other_time(index: &Index<'_>, bom: &Bom) -> Option<String> {
    bom.properties.iter().find(|property| note::is_time(property))?;
    let said = crate::time::created(bom);
    let stated = index.created().unwrap_or_default();
    (stated != said.as_deref().unwrap_or(NO_TIME)).then(|| {
        format!("the document was made at `{}`, not as the annotation says", shorten(&stated))
    })
}

/// The AIBOM around the component that the document is about: the root of its SBOM, else the first.
fn around(
    index: &Index<'_>,
    mut components: Vec<Component>,
    ids: &BTreeMap<String, ComponentId>,
) -> Result<Bom, BomError> {
    let root = index.root().and_then(|root| ids.get(root));
    let at = components.iter().position(|c| Some(&c.id) == root);
    let first = || components.iter().position(|c| c.kind != Kind::File);
    let Some(at) = at.or_else(first) else { return Err(BomError::NoSubject) };
    let subject = components.remove(at);
    let mut bom = Bom::new(subject);
    bom.components = components;
    Ok(bom)
}

/// The ties that the kept relationships of a foreign document say already.
pub(super) fn kept_relations(bom: &Bom) -> BTreeSet<(&ComponentId, &ComponentId, &'static str)> {
    let Some(kept) = super::graph::kept_elements(bom) else { return BTreeSet::new() };
    let by_id: BTreeMap<&str, &ComponentId> = bom
        .all()
        .filter_map(|c| Some((c.residue.as_ref()?.fields.get("spdxId")?.as_str()?, &c.id)))
        .collect();
    let mut all = BTreeSet::new();
    for element in kept {
        let word = |key: &str| element.get(key).and_then(Json::as_str);
        let Some((kind, turned)) = word("relationshipType").and_then(relations::kind_of) else {
            continue;
        };
        let Some(from) = word("from").and_then(|id| by_id.get(id)) else { continue };
        for to in element.get("to").and_then(Json::as_array).into_iter().flatten() {
            let Some(to) = to.as_str().and_then(|id| by_id.get(id)) else { continue };
            // The name that writing would give the tie, whatever name the document has for it.
            let (name, written_turned) = relations::spdx_name(kind);
            if turned == written_turned {
                all.insert((*from, *to, name));
            } else {
                all.insert((*to, *from, name));
            }
        }
    }
    all
}

/// Ties of one relationship element.
pub(super) fn ties(
    element: &Map<String, Json>,
    ids: &BTreeMap<String, ComponentId>,
) -> Vec<Relation> {
    let word = |key: &str| element.get(key).and_then(Json::as_str);
    let Some((kind, turned)) = word("relationshipType").and_then(relations::kind_of) else {
        return Vec::new();
    };
    let Some(from) = word("from").and_then(|id| ids.get(id)) else { return Vec::new() };
    let to = element.get("to").and_then(Json::as_array).into_iter().flatten();
    let to = to.filter_map(|id| ids.get(id.as_str()?));
    let tie = |to: &ComponentId| {
        let (from, to) = if turned { (to, from) } else { (from, to) };
        Relation::new(from, kind, to).role(word("scope"))
    };
    to.map(tie).collect()
}

pub(super) fn is_note(element: &Map<String, Json>) -> bool {
    element.get("contentType").and_then(Json::as_str) == Some(MEDIA_TYPE)
}

/// A text of a stranger, short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}
