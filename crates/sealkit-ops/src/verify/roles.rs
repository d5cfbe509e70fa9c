//! What signers of a role are not trusted for: a signature that is valid may be by somebody whose word on kits
//! does not count.

use sealkit_attest::{
    Advisory, AttestError, CosignSign, KitSeal, Predicate as _, Role, TrustedSigner,
    VerifiedStatement, oms,
};

/// Stable name of the cause.
pub(crate) const CODE: &str = "signer-role";

/// Why a verified statement does not count; none where it does. Of a revoker advisories alone count; of a hub
/// all that it found, and no signature of the whole.
pub(crate) fn uncounted(verified: &VerifiedStatement) -> Option<String> {
    let (signer, statement) = (verified.signer(), verified.value());
    let counts = match signer.role().name() {
        Role::REVOKER => Advisory::matches(statement.predicate_type()),
        Role::HUB => !is_of_the_whole(statement.predicate_type()),
        _ => true,
    };
    if counts { None } else { vouches_not(signer) }
}

/// Whether statements of this type are signatures of a kit, and say nothing but that.
fn is_of_the_whole(kind: &str) -> bool {
    CosignSign::matches(kind) || KitSeal::matches(kind) || oms::is_model_signature(kind)
}

/// Why a signer vouches for no kit, whatever was signed; none where they may.
pub(crate) fn vouches_not(signer: &TrustedSigner) -> Option<String> {
    let role = signer.role();
    let name = AttestError::quote(signer.name());
    let reason = || format!("signed by `{name}`, whose role `{role}` vouches for no kit");
    (!role.vouches_for_kits()).then(reason)
}
