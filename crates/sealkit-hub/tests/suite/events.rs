//! What was done on a hub is written down, and who may read it.

use crate::common::guarded::{Guarded, index};
use sealkit_hub::{EventFilter, Events, NewEvent};
use sealkit_oci::Digest;
use serde_json::{Value, json};

async fn events(guarded: &Guarded, token: &str, query: &str) -> Vec<Value> {
    let reply = guarded.ask(token, "GET", &format!("/api/v1/events{query}"), b"").await;
    assert_eq!(reply.status, 200, "{query}");
    reply.json()["events"].as_array().unwrap().clone()
}

/// Who, what, where and about what, the oldest first.
fn told(events: &[Value]) -> Vec<String> {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or("-").to_owned();
    let line = |event: &Value| {
        ["actor", "action", "repository", "subject"].map(|key| text(event, key)).join(" ")
    };
    events.iter().rev().map(line).collect()
}

#[tokio::test]
async fn every_write_is_told_in_order() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let ci = guarded.token("ci", &["write:team"]).await;
    let blob = guarded.push(&ci, "team/a", b"bytes").await;
    let mount = format!("/v2/team/b/blobs/uploads/?mount={blob}&from=team/a");
    guarded.ask(&ci, "POST", &mount, b"").await;
    guarded.tag(&ci, "team/a", "latest", "one").await;
    let one = Digest::of(index("one").as_bytes());
    for path in ["manifests/latest".to_owned(), format!("manifests/{one}"), format!("blobs/{blob}")]
    {
        let path = format!("/v2/team/a/{path}");
        assert_eq!(guarded.ask(&boss, "DELETE", &path, b"").await.status, 202);
    }
    let all = events(&guarded, &boss, "").await;
    let expected = [
        "operator token.add - 1".to_owned(),
        "operator token.add - 2".to_owned(),
        format!("ci blob.push team/a {blob}"),
        format!("ci blob.mount team/b {blob}"),
        format!("ci manifest.push team/a {one}"),
        "ci tag.set team/a latest".to_owned(),
        "boss tag.delete team/a latest".to_owned(),
        format!("boss manifest.delete team/a {one}"),
        format!("boss blob.delete team/a {blob}"),
    ];
    assert_eq!(told(&all), expected);
    assert_eq!(all[3]["detail"], json!(one.to_string()));
    assert_eq!(all[5]["detail"], "from team/a");
    assert!(!serde_json::to_string(&all).unwrap().contains("skt_"));
}

#[tokio::test]
async fn events_are_filtered_and_come_in_pages() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let ci = guarded.token("ci", &["write:team"]).await;
    for number in 0..5 {
        guarded.tag(&ci, "team/a", "latest", &number.to_string()).await;
        guarded.tag(&boss, "team/b", "latest", &number.to_string()).await;
    }
    assert_eq!(events(&guarded, &boss, "?action=tag").await.len(), 10);
    assert_eq!(events(&guarded, &boss, "?action=tag.set&actor=ci").await.len(), 5);
    assert_eq!(events(&guarded, &boss, "?action=ta").await.len(), 0);
    assert_eq!(events(&guarded, &boss, "?repository=team/b").await.len(), 10);
    assert_eq!(events(&guarded, &boss, "?since=99999999999").await.len(), 0);
    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/events?action=tag&limit=3{query}");
        let page = guarded.ask(&boss, "GET", &path, b"").await.json();
        seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["number"].clone()));
        let Some(next) = page["next"].as_i64() else { break };
        query = format!("&before={next}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 10);
    for query in ["?limit=x", "?since=x", "?actor=a&actor=b"] {
        let reply = guarded.ask(&boss, "GET", &format!("/api/v1/events{query}"), b"").await;
        assert_eq!(reply.status, 400, "{query}");
    }
    for (query, form) in [
        ("?limit=x", "`limit` is not a whole number from 0"),
        ("?since=x", "`since` is not a time: seconds since 1970, RFC 3339, or a day"),
        ("?since=2026-13-45", "`since` is not a time: seconds since 1970, RFC 3339, or a day"),
        ("?since=-5", "`since` is not a time"),
    ] {
        let reply = guarded.ask(&boss, "GET", &format!("/api/v1/events{query}"), b"").await;
        let told = reply.json()["message"].as_str().unwrap().to_owned();
        assert!(reply.status == 400 && told.contains(form), "{query}: {told}");
    }
    for (since, found) in [
        ("2020-02-29", true),
        ("2020-02-29T12:00:00Z", true),
        ("2020-02-29T12:00:00%2B02:00", true),
        ("2999-01-01", false),
    ] {
        let told = events(&guarded, &boss, &format!("?since={since}")).await;
        assert_eq!(!told.is_empty(), found, "{since}");
    }
}

