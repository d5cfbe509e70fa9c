//! Datasets: what they hold, what they are called, which version they are.

use crate::assembling::{Project, about, called, full, only, origin, text, tie, values};
use sealkit_aibom::{Kind, RelationKind, name};
use sealkit_inspect::{FileInfo, Value, property};
use sealkit_kitfile::Value as Free;
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::Known;

fn rows(project: &mut Project, path: &str, format: &str, rows: Option<u64>) {
    project.says(path, format, |pen| match rows {
        Some(rows) => {
            pen.measured(property::ROWS, Value::Uint(rows));
        }
        None => {
            pen.about(property::ROWS, property::NOT_MEASURED, text("not read"));
        }
    });
}

fn data(files: &[(&str, &str, Option<u64>)]) -> Project {
    let mut project = Project::folder();
    let list: Vec<(&str, &str)> = files.iter().map(|(path, ..)| (*path, *path)).collect();
    project.named(LayerRole::Dataset, "d", "set", &list);
    for (path, format, count) in files {
        rows(&mut project, path, format, *count);
    }
    project
}

#[test]
fn rows_add_up_over_the_files_of_one_format_and_of_each_split() {
    let project = data(&[
        ("d/train-0.parquet", "parquet", Some(10)),
        ("d/train-1.parquet", "parquet", Some(20)),
        ("d/test.parquet", "parquet", Some(5)),
    ]);
    let bom = project.bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!(set.uint(property::ROWS), Some(35));
    assert_eq!(about(set, property::ROWS_OF_SPLIT, "train").as_deref(), Some("30"));
    assert_eq!(about(set, property::ROWS_OF_SPLIT, "test").as_deref(), Some("5"));
    assert_eq!(set.first(property::ROWS).unwrap().known(), Known::Measured);
    assert_eq!(set.uint(name::FILES), Some(3));
}

#[test]
fn the_same_data_in_two_formats_is_not_counted_twice() {
    let bom = data(&[("d/a.parquet", "parquet", Some(10)), ("d/a.csv", "csv", Some(10))]).bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!(set.uint(property::ROWS), None);
    assert_eq!(about(set, property::ROWS, "csv").as_deref(), Some("10"));
    assert_eq!(about(set, property::ROWS, "parquet").as_deref(), Some("10"));
}

#[test]
fn rows_that_were_not_counted_leave_the_sum_unknown() {
    let bom = data(&[("d/a.csv", "csv", Some(10)), ("d/b.csv", "csv", None)]).bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!(set.first(property::ROWS), None);
    let why = about(set, name::UNKNOWN, property::ROWS);
    assert_eq!(why.as_deref(), Some("the rows of 1 of 2 csv files were counted"));
    assert_eq!(about(set, property::NOT_MEASURED, property::ROWS).as_deref(), Some("not read"));
}

#[test]
fn the_version_is_the_declared_one_or_the_digest_of_the_content() {
    let mut project = data(&[("d/a.csv", "csv", Some(1)), ("d/b.csv", "csv", Some(1))]);
    let hex = |text: &str| Digest::of(text.as_bytes()).hex().to_owned();
    let tree = format!("{}  a.csv\n{}  b.csv\n", hex("d/a.csv"), hex("d/b.csv"));
    let tree = Digest::of(tree.as_bytes()).to_string();
    for project in [project.clone(), project.clone().packed()] {
        let bom = project.bom();
        let set = only(&bom, Kind::Dataset);
        let version = set.first(property::VERSION).unwrap();
        assert_eq!((version.as_text(), version.known()), (Some(&*tree), Known::Inferred));
        assert_eq!(values(set, name::DATA_VERSION), std::slice::from_ref(&tree));
    }
    let version = |project: &Project| {
        let bom = project.bom();
        let version = only(&bom, Kind::Dataset).first(property::VERSION).unwrap().clone();
        (version.value.to_string(), version.known(), version.evidence.unwrap().place)
    };
    let map = std::iter::once(("Data_Version".to_owned(), Free::Float(1.5))).collect();
    project.kitfile.datasets[0].parameters = Some(Free::Map(map));
    let place = "/datasets/0/parameters/Data_Version".to_owned();
    assert_eq!(version(&project), ("1.5".into(), Known::Declared, place));
    let bom = project.bom();
    assert_eq!(values(only(&bom, Kind::Dataset), name::DATA_VERSION), [tree]);
}

