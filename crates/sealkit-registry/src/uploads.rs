//! Uploads: POST, PATCH, PUT, GET, DELETE (end-4 to end-6, end-11, end-13, end-14).

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use sealkit_oci::{Algorithm, Descriptor, Digest};
use sealkit_store::{BLOB_TYPE, Feed, Repository, Session};

use crate::blobs::{CONTENT_DIGEST, finish};
use crate::body::{Steps, content_length};
use crate::names;
use crate::ranges::{parse_content_range, progress};
use crate::router::{Answer, Call, Server};
use crate::{Act, Deed, Guard, RegistryError};

/// POST: a mount, a whole blob in one request, or a new session.
pub(crate) async fn start(server: &Server, name: &str, call: &Call, body: Body) -> Answer {
    if call.method != Method::POST {
        return Err(call.refuse("POST"));
    }
    let repository = server.writer(name)?;
    if let Some(digest) = call.query.get("mount") {
        let digest: Digest = digest.parse()?;
        let from = call.query.get("from");
        if mount(server, name, call, repository.as_ref(), &digest, from).await? {
            server.tell(call, name, Deed::MountedBlob { digest: &digest, from }).await;
            return created(name, &digest);
        }
    } else if let Some(digest) = call.query.get("digest") {
        let digest: Digest = digest.parse()?;
        let steps = Steps::of(body, server.options.body_timeout);
        match content_length(&call.headers) {
            Some(size) => whole(repository.as_ref(), &digest, size, steps).await?,
            None => spool_whole(server, name, &digest, call, steps).await?,
        }
        server.tell(call, name, Deed::PushedBlob(&digest)).await;
        return created(name, &digest);
    } else if let Some(algorithm) = call.query.get("digest-algorithm") {
        let known = [Algorithm::Sha256, Algorithm::Sha512].iter().any(|a| a.name() == algorithm);
        if !known {
            return Err(RegistryError::Query { name: "digest-algorithm" });
        }
    }
    let id = server.options.sessions.start(name).await?;
    accepted(server, StatusCode::ACCEPTED, name, &id, 0)
}

/// Everything below the path of one session.
pub(crate) async fn serve(
    server: &Server,
    name: &str,
    id: &str,
    call: &Call,
    body: Body,
) -> Answer {
    let sessions = &server.options.sessions;
    match call.method {
        Method::GET | Method::HEAD => {
            let offset = sessions.offset(name, id).await?;
            accepted(server, StatusCode::NO_CONTENT, name, id, offset)
        }
        Method::DELETE => {
            sessions.cancel(name, id).await?;
            finish(Response::builder().status(StatusCode::NO_CONTENT), Body::empty())
        }
        Method::PATCH => {
            let mut session = sessions.take(name, id).await?;
            let steps = Steps::of(body, server.options.body_timeout);
            let came = chunk(server, session.as_mut(), name, id, call, steps).await;
            if let Err(RegistryError::Refused(_)) = came {
                drop(session);
                // There is no room for what came: it is not to take that of others until the upload is swept.
                let _ = sessions.cancel(name, id).await;
            }
            accepted(server, StatusCode::ACCEPTED, name, id, came?)
        }
        Method::PUT => complete(server, name, id, call, body).await,
        _ => Err(call.refuse("GET, HEAD, PATCH, PUT, DELETE")),
    }
}

/// PUT: the last chunk, if any, and the digest.
async fn complete(server: &Server, name: &str, id: &str, call: &Call, body: Body) -> Answer {
    let digest = call.query.get("digest").ok_or(RegistryError::Query { name: "digest" })?;
    let digest: Digest = digest.parse()?;
    let repository = server.writer(name)?;
    let sessions = &server.options.sessions;
    let mut session = sessions.take(name, id).await?;
    let size = content_length(&call.headers);
    let steps = Steps::of(body, server.options.body_timeout);
    let stored = match size {
        // Digest and size are known before the first byte: it goes straight into the store.
        Some(size) if session.offset() == 0 && call.header("content-range").is_none() => {
            whole(repository.as_ref(), &digest, size, steps).await
        }
        _ => match chunk(server, session.as_mut(), name, id, call, steps).await {
            Ok(_) => session.store(repository.as_ref(), &digest).await.map_err(RegistryError::from),
            Err(refused @ RegistryError::Refused(_)) => Err(refused),
            // What came so far is gone on with.
            Err(error) => return Err(error),
        },
    };
    // Wrong bytes do not become right, a full disk may have room again: then what was sent is still
    // there, and whoever tries again hears the same and not that the upload is unknown.
    if !stored.as_ref().is_err_and(RegistryError::is_ours) {
        // The session may have expired.
        let _ = sessions.cancel(name, id).await;
    }
    stored?;
    server.tell(call, name, Deed::PushedBlob(&digest)).await;
    created(name, &digest)
}

