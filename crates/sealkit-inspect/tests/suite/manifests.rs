//! Manifests and lock files of tools that are not at hand, and what is odd in the others.

use crate::code::{packages, shown};
use crate::common::{format, look, rules};
use sealkit_inspect::{Facts, Value, property};

fn files(facts: &Facts) -> Vec<&str> {
    let all = facts.of(property::FILE_REFERENCE).map(|fact| &fact.value);
    all.filter_map(|value| match value {
        Value::File(file) => Some(file.path.as_str()),
        _ => None,
    })
    .collect()
}

#[test]
fn archives_at_an_address_have_the_name_and_the_version_of_their_file() {
    let text = "https://example.org/foo-2.0.tar.gz\nhttps://u:p@example.org/a_b-c-1.0rc1.zip#sha256=00\n\
                https://example.org/main.zip\nhttps://example.org/w-3.1-py3-none-any.whl\n\
                git+https://example.org/o/tool.git@v1\n";
    let expected = ["a_b-c 1.0rc1", "foo 2.0", "main -", "tool -", "w 3.1"];
    let found = shown("requirements.txt", text.as_bytes());
    let mut names: Vec<&str> =
        found.iter().map(|line| line.split(" R").next().unwrap_or_default()).collect();
    names.sort_unstable();
    assert_eq!(names, expected, "{found:?}");
    assert!(!found.iter().any(|line| line.contains("u:p")));
}

#[test]
fn names_lead_to_their_readers() {
    let cases = [
        ("requirements-dev.txt", "x\n", "pip-requirements"),
        ("reqs/dev_requirements.in", "x\n", "pip-requirements"),
        ("constraints.txt", "x\n", "pip-requirements"),
        ("Requirements/base.txt", "x\n", "pip-requirements"),
        ("requirements/base.md", "x\n", "markdown"),
        ("requirements/old/notes.txt", "x\n", "text"),
        ("Dockerfile.gpu", "FROM x\n", "dockerfile"),
        ("gpu.Dockerfile", "FROM x\n", "dockerfile"),
        ("Containerfile", "FROM x\n", "dockerfile"),
        ("environment.yml", "dependencies: []\n", "conda-environment"),
        ("environment.yml", "stage: test\n", "yaml"),
        ("package.json", "{}", "npm-manifest"),
        ("my-package.json", "{}", "json"),
        ("pylockx.toml", "a = 1\n", "source-code"),
        ("notes-requirements.md", "x\n", "markdown"),
    ];
    for (path, text, id) in cases {
        assert_eq!(format(path, text.as_bytes()), id, "{path}");
    }
}

#[test]
fn settings_of_setuptools_have_either_sign_and_an_address_alone_has_its_line() {
    let text = "[metadata]\nname: six\nauthor_email = ada@example.com\n[options]\ninstall_requires:\n    alpha==1.0\n";
    let (_, facts) = look("setup.cfg", text.as_bytes());
    let told: Vec<String> = facts
        .facts
        .iter()
        .filter(|fact| fact.property != property::FORMAT)
        .map(|fact| format!("{} @{}", fact.value, fact.evidence.place))
        .collect();
    assert_eq!(told, ["six @line 2", "ada@example.com @line 3", "alpha==1.0 @line 6"]);
}

#[test]
fn what_a_dockerfile_installs_is_found_over_lines_and_behind_options() {
    let text = "FROM python:3.12\n\
                RUN pip install --trusted-host packages.example --upgrade-strategy eager \\\n    alpha==1.0\\\n    beta==2.0 \\\n\
                # why\n\n    gamma==3.0 && echo done\n\
                RUN pip install --no-cache-dir delta==4.0\n";
    let (_, facts) = look("Dockerfile", text.as_bytes());
    let told: Vec<String> = facts
        .facts
        .iter()
        .filter(|fact| fact.property == property::PACKAGE)
        .map(|fact| format!("{} @{}", fact.value, fact.evidence.place))
        .collect();
    let expected = [
        "alpha==1.0 @lines 2-7",
        "beta==2.0 @lines 2-7",
        "gamma==3.0 @lines 2-7",
        "delta==4.0 @line 8",
        "python==3.12 @line 1",
    ];
    assert_eq!(told, expected);
}

