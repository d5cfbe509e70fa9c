//! What a file holds, as part of a page.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};
use sealkit_api::{
    ArchiveList, ColumnInfo, ColumnList, ColumnRows, GraphSummary, HexDump, ImageInfo, ImportClass,
    NamedCount, NotebookCell, NotebookHead, PickleImports, Preview, PreviewContent, PreviewForm,
    TableHead, TensorSummary, TextHead,
};
use sealkit_preview::markdown::{Links, render};

use super::page::{marked, table};
use super::preview::Place;
use super::text::{count, number, plain, size};

/// Bytes of one line of a dump.
const LINE: usize = 16;

/// Bytes of HTML that the Markdown of one notebook may become; cells behind that are shown as their source.
const MAX_NOTEBOOK_HTML: usize = 1 << 20;

/// The part of the page that shows the content.
pub(super) fn show(preview: &Preview, at: &Place, form: PreviewForm) -> Markup {
    let path = &preview.file.path;
    match &preview.look.content {
        PreviewContent::Empty => html! { p.empty { "This file is empty." } },
        PreviewContent::Refused { reason } => {
            html! { p.note { "Nothing is shown: " (plain(reason)) "." } }
        }
        PreviewContent::Text(text) => self::text(text, path, at, form),
        PreviewContent::Markdown(source) => html! {
            (markdown(&source.text, path, at))
            (more(source.next, path, at, PreviewForm::Text))
        },
        PreviewContent::Table(rows) => self::rows(rows),
        PreviewContent::Notebook(cells) => notebook(cells, path, at),
        PreviewContent::Image(info) => image(info, path, at),
        PreviewContent::Columns(list) => columns(list),
        PreviewContent::Pickle(imports) => pickle(imports),
        PreviewContent::Graph(summary) => graph(summary),
        PreviewContent::Tensors(summary) => tensors(summary, path, at),
        PreviewContent::Archive(list) => archive(list),
        PreviewContent::Hex(dump) => hex(dump, path, at),
    }
}

fn text(head: &TextHead, path: &str, at: &Place, form: PreviewForm) -> Markup {
    html! {
        @if head.replaced > 0 { p.note { (number(head.replaced)) " sequences of bytes are no UTF-8 and are shown as \u{fffd}." } }
        @if head.spread { p.quiet { "Line breaks and indentation were added." } }
        pre.tall.wrapped tabindex="0" role="region" aria-label="content" { (head.text) }
        (more(head.next, path, at, form))
    }
}

/// The way to the next part.
fn more(next: Option<u64>, path: &str, at: &Place, form: PreviewForm) -> Markup {
    html! { @if let Some(next) = next {
        p { "This is a part of it. " a rel="next" href=(at.file(path, form, next)) { "Next part" } }
    } }
}

/// Markdown of the kit as HTML of a fixed set of tags.
pub(super) fn markdown(source: &str, path: &str, at: &Place) -> Markup {
    let rendered = render(source, path, at);
    html! {
        @if rendered.left_out { p.quiet { "HTML inside of it was left out." } }
        // The only text on any page that is not escaped here: `render` put it together from its own literals.
        div.prose { (PreEscaped(rendered.html)) }
        @if rendered.cut { p.note { "It is too long to be shown whole." } }
    }
}

impl Links for Place {
    fn file(&self, path: &str) -> Option<String> {
        Some(Self::file(self, path, PreviewForm::Auto, 0))
    }

    fn picture(&self, path: &str) -> Option<String> {
        let name = path.to_ascii_lowercase();
        let is_raster =
            [".png", ".jpg", ".jpeg", ".gif", ".webp"].iter().any(|end| name.ends_with(end));
        is_raster.then(|| Self::picture(self, path))
    }
}

fn rows(head: &TableHead) -> Markup {
    let names: Vec<&str> = head.header.iter().map(String::as_str).collect();
    let rows = html! { @for row in &head.rows { tr { @for cell in row { td { div.datum { (cell) } } } } } };
    html! {
        (table("first rows", &names, &rows))
        p.quiet {
            (head.rows.len()) " rows" @if head.more_rows { ", and there are more" }
            @if head.hidden_columns > 0 { "; " (number(head.hidden_columns)) " columns are left out" } "."
        }
    }
}

