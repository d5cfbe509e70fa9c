//! `sealkit trust`.

use sealkit_ops::time::rfc3339;
use sealkit_ops::trust::{self, PublicKey, SubjectRule, TrustRoot};
use serde::Serialize;

use super::{trust_add, trust_carry};
use crate::app::{App, Exit};
use crate::cli::{TrustCommand, TrustRemoveArgs};
use crate::console::{Failure, Table, escape};

/// Carries out the commands below `trust`.
pub(crate) fn run(app: &App, command: &TrustCommand) -> Result<Exit, Failure> {
    match command {
        TrustCommand::Add(args) => trust_add::add(app, args),
        TrustCommand::List { format } => list(app, format),
        TrustCommand::Remove(args) => remove(app, args),
        TrustCommand::Export(args) => trust_carry::export(app, args),
        TrustCommand::Import(args) => trust_carry::import(app, args),
    }
}

fn remove(app: &App, args: &TrustRemoveArgs) -> Result<Exit, Failure> {
    let gone = trust::remove(&app.home, &args.key)?;
    let what = gone.key.as_ref().map_or(gone.kind.to_owned(), PublicKey::fingerprint);
    if app.console.is_quiet() {
        app.console.answer(gone.key.map_or_else(|| escape(&gone.name), |key| key.id()));
    } else {
        app.console.answer(format!("No longer trusted: {} {what}", escape(&gone.name)));
    }
    Ok(Exit::Yes)
}

/// One trusted key in the JSON answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRow {
    name: String,
    role: String,
    id: String,
    fingerprint: String,
    public_key: String,
    #[serde(flatten)]
    window: WindowRow,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WindowRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityRow {
    name: String,
    role: String,
    issuer: String,
    subject: SubjectRule,
    #[serde(flatten)]
    window: WindowRow,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorityRow {
    name: String,
    role: String,
    certificate: String,
    subjects: Vec<SubjectRule>,
    #[serde(flatten)]
    window: WindowRow,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SigstoreRow {
    name: String,
    logs: Vec<String>,
    certificate_authorities: Vec<String>,
    timestamp_authorities: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogRow {
    name: String,
    origin: String,
    key: String,
    #[serde(flatten)]
    window: WindowRow,
}

/// What `--format json` answers; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schema_version: u32,
    keys: Vec<KeyRow>,
    identities: Vec<IdentityRow>,
    authorities: Vec<AuthorityRow>,
    sigstore: Vec<SigstoreRow>,
    logs: Vec<LogRow>,
}

fn list(app: &App, format: &str) -> Result<Exit, Failure> {
    let root = trust::load(&app.home)?;
    let answer = answer(&root);
    if app.console.is_brief(format) {
        answer.keys.iter().for_each(|key| app.console.answer(&key.id));
        let others = root.entries().skip(root.keys().len());
        others.for_each(|entry| app.console.answer(escape(entry.name())));
    } else if format == "json" {
        app.console.answer(json(&answer)?);
    } else {
        app.console.answer(table(&answer));
    }
    Ok(Exit::Yes)
}

fn table(answer: &Answer) -> String {
    let mut table = Table::new(&["NAME", "KIND", "ROLE", "WHO", "TRUSTED"]);
    for key in &answer.keys {
        table.row([&key.name, "key", &key.role, &key.fingerprint, &window(&key.window)]);
    }
    for one in &answer.identities {
        let who = format!("{} {} by {}", one.subject.kind.name(), one.subject.value, one.issuer);
        table.row([&one.name, "identity", &one.role, &who, &window(&one.window)]);
    }
    for one in &answer.authorities {
        let subjects: Vec<&str> = one.subjects.iter().map(|rule| rule.value.as_str()).collect();
        let who = match subjects.as_slice() {
            [] => "everybody whom it certifies".to_owned(),
            some => some.join(", "),
        };
        table.row([&one.name, "authority", &one.role, &who, &window(&one.window)]);
    }
    for one in &answer.sigstore {
        let all = one.certificate_authorities.iter().chain(&one.logs);
        let mut urls: Vec<&str> = all.map(String::as_str).collect();
        urls.dedup();
        table.row([&one.name, "sigstore", "-", &urls.join(", "), "always"]);
    }
    for one in &answer.logs {
        table.row([&one.name, "log", "-", &one.origin, &window(&one.window)]);
    }
    table.render()
}

fn window(window: &WindowRow) -> String {
    let show = |time: i64| rfc3339(time).unwrap_or_else(|| time.to_string());
    match (window.valid_from.map(show), window.valid_until.map(show)) {
        (None, None) => "always".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}

fn answer(root: &TrustRoot) -> Answer {
    let window = |valid_from, valid_until| WindowRow { valid_from, valid_until };
    let owned = |texts: &mut dyn Iterator<Item = &str>| texts.map(str::to_owned).collect();
    let keys = root.keys().iter().map(|key| KeyRow {
        name: key.name.clone(),
        role: key.role.to_string(),
        id: key.public_key.id(),
        fingerprint: key.public_key.fingerprint(),
        public_key: key.public_key.to_pem(),
        window: window(key.valid_from, key.valid_until),
    });
    let identities = root.identities().iter().map(|one| IdentityRow {
        name: one.name.clone(),
        role: one.role.to_string(),
        issuer: one.issuer.clone(),
        subject: one.subject.clone(),
        window: window(one.valid_from, one.valid_until),
    });
    let authorities = root.authorities().iter().map(|one| AuthorityRow {
        name: one.name.clone(),
        role: one.role.to_string(),
        certificate: one.certificate.clone(),
        subjects: one.subjects.clone(),
        window: window(one.valid_from, one.valid_until),
    });
    let sigstore = root.sigstore().iter().map(|one| SigstoreRow {
        name: one.name.clone(),
        logs: owned(&mut one.root.log_urls()),
        certificate_authorities: owned(&mut one.root.authority_urls()),
        timestamp_authorities: owned(&mut one.root.timestamp_urls()),
    });
    let logs = root.logs().iter().map(|one| LogRow {
        name: one.name.clone(),
        origin: one.key.name().to_owned(),
        key: one.key.to_string(),
        window: window(one.valid_from, one.valid_until),
    });
    Answer {
        schema_version: 1,
        keys: keys.collect(),
        identities: identities.collect(),
        authorities: authorities.collect(),
        sigstore: sigstore.collect(),
        logs: logs.collect(),
    }
}

/// An answer as indented JSON.
pub(crate) fn json(answer: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(answer)
        .map_err(|source| Failure::new("json", "could not write JSON").caused_by(&source))
}
