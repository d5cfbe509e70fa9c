//! What is inside, and how it was asked for.

use std::collections::BTreeSet;

use sealkit_oci::Digest;
use sealkit_report::{Outcome, counted};

use super::answer::{Answer, listed, quoted};
use super::view::View;
use crate::facts::FileFact;
use crate::model::{Annotations, ForbiddenFormats, Integrity};

/// Id of the step that says that layers are what their digests say.
pub(super) const STEP_BLOBS: &str = "blob-digests";

pub(super) fn pinned(view: &View<'_>) -> Answer {
    let digest = &view.facts.subject.digest;
    if view.facts.subject.pinned {
        return Answer::holds("it was asked for by its digest").by(digest);
    }
    let reason = format!("a tag can be moved at any time; it was {digest} just now");
    Answer::fails("not-pinned", reason).by(digest)
}

pub(super) fn integrity(ask: &Integrity, view: &View<'_>) -> Answer {
    let failed: Vec<String> = view
        .facts
        .steps
        .iter()
        .filter(|step| step.outcome == Outcome::Fail)
        .map(|step| format!("{}: {}", step.title, step.reason))
        .collect();
    if !failed.is_empty() {
        return Answer::fails("verification-failed", listed(&failed)).about(failed);
    }
    let named = ask.steps.iter().map(crate::model::Name::as_str);
    let lacking: Vec<String> =
        named.filter(|id| !view.facts.passed(id)).map(|id| format!("`{id}`")).collect();
    if !lacking.is_empty() {
        let reason = |id: &str| view.facts.step(id).map(|step| step.reason.clone());
        let first = ask.steps.iter().find_map(|id| reason(id.as_str()).filter(|r| !r.is_empty()));
        return Answer::missing(format!("steps that did not pass: {}", listed(&lacking)))
            .about(lacking)
            .with_note(first);
    }
    let passed = view.facts.steps.iter().filter(|step| step.outcome == Outcome::Pass).count();
    if passed == 0 {
        return Answer::missing("nothing was verified");
    }
    Answer::holds(format!("{} passed", counted(passed, "step")))
}

pub(super) fn formats(ask: &ForbiddenFormats, view: &View<'_>) -> Answer {
    let Some(files) = &view.facts.files else {
        return Answer::missing("the files inside were not looked at");
    };
    let asked = files.iter().filter(|file| !ask.except.iter().any(|p| p.matches(&file.path)));
    let forbidden = |file: &FileFact| {
        let formats = file.formats.iter().flatten().chain(&file.traits);
        formats
            .into_iter()
            .find(|format| ask.formats.iter().any(|no| no.as_str() == *format))
            .cloned()
    };
    let found: Vec<String> = asked
        .clone()
        .filter_map(|file| Some(format!("{} is {}", quoted(&file.path), quoted(&forbidden(file)?))))
        .collect();
    if !found.is_empty() {
        return Answer::fails("forbidden-format", listed(&found)).about(found);
    }
    let unread: Vec<String> = asked
        .filter(|file| file.formats.is_none() || file.digest.is_none())
        .map(|file| quoted(&file.path))
        .collect();
    if !unread.is_empty() {
        let reason = format!("not read, or by nobody's word: {}", listed(&unread));
        return Answer::missing(reason).about(unread);
    }
    if !view.facts.passed(STEP_BLOBS) {
        return Answer::missing("the layers were not verified");
    }
    Answer::holds(counted(files.len(), "file"))
}

pub(super) fn annotations(ask: &Annotations, view: &View<'_>) -> Answer {
    let Some(manifest) = &view.facts.manifest else {
        return Answer::missing("the manifest was not read");
    };
    let mut lacking = Vec::new();
    for (key, pattern) in &ask.require {
        match manifest.annotations.get(key) {
            Some(value) if pattern.matches(value) => {}
            Some(value) => lacking.push(format!("{} is {}", quoted(key), quoted(value))),
            None => lacking.push(format!("{} is not there", quoted(key))),
        }
    }
    let answer = if lacking.is_empty() {
        Answer::holds(counted(ask.require.len(), "annotation"))
    } else {
        Answer::fails("annotation-missing", listed(&lacking)).about(lacking)
    };
    answer.by(&view.facts.subject.digest)
}

pub(super) fn layers(view: &View<'_>) -> Answer {
    let Some(manifest) = &view.facts.manifest else {
        return Answer::missing("the manifest was not read");
    };
    let named: BTreeSet<&Digest> = view.vouching().flat_map(|said| &said.subjects).collect();
    let sealed: BTreeSet<&Digest> = view.facts.sealed_layers.iter().flatten().collect();
    let open: Vec<String> = manifest
        .layers
        .iter()
        .filter(|layer| !sealed.contains(layer) && !named.contains(layer))
        .map(ToString::to_string)
        .collect();
    if open.is_empty() {
        return Answer::holds(counted(manifest.layers.len(), "layer"));
    }
    let reason = format!("no seal names {}", listed(&open));
    if view.facts.sealed_layers.is_some() {
        Answer::fails("unsigned-layer", reason).about(open)
    } else {
        Answer::missing(reason).about(open)
    }
}
