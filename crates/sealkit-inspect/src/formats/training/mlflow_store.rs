//! The database that MLflow keeps its runs in where it has no folder for them: `mlflow.db`, SQLite.
//!
//! Source: the models of MLflow's `store.tracking.dbmodels`.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Severity};

use super::mlflow::{course, parameter, tag};
use crate::formats::sqlite::MAGIC;
use crate::formats::sqlite::rows::{Cell, Database, Row};
use crate::pick::{MAX_TEXT, Pen, cut};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, MetricInfo, OriginInfo, Probe,
    ReadAt, Value, property,
};

const FORMAT: Format = Format::new("mlflow-store", "database of MLflow", Class::Metadata, &[])
    .media("application/vnd.sqlite3");
const NAMES: &[&str] = &["mlflow.db", "mlruns.db", "mlflow.sqlite", "mlflow.sqlite3"];
/// Most runs that are told.
const MAX_RUNS: usize = 1000;
/// The columns that are read of runs, of metrics, and of parameters and tags.
const RUN: &[&str] = &["run_uuid", "name", "status", "start_time", "end_time", "lifecycle_stage"];
const METRIC: &[&str] = &["run_uuid", "key", "value", "is_nan"];
const ENTRY: &[&str] = &["run_uuid", "key", "value"];

pub(crate) struct MlflowStore;

impl Inspector for MlflowStore {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_it = probe.has(0, MAGIC) && probe.is_named(NAMES);
        if is_it { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut database = Database::open(source, budget)?;
        if database.has("runs", &["run_uuid", "status"]) {
            let mut store = Store { pen: Pen { path, facts: &mut facts }, runs: BTreeMap::new() };
            store.read(&mut database)?;
        } else {
            let message = "the database has no table of runs";
            facts.find("mlflow-runs", Severity::Info, (path, "sqlite_schema"), message);
        }
        if let Some(problem) = database.problem {
            let message = format!("not all of the database was read: {problem}");
            facts.find("not-inspected", Severity::Medium, (path, ""), message);
            facts.incomplete = true;
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
            property::TRAINED_ON,
            property::EVALUATED_ON,
            property::COMMIT,
            property::BRANCH,
            property::LINK,
            property::DESCRIPTION,
            property::METADATA,
            property::NOT_MEASURED,
        ]
    }
}

struct Store<'a> {
    pen: Pen<'a>,
    /// The runs that are told, with their places: `runs/ID`.
    runs: BTreeMap<String, String>,
}

