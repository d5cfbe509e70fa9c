//! From bytes to a verdict, without file, socket or clock: what a controller, a browser or another
//! program does with a manifest, a bundle, a trust root and a policy that it has at hand.

use sealkit_attest::{
    Bundle, CosignSign, HintStyle, PrivateKey, Role, Signer as _, Statement, Subject as Named,
    TrustRoot, TrustedKey, Verifier,
};
use sealkit_oci::{Digest, Manifest, Raw, media_type};
use sealkit_policy::{Evaluation, Facts, Policy, Subject};

const POLICY: &str = "
schemaVersion: 1
name: example
rules:
  - id: signed
    check:
      signers: {by: {names: [Ada]}}
  - id: pinned
    check: pinned
";

/// Verifies `bundle` and judges the kit whose manifest is `manifest`, at `now` in unix seconds.
fn judge(
    manifest: &[u8],
    bundle: &[u8],
    trust: &TrustRoot,
    policy: &[u8],
    now: i64,
) -> Result<Evaluation, Box<dyn std::error::Error>> {
    let policy = Policy::parse(policy)?;
    let manifest = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, manifest.to_vec())?;
    let digest = manifest.digest().clone();
    let verified = Verifier::new(trust, now).verify(bundle, &digest)?;
    let subject =
        Subject { digest, repository: None, pinned: true, kinds: vec![], environment: None };
    let facts = Facts::about(subject).statement(&verified)?.manifest(&manifest)?.build();
    Ok(policy.evaluate(&facts, now))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What a signer did elsewhere.
    let empty = Digest::of(b"");
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"a/b","digest":"{empty}","size":0}},"layers":[]}}"#
    );
    let key = PrivateKey::generate(&mut |out: &mut [u8]| out.fill(7))?;
    let about = vec![Named::of(&Digest::of(manifest.as_bytes()))];
    let bundle = Bundle::sign(&Statement::new(about, &CosignSign {})?, &key, HintStyle::Cosign)?;

    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key.public_key(), "Ada", Role::Signer))?;
    let now = 1_790_000_000;
    let verdict = judge(manifest.as_bytes(), bundle.bytes(), &trust, POLICY.as_bytes(), now)?;
    assert!(verdict.is_allowed(), "{:?}", verdict.report());

    // One byte more is another kit, about which nobody said anything.
    let other = format!("{manifest} ");
    assert!(judge(other.as_bytes(), bundle.bytes(), &trust, POLICY.as_bytes(), now).is_err());
    Ok(())
}
