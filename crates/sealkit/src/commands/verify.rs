//! `sealkit verify`.

use std::fmt::Write as _;
use std::path::PathBuf;

use sealkit_ops::trust::{Role, Trusted, TrustedKey, read_public_key};
use sealkit_ops::verify::{Verification, VerifyRequest, verify_folder, verify_kit};
use sealkit_ops::{OpsError, Place};
use sealkit_report::{Outcome, Step, Verdict};
use serde::Serialize;

use super::trust::json;
use super::verify_keyless as keyless;
use crate::app::{App, Exit};
use crate::cli::{NetworkArgs, SignersArgs, VerifyArgs};
use crate::console::{Console, Failure, escape};

/// Verifies a kit or a folder, and says what came of every step.
pub(crate) fn run(app: &App, args: &VerifyArgs) -> Result<Exit, Failure> {
    // With a signature file the subject is a path, whatever it looks like.
    let place = match &args.model.signature {
        Some(_) => Place::Folder((&args.subject).into()),
        None => Place::parse(&args.subject, true)?,
    };
    let network = NetworkArgs::from(args.network.clone());
    let request = VerifyRequest {
        // A policy names its signers itself.
        trusted: Trusted { only: args.policy.is_none(), ..trusted(&args.key, &args.signers)? },
        dir: args.dir.clone(),
        insecure_legacy_signatures: args.insecure_legacy_signatures,
    };
    if let Some(dir) = args.dir.as_deref().filter(|dir| !dir.is_dir()) {
        let message = format!("`{}` is not a folder", dir.display());
        return Err(OpsError::usage("not-a-folder", message).into());
    }
    let context = app.context(Some(&network))?;
    if let Some(signature) = &args.model.signature {
        if args.dir.is_some() || args.remote {
            let message = "a model signature is verified against a folder";
            return Err(OpsError::usage("verify-folder", message)
                .with_hint("run `sealkit verify DIR --signature PATH`")
                .into());
        }
        let (subject, model) = (&args.subject, &args.model);
        let found = super::sign::verify(app, &context, subject, model, signature, request.trusted)?;
        return found.map_or(Ok(Exit::Interrupted), |found| answer(app, args, &found));
    }
    if let Some(policy) = &args.policy {
        return super::check::of_verify(app, &context, args, place, request, policy);
    }
    let found = match &place {
        Place::Folder(_) if args.dir.is_some() || args.remote => {
            let message = "a folder is verified against the kit that was sealed from it";
            return Err(OpsError::usage("verify-folder", message)
                .with_hint("run `sealkit verify DIR`, or `sealkit verify REF --dir DIR`")
                .into());
        }
        Place::Folder(dir) => app.block_on(verify_folder(&context, dir, &request))?,
        _ => {
            let place = if args.remote { place.at_registry()? } else { latest(place) };
            app.block_on(verify_kit(&context, &place, &request))?
        }
    };
    let Some(found) = found else { return Ok(Exit::Interrupted) };
    answer(app, args, &found)
}

/// Who is trusted for one run.
pub(super) fn trusted(keys: &[PathBuf], args: &SignersArgs) -> Result<Trusted, Failure> {
    Ok(Trusted {
        keys: self::keys(keys)?,
        authorities: super::sign::authorities(&args.ca, &args.ca_subject)?,
        keyless: super::trust_add::keyless(&args.keyless)?,
        only: false,
    })
}

/// A bare name means its tag `latest`.
pub(super) fn latest(place: Place) -> Place {
    match place {
        Place::Local(reference) => Place::Local(reference.or_latest()),
        other => other,
    }
}

/// The keys that are trusted for one run.
fn keys(paths: &[PathBuf]) -> Result<Vec<TrustedKey>, Failure> {
    let read = |path: &PathBuf| {
        let key = read_public_key(path)?;
        Ok::<_, OpsError>(TrustedKey::new(key, path.display().to_string(), Role::Signer))
    };
    Ok(paths.iter().map(read).collect::<Result<Vec<_>, _>>()?)
}

fn answer(app: &App, args: &VerifyArgs, found: &Verification) -> Result<Exit, Failure> {
    let console = &app.console;
    if console.is_brief(&args.format) {
        if let Some(digest) = &found.digest {
            console.answer(digest.to_string());
        }
    } else if args.format == "json" {
        console.answer(json(&Answer::of(found))?);
    } else {
        let reached = match (args.remote, args.network.transport.plain_http) {
            (true, true) => " --remote --plain-http",
            (true, false) => " --remote",
            (false, _) => "",
        };
        console.answer(table(console, &format!("{}{reached}", args.subject), found));
    }
    Ok(exit(found))
}

