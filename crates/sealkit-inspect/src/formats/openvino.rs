//! OpenVINO: an XML file of layers, with weights in a `.bin` file beside it. Only the root element
//! and the kinds of layers are read.
//!
//! Source: the OpenVINO IR documentation: `<net name="…" version="11"><layers><layer type="…">`.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known};

use crate::format::file_name;
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property, read_at,
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
        let root = tags(&text, "net").next().unwrap_or_default();
        let known = [("name", property::NAME), ("version", property::FORMAT_VERSION)];
        for (key, property) in known {
            if let Some(value) = attribute(root, key) {
                facts.declared(path, "/net", property, Value::Text(value.to_owned()));
            }
        }
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for layer in tags(&text, "layer") {
            budget.entries(1)?;
            *kinds.entry(attribute(layer, "type").unwrap_or("unknown")).or_default() += 1;
        }
        let place = "/net/layers";
        let count = Value::Uint(kinds.values().sum());
        facts.measured(path, place, property::LAYERS, count);
        for (kind, count) in kinds {
            let fact = (property::LAYER_KIND, Value::Uint(count));
            facts.about(kind, Known::Measured, (path, place), fact);
        }
        if let Some((stem, _)) = file_name(path).rsplit_once('.') {
            let file = FileInfo { path: format!("{stem}.bin"), ..FileInfo::default() };
            facts.inferred(path, "", property::FILE_REFERENCE, Value::File(file));
        }
        Ok(facts)
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

/// The insides of the opening tags with this name.
fn tags<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    let pieces = text.split('<').skip(1);
    pieces.filter_map(move |piece| {
        let rest = piece.strip_prefix(name)?;
        let tag = rest.split('>').next()?;
        tag.starts_with(|c: char| c.is_ascii_whitespace()).then_some(tag)
    })
}

/// The value of an attribute inside a tag.
fn attribute<'t>(tag: &'t str, key: &str) -> Option<&'t str> {
    let start = format!("{key}=\"");
    let is_own = |at: usize| tag.get(..at).is_some_and(|head| head.ends_with(char::is_whitespace));
    let (at, _) = tag.match_indices(&start).find(|(at, _)| is_own(*at))?;
    tag.get(at + start.len()..)?.split('"').next()
}
