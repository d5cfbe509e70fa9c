//! Which bytes in common make a kit an heir of another.

use crate::common::{catalog, content, entry, tie};
use sealkit_aibom::{Kind, RelationKind};
use sealkit_catalog::ImpactLimits;

/// Whether a kit that has the file `name` of another one is an heir of that, and surely; `holder` has it there.
fn heir(name: &str, holder: Kind) -> Option<bool> {
    let things = vec![content(holder, "part", "layer"), content(Kind::File, name, "same")];
    let mut first = entry("first", "m-first", 1, things);
    first.ties = vec![tie(0, 1, RelationKind::Contains), tie(1, 2, RelationKind::Contains)];
    let second = entry("second", "m-second", 2, vec![content(Kind::File, name, "same")]);
    let catalog = catalog(&[first, second]);
    let asked = "kit:first".parse().unwrap();
    let impact = catalog.impact(&asked, ImpactLimits::default(), None).unwrap();
    impact.affected.iter().find(|one| one.repository == "second").map(|one| one.certain)
}

#[test]
fn weights_in_common_make_an_heir_and_what_stands_beside_them_does_not() {
    for name in ["model.safetensors", "pytorch_model.bin", "m.bin", "optimizer.pt"] {
        assert_eq!(heir(name, Kind::Model), Some(true), "{name}");
    }
    for name in ["training_args.bin", "vocab.bin", "scheduler.pt", "tokenizer.model", "a.json"] {
        assert_eq!(heir(name, Kind::Model), None, "{name}");
    }
}

#[test]
fn what_lies_among_texts_or_data_may_be_weights() {
    for holder in [Kind::Docs, Kind::Dataset] {
        assert_eq!(heir("zeros.bin", holder), Some(false), "{holder:?}");
    }
    assert_eq!(heir("zeros.bin", Kind::Code), Some(true));
}
