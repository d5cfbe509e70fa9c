//! The verdict as a signed statement (SVR), attached to the kit.

use sealkit_attest::{ResourceDescriptor, Svr, SvrVerifier, Timestamp, Uri};
use sealkit_oci::Digest;
use sealkit_policy::PROPERTY_PASSED;
use sealkit_report::Verdict;

use super::Checked;
use crate::files::blob::blocking;
use crate::keys::PrivateKey;
use crate::seal::sign::Desk;
use crate::{Context, Kit, OpsError, Place};

/// Id of SealKit as a verifier.
pub const VERIFIER: &str = "https://sealkit.dev/verifier/v1";

/// What is stated of a kit that verification found to be whole and signed.
const PROPERTY_VERIFIED: &str = "SEALKIT_VERIFIED";

/// A verdict that was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedVerdict {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// Digest of the referrer's manifest.
    pub referrer: Digest,
}

/// Signs a yes with `key` and attaches it to the kit in the local store. A verdict that is no yes is
/// not signed: what is not stated never means yes.
pub async fn attest(
    context: &Context,
    checked: &Checked,
    key: PrivateKey,
) -> Result<AttestedVerdict, OpsError> {
    let Some(Place::Local(reference)) = &checked.place else {
        return Err(OpsError::usage("not-local", "the kit is not in the local store")
            .with_hint("pull it, check it there, and push it again"));
    };
    if checked.verdict() != Verdict::Yes {
        return Err(OpsError::usage("verdict-not-yes", "only a yes is signed as a verdict")
            .with_hint("see the steps that did not pass"));
    }
    // Whoever reads the verdict does not see that the policy enforces nothing.
    if checked.evaluation.as_ref().is_some_and(sealkit_policy::Evaluation::would_deny) {
        let message =
            "the policy only warns and would deny: the kit did not pass, and no verdict is signed";
        return Err(OpsError::usage("verdict-not-yes", message)
            .with_hint("see the steps that are skipped, or write an exception with its reason"));
    }
    let svr = svr(checked, (context.clock)())?;
    let repository = context.local_repository(reference)?;
    let kit = Kit::open(context, &Place::Local(reference.clone())).await?;
    let subject = kit.manifest.descriptor().clone();
    let context = context.clone();
    blocking(move || {
        let store = context.store()?;
        let desk = Desk::new(&store, &repository, &subject, &key, None);
        let referrer = desk.attach(&svr)?;
        Ok(AttestedVerdict { kit: subject.digest, referrer: referrer.digest })
    })
    .await
}

fn svr(checked: &Checked, now: i64) -> Result<Svr, OpsError> {
    let bad = |error: sealkit_attest::ValueError| {
        OpsError::usage("time-malformed", format!("the verdict can not be dated: {error}"))
    };
    let policy = ResourceDescriptor::named(checked.policy.name(), checked.policy.digest());
    Ok(Svr {
        verifier: SvrVerifier {
            id: Uri::try_from(VERIFIER.to_owned()).map_err(bad)?,
            policies: vec![policy],
        },
        time_created: Timestamp::from_unix(now).map_err(bad)?,
        properties: vec![PROPERTY_VERIFIED.to_owned(), PROPERTY_PASSED.to_owned()],
    })
}
