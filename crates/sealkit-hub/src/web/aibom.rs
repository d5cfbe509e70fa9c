//! The AIBOM of one version: what is inside, how each value is known, what is missing.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{
    AibomComponent, AibomEntry, AibomList, AibomRelation, AibomScore, AibomSummary, KitLineage,
    LineageEdge, LineageNode,
};
use sealkit_report::counted;

use super::kit::{head, hold, mark, twin};
use super::lineage::{known, relation, svg};
use super::page::{Answer, page, table};
use super::text::{
    capital, command, digest, host, plain, reference, size, time_of, version, version_path,
};
use crate::HubError;
use crate::aibom::{Wanted, list, show_summary};
use crate::hub::Shared;

/// Components that the page shows; the API gives more, the document all.
const MAX_ROWS: usize = 200;
/// Ties that the page lists; the API gives more.
const MAX_TIES: usize = 500;
/// Columns of the picture behind the kit's own.
const MAX_STEPS: i64 = 6;
/// Formats that can be saved: name and title.
const FORMATS: [(&str, &str); 6] = [
    ("cyclonedx-json", "CycloneDX 1.6"),
    ("cyclonedx-json@1.7", "CycloneDX 1.7"),
    ("spdx3-json", "SPDX 3.0.1"),
    ("markdown", "Markdown"),
    ("html", "HTML"),
    ("bundle", "signed bundle"),
];

/// `GET /kits/{name}/{reference}/aibom?digest=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let all = list(State(Arc::clone(&state)), Path((name.clone(), asked.clone()))).await?.0;
    let is_named = wanted.as_ref().is_ok_and(|wanted| wanted.digest.is_some());
    let held = hold(&state, &all.name, &all.digest).await?;
    let found = show_summary(state, Path((name, asked.clone())), wanted).await;
    let pinned = format!("{}/{}@{}", host(&headers), all.name, all.digest);
    let (shown, rest) = match found {
        Ok(found) if is_named => {
            let rest = format!("/aibom/summary?digest={}", found.aibom.referrer);
            (Some(found.0), rest)
        }
        Ok(found) => (Some(found.0), "/aibom/summary".to_owned()),
        // Nothing is there yet: the list says why.
        Err(HubError::NoAibom { .. }) => (None, "/aiboms".to_owned()),
        Err(error) => return Err(error.into()),
    };
    let body = html! {
        (head(&all.name, &asked, "AIBOM"))
        (held)
        @if let Some(shown) = &shown { (inside(shown, &pinned)) } @else { (nothing(&all)) }
        (others(&all, &asked, shown.as_ref().map(|shown| &shown.aibom)))
        h2 { "Check it yourself" }
        p.quiet { "Pull the version, and hold a saved AIBOM against its bytes, or make your own:" }
        (command(&format!("sealkit pull {pinned}")))
        (command(&format!("sealkit bom verify AIBOM.cdx.json {pinned}")))
        (command(&format!("sealkit bom --remote {pinned} --fresh")))
    };
    let title = format!("AIBOM of {}", reference(&all.name, &asked));
    Ok(page(&title, Some(&twin(&all.name, &asked, &rest)), &body))
}

fn nothing(all: &AibomList) -> Markup {
    html! {
        p.empty {
            @if let Some(problem) = &all.problem {
                "The hub could not make one: " (plain(problem)) "."
            } @else {
                "No AIBOM is stored beside this version. The hub makes one soon after a push, unless it was \
                 started with " code { "--no-aibom" } " or the version is under quarantine."
            }
        }
    }
}

fn inside(shown: &AibomSummary, pinned: &str) -> Markup {
    let rest = (shown.count as usize).saturating_sub(shown.components.len().min(MAX_ROWS));
    html! {
        (about(shown))
        h2 #downloads { "Save it" }
        ul.filters { @for (format, title) in FORMATS {
            @if format != "bundle" || shown.aibom.signer.is_some() || shown.aibom.claimed.is_some() {
                li { a href=(format!("{}&format={format}", shown.aibom.download)) download { (title) } }
            }
        } }
        h2 { "What is inside" }
        (table("components", &["Name", "Kind", "Version", "Licence", "Known"],
            &rows(&shown.components)))
        @if rest > 0 { p.note { (rest) " more are in the document." } }
        p.quiet {
            @for line in &shown.completeness { (capital(&plain(line))) ". " }
            a href="/help/marks#known" { "How is a value known?" }
        }
        (ties(shown))
        (details(&shown.components))
        (scores(&shown.scores, pinned))
    }
}

