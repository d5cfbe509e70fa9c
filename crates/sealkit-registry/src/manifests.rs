//! Manifests: GET, HEAD, PUT, DELETE (end-3, end-7, end-9).

use std::collections::HashSet;

use axum::body::{Body, to_bytes};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use sealkit_oci::{Algorithm, Descriptor, Digest, Index, Manifest, Reference, Target, media_type};
use sealkit_store::{PutManifest, Repository, StoreError, digest_of, is_foreign};
use tokio::time::timeout;

use crate::blobs::{CONTENT_DIGEST, IMMUTABLE, REVALIDATE, finish, is_known, roomy, unchanged};
use crate::body::content_length;
use crate::router::{Answer, Call, Server, warn};
use crate::{Act, Deed, RegistryError, TagChange};

/// Most tags in one request; the protocol asks for at least ten.
const MAX_TAGS: usize = 64;

pub(crate) async fn serve(
    server: &Server,
    name: &str,
    target: &Target,
    call: &Call,
    body: Body,
) -> Answer {
    match call.method {
        Method::GET | Method::HEAD => read(server, name, target, call).await,
        Method::PUT => put(server, name, target, call, body).await,
        Method::DELETE if server.options.deletes => {
            server.repository(name)?.delete_manifest(target).await?;
            server.tell(call, name, Deed::DeletedManifest(target)).await;
            finish(Response::builder().status(StatusCode::ACCEPTED), Body::empty())
        }
        Method::DELETE => Err(RegistryError::Disabled("deleting")),
        _ => Err(call.refuse("GET, HEAD, PUT, DELETE")),
    }
}

async fn read(server: &Server, name: &str, target: &Target, call: &Call) -> Answer {
    let found = server.repository(name)?.manifest(target).await?;
    let found = found.ok_or_else(|| RegistryError::ManifestUnknown(target.to_string()))?;
    let digest = &found.descriptor.digest;
    let immutable = matches!(target, Target::Digest(_));
    if is_known(call, digest) {
        return unchanged(digest, immutable);
    }
    if call.method == Method::GET {
        server.tell(call, name, Deed::PulledManifest { target, digest }).await;
    }
    let builder = roomy()
        .status(StatusCode::OK)
        .header(header::CACHE_CONTROL, if immutable { IMMUTABLE } else { REVALIDATE })
        .header(header::CONTENT_TYPE, &found.descriptor.media_type)
        .header(header::CONTENT_LENGTH, found.bytes.len())
        .header(header::ETAG, format!("\"{digest}\""))
        .header(CONTENT_DIGEST, digest.to_string());
    let body = if call.method == Method::HEAD { Body::empty() } else { Body::from(found.bytes) };
    finish(builder, body)
}

async fn put(server: &Server, name: &str, target: &Target, call: &Call, body: Body) -> Answer {
    let repository = server.writer(name)?;
    let tags = tags(target, call)?;
    let limit = server.options.max_manifest;
    if content_length(&call.headers).is_some_and(|length| length > limit as u64) {
        return Err(RegistryError::TooLarge { limit });
    }
    let content_type = call.header("content-type").map(strip_parameters).map(str::to_owned);
    let bytes = timeout(server.options.body_timeout, to_bytes(body, limit)).await;
    let bytes = bytes.map_err(|_| RegistryError::Slow)?;
    let bytes = bytes.map_err(|_| RegistryError::TooLarge { limit })?;
    if let Target::Digest(digest) = target
        && !digest.matches(&bytes)
    {
        return Err(RegistryError::DigestInvalid { expected: digest.clone() });
    }
    let document = Document::parse(content_type, &bytes)?;
    let sparse = server.options.insecure_sparse;
    if !sparse {
        document.check_children(repository.as_ref()).await?;
    }
    let algorithm = match target {
        Target::Digest(digest) => digest.algorithm(),
        Target::Tag(_) => Algorithm::Sha256,
    };
    let judged = (target, &document, bytes.as_ref(), algorithm);
    let warnings = judge(server, name, call, repository.as_ref(), judged, &tags).await?;
    let put = PutManifest { algorithm, tags, sparse };
    let stored = repository.put_manifest_as(&document.media_type, bytes, &put).await;
    let stored = stored.map_err(|error| match error {
        StoreError::Unsupported { .. } if algorithm != Algorithm::Sha256 => {
            RegistryError::ManifestAlgorithm(algorithm.name())
        }
        other => other.into(),
    })?;
    let subject = document.subject();
    let deed = Deed::PushedManifest {
        descriptor: &stored,
        tags: &put.tags,
        subject: subject.map(|subject| &subject.digest),
    };
    server.tell(call, name, deed).await;
    let mut response = answer(name, target, &stored.digest, &put.tags, subject)?;
    warn(&mut response, &warnings);
    Ok(response)
}

