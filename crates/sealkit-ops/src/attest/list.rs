//! What is attached to a kit, each with whether it is verified and by whom.

use sealkit_attest::{
    ANNOTATION_PUBLIC_KEY, AttestError, BUNDLE_LIMITS, Bundle, CycloneDxBom, Predicate as _,
    PublicKey, SpdxBom, Statement, VerifiedStatement, Verifier, VouchedIdentity, kind_of,
    predicate_type,
};
use sealkit_oci::{Descriptor, Digest, Manifest, Target, media_type};
use sealkit_report::{Code, Hint as _, Step};
use sealkit_store::StoreError;

use crate::kit::MAX_REFERRERS;
use crate::trust::{TrustRoot, Trusted};
use crate::verify::model_signature;
use crate::{Context, Kit, OpsError, Place};

/// Most trials of trusted keys on the signatures of one kit before those alone are tried that a bundle names:
/// whoever may push can attach thousands, each of which costs one trial for every trusted key.
const MAX_TRIALS: usize = 50_000;
/// Most bytes of bundles that are read of one kit.
const MAX_BYTES: u64 = 256 << 20;

/// Which attestations are wanted.
#[derive(Clone, Debug, Default)]
pub struct AttestationFilter {
    /// A short name or URI of the predicate type.
    pub kind: Option<String>,
    /// Digest of the bundle or of the statement.
    pub digest: Option<Digest>,
    /// Who is trusted for this run, beside those of the trust store.
    pub trusted: Trusted,
}

/// One attestation.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// Digest of the bundle.
    pub bundle: Digest,
    /// Digest of the manifest that attaches it.
    pub referrer: Digest,
    /// What it says: the signed predicate type where the statement could be read, else what the
    /// annotation claims.
    pub predicate_type: Option<String>,
    /// Digest of the statement, where it could be read.
    pub statement: Option<Digest>,
    /// The predicate as its signed text, where it could be read.
    pub predicate: Option<String>,
    /// Whether every check passed under the trust root.
    pub verified: bool,
    /// Who signed, as the trust root names them; none where it is not verified.
    pub signer: Option<String>,
    /// Fingerprint of the key that claims to be the signer's, where it is not verified.
    pub claimed: Option<String>,
    /// Why it is not verified, or what is wrong with a predicate of a known type.
    pub reason: Option<String>,
    /// Stable name of the cause.
    pub code: Option<Code>,
    /// Whether it is wrong, as opposed to signed by nobody who is trusted.
    pub failed: bool,
    /// The bundle, byte for byte.
    pub bytes: Vec<u8>,
}

/// What is attached to a kit.
#[derive(Clone, Debug)]
pub struct Attestations {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// The attestations that are wanted, in the order of their type and digest.
    pub found: Vec<Attestation>,
    /// Whether there are more than were looked at.
    pub more: bool,
}

/// A bundle with what came of verifying it.
pub(crate) struct Checked {
    pub(crate) referrer: Digest,
    pub(crate) bundle: Digest,
    pub(crate) bytes: Vec<u8>,
    pub(crate) claimed: Option<PublicKey>,
    pub(crate) annotated: Option<String>,
    /// Every step of the verification; none where the bytes could not be read.
    pub(crate) steps: Vec<Step>,
    /// Whom a trusted Sigstore instance vouched for, trusted or not.
    pub(crate) identity: Option<VouchedIdentity>,
    /// Whether it is about the files of a model and not about the manifest.
    pub(crate) is_about_files: bool,
    pub(crate) result: Result<VerifiedStatement, Fault>,
}

/// Why a bundle proves nothing.
pub(crate) struct Fault {
    pub(crate) reason: String,
    pub(crate) code: Code,
    /// Whether it is wrong, as opposed to gone or signed by nobody who is trusted.
    pub(crate) failed: bool,
}

impl Fault {
    fn unread() -> Self {
        Self { reason: "it was not read".to_owned(), code: "not-checked", failed: false }
    }

    fn untried() -> Self {
        let reason = "so much is attached that not every trusted key was tried on it".to_owned();
        Self { reason, code: "not-checked", failed: false }
    }
}

impl From<AttestError> for Fault {
    fn from(error: AttestError) -> Self {
        Self { reason: error.full_message(), code: error.code(), failed: !error.is_unknown() }
    }
}

/// What damage to one document means; an error of the place stays one.
fn damage(error: OpsError) -> Result<Fault, OpsError> {
    let failed = match &error {
        OpsError::Store(StoreError::DigestMismatch { .. } | StoreError::SizeMismatch { .. }) => {
            true
        }
        OpsError::Store(StoreError::NotFound { .. }) => false,
        _ => return Err(error),
    };
    Ok(Fault { reason: error.to_string(), code: error.code(), failed })
}

