//! From a file to what is shown of it.

use sealkit_api::{FileFormat, Look, PreviewContent, PreviewForm};
use sealkit_inspect::{Facts, Identified, InspectError, ReadAt, identify, inspect_as, property};
use sealkit_report::{Budget, Evidence, Finding, Known, Severity};

use crate::text::{bytes, head, is_text};
use crate::{
    archive, columns, facts, graph, hex, image, language, notebook, pickle, table, tensors,
};

/// Bytes that tell text from other content.
const SNIFF: u64 = 4096;
/// Largest text file whose inspector is asked: the larger ones are data, which inspectors read whole.
const MAX_INSPECTED_TEXT: u64 = 256 << 10;
/// Most findings that are given.
const MAX_FINDINGS: usize = 20;
/// Longest text of an error or a finding that is given.
const MAX_MESSAGE: usize = 300;

/// Looks at the file at `path` as `form`, from `offset` on where that is text or bytes.
///
/// Never fails: what can not be read or shown is said in the answer.
pub fn look(
    path: &str,
    source: &dyn ReadAt,
    form: PreviewForm,
    offset: u64,
    budget: &mut Budget,
) -> Look {
    if source.is_empty() {
        return Look {
            incomplete: false,
            content: PreviewContent::Empty,
            ..Look::refused(String::new())
        };
    }
    if offset >= source.len() {
        return Look::refused(format!(
            "offset {offset} lies behind the end of its {} bytes",
            source.len()
        ));
    }
    let found = match identify(path, source, budget) {
        Ok(found) => found,
        Err(error) => return Look::refused(reason(&error)),
    };
    let mut looking = Looking { path, source, offset, found, facts: Facts::default() };
    let content = looking.content(form, budget);
    let Looking { facts, found, .. } = looking;
    let (content, refused) = match content {
        Ok(content) => (content, false),
        Err(error) => (PreviewContent::Refused { reason: reason(&error) }, true),
    };
    Look {
        format: found.format.map(|format| FileFormat {
            id: format.id.to_owned(),
            name: format.name.to_owned(),
            media_type: format.media_type.to_owned(),
        }),
        content,
        facts: facts::shown(&facts),
        incomplete: facts.incomplete || refused,
        findings: facts.findings.into_iter().take(MAX_FINDINGS).map(readable_finding).collect(),
    }
}

fn reason(error: &InspectError) -> String {
    crate::text::line(&error.to_string(), MAX_MESSAGE)
}

fn readable_finding(mut finding: Finding) -> Finding {
    finding.message = crate::text::line(&finding.message, MAX_MESSAGE);
    // A member of an archive has the name that its author chose.
    finding.evidence.place = crate::text::line(&finding.evidence.place, MAX_MESSAGE);
    finding
}

struct Looking<'a> {
    path: &'a str,
    source: &'a dyn ReadAt,
    offset: u64,
    found: Identified,
    facts: Facts,
}

/// What a content is shown as.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Markdown,
    Table(u8),
    Notebook,
    Image,
    Columns,
    Pickle { is_zip: bool },
    Graph,
    Tensors,
    Archive,
    Hex,
}

