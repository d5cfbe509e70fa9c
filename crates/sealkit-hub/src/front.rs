//! What stands before the routes: what is seen of a request, and who may do what. All of it is one future of one
//! request: as layers, each would copy the ones within it and box what they answer (docs/decisions/0134).

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;
use sealkit_hubstore::Storage;
use sealkit_registry::Registry;
use tower::Service as _;

use crate::access::{Access, Caller, judge, note_refusal};
use crate::events::{self, Events};
use crate::guard;
use crate::log::routes;
use crate::observe::{Numbers, observe};

/// The hub as something to put a request to.
pub(crate) struct Front {
    pub(crate) numbers: Arc<Numbers>,
    /// Whether requests under any host name are answered.
    pub(crate) any_host: bool,
    /// Where what is kept of it holds as long as nothing has changed.
    pub(crate) storage: Option<Storage>,
    /// Where refusals are written down.
    pub(crate) events: Option<Events>,
    /// None where everyone may do everything.
    pub(crate) access: Option<Access>,
    pub(crate) registry: Served,
    /// Everything that is not the registry.
    pub(crate) routes: Router,
}

impl Front {
    /// Answers a request. The first that is named here comes last.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let judged = |request| self.judged(request);
        let noted = |request| async {
            match &self.events {
                Some(events) => note_refusal(events, request, judged).await,
                None => judged(request).await,
            }
        };
        let at_one_moment = |request: Request| async {
            match &self.storage {
                // Who only reads asks once whether anything has changed, and not for each thing that is kept.
                Some(storage) if request.method().is_safe() => {
                    storage.database().at_one_moment(noted(request)).await
                }
                _ => noted(request).await,
            }
        };
        let visiting = |request| guard::visitors(self.any_host, request, at_one_moment);
        let headed = |request| guard::headers(request, visiting);
        observe(Arc::clone(&self.numbers), request, headed).await
    }

    async fn judged(&self, mut request: Request) -> Response {
        if let Some(access) = &self.access {
            return judge(access, request, |request| self.routed(request)).await;
        }
        request.extensions_mut().insert(Caller::anyone());
        self.routed(request).await
    }

    /// The registry is most of what is asked, and needs no table of routes.
    async fn routed(&self, request: Request) -> Response {
        let path = request.uri().path();
        if path == "/v2" || path.starts_with("/v2/") {
            // Within the future of the request it would be moved as often as that is.
            return Box::pin(self.registry.answer(request)).await;
        }
        let Ok(answer) = self.routes.clone().call(request).await;
        answer
    }
}

/// The registry, and what has to be known of its answers.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) registry: Registry,
    /// Whether there is a log, whose numbers are told.
    pub(crate) is_logged: bool,
    /// Whether acts are written down.
    pub(crate) is_noted: bool,
}

impl Served {
    /// Its routes, for who has a router.
    pub(crate) fn routes(self) -> Router {
        sealkit_registry::routes(move |request| {
            let own = self.clone();
            async move { own.answer(request).await }
        })
    }

    /// What it answers. Who only reads makes no entry and writes nothing down.
    async fn answer(&self, request: Request) -> Response {
        if request.method().is_safe() {
            return self.registry.answer(request).await;
        }
        let caller: Option<Caller> = request.extensions().get().cloned();
        let caller = caller.as_ref();
        let mut answer: BoxFuture<'_, Response> = Box::pin(self.registry.answer(request));
        if self.is_noted {
            answer = Box::pin(events::act_as_caller(caller, answer));
        }
        if self.is_logged {
            answer = Box::pin(routes::tell_numbers(caller, answer));
        }
        answer.await
    }
}
