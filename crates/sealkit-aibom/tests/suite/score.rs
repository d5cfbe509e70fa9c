//! Profiles ask, AIBOMs answer.

use std::collections::BTreeSet;

use sealkit_aibom::{
    Bom, Completeness, Component, ComponentId, Composition, EncodeOptions, Hash, HashAlgorithm,
    Kind, Profile, Property, Relation, RelationKind, Requirement, Run, Scope, ScoreContext, State,
    name, profile_ids, score,
};
use sealkit_inspect::{LinkInfo, PartyInfo, Value, property};

/// Names that profiles know and `sealkit_inspect::property` does not.
const NAMES: &[&str] = &[
    name::SUPPLIER,
    name::LIFECYCLE,
    name::DATA_VERSION,
    name::HUB_ID,
    name::EXPLAINABILITY,
    name::AUTONOMY,
    name::SAFETY_RISK,
    "application-domain",
    "standard",
    "approach",
    "trade-off",
    "classification",
    "data-flow",
    "fairness",
    "fairness-harm",
    "files",
    "metric-threshold",
    "oversight",
    "risk-assessment",
    "security-control",
];

fn id(text: &str) -> ComponentId {
    ComponentId(text.to_owned())
}

fn profiles() -> impl Iterator<Item = Profile> {
    profile_ids().map(|id| Profile::built_in(id).unwrap_or_else(|| panic!("`{id}` is invalid")))
}

fn sha() -> Hash {
    Hash::new(HashAlgorithm::Sha256, &"a".repeat(64), None).unwrap()
}

/// A kit, a model and a dataset that say nothing, not even their names.
fn silent() -> Bom {
    let mut bom = Bom::new(Component::new(id("kit"), Kind::Kit, ""));
    bom.components =
        vec![Component::new(id("m"), Kind::Model, ""), Component::new(id("d"), Kind::Dataset, "")];
    bom
}

fn all(bom: &mut Bom) -> impl Iterator<Item = &mut Component> {
    std::iter::once(&mut bom.subject).chain(&mut bom.components)
}

fn options() -> EncodeOptions {
    EncodeOptions {
        timestamp: Some("2026-01-31T12:00:00Z".to_owned()),
        tool: Some(("sealkit".to_owned(), "1".to_owned())),
    }
}

/// Makes the AIBOM say what one test asks for, of everything in it, and no more than that.
fn satisfy<'o>(bom: &mut Bom, test: &str, options: &'o EncodeOptions) -> ScoreContext<'o> {
    let mut context = ScoreContext::default();
    let (of, what) = test.split_once('.').unwrap_or(("", test));
    let ids: Vec<ComponentId> = bom.all().map(|component| component.id.clone()).collect();
    let kind = || RelationKind::from_name(what).unwrap();
    let link = || Value::Link(LinkInfo { kind: what.to_owned(), url: "https://x.example".into() });
    match (of, what) {
        ("", name) => {
            let property = Property::text(name, "x", None);
            bom.properties.push(property.clone());
            all(bom).for_each(|component| component.properties.push(property.clone()));
        }
        ("link", _) => all(bom).for_each(|component| {
            component.properties.push(Property::new(property::LINK, link(), None));
        }),
        ("has", kind) => {
            let kind = Kind::from_name(kind).unwrap();
            bom.components.push(Component::new(id("new"), kind, "n"));
        }
        ("relation", _) => {
            bom.relations.extend(ids.iter().map(|from| Relation::new(from, kind(), &id("d"))));
        }
        ("related", _) => {
            bom.relations.extend(ids.iter().map(|to| Relation::new(&id("m"), kind(), to)));
        }
        ("component", "name") => all(bom).for_each(|component| "n".clone_into(&mut component.name)),
        ("component", "hash") => all(bom).for_each(|component| component.hashes.push(sha())),
        ("component", "purl" | "identifier") => {
            all(bom).for_each(|component| component.purl = Some("pkg:generic/x".to_owned()));
        }
        ("component", "version") => return satisfy(bom, property::VERSION, options),
        ("component", "producer") => return satisfy(bom, property::PARTY, options),
        ("component", "tie") => return satisfy(bom, "related.contains", options),
        ("component", "run") => bom.runs.push(Run {
            id: id("r"),
            name: "r".to_owned(),
            activity: "training".to_owned(),
            inputs: Vec::new(),
            outputs: ids,
            properties: Vec::new(),
        }),
        ("bom", "author") => return satisfy(bom, name::BOM_AUTHOR, options),
        ("bom", "format" | "version") => context.format = Some("CycloneDX 1.6"),
        ("bom", "timestamp" | "tool" | "tool-version") => context.options = Some(options),
        ("bom", "signature") => context.signed = true,
        ("bom", "vulnerabilities") => context.vulnerabilities = true,
        ("bom", "compositions") => bom.compositions.push(Composition {
            completeness: Completeness::Complete,
            contents: ids,
            origins: Vec::new(),
        }),
        other => panic!("nothing satisfies {other:?}"),
    }
    context
}