#[test]
fn requirements_of_every_form() {
    let hash = "a".repeat(64);
    let text = format!(
        "# comment\n\
         torch==2.1.0+cu121 ; python_version > '3.8'  # pinned\n\
         transformers[torch]>=4.40,<5\n\
         -r base.txt\n--constraint=limits.txt\n-c other.txt\n\
         --index-url https://user:secret@host/simple\n\
         safetensors==0.4 \\\n    --hash=sha256:{hash} \\\n    --hash=md5:zz\n\
         git+https://token@host/o/peft.git@v0.10#egg=peft&subdirectory=x\n\
         -e git+ssh://git@host/o/lib.git@0123456789012345678901234567890123456789#egg=lib[x]\n\
         -e ./here[dev]\n./wheels/x-1.0-py3-none-any.whl\n\
         pip @ https://u:p@host/pip-24.0-py3-none-any.whl#sha256={hash}\n\
         https://host/pkg-1.2-py3-none-any.whl\n\
         this is no requirement\n"
    );
    let (_, facts) = look("requirements.txt", text.as_bytes());
    let shown: Vec<String> =
        packages(&facts).into_iter().map(|(p, _)| crate::code::package(p)).collect();
    let expected = [
        "torch 2.1.0+cu121 R!",
        "transformers >=4.40,<5 R!",
        "safetensors 0.4 R! #1",
        "peft - R! <git+https://host/o/peft.git@v0.10",
        "lib - R! <git+ssh://git@host/o/lib.git@0123456789012345678901234567890123456789",
        "pip - R! #1 <https://host/pip-24.0-py3-none-any.whl",
        "pkg 1.2 R! <https://host/pkg-1.2-py3-none-any.whl",
    ];
    assert_eq!(shown, expected);
    let expected =
        ["base.txt", "limits.txt", "other.txt", "./here", "./wheels/x-1.0-py3-none-any.whl"];
    assert_eq!(files(&facts), expected);
    assert_eq!(rules(&facts), ["requirement-unread"]);
    let places: Vec<_> = facts.facts.iter().map(|f| f.evidence.place.as_str()).collect();
    assert!(places.contains(&"line 2") && places.contains(&"lines 8-10"), "{places:?}");
    // No secret gets out, wherever one stood.
    let all = format!("{facts:?}");
    assert!(!all.contains("secret") && !all.contains("token") && !all.contains("u:p"), "{all}");
}

#[test]
fn pipfile_and_poetry_tables() {
    let pipfile = "[packages]\ntorch = \"==2.1.0\"\nx = \"*\"\ny = {version = \">=1\", extras = [\"z\"]}\n\
                   g = {git = \"https://t@host/g.git\", ref = \"main\"}\n[dev-packages]\npytest = \"*\"\n";
    let expected = [
        "torch 2.1.0 R!",
        "x - R!",
        "y >=1 R!",
        "g - R! <git+https://host/g.git@main",
        "pytest - D!",
    ];
    assert_eq!(shown("Pipfile", pipfile.as_bytes()), expected);
    let poetry = "[tool.poetry]\nname = \"n\"\nauthors = [\"A B <a@b.example>\"]\n[tool.poetry.dependencies]\n\
                  python = \"^3.9\"\na = \"1.2\"\nb = {version = \"^2\", optional = true}\nc = \"==3.0\"\n\
                  [tool.poetry.group.dev.dependencies]\nd = \"*\"\n";
    let expected = ["python ^3.9 R!", "a 1.2 R!", "b ^2 O!", "c 3.0 R!", "d - D!"];
    assert_eq!(shown("pyproject.toml", poetry.as_bytes()), expected);
    // A bare version is a range for Poetry.
    let (_, facts) = look("pyproject.toml", poetry.as_bytes());
    assert_eq!(packages(&facts)[1].0.requirement.as_deref(), Some("1.2"));
}