/// Appends a body to a session and gives where that stands. One with `Content-Range` must fit exactly or changes nothing.
async fn chunk(
    server: &Server,
    session: &mut dyn Session,
    name: &str,
    id: &str,
    call: &Call,
    steps: Steps,
) -> Result<u64, RegistryError> {
    let begin = session.offset();
    let expected = match call.header("content-range") {
        None => None,
        Some(text) => {
            let range =
                parse_content_range(text).ok_or(RegistryError::Header { name: "Content-Range" })?;
            if range.start != begin {
                let location = location(name, id);
                return Err(RegistryError::OutOfOrder { offset: begin, location });
            }
            Some(range.end - range.start)
        }
    };
    if let (Some(expected), Some(actual)) = (expected, content_length(&call.headers))
        && expected != actual
    {
        return Err(RegistryError::SizeInvalid { expected, actual });
    }
    append(Untold::of(server, name, call), session, steps, expected).await?;
    let actual = session.offset().saturating_sub(begin);
    match expected {
        Some(expected) if expected != actual => {
            session.rewind(begin).await?;
            Err(RegistryError::SizeInvalid { expected, actual })
        }
        _ => Ok(session.offset()),
    }
}

/// Appends what comes, up to the step that goes over `most` bytes.
async fn append(
    untold: Untold<'_>,
    session: &mut dyn Session,
    mut steps: Steps,
    most: Option<u64>,
) -> Result<(), RegistryError> {
    let begin = session.offset();
    while let Some(pieces) = steps.next().await? {
        untold.ask(&pieces).await?;
        session.append_all(pieces).await?;
        if most.is_some_and(|most| session.offset() - begin > most) {
            break;
        }
    }
    Ok(())
}

/// The guard of a body that does not say how long it is, who is asked about each step of it.
struct Untold<'a> {
    /// None where the length was told: the guard knows it.
    guard: Option<&'a dyn Guard>,
    name: &'a str,
}

impl<'a> Untold<'a> {
    fn of(server: &'a Server, name: &'a str, call: &Call) -> Self {
        let is_told = content_length(&call.headers).is_some();
        let guard = (!is_told).then_some(&*server.options.guard);
        Self { guard, name }
    }

    /// Asks about what is about to be written: whoever counts finds it written afterwards, and not before.
    async fn ask(&self, pieces: &[Bytes]) -> Result<(), RegistryError> {
        let Some(guard) = self.guard else { return Ok(()) };
        let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Ok(guard.more(self.name, bytes).await?)
    }
}

/// Writes a blob whose digest and size are known into the store.
async fn whole(
    repository: &dyn Repository,
    digest: &Digest,
    size: u64,
    mut steps: Steps,
) -> Result<(), RegistryError> {
    let mut feed = Feed::open(repository, digest, size).await?;
    let failed = loop {
        match steps.next().await {
            Ok(None) => return Ok(feed.finish().await?),
            Ok(Some(pieces)) => {
                if let Err(error) = feed.append_all(pieces).await {
                    break error.into();
                }
            }
            Err(error) => break error,
        }
    };
    feed.abort().await;
    Err(failed)
}

/// A whole blob of unannounced length.
async fn spool_whole(
    server: &Server,
    name: &str,
    digest: &Digest,
    call: &Call,
    steps: Steps,
) -> Result<(), RegistryError> {
    let sessions = &server.options.sessions;
    let id = sessions.start(name).await?;
    let mut session = sessions.take(name, &id).await?;
    let untold = Untold::of(server, name, call);
    let stored = match append(untold, session.as_mut(), steps, None).await {
        Ok(()) => {
            let stored = session.store(server.writer(name)?.as_ref(), digest).await;
            stored.map_err(RegistryError::from)
        }
        Err(error) => Err(error),
    };
    let _ = sessions.cancel(name, &id).await;
    stored
}

/// Mounts from `from`, or from anywhere where the blob is already to be seen here.
async fn mount(
    server: &Server,
    name: &str,
    call: &Call,
    repository: &dyn Repository,
    digest: &Digest,
    from: Option<&str>,
) -> Result<bool, RegistryError> {
    let ask = call.ask(Some(name), Act::Mount { digest, from });
    // Whoever may not read there hears the same as where nothing is.
    if server.options.guard.ask(&ask).await.is_err() {
        return Ok(false);
    }
    let Some(from) = from else { return Ok(repository.stat(digest).await?.is_some()) };
    if !names::is_repository(from) {
        return Ok(false);
    }
    let Some(size) = server.repository(from)?.stat(digest).await? else { return Ok(false) };
    let expected = Descriptor::new(BLOB_TYPE, digest.clone(), size);
    Ok(repository.mount(&expected, from).await?)
}

fn location(name: &str, id: &str) -> String {
    format!("/v2/{name}/blobs/uploads/{id}")
}

fn accepted(server: &Server, status: StatusCode, name: &str, id: &str, offset: u64) -> Answer {
    let mut builder = Response::builder()
        .status(status)
        .header(header::LOCATION, location(name, id))
        .header(header::RANGE, progress(offset))
        .header("docker-upload-uuid", id);
    if let Some(length) = server.options.min_chunk {
        builder = builder.header("oci-chunk-min-length", length);
    }
    if status != StatusCode::NO_CONTENT {
        builder = builder.header(header::CONTENT_LENGTH, 0);
    }
    finish(builder, Body::empty())
}

fn created(name: &str, digest: &Digest) -> Answer {
    let builder = Response::builder()
        .status(StatusCode::CREATED)
        .header(header::LOCATION, format!("/v2/{name}/blobs/{digest}"))
        .header(header::CONTENT_LENGTH, 0)
        .header(CONTENT_DIGEST, digest.to_string());
    finish(builder, Body::empty())
}
