//! What weights, settings, cards and people say of each model.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Fact, Value, property};
use sealkit_report::{Evidence, Known};

use super::absent::Named;
use super::claims::{Claims, Speaker, unknown};
use super::draft::Draft;
use super::evidence::{inferred, measured};
use super::kitfile::Elements;
use super::owners::{Owner, is_project};
use super::parts::{self, Ids};
use super::units::{Unit, Units};
use super::world::{File, World};
use super::{judge, topics};
use crate::{Component, Hash, Property, name, purl};

/// Puts on each model what is said of it.
pub(super) fn describe(
    draft: &mut Draft,
    world: &World<'_>,
    units: &Units,
    ids: &Ids,
    speaking: &BTreeMap<Owner, Vec<usize>>,
) {
    let elements = Elements::new(world.input);
    let named = Named::new(world);
    for (at, (unit, id)) in units.all.iter().zip(&ids.units).enumerate() {
        let files = speaking.get(&Owner::Model(at)).map(Vec::as_slice).unwrap_or_default();
        let mut claims = Claims::default();
        let is_main = units.main == Some(at);
        from_people(&mut claims, world, &elements, unit, is_main);
        from_files(&mut claims, world, unit, files);
        sums(&mut claims, world, unit, &named);
        outside(&mut claims, world, unit, &named);
        if is_main {
            from_project(&mut claims, world);
        }
        let Some(component) = draft.get_mut(id) else { continue };
        name_it(&mut claims, world, &elements, unit);
        let content = parts::of_model(world, unit, component);
        version_it(&mut claims, content.as_ref(), component);
        claims.sort();
        let called = claims.of(property::NAME).find_map(Property::as_text).map(str::trim);
        component.purl = address(&claims, called.unwrap_or(&component.name), content.as_ref());
        if let Some(text) = claims.of(property::NAME).find_map(Property::as_text) {
            text.trim().clone_into(&mut component.name);
        }
        judge::contradictions(&claims, component);
        claims.settle(component);
    }
}

/// Statements, the overlay and the Kitfile.
fn from_people(
    claims: &mut Claims,
    world: &World<'_>,
    elements: &Elements<'_>,
    unit: &Unit,
    is_main: bool,
) {
    let input = world.input;
    if is_main {
        for fact in input.attested.iter().flat_map(|facts| &facts.facts) {
            if is_of_run(&fact.property) {
                claims.fact(Speaker::Statement, world, fact);
            }
        }
        for fact in &input.config.facts {
            claims.fact(Speaker::Kitfile, world, fact);
        }
        for fact in &input.supplied.model.facts {
            claims.fact(Speaker::Person, world, fact);
        }
        let party = |party: &sealkit_inspect::PartyInfo| {
            let evidence = Some(super::subject::flag("supplier"));
            Property::new(name::SUPPLIER, Value::Party(party.clone()), evidence)
        };
        if let Some(supplier) = &input.supplied.supplier {
            claims.add(Speaker::Person, party(supplier));
        }
    }
    let element = world.element(unit.part).filter(|_| unit.is_part);
    if let Some(element) = element {
        elements.claim(element, claims);
    }
}

/// What a statement about a run says of the model that came out of it.
fn is_of_run(property: &str) -> bool {
    matches!(
        property,
        property::HYPERPARAMETER
            | property::METRIC
            | property::SEED
            | property::TRAINING_SECONDS
            | property::TRAINING_FLOPS
            | property::HARDWARE
            | property::ENERGY_KWH
            | property::CO2_GRAMS
            | property::FRAMEWORK
            | property::FRAMEWORK_VERSION
            | property::NAME
            | property::VERSION
            | property::LICENCE
            | property::PARTY
            | property::AUTHOR
    )
}

fn from_files(claims: &mut Claims, world: &World<'_>, unit: &Unit, files: &[usize]) {
    let weights: BTreeSet<usize> = unit.weights().iter().copied().collect();
    for &at in files {
        let Some(file) = world.files.get(at).filter(|file| !is_project(file)) else { continue };
        let is_content = weights.contains(&at);
        let speaker = topics::speaker(file, is_content);
        let shared = |fact: &&Fact| topics::is_shared(file, fact, is_content);
        // Of the names in a card the one above its results is the model's.
        let is_first = |fact: &Fact| {
            fact.property == property::NAME && fact.evidence.place.starts_with("/model-index")
        };
        let (first, rest): (Vec<&Fact>, Vec<&Fact>) =
            file.each().filter(shared).partition(|fact| is_first(fact));
        for fact in first.into_iter().chain(rest) {
            claims.fact(speaker, world, fact);
        }
        for fact in file.all(name::HUB_ID).chain(file.all(property::COMMIT)) {
            hub(claims, world, file, fact);
        }
    }
    if weights.len() > 1 {
        let at = measured(&unit.home, &format!("{} files", weights.len()));
        claims.add(
            Speaker::Content,
            Property::new(property::SHARDS, Value::Uint(weights.len() as u64), Some(at)),
        );
    }
}

