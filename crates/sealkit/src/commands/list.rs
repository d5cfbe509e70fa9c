//! `sealkit list`.

use std::fmt::Write as _;

use sealkit_oci::go_json;
use sealkit_ops::OpsError;
use sealkit_ops::list::{Listed, list_local, list_remote};
use serde::Serialize;

use crate::app::{App, Exit};
use crate::cli::ListArgs;
use crate::console::{Failure, Table, human_size};

/// What `kit` shows where there is nothing to show.
const NONE: &str = "<none>";

/// Lists the kits of the local store or of one repository of a registry.
pub(crate) fn run(app: &App, args: &ListArgs) -> Result<Exit, Failure> {
    let context = app.context(Some(&args.network))?;
    let listed = match &args.repository {
        None => app.block_on(list_local(&context, &args.filter))?,
        Some(repository) => {
            let reference = repository.parse().map_err(OpsError::from)?;
            app.block_on(list_remote(&context, &reference, &args.filter))?
        }
    };
    let Some(listed) = listed else { return Ok(Exit::Interrupted) };
    let rows: Vec<Row> = listed.iter().map(Row::from).collect();
    if app.console.is_brief(&args.format) {
        for row in &rows {
            app.console.answer(&row.digest);
        }
        return Ok(Exit::Yes);
    }
    match args.format.as_str() {
        "table" => app.console.answer(table(&rows)),
        "json" => {
            let json = go_json::to_vec_pretty(&rows).map_err(|source| {
                Failure::new("json", "could not write JSON").caused_by(&source)
            })?;
            app.console.answer(String::from_utf8_lossy(&json));
        }
        template => {
            for row in &rows {
                let text = row.fill(template)?;
                app.console.answer(text.strip_suffix('\n').unwrap_or(&text));
            }
        }
    }
    Ok(Exit::Yes)
}

/// One kit as `kit list --format json` shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    repo: String,
    digest: String,
    tags: Option<Vec<String>>,
    model_name: String,
    size: String,
    author: String,
}

impl From<&Listed> for Row {
    fn from(listed: &Listed) -> Self {
        let or_none = |text: &str| if text.is_empty() { NONE } else { text }.to_owned();
        Self {
            repo: or_none(listed.repository.as_deref().unwrap_or_default()),
            digest: listed.digest.to_string(),
            tags: (!listed.tags.is_empty()).then(|| listed.tags.clone()),
            model_name: or_none(&listed.name),
            size: human_size(listed.size),
            author: or_none(&listed.author),
        }
    }
}

impl Row {
    /// Fills a template with `kit`'s field names: `{{.Repo}}`, `{{ .Digest }}` and so on.
    fn fill(&self, template: &str) -> Result<String, Failure> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            text.push_str(before);
            let Some((field, next)) = after.split_once("}}") else {
                return Err(bad_template(template, "`{{` without `}}`"));
            };
            match field.trim() {
                ".Repo" => text.push_str(&self.repo),
                ".Digest" => text.push_str(&self.digest),
                ".Tags" => {
                    let tags = self.tags.as_deref().unwrap_or_default().join(" ");
                    let _ = write!(text, "[{tags}]");
                }
                ".ModelName" => text.push_str(&self.model_name),
                ".Size" => text.push_str(&self.size),
                ".Author" => text.push_str(&self.author),
                other => return Err(bad_template(template, &format!("no field `{other}`"))),
            }
            rest = next;
        }
        text.push_str(rest);
        Ok(text.replace("\\n", "\n").replace("\\t", "\t"))
    }
}

fn bad_template(template: &str, why: &str) -> Failure {
    Failure::new("template-malformed", format!("template `{template}` can not be used: {why}"))
        .hint("use `table`, `json`, or fields `.Repo .Digest .Tags .ModelName .Size .Author` such as `{{.Repo}}`")
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new(&["REPOSITORY", "TAG", "MAINTAINER", "NAME", "SIZE", "DIGEST"]);
    for row in rows {
        let none = [NONE.to_owned()];
        for tag in row.tags.as_deref().unwrap_or(&none) {
            table.row([&row.repo, tag, &row.author, &row.model_name, &row.size, &row.digest]);
        }
    }
    table.render()
}
