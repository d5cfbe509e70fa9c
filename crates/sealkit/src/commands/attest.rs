//! `sealkit attest` and what belongs to it.

use std::path::Path;

use sealkit_oci::Digest;
use sealkit_ops::attest::{
    AttestRequest, Attestation, AttestationFilter, Attestations, Attested, attest, attestations,
    download, read_predicate,
};
use sealkit_ops::time::rfc3339;
use sealkit_ops::{OpsError, output};
use serde::Serialize;
use serde_json::value::RawValue;

use super::inspect::kit_place;
use super::pack::source_date_epoch;
use super::password::signer;
use super::trust::json;
use super::verify::trusted;
use crate::app::{App, Exit};
use crate::cli::{
    AttestArgs, AttestCommand, AttestDownloadArgs, AttestMakeArgs, AttestWhichArgs, NetworkArgs,
};
use crate::console::{Console, Failure, Table, escape};

/// Digits of a digest that a table shows.
const SHOWN_DIGITS: usize = 12;

/// Attests, or does what a command of its own says.
pub(crate) fn run(app: &App, args: &AttestArgs) -> Result<Exit, Failure> {
    match &args.command {
        None => make(app, &args.make),
        Some(AttestCommand::List(args)) => list(app, &args.which, &args.format),
        Some(AttestCommand::Show(args)) => show(app, &args.which, &args.format),
        Some(AttestCommand::Download(args)) => get(app, args),
    }
}

fn make(app: &App, args: &AttestMakeArgs) -> Result<Exit, Failure> {
    // The parser has asked for all three.
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let from = args.predicate.as_deref().unwrap_or(Path::new("-"));
    if from == Path::new("-") && args.signing.password_stdin {
        let message = "standard input can not hold both the password and the predicate";
        return Err(OpsError::usage("stdin-twice", message).into());
    }
    let predicate = read_predicate(from)?;
    let subjects = args.subject.iter().map(|text| subject(text)).collect::<Result<_, Failure>>()?;
    let place = kit_place(&text(&args.reference), args.remote)?;
    let created = source_date_epoch()?.unwrap_or_else(crate::app::now);
    let context = app.context(Some(&NetworkArgs::from(args.network.clone())))?;
    let request = AttestRequest {
        place,
        kind: text(&args.kind),
        predicate,
        subjects,
        sequence: args.sequence,
        key: signer(app, &args.signing)?.key,
        skip_check: args.insecure_skip_predicate_check,
        created: rfc3339(created),
    };
    if args.insecure_skip_predicate_check {
        app.console.warn("the predicate was not held against its type");
    }
    let Some(made) = app.block_on(attest(&context, request))? else {
        return Ok(Exit::Interrupted);
    };
    if args.format == "json" {
        app.console.answer(json(&Made::of(&made))?);
    } else {
        app.console.info(format!("attested {} of {}", made.predicate_type, made.kit));
        app.console.info(format!("statement {}", made.statement));
        app.console.answer(made.bundle.to_string());
    }
    Ok(Exit::Yes)
}

/// `NAME=DIGEST`.
fn subject(text: &str) -> Result<(String, Digest), Failure> {
    let malformed = || {
        let message = format!("`{text}` is not a name and a digest");
        OpsError::usage("subject-malformed", message).with_hint("write `NAME=sha256:HEX`")
    };
    let (name, digest) = text.rsplit_once('=').ok_or_else(malformed)?;
    let digest: Digest = digest.parse().map_err(OpsError::from)?;
    if name.is_empty() {
        return Err(malformed().into());
    }
    Ok((name.to_owned(), digest))
}

fn filter(args: &AttestWhichArgs) -> Result<AttestationFilter, Failure> {
    let digest = args.digest.as_deref().map(str::parse).transpose().map_err(OpsError::from)?;
    Ok(AttestationFilter {
        kind: args.kind.clone(),
        digest,
        trusted: trusted(&args.key, &args.signers)?,
    })
}

fn read(app: &App, args: &AttestWhichArgs) -> Result<Option<Attestations>, Failure> {
    let place = kit_place(&args.reference, args.remote)?;
    let context = app.context(Some(&NetworkArgs::from(args.network.clone())))?;
    let found = app.block_on(attestations(&context, &place, &filter(args)?))?;
    if found.as_ref().is_some_and(|found| found.more) {
        app.console.warn("there are more attestations than are looked at");
    }
    Ok(found)
}

fn list(app: &App, args: &AttestWhichArgs, format: &str) -> Result<Exit, Failure> {
    let Some(found) = read(app, args)? else { return Ok(Exit::Interrupted) };
    if app.console.is_brief(format) {
        found.found.iter().for_each(|one| app.console.answer(one.bundle.to_string()));
    } else if format == "json" {
        app.console.answer(json(&Answer::of(args, &found, false)?)?);
    } else {
        let mut table = Table::new(&["", "TYPE", "SIGNER", "BUNDLE"]);
        for one in &found.found {
            let bundle: String = one.bundle.hex().chars().take(SHOWN_DIGITS).collect();
            table.row([mark(one), kind(one), &who(one), &bundle]);
        }
        app.console.answer(table.render());
    }
    Ok(Exit::Yes)
}

