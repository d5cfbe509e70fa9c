//! The list of lock files and manifests.

use super::{
    PackageFile, Read, cargo, compose, conda, docker, go, installed, npm, pip, pipfile, pnpm,
    poetry, pylock, pyproject, setup_cfg, uv, yarn,
};
use crate::format::ends_with;
use crate::{Class, Format, property};

const LOCK: &[&str] = &[property::PACKAGE];
const LIST: &[&str] = &[property::PACKAGE, property::FILE_REFERENCE];
const NAMED: &[&str] = &[property::PACKAGE, property::NAME];
const PROJECT: &[&str] = &[
    property::PACKAGE,
    property::NAME,
    property::VERSION,
    property::DESCRIPTION,
    property::LICENCE,
    property::PARTY,
    property::LINK,
];

const fn code(id: &'static str, name: &'static str) -> Format {
    Format::new(id, name, Class::Code, &[]).media("text/plain")
}

const fn data(id: &'static str, name: &'static str, media: &'static str) -> Format {
    Format::new(id, name, Class::Metadata, &[]).media(media)
}

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const TOML: &str = "application/toml";

macro_rules! files {
    ($($name:ident = $format:expr, $named:expr, $fits:expr, $read:expr, $gives:expr;)*) => {
        $(pub(crate) static $name: PackageFile =
            PackageFile { format: $format, named: $named, fits: $fits, read: $read, gives: $gives };)*

        /// Whether a file with this name, in lower case, or this path is one of these.
        pub(crate) fn is_named(name: &str, path: &str) -> bool {
            [$(&$name),*].iter().any(|file: &&PackageFile| (file.named)(name, path))
        }
    };
}

