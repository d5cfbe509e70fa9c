//! What a version is at a glance: the card that its author wrote, and its main facts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use sealkit_api::{
    Card, FileEntry, FileList, KitFacts, PreviewContent, PreviewForm, SCHEMA_VERSION, TextHead,
};
use sealkit_inspect::{inspect, property};
use sealkit_oci::{Descriptor, Digest, LayerRole, LayerType};
use sealkit_ops::catalog::index::{Entry, Facet};
use sealkit_preview::{front_matter, look};

use super::preview::{blocking, budget};
use crate::HubError;
use crate::content::Content;
use crate::hub::Shared;
use crate::ranges::Allowance;
use crate::reader::Kit;
use crate::{api, catalog, files};

/// Most bytes that are read for one answer, and how long: an overview does not wait for a kit of a million
/// files without a file table.
const MAX_BYTES: u64 = 16 << 20;
const MAX_TIME: Duration = Duration::from_secs(3);
/// Most bytes that compressed layers become for it.
const MAX_UNPACKED: u64 = 256 << 20;
/// Most files that are asked for the length of the context.
const MAX_CONFIGS: usize = 4;

type App = State<Arc<Shared>>;

/// `GET /api/v1/kits/{name}/versions/{reference}/card`.
pub(crate) async fn card(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
) -> Result<Json<Card>, HubError> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &reference).await?;
    let list = documents_first(&kit).await?;
    Ok(Json(card_of(&kit, &list).await?))
}

/// `GET /api/v1/kits/{name}/versions/{reference}/facts`.
pub(crate) async fn facts(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
) -> Result<Json<KitFacts>, HubError> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &reference).await?;
    let list = documents_first(&kit).await?;
    Ok(Json(facts_of(&shared, &kit, &list).await?))
}

/// What both of them say, for one page: the kit is opened and its files are listed once.
pub(crate) async fn both(
    shared: &Shared,
    name: &str,
    reference: &str,
) -> Result<(KitFacts, Card), HubError> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(shared, name, reference).await?;
    let list = documents_first(&kit).await?;
    let facts = facts_of(shared, &kit, &list).await?;
    Ok((facts, card_of(&kit, &list).await?))
}

async fn card_of(kit: &Kit, list: &FileList) -> Result<Card, HubError> {
    let mut answer = Card {
        schema_version: SCHEMA_VERSION,
        name: kit.name.clone(),
        digest: kit.digest.clone(),
        file: None,
        markdown: None,
    };
    let Some(file) = find_card(kit, list) else { return Ok(answer) };
    answer.file = Some(file.clone());
    let Some(content) = readable(kit, file, list).await? else { return Ok(answer) };
    let (bytes, path) = (content.bytes(&allowance()), file.path.clone());
    let look = move || look(&path, &bytes, PreviewForm::Auto, 0, &mut budget());
    if let PreviewContent::Markdown(head) = blocking(look).await?.content {
        let text = front_matter(&head.text).1.to_owned();
        answer.markdown = Some(TextHead { text, ..head });
    }
    Ok(answer)
}

async fn facts_of(shared: &Shared, kit: &Kit, list: &FileList) -> Result<KitFacts, HubError> {
    let entry = catalog::entry(shared, &kit.name, &kit.digest).await?;
    let context_length = context_length(kit, list).await?;
    let values = |facet: Facet| -> Vec<String> {
        let found = entry.iter().flat_map(|entry| &entry.facets);
        found.filter(|(own, _)| *own == facet).map(|(_, value)| value.clone()).collect()
    };
    Ok(KitFacts {
        schema_version: SCHEMA_VERSION,
        name: kit.name.clone(),
        digest: kit.digest.clone(),
        cataloged: entry.is_some(),
        parameters: entry.as_ref().and_then(|entry| entry.parameters),
        dtypes: values(Facet::Precision),
        architectures: values(Facet::Architecture),
        formats: values(Facet::Format),
        licences: values(Facet::Licence),
        base_models: values(Facet::Base),
        datasets: values(Facet::Dataset),
        context_length,
        problem: entry.and_then(|entry: Entry| entry.problem),
    })
}

/// What one step of an overview may read: what a list took is not missing for the card.
fn allowance() -> Arc<Allowance> {
    Allowance::unpacking(MAX_BYTES, MAX_TIME, MAX_UNPACKED)
}

