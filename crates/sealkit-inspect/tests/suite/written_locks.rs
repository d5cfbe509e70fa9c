//! Lock files and manifests that are written here: every package comes out with its name, its version and its digest,
//! and the place that is named is the one where it stands.

use std::fmt::Write as _;

use crate::code::packages;
use crate::common::look;
use crate::place::{Source, plain};
use proptest::prelude::*;
use sealkit_inspect::Facts;

/// A package: name, version, and the digest of its archive.
type Package = (String, String, String);

/// Packages with names that differ, and what each is written with.
fn locked() -> impl Strategy<Value = Vec<Package>> {
    let one = (
        "[a-z][a-z0-9]{0,7}(-[a-z0-9]{1,5})?",
        ("[0-9]{1,3}\\.[0-9]{1,3}\\.[1-9][0-9]{0,2}", any::<[u8; 32]>()),
    );
    prop::collection::btree_map(one.0, one.1, 1..12).prop_map(|all| {
        let hex = |bytes: [u8; 32]| {
            bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
        };
        all.into_iter().map(|(name, (version, digest))| (name, version, hex(digest))).collect()
    })
}

/// What each kind of lock file looks like: name of the file, what stands before the packages, each, and behind them.
struct Kind {
    path: &'static str,
    before: &'static str,
    each: fn(&Package) -> String,
    between: &'static str,
    behind: &'static str,
    has_digest: bool,
}

