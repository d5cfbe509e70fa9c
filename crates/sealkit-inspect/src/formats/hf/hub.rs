//! Where a download came from: the layout of the hub's cache in the path, and the notes that a
//! download into a folder leaves in `.cache/huggingface/download`.

use sealkit_report::Budget;

use crate::format::ends_with;
use crate::pick::{Pen, head};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, HubKind, HubOrigin, InspectError, Inspector,
    OriginInfo, Probe, ReadAt, Value, property,
};

const FORMAT: Format =
    Format::new("hf-download-note", "note of a download", Class::Metadata, &[]).media("text/plain");
const FOLDER: &str = ".cache/huggingface/download/";
/// A note has three lines: commit, entity tag, time.
const MAX_NOTE: u64 = 4096;

/// What the path of a file in the hub's cache says of where it came from:
/// `models--OWNER--NAME/snapshots/COMMIT/FILE`.
pub fn hub_origin(path: &str) -> Option<HubOrigin> {
    let parts: Vec<&str> = path.split('/').collect();
    let found = parts.windows(3).rev().find_map(|window| match window {
        [folder, "snapshots", commit] if is_commit(commit) => {
            let (kind, id) = folder.split_once("--")?;
            let kind = match kind {
                "models" => HubKind::Model,
                "datasets" => HubKind::Dataset,
                "spaces" => HubKind::Space,
                _ => return None,
            };
            // A name cannot hold `--`, and only old models have no owner.
            let name = id.replace("--", "/");
            let is_id = !name.is_empty() && name.matches('/').count() <= 1;
            is_id.then(|| HubOrigin { kind, name, commit: (*commit).to_owned() })
        }
        _ => None,
    });
    // The last part is the file itself.
    found.filter(|_| parts.len() > 3)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Adds what the path says to what the file says.
pub(crate) fn from_path(path: &str, facts: &mut Facts) {
    let Some(origin) = hub_origin(path) else { return };
    let mut pen = Pen { path, facts };
    pen.inferred("", property::COMMIT, Value::Text(origin.commit.clone()));
    let id = OriginInfo { revision: Some(origin.commit), ..OriginInfo::named(origin.name) };
    pen.facts.about(
        origin.kind.name(),
        sealkit_report::Known::Inferred,
        (path, ""),
        (property::HUB_ID, Value::Origin(id)),
    );
}

pub(crate) struct DownloadNote;

impl Inspector for DownloadNote {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let first = probe.text().and_then(|text| text.lines().next());
        let fits = first.is_some_and(|line| is_commit(line.trim()));
        if file_of(probe.path).is_some() && fits { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let (text, _) = head(source, budget, MAX_NOTE)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        let mut lines = text.lines().map(str::trim);
        let commit = lines.next().unwrap_or_default();
        let file = file_of(path).unwrap_or_default();
        if is_commit(commit) {
            pen.about(file, "line 1", property::COMMIT, Value::Text(commit.to_owned()));
        }
        // The tag is the SHA-256 of a large file, and the Git identifier of a small one.
        let tag = lines.next().unwrap_or_default();
        let is_hex = tag.bytes().all(|b| b.is_ascii_hexdigit());
        let digest = match tag.len() {
            64 if is_hex => format!("sha256:{tag}"),
            40 if is_hex => format!("gitoid:blob:sha1:{tag}"),
            _ => return Ok(facts),
        };
        let file = FileInfo { path: file.to_owned(), size: None, digests: vec![digest] };
        pen.declared("line 2", property::FILE_REFERENCE, Value::File(file));
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::COMMIT, property::FILE_REFERENCE]
    }
}

/// The file that a note is about, seen from the folder that was downloaded into.
fn file_of(path: &str) -> Option<&str> {
    let at = path.rfind(FOLDER)?;
    let inside = at == 0 || path.get(..at).is_some_and(|before| before.ends_with('/'));
    let name = path.get(at + FOLDER.len()..).filter(|_| inside)?;
    ends_with(name, ".metadata").then(|| name.get(..name.len() - ".metadata".len()))?
}
