//! What events can be about.

/// Every action that is written down, as `scope.action`, sorted.
pub(crate) const ACTIONS: &[&str] = &[
    "access.deny",
    "advisory.attach",
    "aibom.delete",
    "aibom.store",
    "blob.delete",
    "blob.mount",
    "blob.push",
    "issuer.add",
    "issuer.remove",
    "job.retry",
    "manifest.delete",
    "manifest.push",
    "quarantine.lift",
    "quarantine.place",
    "repo.set",
    "storage.backup",
    "storage.gc",
    "storage.reindex",
    "tag.delete",
    "tag.set",
    "token.add",
    "token.revoke",
    "webhook.add",
    "webhook.remove",
];

/// Whether `name` is an action, or the scope of some.
pub(crate) fn is_known(name: &str) -> bool {
    let scope = |action: &&str| action.split_once('.').is_some_and(|(scope, _)| scope == name);
    ACTIONS.contains(&name) || ACTIONS.iter().any(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_and_their_scopes_are_known_and_nothing_near() {
        assert!(ACTIONS.is_sorted());
        for name in ["quarantine", "quarantine.lift", "tag", "access.deny"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["", ".", "tag.", "tags", "quarantine.lifted", "Tag", "tag.set.x", "deny"] {
            assert!(!is_known(name), "{name}");
        }
    }
}
