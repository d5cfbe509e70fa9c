//! What belongs together is found, either way round, and honestly.

use proptest::prelude::*;

use super::*;
use TensorChangeKind::{Added, Changed, Moved, Removed};

fn side(format: &str) -> TensorSide {
    TensorSide {
        name: "k".to_owned(),
        digest: None,
        count: 0,
        bytes: 0,
        formats: vec![format.to_owned()],
        unhashed: 0,
        waiting: false,
        incomplete: false,
    }
}

/// A tensor of `bytes` bytes whose digest stands for `content`; none where that is empty.
fn tensor(name: &str, path: &str, bytes: u64, content: &str) -> ComparedTensor {
    ComparedTensor {
        name: name.to_owned(),
        dtype: "U8".to_owned(),
        shape: vec![bytes],
        bytes,
        path: path.to_owned(),
        place: None,
        layer: None,
        digest: (!content.is_empty()).then(|| format!("blake3:{content}")),
    }
}

fn all() -> TensorPage {
    TensorPage { limit: usize::MAX, ..TensorPage::default() }
}

fn compared(a: &[ComparedTensor], b: &[ComparedTensor]) -> TensorComparison {
    compare_tensors((a, b), (side("safetensors"), side("safetensors")), &all())
}

#[test]
fn a_tensor_is_told_by_its_name_whatever_shard_holds_it() {
    let a = [
        tensor("l.0.w", "1-of-2", 10, "x"),
        tensor("l.1.w", "2-of-2", 20, "y"),
        tensor("old", "2-of-2", 5, "same"),
        tensor("gone", "2-of-2", 1, "g"),
    ];
    let b = [
        tensor("l.1.w", "one", 20, "z"),
        tensor("l.0.w", "one", 10, "x"),
        tensor("new", "one", 5, "same"),
        tensor("come", "one", 2, "c"),
    ];
    let found = compared(&a, &b);
    let tally =
        TensorTally { unchanged: 1, changed: 1, unknown: 0, moved: 1, added: 1, removed: 1 };
    assert_eq!(found.tally, tally);
    assert_eq!((found.equal_bytes, found.unknown_bytes, found.delta_bytes), (15, 0, 22));
    let changes: Vec<_> = found.tensors.iter().map(|one| one.change).collect();
    assert_eq!(changes, [Added, Removed, Changed, Moved], "in the order of the names");
    let layers: Vec<_> =
        found.layers.iter().map(|one| (one.name.as_str(), one.changed_bytes)).collect();
    assert_eq!(layers, [("l.1", 20), ("come", 2), ("gone", 1), ("new", 0)]);
}

#[test]
fn what_is_not_hashed_is_not_known_unless_its_place_tells() {
    let a = [tensor("w", "m", 8, ""), tensor("v", "m", 4, "")];
    let found = compared(&a, &a);
    assert_eq!((found.tally.unknown, found.unknown_bytes, found.equal_bytes), (2, 12, 0));
    let placed = |at: u64| {
        let place = Some((Digest::of(b"layer"), at));
        [ComparedTensor { place, ..a[0].clone() }]
    };
    let found = compared(&placed(3), &placed(3));
    assert_eq!((found.tally.unchanged, found.equal_bytes, found.delta_bytes), (1, 8, 0));
    assert_eq!(compared(&placed(3), &placed(4)).tally.unknown, 1);
    let larger = [tensor("w", "m", 9, "")];
    assert_eq!(compared(&placed(3), &larger).tally.changed, 1, "other sizes are other bytes");
}

#[test]
fn another_type_or_shape_is_a_change_even_of_equal_bytes() {
    let a = [tensor("w", "m", 8, "x")];
    let typed = [ComparedTensor { dtype: "I8".to_owned(), ..a[0].clone() }];
    let shaped = [ComparedTensor { shape: vec![2, 4], ..a[0].clone() }];
    for b in [typed, shaped] {
        let found = compared(&a, &b);
        assert_eq!((found.tally.changed, found.equal_bytes), (1, 8));
    }
}

#[test]
fn formats_with_names_of_their_own_are_told() {
    let a = [tensor("model.layers.0.q.weight", "m", 8, "x"), tensor("model.norm", "m", 4, "n")];
    let b = [tensor("blk.0.attn_q.weight", "g", 6, "y"), tensor("output_norm", "g", 4, "n")];
    let found = compare_tensors((&a, &b), (side("safetensors"), side("gguf")), &all());
    assert!(found.other_names);
    assert_eq!((found.tally.moved, found.tally.added, found.tally.removed), (1, 1, 1));
    assert!(!compared(&a, &b).other_names, "one format has one set of names");
    let same = compare_tensors((&a, &a), (side("safetensors"), side("gguf")), &all());
    assert!(!same.other_names, "their names are the same");
}

