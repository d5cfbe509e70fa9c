//! Versions that contain the thing itself.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _};
use sealkit_aibom::Kind;
use sealkit_aibom::purl::Purl;
use sealkit_api::Step;
use sealkit_report::Known;

use super::look::Look;
use super::{Reached, label, path};
use crate::keys::{
    digest_key, is_outside, model_key, name_key, purl_key, tag_of, without_own_host,
};
use crate::question::Named;
use crate::read::{all, ids, signer, thing_at};
use crate::write::hosts;
use crate::{Question, Thing};

/// Most places of a thing that are looked at.
const MAX_PLACES: usize = 100_000;

/// Every version that contains what is asked about, of those that `look` may see.
pub(super) fn find(look: &mut Look<'_>, question: &Question) -> rusqlite::Result<Vec<Reached>> {
    let (any, connection) = (|_: Kind| true, look.connection);
    match question {
        Question::Digest(digest) => {
            let mut found = kits(connection, "digest = ?1", &[&digest.to_string()])?;
            let keys = [digest_key(&digest.to_string())];
            found.extend(things(look, &keys, any, None)?);
            Ok(found)
        }
        Question::Tensor(digest) => super::tensor::find(look, digest),
        Question::Purl(text) => {
            let version = Purl::parse(text).ok().and_then(|purl| purl.version().map(str::to_owned));
            let keys: Vec<String> = purl_key(text).into_iter().collect();
            things(look, &keys, any, version.as_deref())
        }
        Question::Dataset(named) => by_name(look, named, Kind::is_data),
        Question::Model(named) => {
            by_name(look, named, |kind| kind.is_model() || kind == Kind::ModelPart)
        }
        Question::Package(named) => {
            by_name(look, named, |kind| matches!(kind, Kind::Library | Kind::Container))
        }
        Question::Thing(named) => by_name(look, named, any),
        Question::Kit(named) => of_kit(look, named),
        Question::Signer(name) => signed_by(connection, name),
        Question::Finding(rule) => with_finding(connection, rule),
        Question::Licence(licence) => {
            let sql =
                "SELECT kit FROM facets WHERE facet = 'licence' AND value = ?1 COLLATE NOCASE";
            let step = |kit| one(connection, kit, "is-licensed-under", licence, Known::Declared);
            ids(connection, sql, licence)?.into_iter().map(step).collect()
        }
    }
}

/// Things of this name, and all that have the same bytes as one of them that is data or a model.
fn by_name(
    look: &mut Look<'_>,
    named: &Named,
    fits: fn(Kind) -> bool,
) -> rusqlite::Result<Vec<Reached>> {
    let keys: Vec<String> = name_key(&named.name).into_iter().collect();
    let mut found = things(look, &keys, fits, named.version.as_deref())?;
    let mut digests = BTreeSet::new();
    for (kit, at) in places(look, &keys)? {
        let Some(thing) = thing_at(look.connection, kit, at)? else { continue };
        let is_content = thing.kind.is_data() || thing.kind.is_model();
        if fits(thing.kind) && is_content && matches(&thing, named.version.as_deref()) == Some(true)
        {
            digests.extend(thing.digests.iter().map(|digest| digest_key(digest)));
        }
    }
    let digests: Vec<String> = digests.into_iter().collect();
    let same = things(look, &digests, |_| true, None)?;
    let step = |mut reached: Reached| {
        let from = reached.path.last().map(|step| step.to.clone()).unwrap_or_default();
        let (relation, to) = ("same-bytes-as".to_owned(), named.to_string());
        reached.path.push(Step {
            from,
            relation,
            to,
            known: Known::Measured,
            source: String::new(),
        });
        reached
    };
    found.extend(same.into_iter().map(step));
    Ok(found)
}

/// Whether a thing is of the version that is meant; none where it does not say.
fn matches(thing: &Thing, version: Option<&str>) -> Option<bool> {
    let Some(wanted) = version else { return Some(true) };
    let of_purl = || Purl::parse(thing.purl.as_deref()?).ok()?.version().map(str::to_owned);
    let named = || tag_of(&thing.name).filter(|_| thing.kind != Kind::File).map(str::to_owned);
    let own = thing.version.clone().or_else(of_purl).or_else(named)?;
    let plain = |text: &str| text.trim_start_matches('v').to_lowercase();
    Some(plain(&own) == plain(wanted) || thing.digests.iter().any(|digest| digest == wanted))
}

