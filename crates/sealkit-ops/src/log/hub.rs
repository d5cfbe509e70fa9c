//! The log of a hub over the network: C2SP `tlog-tiles`. Nothing that it gives is believed.

use std::collections::BTreeSet;

use sealkit_attest::log::{MAX_NOTE_BYTES, NoteKey, TILE_WIDTH, TileKind, TilePath, Tiles};
use serde::Deserialize;

use crate::{Context, OpsError};

/// Largest tile, in bytes.
const MAX_TILE: usize = 32 * TILE_WIDTH as usize;
/// Largest bundle of entries, in bytes.
const MAX_BUNDLE: usize = (2 + u16::MAX as usize) * TILE_WIDTH as usize;
/// Most tiles of one proof: two for each of eight levels, and one.
const MAX_TILES: usize = 17;

/// The log of one hub.
pub(super) struct HubLog<'a> {
    context: &'a Context,
    hub: &'a str,
}

/// What the API says of the log; other fields do not matter here.
#[derive(Deserialize)]
struct Info {
    key: NoteKey,
}

impl<'a> HubLog<'a> {
    pub(super) fn new(context: &'a Context, hub: &'a str) -> Self {
        Self { context, hub }
    }

    async fn fetch(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>, OpsError> {
        let bytes = self.context.client.document(self.hub, path, limit).await?;
        Ok(bytes.map(Vec::from))
    }

    /// The newest checkpoint; none where the hub has no log.
    pub(super) async fn checkpoint(&self) -> Result<Option<String>, OpsError> {
        let bytes = self.fetch("log/checkpoint", MAX_NOTE_BYTES).await?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The key that the hub says is its log's.
    pub(super) async fn said_key(&self) -> Result<Option<NoteKey>, OpsError> {
        let bytes = self.fetch("api/v1/log", 2 * MAX_NOTE_BYTES).await?;
        let info = bytes.and_then(|bytes| serde_json::from_slice::<Info>(&bytes).ok());
        Ok(info.map(|info| info.key))
    }

    /// The tiles with these paths.
    pub(super) async fn tiles(&self, paths: &BTreeSet<TilePath>) -> Result<Tiles, OpsError> {
        let mut tiles = Tiles::default();
        for path in paths.iter().take(MAX_TILES) {
            tiles.add(path, &self.tile(path, MAX_TILE).await?)?;
        }
        Ok(tiles)
    }

    /// The bytes of the bundle with the number `index` in a log of `size` entries, and its path.
    pub(super) async fn bundle(
        &self,
        index: u64,
        size: u64,
    ) -> Result<Option<(TilePath, Vec<u8>)>, OpsError> {
        let Some(path) = TilePath::of(TileKind::Entries, index, size) else { return Ok(None) };
        let bytes = self.tile(&path, MAX_BUNDLE).await?;
        Ok(Some((path, bytes)))
    }

    /// A partial tile may be gone once there is a whole one, which begins in the same way.
    async fn tile(&self, path: &TilePath, limit: usize) -> Result<Vec<u8>, OpsError> {
        if let Some(bytes) = self.fetch(&format!("log/{path}"), limit).await? {
            return Ok(bytes);
        }
        let whole = TilePath::of(path.kind(), path.index(), u64::MAX);
        let whole = whole.filter(|_| !path.is_whole());
        let bytes = match whole {
            Some(whole) => self.fetch(&format!("log/{whole}"), limit).await?,
            None => None,
        };
        bytes.ok_or_else(|| {
            OpsError::usage("log-incomplete", format!("`{}` does not give `{path}`", self.hub))
                .with_hint("try again later; a log that keeps parts of itself back proves nothing")
        })
    }
}
