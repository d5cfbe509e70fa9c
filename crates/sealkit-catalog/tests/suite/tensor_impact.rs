//! Which kits hold a tensor of certain bytes, in which file and under which name.

use crate::common::{catalog, digest, entry, thing};
use sealkit_aibom::Kind;
use sealkit_api::{HeldTensor, Impact};
use sealkit_catalog::{
    Catalog, HashedTensor, ImpactLimits, Packed, PackedTensor, TensorPlace, Visible,
};

const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn asked(catalog: &Catalog, visible: Option<&[Visible]>) -> Impact {
    let question = format!("blake3:{HEX}").parse().unwrap();
    catalog.impact(&question, ImpactLimits::default(), visible).unwrap()
}

fn place(layer: &str) -> TensorPlace {
    TensorPlace { layer: digest(layer), offset: 512, size: 100 }
}

/// Puts the tensor into a file of a version, at one place under two names.
fn hold(catalog: &Catalog, repository: &str, version: &str, layer: &str, paths: &[&str]) {
    let files: Vec<_> = paths.iter().map(|path| (place(layer), (*path).to_owned())).collect();
    catalog.set_tensor_files(repository, &digest(version), &files).unwrap().unwrap();
    let names = vec!["embed".to_owned(), "lm_head".to_owned()];
    let one = HashedTensor { span: (8, 4), names, digest: format!("blake3:{HEX}") };
    let other = HashedTensor {
        span: (12, 4),
        names: vec!["bias".to_owned()],
        digest: "blake3:00".to_owned(),
    };
    catalog.put_tensors(repository, &place(layer), &[one, other]).unwrap();
    catalog.end_tensors(repository, &place(layer), true).unwrap();
}

fn packed(path: &str, name: &str) -> PackedTensor {
    PackedTensor {
        path: path.to_owned(),
        name: name.to_owned(),
        dtype: "F32".to_owned(),
        shape: vec![1],
        bytes: 4,
        digest: Some(format!("blake3:{HEX}")),
        layer: Some(digest("gz")),
    }
}

fn settle(catalog: &Catalog) {
    while let Some(job) = catalog.next_tensors(i64::MAX).unwrap() {
        catalog.finish_tensors(&job).unwrap();
    }
}

/// `a` holds it in two files of equal bytes, `b` in a compressed layer, `heir` comes from `a`, `other` has none.
fn four() -> Catalog {
    let base = vec![thing(Kind::BaseModel, "hub.example.com/a:v1")];
    let catalog = catalog(&[
        entry("a", "a", 1, vec![]),
        entry("b", "b", 2, vec![]),
        entry("heir", "heir", 3, base),
        entry("other", "other", 4, vec![]),
    ]);
    hold(&catalog, "a", "a", "la", &["m/x.safetensors", "m/y.safetensors"]);
    let whole =
        Packed { tensors: vec![packed("z.gguf", "output")], whole: true, ..Packed::default() };
    catalog.put_packed("b", &digest("b"), &whole).unwrap();
    settle(&catalog);
    catalog
}

#[test]
fn every_kit_and_file_that_holds_it_is_told_with_its_path() {
    let impact = asked(&four(), None);
    let names: Vec<_> =
        impact.affected.iter().map(|one| (one.repository.as_str(), one.distance)).collect();
    assert_eq!(names, [("a", 0), ("b", 0), ("heir", 1)]);
    assert_eq!((impact.waiting, impact.unread, impact.more), (0, 0, false));
    let a = &impact.affected[0];
    let held = |file: &str, name: &str| HeldTensor {
        file: file.to_owned(),
        name: name.to_owned(),
        layer: Some(digest("la")),
        offset: Some(8),
        bytes: 4,
    };
    let (x, y) = ("m/x.safetensors", "m/y.safetensors");
    let all = [held(x, "embed"), held(x, "lm_head"), held(y, "embed"), held(y, "lm_head")];
    assert_eq!(a.tensors, all);
    let path: Vec<_> = a.path.iter().map(|step| (step.to.as_str(), step.source.as_str())).collect();
    let layer = format!("layer {}", digest("la"));
    assert_eq!(
        path,
        [("file m/x.safetensors", layer.as_str()), ("tensor embed", "m/x.safetensors bytes 8-12"),]
    );
    assert!(a.certain && a.path[0].from.starts_with("a@sha256:"));
    let b = &impact.affected[1].tensors;
    assert_eq!((b.len(), b[0].offset, b[0].layer.clone()), (1, None, Some(digest("gz"))));
    assert!(impact.affected[2].tensors.is_empty(), "an heir is told by its way");
}

