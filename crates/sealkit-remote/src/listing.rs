//! Listings in pages (distribution-spec end-8, RFC 8288 `Link`), bounded.

use std::collections::HashSet;

use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderName};
use sealkit_store::StoreError;
use serde::Deserialize;
use url::Url;

use crate::auth::Scopes;
use crate::client::{Call, Reply};
use crate::{Remote, RemoteError, redact};

/// Largest page that is read, in bytes.
const MAX_PAGE: usize = 4 * 1024 * 1024;
/// Most bytes of all pages of a list: entries have annotations, so that few of them can be much.
const MAX_LIST: usize = 64 * 1024 * 1024;
/// Entries asked for per page.
pub(crate) const PAGE_ENTRIES: usize = 1000;

/// What is listed.
pub(crate) struct Listing {
    /// The plural, for messages.
    pub(crate) what: &'static str,
    pub(crate) first: Url,
    pub(crate) accept: Option<&'static str>,
    pub(crate) scopes: Scopes,
}

/// One page as it came.
pub(crate) struct PageReply {
    pub(crate) reply: Reply,
    pub(crate) bytes: bytes::Bytes,
}

/// What a page turned out to be.
pub(crate) enum Read<T> {
    Entries(Vec<T>),
    /// Not what a list looks like.
    Malformed,
    /// An answer of something that has no such list.
    Absent,
}

impl<T> Read<T> {
    pub(crate) fn of(entries: Option<Vec<T>>) -> Self {
        entries.map_or(Self::Malformed, Self::Entries)
    }
}

#[derive(Deserialize)]
struct TagPage {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Remote {
    pub(crate) async fn all_tags(&self) -> Result<Vec<String>, StoreError> {
        let mut first = self.url("tags/list")?;
        first.query_pairs_mut().append_pair("n", &PAGE_ENTRIES.to_string());
        let scopes = Scopes::pull(&self.repository);
        let listing = Listing { what: "tags", first, accept: None, scopes };
        let tags = self.list(&listing, |page| {
            let parsed: Option<TagPage> = serde_json::from_slice(&page.bytes).ok();
            Read::of(parsed.map(|page| page.tags.unwrap_or_default()))
        });
        match tags.await? {
            Some(tags) => Ok(tags),
            None => Err(self.absent("repository", &self.repository)),
        }
    }

    /// All entries of all pages; none where there is no such list (404, or `read` says so).
    pub(crate) async fn list<T>(
        &self,
        listing: &Listing,
        read: impl Fn(&PageReply) -> Read<T>,
    ) -> Result<Option<Vec<T>>, StoreError> {
        let limits = self.client.options().lists;
        let too_much = |limit| StoreError::Limit { what: listing.what, limit, place: self.name() };
        let (mut all, mut seen, mut bytes) = (Vec::new(), HashSet::new(), 0_usize);
        let mut next = Some(listing.first.clone());
        while let Some(url) = next {
            if seen.len() >= limits.pages {
                return Err(too_much(limits.entries.min(all.len())));
            }
            if !seen.insert(url.clone()) {
                return Err(self.broken(format!("its list of {} runs in a circle", listing.what)));
            }
            let Some(page) = self.page(listing, url, seen.len() == 1).await? else {
                return Ok(None);
            };
            bytes = bytes.saturating_add(page.bytes.len());
            if bytes > MAX_LIST {
                return Err(too_much(MAX_LIST));
            }
            match read(&page) {
                Read::Entries(entries) => all.extend(entries),
                Read::Absent => return Ok(None),
                Read::Malformed => {
                    return Err(self.broken(format!("its list of {} is malformed", listing.what)));
                }
            }
            if all.len() > limits.entries {
                return Err(too_much(limits.entries));
            }
            next = self.next_page(&page.reply)?;
        }
        Ok(Some(all))
    }

    async fn page(
        &self,
        listing: &Listing,
        url: Url,
        is_first: bool,
    ) -> Result<Option<PageReply>, StoreError> {
        let call = self.call(Method::GET, url, format!("list {}", listing.what));
        let mut call = Call { scopes: listing.scopes.clone(), ..call };
        if let Some(accept) = listing.accept {
            call = call.header(ACCEPT, accept);
        }
        let mut reply = self.send(&call).await?;
        match reply.status().as_u16() {
            200 => {}
            404 | 405 if is_first => return Ok(None),
            _ => return Err(self.refused(reply).await),
        }
        let bytes = reply.bytes(MAX_PAGE).await.map_err(|error| self.failed(error))?;
        let too_large = || StoreError::Limit {
            what: "bytes in one page of a list",
            limit: MAX_PAGE,
            place: self.name(),
        };
        Ok(Some(PageReply { reply, bytes: bytes.ok_or_else(too_large)? }))
    }

    /// The next page, which must be on the same host: the list is the registry's own.
    fn next_page(&self, reply: &Reply) -> Result<Option<Url>, StoreError> {
        let name = HeaderName::from_static("link");
        let links = reply.response.headers().get_all(name);
        let next = links.iter().filter_map(|value| value.to_str().ok()).find_map(next_link);
        let Some(next) = next else { return Ok(None) };
        let url = reply.url.join(next).map_err(|_| self.broken("a `Link` that is no URL"))?;
        if !self.is_home(&url) {
            let shown = redact::url(&url);
            let reason = format!("`{shown}` as the next page of a list");
            return Err(self.failed(RemoteError::Redirect(reason)));
        }
        Ok(Some(url))
    }
}

/// The target of the link whose relation is `next`.
fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let params = after.split('<').next().unwrap_or_default();
        let is_next = params.split([';', ',']).any(|param| {
            let (key, value) = param.split_once('=').unwrap_or_default();
            let value = value.trim().trim_matches('"');
            key.trim().eq_ignore_ascii_case("rel") && value.eq_ignore_ascii_case("next")
        });
        if is_next {
            return Some(target);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn the_next_link_is_found_among_others() {
        for (header, expected) in [
            (r#"</v2/a/tags/list?last=x&n=1>; rel="next""#, Some("/v2/a/tags/list?last=x&n=1")),
            ("</p>;rel=next", Some("/p")),
            (
                r#"</a>; rel="prev", <https://h/b?x=1,2>; title="t"; REL="Next""#,
                Some("https://h/b?x=1,2"),
            ),
            (r#"</a>; rel="prev""#, None),
            ("<unclosed", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), expected, "{header}");
        }
    }
}