/// Asks the guard about the tags that are about to be set; gives what it warns of.
async fn judge(
    server: &Server,
    name: &str,
    call: &Call,
    repository: &dyn Repository,
    (target, document, bytes, algorithm): (&Target, &Document, &[u8], Algorithm),
    tags: &[String],
) -> Result<Vec<String>, RegistryError> {
    if tags.is_empty() {
        return Ok(Vec::new());
    }
    let mut moves = Vec::with_capacity(tags.len());
    for tag in tags {
        let old = repository.manifest(&Target::Tag(tag.clone())).await?;
        moves.push((tag.clone(), old.map(|old| old.descriptor.digest)));
    }
    let digest = digest_of(algorithm, bytes);
    let digest = digest.map_err(|_| RegistryError::ManifestAlgorithm(algorithm.name()))?;
    let media_type = &document.media_type;
    let change = TagChange { tags: &moves, digest: &digest, media_type, bytes };
    let ask = call.ask(Some(name), Act::PushManifest(target));
    Ok(server.options.guard.tag(&ask, &change).await?.warnings)
}

/// The tags that the request sets: the one in its path, or those in its query.
fn tags(target: &Target, call: &Call) -> Result<Vec<String>, RegistryError> {
    let mut tags: Vec<String> = call.query.all("tag").map(str::to_owned).collect();
    if let Target::Tag(tag) = target {
        tags.insert(0, tag.clone());
    }
    let mut seen = HashSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    if tags.len() > MAX_TAGS {
        return Err(RegistryError::TooManyTags { limit: MAX_TAGS });
    }
    if !tags.iter().all(|tag| Reference::is_tag(tag)) {
        return Err(RegistryError::Query { name: "tag" });
    }
    Ok(tags)
}

fn answer(
    name: &str,
    target: &Target,
    digest: &Digest,
    tags: &[String],
    subject: Option<&Descriptor>,
) -> Answer {
    let mut builder = Response::builder()
        .status(StatusCode::CREATED)
        .header(header::LOCATION, format!("/v2/{name}/manifests/{digest}"))
        .header(header::CONTENT_LENGTH, 0)
        .header(CONTENT_DIGEST, digest.to_string());
    if let Some(subject) = subject {
        builder = builder.header("oci-subject", subject.digest.to_string());
    }
    if matches!(target, Target::Digest(_)) && !tags.is_empty() {
        builder = builder.header("oci-tag", tags.join(", "));
    }
    finish(builder, Body::empty())
}

fn strip_parameters(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// A manifest as far as the registry must understand it.
struct Document {
    media_type: String,
    kind: Kind,
}

enum Kind {
    Manifest(Box<Manifest>),
    Index(Box<Index>),
}

/// The one key that is read before the kind of document is known.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Peek {
    #[serde(default)]
    media_type: Option<String>,
}

impl Document {
    fn parse(content_type: Option<String>, bytes: &[u8]) -> Result<Self, RegistryError> {
        let invalid = |error: serde_json::Error| RegistryError::ManifestInvalid(error.to_string());
        // What is a list would be taken for the values of an object, in their order.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(RegistryError::ManifestInvalid("it is not a JSON object".to_owned()));
        }
        let inner = serde_json::from_slice::<Peek>(bytes).map_err(invalid)?.media_type;
        let media_type = match (content_type, inner) {
            (Some(outer), Some(inner)) if outer != inner => {
                let text = format!("its `mediaType` is `{inner}`, its `Content-Type` is `{outer}`");
                return Err(RegistryError::ManifestInvalid(text));
            }
            (Some(media_type), _) | (None, Some(media_type)) => media_type,
            (None, None) => return Err(RegistryError::Header { name: "Content-Type" }),
        };
        let kind = if media_type::is_index(&media_type) {
            Kind::Index(Box::new(serde_json::from_slice(bytes).map_err(invalid)?))
        } else if media_type::is_manifest(&media_type) {
            Kind::Manifest(Box::new(serde_json::from_slice(bytes).map_err(invalid)?))
        } else {
            let text = format!("media type `{media_type}` is not known");
            return Err(RegistryError::ManifestInvalid(text));
        };
        Ok(Self { media_type, kind })
    }

    fn subject(&self) -> Option<&Descriptor> {
        match &self.kind {
            Kind::Manifest(manifest) => manifest.subject.as_ref(),
            Kind::Index(index) => index.subject.as_ref(),
        }
    }

    /// Checks that what the document names is there. A subject may be missing: it may come later.
    async fn check_children(&self, repository: &dyn Repository) -> Result<(), RegistryError> {
        match &self.kind {
            Kind::Manifest(manifest) => {
                for blob in manifest.blobs().filter(|blob| !is_foreign(blob)) {
                    if repository.stat(&blob.digest).await?.is_none() {
                        return Err(RegistryError::ManifestBlobUnknown(blob.digest.clone()));
                    }
                }
            }
            Kind::Index(index) => {
                for child in &index.manifests {
                    let target = Target::Digest(child.digest.clone());
                    if repository.manifest(&target).await?.is_none() {
                        return Err(RegistryError::ManifestBlobUnknown(child.digest.clone()));
                    }
                }
            }
        }
        Ok(())
    }
}