/// Reads and verifies the bundles that are attached to `kit`; true where there are more than are
/// looked at. With `boms` those that are about all files, AIBOMs and model signatures, are there too.
pub(crate) async fn bundles(
    kit: &Kit,
    trust: &TrustRoot,
    now: i64,
    boms: bool,
) -> Result<(Vec<Checked>, bool), OpsError> {
    let kind = Some(media_type::SIGSTORE_BUNDLE);
    let list = kit.repository.referrers(kit.digest(), kind).await?;
    let mut look = Look {
        kit,
        trust,
        now,
        boms,
        room: MAX_BYTES,
        trials: MAX_TRIALS,
        more: list.len() > MAX_REFERRERS,
    };
    let mut all = Vec::new();
    for referrer in list.iter().take(MAX_REFERRERS) {
        all.extend(look.at(referrer).await?);
    }
    Ok((all, look.more))
}

/// How attached bundles are looked at.
pub(super) struct Look<'a> {
    pub(super) kit: &'a Kit,
    pub(super) trust: &'a TrustRoot,
    /// The time, unix seconds.
    pub(super) now: i64,
    /// Whether AIBOMs and model signatures are wanted too.
    pub(super) boms: bool,
    /// Bytes that may still be read.
    pub(super) room: u64,
    /// Trials of trusted keys that may still be made.
    pub(super) trials: usize,
    /// Whether something was left out.
    pub(super) more: bool,
}

/// Whether statements of this type are AIBOMs.
pub(crate) fn is_bom(kind: &str) -> bool {
    CycloneDxBom::matches(kind) || SpdxBom::matches(kind)
}

impl Look<'_> {
    /// Reads and verifies one; none where it is no bundle, or not wanted. One that is damaged does not hide
    /// the others.
    pub(super) async fn at(&mut self, referrer: &Descriptor) -> Result<Option<Checked>, OpsError> {
        let (layer, manifest) = match layer(self.kit, referrer).await {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(Some(Checked::unreadable(referrer, damage(error)?))),
        };
        let annotated = manifest.annotations.get(media_type::ANNOTATION_BUNDLE_PREDICATE).cloned();
        if !self.boms && annotated.as_deref().is_some_and(is_bom) {
            return Ok(None);
        }
        if layer.size > BUNDLE_LIMITS.bytes as u64 || layer.size > self.room {
            self.more = true;
            return Ok(None);
        }
        self.room -= layer.size;
        let claimed = manifest.annotations.get(ANNOTATION_PUBLIC_KEY);
        let claimed = claimed.and_then(|pem| PublicKey::from_pem(pem).ok());
        let mut checked = Checked {
            referrer: referrer.digest.clone(),
            bundle: layer.digest.clone(),
            bytes: Vec::new(),
            claimed,
            annotated,
            steps: Vec::new(),
            identity: None,
            is_about_files: false,
            result: Err(Fault::unread()),
        };
        match self.kit.read_blob(&layer, BUNDLE_LIMITS.bytes as u64).await {
            Ok(bytes) => {
                let of_files = model_signature(&bytes);
                if !self.boms && of_files.is_some() {
                    return Ok(None);
                }
                self.verify(&mut checked, bytes, of_files);
            }
            Err(error) => checked.result = Err(damage(error)?),
        }
        Ok(Some(checked))
    }

    fn verify(&mut self, checked: &mut Checked, bytes: Vec<u8>, of_files: Option<Statement>) {
        let mut verifier = Verifier::new(self.trust, self.now).allowing_statement_v01();
        let keys = self.trust.keys().len();
        let named_only = self.trials < keys;
        if named_only {
            verifier = verifier.trying_named_keys_only();
        }
        if let Some(claimed) = &checked.claimed {
            verifier = verifier.claiming(claimed);
        }
        checked.is_about_files = of_files.is_some();
        // A model signature is about the files: `verify` holds it against them.
        let own = of_files.and_then(|said| said.subjects().first()?.sha256());
        let subject = own.unwrap_or_else(|| self.kit.digest().clone());
        let found = verifier.check(&bytes, &subject);
        checked.steps = found.report().steps;
        checked.identity = found.identity().cloned();
        checked.result = match found.into_result() {
            Err(AttestError::UnknownKey { .. }) if named_only => {
                self.more = true;
                Err(Fault::untried())
            }
            result => result.map_err(Fault::from),
        };
        // A good signature is by the key that it names, which is tried first.
        let tried = if checked.result.is_ok() || named_only { 1 } else { keys };
        self.trials = self.trials.saturating_sub(tried);
        checked.bytes = bytes;
    }
}

