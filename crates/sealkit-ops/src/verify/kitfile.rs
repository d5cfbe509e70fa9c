//! Whether Kitfile and manifest speak of the same layers.

use std::collections::HashSet;

use sealkit_oci::FileTable;
use sealkit_report::{Report, Step};

use crate::Kit;

const TITLE: &str = "Kitfile and manifest name the same layers";

/// Compares the elements of the Kitfile with the layers.
pub(super) fn check(kit: &Kit, table: Option<&FileTable>, report: &mut Report) {
    let id = "kitfile-layers";
    let Some(kitfile) = &kit.kitfile else {
        report.push(Step::skip(id, TITLE, "there is no Kitfile that could be read"));
        return;
    };
    let mut faults = Vec::new();
    let parts = kitfile.parts();
    let all_named = parts.iter().all(|part| part.layer.digest.is_some());
    let held = kit.layers.iter().filter_map(|layer| layer.part.as_ref());
    let held: HashSet<_> = held.map(|part| (&part.path, part.role)).collect();
    for part in &parts {
        if !held.contains(&(&part.path, part.role)) {
            faults.push(format!("`{}` of the Kitfile has no layer", part.path));
        }
    }
    for (at, layer) in kit.layers.iter().enumerate() {
        let digest = &layer.descriptor.digest;
        let Some(part) = &layer.part else {
            faults.push(format!("layer {digest} is no element of the Kitfile"));
            continue;
        };
        let table = table.and_then(|table| table.layers.get(at));
        if let (Some(said), Some(table)) = (&part.layer.diff_id, table)
            && *said != table.diff_id
        {
            faults.push(format!("diffId of `{}` is not that of the file table", part.path));
        }
    }
    report.push(if !faults.is_empty() {
        Step::fail(id, TITLE, faults.join("; ")).coded(["inconsistent"]).about(faults)
    } else if all_named {
        Step::pass(id, TITLE)
    } else {
        Step::pass(id, TITLE).because("by order: the Kitfile names no digests")
    });
}
