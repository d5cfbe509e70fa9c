//! Whether a hub can do its work.

use std::time::Duration;

use sealkit_remote::web::{WebCall, shown_address};
use sealkit_remote::{Client, ClientOptions};
use serde::Deserialize;
use url::Url;

use crate::OpsError;
use crate::network::Proxy;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 10;

/// What a hub says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does its work.
    Ready,
    /// It does not, and this is why.
    NotReady(String),
}

/// The answer of `/readyz`.
#[derive(Debug, Deserialize)]
struct Report {
    ready: bool,
    #[serde(default)]
    draining: bool,
    #[serde(default = "yes")]
    database: bool,
    #[serde(default = "yes")]
    folder: bool,
}

fn yes() -> bool {
    true
}

/// Asks the hub at `address` once, within `patience`. No credentials are sent, and no proxy is asked: health is
/// a question to one machine.
///
/// # Errors
/// When the address is none, nobody answers there in time, or who answers is no hub.
pub async fn hub_health(
    options: ClientOptions,
    address: &str,
    patience: Duration,
) -> Result<Health, OpsError> {
    let shown = shown_address(address);
    let no_hub = |reason: &str| {
        OpsError::usage("no-hub", format!("`{shown}` {reason}"))
            .with_hint("give the address of a hub with `--url`, e.g. `http://127.0.0.1:5000`")
    };
    let url = Url::parse(address).and_then(|base| base.join("/readyz"));
    let url = url.map_err(|_| no_hub("is no address of a hub"))?;
    let mut options = ClientOptions { proxy: Proxy::Direct, ..options };
    options.plain_http = url.scheme() == "http";
    options.retry.retries = 0;
    let client = Client::new(options);
    let ask = async {
        let call = WebCall::get(url, "ask whether the hub is ready");
        let mut reply = client.web(&call).await?;
        Ok((reply.status(), reply.bytes(MAX_ANSWER).await?))
    };
    let answer = tokio::time::timeout(patience, ask).await;
    let answer =
        answer.map_err(|_| no_hub(&format!("did not answer in {} s", patience.as_secs())))?;
    let (status, body) = answer
        .map_err(|error: sealkit_remote::RemoteError| OpsError::Store(error.at(shown.as_str())))?;
    let report = body.and_then(|body| serde_json::from_slice::<Report>(&body).ok());
    match report {
        Some(report) => Ok(judge(status, &report)),
        None => Err(no_hub("is no SealKit hub")),
    }
}

/// Status and body have to say the same.
fn judge(status: u16, report: &Report) -> Health {
    let why = [
        (report.draining, "it is about to end"),
        (!report.database, "its database does not answer"),
        (!report.folder, "its folder can not be written to"),
    ];
    let why: Vec<&str> = why.into_iter().filter(|(is, _)| *is).map(|(_, why)| why).collect();
    match (report.ready && status == 200, why.is_empty()) {
        (true, true) => Health::Ready,
        (_, false) => Health::NotReady(why.join(", ")),
        (false, true) => Health::NotReady(format!("it answers {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, text: &str) -> Health {
        judge(status, &serde_json::from_str(text).unwrap())
    }

    #[test]
    fn only_a_whole_yes_is_one() {
        let yes = r#"{"ready":true,"draining":false,"database":true,"folder":true}"#;
        assert_eq!(of(200, yes), Health::Ready);
        assert_eq!(of(200, r#"{"ready":true}"#), Health::Ready);
        assert_eq!(of(503, yes), Health::NotReady("it answers 503".into()));
        let full = r#"{"ready":false,"draining":false,"database":false,"folder":false}"#;
        let why = "its database does not answer, its folder can not be written to";
        assert_eq!(of(503, full), Health::NotReady(why.into()));
        let ends = r#"{"ready":true,"draining":true}"#;
        assert_eq!(of(200, ends), Health::NotReady("it is about to end".into()));
    }
}
