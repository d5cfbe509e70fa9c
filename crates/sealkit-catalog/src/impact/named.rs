//! Versions that contain something of a name or package URL.

use std::collections::BTreeSet;

use sealkit_aibom::purl::Purl;
use sealkit_aibom::{Kind, is_version};
use sealkit_oci::Digest;
use sealkit_report::Known;

use super::direct::{of_bytes, places, step, things};
use super::look::Look;
use super::{Reached, kit};
use crate::Thing;
use crate::hub_address::hub_address;
use crate::keys::{
    digest_key, model_key, name_key, package_key, purl_key, purl_name_key, tag_of, without_own_host,
};
use crate::question::{Named, as_kit};
use crate::read::thing_at;
use crate::write::hosts;

pub(super) fn is_data(kind: Kind) -> bool {
    kind.is_data()
}

pub(super) fn is_model(kind: Kind) -> bool {
    kind.is_model() || kind == Kind::ModelPart
}

pub(super) fn is_package(kind: Kind) -> bool {
    matches!(kind, Kind::Library | Kind::Container)
}

/// Whose package URLs may be all that names a model or dataset.
const HUBS: [&str; 3] = ["huggingface", "huggingface/datasets", "mlflow"];
/// Whose names of packages have more than one spelling.
const SPELT: [&str; 2] = ["pypi", "cargo"];

/// A key with the version that is meant by it.
struct Wanted {
    key: String,
    version: Option<String>,
    /// Whether the version is a tag behind the name: of kits that are here it is known what has it.
    by_tag: bool,
}

/// What a thing of this name can be found by.
fn wanted(look: &Look<'_>, named: &Named) -> rusqlite::Result<Vec<Wanted>> {
    let hosts = hosts(look.connection)?;
    let mut all: Vec<Wanted> = Vec::new();
    // What this hub holds is named with its address elsewhere.
    for name in [Some(named.name.as_str()), without_own_host(&named.name, &hosts)] {
        let Some(name) = name else { continue };
        let version = named.version.clone();
        let of = |key| Wanted { key, version: version.clone(), by_tag: false };
        all.extend(name_key(name).map(of));
        let hubs = HUBS.iter().chain(&SPELT);
        all.extend(hubs.filter_map(|hub| purl_name_key(hub, name)).map(of));
        // A tag is a version too, where no other is named.
        if let Some(tag) = tag_of(name).filter(|_| version.is_none()) {
            let version = Some(tag.to_owned());
            all.extend(model_key(name).map(|key| Wanted { key, version, by_tag: true }));
        }
    }
    Ok(all)
}

/// Things of this name, and all that have the same bytes as one of them that is data or a model.
pub(super) fn by_name(
    look: &mut Look<'_>,
    named: &Named,
    fits: fn(Kind) -> bool,
) -> rusqlite::Result<Vec<Reached>> {
    let (mut found, mut digests) = (Vec::new(), BTreeSet::new());
    for Wanted { key, version, by_tag } in wanted(look, named)? {
        let judge = |thing: &Thing| {
            let is_meant = fits(thing.kind) && !(by_tag && thing.kind == Kind::Kit);
            if is_meant { matches(thing, version.as_deref()) } else { Some(false) }
        };
        let key = [key];
        found.extend(things(look, &key, judge)?);
        for (kit, at) in places(look, &key)? {
            let Some(thing) = thing_at(look.connection, kit, at)? else { continue };
            let is_content = thing.kind.is_data() || thing.kind.is_model();
            if is_content && judge(&thing) == Some(true) {
                digests.extend(thing.digests.iter().map(|digest| digest_key(digest)));
            }
        }
    }
    found.extend(unnamed_package(look, &named.name, named.version.as_deref(), fits)?);
    let digests: Vec<String> = digests.into_iter().collect();
    let to = named.to_string();
    for mut same in things(look, &digests, |_| Some(true))? {
        let from = same.path.last().map(|step| step.to.clone()).unwrap_or_default();
        same.path.push(step(from, "same-bytes-as", &to, Known::Measured));
        found.push(same);
    }
    Ok(found)
}

/// As [`by_name`], and kits that may be meant: what is in a repository is often called as that, and inside of it
/// otherwise; and `model:v1` may be the kit `model` with the tag `v1`. `words` are those that make it this question.
pub(super) fn by_name_or_kit(
    look: &mut Look<'_>,
    named: &Named,
    fits: fn(Kind) -> bool,
    words: &[&str],
) -> rusqlite::Result<Vec<Reached>> {
    let mut found = by_name(look, named, fits)?;
    // Packages lie inside of kits, which have names of their own.
    let mut kits = match as_kit(named).filter(|_| !fits(Kind::Library)) {
        Some(named) => kit::find(look, &named)?,
        None => Vec::new(),
    };
    let tag = named.version.as_ref().filter(|version| version.contains(':'));
    let tag = tag.unwrap_or(&named.name);
    for word in words.iter().filter(|word| look.sees(word)) {
        kits.extend(kit::here(look.connection, word, Some(tag))?);
    }
    found.extend(kits.into_iter().map(|one| Reached { certain: false, ..one }));
    Ok(found)
}

