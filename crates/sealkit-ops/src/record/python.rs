//! The Python packages that a command could import, read from the metadata of their environment
//! (packaging.python.org, "Recording installed projects"). No interpreter runs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sealkit_oci::Digest;

/// Most packages that are named.
const MAX_PACKAGES: usize = 5000;
/// Largest METADATA and RECORD that are read, in bytes.
const MAX_METADATA: u64 = 1 << 20;
const MAX_RECORD: u64 = 32 << 20;
/// Longest first line of a script.
const MAX_FIRST_LINE: u64 = 4096;

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Name, in the normal form of package indexes.
    pub name: String,
    /// Version as it is written.
    pub version: String,
    /// SHA-256 of its RECORD, which lists its files with their digests; none where there is none.
    pub record: Option<Digest>,
}

/// An environment of Python.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Version of the language, `3.12`, as the folder names it.
    pub version: Option<String>,
    /// Its packages by name.
    pub packages: Vec<Package>,
    /// Why it is not complete.
    pub missing: Option<String>,
}

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// What `VIRTUAL_ENV` says.
    pub virtual_env: Option<PathBuf>,
    /// The folders of `PATH`.
    pub path: Vec<PathBuf>,
}

/// The environment that `program` runs in; none where it is no Python and none is active.
pub(super) fn of_command(program: &str, folder: &Path, places: &Places) -> Option<Environment> {
    let found = resolve(program, folder, &places.path);
    let python = found.as_deref().filter(|found| is_python(found));
    let prefix = python.and_then(prefix).or_else(|| places.virtual_env.clone())?;
    let mut environment = Environment::default();
    let mut packages = BTreeMap::new();
    let sites = sites(&prefix, python.and_then(version), &mut environment);
    if sites.is_empty() {
        // A script may stand there that picks an interpreter; which one only running it would tell.
        environment.missing = Some(format!("`{program}` has no folder of packages beside it"));
    }
    for site in sites {
        collect(&site, &mut packages, &mut environment);
    }
    environment.packages = packages.into_values().collect();
    Some(environment)
}

/// The file that a shell would run for `program`.
fn resolve(program: &str, folder: &Path, path: &[PathBuf]) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program)).filter(|found| found.is_file());
    }
    path.iter().map(|dir| folder.join(dir).join(program)).find(|found| found.is_file())
}

/// Whether a program is an interpreter of Python, or a script for one.
fn is_python(program: &Path) -> bool {
    let name = program.file_name().map(|name| name.to_string_lossy().into_owned());
    if name.is_some_and(|name| name.starts_with("python") || name.starts_with("pypy")) {
        return true;
    }
    let mut line = Vec::new();
    let read =
        File::open(program).and_then(|file| file.take(MAX_FIRST_LINE).read_to_end(&mut line));
    let first = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
    read.is_ok() && first.starts_with(b"#!") && String::from_utf8_lossy(first).contains("python")
}

/// The folder above `bin` that the program stands in. A link is not followed where it stands in a
/// virtual environment, which consists of such links.
fn prefix(program: &Path) -> Option<PathBuf> {
    let above = program.parent()?.parent()?;
    if above.join("pyvenv.cfg").is_file() {
        return Some(above.to_owned());
    }
    let real = fs::canonicalize(program).ok()?;
    Some(real.parent()?.parent()?.to_owned())
}

/// The version that an interpreter's own name tells, `3.12`.
fn version(program: &Path) -> Option<String> {
    let real = fs::canonicalize(program).ok()?;
    let name = real.file_name()?.to_string_lossy().into_owned();
    let version = name.strip_prefix("python").filter(|version| version.contains('.'));
    version.map(str::to_owned)
}

/// The folders with packages below a prefix: of `version` alone, where that is known.
fn sites(prefix: &Path, own: Option<String>, environment: &mut Environment) -> Vec<PathBuf> {
    let mut found = vec![prefix.join("Lib/site-packages")];
    for lib in ["lib", "lib64", "local/lib"] {
        let entries = fs::read_dir(prefix.join(lib)).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<_> = entries.map(|entry| entry.path()).collect();
        names.sort();
        for dir in names {
            let name = dir.file_name().map(|name| name.to_string_lossy().into_owned());
            let Some(version) = name.as_deref().and_then(|name| name.strip_prefix("python")) else {
                continue;
            };
            if version.contains('.') {
                if own.as_deref().is_some_and(|own| own != version) {
                    continue;
                }
                environment.version = Some(version.to_owned());
            }
            found.extend(["site-packages", "dist-packages"].map(|name| dir.join(name)));
        }
    }
    found.retain(|dir| dir.is_dir());
    found.dedup_by_key(|dir| fs::canonicalize(&*dir).ok());
    found
}

