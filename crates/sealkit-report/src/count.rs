//! Numbers of things, as people say them.

use std::fmt::Display;

/// So many of a thing: "1 layer", "2 layers", "0 entries". `one` is the English word for a single one, of the kind
/// whose plural takes an `s`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    if count == N::from(1) {
        return format!("1 {one}");
    }
    match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{count} {stem}ies"),
        _ => format!("{count} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_one_and_every_other_number_is_several() {
        let said = [0_u64, 1, 2].map(|count| counted(count, "layer"));
        assert_eq!(said, ["0 layers", "1 layer", "2 layers"]);
        assert_eq!(
            (counted(1_usize, "entry"), counted(3_usize, "entry")),
            ("1 entry".into(), "3 entries".into())
        );
        assert_eq!(counted(2_u8, "key"), "2 keys");
    }
}