/// Libraries that nothing says the ecosystem of, by any spelling of the name: each may be the one.
fn unnamed_package(
    look: &mut Look<'_>,
    name: &str,
    version: Option<&str>,
    fits: fn(Kind) -> bool,
) -> rusqlite::Result<Vec<Reached>> {
    let keys: Vec<String> = package_key(name).into_iter().collect();
    things(look, &keys, |thing| {
        let may_be = fits(thing.kind) && matches(thing, version) != Some(false);
        if may_be { None } else { Some(false) }
    })
}

/// Things with this package URL, and those that have only the name that stands in it.
pub(super) fn by_purl(look: &mut Look<'_>, text: &str) -> rusqlite::Result<Vec<Reached>> {
    let Ok(purl) = Purl::parse(text) else { return Ok(Vec::new()) };
    let keys: Vec<String> = purl_key(text).into_iter().collect();
    let mut found = things(look, &keys, |thing| matches(thing, purl.version()))?;
    let name = match purl.namespace() {
        Some(space) => format!("{space}/{}", purl.name()),
        None => purl.name().to_owned(),
    };
    let named = Named { name, version: purl.version().map(str::to_owned) };
    found.extend(match purl.kind() {
        "huggingface" if named.name.starts_with("datasets/") => by_name(look, &named, is_data)?,
        "huggingface" | "mlflow" => by_name(look, &named, is_model)?,
        "oci" => kit_of_purl(look, &purl)?,
        "docker" => {
            let mut found = kit_of_purl(look, &purl)?;
            found.extend(unnamed_package(look, &named.name, purl.version(), is_package)?);
            found
        }
        _ => unnamed_package(look, &named.name, purl.version(), is_package)?,
    });
    Ok(found)
}

/// The kit that a package URL of a registry names, and what has its bytes.
fn kit_of_purl(look: &mut Look<'_>, purl: &Purl) -> rusqlite::Result<Vec<Reached>> {
    let digest = purl.version().and_then(|version| version.parse::<Digest>().ok());
    let mut found = match &digest {
        Some(digest) => of_bytes(look, &digest.to_string())?,
        None => Vec::new(),
    };
    found.extend(match kit::named_by(purl) {
        Some(named) => kit::find(look, &named)?,
        // The digest is the whole of it; without one and without an address any repository of the name is meant.
        None if digest.is_some() => Vec::new(),
        None => kit::called(look.connection, purl.name())?,
    });
    Ok(found)
}

/// Whether a thing is of the version that is meant; none where it may be.
pub(super) fn matches(thing: &Thing, version: Option<&str>) -> Option<bool> {
    let Some(wanted) = version else { return Some(true) };
    if thing.digests.iter().any(|digest| digest.eq_ignore_ascii_case(wanted)) {
        return Some(true);
    }
    let purl = thing.purl.as_deref().and_then(|purl| Purl::parse(purl).ok());
    let kind = purl.as_ref().map(Purl::kind);
    let mut own: Vec<&str> =
        thing.version.iter().chain(&thing.versions).map(String::as_str).collect();
    own.extend(purl.as_ref().and_then(Purl::version));
    let address = hub_address(&thing.name);
    if thing.kind != Kind::File {
        own.extend(tag_of(&thing.name));
        own.extend(address.as_ref().and_then(|address| address.revision.as_deref()));
        let behind = thing.name.rsplit_once('@').filter(|_| address.is_none());
        own.extend(
            behind.filter(|(name, at)| !name.is_empty() && !at.contains('/')).map(|it| it.1),
        );
    }
    let judged: Vec<Option<bool>> =
        own.into_iter().map(|own| is_version(kind, wanted, own)).collect();
    // Of a thing with a version and a commit one says surely what the other leaves open.
    match () {
        () if judged.contains(&Some(true)) => Some(true),
        () if judged.contains(&Some(false)) => Some(false),
        () if judged.is_empty() && has_other_bytes(thing, wanted) => Some(false),
        () => None,
    }
}

/// Whether a digest is asked for and the thing has another one by the same algorithm.
fn has_other_bytes(thing: &Thing, wanted: &str) -> bool {
    let Some((algorithm, _)) = wanted.split_once(':') else { return false };
    let own = thing.digests.iter().filter_map(|digest| digest.split_once(':'));
    own.into_iter().any(|(name, _)| name.eq_ignore_ascii_case(algorithm))
}
