//! Whether there is anything to take back.

use sealkit_attest::{Advisory, AdvisoryState, AttestError, PublicKey, Timestamp, TrustRoot};

use super::list::advisory_of;
use crate::attest::bundles;
use crate::trust::{Role, TrustedKey};
use crate::{Context, Kit, OpsError, Place};

/// The code of the error where there is nothing to take back.
pub const NOTHING_TO_WITHDRAW: &str = "nothing-to-withdraw";

/// Refuses to take back what `key` never said of the kit under this id, or said later: whoever reads
/// "withdrew" believes that the kit may be used again.
pub(super) async fn check(
    context: &Context,
    place: &Place,
    key: PublicKey,
    id: &str,
    issued_on: &Timestamp,
) -> Result<(), OpsError> {
    let mut own = TrustRoot::default();
    own.add(TrustedKey::new(key, "the key that signs", Role::Own))?;
    let kit = Kit::open(context, place).await?;
    let (all, more) = bundles(&kit, &own, (context.clock)(), false).await?;
    let said = all.iter().filter_map(|one| one.result.as_ref().ok()).filter_map(advisory_of);
    let said: Vec<Advisory> = said.map(|one| one.value().clone()).collect();
    let is_earlier = |one: &Advisory| one.id == id && issued_on.is_after(&one.issued_on);
    let affected = || said.iter().filter(|one| one.state == AdvisoryState::Affected);
    // Of what was not looked at, nobody knows.
    if more || affected().any(is_earlier) {
        return Ok(());
    }
    let mut ids: Vec<String> =
        affected().map(|one| format!("`{}`", AttestError::quote(&one.id))).collect();
    ids.dedup();
    let is_said = affected().any(|one| one.id == id);
    let hint = if is_said {
        // Of two that are of one second nobody could tell which came last.
        "it was said within this second: run the command again in a moment".to_owned()
    } else if ids.is_empty() {
        format!("this key said nothing of it: `sealkit advisories {place}` shows who did")
    } else {
        format!("this key said: {}", ids.join(", "))
    };
    let id = AttestError::quote(id);
    let message = format!("of `{place}` this key said nothing earlier under the id `{id}`");
    Err(OpsError::usage(NOTHING_TO_WITHDRAW, message).with_hint(hint))
}
