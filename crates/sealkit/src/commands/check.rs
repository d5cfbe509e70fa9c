//! `sealkit check`: the one answer, and `verify --policy`.

use std::fmt::Write as _;
use std::path::Path;

use sealkit_ops::bom::aibom::sarif;
use sealkit_ops::check::{CheckRequest, Checked, attest, check_folder, check_kit};
use sealkit_ops::verify::VerifyRequest;
use sealkit_ops::{Context, OpsError, Place, output};
use sealkit_report::{Outcome, Step, Verdict};
use serde_json::{Value, json};

use super::password::signer;
use super::verify::{latest, steps, trusted, wants_signer};
use crate::app::{App, Exit};
use crate::cli::{CheckArgs, NetworkArgs, VerifyArgs};
use crate::console::{Console, Failure, escape};

/// Checks a kit or a folder, and says what came of every step.
pub(crate) fn run(app: &App, args: &CheckArgs) -> Result<Exit, Failure> {
    if let Some(key) = args.signing.key.as_deref().filter(|_| !args.attest) {
        let key = key.display();
        let message = format!("`--key {key}` signs the verdict, and no verdict is to be signed");
        return Err(OpsError::usage("key-without-attest", message)
            .with_hint(format!("to trust a public key: `--trust-key {key}`; to sign: `--attest`"))
            .into());
    }
    let place = Place::parse(&args.subject, true)?;
    let context = app.context(Some(&NetworkArgs::from(args.network.clone())))?;
    let environment = args.environment.clone().map(TryInto::try_into).transpose();
    let environment = environment.map_err(|reason: String| {
        OpsError::usage("environment-malformed", format!("--environment: {reason}"))
    })?;
    let verify = VerifyRequest {
        trusted: trusted(&args.trust_key, &args.signers)?,
        ..VerifyRequest::default()
    };
    let policy = args.policy.clone();
    let request = CheckRequest { verify, policy, environment };
    let Some(checked) = check(app, &context, place, args.remote, &request)? else {
        return Ok(Exit::Interrupted);
    };
    if let (Some(path), Some(facts)) = (&args.save_facts, &checked.facts) {
        output::write(path, &facts.to_json().map_err(OpsError::from)?)?;
    }
    answer(app, &args.subject, &args.format, &checked)?;
    if args.attest && checked.verdict() == Verdict::Yes {
        return attested(app, &context, args, &checked);
    }
    Ok(exit(checked.verdict()))
}

/// `verify --policy`: verification with a folder where one is given, then the policy.
pub(super) fn of_verify(
    app: &App,
    context: &Context,
    args: &VerifyArgs,
    place: Place,
    verify: VerifyRequest,
    policy: &Path,
) -> Result<Exit, Failure> {
    let policy = Some(policy.to_owned());
    let request = CheckRequest { verify, policy, ..CheckRequest::default() };
    let Some(checked) = check(app, context, place, args.remote, &request)? else {
        return Ok(Exit::Interrupted);
    };
    answer(app, &args.subject, &args.format, &checked)?;
    Ok(exit(checked.verdict()))
}

/// Checks the kit or folder at `place`; none where the person interrupted.
pub(super) fn check(
    app: &App,
    context: &Context,
    place: Place,
    remote: bool,
    request: &CheckRequest,
) -> Result<Option<Checked>, Failure> {
    match place {
        Place::Folder(_) if remote || request.verify.dir.is_some() => {
            let message = "a folder is checked against the kit that was sealed from it";
            Err(OpsError::usage("check-folder", message)
                .with_hint("leave out `--remote` and `--dir`, or name the kit")
                .into())
        }
        Place::Folder(dir) => app.block_on(check_folder(context, &dir, request)),
        place => {
            let place = if remote { place.at_registry()? } else { latest(place) };
            app.block_on(check_kit(context, &place, request))
        }
    }
}

