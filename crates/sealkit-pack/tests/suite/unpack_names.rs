//! Names that no kit may bring.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::cloned_ref_to_slice_refs, reason = "helpers of tests")]

use crate::common::unpacking::{all, entry, layer_of};
use sealkit_pack::{Limits, UnpackOptions, index_layer};
use sealkit_report::Hint;
use tempfile::tempdir;

#[test]
fn names_of_staging_folders_and_endless_names_are_refused() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let endless = format!("{}x", "a/".repeat(300_000));
    for name in [".sealkit-unpack/journal", "src/.model.sealkit-unpack/tree/x", &endless] {
        let (store, layer) = layer_of(&[entry(name, b"x")]);
        let error = all(&[layer.clone()], &store, &target, &UnpackOptions::default()).unwrap_err();
        assert_eq!(error.code(), "unsafe-path");
        let error = index_layer(&layer, &store, &Limits::default(), &|_| {}).unwrap_err();
        assert_eq!(error.code(), "unsafe-path");
        assert!(!target.exists());
    }
}

#[test]
fn long_names_are_limited_all_together() {
    let names = (0..2000).map(|i| entry(&format!("{i}/{}", "long/".repeat(500)), b""));
    let (store, layer) = layer_of(&names.collect::<Vec<_>>());
    let limits = Limits { entries: 3000, ..Limits::default() };
    let error = index_layer(&layer, &store, &limits, &|_| {}).unwrap_err();
    assert_eq!(error.code(), "limit-exceeded");
}
