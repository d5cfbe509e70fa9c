//! Where each claim goes: the table of native places. What is not in it, and what a place cannot
//! hold without loss, goes into properties (`own.rs`).

use sealkit_inspect::property;
use serde_json::{Value as Json, json};

use super::{Context, element as e, licence, party};
use crate::{Kind, Property, name};

/// What a place belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// Any component, and a service.
    Any,
    /// A component that is no service.
    Thing,
    /// A model.
    Model,
    /// A dataset.
    Data,
    /// The document itself.
    Document,
    /// A workflow.
    Run,
}

/// One native place.
pub(super) struct Place {
    pub(super) on: On,
    /// JSON pointer inside the component, the document or the workflow.
    pub(super) path: &'static str,
    /// Whether it is a list.
    pub(super) many: bool,
    /// The claims that it can show, the one that it is made for first.
    pub(super) names: &'static [&'static str],
    pub(super) write: fn(&Property, &Context<'_>) -> Option<Json>,
    pub(super) read: fn(&Json) -> Option<Property>,
}

impl Place {
    /// What two elements share that say the same.
    pub(super) fn key(&self, element: &Json) -> String {
        match self.names {
            [property::LICENCE] => licence::key(element),
            // A tool gets its reference only where something points at it.
            [name::TOOL] => super::patch::canonical(&e::without_reference(element)),
            _ => super::patch::canonical(element),
        }
    }
}

/// The kinds of places that a component of this kind has.
pub(super) fn of_component(kind: Kind, is_service: bool) -> impl Iterator<Item = &'static Place> {
    PLACES.iter().filter(move |place| match place.on {
        On::Any => true,
        On::Thing => !is_service,
        On::Model => kind.is_model(),
        On::Data => kind.is_data(),
        On::Document | On::Run => false,
    })
}

/// Whether a component of this kind that is no service has a place for claims of this name.
pub(super) fn has_place(kind: Kind, claim: &str) -> bool {
    of_component(kind, false).any(|place| place.names.contains(&claim))
}

/// The places of the document itself, or of a workflow.
pub(super) fn of(on: On) -> impl Iterator<Item = &'static Place> {
    PLACES.iter().filter(move |place| place.on == on)
}

macro_rules! places {
    ($($on:ident $many:ident $path:literal [$($name:expr),+] $write:expr, $read:expr;)*) => {
        const PLACES: &[Place] = &[$(Place {
            on: On::$on,
            path: $path,
            many: places!(@ $many),
            names: &[$($name),+],
            write: $write,
            read: $read,
        }),*];
    };
    (@ one) => { false };
    (@ many) => { true };
}

/// A place for a text, read back under the first of its names.
macro_rules! read_as {
    ($name:expr) => {
        |j| e::read_text($name, j)
    };
}

