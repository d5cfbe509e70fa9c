//! The order of names, and the layers that they name.

use std::cmp::Ordering;

/// Compares names as people count: `layers.2` comes before `layers.10`. Different names are never equal.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let (one, two) = (digits(left), digits(right));
        let step = if one > 0 && two > 0 {
            let (x, y) = (left.get(..one), right.get(..two));
            let step = number(x.unwrap_or_default()).cmp(&number(y.unwrap_or_default()));
            left = left.get(one..).unwrap_or_default();
            right = right.get(two..).unwrap_or_default();
            step
        } else {
            let step = left.first().cmp(&right.first());
            if left.is_empty() || right.is_empty() {
                // `2` and `02` are the same number and not the same name.
                return step.then_with(|| a.cmp(b));
            }
            left = left.get(1..).unwrap_or_default();
            right = right.get(1..).unwrap_or_default();
            step
        };
        if step != Ordering::Equal {
            return step;
        }
    }
}

/// Number of digits at the start.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// What orders digits by the number that they write, however long.
fn number(digits: &[u8]) -> (usize, &[u8]) {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let rest = digits.get(zeros..).unwrap_or_default();
    (rest.len(), rest)
}

/// The layer that a parameter belongs to: its name up to the first number, or else without its
/// last part.
pub fn layer_of(name: &str) -> &str {
    let is_break = |c: char| c == '.' || c == '/';
    let mut start = 0;
    for (at, _) in name.match_indices(is_break) {
        let part = name.get(start..at).unwrap_or_default();
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return name.get(..at).unwrap_or(name);
        }
        start = at + 1;
    }
    name.rsplit_once(is_break).map_or(name, |(layer, _)| layer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_belong_to_layers() {
        for (name, layer) in [
            ("model.layers.12.self_attn.q_proj.weight", "model.layers.12"),
            ("model.layers.0.mlp.experts.7.w1", "model.layers.0"),
            ("blk.3.attn_q.weight", "blk.3"),
            ("lm_head.weight", "lm_head"),
            ("model.embed_tokens.weight", "model.embed_tokens"),
            ("dense/kernel:0", "dense"),
            ("0.weight", "0"),
            ("weight", "weight"),
            ("", ""),
            ("..", "."),
        ] {
            assert_eq!(layer_of(name), layer, "{name}");
        }
    }

    #[test]
    fn numbers_count() {
        let mut names = ["l.10.w", "l.2.w", "l.w", "l.02.w", "l", "l.2", "m.1"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["l", "l.2", "l.02.w", "l.2.w", "l.10.w", "l.w", "m.1"]);
    }

    proptest! {
        #[test]
        fn the_order_is_one(a in "[0-2.a]{0,6}", b in "[0-2.a]{0,6}", c in "[0-2.a]{0,6}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b) != Ordering::Greater && natural(&b, &c) != Ordering::Greater {
                prop_assert_ne!(natural(&a, &c), Ordering::Greater);
            }
        }
    }
}
