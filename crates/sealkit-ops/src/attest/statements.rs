//! What is attached to a kit, as a hub tells it: each statement with every step of its verification.

use sealkit_api::{
    AttachedStatement, StatementAdvisory, StatementLogEntry, StatementRun, StatementSigner,
    StatementSubject, TrustUsed,
};
use sealkit_attest::{
    Advisory, AdvisorySeverity, AnyPredicate, AttestError, CosignSign, Predicate as _, Provenance,
    ResourceDescriptor, Statement, Timestamp, TrustedSigner, Verified, kind_of, oms,
};
use sealkit_oci::{Digest, media_type};
use sealkit_report::{Hint as _, Report, Step, Verdict};
use serde_json::Value;

use super::list::{Checked, Look, claimed_statement};
use crate::trust::TrustRoot;
use crate::verify::revoked;
use crate::{Context, Kit, OpsError, Place};

/// Most subjects of one statement that are told.
const MAX_SUBJECTS: usize = 20;
/// Longest text of a statement that is told, in characters.
const MAX_TEXT: usize = 2_000;

/// How much is read for one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementLimits {
    /// Most bundles.
    pub bundles: usize,
    /// Most bytes of them together.
    pub bytes: u64,
    /// Most trials of trusted keys on signatures before those alone are tried that a bundle names.
    pub trials: usize,
}

/// What is attached to a kit.
#[derive(Clone, Debug)]
pub struct Statements {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// The statements, by type and digest.
    pub found: Vec<AttachedStatement>,
    /// Whether there are more than were looked at.
    pub more: bool,
}

/// How many entries of each kind `trust` has, and the digest of the whole.
pub fn trust_used(trust: &TrustRoot) -> Result<TrustUsed, OpsError> {
    let count = |entries: usize| entries as u64;
    let used = TrustUsed {
        digest: None,
        keys: count(trust.keys().len()),
        identities: count(trust.identities().len()),
        authorities: count(trust.authorities().len()),
        instances: count(trust.sigstore().len()),
        logs: count(trust.logs().len()),
    };
    let digest = Digest::of(&trust.to_json()?);
    Ok(if used == TrustUsed::default() { used } else { TrustUsed { digest: Some(digest), ..used } })
}

/// Verifies what is attached to the kit at `place` under `trust`, at the time of the context's clock. No layer
/// is read.
pub async fn statements(
    context: &Context,
    place: &Place,
    trust: &TrustRoot,
    limits: StatementLimits,
) -> Result<Statements, OpsError> {
    let kit = Kit::bare(context, place).await?;
    let kind = Some(media_type::SIGSTORE_BUNDLE);
    let list = kit.repository.referrers(kit.digest(), kind).await?;
    let (now, room) = ((context.clock)(), limits.bytes);
    let more = list.len() > limits.bundles;
    let mut look = Look { kit: &kit, trust, now, boms: true, room, trials: limits.trials, more };
    let (mut found, mut advisories) = (Vec::new(), Vec::new());
    for referrer in list.iter().take(limits.bundles) {
        let Some(checked) = look.at(referrer).await? else { continue };
        advisories.extend(advisory_of(&checked));
        found.push(told(&checked));
    }
    let more = look.more;
    count_advisories(&mut found, &advisories);
    found.sort_by(|a, b| (&a.predicate_type, &a.bundle).cmp(&(&b.predicate_type, &b.bundle)));
    Ok(Statements { kit: kit.digest().clone(), found, more })
}

