//! The pickles inside an archive of PyTorch, and the storages beside them.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known, Severity};

use super::inventory::{Layout, Span, inventory};
use super::settings::settings;
use super::storage::Storage;
use crate::format::ends_with;
use crate::formats::pickle::report::{Place, report};
use crate::pickle::{self, Limits, Trace};
use crate::zip::{Archive, Member};
use crate::{Facts, InspectError, ReadAt, Value, property};

/// The pickle that is the model.
const MAIN: &str = "data.pkl";
/// Members that are not known by name and looked into for pickles.
const MAX_SNIFFED: usize = 256;
/// Bytes that are looked at for that.
const SNIFF: u64 = 256;
/// Folders of raw bytes.
const RAW: &[&str] = &["data/", "constants/", "tensors/", "xl_model_weights/"];

/// Traces every pickle and lists the tensors of the main one. Says whether loading can run code.
pub(super) fn read(
    archive: &Archive<'_>,
    root: &str,
    (path, source): (&str, &dyn ReadAt),
    facts: &mut Facts,
    budget: &mut Budget,
) -> bool {
    let members = &archive.directory.members;
    let spans = spans(archive, root, source, facts, budget);
    let (mut runs, mut listed) = (false, false);
    let mut sniffed = 0;
    for member in members {
        let name = member.name.strip_prefix(root).unwrap_or(&member.name);
        let is_raw = RAW.iter().any(|folder| name.starts_with(folder)) || ends_with(name, ".py");
        if is_raw || member.size == 0 {
            continue;
        }
        if !ends_with(name, ".pkl") {
            sniffed += 1;
            if sniffed > MAX_SNIFFED {
                facts.incomplete = true;
                continue;
            }
            let Ok(head) = archive.head(member, SNIFF, facts, budget) else {
                // What cannot be looked at may be anything.
                (facts.incomplete, runs) = (true, true);
                continue;
            };
            if !pickle::looks_like_pickle(&head, head.len() as u64 == member.size) {
                facts.incomplete |= head.starts_with(b"PK\x03\x04");
                continue;
            }
        }
        listed |= name == MAIN;
        match one(archive, member, (path, name), &spans, facts, budget) {
            Ok(can_run) => runs |= can_run,
            Err(error) => {
                runs = true;
                facts.incomplete = true;
                let at = (path, member.name.as_str());
                facts.find("not-inspected", Severity::Medium, at, error.to_string());
            }
        }
    }
    if !listed {
        facts.incomplete = true;
        let why =
            Value::Text("tensors of packages and exported programs are not listed".to_owned());
        let fact = (property::NOT_MEASURED, why);
        facts.about(property::TENSORS, Known::Measured, (path, ""), fact);
    }
    runs
}

/// One pickle: `data.pkl` is the model, the others are listed only.
fn one(
    archive: &Archive<'_>,
    member: &Member,
    (path, name): (&str, &str),
    spans: &BTreeMap<String, Span>,
    facts: &mut Facts,
    budget: &mut Budget,
) -> Result<bool, InspectError> {
    let (local, packed) = archive.packed(member, facts, budget)?;
    let content = member.content(&packed, budget)?;
    let place = Place { file: path, member: &member.name };
    if content.len() != member.size {
        let message = "the member unpacks to another size than is stated";
        facts.find("zip-size", Severity::High, (path, &member.name), message);
        facts.incomplete = true;
    }
    let trace = pickle::trace(&*content, 0..content.len(), Limits::default(), budget);
    report(facts, place, &trace, budget);
    let main = trace.streams.first().filter(|_| name == MAIN);
    if let Some(stream) = main {
        let protocol = Value::Uint(u64::from(stream.protocol));
        facts.measured(path, &member.name, property::PICKLE_PROTOCOL, protocol);
        let span = |storage: &Storage| spans.get(&storage.key).copied().unwrap_or(Span::Missing);
        let base = (member.method == 0).then_some(local.range.start);
        let layout = Layout { place, span: &span, base };
        settings(facts, place, &trace, stream.root);
        inventory(facts, &layout, (&trace, stream.root), budget);
        model_class(facts, place, &trace);
    }
    Ok(!trace.is_plain_data())
}

/// The class of the object that the pickle is, where it is one that has tensors.
pub(super) fn model_class(facts: &mut Facts, place: Place<'_>, trace: &Trace) {
    let Some(root) = trace.streams.first().map(|stream| stream.root) else { return };
    let is_module = facts.text(property::HOLDS) == Some("module");
    let Some(class) = trace.path(root).filter(|_| is_module) else { return };
    let is_graph = class.starts_with("torch.fx.graph_module.");
    let name = class.rsplit('.').next().filter(|_| !is_graph).unwrap_or("GraphModule").to_owned();
    facts.measured(place.file, place.member, property::MODEL_CLASS, Value::Text(name));
}

/// Where each storage lies: the members below `data/`. Their local headers are read, for only
/// these say where the bytes start.
fn spans(
    archive: &Archive<'_>,
    root: &str,
    source: &dyn ReadAt,
    facts: &mut Facts,
    budget: &mut Budget,
) -> BTreeMap<String, Span> {
    let folder = format!("{root}data/");
    let key = |member: &Member| {
        member.name.strip_prefix(&folder).filter(|key| !key.is_empty()).map(str::to_owned)
    };
    let storages = archive.directory.members.iter().filter_map(|m| key(m).map(|key| (key, m)));
    let storages: Vec<_> = storages.collect();
    let headers: Vec<_> = storages.iter().map(|(_, member)| member.header_range()).collect();
    source.prefetch(&headers);
    let mut spans = BTreeMap::new();
    let mut ranges = Vec::new();
    for (key, member) in storages {
        let span = match (member.method, archive.packed(member, facts, budget)) {
            (0, Ok((local, _))) => {
                ranges.push((member.offset, local.range.end, member.name.as_str()));
                Span::Plain(local.range.start, local.range.end - local.range.start)
            }
            (_, Ok((local, _))) => {
                ranges.push((member.offset, local.range.end, member.name.as_str()));
                Span::Packed(member.size)
            }
            (_, Err(_)) => Span::Missing,
        };
        spans.insert(key, span);
    }
    archive.find_overlaps(ranges, facts);
    spans
}