#[test]
fn uv_workspaces_git_sources_and_extras() {
    let lock = "version = 1\n[manifest]\nmembers = [\"root\", \"member\"]\n\
        [[package]]\nname = \"root\"\nversion = \"0\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"a\" }]\n\
        [[package]]\nname = \"member\"\nversion = \"0\"\nsource = { editable = \"m\" }\ndependencies = [{ name = \"b\", extra = [\"x\"] }]\n\
        [[package]]\nname = \"a\"\nversion = \"1\"\nsource = { git = \"https://t@host/a?rev=v1#0123456789012345678901234567890123456789\" }\n\
        [[package]]\nname = \"b\"\nversion = \"2\"\nsource = { registry = \"https://u:p@mirror.example/simple\" }\n\
        [package.optional-dependencies]\nx = [{ name = \"c\" }]\n\
        [[package]]\nname = \"c\"\nversion = \"3\"\nsource = { path = \"../c.whl\" }\n";
    let expected = [
        "a 1 R! <git+https://host/a@0123456789012345678901234567890123456789",
        "b 2 R! >c <https://mirror.example/simple",
        "c 3 R <../c.whl",
    ];
    assert_eq!(shown("uv.lock", lock.as_bytes()), expected);
}

#[test]
fn setup_cfg_goes_on_in_indented_lines() {
    let text = "[metadata]\nname = demo\nversion = attr: demo.__version__\nauthor = Ann\nauthor_email = a@b.example\n\
                license = MIT\n[options]\npython_requires = >=3.8\ninstall_requires =\n    torch>=2\n    # no\n    numpy==1.26.4\n\
                [options.extras_require]\ndev = pytest; python_version>'3'\n[flake8]\nignore = x\n";
    let expected = ["python >=3.8 R!", "torch >=2 R!", "numpy 1.26.4 R!", "pytest - O!"];
    assert_eq!(shown("setup.cfg", text.as_bytes()), expected);
    let (_, facts) = look("setup.cfg", text.as_bytes());
    assert_eq!((facts.text(property::NAME), facts.text(property::VERSION)), (Some("demo"), None));
    let Value::Party(party) = &facts.of(property::PARTY).next().unwrap().value else { panic!() };
    assert_eq!((party.name.as_str(), party.email.as_deref()), ("Ann", Some("a@b.example")));
}