#[test]
fn the_profiles_are_those_of_the_documents_that_they_follow() {
    let counts: Vec<(String, usize)> =
        profiles().map(|profile| (profile.id, profile.elements.len())).collect();
    let of = |id: &str| counts.iter().find(|(known, _)| known == id).unwrap().1;
    assert_eq!((of("g7-ai"), of("ntia")), (50, 7));
    let g7 = Profile::built_in("g7-ai").unwrap();
    for (cluster, count) in
        [("MD", 10), ("SL", 9), ("MO", 13), ("DS", 10), ("IN", 2), ("SE", 4), ("KP", 2)]
    {
        let of_cluster = g7.elements.iter().filter(|element| element.id.starts_with(cluster));
        assert_eq!(of_cluster.count(), count, "{cluster}");
    }
    let cisa = Profile::built_in("cisa-2026").unwrap();
    assert_eq!(cisa.elements.iter().filter(|e| e.cluster != "Practices").count(), 17);
    assert_eq!(Profile::built_in("unheard-of"), None);
}

#[test]
fn every_name_in_a_profile_is_one_that_there_is() {
    let known: BTreeSet<&str> = property::ALL.iter().chain(NAMES).copied().collect();
    for profile in profiles() {
        for element in &profile.elements {
            for test in element.satisfied_by.iter().filter(|test| !test.contains('.')) {
                let is_known = known.contains(test.as_str()) || test == "never";
                assert!(is_known, "{} {}: {test}", profile.id, element.id);
            }
            assert_ne!(element.supply, sealkit_aibom::Supply::default(), "{}", element.id);
        }
    }
}

#[test]
fn every_test_of_every_element_is_enough_and_silence_is_not() {
    let options = options();
    for profile in profiles() {
        let before = score(&silent(), &profile, &ScoreContext::default());
        for element in &profile.elements {
            let found = before.elements.iter().find(|result| result.id == element.id);
            let is_given = element.satisfied_by.iter().any(|test| test == "bom.components");
            match found {
                Some(result) if is_given => assert_eq!(result.state, State::Present),
                Some(result) => assert_ne!(result.state, State::Present, "{}", element.id),
                None => assert!(element.only_when_present),
            }
            for test in element.satisfied_by.iter().filter(|t| *t != "never" && !is_given) {
                let mut bom = silent();
                let context = satisfy(&mut bom, test, &options);
                let after = score(&bom, &profile, &context);
                let result = after.elements.iter().find(|result| result.id == element.id).unwrap();
                let at = format!("{} {} by {test}: {result:?}", profile.id, element.id);
                assert_eq!(result.state, State::Present, "{at}");
                assert!(result.missing.is_empty() && result.asked == result.present, "{at}");
            }
        }
        let reached: f64 = before.elements.iter().map(|e| e.present as f64).sum();
        assert!(reached <= 1.0, "{}: silence says {reached}", profile.id);
    }
}

