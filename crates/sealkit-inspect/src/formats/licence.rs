//! Licence texts.

use sealkit_report::{Budget, Severity};

use crate::licence::{detect, header};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
    read_at,
};

const FORMAT: Format =
    Format::new("licence", "licence text", Class::Licence, &[]).media("text/plain");
/// Longest text that is compared, in bytes: the longest common one has 35 KiB; a file with those
/// of all that is bundled has more.
const MAX_TEXT: u64 = 256 << 10;

pub(crate) struct LicenceText;

impl Inspector for LicenceText {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let name = probe.lower_name();
        let starts = ["license", "licence", "copying", "unlicense"];
        let named = starts.iter().any(|start| name.starts_with(start));
        let plain = name.rsplit_once('.').is_none_or(|(_, end)| {
            !matches!(end, "json" | "yaml" | "yml" | "py" | "rs" | "csv" | "html" | "js" | "ts")
        });
        let is_text = probe.len == 0 || probe.text().is_some();
        if named && plain && is_text { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let bytes = read_at::piece(source, budget, 0, MAX_TEXT)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut facts = Facts { incomplete: source.len() > MAX_TEXT, ..Facts::default() };
        let found = detect(&text);
        if found.len() > 1 {
            let message = format!("the text holds {} licences", found.len());
            facts.find("licence-several", Severity::Info, (path, ""), message);
        }
        for found in found {
            facts.inferred(path, "", property::LICENCE, Value::Text(found.id.to_owned()));
            facts.inferred(path, "", property::LICENCE_CONFIDENCE, Value::Float(found.score));
        }
        if let Some((expression, line)) = header(&text) {
            let value = Value::Text(expression);
            facts.declared(path, &format!("line {line}"), property::LICENCE, value);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::LICENCE, property::LICENCE_CONFIDENCE]
    }
}
