//! Which format a file has, by its content first and its name second.

use sealkit_report::{Budget, Severity};

use crate::formats::hf::hub::from_path;
use crate::read_at::piece;
use crate::zip::Directory;
use crate::{
    Class, Confidence, Facts, Format, INSPECTORS, InspectError, Inspector, Probe, ReadAt, Value,
    encoding, inside, property,
};

/// What a file was found to be.
#[derive(Clone, Copy)]
pub struct Identified {
    /// The format; none where nothing is known of the file.
    pub format: Option<&'static Format>,
    /// What the file is to a kit.
    pub class: Class,
    /// What reads the format.
    pub inspector: Option<&'static dyn Inspector>,
    /// How sure it is.
    pub confidence: Confidence,
    /// The format that the file name promises, where the content has another one.
    pub promised: Option<&'static Format>,
    /// Whether it was found only once the bytes were decoded, and is to be read so.
    pub(crate) is_decoded: bool,
    /// Whether programs take the file for text that it is not.
    pub(crate) is_unread: bool,
}

impl std::fmt::Debug for Identified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = |format: Option<&Format>| format.map(|format| format.id);
        f.debug_struct("Identified")
            .field("format", &id(self.format))
            .field("class", &self.class)
            .field("confidence", &self.confidence)
            .field("promised", &id(self.promised))
            .finish_non_exhaustive()
    }
}

/// Finds the format of a file. Reads its head, its tail, and the member list of a zip archive.
pub fn identify(
    path: &str,
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Identified, InspectError> {
    let head = piece(source, budget, 0, Probe::HEAD)?;
    let tail = piece(source, budget, source.len().saturating_sub(Probe::TAIL), Probe::TAIL)?;
    let is_zip = head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06");
    // A list that cannot be read leaves a plain, broken zip; its inspector says what is wrong.
    let zip = if is_zip { Directory::read(source, budget).ok() } else { None };
    let probe = Probe::new(path, &head, &tail, source.len(), zip.as_ref());
    encoding::again(&probe, choose(&probe), source, budget, choose)
}

/// Identifies and reads a file. What cannot be read becomes a finding, never silence.
pub fn inspect(path: &str, source: &dyn ReadAt, budget: &mut Budget) -> (Class, Facts) {
    match identify(path, source, budget) {
        Ok(found) => (found.class, inspect_as(&found, path, source, budget)),
        Err(error) => (Class::Unknown, unreadable(path, &error)),
    }
}

/// The same for what lies inside of another file, so many of them inside each other.
pub(crate) fn inspect_below(
    path: &str,
    source: &dyn ReadAt,
    budget: &mut Budget,
    depth: u32,
) -> Facts {
    match identify(path, source, budget) {
        Ok(found) => look(&found, (path, source), budget, depth),
        Err(error) => unreadable(path, &error),
    }
}

/// Reads a file that was identified, and what lies inside of it. What cannot be read becomes a finding,
/// never silence.
pub fn inspect_as(
    found: &Identified,
    path: &str,
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Facts {
    look(found, (path, source), budget, 0)
}

fn look(
    found: &Identified,
    (path, source): (&str, &dyn ReadAt),
    budget: &mut Budget,
    depth: u32,
) -> Facts {
    let mut facts = match found.inspector.map(|i| read(found, i, (path, source), budget)) {
        Some(Ok(facts)) => facts,
        Some(Err(error)) => unreadable(path, &error),
        None => Facts::default(),
    };
    if found.is_unread {
        encoding::not_read(found, path, &mut facts);
    }
    if let Some(format) = found.format {
        describe(&mut facts, path, format, found.confidence);
    }
    from_path(path, &mut facts);
    if let Some(promised) = found.promised {
        let real = found.format.map_or("something else", |format| format.name);
        let message = format!("the name says {}, the content is {real}", promised.name);
        facts.find("format-mismatch", Severity::Medium, (path, ""), message);
    }
    inside::look(found, (path, source), &mut facts, budget, depth);
    facts
}

fn read(
    found: &Identified,
    inspector: &dyn Inspector,
    (path, source): (&str, &dyn ReadAt),
    budget: &mut Budget,
) -> Result<Facts, InspectError> {
    if !found.is_decoded {
        return inspector.inspect(source, path, budget);
    }
    let mut noted = Facts::default();
    let text = encoding::all((path, source), budget, &mut noted)?;
    let mut facts = inspector.inspect(&text, path, budget).unwrap_or_else(|e| unreadable(path, &e));
    facts.extend(noted);
    Ok(facts)
}

fn describe(facts: &mut Facts, path: &str, format: &'static Format, confidence: Confidence) {
    let id = Value::Text(format.id.to_owned());
    if confidence >= Confidence::Content {
        facts.measured(path, "", property::FORMAT, id);
    } else {
        facts.inferred(path, "", property::FORMAT, id);
    }
    if let Some(framework) = format.framework
        && facts.text(property::FRAMEWORK).is_none()
    {
        facts.inferred(path, "", property::FRAMEWORK, Value::Text(framework.to_owned()));
    }
}

fn unreadable(path: &str, error: &InspectError) -> Facts {
    let mut facts = Facts { incomplete: true, ..Facts::default() };
    facts.find("not-inspected", Severity::Medium, (path, ""), error.to_string());
    facts
}

/// The format that the bytes and the name show.
pub(crate) fn choose(probe: &Probe<'_>) -> Identified {
    let mut best: Option<&'static dyn Inspector> = None;
    let mut confidence = Confidence::No;
    for &inspector in INSPECTORS {
        let sure = inspector.probe(probe);
        // The first of equals wins: the list goes from the special to the general.
        if sure > confidence {
            (best, confidence) = (Some(inspector), sure);
        }
    }
    let format = best.map(Inspector::format);
    let class = format.map_or(Class::Unknown, |format| format.class);
    let promised = promised(probe, format);
    let (is_decoded, is_unread) = (false, false);
    Identified { format, class, inspector: best, confidence, promised, is_decoded, is_unread }
}

/// The format that the name alone promises, unless the one found has that ending too.
fn promised(probe: &Probe<'_>, found: Option<&'static Format>) -> Option<&'static Format> {
    let name = probe.file_name();
    if probe.len == 0 || found.is_some_and(|format| format.claims_name(name)) {
        return None;
    }
    let by_name = INSPECTORS.iter().find(|i| i.format().claims_name(name))?;
    // What is packed, or a database, is one whatever it holds, as long as that is no model.
    let is_holder = matches!(by_name.format().id, "gzip" | "sqlite" | "zstd");
    let is_model = found.is_some_and(|format| format.class == Class::Model);
    if is_holder && !is_model && by_name.probe(probe) == Confidence::Magic {
        return None;
    }
    let by_name = by_name.format();
    let is_text =
        |id: &str| matches!(id, "text" | "markdown" | "json" | "yaml" | "csv" | "jsonl" | "xml");
    // A special text format, say a model card or a manifest, is no lie under a general text name.
    let is_general = is_text(by_name.id) || by_name.id == "source-code" && !is_model;
    let both_text = is_general && probe.text().is_some();
    (!both_text).then_some(by_name)
}
