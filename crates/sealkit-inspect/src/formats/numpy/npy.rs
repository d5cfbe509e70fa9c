//! NumPy `.npy`: a header, then the array, or a pickle where elements are objects.

use sealkit_report::{Budget, Severity};

use super::header::{Header, MAGIC};
use crate::formats::pickle::report::{Place, report};
use crate::pickle::{self, Limits};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

const FORMAT: Format = Format::new("npy", "NumPy array", Class::Model, &[".npy"]).read_by("numpy");

pub(crate) struct Npy;

impl Inspector for Npy {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if probe.has(0, MAGIC) {
            Confidence::Magic
        } else if FORMAT.claims_name(probe.file_name()) && probe.text().is_none() {
            Confidence::Name
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let header = Header::read(source, budget)?;
        let mut facts = Facts::default();
        let version = Value::Text(header.version.clone());
        facts.measured(path, "byte 6", property::FORMAT_VERSION, version);
        let dtype = Value::Text(header.dtype.name.clone());
        facts.measured(path, "header", property::DTYPE, dtype);
        let shape = header.shape.iter().map(u64::to_string).collect();
        facts.measured(path, "header", property::SHAPE, Value::List(shape));
        array(&header, Place::file(path), source, &mut facts, budget);
        if let Some(count) = header.count().filter(|_| !header.dtype.objects) {
            facts.measured(path, "header", property::PARAMETERS, Value::Uint(count));
        }
        let runs = Value::Bool(header.dtype.objects);
        facts.measured(path, "header", property::CAN_RUN_CODE, runs);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::DTYPE,
            property::SHAPE,
            property::PARAMETERS,
            property::CALLABLE,
            property::CAN_RUN_CODE,
            property::EMBEDDED_CODE,
        ]
    }
}

/// Looks at what follows the header: it must be as long as type and shape say, or be a pickle.
pub(super) fn array(
    header: &Header,
    place: Place<'_>,
    source: &dyn ReadAt,
    facts: &mut Facts,
    budget: &mut Budget,
) {
    if header.dtype.objects {
        let at = format!("{} header", place.member);
        let message = "the array holds Python objects: loading it unpickles them";
        facts.find("npy-objects", Severity::Medium, (place.file, at.trim_start()), message);
        let trace = pickle::trace(source, header.data.clone(), Limits::default(), budget);
        report(facts, place, &trace, budget);
        facts.incomplete |= trace.streams.is_empty();
        return;
    }
    let there = header.data.end - header.data.start;
    let message = match header.size() {
        Some(size) if size == there => return,
        Some(size) if size < there => "bytes follow the array",
        Some(_) => "the file ends inside the array",
        None => "type and shape state a size beyond 64 bits",
    };
    let at = place.byte(header.data.start);
    facts.find("npy-size", Severity::Medium, (place.file, &at), message);
}