/// The files of the kit as it was listed lately, or else as far as the allowance goes, those of its documentation
/// first.
async fn documents_first(kit: &Kit) -> Result<Arc<FileList>, HubError> {
    let kept = files::kept(kit).await?;
    if let Some(known) = kept.known() {
        return Ok(known);
    }
    let mut layers: Vec<&Descriptor> = kit.manifest.layers().iter().collect();
    layers.sort_by_key(|layer| !is_docs(layer));
    let mut list = files::list_of(kit, &layers, &allowance()).await?;
    // As the manifest has them: of two entries with one path the later wins, as when the kit is unpacked.
    let layers = kit.manifest.layers().iter().enumerate();
    let order: HashMap<&Digest, usize> = layers.map(|(at, layer)| (&layer.digest, at)).collect();
    list.files.sort_by_key(|file| order.get(&file.layer).copied());
    // Layers that were left out are told in the order of the manifest too.
    list.unlisted.sort_by_key(|left| order.get(&left.layer).copied());
    let list = Arc::new(list);
    // One layer twice has one place here, and two in the list that others see.
    if order.len() == kit.manifest.layers().len() {
        kept.put(&list);
    }
    Ok(list)
}

fn is_docs(layer: &Descriptor) -> bool {
    layer.media_type.parse::<LayerType>().is_ok_and(|kind| kind.role == LayerRole::Docs)
}

/// The file that is most likely meant as the card: a README before other documents, near the root before
/// those deeper, then by path.
fn find_card<'a>(kit: &Kit, list: &'a FileList) -> Option<&'a FileEntry> {
    let docs: Vec<_> = kit.manifest.layers().iter().filter(|layer| is_docs(layer)).collect();
    let rank = |file: &FileEntry| {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_ascii_lowercase();
        let rank = match name.as_str() {
            "readme.md" => 0,
            "readme" | "readme.markdown" => 1,
            "model_card.md" | "model-card.md" | "modelcard.md" => 2,
            name if is_markdown(name) && docs.iter().any(|layer| layer.digest == file.layer) => 3,
            _ => return None,
        };
        Some((rank, file.path.matches('/').count()))
    };
    let ranked = list.files.iter().filter(|file| file.size > 0);
    let ranked = ranked.filter_map(|file| Some((rank(file)?, &file.path, file)));
    // The first of equals is taken: the later entry of a path.
    ranked.rev().min_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1))).map(|(_, _, file)| file)
}

fn is_markdown(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "md")
}

/// The content of a file; none where it can not be read by range.
async fn readable(
    kit: &Kit,
    file: &FileEntry,
    list: &FileList,
) -> Result<Option<Content>, HubError> {
    match Content::of(kit, file.clone(), list.source).await {
        Ok(content) => Ok(Some(content)),
        Err(HubError::NoRange { .. } | HubError::NotAKit { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tokens that fit into the context, as the first config or GGUF header near the root says.
async fn context_length(kit: &Kit, list: &FileList) -> Result<Option<u64>, HubError> {
    let allowance = allowance();
    let says = |file: &&FileEntry| {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        name == "config.json" || name.rsplit_once('.').is_some_and(|(_, ending)| ending == "gguf")
    };
    let mut chosen: Vec<&FileEntry> = list.files.iter().rev().filter(says).collect();
    chosen.sort_by_key(|file| (file.path.matches('/').count(), &file.path));
    for file in chosen.into_iter().take(MAX_CONFIGS) {
        let Some(content) = readable(kit, file, list).await? else { continue };
        let (bytes, path) = (content.bytes(&allowance), file.path.clone());
        let facts = blocking(move || inspect(&path, &bytes, &mut budget()).1).await?;
        if let Some(length) = facts.uint(property::CONTEXT_LENGTH) {
            return Ok(Some(length));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Target;
    use sealkit_store::{Memory, Repository};
    use sealkit_testkit::KitBuilder;

    use super::*;

    #[tokio::test]
    async fn an_overview_and_the_list_of_files_are_made_of_one_reading() {
        let repository: Arc<dyn Repository> = Arc::new(Memory::new().repository("k"));
        KitBuilder::small("k").store(repository.as_ref(), "v1").await;
        for overview_first in [true, false] {
            let target = Target::Tag("v1".to_owned());
            let kit = Kit::open(Arc::clone(&repository), "k", target).await.unwrap();
            let kit = Kit { lists: Some(Arc::default()), ..kit };
            let first = if overview_first {
                documents_first(&kit).await.unwrap()
            } else {
                files::list(&kit).await.unwrap()
            };
            assert!(Arc::ptr_eq(&first, &files::list(&kit).await.unwrap()));
            assert!(Arc::ptr_eq(&first, &documents_first(&kit).await.unwrap()));
        }
    }
}
