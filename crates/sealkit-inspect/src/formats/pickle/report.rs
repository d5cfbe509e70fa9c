//! What a trace says, as facts and findings: the same for every format that carries pickles.

use std::collections::BTreeSet;

use sealkit_report::{Budget, Severity};

use crate::pickle::{Anomaly, Item, Trace, Why};
use crate::{Facts, FileInfo, Value, property};

/// Where a pickle stands: the file, and the member of it or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) member: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) fn file(file: &'a str) -> Self {
        Self { file, member: "" }
    }

    /// A byte of the pickle.
    pub(crate) fn byte(&self, at: u64) -> String {
        if self.member.is_empty() {
            format!("byte {at}")
        } else {
            format!("{} byte {at}", self.member)
        }
    }
}

/// Lists what loading looks up, and what is odd or was not read.
pub(crate) fn report(facts: &mut Facts, place: Place<'_>, trace: &Trace, budget: &mut Budget) {
    let mut seen: BTreeSet<_> =
        facts.list(property::CALLABLE).into_iter().map(str::to_owned).collect();
    for import in &trace.imports {
        let path = import.path();
        if !seen.insert(path.clone()) {
            continue;
        }
        if budget.entries(1).is_err() {
            facts.incomplete = true;
            break;
        }
        let at = place.byte(import.offset);
        facts.measured(place.file, &at, property::CALLABLE, Value::Text(path));
    }
    anomalies(facts, place, trace);
    facts.incomplete |= trace.anomalies.iter().any(|(anomaly, _)| *anomaly == Anomaly::BytesAfter);
    fx_code(facts, place, trace);
    for stream in &trace.streams {
        if let Some(fault) = stream.fault {
            let message = format!("Python refuses the pickle: {}", fault.what);
            let at = place.byte(fault.at);
            facts.find("pickle-malformed", Severity::Medium, (place.file, &at), message);
        }
        if let Some(cut) = stream.cut {
            facts.incomplete = true;
            let rule = if cut.why == Why::Truncated { "pickle-truncated" } else { "pickle-unread" };
            let message = format!("the pickle was not read to its end: {}", cut.why);
            let at = place.byte(cut.at);
            facts.find(rule, Severity::Medium, (place.file, &at), message);
        }
    }
    if trace.overflow {
        facts.incomplete = true;
        let message = "the pickle looks up or calls more than is listed";
        facts.find("pickle-overflow", Severity::High, (place.file, place.member), message);
    }
}

/// Source code that `torch.fx` keeps in a dictionary and runs when it loads.
fn fx_code(facts: &mut Facts, place: Place<'_>, trace: &Trace) {
    for call in &trace.calls {
        let function = trace.path(call.callee).unwrap_or_default();
        if !function.starts_with("torch.fx.graph_module.reduce_") {
            continue;
        }
        let dict = trace.heap.tuple(call.args).and_then(|args| args.first());
        let size = match dict.and_then(|dict| trace.heap.get(*dict, "_code")) {
            Some(Item::Text { len, .. } | Item::Far { len, .. }) => u64::from(len),
            _ => continue,
        };
        let file = FileInfo { path: "_code".to_owned(), size: Some(size), digests: Vec::new() };
        let at = place.byte(call.offset);
        facts.measured(place.file, &at, property::EMBEDDED_CODE, Value::File(file));
    }
}

/// One finding for each kind of oddity, at its first place.
fn anomalies(facts: &mut Facts, place: Place<'_>, trace: &Trace) {
    let mut seen = BTreeSet::new();
    for (anomaly, at) in &trace.anomalies {
        let Some((rule, severity, message)) = finding(*anomaly) else { continue };
        if seen.insert(*anomaly) {
            let at = place.byte(*at);
            facts.find(rule, severity, (place.file, &at), message);
        }
    }
}

fn finding(anomaly: Anomaly) -> Option<(&'static str, Severity, &'static str)> {
    Some(match anomaly {
        Anomaly::FrameCrossed => (
            "pickle-frame-crossed",
            Severity::High,
            "an operand crosses the end of its frame: readers differ on what follows",
        ),
        Anomaly::FrameInFrame => {
            ("pickle-frame-in-frame", Severity::High, "a frame starts inside another")
        }
        Anomaly::FrameTooLong => {
            ("pickle-frame-too-long", Severity::Medium, "a frame reaches past the end")
        }
        Anomaly::FrameNotUsed => {
            ("pickle-frame-not-used", Severity::Medium, "bytes follow the end inside its frame")
        }
        Anomaly::ProtocolChanged => {
            ("pickle-protocol-changed", Severity::Low, "the protocol changes inside the pickle")
        }
        Anomaly::DynamicImport => (
            "pickle-dynamic-import",
            Severity::High,
            "a name is put together while the pickle runs: only running it would tell which",
        ),
        Anomaly::ExtensionCode => (
            "pickle-extension-code",
            Severity::High,
            "a name is looked up by a code that only the loading process knows",
        ),
        Anomaly::OddName => {
            ("pickle-odd-name", Severity::Medium, "a name is not ASCII or longer than any real one")
        }
        Anomaly::HugeMemoIndex => {
            ("pickle-huge-memo-index", Severity::Medium, "a memo index would take gigabytes")
        }
        // Python writes this itself, for classes with keyword arguments.
        Anomaly::CallOfResult => return None,
        Anomaly::JunkBefore => {
            ("pickle-junk-before", Severity::Medium, "bytes that are no pickle stand before it")
        }
        Anomaly::JunkBetween => {
            ("pickle-junk-between", Severity::Medium, "bytes that are no pickle stand between two")
        }
        Anomaly::BytesAfter => {
            ("pickle-bytes-after", Severity::Medium, "bytes follow the last pickle")
        }
    })
}
