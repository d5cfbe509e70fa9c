//! The SLSA provenance of a run (slsa.dev/spec/v1.2/provenance, with SealKit's build types).

use std::time::SystemTime;

use base64::Engine as _;
use sealkit_attest::{
    BuildDefinition, BuildMetadata, BuildType, Builder, DependencyRole, DigestSet, Provenance,
    ResourceDescriptor, RunDetails, Timestamp, Uri,
};
use sealkit_inspect::MetricInfo;
use serde_json::{Map, Value as Json};

use super::materials::{by_uri, describe};
use super::observed::{Code, Observed, number, text};
use super::redact::Redactor;
use super::{Run, hardware, python};
use crate::OpsError;

/// Who answers for a run that somebody recorded on a machine of their own.
const BUILDER: &str = "https://sealkit.dev/builders/record/v1";

/// Reads `NAME=VALUE`; a number is a number.
pub(super) fn parameters(given: &[String]) -> Result<Map<String, Json>, OpsError> {
    let mut all = Map::new();
    for one in given {
        let Some((name, value)) = one.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            // What was typed may hold a secret, so it is not repeated.
            return Err(OpsError::usage("record-parameter", "a `--param` has no name and value")
                .with_hint("write it as `--param NAME=VALUE`"));
        };
        if all.insert(name.to_owned(), number(value)).is_some() {
            let message = "a `--param` is given twice";
            return Err(OpsError::usage("record-parameter", message));
        }
    }
    Ok(all)
}

