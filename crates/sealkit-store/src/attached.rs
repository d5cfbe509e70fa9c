//! Parts of what refers to a manifest. Clients write the annotations of each, so that few can be much: a part is
//! bounded in bytes too.

use sealkit_oci::Descriptor;

/// Which part of the referrers of a manifest to return, in the order of their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferrersPage {
    /// Only those whose digest sorts bytewise after this.
    pub after: Option<String>,
    /// No more than this many.
    pub limit: usize,
    /// No more than so many bytes of descriptors as JSON. One alone may be more, so that whoever asks gets on.
    pub bytes: usize,
}

impl Default for ReferrersPage {
    /// All of them.
    fn default() -> Self {
        Self { after: None, limit: usize::MAX, bytes: usize::MAX }
    }
}

impl ReferrersPage {
    /// The part of `found`, in whatever order that is.
    pub fn cut(&self, mut found: Vec<Descriptor>) -> ReferrersPart {
        found.sort_by(|one, other| one.digest.cmp(&other.digest));
        let mut filled = FilledPart::new(self);
        for one in found {
            let is_before =
                self.after.as_ref().is_some_and(|after| one.digest.to_string() <= *after);
            if !is_before && !filled.push(one) {
                break;
            }
        }
        filled.part()
    }
}

/// A part of the referrers of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferrersPart {
    /// Their descriptors, sorted by digest.
    pub found: Vec<Descriptor>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// A part that is filled one by one, so that nothing is read that has no room in it.
#[derive(Debug)]
pub struct FilledPart {
    part: ReferrersPart,
    limit: usize,
    bytes: usize,
}

impl FilledPart {
    /// An empty one with room for what `page` asks for.
    pub fn new(page: &ReferrersPage) -> Self {
        Self { part: ReferrersPart::default(), limit: page.limit, bytes: page.bytes }
    }

    /// Adds one where there is room for it; false where there is none, and for no other any more.
    pub fn push(&mut self, one: Descriptor) -> bool {
        let size = serde_json::to_vec(&one).map_or(0, |json| json.len());
        let is_first = self.part.found.is_empty() && self.limit > 0;
        if self.part.more || self.limit == 0 || (size > self.bytes && !is_first) {
            self.part.more = true;
            return false;
        }
        self.limit -= 1;
        self.bytes = self.bytes.saturating_sub(size);
        self.part.found.push(one);
        true
    }

    /// What is in it.
    pub fn part(self) -> ReferrersPart {
        self.part
    }
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;

    use super::*;

    fn three() -> Vec<Descriptor> {
        let mut all = ["1", "2", "3"].map(|text| Descriptor::of("a/b", text.as_bytes()));
        all.sort_by_key(|one| one.digest.to_string());
        all.to_vec()
    }

    fn size(one: &Descriptor) -> usize {
        serde_json::to_vec(one).unwrap().len()
    }

    #[test]
    fn a_part_has_what_is_asked_for_and_says_whether_that_is_all() {
        let all = three();
        let mut mixed = all.clone();
        mixed.reverse();
        let part = |after: Option<&Digest>, limit| {
            let after = after.map(ToString::to_string);
            let part = ReferrersPage { after, limit, bytes: usize::MAX }.cut(mixed.clone());
            (part.found, part.more)
        };
        assert_eq!(part(None, usize::MAX), (all.clone(), false));
        assert_eq!(part(None, 3), (all.clone(), false));
        assert_eq!(part(None, 2), (all[..2].to_vec(), true));
        assert_eq!(part(Some(&all[0].digest), 1), (all[1..2].to_vec(), true));
        assert_eq!(part(Some(&all[1].digest), 1), (all[2..].to_vec(), false));
        assert_eq!(part(Some(&all[2].digest), 1), (vec![], false));
        assert_eq!(part(None, 0), (vec![], true));
    }

    #[test]
    fn a_part_is_bounded_in_bytes_and_has_one_at_least() {
        let all = three();
        let part = |bytes| ReferrersPage { bytes, ..ReferrersPage::default() }.cut(all.clone());
        let two = size(&all[0]) + size(&all[1]);
        assert_eq!(part(two).found, all[..2]);
        assert_eq!(part(two - 1).found, all[..1]);
        assert_eq!(part(1), ReferrersPart { found: all[..1].to_vec(), more: true });
    }

    #[test]
    fn what_has_no_room_is_the_end() {
        let all = three();
        let long = Descriptor {
            annotations: [("a".to_owned(), "b".repeat(100))].into(),
            ..all[1].clone()
        };
        let bytes = size(&all[0]) + size(&all[2]);
        let mut filled = FilledPart::new(&ReferrersPage { bytes, ..ReferrersPage::default() });
        assert!(filled.push(all[0].clone()));
        assert!(!filled.push(long));
        assert!(!filled.push(all[2].clone()), "what comes next must not be left out");
        assert_eq!(filled.part(), ReferrersPart { found: all[..1].to_vec(), more: true });
    }

    #[test]
    fn digests_sort_as_their_texts_do() {
        let digests: Vec<Digest> = [("sha512", 128), ("sha256", 64)]
            .into_iter()
            .flat_map(|(name, count)| {
                ["f", "0", "a"].map(|digit| format!("{name}:{}", digit.repeat(count)))
            })
            .map(|text| text.parse().unwrap())
            .collect();
        let (mut one, mut other) = (digests.clone(), digests);
        one.sort();
        other.sort_by_key(ToString::to_string);
        assert_eq!(one, other);
    }
}
