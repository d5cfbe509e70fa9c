//! A request whose body is written while it is sent. It can not be sent twice: no retries, no
//! redirects, no second authentication.

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Call, Client, Endpoint, Reply, broken};
use crate::error::Broken;
use crate::{RemoteError, redact};

/// Pieces that wait to be sent.
const WAITING: usize = 4;

/// A body that is being sent.
#[derive(Debug)]
pub(crate) struct Streamed {
    pieces: Option<mpsc::Sender<Bytes>>,
    answer: JoinHandle<Result<reqwest::Response, reqwest::Error>>,
    url: url::Url,
    what: String,
    idle: std::time::Duration,
    commit: std::time::Duration,
}

impl Client {
    /// Begins a PUT of `length` bytes.
    pub(crate) async fn stream(
        &self,
        endpoint: &Endpoint,
        call: &Call,
        length: u64,
    ) -> Result<Streamed, RemoteError> {
        self.wall(call)?;
        let mut shown = None;
        if redact::same_origin(&call.url, &endpoint.base) {
            shown = endpoint.keyring.ready(self, endpoint, &call.scopes).await?;
        }
        let (sender, receiver) = mpsc::channel::<Bytes>(WAITING);
        let pieces = stream::unfold(receiver, |mut receiver| async move {
            let piece = receiver.recv().await?;
            Some((Ok::<_, std::io::Error>(piece), receiver))
        });
        let mut request = self
            .http()?
            .request(Method::PUT, call.url.clone())
            .headers(call.headers.clone())
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, length)
            .body(Body::wrap_stream(pieces));
        if let Some(mut value) = shown.and_then(|s| HeaderValue::from_str(s.expose()).ok()) {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let timeouts = self.options.timeouts;
        Ok(Streamed {
            pieces: Some(sender),
            answer: tokio::spawn(request.send()),
            url: call.url.clone(),
            what: call.what.clone(),
            idle: timeouts.idle,
            commit: timeouts.commit,
        })
    }
}

impl Streamed {
    /// Sends bytes. False where the other side has stopped reading: the answer says why.
    pub(crate) async fn send(&mut self, bytes: Bytes) -> Result<bool, RemoteError> {
        let Some(pieces) = &self.pieces else { return Ok(false) };
        match tokio::time::timeout(self.idle, pieces.send(bytes)).await {
            Ok(sent) => Ok(sent.is_ok()),
            Err(elapsed) => Err(self.broken(Broken::Timeout, elapsed.into())),
        }
    }

    /// Ends the body and waits for the answer.
    pub(crate) async fn answer(mut self) -> Result<Reply, RemoteError> {
        self.pieces = None;
        let answer = match tokio::time::timeout(self.commit, &mut self.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(stopped)) => return Err(self.broken(Broken::Interrupted, stopped.into())),
            Err(elapsed) => return Err(self.broken(Broken::Timeout, elapsed.into())),
        };
        let response = answer.map_err(|error| broken::connection(&self.what, error))?;
        let (url, what, idle) = (self.url.clone(), self.what.clone(), self.idle);
        Ok(Reply { response, url, left_home: false, idle, what })
    }

    fn broken(
        &self,
        broken: Broken,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> RemoteError {
        RemoteError::Connection { what: self.what.clone(), broken, source }
    }
}

impl Drop for Streamed {
    /// A body that nobody goes on with must not look like one that ended.
    fn drop(&mut self) {
        self.answer.abort();
    }
}