#[test]
fn a_single_file_is_its_own_version_and_a_remote_kit_has_its_layer() {
    let bom = data(&[("d/a.csv", "csv", Some(1))]).bom();
    let digest = Digest::of(b"d/a.csv").to_string();
    assert_eq!(values(only(&bom, Kind::Dataset), property::VERSION), [digest]);
    let mut project = data(&[("d/a.csv", "csv", None), ("d/b.csv", "csv", None)]).packed();
    for file in project.parts[0].files.as_mut().unwrap() {
        file.2 = None;
    }
    let bom = project.bom();
    let layer = project.parts[0].layer.as_ref().unwrap().digest.to_string();
    let version = only(&bom, Kind::Dataset).first(property::VERSION).unwrap();
    assert_eq!(version.as_text(), Some(&*layer));
    assert_eq!(version.evidence.as_ref().unwrap().place, "layer");
    project.parts[0].layer = None;
    let bom = project.bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!(set.first(property::VERSION), None);
    assert!(about(set, name::UNKNOWN, name::DATA_VERSION).is_some());
}

#[test]
fn a_tracker_beside_the_data_gives_its_digest() {
    let mut project = data(&[("d/a.csv", "csv", Some(1))]);
    project.part(LayerRole::Code, "d.dvc", &[("d.dvc", "outs")]);
    project.says("d.dvc", "dvc-file", |pen| {
        let digests = vec!["md5:00000000000000000000000000000000".to_owned()];
        let file = FileInfo { path: "d".into(), size: None, digests };
        pen.declared("/outs/0", property::FILE_REFERENCE, Value::File(file));
    });
    let bom = project.bom();
    let version = only(&bom, Kind::Dataset).first(property::VERSION).unwrap();
    assert_eq!(version.as_text(), Some("md5:00000000000000000000000000000000"));
    assert_eq!(version.known(), Known::Declared);
}

#[test]
fn cards_and_descriptions_speak_for_the_data_beside_them() {
    let mut project = full();
    project.part(LayerRole::Docs, "data/README.md", &[("data/README.md", "card")]);
    project.says("data/README.md", "dataset-card", |pen| {
        pen.declared("/license", property::LICENCE, text("cc-by-4.0"));
        pen.declared("/pretty_name", property::NAME, text("Pairs of words"));
        pen.declared("/source_datasets/0", property::SOURCE_DATASET, origin("org/raw", None));
        pen.declared("lines 3-4", property::COLLECTION, text("scraped"));
    });
    // Formats of later inspectors are not known by name: the card is not in the list of formats.
    let bom = project.bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!(set.name, "pairs");
    assert_eq!(values(set, property::NAME), ["pairs", "Pairs of words"]);
    assert_eq!(values(set, property::LICENCE), ["cc-by-4.0"]);
    assert_eq!(values(set, property::COLLECTION), ["scraped"]);
    let raw = called(&bom, Kind::ExternalDataset, "org/raw");
    assert!(tie(&bom, set, RelationKind::DerivedFrom, raw).is_some());
    assert_eq!(only(&bom, Kind::Model).first(property::COLLECTION), None);
    let card = called(&bom, Kind::File, "data/README.md");
    assert!(tie(&bom, card, RelationKind::Documents, set).is_some());
}

