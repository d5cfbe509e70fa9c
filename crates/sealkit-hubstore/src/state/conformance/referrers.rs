//! What refers to a manifest.

use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_store::ReferrersPage;

use super::{State, kit, manifest, new};

/// All that refers to a manifest.
pub(super) async fn all_referrers(
    state: &dyn State,
    repository: &str,
    subject: &Digest,
    kind: Option<&str>,
) -> Vec<Descriptor> {
    let part = state.referrers(repository, subject, kind, &ReferrersPage::default()).await.unwrap();
    assert!(!part.more);
    part.found
}

pub(super) async fn what_refers_is_listed(state: &dyn State) {
    let name = "refers";
    kit(state, name, "subject", &["v1"], 1).await;
    let subject = manifest("subject", None);
    let subject = Descriptor::of(media_type::OCI_MANIFEST, subject.bytes());
    kit(state, name, "signature", &[], 1).await;
    let raw = manifest("signature", Some(&subject));
    state.put_manifest(new(name, &raw, &[], 2)).await.unwrap();
    let found = all_referrers(state, name, &subject.digest, None).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].digest, Digest::of(raw.bytes()));
    assert_eq!(found[0].size, raw.bytes().len() as u64);
    assert_eq!(found[0].artifact_type.as_deref(), Some("application/x"));
    assert_eq!(all_referrers(state, name, &subject.digest, Some("application/y")).await, []);
    let same = all_referrers(state, name, &subject.digest, Some("application/x")).await;
    assert_eq!(same, found);
    assert_eq!(all_referrers(state, "refers-not", &subject.digest, None).await, []);
}

pub(super) async fn what_refers_comes_in_pages(state: &dyn State) {
    let name = "refers-much";
    kit(state, name, "much", &[], 1).await;
    let subject = Descriptor::of(media_type::OCI_MANIFEST, b"much");
    for number in 0..7 {
        let kind = if number % 2 == 0 { "application/even" } else { "application/odd" };
        let plain = manifest("much", Some(&subject)).value().clone();
        let annotations = [("text".to_owned(), format!("{number:01000}"))].into();
        let one = Manifest { artifact_type: Some(kind.to_owned()), annotations, ..plain };
        let raw = Raw::build(media_type::OCI_MANIFEST, one).unwrap();
        state.put_manifest(new(name, &raw, &[], 2)).await.unwrap();
    }
    for (kind, count) in [(None, 7), (Some("application/even"), 4), (Some("application/odd"), 3)] {
        let all = all_referrers(state, name, &subject.digest, kind).await;
        assert_eq!(all.len(), count, "{kind:?}");
        assert!(all.is_sorted_by_key(|one| one.digest.to_string()), "{kind:?}");
        for (limit, bytes) in [(1, usize::MAX), (3, usize::MAX), (7, 1), (7, 2_600)] {
            let mut page = ReferrersPage { after: None, limit, bytes };
            let mut found = Vec::new();
            loop {
                let part = state.referrers(name, &subject.digest, kind, &page).await.unwrap();
                let is_small = part.found.len() <= limit.min(bytes.div_ceil(1_300));
                assert!(is_small, "{kind:?} {limit} {bytes}: {}", part.found.len());
                found.extend(part.found);
                if !part.more {
                    break;
                }
                page.after = found.last().map(|one| one.digest.to_string());
                assert!(found.len() < count, "what is said to come next does");
            }
            assert_eq!(found, all, "{kind:?} {limit} {bytes}");
        }
    }
}
