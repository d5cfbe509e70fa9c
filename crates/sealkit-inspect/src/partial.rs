//! Keeping what was found before reading stopped.

use sealkit_report::Severity;

use crate::{Facts, InspectError};

/// The facts found so far with the reason why there are no more; the error alone where there are
/// no facts.
pub(crate) fn keep(
    mut facts: Facts,
    path: &str,
    read: Result<(), InspectError>,
) -> Result<Facts, InspectError> {
    match read {
        Ok(()) => Ok(facts),
        Err(error) if facts.facts.is_empty() => Err(error),
        Err(error) => {
            note(&mut facts, path, "", &error);
            Ok(facts)
        }
    }
}

/// Names a part that could not be read.
pub(crate) fn note(facts: &mut Facts, path: &str, place: &str, error: &InspectError) {
    facts.incomplete = true;
    facts.find("not-inspected", Severity::Medium, (path, place), error.to_string());
}
