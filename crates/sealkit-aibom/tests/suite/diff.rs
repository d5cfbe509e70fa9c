//! Comparison by meaning.

use sealkit_aibom::{
    Area, Bom, BomDifference, Change, Component, ComponentId, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, diff, name,
};
use sealkit_inspect::{MetricInfo, Value, property};
use sealkit_report::{Evidence, Known};

#[expect(clippy::unnecessary_wraps, reason = "as properties take it")]
fn evidence(known: Known) -> Option<Evidence> {
    Some(Evidence { known, file: "f".to_owned(), place: String::new(), digest: None })
}

fn sha(c: char) -> Hash {
    Hash::new(HashAlgorithm::Sha256, &c.to_string().repeat(64), None).unwrap()
}

/// A kit with a dataset, a library and a base model; ids depend on `salt`, as digests do.
fn bom(salt: &str) -> Bom {
    let id = |text: &str| ComponentId(format!("{text}-{salt}"));
    let mut data = Component::new(id("dataset"), Kind::Dataset, "train");
    data.path = Some("data".to_owned());
    data.hashes.push(sha('a'));
    data.properties.push(Property::text(property::VERSION, "v1", evidence(Known::Declared)));
    let mut model = Component::new(id("model"), Kind::Model, "m");
    model.path = Some("model".to_owned());
    model.properties.push(Property::text(property::LICENCE, "MIT", evidence(Known::Declared)));
    let mut library = Component::new(id("library"), Kind::Library, "numpy");
    library.purl = Some("pkg:pypi/numpy@1.0".to_owned());
    library.properties.push(Property::text(property::VERSION, "1.0", evidence(Known::Declared)));
    let mut base = Component::new(id("base"), Kind::BaseModel, "org/base");
    base.purl = Some("pkg:huggingface/org/base".to_owned());
    let mut bom = Bom::new(Component::new(id("kit"), Kind::Kit, "k"));
    bom.relations = vec![
        Relation::new(&model.id, RelationKind::DerivedFrom, &base.id).role(Some("finetune")),
        Relation::new(&model.id, RelationKind::TrainedOn, &data.id),
        Relation::new(&bom.subject.id, RelationKind::DependsOn, &library.id),
        Relation::new(&bom.subject.id, RelationKind::Contains, &model.id),
    ];
    bom.components = vec![data, model, library, base];
    bom.normalise();
    bom
}

fn of(bom: &mut Bom, kind: Kind) -> &mut Component {
    bom.components.iter_mut().find(|component| component.kind == kind).unwrap()
}

fn only(found: &[BomDifference]) -> &BomDifference {
    assert_eq!(found.len(), 1, "{found:#?}");
    &found[0]
}

#[test]
fn equal_things_with_other_ids_and_order_do_not_differ() {
    let mut other = bom("y");
    other.components.reverse();
    other.relations.reverse();
    assert_eq!(diff(&bom("x"), &other), Vec::new());
}

#[test]
fn a_new_version_of_a_library_is_one_change() {
    let (old, mut new) = (bom("x"), bom("y"));
    let library = of(&mut new, Kind::Library);
    library.purl = Some("pkg:pypi/numpy@2.0".to_owned());
    library.properties[0].value = Value::Text("2.0".to_owned());
    let found = diff(&old, &new);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|row| row.area == Area::Dependency && row.change == Change::Changed));
    let version = found.iter().find(|row| row.what == property::VERSION).unwrap();
    assert_eq!((version.before[0].as_str(), version.after[0].as_str()), ("1.0", "2.0"));
    assert_eq!(version.subject, "library pkg:pypi/numpy");
}

#[test]
fn one_version_name_with_two_contents_is_a_contradiction() {
    let (old, mut new) = (bom("x"), bom("y"));
    of(&mut new, Kind::Dataset).hashes = vec![sha('b')];
    let found = diff(&old, &new);
    assert!(found.iter().any(|row| row.what == "digest" && !row.contradiction));
    assert!(found.iter().any(|row| row.what == "version" && row.contradiction));
    // Another declared version with other content is an honest change.
    of(&mut new, Kind::Dataset).properties[0].value = Value::Text("v2".to_owned());
    assert!(diff(&old, &new).iter().all(|row| !row.contradiction));
    // A version that was inferred from the content says nothing of its own.
    let (mut old, mut new) = (bom("x"), bom("y"));
    of(&mut new, Kind::Dataset).hashes = vec![sha('b')];
    for side in [&mut old, &mut new] {
        of(side, Kind::Dataset).properties[0].evidence = evidence(Known::Inferred);
    }
    assert!(diff(&old, &new).iter().all(|row| !row.contradiction));
}

#[test]
fn an_algorithm_that_one_side_lacks_is_no_difference() {
    let (old, mut new) = (bom("x"), bom("y"));
    let more = Hash::new(HashAlgorithm::Blake3, &"c".repeat(64), None).unwrap();
    of(&mut new, Kind::Dataset).hashes.push(more);
    assert_eq!(diff(&old, &new), Vec::new());
}

