//! Run folders of MLflow: `RUN/meta.yaml`, and one small file for each parameter, metric and tag.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{has_keys, yaml_map};
use crate::address::without_credentials;
use crate::moment;
use crate::pick::{Pen, head, number, origin_name, text};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, LinkInfo, MetricInfo, Probe, ReadAt,
    Value, property,
};

const FORMAT: Format = Format::new("mlflow-run", "run of MLflow", Class::Metadata, &[]);
/// Longest value of a parameter or tag, in bytes; MLflow allows 6,000.
const MAX_VALUE: u64 = 8 << 10;
/// Longest history of a metric that is read, in bytes.
const MAX_HISTORY: u64 = 4 << 20;

pub(crate) struct MlflowRun;

/// What one file of a run holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry<'a> {
    Meta,
    Parameter(&'a str),
    Metric(&'a str),
    Tag(&'a str),
}

impl Inspector for MlflowRun {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_text = probe.len == 0 || probe.text().is_some();
        let fits = match entry(probe.path) {
            Some(Entry::Meta) => has_keys(probe, &["run_id:", "experiment_id:"]),
            Some(Entry::Metric(_)) => probe.text().is_some_and(|text| {
                text.lines().next().is_some_and(|line| last_value(line).is_some())
            }),
            Some(_) => is_text,
            None => false,
        };
        if fits { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        match entry(path) {
            Some(Entry::Meta) => meta(&mut pen, &yaml_map(source, budget)?),
            Some(Entry::Metric(name)) => {
                let (text, whole) = head(source, budget, MAX_HISTORY)?;
                if !whole {
                    let what = "a history above the limit of 4 MiB";
                    return Err(InspectError::malformed("MLflow metric", what, MAX_HISTORY));
                }
                metric(&mut pen, name, &text);
            }
            Some(Entry::Parameter(name)) => {
                let (text, _) = head(source, budget, MAX_VALUE)?;
                parameter(&mut pen, "", name, text.trim());
            }
            Some(Entry::Tag(name)) => {
                let (text, _) = head(source, budget, MAX_VALUE)?;
                tag(&mut pen, "", name, text.trim());
            }
            None => {}
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::RUN_ID,
            property::NAME,
            property::CREATED,
            property::TRAINING_SECONDS,
            property::HYPERPARAMETER,
            property::METRIC,
            property::COMMIT,
            property::BRANCH,
            property::LINK,
            property::DESCRIPTION,
            property::METADATA,
        ]
    }
}

/// The part of a run that a path names: the folder of a run is called by its 32 hexadecimal
/// digits. Names of entries may have slashes.
fn entry(path: &str) -> Option<Entry<'_>> {
    let is_run = |part: &str| part.len() == 32 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let mut rest = path;
    while let Some((part, after)) = rest.split_once('/') {
        if is_run(part) {
            return match after.split_once('/') {
                None if after == "meta.yaml" => Some(Entry::Meta),
                Some(("params", name)) => Some(Entry::Parameter(name)),
                Some(("metrics", name)) => Some(Entry::Metric(name)),
                Some(("tags", name)) => Some(Entry::Tag(name)),
                _ => None,
            };
        }
        rest = after;
    }
    None
}

fn meta(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    pen.text("/run_id", property::RUN_ID, map.get("run_id"));
    pen.text("/run_name", property::NAME, map.get("run_name"));
    let time = |key: &str| map.get(key).and_then(crate::pick::uint);
    let status = map.get("status").and_then(text);
    course(pen, "", (time("start_time"), time("end_time")), status);
}

/// When a run started and ended, in milliseconds since 1970, and how it ended. It stands at `place`.
pub(super) fn course(
    pen: &mut Pen<'_>,
    place: &str,
    (start, end): (Option<u64>, Option<u64>),
    status: Option<String>,
) {
    if let Some(start) = start {
        let created = Value::Text(rfc3339(start));
        pen.declared(&format!("{place}/start_time"), property::CREATED, created);
    }
    if let (Some(start), Some(end)) = (start, end)
        && let Some(millis) = end.checked_sub(start)
    {
        let seconds = Value::Float(millis as f64 / 1000.0);
        pen.inferred(&format!("{place}/end_time"), property::TRAINING_SECONDS, seconds);
    }
    if let Some(status) = status {
        let at = format!("{place}/status");
        pen.about("status", &at, property::METADATA, Value::Text(status));
    }
}

/// One line for each step: time, value, step. The last value is the result.
fn metric(pen: &mut Pen<'_>, name: &str, history: &str) {
    let lines = (1_u64..).zip(history.lines()).filter(|(_, line)| !line.trim().is_empty());
    let Some((line, value)) = lines.last().and_then(|(at, line)| Some((at, last_value(line)?)))
    else {
        return;
    };
    let metric =
        MetricInfo { name: name.to_owned(), value: value.to_owned(), ..MetricInfo::default() };
    pen.declared(&format!("line {line}"), property::METRIC, Value::Metric(metric));
}

fn last_value(line: &str) -> Option<&str> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    match parts.as_slice() {
        [time, value] | [time, value, _] if time.parse::<u64>().is_ok() => {
            value.parse::<f64>().is_ok().then_some(*value)
        }
        _ => None,
    }
}

