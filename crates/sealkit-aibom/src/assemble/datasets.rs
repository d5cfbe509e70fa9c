//! What cards, descriptions and the data itself say of each dataset.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Class, Fact, Value, property, survey};
use sealkit_report::Evidence;

use super::claims::{Claims, Speaker, conflict, texts, unknown};
use super::draft::Draft;
use super::evidence::{inferred, measured};
use super::kitfile::Elements;
use super::owners::{Data, Owner, Owners};
use super::parts::{Ids, NO_FILE, NO_LAYER};
use super::world::{File, PartView, World};
use super::{judge, topics, tree, world};
use crate::licence::folded;
use crate::{Component, ComponentId, Property, name};

/// Words in paths that name a split, and the split that they name.
const SPLITS: &[(&str, &str)] = &[
    ("train", "train"),
    ("training", "train"),
    ("test", "test"),
    ("testing", "test"),
    ("validation", "validation"),
    ("valid", "validation"),
    ("val", "validation"),
    ("dev", "validation"),
    ("eval", "test"),
];

/// Puts on each dataset what is said of it.
pub(super) fn describe(
    draft: &mut Draft,
    world: &World<'_>,
    owners: &Owners,
    ids: &Ids,
    speaking: &BTreeMap<Owner, Vec<usize>>,
) {
    let elements = Elements::new(world.input);
    let versions = tracked(world);
    for (at, (data, id)) in owners.data.iter().zip(&ids.data).enumerate() {
        let files = speaking.get(&Owner::Data(at)).map(Vec::as_slice).unwrap_or_default();
        let mut claims = Claims::default();
        from_people(&mut claims, world, &elements, data);
        from_files(&mut claims, world, data, (owners, files));
        let held: Vec<&File<'_>> = world.pick(&data.files).collect();
        rows(&mut claims, &data.path, &held);
        let listing: Vec<(&str, u64)> = held.iter().map(|file| (file.path, file.size)).collect();
        for fact in survey(&listing).iter().flat_map(|folder| &folder.facts.facts) {
            claims.fact(Speaker::Content, world, fact);
        }
        let Some(component) = draft.get_mut(id) else { continue };
        version_it(&mut claims, world, data, &held, &versions);
        claims.sort();
        // The Kitfile's name counts most, so that it is the first where there is one.
        if let Some(text) = claims.of(property::NAME).find_map(Property::as_text) {
            text.trim().clone_into(&mut component.name);
        }
        judge::contradictions(&claims, component);
        claims.settle(component);
    }
}

fn from_people(claims: &mut Claims, world: &World<'_>, elements: &Elements<'_>, data: &Data) {
    let element = world.element(data.part).filter(|_| data.is_part);
    let named = element.map_or("", |element| element.name.as_str());
    let written = element.map_or("", |element| element.written_path.as_str());
    for (key, facts) in &world.input.supplied.datasets {
        let key = plain(key);
        if !key.is_empty() && (key == named || key == data.path || key == written) {
            for fact in &facts.facts {
                claims.fact(Speaker::Person, world, fact);
            }
        }
    }
    if let Some(element) = element {
        elements.claim(element, claims);
    }
}

/// A path or a name as people write it in the overlay.
pub(crate) fn plain(key: &str) -> &str {
    key.trim_start_matches("./").trim_end_matches('/')
}

/// What a description of several datasets says of them together and of none alone.
const OF_ALL: &[&str] = &[
    property::NAME,
    property::VERSION,
    property::ROWS,
    property::ROWS_OF_SPLIT,
    property::FILES_OF_TYPE,
    name::HUB_ID,
];

fn from_files(
    claims: &mut Claims,
    world: &World<'_>,
    data: &Data,
    (owners, files): (&Owners, &[usize]),
) {
    let held: BTreeSet<usize> = data.files.iter().copied().collect();
    for &at in files {
        let Some(file) = world.files.get(at) else { continue };
        let is_content = file.class == Class::Dataset && held.contains(&at);
        let speaker = topics::speaker(file, is_content);
        let is_of_many = owners.of(at).len() > 1;
        let is_said = |fact: &&Fact| !is_of_many || !OF_ALL.contains(&&*fact.property);
        let shared = file.each().filter(|fact| topics::is_shared(file, fact, is_content));
        for fact in shared.filter(is_said) {
            claims.fact(speaker, world, fact);
        }
        let at_hub = file.all(name::HUB_ID).filter(|fact| fact.subject != "model");
        for fact in at_hub.filter(is_said) {
            if let Value::Origin(origin) = &fact.value {
                let evidence = Some(world.proved(&fact.evidence));
                let id = Property::text(name::HUB_ID, &*origin.name, evidence.clone());
                claims.add(Speaker::Project, id);
                if let Some(revision) = &origin.revision {
                    let version = Property::text(property::VERSION, revision, evidence);
                    claims.add(Speaker::Project, version);
                }
            }
        }
    }
    let place = format!("{} files", data.files.len());
    let count = Value::Uint(data.files.len() as u64);
    let evidence = Some(measured(&data.path, &place));
    claims.add(Speaker::Content, Property::new(name::FILES, count, evidence));
}

