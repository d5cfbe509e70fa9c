//! The tensors of `sealkit diff`.

use sealkit_api::{TensorChange, TensorChangeKind as Kind, TensorComparison, TensorState};
use sealkit_ops::diff::TensorReading;

use super::diff::section;
use crate::cli::TensorReadingArg;
use crate::console::human_size;

/// Tensors and layers that the text names; JSON has all.
const MAX_SHOWN: (usize, usize) = (200, 10);

impl From<TensorReadingArg> for TensorReading {
    fn from(how: TensorReadingArg) -> Self {
        match how {
            TensorReadingArg::Auto => Self::Auto,
            TensorReadingArg::Headers => Self::Headers,
            TensorReadingArg::Bytes => Self::Bytes,
        }
    }
}

/// The comparison as sections of a text, from an empty line on.
pub(super) fn as_text(found: &TensorComparison) -> String {
    let mut text = String::new();
    section(&mut text, "Tensors", summary(found));
    let layers = found.layers.iter().filter(|layer| layer.changed_bytes > 0).take(MAX_SHOWN.1);
    let layers = layers.map(|layer| {
        let (changed, all) = (human_size(layer.changed_bytes), human_size(layer.bytes));
        format!("{}: {changed} of {all}", layer.name)
    });
    section(&mut text, "Layers that differ most", layers);
    let rest = found.tensors.len().saturating_sub(MAX_SHOWN.0);
    let more = (rest > 0).then(|| format!("and {rest} more; `--format json` has all"));
    let shown = found.tensors.iter().take(MAX_SHOWN.0).map(tensor);
    section(&mut text, "Tensors that differ", shown.chain(more));
    text
}

fn summary(found: &TensorComparison) -> Vec<String> {
    let tally = &found.tally;
    let counts = [
        (tally.unchanged, "unchanged"),
        (tally.changed, "changed"),
        (tally.added, "added"),
        (tally.removed, "removed"),
        (tally.moved, "under another name"),
        (tally.unknown, "of which only the bytes are not known"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    let counts =
        if counts.is_empty() { "none on either side".to_owned() } else { counts.join(", ") };
    let mut lines = vec![counts];
    if found.b.bytes > 0 {
        let percent = u128::from(found.equal_bytes) * 1_000 / u128::from(found.b.bytes);
        let (whole, tenth) = (percent / 10, percent % 10);
        let delta = human_size(found.delta_bytes);
        lines.push(format!("{whole}.{tenth} % of the bytes of B are in A; the rest is {delta}"));
    }
    if found.tally.unknown > 0 {
        lines.push("`--tensors=bytes` reads the bytes of both, over the network too".to_owned());
    }
    if found.other_names {
        let (a, b) = (found.a.formats.join(", "), found.b.formats.join(", "));
        lines.push(format!(
            "A is in {a} and B in {b}, with names of their own: a conversion looks removed and added"
        ));
    }
    if found.a.incomplete || found.b.incomplete {
        lines.push("not everything could be read: tensors may be missing here".to_owned());
    }
    lines
}

fn tensor(change: &TensorChange) -> String {
    let what = |state: &TensorState| {
        let shape: Vec<String> = state.shape.iter().map(u64::to_string).collect();
        format!("{} [{}] {}", state.dtype, shape.join(", "), human_size(state.bytes))
    };
    match (change.change, &change.a, &change.b) {
        (Kind::Moved, Some(a), Some(b)) => format!("> {} → {} ({})", a.name, b.name, what(b)),
        (Kind::Unknown, Some(a), _) => format!("? {} ({})", a.name, what(a)),
        (_, Some(a), Some(b)) if what(a) == what(b) => format!("~ {} ({})", a.name, what(a)),
        (_, Some(a), Some(b)) => format!("~ {} ({} → {})", a.name, what(a), what(b)),
        (_, Some(a), None) => format!("- {} ({})", a.name, what(a)),
        (_, None, Some(b)) => format!("+ {} ({})", b.name, what(b)),
        (_, None, None) => String::new(),
    }
}
