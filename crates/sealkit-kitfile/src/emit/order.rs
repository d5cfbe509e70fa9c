//! The order of the keys of a mapping: numbers inside names count by value, letters come after
//! what is no letter.

use std::cmp::Ordering;

use super::tree::Pairs;

/// Sorts pairs by key. The comparison is not transitive for every set of keys, and the standard
/// sort may panic on such; merging never does.
pub(super) fn sort(pairs: &mut Pairs<'_>) {
    let mut runs: Vec<Pairs<'_>> = pairs.drain(..).map(|pair| vec![pair]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len() / 2 + 1);
        let mut all = runs.into_iter();
        while let Some(first) = all.next() {
            merged.push(match all.next() {
                Some(second) => merge(first, second),
                None => first,
            });
        }
        runs = merged;
    }
    pairs.extend(runs.pop().unwrap_or_default());
}

fn merge<'a>(first: Pairs<'a>, second: Pairs<'a>) -> Pairs<'a> {
    let mut out = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
        let from_second = compare(b.0, a.0) == Ordering::Less;
        out.extend(if from_second { second.next() } else { first.next() });
    }
    out.extend(first);
    out.extend(second);
    out
}

fn compare(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (Some(&x), Some(&y)) = (a.get(same), b.get(same)) else {
        return a.len().cmp(&b.len());
    };
    let after_digit = same > 0 && a.get(same - 1).is_some_and(char::is_ascii_digit);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(&y),
        (true, false) if after_digit => return Ordering::Less,
        (true, false) => return Ordering::Greater,
        (false, true) if after_digit => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let before = a.get(..same).unwrap_or_default();
    let carries = (x == '0' || y == '0')
        && before.iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let (value_a, length_a) = number(a.get(same..).unwrap_or_default(), carries);
    let (value_b, length_b) = number(b.get(same..).unwrap_or_default(), carries);
    value_a.cmp(&value_b).then(length_a.cmp(&length_b)).then(x.cmp(&y))
}

/// The number at the start and how many digits it has. `carries` says that a digit stands before
/// it, so that leading zeros count.
fn number(text: &[char], carries: bool) -> (i64, usize) {
    let digits = text.iter().take_while(|c| c.is_ascii_digit());
    let step = |(value, length): (i64, usize), digit: &char| {
        let digit = i64::from(digit.to_digit(10).unwrap_or_default());
        (value.wrapping_mul(10).wrapping_add(digit), length + 1)
    };
    digits.fold((i64::from(carries), 0), step)
}
