//! Pickles that PyTables and pandas keep in HDF5.
//!
//! Source: `attributeset.py` and `atom.py` of PyTables: any text of an attribute is taken for a pickle first, and a dataset
//! whose `PSEUDOATOM` is `object` holds one in each row.

use std::collections::BTreeSet;

use sealkit_report::{Budget, Severity};

use crate::hdf5::Attribute;
use crate::pickle::{self, Limits};
use crate::{Facts, Value, kept, property};

/// The attribute of the root by which PyTables knows its own files.
pub(super) const MARK: &str = "PYTABLES_FORMAT_VERSION";

/// Adds what unpickling the attributes of the object `name` runs.
pub(super) fn look(
    attributes: &[Attribute],
    (path, name): (&str, &str),
    budget: &mut Budget,
    facts: &mut Facts,
) {
    for attribute in attributes {
        let place = format!("{name}/@{}", attribute.name);
        for text in &attribute.texts {
            if attribute.name == "PSEUDOATOM" && text == "object" {
                say(facts, path, &place, "its rows are pickled Python objects");
            } else if is_binary(text) {
                say(facts, path, &place, "it is a pickle");
            } else {
                plain(text, (path, &place), budget, facts);
            }
        }
    }
}

/// A pickle of protocol 2 or later, of which a text shows the beginning alone.
fn is_binary(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('\u{FFFD}') && matches!(chars.next(), Some('\u{2}'..='\u{5}'))
}

/// A pickle that is text, as PyTables writes it: only one that looks something up runs code.
fn plain(text: &str, (path, place): (&str, &str), budget: &mut Budget, facts: &mut Facts) {
    // Whatever is looked up needs a line with its module and a line with its name.
    if text.len() < 4 || !text.contains('\n') {
        return;
    }
    let bytes = text.as_bytes();
    let trace = pickle::trace(&bytes, 0..bytes.len() as u64, Limits::default(), budget);
    if trace.streams.is_empty() || trace.is_plain_data() {
        return;
    }
    say(facts, path, place, "it is a pickle");
    let names: BTreeSet<String> = trace.imports.iter().map(pickle::Import::path).collect();
    for name in names {
        facts.measured(path, place, property::CALLABLE, kept::text(&name));
    }
}

fn say(facts: &mut Facts, path: &str, place: &str, what: &str) {
    facts.measured(path, place, property::CAN_RUN_CODE, Value::Bool(true));
    let message = format!("{what}, which reading it with PyTables or pandas runs");
    facts.find("hdf5-pickle", Severity::Medium, (path, place), message);
}
