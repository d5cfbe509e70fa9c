//! Tables of a card: the datasets of the training with their sizes, and the results that the
//! Hugging Face trainer lists.

use super::markdown::{Document, Kind, Line};
use super::prose::place;
use super::{About, hyper, links, titles};
use crate::pick::{Pen, cut, grouped, is_placeholder, number};
use crate::{LinkInfo, MetricInfo, OriginInfo, Value, property};

/// Most rows of one table, and most cells of one row.
const MAX_ROWS: usize = 2000;
const MAX_CELLS: usize = 64;
/// Longest name of a dataset, in bytes.
const MAX_NAME: usize = 512;
/// Words in the head of a column of sizes.
const SIZES: &[&str] = &[
    "number",
    "tuples",
    "samples",
    "examples",
    "rows",
    "pairs",
    "size",
    "count",
    "instances",
    "triplets",
    "sentences",
    "documents",
    "images",
];

/// Reads the tables under headings about training data, or whose head speaks of training.
pub(super) fn read(pen: &mut Pen<'_>, document: &Document) {
    let mut context: (u8, bool) = (0, false);
    let mut at = 0;
    while let Some(line) = document.lines.get(at) {
        if let Kind::Heading(level, title) = &line.kind {
            let says = titles::properties(title, About::Model);
            if !says.is_empty() {
                context = (*level, says.contains(&property::TRAINING_DATA));
            } else if *level <= context.0 {
                context = (0, false);
            }
        }
        let rest = document.lines.get(at..).unwrap_or_default();
        let is_row = |line: &&Line| line.kind == Kind::Text && line.text.trim().starts_with('|');
        let length = rest.iter().take_while(is_row).count();
        if let Some(rows) = rest.get(..length).filter(|rows| rows.len() >= 3) {
            table(pen, rows, context.1);
        }
        at += length.max(1);
    }
}

/// The cells of a row without the space around them; none for a line that is no row.
pub(super) fn cells(line: &str) -> Option<Vec<String>> {
    let text = line.trim().strip_prefix('|')?;
    let text = text.strip_suffix('|').unwrap_or(text);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match c {
            '|' if !escaped && cells.len() < MAX_CELLS => cells.push(String::new()),
            _ => {
                if let Some(cell) = cells.last_mut() {
                    if c == '|' && escaped {
                        cell.pop();
                    }
                    cell.push(c);
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    Some(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

fn table(pen: &mut Pen<'_>, lines: &[Line], is_training: bool) {
    let mut rows = lines.iter().filter_map(|line| Some((line.number, cells(&line.text)?)));
    let Some((_, head)) = rows.next() else { return };
    let Some((_, rule)) = rows.next() else { return };
    let is_rule = |cell: &String| cell.contains('-') && cell.bytes().all(|b| b"-: ".contains(&b));
    let head: Vec<String> = head.iter().map(|cell| titles::normal(cell)).collect();
    let find = |words: &[&str], not: usize| {
        let has = |cell: &String| cell.split(' ').any(|word| words.contains(&word));
        head.iter().enumerate().find(|(at, cell)| *at != not && has(cell)).map(|(at, _)| at)
    };
    let Some(name) = find(&["dataset", "datasets", "corpus", "data"], usize::MAX) else { return };
    let Some(size) = find(SIZES, name) else { return };
    let speaks = head.iter().any(|cell| cell.split(' ').any(|word| word.starts_with("train")));
    if !rule.iter().all(is_rule) || !(is_training || speaks) {
        return;
    }
    let paper = find(&["paper", "papers", "reference"], name);
    for (number, cells) in rows.take(MAX_ROWS) {
        let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default();
        let place = place(number, number);
        let Some(origin) = dataset(cell(name), cell(size)) else { continue };
        let name = origin.name.clone();
        pen.declared(&place, property::TRAINED_ON, Value::Origin(origin));
        for link in paper.map(|at| links::links(cell(at))).unwrap_or_default() {
            let link = LinkInfo { kind: "documentation".to_owned(), url: link.url };
            pen.about(&name, &place, property::LINK, Value::Link(link));
        }
    }
}

fn dataset(name: &str, size: &str) -> Option<OriginInfo> {
    let shown = links::plain(name);
    let is_sum = matches!(titles::normal(&shown).as_str(), "total" | "sum" | "all" | "overall");
    if is_sum || is_placeholder(&shown) || shown.len() > MAX_NAME {
        return None;
    }
    Some(OriginInfo {
        role: Some("train".to_owned()),
        url: links::links(name).into_iter().next().map(|link| link.url),
        rows: grouped(&links::plain(size)),
        ..OriginInfo::named(shown)
    })
}

/// The list after "It achieves the following results on the evaluation set:".
pub(super) fn evaluation(pen: &mut Pen<'_>, document: &Document) {
    let mut inside = false;
    for line in &document.lines {
        if line.kind != Kind::Text {
            inside &= line.kind == Kind::Blank;
            continue;
        }
        if line.text.to_lowercase().contains("following results on the evaluation set") {
            inside = true;
            continue;
        }
        let Some((name, value)) = hyper::item(&line.text).filter(|_| inside) else {
            inside = false;
            continue;
        };
        if number(&value).is_some() {
            let metric = MetricInfo {
                name: cut(&name, MAX_NAME).to_owned(),
                value,
                split: Some("evaluation".to_owned()),
                ..MetricInfo::default()
            };
            let place = place(line.number, line.number);
            pen.declared(&place, property::METRIC, Value::Metric(metric));
        }
    }
}
