//! `sealkit search`.

use sealkit_api::{Hit, SearchResult};
use sealkit_ops::catalog::index::Search;
use sealkit_ops::catalog::{gather_local, search_csv, search_hub};

use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::SearchArgs;
use crate::console::{Failure, Table, escape, human_size};

/// Shows the kits that fit.
pub(crate) fn run(app: &App, args: &SearchArgs) -> Result<Exit, Failure> {
    let search = Search {
        text: args.text.join(" "),
        facets: args.facets.clone(),
        below: args.below.clone(),
        all_versions: args.all_versions,
        offset: usize::try_from(args.offset).unwrap_or(usize::MAX),
        limit: args.limit.into(),
        visible: None,
        brief: false,
    };
    let context = app.context_at(args.network.clone(), args.hub.as_deref())?;
    let work = async {
        if let Some(hub) = &args.hub {
            return Ok((search_hub(&context, hub, &search).await?, Vec::new()));
        }
        let (catalog, gathering) = gather_local(&context, &[]).await?;
        Ok((catalog.search(&search)?, gathering.left_out))
    };
    let Some((found, left_out)) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    for reason in &left_out {
        app.console.warn(format!("not looked at: {reason}"));
    }
    let text = match args.format.as_str() {
        "json" => json(&found)?,
        "csv" => search_csv(&found),
        format if app.console.is_brief(format) => names(&found),
        _ => table(&found),
    };
    if !text.is_empty() {
        app.console.answer(text);
    }
    if args.format != "json" {
        let count =
            if found.more { format!("more than {}", found.total) } else { found.total.to_string() };
        app.console.info(format!("{count} fit"));
        if let Some(next) = found.next {
            app.console.info(format!("There are more: `--offset {next}`"));
        }
    }
    Ok(match found.hits.is_empty() {
        false => Exit::Yes,
        true if left_out.is_empty() => Exit::No,
        true => Exit::Unanswered,
    })
}

/// The versions alone, one on a line.
fn names(found: &SearchResult) -> String {
    let name = |hit: &Hit| escape(&format!("{}@{}", hit.repository, hit.digest));
    found.hits.iter().map(name).collect::<Vec<_>>().join("\n")
}

fn table(found: &SearchResult) -> String {
    let mut table = Table::new(&["KIT", "TAG", "SIZE", "LICENCE", "SIGNED BY", "DIGEST"]);
    for hit in &found.hits {
        table.row(row(hit));
    }
    table.render()
}

fn row(hit: &Hit) -> [String; 6] {
    let digest: String = hit.digest.to_string().chars().take(19).collect();
    [
        hit.repository.clone(),
        hit.tags.last().cloned().unwrap_or_default(),
        human_size(hit.size),
        hit.licences.join(", "),
        hit.signers.join(", "),
        digest,
    ]
}
