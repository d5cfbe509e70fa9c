use sealkit_oci::{Descriptor, media_type};

use super::{KIND, manifest_of, put, write};
use crate::{ReferrersPage, Repository};

/// Referrers come in pages, sorted by digest, of so many entries and bytes as were asked for, filtered or not: each is
/// on one page.
pub async fn referrers_come_in_pages(repository: &dyn Repository) {
    let subject = put(repository, "subject", Some("v1"), None).await;
    let other = "application/vnd.sealkit.other";
    let (mut plain, mut others) = (Vec::new(), Vec::new());
    for number in 0..6 {
        let (kind, list) = if number % 3 == 0 { (other, &mut others) } else { (KIND, &mut plain) };
        let text = format!("{number}{}", "x".repeat(1_000));
        let layer = write(repository, text.as_bytes()).await;
        let bytes = manifest_of(kind, &text, layer, Some(&subject));
        let put = repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await;
        list.push(put.unwrap().digest.to_string());
    }
    let mut all = [plain.clone(), others.clone()].concat();
    for list in [&mut all, &mut plain, &mut others] {
        list.sort();
    }
    for (kind, expected) in [(None, &all), (Some(KIND), &plain), (Some(other), &others)] {
        for (limit, bytes, most) in
            [(1, usize::MAX, 1), (2, usize::MAX, 2), (6, usize::MAX, 6), (6, 1, 1), (6, 3_000, 2)]
        {
            let page = ReferrersPage { after: None, limit, bytes };
            let pages = walk(repository, &subject, kind, page).await;
            let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
            let is_full = |size: &usize| *size == most.min(expected.len());
            assert!(sizes.iter().rev().skip(1).all(is_full), "{kind:?} {limit} {bytes}: {sizes:?}");
            assert_eq!(pages.concat(), **expected, "{kind:?} {limit} {bytes}");
        }
    }
    let none = ReferrersPage { after: all.last().cloned(), ..ReferrersPage::default() };
    let part = repository.referrers_page(&subject.digest, None, &none).await.unwrap();
    assert_eq!((part.found, part.more), (vec![], false));
}

/// The digests on all pages. A page that is said to be the last is; any other has at least one.
async fn walk(
    repository: &dyn Repository,
    subject: &Descriptor,
    kind: Option<&str>,
    mut page: ReferrersPage,
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    loop {
        let part = repository.referrers_page(&subject.digest, kind, &page).await.unwrap();
        let digests = part.found.iter().map(|one| one.digest.to_string());
        let digests: Vec<String> = digests.collect();
        for one in &part.found {
            assert!(one.annotations.contains_key("text"), "they come with their annotations");
        }
        page.after = digests.last().cloned();
        pages.push(digests);
        if !part.more {
            return pages;
        }
        assert!(page.after.is_some() && pages.len() < 10, "the pages must end");
    }
}
