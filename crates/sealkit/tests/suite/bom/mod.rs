//! `sealkit bom` from outside: of folders, kits, registries and hubs, and what is done with AIBOMs.

mod attach;
mod documents;
mod folder;
mod helpers;
mod hostile;
mod hub_source;
mod kit;
mod remote;
