//! Comparison by meaning, row by row: what each kind of thing, tie and claim is filed under.

use sealkit_aibom::{
    Area, Bom, BomDifference, Change, Component, ComponentId, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, Run, diff, name,
};
use sealkit_inspect::property;

fn id(text: &str) -> ComponentId {
    ComponentId(text.to_owned())
}

fn sha(c: char) -> Hash {
    Hash::new(HashAlgorithm::Sha256, &c.to_string().repeat(64), None).unwrap()
}

fn kit(components: Vec<Component>) -> Bom {
    let mut bom = Bom::new(Component::new(id("kit"), Kind::Kit, "k"));
    bom.components = components;
    bom
}

/// A model and something else, tied by nothing.
fn pair(kind: Kind) -> Bom {
    kit(vec![
        Component::new(id("model"), Kind::Model, "m"),
        Component::new(id("other"), kind, "other"),
    ])
}

fn only(found: Vec<BomDifference>) -> BomDifference {
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap()
}

#[test]
fn every_kind_of_thing_is_filed_where_people_look_for_it() {
    for (kind, area) in [
        (Kind::Model, Area::Model),
        (Kind::ModelPart, Area::Model),
        (Kind::Dataset, Area::Dataset),
        (Kind::ExternalDataset, Area::Dataset),
        (Kind::BaseModel, Area::Lineage),
        (Kind::ExternalModel, Area::Lineage),
        (Kind::Library, Area::Dependency),
        (Kind::Container, Area::Dependency),
        (Kind::Device, Area::Dependency),
        (Kind::File, Area::File),
        (Kind::Code, Area::Other),
        (Kind::Docs, Area::Other),
        (Kind::Prompt, Area::Other),
        (Kind::McpServer, Area::Other),
        (Kind::Other, Area::Other),
    ] {
        let mut thing = Component::new(id("x"), kind, "x");
        thing.hashes = vec![sha('a')];
        let row = only(diff(&kit(Vec::new()), &kit(vec![thing.clone()])));
        assert_eq!(
            (row.area, row.change, row.what.as_str()),
            (area, Change::Added, ""),
            "{kind:?}"
        );
        assert_eq!((row.before, row.after), (Vec::new(), vec![sha('a').to_string()]));
        let row = only(diff(&kit(vec![thing]), &kit(Vec::new())));
        assert_eq!((row.area, row.change), (area, Change::Removed), "{kind:?}");
        assert_eq!((row.before, row.after), (vec![sha('a').to_string()], Vec::new()));
    }
}

#[test]
fn every_kind_of_tie_that_says_something_of_its_own_is_a_row() {
    for (kind, area) in [
        (RelationKind::DependsOn, Some(Area::Dependency)),
        (RelationKind::DerivedFrom, Some(Area::Lineage)),
        (RelationKind::TrainedOn, Some(Area::Lineage)),
        (RelationKind::EvaluatedOn, Some(Area::Lineage)),
        (RelationKind::Loads, Some(Area::Lineage)),
        (RelationKind::Contains, None),
        (RelationKind::Documents, None),
    ] {
        let plain = pair(Kind::Library);
        let mut tied = plain.clone();
        tied.relations.push(Relation::new(&id("model"), kind, &id("other")));
        let found = diff(&plain, &tied);
        assert_eq!(found.iter().map(|row| row.area).next(), area, "{kind:?}");
        if let Some(row) = found.first() {
            assert_eq!((row.change, row.what.as_str()), (Change::Added, kind.name()));
            assert_eq!(
                (row.subject.as_str(), &row.after),
                ("model m", &vec!["library other".to_owned()])
            );
            assert_eq!(only(diff(&tied, &plain)).change, Change::Removed);
        }
        // A role is part of what is said.
        let mut with_role = tied.clone();
        with_role.relations[0].role = Some("build".to_owned());
        assert_eq!(diff(&tied, &with_role).len(), 2 * usize::from(area.is_some()), "{kind:?}");
    }
}

#[test]
fn claims_of_people_licences_and_results_stand_together() {
    for (claim, area) in [
        (property::LICENCE, Area::Licence),
        (property::METRIC, Area::Metric),
        (property::AUTHOR, Area::Author),
        (property::PARTY, Area::Author),
        (name::SUPPLIER, Area::Author),
        (property::DESCRIPTION, Area::Dataset),
    ] {
        let plain = pair(Kind::Dataset);
        let mut said = plain.clone();
        said.components[1].properties.push(Property::text(claim, "v", None).about("s"));
        let row = only(diff(&plain, &said));
        assert_eq!((row.area, row.what), (area, format!("{claim}:s")), "{claim}");
        assert_eq!((row.change, row.after.as_slice()), (Change::Added, &["v".to_owned()][..]));
        let mut other = said.clone();
        other.components[1].properties[0] = Property::text(claim, "w", None).about("s");
        let row = only(diff(&said, &other));
        assert_eq!(row.change, Change::Changed);
        assert_eq!((row.before[0].as_str(), row.after[0].as_str()), ("v", "w"));
    }
}

