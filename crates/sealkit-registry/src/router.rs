//! From a request to its handler.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use sealkit_oci::MAX_MANIFEST_BYTES;
use sealkit_store::{Namespace, Repository};

use crate::guard::warning_values;
use crate::names::{Route, parse_route};
use crate::query::Query;
use crate::writers::Writers;
use crate::{
    Act, AllowAll, Ask, Deed, Event, FileSender, Guard, Leave, RegistryError, Unwatched,
    UploadSessions, Watch, blobs, listings, manifests, referrers, uploads,
};

/// How the registry behaves.
#[derive(Clone)]
pub struct Options {
    /// Where uploads wait for their digest.
    pub sessions: Arc<dyn UploadSessions>,
    /// Whether manifests, tags and blobs can be deleted.
    pub deletes: bool,
    /// Largest manifest in bytes; the protocol asks for at least 4 MiB.
    pub max_manifest: usize,
    /// Smallest chunk that a chunked upload should send, told to clients as
    /// `OCI-Chunk-Min-Length`.
    pub min_chunk: Option<u64>,
    /// Most entries of one page of a listing.
    pub page: usize,
    /// Takes manifests whose content is not there: what a client pulls may then be incomplete. Without
    /// it they are refused with `MANIFEST_BLOB_UNKNOWN`.
    pub insecure_sparse: bool,
    /// How long a client may take for each 512 KiB of a body, and for a whole manifest. What came
    /// until then of a resumable upload stays.
    pub body_timeout: Duration,
    /// Is asked before each act.
    pub guard: Arc<dyn Guard>,
    /// Is told of each act.
    pub watch: Arc<dyn Watch>,
}

impl Options {
    /// Deletes allowed, manifests up to 4 MiB, pages of 1000, two minutes for a step of a body;
    /// everybody may do everything and nobody is told.
    pub fn new(sessions: Arc<dyn UploadSessions>) -> Self {
        Self {
            sessions,
            deletes: true,
            max_manifest: MAX_MANIFEST_BYTES,
            min_chunk: None,
            page: 1000,
            insecure_sparse: false,
            body_timeout: Duration::from_mins(2),
            guard: Arc::new(AllowAll),
            watch: Arc::new(Unwatched),
        }
    }
}

/// What every handler needs of the server.
pub(crate) struct Server {
    pub(crate) namespace: Arc<dyn Namespace>,
    pub(crate) options: Options,
    writers: Writers,
}

impl Server {
    pub(crate) fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, RegistryError> {
        Ok(self.namespace.repository(name)?)
    }

    /// The repository for writing: what is written stays until a manifest names it.
    pub(crate) fn writer(&self, name: &str) -> Result<Arc<dyn Repository>, RegistryError> {
        Ok(self.writers.get(self.namespace.as_ref(), name)?)
    }

    /// Tells that something was done.
    pub(crate) async fn tell(&self, call: &Call, repository: &str, deed: Deed<'_>) {
        let event = Event { repository, actor: &call.leave.actor, deed };
        self.options.watch.done(&event).await;
    }
}

/// A request without its body.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Query,
    extensions: Extensions,
    /// What the guard said.
    pub(crate) leave: Leave,
}

impl Call {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What sends files into the connection that this came by.
    pub(crate) fn file_sender(&self) -> Option<&dyn FileSender> {
        self.extensions.get::<Arc<dyn FileSender>>().map(|sender| &**sender)
    }

    /// A question to the guard about this request.
    pub(crate) fn ask<'a>(&'a self, repository: Option<&'a str>, act: Act<'a>) -> Ask<'a> {
        let (method, headers, extensions) = (&self.method, &self.headers, &self.extensions);
        Ask { repository, act, method, headers, extensions }
    }

    /// The error for a method that a path does not have.
    pub(crate) fn refuse(&self, allow: &'static str) -> RegistryError {
        RegistryError::Method { method: self.method.to_string(), allow }
    }
}

pub(crate) type Answer = Result<Response, RegistryError>;

/// The distribution protocol below `/v2/`, over every repository of `namespace`.
pub fn router(namespace: Arc<dyn Namespace>, options: Options) -> Router {
    let registry = Registry::new(namespace, options);
    let answer = move |request| {
        let registry = registry.clone();
        async move { registry.answer(request).await }
    };
    routes(answer)
}