/// A commit of the hub is the version of what was downloaded: told by the path in the hub's cache,
/// or by the note of a download.
fn hub(claims: &mut Claims, world: &World<'_>, file: &File<'_>, fact: &Fact) {
    let evidence = Some(world.proved(&fact.evidence));
    if fact.property == name::HUB_ID {
        origin(claims, fact, evidence);
    } else if file.format == "hf-download-note" {
        let version = Property::text(property::VERSION, fact.value.to_string(), evidence);
        claims.add(Speaker::Project, version);
    }
}

fn origin(claims: &mut Claims, fact: &Fact, evidence: Option<Evidence>) {
    if fact.subject == "dataset" {
        return;
    }
    let (id, revision) = match &fact.value {
        Value::Origin(origin) => (origin.name.clone(), origin.revision.clone()),
        other => (other.to_string(), None),
    };
    claims.add(Speaker::Project, Property::text(name::HUB_ID, id, evidence.clone()));
    if let Some(revision) = revision {
        claims.add(Speaker::Project, Property::text(property::VERSION, revision, evidence));
    }
}

/// Parameters by type and in all, over the files with the weights.
fn sums(claims: &mut Claims, world: &World<'_>, unit: &Unit, named: &Named) {
    let files: Vec<&File<'_>> = world.pick(unit.weights()).collect();
    let Some(first) = files.first() else { return };
    let counted: Vec<&File<'_>> = files
        .iter()
        .copied()
        .filter(|file| file.facts.and_then(|f| f.uint(property::PARAMETERS)).is_some())
        .collect();
    if counted.is_empty() {
        return;
    }
    let place = if files.len() == 1 { String::new() } else { format!("{} files", files.len()) };
    let evidence = world.proved(&measured(first.path, &place));
    let absent = named.shards(world, unit.weights());
    let all = files.len().saturating_add(absent);
    if counted.len() < all {
        let why = match absent {
            0 => format!("{} of {all} files with weights were read", counted.len()),
            _ => format!("{absent} of {all} files with weights are not there"),
        };
        claims.add(Speaker::Content, unknown(property::PARAMETERS, &why, evidence));
        return;
    }
    let counts = || counted.iter().filter_map(|f| f.facts?.uint(property::PARAMETERS));
    let Some(total) = counts().try_fold(0_u64, u64::checked_add) else {
        let why = "the sum does not fit into 64 bits";
        claims.add(Speaker::Content, unknown(property::PARAMETERS, why, evidence));
        return;
    };
    let mut by_type: BTreeMap<&str, u64> = BTreeMap::new();
    for fact in counted.iter().flat_map(|file| file.all(property::PARAMETERS_OF_TYPE)) {
        if let Value::Uint(count) = fact.value {
            let slot = by_type.entry(&fact.subject).or_default();
            *slot = slot.saturating_add(count);
        }
    }
    let mut say = |name, value| {
        claims.add(Speaker::Content, Property::new(name, value, Some(evidence.clone())));
    };
    say(property::PARAMETERS, Value::Uint(total));
    let tensors = counted.iter().filter_map(|f| f.facts?.uint(property::TENSORS));
    let tensors = tensors.fold(0_u64, u64::saturating_add);
    if tensors > 0 {
        say(property::TENSORS, Value::Uint(tensors));
    }
    for (dtype, count) in by_type {
        let count =
            Property::new(property::PARAMETERS_OF_TYPE, Value::Uint(count), Some(evidence.clone()));
        claims.add(Speaker::Content, count.about(dtype));
    }
}

/// Says which files with tensors are named and not there.
fn outside(claims: &mut Claims, world: &World<'_>, unit: &Unit, named: &Named) {
    for file in world.pick(unit.weights()) {
        for path in named.outside(world, file) {
            let why = format!("`{path}`, which holds tensors, is not there");
            let evidence = world.proved(&measured(file.path, ""));
            claims.add(Speaker::Content, unknown(property::EXTERNAL_DATA, &why, evidence));
        }
    }
}

