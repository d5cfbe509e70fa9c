//! `policy`: a policy to start from, what is odd about one, what it asks, and what it answers.

use std::path::Path;

use sealkit_api::{PolicyTrial, PolicyTrialRequest};
use sealkit_policy::{
    Explained, HypotheticalFacts, Policy, Rehearsal, Remark, STARTER, default_policy,
};

use crate::catalog::ask_with;
use crate::trust::file::{self, Readers};
use crate::{Context, OpsError};

/// Largest policy that is read, in bytes.
const MAX_POLICY: u64 = 1 << 20;
/// Largest file of facts that is read, in bytes.
const MAX_FACTS: u64 = 64 << 20;
/// Where a hub tries policies.
const TRIAL: &str = "api/v1/policy/trial";
/// Versions that are asked of a hub at once; it may give fewer.
const PAGE: u64 = 50;
/// Most versions of a hub that are tried.
const MAX_TRIED: usize = 100_000;

/// The text of a policy to start from.
pub fn starter() -> &'static str {
    STARTER
}

/// Writes a policy to start from; a file that is there is kept.
///
/// # Errors
/// When there is one, or it can not be written.
pub fn init(path: &Path) -> Result<(), OpsError> {
    if file::create(path, STARTER.as_bytes(), Readers::All)? {
        return Ok(());
    }
    let message = format!("`{}` is there already", path.display());
    Err(OpsError::usage("file-exists", message).with_hint("choose another name with `--output`"))
}

/// Reads a policy.
///
/// # Errors
/// When it is not there or no policy. Whatever it was to judge is denied by that.
pub fn read(path: &Path) -> Result<Policy, OpsError> {
    Ok(parsed(path)?.1)
}

/// A policy with its bytes.
fn parsed(path: &Path) -> Result<(Vec<u8>, Policy), OpsError> {
    let bytes = file::require(path, MAX_POLICY)?;
    let policy = Policy::parse(&bytes).map_err(|source| OpsError::in_file(path, source))?;
    Ok((bytes, policy))
}

/// The policy in `path`, the built-in one where none is given.
///
/// # Errors
/// As [`read`].
pub fn read_or_default(path: Option<&Path>) -> Result<Policy, OpsError> {
    match path {
        Some(path) => read(path),
        None => Ok(default_policy()?),
    }
}

/// What is odd about the policy in `path`.
///
/// # Errors
/// As [`read`].
pub fn lint(context: &Context, path: &Path) -> Result<Vec<Remark>, OpsError> {
    Ok(read(path)?.lint((context.clock)()))
}

/// What each rule of the policy in `path` asks; of the built-in one where none is given.
///
/// # Errors
/// As [`read`].
pub fn explain(path: Option<&Path>) -> Result<Vec<Explained>, OpsError> {
    Ok(read_or_default(path)?.explain())
}

/// What the policy in `path` would answer about the kits of `hub` that the stored credentials may read: those of
/// `below` and the repositories below it, where that is given; with `all` every tagged version, else the newest of each
/// repository. The pages are put together.
///
/// # Errors
/// As [`read`], and when the hub can not be reached, refuses, or tries no policies.
pub async fn try_at_hub(
    context: &Context,
    path: &Path,
    hub: &str,
    (below, all): (Option<&str>, bool),
) -> Result<PolicyTrial, OpsError> {
    // What is no policy is said here, with the place in the file.
    let (bytes, _) = parsed(path)?;
    let mut request = PolicyTrialRequest {
        policy: String::from_utf8_lossy(&bytes).into_owned(),
        below: below.map(str::to_owned),
        all,
        after: None,
        limit: Some(PAGE),
    };
    let mut whole: PolicyTrial = ask_with(context, hub, TRIAL, &request).await?;
    let mut is_empty = whole.versions.is_empty();
    // A hub that leads back, or on without an answer, would lead on for ever.
    while !is_empty && whole.next != request.after && whole.versions.len() < MAX_TRIED {
        let Some(next) = whole.next.take() else { break };
        request.after = Some(next);
        let page: PolicyTrial = ask_with(context, hub, TRIAL, &request).await?;
        is_empty = page.versions.is_empty();
        whole.versions.extend(page.versions);
        (whole.next, whole.waiting) = (page.next, page.waiting);
    }
    Ok(whole)
}

/// What the policy answers to a file of facts that nobody verified.
///
/// # Errors
/// When the file is not one of facts.
pub fn test(context: &Context, policy: &Policy, facts: &Path) -> Result<Rehearsal, OpsError> {
    let bytes = file::require(facts, MAX_FACTS)?;
    let read = HypotheticalFacts::parse(&bytes);
    let read = read.map_err(|source| OpsError::in_file(facts, source))?;
    Ok(policy.rehearse(&read, (context.clock)()))
}
