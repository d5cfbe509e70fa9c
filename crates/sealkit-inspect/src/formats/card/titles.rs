//! Which headings of a card say what.

use super::About;
use super::markdown::{Document, Kind};
use crate::property;

/// Most words of a heading; a longer one is a sentence.
const MAX_WORDS: usize = 9;

/// Phrases that a heading holds, and the property that the text under it has.
const HOLD: &[(&str, &[&str])] = &[
    (
        property::OUT_OF_SCOPE_USE,
        &[
            "out of scope",
            "misuse",
            "malicious use",
            "prohibited use",
            "prohibited uses",
            "unintended use",
            "unintended uses",
            "not intended",
            "use restrictions",
        ],
    ),
    (
        property::INTENDED_USE,
        &[
            "intended use",
            "intended uses",
            "intended usage",
            "intended purpose",
            "direct use",
            "downstream use",
            "primary use",
            "primary uses",
            "use case",
            "use cases",
            "recommended use",
            "recommended uses",
            "uses and limitations",
            "supported tasks",
        ],
    ),
    (property::USERS, &["intended users", "target users", "intended audience", "target audience"]),
    (
        property::LIMITATION,
        &["limitation", "limitations", "known issues", "caveats", "risks", "failure cases"],
    ),
    (property::BIAS, &["bias", "biases", "fairness"]),
    (
        property::ETHICS,
        &[
            "ethics",
            "ethical",
            "responsible ai",
            "social impact",
            "societal impact",
            "broader impact",
        ],
    ),
    (
        property::TRAINING_DATA,
        &[
            "training data",
            "training dataset",
            "training datasets",
            "training set",
            "training corpus",
            "train data",
            "pretraining data",
            "training and evaluation data",
            "training and test data",
        ],
    ),
    (
        property::TRAINING_PROCEDURE,
        &[
            "training procedure",
            "training process",
            "training details",
            "training setup",
            "training regime",
            "training method",
            "training methodology",
            "training recipe",
            "training configuration",
            "training infrastructure",
            "training hyperparameters",
            "hyperparameters",
            "hyper parameters",
            "pre training",
            "pretraining",
        ],
    ),
    (
        property::EVALUATION,
        &[
            "evaluation",
            "benchmark",
            "benchmarks",
            "test results",
            "testing data",
            "model performance",
            "and evaluation data",
        ],
    ),
    (property::CITATION, &["citation", "citing", "cite", "bibtex"]),
    (property::ENVIRONMENT, &["environmental impact", "carbon", "co2", "energy consumption"]),
    (property::ANNOTATION, &["annotation", "annotations", "annotators", "labeling", "labelling"]),
    (
        property::COLLECTION,
        &[
            "data collection",
            "collection process",
            "source data",
            "data sources",
            "curation rationale",
            "data provenance",
        ],
    ),
    (
        property::PREPROCESSING,
        &["preprocessing", "pre processing", "data cleaning", "data preparation", "data filtering"],
    ),
    (property::SENSITIVE_DATA, &["sensitive information", "sensitive data", "privacy", "pii"]),
    (
        property::DESCRIPTION,
        &[
            "model description",
            "model summary",
            "model overview",
            "dataset summary",
            "dataset description",
        ],
    ),
];

/// Headings that say it only when they say nothing else.
const ARE: &[(&str, &[&str])] = &[
    (property::INTENDED_USE, &["uses", "applications"]),
    (property::USERS, &["users"]),
    (property::LIMITATION, &["recommendations", "warnings"]),
    (property::ETHICS, &["safety"]),
    (
        property::TRAINING_PROCEDURE,
        &["training", "model training", "fine tuning", "finetuning", "speeds sizes times"],
    ),
    (property::EVALUATION, &["results", "metrics", "performance", "factors"]),
    (property::DESCRIPTION, &["description", "summary", "overview", "introduction"]),
    (property::HARDWARE, &["hardware", "training hardware", "compute infrastructure"]),
    (property::UPDATES, &["maintenance", "updates"]),
];

/// Phrases after which a heading tells how to do something, not what was done.
const HOW_TO: &[&str] =
    &["how to use", "how to train", "how to fine", "how to evaluate", "how to run"];

