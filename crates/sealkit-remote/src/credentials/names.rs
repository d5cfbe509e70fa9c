//! Under which names files and helpers know a registry.

/// What Docker calls Docker Hub in its files.
const HUB_SERVER: &str = "https://index.docker.io/v1/";

/// The hosts that mean Docker Hub.
pub(super) fn is_hub(host: &str) -> bool {
    matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io")
}

/// The name under which a registry is stored and helpers are asked for it.
pub(super) fn server(registry: &str) -> &str {
    if is_hub(registry) { HUB_SERVER } else { registry }
}

/// Whether a key of a file means this registry. Old files have URLs for keys. A key with a
/// repository in it (Podman's) is narrower than the registry and does not count.
pub(super) fn is_key_of(key: &str, registry: &str) -> bool {
    let host = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let host = host.trim_end_matches('/');
    let host = host.strip_suffix("/v1").or_else(|| host.strip_suffix("/v2")).unwrap_or(host);
    host == registry || (is_hub(host) && is_hub(registry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_a_registry_by_its_whole_name() {
        for (key, registry, expected) in [
            ("r.example", "r.example", true),
            ("https://r.example/v2/", "r.example", true),
            ("http://r.example:5000", "r.example:5000", true),
            ("https://index.docker.io/v1/", "docker.io", true),
            ("docker.io", "registry-1.docker.io", true),
            ("r.example:5000", "r.example", false),
            ("r.example", "r.example:5000", false),
            ("r.example/org/repo", "r.example", false),
            ("evil-r.example", "r.example", false),
            ("r.example.evil", "r.example", false),
            ("", "r.example", false),
        ] {
            assert_eq!(is_key_of(key, registry), expected, "{key} {registry}");
        }
        assert_eq!(server("docker.io"), HUB_SERVER);
        assert_eq!(server("r.example"), "r.example");
    }
}
