//! Any tree: signed it verifies, and every change of it is seen.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sealkit_attest::oms::{Ignores, Tree, TreeFault, TreeManifest};
use sealkit_attest::{Bundle, HintStyle, Legacy, Verifier};
use sealkit_oci::Digest;
use sealkit_report::Outcome;

use crate::common::{NOW, key, trusting};

fn names() -> impl Strategy<Value = BTreeMap<String, Digest>> {
    let part = prop_oneof!["[a-z0-9]{1,4}", "[äöü日本]{1,2}", r"[ .]?[a-c\n']{1,3}"];
    let name = proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    let digest = any::<u16>().prop_map(|seed| Digest::of(&seed.to_le_bytes()));
    proptest::collection::btree_map(name, digest, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_signed_tree_verifies_and_no_other(files in names(), seed in any::<u64>()) {
        let signer = key("tree");
        let listed = files.clone();
        let Ok(made) = TreeManifest::new("m", listed, Ignores::default()) else {
            return Ok(());
        };
        let statement = made.statement().unwrap();
        let bundle = Bundle::sign(&statement, &signer, HintStyle::ModelSigning).unwrap();
        let trust = trusting(&[&signer]);
        let result = Verifier::new(&trust, NOW).check_model(bundle.bytes());
        let signed = result.into_result().unwrap();
        let signed = signed.value();
        let good = Tree { files: files.clone(), ..Tree::default() };
        let failed = |tree: &Tree| -> Vec<String> {
            let steps = signed.compare(tree, false);
            steps.into_iter().filter(|step| step.outcome == Outcome::Fail).map(|step| step.id).collect()
        };
        prop_assert_eq!(failed(&good), Vec::<String>::new());

        let at = (seed % files.len() as u64) as usize;
        let victim = files.keys().nth(at).unwrap().clone();
        let mut changed = good.clone();
        changed.files.insert(victim.clone(), Digest::of(b"evil"));
        prop_assert_eq!(failed(&changed), ["digest-mismatch"]);
        let mut missing = good.clone();
        let digest = missing.files.remove(&victim).unwrap();
        prop_assert_eq!(failed(&missing), ["missing"]);
        missing.files.insert("renamed here".to_owned(), digest);
        prop_assert_eq!(failed(&missing), ["missing", "unsigned-file"]);
        let mut swapped = good.clone();
        let other = files.keys().nth((at + 1) % files.len()).unwrap();
        if files[&victim] != files[other] {
            swapped.files.insert(victim.clone(), files[other].clone());
            swapped.files.insert(other.clone(), files[&victim].clone());
            prop_assert_eq!(failed(&swapped), ["digest-mismatch"]);
        }
    }
}

#[test]
fn what_is_no_file_fails_and_what_is_unread_is_open() {
    let files = [("a".to_owned(), Digest::of(b"1"))];
    let made = TreeManifest::new("m", files.clone(), Ignores::default()).unwrap();
    let statement = made.statement().unwrap();
    let signed = sealkit_attest::oms::SignedTree::read(&statement, Legacy::default()).unwrap();
    let fault = |unread| TreeFault { path: "l".into(), what: "is a link".into(), unread };
    for (unread, outcome) in [(false, Outcome::Fail), (true, Outcome::Unknown)] {
        let tree =
            Tree { files: files.clone().into(), faults: vec![fault(unread)], ..Tree::default() };
        let steps = signed.compare(&tree, false);
        let step = steps.iter().find(|step| step.id == "unsafe-entry").unwrap();
        assert_eq!((step.outcome, step.subjects.as_slice()), (outcome, &["l".to_owned()][..]));
    }
    let mut more = Tree { files: files.into(), ..Tree::default() };
    more.files.insert("x".into(), Digest::of(b"x"));
    let steps = signed.compare(&more, true);
    let step = steps.iter().find(|step| step.id == "unsigned-file").unwrap();
    assert_eq!((step.outcome, step.subjects.as_slice()), (Outcome::Skip, &["x".to_owned()][..]));
}
