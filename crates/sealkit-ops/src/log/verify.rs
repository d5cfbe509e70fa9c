//! Whether a hub's log only grew since it was seen last.

use sealkit_attest::log::{
    Checkpoint, MerkleHash, NoteKey, peaks, prove_consistency, tiles_for, tree_root,
    verify_consistency,
};
use sealkit_attest::{AttestError, LogTree};
use sealkit_report::{Hint as _, Outcome, Report, Step, Verdict, counted};

use super::hub::HubLog;
use super::{LogRequest, LogVerification, failed};
use crate::login::registry_of;
use crate::{Context, OpsError, memory, trust};

const KEY: (&str, &str) = ("log-key", "the log's key is known");
const SIGNED: (&str, &str) = ("log-checkpoint", "the checkpoint is signed by that key");
const GROWN: (&str, &str) = ("log-consistency", "the log only grew since it was seen last");

/// Verifies what the log of a hub says of itself, holds it against what was pinned, and pins it.
pub async fn verify(context: &Context, request: &LogRequest) -> Result<LogVerification, OpsError> {
    let (mut found, checkpoint) = look(context, request).await?;
    if let Some(checkpoint) = checkpoint
        && found.report.verdict() == Verdict::Yes
    {
        pin(context, &found, &checkpoint)?;
        found.tree = Some(checkpoint.tree());
    }
    Ok(found)
}

/// Remembers what was verified.
pub(super) fn pin(
    context: &Context,
    found: &LogVerification,
    checkpoint: &Checkpoint,
) -> Result<(), OpsError> {
    if let Some(key) = &found.key {
        memory::remember_hub(&context.home, &found.hub, &key.to_string())?;
    }
    memory::remember_trees(&context.home, &[&checkpoint.tree()])
}

/// Everything but pinning.
pub(super) async fn look(
    context: &Context,
    request: &LogRequest,
) -> Result<(LogVerification, Option<Checkpoint>), OpsError> {
    let hub = HubLog::new(context, &request.hub);
    let known = memory::hub_key(&context.home, &request.hub)?;
    let known = known.map(|key| key.parse::<NoteKey>()).transpose()?;
    let mut found = LogVerification {
        hub: request.hub.clone(),
        tree: None,
        pinned: None,
        key: request.key.clone().or(known),
        report: Report::default(),
    };
    // Before the log is asked: another process may pin a newer state meanwhile.
    let origin = found.key.as_ref().map(|key| key.name().to_owned());
    found.pinned = newest(context, origin.as_deref())?;
    let Some(text) = hub.checkpoint().await? else {
        if found.key.is_none() {
            let message = format!("`{}` has no transparency log", request.hub);
            return Err(OpsError::usage("no-log", message));
        }
        let reason = "the hub had a log when it was seen last, and has none now";
        found.report.push(Step::fail(GROWN.0, GROWN.1, reason).coded(["log-missing"]));
        return Ok((found, None));
    };
    let checkpoint = match Checkpoint::parse(&text) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            found.report.push(failed(SIGNED.0, SIGNED.1, &error));
            return Ok((found, None));
        }
    };
    choose_key(context, request, &hub, &mut found, &checkpoint).await?;
    let Some(key) = &found.key else { return Ok((found, None)) };
    if let Err(error) = checkpoint.verify(key) {
        found.report.push(failed(SIGNED.0, SIGNED.1, &error));
        return Ok((found, None));
    }
    let said = counted(checkpoint.size(), "entry");
    found.report.push(Step::pass(SIGNED.0, SIGNED.1).because(said));
    if found.pinned.is_none() {
        found.pinned = newest(context, Some(checkpoint.origin()))?;
    }
    let step = grown(&hub, found.pinned.as_ref(), &checkpoint).await?;
    found.report.push(step);
    Ok((found, Some(checkpoint)))
}

fn newest(context: &Context, origin: Option<&str>) -> Result<Option<LogTree>, OpsError> {
    origin.map_or(Ok(None), |origin| memory::newest_tree(&context.home, origin))
}