impl Store<'_> {
    fn read(&mut self, database: &mut Database<'_>) -> Result<(), InspectError> {
        for row in database.rows("runs", RUN)? {
            self.run(&row);
        }
        for row in database.rows("params", ENTRY)? {
            if let Some((place, key, value)) = self.entry(&row, "params") {
                parameter(&mut self.pen, &place, &key, value.trim());
            }
        }
        for row in database.rows("latest_metrics", METRIC)? {
            self.metric(&row);
        }
        for row in database.rows("tags", ENTRY)? {
            if let Some((place, key, value)) = self.entry(&row, "tags") {
                tag(&mut self.pen, &place, &key, value.trim());
            }
        }
        self.data(database)
    }

    fn run(&mut self, row: &Row) {
        let Some(id) = text(row, "run_uuid") else { return };
        if text(row, "lifecycle_stage").as_deref() == Some("deleted") {
            return;
        }
        let place = format!("runs/{}", crate::kept::step(&id));
        if self.runs.len() >= MAX_RUNS {
            if !self.pen.facts.incomplete {
                self.pen.facts.incomplete = true;
                let message = format!("only the first {MAX_RUNS} runs were read");
                let at = (self.pen.path, "runs");
                self.pen.facts.find("not-inspected", Severity::Low, at, message);
            }
            return;
        }
        let pen = &mut self.pen;
        pen.declared(&format!("{place}/run_uuid"), property::RUN_ID, Value::Text(id.clone()));
        if let Some(name) = text(row, "name") {
            pen.declared(&format!("{place}/name"), property::NAME, Value::Text(name));
        }
        let time = |key: &str| match row.get(key) {
            Some(Cell::Int(millis)) => u64::try_from(*millis).ok(),
            _ => None,
        };
        course(pen, &place, (time("start_time"), time("end_time")), text(row, "status"));
        self.runs.insert(id, place);
    }

    /// Place, key and value of a row that is about a run.
    fn entry(&self, row: &Row, table: &str) -> Option<(String, String, String)> {
        let run = self.runs.get(&text(row, "run_uuid")?)?;
        let (key, value) = (text(row, "key")?, text(row, "value")?);
        Some((format!("{run}/{table}/{}", crate::kept::step(&key)), key, value))
    }

    fn metric(&mut self, row: &Row) {
        let run = text(row, "run_uuid").and_then(|id| self.runs.get(&id));
        let (Some(run), Some(name)) = (run, text(row, "key")) else { return };
        let value = match row.get("value") {
            _ if row.get("is_nan") == Some(&Cell::Int(1)) => "nan".to_owned(),
            Some(Cell::Float(value)) => value.to_string(),
            Some(Cell::Int(value)) => value.to_string(),
            _ => return,
        };
        let place = format!("{run}/metrics/{}", crate::kept::step(&name));
        let metric = MetricInfo { name, value, ..MetricInfo::default() };
        self.pen.declared(&place, property::METRIC, Value::Metric(metric));
    }

    /// The data that runs say they used: `inputs` ties a dataset to a run, `input_tags` says for what.
    fn data(&mut self, database: &mut Database<'_>) -> Result<(), InspectError> {
        let mut datasets: BTreeMap<String, Row> = BTreeMap::new();
        for row in database.rows("datasets", &["dataset_uuid", "name", "digest"])? {
            datasets.extend(text(&row, "dataset_uuid").map(|id| (id, row)));
        }
        let mut uses: BTreeMap<String, String> = BTreeMap::new();
        for row in database.rows("input_tags", &["input_uuid", "name", "value"])? {
            if text(&row, "name").as_deref() == Some("mlflow.data.context") {
                uses.extend(text(&row, "input_uuid").zip(text(&row, "value")));
            }
        }
        for row in database.rows("inputs", &["input_uuid", "source_id", "destination_id"])? {
            let run = text(&row, "destination_id").and_then(|id| self.runs.get(&id));
            let data = text(&row, "source_id").and_then(|id| datasets.get(&id));
            let (Some(run), Some(data)) = (run, data) else { continue };
            let Some(name) = text(data, "name") else { continue };
            let context = text(&row, "input_uuid").and_then(|id| uses.get(&id));
            let is_test = context.is_some_and(|context| {
                let context = context.to_ascii_lowercase();
                ["eval", "test", "valid"].iter().any(|word| context.contains(word))
            });
            let place = format!("{run}/inputs/{}", crate::kept::step(&name));
            let version = text(data, "digest");
            if self.runs.len() > 1 {
                // Which of the runs made what lies beside the database is not known.
                let shown = Value::Text(version.unwrap_or_else(|| "used".to_owned()));
                self.pen.about(&format!("input {name}"), &place, property::METADATA, shown);
                continue;
            }
            let (role, property) = if is_test {
                ("test", property::EVALUATED_ON)
            } else {
                ("train", property::TRAINED_ON)
            };
            let origin =
                OriginInfo { role: Some(role.to_owned()), version, ..OriginInfo::named(name) };
            self.pen.declared(&place, property, Value::Origin(origin));
        }
        Ok(())
    }
}

/// A text that says something.
fn text(row: &Row, column: &str) -> Option<String> {
    match row.get(column)? {
        Cell::Text(text) if !text.trim().is_empty() => Some(cut(text.trim(), MAX_TEXT).to_owned()),
        _ => None,
    }
}
