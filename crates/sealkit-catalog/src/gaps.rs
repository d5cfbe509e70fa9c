//! What could not be read or kept of a kit: a question about it may have another answer than the index gives.

/// Longest text about it, in bytes.
const MAX_TOLD: usize = 1_000;

/// Reasons, in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct Gaps(Vec<String>);

impl Gaps {
    /// Adds a reason, where there is one.
    pub(crate) fn extend(&mut self, reason: Option<String>) {
        self.0.extend(reason);
    }

    /// Notes that of `there` things of a kind only `kept` are indexed, where that are fewer.
    pub(crate) fn left(&mut self, there: usize, kept: usize, what: &str) {
        let rest = there.saturating_sub(kept);
        self.extend((rest > 0).then(|| format!("{rest} {what} are not indexed")));
    }

    /// All of them for people, cut where they are many; none where there is none.
    pub(crate) fn told(self) -> Option<String> {
        let mut text = self.0.join("; ");
        if text.len() > MAX_TOLD {
            text.truncate(text.floor_char_boundary(MAX_TOLD));
            text.push('…');
        }
        Some(text).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_counted_and_told_once() {
        let mut gaps = Gaps::default();
        gaps.extend(Some("a file".to_owned()));
        gaps.left(3, 5, "ties");
        gaps.left(7, 5, "findings");
        assert_eq!(gaps.told().as_deref(), Some("a file; 2 findings are not indexed"));
        assert_eq!(Gaps::default().told(), None);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let mut gaps = Gaps::default();
        gaps.extend(Some("é".repeat(MAX_TOLD)));
        let told = gaps.told().unwrap();
        assert_eq!(told.chars().count(), MAX_TOLD / 2 + 1);
        assert!(told.ends_with('…'));
    }
}