places! {
    Document one "/metadata/timestamp" [property::CREATED]
        |c, _| e::time(c), |j| e::read_time(property::CREATED, j);
    Document many "/metadata/lifecycles" [name::LIFECYCLE] |c, _| e::lifecycle(c), e::read_lifecycle;
    Document many "/metadata/tools/components" [name::TOOL] |c, _| e::tool(c), e::read_tool;
    Document one "/metadata/manufacturer" [name::BOM_AUTHOR]
        |c, _| party::organisation(c), |j| party::read_organisation(name::BOM_AUTHOR, j);
    Document many "/metadata/authors" [name::BOM_AUTHOR]
        |c, _| party::bom_author(c), party::read_bom_author;
    Document many "/metadata/licenses" [property::LICENCE] licence::write, licence::read;
    Document many "/externalReferences" [property::LINK, property::SECURITY_CONTACT]
        |c, _| e::link(c), e::read_link;

    Thing one "/supplier" [name::SUPPLIER]
        |c, _| party::supplier(c), |j| party::read_organisation(name::SUPPLIER, j);
    Thing many "/authors" [property::AUTHOR, property::PARTY] |c, _| party::author(c), party::read_author;
    Thing one "/publisher" [name::PUBLISHER, property::PARTY]
        |c, _| party::publisher(c), read_as!(name::PUBLISHER);
    Any one "/group" [name::GROUP] |c, _| e::text(c), read_as!(name::GROUP);
    Any one "/version" [property::VERSION, name::DATA_VERSION]
        |c, _| e::version(c), read_as!(property::VERSION);
    Any one "/description" [property::DESCRIPTION]
        |c, _| e::text(c), read_as!(property::DESCRIPTION);
    Thing one "/scope" [name::SCOPE, property::PACKAGE] |c, _| e::scope(c), read_as!(name::SCOPE);
    Any many "/licenses" [property::LICENCE] licence::write, licence::read;
    Thing one "/copyright" [name::COPYRIGHT] |c, _| e::text(c), read_as!(name::COPYRIGHT);
    Thing one "/cpe" [name::CPE] |c, _| e::cpe(c), read_as!(name::CPE);
    Thing many "/swhid" [name::SWHID] |c, _| e::swhid(c), read_as!(name::SWHID);
    Thing many "/pedigree/commits" [property::COMMIT]
        |c, _| e::member(c, "uid"), |j| e::read_member(property::COMMIT, "uid", j);
    Any many "/externalReferences" [property::LINK, property::DOI, property::SECURITY_CONTACT]
        |c, _| e::link(c), e::read_link;
    Any many "/tags" [property::TAG] |c, _| e::text(c), read_as!(property::TAG);

    Model one "/modelCard/modelParameters/approach/type" [name::APPROACH]
        |c, _| e::approach(c), read_as!(name::APPROACH);
    Model one "/modelCard/modelParameters/task" [property::TASK]
        |c, _| e::text(c), read_as!(property::TASK);
    Model one "/modelCard/modelParameters/architectureFamily" [property::ARCHITECTURE]
        |c, _| e::text(c), read_as!(property::ARCHITECTURE);
    Model one "/modelCard/modelParameters/modelArchitecture" [property::MODEL_CLASS]
        |c, _| e::text(c).or_else(|| e::first(c)), read_as!(property::MODEL_CLASS);
    Model many "/modelCard/modelParameters/inputs" [property::INPUT]
        |c, x| port(c, x, property::INPUT_TYPE), |j| e::read_member(property::INPUT, "format", j);
    Model many "/modelCard/modelParameters/outputs" [property::OUTPUT]
        |c, x| port(c, x, property::OUTPUT_TYPE), |j| e::read_member(property::OUTPUT, "format", j);
    Model many "/modelCard/quantitativeAnalysis/performanceMetrics" [property::METRIC]
        |c, _| e::metric(c), e::read_metric;
    Model many "/modelCard/considerations/users" [property::USERS]
        |c, _| e::text(c), read_as!(property::USERS);
    Model many "/modelCard/considerations/useCases" [property::INTENDED_USE]
        |c, _| e::text(c), read_as!(property::INTENDED_USE);
    Model many "/modelCard/considerations/technicalLimitations"
        [property::LIMITATION, property::OUT_OF_SCOPE_USE]
        |c, _| limitation(c), read_as!(property::LIMITATION);
    Model many "/modelCard/considerations/performanceTradeoffs" [name::TRADE_OFF]
        |c, _| e::text(c), read_as!(name::TRADE_OFF);
    Model many "/modelCard/considerations/ethicalConsiderations" [property::ETHICS]
        |c, _| e::member(c, "name"), |j| e::read_member(property::ETHICS, "name", j);
    Model many "/modelCard/considerations/fairnessAssessments" [property::BIAS]
        |c, _| e::member(c, "harms"), |j| e::read_member(property::BIAS, "harms", j);

    Data one "/data/0/classification" [name::CLASSIFICATION]
        |c, _| e::text(c), read_as!(name::CLASSIFICATION);
    Data many "/data/0/sensitiveData" [property::SENSITIVE_DATA]
        |c, _| e::text(c), read_as!(property::SENSITIVE_DATA);
    Data many "/data/0/governance/custodians" [property::PARTY]
        |c, _| party::governor(c, "custodian"), |j| party::read_governor(j, "custodian");
    Data many "/data/0/governance/stewards" [property::PARTY]
        |c, _| party::governor(c, "steward"), |j| party::read_governor(j, "steward");
    Data many "/data/0/governance/owners" [property::PARTY]
        |c, _| party::governor(c, "owner"), |j| party::read_governor(j, "owner");

    Run one "/timeStart" [name::STARTED] |c, _| e::time(c),
        |j| e::read_text(name::STARTED, j).filter(|c| e::time(c).is_some());
    Run one "/timeEnd" [name::ENDED] |c, _| e::time(c),
        |j| e::read_text(name::ENDED, j).filter(|c| e::time(c).is_some());
    Run many "/steps" [name::COMMAND] |c, _| e::step(c), e::read_step;
}

