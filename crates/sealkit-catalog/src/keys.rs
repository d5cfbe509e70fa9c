//! The keys under which a thing is found: digest, name, package URL. Two things with a key in common are
//! held to be the same, by their bytes or by what files call them.

use sealkit_aibom::purl::Purl;
use sealkit_aibom::{Hash, HashAlgorithm, Kind, package_name};
use sealkit_oci::Digest;

use crate::Thing;
use crate::hub_address::hub_address;
use crate::weights::is_weights;

/// What stands before the digest of weights, and of what may be some.
pub(crate) const WEIGHTS: &str = "weights:";
pub(crate) const MAYBE_WEIGHTS: &str = "maybe-weights:";
/// Longest name that is a key, in bytes: a hostile kit names things at length.
const MAX_KEY: usize = 512;

/// Whether it is a model or dataset that a kit names and does not hold.
pub(crate) fn is_outside(kind: Kind) -> bool {
    matches!(kind, Kind::BaseModel | Kind::ExternalModel | Kind::ExternalDataset)
}

/// A name as it is compared: without the address of a model hub and what it says of the revision, lower-case.
pub(crate) fn name_key(name: &str) -> Option<String> {
    let address = hub_address(name);
    let name = address.as_ref().map_or(name.trim(), |address| address.name.as_str());
    let name = name.strip_prefix("oci://").unwrap_or(name);
    let name = name.strip_prefix("datasets/").unwrap_or(name).trim_matches('/');
    // As addresses of the hub begin; a name of two parts that begins so is one.
    let name = name.strip_prefix("models/").filter(|rest| rest.contains('/')).unwrap_or(name);
    let name = name.strip_suffix(".git").unwrap_or(name);
    if name.is_empty() || name.len() > MAX_KEY {
        return None;
    }
    Some(format!("name:{}", name.to_lowercase()))
}

/// The key of a model or dataset that a repository of a registry holds, whatever its tag or digest.
pub(crate) fn model_key(reference: &str) -> Option<String> {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    let end = name.rfind('/').map_or(0, |slash| slash + 1);
    let name = name[end..].rfind(':').map_or(name, |colon| &name[..end + colon]);
    name_key(name.strip_prefix("oci://").unwrap_or(name))
}

/// The tag that a reference to a registry names.
pub(crate) fn tag_of(reference: &str) -> Option<&str> {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    let end = name.rfind('/').map_or(0, |slash| slash + 1);
    name.get(end..)?.split_once(':').map(|(_, tag)| tag).filter(|tag| !tag.is_empty())
}

/// The key of a digest, `sha256:HEX`.
pub(crate) fn digest_key(digest: &str) -> String {
    format!("digest:{}", digest.to_ascii_lowercase())
}

/// The key of a version that is a digest by which somebody tracks data; of a folder DVC says so behind it. What is
/// measured here is SHA-256, and a version that is one is concluded from it.
fn tracked_key(version: &str) -> Option<String> {
    let digest = version.strip_suffix(".dir").unwrap_or(version);
    let hash = Hash::parse(digest, None).filter(|hash| hash.algorithm() != HashAlgorithm::Sha256);
    hash.map(|hash| digest_key(&hash.to_string()))
}

/// The key of a package URL, its version and qualifiers left out; none where it is not one.
pub(crate) fn purl_key(purl: &str) -> Option<String> {
    let purl = Purl::parse(purl).ok()?;
    let namespace = purl.namespace().map(|space| format!("{space}/")).unwrap_or_default();
    purl_name_key(purl.kind(), &format!("{namespace}{}", purl.name()))
}

/// The key of package URLs of this type and name; a name space stands before either with a `/`.
pub(crate) fn purl_name_key(kind: &str, name: &str) -> Option<String> {
    let name = hub_address(name).map_or_else(|| name.trim().to_owned(), |address| address.name);
    let name = name.strip_prefix("datasets/").filter(|_| kind.contains('/')).unwrap_or(&name);
    let name = package_name(kind, name);
    // The registry of Cargo holds `a-b` and `a_b` to be one.
    let name = if kind == "cargo" { name.replace('_', "-") } else { name };
    let key = format!("purl:pkg:{kind}/{name}");
    (!name.is_empty() && key.len() <= MAX_KEY).then(|| key.to_lowercase())
}

