//! No bytes make the readers of packages, sources and licences panic, lie or run on.

use proptest::prelude::*;
use sealkit_inspect::{Fact, Facts, capabilities, identify, inspect, property};
use sealkit_report::Budget;

/// A name, and a file that its reader takes.
const FILES: &[(&str, &[u8])] = &[
    ("uv.lock", include_bytes!("../golden/uv.lock")),
    ("pylock.toml", include_bytes!("../golden/pylock.toml")),
    ("requirements.txt", include_bytes!("../golden/requirements.txt")),
    ("poetry.lock", include_bytes!("../golden/poetry.lock")),
    ("pdm.lock", include_bytes!("../golden/pdm.lock")),
    ("Pipfile.lock", include_bytes!("../golden/Pipfile.lock")),
    ("pyproject.toml", include_bytes!("../golden/pyproject.toml")),
    ("package-lock.json", include_bytes!("../golden/package-lock.v1.json")),
    ("package-lock.json", include_bytes!("../golden/package-lock.v3.json")),
    ("yarn.lock", include_bytes!("../golden/yarn.v1.lock")),
    ("yarn.lock", include_bytes!("../golden/yarn.berry.lock")),
    ("pnpm-lock.yaml", include_bytes!("../golden/pnpm-lock.yaml")),
    ("Cargo.lock", include_bytes!("../golden/Cargo.lock")),
    ("go.mod", include_bytes!("../golden/go.mod")),
    ("go.sum", include_bytes!("../golden/go.sum")),
    ("setup.cfg", b"[options]\ninstall_requires =\n  a>=1\n  b\n"),
    ("Pipfile", b"[packages]\na = '*'\nb = {git = 'https://h/b'}\n"),
    ("Cargo.toml", b"[package]\nname = 'n'\n[dependencies]\na = {version = '1'}\n"),
    ("package.json", br#"{"name":"n","dependencies":{"a":"^1","b":"npm:c@1.0.0"}}"#),
    ("environment.yml", b"name: x\ndependencies:\n- a=1\n- pip:\n  - b==2\n"),
    (
        "conda-lock.yml",
        b"package:\n- {name: a, version: '1', manager: conda, dependencies: {b: ''}}\n",
    ),
    ("pixi.lock", b"packages:\n- conda: https://h/a-1-0.conda\n  depends: [b]\n"),
    ("Dockerfile", b"ARG A=1\nFROM a:$A AS x\nRUN pip install b==2 \\\n c\nCOPY --from=x a b\n"),
    ("compose.yaml", b"services:\n  a:\n    image: b:1\n"),
    ("a.py", b"import a\nN = 'x/y'\nA.from_pretrained(N, revision='z')\n"),
    ("n.ipynb", br#"{"cells":[{"cell_type":"code","source":["!pip install a\n","import b"]}]}"#),
    ("LICENSE", b"Permission is hereby granted, free of charge, to any person obtaining a copy\n"),
    ("m.gguf", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n"),
];

fn small() -> Budget {
    Budget::new(1 << 20, 20_000, 2_000_000, 32)
}

fn all_texts(fact: &Fact) -> String {
    format!("{:?}", fact.value)
}

#[test]
fn every_file_of_the_list_is_read_by_a_reader_that_gives_something() {
    for (path, bytes) in FILES {
        let found = identify(path, bytes, &mut small()).unwrap();
        let id = found.format.map_or("-", |format| format.id);
        let row = capabilities().find(|row| row.format.id == id).unwrap();
        assert!(!row.properties.is_empty(), "{path} is {id}");
        for fact in &inspect(path, bytes, &mut small()).1.facts {
            let general = [property::FORMAT, property::FRAMEWORK].contains(&&*fact.property);
            assert!(general || row.properties.contains(&&*fact.property), "{id}: {fact:?}");
            assert!(!fact.evidence.file.is_empty());
        }
    }
}

#[test]
fn a_file_cut_anywhere_gives_part_of_its_facts_or_says_why_not() {
    for (path, bytes) in FILES {
        let (_, whole) = inspect(path, bytes, &mut small());
        let step = (bytes.len() / 400).max(1);
        for end in (0..bytes.len()).step_by(step) {
            let cut = &bytes[..end];
            let (_, facts) = inspect(path, &cut, &mut small());
            assert!(count(&facts) <= count(&whole) + 1, "{path} at {end}");
        }
    }
}

fn count(facts: &Facts) -> usize {
    crate::code::packages(facts).len()
}

#[test]
fn the_same_bytes_give_the_same_facts() {
    for (path, bytes) in FILES {
        let first = format!("{:?}", inspect(path, bytes, &mut small()));
        assert_eq!(first, format!("{:?}", inspect(path, bytes, &mut small())), "{path}");
    }
}

#[test]
fn endless_lists_end_with_the_budget() {
    let lines = "a==1.0\n".repeat(100_000);
    let toml = format!("package = [{}]", "{name='a'},".repeat(100_000));
    let json = format!("{{\"default\":{{{}\"z\":\"1\"}}}}", many("\"a{}\":\"1\","));
    let yaml = format!("packages:\n{}", many("  a{}@1.0.0: {}\n"));
    let yarn = many("a{}@1:\n  version \"1\"\n");
    for (path, text) in [
        ("requirements.txt", lines),
        ("uv.lock", toml),
        ("Pipfile.lock", json),
        ("pnpm-lock.yaml", yaml),
        ("yarn.lock", yarn),
    ] {
        let mut budget = Budget::new(16 << 20, 1000, 1_000_000, 32);
        let (_, facts) = inspect(path, &text.as_bytes(), &mut budget);
        assert!(facts.incomplete, "{path}");
        assert!(count(&facts) <= 1000, "{path}");
    }
}

fn many(pattern: &str) -> String {
    (0..20_000).map(|n| pattern.replacen("{}", &n.to_string(), 1)).collect()
}

#[test]
fn circles_of_needs_end() {
    let lock = "[[package]]\nname = 'a'\nversion = '1'\ndependencies = [{name='b'}]\nsource={registry='x'}\n\
                [[package]]\nname = 'b'\nversion = '1'\ndependencies = [{name='a'}]\nsource={registry='x'}\n\
                [[package]]\nname = 'r'\nsource={virtual='.'}\ndependencies = [{name='a'},{name='none'}]\n";
    assert_eq!(crate::code::shown("uv.lock", lock.as_bytes()), ["a 1 R! >b <x", "b 1 R >a <x"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn changed_files_break_nothing(
        file in 0..FILES.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (path, bytes) = FILES[file];
        let mut bytes = bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = inspect(path, &bytes, &mut small());
    }

    #[test]
    fn random_text_breaks_nothing(file in 0..FILES.len(), text in "[\\PC\n\"'(){}=,:@#$\\\\-]{0,300}") {
        let _ = inspect(FILES[file].0, &text.as_bytes(), &mut small());
    }

    #[test]
    fn no_credential_of_an_address_gets_out(
        scheme in "(https?|git\\+https|ssh|git\\+ssh)",
        secret in "[A-Z0-9]{12}",
        user in "[a-z]{1,6}",
    ) {
        let url = format!("{scheme}://{user}:{secret}@host/o/r.git");
        let lines = format!("x @ {url}\n-e {url}#egg=y\n{url}\n-r {url}\n");
        let toml = format!("[[package]]\nname='a'\nversion='1'\nsource={{git='{url}'}}\n");
        let docker = format!("FROM {url}\nRUN pip install {url}\n");
        for (path, text) in [("requirements.txt", lines), ("uv.lock", toml), ("Dockerfile", docker)] {
            let (_, facts) = inspect(path, &text.as_bytes(), &mut small());
            for fact in &facts.facts {
                prop_assert!(!all_texts(fact).contains(&secret), "{path}: {fact:?}");
            }
        }
    }
}