pub(super) fn make(
    run: &Run,
    observed: &Observed,
    redactor: &mut Redactor,
    warnings: &mut Vec<String>,
) -> Result<Provenance, OpsError> {
    let fallback = if run.materials.iter().any(|m| m.role == Some(DependencyRole::BaseModel)) {
        BuildType::Finetune
    } else {
        BuildType::Train
    };
    let kind = run.request.build_type.unwrap_or(fallback);
    let given = parameters(&run.request.parameters)?;
    let python = python::of_command(
        run.request.command.first().map_or("", String::as_str),
        &run.request.folder,
        &run.request.python,
    );
    if python.is_none() {
        warnings.push("no environment of Python was found: no packages are recorded".to_owned());
    }
    if let Some(reason) = python.as_ref().and_then(|python| python.missing.as_ref()) {
        warnings.push(format!("the list of packages is not complete: {reason}"));
    }
    if observed.incomplete {
        warnings.push(
            "not all parameters and metrics of the outputs are recorded: they are too many or too long".to_owned(),
        );
    }
    Ok(Provenance {
        build_definition: BuildDefinition {
            build_type: uri(kind.uri())?,
            external_parameters: external(run, observed, &given, redactor),
            internal_parameters: internal(run, observed, python.as_ref(), redactor),
            resolved_dependencies: dependencies(run, python.as_ref(), redactor, warnings)?,
        },
        run_details: RunDetails {
            builder: Builder {
                id: uri(BUILDER)?,
                builder_dependencies: Vec::new(),
                version: [("sealkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned())].into(),
            },
            metadata: Some(BuildMetadata {
                invocation_id: Some(invocation()?),
                started_on: Some(timestamp(run.started)?),
                finished_on: Some(timestamp(run.finished)?),
            }),
            byproducts: byproducts(observed, redactor),
        },
    })
}

/// What the person chose: command, parameters, seed.
fn external(
    run: &Run,
    observed: &Observed,
    given: &Map<String, Json>,
    redactor: &mut Redactor,
) -> Map<String, Json> {
    let mut all = Map::new();
    all.insert("command".to_owned(), redactor.command(&run.request.command).into());
    let seed = given.get("seed").or(observed.seed.as_ref());
    if let Some(seed) = seed {
        all.insert("seed".to_owned(), clean("seed", seed, "parameter", redactor));
    }
    if !given.is_empty() {
        all.insert("parameters".to_owned(), cleaned(given, "parameter", redactor).into());
    }
    all
}

/// What the run was found to have: parameters that a trainer wrote down, machine, variables.
fn internal(
    run: &Run,
    observed: &Observed,
    python: Option<&python::Environment>,
    redactor: &mut Redactor,
) -> Map<String, Json> {
    let mut all = Map::new();
    if !observed.parameters.is_empty() {
        let found = cleaned(&observed.parameters, "parameter in an output", redactor);
        all.insert("parameters".to_owned(), found.into());
    }
    let machine = hardware::read(std::path::Path::new("/"));
    all.insert("hardware".to_owned(), cleaned(&machine, "hardware", redactor).into());
    let variables = run.request.environment.iter().map(|(name, value)| {
        let of = format!("variable `{name}`");
        (name.clone(), redactor.value(name, value, &of).into())
    });
    let variables: Map<String, Json> = variables.collect();
    if !variables.is_empty() {
        all.insert("environment".to_owned(), variables.into());
    }
    if let Some(version) = python.and_then(|python| python.version.as_ref()) {
        all.insert("python".to_owned(), version.clone().into());
    }
    all.insert("exitCode".to_owned(), run.ended.code().into());
    all
}

fn dependencies(
    run: &Run,
    python: Option<&python::Environment>,
    redactor: &mut Redactor,
    warnings: &mut Vec<String>,
) -> Result<Vec<ResourceDescriptor>, OpsError> {
    let mut all = Vec::new();
    for (material, tree) in run.materials.iter().zip(&run.inputs) {
        all.push(describe(material, tree.as_ref(), redactor)?);
    }
    match &run.code {
        Some(code) => all.extend(of_code(code, redactor, warnings)),
        None => {
            warnings.push("the folder is in no git repository: no commit is recorded".to_owned());
        }
    }
    for package in python.iter().flat_map(|python| &python.packages) {
        // Names and versions have no character that a package URL would escape, but for these.
        let version = package.version.replace('+', "%2B").replace('!', "%21");
        let made = by_uri(&package.name, &format!("pkg:pypi/{}@{version}", package.name));
        all.extend(made.map(|made| {
            let made = made.with_role(DependencyRole::Environment);
            match &package.record {
                Some(record) => made.annotated("recordSha256", record.hex()),
                None => made,
            }
        }));
    }
    Ok(all)
}

fn of_code(
    code: &Code,
    redactor: &mut Redactor,
    warnings: &mut Vec<String>,
) -> Option<ResourceDescriptor> {
    let digest = DigestSet::git_commit(&code.commit).ok()?;
    let mut made = ResourceDescriptor { digest: Some(digest), ..ResourceDescriptor::default() };
    made.name = Some("code".to_owned());
    let address =
        code.repository.as_ref().filter(|url| url.contains("://") && !url.starts_with("file:"));
    let address = address.map(|url| redactor.text(url, "address of the repository"));
    made.uri = address.and_then(|url| Uri::try_from(format!("git+{url}")).ok());
    if code.dirty != Some(false) {
        let how = if code.dirty.is_some() {
            "files differ from"
        } else {
            "it is not known whether files differ from"
        };
        warnings.push(format!("{how} commit {}", code.commit));
    }
    let dirty = code.dirty.map_or(Json::Null, Json::from);
    Some(made.with_role(DependencyRole::Code).annotated("dirty", dirty))
}

/// Results, each set as a small document of its own whose annotation names the file that has it.
fn byproducts(observed: &Observed, redactor: &mut Redactor) -> Vec<ResourceDescriptor> {
    let made = observed.metrics.iter().map(|(file, (digest, values))| {
        let values = values.iter().map(|metric| Json::Object(result(metric, redactor)));
        let document = Json::Array(values.collect()).to_string();
        ResourceDescriptor {
            name: Some("metrics".to_owned()),
            content: Some(base64::engine::general_purpose::STANDARD.encode(document)),
            media_type: Some("application/json".to_owned()),
            ..ResourceDescriptor::default()
        }
        .annotated("file", file.clone())
        .annotated("fileDigest", digest.to_string())
    });
    made.collect()
}

/// One result: its name, its value, and what it was measured on, as far as the file tells.
fn result(metric: &MetricInfo, redactor: &mut Redactor) -> Map<String, Json> {
    let mut all = Map::new();
    let told = [
        ("name", Some(&metric.name)),
        ("task", metric.task.as_ref()),
        ("dataset", metric.dataset.as_ref()),
        ("config", metric.config.as_ref()),
        ("split", metric.split.as_ref()),
    ];
    for (key, value) in told.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        all.insert(key.to_owned(), redactor.text(value, "metric").into());
    }
    all.insert("value".to_owned(), clean(&metric.name, &number(&metric.value), "metric", redactor));
    all
}

fn cleaned(values: &Map<String, Json>, of: &str, redactor: &mut Redactor) -> Map<String, Json> {
    let clean = |(name, value): (&String, &Json)| {
        (redactor.text(name, of), clean(name, value, of, redactor))
    };
    values.iter().map(clean).collect()
}

/// A value without secrets; numbers and the like stay what they are, unless their name is a secret's.
fn clean(name: &str, value: &Json, of: &str, redactor: &mut Redactor) -> Json {
    match value {
        Json::Array(all) => {
            all.iter().map(|one| clean(name, one, of, redactor)).collect::<Vec<_>>().into()
        }
        Json::Object(map) => cleaned(map, of, redactor).into(),
        Json::String(text) => redactor.value(name, text, of).into(),
        plain => {
            let written = text(plain);
            let kept = redactor.value(name, &written, of);
            if kept == written { plain.clone() } else { kept.into() }
        }
    }
}

fn uri(text: &str) -> Result<Uri, OpsError> {
    Uri::try_from(text).map_err(|error| OpsError::usage("record-uri", format!("`{text}`: {error}")))
}

fn timestamp(time: SystemTime) -> Result<Timestamp, OpsError> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs() as i64)
        .map_err(|error| OpsError::usage("record-clock", format!("the clock is wrong: {error}")))
}

/// A name that no other run has, and that tells nothing of the machine.
fn invocation() -> Result<String, OpsError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| sealkit_attest::AttestError::RandomSource)?;
    Ok(bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}