fn about(shown: &AibomSummary) -> Markup {
    let aibom = &shown.aibom;
    html! {
        p { (signature(aibom)) " " a href="/help/marks#aibom" { "Why?" } }
        dl.facts {
            div { dt { "Made by" } dd { (maker(aibom)) } }
            @if let Some(stored) = &aibom.stored { div { dt { "Stored" } dd { (time_of(stored)) } } }
            div { dt { "Components" } dd { (shown.count) } }
            div { dt { "Files" } dd { (shown.files) } }
            div { dt { "Format" } dd { (aibom.format) " " span.quiet { (size(aibom.size)) } } }
            div { dt { "Document" } dd { (digest(&aibom.document)) } }
        }
    }
}

fn signature(aibom: &AibomEntry) -> Markup {
    html! {
        (mark(aibom.verified.then_some(true), "signature"))
        @if let Some(reason) = &aibom.reason { " " span.quiet { (plain(reason)) } }
    }
}

/// Who made it, as far as that is known.
fn maker(aibom: &AibomEntry) -> String {
    match (&aibom.signer, &aibom.claimed, &aibom.tool) {
        (Some(name), _, Some(tool)) => format!("{}, SealKit {tool}", plain(name)),
        (Some(name), _, None) => plain(name),
        (None, Some(claimed), _) => format!("claims to be {}", plain(claimed)),
        (None, None, _) => "nobody says".to_owned(),
    }
}

fn rows(components: &[AibomComponent]) -> Markup {
    html! { @for one in components.iter().take(MAX_ROWS) {
        tr {
            th scope="row" { (plain(&one.name)) }
            td { (one.kind.replace('-', " ")) }
            td { @match &one.version { Some(text) => (version(text)), None => "–" } }
            td { @if one.licences.is_empty() { "–" } @else { (plain(&one.licences.join(", "))) } }
            td { (one.known.name()) }
        }
    } }
}

/// How the components belong together, as a picture and as a table.
fn ties(shown: &AibomSummary) -> Markup {
    let graph = graph(shown);
    let name = |at: usize| shown.components.get(at).map(|one| plain(&one.name)).unwrap_or_default();
    let rows = html! { @for edge in graph.edges.iter().take(MAX_TIES) { tr {
        th scope="row" { (name(edge.from)) }
        td { (relation(edge)) }
        td { (name(edge.to)) }
        td { (known(edge.known)) @if !edge.source.is_empty() { br; span.quiet { (plain(&edge.source)) } } }
    } } };
    let rest = graph.edges.len().saturating_sub(MAX_TIES);
    html! { @if !graph.edges.is_empty() {
        h2 { "How it belongs together" }
        (svg::draw(&graph, "AIBOM"))
        details.values {
            summary { "The same as a table " span.quiet { (counted(graph.edges.len(), "tie")) } }
            (table("ties", &["What", "Tie", "Of", "Known"], &rows))
            @if rest > 0 { p.note { (rest) " more ties are in the JSON." } }
        }
    } }
}

