//! One file of a version: what it is, a look inside, how to get it alone.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{Preview, PreviewFact, PreviewForm};

use super::content;
use super::kit::{head, twin};
use super::page::{Answer, page, table};
use super::text::{
    command, digest, file_command, host, plain, prose, query, reference, size, version_path,
};
use crate::HubError;
use crate::hub::Shared;
use crate::view::{self, PreviewQuery};

/// `GET /kits/{name}/{reference}/preview?file=&as=&offset=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    wanted: Result<Query<PreviewQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let Query(wanted) = wanted.map_err(|_| HubError::Query("file`, `as` or `offset"))?;
    let path = Path((name, asked.clone()));
    let preview = view::show_preview(state, path, Ok(Query(wanted.clone()))).await?.0;
    let at = Place { name: preview.name.clone(), asked: asked.clone() };
    let pinned = format!("{}/{}@{}", host(&headers), preview.name, preview.digest);
    let file = &preview.file;
    let body = html! {
        (head(&preview.name, &asked, "Files"))
        p.crumbs { a href=(format!("{}/files", at.version())) { "Files" } " / " (folder(&file.path)) }
        h2.file { (plain(last(&file.path))) }
        (facts(&preview))
        p.quiet { (known(&preview)) }
        nav.tabs.small aria-label="shown as" {
            @for (form, title) in [(PreviewForm::Auto, "Preview"), (PreviewForm::Text, "Text"), (PreviewForm::Hex, "Bytes")] {
                a href=(at.file(&file.path, form, 0)) aria-current=[(form == wanted.form).then_some("true")] { (title) }
            }
            a href=(at.download(&file.path)) { "Download" }
        }
        (content::show(&preview, &at, wanted.form))
        (findings(&preview))
        (said(&preview.look.facts))
        h2 { "Get only this file" }
        @match file_command(&pinned, &file.path) {
            Some(text) => (command(&text)),
            None => p.note { "Its name holds characters that a command should not repeat. Unpack the kit instead." },
        }
        p.quiet { "Looked at for this page: " (size(preview.bytes_read)) " of " (size(file.size))
            ". The bytes were not hashed for it. " a href="/help/marks#files" { "Why?" } }
    };
    let title = format!("{} of {}", plain(last(&file.path)), reference(&preview.name, &asked));
    let rest = format!("/preview{}", asked_as(&file.path, wanted.form, wanted.offset));
    Ok(page(&title, Some(&twin(&preview.name, &asked, &rest)), &body))
}

/// The version that addresses are made for.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) asked: String,
}

impl Place {
    pub(super) fn version(&self) -> String {
        version_path(&self.name, &self.asked)
    }

    /// The page of a file.
    pub(super) fn file(&self, path: &str, form: PreviewForm, offset: u64) -> String {
        format!("{}/preview{}", self.version(), asked_as(path, form, offset))
    }

    /// Its bytes, to be saved.
    fn download(&self, path: &str) -> String {
        let segments: Vec<String> = path.split('/').map(query).collect();
        let path = segments.join("/").replace('+', "%20");
        twin(&self.name, &self.asked, &format!("/files/{path}"))
    }

    /// It as a picture.
    pub(super) fn picture(&self, path: &str) -> String {
        twin(&self.name, &self.asked, &format!("/image?file={}", query(path)))
    }

    /// The table of its tensors.
    pub(super) fn tensors(&self, path: &str) -> String {
        format!("{}/tensors?file={}", self.version(), query(path))
    }
}

/// The question as a query.
fn asked_as(path: &str, form: PreviewForm, offset: u64) -> String {
    let form = match form {
        PreviewForm::Auto => "",
        PreviewForm::Text => "&as=text",
        PreviewForm::Hex => "&as=hex",
    };
    let offset = if offset > 0 { format!("&offset={offset}") } else { String::new() };
    format!("?file={}{form}{offset}", query(path))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder(path: &str) -> String {
    path.rsplit_once('/').map(|(folder, _)| format!("{} /", plain(folder))).unwrap_or_default()
}

fn facts(preview: &Preview) -> Markup {
    let file = &preview.file;
    html! {
        dl.facts {
            div { dt { "Format" } dd { (preview.look.format.as_ref().map_or_else(|| "not known".to_owned(), |format| plain(&format.name))) } }
            div { dt { "Size" } dd { (size(file.size)) } }
            div { dt { "SHA-256" } dd { @match &file.digest { Some(known) => (digest(known)), None => "–" } } }
            div { dt { "Layer" } dd { (digest(&file.layer)) } }
            div { dt { "Mode" } dd { (format!("{:04o}", file.mode & 0o7777)) } }
        }
    }
}

fn known(preview: &Preview) -> &'static str {
    super::files::known(preview.source)
}

fn findings(preview: &Preview) -> Markup {
    html! {
        @if !preview.look.findings.is_empty() {
            h2 { "What is odd about it" }
            ul.findings { @for finding in &preview.look.findings {
                li { (prose(&plain(&finding.message))) " " span.quiet { (plain(&finding.evidence.place)) } }
            } }
        } @else if preview.look.incomplete && preview.look.format.is_some() {
            p.note { "Not everything in it was read." }
        }
    }
}

/// What the file says of itself.
fn said(facts: &[PreviewFact]) -> Markup {
    let rows = html! { @for fact in facts {
        tr {
            th scope="row" { (plain(&fact.property)) @if !fact.subject.is_empty() { " " span.quiet { (plain(&fact.subject)) } } }
            td { (plain(&fact.value)) }
            td.quiet { (fact.known.name()) }
        }
    } };
    html! {
        @if !facts.is_empty() {
            h2 { "What it says of itself" }
            (table("facts", &["Property", "Value", "Known"], &rows))
        }
    }
}