/// A parameter, which stands at `place`.
pub(super) fn parameter(pen: &mut Pen<'_>, place: &str, name: &str, text: &str) {
    if text.is_empty() || text == "None" {
        return;
    }
    let shown = match origin_name(text) {
        (name, true) => name,
        _ => text.to_owned(),
    };
    let value = number(&shown).unwrap_or(Value::Text(shown));
    pen.about(name, place, property::HYPERPARAMETER, value);
}

/// Who ran it, and where on which machine, stays out.
pub(super) fn tag(pen: &mut Pen<'_>, place: &str, name: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let value = Value::Text(text.to_owned());
    match name {
        "mlflow.source.git.commit" => pen.declared(place, property::COMMIT, value),
        "mlflow.source.git.branch" => pen.declared(place, property::BRANCH, value),
        "mlflow.runName" => pen.declared(place, property::NAME, value),
        "mlflow.note.content" => pen.declared(place, property::DESCRIPTION, value),
        "mlflow.source.git.repoURL" => {
            let url = without_credentials(text);
            let link = LinkInfo { kind: "vcs".to_owned(), url };
            pen.declared(place, property::LINK, Value::Link(link));
        }
        _ if name.starts_with("mlflow.") => {}
        _ => pen.about(name, place, property::METADATA, value),
    }
}

/// Milliseconds since 1970 as a date and time.
fn rfc3339(millis: u64) -> String {
    let whole = moment::rfc3339(millis / 1000);
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_dates() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(1_716_809_495_123), "2024-05-27T11:31:35.123Z");
        assert_eq!(rfc3339(4_107_542_399_999), "2100-02-28T23:59:59.999Z");
        assert!(!rfc3339(u64::MAX).is_empty());
    }

    #[test]
    fn paths_of_runs_are_known_and_others_are_not() {
        let run = "0123456789abcdef0123456789abcdef";
        assert_eq!(entry(&format!("mlruns/0/{run}/meta.yaml")), Some(Entry::Meta));
        assert_eq!(entry(&format!("{run}/params/a/b")), Some(Entry::Parameter("a/b")));
        assert_eq!(entry(&format!("x/{run}/artifacts/model/MLmodel")), None);
        assert_eq!(entry("mlruns/0/meta.yaml"), None);
    }

    #[test]
    fn no_password_is_kept() {
        assert_eq!(without_credentials("https://u:p@h.org/a/b"), "https://h.org/a/b");
        assert_eq!(without_credentials("git@h.org:a/b"), "git@h.org:a/b");
    }
}
