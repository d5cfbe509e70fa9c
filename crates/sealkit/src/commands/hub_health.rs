//! `sealkit hub health`.

use std::time::Duration;

use sealkit_ops::health::{Health, hub_health};
use sealkit_ops::network::{ClientOptions, Pem};
use serde::Serialize;

use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::HubHealthArgs;
use crate::console::Failure;

/// What `--format json` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schema_version: u32,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Asks a hub whether it can do its work.
pub(super) fn run(app: &App, args: &HubHealthArgs) -> Result<Exit, Failure> {
    let options = ClientOptions {
        offline: app.is_offline(),
        tls_certs: args.tls_cert.iter().cloned().map(Pem::Path).collect(),
        ..ClientOptions::default()
    };
    let asked = hub_health(options, &args.url, Duration::from_secs(args.timeout));
    let Some(health) = app.block_on(asked)? else { return Ok(Exit::Interrupted) };
    let (ready, reason) = match health {
        Health::Ready => (true, None),
        Health::NotReady(reason) => (false, Some(reason)),
    };
    let text = reason.as_ref().map_or("ready".to_owned(), |reason| format!("not ready: {reason}"));
    if args.format == "json" {
        app.console.answer(json(&Answer { schema_version: 1, ready, reason })?);
    } else {
        app.console.answer(text);
    }
    Ok(if ready { Exit::Yes } else { Exit::No })
}
