//! Lock files as the real tools wrote them: uv 0.9, Poetry 2, PDM 2.22, pipenv 2026, npm 11,
//! Yarn 1.22 and 4, pnpm 9, Cargo 1.95, Go 1.26. Hosts of registries are renamed.

use crate::code::shown;
use crate::common::{format, look};
use sealkit_inspect::{Value, property};
use sealkit_report::Known;

const JS: [&str; 7] = [
    "ansi-styles 4.3.0 R #1 >color-convert",
    "chalk 4.1.2 R! #1 >ansi-styles,supports-color",
    "color-convert 2.0.1 R #1 >color-name",
    "color-name 1.1.4 R #1",
    "has-flag 4.0.0 R #1",
    "is-number 7.0.0 D! #1",
    "supports-color 7.2.0 R #1 >has-flag",
];

#[test]
fn uv_lock() {
    let expected = [
        "anyio 4.16.0 R #2 >idna,typing-extensions",
        "certifi 2026.10.19.post1 R #1",
        "click 8.5.1 O! #2",
        "h11 0.16.0 R #2",
        "httpcore 1.0.9 R #2 >certifi,h11",
        "httpx 0.28.1 R! #2 >anyio,certifi,httpcore,idna,socksio",
        "idna 3.7 R! #2",
        "iniconfig 2.3.1 D! #2",
        "socksio 1.0.0 R #2",
        "typing-extensions 4.16.0 R #2",
    ];
    assert_eq!(shown("uv.lock", include_bytes!("../golden/uv.lock")), expected);
}

#[test]
fn a_package_fact_has_subject_place_and_evidence() {
    let (_, facts) = look("a/uv.lock", include_bytes!("../golden/uv.lock"));
    let fact = facts.facts.iter().find(|fact| fact.subject == "pypi:h11").unwrap();
    assert_eq!(fact.property, property::PACKAGE);
    assert_eq!(fact.evidence.known, Known::Declared);
    assert_eq!(
        (fact.evidence.file.as_str(), fact.evidence.place.as_str()),
        ("a/uv.lock", "/package/4")
    );
    let Value::Package(package) = &fact.value else { panic!() };
    let digest = "sha256:4e35b956cf45792e4caa5885e69fba00bdbc6ffafbfa020300e549b208ee5ff1";
    assert_eq!((package.ecosystem.as_str(), package.digests[0].as_str()), ("pypi", digest));
}

#[test]
fn pylock_has_no_edges_and_not_the_project() {
    let names = shown("pylock.toml", include_bytes!("../golden/pylock.toml"));
    assert_eq!(names.len(), 9);
    assert_eq!(names[5], "idna 3.7 R #2");
    assert!(!names.iter().any(|name| name.starts_with("demo")));
    assert_eq!(format("pylock.dev.toml", b"lock-version = '1.0'"), "pylock");
}

#[test]
fn exported_requirements_say_who_needs_what() {
    let expected = [
        "anyio 4.16.0 R #2 >idna,typing-extensions",
        "certifi 2026.10.19.post1 R #1",
        "h11 0.16.0 R #2",
        "httpcore 1.0.9 R #2 >certifi,h11",
        "httpx 0.28.1 R! #2 >anyio,certifi,httpcore,idna,socksio",
        "idna 3.7 R! #2",
        "iniconfig 2.3.1 R! #2",
        "socksio 1.0.0 R #2",
        "typing-extensions 4.16.0 R #2",
    ];
    assert_eq!(shown("requirements.txt", include_bytes!("../golden/requirements.txt")), expected);
}

#[test]
fn poetry_lock() {
    let expected = [
        "anyio 4.16.0 R #2 >idna,typing-extensions",
        "certifi 2026.10.19.post1 R #1",
        "click 8.5.1 O! #2",
        "h11 0.16.0 R #2",
        "httpcore 1.0.9 R #2 >certifi,h11",
        "httpx 0.27.2 R! #2 >anyio,certifi,httpcore,idna,sniffio,socksio",
        "idna 3.20 R #2",
        "iniconfig 2.3.1 D! #2",
        "sniffio 1.3.1 R #2",
        "socksio 1.0.0 R #2",
        "typing-extensions 4.16.0 R #2",
    ];
    assert_eq!(shown("poetry.lock", include_bytes!("../golden/poetry.lock")), expected);
}

