//! What provenance of a training run says beyond what every build has: seed, command, machine, packages,
//! code and results.

use base64::Engine as _;
use sealkit_inspect::{LinkInfo, MetricInfo, PackageInfo, Value, property};
use serde_json::Value as Json;

use super::{MAX_ENTRIES, MAX_TEXT, Taker, text};

/// Largest document inside a statement that is read, in bytes of base64.
const MAX_CONTENT: usize = 1 << 20;

/// The seed: a number, or what stands for one.
pub(super) fn seed(taker: &mut Taker<'_>, place: &str, value: &Json) {
    let value = match value {
        Json::Number(number) => number.as_u64().map(Value::Uint),
        Json::String(written) => text(&Json::String(written.clone())).map(Value::Text),
        _ => None,
    };
    if let Some(value) = value {
        taker.add(place, "", property::SEED, value);
    }
}

/// The command line, as one line of text.
pub(super) fn command(taker: &mut Taker<'_>, place: &str, words: &[Json]) {
    let words: Vec<&str> = words.iter().take(MAX_ENTRIES).filter_map(Json::as_str).collect();
    let line = words.join(" ");
    if !line.is_empty() && line.len() <= MAX_TEXT {
        taker.add(place, "command", property::METADATA, Value::Text(line));
    }
}

/// What the builder found: settings that a trainer wrote down, and the machine.
pub(super) fn internal(taker: &mut Taker<'_>, parameters: &Json) {
    let base = "/buildDefinition/internalParameters";
    let said: Vec<String> = taker
        .facts
        .facts
        .iter()
        .filter(|fact| fact.property == property::HYPERPARAMETER)
        .map(|fact| fact.subject.clone())
        .collect();
    for (name, value) in
        parameters["parameters"].as_object().into_iter().flatten().take(MAX_ENTRIES)
    {
        // What was asked for comes first; where both are there they were compared before signing.
        if !said.contains(name) {
            taker.setting(&format!("{base}/parameters/{name}"), name, value);
        }
    }
    let machine = &parameters["hardware"];
    let place = format!("{base}/hardware");
    if let Some(cpu) = text(&machine["cpu"]) {
        let cores =
            machine["cores"].as_u64().map(|cores| format!("{cores} × ")).unwrap_or_default();
        taker.add(&place, "", property::HARDWARE, Value::Text(format!("{cores}{cpu}")));
    }
    for gpu in machine["gpus"].as_array().into_iter().flatten().take(MAX_ENTRIES) {
        taker.text(&place, property::HARDWARE, gpu);
    }
    if let Some(version) = text(&parameters["python"]) {
        let (ecosystem, name) = ("generic".to_owned(), "python".to_owned());
        let package =
            PackageInfo { ecosystem, name, version: Some(version), ..PackageInfo::default() };
        let place = format!("{base}/python");
        taker.add(&place, "", property::PACKAGE, Value::Package(package));
    }
    for (name, value) in
        parameters["environment"].as_object().into_iter().flatten().take(MAX_ENTRIES)
    {
        if let Some(value) = text(value) {
            let place = format!("{base}/environment/{name}");
            taker.add(&place, name, property::METADATA, Value::Text(value));
        }
    }
}

/// Which run it was, how long it took, and what it measured.
pub(super) fn details(taker: &mut Taker<'_>, run: &Json) {
    let (base, times) = ("/runDetails/metadata", &run["metadata"]);
    taker.text(&format!("{base}/invocationId"), property::RUN_ID, &times["invocationId"]);
    if let Some(started) = text(&times["startedOn"]) {
        let place = format!("{base}/startedOn");
        taker.add(&place, "startedOn", property::METADATA, Value::Text(started));
    }
    let seconds = |value: &Json| crate::time::parse_time(value.as_str()?).ok();
    if let (Some(from), Some(to)) = (seconds(&times["startedOn"]), seconds(&times["finishedOn"]))
        && let Some(took) = to.checked_sub(from).and_then(|took| u64::try_from(took).ok())
    {
        taker.add(&format!("{base}/finishedOn"), "", property::TRAINING_SECONDS, Value::Uint(took));
    }
    let list = run["byproducts"].as_array().into_iter().flatten();
    for (at, one) in list.take(MAX_ENTRIES).enumerate().filter(|(_, one)| one["name"] == "metrics")
    {
        metrics(taker, &format!("/runDetails/byproducts/{at}/content"), &one["content"]);
    }
}

/// Results: a JSON array in base64, each with `name`, `value` and what it was measured on.
fn metrics(taker: &mut Taker<'_>, place: &str, content: &Json) {
    let written = content.as_str().filter(|text| text.len() <= MAX_CONTENT);
    let bytes =
        written.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let read = bytes.and_then(|bytes| serde_json::from_slice::<Json>(&bytes).ok());
    for one in read.as_ref().and_then(Json::as_array).into_iter().flatten().take(MAX_ENTRIES) {
        let value = match &one["value"] {
            Json::Number(number) => Some(number.to_string()),
            other => text(other),
        };
        let (Some(name), Some(value)) = (text(&one["name"]), value) else { continue };
        let metric = MetricInfo {
            name,
            value,
            task: text(&one["task"]),
            dataset: text(&one["dataset"]),
            config: text(&one["config"]),
            split: text(&one["split"]),
            ..MetricInfo::default()
        };
        taker.add(place, "", property::METRIC, Value::Metric(metric));
    }
}