/// An input or output: its name, with its type where a claim gives one.
fn port(claim: &Property, context: &Context<'_>, kinds: &'static str) -> Option<Json> {
    let format = e::member(claim, "format")?;
    let name = claim.as_text()?;
    match context.types.get(&(kinds, name)) {
        Some(kind) => Some(json!({"format": format!("{name}: {kind}")})),
        None => Some(format),
    }
}

/// A use that the model is not meant for is a limit of it.
fn limitation(claim: &Property) -> Option<Json> {
    let text = e::text(claim)?;
    match claim.name.as_str() {
        property::OUT_OF_SCOPE_USE => {
            Some(Json::from(format!("Out of scope: {}", text.as_str().unwrap_or_default())))
        }
        _ => Some(text),
    }
}

/// Where the properties of a component stand that hold a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Home {
    /// `properties` of the component itself.
    Component,
    /// `modelCard.properties`: numbers and settings of a model.
    ModelCard,
    /// `modelCard.considerations.environmentalConsiderations.properties`.
    Environment,
    /// `data[0].contents.properties`: what is in a dataset.
    Contents,
}

impl Home {
    pub(super) const ALL: [Self; 4] =
        [Self::Component, Self::ModelCard, Self::Environment, Self::Contents];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Component => "/properties",
            Self::ModelCard => "/modelCard/properties",
            Self::Environment => "/modelCard/considerations/environmentalConsiderations/properties",
            Self::Contents => "/data/0/contents/properties",
        }
    }

    /// Where a claim of this name stands on a component of this kind.
    pub(super) fn of(kind: Kind, claim: &str) -> Self {
        let numbers = [
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::QUANTISATION,
            property::TENSORS,
            property::CONTEXT_LENGTH,
            property::VOCABULARY,
            property::LAYERS,
            property::HEADS,
            property::KEY_VALUE_HEADS,
            property::HIDDEN_SIZE,
            property::FEED_FORWARD_SIZE,
            property::SHARDS,
            property::HYPERPARAMETER,
            property::TOKENIZER,
            property::CHAT_TEMPLATE_DIGEST,
            property::ADAPTER_TYPE,
            property::LAYER_KIND,
            property::TRAINING_FLOPS,
            property::TRAINING_SECONDS,
            property::SEED,
        ];
        let energy = [
            property::CO2_GRAMS,
            property::ENERGY_KWH,
            property::ENERGY_ACTIVITY,
            property::ENERGY_REGION,
        ];
        let contents = [
            property::ROWS,
            property::ROWS_OF_SPLIT,
            property::COLUMNS,
            property::COLUMN,
            property::COLUMN_TYPE,
            property::MODALITY,
            property::FILES_OF_TYPE,
        ];
        match claim {
            claim if kind.is_model() && numbers.contains(&claim) => Self::ModelCard,
            claim if kind.is_model() && energy.contains(&claim) => Self::Environment,
            claim if kind.is_data() && contents.contains(&claim) => Self::Contents,
            _ => Self::Component,
        }
    }
}