#[test]
fn an_aibom_that_says_everything_has_every_point() {
    let options = options();
    for profile in profiles().filter(|profile| profile.categories.is_empty()) {
        let mut bom = silent();
        let mut context =
            ScoreContext { signed: true, vulnerabilities: true, ..ScoreContext::default() };
        for test in profile.elements.iter().flat_map(|element| &element.satisfied_by) {
            if test != "bom.components" {
                let given = satisfy(&mut bom, test, &options);
                context.format = context.format.or(given.format);
                context.options = context.options.or(given.options);
            }
        }
        // What was added on the way says as much as the rest.
        bom.components.retain(|component| !component.properties.is_empty());
        let library = Component::new(id("library"), Kind::Library, "n");
        if !profile.id.starts_with("cisa") && !profile.id.starts_with("ntia") {
            bom.components.push(library);
        }
        let score = score(&bom, &profile, &context);
        let short: Vec<_> = score.missing().collect();
        assert!(short.is_empty(), "{short:#?}");
        assert!((score.percent - 100.0).abs() < f64::EPSILON, "{} {}", profile.id, score.percent);
        assert!((score.points - score.of).abs() < f64::EPSILON);
    }
}

#[test]
fn nothing_to_ask_is_not_missing() {
    let mut bom = silent();
    bom.components.retain(|component| component.kind == Kind::Model);
    let score = score(&bom, &Profile::built_in("g7-ai").unwrap(), &ScoreContext::default());
    let data = score.elements.iter().filter(|element| element.applies_to == Scope::Dataset);
    assert!(data.clone().count() == 10 && data.clone().all(|e| e.state == State::NotApplicable));
    assert!(score.missing().all(|element| element.applies_to != Scope::Dataset));
}

#[test]
fn what_is_said_to_be_unknown_is_said_and_earns_nothing() {
    let profile = Profile::built_in("cisa-2026").unwrap();
    let state = |bom: &Bom, id: &str| {
        let score = score(bom, &profile, &ScoreContext::default());
        let element = score.elements.iter().find(|element| element.id == id).unwrap();
        (element.state, element.present, element.missing.clone())
    };
    let mut bom = silent();
    bom.components.push(Component::new(id("f"), Kind::ExternalDataset, "far"));
    for component in bom.components.iter_mut().filter(|c| c.id.0 != "f") {
        component.hashes.push(sha());
    }
    bom.subject.hashes.push(sha());
    let missing = vec!["external-dataset `far`".to_owned()];
    assert_eq!(state(&bom, "hash-value"), (State::Missing, 3, missing));
    let far = bom.components.iter_mut().find(|c| c.id.0 == "f").unwrap();
    far.properties.push(Property::text(name::UNKNOWN, "it lies elsewhere", None).about("hash"));
    assert_eq!(state(&bom, "hash-value"), (State::ExplicitUnknown, 3, Vec::new()));
    // As others say it: a word for no answer.
    let nobody = PartyInfo { name: "NOASSERTION".to_owned(), ..PartyInfo::default() };
    for component in all(&mut bom) {
        let party = Value::Party(nobody.clone());
        component.properties.push(Property::new(name::SUPPLIER, party, None));
        component.properties.push(Property::text(property::VERSION, "UNKNOWN", None));
    }
    assert_eq!(state(&bom, "producer").0, State::ExplicitUnknown);
    assert_eq!(state(&bom, "version").0, State::ExplicitUnknown);
    bom.compositions.push(Composition {
        completeness: Completeness::Unknown,
        contents: Vec::new(),
        origins: vec![id("kit"), id("m"), id("d"), id("f")],
    });
    assert_eq!(state(&bom, "relationships").0, State::ExplicitUnknown);
    let score = score(&bom, &profile, &ScoreContext::default());
    assert!(score.points < score.of / 4.0);
}

#[test]
fn an_empty_text_says_nothing() {
    let profile = Profile::built_in("g7-ai").unwrap();
    let mut bom = silent();
    for value in [Value::Text("  ".to_owned()), Value::List(Vec::new())] {
        bom.components[0].properties = vec![Property::new(property::DESCRIPTION, value, None)];
        let score = score(&bom, &profile, &ScoreContext::default());
        let description = score.elements.iter().find(|element| element.id == "MO-06").unwrap();
        assert_eq!(description.state, State::Missing);
    }
}

