//! The history of tags.

/// One move of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMove {
    /// Where it pointed before; none where it was new.
    pub before: Option<String>,
    /// Where it points from then on; none where it was removed.
    pub after: Option<String>,
    /// When, unix seconds.
    pub at: i64,
}