fn attested(
    app: &App,
    context: &Context,
    args: &CheckArgs,
    checked: &Checked,
) -> Result<Exit, Failure> {
    let key = signer(app, &args.signing)?;
    let Some(done) = app.block_on(attest(context, checked, key.key))? else {
        return Ok(Exit::Interrupted);
    };
    app.console.info(format!("attached the signed verdict to {} as {}", done.kit, done.referrer));
    Ok(Exit::Yes)
}

/// The exit that a verdict means.
pub(super) fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Yes => Exit::Yes,
        Verdict::No => Exit::No,
        Verdict::Unknown => Exit::Unanswered,
    }
}

fn answer(app: &App, subject: &str, format: &str, checked: &Checked) -> Result<(), Failure> {
    let console = &app.console;
    if checked.mutable
        && let Some(digest) = &checked.verification.digest
    {
        console.warn(escape(&format!(
            "`{subject}` can be moved to another kit at any time: it was {digest} just now"
        )));
    }
    if console.is_brief(format) {
        if let Some(digest) = &checked.verification.digest {
            console.answer(digest.to_string());
        }
        return Ok(());
    }
    match format {
        "json" => console.answer(super::trust::json(&document(checked))?),
        "sarif" => {
            let tool = ("sealkit", env!("CARGO_PKG_VERSION"));
            console.answer(format!("{:#}", sarif(&checked.report, subject, tool)));
        }
        _ => console.answer(table(console, subject, checked)),
    }
    Ok(())
}

/// What `--format json` answers; `schemaVersion` 1.
pub(super) fn document(checked: &Checked) -> Value {
    let found = &checked.verification;
    json!({
        "schemaVersion": 1,
        "reference": found.reference,
        "digest": found.digest,
        "mutable": checked.mutable,
        "verdict": checked.verdict(),
        "policy": {
            "name": checked.policy.name(),
            "digest": checked.policy.digest(),
            "builtIn": checked.is_default,
            "allowed": checked.evaluation.as_ref().is_some_and(sealkit_policy::Evaluation::is_allowed),
        },
        "steps": checked.report.steps,
        "warnings": checked.evaluation.as_ref().map(sealkit_policy::Evaluation::warnings).unwrap_or_default(),
        "signedBy": found.signed_by,
    })
}

fn table(console: &Console, subject: &str, checked: &Checked) -> String {
    let mut text = String::new();
    let found = &checked.verification;
    let digest = found.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
    let _ = writeln!(text, "{}{digest}\n", escape(&found.reference));
    text.push_str(&steps(console, &checked.report.steps));
    let verdict = match checked.verdict() {
        Verdict::Yes => console.paint("32", "Yes"),
        Verdict::No => console.paint("31", "No"),
        Verdict::Unknown => console.paint("33", "Could not be answered"),
    };
    let _ = write!(text, "\n{verdict}: {}", escape(&summary(checked)));
    if let Some(next) = next(subject, checked) {
        let _ = write!(text, "\nNext: {}", escape(&next));
    }
    text
}

fn worst(checked: &Checked) -> Option<&Step> {
    let of = |outcome| checked.report.steps.iter().find(move |step| step.outcome == outcome);
    of(Outcome::Fail).or_else(|| of(Outcome::Unknown))
}

fn summary(checked: &Checked) -> String {
    match worst(checked) {
        Some(step) => format!("{}: {}", step.title, step.reason),
        None => format!("policy `{}` allows it", checked.policy.name()),
    }
}

/// The next command to run.
fn next(subject: &str, checked: &Checked) -> Option<String> {
    let step = worst(checked)?;
    let strangers = || checked.verification.untrusted.first();
    if let Some(signer) = wants_signer(&checked.verification).then(strangers).flatten() {
        let print = signer.key.fingerprint();
        return Some(format!(
            "`sealkit verify {subject}` prints the key {print}; once you know whose it is: \
             `sealkit trust add FILE`"
        ));
    }
    let rule = step.id.strip_prefix(sealkit_policy::STEP_RULE);
    match rule.and_then(|id| checked.policy.explain().into_iter().find(|one| one.rule == id)) {
        Some(rule) => Some(rule.satisfy.to_owned()),
        None => Some(format!("`sealkit verify {subject}` for the steps of verification")),
    }
}