fn show(app: &App, args: &AttestWhichArgs, format: &str) -> Result<Exit, Failure> {
    let Some(found) = read(app, args)? else { return Ok(Exit::Interrupted) };
    let console = &app.console;
    if console.is_brief(format) {
        found.found.iter().for_each(|one| console.answer(one.bundle.to_string()));
    } else if format == "json" {
        console.answer(json(&Answer::of(args, &found, true)?)?);
    } else {
        found.found.iter().for_each(|one| show_one(console, one));
    }
    if found.found.is_empty() {
        console.warn(format!("no such attestation is attached to {}", found.kit));
    }
    Ok(match (found.found.iter().any(|one| one.failed), found.found.iter().any(is_good)) {
        (true, _) => Exit::No,
        (false, true) if !found.more => Exit::Yes,
        _ => Exit::Unanswered,
    })
}

/// Verified, and of the shape of its type.
fn is_good(one: &Attestation) -> bool {
    one.verified && one.reason.is_none()
}

fn show_one(console: &Console, one: &Attestation) {
    console.answer(format!("{} {}", mark(one), escape(kind(one))));
    console.answer(format!("  signer     {}", escape(&who(one))));
    if let Some(statement) = &one.statement {
        console.answer(format!("  statement  {statement}"));
    }
    console.answer(format!("  bundle     {}", one.bundle));
    if let Some(reason) = &one.reason {
        console.answer(format!("  reason     {}", escape(reason)));
    }
    let pretty = one.predicate.as_deref().and_then(|text| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        serde_json::to_string_pretty(&value).ok()
    });
    for line in pretty.iter().flat_map(|text| text.lines()) {
        console.answer(format!("  {}", escape(line)));
    }
}

fn mark(one: &Attestation) -> &'static str {
    match (one.failed, is_good(one)) {
        (true, _) => "✗",
        (false, true) => "✓",
        (false, false) => "–",
    }
}

fn kind(one: &Attestation) -> &str {
    one.predicate_type.as_deref().unwrap_or("unreadable")
}

fn who(one: &Attestation) -> String {
    match (&one.signer, &one.claimed) {
        (Some(name), _) => name.clone(),
        (None, Some(print)) => format!("not trusted: {print}"),
        (None, None) => "not known".to_owned(),
    }
}

fn get(app: &App, args: &AttestDownloadArgs) -> Result<Exit, Failure> {
    let place = kit_place(&args.which.reference, args.which.remote)?;
    let context = app.context(Some(&NetworkArgs::from(args.which.network.clone())))?;
    let Some(one) = app.block_on(download(&context, &place, &filter(&args.which)?))? else {
        return Ok(Exit::Interrupted);
    };
    if !one.verified {
        let reason = one.reason.clone().unwrap_or_default();
        app.console.warn(format!("this attestation is not verified: {}", escape(&reason)));
    }
    if args.output == Path::new("-") {
        let failed = |source| Failure::new("io", "could not write the bundle").caused_by(&source);
        app.console.answer_bytes(&one.bytes).map_err(failed)?;
    } else {
        output::write(&args.output, &one.bytes)?;
        app.console.info(format!("wrote `{}`", escape(&args.output.display().to_string())));
    }
    Ok(Exit::Yes)
}

/// What `attest --format json` answers; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    schema_version: u32,
    kit: &'a Digest,
    predicate_type: &'a str,
    statement: &'a Digest,
    bundle: &'a Digest,
    referrer: &'a Digest,
}

impl<'a> Made<'a> {
    fn of(made: &'a Attested) -> Self {
        let Attested { kit, predicate_type, statement, bundle, referrer } = made;
        Self { schema_version: 1, kit, predicate_type, statement, bundle, referrer }
    }
}

/// What `attest list` and `attest show` answer as JSON; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    schema_version: u32,
    reference: &'a str,
    digest: &'a Digest,
    attestations: Vec<One<'a>>,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One<'a> {
    predicate_type: Option<&'a str>,
    verified: bool,
    failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a Digest>,
    bundle: &'a Digest,
    referrer: &'a Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate: Option<Box<RawValue>>,
}

impl<'a> Answer<'a> {
    fn of(
        args: &'a AttestWhichArgs,
        found: &'a Attestations,
        whole: bool,
    ) -> Result<Self, Failure> {
        let one = |one: &'a Attestation| {
            let text = one.predicate.clone().filter(|_| whole);
            let predicate = text.map(RawValue::from_string).transpose();
            let predicate = predicate.map_err(|source| {
                Failure::new("json", "could not write JSON").caused_by(&source)
            })?;
            Ok(One {
                predicate_type: one.predicate_type.as_deref(),
                verified: one.verified,
                failed: one.failed,
                signer: one.signer.as_deref(),
                claimed_fingerprint: one.claimed.as_deref(),
                code: one.code,
                reason: one.reason.as_deref(),
                statement: one.statement.as_ref(),
                bundle: &one.bundle,
                referrer: &one.referrer,
                predicate,
            })
        };
        let attestations = found.found.iter().map(one).collect::<Result<_, Failure>>()?;
        let (reference, digest, more) = (args.reference.as_str(), &found.kit, found.more);
        Ok(Self { schema_version: 1, reference, digest, attestations, more })
    }
}
