//! Models and datasets outside of the kit: one component each, whoever names them.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{LinkInfo, Value, property};
use sealkit_oci::{Digest, Reference};

use super::claims::{left_out, unknown};
use super::draft::Draft;
use super::evidence::{hash, inferred, kitfile, rank};
use super::limits;
use super::mentions::Mention;
use super::parts::Ids;
use super::units::Units;
use super::world::World;
use crate::identity::component_id;
use crate::purl;
use crate::{Component, ComponentId, Hash, Kind, Property, RelationKind, name};

/// Adds what is named, merged by name, and ties it to what names it. What is named and lies in the
/// kit is tied where it lies.
pub(super) fn add(draft: &mut Draft, world: &World<'_>, (mentions, too_long): (Vec<Mention>, u64)) {
    let local = Local::new(draft);
    let mut groups: BTreeMap<(bool, String), Vec<Mention>> = BTreeMap::new();
    for mut mention in mentions {
        mention.evidence = world.proved(&mention.evidence);
        let key = key(&mention.origin.name);
        let here = local.find(&mention, &key).filter(|id| !mention.from.contains(id));
        if let Some(id) = here.cloned() {
            tie(draft, &mention, &id);
            keep(draft, &id, &mention);
            continue;
        }
        groups.entry((mention.is_data(), key)).or_default().push(mention);
    }
    let mut listed = 0;
    let mut left = too_long;
    for ((is_data, key), mut mentions) in groups {
        if listed >= limits::ORIGINS {
            left += 1;
            continue;
        }
        mentions.sort_by_cached_key(|m| {
            (rank(Some(&m.evidence)), m.evidence.file.clone(), m.evidence.place.clone())
        });
        for (revision, mentions) in by_revision(mentions) {
            let component = component(is_data, &key, revision.as_deref(), &mentions);
            for mention in &mentions {
                tie(draft, mention, &component.id);
            }
            draft.add(component);
            listed += 1;
        }
    }
    if left > 0 {
        draft.subject.properties.push(left_out("origin", left, None));
    }
}

/// Adds the kit that the Kitfile names as its model: the base of what this kit adds to it.
pub(super) fn add_reference(draft: &mut Draft, world: &World<'_>, units: &Units, ids: &Ids) {
    let Some(reference) = world.input.kitfile.model_reference() else { return };
    let path = world.input.kitfile.model.as_ref().map_or("", |model| model.path.as_str());
    let evidence = kitfile("/model/path");
    let repository = reference.name();
    let id = component_id(Kind::BaseModel, &["kit", path]);
    let mut component = Component::new(id.clone(), Kind::BaseModel, repository.clone());
    let origin = sealkit_inspect::OriginInfo {
        revision: reference.tag().map(str::to_owned),
        ..sealkit_inspect::OriginInfo::named(path)
    };
    let named = Property::new(property::BASE_MODEL, Value::Origin(origin), Some(evidence.clone()));
    component.properties.push(named);
    // A digest says more than the tag beside it.
    let version = reference.digest().map(ToString::to_string);
    if let Some(version) = version.or_else(|| reference.tag().map(str::to_owned)) {
        let version = Property::text(property::VERSION, version, Some(evidence.clone()));
        component.properties.push(version);
    }
    if let Some(digest) = pinned(world, &reference) {
        // Where the Kitfile does not say it, it was found when the kit was packed.
        let is_said = reference.digest().is_some();
        let by = if is_said { evidence.clone() } else { inferred("Kitfile", "/model/path") };
        component.hashes = vec![hash(digest, Some(by))];
        component.purl = purl::oci(&repository, digest);
    } else {
        let why = "the reference is not pinned by digest";
        component.properties.push(unknown("hash", why, inferred("Kitfile", "/model/path")));
    }
    let from = units.main.and_then(|at| ids.units.get(at)).unwrap_or(&draft.subject.id).clone();
    draft.add(component);
    draft.tie((&from, RelationKind::DerivedFrom, &id), None, evidence);
}

/// The digest that a reference of the Kitfile names, or that it had when the kit was packed.
pub(super) fn pinned<'p>(world: &World<'p>, reference: &'p Reference) -> Option<&'p Digest> {
    reference.digest().or_else(|| world.input.references.get(&reference.to_string()))
}

fn tie(draft: &mut Draft, mention: &Mention, to: &ComponentId) {
    for from in &mention.from {
        let tie = (from, mention.relation(), to);
        draft.tie(tie, mention.role(), mention.evidence.clone());
    }
}

/// Keeps on a component of the kit that something names it.
fn keep(draft: &mut Draft, id: &ComponentId, mention: &Mention) {
    let Some(component) = draft.get_mut(id) else { return };
    if component.of(mention.property).count() < limits::MENTIONS {
        component.properties.push(said(mention));
    }
}

fn said(mention: &Mention) -> Property {
    let origin = Value::Origin(mention.origin.clone());
    Property::new(mention.property, origin, Some(mention.evidence.clone()))
}

/// The mentions by revision. Those without one go with the only revision that there is.
fn by_revision(mentions: Vec<Mention>) -> BTreeMap<Option<String>, Vec<Mention>> {
    let revisions: BTreeSet<String> =
        mentions.iter().filter_map(|mention| mention.origin.revision.clone()).collect();
    let only = if revisions.len() == 1 { revisions.first().cloned() } else { None };
    let mut all: BTreeMap<Option<String>, Vec<Mention>> = BTreeMap::new();
    for mention in mentions {
        let revision = mention.origin.revision.clone().or_else(|| only.clone());
        all.entry(revision).or_default().push(mention);
    }
    all
}

