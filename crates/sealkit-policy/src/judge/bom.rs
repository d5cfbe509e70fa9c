//! What the signed AIBOM says.

use super::answer::{Answer, listed, quoted};
use super::licence::{is_accepted, is_met, is_named, is_restricted};
use super::view::View;
use crate::facts::{BomFacts, BomPart, Claim, PartKind};
use crate::model::{BomPresent, BomScore, Documentation, Licences, Licensed, Rail, Who};
use sealkit_report::counted;

/// Id of the step that holds the AIBOM against what is inside.
const STEP_BOM: &str = "bom";

/// The AIBOM, where somebody who counts has signed it.
pub(super) fn signed<'a>(view: &View<'a>, who: &Who) -> Result<&'a BomFacts, Answer> {
    let missing =
        || Answer::missing("no AIBOM by anybody who counts").with_note(view.revoked_note());
    let bom = view.facts.bom.as_ref().ok_or_else(missing)?;
    let carries = |said: &&crate::facts::Said| {
        matches!(said.claim, Claim::Bom) && said.evidence == bom.evidence
    };
    view.by(who).any(|said| carries(&said)).then_some(bom).ok_or_else(missing)
}

pub(super) fn present(ask: &BomPresent, view: &View<'_>) -> Answer {
    match signed(view, &ask.by) {
        Ok(bom) => Answer::holds(counted(bom.parts.len(), "part")).by(&bom.evidence),
        Err(answer) => answer,
    }
}

pub(super) fn score(ask: &BomScore, view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let Some(score) = bom.scores.get(ask.profile.as_str()) else {
        return Answer::missing(format!("no score by `{}` is known", ask.profile));
    };
    let (percent, wanted) = (score.percent, ask.at_least.get());
    let reason = format!("{percent} % of `{}`", ask.profile);
    if percent >= wanted {
        return Answer::holds(reason).by(&bom.evidence);
    }
    Answer::fails("score-too-low", format!("{reason}, not {wanted} %")).by(&bom.evidence)
}

pub(super) fn matches(view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let step = view.facts.step(STEP_BOM);
    if view.facts.passed(STEP_BOM) {
        return Answer::holds("it lists what is inside").by(&bom.evidence);
    }
    match step {
        Some(step) if step.outcome == sealkit_report::Outcome::Fail => {
            Answer::fails("aibom-mismatch", &step.reason).by(&bom.evidence)
        }
        Some(step) => Answer::missing(&step.reason).by(&bom.evidence),
        None => Answer::missing("it was not held against what is inside").by(&bom.evidence),
    }
}

pub(super) fn documentation(ask: &Documentation, view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let Some(score) = bom.scores.get(ask.profile.as_str()) else {
        return Answer::missing(format!("profile `{}` was not asked", ask.profile));
    };
    let known = |id: &Name| score.elements.iter().any(|element| element.id == id.as_str());
    if let Some(id) = ask.fields.iter().find(|id| !known(id)) {
        return Answer::missing(format!("`{}` has no element `{id}`", ask.profile));
    }
    let wanted = |id: &str, demanded: bool| match ask.fields.as_slice() {
        [] => demanded,
        fields => fields.iter().any(|field| field.as_str() == id),
    };
    let lacking: Vec<String> = score
        .elements
        .iter()
        .filter(|element| wanted(&element.id, element.demanded) && element.said == Some(false))
        .map(|element| quoted(&element.id))
        .collect();
    if lacking.is_empty() {
        return Answer::holds(format!("all that is asked of `{}`", ask.profile)).by(&bom.evidence);
    }
    Answer::fails("documentation-missing", listed(&lacking)).about(lacking).by(&bom.evidence)
}

type Name = crate::model::Name;

/// Judges the licences of every part that is meant.
fn judged<'a>(
    bom: &BomFacts,
    parts: impl Iterator<Item = &'a BomPart>,
    code: &str,
    accepts: &dyn Fn(&str) -> bool,
) -> Answer {
    let (mut bad, mut silent, mut count) = (Vec::new(), Vec::new(), 0_usize);
    for part in parts {
        count += 1;
        if part.licences.is_empty() {
            silent.push(quoted(&part.name));
        }
        for (licence, _) in part.licences.iter().filter(|(text, _)| !is_met(text, accepts)) {
            bad.push(format!("{} is under {}", quoted(&part.name), quoted(licence)));
        }
    }
    let answer = if !bad.is_empty() {
        Answer::fails(code, listed(&bad)).about(bad)
    } else if !silent.is_empty() {
        Answer::missing(format!("no licence is known of {}", listed(&silent))).about(silent)
    } else {
        Answer::holds(format!("{} with licences", counted(count, "part")))
    };
    answer.by(&bom.evidence)
}

pub(super) fn licences(ask: &Licences, view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let meant = |part: &&BomPart| {
        let kind = match part.kind {
            PartKind::Model => Licensed::Models,
            PartKind::Dataset => Licensed::Datasets,
            PartKind::BaseModel => Licensed::BaseModels,
            PartKind::Code => Licensed::Code,
            PartKind::Other => return false,
        };
        ask.of.contains(&kind)
    };
    let accepts = |name: &str| is_accepted(&ask.allow, &ask.deny, name);
    judged(bom, bom.parts.iter().filter(meant), "licence-not-allowed", &accepts)
}

pub(super) fn restrictions(ask: &Rail, view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let meant = |part: &&BomPart| {
        matches!(part.kind, PartKind::Model | PartKind::BaseModel | PartKind::Dataset)
    };
    let accepts = |name: &str| !is_restricted(name) || is_named(&ask.accept, name);
    judged(bom, bom.parts.iter().filter(meant), "use-restricted", &accepts)
}
