//! OpenVINO: an XML file of layers, with weights in a `.bin` file beside it. Only the root element
//! and the kinds of layers are read.
//!
//! Source: the OpenVINO IR documentation: `<net name="…" version="11"><layers><layer type="…">`.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known};

use crate::format::file_name;
use crate::xml::{self, Element};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, Value,
    partial, property, read_at,
};

const NAME: &str = "OpenVINO";
/// Without an ending: `.xml` says nothing.
const FORMAT: Format =
    Format::new("openvino", NAME, Class::Model, &[]).media("application/xml").read_by("openvino");
/// Largest file that is read, in bytes.
const MAX: u64 = 32 << 20;

pub(crate) struct OpenVino;

impl Inspector for OpenVino {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let start = probe.text().map(str::trim_start).unwrap_or_default();
        let root = match start.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
            Some((_, rest)) => rest.trim_start(),
            None => start,
        };
        if root.starts_with("<net ") { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        if source.len() > MAX {
            return Err(InspectError::malformed(NAME, "a file above the limit of 32 MiB", 0));
        }
        let bytes = read_at::whole(source, budget)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut facts = Facts::default();
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let read = xml::tags(&text, budget, &mut |tag, budget| {
            if tag.depth == 0 && tag.is("net") {
                root(&tag.element(budget)?, path, &mut facts);
            } else if tag.is("layer") {
                let layer = tag.element(budget)?;
                let kind = layer.attribute("type").unwrap_or("unknown");
                *kinds.entry(kind.to_owned()).or_default() += 1;
            }
            Ok(())
        });
        if read.is_ok() {
            count(&kinds, path, &mut facts);
        }
        if let Some((stem, _)) = file_name(path).rsplit_once('.') {
            let file = FileInfo { path: format!("{stem}.bin"), ..FileInfo::default() };
            facts.inferred(path, "", property::FILE_REFERENCE, Value::File(file));
        }
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::NAME,
            property::FORMAT_VERSION,
            property::LAYERS,
            property::LAYER_KIND,
            property::FILE_REFERENCE,
        ]
    }
}

fn root(net: &Element, path: &str, facts: &mut Facts) {
    for (key, property) in [("name", property::NAME), ("version", property::FORMAT_VERSION)] {
        if let Some(value) = net.attribute(key) {
            facts.declared(path, "/net", property, Value::Text(value.to_owned()));
        }
    }
}

/// How many layers there are, and of which kinds: of a file that is whole.
fn count(kinds: &BTreeMap<String, u64>, path: &str, facts: &mut Facts) {
    let place = "/net/layers";
    facts.measured(path, place, property::LAYERS, Value::Uint(kinds.values().sum()));
    for (kind, count) in kinds {
        let fact = (property::LAYER_KIND, Value::Uint(*count));
        facts.about(kind, Known::Measured, (path, place), fact);
    }
}
