//! `emissions.csv` of codecarbon: one row for each run that it measured.

use sealkit_report::Budget;

use crate::format::ends_with;
use crate::pick::{Pen, head};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

const FORMAT: Format =
    Format::new("codecarbon", "codecarbon measurements", Class::Metadata, &[]).media("text/csv");
/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Columns that every version writes.
const COLUMNS: &[&str] = &["timestamp", "duration", "emissions", "energy_consumed"];
/// Most columns of a row.
const MAX_COLUMNS: usize = 256;

pub(crate) struct Codecarbon;

impl Inspector for Codecarbon {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let first = probe.text().and_then(|text| text.lines().next()).map(fields);
        let has =
            |columns: Vec<String>| COLUMNS.iter().all(|name| columns.iter().any(|c| c == name));
        let named = ends_with(probe.file_name(), ".csv");
        if named && first.is_some_and(has) { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let (text, whole) = head(source, budget, MAX_BYTES)?;
        if !whole {
            let what = "a file above the limit of 1 MiB";
            return Err(InspectError::malformed("codecarbon", what, MAX_BYTES));
        }
        let mut lines = (1_u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let columns = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
        let rows: Vec<(u64, Vec<String>)> = lines.map(|(at, line)| (at, fields(line))).collect();
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        let alone = rows.len() == 1;
        for (line, row) in &rows {
            budget.entries(1)?;
            run(&mut pen, *line, &Row { columns: &columns, values: row }, alone);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::CO2_GRAMS,
            property::CO2_SOURCE,
            property::ENERGY_KWH,
            property::ENERGY_REGION,
            property::TRAINING_SECONDS,
            property::HARDWARE,
            property::CREATED,
            property::PACKAGE,
        ]
    }
}

struct Row<'a> {
    columns: &'a [String],
    values: &'a [String],
}

impl Row<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn number(&self, column: &str) -> Option<f64> {
        self.text(column)?.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0)
    }
}

/// One run; where there are several, its facts are about its identifier.
fn run(pen: &mut Pen<'_>, line: u64, row: &Row<'_>, alone: bool) {
    let place = format!("line {line}");
    let id = row.text("run_id").or_else(|| row.text("experiment_id"));
    let id = id.map_or_else(|| place.clone(), str::to_owned);
    let subject = if alone { "" } else { id.as_str() };
    let mut add = |property, value| pen.about(subject, &place, property, value);
    // Kilograms.
    if let Some(kilograms) = row.number("emissions") {
        add(property::CO2_GRAMS, Value::Float(kilograms * 1000.0));
        add(property::CO2_SOURCE, Value::Text("codecarbon".to_owned()));
    }
    if let Some(energy) = row.number("energy_consumed") {
        add(property::ENERGY_KWH, Value::Float(energy));
    }
    if let Some(seconds) = row.number("duration") {
        add(property::TRAINING_SECONDS, Value::Float(seconds));
    }
    let region: Vec<&str> =
        ["region", "country_name"].into_iter().filter_map(|c| row.text(c)).collect();
    if !region.is_empty() {
        add(property::ENERGY_REGION, Value::Text(region.join(", ")));
    }
    for column in ["cpu_model", "gpu_model"] {
        if let Some(model) = row.text(column) {
            add(property::HARDWARE, Value::Text(model.to_owned()));
        }
    }
    if let Some(time) = row.text("timestamp") {
        add(property::CREATED, Value::Text(time.to_owned()));
    }
    if let Some(version) = row.text("codecarbon_version").filter(|_| alone) {
        pen.package(&place, "codecarbon", version);
    }
}

/// The fields of one line (RFC 4180); codecarbon writes no line breaks into a field.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.trim_end_matches('\r').chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted && fields.len() < MAX_COLUMNS => fields.push(String::new()),
            _ => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}