#[test]
fn a_folder_of_tables_in_another_part_is_a_dataset() {
    let mut project = Project::folder();
    let files = [
        ("all/in/a.parquet", "1"),
        ("all/in/deep/b.parquet", "2"),
        ("all/logs.csv", "3"),
        ("all/model.onnx", "4"),
    ];
    project.part(LayerRole::Model, "all", &files);
    for (path, _) in &files[..2] {
        rows(&mut project, path, "parquet", Some(2));
    }
    rows(&mut project, files[2].0, "csv", Some(1));
    project.says(files[3].0, "onnx", |_| {});
    let bom = project.bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!((set.name.as_str(), set.path.as_deref()), ("in", Some("all/in")));
    assert_eq!(set.uint(property::ROWS), Some(4));
    let model = only(&bom, Kind::Model);
    assert!(tie(&bom, model, RelationKind::Contains, set).is_some());
    let inside = called(&bom, Kind::File, "all/in/deep/b.parquet");
    assert!(tie(&bom, set, RelationKind::Contains, inside).is_some());
    assert_eq!(tie(&bom, model, RelationKind::TrainedOn, set), None);
}

#[test]
fn one_version_name_for_two_contents_is_a_contradiction() {
    let mut project = Project::folder();
    for folder in ["a", "b"] {
        let file = format!("{folder}/x.csv");
        project.named(LayerRole::Dataset, folder, "Words", &[(&file, folder)]);
        rows(&mut project, &file, "csv", Some(1));
    }
    let conflicts = |project: &Project| {
        let bom = project.bom();
        let of = |c: &sealkit_aibom::Component| about(c, name::CONFLICT, property::VERSION);
        bom.of_kind(Kind::Dataset).filter_map(of).collect::<Vec<_>>()
    };
    assert!(conflicts(&project).is_empty(), "content digests are no names");
    for data in &mut project.kitfile.datasets {
        let map = std::iter::once(("version".to_owned(), Free::String("v1".into()))).collect();
        data.parameters = Some(Free::Map(map));
    }
    assert_eq!(conflicts(&project), ["the version `v1` names different contents"; 2]);
    for part in &mut project.parts {
        part.files.as_mut().unwrap()[0].2 = Some(Digest::of(b"same"));
    }
    assert!(conflicts(&project).is_empty());
}

#[test]
fn the_overlay_speaks_for_a_dataset_by_name_or_path() {
    for key in ["pairs", "data", "./data/"] {
        let mut project = full();
        let mut facts = sealkit_inspect::Facts::default();
        facts.declared("aibom.yaml", "line 3", property::COLLECTION, text("by hand"));
        project.supplied.datasets.insert(key.to_owned(), facts);
        let bom = project.bom();
        let said = only(&bom, Kind::Dataset).first(property::COLLECTION).unwrap();
        assert_eq!(said.evidence.as_ref().unwrap().place, "line 3", "{key}");
    }
}

#[test]
fn a_folder_of_pictures_says_what_it_is_by_its_listing() {
    let mut project = Project::folder();
    let names: Vec<String> = (0..12)
        .map(|at| format!("pics/{}/{at}.png", if at % 3 == 0 { "cat" } else { "dog" }))
        .collect();
    let list: Vec<(&str, &str)> = names.iter().map(|path| (path.as_str(), path.as_str())).collect();
    project.named(LayerRole::Dataset, "pics", "pets", &list);
    let bom = project.bom();
    let set = only(&bom, Kind::Dataset);
    assert_eq!(set.text(property::MODALITY), Some("image"));
    assert_eq!(about(set, property::FILES_OF_TYPE, "png").as_deref(), Some("12"));
    assert!(set.of(property::MODALITY).all(|property| property.evidence.is_some()));
}

#[test]
fn a_digest_that_a_description_states_is_held_against_the_file() {
    let conflicts = |format: &str, digests: &[String]| -> Vec<String> {
        let mut project = Project::folder();
        let files = [("d/croissant.json", "{}"), ("d/a.csv", "a,b\n")];
        project.part(LayerRole::Dataset, "d", &files);
        project.says("d/croissant.json", format, |pen| {
            let file = sealkit_inspect::FileInfo {
                path: "./a.csv".into(),
                digests: digests.to_vec(),
                ..Default::default()
            };
            pen.declared("/distribution/0", property::FILE_REFERENCE, Value::File(file));
        });
        let bom = project.bom();
        let file = called(&bom, Kind::File, "d/a.csv");
        file.of(name::CONFLICT).map(|p| p.value.to_string()).collect()
    };
    let (right, wrong) = (Digest::of(b"a,b\n"), Digest::of(b"other"));
    let said = |digest: &Digest| vec![digest.to_string()];
    assert_eq!(conflicts("croissant", &said(&right)), [""; 0]);
    let expected = format!("`d/croissant.json` states `{wrong}`, and it is `{right}`");
    assert_eq!(conflicts("croissant", &said(&wrong)), [expected.as_str()]);
    // What cannot be compared contradicts nothing, nor do formats whose paths mean something else.
    assert_eq!(conflicts("croissant", &["md5:00".to_owned()]), [""; 0]);
    assert_eq!(conflicts("git-lfs-pointer", &said(&wrong)), [""; 0]);
}

