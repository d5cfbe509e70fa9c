//! The kit or the folder itself, and what the AIBOM says of itself.

use std::collections::BTreeMap;

use sealkit_inspect::{Class, PartyInfo, Value, property};
use sealkit_report::{Evidence, Known};

use super::claims::{Claims, Speaker, conflict, texts, unknown};
use super::draft::Draft;
use super::evidence::{hash, inferred, kitfile, measured};
use super::owners::Owner;
use super::world::{File, World};
use super::{judge, limits, tree};
use crate::identity::component_id;
use crate::{Component, Hash, Kind, Property, Subject, name};
use crate::{licence, purl};

/// A person said so with a flag of the command, or in a value given beside the input.
pub(super) fn flag(name: &str) -> Evidence {
    let place = format!("--{name}");
    Evidence { known: Known::Declared, file: String::new(), place, digest: None }
}

/// The subject with its name, digest and package URL.
pub(super) fn subject(world: &World<'_>) -> Component {
    let package = &world.input.kitfile.package;
    match world.input.subject {
        Subject::Kit { manifest, repository } => {
            let digest = &manifest.digest;
            let names = [package.name.as_str(), repository.unwrap_or_default(), digest.short()];
            let shown = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let id = component_id(Kind::Kit, &[&digest.to_string()]);
            let mut subject = Component::new(id, Kind::Kit, shown);
            subject.hashes = vec![Hash::from(digest)];
            subject.size = Some(manifest.size);
            subject.media_type = Some(manifest.media_type.clone()).filter(|m| !m.is_empty());
            let repository = repository.map(str::to_owned);
            let repository = repository.unwrap_or_else(|| package.name.replace([' ', '/'], "-"));
            subject.purl = purl::oci(&repository, digest);
            subject
        }
        Subject::Folder { name } => {
            let digest = tree::digest("", world.files.iter());
            let names = [package.name.as_str(), name, "folder"];
            let shown = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let made_of = digest.as_ref().map(ToString::to_string).unwrap_or_default();
            let id = component_id(Kind::Kit, &["folder", name, &made_of]);
            let mut subject = Component::new(id, Kind::Kit, shown);
            let place = format!("tree of {} files", world.files.len());
            if let Some(digest) = digest {
                subject.hashes = vec![hash(&digest, Some(measured("", &place)))];
            } else {
                let why = "not every file was read whole";
                subject.properties.push(unknown("hash", why, inferred("", "")));
            }
            let sizes = world.files.iter().map(|file| file.size);
            subject.size = Some(sizes.fold(0, u64::saturating_add));
            subject
        }
    }
}

/// Puts on the subject what people, the Kitfile, the project and the files at the top say.
pub(super) fn describe(
    draft: &mut Draft,
    world: &World<'_>,
    speaking: &BTreeMap<Owner, Vec<usize>>,
) {
    let mut claims = Claims::default();
    from_people(&mut claims, world);
    for fact in &world.input.project.facts {
        claims.fact(Speaker::Project, world, fact);
    }
    let files = speaking.get(&Owner::Kit).map(Vec::as_slice).unwrap_or_default();
    for file in world.pick(files) {
        from_file(&mut claims, world, file);
    }
    let count = Value::Uint(world.files.len() as u64);
    claims.add(Speaker::Content, Property::new(name::FILES, count, Some(measured("", ""))));
    claims.sort();
    let subject = &mut draft.subject;
    judge::contradictions(&claims, subject);
    claims.settle(subject);
}

fn from_people(claims: &mut Claims, world: &World<'_>) {
    let (input, package) = (world.input, &world.input.kitfile.package);
    let supplier = input.supplied.supplier.iter().map(|supplier| {
        Property::new(name::SUPPLIER, Value::Party(supplier.clone()), Some(flag("supplier")))
    });
    for supplier in supplier {
        claims.add(Speaker::Person, supplier);
    }
    for fact in &input.supplied.kit.facts {
        claims.fact(Speaker::Person, world, fact);
    }
    for fact in input.attested.iter().flat_map(|facts| &facts.facts) {
        let of_kit = [property::COMMIT, property::BRANCH, property::PARTY, property::LINK];
        if of_kit.contains(&&*fact.property) {
            claims.fact(Speaker::Statement, world, fact);
        }
    }
    for fact in input.config.facts.iter().filter(|fact| of_kit(&fact.property)) {
        claims.fact(Speaker::Kitfile, world, fact);
    }
    if input.kitfile_is_made {
        return;
    }
    let mut say = |name: &str, key: &str, text: &str| {
        claims.text(Speaker::Kitfile, name, text, kitfile(&format!("/package/{key}")));
    };
    say(property::NAME, "name", &package.name);
    say(property::VERSION, "version", &package.version);
    say(property::DESCRIPTION, "description", &package.description);
    say(property::LICENCE, "license", &package.license);
    for (at, author) in package.authors.iter().enumerate() {
        say(property::AUTHOR, &format!("authors/{at}"), author);
    }
}

