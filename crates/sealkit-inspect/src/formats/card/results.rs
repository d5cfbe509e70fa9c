//! `model-index` of a card: results of evaluations, each with the dataset it was made on.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::pick::{Pen, cut, items, text};
use crate::{MetricInfo, OriginInfo, Value, property};

/// Longest value of a metric that is no plain number, in bytes.
const MAX_VALUE: usize = 1024;

/// Reads every result of every model of the index.
pub(super) fn read(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    let mut seen = BTreeSet::new();
    for (at, model) in items(map.get("model-index")) {
        let base = format!("/model-index/{at}");
        pen.text(&format!("{base}/name"), property::NAME, model.get("name"));
        for (at, result) in items(model.get("results")) {
            one(pen, &format!("{base}/results/{at}"), result, &mut seen);
        }
    }
}

/// Types that name the loader of local files and no dataset (the packaged modules of the Hugging
/// Face `datasets` library).
const LOADERS: &[&str] = &[
    "arrow",
    "audiofolder",
    "csv",
    "imagefolder",
    "json",
    "pandas",
    "parquet",
    "text",
    "videofolder",
    "webdataset",
    "xml",
];

fn one(pen: &mut Pen<'_>, base: &str, result: &Json, seen: &mut BTreeSet<Vec<Option<String>>>) {
    let of = |part: &str, key: &str| result.get(part).and_then(|p| p.get(key)).and_then(text);
    let pretty = of("dataset", "name");
    let kind = of("dataset", "type").filter(|kind| !LOADERS.contains(&kind.as_str()));
    let id = kind.or_else(|| pretty.clone());
    let task = of("task", "type").or_else(|| of("task", "name"));
    let origin = id.clone().map(|name| OriginInfo {
        role: Some("test".to_owned()),
        revision: of("dataset", "revision"),
        config: of("dataset", "config").or_else(|| of("dataset", "args")),
        split: of("dataset", "split"),
        ..OriginInfo::named(name)
    });
    for (at, metric) in items(result.get("metrics")) {
        let kind = metric.get("type").and_then(text);
        let name = metric.get("name").and_then(text).or_else(|| kind.clone());
        let (Some(name), Some(value)) = (name, metric.get("value").and_then(written)) else {
            continue;
        };
        let info = MetricInfo {
            name,
            value,
            task: task.clone(),
            dataset: id.clone(),
            config: origin.as_ref().and_then(|o| o.config.clone()),
            split: origin.as_ref().and_then(|o| o.split.clone()),
            revision: origin.as_ref().and_then(|o| o.revision.clone()),
            dataset_name: pretty.clone(),
            kind,
            verified: metric.get("verified").and_then(Json::as_bool),
        };
        pen.declared(&format!("{base}/metrics/{at}"), property::METRIC, Value::Metric(info));
    }
    let Some(origin) = origin else { return };
    let key = [Some(&origin.name), origin.config.as_ref(), origin.split.as_ref()];
    let key = key.into_iter().chain([origin.revision.as_ref()]).map(Option::<&String>::cloned);
    if seen.insert(key.collect()) {
        pen.declared(&format!("{base}/dataset"), property::EVALUATED_ON, Value::Origin(origin));
    }
}

/// A value as it is written; one that is no plain value as JSON.
fn written(json: &Json) -> Option<String> {
    match json {
        Json::Null => None,
        Json::Array(_) | Json::Object(_) => {
            Some(json.to_string()).filter(|text| text.len() <= MAX_VALUE)
        }
        plain => text(plain).map(|text| cut(&text, MAX_VALUE).to_owned()),
    }
}