/// The model of the second document that `calculate_completeness_score` of the generator was run
/// on (2026-04-27): the same fields.
fn middling() -> Bom {
    let mut bom = Bom::new(Component::new(id("kit"), Kind::Kit, "k"));
    let mut model = Component::new(id("m"), Kind::Model, "tiny");
    model.purl = Some("pkg:generic/tiny".to_owned());
    for name in [
        property::VERSION,
        property::DESCRIPTION,
        property::LICENCE,
        property::TASK,
        property::ARCHITECTURE,
        property::INTENDED_USE,
        property::LIMITATION,
        property::HYPERPARAMETER,
        property::CONTEXT_LENGTH,
        name::SUPPLIER,
    ] {
        model.properties.push(Property::text(name, "x", None));
    }
    for kind in ["vcs", "distribution"] {
        let link = LinkInfo { kind: kind.to_owned(), url: "https://x.example".to_owned() };
        model.properties.push(Property::new(property::LINK, Value::Link(link), None));
    }
    bom.relations.push(Relation::new(&model.id, RelationKind::TrainedOn, &id("d")));
    bom.components = vec![model, Component::new(id("d"), Kind::ExternalDataset, "d")];
    bom
}

#[test]
fn the_owasp_score_is_the_one_that_its_generator_gives() {
    let profile = Profile::built_in("owasp-aibom").unwrap();
    let context = ScoreContext { format: Some("CycloneDX 1.6"), ..ScoreContext::default() };
    let of = |bom: &Bom| score(bom, &profile, &context);
    let bare = Bom {
        components: vec![Component::new(id("m"), Kind::Model, "tiny")],
        ..Bom::new(Component::new(id("kit"), Kind::Kit, "k"))
    };
    // Sections 20.0, 0.0, 5.7, 0.0, 0.0; times 0.9 for critical and 0.95 for important fields.
    assert!((of(&bare).points - 22.0).abs() < 1e-9, "{}", of(&bare).points);
    assert!((of(&bare).penalty - 0.9 * 0.95).abs() < 1e-9);
    // Sections 20.0, 8.0, 17.1, 11.7, 5.0; one field that counts only because it is there.
    assert!((of(&middling()).points - 61.8).abs() < 1e-9, "{}", of(&middling()).points);
    assert!((of(&middling()).of - 100.0).abs() < 1e-9);
    // It looks at the first component alone.
    let mut other = middling();
    other.components.reverse();
    assert!(of(&other).points < 40.0);
    // Without a document four critical fields are missing.
    let none = score(&bare, &profile, &ScoreContext::default());
    assert!((none.penalty - 0.8 * 0.95).abs() < 1e-9);
}

#[test]
fn elements_say_where_was_looked_and_how_to_supply_them() {
    let score = score(&silent(), &Profile::built_in("g7-ai").unwrap(), &ScoreContext::default());
    let author = &score.elements[0];
    assert_eq!((author.id.as_str(), author.looked_at[0].as_str()), ("MD-01", "bom.author"));
    assert_eq!(author.how_to_supply.flag.as_deref(), Some("--author"));
    let json = serde_json::to_value(&score).unwrap();
    assert_eq!(json["elements"][0]["state"], "missing");
    assert_eq!(json["elements"][0]["missing"][0], "document");
    assert_eq!(json["elements"][0]["howToSupply"]["flag"], "--author");
    assert_eq!(json["elements"][0]["requirement"], "must");
}

#[test]
fn what_is_demanded_is_worth_two_points_and_all_else_one() {
    let context = ScoreContext { format: Some("CycloneDX 1.6"), ..ScoreContext::default() };
    let mut kinds = BTreeSet::new();
    for profile in profiles().filter(|profile| profile.categories.is_empty()) {
        let score = score(&middling(), &profile, &context);
        let (mut points, mut of) = (0.0, 0.0);
        for element in score.elements.iter().filter(|element| element.asked > 0) {
            let is_demanded = element.requirement == Requirement::Must;
            kinds.insert(is_demanded);
            let worth = if is_demanded { 2.0 } else { 1.0 };
            of += worth;
            points += worth * element.present as f64 / element.asked as f64;
        }
        assert!((score.of - of).abs() < 1e-9, "{}: {} of {of}", profile.id, score.of);
        assert!((score.points - points).abs() < 0.051, "{}: {points}", profile.id);
        assert!((score.percent - points / of * 100.0).abs() < 0.051, "{}", profile.id);
    }
    assert_eq!(kinds.len(), 2, "some profile asks for both");
}