/// What a config says of the whole, and not of the model alone.
fn of_kit(property: &str) -> bool {
    let all = [
        property::NAME,
        property::VERSION,
        property::DESCRIPTION,
        property::LICENCE,
        property::AUTHOR,
        property::PARTY,
        property::LINK,
        property::COMMIT,
        property::CREATED,
    ];
    all.contains(&property)
}

/// What a project's manifest, a licence text or the security policy at the top says of the kit.
fn from_file(claims: &mut Claims, world: &World<'_>, file: &File<'_>) {
    let of_project = [
        property::NAME,
        property::VERSION,
        property::DESCRIPTION,
        property::LICENCE,
        property::AUTHOR,
        property::PARTY,
        property::LINK,
        property::SECURITY_CONTACT,
        property::DOI,
        property::CITATION,
        property::CREATED,
        property::RELEASED,
    ];
    let is_top = file.folder().is_empty() || file.format.starts_with("security");
    for fact in file.each().filter(|fact| of_project.contains(&&*fact.property)) {
        let is_licence = file.class == Class::Licence && fact.property != property::LICENCE;
        if is_top && fact.subject.is_empty() && !is_licence {
            claims.fact(Speaker::Beside, world, fact);
        }
    }
}

/// What the AIBOM says of itself: its authors and when in the life of the thing it was made.
pub(super) fn of_itself(draft: &mut Draft, world: &World<'_>) {
    let supplied = &world.input.supplied.authors;
    let authors = supplied.iter().map(|party| (party.clone(), flag("author")));
    let mut authors: Vec<(PartyInfo, Evidence)> = authors.collect();
    if authors.is_empty() {
        let named = world.input.kitfile.package.authors.iter().enumerate();
        let named = named.filter(|(_, name)| !name.trim().is_empty());
        authors.extend(
            named.map(|(at, name)| (person(name), kitfile(&format!("/package/authors/{at}")))),
        );
    }
    for (party, evidence) in authors {
        let author = Property::new(name::BOM_AUTHOR, Value::Party(party), Some(evidence));
        draft.properties.push(author);
    }
    let (phase, place) = match world.input.subject {
        Subject::Kit { .. } => (name::POST_BUILD, "manifest"),
        Subject::Folder { .. } => (name::PRE_BUILD, "folder"),
    };
    draft.properties.push(Property::text(name::LIFECYCLE, phase, Some(inferred("", place))));
}

/// `NAME`, or `NAME <MAIL>` as people write it.
fn person(text: &str) -> PartyInfo {
    let text = text.trim();
    let parts = text.strip_suffix('>').and_then(|text| text.split_once('<'));
    let parts = parts.map(|(name, mail)| (name.trim(), mail.trim()));
    match parts.filter(|(name, mail)| !name.is_empty() && mail.contains('@')) {
        Some((name, mail)) => {
            let email = Some(mail.to_owned());
            PartyInfo { name: name.to_owned(), email, ..PartyInfo::default() }
        }
        None => PartyInfo { name: text.to_owned(), ..PartyInfo::default() },
    }
}

/// Says on the kit which of its parts have another licence than the kit declares, and whose
/// authors contradict each other.
pub(super) fn conflicts(draft: &mut Draft) {
    let declared = draft.subject.first(property::LICENCE).cloned();
    let kit = declared.as_ref().and_then(Property::as_text);
    let mut found = Vec::new();
    for component in draft.components().filter(|c| c.kind.is_inside() && c.kind != Kind::File) {
        let at = component.path.clone().unwrap_or_default();
        let shown = format!("{} `{}`", component.kind.name(), component.name);
        for other in component.of(property::LICENCE).filter(|p| p.subject.is_empty()).take(1) {
            for licence in texts(&other.value) {
                let Some(kit) = kit.filter(|kit| !licence::same_licence(kit, &licence)) else {
                    continue;
                };
                let what = format!("the kit is declared `{kit}`, its {shown} `{licence}`");
                let evidence = other.evidence.as_ref();
                let (file, place) = evidence.map_or((&*at, ""), |e| (&e.file, &e.place));
                found.push(conflict(property::LICENCE, what, inferred(file, place)));
            }
        }
        let of_authors = |p: &&Property| p.subject == property::AUTHOR;
        for other in component.of(name::CONFLICT).filter(of_authors) {
            let what = format!("{shown}: {}", other.as_text().unwrap_or_default());
            found.push(Property { value: Value::Text(what), ..other.clone() });
        }
    }
    found.truncate(limits::CONFLICTS);
    draft.subject.properties.extend(found);
}