#[test]
fn conda_environments_and_locks() {
    let environment = "name: demo\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - conda-forge::numpy==1.26.4\n\
        \x20 - pytorch=2.1.0=py3.11_cuda12\n  - scipy >=1.10,<2\n  - 'blas[version=\">=1\"]'\n  - pip\n  - pip:\n    - datasets==2.19.0\n";
    let expected = [
        "python =3.11 R!",
        "numpy 1.26.4 R! <conda-forge",
        "pytorch 2.1.0 R!",
        "scipy >=1.10,<2 R!",
        "blas [version=\">=1\"] R!",
        "pip - R!",
        "datasets 2.19.0 R!",
    ];
    assert_eq!(shown("environment.yml", environment.as_bytes()), expected);
    let (a, b) = ("a".repeat(64), "b".repeat(32));
    let lock = format!(
        "version: 1\npackage:\n- name: numpy\n  version: 1.26.4\n  manager: conda\n  platform: linux-64\n  dependencies: {{python: '>=3', __glibc: ''}}\n\
         \x20 url: https://host/t/SECRET/../numpy.conda?x=y\n  hash: {{sha256: {a}, md5: {b}}}\n  category: main\n  optional: false\n\
         - name: numpy\n  version: 1.26.4\n  manager: conda\n  platform: osx-64\n  dependencies: {{python: '>=3'}}\n  url: https://host/n2\n  hash: {{md5: {}}}\n  category: main\n  optional: false\n\
         - name: python\n  version: '3.10'\n  manager: conda\n  platform: linux-64\n  dependencies: {{}}\n  url: https://host/p\n  hash: {{}}\n  category: dev\n  optional: true\n",
        "c".repeat(32)
    );
    let shown_lock = shown("conda-lock.yml", lock.as_bytes());
    assert_eq!(shown_lock.len(), 2);
    assert!(shown_lock[0].starts_with("numpy 1.26.4 R! #3 >python"), "{shown_lock:?}");
    assert!(shown_lock[1].starts_with("python 3.10 D"), "{shown_lock:?}");
    let pixi = format!(
        "version: 6\nenvironments: {{}}\npackages:\n- conda: https://host/conda-forge/linux-64/libgcc-ng-13.2.0-h1_5.conda\n  sha256: {a}\n  md5: {b}\n  depends:\n  - _openmp_mutex >=4\n\
         - conda: https://host/conda-forge/noarch/_openmp_mutex-4.5-2_gnu.tar.bz2\n  sha256: {a}\n\
         - pypi: https://host/x.whl\n  name: anyio\n  version: 4.0.0\n  sha256: {a}\n  requires_dist:\n  - idna>=2.8\n  - trio ; extra == 'trio'\n- pypi: https://host/y.whl\n  name: idna\n  version: '3.7'\n"
    );
    let expected = [
        "libgcc-ng 13.2.0 R! #2 >_openmp_mutex <https://host/conda-forge/linux-64/libgcc-ng-13.2.0-h1_5.conda",
        "_openmp_mutex 4.5 R #1 <https://host/conda-forge/noarch/_openmp_mutex-4.5-2_gnu.tar.bz2",
        "anyio 4.0.0 R! #1 >idna <https://host/x.whl",
        "idna 3.7 R <https://host/y.whl",
    ];
    assert_eq!(shown("pixi.lock", pixi.as_bytes()), expected);
}

#[test]
fn npm_manifests_and_odd_lock_entries() {
    let manifest = r#"{"name":"@s/n","version":"1.0.0","license":"MIT","author":"A B <a@b.example> (https://x)",
        "repository":{"url":"git+https://TOKEN@host/r.git"},"dependencies":{"a":"1.2.3","b":"^2.0.0","c":"npm:d@4.0.0",
        "e":"git+ssh://git@host/e.git#v1","f":"file:../f","g":"*","h":"o/r"},"devDependencies":{"i":"1.x"}}"#;
    let expected = [
        "a 1.2.3 R!",
        "b ^2.0.0 R!",
        "d 4.0.0 R!",
        "e - R! <git+ssh://git@host/e.git",
        "f - R! <file:../f",
        "g - R!",
        "h - R! <o/r",
        "i 1.x D!",
    ];
    assert_eq!(shown("package.json", manifest.as_bytes()), expected);
    let (_, facts) = look("package.json", manifest.as_bytes());
    assert!(!format!("{facts:?}").contains("TOKEN"));
    let lock = r#"{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"^1"},"workspaces":["w"]},"w":{"dependencies":{"b":"1"}},
        "node_modules/w":{"resolved":"w","link":true},
        "node_modules/a":{"version":"1.0.0","dependencies":{"b":"2","x":"1"},"resolved":"https://u:p@mirror.example/a.tgz"},
        "node_modules/a/node_modules/b":{"version":"2.0.0"},"node_modules/b":{"version":"1.0.0","optional":true},
        "node_modules/al":{"name":"real","version":"3.0.0","dev":true}}}"#;
    let expected =
        ["a 1.0.0 R! >b <https://mirror.example/a.tgz", "b 2.0.0 R", "b 1.0.0 O!", "real 3.0.0 D"];
    assert_eq!(shown("package-lock.json", lock.as_bytes()), expected);
}

