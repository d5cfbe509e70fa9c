//! Badges: one fact of a version as a small picture, for pages elsewhere.
//!
//! A badge says what the API says and nothing that was not looked at. A page of another site is shown badges of what
//! anyone may read, and nobody's token is used for it: see `guard::visitors`.

mod svg;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sealkit_api::AibomEntry;
use sealkit_ops::catalog::index::{Entry, Facet};
use serde::Deserialize;

use crate::hub::Shared;
use crate::{HubError, aibom, api, catalog};
use svg::Badge;

/// Names of a licence that one badge tells.
const MAX_LICENCES: usize = 2;

/// What a badge can tell, in the order of the page.
pub(crate) const FACTS: [Fact; 4] = [Fact::Signature, Fact::Aibom, Fact::Licence, Fact::Size];

/// What a badge tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fact {
    /// Whose signatures over it the hub verified.
    Signature,
    /// Whether an AIBOM with a good signature is stored beside it.
    Aibom,
    /// Its licences, as its files write them.
    Licence,
    /// Bytes of config and layers together.
    Size,
}

impl Fact {
    /// Its name in an address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Aibom => "aibom",
            Self::Licence => "licence",
            Self::Size => "size",
        }
    }
}

/// Which badge.
#[derive(Debug, Deserialize)]
struct Wanted {
    of: Fact,
}

/// `GET /api/v1/kits/{name}/versions/{reference}/badge.svg?of=`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/api/v1/kits/{name}/versions/{reference}/badge.svg", get(show))
}

/// Whether this asks for a badge: the only thing that a page of another site may show.
pub(crate) fn is_badge(method: &Method, path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    *method == Method::GET
        && matches!(segments.as_slice(), ["", "api", "v1", "kits", _, "versions", _, "badge.svg"])
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, HubError> {
    let Query(Wanted { of }) = wanted.map_err(|_| HubError::Query("of"))?;
    let detail = api::detail(State(Arc::clone(&shared)), Path((name, reference))).await?.0;
    let badge = if detail.quarantine.is_some() {
        Badge::no(of.name(), "under quarantine", "This hub does not give out this version.")
    } else {
        let at = (detail.name, detail.digest.to_string());
        match of {
            Fact::Size => Badge::size(detail.size),
            Fact::Aibom => of_aiboms(&aibom::list(State(shared), Path(at)).await?.0.aiboms),
            Fact::Signature | Fact::Licence => {
                of_entry(of, catalog::entry(&shared, &at.0, &detail.digest).await?.as_ref())
            }
        }
    };
    let kind = (header::CONTENT_TYPE, "image/svg+xml; charset=utf-8");
    Ok(([kind], badge.draw().into_string()).into_response())
}

fn of_entry(of: Fact, entry: Option<&Entry>) -> Badge {
    let Some(entry) = entry else {
        return Badge::unknown(of.name(), "not known", "This hub has not looked at this version.");
    };
    if of == Fact::Licence {
        let licences = entry.facets.iter().filter(|(facet, _)| *facet == Facet::Licence);
        let names: Vec<&str> = licences.map(|(_, name)| name.as_str()).collect();
        return match names.len() {
            0 => Badge::unknown("licence", "none found", "No file of it names a licence."),
            many => {
                let more = if many > MAX_LICENCES { " and more" } else { "" };
                let text: Vec<&str> = names.into_iter().take(MAX_LICENCES).collect();
                let text = format!("{}{more}", text.join(", "));
                Badge::told("licence", &text, "Its files say so. Nobody checked it.")
            }
        };
    }
    let signed = entry.signed_by();
    match signed.first() {
        Some(first) => {
            let more = if signed.len() > 1 { " and others" } else { "" };
            let about = "A signature over this version was verified under the trust of this hub.";
            Badge::yes("signed", &format!("{first}{more}"), about)
        }
        None => Badge::unknown(
            "signature",
            "of nobody known",
            "No signature of anyone whom this hub trusts is attached to this version.",
        ),
    }
}

fn of_aiboms(all: &[AibomEntry]) -> Badge {
    if let Some(one) = all.iter().find(|one| one.verified) {
        let about = "It is stored beside this version, and its signature was verified.";
        return Badge::yes("AIBOM", &one.format, about);
    }
    if all.is_empty() {
        return Badge::unknown("AIBOM", "none", "No AIBOM is stored beside this version.");
    }
    Badge::unknown("AIBOM", "not verified", "One is stored, of nobody whom this hub trusts.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_badge_is_a_badge() {
        let is = |method: Method, path: &str| is_badge(&method, path);
        let path = "/api/v1/kits/a%2Fb/versions/v1/badge.svg";
        assert!(is(Method::GET, path));
        assert!(!is(Method::POST, path) && !is(Method::HEAD, path));
        for other in [
            "/api/v1/kits/a/versions/v1/files/badge.svg",
            "/api/v1/kits/a/versions/v1/badge.svg/",
            "/api/v1/kits/a/b/versions/v1/badge.svg",
            "/kits/a/versions/v1/badge.svg",
            "//api/v1/kits/a/versions/v1/badge.svg",
        ] {
            assert!(!is(Method::GET, other), "{other}");
        }
    }
}
