//! Accelerators in the text about training: "8 NVIDIA A100 GPUs", "a TPU v3-8".

use super::markdown::{Kind, Line};
use super::prose::place;
use crate::pick::Pen;
use crate::{Value, property};

/// Accelerators by the name that people write.
const NAMES: &[&str] = &[
    "tpu", "tpus", "a100", "a100s", "a800", "h100", "h100s", "h200", "h800", "v100", "v100s",
    "p100", "t4", "l4", "l40", "l40s", "a10", "a10g", "a40", "a6000", "b200", "gb200", "gh200",
    "rtx", "mi250", "mi250x", "mi300", "mi300x", "gaudi2", "gaudi3",
];
/// Most accelerators that one card names.
const MAX_NAMES: usize = 100;
/// Words before a name that belong to it.
const BEFORE: &[&str] = &["nvidia", "google", "amd", "intel", "cloud", "tesla", "x", "×"];
/// Words after a name that belong to it.
const AFTER: &[&str] = &["gpu", "gpus", "tpu", "pod", "pcie", "sxm", "sxm4", "sxm5", "ti"];

/// Words that show that a line speaks of training, not of use.
const TRAINING: &[&str] = &["train", "tuned", "hardware", "compute"];

/// Says which accelerators the lines about training name, each once.
pub(super) fn read(pen: &mut Pen<'_>, lines: &[Line]) {
    let known = pen.facts.list(property::HARDWARE);
    let mut seen: Vec<String> = known.into_iter().map(str::to_owned).collect();
    for line in lines.iter().filter(|line| line.kind == Kind::Text) {
        let lower = line.text.to_lowercase();
        if seen.len() >= MAX_NAMES || !TRAINING.iter().any(|word| lower.contains(word)) {
            continue;
        }
        if let Some(name) = named(&line.text).filter(|name| !seen.contains(name)) {
            let place = place(line.number, line.number);
            pen.declared(&place, property::HARDWARE, Value::Text(name.clone()));
            seen.push(name);
        }
    }
}

fn named(line: &str) -> Option<String> {
    let trim = |word: &'_ str| -> String {
        word.trim_matches(|c: char| "()[]*_`\"',;:.!?|".contains(c)).to_owned()
    };
    let words: Vec<String> = line.split_whitespace().map(trim).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let at = lower
        .iter()
        .position(|word| NAMES.contains(&word.split('-').next().unwrap_or_default()))?;
    let is = |list: &[&str], at: usize| lower.get(at).is_some_and(|w| list.contains(&w.as_str()));
    let has_digit =
        |at: usize| words.get(at).is_some_and(|w| w.contains(|c: char| c.is_ascii_digit()));
    let mut start = at;
    while start > 0 && is(BEFORE, start - 1) {
        start -= 1;
    }
    let is_count = |word: &String| word.trim_end_matches(['x', '×']).parse::<u32>().is_ok();
    if start > 0 && words.get(start - 1).is_some_and(is_count) {
        start -= 1;
    }
    let mut end = at + 1;
    // `v3-8`, `80GB`, `3090`.
    while end < words.len()
        && end < at + 4
        && (is(AFTER, end) || (has_digit(end) && is_model(&lower, end)))
    {
        end += 1;
    }
    Some(words.get(start..end)?.join(" "))
}

/// A version, a size of memory or a number of a model behind a name.
fn is_model(words: &[String], at: usize) -> bool {
    words.get(at).is_some_and(|word| {
        word.starts_with('v') || word.ends_with("gb") || word.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accelerators_are_taken_with_what_belongs_to_them() {
        let cases = [
            ("We trained our model on a TPU v3-8. We train", Some("TPU v3-8")),
            ("hardware infrastructure: 7 TPUs v3-8, as well", Some("7 TPUs v3-8")),
            ("on 8 x NVIDIA A100-80GB GPUs for a week", Some("8 x NVIDIA A100-80GB GPUs")),
            ("a single RTX 3090 Ti was used", Some("RTX 3090 Ti")),
            ("we attach a note", None),
            ("", None),
        ];
        for (line, expected) in cases {
            assert_eq!(named(line).as_deref(), expected, "{line}");
        }
    }
}
