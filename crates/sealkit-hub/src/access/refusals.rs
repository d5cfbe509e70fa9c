//! Notes what was refused, whoever refused it: the rules of access, or a guard behind them.

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;

use super::Caller;
use super::needs::{Needs, needs};
use crate::events::{Events, Refused};
use crate::serve::Peer;

/// Who was found to ask; on answers, for layers further out.
#[derive(Clone)]
pub(super) struct Asked(pub(super) Caller);

/// The user who was found to ask and the number of their token; none for nobody known.
pub(crate) fn asked(answer: &axum::http::Extensions) -> Option<(String, i64)> {
    let caller = &answer.get::<Asked>()?.0;
    Some((caller.actor().to_owned(), caller.token()?.id))
}

/// Whether a credential stands in the body: where tokens are exchanged for others.
fn is_exchange(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::POST && (path == "/token" || path == "/api/v1/oidc/token")
}

/// Writes down requests that were refused. One without any credential that is asked for one is no refusal: all
/// clients begin so.
pub(crate) async fn note_refusal<F: Future<Output = Response>>(
    events: &Events,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let address = request.extensions().get::<Peer>().map(|peer| peer.address);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let showed_one = request.headers().contains_key(header::AUTHORIZATION) || is_exchange(&request);
    let response = next(request).await;
    let status = response.status();
    let is_refusal = match status {
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::UNAUTHORIZED => showed_one,
        _ => false,
    };
    if is_refusal {
        let asked = response.extensions().get::<Asked>();
        let actor = asked.map(|asked| asked.0.actor().to_owned()).unwrap_or_default();
        let names = match needs(&method, &uri) {
            Needs::Level(_, names) => names,
            Needs::Nothing
            | Needs::Visitor
            | Needs::Shown
            | Needs::Known
            | Needs::Everywhere(_) => Vec::new(),
        };
        // Who is nobody could name any number of repositories, and each would be told.
        let repository = names.into_iter().next().filter(|_| !actor.is_empty());
        let method = method.as_str().chars().take(16).collect();
        let status = status.as_u16();
        events.refused(Refused { actor, address, method, repository, status }).await;
    }
    response
}
