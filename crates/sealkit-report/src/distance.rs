//! How much two texts differ.

/// Number of characters to insert, remove or replace, by which two texts differ (Levenshtein). Takes time for each pair of
/// characters of both: whoever compares text of strangers bounds its length.
pub fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let cost = (diagonal + usize::from(a != *b)).min(before + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, cost);
            before = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_change_is_counted() {
        for (left, right, count) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("größe", "grösse", 2),
            ("a", "a", 0),
        ] {
            assert_eq!(edit_distance(left, right), count, "{left} {right}");
        }
    }
}
