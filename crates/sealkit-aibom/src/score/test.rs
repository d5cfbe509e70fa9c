//! What says an element: a property, or a test that is built in.

use sealkit_inspect::{Value, property};

use super::ScoreContext;
use crate::{Bom, Completeness, Component, Kind, Property, RelationKind, name};

/// What somebody says who does not know.
const NO_ANSWER: &[&str] = &["noassertion", "unknown", "n/a", "none given"];

/// What says an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test<'t> {
    /// A property of this name.
    Property(&'t str),
    /// Something that the document says of itself.
    Bom(OfBom),
    /// Something that is no property of the component.
    Component(OfComponent),
    /// A tie of this kind that starts at the component; for the document any.
    Relation(RelationKind),
    /// A tie of this kind that ends at the component.
    Related(RelationKind),
    /// An address of this kind.
    Link(&'t str),
    /// The document lists a component of this kind.
    Has(Kind),
    /// Something that readers ask for, and no document can have.
    Never,
}

/// Something that the document says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfBom {
    Author,
    Timestamp,
    Tool,
    ToolVersion,
    Format,
    Version,
    Signature,
    Compositions,
    Components,
    Vulnerabilities,
}

/// Something that is no property of the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfComponent {
    Name,
    Hash,
    Purl,
    Identifier,
    Version,
    Producer,
    Run,
    Tie,
}

/// What a document says to a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// Nothing.
    Silent,
    /// That it is not known.
    Unknown,
    /// What was asked.
    Said,
}

impl<'t> Test<'t> {
    /// The test of this name; none where there is no such test. A name without a point is that of a
    /// property.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let Some((of, what)) = text.split_once('.') else {
            return Some(match text {
                "never" => Self::Never,
                "" => return None,
                name => Self::Property(name),
            });
        };
        Some(match of {
            "bom" => Self::Bom(match what {
                "author" => OfBom::Author,
                "timestamp" => OfBom::Timestamp,
                "tool" => OfBom::Tool,
                "tool-version" => OfBom::ToolVersion,
                "format" => OfBom::Format,
                "version" => OfBom::Version,
                "signature" => OfBom::Signature,
                "compositions" => OfBom::Compositions,
                "components" => OfBom::Components,
                "vulnerabilities" => OfBom::Vulnerabilities,
                _ => return None,
            }),
            "component" => Self::Component(match what {
                "name" => OfComponent::Name,
                "hash" => OfComponent::Hash,
                "purl" => OfComponent::Purl,
                "identifier" => OfComponent::Identifier,
                "version" => OfComponent::Version,
                "producer" => OfComponent::Producer,
                "run" => OfComponent::Run,
                "tie" => OfComponent::Tie,
                _ => return None,
            }),
            "relation" => Self::Relation(RelationKind::from_name(what)?),
            "related" => Self::Related(RelationKind::from_name(what)?),
            "has" => Self::Has(Kind::from_name(what)?),
            "link" if !what.is_empty() => Self::Link(what),
            _ => return None,
        })
    }

    /// What the document says; of a component where there is one, else of itself.
    pub(super) fn ask(
        self,
        bom: &Bom,
        component: Option<&Component>,
        context: &ScoreContext<'_>,
    ) -> Answer {
        match self {
            Self::Never => Answer::Silent,
            Self::Bom(what) => of_bom(what, bom, context),
            Self::Has(kind) => said(bom.of_kind(kind).next().is_some()),
            Self::Link(kind) => link(component.map_or(&bom.properties, |c| &c.properties), kind),
            Self::Property(name) => match component {
                Some(component) => of_property(component, name),
                None => best(bom.properties.iter().filter(|p| p.name == name)),
            },
            Self::Component(what) => {
                component.map_or(Answer::Silent, |component| of_component(what, bom, component))
            }
            Self::Relation(kind) => tie(bom, component, |tie| (tie.kind == kind, &tie.from)),
            Self::Related(kind) => tie(bom, component, |tie| (tie.kind == kind, &tie.to)),
        }
    }
}

fn said(yes: bool) -> Answer {
    if yes { Answer::Said } else { Answer::Silent }
}

