//! What every AIBOM says, whatever is in the kit.

use crate::assembling::{Project, full, known, only, text, tie, values};
use sealkit_aibom::{Bom, Completeness, ComponentId, Kind, Property, RelationKind, name};
use sealkit_inspect::{Facts, PartyInfo, Value, property};
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::Known;

fn complete(bom: &Bom, how: Completeness) -> (Vec<&ComponentId>, Vec<&ComponentId>) {
    let of = bom.compositions.iter().filter(|c| c.completeness == how);
    let (mut contents, mut origins) = (Vec::new(), Vec::new());
    for composition in of {
        contents.extend(&composition.contents);
        origins.extend(&composition.origins);
    }
    (contents, origins)
}

#[test]
fn every_value_and_every_tie_says_how_it_is_known() {
    let mut project = full();
    project.attested = vec![crate::assembling::statement(&[(property::SEED, Value::Uint(7))])];
    project.supplied.supplier = Some(PartyInfo { name: "S".into(), ..PartyInfo::default() });
    project.supplied.authors = vec![PartyInfo { name: "B".into(), ..PartyInfo::default() }];
    for bom in [project.bom(), project.clone().packed().bom(), Project::folder().bom()] {
        let without = |p: &Property| p.evidence.is_none();
        for component in bom.all() {
            let bare: Vec<_> = component.properties.iter().filter(|p| without(p)).collect();
            assert!(bare.is_empty(), "{}: {bare:?}", component.name);
        }
        assert!(!bom.properties.iter().any(without));
        assert!(!bom.runs.iter().flat_map(|run| &run.properties).any(without));
        let bare: Vec<_> = bom.relations.iter().filter(|r| r.evidence.is_none()).collect();
        assert!(bare.is_empty(), "{bare:?}");
    }
}

#[test]
fn ties_and_compositions_lead_to_what_is_listed() {
    for bom in [full().bom(), full().packed().bom()] {
        let ids: std::collections::BTreeSet<_> = bom.all().map(|c| &c.id).collect();
        assert_eq!(ids.len(), bom.components.len() + 1, "a name stands twice");
        for tie in &bom.relations {
            assert!(ids.contains(&tie.from) && ids.contains(&tie.to), "{tie:?}");
        }
        for composition in &bom.compositions {
            let all = composition.contents.iter().chain(&composition.origins);
            assert!(all.into_iter().all(|id| ids.contains(id)));
        }
        for run in &bom.runs {
            assert!(run.inputs.iter().chain(&run.outputs).all(|id| ids.contains(id)));
        }
    }
}

#[test]
fn every_part_and_every_file_has_its_digest_and_one_holder() {
    let project = full().packed();
    let bom = project.bom();
    for kind in [Kind::Model, Kind::Dataset, Kind::Code, Kind::Docs] {
        let part = only(&bom, kind);
        let layers = project.parts.iter().filter_map(|p| p.layer.as_ref());
        let layers: Vec<Digest> = layers.map(|layer| layer.digest.clone()).collect();
        assert!(layers.contains(&part.digest().unwrap()), "{kind:?}");
        assert!(tie(&bom, &bom.subject, RelationKind::Contains, part).is_some());
    }
    let files: Vec<_> = bom.of_kind(Kind::File).collect();
    assert_eq!(files.len(), 7);
    for file in files {
        assert!(file.sha256().is_some() && file.size.is_some());
        let contains = |r: &&sealkit_aibom::Relation| r.kind == RelationKind::Contains;
        let holders = bom.relations.iter().filter(contains).filter(|r| r.to == file.id).count();
        assert_eq!(holders, 1, "{}", file.name);
    }
    assert_eq!(bom.components[0].kind, Kind::Model);
}

