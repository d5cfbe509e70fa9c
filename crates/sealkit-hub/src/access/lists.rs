//! Lists of repositories, cut to what whoever asks may read.

use sealkit_store::{Namespace, Page, StoreError};

use super::Caller;

/// Names that are looked at in one go where a page is to be filled.
const STEP: usize = 1_000;

/// A page of the repositories that `caller` may read.
pub(crate) async fn visible(
    namespace: &dyn Namespace,
    caller: &Caller,
    page: &Page,
) -> Result<Vec<String>, StoreError> {
    let Some(limit) = page.limit else {
        let all = namespace.repositories(page).await?;
        return Ok(all.into_iter().filter(|name| caller.sees(name)).collect());
    };
    let (mut seen, mut after) = (Vec::new(), page.after.clone());
    // Whoever may read everything gets on with one question.
    let step = if caller.sees_all() { limit } else { limit.max(STEP) };
    loop {
        let part = Page { after: after.take(), limit: Some(step) };
        let names = namespace.repositories(&part).await?;
        let is_last = names.len() < step;
        after = names.last().cloned();
        let wanted = limit - seen.len();
        seen.extend(names.into_iter().filter(|name| caller.sees(name)).take(wanted));
        if is_last || seen.len() == limit {
            return Ok(seen);
        }
    }
}
