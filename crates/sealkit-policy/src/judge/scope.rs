//! Whether a rule or an exception is for a kit.

use crate::facts::Subject;
use crate::model::Scope;

/// Whether it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    /// What it asks is not known of the kit. A rule is then taken to be for it, an exception not.
    Unknown,
}

/// Whether `scope` takes in `subject`.
pub(super) fn fit(scope: &Scope, subject: &Subject) -> Fit {
    let one = |is_open: bool, known: Option<bool>| match (is_open, known) {
        (true, _) | (_, Some(true)) => Fit::Yes,
        (_, Some(false)) => Fit::No,
        (_, None) => Fit::Unknown,
    };
    let repository = subject.repository.as_deref();
    let named = repository.map(|name| scope.repositories.iter().any(|glob| glob.matches(name)));
    let kinds = (!subject.kinds.is_empty())
        .then(|| scope.kinds.iter().any(|kind| subject.kinds.contains(kind)));
    let environment = subject.environment.as_ref();
    let environment = environment.map(|name| scope.environments.contains(name));
    let all = [
        one(scope.repositories.is_empty(), named),
        one(scope.kinds.is_empty(), kinds),
        one(scope.environments.is_empty(), environment),
    ];
    if all.contains(&Fit::No) {
        Fit::No
    } else if all.contains(&Fit::Unknown) {
        Fit::Unknown
    } else {
        Fit::Yes
    }
}