#[test]
fn licences_metrics_and_lineage_have_areas_of_their_own() {
    let (old, mut new) = (bom("x"), bom("y"));
    let model = of(&mut new, Kind::Model);
    model.properties[0].value = Value::Text("Apache-2.0".to_owned());
    assert_eq!(only(&diff(&old, &new)).area, Area::Licence);
    let (old, mut new) = (bom("x"), bom("y"));
    let metric =
        MetricInfo { name: "f1".to_owned(), value: "0.9".to_owned(), ..Default::default() };
    let metric = Property::new(property::METRIC, Value::Metric(metric), evidence(Known::Declared));
    of(&mut new, Kind::Model).properties.push(metric);
    let found = diff(&old, &new);
    assert_eq!((only(&found).area, only(&found).change), (Area::Metric, Change::Added));
    assert_eq!(only(&found).after, ["f1=0.9"]);
    let (old, mut new) = (bom("x"), bom("y"));
    new.relations.retain(|tie| tie.kind != RelationKind::DerivedFrom);
    let found = diff(&old, &new);
    assert_eq!((only(&found).area, only(&found).change), (Area::Lineage, Change::Removed));
    assert_eq!(only(&found).before, ["base-model pkg:huggingface/org/base (finetune)"]);
}

#[test]
fn things_come_and_go() {
    let (old, mut new) = (bom("x"), bom("y"));
    let gone = new.components.iter().position(|c| c.kind == Kind::Library).unwrap();
    let gone = new.components.remove(gone);
    new.relations.retain(|tie| tie.to != gone.id);
    let mut file = Component::new(ComponentId("f".to_owned()), Kind::File, "a.bin");
    file.path = Some("a.bin".to_owned());
    file.hashes.push(sha('d'));
    new.components.push(file);
    let found = diff(&old, &new);
    let whole = |change| found.iter().find(|row| row.change == change && row.what.is_empty());
    assert_eq!(whole(Change::Removed).unwrap().subject, "library pkg:pypi/numpy");
    assert_eq!(whole(Change::Added).unwrap().subject, "file a.bin");
    assert_eq!(whole(Change::Added).unwrap().after, [sha('d').to_string()]);
    let back = diff(&new, &old);
    assert_eq!(back.len(), found.len());
}

#[test]
fn remarks_on_how_it_was_found_do_not_count() {
    let (old, mut new) = (bom("x"), bom("y"));
    let remark = Property::text(name::UNKNOWN, "because", None).about("digest");
    of(&mut new, Kind::Model).properties.push(remark);
    assert_eq!(diff(&old, &new), Vec::new());
}

#[test]
fn many_equal_things_are_compared_in_bounded_time() {
    let many = |salt: &str| {
        let mut bom = bom(salt);
        for at in 0..20_000 {
            let id = ComponentId(format!("{salt}{at}"));
            let mut file = Component::new(id, Kind::File, format!("f{at}"));
            file.path = Some(format!("f{at}"));
            file.hashes.push(sha('e'));
            bom.components.push(file);
        }
        bom
    };
    assert_eq!(diff(&many("x"), &many("y")), Vec::new());
}

/// What stands as the place of a digest that is of the layer.
const LAYER: &str = "layer";

/// The dataset with a digest of its content.
fn content(bom: &mut Bom, digest: char, place: &str, layer: (char, &str)) {
    let data = of(bom, Kind::Dataset);
    let at = Evidence { place: place.to_owned(), ..evidence(Known::Measured).unwrap() };
    let version = Property::text(name::DATA_VERSION, sha(digest).to_string(), Some(at));
    data.properties.push(version);
    (data.hashes, data.media_type) = (vec![sha(layer.0)], Some(layer.1.to_owned()));
}

#[test]
fn equal_data_in_other_packing_is_no_contradiction() {
    let is_any = |old: &Bom, new: &Bom| diff(old, new).iter().any(|row| row.contradiction);
    let (mut old, mut new) = (bom("x"), bom("y"));
    content(&mut old, '1', "tree of 2 files", ('a', "tar"));
    content(&mut new, '1', "tree of 2 files", ('b', "tar+gzip"));
    assert!(!is_any(&old, &new), "{:#?}", diff(&old, &new));
    // Other files in the same packing.
    let mut new = bom("y");
    content(&mut new, '2', "tree of 2 files", ('b', "tar"));
    assert!(is_any(&old, &new));
    // Where only the layers are known, they tell it if they were packed alike.
    for (media_type, wanted) in [("tar", true), ("tar+gzip", false)] {
        let (mut old, mut new) = (bom("x"), bom("y"));
        content(&mut old, 'a', LAYER, ('a', "tar"));
        content(&mut new, 'b', LAYER, ('b', media_type));
        assert_eq!(is_any(&old, &new), wanted);
    }
}

#[test]
fn a_digest_of_the_files_and_one_of_the_layer_are_not_held_against_each_other() {
    let (mut old, mut new) = (bom("x"), bom("y"));
    for (side, digest, place) in [(&mut old, '1', "tree of 2 files"), (&mut new, 'a', LAYER)] {
        content(side, digest, place, ('a', "tar"));
        let version = of(side, Kind::Dataset);
        let at = Evidence { place: place.to_owned(), ..evidence(Known::Inferred).unwrap() };
        version.properties[0] =
            Property::text(property::VERSION, sha(digest).to_string(), Some(at));
    }
    assert_eq!(diff(&old, &new), Vec::new());
}
