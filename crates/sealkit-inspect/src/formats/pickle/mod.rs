//! Python pickles: what they hold, and what loading them looks up. The stream itself is never run.

pub(crate) mod compressed;
mod estimator;
pub(crate) mod report;

use sealkit_report::{Budget, Severity};

use self::report::{Place, report};
use super::torch::inventory::{Layout, Span, inventory};
use super::torch::{legacy, settings};
use crate::pickle::{self, Limits, Trace};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

const NAMES: &[&str] = &[".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".ckpt"];
const FORMAT: Format = Format::new("pickle", "Python pickle", Class::Model, NAMES);
const LEGACY: Format =
    Format::new("pytorch-legacy", "PyTorch before 1.6", Class::Model, NAMES).read_by("pytorch");

/// A pickle that stands by itself.
pub(crate) struct Pickle;

/// The pickles that PyTorch wrote before 1.6.
pub(crate) struct Legacy;

impl Inspector for Legacy {
    fn format(&self) -> &Format {
        &LEGACY
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is = legacy::is_legacy(probe.head) && pickle::looks_like_pickle(probe.head, false);
        if is { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let runs = legacy::inspect(source, path, &mut facts, budget)?;
        facts.measured(path, "", property::CAN_RUN_CODE, Value::Bool(runs));
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::BYTE_ORDER,
            property::PICKLE_PROTOCOL,
            property::CALLABLE,
            property::CAN_RUN_CODE,
            property::EMBEDDED_CODE,
            property::HOLDS,
            property::MODEL_CLASS,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
            property::HYPERPARAMETER,
            property::SEED,
            property::PRODUCER,
            property::PRODUCER_VERSION,
        ]
    }
}

impl Inspector for Pickle {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if legacy::is_legacy(probe.head) {
            return Confidence::No;
        }
        let named = FORMAT.claims_name(probe.file_name());
        let whole = probe.head.len() as u64 == probe.len;
        if pickle::looks_like_pickle(probe.head, whole) {
            let ends = probe.tail.last() == Some(&b'.');
            // Two bytes alone begin many things; an end or a name must agree.
            let sure = ends || named || probe.text().is_some();
            return if sure { Confidence::Magic } else { Confidence::Content };
        }
        // `.bin` alone promises nothing; `pytorch_model.bin` does. Protocols 0 and 1 can be text to the end.
        let strong = named || probe.file_name().contains("pytorch_model");
        let can_be = probe.text().is_none() || pickle::starts_with_opcode(probe.head);
        if strong && can_be { Confidence::Name } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        content(source, (path, ""), Some(0), &mut facts, budget);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        GIVES
    }
}

/// What [`content`] can give.
const GIVES: &[&str] = &[
    property::PICKLE_PROTOCOL,
    property::CALLABLE,
    property::CAN_RUN_CODE,
    property::EMBEDDED_CODE,
    property::FRAMEWORK,
    property::FRAMEWORK_VERSION,
    property::HOLDS,
    property::MODEL_CLASS,
    property::TENSORS,
    property::PARAMETERS,
    property::PARAMETERS_OF_TYPE,
    property::DTYPE,
    property::TENSOR,
    property::HYPERPARAMETER,
    property::SEED,
    property::PRODUCER,
    property::PRODUCER_VERSION,
];

/// Reads the pickles of `source`, which stands at `base` of the file or is packed there.
pub(crate) fn content(
    source: &dyn ReadAt,
    (path, member): (&str, &str),
    base: Option<u64>,
    facts: &mut Facts,
    budget: &mut Budget,
) {
    let place = Place { file: path, member };
    let trace = pickle::trace(source, 0..source.len(), Limits::default(), budget);
    report(facts, place, &trace, budget);
    let runs = Value::Bool(!trace.is_plain_data());
    facts.measured(path, member, property::CAN_RUN_CODE, runs);
    let Some(first) = trace.streams.first() else {
        facts.incomplete = true;
        facts.find(
            "pickle-truncated",
            Severity::Medium,
            (path, member),
            "there is no pickle in it",
        );
        return;
    };
    let protocol = Value::Uint(u64::from(first.protocol));
    facts.measured(path, &place.byte(first.range.start), property::PICKLE_PROTOCOL, protocol);
    let layout = Layout { place, span: &|_| Span::Missing, base };
    settings::settings(facts, place, &trace, first.root);
    estimator::estimator(facts, place, &trace, first.root);
    inventory(facts, &layout, (&trace, first.root), budget);
    written_by(facts, place, &trace);
}

/// The library that wrote the pickle, by names that only it uses.
fn written_by(facts: &mut Facts, place: Place<'_>, trace: &Trace) {
    const WRITERS: &[(&str, &str)] = &[
        ("joblib.numpy_pickle", "joblib"),
        ("dill._dill", "dill"),
        ("cloudpickle.", "cloudpickle"),
    ];
    for (module, writer) in WRITERS {
        let found = trace.imports.iter().find(|import| {
            import.module.as_deref().is_some_and(|name| {
                name == module.trim_end_matches('.') || name.starts_with(module)
            })
        });
        if let Some(import) = found {
            let at = place.byte(import.offset);
            let writer = Value::Text((*writer).to_owned());
            facts.inferred(place.file, &at, property::PRODUCER, writer);
        }
    }
}
