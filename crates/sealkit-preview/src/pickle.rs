//! What loading a file of Python objects would look up.

use std::collections::BTreeMap;

use sealkit_api::{PickleImport, PickleImports};
use sealkit_inspect::pickle::{How, Import, Limits, trace};
use sealkit_inspect::zip::Directory;
use sealkit_inspect::{Facts, ReadAt, Slice, Value, property};
use sealkit_report::Budget;

use crate::names::class;
use crate::text::line;

/// Most names that are listed.
const MAX_IMPORTS: usize = 1_000;
/// Most members of an archive that are traced for opcodes.
const MAX_TRACED: usize = 16;
/// Most characters of a name.
const MAX_NAME: usize = 200;

/// The names that inspection found, with the opcodes that look them up as far as a trace tells them.
pub(crate) fn imports(
    source: &dyn ReadAt,
    facts: &Facts,
    is_zip: bool,
    budget: &mut Budget,
) -> PickleImports {
    let mut traced = BTreeMap::new();
    if is_zip {
        trace_members(source, &mut traced, budget);
    } else {
        trace_into(source, &mut traced, budget);
    }
    let mut imports = Vec::new();
    for fact in facts.of(property::CALLABLE) {
        let Value::Text(path) = &fact.value else { continue };
        let import: Option<&Import> = traced.get(path);
        imports.push(PickleImport {
            path: line(path, MAX_NAME),
            class: class(path),
            place: line(&fact.evidence.place, MAX_NAME),
            opcode: import.map(|import| opcode(import.how).to_owned()),
            calls: import.map(|import| import.calls),
        });
    }
    imports.sort_by_key(|import| import.class);
    let more = imports.len().saturating_sub(MAX_IMPORTS) as u64;
    imports.truncate(MAX_IMPORTS);
    let can_run_code = facts.facts.iter().filter(|fact| fact.property == property::CAN_RUN_CODE);
    let can_run_code = can_run_code.filter_map(|fact| match fact.value {
        Value::Bool(runs) => Some(runs),
        _ => None,
    });
    // Of several pickles in one file one that runs code is enough.
    PickleImports { can_run_code: can_run_code.reduce(|a, b| a || b), imports, more_imports: more }
}

fn trace_into(source: &dyn ReadAt, found: &mut BTreeMap<String, Import>, budget: &mut Budget) {
    for import in trace(source, 0..source.len(), Limits::default(), budget).imports {
        found.entry(import.path()).or_insert(import);
    }
}

/// Traces the pickles of an archive; one that can not be read is in the findings already.
fn trace_members(source: &dyn ReadAt, found: &mut BTreeMap<String, Import>, budget: &mut Budget) {
    let Ok(directory) = Directory::read(source, budget) else { return };
    let is_pickle = |name: &str| name.rsplit_once('.').is_some_and(|(_, ending)| ending == "pkl");
    let pickles = directory.members.iter().filter(|member| is_pickle(&member.name));
    for member in pickles.take(MAX_TRACED) {
        let Ok(local) = member.local(source, budget) else { continue };
        let range = local.range;
        let Ok(packed) = Slice::new(source, range.start, range.end - range.start) else { continue };
        let Ok(content) = member.content(&packed, budget) else { continue };
        trace_into(content.as_ref(), found, budget);
    }
}

fn opcode(how: How) -> &'static str {
    match how {
        How::Global => "GLOBAL",
        How::Inst => "INST",
        How::StackGlobal => "STACK_GLOBAL",
        How::Extension => "EXT",
    }
}
