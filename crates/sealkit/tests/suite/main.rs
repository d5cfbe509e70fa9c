//! Everything that is tested from outside, in one program: each more would be linked on its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

mod common;
mod docker;
mod hf_hub;
#[cfg(feature = "hub")]
mod hub_common;
#[cfg(feature = "hub")]
mod hub_process;
mod keyless_common;
mod kit;
mod record_common;
mod seal_common;

mod archive;
mod attached_damage;
mod attacks;
mod attest;
mod bom;
mod by_digest;
mod check;
mod container;
mod diff;
mod diff_tensors;
mod errors;
mod files;
mod full_disk;
mod help;
mod hub;
mod hub_access;
mod hub_aibom;
mod hub_catalog;
mod hub_clients;
mod hub_commands;
mod hub_drain;
mod hub_faults;
mod hub_gate;
mod hub_health;
mod hub_killed;
mod hub_observe;
mod hub_quarantine;
mod hub_slow;
mod hub_storage;
mod hub_tls;
mod hub_webhook;
mod import;
mod import_git;
mod import_kill;
mod import_s3;
mod init;
mod init_container;
mod init_remote;
mod interop_kit;
mod interop_kitops;
mod interop_large;
mod interop_modctl;
mod interop_model_signing;
mod interop_registry;
mod keys;
mod killed;
mod lineage;
mod lineage_roles;
mod log;
mod login;
mod many_files;
mod marks;
mod other_user;
mod outputs;
mod pack;
mod packaging;
mod places;
mod record;
mod record_json;
mod record_process;
mod revoke;
mod seal;
mod seal_projects;
mod sign;
mod swapped;
mod tags;
mod together;
mod transfer;
mod transfer_faults;
mod trust;
mod unpack;
mod verify;
mod verify_keyless;
mod verify_travel;
