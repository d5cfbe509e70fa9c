//! Digests of tensors belong to the layers of a repository, for as long as a version of it has them.

use crate::common::{digest, entry};
use sealkit_api::Hashed;
use sealkit_catalog::{Catalog, HashedTensor, TensorPlace, Visible};

fn place(layer: &str) -> TensorPlace {
    TensorPlace { layer: digest(layer), offset: 512, size: 100 }
}

fn tensor(span: (u64, u64), digest: &str) -> HashedTensor {
    HashedTensor { span, names: vec!["w".to_owned(), "tied".to_owned()], digest: digest.to_owned() }
}

/// The file of a layer as a version has it.
fn file(layer: &str) -> (TensorPlace, String) {
    (place(layer), format!("m/{layer}.gguf"))
}

fn known(catalog: &Catalog, repository: &str, layer: &str) -> (Hashed, Option<String>) {
    let (hashed, digests) = catalog.tensors(repository, &place(layer), &[(8, 4)]).unwrap();
    (hashed, digests.into_iter().next().flatten())
}

fn hashed(catalog: &Catalog, repository: &str, layer: &str) {
    let one = [tensor((8, 4), "blake3:00")];
    catalog.put_tensors(repository, &place(layer), &one).unwrap();
    catalog.end_tensors(repository, &place(layer), true).unwrap();
}

#[test]
fn an_entry_asks_for_its_tensors_until_they_are_done() {
    let catalog = Catalog::in_memory().unwrap();
    catalog.put(&entry("k", "m", 1, vec![])).unwrap();
    assert_eq!(catalog.tensors_waiting(None).unwrap(), 1);
    assert_eq!(catalog.tensors_waiting(Some(&[Visible::Below("other".to_owned())])).unwrap(), 0);
    let job = catalog.next_tensors(10).unwrap().unwrap();
    assert_eq!((job.repository.as_str(), &job.digest), ("k", &digest("m")));
    catalog.postpone_tensors(&job, 20).unwrap();
    assert_eq!(catalog.next_tensors(19).unwrap(), None);
    let job = catalog.next_tensors(20).unwrap().unwrap();
    assert_eq!(job.attempts, 1);
    catalog.finish_tensors(&job).unwrap();
    assert_eq!(catalog.next_tensors(i64::MAX).unwrap(), None);
}

#[test]
fn what_is_asked_for_anew_is_not_finished_by_what_began_before() {
    let catalog = Catalog::in_memory().unwrap();
    let kit = entry("k", "m", 1, vec![]);
    catalog.put(&kit).unwrap();
    let old = catalog.next_tensors(10).unwrap().unwrap();
    catalog.put(&kit).unwrap();
    catalog.finish_tensors(&old).unwrap();
    catalog.postpone_tensors(&old, i64::MAX).unwrap();
    let new = catalog.next_tensors(10).unwrap().unwrap();
    assert_ne!(new, old);
    catalog.finish_tensors(&new).unwrap();
    assert_eq!(catalog.next_tensors(i64::MAX).unwrap(), None);
}

#[test]
fn versions_of_one_repository_share_a_layer_until_the_last_is_gone() {
    let catalog = Catalog::in_memory().unwrap();
    for (repository, version) in [("k", "one"), ("k", "two"), ("other", "three")] {
        catalog.put(&entry(repository, version, 1, vec![])).unwrap();
    }
    let set = |repository: &str, version: &str, layers: &[&str]| {
        let places: Vec<_> = layers.iter().map(|layer| file(layer)).collect();
        catalog.set_tensor_files(repository, &digest(version), &places).unwrap()
    };
    assert_eq!(set("k", "one", &["base", "a"]).unwrap().len(), 2);
    hashed(&catalog, "k", "base");
    assert_eq!(set("k", "two", &["base"]), Some(vec![]), "it is hashed once for both");
    assert_eq!(
        set("other", "three", &["base"]).unwrap().len(),
        1,
        "another repository has its own"
    );
    assert_eq!(set("k", "absent", &["base"]), None);
    assert_eq!(known(&catalog, "k", "base"), (Hashed::Whole, Some("blake3:00".to_owned())));
    assert_eq!(known(&catalog, "k", "a"), (Hashed::Waiting, None));
    assert_eq!(known(&catalog, "other", "base"), (Hashed::Waiting, None));
    catalog.remove("k", &digest("one")).unwrap();
    assert_eq!(known(&catalog, "k", "base").0, Hashed::Whole, "the second still has it");
    catalog.forget("k", &digest("two")).unwrap();
    assert_eq!(known(&catalog, "k", "base"), (Hashed::Waiting, None), "nobody has it any more");
    // What comes late, of a file that nobody has, is not kept.
    hashed(&catalog, "k", "base");
    assert_eq!(known(&catalog, "k", "base"), (Hashed::Waiting, None));
}

#[test]
fn an_entry_that_is_put_anew_keeps_its_digests_and_drops_files_it_lost() {
    let catalog = Catalog::in_memory().unwrap();
    let kit = entry("k", "m", 1, vec![]);
    catalog.put(&kit).unwrap();
    let both = [file("a"), file("b")];
    catalog.set_tensor_files("k", &digest("m"), &both).unwrap();
    hashed(&catalog, "k", "a");
    hashed(&catalog, "k", "b");
    catalog.put(&kit).unwrap();
    assert_eq!(known(&catalog, "k", "a").0, Hashed::Whole);
    catalog.set_tensor_files("k", &digest("m"), &both[..1]).unwrap();
    assert_eq!(known(&catalog, "k", "a").0, Hashed::Whole);
    assert_eq!(known(&catalog, "k", "b"), (Hashed::Waiting, None));
}

#[test]
fn a_hundred_thousand_tensors_are_kept_and_found_quickly() {
    let catalog = Catalog::in_memory().unwrap();
    catalog.put(&entry("k", "m", 1, vec![])).unwrap();
    catalog.set_tensor_files("k", &digest("m"), &[file("a")]).unwrap();
    let begun = std::time::Instant::now();
    let all: Vec<_> =
        (0..100_000).map(|at| tensor((at * 4, 4), &format!("blake3:{at:064x}"))).collect();
    catalog.put_tensors("k", &place("a"), &all).unwrap();
    let spans: Vec<_> = all.iter().map(|one| one.span).collect();
    let (_, found) = catalog.tensors("k", &place("a"), &spans).unwrap();
    assert!(found.iter().zip(&all).all(|(found, one)| found.as_ref() == Some(&one.digest)));
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}