#[test]
fn yarn_aliases_workspaces_and_scopes() {
    let lock = "__metadata:\n  version: 8\n\n\"@s/a@npm:^1, @s/a@npm:^1.1\":\n  version: 1.1.0\n  resolution: \"@s/a@npm:1.1.0\"\n  linkType: hard\n\n\
        \"al@npm:real@^2\":\n  version: 2.0.0\n  resolution: \"real@npm:2.0.0\"\n\n\
        \"root@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"root@workspace:.\"\n  dependencies:\n    \"@s/a\": \"npm:^1\"\n    other: \"workspace:*\"\n";
    assert_eq!(shown("yarn.lock", lock.as_bytes()), ["@s/a 1.1.0 R!", "real 2.0.0 R"]);
}

#[test]
fn cargo_manifests_and_the_oldest_lock_file() {
    let manifest = "[package]\nname = \"n\"\nversion = \"1.0.0\"\nlicense = \"MIT OR Apache-2.0\"\nauthors = [\"A <a@b.example>\"]\n\
        [dependencies]\na = \"1\"\nb = { version = \"=2.0.0\", optional = true }\nc = { package = \"real\", git = \"https://t@host/c\", rev = \"abc\" }\n\
        w = { workspace = true }\n[build-dependencies]\nd = \"*\"\n[target.'cfg(unix)'.dev-dependencies]\ne = { path = \"../e\" }\n";
    let expected =
        ["a 1 R!", "b 2.0.0 O!", "real abc R! <https://host/c", "w - R!", "d - B!", "e - D! <../e"];
    assert_eq!(shown("Cargo.toml", manifest.as_bytes()), expected);
    let hash = "a".repeat(64);
    let source = "registry+https://index.example/crates.example-index";
    let lock = format!(
        "[[package]]\nname = \"x\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n\
         [metadata]\n\"checksum x 1.0.0 ({source})\" = \"{hash}\"\n"
    );
    assert_eq!(shown("Cargo.lock", lock.as_bytes()), ["x 1.0.0 R #1"]);
}

#[test]
fn go_replacements_and_indirect_modules() {
    let text = "module \"example.org/x\"\n\ngo 1.22\n\nrequire (\n\ta.example/a v1.0.0\n\tb.example/b v2.0.0 // indirect\n\tc.example/c v3.0.0\n)\n\
                replace a.example/a => fork.example/a v1.0.1\nreplace (\n\tc.example/c v3.0.0 => ../c\n)\nexclude d.example/d v1.0.0\n";
    let expected = [
        "go >=1.22 R!",
        "fork.example/a v1.0.1 R!",
        "b.example/b v2.0.0 R",
        "c.example/c v3.0.0 R! <../c",
    ];
    assert_eq!(shown("go.mod", text.as_bytes()), expected);
    assert_eq!(look("go.mod", text.as_bytes()).1.text(property::NAME), Some("example.org/x"));
}

#[test]
fn dockerfiles_name_their_images() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let text = format!(
        "# syntax=x\nARG TAG=3.11\nARG BASE=python:${{TAG}}-slim\nFROM --platform=linux/amd64 ${{BASE}}@{digest} AS build\n\
         RUN pip install --no-cache-dir \\\n    torch==2.1.0 -r requirements.txt && apt-get install x\n\
         FROM build AS middle\nFROM $UNKNOWN\nFROM host:5000/cuda:12.1\nCOPY --from=build /a /b\nCOPY --from=tools:1 /c /d\nCOPY --from=0 /e /f\nFROM scratch\n"
    );
    let mut shown = shown("Dockerfile", text.as_bytes());
    shown.sort();
    let expected =
        ["host:5000/cuda 12.1 B!", "python 3.11-slim B! #1", "tools 1 B!", "torch 2.1.0 R!"];
    assert_eq!(shown, expected);
    let bomb = "ARG A=xxxxxxxxxx\n".to_owned()
        + &(0..40).map(|_| "ARG A=$A$A$A$A\n").collect::<String>()
        + "FROM a$A\n";
    assert_eq!(crate::code::shown("Dockerfile", bomb.as_bytes()), Vec::<String>::new());
}