#[tokio::test]
async fn only_administrators_read_events() {
    let guarded = Guarded::start(true).await;
    let team = guarded.token("t", &["admin:team"]).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.tag(&writer, "other", "latest", "x").await;
    guarded.tag(&writer, "team/a", "latest", "x").await;
    for query in ["", "?repository=other", "?repository=", "?actor=w"] {
        let path = format!("/api/v1/events{query}");
        assert_eq!(guarded.ask(&team, "GET", &path, b"").await.status, 403, "{query}");
        assert_eq!(guarded.ask(&writer, "GET", &path, b"").await.status, 403, "{query}");
        assert_eq!(guarded.hub.client.get(&path).await.status, 401, "{query}");
    }
    let own = events(&guarded, &team, "?repository=team/a").await;
    assert_eq!(told(&own).last().unwrap(), "w tag.set team/a latest");
}

#[tokio::test]
async fn refusals_are_told_once_and_then_counted() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let reader = guarded.token("r", &["read:team"]).await;
    for _ in 0..20 {
        assert_eq!(guarded.hub.client.get("/v2/").await.status, 401, "an invitation");
        let path = "/v2/team/a/blobs/uploads/";
        assert_eq!(guarded.ask(&reader, "POST", path, b"").await.status, 403);
        assert_eq!(guarded.ask("skt_no", "GET", "/v2/team/a/tags/list", b"").await.status, 401);
    }
    for number in 0..20 {
        let path = format!("/v2/made-up-{number}/tags/list");
        assert_eq!(guarded.ask("skt_no", "GET", &path, b"").await.status, 401);
    }
    // Credentials in a body are credentials too.
    let form = b"grant_type=password&username=r&password=skt_no&service=sealkit-hub";
    for (path, body) in [("/token", &form[..]), ("/api/v1/oidc/token", br#"{"token":"x"}"#)] {
        assert_eq!(guarded.hub.client.send("POST", path, &[], body).await.status, 401, "{path}");
    }
    // Behind an act of its own all that was noted before is written.
    guarded.storage.database().write(|_| Ok(())).await.unwrap();
    let denied = events(&guarded, &boss, "?action=access").await;
    let expected =
        ["r access.deny team/a -", "anonymous access.deny - -", "anonymous access.deny - -"];
    assert_eq!(told(&denied), expected);
    assert_eq!(denied[0]["detail"], "POST 401 from 127.0.0.1");
    assert_eq!(denied[2]["detail"], "POST 403 from 127.0.0.1");
    let Guarded { hub, storage, folder: _folder, .. } = guarded;
    hub.stop.unwrap().send(()).unwrap();
    hub.server.await.unwrap().unwrap();
    let denied = Events::of(&storage).await.unwrap();
    let filter = EventFilter { action: Some("access.deny".to_owned()), ..EventFilter::default() };
    let denied = denied.list(filter).await.unwrap();
    let mut counts: Vec<u64> = denied.iter().map(|event| event.count).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 1, 1, 19, 39], "all of them, and six rows");
}

