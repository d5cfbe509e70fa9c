//! Referrers (end-12): what the store knows by subject, and what clients listed under a tag, as one list in the order
//! of digests. No more than one page of it is ever held: how many there are, and how large, is up to clients.

use axum::body::Body;
use axum::http::response::Builder;
use axum::http::{Response, header};
use sealkit_oci::{Descriptor, Digest, Index, media_type};
use sealkit_store::{FilledPart, ReferrersPage, ReferrersPart, Repository};

use crate::RegistryError;
use crate::blobs::finish;
use crate::fallback::{self, Listed};
use crate::listings::only_get;
use crate::query::encode;
use crate::router::{Answer, Call, Server};

/// Referrers of one page may fill so many bytes: clients read no larger manifest.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// Entries under a tag that are looked up for one page and are not there. Then the page ends, so that a list of what
/// is gone costs no request more than a list of what is there.
const MAX_ABSENT: usize = 1000;

pub(crate) async fn serve(server: &Server, name: &str, subject: &Digest, call: &Call) -> Answer {
    only_get(call)?;
    // A bare `+` means a space in a query, but no media type has one.
    let filter = call.query.get("artifactType").map(|text| text.replace(' ', "+"));
    let asked = call.query.page(server.options.page)?;
    let limit = asked.limit.unwrap_or(server.options.page);
    let repository = server.repository(name)?;
    let page = ReferrersPage { after: asked.after, limit, bytes: PAGE_BYTES };
    // What has no place for anything leads nowhere, as with the other listings.
    let found = match limit {
        0 => Found::default(),
        _ => find(repository.as_ref(), subject, filter.as_deref(), &page).await?,
    };
    let mut builder = Response::builder();
    if let Some(last) = &found.next {
        let mut next = format!("/v2/{name}/referrers/{subject}?n={limit}&last={last}");
        if let Some(filter) = &filter {
            next += "&artifactType=";
            next += &encode(filter);
        }
        builder = builder.header(header::LINK, format!("<{next}>; rel=\"next\""));
    }
    answer(builder, filter.is_some(), found.entries)
}

fn answer(mut builder: Builder, is_filtered: bool, entries: Vec<Descriptor>) -> Answer {
    if is_filtered {
        builder = builder.header("oci-filters-applied", "artifactType");
    }
    let body = serde_json::to_vec(&Index::of(entries)).unwrap_or_default();
    finish(builder.header(header::CONTENT_TYPE, media_type::OCI_INDEX), Body::from(body))
}

/// One page of the list.
#[derive(Default)]
struct Found {
    entries: Vec<Descriptor>,
    /// The digest after which the next page begins, where there may be one.
    next: Option<Digest>,
}

/// Merges what the store has with what is listed under the tag. Where both have the same, the store is believed.
async fn find(
    repository: &dyn Repository,
    subject: &Digest,
    filter: Option<&str>,
    page: &ReferrersPage,
) -> Result<Found, RegistryError> {
    let ReferrersPart { found, more } = repository.referrers_page(subject, filter, page).await?;
    let list = fallback::list(repository, subject).await?;
    let mut listed = fallback::entries(&list, filter, page.after.as_deref());
    // Where the store has more, its part is full, and so is the page where that ends.
    if let (true, Some(last)) = (more, found.last()) {
        listed.retain(|one| one.digest < last.digest);
    }
    let mut own = found.into_iter().peekable();
    let mut listed = listed.into_iter().peekable();
    let mut merged = Merged { filled: FilledPart::new(page), last: None, absent: 0 };
    loop {
        let is_room = match (own.peek(), listed.peek()) {
            (None, None) => break,
            (Some(one), Some(entry)) if one.digest == entry.digest => {
                listed.next();
                continue;
            }
            (Some(one), Some(entry)) if entry.digest < one.digest => {
                merged.look_up(repository, listed.next()).await?
            }
            (None, Some(_)) => merged.look_up(repository, listed.next()).await?,
            (Some(_), _) => own.next().is_none_or(|one| merged.push(one)),
        };
        if !is_room {
            return Ok(merged.found(true));
        }
    }
    Ok(merged.found(more))
}

/// A page while it is filled.
struct Merged {
    filled: FilledPart,
    /// The last that is on the page, or would be if it were there.
    last: Option<Digest>,
    absent: usize,
}

impl Merged {
    /// Adds one; false where there is no room for it.
    fn push(&mut self, one: Descriptor) -> bool {
        let digest = one.digest.clone();
        let is_room = self.filled.push(one);
        if is_room {
            self.last = Some(digest);
        }
        is_room
    }

    /// Adds an entry of the tag's list where its manifest is there; false where the page is at its end.
    async fn look_up(
        &mut self,
        repository: &dyn Repository,
        entry: Option<Listed<'_>>,
    ) -> Result<bool, RegistryError> {
        let Some(entry) = entry else { return Ok(true) };
        if self.absent == MAX_ABSENT {
            return Ok(false);
        }
        if let Some(there) = entry.look_up(repository).await? {
            return Ok(self.push(there));
        }
        self.absent += 1;
        self.last = Some(entry.digest);
        Ok(true)
    }

    fn found(self, more: bool) -> Found {
        Found { entries: self.filled.part().found, next: self.last.filter(|_| more) }
    }
}
