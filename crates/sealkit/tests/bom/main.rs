//! `sealkit bom` from outside: of folders, kits, registries and hubs, and what is done with AIBOMs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/hub.rs"]
mod hub;
#[path = "../seal_common/mod.rs"]
mod seal_common;

mod attach;
mod documents;
mod folder;
mod helpers;
mod hostile;
mod hub_source;
mod kit;
mod remote;
