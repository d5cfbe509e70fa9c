//! Sends what is due.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use sealkit_api::HubEvent;
use sealkit_attest::Timestamp;
use sealkit_remote::Poster;
use sealkit_store::StoreError;

use super::table::{self, Next};
use super::{Webhook, Webhooks, sign};

/// How often it is looked whether something is due.
const PAUSE: Duration = Duration::from_secs(1);
/// Seconds until the next try after the first, second … that failed; the last one goes on.
const WAITS: [i64; 7] = [5, 30, 120, 600, 1_800, 7_200, 21_600];
/// After so many tries an event is given up: about three days.
const TRIES: i64 = 18;
/// Events that are sent to one webhook in one turn.
const TURN: usize = 16;
/// The other side wants nothing any more (Standard Webhooks, status codes).
const GONE: u16 = 410;

impl Webhooks {
    /// Sends what is due, for as long as nobody ends it. An event that was under way when it ends is sent again
    /// later: its id is the same.
    pub async fn deliver(&self, poster: &Poster) {
        loop {
            // What can not be looked up now is looked up again.
            let due = self.due().await.unwrap_or_default();
            join_all(due.into_iter().map(|(hook, secret)| self.turn(poster, hook, secret))).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn due(&self) -> Result<Vec<(Webhook, String)>, StoreError> {
        let now = (self.clock)();
        self.storage.database().read(move |sql| table::due(sql, now)).await
    }

    /// Sends some of what is next for one webhook, in its order, until one is not taken.
    async fn turn(&self, poster: &Poster, mut hook: Webhook, secret: String) {
        for _ in 0..TURN {
            let asked = hook.clone();
            let next = self
                .storage
                .database()
                .read(move |sql| Ok((table::exists(sql, asked.id)?, table::next(sql, &asked)?)));
            let Ok((true, next)) = next.await else { return };
            let (after, failure) = match next {
                Next::Nothing(last) if last == hook.after => return,
                Next::Nothing(last) => (last, hook.failure.clone()),
                Next::Event(event) => {
                    match send(poster, &hook, &secret, &event, (self.clock)()).await {
                        Ok(()) => (event.number, None),
                        Err(failure) if hook.attempts + 1 < TRIES || failure.gone => {
                            let next_try = (!failure.gone)
                                .then(|| (self.clock)().saturating_add(wait(hook.attempts)));
                            let id = hook.id;
                            let act = move |sql: &rusqlite::Connection| {
                                table::failed(sql, id, &failure.reason, next_try)
                            };
                            let _ = self.storage.database().write(act).await;
                            return;
                        }
                        Err(failure) => {
                            let reason =
                                format!("gave up event {}: {}", event.number, failure.reason);
                            (event.number, Some(reason))
                        }
                    }
                }
            };
            let (id, kept) = (hook.id, failure.clone());
            let act =
                move |sql: &rusqlite::Connection| table::done(sql, id, after, kept.as_deref());
            if self.storage.database().write(act).await.is_err() {
                return;
            }
            (hook.after, hook.attempts, hook.failure) = (after, 0, failure);
        }
    }
}

struct Failure {
    reason: String,
    gone: bool,
}

async fn send(
    poster: &Poster,
    hook: &Webhook,
    secret: &str,
    event: &HubEvent,
    now: i64,
) -> Result<(), Failure> {
    let failed = |reason: String| Failure { reason, gone: false };
    let body = body(event);
    let id = format!("evt_{}", event.number);
    let signature = sign::signature(secret, &id, now, &body);
    let signature = signature.ok_or_else(|| failed("its secret can not be read".to_owned()))?;
    let headers = [
        ("webhook-id", id),
        ("webhook-timestamp", now.to_string()),
        ("webhook-signature", signature),
    ];
    let url = hook.url.parse().map_err(|_| failed("its address can not be read".to_owned()))?;
    match poster.post(&url, &headers, body).await {
        Ok(200..300) => Ok(()),
        Ok(status) => {
            Err(Failure { reason: format!("it answered {status}"), gone: status == GONE })
        }
        Err(reason) => Err(failed(reason)),
    }
}

/// The message: its type, when, and the event.
fn body(event: &HubEvent) -> Bytes {
    let body = serde_json::json!({
        "type": event.action,
        "timestamp": Timestamp::shown(event.time),
        "data": event,
    });
    serde_json::to_vec(&body).unwrap_or_default().into()
}

/// Seconds until the next try, after so many that failed before.
fn wait(attempts: i64) -> i64 {
    let at = usize::try_from(attempts).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    WAITS.get(at).copied().unwrap_or_default()
}