#[test]
fn a_folder_has_the_digest_that_other_tools_give_its_tree() {
    let bom = full().bom();
    let mut lines: Vec<(String, String)> = Vec::new();
    for part in &full().parts {
        for (path, _, digest) in part.files.as_ref().unwrap() {
            lines.push((path.clone(), digest.as_ref().unwrap().hex().to_owned()));
        }
    }
    lines.sort();
    let lines: Vec<String> = lines.iter().map(|(path, hex)| format!("{hex}  {path}\n")).collect();
    let listing = lines.concat();
    assert_eq!(bom.subject.sha256(), Some(Digest::of(listing.as_bytes())));
    assert_eq!(bom.subject.name, "mini lm");
    assert_eq!(values(&bom.subject, property::AUTHOR), ["A. Writer"]);
    assert_eq!(values(&bom.subject, property::VERSION), ["1.2.0"]);
    let phase = bom.properties.iter().find(|p| p.name == name::LIFECYCLE).unwrap();
    assert_eq!(phase.as_text(), Some(name::PRE_BUILD));
    // The model part lies in `model`, so that paths in its tree start below it.
    let hex = |text: &str| Digest::of(text.as_bytes()).hex().to_owned();
    let tree = format!(
        "{}  README.md\n{}  config.json\n{}  model.safetensors\n",
        hex("---\n---"),
        hex("{}"),
        hex("weights"),
    );
    assert_eq!(only(&bom, Kind::Model).sha256(), Some(Digest::of(tree.as_bytes())));
}

#[test]
fn a_file_that_nobody_hashed_leaves_the_tree_without_a_digest() {
    let mut project = full();
    project.parts[0].files.as_mut().unwrap()[0].2 = None;
    let bom = project.bom();
    assert!(bom.subject.hashes.is_empty());
    let unknown = bom.subject.of(name::UNKNOWN).next().unwrap();
    assert_eq!(unknown.subject, "hash");
    let file = crate::assembling::called(&bom, Kind::File, "model/model.safetensors");
    assert_eq!(file.of(name::UNKNOWN).next().unwrap().subject, "hash");
}

#[test]
fn a_kit_says_its_manifest_and_its_package_url() {
    let mut project = full().packed();
    project.repository = Some("registry.example:5000/Team/Mini-LM".into());
    let bom = project.bom();
    let digest = project.manifest.as_ref().unwrap().digest.clone();
    assert_eq!(bom.subject_digest(), Some(digest.clone()));
    let purl = bom.subject.purl.as_deref().unwrap();
    assert!(purl.starts_with("pkg:oci/mini-lm@sha256:"), "{purl}");
    let phase = bom.properties.iter().find(|p| p.name == name::LIFECYCLE).unwrap();
    assert_eq!(phase.as_text(), Some(name::POST_BUILD));
}

#[test]
fn who_answers_for_it_comes_from_the_flags_and_else_from_the_kitfile() {
    let author = |project: &Project| {
        let bom = project.bom();
        let found = bom.properties.iter().find(|p| p.name == name::BOM_AUTHOR).cloned();
        found.map(|p| (p.value.to_string(), p.evidence.unwrap().file))
    };
    let mut project = full();
    assert_eq!(author(&project), Some(("A. Writer".into(), "Kitfile".into())));
    project.supplied.authors = vec![PartyInfo { name: "B".into(), ..PartyInfo::default() }];
    assert_eq!(author(&project), Some(("B".into(), String::new())));
    assert_eq!(author(&Project::folder()), None);
}

#[test]
fn the_order_of_the_input_does_not_matter() {
    for project in [full(), full().packed()] {
        let mut turned = project.clone();
        turned.parts.reverse();
        for part in &mut turned.parts {
            part.files.as_mut().unwrap().reverse();
        }
        assert!(turned.bom() == project.bom());
    }
}

#[test]
fn another_byte_gives_other_names() {
    let mut project = full();
    let was = project.bom();
    project.parts[0].files.as_mut().unwrap()[0].2 = Some(Digest::of(b"other"));
    let is = project.bom();
    assert_ne!(was.subject.id, is.subject.id);
    assert_ne!(only(&was, Kind::Model).id, only(&is, Kind::Model).id);
    assert_eq!(only(&was, Kind::Dataset).id, only(&is, Kind::Dataset).id);
}