#[test]
fn a_conversion_to_gguf_is_told_tensor_by_tensor() {
    let of = |name: &str, dtype: &str, shape: &[u64], content: &str| ComparedTensor {
        dtype: dtype.to_owned(),
        shape: shape.to_vec(),
        ..tensor(name, "m", shape.iter().product(), content)
    };
    let a = [
        of("model.embed_tokens.weight", "BF16", &[32, 8], "e"),
        of("model.layers.0.self_attn.q_proj.weight", "F16", &[8, 4], "q"),
        of("model.layers.0.input_layernorm.weight", "F32", &[8], "n"),
        of("model.layers.0.post_attention_layernorm.weight", "F32", &[8], "n"),
        of("model.layers.0.mlp.up_proj.weight", "F16", &[8, 4], ""),
        of("model.layers.0.odd", "F16", &[8], "o"),
    ];
    let b = [
        of("token_embd.weight", "Q4_K", &[8, 32], "f"),
        of("blk.0.attn_q.weight", "F16", &[4, 8], "p"),
        of("blk.0.attn_norm.weight", "F32", &[8], "n"),
        of("blk.0.ffn_norm.weight", "F32", &[8], "n"),
        of("blk.0.ffn_up.weight", "F16", &[4, 8], ""),
        of("rope_freqs.weight", "F32", &[2], "r"),
    ];
    let sides = || (side("safetensors"), side("gguf"));
    let found = compare_tensors((&a, &b), sides(), &all());
    let tally =
        TensorTally { unchanged: 0, changed: 2, unknown: 1, moved: 2, added: 1, removed: 1 };
    assert_eq!((found.tally, found.other_names), (tally, false));
    for one in &found.tensors {
        let (Some(a), Some(b)) = (&one.a, &one.b) else { continue };
        assert_eq!(a.name.contains("input_layernorm"), b.name.contains("attn_norm"), "{one:?}");
    }
    let back = compare_tensors((&b, &a), sides(), &all());
    assert_eq!((back.tally.changed, back.tally.unknown, back.tally.moved), (2, 1, 2));
    // The dimensions are listed the other way round; another order of them is another shape.
    let turned = [of("blk.0.attn_q.weight", "F16", &[8, 4], "q")];
    assert_eq!(compare_tensors((&a, &turned), sides(), &all()).tally.changed, 1);
}

#[test]
fn of_many_with_one_name_those_with_equal_bytes_belong_together() {
    let a: Vec<_> = (0..20_000).map(|at| tensor("w", "m", 4, &format!("{at}"))).collect();
    let b: Vec<_> = a.iter().rev().skip(1).cloned().collect();
    let begun = std::time::Instant::now();
    let found = compared(&a, &b);
    assert_eq!((found.tally.unchanged, found.tally.removed), (19_999, 1));
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn pages_are_cut_out_of_what_is_asked_for() {
    let a: Vec<_> = (0..12).map(|at| tensor(&format!("l.{at}.w"), "m", 4, "x")).collect();
    let mut b = a.clone();
    for one in &mut b[2..] {
        one.digest = Some("blake3:other".to_owned());
    }
    let page = |page: &TensorPage| {
        compare_tensors((&a, &b), (side("safetensors"), side("safetensors")), page)
    };
    let names = |found: &TensorComparison| -> Vec<String> {
        found.tensors.iter().filter_map(|one| one.a.as_ref()).map(|one| one.name.clone()).collect()
    };
    let first = page(&TensorPage { limit: 3, ..TensorPage::default() });
    assert_eq!(
        (names(&first), first.next),
        (["l.2.w", "l.3.w", "l.4.w"].map(String::from).to_vec(), Some(3))
    );
    let last = page(&TensorPage { limit: 3, from: 9, ..TensorPage::default() });
    assert_eq!((names(&last), last.next, last.matching), (vec!["l.11.w".to_owned()], None, 10));
    let change = Some(TensorChangeKind::Unchanged);
    assert_eq!(page(&TensorPage { change, limit: 9, ..TensorPage::default() }).matching, 2);
    let layer = Some("l.3".to_owned());
    assert_eq!(page(&TensorPage { layer, limit: 9, ..TensorPage::default() }).matching, 1);
    assert!(
        names(&page(&TensorPage { from: usize::MAX, limit: 9, ..TensorPage::default() }))
            .is_empty()
    );
}

fn tensors() -> impl Strategy<Value = Vec<ComparedTensor>> {
    let one = ("[abc]", "[pq]", 0_u64..3, "[xyz]?", 0_u64..3).prop_map(
        |(name, path, bytes, content, at)| {
            let place = (at > 0).then(|| (Digest::of(b"layer"), at));
            ComparedTensor { place, ..tensor(&name, &path, bytes, &content) }
        },
    );
    proptest::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(mut a in tensors()) {
        for (at, one) in a.iter_mut().enumerate() {
            one.digest.get_or_insert_with(|| format!("blake3:{at}"));
        }
        let found = compared(&a, &a);
        prop_assert_eq!(found.tally, TensorTally { unchanged: a.len() as u64, ..TensorTally::default() });
        prop_assert_eq!((found.equal_bytes, found.unknown_bytes, found.delta_bytes), (found.b.bytes, 0, 0));
        prop_assert!(found.tensors.is_empty() && found.layers.is_empty());
    }

    #[test]
    fn swapped_sides_mirror_each_other(a in tensors(), b in tensors()) {
        let (there, back) = (compared(&a, &b), compared(&b, &a));
        let mirrored = TensorTally { added: back.tally.removed, removed: back.tally.added, ..back.tally };
        prop_assert_eq!(there.tally, mirrored);
        let turned = |change| match change {
            TensorChangeKind::Added => TensorChangeKind::Removed,
            TensorChangeKind::Removed => TensorChangeKind::Added,
            other => other,
        };
        let mut back: Vec<_> = back.tensors.into_iter().map(|one| TensorChange {
            change: turned(one.change), a: one.b, b: one.a,
        }).collect();
        let mut there = there.tensors;
        let key = |one: &TensorChange| format!("{one:?}");
        back.sort_by_key(key);
        there.sort_by_key(key);
        prop_assert_eq!(there, back);
    }

    #[test]
    fn every_tensor_is_told_once(a in tensors(), b in tensors()) {
        let pairs = pairs(&a, &b);
        let mut left: Vec<usize> = pairs.iter().filter_map(|pair| pair.a).collect();
        let mut right: Vec<usize> = pairs.iter().filter_map(|pair| pair.b).collect();
        left.sort_unstable();
        right.sort_unstable();
        prop_assert_eq!(left, (0..a.len()).collect::<Vec<_>>());
        prop_assert_eq!(right, (0..b.len()).collect::<Vec<_>>());
    }
}
