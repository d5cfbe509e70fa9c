//! Everything that is tested from outside, in one program: each more would be linked on its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

mod common;

mod called;
mod catalog;
mod hosted;
mod impact;
mod lineage;
mod open;
mod packed;
mod paths;
mod questions;
mod ranked;
mod searched;
mod seen;
mod tensor_impact;
mod tensors;
mod typed;
mod weights;
