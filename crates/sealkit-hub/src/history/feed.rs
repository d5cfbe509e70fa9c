//! What became of a kit, as an Atom feed (RFC 4287).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sealkit_api::{KitAct, KitHistory};
use sealkit_attest::Timestamp;
use sealkit_oci::Digest;

use super::{Asked, show};
use crate::HubError;
use crate::api::{self, Paging};
use crate::atom::{answer, host, short, text};
use crate::hub::Shared;
use crate::names::segment;

/// `GET /api/v1/kits/{name}/history.atom`: the acts of the first page of the history.
pub(super) async fn feed(
    state: State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    if state.log.is_none() {
        return Err(HubError::NotLogged);
    }
    let asked = Ok(Query(Asked::default()));
    let history = match show(state.clone(), Path(name.clone()), asked).await {
        Ok(found) => found.0,
        Err(HubError::NotLogged) => {
            // A kit that came before there was a log has an empty feed; one that is not there has none.
            let paging = Ok(Query(Paging::default()));
            let _ = api::versions(state, Path(name.clone()), paging).await?;
            KitHistory::new(name, Vec::new(), None)
        }
        Err(error) => return Err(error),
    };
    Ok(answer(written(host(&headers), &history)))
}

fn written(host: &str, history: &KitHistory) -> String {
    let (host, name) = (text(host), text(&history.name));
    let path = segment(&history.name);
    let updated = Timestamp::shown(history.acts.first().map_or(0, |first| first.time));
    let mut feed = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = write!(
        feed,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>tag:sealkit.dev,2026:kit:{host}:{name}</id>\n\
         <title>{name} on {host}</title>\n\
         <updated>{updated}</updated>\n\
         <author><name>{host}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"/api/v1/kits/{path}/history.atom\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"/kits/{path}/-/history\"/>\n"
    );
    for act in &history.acts {
        entry(&mut feed, &host, &history.name, act);
    }
    feed.push_str("</feed>\n");
    feed
}

fn entry(feed: &mut String, host: &str, name: &str, act: &KitAct) {
    let time = Timestamp::shown(act.time);
    let actor = if act.actor.is_empty() { "nobody known" } else { &act.actor };
    let path = segment(name);
    let page = match &act.digest {
        Some(digest) => format!("/kits/{path}/{digest}"),
        None => format!("/kits/{path}/-/history"),
    };
    let _ = write!(
        feed,
        "<entry>\n<id>tag:sealkit.dev,2026:log:{host}:{}</id>\n<title type=\"text\">{}</title>\n\
         <updated>{time}</updated>\n<author><name>{}</name></author>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
         <link rel=\"related\" type=\"application/json\" href=\"/api/v1/log/proof?index={}\"/>\n</entry>\n",
        act.index,
        text(&sentence(name, act)),
        text(actor),
        text(&page),
        act.index,
    );
}

/// The act in words.
fn sentence(name: &str, act: &KitAct) -> String {
    let tag = act.tag.as_deref().unwrap_or_default();
    let of = |digest: &Option<Digest>| digest.as_ref().map(short).unwrap_or_default();
    let (now, old) = (of(&act.digest), of(&act.old));
    match (act.act.as_str(), act.old.is_some(), act.outcome.as_deref()) {
        ("tag", false, _) => format!("{name}:{tag} set to {now}"),
        ("tag", true, _) => format!("{name}:{tag} moved from {old} to {now}"),
        ("untag", ..) => format!("{name}:{tag} removed, it was {old}"),
        ("delete", ..) => format!("{name}@{now} deleted"),
        ("verdict", _, Some("allow")) => format!("a policy allowed {name}@{now}"),
        ("verdict", _, Some("deny")) => format!("a policy denied {name}@{now}"),
        ("verdict", ..) => format!("a policy could not tell about {name}@{now}"),
        ("quarantine", ..) => format!("{name}@{now} put under quarantine"),
        ("quarantine-lifted", ..) => format!("{name}@{now} released from quarantine"),
        ("advisory", ..) => format!("an advisory was attached to {name}@{now}"),
        (other, ..) => format!("{other} {name}@{now}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(kind: &str, old: Option<&[u8]>) -> KitAct {
        KitAct {
            index: 7,
            time: 1_800_000_000,
            actor: "</name><script>".to_owned(),
            act: kind.to_owned(),
            tag: Some("v1".to_owned()),
            digest: Some(Digest::of(b"new")),
            old: old.map(Digest::of),
            outcome: None,
            immutable: false,
        }
    }

    #[test]
    fn each_act_is_an_entry_and_what_it_says_is_text() {
        let acts = vec![act("tag", Some(b"old")), act("tag", None), act("<x>", None)];
        let feed = written("hub\"<", &KitHistory::new("org/kit".to_owned(), acts, None));
        assert!(!feed.contains("<script>") && !feed.contains("<x>"), "{feed}");
        assert!(feed.contains("<updated>2027-01-15T08:00:00Z</updated>"), "{feed}");
        assert!(feed.contains("org/kit:v1 moved from sha256:"), "{feed}");
        assert!(feed.contains("org/kit:v1 set to sha256:"), "{feed}");
        assert_eq!(feed.matches("<entry>").count(), 3);
        assert!(feed.contains("href=\"/kits/org%2Fkit/sha256:"), "{feed}");
    }

    #[test]
    fn nothing_is_a_feed_too() {
        let feed = written("hub", &KitHistory::new("kit".to_owned(), Vec::new(), None));
        assert!(
            feed.contains("<updated>1970-01-01T00:00:00Z</updated>") && !feed.contains("<entry>")
        );
    }
}
