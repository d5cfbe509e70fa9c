//! A kit with its facts becomes an AIBOM.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Facts, property};
use sealkit_kitfile::{Kitfile, Part};
use sealkit_oci::{
    Descriptor, FileEntry, FileKind, FileTable, LayerRole, LayerTable, LayerType, media_type,
};
use sealkit_report::Known;

use crate::identity::{component_id, oci_purl};
use crate::lineage;
use crate::summary::{self, FileFacts};
use crate::{
    Bom, Completeness, Component, ComponentId, Composition, Kind, Licence, Property, Relation,
    RelationKind,
};

/// What is known of a kit before its AIBOM is made.
#[derive(Clone, Copy, Debug)]
pub struct KitInput<'a> {
    /// The Kitfile.
    pub kitfile: &'a Kitfile,
    /// Descriptor of the kit's manifest.
    pub manifest: &'a Descriptor,
    /// The layers as the manifest lists them.
    pub layers: &'a [Descriptor],
    /// Every file with its digest.
    pub table: &'a FileTable,
    /// What the files say, by path. A file that was not inspected is missing here, and the AIBOM
    /// says so.
    pub facts: &'a BTreeMap<String, Facts>,
    /// Repository that the kit is named after, `host/path` without tag; none where it has no name.
    pub repository: Option<&'a str>,
}

/// Makes the AIBOM of a kit. Equal kits give equal AIBOMs: no time, no machine, no tag is in it.
pub fn from_kit(input: &KitInput<'_>) -> Bom {
    let subject = subject(input);
    let mut bom =
        Bom { subject, components: Vec::new(), relations: Vec::new(), compositions: Vec::new() };
    let tables: BTreeMap<_, _> = input.table.layers.iter().map(|t| (&t.digest, t)).collect();
    let parts = match_parts(input);
    let files = file_facts(input);
    let mut unlisted = Vec::new();
    let mut listed = vec![bom.subject.id.clone()];
    for (layer, part) in input.layers.iter().zip(&parts) {
        let component = part_component(input.kitfile, layer, part.as_ref(), &files);
        let id = component.id.clone();
        relate(&mut bom, &component, RelationKind::Contains);
        bom.components.push(component);
        if let Some(table) = tables.get(&layer.digest) {
            add_files(&mut bom, &id, table, input.facts);
            listed.push(id);
        } else {
            unlisted.push(id);
        }
    }
    lineage::add(&mut bom, &files);
    compose(&mut bom, (listed, unlisted), &files);
    bom.normalise();
    bom
}

fn subject(input: &KitInput<'_>) -> Component {
    let package = &input.kitfile.package;
    let digest = &input.manifest.digest;
    let name = [package.name.as_str(), input.repository.unwrap_or_default(), digest.short()];
    let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    let id = component_id(Kind::Kit, &[&digest.to_string()]);
    let mut subject = Component::new(id, Kind::Kit, name);
    subject.version = some(&package.version);
    subject.description = some(&package.description);
    subject.digests = vec![digest.clone()];
    subject.size = Some(input.manifest.size);
    subject.media_type = some(&input.manifest.media_type);
    subject.licences = declared(&package.license);
    let repository = input.repository.map(str::to_owned);
    let name = repository.unwrap_or_else(|| package.name.replace([' ', '/'], "-"));
    subject.purl = oci_purl(&name, digest);
    for author in package.authors.iter().filter(|author| !author.is_empty()) {
        subject.properties.push(plain(property::AUTHOR, author));
    }
    subject
}

/// The Kitfile's element of each layer: by digest, else the next one of the same type.
fn match_parts(input: &KitInput<'_>) -> Vec<Option<Part>> {
    let mut left = input.kitfile.parts();
    let mut found: Vec<Option<Part>> = Vec::new();
    for layer in input.layers {
        let at = left.iter().position(|part| part.layer.digest.as_ref() == Some(&layer.digest));
        found.push(at.map(|at| left.remove(at)));
    }
    for (layer, slot) in input.layers.iter().zip(&mut found).filter(|(_, slot)| slot.is_none()) {
        let Ok(kind) = layer.media_type.parse::<LayerType>() else { continue };
        let at = left.iter().position(|part| part.fits(kind, is_prompt(layer)));
        *slot = at.map(|at| left.remove(at));
    }
    found
}

fn is_prompt(layer: &Descriptor) -> bool {
    let subtype = layer.annotations.get(media_type::ANNOTATION_LAYER_SUBTYPE);
    subtype.is_some_and(|subtype| subtype == "prompt")
}

