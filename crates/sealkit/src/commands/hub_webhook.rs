//! `sealkit hub webhook add|list|remove`, and the sending while a hub runs.

use std::path::Path;

use sealkit_hub::{Poster, Storage, Webhook, WebhookError, Webhooks};
use sealkit_ops::time::rfc3339;
use serde::Serialize;

use super::hub_events::note;
use super::hub_store::{answer, open};
use crate::app::{App, Exit};
use crate::cli::{HubPlaceArgs, HubWebhookAddArgs, HubWebhookCommand, HubWebhookRemoveArgs};
use crate::console::{Failure, Table};

/// A new webhook: the only answer that holds its secret.
#[derive(Serialize)]
struct Made {
    id: i64,
    secret: String,
}

#[derive(Serialize)]
struct Listed {
    webhooks: Vec<Webhook>,
}

#[derive(Serialize)]
struct Removed {
    id: i64,
    removed: bool,
}

/// Does one of them.
pub(super) fn run(app: &App, command: &HubWebhookCommand) -> Result<Exit, Failure> {
    match command {
        HubWebhookCommand::Add(args) => add(app, args),
        HubWebhookCommand::List(args) => list(app, args),
        HubWebhookCommand::Remove(args) => remove(app, args),
    }
}

/// Sends events to the webhooks of a hub for as long as it runs.
pub(super) async fn follow(storage: &Storage, anywhere: bool) -> Result<(), Failure> {
    let webhooks = Webhooks::of(storage).await?;
    let agent = concat!("sealkit/", env!("CARGO_PKG_VERSION"));
    let poster = Poster::new(agent, anywhere);
    tokio::spawn(async move { webhooks.deliver(&poster).await });
    Ok(())
}

fn add(app: &App, args: &HubWebhookAddArgs) -> Result<Exit, Failure> {
    let work = async |webhooks: Webhooks| webhooks.add(&args.url, &args.events).await;
    let detail = format!("for {}", args.events.join(" "));
    let (id, secret) = with(app, &args.place.data, work, Some(("webhook.add", detail)))?;
    app.console
        .info("The secret is shown this once; whoever receives the events checks them with it");
    let usual = Poster::new("", false);
    if let Some(reason) = args.url.parse().ok().and_then(|url| usual.takes(&url).err()) {
        let told = "a hub sends there only with `--insecure-webhook-anywhere`";
        app.console.warn(format!("{reason}: {told}"));
    }
    let line = secret.clone();
    answer(app, &args.place, &Made { id, secret }, line)?;
    Ok(Exit::Yes)
}

fn list(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let webhooks = with(app, &args.data, async |webhooks| webhooks.list().await, None)?;
    let mut table = Table::new(&["ID", "URL", "EVENTS", "DONE", "STATE"]);
    for one in &webhooks {
        let (id, after) = (one.id.to_string(), one.after.to_string());
        table.row([&id, &one.url, &one.events.join(" "), &after, &state(one)]);
    }
    let text = table.render();
    answer(app, args, &Listed { webhooks }, text)?;
    Ok(Exit::Yes)
}

fn state(one: &Webhook) -> String {
    let failure = one.failure.as_deref().unwrap_or_default();
    match (one.disabled, one.attempts) {
        (true, _) => format!("gone: {failure}"),
        (false, 0) if failure.is_empty() => "good".to_owned(),
        (false, 0) => failure.to_owned(),
        (false, tries) => {
            let next = rfc3339(one.next_try).unwrap_or_default();
            format!("{failure}; tried {tries} times, again at {next}")
        }
    }
}

fn remove(app: &App, args: &HubWebhookRemoveArgs) -> Result<Exit, Failure> {
    let id = args.id;
    let work = async |webhooks: Webhooks| webhooks.remove(id).await;
    let removed = with(app, &args.place.data, work, Some(("webhook.remove", id.to_string())))?;
    let text =
        if removed { format!("removed webhook {id}") } else { format!("there is no webhook {id}") };
    answer(app, &args.place, &Removed { id, removed }, text)?;
    Ok(if removed { Exit::Yes } else { Exit::No })
}

/// Does an act on the webhooks of the storage in `folder`, and writes down that it was done.
fn with<T>(
    app: &App,
    folder: &Path,
    act: impl AsyncFnOnce(Webhooks) -> Result<T, WebhookError>,
    event: Option<(&'static str, String)>,
) -> Result<T, Failure> {
    let storage = open(folder)?;
    app.serve(async {
        let done = act(Webhooks::of(&storage).await?).await?;
        if let Some((action, detail)) = event {
            note(&storage, action, detail).await?;
        }
        Ok(done)
    })
}