/// Takes a dependency that a package URL names; false where it is none.
pub(super) fn package(taker: &mut Taker<'_>, place: &str, material: &Json) -> bool {
    let Some(purl) = text(&material["uri"]).filter(|uri| uri.starts_with("pkg:")) else {
        return false;
    };
    let rest = purl.trim_start_matches("pkg:");
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let Some((ecosystem, named)) = rest.split_once('/') else { return false };
    let (name, version) = named.split_once('@').map_or((named, None), |(n, v)| (n, Some(v)));
    // More escapes stand for names that a list of installed packages does not have.
    let plain = |text: &str| text.replace("%2B", "+").replace("%21", "!").replace("%40", "@");
    let package = PackageInfo {
        ecosystem: ecosystem.to_owned(),
        name: plain(name),
        version: version.map(plain),
        ..PackageInfo::default()
    };
    taker.add(place, "", property::PACKAGE, Value::Package(package));
    true
}

/// The commit of the code that ran, where it came from, and whether files differed from it.
pub(super) fn code(taker: &mut Taker<'_>, place: &str, material: &Json) {
    let digest = &material["digest"];
    let commit = [&digest["gitCommit"], &digest["sha1"]].into_iter().find_map(text);
    if let Some(commit) = commit {
        taker.add(place, "", property::COMMIT, Value::Text(commit));
    }
    if let Some(url) = text(&material["uri"]) {
        let url = url.strip_prefix("git+").unwrap_or(&url).to_owned();
        let link = LinkInfo { kind: "vcs".to_owned(), url };
        taker.add(place, "", property::LINK, Value::Link(link));
    }
    if let Some(dirty) = material["annotations"]["dirty"].as_bool() {
        taker.add(place, "", property::DIRTY, Value::Bool(dirty));
    }
}

#[cfg(test)]
mod tests {
    use sealkit_attest::{Statement, Subject};
    use sealkit_inspect::Facts;
    use sealkit_oci::Digest;
    use serde_json::json;

    use super::*;

    fn read(predicate: &Json) -> Facts {
        let subjects = vec![Subject::of(&Digest::of(b"kit"))];
        let bytes = serde_json::to_vec(predicate).unwrap();
        let made = Statement::with_predicate(subjects, super::super::V1, &bytes).unwrap();
        super::super::facts(&made, &Digest::of(b"bundle"), "Ada")
    }

    #[test]
    fn a_run_tells_seed_command_machine_packages_code_and_results() {
        let content = base64::engine::general_purpose::STANDARD
            .encode(r#"[{"name":"loss","value":0.25},{"name":3},7]"#);
        let facts = read(&json!({
            "buildDefinition": {
                "buildType": "https://sealkit.dev/buildtypes/train/v1",
                "externalParameters": {
                    "command": ["python", "train.py"], "seed": 7, "parameters": { "lr": 0.1 }
                },
                "internalParameters": {
                    "parameters": { "lr": 0.2, "epochs": 3 }, "python": "3.12",
                    "hardware": { "cpu": "Fast", "cores": 2, "gpus": ["H100"] }
                },
                "resolvedDependencies": [
                    { "name": "torch", "uri": "pkg:pypi/torch@2.1%2Bcu12" },
                    { "name": "code", "uri": "git+https://x/y", "digest": { "gitCommit": "ab" },
                      "annotations": { "role": "code", "dirty": true } }
                ]
            },
            "runDetails": {
                "builder": { "id": "https://b" },
                "metadata": { "invocationId": "run", "startedOn": "2026-01-01T00:00:00Z",
                    "finishedOn": "2026-01-01T00:01:00Z" },
                "byproducts": [{ "name": "metrics", "content": content }, { "name": "metrics", "content": "%" }]
            }
        }));
        let of = |name: &str| -> Vec<String> {
            let found = facts.facts.iter().filter(|fact| fact.property == name);
            found.map(|fact| format!("{}{}", fact.subject, fact.value)).collect()
        };
        assert_eq!(of(property::SEED), ["7"]);
        assert_eq!(of(property::HYPERPARAMETER), ["lr0.1", "epochs3"]);
        assert_eq!(of(property::HARDWARE), ["2 × Fast", "H100"]);
        assert_eq!(of(property::COMMIT), ["ab"]);
        assert_eq!(of(property::DIRTY), ["true"]);
        assert_eq!(of(property::TRAINING_SECONDS), ["60"]);
        assert_eq!(of(property::RUN_ID), ["run"]);
        assert!(of(property::METADATA).contains(&"commandpython train.py".to_owned()));
        let values: Vec<&Value> = facts.facts.iter().map(|fact| &fact.value).collect();
        let torch = values.iter().find_map(|value| match value {
            Value::Package(package) if package.name == "torch" => Some(package),
            _ => None,
        });
        assert_eq!(torch.unwrap().version.as_deref(), Some("2.1+cu12"));
        let metric = values.iter().find_map(|value| match value {
            Value::Metric(metric) => Some((metric.name.as_str(), metric.value.as_str())),
            _ => None,
        });
        assert_eq!(metric, Some(("loss", "0.25")));
    }
}