fn notebook(head: &NotebookHead, path: &str, at: &Place) -> Markup {
    let mut room = MAX_NOTEBOOK_HTML;
    let mut shown = |cell: &NotebookCell| {
        if cell.kind != "markdown" || room == 0 {
            return html! { pre tabindex="0" { code { (cell.source) } } };
        }
        let html = markdown(&cell.source, path, at);
        room = room.saturating_sub(html.0.len());
        html
    };
    html! {
        @if let Some(language) = &head.language { p.quiet { "Notebook in " (plain(language)) "." } }
        @for cell in &head.cells {
            section.cell aria-label=(plain(&cell.kind)) {
                (shown(cell))
                @for output in &cell.outputs { pre.output tabindex="0" { (output) } }
                @if !cell.hidden.is_empty() {
                    p.quiet { "Outputs that are not shown: " @for kind in &cell.hidden { code { (plain(kind)) } " " } }
                }
                @if cell.cut { p.quiet { "This cell was cut." } }
            }
        }
        @if head.cells.is_empty() { p.empty { "This notebook has no cells." } }
        @if head.more_cells > 0 { p.note { (number(head.more_cells)) " more cells follow." } }
    }
}

fn image(info: &ImageInfo, path: &str, at: &Place) -> Markup {
    html! {
        p { (plain(&info.media_type)) ", " (number(info.width)) " × " (number(info.height)) " pixels" }
        @match &info.hidden {
            None => p.picture { img src=(Place::picture(at, path)) alt=(format!("the picture {}", plain(path))) loading="lazy"; },
            Some(reason) => p.note { "It is not shown: " (plain(reason)) "." },
        }
    }
}

/// Names with a type each.
fn named(label: &str, columns: &[&str; 2], list: &[ColumnInfo]) -> Markup {
    let rows = html! { @for column in list {
        tr { th scope="row" { (plain(&column.name)) } td { code { (plain(&column.data_type)) } } }
    } };
    html! { @if !list.is_empty() { (table(label, columns, &rows)) } }
}

fn columns(list: &ColumnList) -> Markup {
    html! {
        dl.facts {
            @if let Some(rows) = list.rows { div { dt { "Rows" } dd { (number(rows)) } } }
            @if let Some(groups) = list.row_groups { div { dt { "Row groups" } dd { (number(groups)) } } }
            @if !list.compression.is_empty() { div { dt { "Compression" } dd { (plain(&list.compression.join(", "))) } } }
            div { dt { "Columns" } dd { (number(list.columns.len() as u64 + list.more_columns)) } }
        }
        @if let Some(head) = &list.head { (first_rows(head, list.rows)) }
        h2 { "Columns" }
        (named("columns", &["Column", "Type"], &list.columns))
        @if list.more_columns > 0 { p.note { (number(list.more_columns)) " more columns are not listed." } }
        p.quiet { "Columns are from the file's own header." @if list.head.is_none() { " Rows are not read here." } }
    }
}

/// Rows of a table of columns, and what of them is not shown.
fn first_rows(head: &ColumnRows, all: Option<u64>) -> Markup {
    let names: Vec<&str> = head.columns.iter().map(String::as_str).collect();
    let rows = html! { @for row in &head.rows { tr { @for cell in row {
        td { @match cell { Some(text) => div.datum { (text) }, None => span.quiet { "null" } } }
    } } } };
    html! {
        h2 { "First rows" }
        @if let Some(problem) = &head.problem { p.note { "No row is shown: " (problem) "." } }
        @if !head.rows.is_empty() && !names.is_empty() {
            (table("first rows", &names, &rows))
            p.quiet { (head.rows.len()) @if let Some(all) = all { " of " (number(all)) } " rows"
                @if head.more_columns > 0 { "; " (number(head.more_columns)) " columns are left out" } "." }
        } @else if head.problem.is_none() && head.unread.is_empty() { p.empty { "This table has no rows." } }
        @if !head.unread.is_empty() {
            details.values {
                summary { "Columns whose values are not shown (" (head.unread.len()) ")" }
                ul { @for one in &head.unread { li { code { (one.name) } ": " (one.reason) } } }
            }
        }
    }
}

fn pickle(list: &PickleImports) -> Markup {
    let rows = html! { @for import in &list.imports {
        tr {
            th scope="row" { code { (plain(&import.path)) } }
            td { (class(import.class)) }
            td { (plain(&import.place)) }
            td { @match &import.opcode { Some(opcode) => code { (plain(opcode)) }, None => "–" } }
            td.number { @match import.calls { Some(calls) => (number(calls)), None => "–" } }
        }
    } };
    html! {
        p { @match list.can_run_code {
            Some(true) => "Loading this file looks up the names below and may call them: it can run code.",
            Some(false) => "Loading this file looks up no names: it holds plain data.",
            None => "Whether loading this file can run code is not known.",
        } }
        @if !list.imports.is_empty() { (table("imports", &["Name", "Known for", "Place", "Opcode", "Calls"], &rows)) }
        @if list.more_imports > 0 { p.note { (number(list.more_imports)) " more names are not listed." } }
        p.quiet { "Read as data, never loaded. The marks are a reading aid: a name that nothing is known of may do anything." }
    }
}