/// The ties as the drawing of a lineage takes them: each component as many steps from the kit as its shortest way
/// has ties; what nothing leads to stands beside what the kit holds.
fn graph(shown: &AibomSummary) -> KitLineage {
    let mut steps: Vec<Option<i64>> = vec![None; shown.components.len()];
    let (mut next, mut step) = (vec![0], 0);
    while !next.is_empty() {
        for at in &next {
            if let Some(own) = steps.get_mut(*at) {
                own.get_or_insert(step);
            }
        }
        step += 1;
        let ways = shown.relations.iter().filter(|tie| next.contains(&tie.from));
        let mut found: Vec<usize> = ways.map(|tie| tie.to).collect();
        found.retain(|at| steps.get(*at).is_some_and(Option::is_none));
        found.sort_unstable();
        found.dedup();
        next = found;
    }
    let node = |(component, steps): (&AibomComponent, Option<i64>)| LineageNode {
        kind: component.kind.clone(),
        name: component.name.clone(),
        version: component.version.clone(),
        digest: None,
        known: component.known,
        steps: steps.unwrap_or(1).min(MAX_STEPS),
        kits: Vec::new(),
    };
    let edge = |tie: &AibomRelation| LineageEdge {
        from: tie.from,
        to: tie.to,
        relation: tie.relation.clone(),
        role: tie.role.clone(),
        known: tie.known,
        source: tie.source.clone(),
    };
    let mut graph = KitLineage::new(shown.name.clone(), shown.digest.clone());
    graph.nodes = shown.components.iter().zip(steps).map(node).collect();
    graph.edges = shown.relations.iter().map(edge).collect();
    graph
}

/// Every value of every component, with how it is known and what says so.
fn details(components: &[AibomComponent]) -> Markup {
    let said = components.iter().filter(|one| !one.statements.is_empty());
    html! { @for one in said.take(MAX_ROWS) {
        details.values {
            summary { (plain(&one.name)) " " span.quiet { (one.kind.replace('-', " ")) ", "
                (counted(one.statements.len(), "value")) } }
            @let rows = html! { @for line in &one.statements {
                tr {
                    th scope="row" { (plain(&line.what)) }
                    td { (plain(&line.value)) }
                    td { @if line.known.is_empty() { "–" } @else { (line.known) } }
                    td { @if line.source.is_empty() { "–" } @else { code { (plain(&line.source)) } } }
                }
            } };
            (table(&format!("values of {}", plain(&one.name)), &["What", "Value", "Known", "Source"], &rows))
        }
    } }
}

fn scores(scores: &[AibomScore], pinned: &str) -> Markup {
    let rows = html! { @for one in scores {
        tr {
            th scope="row" { (one.title) }
            td.number { (format!("{:.1} %", one.percent)) }
            td.number { (one.missing.iter().filter(|gap| gap.demanded).count()) }
            td.number { (one.missing.iter().filter(|gap| !gap.demanded).count()) }
            td { code { (one.profile) } }
        }
    } };
    html! {
        h2 { "How complete it is" }
        p.quiet { "What each profile asks for: how much is said, and how many elements are missing." }
        (table("profiles", &["Profile", "Said", "Demanded", "Recommended", "Id"], &rows))
        (command(&format!("sealkit bom score {pinned} --remote --profile g7-ai")))
        @for one in scores.iter().filter(|one| !one.missing.is_empty()) {
            details.values {
                summary { "What " (one.title) " misses " span.quiet { (counted(one.missing.len(), "element")) } }
                @let rows = html! { @for gap in &one.missing {
                    tr {
                        th scope="row" { (gap.title) }
                        td { @if gap.demanded { "demanded" } @else { "recommended" } }
                        td { (gap.supply) }
                    }
                } };
                (table(&format!("missing of {}", one.profile), &["Element", "Need", "How to supply it"], &rows))
            }
        }
    }
}

fn others(all: &AibomList, asked: &str, shown: Option<&AibomEntry>) -> Markup {
    let path = version_path(&all.name, asked);
    let rows = html! { @for one in &all.aiboms {
        tr {
            th scope="row" {
                @if shown.is_some_and(|shown| shown.referrer == one.referrer) { "shown here" } @else {
                    a href=(format!("{path}/aibom?digest={}", one.referrer)) { (digest(&one.referrer)) }
                }
            }
            td { (one.format) }
            td { (maker(one)) }
            td { (signature(one)) }
            td { @match &one.stored { Some(stored) => (time_of(stored)), None => "–" } }
        }
    } };
    html! { @if !all.aiboms.is_empty() {
        h2 { "AIBOMs of this version" }
        (table("AIBOMs", &["Which", "Format", "Made by", "Mark", "Stored"], &rows))
        @if all.more { p.note { "More are attached than were looked at." } }
    } }
}