fn part_component(
    kitfile: &Kitfile,
    layer: &Descriptor,
    part: Option<&Part>,
    files: &[FileFacts<'_>],
) -> Component {
    let role = layer.media_type.parse::<LayerType>().ok().map(|layer| layer.role);
    let kind = match role.or(part.map(|part| part.role)) {
        Some(LayerRole::Model) => Kind::Model,
        Some(LayerRole::ModelPart) => Kind::ModelPart,
        Some(LayerRole::Dataset) => Kind::Dataset,
        Some(LayerRole::Docs) => Kind::Docs,
        Some(LayerRole::Mcpb) => Kind::McpServer,
        Some(LayerRole::Code) if is_prompt(layer) => Kind::Prompt,
        Some(LayerRole::Code) => Kind::Code,
        None => Kind::Other,
    };
    let path = part.map(|part| part.path.clone()).filter(|path| !path.is_empty());
    let name = part.map(|part| part.name.as_str()).filter(|name| !name.is_empty());
    let name = name.or(path.as_deref()).unwrap_or(layer.digest.short()).to_owned();
    let digest = layer.digest.to_string();
    let id = component_id(kind, &[&digest, path.as_deref().unwrap_or_default(), &name]);
    let mut component = Component::new(id, kind, name);
    component.path = path;
    component.digests = vec![layer.digest.clone()];
    component.size = Some(layer.size);
    component.media_type = some(&layer.media_type);
    if let Some(part) = part {
        summary::from_kitfile(&mut component, kitfile, part);
        // A Kitfile has one model; a manifest may list any number of layers that say they are.
        if kind == Kind::Model {
            summary::from_files(&mut component, files, &layer.digest);
        }
    }
    component
}

fn add_files(
    bom: &mut Bom,
    part: &ComponentId,
    table: &LayerTable,
    facts: &BTreeMap<String, Facts>,
) {
    for file in table.files.iter().filter(|file| file.kind == FileKind::File) {
        let component = file_component(part, file, facts.get(&file.path));
        bom.relations.push(Relation {
            from: part.clone(),
            to: component.id.clone(),
            kind: RelationKind::Contains,
        });
        bom.components.push(component);
    }
}

fn file_component(part: &ComponentId, file: &FileEntry, facts: Option<&Facts>) -> Component {
    let digest = file.digest.as_ref().map(ToString::to_string).unwrap_or_default();
    let id = component_id(Kind::File, &[&part.0, &file.path, &digest]);
    let mut component = Component::new(id, Kind::File, file.path.clone());
    component.path = Some(file.path.clone());
    component.digests = file.digest.iter().cloned().collect();
    component.size = Some(file.size);
    if let Some(facts) = facts {
        summary::file(&mut component, facts);
    }
    component
}

fn relate(bom: &mut Bom, to: &Component, kind: RelationKind) {
    bom.relations.push(Relation { from: bom.subject.id.clone(), to: to.id.clone(), kind });
}

fn file_facts<'a>(input: &KitInput<'a>) -> Vec<FileFacts<'a>> {
    let mut all = Vec::new();
    for (layer, file) in input.table.entries().filter(|(_, file)| file.kind == FileKind::File) {
        let facts = input.facts.get(&file.path);
        all.push(FileFacts { layer: &layer.digest, path: &file.path, facts });
    }
    all
}

type Listed = (Vec<ComponentId>, Vec<ComponentId>);

/// Says what is complete: the list of files is, where a table has every file of every part. Where
/// a model comes from can never be known to be complete from what its files say.
fn compose(bom: &mut Bom, (mut listed, mut unlisted): Listed, files: &[FileFacts<'_>]) {
    if !unlisted.is_empty() {
        // A kit whose parts are not all listed is not listed completely itself.
        listed.retain(|id| *id != bom.subject.id);
        unlisted.push(bom.subject.id.clone());
    }
    let origins: Vec<_> =
        bom.components.iter().filter(|c| c.kind == Kind::Model).map(|c| c.id.clone()).collect();
    let unread: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.facts.is_none_or(|facts| facts.incomplete))
        .map(|file| file.path)
        .collect();
    let is_unread = |c: &&Component| c.path.as_deref().is_some_and(|path| unread.contains(path));
    let unread: Vec<_> = bom.of_kind(Kind::File).filter(is_unread).map(|c| c.id.clone()).collect();
    let of = |completeness, contents, origins| Composition { completeness, contents, origins };
    unlisted.extend(unread);
    bom.compositions = vec![
        of(Completeness::Complete, listed, Vec::new()),
        of(Completeness::Incomplete, unlisted, Vec::new()),
        of(Completeness::Unknown, Vec::new(), origins),
    ];
}

pub(crate) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn declared(licence: &str) -> Vec<Licence> {
    some(licence).map(|text| Licence { text, known: Known::Declared }).into_iter().collect()
}

pub(crate) fn plain(name: &str, value: &str) -> Property {
    Property { name: name.to_owned(), value: value.to_owned(), evidence: None }
}
