//! Where it comes from: datasets, base models, ancestors, builders and sources.

use sealkit_attest::{Provenance, ResourceDescriptor, Uri};
use sealkit_oci::Digest;
use sealkit_report::counted;

use super::answer::{Answer, listed, quoted};
use super::bom::signed;
use super::view::{View, counts_above};
use crate::facts::{Ancestor, AncestorState, BomPart, Claim, PartKind, Said};
use crate::model::{BaseModels, Builder, Datasets, Lineage, Pattern, Source, Who};

pub(super) fn datasets(ask: &Datasets, view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let (mut loose, mut unproven) = (Vec::new(), Vec::new());
    let mut count = 0_usize;
    for part in bom.parts.iter().filter(|part| part.kind == PartKind::Dataset) {
        count += 1;
        if part.digest.is_none() {
            loose.push(quoted(&part.name));
        } else if ask.attested {
            match attested(ask, part, view) {
                Ok(true) => {}
                Ok(false) => unproven.push(quoted(&part.name)),
                Err(answer) => return answer,
            }
        }
    }
    let answer = if !loose.is_empty() {
        Answer::fails("dataset-not-pinned", listed(&loose)).about(loose)
    } else if !unproven.is_empty() {
        let reason = format!("no statement about the version of {}", listed(&unproven));
        Answer::missing(reason).about(unproven).with_note(view.revoked_note())
    } else {
        Answer::holds(format!("{count} datasets"))
    };
    answer.by(&bom.evidence)
}

/// Whether a statement names the bytes of a dataset; an error where two contradict each other.
fn attested(ask: &Datasets, part: &BomPart, view: &View<'_>) -> Result<bool, Answer> {
    let all: Vec<_> = view
        .by(&ask.by)
        .filter_map(|said| match &said.claim {
            Claim::Dataset(version) => Some((said, version)),
            _ => None,
        })
        .collect();
    for (at, (said, one)) in all.iter().enumerate() {
        if let Some(split) = all.iter().skip(at + 1).find_map(|(_, other)| one.conflict(other)) {
            let (id, version) = (quoted(&one.id), quoted(&one.version));
            let reason = format!("{} of {id} {version} has two digests", quoted(split));
            return Err(Answer::fails("version-conflict", reason).by(&said.evidence));
        }
    }
    let fits = |version: &sealkit_attest::DatasetVersion| {
        let said = part.version.as_deref();
        said.is_none_or(|said| said == version.version)
            && version.splits.values().any(|split| split.digest.sha256() == part.digest)
    };
    Ok(part.digest.is_some() && all.iter().any(|(_, version)| fits(version)))
}

pub(super) fn base_models(ask: &BaseModels, view: &View<'_>) -> Answer {
    let bom = match signed(view, &Who::default()) {
        Ok(bom) => bom,
        Err(answer) => return answer,
    };
    let Some(lineage) = &view.facts.lineage else {
        return Answer::missing("the ancestors were not looked for");
    };
    let named = bom.parts.iter().filter(|part| part.kind == PartKind::BaseModel);
    let named = named.map(|part| (part.name.as_str(), part.digest.as_ref()));
    let above = lineage.ancestors.iter().filter(|one| one.kind == PartKind::BaseModel);
    let above = above.map(|one| (one.name.as_str(), one.digest.as_ref()));
    let is_allowed = |name: &str, digest: Option<&Digest>| {
        ask.names.iter().any(|pattern| pattern.matches(name))
            || digest.is_some_and(|digest| ask.digests.contains(digest))
            || ask.by.as_ref().is_some_and(|who| {
                let same = |one: &&Ancestor| digest.is_some() && one.digest.as_ref() == digest;
                lineage.ancestors.iter().filter(same).any(|one| {
                    one.state == AncestorState::Verified
                        && one
                            .signers
                            .iter()
                            .any(|signer| !view.is_revoked(signer) && counts_above(who, signer))
                })
            })
    };
    let all: Vec<_> = named.chain(above).collect();
    let mut bad: Vec<String> = all
        .iter()
        .filter(|(name, digest)| !is_allowed(name, *digest))
        .map(|(name, _)| quoted(name))
        .collect();
    bad.sort();
    bad.dedup();
    if bad.is_empty() {
        return Answer::holds(format!("{} base models", all.len())).by(&bom.evidence);
    }
    Answer::fails("base-model-not-allowed", listed(&bad)).about(bad).by(&bom.evidence)
}

/// Whether it says what the kit was made from, be it from nothing.
fn says_descent(said: &Said) -> bool {
    match &said.claim {
        Claim::Provenance(_) | Claim::Lineage => true,
        Claim::Dataset(version) => !version.parents.is_empty(),
        _ => false,
    }
}

/// The state of an ancestor, where those do not count who are revoked.
fn standing(one: &Ancestor, view: &View<'_>) -> AncestorState {
    let by_revoked = !one.signers.is_empty() && one.signers.iter().all(|by| view.is_revoked(by));
    match one.state {
        AncestorState::Verified if by_revoked => AncestorState::Missing,
        state => state,
    }
}

