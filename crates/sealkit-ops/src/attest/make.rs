//! Signs a statement about a kit and attaches it.

use std::io::Read as _;
use std::path::Path;

use sealkit_attest::{
    ANNOTATION_SEQUENCE, HintStyle, KINDS, Predicate as _, STATEMENT_LIMITS, SpdxBom, Statement,
    Subject, predicate_type,
};
use sealkit_oci::{Descriptor, Digest};

use crate::files::blob::blocking;
use crate::keys::{PrivateKey, SigningIdentity};
use crate::seal::sign::Desk;
use crate::sign::store::attach;
use crate::{Context, Kit, OpsError, Place};

/// Most subjects that one statement names beside the kit.
const MAX_SUBJECTS: usize = 1_000;

/// What to attest.
#[derive(Clone, Debug)]
pub struct AttestRequest {
    /// The kit: in the local store, in a layout or at a registry.
    pub place: Place,
    /// What kind of thing is said: a short name, or any URI.
    pub kind: String,
    /// What is said: a JSON object, which is signed byte for byte.
    pub predicate: Vec<u8>,
    /// Parts that the statement is about beside the kit, by name.
    pub subjects: Vec<(String, Digest)>,
    /// Number of the release, for the annotation of the subject.
    pub sequence: Option<u64>,
    /// The key that signs.
    pub key: PrivateKey,
    /// Whether a predicate of a known type is signed even where it does not have its shape.
    pub skip_check: bool,
    /// Creation time to write, RFC 3339 UTC.
    pub created: Option<String>,
}

/// What was attested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// The predicate type that was written.
    pub predicate_type: String,
    /// Digest of the statement: what an edge of a lineage names as its evidence.
    pub statement: Digest,
    /// Digest of the bundle.
    pub bundle: Digest,
    /// Digest of the manifest that attaches it.
    pub referrer: Digest,
}

/// Signs a statement about a kit and attaches it. A predicate of a type that SealKit knows must have
/// the shape of that type; one of another type is accepted as it is.
pub async fn attest(context: &Context, request: AttestRequest) -> Result<Attested, OpsError> {
    let kind = predicate_type(&request.kind).ok_or_else(|| unknown_kind(&request.kind))?;
    let kit = Kit::open(context, &request.place).await?;
    let statement =
        Statement::with_predicate(subjects(&request, &kit)?, &kind, &request.predicate)?;
    if !request.skip_check {
        check(&statement)?;
    }
    let (digest, own) = (statement.digest(), SigningIdentity::of_key(request.key));
    let (referrer, bundle) =
        store(context, &kit, &request.place, statement, own, request.created).await?;
    Ok(Attested {
        kit: kit.digest().clone(),
        predicate_type: kind,
        statement: digest,
        bundle,
        referrer: referrer.digest,
    })
}

/// Signs and attaches, as cosign v3 stores its own; gives the referrer and the bundle's digest.
async fn store(
    context: &Context,
    kit: &Kit,
    place: &Place,
    statement: Statement,
    identity: SigningIdentity,
    created: Option<String>,
) -> Result<(Descriptor, Digest), OpsError> {
    let subject = kit.manifest.descriptor();
    let Place::Local(reference) = place else {
        let bundle = identity.sign(&statement, HintStyle::Cosign)?;
        let repository = &*kit.repository;
        let made = attach(repository, subject, &bundle, &identity, created.as_deref()).await?;
        return Ok((made, Digest::of(bundle.bytes())));
    };
    let (store, repository) = (context.store()?, context.local_repository(reference)?);
    let subject = subject.clone();
    blocking(move || {
        let created = created.as_deref();
        let desk = Desk::of_identity(&store, &repository, &subject, identity, created);
        desk.attach_statement(&statement)
    })
    .await
}

fn subjects(request: &AttestRequest, kit: &Kit) -> Result<Vec<Subject>, OpsError> {
    if request.subjects.len() > MAX_SUBJECTS {
        let message = format!("a statement has at most {MAX_SUBJECTS} subjects beside the kit");
        return Err(OpsError::usage("too-many-subjects", message));
    }
    let mut first = Subject::of(kit.digest());
    if let Some(sequence) = request.sequence {
        let pair = (ANNOTATION_SEQUENCE.to_owned(), sequence.into());
        first.annotations = Some(serde_json::Map::from_iter([pair]));
    }
    let more = request
        .subjects
        .iter()
        .map(|(name, digest)| Subject { name: Some(name.clone()), ..Subject::of(digest) });
    Ok(std::iter::once(first).chain(more).collect())
}

/// Holds a predicate against its type.
fn check(statement: &Statement) -> Result<(), OpsError> {
    let hint = "correct it, or mean it: `--insecure-skip-predicate-check`";
    let wrong = |error: String| {
        let kind = statement.predicate_type();
        let message = format!("the predicate is not a `{kind}`: {error}");
        OpsError::usage("predicate-invalid", message).with_hint(hint)
    };
    statement.any_predicate().map_err(|error| wrong(error.full_message()))?;
    let kind = statement.predicate_type();
    if super::is_bom(kind) {
        let document = statement.raw_predicate().as_bytes();
        let codec = sealkit_aibom::codec_of(document).map_err(|error| wrong(error.to_string()))?;
        let is_spdx = codec.media_type() == sealkit_oci::media_type::SPDX;
        if is_spdx != SpdxBom::matches(kind) {
            return Err(wrong("it is an AIBOM of the other format".to_owned()));
        }
    }
    Ok(())
}

fn unknown_kind(kind: &str) -> OpsError {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let kind = sealkit_attest::AttestError::quote(kind);
    OpsError::usage("predicate-type-unknown", format!("`{kind}` is no type of predicate"))
        .with_hint(format!("give a URI, or one of: {}", names.join(", ")))
}

/// The short names of predicate types, each with what it says.
pub fn predicate_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().map(|kind| (kind.name, kind.title))
}

/// Reads a predicate from a file, or from standard input where `path` is `-`.
pub fn read_predicate(path: &Path) -> Result<Vec<u8>, OpsError> {
    let failed = |source| OpsError::io("read", path, source);
    let limit = STATEMENT_LIMITS.bytes as u64;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > limit {
        let message = format!("`{}` is larger than {limit} bytes", path.display());
        return Err(OpsError::usage("file-too-large", message));
    }
    Ok(bytes)
}
