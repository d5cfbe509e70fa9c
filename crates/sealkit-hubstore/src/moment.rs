//! One look at whether anything has changed, for all of what only reads.

use std::path::Path;
use std::sync::Arc;

use crate::Database;

tokio::task_local! {
    /// The database and its stamp when the work of this task began.
    static MOMENT: (Arc<Path>, Option<u64>);
}

impl Database {
    /// Runs `work`, in whose task the stamp stays what it is now. For a request that only reads: everything that was
    /// done before it is seen, and it asks once. Whoever writes would not see by stamps what they wrote.
    pub async fn at_one_moment<T>(&self, work: impl Future<Output = T>) -> T {
        let now = (self.name(), self.stamp());
        MOMENT.scope(now, work).await
    }
}

/// Whether the work of this task is bound to a moment of a database.
pub(crate) enum Bound {
    /// It is, and this was the stamp then.
    Since(Option<u64>),
    /// It is not.
    Free,
}

/// Whether this task is bound to a moment of the database `name`.
pub(crate) fn bound(name: &Arc<Path>) -> Bound {
    let found =
        MOMENT.try_with(
            |(own, stamp)| {
                if Arc::ptr_eq(own, name) { Bound::Since(*stamp) } else { Bound::Free }
            },
        );
    found.unwrap_or(Bound::Free)
}