pub(super) fn lineage(ask: &Lineage, view: &View<'_>) -> Answer {
    let Some(lineage) = &view.facts.lineage else {
        return Answer::missing("the ancestors were not looked for");
    };
    let meant = |one: &&Ancestor| ask.depth.is_none_or(|depth| one.depth <= depth);
    let named = |one: &Ancestor| {
        let why = one.reason.as_deref().filter(|_| one.state == AncestorState::Failed);
        let why = why.map(|why| format!(" ({})", crate::yaml::shown(why)));
        format!("{}{}", quoted(&one.name), why.unwrap_or_default())
    };
    let of = |state: AncestorState| -> Vec<String> {
        let all = lineage.ancestors.iter().filter(meant);
        all.filter(|one| standing(one, view) == state).map(named).collect()
    };
    let failed = of(AncestorState::Failed);
    if !failed.is_empty() {
        return Answer::fails("ancestor-failed", listed(&failed)).about(failed);
    }
    let mut open = of(AncestorState::Declared);
    open.extend(of(AncestorState::Missing));
    if !open.is_empty() {
        return Answer::missing(format!("not verified: {}", listed(&open))).about(open);
    }
    if !lineage.complete {
        return Answer::missing("the walk ended at a limit");
    }
    // A kit of which nobody says anything has no known ancestors either.
    let Some(said) = view.all().find(|said| says_descent(said)) else {
        let reason =
            "no provenance or lineage statement by anybody who counts says what it was made from";
        return Answer::missing(reason).with_note(view.revoked_note());
    };
    let count = lineage.ancestors.iter().filter(meant).count();
    Answer::holds(counted(count, "ancestor")).by(&said.evidence)
}

fn fits(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

pub(super) fn builder(ask: &Builder, view: &View<'_>) -> Answer {
    let mut others = Vec::new();
    for said in view.by(&ask.by) {
        let Claim::Provenance(provenance) = &said.claim else { continue };
        let builder = provenance.run_details.builder.id.as_str();
        let kind = provenance.build_definition.build_type.as_str();
        let is_kind = ask.build_types.is_empty() || fits(&ask.build_types, kind);
        if fits(&ask.builders, builder) && is_kind {
            return Answer::holds(format!("{} by {}", quoted(kind), quoted(builder)))
                .by(&said.evidence);
        }
        others.push(format!("{} by {}", quoted(kind), quoted(builder)));
    }
    if others.is_empty() {
        return Answer::missing("no provenance by anybody who counts")
            .with_note(view.revoked_note());
    }
    Answer::fails("builder-not-allowed", listed(&others)).about(others)
}

/// Where code came from.
struct Origin {
    repository: String,
    reference: Option<String>,
    commit: Option<String>,
}

/// A `git+` URI, split at the last `@` of its path.
fn origin(part: &ResourceDescriptor) -> Option<Origin> {
    let uri = part.uri.as_ref().map(Uri::as_str)?.strip_prefix("git+")?;
    let uri = uri.split('#').next().unwrap_or(uri);
    let host = uri.find("://").map_or(0, |at| at + 3);
    let path = uri.get(host..)?.find('/').map_or(uri.len(), |at| host + at);
    let (repository, reference) = match uri.get(path..)?.find('@') {
        Some(at) => (uri.get(..path + at)?, uri.get(path + at + 1..).map(str::to_owned)),
        None => (uri, None),
    };
    let digest = part.digest.as_ref();
    let commit = digest.and_then(|digest| digest.get("gitCommit").or_else(|| digest.get("sha1")));
    Some(Origin { repository: repository.to_owned(), reference, commit: commit.map(str::to_owned) })
}

pub(super) fn source(ask: &Source, view: &View<'_>) -> Answer {
    let meets = |origin: &Origin| {
        let reference = origin.reference.as_deref();
        let commit = origin.commit.as_deref();
        fits(&ask.repositories, &origin.repository)
            && (ask.refs.is_empty() || reference.is_some_and(|name| fits(&ask.refs, name)))
            && (ask.commits.is_empty()
                || commit.is_some_and(|id| ask.commits.iter().any(|wanted| wanted.as_str() == id)))
    };
    let origins = |provenance: &Provenance| -> Vec<Origin> {
        provenance.build_definition.resolved_dependencies.iter().filter_map(origin).collect()
    };
    let mut others = Vec::new();
    for said in view.by(&ask.by) {
        let Claim::Provenance(provenance) = &said.claim else { continue };
        let found = origins(provenance);
        if let Some(good) = found.iter().find(|origin| meets(origin)) {
            return Answer::holds(format!("made from {}", quoted(&good.repository)))
                .by(&said.evidence);
        }
        others.extend(found.iter().map(shown));
    }
    if others.is_empty() {
        let reason = "no provenance by anybody who counts names a source";
        return Answer::missing(reason).with_note(view.revoked_note());
    }
    Answer::fails("source-not-allowed", listed(&others)).about(others)
}

fn shown(origin: &Origin) -> String {
    let mut text = origin.repository.clone();
    for more in [&origin.reference, &origin.commit].into_iter().flatten() {
        text.push('@');
        text.push_str(more);
    }
    quoted(&text)
}