/// The routes of [`router`], answered by whoever puts something before the registry.
pub fn routes<T: 'static>(answer: impl Handler<T, ()>) -> Router {
    let all = ["/v2", "/v2/", "/v2/{*path}"];
    all.iter().fold(Router::new(), |router, path| router.route(path, any(answer.clone())))
}

/// The same as something to put a request to, for who has something before it ([`routes`]). Clones share it.
#[derive(Clone)]
pub struct Registry(Arc<Server>);

impl Registry {
    /// The registry over every repository of `namespace`.
    pub fn new(namespace: Arc<dyn Namespace>, options: Options) -> Self {
        Self(Arc::new(Server { namespace, options, writers: Writers::default() }))
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        dispatch(&self.0, request).await
    }
}

async fn dispatch(server: &Server, request: Request) -> Response {
    let mut response = match handle(server, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    mark_version(response.headers_mut());
    response
}

/// Says in an answer that it is one of a registry. Old clients take what does not say so for no registry, and show
/// nobody a login.
pub fn mark_version(headers: &mut HeaderMap) {
    let version = HeaderValue::from_static("registry/2.0");
    headers.insert("docker-distribution-api-version", version);
}

async fn handle(server: &Server, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let route = parse_route(parts.uri.path())?;
    let query = Query::of(&parts.uri);
    let mut call = Call {
        method: parts.method,
        headers: parts.headers,
        query,
        extensions: parts.extensions,
        leave: Leave::default(),
    };
    let (repository, act) = wanted(&route, &call.method);
    call.leave = server.options.guard.ask(&call.ask(repository, act)).await?;
    let mut response =
        answer(server, route, &call, body).await.unwrap_or_else(IntoResponse::into_response);
    warn(&mut response, &call.leave.warnings);
    Ok(response)
}

/// What a request wants. Every method of every path is some act, so that none goes unasked.
fn wanted<'a>(route: &'a Route, method: &Method) -> (Option<&'a str>, Act<'a>) {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match route {
        Route::Ping => (None, Act::Ping),
        Route::Catalog => (None, Act::Catalog),
        Route::Discover => (None, Act::Discover),
        Route::Blob { name, digest } if reads => (Some(name), Act::PullBlob(digest)),
        Route::Blob { name, digest } => (Some(name), Act::DeleteBlob(digest)),
        Route::Uploads { name } | Route::Upload { name, .. } => (Some(name), Act::PushBlob),
        Route::Manifest { name, target } if reads => (Some(name), Act::PullManifest(target)),
        Route::Manifest { name, target } if *method == Method::DELETE => {
            (Some(name), Act::DeleteManifest(target))
        }
        Route::Manifest { name, target } => (Some(name), Act::PushManifest(target)),
        Route::Tags { name } => (Some(name), Act::ListTags),
        Route::Referrers { name, digest } => (Some(name), Act::ListReferrers(digest)),
    }
}

/// Adds the guard's warnings to an answer.
pub(crate) fn warn(response: &mut Response, warnings: &[String]) {
    for value in warning_values(warnings) {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
}

async fn answer(server: &Server, route: Route, call: &Call, body: Body) -> Answer {
    match route {
        Route::Ping => ping(call),
        Route::Catalog => listings::catalog(server, call).await,
        Route::Discover => listings::discover(call),
        Route::Blob { name, digest } => blobs::serve(server, &name, &digest, call).await,
        Route::Uploads { name } => uploads::start(server, &name, call, body).await,
        Route::Upload { name, id } => uploads::serve(server, &name, &id, call, body).await,
        Route::Manifest { name, target } => {
            manifests::serve(server, &name, &target, call, body).await
        }
        Route::Tags { name } => listings::tags(server, &name, call).await,
        Route::Referrers { name, digest } => referrers::serve(server, &name, &digest, call).await,
    }
}

fn ping(call: &Call) -> Answer {
    match call.method {
        Method::GET | Method::HEAD => {
            Ok((StatusCode::OK, axum::Json(serde_json::json!({}))).into_response())
        }
        _ => Err(call.refuse("GET, HEAD")),
    }
}
