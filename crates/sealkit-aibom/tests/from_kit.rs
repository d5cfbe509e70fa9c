//! A kit becomes an AIBOM that says all it knows and nothing more.

#![expect(clippy::unwrap_used, reason = "a test that cannot read has failed")]

mod common;

use common::{Kit, empty_kit, full_kit};
use sealkit_aibom::{
    Bom, BomCodec, Completeness, CycloneDx16, Difference, EncodeOptions, Kind, RelationKind,
    check_against,
};
use sealkit_oci::Digest;
use sealkit_report::Known;

fn encode(kit: &Kit) -> Vec<u8> {
    CycloneDx16.encode(&kit.bom(), &EncodeOptions::default()).unwrap()
}

fn one(bom: &Bom, kind: Kind) -> &sealkit_aibom::Component {
    let all: Vec<_> = bom.of_kind(kind).collect();
    assert_eq!(all.len(), 1, "{kind:?}");
    all[0]
}

#[test]
fn every_part_and_every_file_is_a_component_with_its_digest() {
    let kit = full_kit();
    let bom = kit.bom();
    assert_eq!(bom.subject_digest(), Some(&kit.manifest.digest));
    for kind in [Kind::Model, Kind::ModelPart, Kind::Dataset, Kind::Code, Kind::Docs, Kind::Prompt]
    {
        let part = one(&bom, kind);
        assert!(kit.layers.iter().any(|l| part.digests == [l.digest.clone()]), "{kind:?}");
        let tied = |r: &&sealkit_aibom::Relation| r.from == bom.subject.id && r.to == part.id;
        assert!(bom.relations.iter().any(|r| tied(&r) && r.kind == RelationKind::Contains));
    }
    let files: Vec<_> = bom.of_kind(Kind::File).collect();
    assert_eq!(files.len(), 7);
    for file in files {
        assert_eq!(file.digests.len(), 1);
        assert!(file.size.is_some() && file.path.is_some());
        let parents = bom.relations.iter().filter(|r| r.to == file.id).count();
        assert_eq!(parents, 1, "{}", file.name);
    }
}

#[test]
fn the_model_carries_what_weights_settings_and_card_say() {
    let bom = full_kit().bom();
    let model = one(&bom, Kind::Model);
    let value = |name| model.values(name).collect::<Vec<_>>();
    assert_eq!(value("parameters"), ["22713216"]);
    assert_eq!(value("architecture"), ["bert"]);
    assert_eq!(value("task"), ["sentence-similarity"]);
    let parameters = model.properties.iter().find(|p| p.name == "parameters").unwrap();
    assert_eq!(parameters.evidence.as_ref().unwrap().known, Known::Measured);
    // The Kitfile's own word stands before the card's.
    assert_eq!(model.licences.len(), 1);
    assert_eq!(model.licences[0].text, "apache-2.0");
}

#[test]
fn the_card_licence_fills_a_gap_in_the_kitfile() {
    let mut kit = full_kit();
    kit.kitfile.model.as_mut().unwrap().license.clear();
    let bom = kit.bom();
    assert_eq!(one(&bom, Kind::Model).licences[0].text, "mit");
}

