//! Numbers in sentences about training: "a batch size of 1024", "2e-5 learning rate".

use crate::Value;
use crate::pick::{grouped, number};

/// A setting, the words that name it, and whether its number may stand after them.
struct Rule {
    name: &'static str,
    words: &'static [&'static str],
    after: bool,
}

const fn rule(name: &'static str, words: &'static [&'static str]) -> Rule {
    Rule { name, words, after: true }
}

const fn before(name: &'static str, words: &'static [&'static str]) -> Rule {
    Rule { name, words, after: false }
}

static RULES: &[Rule] = &[
    rule("batch_size", &["batch", "size"]),
    rule("batch_size", &["batch-size"]),
    rule("learning_rate", &["learning", "rate"]),
    rule("learning_rate", &["learning-rate"]),
    rule("warmup_steps", &["warm", "up"]),
    rule("warmup_steps", &["warmup"]),
    rule("warmup_steps", &["warm-up"]),
    rule("max_seq_length", &["sequence", "length"]),
    rule("max_seq_length", &["max", "length"]),
    rule("weight_decay", &["weight", "decay"]),
    rule("gradient_accumulation_steps", &["gradient", "accumulation"]),
    rule("num_train_epochs", &["epochs"]),
    rule("seed", &["seed"]),
    before("max_steps", &["steps"]),
];
/// Words that may stand between a name and its number.
const FILLERS: &[&str] = &[
    "of", "is", "was", "to", "at", "=", ":", "a", "an", "the", "limited", "set", "about", "steps",
    "step", "equal", "rate",
];
const MAX_FILLERS: usize = 5;
/// Near these a number of steps is not that of the training.
const OTHER_STEPS: &[&str] = &["warm", "warmup", "warm-up", "every", "each", "accumulation"];
const OPTIMISERS: &[&str] =
    &["adam", "adamw", "sgd", "adafactor", "lamb", "lion", "rmsprop", "adagrad", "muon"];

/// The settings that a line of prose names, each at most once.
pub(super) fn settings(line: &str) -> Vec<(&'static str, Value)> {
    let shown: Vec<&str> = line.split_whitespace().map(trimmed).collect();
    let lower: Vec<String> = shown.iter().map(|word| word.to_lowercase()).collect();
    let words: Vec<&str> = lower.iter().map(String::as_str).collect();
    let mut found: Vec<(&'static str, Value)> = Vec::new();
    for rule in RULES {
        let Some(value) = words
            .windows(rule.words.len())
            .enumerate()
            .filter(|(_, window)| *window == rule.words)
            .find_map(|(at, _)| value_of(&words, rule, at))
        else {
            continue;
        };
        // A share is no number of steps.
        let name = match (&value, rule.name) {
            (Value::Float(_), "warmup_steps") => "warmup_ratio",
            (_, name) => name,
        };
        if !found.iter().any(|(known, _)| *known == name) {
            found.push((name, value));
        }
    }
    if let Some(name) = optimiser(&words).and_then(|at| shown.get(at)) {
        found.push(("optimizer", Value::Text((*name).to_owned())));
    }
    found
}

fn value_of(words: &[&str], rule: &Rule, at: usize) -> Option<Value> {
    let after = at + rule.words.len();
    let later = rule.after.then(|| {
        let mut rest = words.iter().skip(after).take(MAX_FILLERS + 1);
        rest.find(|word| !FILLERS.contains(word)).and_then(|word| amount(word))
    });
    let earlier = || {
        let value = amount(words.get(at.checked_sub(1)?)?)?;
        let near = words.get(at.saturating_sub(5)..at).unwrap_or_default();
        let is_other = rule.name == "max_steps" && near.iter().any(|w| OTHER_STEPS.contains(w));
        (!is_other).then_some(value)
    };
    later.flatten().or_else(earlier)
}

/// `1024`, `1,024`, `100k`, `2e-5`.
fn amount(word: &str) -> Option<Value> {
    if let Some(whole) = grouped(word) {
        return Some(Value::Uint(whole));
    }
    let scaled = [("k", 1_000), ("m", 1_000_000)]
        .iter()
        .find_map(|(unit, factor)| grouped(word.strip_suffix(unit)?)?.checked_mul(*factor));
    scaled.map(Value::Uint).or_else(|| number(word))
}

fn optimiser(words: &[&str]) -> Option<usize> {
    let is_word = |word: Option<&&str>| word.is_some_and(|w| w.starts_with("optimi"));
    words.iter().enumerate().find_map(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let named = OPTIMISERS.contains(word) && (is_word(words.get(at + 1)) || is_word(before));
        named.then_some(at)
    })
}

/// A word without what punctuation and Markdown put around it.
fn trimmed(word: &str) -> &str {
    if matches!(word, "=" | ":") {
        return word;
    }
    word.trim_matches(|c: char| "()[]{}<>*_`\"',;:.!?|".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Vec<String> {
        settings(line).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn sentences_of_real_cards() {
        let cases: &[(&str, &[&str])] = &[
            (
                "We train the model during 100k steps using a batch size of 1024 (128 per TPU core).",
                &["batch_size=1024", "max_steps=100000"],
            ),
            (
                "We use a learning rate warm up of 500. The sequence length was limited to 128 tokens. We used the AdamW optimizer with",
                &["warmup_steps=500", "max_seq_length=128", "optimizer=AdamW"],
            ),
            ("a 2e-5 learning rate. The full script is here.", &["learning_rate=0.00002"]),
            (
                "The learning rate is 1e-4 and the weight decay 0.01.",
                &["learning_rate=0.0001", "weight_decay=0.01"],
            ),
            (
                "trained for 3 epochs with 1,000 warmup steps",
                &["warmup_steps=1000", "num_train_epochs=3"],
            ),
            (
                "for one million steps (batch size 256), the optimizer used is Adam",
                &["batch_size=256"],
            ),
            ("a warmup of 0.1 and evaluation every 500 steps", &["warmup_ratio=0.1"]),
            (
                "gradient accumulation of 4 steps, seed 42",
                &["gradient_accumulation_steps=4", "seed=42"],
            ),
            ("a large batch size and a small learning rate", &[]),
            ("batch size", &[]),
            ("", &[]),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line), *expected, "{line}");
        }
    }
}