#[test]
fn a_lock_file_whose_packages_have_no_name_is_unreadable() {
    for name in ["poetry.lock", "pdm.lock"] {
        for entry in ["version = \"1\"", "name = \"\"\nversion = \"1\"", "name = 3"] {
            let text =
                format!("[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\n{entry}\n");
            let (_, facts) = look(name, text.as_bytes());
            assert!(facts.incomplete, "{name}: {entry}");
            assert_eq!(facts.findings[0].rule, "not-inspected", "{name}: {entry}");
        }
    }
}

#[test]
fn pdm_lock_joins_the_entries_of_one_package() {
    let expected = [
        "anyio 4.16.0 R #2 >idna,typing-extensions",
        "certifi 2026.10.19.post1 R #1",
        "click 8.5.1 R! #2",
        "h11 0.16.0 R #2",
        "httpcore 1.0.9 R #2 >certifi,h11",
        "httpx 0.28.1 R! #2 >anyio,certifi,httpcore,idna,socksio",
        "idna 3.7 R #2",
        "iniconfig 2.3.1 R! #2",
        "socksio 1.0.0 R #2",
        "typing-extensions 4.16.0 R #2",
    ];
    assert_eq!(shown("pdm.lock", include_bytes!("../golden/pdm.lock")), expected);
}

#[test]
fn pipfile_lock() {
    let expected = [
        "anyio 4.16.0 R #2",
        "certifi 2026.10.19.post1 R #1",
        "h11 0.16.0 R #2",
        "httpcore 1.0.9 R #2",
        "httpx 0.28.1 R #2",
        "idna 3.7 R #2",
        "typing-extensions 4.16.0 R #2",
        "iniconfig 2.3.1 D #2",
    ];
    assert_eq!(shown("Pipfile.lock", include_bytes!("../golden/Pipfile.lock")), expected);
}

#[test]
fn the_lock_files_of_javascript_say_the_same() {
    let v1 = include_bytes!("../golden/package-lock.v1.json");
    let v3 = include_bytes!("../golden/package-lock.v3.json");
    assert_eq!(shown("package-lock.json", v1), JS);
    assert_eq!(shown("package-lock.json", v3), JS);
    assert_eq!(shown("pnpm-lock.yaml", include_bytes!("../golden/pnpm-lock.yaml")), JS);
    // Yarn does not tell what is for development; the newer one has no digest of the archives.
    let no_scope = JS.map(|line| line.replace(" D!", " R!"));
    assert_eq!(shown("yarn.lock", include_bytes!("../golden/yarn.v1.lock")), no_scope);
    let no_digest = no_scope.map(|line| line.replace(" #1", ""));
    assert_eq!(shown("yarn.lock", include_bytes!("../golden/yarn.berry.lock")), no_digest);
}

#[test]
fn integrity_becomes_a_digest_in_hexadecimal() {
    let (_, facts) = look("package-lock.json", include_bytes!("../golden/package-lock.v3.json"));
    let fact = facts.facts.iter().find(|fact| fact.subject == "npm:has-flag").unwrap();
    let Value::Package(package) = &fact.value else { panic!() };
    assert_eq!(package.digests[0].len(), "sha512:".len() + 128);
    assert!(package.digests[0].starts_with("sha512:132909"), "{}", package.digests[0]);
    assert_eq!(fact.evidence.place, "/packages/node_modules~1has-flag");
}

#[test]
fn cargo_lock_has_every_package_but_the_own() {
    let expected = [
        "itoa 1.0.19 R! #1",
        "memchr 2.8.3 R #1",
        "proc-macro2 1.0.107 R #1 >unicode-ident",
        "quote 1.0.47 R #1 >proc-macro2",
        "serde 1.0.229 R #1 >serde_core",
        "serde_core 1.0.229 R #1 >serde_derive",
        "serde_derive 1.0.229 R #1 >proc-macro2,quote,syn",
        "serde_json 1.0.154 R! #1 >itoa,memchr,serde,serde_core,zmij",
        "syn 3.0.10 R #1 >proc-macro2,quote,unicode-ident",
        "unicode-ident 1.0.27 R #1",
        "zmij 1.0.23 R #1",
    ];
    assert_eq!(shown("Cargo.lock", include_bytes!("../golden/Cargo.lock")), expected);
}