#[test]
fn shards_add_up_and_two_formats_do_not() {
    let mut kit = full_kit();
    let weights = kit.facts["model.safetensors"].clone();
    kit.facts.insert("config.json".into(), weights.clone());
    let sum = |kit: &Kit| {
        let bom = kit.bom();
        one(&bom, Kind::Model).values("parameters").map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(sum(&kit), ["45426432"]);
    let mut other = weights;
    other.facts[0].value = common::text("onnx");
    kit.facts.insert("config.json".into(), other);
    assert!(sum(&kit).is_empty());
}

#[test]
fn origins_are_components_tied_to_the_model() {
    let bom = full_kit().bom();
    let base = one(&bom, Kind::BaseModel);
    assert_eq!(base.purl.as_deref(), Some("pkg:huggingface/nreimers/MiniLM-L6"));
    let model = one(&bom, Kind::Model).id.clone();
    let tied = |to: &sealkit_aibom::ComponentId, kind| {
        bom.relations.iter().any(|r| r.from == model && r.to == *to && r.kind == kind)
    };
    assert!(tied(&base.id, RelationKind::DerivedFrom));
    let data: Vec<_> = bom.of_kind(Kind::ExternalDataset).collect();
    assert_eq!(data.len(), 2);
    assert!(data.iter().all(|d| tied(&d.id, RelationKind::TrainedOn)));
    let unknown = |c: &&sealkit_aibom::Composition| c.completeness == Completeness::Unknown;
    assert_eq!(bom.compositions.iter().find(unknown).unwrap().origins, [model]);
}

#[test]
fn a_part_without_a_file_list_makes_the_kit_incomplete() {
    let mut kit = full_kit();
    let complete = |kit: &Kit| {
        let bom = kit.bom();
        let is_complete =
            |c: &&sealkit_aibom::Composition| c.completeness == Completeness::Complete;
        let found = bom.compositions.iter().find(is_complete);
        found.is_some_and(|c| c.contents.contains(&bom.subject.id))
    };
    assert!(complete(&kit));
    kit.table.layers.pop();
    assert!(!complete(&kit));
}

#[test]
fn a_file_that_was_not_inspected_is_said_to_be_incomplete() {
    let mut kit = full_kit();
    kit.facts.remove("data/a.csv");
    let bom = kit.bom();
    let file = bom.of_kind(Kind::File).find(|f| f.name == "data/a.csv").unwrap();
    let incomplete = |c: &&sealkit_aibom::Composition| c.completeness == Completeness::Incomplete;
    let found = &bom.compositions.iter().find(incomplete).unwrap().contents;
    assert_eq!(found, std::slice::from_ref(&file.id));
}

#[test]
fn layers_find_their_element_by_digest_and_else_by_order() {
    let by_digest = full_kit();
    let mut by_order = full_kit();
    let mut bare = vec![sealkit_kitfile::LayerInfo::default(); by_order.kitfile.parts().len()];
    by_order.kitfile.set_layers(std::mem::take(&mut bare)).unwrap();
    assert_eq!(by_order.bom(), by_digest.bom());
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    let kit = full_kit();
    let mut turned = kit.clone();
    turned.layers.reverse();
    turned.table.layers.reverse();
    for layer in &mut turned.table.layers {
        layer.files.reverse();
    }
    assert_eq!(encode(&turned), encode(&kit));
    assert_eq!(encode(&kit), encode(&kit));
}

#[test]
fn another_byte_gives_another_serial_number() {
    let serial = |kit: &Kit| {
        let document: serde_json::Value = serde_json::from_slice(&encode(kit)).unwrap();
        document["serialNumber"].as_str().unwrap().to_owned()
    };
    let kit = full_kit();
    let mut other = kit.clone();
    other.table.layers[0].files[1].digest = Some(Digest::of(b"other"));
    assert_ne!(serial(&kit), serial(&other));
    assert_eq!(serial(&kit).as_bytes()[9 + 14], b'5', "UUID version");
}

#[test]
fn a_kit_agrees_with_its_own_table_and_a_changed_one_is_named() {
    let kit = full_kit();
    let bom = CycloneDx16.decode(&encode(&kit)).unwrap();
    assert_eq!(check_against(&bom, &kit.table), []);

    let mut table = kit.table.clone();
    let file = &mut table.layers[0].files[1];
    let (was, is) = (file.digest.clone().unwrap(), Digest::of(b"weightz"));
    file.digest = Some(is.clone());
    let path = "model.safetensors".to_owned();
    let changed = Difference::Changed { path, stated: vec![was], actual: vec![is] };
    assert_eq!(check_against(&bom, &table), [changed]);
}

#[test]
fn missing_unlisted_resized_and_unhashed_files_are_named() {
    let kit = full_kit();
    let bom = kit.bom();
    let mut table = kit.table.clone();
    table.layers[0].files.remove(1);
    table.layers[0].files.push(common::entry("evil.py", Some(b"x")));
    table.layers[1].files[1].size += 1;
    let found: Vec<_> = check_against(&bom, &table).iter().map(ToString::to_string).collect();
    let expected = [
        "`evil.py` is there, but not listed",
        "`model.safetensors` is listed, but not there",
        "`tokenizer.json` has another size than is listed",
    ];
    assert_eq!(found, expected);

    let mut bom = kit.bom();
    for component in &mut bom.components {
        component.digests.clear();
    }
    let all = check_against(&bom, &kit.table);
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|d| matches!(d, Difference::NoDigest { .. })));
}

#[test]
fn the_same_path_in_two_layers_is_two_files() {
    let mut kit = empty_kit();
    kit.layer("model", &[("a.bin", b"1")]);
    kit.layer("model", &[("a.bin", b"2")]);
    let bom = kit.bom();
    assert_eq!(bom.of_kind(Kind::File).count(), 2);
    assert_eq!(check_against(&bom, &kit.table), []);
    kit.table.layers.pop();
    assert_eq!(check_against(&bom, &kit.table)[0].path(), "a.bin");
}

#[test]
fn a_card_that_names_countless_origins_is_cut() {
    let mut kit = full_kit();
    let names: Vec<String> = (0..50_000).map(|n| n.to_string()).collect();
    let card = kit.facts.get_mut("README.md").unwrap();
    let list = sealkit_inspect::Value::List(names);
    card.declared("README.md", "/datasets", sealkit_inspect::property::TRAINED_ON, list);
    let bom = kit.bom();
    assert_eq!(
        bom.of_kind(Kind::ExternalDataset).count() + bom.of_kind(Kind::BaseModel).count(),
        4096
    );
}

#[test]
fn a_kit_of_many_files_is_listed_whole() {
    let mut kit = empty_kit();
    let names: Vec<String> = (0..20_000).map(|n| format!("data/{n}.txt")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), n.as_bytes())).collect();
    kit.layer("dataset", &files);
    let bom = CycloneDx16.decode(&encode(&kit)).unwrap();
    assert_eq!(bom.of_kind(Kind::File).count(), 20_000);
    assert_eq!(check_against(&bom, &kit.table), []);
}