fn of_bom(what: OfBom, bom: &Bom, context: &ScoreContext<'_>) -> Answer {
    let of = |name: &str| best(bom.properties.iter().filter(|p| p.name == name));
    let tool = context.options.and_then(|options| options.tool.as_ref());
    let read = bom.properties.iter().find(|property| property.name == "tool");
    let version = |property: &Property| match &property.value {
        Value::Package(package) => package.version.is_some(),
        other => !other.to_string().is_empty(),
    };
    match what {
        OfBom::Author => of(name::BOM_AUTHOR),
        OfBom::Timestamp => {
            let given = context.options.is_some_and(|options| options.timestamp.is_some());
            said(given).max(of(property::CREATED))
        }
        OfBom::Tool => said(tool.is_some() || read.is_some()),
        OfBom::ToolVersion => {
            said(tool.is_some_and(|tool| !tool.1.is_empty()) || read.is_some_and(version))
        }
        OfBom::Format => said(context.format.is_some()),
        // CycloneDX counts from 1, and SPDX has the identifier of the document.
        OfBom::Version => said(context.format.is_some()),
        OfBom::Signature => said(context.signed),
        OfBom::Compositions => said(!bom.compositions.is_empty()),
        OfBom::Components => said(!bom.components.is_empty()),
        OfBom::Vulnerabilities => said(context.vulnerabilities),
    }
}

fn of_component(what: OfComponent, bom: &Bom, component: &Component) -> Answer {
    let any = |names: &[&str]| {
        names.iter().map(|name| of_property(component, name)).max().unwrap_or(Answer::Silent)
    };
    let or_unknown = |yes: bool, name: &str| said(yes).max(unknown(component, name));
    match what {
        OfComponent::Name => said(!component.name.is_empty()),
        OfComponent::Hash => or_unknown(!component.hashes.is_empty(), "hash"),
        OfComponent::Purl => or_unknown(component.purl.is_some(), "purl"),
        OfComponent::Identifier => or_unknown(component.purl.is_some(), "purl").max(any(&[
            name::HUB_ID,
            property::DOI,
            "cpe",
            "swhid",
        ])),
        OfComponent::Version => any(&[property::VERSION, name::DATA_VERSION]),
        OfComponent::Producer => {
            any(&[name::SUPPLIER, property::PARTY, property::AUTHOR, "publisher"])
        }
        OfComponent::Run => said(bom.runs.iter().any(|run| run.outputs.contains(&component.id))),
        OfComponent::Tie => {
            let from = tie(bom, Some(component), |tie| (true, &tie.from));
            from.max(tie(bom, Some(component), |tie| (true, &tie.to)))
        }
    }
}

/// The best answer that properties of one name give.
fn best<'p>(properties: impl Iterator<Item = &'p Property>) -> Answer {
    properties.map(answer).max().unwrap_or(Answer::Silent)
}

fn of_property(component: &Component, name: &str) -> Answer {
    best(component.of(name)).max(unknown(component, name))
}

fn answer(property: &Property) -> Answer {
    let text = match &property.value {
        Value::Text(text) => text.trim().to_lowercase(),
        Value::List(texts) if texts.is_empty() => return Answer::Silent,
        Value::Party(party) => party.name.trim().to_lowercase(),
        _ => return Answer::Said,
    };
    match text.as_str() {
        "" => Answer::Silent,
        text if NO_ANSWER.contains(&text) => Answer::Unknown,
        _ => Answer::Said,
    }
}

/// Whether the component says that it does not know.
fn unknown(component: &Component, name: &str) -> Answer {
    let mut all = component.of(name::UNKNOWN).chain(component.of(property::NOT_MEASURED));
    if all.any(|property| property.subject == name) { Answer::Unknown } else { Answer::Silent }
}

fn link(properties: &[Property], kind: &str) -> Answer {
    let fits = |property: &Property| match &property.value {
        Value::Link(link) => link.kind == kind && !link.url.is_empty(),
        _ => false,
    };
    said(properties.iter().any(fits))
}

/// A tie; or that the list of a component's origins is not known to be complete, which says that
/// there may be some.
fn tie(
    bom: &Bom,
    component: Option<&Component>,
    of: impl Fn(&crate::Relation) -> (bool, &crate::ComponentId),
) -> Answer {
    let fits = |tie: &crate::Relation| {
        let (is_kind, end) = of(tie);
        is_kind && component.is_none_or(|component| component.id == *end)
    };
    if bom.relations.iter().any(fits) {
        return Answer::Said;
    }
    let is_open = bom.compositions.iter().any(|composition| {
        composition.completeness != Completeness::Complete
            && component.map_or(!composition.origins.is_empty(), |component| {
                composition.origins.contains(&component.id)
            })
    });
    if is_open { Answer::Unknown } else { Answer::Silent }
}
