//! Registry, API and catalogue in one server.
//!
//! [`Hub`] serves any namespace: the distribution protocol below `/v2/`, a read-only JSON API
//! below `/api/v1/`, web pages over that API below `/`, and `/healthz`. Kits are read in place, by
//! ranges; nothing is pulled or unpacked. With [`Access`] every request needs a token; without,
//! whoever reaches the hub may do everything. It listens on loopback unless told otherwise.
//!
//! In paths of the API a kit's name is one segment: its slashes are written `%2F`, as in
//! `/api/v1/kits/org%2Fmodel/versions`. Without that, a kit named `a/versions` could not be told
//! from a version of `a`.

mod access;
mod admin;
mod advisories;
mod again;
mod aibom;
mod answers;
mod api;
mod aside;
mod atom;
mod badges;
mod catalog;
mod clock;
mod compare;
mod content;
mod door;
mod error;
mod events;
mod files;
mod front;
mod gate;
mod guard;
mod guards;
mod history;
mod hub;
mod lineage;
mod linger;
pub mod log;
mod names;
mod observe;
mod owners;
mod policies;
mod provenance;
mod quarantine;
mod ranges;
mod reader;
mod references;
mod rules;
mod security;
mod serve;
mod socket;
mod tables;
mod threads;
mod tls;
mod trial;
mod unpacked;
mod view;
mod web;
mod webhooks;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(not(target_os = "linux"))]
#[path = "wire/elsewhere.rs"]
mod wire;

pub use access::{
    Access, AccessError, Caller, Claim, IssuerError, Issuers, KeySource, KeysError, Level, MAX_TTL,
    NewIssuer, NewToken, RateLimits, Scope, ScopeError, Token, TokenKeys, Tokens, TrustedIssuer,
};
pub use advisories::Advisories;
pub use aibom::{Aiboms, HubKey, HubKeyError};
pub use catalog::{CatalogIndex, Running, Version, Versions, tagged_versions};
pub use error::HubError;
pub use events::{EventFilter, Events, HUB, NewEvent, OPERATOR};
pub use gate::{Gate, GateOptions, PolicyFile};
pub use guards::Guards;
pub use hub::{Hub, HubOptions};
pub use names::StoreNames;
pub use observe::{Data, Observed};
pub use quarantine::{Quarantine, QuarantineError, Quarantined};
pub use rules::{ImmutableTags, NoSuchTags, Rule, RuleChange, RuleError, Rules};
pub use sealkit_hubstore::{GcOptions, Storage};
pub use sealkit_registry::{SpoolLimits, SpoolSessions};
pub use sealkit_remote::{Fetcher, Poster};
pub use sealkit_store::{Namespace, Page, UploadSessions};
pub use tls::{Tls, TlsError};
pub use webhooks::{Webhook, WebhookError, Webhooks};
