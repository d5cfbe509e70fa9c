//! `sealkit trust`.

use sealkit_ops::trust::{self, Role, TrustedKey};
use serde::Serialize;

use crate::app::{App, Exit};
use crate::cli::{TrustAddArgs, TrustCommand, TrustRemoveArgs};
use crate::console::{Failure, Table, escape};

/// Carries out `trust add`, `trust list` and `trust remove`.
pub(crate) fn run(app: &App, command: &TrustCommand) -> Result<Exit, Failure> {
    match command {
        TrustCommand::Add(args) => add(app, args),
        TrustCommand::List { format } => list(app, format),
        TrustCommand::Remove(args) => remove(app, args),
    }
}

fn add(app: &App, args: &TrustAddArgs) -> Result<Exit, Failure> {
    let key = trust::read_public_key(&args.key)?;
    let stem = args.key.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.clone().or(stem).unwrap_or_else(|| key.id());
    let (id, fingerprint) = (key.id(), key.fingerprint());
    trust::add(&app.home, TrustedKey::new(key, name.clone(), Role::Signer))?;
    if app.console.is_quiet() {
        app.console.answer(id);
    } else {
        app.console.answer(format!("Trusted: {} {fingerprint}", escape(&name)));
    }
    Ok(Exit::Yes)
}

fn remove(app: &App, args: &TrustRemoveArgs) -> Result<Exit, Failure> {
    let gone = trust::remove(&app.home, &args.key)?;
    if app.console.is_quiet() {
        app.console.answer(gone.public_key.id());
    } else {
        let print = gone.public_key.fingerprint();
        app.console.answer(format!("No longer trusted: {} {print}", escape(&gone.name)));
    }
    Ok(Exit::Yes)
}

/// One trusted key in the JSON answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    name: String,
    role: String,
    id: String,
    fingerprint: String,
    public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schema_version: u32,
    keys: Vec<Row>,
}

fn list(app: &App, format: &str) -> Result<Exit, Failure> {
    let root = trust::load(&app.home)?;
    let rows: Vec<Row> = root.keys().iter().map(row).collect();
    if app.console.is_quiet() {
        for row in &rows {
            app.console.answer(&row.id);
        }
    } else if format == "json" {
        app.console.answer(json(&Answer { schema_version: 1, keys: rows })?);
    } else {
        let mut table = Table::new(&["NAME", "ROLE", "FINGERPRINT"]);
        for row in &rows {
            table.row([row.name.as_str(), &row.role, &row.fingerprint]);
        }
        app.console.answer(table.render());
    }
    Ok(Exit::Yes)
}

fn row(key: &TrustedKey) -> Row {
    Row {
        name: key.name.clone(),
        role: key.role.to_string(),
        id: key.public_key.id(),
        fingerprint: key.public_key.fingerprint(),
        public_key: key.public_key.to_pem(),
        valid_from: key.valid_from,
        valid_until: key.valid_until,
    }
}

/// An answer as indented JSON.
pub(crate) fn json(answer: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(answer)
        .map_err(|source| Failure::new("json", "could not write JSON").caused_by(&source))
}