#[test]
fn what_is_not_listed_or_not_read_is_said_to_be_incomplete() {
    let bom = full().bom();
    let (contents, _) = complete(&bom, Completeness::Complete);
    assert!(contents.contains(&&bom.subject.id));
    assert!(complete(&bom, Completeness::Incomplete).0.is_empty());

    let mut project = full();
    project.parts[1].files = None;
    let bom = project.bom();
    let (contents, _) = complete(&bom, Completeness::Incomplete);
    assert!(contents.contains(&&bom.subject.id));
    assert!(contents.contains(&&only(&bom, Kind::Dataset).id));

    let mut project = full();
    project.facts.remove("data/train.csv");
    let broken = project.facts.get_mut("model/config.json").unwrap();
    broken.incomplete = true;
    broken.find(
        "not-inspected",
        sealkit_report::Severity::Medium,
        ("model/config.json", "line 3"),
        "no JSON",
    );
    let bom = project.bom();
    let data = crate::assembling::called(&bom, Kind::File, "data/train.csv");
    let config = crate::assembling::called(&bom, Kind::File, "model/config.json");
    let (contents, _) = complete(&bom, Completeness::Incomplete);
    assert_eq!(contents.len(), 2);
    assert!(contents.contains(&&data.id) && contents.contains(&&config.id));
    assert_eq!(data.of(name::UNKNOWN).next().unwrap().subject, "content");
    let unreadable = config.first(name::UNREADABLE).unwrap();
    assert_eq!(unreadable.as_text(), Some("no JSON"));
    assert_eq!(unreadable.evidence.as_ref().unwrap().place, "line 3");
}

#[test]
fn origins_are_never_called_complete_unless_a_statement_says_them() {
    let mut project = full();
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert!(complete(&bom, Completeness::Unknown).1.contains(&&model.id));
    let trained = crate::assembling::origin("s2orc", Some("train"));
    project.attested = vec![crate::assembling::statement(&[(property::TRAINED_ON, trained)])];
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert!(complete(&bom, Completeness::Complete).1.contains(&&model.id));
    assert!(!complete(&bom, Completeness::Unknown).1.contains(&&model.id));
    let data = crate::assembling::called(&bom, Kind::ExternalDataset, "s2orc");
    assert_eq!(known(tie(&bom, model, RelationKind::TrainedOn, data)), Some(Known::Attested));
}

#[test]
fn big_facts_are_cut_and_counted() {
    let mut project = full();
    project.says("model/config.json", "", |pen| {
        for n in 0..300 {
            pen.about(&n.to_string(), property::METADATA, Value::Uint(n));
        }
        pen.declared("/x", property::TAG, text(&"x".repeat(5000)));
        pen.about("t", property::TENSOR, text("tensor"));
    });
    let bom = project.bom();
    let file = crate::assembling::called(&bom, Kind::File, "model/config.json");
    assert_eq!(file.of(property::METADATA).count(), 64);
    let left = |name| crate::assembling::about(file, name::LEFT_OUT, name);
    assert_eq!(left(property::METADATA).as_deref(), Some("236"));
    assert_eq!(left(property::TAG).as_deref(), Some("1"));
    assert_eq!(left(property::TENSOR).as_deref(), Some("1"));
    assert_eq!(file.of(property::TENSOR).count(), 0);
}

#[test]
fn tens_of_thousands_of_files_are_listed_whole() {
    let mut project = full();
    let paths: Vec<String> = (0..30_000).map(|n| format!("many/{}/{n}.txt", n % 97)).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "x")).collect();
    project.part(LayerRole::Dataset, "many", &files);
    for path in &paths {
        let mut facts = Facts::default();
        facts.measured(path, "", property::FORMAT, text("text"));
        project.facts.insert(path.clone(), facts);
    }
    let bom = project.bom();
    assert_eq!(bom.of_kind(Kind::File).count(), 30_007);
    let data = bom.of_kind(Kind::Dataset).find(|c| c.path.as_deref() == Some("many")).unwrap();
    assert_eq!(values(data, name::FILES), ["30000"]);
}

#[test]
fn a_statement_that_is_attached_twice_tells_of_one_run() {
    let mut project = full();
    let said = crate::assembling::statement(&[(property::SEED, Value::Uint(7))]);
    project.attested = vec![said.clone(), said];
    let bom = project.bom();
    assert_eq!(bom.runs.len(), 1, "{:?}", bom.runs);
    assert_eq!(bom.runs[0].properties.len(), 1);
    for codec in sealkit_aibom::CODECS {
        codec.encode(&bom, &sealkit_aibom::EncodeOptions::default()).unwrap();
    }
}