fn told(checked: &Checked) -> AttachedStatement {
    let verified = checked.result.as_ref().ok();
    let claimed = match verified {
        Some(_) => None,
        None => claimed_statement(&checked.bytes),
    };
    let statement = verified.map(Verified::value).or(claimed.as_ref());
    let predicate_type = statement.map(|said| said.predicate_type().to_owned());
    let predicate_type = predicate_type.or_else(|| checked.annotated.clone());
    let said = statement.map(Statement::any_predicate);
    let wrong = said.as_ref().and_then(|said| said.as_ref().err());
    let report = Report { steps: steps(checked, wrong) };
    let subjects = statement.map(Statement::subjects).unwrap_or_default();
    let witnesses = verified.map(Verified::witnesses);
    let entries = witnesses.iter().flat_map(|witnesses| &witnesses.logs);
    AttachedStatement {
        manifest: checked.referrer.clone(),
        bundle: checked.bundle.clone(),
        title: predicate_type.as_deref().and_then(title).map(str::to_owned),
        predicate_type: predicate_type.map(cut),
        statement: statement.map(Statement::digest),
        subjects: subjects.iter().filter_map(subjects_of).take(MAX_SUBJECTS).collect(),
        more_subjects: subjects.len().saturating_sub(MAX_SUBJECTS) as u64,
        is_about_files: checked.is_about_files,
        verdict: verdict(checked, &report),
        signer: verified.map(|verified| signer(verified.signer())),
        claimed: verified.is_none().then(|| claim(checked)).flatten(),
        proven_time: witnesses.and_then(sealkit_attest::Witnesses::earliest).map(Timestamp::shown),
        log_entries: entries
            .map(|entry| StatementLogEntry {
                log: cut(entry.log.clone()),
                index: entry.index,
                time: entry.time.map(Timestamp::shown),
            })
            .collect(),
        run: match &said {
            Some(Ok(AnyPredicate::Provenance(provenance))) => Some(run(provenance)),
            _ => None,
        },
        advisory: match &said {
            Some(Ok(AnyPredicate::Advisory(advisory))) => Some(advisory_told(advisory)),
            _ => None,
        },
        steps: report.steps,
    }
}

/// A verified statement is a yes only where nothing that it stands for was left open.
fn verdict(checked: &Checked, report: &Report) -> Verdict {
    match (&checked.result, report.verdict()) {
        (Ok(_), verdict) => verdict,
        (Err(fault), _) if fault.failed => Verdict::No,
        (Err(_), Verdict::No) => Verdict::No,
        (Err(_), _) => Verdict::Unknown,
    }
}

/// The steps; `wrong` is what is wrong with the predicate.
fn steps(checked: &Checked, wrong: Option<&AttestError>) -> Vec<Step> {
    let mut steps = checked.steps.clone();
    match &checked.result {
        // What the store says of it may name places of the machine.
        Err(fault) if steps.is_empty() => {
            let (id, title) = ("bundle-readable", "bundle is readable");
            let step = if fault.failed {
                Step::fail(id, title, "its bytes are not those of its digest")
            } else {
                Step::unknown(id, title, "its bytes are not here")
            };
            steps.push(step.coded([fault.code]));
        }
        Ok(_) => {
            if let Some(error) = wrong {
                let title = "predicate has the shape of its type";
                let step = Step::fail("predicate-valid", title, error.full_message());
                steps.push(step.coded([error.code()]));
            }
        }
        Err(_) => {}
    }
    if checked.is_about_files {
        let reason = "the files of the layers were not read: run `sealkit verify`";
        steps.push(Step::unknown("files", "the listed files are those of this version", reason));
    }
    for step in &mut steps {
        step.reason = cut(std::mem::take(&mut step.reason));
    }
    steps
}

/// What statements of a type say, in a few words.
fn title(predicate_type: &str) -> Option<&'static str> {
    if CosignSign::matches(predicate_type) {
        return Some("that somebody signed the manifest");
    }
    if oms::is_model_signature(predicate_type) {
        return Some("which files the model has (OpenSSF Model Signing)");
    }
    kind_of(predicate_type).map(|kind| kind.title)
}