/// What the text under a heading says; more than one thing for `Intended uses & limitations`.
pub(super) fn properties(title: &str, about: About) -> Vec<&'static str> {
    let words = normal(title);
    if words.is_empty()
        || words.split(' ').count() > MAX_WORDS
        || HOW_TO.iter().any(|start| words.starts_with(start))
    {
        return Vec::new();
    }
    let padded = format!(" {words} ");
    let holds = |phrase: &&str| padded.contains(&format!(" {phrase} "));
    let mut found: Vec<&'static str> =
        HOLD.iter().filter(|(_, all)| all.iter().any(&holds)).map(|(p, _)| *p).collect();
    if found.contains(&property::OUT_OF_SCOPE_USE) {
        found.retain(|property| *property != property::INTENDED_USE);
    }
    // "Training data preprocessing" is about the second.
    if found.contains(&property::PREPROCESSING) {
        found.retain(|property| *property != property::TRAINING_DATA);
    }
    if found.is_empty() {
        found.extend(ARE.iter().filter(|(_, all)| all.contains(&words.as_str())).map(|(p, _)| *p));
    }
    let is_data = matches!(words.as_str(), "data" | "dataset" | "datasets");
    if found.is_empty() && is_data && about == About::Model {
        found.push(property::TRAINING_DATA);
    }
    found
}

/// Whether the headings are such as cards have, so that a text without front matter is one.
pub(super) fn are_of_a_card(body: &str) -> bool {
    const SURE: &[&str] = &[
        property::INTENDED_USE,
        property::OUT_OF_SCOPE_USE,
        property::LIMITATION,
        property::BIAS,
        property::TRAINING_DATA,
        property::TRAINING_PROCEDURE,
        property::EVALUATION,
    ];
    let mut budget = sealkit_report::Budget::new(0, 0, 1 << 20, 0);
    let Ok(document) = Document::parse(body, 1, &mut budget) else { return false };
    let titles = document.lines.iter().filter_map(|line| match &line.kind {
        Kind::Heading(level, title) if *level < super::markdown::BOLD => Some(title),
        _ => None,
    });
    let mut found: Vec<&str> = titles
        .flat_map(|title| properties(title, About::Model))
        .filter(|p| SURE.contains(p))
        .collect();
    found.sort_unstable();
    found.dedup();
    // One alone is in many a README of a program.
    found.len() >= 2
}

/// Lower case, words with one space between, marks and a number before it gone.
pub(super) fn normal(title: &str) -> String {
    let title = title.to_lowercase().replace('&', " and ").replace("[optional]", " ");
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words = words.peekable();
    while words.peek().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit())) {
        words.next();
    }
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str) -> Vec<&'static str> {
        properties(title, About::Model)
    }

    #[test]
    fn headings_of_the_templates_and_of_known_cards() {
        let cases: &[(&str, &[&str])] = &[
            ("Intended uses & limitations", &["intended-use", "limitation"]),
            ("2. Out-of-Scope Use", &["out-of-scope-use"]),
            ("Misuse, Malicious Use, and Out-of-Scope Use", &["out-of-scope-use"]),
            ("Bias, Risks, and Limitations", &["limitation", "bias"]),
            ("Training and evaluation data", &["training-data", "evaluation"]),
            ("Hyper parameters", &["training-procedure"]),
            ("Pre-training", &["training-procedure"]),
            ("How to cite", &["citation"]),
            ("BibTeX entry and citation info", &["citation"]),
            ("Personal and Sensitive Information", &["sensitive-data"]),
            ("Who are the annotators?", &["annotation"]),
            ("Data Collection and Processing", &["collection"]),
            ("🌍 Environmental Impact", &["environmental-impact"]),
            ("Uses", &["intended-use"]),
            ("Datasets", &["training-data"]),
            ("Usage", &[]),
            ("How to use this model for evaluation", &[]),
            ("Because of its size it has limitations that we do not know yet", &[]),
            ("", &[]),
        ];
        for (title, expected) in cases {
            assert_eq!(of(title), *expected, "{title}");
        }
        assert_eq!(properties("Dataset", About::Dataset), Vec::<&str>::new());
    }
}
