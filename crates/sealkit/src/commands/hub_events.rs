//! `sealkit hub events`, and what commands on the hub's machine write there.

use sealkit_api::HubEvents;
use sealkit_hub::{EventFilter, Events, NewEvent, OPERATOR, Storage};
use sealkit_ops::OpsError;
use sealkit_ops::time::{parse_time, rfc3339};

use super::hub_store::open;
use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::HubEventsArgs;
use crate::console::{Failure, Table};

/// Shows a page of them.
pub(super) fn run(app: &App, args: &HubEventsArgs) -> Result<Exit, Failure> {
    let storage = open(&args.place.data)?;
    let filter = EventFilter {
        repository: args.repository.clone(),
        actor: args.actor.clone(),
        action: args.action.clone(),
        since: args.since.as_deref().map(parse_time).transpose()?,
        before: args.before,
        limit: Some(args.limit.into()),
    };
    let page = filter.page();
    let work = async { Ok(Events::of(&storage).await?.list(filter).await?) };
    let Some(found) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    let next = found.last().map(|last| last.number).filter(|_| found.len() == page);
    if args.place.format == "json" {
        app.console.answer(json(&HubEvents::new(found, next))?);
        return Ok(Exit::Yes);
    }
    let mut table = Table::new(&["NUMBER", "TIME", "ACTOR", "ACTION", "WHERE", "WHAT", "MORE"]);
    for event in &found {
        let time = rfc3339(event.time).unwrap_or_else(|| event.time.to_string());
        let place = event.repository.as_deref().unwrap_or_default();
        let what = event.subject.as_deref().unwrap_or_default();
        let times = (event.count > 1).then(|| format!("{} times ", event.count));
        let more = times.unwrap_or_default() + event.detail.as_deref().unwrap_or_default();
        let number = event.number.to_string();
        table.row([number.as_str(), &time, &event.actor, &event.action, place, what, &more]);
    }
    app.console.answer(table.render());
    if let Some(next) = next {
        app.console.info(format!("There may be more: `--before {next}`"));
    }
    Ok(Exit::Yes)
}

/// Writes down what a command did.
pub(super) async fn note(
    storage: &Storage,
    action: &'static str,
    detail: String,
) -> Result<(), OpsError> {
    let event = NewEvent::new(OPERATOR, action).saying(detail);
    Ok(Events::of(storage).await?.record(event).await?)
}
