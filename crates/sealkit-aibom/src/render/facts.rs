//! What pages show of an AIBOM, in their order.

use sealkit_inspect::{Value, property};

use crate::{Bom, Completeness, Component, Kind, Property, RelationKind, name};

/// One section of a page.
pub(super) struct Section<'a> {
    pub(super) title: &'static str,
    pub(super) components: Vec<&'a Component>,
}

/// The sections that have something in them, files left out.
pub(super) fn sections(bom: &Bom) -> Vec<Section<'_>> {
    const TITLES: &[(&str, &[Kind])] = &[
        ("Models", &[Kind::Model, Kind::ModelPart]),
        ("Lineage", &[Kind::BaseModel, Kind::ExternalModel]),
        ("Datasets", &[Kind::Dataset, Kind::ExternalDataset]),
        ("Code, documents and prompts", &[Kind::Code, Kind::Docs, Kind::Prompt, Kind::McpServer]),
        ("Dependencies", &[Kind::Library, Kind::Container, Kind::Device]),
        ("Other", &[Kind::Other]),
    ];
    let section = |(title, kinds): &(&'static str, &[Kind])| {
        let components: Vec<_> =
            bom.components.iter().filter(|c| kinds.contains(&c.kind)).collect();
        (!components.is_empty()).then_some(Section { title, components })
    };
    TITLES.iter().filter_map(section).collect()
}

/// The properties that pages show one by one, in this order, with a title.
const SHOWN: &[(&str, &str)] = &[
    (property::VERSION, "version"),
    (name::DATA_VERSION, "data version"),
    (property::DESCRIPTION, "description"),
    (property::LICENCE, "licence"),
    (property::AUTHOR, "author"),
    (property::PARTY, "author"),
    (name::SUPPLIER, "supplier"),
    (property::TASK, "task"),
    (property::ARCHITECTURE, "architecture"),
    (property::MODEL_CLASS, "class"),
    (property::PARAMETERS, "parameters"),
    (property::PARAMETERS_OF_TYPE, "parameters of type"),
    (property::DTYPE, "element type"),
    (property::QUANTISATION, "quantisation"),
    (property::CONTEXT_LENGTH, "context"),
    (property::FRAMEWORK, "framework"),
    (property::LANGUAGE, "language"),
    (property::HYPERPARAMETER, "hyperparameter"),
    (property::METRIC, "metric"),
    (property::ROWS, "rows"),
    (property::COLUMN_TYPE, "column"),
    (property::MODALITY, "modality"),
    (property::INTENDED_USE, "intended use"),
    (property::OUT_OF_SCOPE_USE, "out of scope"),
    (property::LIMITATION, "limitation"),
    (property::BIAS, "bias"),
    (property::ETHICS, "ethics"),
    (property::TRAINING_DATA, "training data"),
    (property::TRAINING_PROCEDURE, "training"),
    (property::CO2_GRAMS, "CO2 in grams"),
    (property::ENERGY_KWH, "energy in kWh"),
    (property::CAN_RUN_CODE, "loading can run code"),
    (property::CALLABLE, "callable"),
    (property::COMMIT, "commit"),
    (property::DIRTY, "differs from the commit"),
    (property::LINK, "link"),
    (name::CONFLICT, "conflict"),
    (name::UNREADABLE, "unreadable"),
    (name::UNKNOWN, "unknown"),
    (property::NOT_MEASURED, "not measured"),
];

/// One line about a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is said, in words.
    pub title: String,
    /// The value as text of a stranger: not escaped.
    pub value: String,
    /// How it is known, [`sealkit_report::Known::name`]; empty where nobody says.
    pub known: &'static str,
    /// File and place that say so; empty where nobody says.
    pub place: String,
}

/// The lines about a component, in the order of pages.
pub fn lines(component: &Component) -> Vec<Line> {
    let mut all = Vec::new();
    for (name, title) in SHOWN {
        for property in component.of(name) {
            let subject = &property.subject;
            let title =
                if subject.is_empty() { (*title).to_owned() } else { format!("{title} {subject}") };
            all.push(line(title, property));
        }
    }
    all
}

fn line(title: String, property: &Property) -> Line {
    let value = match &property.value {
        Value::Link(link) => format!("{}: {}", link.kind, link.url),
        other => other.to_string(),
    };
    let place = property.evidence.as_ref().map(|evidence| {
        if evidence.place.is_empty() {
            evidence.file.clone()
        } else {
            format!("{} {}", evidence.file, evidence.place)
        }
    });
    let known = property.evidence.as_ref().map_or("", |evidence| evidence.known.name());
    Line { title, value, known, place: place.unwrap_or_default() }
}

/// The ties of a component to others, in words.
pub(super) fn ties(bom: &Bom, component: &Component) -> Vec<String> {
    let shown = |kind| !matches!(kind, RelationKind::Contains);
    let all = bom.relations.iter().filter(|tie| tie.from == component.id && shown(tie.kind));
    all.filter_map(|tie| {
        let to = bom.component(&tie.to)?;
        let role = tie.role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
        Some(format!("{} {}{role}", tie.kind.name().replace('-', " "), to.name))
    })
    .collect()
}

/// What the AIBOM says of its own completeness, in words.
pub fn completeness(bom: &Bom) -> Vec<String> {
    let word = |completeness| match completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "not known to be complete",
    };
    let mut all = Vec::new();
    for composition in &bom.compositions {
        for (what, ids) in
            [("files", &composition.contents), ("origins and dependencies", &composition.origins)]
        {
            if !ids.is_empty() {
                let word = word(composition.completeness);
                all.push(format!("{what} of {} components: {word}", ids.len()));
            }
        }
    }
    all
}
