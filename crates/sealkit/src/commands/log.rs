//! `sealkit log`.

use sealkit_ops::log::{self, LogEvent, LogRequest, LogVerification, Monitored};
use sealkit_ops::login::registry_of;
use sealkit_ops::time::rfc3339;
use sealkit_ops::trust::read_log_key;
use sealkit_report::{Outcome, Step, Verdict};
use serde::Serialize;

use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::{LogArgs, LogCommand, LogMonitorArgs};
use crate::console::{Failure, Table, escape};

/// Carries out the commands below `log`.
pub(crate) fn run(app: &App, command: &LogCommand) -> Result<Exit, Failure> {
    match command {
        LogCommand::Verify(args) => verify(app, args),
        LogCommand::Monitor(args) => monitor(app, args),
    }
}

fn request(args: &LogArgs) -> Result<LogRequest, Failure> {
    Ok(LogRequest {
        hub: registry_of(&args.hub).to_owned(),
        key: args.log_key.as_deref().map(read_log_key).transpose()?,
        accept_new_key: args.accept_new_key,
    })
}

fn verify(app: &App, args: &LogArgs) -> Result<Exit, Failure> {
    let request = request(args)?;
    let context = app.context_at(args.network.clone(), Some(&args.hub))?;
    let Some(found) = app.block_on(log::verify(&context, &request))? else {
        return Ok(Exit::Interrupted);
    };
    if app.console.is_brief(&args.format) {
        if let Some(tree) = &found.tree {
            app.console.answer(&tree.root);
        }
    } else if args.format == "json" {
        app.console.answer(json(&Answer::of(&found, None))?);
    } else {
        app.console.answer(steps(app, &found));
    }
    Ok(exit(app, &found))
}

fn monitor(app: &App, args: &LogMonitorArgs) -> Result<Exit, Failure> {
    let request = request(&args.log)?;
    let context = app.context_at(args.log.network.clone(), Some(&args.log.hub))?;
    let work = log::monitor(&context, &request, args.repository.as_deref());
    let Some(found) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    let rows: Vec<Event> = found.events.iter().map(Event::of).collect();
    if app.console.is_brief(&args.log.format) {
        for row in &rows {
            app.console.answer(row.index.to_string());
        }
    } else if args.log.format == "json" {
        app.console.answer(json(&Answer::of(&found.verification, Some((&found, rows))))?);
    } else {
        app.console.answer(steps(app, &found.verification));
        if !rows.is_empty() {
            app.console.answer(table(&rows));
        }
    }
    Ok(exit(app, &found.verification))
}

/// The exit that the steps mean, and what to do where there is no key.
fn exit(app: &App, found: &LogVerification) -> Exit {
    match found.report.verdict() {
        Verdict::Yes => Exit::Yes,
        Verdict::No => Exit::No,
        Verdict::Unknown => {
            if found.key.is_none() {
                app.console.info(
                    "Compare the key with what whoever runs the hub says, and give it with `--log-key`; \
                     or pin it unseen with `--accept-new-key`",
                );
            }
            Exit::Unanswered
        }
    }
}

fn steps(app: &App, found: &LogVerification) -> String {
    let line = |step: &Step| {
        let mark = match step.outcome {
            Outcome::Pass => app.console.paint("32", "\u{2713}"),
            Outcome::Fail => app.console.paint("31", "\u{2717}"),
            Outcome::Unknown | Outcome::Skip => "\u{2013}".to_owned(),
        };
        let reason = escape(&step.reason);
        let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
        format!("{mark} {}{reason}", step.title)
    };
    found.report.steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn table(rows: &[Event]) -> String {
    let mut table = Table::new(&["ENTRY", "TIME", "ACTOR", "ACT", "REPOSITORY", "TAG", "DIGEST"]);
    for row in rows {
        let text = |text: &Option<String>| text.as_deref().map_or("-".to_owned(), escape);
        table.row([
            row.index.to_string(),
            text(&row.time),
            text(&row.actor),
            row.kind.to_owned(),
            text(&row.repository),
            text(&row.tag),
            text(&row.digest),
        ]);
    }
    table.render()
}

/// What `--format json` answers; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema_version: u32,
    hub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<Tree<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<Tree<'a>>,
    verdict: Verdict,
    steps: &'a [Step],
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Event>>,
}

#[derive(Serialize)]
struct Tree<'a> {
    origin: &'a str,
    size: u64,
    root: &'a str,
}

impl<'a> Answer<'a> {
    fn of(found: &'a LogVerification, monitored: Option<(&Monitored, Vec<Event>)>) -> Self {
        let tree = |tree: &'a sealkit_ops::log::LogTree| Tree {
            origin: &tree.origin,
            size: tree.size,
            root: &tree.root,
        };
        let (from, events) = match monitored {
            Some((monitored, events)) => (Some(monitored.from), Some(events)),
            None => (None, None),
        };
        Self {
            schema_version: 1,
            hub: &found.hub,
            key: found.key.as_ref().map(ToString::to_string),
            tree: found.tree.as_ref().map(tree),
            pinned: found.pinned.as_ref().map(tree),
            verdict: found.report.verdict(),
            steps: &found.report.steps,
            from,
            events,
        }
    }
}

/// One entry.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    index: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
}

impl Event {
    fn of(event: &LogEvent) -> Self {
        let bare = |index, kind| Self {
            index,
            kind,
            time: None,
            actor: None,
            repository: None,
            tag: None,
            digest: None,
        };
        match event {
            LogEvent::Act { index, leaf } => Self {
                time: rfc3339(leaf.time),
                actor: Some(leaf.actor.clone()),
                repository: Some(leaf.repository.clone()),
                tag: leaf.act.tag().map(str::to_owned),
                digest: leaf.act.digest().map(ToString::to_string),
                ..bare(*index, leaf.act.name())
            },
            LogEvent::Signature { index, digest } => {
                Self { digest: Some(digest.to_string()), ..bare(*index, "signature") }
            }
            LogEvent::Unknown { index } => bare(*index, "unknown"),
        }
    }
}