/// The key of a library of which nothing says the ecosystem, in any spelling that one of them has for its name.
pub(crate) fn package_key(name: &str) -> Option<String> {
    let name = package_name("pypi", name.trim());
    (!name.is_empty() && name.len() <= MAX_KEY).then(|| format!("package:{name}"))
}

/// The key of a licence in one spelling.
pub(crate) fn licence_key(id: &str) -> Option<String> {
    (!id.is_empty() && id.len() <= MAX_KEY).then(|| format!("licence:{id}"))
}

/// Everything that a thing is found by, on a hub that is reached as `hosts`. `holder` is what contains it.
pub(crate) fn keys_of(thing: &Thing, holder: Option<Kind>, hosts: &[String]) -> Vec<String> {
    let mut keys: Vec<String> = thing.digests.iter().map(|digest| digest_key(digest)).collect();
    if is_weights(thing) {
        // What lies among data or texts has its name for other reasons mostly.
        let is_beside = matches!(holder, Some(Kind::Dataset | Kind::Docs));
        let key = if is_beside && thing.kind == Kind::File { MAYBE_WEIGHTS } else { WEIGHTS };
        keys.extend(thing.digests.iter().map(|digest| format!("{key}{}", digest.to_lowercase())));
    }
    keys.extend(thing.purl.as_deref().and_then(purl_key));
    if thing.kind == Kind::Library && thing.purl.is_none() {
        keys.extend(package_key(&thing.name));
    }
    // Files are asked for by what is in them: their paths are the same everywhere.
    if thing.kind != Kind::File {
        keys.extend(name_key(&thing.name));
        keys.extend(model_key(&thing.name));
        // A kit of this hub is named with its address elsewhere, and without it here.
        keys.extend(without_own_host(&thing.name, hosts).and_then(model_key));
        keys.extend(
            thing.names.iter().flat_map(|name| [name_key(name), model_key(name)]).flatten(),
        );
    }
    if thing.kind == Kind::Dataset {
        let versions = thing.version.iter().chain(&thing.versions);
        keys.extend(versions.filter_map(|version| tracked_key(version)));
    }
    if is_outside(thing.kind) {
        // What a dataset is called says less than where it is to be had, and which bytes are expected there.
        if let Some(address) = &thing.path {
            keys.extend(name_key(address));
            keys.extend(model_key(address));
            keys.extend(without_own_host(address, hosts).and_then(model_key));
        }
        let digest = thing.version.as_deref().and_then(|version| version.parse::<Digest>().ok());
        keys.extend(digest.map(|digest| digest_key(&digest.to_string())));
    }
    keys.sort();
    keys.dedup();
    keys
}

/// `HOST/NAME` without its host, where that is this hub: a repository of the same name at another registry is
/// something else. Loopback is this machine.
pub(crate) fn without_own_host<'a>(name: &'a str, hosts: &[String]) -> Option<&'a str> {
    let (host, rest) = name.strip_prefix("oci://").unwrap_or(name).split_once('/')?;
    let is_own = hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
    (is_own || is_loopback(host)).then_some(rest)
}

/// The path of a repository that is named with the address of its registry; none where it has none.
pub(crate) fn without_host(repository: &str) -> Option<&str> {
    let (host, path) = repository.split_once('/')?;
    let is_host = host.contains(['.', ':']) || host.eq_ignore_ascii_case("localhost");
    (is_host && !path.is_empty()).then_some(path)
}

