//! Git repositories through the installed git, which is given no configuration of the user or the
//! system, runs no hook and speaks only https, ssh and file.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use sealkit_remote::options::Proxy;
use sealkit_remote::web::{same_origin, shown, shown_address};
use sealkit_remote::{ClientOptions, Secret};
use url::Url;

use super::fetched::{Fetched, GIT_FILES};
use super::{ImportRequest, lfs};
use crate::scratch::Scratch;
use crate::{Context, OpsError};

/// What of the environment git may see: where programs, keys and proxies are.
const ENVIRONMENT: [&str; 14] = [
    "PATH",
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// Settings that no repository can override.
const SETTINGS: [&str; 14] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.symlinks=true",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
    "submodule.recurse=false",
    "http.followRedirects=initial",
];

/// Git in one folder.
pub(super) struct Git<'a> {
    dir: &'a Path,
    url: &'a str,
    token: Option<(String, Secret)>,
    network: &'a ClientOptions,
}

/// Fetches one revision.
pub(super) fn fetch(
    context: &Context,
    url: &str,
    request: &ImportRequest,
) -> Result<Fetched, OpsError> {
    if context.client.options().offline && !url.starts_with("file:") {
        return Err(OpsError::usage(
            "offline",
            format!("offline: would have to fetch `{}`", clean_url(url)),
        )
        .with_hint("run the command again without `--offline`"));
    }
    check_revision(&request.revision)?;
    let temporary = Scratch::new(&context.home)?;
    let dir = temporary.path().join("files");
    fs::create_dir(&dir).map_err(|error| OpsError::io("create", &dir, error))?;
    let git = Git { dir: &dir, url, token: token(url, request), network: context.client.options() };
    git.run("prepare", &["init", "--quiet", "--template="])?;
    context.progress.start("fetching", None);
    let fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--"];
    let fetched = git.run("fetch", &[&fetch[..], &[url, &request.revision]].concat());
    context.progress.finish();
    fetched?;
    git.run("check out", &["checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
    let commit = git.run("read the commit", &["rev-parse", "--verify", "HEAD"])?.trim().to_owned();
    let warnings = submodules(&git)?;
    let expected = lfs::pull(&git)?;
    remove_git_files(&dir)?;
    Ok(Fetched {
        dir,
        uri: Some(format!("git+{}", clean_url(url))),
        commit: Some(commit),
        expected,
        staging: None,
        lock: None,
        temporary: Some(temporary),
        warnings,
    })
}

impl Git<'_> {
    /// The folder in which git works.
    pub(super) fn dir(&self) -> &Path {
        self.dir
    }

    /// The URL of the repository.
    pub(super) fn url(&self) -> &str {
        self.url
    }

    /// Runs git and gives its standard output.
    pub(super) fn run(&self, what: &str, args: &[&str]) -> Result<String, OpsError> {
        let output = self.output(args)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).replace(self.url, &clean_url(self.url));
        let message = format!("git could not {what} `{}`: {}", clean_url(self.url), shown(&said));
        Err(OpsError::usage("git-failed", message)
            .with_hint("check the URL and `--ref`, and that git can reach it without a password"))
    }

    /// Runs git to its end.
    pub(super) fn output(&self, args: &[&str]) -> Result<Output, OpsError> {
        let mut command = Command::new("git");
        command.env_clear().current_dir(self.dir).stdin(Stdio::null());
        let kept = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.envs(kept);
        command
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1000")
            .env("GIT_HTTP_LOW_SPEED_TIME", "60");
        self.reach(&mut command);
        if let Some((origin, token)) = &self.token {
            let user = base64::engine::general_purpose::STANDARD
                .encode(format!("token:{}", token.expose()));
            command
                .env("GIT_CONFIG_COUNT", "2")
                .env("GIT_CONFIG_KEY_0", format!("http.{origin}.extraHeader"))
                .env("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {user}"))
                // A redirect would carry the header to another host.
                .env("GIT_CONFIG_KEY_1", "http.followRedirects")
                .env("GIT_CONFIG_VALUE_1", "false");
        }
        for setting in SETTINGS {
            // The environment comes before `-c`: what it says of redirects must stay.
            if self.token.is_none() || !setting.starts_with("http.") {
                command.args(["-c", setting]);
            }
        }
        command.args(args).output().map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                OpsError::usage("git-missing", "the program `git` is not installed")
                    .with_hint("install git, or import a Hugging Face repository with `--tool hf`")
            }
            _ => OpsError::io("run", "git", error),
        })
    }
}