#[test]
fn how_something_was_found_is_no_difference() {
    for claim in [
        name::UNKNOWN,
        name::UNREADABLE,
        name::READING_PROBLEM,
        property::NOT_MEASURED,
        property::LICENCE_CONFIDENCE,
    ] {
        let plain = pair(Kind::File);
        let mut said = plain.clone();
        said.components[1].properties.push(Property::text(claim, "v", None));
        assert_eq!(diff(&plain, &said), Vec::new(), "{claim}");
    }
}

#[test]
fn things_of_one_name_are_told_apart_by_their_number() {
    let two = |first: char, second: char| {
        let all = [first, second].into_iter().enumerate().map(|(at, hash)| {
            let mut file = Component::new(id(&at.to_string()), Kind::File, "f");
            file.path = Some("f".to_owned());
            file.hashes = vec![sha(hash)];
            file
        });
        kit(all.collect())
    };
    assert_eq!(diff(&two('a', 'b'), &two('a', 'b')), Vec::new());
    let row = only(diff(&two('a', 'b'), &two('a', 'c')));
    assert_eq!((row.change, row.what.as_str()), (Change::Changed, "digest"));
    let mut one = two('a', 'b');
    one.components.pop();
    assert_eq!(only(diff(&two('a', 'b'), &one)).before, [sha('b').to_string()]);
}

#[test]
fn only_data_contradicts_itself_by_its_version() {
    let thing = |kind: Kind, hash: char| {
        let mut thing = Component::new(id("x"), kind, "x");
        thing.hashes = vec![sha(hash)];
        thing.properties = vec![Property::text(property::VERSION, "1", None)];
        kit(vec![thing])
    };
    for (kind, contradicts) in [
        (Kind::Dataset, true),
        (Kind::ExternalDataset, true),
        (Kind::Model, false),
        (Kind::File, false),
    ] {
        let found = diff(&thing(kind, 'a'), &thing(kind, 'b'));
        assert_eq!(found.iter().any(|row| row.contradiction), contradicts, "{kind:?}");
        assert!(diff(&thing(kind, 'a'), &thing(kind, 'a')).is_empty());
    }
}

#[test]
fn runs_and_authors_of_the_aibom_are_compared() {
    let run = |value: &str| Run {
        id: id("r"),
        name: "train".to_owned(),
        activity: "training".to_owned(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        properties: vec![Property::text(property::SEED, value, None)],
    };
    let plain = kit(Vec::new());
    let mut ran = plain.clone();
    ran.runs = vec![run("1")];
    let row = only(diff(&plain, &ran));
    assert_eq!(
        (row.area, row.change, row.subject.as_str()),
        (Area::Run, Change::Added, "run train")
    );
    assert_eq!(only(diff(&ran, &plain)).change, Change::Removed);
    let mut again = plain.clone();
    again.runs = vec![run("2")];
    let row = only(diff(&ran, &again));
    assert_eq!(
        (row.area, row.change, row.what.as_str()),
        (Area::Run, Change::Changed, property::SEED)
    );
    let mut signed = plain.clone();
    signed.properties.push(Property::text(name::BOM_AUTHOR, "Ada", None));
    let row = only(diff(&plain, &signed));
    assert_eq!((row.area, row.subject.as_str()), (Area::Author, "AIBOM"));
    // What else the AIBOM says of itself is about its making.
    let mut made = plain.clone();
    made.properties.push(Property::text(name::LIFECYCLE, "build", None));
    assert_eq!(diff(&plain, &made), Vec::new());
}

#[test]
fn another_package_url_of_the_same_thing_is_a_change() {
    let library = |purl: Option<&str>| {
        let mut library = Component::new(id("x"), Kind::Library, "pkg:pypi/x");
        library.purl = purl.map(str::to_owned);
        kit(vec![library])
    };
    let row = only(diff(&library(Some("pkg:pypi/x@1")), &library(Some("pkg:pypi/x@2"))));
    assert_eq!((row.change, row.what.as_str()), (Change::Changed, "purl"));
    assert_eq!((row.before[0].as_str(), row.after[0].as_str()), ("pkg:pypi/x@1", "pkg:pypi/x@2"));
    let row = only(diff(&library(None), &library(Some("pkg:pypi/x@2"))));
    assert_eq!((row.before, row.after.len()), (Vec::new(), 1));
}
