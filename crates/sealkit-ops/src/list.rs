//! `list`: which kits there are.

use std::sync::Arc;

use sealkit_kitfile::{Filter, any_matches_kitfile};
use sealkit_oci::{Digest, Reference, Target};
use sealkit_store::{Page, Repository};

use crate::tags::shown;
use crate::{Context, Kit, OpsError, Place};

/// One kit of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The repository as people write it; none for a kit without a name.
    pub repository: Option<String>,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Name in the Kitfile, empty where it has none.
    pub name: String,
    /// First author in the Kitfile, empty where it has none.
    pub author: String,
    /// Size of manifest, config and layers in bytes.
    pub size: u64,
}

/// Lists the kits of the local store that contain what the filters name. What is no kit, such as a
/// signature, is left out; a damaged kit is listed with what is known of it.
pub async fn list_local(context: &Context, filters: &[String]) -> Result<Vec<Listed>, OpsError> {
    let filters = parse_filters(filters)?;
    let store = context.store()?;
    let mut listed = Vec::new();
    for entry in store.list()?.into_iter().filter(|entry| entry.subject.is_none()) {
        let name = entry.repository.clone().unwrap_or_default();
        let repository = Arc::new(store.repository(&name));
        let target = Target::Digest(entry.descriptor.digest.clone());
        let shown = shown_repository(&name);
        match Kit::load(repository, &target, &name).await {
            Ok(kit) => listed.extend(row(&kit, shown, entry.tags, &filters)),
            Err(OpsError::NotAKit { .. }) => {}
            Err(_) if filters.is_empty() => listed.push(Listed {
                repository: shown,
                tags: entry.tags,
                digest: entry.descriptor.digest,
                name: String::new(),
                author: String::new(),
                size: entry.descriptor.size,
            }),
            Err(_) => {}
        }
    }
    listed.sort_by(|a, b| (&a.repository, &a.tags).cmp(&(&b.repository, &b.tags)));
    Ok(listed)
}

/// Lists the kits of one repository of a registry, a row for each tag.
pub async fn list_remote(
    context: &Context,
    reference: &Reference,
    filters: &[String],
) -> Result<Vec<Listed>, OpsError> {
    let filters = parse_filters(filters)?;
    let repository = context.repository(&Place::remote(reference.clone())?)?;
    let tags = match reference.tag() {
        Some(tag) => vec![tag.to_owned()],
        None => repository.tags(&Page::default()).await?,
    };
    let mut listed = Vec::new();
    for tag in tags {
        let shown = Some(format!("{}/{}", reference.registry(), reference.repository()));
        match load_tag(&repository, &tag).await {
            Ok(kit) => listed.extend(row(&kit, shown, vec![tag], &filters)),
            Err(OpsError::NotAKit { .. } | OpsError::KitNotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(listed)
}

async fn load_tag(repository: &Arc<dyn Repository>, tag: &str) -> Result<Kit, OpsError> {
    Kit::load(Arc::clone(repository), &Target::Tag(tag.to_owned()), tag).await
}

fn row(
    kit: &Kit,
    repository: Option<String>,
    tags: Vec<String>,
    filters: &[Filter],
) -> Option<Listed> {
    let kitfile = kit.kitfile.as_ref();
    if !filters.is_empty() && !kitfile.is_some_and(|k| any_matches_kitfile(filters, k)) {
        return None;
    }
    let package = kitfile.map(|kitfile| &kitfile.package);
    let author = package.and_then(|package| package.authors.first());
    Some(Listed {
        repository,
        tags,
        digest: kit.digest().clone(),
        name: package.map(|package| package.name.clone()).unwrap_or_default(),
        author: author.cloned().unwrap_or_default(),
        size: kit.manifest.value().layers().iter().fold(0, |sum, l| sum.saturating_add(l.size)),
    })
}

/// A repository of the store as people write it: the local registry is left out, and a kit without
/// a name has none.
fn shown_repository(name: &str) -> Option<String> {
    let shown = shown(name);
    (!shown.is_empty() && shown != "_").then(|| shown.to_owned())
}

/// Reads `--filter` values.
pub(crate) fn parse_filters(filters: &[String]) -> Result<Vec<Filter>, OpsError> {
    let parse = |text: &String| {
        Filter::parse(text).map_err(|error| {
            OpsError::usage("filter-malformed", error.to_string())
                .with_hint("write it as `type[,type…][:name]`, e.g. `datasets:train`")
        })
    };
    filters.iter().map(parse).collect()
}