fn subjects_of(subject: &sealkit_attest::Subject) -> Option<StatementSubject> {
    let (algorithm, hex) = subject.digest.iter().next()?;
    let digest = cut(format!("{algorithm}:{hex}"));
    Some(StatementSubject { name: subject.name.clone().map(cut), digest })
}

fn signer(signer: &TrustedSigner) -> StatementSigner {
    let identity = match signer {
        TrustedSigner::Key(key) => key.public_key.fingerprint(),
        TrustedSigner::Identity(identity, subject, _) => {
            format!("{}, vouched for by {}", subject.value, identity.issuer)
        }
        TrustedSigner::Certified(authority, subject, _) => {
            format!("{}, certified by {}", subject.value, authority.name)
        }
        _ => signer.id(),
    };
    let (name, role) = (cut(signer.name().to_owned()), signer.role().name().to_owned());
    StatementSigner { name, role, identity: cut(identity) }
}

fn claim(checked: &Checked) -> Option<String> {
    let named = checked.identity.as_ref();
    let named = named.map(|one| format!("{}, vouched for by {}", one.subject.value, one.issuer));
    named.or_else(|| checked.claimed.as_ref().map(sealkit_attest::PublicKey::fingerprint)).map(cut)
}

fn run(provenance: &Provenance) -> StatementRun {
    let (build, details) = (&provenance.build_definition, &provenance.run_details);
    let commit = |input: &ResourceDescriptor| {
        let digest = input.digest.as_ref()?;
        digest.get("gitCommit").or_else(|| digest.get("sha1")).map(str::to_owned)
    };
    let code = build.resolved_dependencies.iter().find(|input| commit(input).is_some());
    let workflow = build.external_parameters.get("workflow");
    let text = |key: &str| workflow.and_then(|workflow| workflow.get(key)).and_then(Value::as_str);
    let source = code.and_then(|code| code.uri.as_ref()).map(|uri| uri.as_str().to_owned());
    let times = details.metadata.as_ref();
    let time = |time: Option<&Timestamp>| time.map(|time| time.as_str().to_owned());
    StatementRun {
        builder: cut(details.builder.id.as_str().to_owned()),
        build_type: match provenance.build_type() {
            Some(known) => known.name().to_owned(),
            None => cut(build.build_type.as_str().to_owned()),
        },
        source: source.or_else(|| text("repository").map(str::to_owned)).map(cut),
        commit: code.and_then(commit).map(cut),
        workflow: text("path").map(|path| cut(path.to_owned())),
        started_on: time(times.and_then(|times| times.started_on.as_ref())),
        finished_on: time(times.and_then(|times| times.finished_on.as_ref())),
    }
}

fn advisory_told(advisory: &Advisory) -> StatementAdvisory {
    StatementAdvisory {
        id: advisory.id.clone(),
        state: advisory.state.name().to_owned(),
        reason: cut(advisory.reason.clone()),
        severity: advisory.severity.map(AdvisorySeverity::name).map(str::to_owned),
        issued_on: advisory.issued_on.as_str().to_owned(),
        counts: false,
    }
}

/// A verified advisory of somebody who may revoke, with its bundle.
fn advisory_of(checked: &Checked) -> Option<(Digest, Verified<Advisory>)> {
    let verified = checked.result.as_ref().ok()?;
    let advisory = crate::advisory::advisory_of(verified)?;
    revoked::may_revoke(verified.signer().role()).then(|| (checked.bundle.clone(), advisory))
}

/// Marks the advisories that hold, as `sealkit verify` would under the same trust.
fn count_advisories(found: &mut [AttachedStatement], advisories: &[(Digest, Verified<Advisory>)]) {
    let all: Vec<&Verified<Advisory>> = advisories.iter().map(|(_, one)| one).collect();
    for told in found {
        let one = advisories.iter().find(|(bundle, _)| *bundle == told.bundle);
        if let (Some((_, one)), Some(advisory)) = (one, &mut told.advisory) {
            advisory.counts = revoked::holds(one, &all);
        }
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