/// Rows: of each format, for the same data may lie there in several, and of each split.
fn rows(claims: &mut Claims, path: &str, files: &[&File<'_>]) {
    let mut formats: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    let mut splits: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let describes = |file: &&&File<'_>| file.class == Class::Dataset && !file.format.is_empty();
    for file in files.iter().filter(describes) {
        let found = file.facts.and_then(|facts| facts.uint(property::ROWS));
        let has_rows = found.is_some()
            || file.all(property::NOT_MEASURED).any(|fact| fact.subject == property::ROWS);
        let slot = formats.entry(file.format).or_default();
        slot.0 = slot.0.saturating_add(found.unwrap_or(0));
        slot.1 += u64::from(found.is_some());
        slot.2 += u64::from(has_rows);
        if let (Some(rows), Some(split)) = (found, split(file.path)) {
            let sum = splits.entry((file.format, split)).or_default();
            *sum = sum.saturating_add(rows);
        }
    }
    formats.retain(|_, (_, counted, _)| *counted > 0);
    let single = formats.len() == 1;
    for (format, (sum, counted, countable)) in formats {
        let place = format!("{counted} {format} files");
        if counted < countable {
            let why = format!("the rows of {counted} of {countable} {format} files were counted");
            claims.add(Speaker::Content, unknown(property::ROWS, &why, measured(path, &place)));
            continue;
        }
        let evidence = Some(measured(path, &place));
        let rows = Property::new(property::ROWS, Value::Uint(sum), evidence);
        claims.add(Speaker::Content, if single { rows } else { rows.about(format) });
        for ((_, split), sum) in splits.iter().filter(|((of, _), _)| *of == format) {
            let evidence = Some(inferred(path, &format!("{format} files named `{split}`")));
            let rows = Property::new(property::ROWS_OF_SPLIT, Value::Uint(*sum), evidence);
            let subject = if single { (*split).to_owned() } else { format!("{split} ({format})") };
            claims.add(Speaker::Content, rows.about(subject));
        }
    }
}

/// The split that a path names: in its file name, else in its folder.
pub(super) fn split(path: &str) -> Option<&'static str> {
    let words = |text: &str| -> Option<&'static str> {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.find_map(|word| {
            let word = word.to_ascii_lowercase();
            SPLITS.iter().find(|(known, _)| *known == word).map(|(_, split)| *split)
        })
    };
    let mut steps = path.rsplit('/');
    steps.next().and_then(words).or_else(|| steps.next().and_then(words))
}

/// Digests that trackers of data (DVC) give the files and folders of the kit, by their paths.
type Tracked<'a> = BTreeMap<String, Vec<(String, &'a Evidence)>>;

fn tracked<'a>(world: &World<'a>) -> Tracked<'a> {
    let mut all: Tracked<'a> = BTreeMap::new();
    for file in world.files.iter().filter(|file| file.format.starts_with("dvc")) {
        for fact in file.each() {
            let (path, digests) = match (&*fact.property, &fact.value) {
                (property::FILE_REFERENCE, Value::File(named)) => {
                    (named.path.as_str(), named.digests.clone())
                }
                (property::VERSION, Value::Text(digest)) => {
                    (fact.subject.as_str(), vec![digest.clone()])
                }
                _ => continue,
            };
            let slot = all.entry(world::beside(file.folder(), path)).or_default();
            slot.extend(digests.into_iter().map(|digest| (digest, &fact.evidence)));
        }
    }
    all
}