#[test]
fn our_own_lock_file_is_read_whole() {
    let bytes = include_bytes!("../../../../Cargo.lock");
    let text = std::str::from_utf8(bytes).unwrap();
    let sources = text.lines().filter(|line| line.starts_with("source = ")).count();
    assert_eq!(shown("Cargo.lock", bytes).len(), sources);
}

#[test]
fn go_modules() {
    let expected =
        ["go >=1.22 R!", "github.com/google/uuid v1.6.0 R!", "github.com/pkg/errors v0.9.1 R!"];
    assert_eq!(shown("go.mod", include_bytes!("../golden/go.mod")), expected);
    let sums = include_bytes!("../golden/go.sum");
    let expected = ["github.com/google/uuid v1.6.0 R #1", "github.com/pkg/errors v0.9.1 R #1"];
    assert_eq!(shown("go.sum", sums), expected);
}

#[test]
fn a_project_manifest_says_who_made_what() {
    let bytes = include_bytes!("../golden/pyproject.toml");
    let expected = [
        "python >=3.11 R!",
        "httpx >=0.27 R!",
        "idna 3.7 R!",
        "click >=8 O!",
        "iniconfig - D!",
        "setuptools >=61 B!",
    ];
    assert_eq!(shown("pyproject.toml", bytes), expected);
    let (_, facts) = look("pyproject.toml", bytes);
    assert_eq!(facts.text(property::NAME), Some("demo"));
    assert_eq!(facts.text(property::VERSION), Some("0.1.0"));
    assert_eq!(facts.text(property::LICENCE), Some("MIT"));
    let party = facts.of(property::PARTY).next().unwrap();
    assert_eq!(party.evidence.place, "/project/authors/0");
    let Value::Party(party) = &party.value else { panic!() };
    assert_eq!((party.name.as_str(), party.email.as_deref()), ("Ann", Some("ann@example.org")));
    let Value::Link(link) = &facts.of(property::LINK).next().unwrap().value else { panic!() };
    assert_eq!((link.kind.as_str(), link.url.as_str()), ("vcs", "https://example.org/demo"));
}

#[test]
fn what_lies_installed_in_a_kit_is_a_package_of_it() {
    let metadata = "Metadata-Version: 2.4\nName: Torch_Audio\nVersion: 2.1.0+cu121\nRequires-Dist: numpy>=1\n\nVersion: 9\nName: no\n";
    let conda = r#"{"name": "libblas", "version": "3.9.0", "build": "0", "channel": "conda-forge",
        "depends": ["a"], "md5": "0123456789abcdef0123456789abcdef"}"#;
    let npm = r#"{"name": "@scope/a", "version": "1.2.3", "dependencies": {"b": "^1"}}"#;
    let cases = [
        (
            "env/lib/python3.12/site-packages/Torch_Audio-2.1.0.dist-info/METADATA",
            metadata,
            "Torch_Audio 2.1.0+cu121 R",
        ),
        ("old/x.egg-info/PKG-INFO", metadata, "Torch_Audio 2.1.0+cu121 R"),
        ("env/conda-meta/libblas-3.9.0-0.json", conda, "libblas 3.9.0 R #1 <conda-forge"),
        ("ui/node_modules/@scope/a/package.json", npm, "@scope/a 1.2.3 R"),
        ("ui/node_modules/c/node_modules/a/package.json", npm, "@scope/a 1.2.3 R"),
    ];
    for (path, text, expected) in cases {
        assert_eq!(shown(path, text.as_bytes()), [expected], "{path}");
    }
    // A letter of its own, and a fixture of a package.
    assert_ne!(format("notes/METADATA", metadata.as_bytes()), "python-installed");
    assert_eq!(format("node_modules/a/test/x/package.json", npm.as_bytes()), "npm-manifest");
    assert_eq!(format("node_modules/package.json", npm.as_bytes()), "npm-manifest");
    let nameless = shown("node_modules/a/package.json", b"{\"type\": \"module\"}");
    assert!(nameless.is_empty(), "{nameless:?}");
}