fn collect(site: &Path, packages: &mut BTreeMap<String, Package>, environment: &mut Environment) {
    let entries = fs::read_dir(site).into_iter().flatten().filter_map(Result::ok);
    let mut dirs: Vec<_> = entries.map(|entry| entry.path()).collect();
    dirs.retain(|dir| dir.extension().is_some_and(|ending| ending == "dist-info"));
    dirs.sort();
    for dir in dirs {
        if packages.len() >= MAX_PACKAGES {
            environment.missing = Some(format!("only {MAX_PACKAGES} packages are named"));
            return;
        }
        if let Some(package) = package(&dir) {
            packages.entry(package.name.clone()).or_insert(package);
        } else {
            let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
            environment.missing = Some(format!("`{name}` could not be read"));
        }
    }
}

fn package(dir: &Path) -> Option<Package> {
    let metadata = bounded(&dir.join("METADATA"), MAX_METADATA)?;
    let text = String::from_utf8_lossy(&metadata);
    // Headers end at the first empty line; what follows is the description.
    let headers = || text.lines().take_while(|line| !line.trim().is_empty());
    let field = |name: &str| {
        let value = headers().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        value.filter(|value| !value.is_empty() && value.len() <= 200 && value.chars().all(plain))
    };
    let record = bounded(&dir.join("RECORD"), MAX_RECORD).map(|bytes| Digest::of(&bytes));
    Some(Package { name: normal(&field("Name")?), version: field("Version")?, record })
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!')
}

/// The normal form of a name (PEP 503).
fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn bounded(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let file =
        File::open(path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= limit).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn venv(root: &Path) -> PathBuf {
        let env = root.join("env");
        let site = env.join("lib/python3.12/site-packages");
        let dir = site.join("Some_Pkg-1.0.dist-info");
        fs::create_dir_all(&dir).unwrap();
        fs::create_dir_all(env.join("bin")).unwrap();
        fs::write(env.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        fs::write(env.join("bin/python3"), "").unwrap();
        fs::write(env.join("bin/tool"), "#!/env/bin/python3\n").unwrap();
        fs::write(env.join("bin/other"), "#!/bin/sh\n").unwrap();
        let text = "Metadata-Version: 2.1\nName: Some_Pkg\nVersion: 1.0+cu12\n\nName: evil\n";
        fs::write(dir.join("METADATA"), text).unwrap();
        fs::write(dir.join("RECORD"), "some_pkg/__init__.py,sha256=x,0\n").unwrap();
        let bad = site.join("bad-1.dist-info");
        fs::create_dir_all(&bad).unwrap();
        fs::write(bad.join("METADATA"), "Name: a b\u{1b}\nVersion: 1\n").unwrap();
        env
    }

    #[test]
    fn the_environment_of_a_python_is_read_and_what_is_unreadable_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let env = venv(dir.path());
        let places = Places { virtual_env: None, path: vec![env.join("bin")] };
        for program in ["python3", "tool", "env/bin/python3"] {
            let found = of_command(program, dir.path(), &places).unwrap();
            assert_eq!(found.version.as_deref(), Some("3.12"), "{program}");
            let record = Some(Digest::of(b"some_pkg/__init__.py,sha256=x,0\n"));
            let (name, version) = ("some-pkg".to_owned(), "1.0+cu12".to_owned());
            assert_eq!(found.packages, [Package { name, version, record }]);
            assert_eq!(found.missing.as_deref(), Some("`bad-1.dist-info` could not be read"));
        }
        assert_eq!(of_command("other", dir.path(), &places), None);
        fs::create_dir_all(dir.path().join("shims")).unwrap();
        fs::write(dir.path().join("shims/python3"), "#!/bin/sh\n").unwrap();
        let shim = of_command("shims/python3", dir.path(), &places).unwrap();
        assert!(
            shim.packages.is_empty() && shim.missing.unwrap().contains("no folder of packages")
        );
        assert_eq!(of_command("absent", dir.path(), &places), None);
        let active = Places { virtual_env: Some(env), path: Vec::new() };
        assert_eq!(of_command("sh", dir.path(), &active).unwrap().packages.len(), 1);
    }
}