/// Picks the key that counts, and says why it does.
async fn choose_key(
    context: &Context,
    request: &LogRequest,
    hub: &HubLog<'_>,
    found: &mut LogVerification,
    checkpoint: &Checkpoint,
) -> Result<(), OpsError> {
    let step = Step::pass(KEY.0, KEY.1);
    if request.key.is_some() {
        found.report.push(step.because("it was given"));
        return Ok(());
    }
    if found.key.is_some() {
        found.report.push(step.because("it was pinned when the hub was seen first"));
        return Ok(());
    }
    let root = trust::load(&context.home)?;
    let now = (context.clock)();
    let is_of = |log: &&sealkit_attest::TrustedLog| {
        log.key.name() == checkpoint.origin()
            && log.valid_from.is_none_or(|from| from <= now)
            && log.valid_until.is_none_or(|until| now <= until)
    };
    if let Some(log) = root.logs().iter().find(is_of) {
        found.report.push(step.because(format!("it is trusted as `{}`", log.name)));
        found.key = Some(log.key.clone());
        return Ok(());
    }
    let Some(said) = hub.said_key().await? else {
        let reason = "nobody said which key signs this log";
        found.report.push(Step::unknown(KEY.0, KEY.1, reason).coded(["untrusted-key"]));
        return Ok(());
    };
    if request.accept_new_key {
        found.report.push(step.because("the hub names it, and it is pinned from now on"));
        found.key = Some(said);
    } else {
        let reason = format!("the hub names `{said}`, which was never seen");
        found.report.push(Step::unknown(KEY.0, KEY.1, reason).coded(["untrusted-key"]));
    }
    Ok(())
}

async fn grown(
    hub: &HubLog<'_>,
    pinned: Option<&LogTree>,
    checkpoint: &Checkpoint,
) -> Result<Step, OpsError> {
    let Some(pinned) = pinned else {
        return Ok(Step::skip(GROWN.0, GROWN.1, "it is seen for the first time"));
    };
    let (old, size) = (pinned.size, checkpoint.size());
    let Some(root) = root_of(pinned) else {
        let reason = "what was pinned can not be read";
        return Ok(Step::unknown(GROWN.0, GROWN.1, reason));
    };
    let paths = tiles_for(size, |read| prove_consistency(old, size, read));
    let tiles = hub.tiles(&paths).await?;
    let proof = prove_consistency(old, size, |node| tiles.read(node));
    let held =
        proof.and_then(|proof| verify_consistency((old, &root), (size, checkpoint.root()), &proof));
    Ok(match held {
        Ok(()) => Step::pass(GROWN.0, GROWN.1)
            .because(format!("from {old} to {}", counted(size, "entry"))),
        Err(error) => failed(GROWN.0, GROWN.1, &error),
    })
}

/// The root that was pinned.
pub(super) fn root_of(tree: &LogTree) -> Option<MerkleHash> {
    let digest: sealkit_oci::Digest = format!("sha256:{}", tree.root).parse().ok()?;
    digest.raw().try_into().ok()
}

/// The hashes of the [`peaks`] of the first `old` of `size` entries, held against `root`.
pub(super) async fn old_peaks(
    hub: &HubLog<'_>,
    old: u64,
    root: &MerkleHash,
    size: u64,
) -> Result<Vec<MerkleHash>, OpsError> {
    let paths = tiles_for(size, |read| tree_root(old, read));
    let tiles = hub.tiles(&paths).await?;
    if tree_root(old, |node| tiles.read(node))? != *root {
        let reason = "the tiles are not those of the tree that was seen last";
        return Err(AttestError::LogInconsistent { reason }.into());
    }
    let hashes = peaks(old).into_iter().map(|node| tiles.read(node));
    Ok(hashes.collect::<Result<_, _>>()?)
}

/// The step of a verification about the log of the hub that a kit comes from; none where no log of
/// it was ever pinned.
pub(crate) async fn step(context: &Context, hub: &str) -> Result<Option<Step>, OpsError> {
    const TITLE: &str = "the hub's log only grew since it was seen last";
    if memory::hub_key(&context.home, hub)?.is_none() {
        return Ok(None);
    }
    let request = LogRequest { hub: hub.to_owned(), key: None, accept_new_key: false };
    let found = match verify(context, &request).await {
        Ok(found) => found,
        // Whoever keeps the log back must not gain by it.
        Err(error) => {
            let step = Step::unknown("hub-log", TITLE, error.to_string());
            return Ok(Some(step.coded([error.code()])));
        }
    };
    let bad = found
        .report
        .steps
        .iter()
        .find(|step| matches!(step.outcome, Outcome::Fail | Outcome::Unknown));
    Ok(Some(match bad {
        None => Step::pass("hub-log", TITLE),
        Some(bad) => Step { id: "hub-log".to_owned(), title: TITLE.to_owned(), ..bad.clone() },
    }))
}

/// Refuses to exchange kits with a hub whose pinned log was taken back or forked, and to believe it: what it leaves out
/// may be what was asked for.
pub(crate) async fn guard(context: &Context, hub: &str) -> Result<(), OpsError> {
    let hub = registry_of(hub);
    let Some(step) = step(context, hub).await? else { return Ok(()) };
    if step.outcome == Outcome::Pass {
        return Ok(());
    }
    let reason = step.reason;
    let message = format!("the transparency log of `{hub}` does not hold: {reason}");
    Err(OpsError::usage("hub-log", message)
        .with_hint(format!("run `sealkit log verify {hub}`, and ask whoever runs the hub")))
}