files! {
    UV_LOCK = data("uv-lock", "uv lock file", TOML),
        |n, _| n == "uv.lock", any, Read::Toml(uv::lock), LOCK;
    POETRY_LOCK = data("poetry-lock", "Poetry lock file", TOML),
        |n, _| n == "poetry.lock", any, Read::Toml(poetry::poetry), LOCK;
    PDM_LOCK = data("pdm-lock", "PDM lock file", TOML),
        |n, _| n == "pdm.lock", any, Read::Toml(poetry::pdm), LOCK;
    PYLOCK = data("pylock", "Python lock file (PEP 751)", TOML),
        is_pylock, any, Read::Toml(pylock::lock), LOCK;
    PIPFILE_LOCK = data("pipfile-lock", "Pipenv lock file", JSON),
        |n, _| n == "pipfile.lock", is_object, Read::Json(pipfile::lock), LOCK;
    PIPFILE = data("pipfile", "Pipfile", TOML),
        |n, _| n == "pipfile", any, Read::Toml(pipfile::manifest), LOCK;
    REQUIREMENTS = code("pip-requirements", "pip requirements"),
        is_requirements, any, Read::Lines(pip::requirements), LIST;
    PYPROJECT = code("pyproject", "Python project manifest"),
        |n, _| n == "pyproject.toml", any, Read::Toml(pyproject::manifest), PROJECT;
    SETUP_CFG = code("setup-cfg", "setuptools settings"),
        |n, _| n == "setup.cfg", any, Read::Lines(setup_cfg::manifest), PROJECT;
    CONDA_ENVIRONMENT = data("conda-environment", "conda environment", YAML),
        is_environment, |text| text.contains("dependencies:"), Read::Yaml(conda::environment), NAMED;
    CONDA_LOCK = data("conda-lock", "conda-lock file", YAML),
        |n, _| matches!(n, "conda-lock.yml" | "conda-lock.yaml"), any, Read::Yaml(conda::conda_lock), LOCK;
    CONDA_EXPLICIT = data("conda-explicit-lock", "conda explicit lock file", "text/plain"),
        is_explicit, any, Read::Lines(conda::explicit), LOCK;
    PYTHON_ENV = data("python-env", "MLflow Python environment", YAML),
        |n, _| matches!(n, "python_env.yaml" | "python_env.yml"), any, Read::Yaml(pip::environment), LIST;
    PIXI_LOCK = data("pixi-lock", "pixi lock file", YAML),
        |n, _| n == "pixi.lock", any, Read::Yaml(conda::pixi), LOCK;
    NPM_LOCK = data("npm-lock", "npm lock file", JSON),
        |n, _| matches!(n, "package-lock.json" | "npm-shrinkwrap.json"), is_object, Read::Json(npm::lock), LOCK;
    PYTHON_INSTALLED = data("python-installed", "installed Python package", "text/plain"),
        installed::is_python, any, Read::Lines(installed::python), LOCK;
    CONDA_INSTALLED = data("conda-installed", "installed conda package", JSON),
        installed::is_conda, is_object, Read::Json(installed::conda), LOCK;
    NPM_INSTALLED = data("npm-installed", "installed npm package", JSON),
        installed::is_npm, is_object, Read::Json(installed::npm), LOCK;
    NPM_MANIFEST = data("npm-manifest", "npm manifest", JSON),
        |n, _| n == "package.json", is_object, Read::Json(npm::manifest), PROJECT;
    YARN_LOCK = data("yarn-lock", "Yarn lock file", "text/plain"),
        |n, _| n == "yarn.lock", any, Read::Lines(yarn::lock), LOCK;
    PNPM_LOCK = data("pnpm-lock", "pnpm lock file", YAML),
        |n, _| n == "pnpm-lock.yaml", any, Read::Yaml(pnpm::lock), LOCK;
    CARGO_LOCK = data("cargo-lock", "Cargo lock file", TOML),
        |n, _| n == "cargo.lock", any, Read::Toml(cargo::lock), LOCK;
    CARGO_MANIFEST = code("cargo-manifest", "Cargo manifest"),
        |n, _| n == "cargo.toml", any, Read::Toml(cargo::manifest), PROJECT;
    GO_MOD = data("go-mod", "Go module", "text/plain"),
        |n, _| n == "go.mod", any, Read::Lines(go::module), NAMED;
    GO_SUM = data("go-sum", "Go checksums", "text/plain"),
        |n, _| n == "go.sum", any, Read::Lines(go::sums), LOCK;
    COMPOSE = data("compose", "Compose file", YAML),
        is_compose,
        |text| text.contains("services:"),
        Read::Yaml(compose::services),
        LOCK;
    DOCKERFILE = code("dockerfile", "Dockerfile"),
        is_dockerfile, any, Read::Lines(docker::images), LOCK;
}

fn is_compose(name: &str, _: &str) -> bool {
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| matches!(stem, "compose" | "docker-compose"))
}

fn any(_: &str) -> bool {
    true
}

fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn is_pylock(name: &str, _: &str) -> bool {
    let rest = name.strip_prefix("pylock");
    rest.and_then(|rest| rest.strip_suffix(".toml"))
        .is_some_and(|n| n.is_empty() || n.starts_with('.'))
}

/// A name of such files, or a folder of them: `requirements/base.txt`.
fn is_requirements(name: &str, path: &str) -> bool {
    // Rye writes its lock as a list of requirements.
    if name == "requirements.lock" || name == "requirements-dev.lock" {
        return true;
    }
    let stem = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in"));
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    stem.is_some_and(|stem| {
        stem.contains("requirements")
            || stem.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "reqs")
            || stem == "constraints"
            || folder.eq_ignore_ascii_case("requirements")
    })
}

fn is_environment(name: &str, _: &str) -> bool {
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| stem.starts_with("environment") || stem == "conda")
}

/// `conda-linux-64.lock`, as conda-lock writes one for each platform.
fn is_explicit(name: &str, _: &str) -> bool {
    name.starts_with("conda-") && ends_with(name, ".lock")
}

fn is_dockerfile(name: &str, _: &str) -> bool {
    let starts = ["dockerfile", "containerfile"];
    let is = |name: &str| starts.iter().any(|s| name == *s || name.starts_with(&format!("{s}.")));
    is(name) || name.ends_with(".dockerfile")
}
