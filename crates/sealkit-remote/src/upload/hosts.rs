//! Registries that are known to take no chunks (`kit` 1.15.0 keeps the same list).

use url::Url;

/// Whether the host of an upload location is one of those.
pub(super) fn takes_no_chunks(location: &Url) -> bool {
    let host = location.host_str().unwrap_or_default();
    host == "ghcr.io"
        || host == "gcr.io"
        || [".pkg.dev", ".gcr.io", ".amazonaws.com", ".amazonaws.com.cn"]
            .iter()
            .any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_themselves_count() {
        for (url, expected) in [
            ("https://ghcr.io/v2/x", true),
            ("https://europe-docker.pkg.dev/v2/x", true),
            ("https://eu.gcr.io/v2/x", true),
            ("https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/x", true),
            ("https://1.dkr.ecr.cn-north-1.amazonaws.com.cn/v2/x", true),
            ("https://notghcr.io/v2/x", false),
            ("https://ghcr.io.example.com/v2/x", false),
            ("https://pkg.dev.example.com/v2/ghcr.io", false),
        ] {
            assert_eq!(takes_no_chunks(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
