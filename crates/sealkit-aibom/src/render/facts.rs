//! What pages show of an AIBOM, in their order.

use sealkit_inspect::{Value, property};
use sealkit_report::Known;

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

/// Title of the section about what could not be read or contradicts itself.
pub(super) const TROUBLES: &str = "Needs attention";
/// Title of the section that lists files.
pub(super) const FILES: &str = "Files";
/// Title of the section about completeness.
pub(super) const COMPLETENESS: &str = "What is not known";

/// Whether one row of a table says all that pages show of a component: there are many of those.
pub(super) fn is_brief(bom: &Bom, component: &Component) -> bool {
    if matches!(component.kind, Kind::Library | Kind::Container | Kind::ExternalDataset) {
        return true;
    }
    let in_row = |p: &Property| matches!(p.name.as_str(), property::LICENCE | property::VERSION);
    let mut shown = SHOWN.iter().flat_map(|(name, _)| component.of(name));
    component.kind != Kind::Model
        && shown.all(in_row)
        && component.of(property::LICENCE).count() < 2
        && ties(bom, component).is_empty()
}

/// The path of a component, where its name does not say it.
pub(super) fn elsewhere(component: &Component) -> Option<&str> {
    component.path.as_deref().filter(|path| !path.is_empty() && *path != component.name)
}

/// Name, version, licence and package URL.
pub(super) fn brief(component: &Component) -> [&str; 4] {
    let text = |name| component.text(name).unwrap_or_default();
    let purl = component.purl.as_deref().unwrap_or_default();
    [&component.name, text(property::VERSION), text(property::LICENCE), purl]
}

/// How many things there are of each kind, in words.
pub(super) fn counted(bom: &Bom) -> String {
    const KINDS: &[(Kind, &str, &str)] = &[
        (Kind::Model, "model", "models"),
        (Kind::Dataset, "dataset", "datasets"),
        (Kind::BaseModel, "base model", "base models"),
        (Kind::ExternalDataset, "dataset elsewhere", "datasets elsewhere"),
        (Kind::Library, "package", "packages"),
        (Kind::File, "file", "files"),
    ];
    let count = |(kind, one, many): &(Kind, &str, &str)| match bom.of_kind(*kind).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let all: Vec<String> = KINDS.iter().filter_map(count).collect();
    if all.is_empty() { "It lists nothing.".to_owned() } else { all.join(", ") }
}

/// How many values are known in each way, the best first.
pub(super) fn known(bom: &Bom) -> Vec<(&'static str, usize)> {
    let all = [Known::Attested, Known::Measured, Known::Declared, Known::Inferred];
    let values = || bom.all().flat_map(|c| &c.properties).filter(|p| p.evidence.is_some());
    let count = |known: Known| values().filter(|p| p.known() == known).count();
    all.into_iter().map(|known| (known.name(), count(known))).filter(|(_, n)| *n > 0).collect()
}

/// What contradicts itself and what could not be read, each with whose it is.
pub(super) fn troubles(bom: &Bom) -> Vec<String> {
    let of = |component: &Component, name: &'static str| -> Vec<String> {
        let whose = component.path.as_deref().filter(|path| !path.is_empty());
        let whose = whose.unwrap_or(&component.name);
        component.of(name).map(|p| format!("{whose}: {name}: {}", p.value)).collect()
    };
    let conflicts = bom.all().flat_map(|c| of(c, name::CONFLICT));
    let unread = bom.of_kind(Kind::File).flat_map(|c| of(c, name::UNREADABLE));
    conflicts.chain(unread).collect()
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