/// Where things with one of these keys are.
fn places(look: &mut Look<'_>, keys: &[String]) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for key in keys {
        found.extend(look.places(key, None, MAX_PLACES)?);
    }
    Ok(found)
}

/// Versions with a thing that has one of the keys; of several of one version the first that surely fits.
fn things(
    look: &mut Look<'_>,
    keys: &[String],
    fits: impl Fn(Kind) -> bool,
    version: Option<&str>,
) -> rusqlite::Result<Vec<Reached>> {
    let connection = look.connection;
    let mut found: Vec<Reached> = Vec::new();
    for (kit, at) in places(look, keys)? {
        let Some(thing) = thing_at(connection, kit, at)?.filter(|thing| fits(thing.kind)) else {
            continue;
        };
        let matched = matches(&thing, version);
        if matched == Some(false) {
            continue;
        }
        let surely = matched == Some(true);
        if found.last().is_some_and(|last| last.kit == kit && (last.certain || !surely)) {
            continue;
        }
        let (mut path, certain) = path::to_thing(connection, kit, at)?;
        if path.is_empty() {
            path.push(step(label(connection, kit)?, "is", &path::name(&thing), thing.known));
        }
        found.push(Reached { kit, distance: 0, certain: certain && surely, path });
    }
    Ok(found)
}

fn kits(
    connection: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<Vec<Reached>> {
    let sql = format!("SELECT id FROM kits WHERE {condition} ORDER BY id");
    let mut rows = connection.prepare_cached(&sql)?;
    let ids: Vec<i64> =
        rows.query_map(values, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let reached = |kit| {
        let name = label(connection, kit)?;
        Ok(Reached {
            kit,
            distance: 0,
            certain: true,
            path: vec![step(name.clone(), "is", &name, Known::Measured)],
        })
    };
    ids.into_iter().map(reached).collect()
}

fn of_kit(look: &mut Look<'_>, named: &Named) -> rusqlite::Result<Vec<Reached>> {
    let connection = look.connection;
    let hosts = hosts(connection)?;
    // A kit of this hub may be asked for as clients name it, with the hub's address.
    let names = [Some(named.name.as_str()), without_own_host(&named.name, &hosts)];
    let mut found = Vec::new();
    for name in names.into_iter().flatten() {
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
        found = things(look, &keys, is_outside, version)?;
    }
    Ok(found)
}

/// Versions of the repository `name`; that of a tag or digest where one is meant.
fn here(
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

fn signed_by(connection: &Connection, name: &str) -> rusqlite::Result<Vec<Reached>> {
    let mut found = Vec::new();
    for kit in ids(connection, "SELECT DISTINCT kit FROM signers WHERE name = ?1", name)? {
        let sql = "SELECT name, statement, verified FROM signers WHERE kit = ?1";
        let own = all(connection, sql, kit, signer)?.into_iter().filter(|one| one.name == name);
        let Some(best) = own.max_by_key(|signer| signer.verified) else { continue };
        let known = if best.verified { Known::Attested } else { Known::Declared };
        let relation = if best.verified { "signed-by" } else { "claims-signature-of" };
        found.push(one(connection, kit, relation, name, known)?);
    }
    Ok(found)
}

fn with_finding(connection: &Connection, rule: &str) -> rusqlite::Result<Vec<Reached>> {
    let mut found = Vec::new();
    for kit in ids(connection, "SELECT DISTINCT kit FROM notes WHERE rule = ?1", rule)? {
        let sql = "SELECT file FROM notes WHERE kit = ?1 AND rule = ?2 ORDER BY rowid LIMIT 1";
        let mut row = connection.prepare_cached(sql)?;
        let file = row.query_row(rusqlite::params![kit, rule], |row| row.get(0)).optional()?;
        let mut reached = one(connection, kit, "has-finding", rule, Known::Measured)?;
        if let (Some(file), Some(step)) = (file, reached.path.first_mut()) {
            step.source = file;
        }
        found.push(reached);
    }
    Ok(found)
}

fn one(
    connection: &Connection,
    kit: i64,
    relation: &str,
    to: &str,
    known: Known,
) -> rusqlite::Result<Reached> {
    let path = vec![step(label(connection, kit)?, relation, to, known)];
    Ok(Reached { kit, distance: 0, certain: true, path })
}

fn step(from: String, relation: &str, to: &str, known: Known) -> Step {
    let (relation, to) = (relation.to_owned(), to.to_owned());
    Step { from, relation, to, known, source: String::new() }
}