const KINDS: &[Kind] = &[
    Kind {
        path: "uv.lock",
        before: "version = 1\n",
        each: |(name, version, digest)| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://packages.example/simple\" }}\n\
                 wheels = [\n  {{ url = \"https://files/{name}.whl\", hash = \"sha256:{digest}\", size = 1 }},\n]\n\n"
            )
        },
        between: "",
        behind: "",
        has_digest: true,
    },
    Kind {
        path: "poetry.lock",
        before: "# generated\n",
        each: |(name, version, digest)| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ngroups = [\"main\"]\nfiles = [\n  \
                 {{file = \"{name}.whl\", hash = \"sha256:{digest}\"}},\n]\n\n"
            )
        },
        between: "",
        behind: "[metadata]\nlock-version = \"2.1\"\n",
        has_digest: true,
    },
    Kind {
        path: "pdm.lock",
        before: "[metadata]\nlock_version = \"4.5.0\"\n\n",
        each: |(name, version, digest)| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nfiles = [\n  {{file = \"a\", hash = \"sha256:{digest}\"}},\n]\n\n"
            )
        },
        between: "",
        behind: "",
        has_digest: true,
    },
    Kind {
        path: "pylock.toml",
        before: "lock-version = \"1.0\"\ncreated-by = \"test\"\n\n",
        each: |(name, version, digest)| {
            format!(
                "[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\nwheels = [{{ name = \"a.whl\", hashes = {{ sha256 = \"{digest}\" }} }}]\n\n"
            )
        },
        between: "",
        behind: "",
        has_digest: true,
    },
    Kind {
        path: "Pipfile.lock",
        before: "{\"_meta\":{\"pipfile-spec\":6},\"default\":{",
        each: |(name, version, digest)| {
            format!("\"{name}\":{{\"hashes\":[\"sha256:{digest}\"],\"version\":\"=={version}\"}}")
        },
        between: ",\n",
        behind: "},\"develop\":{}}",
        has_digest: true,
    },
    Kind {
        path: "requirements.txt",
        before: "# made\n",
        each: |(name, version, digest)| {
            format!("{name}=={version} \\\n    --hash=sha256:{digest}\n")
        },
        between: "",
        behind: "",
        has_digest: true,
    },
    Kind {
        path: "environment.yml",
        before: "name: x\ndependencies:\n",
        each: |(name, version, _)| format!("  - {name}=={version}\n"),
        between: "",
        behind: "",
        has_digest: false,
    },
    Kind {
        path: "conda-lock.yml",
        before: "version: 1\npackage:\n",
        each: |(name, version, digest)| {
            format!(
                "- name: {name}\n  version: '{version}'\n  manager: conda\n  platform: linux-64\n  hash:\n    sha256: '{digest}'\n  category: main\n"
            )
        },
        between: "",
        behind: "",
        has_digest: true,
    },
    Kind {
        path: "package-lock.json",
        before: "{\"name\":\"x\",\"lockfileVersion\":3,\"packages\":{\"\":{\"name\":\"x\"},",
        each: |(name, version, _)| {
            format!(
                "\"node_modules/{name}\":{{\"version\":\"{version}\",\"resolved\":\"https://packages.example/{name}\"}}"
            )
        },
        between: ",\n",
        behind: "}}",
        has_digest: false,
    },
    Kind {
        path: "package.json",
        before: "{\"name\":\"x\",\"dependencies\":{",
        each: |(name, version, _)| format!("\"{name}\":\"{version}\""),
        between: ",\n",
        behind: "}}",
        has_digest: false,
    },
    Kind {
        path: "Cargo.lock",
        before: "version = 4\n\n",
        each: |(name, version, digest)| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://packages.example/index\"\nchecksum = \"{digest}\"\n\n"
            )
        },
        between: "",
        behind: "",
        has_digest: true,
    },
    Kind {
        path: "Cargo.toml",
        before: "[package]\nname = \"x\"\n\n[dependencies]\n",
        each: |(name, version, _)| format!("{name} = \"={version}\"\n"),
        between: "",
        behind: "",
        has_digest: false,
    },
    Kind {
        path: "go.mod",
        before: "module example.com/x\n\nrequire (\n",
        each: |(name, version, _)| format!("\tgithub.com/o/{name} v{version} // indirect\n"),
        between: "",
        behind: ")\n",
        has_digest: false,
    },
    Kind {
        path: "go.sum",
        before: "",
        each: |(name, version, _)| {
            format!(
                "github.com/o/{name} v{version} h1:abc=\ngithub.com/o/{name} v{version}/go.mod h1:def=\n"
            )
        },
        between: "",
        behind: "",
        has_digest: false,
    },
    Kind {
        path: "yarn.lock",
        before: "# yarn lockfile v1\n\n",
        each: |(name, version, _)| {
            format!(
                "{name}@^{version}:\n  version \"{version}\"\n  resolved \"https://registry.yarnpkg.com/{name}.tgz\"\n\n"
            )
        },
        between: "",
        behind: "",
        has_digest: false,
    },
    Kind {
        path: "pnpm-lock.yaml",
        before: "lockfileVersion: '9.0'\n\npackages:\n\n",
        each: |(name, version, _)| {
            format!("  {name}@{version}:\n    resolution: {{integrity: sha512-AAAA}}\n\n")
        },
        between: "",
        behind: "",
        has_digest: false,
    },
];

fn write(kind: &Kind, all: &[Package]) -> String {
    let each: Vec<String> = all.iter().map(kind.each).collect();
    format!("{}{}{}", kind.before, each.join(kind.between), kind.behind)
}

