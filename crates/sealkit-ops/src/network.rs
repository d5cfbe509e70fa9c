//! How registries are talked to: the client's own words, for whoever fills them in.

pub use sealkit_remote::options::{ClientIdentity, Pem, Proxy};
pub use sealkit_remote::{Client, ClientOptions, Secret};
