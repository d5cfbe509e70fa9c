//! Where the files of a run stand in a kit, and whether they are as they were.

use serde_json::json;

use super::*;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), Digest::of(text.as_bytes()))).collect()
}

fn record(outputs: &[(&str, &str)]) -> Statement {
    let subject = |(name, text): &(&str, &str)| Subject {
        name: Some((*name).to_owned()),
        ..Subject::of(&Digest::of(text.as_bytes()))
    };
    let subjects = outputs.iter().map(subject).collect();
    Statement::with_predicate(subjects, "https://example.com/x", b"{}").unwrap()
}

fn folder(name: &str, list: &[(&str, &str)], is_named: bool) -> ResourceDescriptor {
    let all = files(list);
    let lines = all.iter().map(|(path, digest)| (path.as_str(), digest)).collect();
    let digest = json!({ "dirHash1": whole(&lines) });
    let mut made = ResourceDescriptor {
        name: Some(name.to_owned()),
        digest: serde_json::from_value(digest).unwrap(),
        ..ResourceDescriptor::default()
    };
    if is_named {
        let each = all.iter().map(|(path, digest)| (path.clone(), digest.to_string().into()));
        made = made.annotated("files", each.collect::<serde_json::Map<_, _>>());
    }
    made
}

fn look(kit: &[(&str, &str)], outputs: &[(&str, &str)], by: &ResourceDescriptor) -> Vec<Found> {
    let (kit, record) = (files(kit), record(outputs));
    let places = Places::of(&kit, &record);
    used(by).iter().map(|one| places.look(one)).collect()
}

fn other(path: &str, text: &str) -> Vec<Found> {
    vec![Found::Other(path.to_owned(), Digest::of(text.as_bytes()))]
}

#[test]
fn a_file_of_a_folder_is_found_where_it_stands() {
    let out = [("project/m.bin", "weights")];
    let data = folder("project/data", &[("t.csv", "1,2")], true);
    // Sealed from the folder that the command ran in, and from one below it.
    for (at, kit) in [("project/data/t.csv", "project/m.bin"), ("data/t.csv", "m.bin")] {
        assert_eq!(look(&[(at, "1,2"), (kit, "weights")], &out, &data), [Found::Same]);
        assert_eq!(look(&[(at, "6,6"), (kit, "weights")], &out, &data), other(at, "6,6"));
    }
    assert_eq!(look(&[("m.bin", "weights")], &out, &data), [Found::Elsewhere]);
    // The name of a dataset is no path where a path is said, and `.` is the whole folder.
    let called = folder("org/reviews", &[("t.csv", "1,2")], true).annotated("path", "data");
    assert_eq!(look(&[("data/t.csv", "6,6")], &out, &called), other("data/t.csv", "6,6"));
    let all = folder(".", &[("data/t.csv", "1,2")], true);
    assert_eq!(look(&[("data/t.csv", "6,6")], &out, &all), other("data/t.csv", "6,6"));
}

#[test]
fn folders_that_look_alike_are_not_taken_for_each_other() {
    let (out, kit) = ([("v2/c.json", "{}")], [("v1/c.json", "{}"), ("v2/c.json", "{}")]);
    let data = folder("v2/data", &[("t.csv", "2")], true);
    let with = |more: &[(&'static str, &'static str)]| [&kit[..], more].concat();
    let both = with(&[("v1/data/t.csv", "1"), ("v2/data/t.csv", "2")]);
    assert_eq!(look(&both, &out, &data), [Found::Same]);
    let swapped = with(&[("v1/data/t.csv", "2"), ("v2/data/t.csv", "6")]);
    assert_eq!(look(&swapped, &out, &data), other("v2/data/t.csv", "6"));
}

#[test]
fn a_folder_whose_files_are_not_named_is_compared_whole() {
    let list = [("a", "1"), ("b/c", "2")];
    let data = folder("data", &list, false);
    let kit = [("data/a", "1"), ("data/b/c", "2"), ("data/out/m", "weights")];
    let out = [("data/out/m", "weights")];
    assert_eq!(look(&kit, &out, &data), [Found::Same], "what the run made is none of its input");
    let unclear = [Found::Unclear("data".to_owned())];
    assert_eq!(look(&kit[1..], &out, &data), unclear);
    assert_eq!(look(&[("data/a", "6"), ("data/b/c", "2")], &out, &data), unclear);
    assert_eq!(look(&[("other", "1")], &out, &data), [Found::Elsewhere]);
}

#[test]
fn packages_are_no_files_and_odd_annotations_say_nothing() {
    let package = folder("data", &[("a", "1")], true).with_role(DependencyRole::Environment);
    assert!(used(&package).is_empty());
    let odd = folder("data", &[], false).annotated("files", json!({ "a": 1, "b": "sha256:x" }));
    assert!(used(&odd).is_empty());
    let uri: ResourceDescriptor = serde_json::from_value(json!({ "uri": "https://x.y" })).unwrap();
    assert!(used(&uri).is_empty());
}

#[test]
fn where_outputs_stand_in_a_kit_follows_from_equal_ends() {
    let some = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
    assert_eq!(moved("out/m.bin", "m.bin"), some("out", ""));
    assert_eq!(moved("m.bin", "models/m.bin"), some("", "models"));
    assert_eq!(moved("out/a/m.bin", "kit/a/m.bin"), some("out", "kit"));
    assert_eq!(moved("out/m.bin", "renamed.bin"), None);
    assert_eq!(below("out/x", "out"), Some("x"));
    assert_eq!(below("output/x", "out"), None);
}