/// A description of data that states `count` digests of each of `files`, none of which is right.
fn misdescribed(files: &[&str], count: usize) -> Project {
    let mut project = Project::folder();
    let mut all: Vec<(&str, &str)> = files.iter().map(|path| (*path, *path)).collect();
    all.push(("d/croissant.json", "{}"));
    project.part(LayerRole::Dataset, "d", &all);
    project.says("d/croissant.json", "croissant", |pen| {
        for path in files {
            for at in 0..count {
                let file = FileInfo {
                    path: path.trim_start_matches("d/").to_owned(),
                    digests: vec![Digest::of(at.to_string().as_bytes()).to_string()],
                    ..FileInfo::default()
                };
                pen.declared(&format!("/{at}"), property::FILE_REFERENCE, Value::File(file));
            }
        }
    });
    project
}

#[test]
fn one_file_s_contradictions_leave_room_for_those_of_others() {
    let bom = misdescribed(&["d/a.csv", "d/b.csv", "d/c.csv"], 100).bom();
    for path in ["d/a.csv", "d/b.csv", "d/c.csv"] {
        let file = called(&bom, Kind::File, path);
        assert_eq!(file.of(name::CONFLICT).count(), 64, "{path}");
        let left = about(file, name::LEFT_OUT, name::CONFLICT);
        assert_eq!(left.as_deref(), Some("36"), "{path}");
    }
}

#[test]
fn a_path_in_two_parts_is_held_against_the_file_in_each() {
    let mut project = misdescribed(&["d/a.csv"], 0);
    project.part(LayerRole::Code, "other", &[("d/a.csv", "other bytes")]);
    let stated = Digest::of(b"other bytes");
    project.says("d/croissant.json", "", |pen| {
        let file = FileInfo {
            path: "a.csv".into(),
            digests: vec![stated.to_string()],
            ..FileInfo::default()
        };
        pen.declared("/x", property::FILE_REFERENCE, Value::File(file));
    });
    let bom = project.bom();
    let files: Vec<_> = bom.of_kind(Kind::File).filter(|file| file.name == "d/a.csv").collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let is_wrong = file.digest() != Some(stated.clone());
        assert_eq!(file.of(name::CONFLICT).count(), usize::from(is_wrong), "{:?}", file.hashes);
    }
}

#[test]
fn a_part_without_a_file_has_no_content_that_another_could_have() {
    let mut project = Project::folder();
    project.named(LayerRole::Dataset, "d1.csv", "one", &[]);
    project.named(LayerRole::Dataset, "d2.csv", "two", &[]);
    project.part(LayerRole::Code, "src", &[]);
    for project in [project.clone(), project.packed()] {
        let bom = project.bom();
        for component in bom.components.iter().filter(|one| one.kind.is_inside()) {
            assert!(component.hashes.is_empty() && component.size.is_none(), "{component:#?}");
            assert!(values(component, name::DATA_VERSION).is_empty());
            assert!(values(component, property::VERSION).is_empty());
            let why = about(component, name::UNKNOWN, "hash");
            assert_eq!(why.as_deref(), Some("it holds no file"), "{component:#?}");
            let complete = sealkit_aibom::Completeness::Complete;
            let mut all = bom.compositions.iter().filter(|one| one.completeness == complete);
            assert!(!all.any(|one| one.contents.contains(&component.id)));
        }
    }
}
