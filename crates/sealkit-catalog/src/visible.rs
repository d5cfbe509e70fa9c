//! Which repositories somebody may see.

/// Repositories that somebody may see: what a scope of theirs gives, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// This one alone, as a token that was made for one repository has it.
    Only(String),
    /// This one and those below it, by whole components of the name.
    Below(String),
}

impl Visible {
    /// The repository that it names.
    pub fn name(&self) -> &str {
        match self {
            Self::Only(name) | Self::Below(name) => name,
        }
    }

    /// Whether it shows `repository`.
    pub fn shows(&self, repository: &str) -> bool {
        let rest = repository.strip_prefix(self.name());
        match self {
            Self::Only(_) => rest.is_some_and(str::is_empty),
            Self::Below(_) => rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }
}

/// Whether one of `visible` shows `repository`; none means that everything is seen.
pub(crate) fn may_see(visible: Option<&[Visible]>, repository: &str) -> bool {
    visible.is_none_or(|visible| visible.iter().any(|one| one.shows(repository)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_seen_by_whole_components() {
        let visible = [Visible::Below("team".to_owned()), Visible::Below("a/b".to_owned())];
        for seen in ["team", "team/x", "a/b", "a/b/c"] {
            assert!(may_see(Some(&visible), seen), "{seen}");
        }
        for hidden in ["team-x", "a", "a/bc", ""] {
            assert!(!may_see(Some(&visible), hidden), "{hidden}");
        }
        assert!(may_see(None, "anything"));
        assert!(!may_see(Some(&[]), "anything"));
    }

    #[test]
    fn one_name_shows_nothing_below_it() {
        let only = Visible::Only("team".to_owned());
        assert!(only.shows("team"));
        for hidden in ["team/secret", "team-x", "tea", ""] {
            assert!(!only.shows(hidden), "{hidden}");
        }
    }
}
