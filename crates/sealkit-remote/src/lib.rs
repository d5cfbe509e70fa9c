//! Distribution client: transfer, authentication, credentials (OCI distribution-spec 1.1, Docker's
//! token and credential-helper protocols).
//!
//! [`Remote`] is one repository of one registry as a store: all that works on stores works on it.
//! [`Client`] holds what repositories share: connections, tokens, retries, limits.
//!
//! What holds, whatever a registry answers: credentials go to the registry they were stored for and
//! to the encrypted token service it names, never along a redirect to another host; a way that
//! began encrypted stays encrypted; no secret is in an error, a log or a debug form; manifests are
//! checked against their digests; listings end. Ranges of blobs are not checked here, as the store
//! traits say.

mod auth;
mod blobs;
mod catalog;
mod client;
pub mod credentials;
mod document;
mod download;
mod error;
mod fetch;
mod files;
mod listing;
mod manifests;
pub mod options;
mod post;
mod public;
mod redact;
mod referrers;
mod remote;
mod secret;
mod upload;
pub mod web;

pub use client::Client;
pub use error::{Broken, RemoteError};
pub use fetch::Fetcher;
pub use options::ClientOptions;
pub use post::Poster;
pub use remote::Remote;
pub use secret::Secret;
