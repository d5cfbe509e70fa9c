//! An AIBOM as one HTML page that needs nothing else: no script, no font, no request.

use std::fmt::Write as _;

use sealkit_inspect::property;

use super::facts::{completeness, lines, sections, ties};
use super::page::{escape, finish, start, table_head};
use crate::{Bom, Component, Kind};

/// Writes the AIBOM as a page. What comes from files is escaped; a policy in the page forbids
/// everything active.
pub fn html(bom: &Bom) -> String {
    let mut page = String::new();
    let subject = &bom.subject;
    start(&mut page, &format!("AIBOM of {}", subject.name));
    if let Some(digest) = subject.digest() {
        // Writing to a text cannot fail.
        let _ = writeln!(page, "<p class=\"dim\"><code>{digest}</code></p>");
    }
    page.push_str("</header>\n<main>\n");
    about(&mut page, bom, subject);
    for section in sections(bom) {
        let _ = writeln!(page, "<section>\n<h2>{}</h2>", section.title);
        if section.components.iter().all(|c| is_short(c)) {
            short(&mut page, &section.components);
        } else {
            for component in section.components {
                let _ = writeln!(page, "<h3>{}</h3>", escape(&component.name));
                about(&mut page, bom, component);
            }
        }
        page.push_str("</section>\n");
    }
    files(&mut page, bom);
    page.push_str("<section>\n<h2>What is not known</h2>\n");
    list(&mut page, &completeness(bom));
    page.push_str("</section>\n");
    finish(&mut page);
    page
}

fn is_short(component: &Component) -> bool {
    matches!(component.kind, Kind::Library | Kind::Container | Kind::ExternalDataset)
}

fn short(page: &mut String, components: &[&Component]) {
    table_head(page, &["name", "version", "package URL"]);
    for component in components {
        let version = component.text(property::VERSION).unwrap_or_default();
        let purl = component.purl.as_deref().unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td class=\"mono\">{}</td></tr>",
            escape(&component.name),
            escape(version),
            escape(purl)
        );
    }
    page.push_str("</tbody></table>\n");
}

fn about(page: &mut String, bom: &Bom, component: &Component) {
    let lines = lines(component);
    if !lines.is_empty() {
        table_head(page, &["what", "value", "known", "from"]);
        for line in lines {
            let tag = if line.known.is_empty() {
                String::new()
            } else {
                format!("<span class=\"tag\">{}</span>", line.known)
            };
            let _ = writeln!(
                page,
                "<tr><td>{}</td><td>{}</td><td class=\"known\">{tag}</td><td class=\"mono dim\">{}</td></tr>",
                escape(&line.title),
                escape(&line.value),
                escape(&line.place)
            );
        }
        page.push_str("</tbody></table>\n");
    }
    list(page, &ties(bom, component));
}

fn files(page: &mut String, bom: &Bom) {
    let files: Vec<&Component> = bom.of_kind(Kind::File).collect();
    if files.is_empty() {
        return;
    }
    let _ = writeln!(page, "<section>\n<h2>Files</h2>");
    table_head(page, &["path", "format", "bytes", "SHA-256"]);
    for file in files {
        let size = file.size.map(|size| size.to_string()).unwrap_or_default();
        let digest = file.sha256().map(|digest| digest.hex().to_owned()).unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><td class=\"mono\">{}</td><td>{}</td><td>{size}</td><td class=\"mono\">{digest}</td></tr>",
            escape(&file.name),
            escape(file.text(property::FORMAT).unwrap_or_default()),
        );
    }
    page.push_str("</tbody></table>\n</section>\n");
}

fn list(page: &mut String, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    page.push_str("<ul>\n");
    for text in texts {
        let _ = writeln!(page, "<li>{}</li>", escape(text));
    }
    page.push_str("</ul>\n");
}
