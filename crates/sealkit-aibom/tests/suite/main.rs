//! Everything that is tested from outside, in one program: each more would be linked on its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

mod assembling;
mod cdx;
mod judging;
mod vulnerable;

mod any;
mod assemble;
mod check;
mod convert;
mod cyclonedx;
mod cyclonedx_hostile;
mod cyclonedx_places;
mod cyclonedx_read;
mod data;
mod diff;
mod diff_any;
mod diff_rows;
mod judge;
mod judge_any;
mod judge_attacks;
mod judge_claims;
mod judge_foreign;
mod judge_hidden;
mod judge_ties;
mod lineage;
mod making;
mod models;
mod monorepo;
mod needs;
mod overlay;
mod purl;
mod removing;
mod render;
mod schema;
mod score;
mod score_pages;
mod shards;
mod shorten;
mod sources;
mod spdx3;
mod tampering;
mod unread;
mod vulns;
mod vulns_edges;