impl Git<'_> {
    /// Gives git the proxy and the trust that the options of this run name.
    fn reach(&self, command: &mut Command) {
        let proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        match &self.network.proxy {
            Proxy::System => {}
            Proxy::Direct => proxies.iter().for_each(|name| {
                command.env_remove(name);
            }),
            Proxy::Url(url) => {
                command.envs(proxies.iter().map(|name| (name, url)));
            }
        }
        if !self.network.tls_verify {
            command.env("GIT_SSL_NO_VERIFY", "1");
        }
    }
}

/// The token for this URL, with the origin that it may be shown to. That of the endpoint goes
/// nowhere else.
fn token(url: &str, request: &ImportRequest) -> Option<(String, Secret)> {
    let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https")?;
    let is_endpoint =
        Url::parse(&request.endpoint).is_ok_and(|endpoint| same_origin(&endpoint, &parsed));
    let of_endpoint = request.hub_token.clone().filter(|_| is_endpoint);
    let token = request.token.clone().or(of_endpoint).filter(|token| !token.is_empty())?;
    Some((format!("{}/", parsed.origin().ascii_serialization()), token))
}

/// A branch, tag or commit, and nothing that git could take for more.
fn check_revision(revision: &str) -> Result<(), OpsError> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || ":+^*?[~\\".contains(c);
    if revision.is_empty() || revision.starts_with('-') || revision.contains(odd) {
        let message = format!("`{}` is not a branch, tag or commit", shown(revision));
        return Err(OpsError::usage("revision-malformed", message));
    }
    Ok(())
}

/// Says which folders stay empty, since submodules are other repositories.
fn submodules(git: &Git<'_>) -> Result<Vec<String>, OpsError> {
    let listed = git.run("list", &["ls-files", "--stage", "-z"])?;
    let paths =
        listed.split('\0').filter_map(|line| line.strip_prefix("160000 ")?.split_once('\t'));
    Ok(paths.map(|(_, path)| format!("submodule `{}` is not fetched", shown(path))).collect())
}

/// Removes what is about git. Links are not followed.
fn remove_git_files(dir: &Path) -> Result<(), OpsError> {
    let own = dir.join(".git");
    fs::remove_dir_all(&own).map_err(|error| OpsError::io("remove", &own, error))?;
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |error| OpsError::io("list", &folder, error);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if GIT_FILES.iter().any(|name| entry.file_name() == *name) {
                fs::remove_file(entry.path())
                    .map_err(|error| OpsError::io("remove", entry.path(), error))?;
            }
        }
    }
    Ok(())
}

/// The URL without user and password, as it may be shown and written down.
fn clean_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if url.contains("://") => {
            // A URL that can have neither has neither.
            let _ = parsed.set_username("");
            let _ = parsed.set_password(None);
            parsed.set_query(None);
            parsed.set_fragment(None);
            parsed.to_string()
        }
        Err(_) if url.contains("://") => shown_address(url),
        _ => shown(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_urls_carry_no_password() {
        assert_eq!(clean_url("https://u:secret@h.example/x?token=1"), "https://h.example/x");
        assert_eq!(clean_url("git@h.example:x"), "git@h.example:x");
        assert_eq!(
            clean_url("https://u:secret@h.example:99999/x#secret"),
            "https://h.example:99999/x?…"
        );
        assert_eq!(clean_url("https://u:secret@h.example/x#secret"), "https://h.example/x");
    }

    #[test]
    fn the_token_of_the_endpoint_goes_nowhere_else() {
        let request = |token: Option<&str>| ImportRequest {
            source: crate::import::Source::Folder("x".into()),
            revision: "main".to_owned(),
            token: token.map(Secret::new),
            hub_token: Some(Secret::new("hub")),
            endpoint: "https://hub.example/".to_owned(),
            kitfile: None,
            name: "x:1".parse().unwrap(),
            init: crate::init::InitOptions::default(),
            stamp: crate::pack::Stamp::default(),
        };
        let shown = |url: &str, given: Option<&str>| {
            token(url, &request(given)).map(|(origin, secret)| (origin, secret.expose().to_owned()))
        };
        let of = |origin: &str, token: &str| Some((origin.to_owned(), token.to_owned()));
        assert_eq!(shown("https://hub.example/a/b", None), of("https://hub.example/", "hub"));
        assert_eq!(shown("https://other.example/a/b", None), None);
        assert_eq!(shown("https://hub.example.evil/a/b", None), None);
        let given = shown("https://other.example/a/b", Some("own"));
        assert_eq!(given, of("https://other.example/", "own"));
        assert_eq!(shown("ssh://git@hub.example/a/b", Some("own")), None);
    }

    #[test]
    fn only_names_are_revisions() {
        for good in ["main", "v1.0", "feature/x", "0123abcd"] {
            check_revision(good).unwrap();
        }
        for bad in ["", "-x", "--upload-pack=x", "a:b", "+main", "a b", "main~1", "a\nb"] {
            assert!(check_revision(bad).is_err(), "{bad:?}");
        }
    }
}
