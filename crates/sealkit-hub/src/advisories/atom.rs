//! The feed: Atom (RFC 4287).

use std::fmt::Write as _;

use sealkit_api::HubAdvisory;

use crate::atom::{short, text};
use crate::names::segment;

/// A feed of these advisories, the newest first.
pub(super) fn feed(host: &str, all: &[HubAdvisory]) -> String {
    let updated = all.first().map_or("1970-01-01T00:00:00Z", |first| &first.attached);
    let host = text(host);
    let mut feed = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = write!(
        feed,
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>tag:sealkit.dev,2026:advisories:{host}</id>\n\
         <title>Advisories on {host}</title>\n\
         <updated>{}</updated>\n\
         <author><name>{host}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"/advisories.atom\"/>\n\
         <subtitle>What signers said of kits here. The hub does not vouch for it: `sealkit verify` does, \
         for signers whom you trust.</subtitle>\n",
        text(updated)
    );
    for one in all {
        entry(&mut feed, one);
    }
    feed.push_str("</feed>\n");
    feed
}

fn entry(feed: &mut String, one: &HubAdvisory) {
    let state = one.state.as_deref().unwrap_or("unreadable");
    let title = format!("{}: {}@{}", state, one.repository, short(&one.kit));
    let severity = one.severity.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let reason = one.reason.as_deref().unwrap_or("it could not be read");
    let summary = format!("{}{severity}: {reason}", one.id.as_deref().unwrap_or("no id"));
    let name = segment(&one.repository);
    let _ = write!(
        feed,
        "<entry>\n<id>tag:sealkit.dev,2026:advisory:{}:{}</id>\n<title type=\"text\">{}</title>\n\
         <updated>{}</updated>\n<link rel=\"alternate\" href=\"/kits/{}/{}\"/>\n\
         <summary type=\"text\">{}</summary>\n</entry>\n",
        text(&one.repository),
        text(&one.digest.to_string()),
        text(&title),
        text(&one.attached),
        text(&name),
        text(&one.kit.to_string()),
        text(&summary),
    );
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;

    use super::*;

    #[test]
    fn what_a_stranger_wrote_is_text() {
        let one = HubAdvisory {
            repository: "org/kit".to_owned(),
            kit: Digest::of(b"kit"),
            digest: Digest::of(b"advisory"),
            attached: "2026-11-25T12:00:00Z".to_owned(),
            id: Some("</summary><script>".to_owned()),
            state: Some("affected".to_owned()),
            reason: Some("a\u{1b}[2J & \"b\"\n<x/>".to_owned()),
            severity: Some("high".to_owned()),
            issued_on: None,
        };
        let feed = feed("hub.test\"<", &[one]);
        assert!(!feed.contains("<script>") && !feed.contains("<x/>") && !feed.contains('\u{1b}'));
        assert!(
            feed.contains("&lt;script&gt; (high): a?[2J &amp; &quot;b&quot; &lt;x/&gt;"),
            "{feed}"
        );
        assert!(feed.contains("<updated>2026-11-25T12:00:00Z</updated>\n<author>"), "{feed}");
        assert_eq!(feed.matches("<entry>").count(), feed.matches("</entry>").count());
    }

    #[test]
    fn a_feed_of_nothing_is_a_feed() {
        let feed = feed("hub.test", &[]);
        assert!(feed.contains("<updated>1970-01-01T00:00:00Z</updated>"), "{feed}");
    }
}
