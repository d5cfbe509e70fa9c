//! Everything that is tested from outside, in one program: each more would be linked on its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

mod common;

mod access;
mod access_catalog;
mod access_flow;
mod access_lists;
mod access_matrix;
mod acting_pages;
mod aibom;
mod api;
mod badges;
mod browser;
mod catalog;
mod compare;
mod compare_text;
mod content;
mod deleting;
mod early_answers;
mod events;
mod exports;
mod gate;
mod home;
mod hostile_requests;
mod lineage;
mod log_full;
mod log_http;
mod log_outbox;
mod log_store;
mod looks;
mod no_kit;
mod oidc;
mod oidc_keys;
mod openapi;
mod overview;
mod owners;
mod partly_read;
mod peers;
mod preview;
mod provenance;
mod pulls;
mod quarantine;
mod quarantine_digests;
mod rules;
mod schemathesis;
mod security;
mod serve;
mod shown_pages;
mod tensor_impact;
mod tensors;
mod told_pages;
mod trial;
mod unpacked;
mod web;
mod words;