/// The declared version; else the digest of the content, inferred. The digest of the content is
/// said in any case.
fn version_it(
    claims: &mut Claims,
    world: &World<'_>,
    data: &Data,
    held: &[&File<'_>],
    tracked: &Tracked<'_>,
) {
    for (digest, evidence) in tracked.get(&data.path).into_iter().flatten() {
        let version = Property::text(property::VERSION, digest, Some(world.proved(evidence)));
        claims.add(Speaker::Project, version);
    }
    let is_said = claims.of(property::VERSION).any(|version| version.subject.is_empty());
    let root = if held.iter().any(|file| file.path == data.path) { "" } else { &data.path };
    let layer = world.parts.get(data.part).filter(|_| data.is_part).and_then(PartView::layer);
    // A layer of no files has the bytes of every other: it tells nothing apart.
    let is_empty = held.is_empty() && world.parts.get(data.part).is_some_and(PartView::is_listed);
    let content = tree::content(root, held).filter(|_| !is_empty);
    let content = content.or_else(|| {
        let layer = layer.filter(|_| !is_empty);
        layer.map(|layer| (layer.digest.clone(), data.path.clone(), name::PLACE_LAYER.to_owned()))
    });
    let Some((digest, file, place)) = content else {
        let is_absent = world.parts.get(data.part).is_some_and(PartView::is_absent);
        let why = match () {
            () if is_empty => NO_FILE,
            () if is_absent => NO_LAYER,
            () => super::models::UNREAD,
        };
        let all = [name::DATA_VERSION, property::VERSION];
        for what in all.into_iter().filter(|what| *what != property::VERSION || !is_said) {
            claims.add(Speaker::Content, unknown(what, why, inferred(&data.path, "")));
        }
        return;
    };
    let (digest, evidence) = (digest.to_string(), measured(&file, &place));
    if !is_said {
        let evidence = inferred(&file, &place);
        claims.text(Speaker::Project, property::VERSION, &digest, evidence);
    }
    claims.text(Speaker::Content, name::DATA_VERSION, &digest, evidence);
}

/// Says where datasets of one name have one version and different contents.
pub(super) fn versions(draft: &mut Draft) {
    type Key = (String, String);
    let mut seen: BTreeMap<Key, Vec<(ComponentId, Vec<String>)>> = BTreeMap::new();
    let data = draft.components().filter(|component| component.kind.is_data());
    for component in data {
        let versions = component.of(property::VERSION).filter(|p| p.evidence.is_some());
        let declared = versions.filter(|p| p.known() != sealkit_report::Known::Inferred);
        for version in declared.flat_map(|p| texts(&p.value)).collect::<BTreeSet<_>>() {
            let key = (folded(&component.name), version);
            seen.entry(key).or_default().push((component.id.clone(), digests(component)));
        }
    }
    for ((_, version), mut all) in seen.into_iter().filter(|(_, all)| all.len() > 1) {
        all.sort();
        let differ = |a: &[String], b: &[String]| {
            let algorithm = |d: &String| d.split(':').next().unwrap_or_default().to_owned();
            a.iter().any(|x| b.iter().any(|y| algorithm(x) == algorithm(y)))
                && !a.iter().any(|x| b.contains(x))
        };
        let Some((_, first)) = all.first().cloned() else { continue };
        if !all.iter().skip(1).any(|(_, other)| differ(&first, other)) {
            continue;
        }
        for (id, _) in all {
            let Some(component) = draft.get_mut(&id) else { continue };
            let at = component.path.clone().unwrap_or_default();
            let what = format!("the version `{version}` names different contents");
            component.properties.push(conflict(property::VERSION, what, inferred(&at, "")));
        }
    }
}

/// The digests of the content, as texts. One of a layer says with which packing, since other packing gives
/// another of the same content.
fn digests(component: &Component) -> Vec<String> {
    let packed = |property: &Property| {
        let is_layer = property.evidence.as_ref().is_some_and(|e| e.place == name::PLACE_LAYER);
        let media_type = component.media_type.as_deref().filter(|_| is_layer);
        media_type.map(|media_type| format!("{media_type} ")).unwrap_or_default()
    };
    let told = |p: &Property| -> Vec<String> {
        texts(&p.value).into_iter().map(|text| packed(p) + &text).collect()
    };
    let content: Vec<String> = component.of(name::DATA_VERSION).flat_map(told).collect();
    if content.is_empty() {
        component.hashes.iter().map(ToString::to_string).collect()
    } else {
        content
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_are_words_of_the_path() {
        for (path, expected) in [
            ("data/train-00000-of-00002.parquet", Some("train")),
            ("data/val/a.csv", Some("validation")),
            ("test.csv", Some("test")),
            ("data/pretrained.csv", None),
            ("train/deep/a.csv", None),
        ] {
            assert_eq!(split(path), expected, "{path}");
        }
    }
}
