//! Kit builders, hostile files and an in-process registry for tests.
//!
//! Nothing ships this crate: it is a dev-dependency only. Its functions panic where a test could
//! only unwrap.
#![expect(
    clippy::expect_used,
    reason = "a test tool that can not set up its stage must fail the test at once"
)]

mod auth;
mod client;
mod faults;
mod kit;
mod misbehave;
mod proxy;
mod record;
mod registry;
mod safetensors;
mod shape;
mod sigstore;
mod tar;
mod tls;

pub use client::{Client, Reply};
pub use faults::{Auth, FaultSet, Faults, Instead};
pub use kit::{Kit, KitBuilder};
pub use proxy::{ProxySeen, TestProxy};
pub use record::{RequestLog, Seen};
pub use registry::TestRegistry;
pub use safetensors::{safetensors, safetensors_of};
pub use sigstore::{FakeSigner, FakeSigstore, Flaw};
pub use tar::{TarBuilder, TarHeader};
pub use tls::{ClientCerts, Identity, TestCa};