pub(crate) async fn layer(
    kit: &Kit,
    referrer: &Descriptor,
) -> Result<Option<(Descriptor, Manifest)>, OpsError> {
    let target = Target::Digest(referrer.digest.clone());
    let Some(stored) = kit.repository.manifest(&target).await? else { return Ok(None) };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { return Ok(None) };
    Ok(match manifest.layers() {
        [layer] => Some((layer.clone(), manifest)),
        _ => None,
    })
}

/// Lists what is attached to the kit at `place`.
pub async fn attestations(
    context: &Context,
    place: &Place,
    filter: &AttestationFilter,
) -> Result<Attestations, OpsError> {
    let trust = filter.trusted.root(context)?;
    let kit = Kit::open(context, place).await?;
    let wanted = match &filter.kind {
        Some(kind) => Some(predicate_type(kind).ok_or_else(|| {
            let kind = AttestError::quote(kind);
            OpsError::usage("predicate-type-unknown", format!("`{kind}` is no type of predicate"))
        })?),
        None => None,
    };
    let (all, more) = bundles(&kit, &trust, (context.clock)(), true).await?;
    let mut found: Vec<Attestation> = all.into_iter().map(Checked::told).collect();
    found.retain(|one| {
        let digest = filter.digest.as_ref();
        let named = digest.is_none_or(|d| *d == one.bundle || one.statement.as_ref() == Some(d));
        named && wanted.as_deref().is_none_or(|wanted| same_kind(wanted, one))
    });
    found.sort_by(|a, b| (&a.predicate_type, &a.bundle).cmp(&(&b.predicate_type, &b.bundle)));
    Ok(Attestations { kit: kit.digest().clone(), found, more })
}

fn same_kind(wanted: &str, one: &Attestation) -> bool {
    let Some(found) = one.predicate_type.as_deref() else { return false };
    let kind = kind_of(wanted).filter(|kind| kind.predicate_type == wanted);
    found == wanted || kind.is_some_and(|kind| kind.matches(found))
}

/// The one attestation that is wanted: where several are meant, the one of them that is verified.
pub async fn download(
    context: &Context,
    place: &Place,
    filter: &AttestationFilter,
) -> Result<Attestation, OpsError> {
    let all = attestations(context, place, filter).await?;
    let verified: Vec<&Attestation> = all.found.iter().filter(|one| one.verified).collect();
    let one = match (all.found.as_slice(), verified.as_slice()) {
        ([one], _) => one,
        (_, [one]) => *one,
        ([], _) => {
            let message = format!("no such attestation is attached to `{place}`");
            return Err(OpsError::usage("no-attestation", message)
                .with_hint(format!("run `sealkit attest list {place}`")));
        }
        (many, _) => {
            let message = format!("{} attestations of `{place}` are meant", many.len());
            return Err(OpsError::usage("attestation-ambiguous", message)
                .with_hint("name one by `--digest`: `sealkit attest list` shows them"));
        }
    };
    Ok(one.clone())
}

impl Checked {
    /// An attachment of which not even the manifest could be read.
    fn unreadable(referrer: &Descriptor, fault: Fault) -> Self {
        Self {
            referrer: referrer.digest.clone(),
            bundle: referrer.digest.clone(),
            bytes: Vec::new(),
            claimed: None,
            annotated: None,
            steps: Vec::new(),
            identity: None,
            is_about_files: false,
            result: Err(fault),
        }
    }

    fn told(self) -> Attestation {
        let mut told = Attestation {
            bundle: self.bundle,
            referrer: self.referrer,
            predicate_type: self.annotated,
            statement: None,
            predicate: None,
            verified: false,
            signer: None,
            claimed: None,
            reason: None,
            code: None,
            failed: false,
            bytes: self.bytes,
        };
        match self.result {
            Ok(verified) => {
                told.verified = true;
                told.signer = Some(verified.signer().name().to_owned());
                told.says(verified.value());
            }
            Err(fault) => {
                if let Some(statement) = claimed_statement(&told.bytes) {
                    told.says(&statement);
                }
                told.claimed = self.claimed.map(|key| key.fingerprint());
                told.blame(fault.code, fault.reason);
                told.failed = fault.failed;
            }
        }
        told
    }
}

impl Attestation {
    fn says(&mut self, statement: &Statement) {
        self.predicate_type = Some(statement.predicate_type().to_owned());
        self.statement = Some(statement.digest());
        self.predicate = Some(statement.raw_predicate().to_owned());
        if let Err(error) = statement.any_predicate() {
            self.blame(error.code(), error.full_message());
        }
    }

    fn blame(&mut self, code: Code, reason: String) {
        (self.code, self.reason) = (Some(code), Some(reason));
    }
}

/// What a bundle says, whoever signed it: to be shown, never to be believed.
pub(crate) fn claimed_statement(bytes: &[u8]) -> Option<Statement> {
    Bundle::parse(bytes.to_vec()).ok()?.statement_allowing_v01().ok()
}