#[test]
fn what_runs_is_the_image_that_the_last_stage_begins_with() {
    for (text, expected) in [
        (
            "FROM python:3.11 AS base\nFROM node:20 AS web\nFROM base AS final\nCOPY --from=web /a /a\n",
            ["node 20 B!", "python 3.11 R!"].as_slice(),
        ),
        ("FROM a:1 AS a\nFROM a AS b\nFROM c:2\nFROM B\n", &["a 1 R!", "c 2 B!"]),
        ("FROM a:1 AS x\nFROM b:2 AS x\nFROM x\n", &["a 1 B!", "b 2 R!"]),
        ("FROM golang:1 AS b\nFROM scratch\nCOPY --from=b /a /a\n", &["golang 1 B!"]),
    ] {
        let mut shown = shown("Dockerfile", text.as_bytes());
        shown.sort();
        assert_eq!(shown, expected, "{text}");
    }
}

#[test]
fn what_git_has_keeps_its_own_version() {
    let commit = "0123456789012345678901234567890123456789";
    let poetry = format!(
        "[[package]]\nname = \"x\"\nversion = \"1.2.3\"\n[package.source]\ntype = \"git\"\n\
         url = \"https://t@h.example/o/x.git\"\nreference = \"main\"\nresolved_reference = \"{commit}\"\n\
         [metadata]\nlock-version = \"2.0\"\n"
    );
    let pdm = format!(
        "[metadata]\nlock_version = \"4.4\"\n[[package]]\nname = \"x\"\nversion = \"1.2.3\"\n\
         git = \"ssh://git@h.example/o/x.git\"\nref = \"main\"\nrevision = \"{commit}\"\n"
    );
    let pylock = format!(
        "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"x\"\nversion = \"1.2.3\"\n\
         vcs = {{ type = \"git\", url = \"git@h.example:o/x.git\", commit-id = \"{commit}\" }}\n"
    );
    for (path, text, source) in [
        ("poetry.lock", poetry, "https://h.example/o/x.git"),
        ("pdm.lock", pdm, "ssh://git@h.example/o/x.git"),
        ("pylock.toml", pylock, "ssh://git@h.example/o/x.git"),
    ] {
        let (_, facts) = look(path, text.as_bytes());
        let (package, _) = &packages(&facts)[0];
        assert_eq!(package.version.as_deref(), Some("1.2.3"), "{path}");
        assert_eq!(package.source, Some(format!("git+{source}@{commit}")), "{path}");
    }
}

#[test]
fn compose_files_name_their_images() {
    let text = "services:\n  db: {image: 'postgres:16'}\n  web:\n    build: .\n  x: {image: \"a:${TAG}\"}\n";
    assert_eq!(shown("docker-compose.yml", text.as_bytes()), ["postgres 16 R!"]);
    assert_eq!(format("other.yml", text.as_bytes()), "yaml");
}

#[test]
fn what_breaks_a_file_is_said() {
    let deep = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
    for (path, text) in [
        ("uv.lock", "[[package]\n"),
        ("uv.lock", "a = 1\na = 2\n"),
        ("uv.lock", deep.as_str()),
        ("package-lock.json", "{\"packages\":{"),
        ("Pipfile.lock", "{\"default\":{},\"default\":{}}"),
        ("pnpm-lock.yaml", "packages: &a [*a]\n"),
        ("environment.yml", "dependencies: [\n"),
    ] {
        let (_, facts) = look(path, text.as_bytes());
        assert!(facts.incomplete, "{path}");
        assert_eq!(rules(&facts), ["not-inspected"], "{path}");
    }
    let (_, facts) = look("uv.lock", b"a = 1\n\n= 2\n");
    assert!(facts.findings[0].message.ends_with("in line 3"), "{:?}", facts.findings);
}

#[test]
fn what_was_found_before_the_budget_ended_is_kept() {
    let text = "p==1.0\n".repeat(5000);
    let mut budget = sealkit_report::Budget::new(1 << 20, 100, 1_000_000, 16);
    let (_, facts) = sealkit_inspect::inspect("requirements.txt", &text.as_bytes(), &mut budget);
    assert!(facts.incomplete);
    assert_eq!(packages(&facts).len(), 100);
}
