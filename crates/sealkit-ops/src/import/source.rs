//! What a person types for the source of an import.

use std::path::{Path, PathBuf};

use sealkit_oci::Reference;
use url::Url;

use super::hf::{HubRepository, RepositoryKind};
use crate::OpsError;

/// Which tool fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The Hugging Face HTTP API.
    Hub,
    /// The installed git.
    Git,
}

/// Where an import comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A repository with the Hugging Face API.
    Hub(HubRepository),
    /// A git URL: https, ssh or file.
    Git(String),
    /// A folder.
    Folder(PathBuf),
}

impl Source {
    /// What is imported where nobody says which revision: the branch that a git repository itself names, and the one
    /// that every repository of Hugging Face has.
    #[must_use]
    pub fn default_revision(&self) -> &'static str {
        match self {
            Self::Git(_) => "HEAD",
            Self::Hub(_) | Self::Folder(_) => "main",
        }
    }

    /// Owner and name of a repository; none for a folder.
    pub(super) fn owner_and_name(&self) -> Option<(Option<String>, String)> {
        match self {
            Self::Hub(repository) => owner_and_name(&repository.id),
            Self::Git(url) => {
                let is_file = url.starts_with("file:");
                let (owner, name) = owner_and_name(&git_path(url))?;
                Some((owner.filter(|_| !is_file), name))
            }
            Self::Folder(_) => None,
        }
    }
}

/// The last two parts of a path.
pub(crate) fn owner_and_name(path: &str) -> Option<(Option<String>, String)> {
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let name = parts.next()?.to_owned();
    Some((parts.next().map(str::to_owned), name))
}

/// Takes apart what the person typed. A folder is what starts with `.` or `/`, or what is one;
/// `org/name`, `datasets/org/name`, `hf://…` and URLs of the endpoint or of `huggingface.co` are
/// repositories there; any other URL is git's.
pub fn parse_source(text: &str, tool: Option<Tool>, endpoint: &str) -> Result<Source, OpsError> {
    let is_url = text.contains("://") || is_scp(text);
    let path = Path::new(text);
    if tool.is_none() && !is_url && (text.starts_with(['.', '/']) || path.is_dir()) {
        if !path.is_dir() {
            return Err(OpsError::usage("not-a-folder", format!("`{text}` is not a folder")));
        }
        return Ok(Source::Folder(path.to_owned()));
    }
    match tool {
        Some(Tool::Hub) => Ok(Source::Hub(hub(text, endpoint)?)),
        Some(Tool::Git) if !is_url => {
            let repository = hub(text, endpoint)?;
            Ok(Source::Git(repository.page(endpoint)))
        }
        Some(Tool::Git) => git(text),
        None if !is_url || is_hub_url(text, endpoint) => Ok(Source::Hub(hub(text, endpoint)?)),
        None => git(text),
    }
}

/// The name that a kit gets where the person gives none: that of the source, lower-case, `latest`.
pub fn default_name(source: &Source) -> Result<Reference, OpsError> {
    let name = match source {
        Source::Folder(dir) => {
            let real = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.clone());
            real.file_name().map(|name| name.to_string_lossy().into_owned())
        }
        _ => source.owner_and_name().map(|(owner, name)| match owner {
            Some(owner) => format!("{owner}/{name}"),
            None => name,
        }),
    };
    let text = format!("{}:latest", name.unwrap_or_default().to_lowercase());
    text.parse().map_err(|_| {
        OpsError::usage("no-name", format!("`{text}` can not be the name of a kit"))
            .with_hint("give one with `--tag NAME:TAG`")
    })
}

/// `user@host:path`, which git takes for ssh.
fn is_scp(text: &str) -> bool {
    let Some((host, path)) = text.split_once(':') else { return false };
    host.contains('@') && !host.contains('/') && !path.is_empty()
}

fn is_hub_url(text: &str, endpoint: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let Some(host) = url.host_str() else { return false };
    if url.scheme() == "hf" {
        return true;
    }
    let web = matches!(url.scheme(), "http" | "https");
    let is_endpoint =
        Url::parse(endpoint).is_ok_and(|own| sealkit_remote::web::same_origin(&own, &url));
    let is_public = host == "huggingface.co" || host.ends_with(".huggingface.co");
    web && (is_public || is_endpoint) && url.path().strip_suffix(".git").is_none()
}

