//! The keys of an overlay: what they are called, what they may hold, which property they become.
//! Reading, the JSON Schema and the documentation all come from these lists.

use sealkit_inspect::property;

use crate::name;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text.
    Text,
    /// A date, or RFC 3339.
    Date,
    /// Text, or a list of texts.
    Texts,
    /// Yes or no.
    Flag,
    /// Yes or no, or what more there is to say.
    FlagOrTexts,
    /// A number that is not negative.
    Number,
    /// A whole number that is not negative.
    Count,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// People or organisations: a name, a map, or a list of them.
    Parties,
    /// Addresses: `{kind, url}`, or a list of them.
    Links,
    /// Ethical considerations: a text, `{name, mitigation}`, or a list of them.
    Ethics,
    /// Groups that may be treated unfairly: `{group, benefits, harms, mitigation}`, or a list.
    Fairness,
    /// Energy: `{activity, kwh, co2Grams, region, hardware, source}`, or a list of them.
    Energy,
}

/// One key of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) property: &'static str,
    pub(super) shape: Shape,
    pub(super) about: &'static str,
}

const fn key(name: &'static str, property: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, property, shape, about }
}

const RISKS: Shape = Shape::Choice(&["low", "medium", "high", "serious"]);
const AUTONOMY: Shape = Shape::Choice(&["yes", "no", "unknown"]);
const LEVELS: Shape = Shape::Choice(&["public", "internal", "confidential", "restricted"]);
/// What energy can be spent on (CycloneDX, `energyConsumptions[].activity`).
pub(super) const ACTIVITIES: &[&str] = &[
    "design",
    "data-collection",
    "data-preparation",
    "training",
    "fine-tuning",
    "validation",
    "deployment",
    "inference",
    "other",
];

/// Keys of the section `kit`.
pub(super) const KIT: &[Key] = &[
    key("description", property::DESCRIPTION, Shape::Text, "What the kit is."),
    key("intendedUse", property::INTENDED_USE, Shape::Texts, "What the kit is meant for."),
    key("domain", name::APPLICATION_DOMAIN, Shape::Texts, "Fields that it is used in."),
    key("dataFlow", name::DATA_FLOW, Shape::Texts, "Which data flows from where to where."),
    key("standards", name::STANDARD, Shape::Texts, "Standards that it complies with."),
    key("securityContact", property::SECURITY_CONTACT, Shape::Texts, "Where to report a problem."),
    key("securityControls", name::SECURITY_CONTROL, Shape::Texts, "Measures that protect it."),
    key("riskAssessment", name::RISK_ASSESSMENT, Shape::Texts, "What the risk assessment found."),
    key("released", property::RELEASED, Shape::Date, "Date of publication, RFC 3339 or a date."),
    key("parties", property::PARTY, Shape::Parties, "People and organisations, with their roles."),
    key("links", property::LINK, Shape::Links, "Where more is found."),
];

