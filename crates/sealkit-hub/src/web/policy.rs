//! The policies that guard tags, in plain words, and what they answered.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{HubPolicies, HubPolicy, HubPolicyRule, HubVerdict, HubVerdicts};
use serde_json::Value;

use super::kit::mark;
use super::page::{Answer, page, table};
use super::text::{command, digest, host, plain, prose, version_path, when};
use crate::access::Caller;
use crate::hub::Shared;
use crate::policies::{self, Asked};

/// `GET /policy?before=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let found = policies::show(state.clone(), caller.clone()).await?.0;
    let has_catalogue = state.catalog.is_some();
    let log = policies::verdicts(state, caller, asked).await?.0;
    let body = html! {
        h1 { "Policy" }
        (summary(&found))
        @for policy in &found.policies { (one(policy)) }
        (simulate(&host(&headers), has_catalogue))
        (verdicts(&log, &found))
    };
    Ok(page("Policy", Some("/api/v1/policy"), &body))
}

fn summary(found: &HubPolicies) -> Markup {
    html! {
        @if found.policies.is_empty() {
            p.empty { "No policy guards the tags that you may read: whoever may push sets them. Write one and start the \
                hub with it:" }
            (command("sealkit policy init -o policy.yaml"))
            (command("sealkit hub --data ./hub --policy policy.yaml"))
        } @else {
            p { "Before a tag is set or moved to a kit, the hub judges the kit by each policy that is for its \
                 repository; all have to allow. A kit that is pushed by its digest is not judged, so that its \
                 signatures can follow it. "
                @if found.pulls { "Pulls of whoever may not push are judged too." }
                @else { "Pulls are not judged." } }
        }
    }
}

fn one(policy: &HubPolicy) -> Markup {
    html! {
        section aria-label=(plain(&policy.name)) {
            h2 { (plain(&policy.name)) }
            p.quiet {
                @match &policy.prefix {
                    Some(prefix) => { "For " code { (prefix) } " and what is below it" },
                    None => "For every repository",
                }
                " · " (does(&policy.mode)) " · " (digest(&policy.digest))
            }
            @if let Some(text) = &policy.description { p { (plain(text)) } }
            @if policy.rules.is_empty() {
                p.note { "It has no rule and allows everything that is not revoked." }
            } @else {
                (table("rules", &["Rule", "It asks that", "Where it does not hold", "A kit meets it so"], &rules(&policy.rules)))
            }
            @for exception in &policy.exceptions {
                p.note { "Until " (when(exception.until)) " rule " code { (plain(&exception.rule)) } " need not hold"
                    @if let Some(found) = &exception.digest { " for " (digest(found)) } ": " (plain(&exception.reason)) }
            }
        }
    }
}

fn does(mode: &str) -> &'static str {
    if mode == "warn" { "it warns and lets the tag be set" } else { "the tag is refused" }
}

fn rules(all: &[HubPolicyRule]) -> Markup {
    html! { @for rule in all {
        tr {
            th scope="row" { code { (plain(&rule.id)) }
                @for pattern in &rule.repositories { " " span.tag { (plain(pattern)) } } }
            td.wide { (rule.asks) @if let Some(why) = &rule.description { br; span.quiet { (plain(why)) } }
                @if let Some(settings) = rule.settings.as_ref().and_then(shown) { br; code { (plain(&settings)) } }
                br; span.quiet { "By: " (rule.evidence) ". Without it the rule denies." } }
            td { (does(&rule.mode)) }
            td.wide { (prose(&rule.satisfy)) }
        }
    } }
}

/// The settings of a rule in one line; none where there is nothing to say.
fn shown(settings: &Value) -> Option<String> {
    let inner = settings.as_object()?.values().next()?.clone();
    said(inner).map(|said| said.to_string())
}

/// A value without what says nothing in it; none where nothing stays.
fn said(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(all) if all.is_empty() => None,
        Value::Object(fields) => {
            let kept = fields.into_iter().filter_map(|(name, value)| Some((name, said(value)?)));
            let kept: serde_json::Map<_, _> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other),
    }
}

fn simulate(host: &str, has_catalogue: bool) -> Markup {
    html! {
        h2 { "What would it say?" }
        p.quiet { "Judges a kit without setting a tag; every step is shown with its reason. Exit code 0 is yes." }
        (command(&format!("sealkit check --remote {host}/NAME:TAG --policy policy.yaml")))
        @if has_catalogue {
            p.quiet { "What a new or changed policy would change on the kits here, before it is in force: every layer of \
                the newest version of each repository that you may read is read." }
            (super::policy_trial::form("", "", false))
            (command(&format!("sealkit policy test policy.yaml --hub {host}")))
        }
    }
}

fn verdicts(log: &HubVerdicts, known: &HubPolicies) -> Markup {
    html! {
        h2 { "What it answered" }
        @if log.verdicts.is_empty() {
            p.empty { "No answer about a repository that you may read is in the log." }
        } @else {
            (table("verdicts", &["When", "Answer", "Kit", "Policy", "By", "Entry"], &rows(&log.verdicts, known)))
        }
        @if let Some(next) = log.next {
            p { a rel="next" href=(format!("/policy?before={next}")) { "Earlier" } }
        }
    }
}

fn rows(all: &[HubVerdict], known: &HubPolicies) -> Markup {
    let name = |one: &HubVerdict| {
        known
            .policies
            .iter()
            .find(|policy| policy.digest == one.policy)
            .map(|policy| policy.name.clone())
    };
    html! { @for one in all {
        tr {
            th scope="row" { (when(one.time)) }
            td { (answer(&one.outcome)) }
            td { a href=(version_path(&one.repository, &one.digest.to_string())) { (plain(&one.repository)) } br;
                (digest(&one.digest)) }
            td { @match name(one) {
                Some(name) => (plain(&name)),
                None => { (digest(&one.policy)) br; span.quiet { "not in force now" } },
            } }
            td { (plain(&one.actor)) }
            td.number { a href=(format!("/api/v1/log/proof?index={}", one.index)) title="the entry and its proof" {
                "#" (one.index)
            } }
        }
    } }
}

pub(super) fn answer(outcome: &str) -> Markup {
    match outcome {
        "allow" => mark(Some(true), "allowed"),
        "deny" => mark(Some(false), "denied"),
        _ => mark(None, "could not tell"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_that_say_nothing_are_left_out() {
        let settings =
            json!({"signers": {"by": {"roles": [], "keys": []}, "threshold": "any", "of": null}});
        assert_eq!(shown(&settings).as_deref(), Some(r#"{"threshold":"any"}"#));
        for empty in
            [json!({"pinned": null}), json!({"integrity": {"steps": []}}), json!("bom-matches")]
        {
            assert_eq!(shown(&empty), None, "{empty}");
        }
    }
}
