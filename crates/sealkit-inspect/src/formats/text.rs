//! Text that is recognised by name and by being text.

use sealkit_report::Budget;

use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, licence,
    property, read_at,
};

/// A text format, known by its name, with a check of how the text starts.
pub(crate) struct Text {
    format: Format,
    /// Starts of file names, lower-case, beside the endings.
    prefixes: &'static [&'static str],
    /// Whether the text can be of this format.
    fits: fn(&str) -> bool,
    /// Whether the text proves the format without a name.
    proves: fn(&str) -> bool,
    /// Whether such a text may say its licence in a comment at its start.
    has_header: bool,
}

impl Inspector for Text {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let name = probe.lower_name();
        let named = self.format.claims_name(probe.file_name())
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix));
        if probe.len == 0 {
            return if named { Confidence::Name } else { Confidence::No };
        }
        let Some(text) = probe.text() else { return Confidence::No };
        match (named, (self.fits)(text), (self.proves)(text)) {
            (true, true, _) => Confidence::Content,
            (false, _, true) => Confidence::Guess,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        if self.has_header {
            let bytes = read_at::piece(source, budget, 0, licence::MAX_HEAD as u64)?;
            if let Some((expression, line)) = licence::header(&String::from_utf8_lossy(&bytes)) {
                let value = Value::Text(expression);
                facts.declared(path, &format!("line {line}"), property::LICENCE, value);
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        if self.has_header { &[property::LICENCE] } else { &[] }
    }
}

const fn text(format: Format) -> Text {
    Text { format, prefixes: &[], fits: |_| true, proves: |_| false, has_header: false }
}

fn starts_xml(text: &str) -> bool {
    text.trim_start().starts_with("<?xml")
}

fn starts_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

pub(crate) static MARKDOWN: Text = Text {
    prefixes: &["readme"],
    ..text(
        Format::new("markdown", "Markdown or AsciiDoc", Class::Docs, &[".md", ".adoc", ".rst"])
            .media("text/markdown"),
    )
};

pub(crate) static HTML: Text = Text {
    proves: starts_html,
    ..text(Format::new("html", "HTML", Class::Docs, &[".html", ".htm"]).media("text/html"))
};

pub(crate) static YAML: Text = text(
    Format::new("yaml", "YAML", Class::Metadata, &[".yaml", ".yml"]).media("application/yaml"),
);

pub(crate) static XML: Text = Text {
    proves: starts_xml,
    ..text(Format::new("xml", "XML", Class::Metadata, &[".xml"]).media("application/xml"))
};

pub(crate) static PLAIN: Text =
    text(Format::new("text", "plain text", Class::Metadata, &[".txt"]).media("text/plain"));

pub(crate) static CODE: Text = Text {
    prefixes: &["makefile"],
    proves: |text| text.starts_with("#!/"),
    has_header: true,
    ..text(
        Format::new(
            "source-code",
            "source code",
            Class::Code,
            &[
                ".rs",
                ".go",
                ".js",
                ".mjs",
                ".ts",
                ".tsx",
                ".java",
                ".kt",
                ".c",
                ".h",
                ".cc",
                ".cpp",
                ".hpp",
                ".cu",
                ".cs",
                ".rb",
                ".php",
                ".r",
                ".jl",
                ".scala",
                ".swift",
                ".lua",
                ".pl",
                ".sh",
                ".bash",
                ".ps1",
                ".bat",
                ".sql",
                ".toml",
                ".cfg",
                ".ini",
                ".cmake",
                ".proto",
                ".dockerfile",
            ],
        )
        .media("text/plain"),
    )
};