#[tokio::test]
async fn pulls_are_counted_by_manifest() {
    let guarded = Guarded::start(false).await;
    let ci = guarded.token("ci", &["write:team"]).await;
    for text in ["one", "two"] {
        guarded.tag(&ci, "team/a", "latest", text).await;
    }
    let (one, two) = (Digest::of(index("one").as_bytes()), Digest::of(index("two").as_bytes()));
    for (path, times) in [("latest".to_owned(), 2), (two.to_string(), 1), (one.to_string(), 1)] {
        for _ in 0..times {
            let path = format!("/v2/team/a/manifests/{path}");
            assert_eq!(guarded.ask(&ci, "GET", &path, b"").await.status, 200);
            assert_eq!(guarded.ask(&ci, "HEAD", &path, b"").await.status, 200);
        }
    }
    let reply = guarded.ask(&ci, "GET", "/api/v1/kits/team%2Fa/pulls", b"").await.json();
    let pulls = reply["pulls"].as_array().unwrap();
    assert_eq!(pulls.len(), 2);
    assert_eq!((&pulls[0]["digest"], &pulls[0]["count"]), (&json!(two.to_string()), &json!(3)));
    assert_eq!((&pulls[1]["digest"], &pulls[1]["count"]), (&json!(one.to_string()), &json!(1)));
    let other = guarded.token("o", &["admin:other"]).await;
    assert_eq!(guarded.ask(&other, "GET", "/api/v1/kits/team%2Fa/pulls", b"").await.status, 403);
}

#[tokio::test]
async fn no_program_changes_or_removes_an_event() {
    let guarded = Guarded::start(false).await;
    let events = Events::of(&guarded.storage).await.unwrap();
    events.record(NewEvent::new("x", "token.add").saying("é".repeat(10_000))).await.unwrap();
    for sql in ["UPDATE events SET actor = 'y'", "DELETE FROM events"] {
        let act = |connection: &rusqlite::Connection| Ok(connection.execute(sql, [])?);
        assert!(guarded.storage.database().write(act).await.is_err(), "{sql}");
    }
    let found = events.list(EventFilter::default()).await.unwrap();
    assert_eq!((found.len(), found[0].actor.as_str()), (1, "x"));
    assert_eq!(found[0].detail.as_ref().unwrap().chars().count(), 512, "cut, not refused");
}

#[tokio::test]
async fn every_filter_and_page_is_what_looking_at_each_event_gives() {
    let guarded = Guarded::start(false).await;
    let events = Events::of(&guarded.storage).await.unwrap();
    let (actors, places) = (["ana", "ben"], [None, Some("team/a"), Some("team/ab")]);
    let actions = ["tag.set", "tag.delete", "token.add", "quarantine.place"];
    let mut all = Vec::new();
    for at in 0..61_usize {
        let (actor, action) = (actors[at % 2], actions[at / 2 % 4]);
        let event = NewEvent::new(actor, action);
        let place = places[at / 3 % 3];
        let event = place.map_or(event.clone(), |place| event.within(place));
        events.record(event).await.unwrap();
        all.push((actor, action, place));
    }
    let some = |text: &str| Some(text.to_owned());
    for actor in [None, Some("ana"), Some("an")] {
        for action in [None, Some("tag"), Some("tag.set"), Some("t"), Some("quarantine.place")] {
            for place in [None, Some("team/a"), Some("team")] {
                let fits = |one: &(&str, &str, Option<&str>)| {
                    let scope =
                        |asked: &str| one.1.split('.').next() == Some(asked) || one.1 == asked;
                    actor.is_none_or(|asked| one.0 == asked)
                        && action.is_none_or(scope)
                        && place.is_none_or(|asked| one.2 == Some(asked))
                };
                let expected: Vec<_> = all.iter().rev().filter(|one| fits(one)).copied().collect();
                let (mut found, mut before) = (Vec::new(), None);
                loop {
                    let (repository, actor) = (place.and_then(some), actor.and_then(some));
                    let action = action.and_then(some);
                    let filter = EventFilter {
                        repository,
                        actor,
                        action,
                        before,
                        since: None,
                        limit: Some(7),
                    };
                    let page = events.list(filter).await.unwrap();
                    before = page.last().map(|last| last.number);
                    let is_last = page.len() < 7;
                    found.extend(
                        page.into_iter().map(|one| (one.actor, one.action, one.repository)),
                    );
                    if is_last {
                        break;
                    }
                }
                let found: Vec<_> =
                    found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_deref())).collect();
                assert_eq!(found, expected, "{actor:?} {action:?} {place:?}");
            }
        }
    }
}