/// Reads `[hf://|https://HOST/|huggingface.co/][datasets/|models/]ORG/NAME`.
fn hub(text: &str, endpoint: &str) -> Result<HubRepository, OpsError> {
    let endpoint = endpoint.trim_end_matches('/');
    let path = text.strip_prefix("hf://").unwrap_or(text);
    let path = path.strip_prefix(endpoint).unwrap_or(path);
    let path = ["https://", "http://"].iter().find_map(|s| path.strip_prefix(s)).unwrap_or(path);
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_host = |name: &str| name == "huggingface.co" || name.ends_with(".huggingface.co");
    if parts.first().is_some_and(|first| is_host(first)) {
        parts.remove(0);
    }
    let mut kind = RepositoryKind::Model;
    match parts.first() {
        Some(&"datasets") => {
            kind = RepositoryKind::Dataset;
            parts.remove(0);
        }
        Some(&"spaces") => {
            return Err(malformed(text, "spaces can not be imported"));
        }
        Some(&"models") if parts.len() > 2 => {
            parts.remove(0);
        }
        _ => {}
    }
    match parts.as_slice() {
        [] => Err(malformed(text, "it names no repository")),
        [_] | [_, _] if parts.iter().all(|part| is_name(part)) => {
            Ok(HubRepository { kind, id: parts.join("/") })
        }
        [_] | [_, _] => Err(malformed(text, "a name has letters, digits, `-`, `_` and `.` only")),
        _ => Err(malformed(text, "it has more than an owner and a name")),
    }
}

fn is_name(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    part.len() <= 200 && part.chars().all(allowed) && !part.starts_with(['.', '-'])
}

fn malformed(text: &str, why: &str) -> OpsError {
    let shown = sealkit_remote::web::shown_address(text);
    OpsError::usage("repository-malformed", format!("`{shown}` is not a repository: {why}"))
        .with_hint("write it as `org/name` or `datasets/org/name`, or give a git URL")
}

/// Lets only URLs through that git can take for nothing else than https, ssh or a file.
fn git(text: &str) -> Result<Source, OpsError> {
    let refuse = |why: &str| {
        // A URL may carry a password: it is not repeated.
        Err(OpsError::usage("git-url-refused", format!("this git URL is refused: {why}"))
            .with_hint("give a URL that starts with `https://`, `ssh://` or `file://`"))
    };
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("it has spaces or control characters");
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return match scheme {
            "https" | "ssh" if host(rest).is_empty() || host(rest).starts_with('-') => {
                refuse("it names no host")
            }
            "https" | "ssh" | "file" => Ok(Source::Git(text.to_owned())),
            _ => refuse("only https, ssh and file are spoken"),
        };
    }
    if text.starts_with('-') || text.contains("::") || host(text).starts_with('-') {
        return refuse("it could be taken for an option or a helper");
    }
    Ok(Source::Git(text.to_owned()))
}

/// The host of what stands behind `://`, or of `user@host:path`.
fn host(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// The path of a git URL without `.git`: it names the kit.
fn git_path(text: &str) -> String {
    let path = match (Url::parse(text), text.split_once(':')) {
        (Ok(url), _) if text.contains("://") => url.path().to_owned(),
        (_, Some((_, path))) => path.to_owned(),
        _ => text.to_owned(),
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let kept: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "https://huggingface.co";

    fn parse(text: &str) -> Result<Source, OpsError> {
        parse_source(text, None, ENDPOINT)
    }

    fn hub_of(kind: RepositoryKind, id: &str) -> Source {
        Source::Hub(HubRepository { kind, id: id.to_owned() })
    }

    #[test]
    fn repositories_are_read_in_every_spelling() {
        for text in [
            "org/name",
            "hf://org/name",
            "huggingface.co/org/name",
            "https://huggingface.co/org/name",
            "https://huggingface.co/org/name/",
            "https://huggingface.co/models/org/name",
        ] {
            assert_eq!(parse(text).unwrap(), hub_of(RepositoryKind::Model, "org/name"), "{text}");
        }
        for text in ["datasets/org/name", "https://huggingface.co/datasets/org/name"] {
            assert_eq!(parse(text).unwrap(), hub_of(RepositoryKind::Dataset, "org/name"), "{text}");
        }
        let mirror = parse_source("http://m.example:1/org/n", None, "http://m.example:1/").unwrap();
        assert_eq!(mirror, hub_of(RepositoryKind::Model, "org/n"));
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        for text in ["a/b/c/d", "org/na me", "-x/y", "org/..", "datasets", "spaces/a/b", "a?b/c"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn git_urls_are_https_ssh_or_file() {
        for text in [
            "https://git.example.com/org/name.git",
            "ssh://git@git.example.com/org/name",
            "git@git.example.com:org/name.git",
            "file:///srv/name",
        ] {
            assert_eq!(parse(text).unwrap(), Source::Git(text.to_owned()));
        }
        for text in [
            "ext::sh -c touch% /tmp/x",
            "ext::sh",
            "git://example.com/x",
            "http://example.com/x",
            "ftp://example.com/x",
            "ssh://-oProxyCommand=x/y",
            "ssh://git@-oProxyCommand=x/y",
            "-u@host:x",
            "https:///x",
        ] {
            assert!(
                parse(text).is_err() && parse_source(text, Some(Tool::Git), ENDPOINT).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn kits_are_named_after_their_source() {
        let name = |text: &str| default_name(&parse(text).unwrap()).unwrap().to_string();
        assert_eq!(name("Org/Name"), "org/name:latest");
        assert_eq!(name("https://git.example.com/Org/Name.git"), "org/name:latest");
        assert_eq!(name("git@git.example.com:org/name.git"), "org/name:latest");
        assert_eq!(name("file:///srv/some/Name/"), "name:latest");
    }
}
