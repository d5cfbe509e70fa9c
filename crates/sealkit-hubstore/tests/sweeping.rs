//! An hour of sweeping while the same content is pushed and deleted, by a clock that goes faster.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Place, manifest, push, read, repository};
use sealkit_hubstore::{GcOptions, Limits, Storage};
use sealkit_oci::{Descriptor, Target, media_type};
use sealkit_store::StoreError;

/// Seconds of the hub that go by in one of the test.
const SPEED: f64 = 300.0;
/// So long by the hub's clock.
const WHOLE: Duration = Duration::from_hours(1);
/// What nobody asked for within this is swept: a fifth of a second of the test.
const GRACE: Duration = Duration::from_mins(1);
const PUSHERS: usize = 4;
/// All push the same few layers, so that what one gives up another is about to name.
const LAYERS: usize = 3;

static BEGUN: OnceLock<(Instant, i64)> = OnceLock::new();
static OVER: AtomicBool = AtomicBool::new(false);
static TAKEN: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);

fn clock() -> i64 {
    let (begun, first) = BEGUN.get_or_init(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        (Instant::now(), i64::try_from(since.as_secs()).unwrap())
    });
    first + (begun.elapsed().as_secs_f64() * SPEED) as i64
}

/// Pushes as clients do: what is there is not sent again.
async fn sent(storage: &Storage, name: &str, bytes: &[u8]) -> Descriptor {
    let blob = Descriptor::of("application/octet-stream", bytes);
    match repository(storage, name).stat(&blob.digest).await.unwrap() {
        Some(_) => blob,
        None => push(storage, name, bytes).await,
    }
}

async fn pause(most: u64, seed: u64) {
    tokio::time::sleep(Duration::from_millis(seed.wrapping_mul(0x9e37_79b9) % most)).await;
}

/// Pushes kits into a repository of its own and deletes them again; as long as one is there it is whole.
async fn pusher(storage: Storage, own: usize) {
    let name = format!("team/{own}");
    let repository = repository(&storage, &name);
    let mut round = own as u64;
    while !OVER.load(Ordering::Relaxed) {
        round += 1;
        let bytes = format!("layer {}", round as usize % LAYERS).repeat(2_000).into_bytes();
        sent(&storage, &name, media_type::EMPTY_JSON).await;
        let layer = sent(&storage, &name, &bytes).await;
        if round.is_multiple_of(7) {
            // Long enough that what was pushed is swept before it is named.
            pause(400, round).await;
        }
        let raw = manifest(&layer);
        let body = Bytes::copy_from_slice(raw.bytes());
        match repository.put_manifest(media_type::OCI_MANIFEST, body, Some("v1")).await {
            Ok(stored) => {
                TAKEN.fetch_add(1, Ordering::Relaxed);
                for _ in 0..3 {
                    assert_eq!(read(&storage, &name, &layer).await, bytes, "{round}");
                    pause(150, round).await;
                }
                if !round.is_multiple_of(3) {
                    repository.delete_manifest(&Target::Digest(stored.digest)).await.unwrap();
                }
            }
            Err(StoreError::Dangling { .. }) => {
                REFUSED.fetch_add(1, Ordering::Relaxed);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn for_an_hour_no_manifest_is_without_what_it_names() {
    let place = Place::new();
    let storage = place.with(Limits::default(), clock);
    let began = clock();
    let pushers: Vec<_> =
        (0..PUSHERS).map(|own| tokio::spawn(pusher(storage.clone(), own))).collect();
    let (mut swept, mut sweeps) = (0, 0);
    while clock() - began < WHOLE.as_secs() as i64 {
        let done = storage.gc(&GcOptions { grace: GRACE, dry_run: false }).await.unwrap();
        swept += done.blobs + done.orphans;
        sweeps += 1;
        // The rows are looked at in one moment; objects may go right behind.
        let found = storage.fsck().await.unwrap().problems;
        let wrong: Vec<_> = found.iter().filter(|one| one.kind == "content-missing").collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    OVER.store(true, Ordering::Relaxed);
    for pusher in pushers {
        pusher.await.unwrap();
    }
    let (taken, refused) = (TAKEN.load(Ordering::Relaxed), REFUSED.load(Ordering::Relaxed));
    // It shows something only where all of that happened.
    assert!(taken > 20 && swept > 3 && sweeps > 20, "{taken} {refused} {swept} {sweeps}");
    assert_eq!(storage.fsck().await.unwrap().problems, []);
}
