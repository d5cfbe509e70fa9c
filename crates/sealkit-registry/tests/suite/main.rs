//! Everything that is tested from outside, in one program: each more would be linked on its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

mod blobs;
mod caching;
mod full_disk;
mod gc;
mod guard;
mod listings;
mod manifests;
mod referrers;
mod repositories;
mod slow_bodies;
mod uploads;