/// Where the folder as a whole was downloaded from.
fn from_project(claims: &mut Claims, world: &World<'_>) {
    for fact in world.input.project.facts.iter().filter(|fact| fact.property == name::HUB_ID) {
        origin(claims, fact, Some(fact.evidence.clone()));
    }
}

/// What files are called that libraries write: such a name is none, the folder's is.
const NAMELESS: &[&str] = &[
    "adapter_model",
    "checkpoint",
    "consolidated",
    "diffusion_pytorch_model",
    "flax_model",
    "model",
    "model_quantized",
    "open_clip_model",
    "pytorch_lora_weights",
    "pytorch_model",
    "saved_model",
    "tf_model",
    "weights",
];

/// The name: the Kitfile's, a card's, the weights'; else that of the folder. A Kitfile's name that
/// only repeats the name of the file is no name, but for want of a better one.
fn name_it(claims: &mut Claims, world: &World<'_>, elements: &Elements<'_>, unit: &Unit) {
    let element = world.element(unit.part).filter(|_| unit.is_part);
    if let Some(element) = element {
        let path = element.path.as_str();
        let file = path.rsplit('/').next().unwrap_or_default();
        let stem = |path: &str| path.rsplit_once('.').map(|(stem, _)| stem.to_owned());
        let named = element.name.as_str();
        let repeats = [path, file].iter().any(|p| *p == named || stem(p).as_deref() == Some(named));
        if let (Some((named, place)), false) = (elements.name(element), repeats) {
            claims.text(Speaker::Kitfile, property::NAME, named, place);
        }
    }
    let folder = unit.home.rsplit('/').next().filter(|name| !name.is_empty());
    let stem = unit.group.as_ref().map(|group| group.stem.as_str());
    let is_nameless = unit.variant_of.is_none() && stem.is_some_and(|s| NAMELESS.contains(&s));
    let folder =
        if unit.is_part { folder.or(world.folder_name()) } else { folder.filter(|_| is_nameless) };
    let kit = Some(world.input.kitfile.package.name.as_str()).filter(|_| unit.is_part);
    for guess in [folder, kit, stem].into_iter().flatten().filter(|guess| !guess.is_empty()).take(1)
    {
        claims.text(Speaker::Project, property::NAME, guess, inferred(&unit.home, ""));
    }
}

/// Why there is no digest of the content.
pub(super) const UNREAD: &str = "not every file of it was read whole";

/// The version that somebody declares; else the digest of the content, inferred. Where there is neither, it is
/// said, so that nobody takes what was not read for a content that differs.
fn version_it(claims: &mut Claims, content: Option<&Hash>, component: &Component) {
    let is_said = claims.of(property::VERSION).any(|version| version.subject.is_empty());
    if is_said {
        return;
    }
    let Some(hash) = content else {
        let at = inferred(component.path.as_deref().unwrap_or_default(), "");
        claims.add(Speaker::Content, unknown(property::VERSION, UNREAD, at));
        return;
    };
    let is_own = component.hashes.first().is_some_and(|own| own == hash);
    let tree = hash.evidence.as_ref();
    let path = component.path.as_deref().filter(|_| is_own);
    let path = path.or(tree.map(|at| at.file.as_str())).unwrap_or_default();
    let evidence = inferred(path, tree.map(|at| at.place.as_str()).unwrap_or_default());
    claims.text(Speaker::Project, property::VERSION, &hash.to_string(), evidence);
}

/// The package URL: that of the hub where the path or the note of a download proves it, else a
/// generic one with the digest that was measured.
fn address(claims: &Claims, named: &str, content: Option<&Hash>) -> Option<String> {
    let text = |name| claims.of(name).find_map(Property::as_text);
    let at_hub = text(name::HUB_ID);
    if let Some(purl) = at_hub.and_then(|id| purl::hugging_face(id, text(property::VERSION))) {
        return Some(purl);
    }
    let digest = content?.to_string().parse().ok()?;
    let declared = claims.of(property::VERSION).find(|claim| claim.known() != Known::Inferred);
    let name = named.rsplit('/').next().unwrap_or(named);
    purl::generic(name, declared.and_then(Property::as_text), Some(&digest))
}