/// Whether `HOST` or `HOST:PORT` is this machine.
fn is_loopback(host: &str) -> bool {
    let number = |text: &str| text.parse::<std::net::IpAddr>().is_ok_and(|at| at.is_loopback());
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, _)| number(address));
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost") || number(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_meet_however_they_are_written() {
        let bert = name_key("google/BERT-base");
        for other in [
            "hf://google/bert-base",
            "https://huggingface.co/google/bert-base/",
            "https://hf.co/google/bert-base/tree/main?x=1#y",
            "hf://google/bert-base@v1/config.json",
            " Google/bert-base ",
        ] {
            assert_eq!(name_key(other), bert, "{other}");
        }
        assert_eq!(name_key("datasets/squad"), name_key("squad"));
        assert_eq!(name_key(" / "), None);
        assert_eq!(name_key(&"x".repeat(MAX_KEY + 1)), None);
    }

    #[test]
    fn references_lose_tag_and_digest_and_keep_their_port() {
        let key = Some("name:hub:5000/team/model".to_owned());
        assert_eq!(model_key("hub:5000/team/model:v1"), key);
        assert_eq!(model_key("hub:5000/team/model"), key);
        assert_eq!(model_key("oci://hub:5000/team/model:v1@sha256:00"), key);
    }

    #[test]
    fn a_port_is_no_tag() {
        for (name, tag) in [
            ("hub:5000/team/model:v1", Some("v1")),
            ("oci://hub:5000/team/model:v1@sha256:00", Some("v1")),
            ("hub:5000/team/model", None),
            ("model:", None),
            ("team/model", None),
            ("", None),
        ] {
            assert_eq!(tag_of(name), tag, "{name}");
        }
    }

    #[test]
    fn only_the_hub_itself_is_named_without_its_address() {
        let hosts = ["Hub.example.com:5000".to_owned()];
        for own in [
            "hub.example.com:5000/team/base",
            "oci://HUB.example.com:5000/team/base",
            "localhost/team/base",
            "127.0.0.1:5000/team/base",
            "[::1]:5000/team/base",
        ] {
            assert_eq!(without_own_host(own, &hosts), Some("team/base"), "{own}");
        }
        for other in [
            "hub.example.com/team/base",
            "other.example/team/base",
            "registry:5000/team/base",
            "10.0.0.1/team/base",
            "[::2]/team/base",
            "team/base",
            "base",
        ] {
            assert_eq!(without_own_host(other, &hosts), None, "{other}");
        }
    }

    #[test]
    fn only_an_address_is_taken_from_a_repository() {
        for (repository, path) in [
            ("reg.example.com/org/base", Some("org/base")),
            ("reg:5000/base", Some("base")),
            ("localhost/base", Some("base")),
            ("[::1]:5000/base", Some("base")),
            ("org/base", None),
            ("base", None),
            ("reg.example.com/", None),
        ] {
            assert_eq!(without_host(repository), path, "{repository}");
        }
    }

    #[test]
    fn package_urls_lose_their_version() {
        assert_eq!(purl_key("pkg:pypi/Torch@2.1.0"), purl_key("pkg:pypi/torch"));
        assert_ne!(purl_key("pkg:pypi/torch"), purl_key("pkg:npm/torch"));
        assert_eq!(purl_key("torch"), None);
    }

    #[test]
    fn packages_have_one_key_in_each_spelling_that_their_ecosystem_knows() {
        let key = purl_key("pkg:pypi/typing-extensions");
        for other in [
            "pkg:pypi/Typing_Extensions@4",
            "pkg:pypi/typing.extensions",
            "PKG:pypi/typing--extensions",
        ] {
            assert_eq!(purl_key(other), key, "{other}");
        }
        assert_eq!(purl_name_key("pypi", "Typing_Extensions"), key);
        assert_eq!(purl_key("pkg:cargo/serde_json"), purl_key("pkg:cargo/serde-json"));
        assert_ne!(purl_key("pkg:npm/a_b"), purl_key("pkg:npm/a-b"));
        assert_eq!(package_key("Typing_Extensions"), package_key("typing-extensions"));
        let model =
            purl_key("pkg:huggingface/Google/bert@0123456789abcdef0123456789abcdef01234567");
        assert_eq!(purl_name_key("huggingface", "hf://google/bert"), model);
        let data = purl_key("pkg:huggingface/datasets/squad");
        for name in ["squad", "datasets/squad", "https://huggingface.co/datasets/squad"] {
            assert_eq!(purl_name_key("huggingface/datasets", name), data, "{name}");
        }
        assert_eq!(purl_name_key("pypi", " "), None);
        assert_eq!(licence_key(&"x".repeat(MAX_KEY + 1)), None);
    }
}