/// The exit that a verdict means.
pub(crate) fn exit(found: &Verification) -> Exit {
    match found.report.verdict() {
        Verdict::Yes => Exit::Yes,
        Verdict::No => Exit::No,
        Verdict::Unknown => Exit::Unanswered,
    }
}

/// What `--format json` answers; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    schema_version: u32,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    verdict: Verdict,
    steps: Vec<Step>,
    signed_by: Vec<String>,
    untrusted: Vec<Untrusted>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untrusted_identities: Vec<keyless::UntrustedIdentity>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Untrusted {
    id: String,
    fingerprint: String,
    public_key: String,
}

impl Answer {
    /// The answer about `found`.
    pub(crate) fn of(found: &Verification) -> Self {
        let untrusted = found.untrusted.iter().map(|signer| Untrusted {
            id: signer.key.id(),
            fingerprint: signer.key.fingerprint(),
            public_key: signer.key.to_pem(),
        });
        Self {
            schema_version: 1,
            reference: found.reference.clone(),
            digest: found.digest.as_ref().map(ToString::to_string),
            verdict: found.report.verdict(),
            steps: found.report.steps.clone(),
            signed_by: found.signed_by.clone(),
            untrusted: untrusted.collect(),
            untrusted_identities: keyless::rows(found),
        }
    }
}

fn table(console: &Console, subject: &str, found: &Verification) -> String {
    let mut text = String::new();
    let digest = found.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
    let _ = writeln!(text, "{}{digest}\n", escape(&found.reference));
    text.push_str(&steps(console, &found.report.steps));
    let verdict = match found.report.verdict() {
        Verdict::Yes => console.paint("32", "Verified"),
        Verdict::No => console.paint("31", "Not verified"),
        Verdict::Unknown => console.paint("33", "Could not be verified"),
    };
    let _ = write!(text, "\n{verdict}: {}", escape(&summary(found)));
    if !wants_signer(found) {
        return text;
    }
    for signer in &found.untrusted {
        let _ = write!(
            text,
            "\n\nSigned by {}, whom you do not trust. Its key, as the signature proves:\n{}\
             Make sure by another way whose key it is; save it as signer.pub, then:\n  \
             sealkit verify {} --key signer.pub\n  sealkit trust add signer.pub --name NAME",
            signer.key.fingerprint(),
            signer.key.to_pem(),
            escape(subject),
        );
    }
    text.push_str(&keyless::how_to_trust(found));
    text
}

/// Whether the answer is open for want of a signer. Only then are those named whom one could trust: anybody may
/// attach a signature, and nobody is to be trusted for a kit that is verified without them.
pub(super) fn wants_signer(found: &Verification) -> bool {
    found.signed_by.is_empty() && found.report.verdict() == Verdict::Unknown
}

fn summary(found: &Verification) -> String {
    let steps = &found.report.steps;
    let of = |outcome| steps.iter().find(move |step| step.outcome == outcome);
    let signer = |step: &&Step| step.outcome == Outcome::Unknown && step.id == "signer-trusted";
    let unknown = steps.iter().find(signer).or_else(|| of(Outcome::Unknown));
    match (of(Outcome::Fail), unknown) {
        (Some(step), _) | (None, Some(step)) => step.reason.clone(),
        (None, None) => found.signed_by.join("; "),
    }
}

/// One line for each step, with its reason.
pub(crate) fn steps(console: &Console, steps: &[Step]) -> String {
    let unicode = speaks_unicode();
    let mut text = String::new();
    for step in steps {
        let (mark, plain, color) = match step.outcome {
            Outcome::Pass => ("✓", "ok  ", "32"),
            Outcome::Fail => ("✗", "FAIL", "31"),
            Outcome::Unknown => ("?", "?   ", "33"),
            Outcome::Skip => ("–", "-   ", "2"),
        };
        let mark = console.paint(color, if unicode { mark } else { plain });
        let _ = write!(text, "{mark} {}", escape(&step.title));
        if !step.reason.is_empty() {
            let _ = write!(text, ": {}", escape(&step.reason));
        }
        text.push('\n');
    }
    text
}

/// Whether the terminal's locale is UTF-8.
fn speaks_unicode() -> bool {
    let value = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let value = value.unwrap_or_default().to_lowercase();
    value.contains("utf-8") || value.contains("utf8")
}
