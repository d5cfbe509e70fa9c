//! `init` of a repository that is not here: its listing, its small files, and the heads of its
//! models.

use std::collections::HashMap;
use std::sync::Arc;

use sealkit_inspect::{ReadAt, ReadError};
use sealkit_kitfile::{Class, Listed, class_by_name};
use sealkit_remote::Secret;

use super::content::{Content, read_content};
use super::{InitOptions, InitOutcome, card, from_listing, levels};
use crate::import::blocking;
use crate::import::hf::{Hub, RemoteFile};
use crate::import::{HubRepository, owner_and_name};
use crate::{Context, OpsError};

/// Largest file that is read whole, in bytes.
const SMALL: u64 = 256 << 10;
/// Bytes that are read of the start of a model.
const HEAD: u64 = 1 << 20;
/// Bytes that are read of its end.
const TAIL: u64 = 4 << 10;
/// Most files that are read whole, and most models whose heads are.
const MOST: usize = 8;

/// Makes a Kitfile for one commit of a repository with the Hugging Face API. Nothing is kept.
pub async fn init_remote(
    context: &Context,
    repository: &HubRepository,
    (endpoint, token): (&str, Option<Secret>),
    revision: &str,
    options: &InitOptions,
) -> Result<InitOutcome, OpsError> {
    let hub = Hub::new(Arc::clone(&context.client), endpoint, token, repository.clone())?;
    let commit = hub.commit(revision).await?;
    let mut files = hub.files(&commit).await?;
    files.retain(|file| {
        !file.path.ends_with(".gitattributes") && !file.path.ends_with(".gitignore")
    });
    let mut contents = HashMap::new();
    for file in telling(&files, levels(options)) {
        let source = sparse(&hub, &commit, file).await?;
        let path = file.path.clone();
        let content = blocking(move || Ok(read_content(&path, &source))).await?;
        contents.insert(file.path.clone(), content);
    }
    let entries: Vec<Listed> = files.iter().map(|file| listed(file, &contents)).collect();
    let mut options = options.clone();
    if let Some((owner, name)) = owner_and_name(&repository.id) {
        let package = &mut options.package;
        if package.name.is_empty() {
            package.name = name;
        }
        if package.authors.is_empty() {
            package.authors.extend(owner);
        }
    }
    Ok(from_listing(&entries, card::of(&contents), &options))
}

/// The files that say most: cards, configurations and licences at the top, and the first models.
fn telling(files: &[RemoteFile], levels: usize) -> Vec<&RemoteFile> {
    let speaks = |file: &&RemoteFile| {
        let lower = file.path.to_lowercase();
        let is_top = !file.path.contains('/');
        let is_speaker = card::SPEAKERS.contains(&file.path.as_str());
        let is_text = is_speaker || lower == "skill.md" || lower.starts_with("license");
        is_top && is_text && file.size <= SMALL && file.sha256.is_none()
    };
    let is_model = |file: &&RemoteFile| {
        let is_bin = file.path.rsplit_once('.').is_some_and(|(_, end)| end == "bin");
        let by_name = is_bin || class_by_name(&file.path) == Some(Class::Model);
        by_name && file.path.matches('/').count() < levels && file.size > 0
    };
    let small = files.iter().filter(speaks).take(MOST);
    small.chain(files.iter().filter(is_model).take(MOST)).collect()
}

fn listed(file: &RemoteFile, contents: &HashMap<String, Content>) -> Listed {
    let content = contents.get(&file.path);
    Listed {
        path: file.path.clone(),
        size: file.size,
        is_dir: false,
        class: content.and_then(|content| content.class(&file.path)),
        facts: content.map(|content| content.facts(&file.path)).unwrap_or_default(),
    }
}

/// Start and end of a file that is elsewhere.
struct Sparse {
    len: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

async fn sparse(hub: &Hub, commit: &str, file: &RemoteFile) -> Result<Sparse, OpsError> {
    let len = file.size;
    let head = hub.read(commit, &file.path, 0..len.min(HEAD)).await?;
    let tail = if len > HEAD {
        hub.read(commit, &file.path, len.saturating_sub(TAIL)..len).await?
    } else {
        Vec::new()
    };
    Ok(Sparse { len, head, tail })
}

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let end = self.len - self.tail.len() as u64;
        match offset.checked_sub(end).filter(|_| !self.tail.is_empty()) {
            Some(inside) => self.tail.read_at(inside, buf),
            None => self.head.read_at(offset, buf),
        }
    }
}