fn component(is_data: bool, key: &str, revision: Option<&str>, mentions: &[Mention]) -> Component {
    let is_base = mentions.iter().any(|mention| mention.property == property::BASE_MODEL);
    let kind = match (is_data, is_base) {
        (true, _) => Kind::ExternalDataset,
        (false, true) => Kind::BaseModel,
        (false, false) => Kind::ExternalModel,
    };
    let id = component_id(kind, &[key, revision.unwrap_or_default()]);
    let written = mentions.first().map_or(key, |mention| mention.origin.name.as_str());
    let hub_id = hub_id(written);
    let mut component = Component::new(id, kind, hub_id.unwrap_or(written));
    if !is_data {
        // There is no package URL of a dataset yet (purl-spec), so only models get one.
        let at_github = written.strip_prefix("https://github.com/");
        component.purl = hub_id
            .and_then(|id| purl::hugging_face(id, revision))
            .or_else(|| purl::github(at_github?, revision));
    }
    claim(&mut component, mentions);
    for mention in mentions.iter().take(limits::MENTIONS) {
        component.properties.push(said(mention));
    }
    if let Some(more) = mentions.get(limits::MENTIONS) {
        let count = (mentions.len() - limits::MENTIONS) as u64;
        let left = left_out(more.property, count, Some(more.evidence.clone()));
        component.properties.push(left);
    }
    if component.hashes.is_empty()
        && let Some(first) = mentions.first()
    {
        let at = inferred(&first.evidence.file, &first.evidence.place);
        component.properties.push(unknown("hash", "nobody states a digest of it", at));
    }
    component
}

/// Adds what each mention says of it, each value once.
fn claim(component: &mut Component, mentions: &[Mention]) {
    let (mut add, mut hashes_left) = (Adder::default(), 0);
    for mention in mentions {
        let evidence = Some(mention.evidence.clone());
        let origin = &mention.origin;
        if let Some(id) = self::hub_id(&origin.name) {
            add.once(component, Property::text(name::HUB_ID, id, evidence.clone()));
        }
        for version in [&origin.revision, &origin.version].into_iter().flatten() {
            add.once(component, Property::text(property::VERSION, version, evidence.clone()));
        }
        if let Some(rows) = origin.rows {
            let rows = Property::new(property::ROWS, Value::Uint(rows), evidence.clone());
            add.once(component, rows);
        }
        if let Some(url) = &origin.url {
            let link = LinkInfo { kind: "distribution".to_owned(), url: url.clone() };
            add.once(component, Property::new(property::LINK, Value::Link(link), evidence.clone()));
        }
        for more in &mention.more {
            add.once(component, more.clone());
        }
        let known = component.hashes.len();
        let room = limits::HASHES.saturating_sub(known);
        let digests = origin.digests.iter().take(room);
        component.hashes.extend(digests.filter_map(|text| Hash::parse(text, evidence.clone())));
        hashes_left += origin.digests.len().saturating_sub(room) as u64;
    }
    if hashes_left > 0 {
        component.properties.push(left_out("hash", hashes_left, None));
    }
}

/// Adds a value with the first source that says it.
#[derive(Default)]
struct Adder {
    seen: BTreeSet<(String, String)>,
}

impl Adder {
    fn once(&mut self, component: &mut Component, property: Property) {
        if self.seen.insert((property.name.clone(), property.value.to_string())) {
            component.properties.push(property);
        }
    }
}

/// What two spellings of one name have in common.
fn key(name: &str) -> String {
    plain(hub_id(name).unwrap_or(name))
}

fn plain(name: &str) -> String {
    name.trim().trim_start_matches("./").trim_end_matches('/').to_lowercase()
}

/// `owner/name`, written so or as an address of the hub; none for anything else.
pub(super) fn hub_id(name: &str) -> Option<&str> {
    let id = match name.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/')?;
            let path = if scheme == "hf" { rest } else { path };
            let is_hub = scheme == "hf" || host.starts_with("huggingface.") || host == "hf.co";
            let path = path.strip_prefix("datasets/").or(Some(path).filter(|_| is_hub))?;
            path.trim_end_matches('/')
        }
        None => name,
    };
    purl::hugging_face(id, None).map(|_| id)
}

/// Models and datasets of the kit by the names that something may give them.
struct Local {
    models: BTreeMap<String, ComponentId>,
    data: BTreeMap<String, ComponentId>,
}

impl Local {
    fn new(draft: &Draft) -> Self {
        let mut local = Self { models: BTreeMap::new(), data: BTreeMap::new() };
        for component in draft.components() {
            let names = match component.kind {
                Kind::Model => &mut local.models,
                Kind::Dataset => &mut local.data,
                _ => continue,
            };
            let texts = |name: &'static str| component.of(name).filter_map(Property::as_text);
            let path = component.path.as_deref().filter(|path| !matches!(*path, "" | "."));
            let all = path.into_iter().chain([component.name.as_str()]);
            for name in all.chain(texts(name::HUB_ID)).chain(texts(property::NAME)) {
                names.entry(plain(name)).or_insert_with(|| component.id.clone());
            }
        }
        local
    }

    fn find(&self, mention: &Mention, key: &str) -> Option<&ComponentId> {
        let names = if mention.is_data() { &self.data } else { &self.models };
        let beside = format!("{}/{key}", mention.folder.to_lowercase());
        names.get(key).or_else(|| names.get(&beside))
    }
}
