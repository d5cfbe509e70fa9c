//! How registries are talked to: the client's own words, for whoever fills them in.

pub use sealkit_remote::options::{ClientIdentity, Pem, Proxy};
pub use sealkit_remote::{Client, ClientOptions, Secret};

use sealkit_oci::Reference;

/// Whether the way to `next` would be unprotected although nobody asked for that. A Kitfile names any
/// registry it likes: whoever listens on the way would else be shown the credentials for it. `asked`
/// is what the person named, none where that is no registry.
pub(crate) fn is_exposed(
    options: &ClientOptions,
    asked: Option<&Reference>,
    next: &Reference,
) -> bool {
    let is_weak = options.plain_http || !options.tls_verify;
    is_weak && !asked.is_some_and(|asked| next.registry().eq_ignore_ascii_case(asked.registry()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_transport_is_for_the_registry_that_was_asked_for_alone() {
        let name = |text: &str| text.parse::<Reference>().unwrap();
        let asked = name("127.0.0.1:5000/org/kit:v1");
        let (same, other) = (name("127.0.0.1:5000/base:v1"), name("ghcr.io/org/base:v1"));
        let safe = ClientOptions::default();
        let plain = ClientOptions { plain_http: true, ..ClientOptions::default() };
        let unverified = ClientOptions { tls_verify: false, ..ClientOptions::default() };
        for weak in [&plain, &unverified] {
            assert!(is_exposed(weak, Some(&asked), &other));
            assert!(!is_exposed(weak, Some(&asked), &same));
        }
        assert!(!is_exposed(&safe, Some(&asked), &other));
    }
}
