//! Versions of a kit that is asked for by its reference, and what names one that is not here.

use rusqlite::{Connection, OptionalExtension as _};
use sealkit_aibom::purl::Purl;

use super::Reached;
use super::direct::{kits, things};
use super::look::Look;
use super::named::matches;
use crate::keys::{digest_key, is_outside, model_key, without_own_host};
use crate::question::Named;
use crate::write::hosts;

/// The names that a kit has in this catalogue: as it was asked for, and without the address of this hub, with which
/// clients name it.
pub(super) fn names<'a>(
    connection: &Connection,
    named: &'a Named,
) -> rusqlite::Result<Vec<&'a str>> {
    let hosts = hosts(connection)?;
    let own = without_own_host(&named.name, &hosts);
    Ok([Some(named.name.as_str()), own].into_iter().flatten().collect())
}

pub(super) fn find(look: &mut Look<'_>, named: &Named) -> rusqlite::Result<Vec<Reached>> {
    let connection = look.connection;
    let mut found = Vec::new();
    for name in names(connection, named)? {
        // One that may not be seen is as one that is not here.
        if found.is_empty() && look.sees(name) {
            found = here(connection, name, named.version.as_deref())?;
        }
    }
    // A kit that is not here can still be what others come from.
    if found.is_empty() {
        let (keys, version): (Vec<String>, _) = match named.version.as_deref() {
            Some(digest) if digest.contains(':') => (vec![digest_key(digest)], None),
            tag => (model_key(&named.name).into_iter().collect(), tag),
        };
        found = things(look, &keys, |thing| {
            if is_outside(thing.kind) { matches(thing, version) } else { Some(false) }
        })?;
    }
    Ok(found)
}

/// Versions of the repository `name`; that of a tag or digest where one is meant.
pub(super) fn here(
    connection: &Connection,
    name: &str,
    version: Option<&str>,
) -> rusqlite::Result<Vec<Reached>> {
    let digest = match version {
        None => return kits(connection, "repository = ?1", &[&name]),
        Some(digest) if digest.contains(':') => Some(digest.to_owned()),
        Some(tag) => {
            let sql = "SELECT digest FROM tags WHERE repository = ?1 AND tag = ?2";
            let mut row = connection.prepare_cached(sql)?;
            row.query_row([name, tag], |row| row.get(0)).optional()?
        }
    };
    match digest {
        Some(digest) => kits(connection, "repository = ?1 AND digest = ?2", &[&name, &digest]),
        None => Ok(Vec::new()),
    }
}

/// The reference that a package URL of a registry stands for; none where it says no address.
pub(super) fn named_by(purl: &Purl) -> Option<Named> {
    let address = purl.qualifiers().get("repository_url").map(String::as_str);
    let address = address.map(|url| url.split_once("://").map_or(url, |(_, rest)| rest));
    let address = address.map(|url| url.trim_matches('/')).filter(|url| !url.is_empty());
    // That of a kit names the whole repository; that of an image its registry, and there is a usual one.
    let name = if purl.kind() == "oci" {
        address?.to_owned()
    } else {
        let steps = [address, purl.namespace(), Some(purl.name())];
        steps.into_iter().flatten().collect::<Vec<_>>().join("/")
    };
    let tag = purl.version().or(purl.qualifiers().get("tag").map(String::as_str));
    Some(Named { name, version: tag.map(str::to_owned) })
}

/// Versions of every repository whose last step is `name`. Other repositories may be meant.
pub(super) fn called(connection: &Connection, name: &str) -> rusqlite::Result<Vec<Reached>> {
    let condition =
        "lower(repository) = ?1 OR substr(lower(repository), -length(?1) - 1) = '/' || ?1";
    let found = kits(connection, condition, &[&name.to_lowercase()])?;
    Ok(found.into_iter().map(|one| Reached { certain: false, ..one }).collect())
}
