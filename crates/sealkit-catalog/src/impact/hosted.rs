//! Repositories that are known with the address of their registry, as a local store has them, and names that leave
//! it out, as cards do.

use super::look::Look;
use crate::Thing;
use crate::keys::{model_key, name_key, without_host};

/// Repositories that a name without an address may mean, of those that `look` may see: that of the name, and those of
/// the same path at any registry.
pub(crate) fn of_path(look: &Look<'_>, path: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT DISTINCT repository FROM kits ORDER BY repository";
    let mut asked = look.connection.prepare_cached(sql)?;
    let mut rows = asked.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let repository = row.get_ref(0)?.as_str()?;
        let is_of_path = repository == path || without_host(repository) == Some(path);
        if is_of_path && look.sees(repository) {
            found.push(repository.to_owned());
        }
    }
    Ok(found)
}

/// Whether a thing is called by this key as it is written, with the address of no registry before it.
pub(super) fn is_written(thing: &Thing, key: &str) -> bool {
    let names = [Some(thing.name.as_str()), thing.path.as_deref()].into_iter().flatten();
    names.flat_map(|name| [name_key(name), model_key(name)]).flatten().any(|own| own == key)
}