/// Keys of the section `model`.
pub(super) const MODEL: &[Key] = &[
    key("description", property::DESCRIPTION, Shape::Text, "What the model is."),
    key("version", property::VERSION, Shape::Text, "Version of the model."),
    key("released", property::RELEASED, Shape::Date, "Date of publication, RFC 3339 or a date."),
    key("authors", property::PARTY, Shape::Parties, "Who made the model."),
    key("task", property::TASK, Shape::Texts, "What it does, as the hub calls it."),
    key("approach", "approach", Shape::Text, "How it learns: `supervised`, `self-supervised`."),
    key("intendedUse", property::INTENDED_USE, Shape::Texts, "What it is meant for."),
    key("outOfScope", property::OUT_OF_SCOPE_USE, Shape::Texts, "What it is not meant for."),
    key("users", property::USERS, Shape::Texts, "Who is meant to use it."),
    key("limitations", property::LIMITATION, Shape::Texts, "What it cannot do well."),
    key("bias", property::BIAS, Shape::Texts, "Known bias."),
    key("tradeOffs", "trade-off", Shape::Texts, "What it trades for its performance."),
    key("ethics", property::ETHICS, Shape::Ethics, "Ethical risks and what is done about them."),
    key("fairness", name::FAIRNESS, Shape::Fairness, "Groups that may be treated unfairly."),
    key("safetyRiskAssessment", name::SAFETY_RISK, RISKS, "How high the risk to people is."),
    key("autonomy", name::AUTONOMY, AUTONOMY, "Whether it acts without a person in between."),
    key("domain", name::APPLICATION_DOMAIN, Shape::Texts, "Fields that it is used in."),
    key("standards", name::STANDARD, Shape::Texts, "Standards that it complies with."),
    key("energy", property::ENERGY_KWH, Shape::Energy, "Energy that making or running it takes."),
    key("metricDecisionThreshold", name::METRIC_THRESHOLD, Shape::Texts, "Results it must reach."),
    key("explainability", name::EXPLAINABILITY, Shape::Texts, "How its answers are explained."),
    key("preprocessing", property::PREPROCESSING, Shape::Texts, "How its input is prepared."),
    key("trainingInformation", property::TRAINING_PROCEDURE, Shape::Texts, "How it was trained."),
    key("trainingData", property::TRAINING_DATA, Shape::Texts, "What it was trained on, in words."),
    key("evaluation", property::EVALUATION, Shape::Texts, "How it was evaluated."),
    key("oversight", name::OVERSIGHT, Shape::Texts, "How people watch over it."),
    key(
        "sensitiveData",
        property::SENSITIVE_DATA,
        Shape::FlagOrTexts,
        "Whether it was trained on personal or sensitive information, and which.",
    ),
    key("hardware", property::HARDWARE, Shape::Texts, "Hardware that training or running needs."),
    key("trainingSeconds", property::TRAINING_SECONDS, Shape::Count, "Duration of training."),
    key(
        "trainingFlops",
        property::TRAINING_FLOPS,
        Shape::Number,
        "Floating point operations of training.",
    ),
    key("links", property::LINK, Shape::Links, "Where more is found."),
];

/// Keys of one entry of the section `datasets`.
pub(super) const DATASET: &[Key] = &[
    key("description", property::DESCRIPTION, Shape::Text, "What the data is."),
    key("version", property::VERSION, Shape::Text, "Version of the data."),
    key("licence", property::LICENCE, Shape::Text, "Licence, an SPDX identifier by convention."),
    key("released", property::RELEASED, Shape::Date, "Date of publication, RFC 3339 or a date."),
    key("creators", property::PARTY, Shape::Parties, "Who made or keeps the data."),
    key("intendedUse", property::INTENDED_USE, Shape::Texts, "What the data is meant for."),
    key("modality", property::MODALITY, Shape::Texts, "`text`, `image`, `audio`, `tabular` …"),
    key("dataCollection", property::COLLECTION, Shape::Texts, "How the data was collected."),
    key("annotation", property::ANNOTATION, Shape::Texts, "How the data was annotated."),
    key("preprocessing", property::PREPROCESSING, Shape::Texts, "How the data was prepared."),
    key(
        "anonymisation",
        property::ANONYMISATION,
        Shape::Texts,
        "How people were made unrecognisable.",
    ),
    key(
        "sensitiveData",
        property::SENSITIVE_DATA,
        Shape::FlagOrTexts,
        "Whether personal or sensitive information is in it, and which.",
    ),
    key("classification", "classification", LEVELS, "How confidential it is."),
    key("bias", property::BIAS, Shape::Texts, "Known bias."),
    key("limitations", property::LIMITATION, Shape::Texts, "What it does not cover."),
    key("updates", property::UPDATES, Shape::Texts, "How often it changes."),
    key("synthetic", name::SYNTHETIC, Shape::Flag, "Whether it was generated."),
    key("rows", property::ROWS, Shape::Count, "Number of rows or samples."),
    key("links", property::LINK, Shape::Links, "Where more is found."),
];

/// Keys of the whole overlay.
pub(super) const TOP: &[&str] = &["supplier", "authors", "kit", "model", "datasets"];