fn class(class: ImportClass) -> Markup {
    match class {
        ImportClass::RunsCode => marked("mark no", "✗", "runs code"),
        ImportClass::Unknown => marked("mark unknown", "–", "not known"),
        ImportClass::Data => marked("mark", "·", "data"),
    }
}

fn counted(label: &str, columns: &[&str; 2], list: &[NamedCount]) -> Markup {
    let rows = html! { @for entry in list {
        tr { th scope="row" { code { (plain(&entry.name)) } } td.number { (number(entry.count)) } }
    } };
    html! { @if !list.is_empty() { (table(label, columns, &rows)) } }
}

fn graph(summary: &GraphSummary) -> Markup {
    html! {
        dl.facts {
            @if let Some(tensors) = summary.initializers { div { dt { "Initialisers" } dd { (number(tensors)) } } }
            @if let Some(parameters) = summary.parameters { div { dt { "Parameters" } dd { (count(parameters)) } } }
            @for set in &summary.operator_sets { div { dt { "Operator set " (plain(&set.name)) } dd { (set.count) } } }
        }
        (named("inputs", &["Input", "Type"], &summary.inputs))
        (named("outputs", &["Output", "Type"], &summary.outputs))
        (counted("operators", &["Operator", "Count"], &summary.operators))
    }
}

fn tensors(summary: &TensorSummary, path: &str, at: &Place) -> Markup {
    html! {
        dl.facts {
            @if let Some(tensors) = summary.tensors { div { dt { "Tensors" } dd { (number(tensors)) } } }
            @if let Some(parameters) = summary.parameters { div { dt { "Parameters" } dd { (count(parameters)) } } }
            @if let Some(dtype) = &summary.dtype { div { dt { "Element type" } dd { (plain(dtype)) } } }
        }
        p { a href=(at.tensors(path)) { "Table of its tensors" } }
    }
}

fn archive(list: &ArchiveList) -> Markup {
    let rows = html! { @for member in &list.members {
        tr {
            th scope="row" { (plain(&member.name)) }
            td.number { (size(member.size)) }
            td.number { (size(member.packed)) }
        }
    } };
    html! {
        p { (number(list.members.len() as u64 + list.more_members)) " members, which say to unpack to " (size(list.unpacked_size)) "." }
        (table("members", &["Member", "Size", "Packed"], &rows))
        @if list.more_members > 0 { p.note { (number(list.more_members)) " more members are not listed." } }
    }
}

fn hex(dump: &HexDump, path: &str, at: &Place) -> Markup {
    html! {
        pre.tall tabindex="0" role="region" aria-label="bytes" { (lines(dump)) }
        p {
            @if dump.offset > 0 { a rel="prev" href=(at.file(path, PreviewForm::Hex, 0)) { "First bytes" } " " }
            @if let Some(next) = dump.next { a rel="next" href=(at.file(path, PreviewForm::Hex, next)) { "Next bytes" } }
        }
    }
}

/// Offset, digits and ASCII, sixteen bytes a line.
fn lines(dump: &HexDump) -> String {
    let mut text = String::new();
    for (at, digits) in dump.bytes.as_bytes().chunks(2 * LINE).enumerate() {
        let pairs: Vec<&str> =
            digits.chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
        let shown = pairs.iter().map(|pair| match u8::from_str_radix(pair, 16) {
            Ok(byte) if byte == b' ' || byte.is_ascii_graphic() => char::from(byte),
            _ => '.',
        });
        let offset = dump.offset.saturating_add((at * LINE) as u64);
        let shown: String = shown.collect();
        let digits = pairs.join(" ");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{offset:08x}  {digits:<width$}  {shown}", width = 3 * LINE - 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_html_of_a_notebook_is_bounded() {
        // Each row that is short of cells is filled with empty ones.
        let source = format!("{}|\n{}|\n{}", "|a".repeat(300), "|-".repeat(300), "a\n".repeat(600));
        let cell = NotebookCell { kind: "markdown".to_owned(), source, ..NotebookCell::default() };
        let head = NotebookHead { cells: vec![cell; 100], ..NotebookHead::default() };
        let at = Place { name: "a".to_owned(), asked: "v1".to_owned() };
        assert!(notebook(&head, "n.ipynb", &at).0.len() < 4 << 20);
    }
}