#[test]
fn what_lies_in_both_tables_is_one_place_and_places_are_bounded() {
    let catalog = four();
    let both = Packed {
        tensors: vec![packed("m/x.safetensors", "embed"), packed("w.gguf", "embed")],
        ..Packed::default()
    };
    catalog.put_packed("a", &digest("a"), &both).unwrap();
    let a = &asked(&catalog, None).affected[0];
    assert_eq!(a.tensors.len(), 5, "{:?}", a.tensors);
    let many = (0..150).map(|at| packed("w.gguf", &format!("t{at}"))).collect();
    let many = Packed { tensors: many, ..Packed::default() };
    catalog.put_packed("a", &digest("a"), &many).unwrap();
    let cut = asked(&catalog, None);
    assert_eq!((cut.affected[0].tensors.len(), cut.more), (100, true));
}

#[test]
fn whoever_may_not_see_a_repository_learns_nothing_of_it() {
    let catalog = four();
    catalog.put_packed("b", &digest("b"), &Packed::default()).unwrap();
    let only = [Visible::Only("b".to_owned())];
    let impact = asked(&catalog, Some(&only));
    assert!(impact.affected.is_empty());
    assert_eq!(impact.unread, 1, "what could not be read is no proof that nothing is there");
    let other = [Visible::Only("other".to_owned())];
    assert_eq!(asked(&catalog, Some(&other)).unread, 0);
}

#[test]
fn what_is_not_hashed_yet_or_not_wholly_is_said() {
    let catalog = four();
    catalog.put(&entry("new", "new", 5, vec![])).unwrap();
    assert_eq!(asked(&catalog, None).waiting, 1, "its tensors wait");
    catalog.enqueue(&[("new".to_owned(), digest("new"), 0)], 0).unwrap();
    assert_eq!(asked(&catalog, None).waiting, 1, "the same version is counted once");
    hold(&catalog, "new", "new", "ln", &["m.gguf"]);
    catalog.end_tensors("new", &place("ln"), false).unwrap();
    let found = asked(&catalog, None);
    assert!(found.affected.iter().any(|one| one.repository == "new"));
    assert_eq!(found.unread, 0, "one that holds it is told as such");
    catalog
        .set_tensor_files("other", &digest("other"), &[(place("lo"), "o.gguf".to_owned())])
        .unwrap();
    catalog.end_tensors("other", &place("lo"), false).unwrap();
    assert_eq!(asked(&catalog, None).unread, 1);
    assert_eq!(
        catalog
            .impact(&"dataset:x".parse().unwrap(), ImpactLimits::default(), None)
            .unwrap()
            .unread,
        0
    );
}

#[test]
fn it_goes_with_the_version_that_held_it() {
    let catalog = four();
    catalog.remove("a", &digest("a")).unwrap();
    catalog.remove("b", &digest("b")).unwrap();
    settle(&catalog);
    assert!(asked(&catalog, None).affected.is_empty());
}

#[test]
fn a_path_that_changed_is_told_as_it_is_now() {
    let catalog = four();
    hold(&catalog, "a", "a", "la", &["renamed.safetensors"]);
    let a = &asked(&catalog, None).affected[0];
    assert!(a.tensors.iter().all(|one| one.file == "renamed.safetensors"), "{:?}", a.tensors);
}