impl Looking<'_> {
    fn content(
        &mut self,
        form: PreviewForm,
        budget: &mut Budget,
    ) -> Result<PreviewContent, InspectError> {
        match form {
            PreviewForm::Hex => {
                Ok(PreviewContent::Hex(hex::dump(self.source, self.offset, budget)?))
            }
            PreviewForm::Text => self.text(budget),
            PreviewForm::Auto => self.auto(budget),
        }
    }

    fn text(&self, budget: &mut Budget) -> Result<PreviewContent, InspectError> {
        let language = language::of(self.path);
        Ok(PreviewContent::Text(head(self.source, self.offset, language, budget)?))
    }

    fn auto(&mut self, budget: &mut Budget) -> Result<PreviewContent, InspectError> {
        let is_text = is_text(&bytes(self.source, 0, SNIFF, budget)?);
        if self.offset > 0 {
            let form = if is_text { PreviewForm::Text } else { PreviewForm::Hex };
            return self.content(form, budget);
        }
        let kind = self.kind(is_text);
        // A text may be data of any size, and its inspector would read all of it.
        if !is_text || self.source.len() <= MAX_INSPECTED_TEXT {
            self.facts = inspect_as(&self.found, self.path, self.source, budget);
        }
        self.show(kind, budget)
    }

    /// By content first: a name never makes a file more than it is.
    fn kind(&self, is_text: bool) -> Kind {
        let id = self.found.format.map_or("", |format| format.id);
        let gives = |name: &str| {
            self.found.inspector.is_some_and(|inspector| inspector.gives().contains(&name))
        };
        match id {
            "csv" if is_text => Kind::Table(b','),
            "tsv" if is_text => Kind::Table(b'\t'),
            "notebook" => Kind::Notebook,
            _ if is_text && language::is_markdown(self.path) => Kind::Markdown,
            "onnx" => Kind::Graph,
            "zip" | "npz" | "mcpb" | "keras" | "skops" => Kind::Archive,
            _ if image::is_raster(id) => Kind::Image,
            // Settings name what is called as well, and HDF5 holds tensors beside it. A pickle of protocol 0 is text.
            _ if gives(property::CALLABLE) && id != "hdf5" && (!is_text || id == "pickle") => {
                let is_zip =
                    matches!(id, "pytorch" | "torchscript" | "torch-package" | "torch-export");
                Kind::Pickle { is_zip }
            }
            _ if gives(property::TENSOR) && !is_text => Kind::Tensors,
            _ if gives(property::COLUMN) && !is_text => Kind::Columns,
            _ if is_text => Kind::Text,
            _ => Kind::Hex,
        }
    }

    fn show(&mut self, kind: Kind, budget: &mut Budget) -> Result<PreviewContent, InspectError> {
        let source = self.source;
        Ok(match kind {
            Kind::Text => self.text(budget)?,
            Kind::Markdown => PreviewContent::Markdown(head(source, 0, Some("markdown"), budget)?),
            Kind::Table(delimiter) => {
                PreviewContent::Table(table::head(source, delimiter, budget)?)
            }
            Kind::Notebook => self.notebook(budget)?,
            Kind::Image => {
                let id = self.found.format.map_or("", |format| format.id);
                PreviewContent::Image(image::info(id, source.len(), &self.facts))
            }
            Kind::Columns => {
                let mut list = columns::list(&self.facts);
                if self.found.format.is_some_and(|format| format.id == "parquet") {
                    list.head = Some(columns::rows(source, budget));
                }
                PreviewContent::Columns(list)
            }
            Kind::Pickle { is_zip } => {
                PreviewContent::Pickle(pickle::imports(source, &self.facts, is_zip, budget))
            }
            Kind::Graph => PreviewContent::Graph(graph::summary(&self.facts)),
            Kind::Tensors => PreviewContent::Tensors(tensors::summary(&self.facts)),
            Kind::Archive => PreviewContent::Archive(archive::list(source, budget)?),
            Kind::Hex => PreviewContent::Hex(hex::dump(source, 0, budget)?),
        })
    }

    /// A notebook that is too large, or none, is shown as the text that it is, and says so.
    fn notebook(&mut self, budget: &mut Budget) -> Result<PreviewContent, InspectError> {
        let problem = if self.source.len() > notebook::MAX_BYTES {
            "it is larger than the notebooks whose cells are shown".to_owned()
        } else {
            match notebook::read(&bytes(self.source, 0, notebook::MAX_BYTES, budget)?) {
                Ok(notebook) => return Ok(PreviewContent::Notebook(notebook)),
                Err(error) => format!("its cells can not be read: {error}"),
            }
        };
        let (file, place) = (self.path.to_owned(), String::new());
        self.facts.incomplete = true;
        self.facts.findings.push(Finding {
            rule: "not-inspected".to_owned(),
            severity: Severity::Low,
            message: problem,
            evidence: Evidence { known: Known::Measured, file, place, digest: None },
        });
        self.text(budget)
    }
}
