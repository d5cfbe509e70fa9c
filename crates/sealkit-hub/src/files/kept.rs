//! Lists of files that were made lately: each page of a list, and each file that is looked at, needs all of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sealkit_api::FileList;
use sealkit_oci::Digest;

/// Most files of all lists together: some ten megabytes.
const MOST: usize = 30_000;
/// What a list counts for beside its files, so that there are some hundred at most.
const EACH: usize = 100;
/// How long a list is used. What it depends on is its key; but a file table that could not be read may come to be
/// readable.
const FRESH: Duration = Duration::from_mins(1);

/// Complete lists by everything that they are made of: the repository, the manifest, and the file tables that
/// are attached.
#[derive(Default)]
pub(crate) struct Lists(Mutex<HashMap<Digest, (Instant, Arc<FileList>)>>);

impl Lists {
    /// The list of this key, if it is still there.
    pub(super) fn get(&self, key: &Digest) -> Option<Arc<FileList>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, list)| Arc::clone(list))
    }

    /// Keeps a list, unless it is incomplete, which may pass, or so large that it would push out all others.
    pub(super) fn put(&self, key: Digest, list: &Arc<FileList>) {
        let size = |list: &FileList| list.files.len() + EACH;
        if !list.unlisted.is_empty() || size(list) > MOST / 2 {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total = |kept: &HashMap<Digest, (Instant, Arc<FileList>)>| {
            kept.values().map(|(_, list)| size(list)).sum::<usize>()
        };
        if total(&kept) + size(list) > MOST {
            kept.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        while total(&kept) + size(list) > MOST {
            let oldest = kept.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            kept.remove(&oldest);
        }
        kept.insert(key, (Instant::now(), Arc::clone(list)));
    }
}

#[cfg(test)]
mod tests {
    use sealkit_api::{FileEntry, FileSource, Unlisted};

    use super::*;

    fn list(name: &str, files: usize) -> Arc<FileList> {
        let layer = Digest::of(b"layer");
        let file = |at| FileEntry {
            path: format!("f{at}"),
            size: 1,
            mode: 0o644,
            digest: None,
            layer: layer.clone(),
            offset: 0,
        };
        let files = (0..files).map(file).collect();
        let source = FileSource::LayerHeaders;
        Arc::new(FileList::new(name.to_owned(), Digest::of(name.as_bytes()), source, files))
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_goes_first() {
        let (lists, key) = (Lists::default(), |at: usize| Digest::of(&at.to_le_bytes()));
        for at in 0..10 {
            lists.put(key(at), &list("a", MOST / 4));
        }
        let there: Vec<usize> = (0..10).filter(|at| lists.get(&key(*at)).is_some()).collect();
        assert_eq!(there, [7, 8, 9]);
        lists.put(key(10), &list("huge", MOST));
        assert!(lists.get(&key(10)).is_none() && lists.get(&key(9)).is_some());
        for at in 0..1_000 {
            lists.put(key(at), &list("empty", 0));
        }
        assert_eq!(lists.0.lock().unwrap().len(), MOST / EACH);
    }

    #[test]
    fn what_is_incomplete_is_made_again() {
        let (lists, key) = (Lists::default(), Digest::of(b"key"));
        let mut cut = FileList::clone(&list("a", 1));
        let (layer, reason) = (Digest::of(b"layer"), "it is not in this store".to_owned());
        cut.unlisted.push(Unlisted { layer, reason });
        lists.put(key.clone(), &Arc::new(cut));
        assert!(lists.get(&key).is_none());
    }
}