/// Names and versions, and the digest where the kind has one; Go's with what stands around them taken off.
fn told(facts: &Facts, kind: &Kind) -> Vec<(String, String, String)> {
    let mut all: Vec<_> = packages(facts)
        .into_iter()
        .map(|(package, _)| {
            let name = package.name.trim_start_matches("github.com/o/").to_owned();
            let version =
                package.version.clone().unwrap_or_default().trim_start_matches('v').to_owned();
            let digest = package.digests.first().cloned().unwrap_or_default();
            let digest = digest.trim_start_matches("sha256:").to_owned();
            (name, version, if kind.has_digest { digest } else { String::new() })
        })
        .collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn packages_come_back(all in locked()) {
        for kind in KINDS {
            let text = write(kind, &all);
            let (_, facts) = look(kind.path, text.as_bytes());
            prop_assert!(!facts.incomplete && facts.findings.is_empty(), "{}: {:?}\n{text}", kind.path, facts.findings);
            let mut expected: Vec<_> = all
                .iter()
                .map(|(name, version, digest)| {
                    (name.clone(), version.clone(), if kind.has_digest { digest.clone() } else { String::new() })
                })
                .collect();
            expected.sort();
            prop_assert_eq!(told(&facts, kind), expected, "{}\n{}", kind.path, text);
            // Where it is said to stand, it stands: name and version are read there again.
            let source = Source::new(kind.path, text.as_bytes());
            for fact in facts.facts.iter().filter(|fact| fact.property == sealkit_inspect::property::PACKAGE) {
                let sealkit_inspect::Value::Package(package) = &fact.value else { continue };
                let Ok(at) = source.at(&fact.evidence.place) else { continue };
                let at = plain(&at.ok_or_else(|| TestCaseError::fail(format!("{}: no {}", kind.path, fact.evidence.place)))?);
                let version = package.version.as_deref().unwrap_or_default();
                prop_assert!(
                    at.contains(&plain(&package.name)) && at.contains(&plain(version)),
                    "{}: {} {version} is not at {}: {at}", kind.path, package.name, fact.evidence.place
                );
            }
        }
    }

    /// A lock file that ends in its middle is said to be broken, or names none that it does not have.
    #[test]
    fn cut_lock_files_make_no_packages_up(all in locked(), at in any::<prop::sample::Index>()) {
        for kind in KINDS {
            let text = write(kind, &all);
            let cut = &text[..at.index(text.len())];
            let (_, facts) = look(kind.path, cut.as_bytes());
            for (package, _) in packages(&facts) {
                let name = package.name.trim_start_matches("github.com/o/");
                let mut known = all.iter().filter(|(own, ..)| own.starts_with(name));
                prop_assert!(known.next().is_some() || name.is_empty(), "{}: {name}\n{cut}", kind.path);
            }
        }
    }
}

#[test]
fn a_replacement_of_go_counts_for_the_version_that_it_names() {
    let text = "module m\nrequire (\n\ta.org/one v1.5.0\n\ta.org/two v1.2.3\n\ta.org/three v1.0.0\n)\n\
                replace a.org/one v1.2.3 => b.org/one v9.0.0\n\
                replace a.org/two v1.2.3 => b.org/two v9.1.0\n\
                replace a.org/three => ../three\n";
    let (_, facts) = look("go.mod", text.as_bytes());
    let mut told = String::new();
    for fact in
        facts.facts.iter().filter(|fact| fact.property == sealkit_inspect::property::PACKAGE)
    {
        let _ = write!(told, "{} @{} ", fact.value, fact.evidence.place);
    }
    let expected =
        "a.org/one==v1.5.0 @line 3 b.org/two==v9.1.0 @line 8 a.org/three==v1.0.0 @line 5 ";
    assert_eq!(told, expected);
}

#[test]
fn one_version_is_one_and_a_range_is_a_range() {
    let json = r#"{"name":"x","dependencies":{
        "a":"1.2.3","b":"1.2.3-beta.1","c":"1.2.3-next.0+x","d":"^1.2.3","e":"1.2.x","f":"1.2","g":"1.2.3 || 2.0.0","h":"1.2.3 - 2.0.0"}}"#;
    let (_, facts) = look("package.json", json.as_bytes());
    let told: Vec<String> =
        packages(&facts).into_iter().map(|(package, _)| crate::code::package(package)).collect();
    let exact =
        packages(&facts).into_iter().filter(|(package, _)| package.version.is_some()).count();
    assert_eq!(exact, 3, "{told:?}");
    let toml = "[dependencies]\na = \"=1.2.3\"\nb = \"=1.2\"\nc = \"=1.2.3, <2\"\nd = \"1.2.3\"\ne = \"=1.2.3-rc.1\"\n";
    let (_, facts) = look("Cargo.toml", toml.as_bytes());
    let exact: Vec<String> = packages(&facts)
        .into_iter()
        .filter_map(|(package, _)| Some(format!("{} {}", package.name, package.version.as_ref()?)))
        .collect();
    assert_eq!(exact, ["a 1.2.3", "e 1.2.3-rc.1"]);
}
