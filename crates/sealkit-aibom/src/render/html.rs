//! An AIBOM as one HTML page that needs nothing else: no script, no font, no request.

use std::fmt::Write as _;

use sealkit_inspect::property;

use super::facts::{
    COMPLETENESS, FILES, Section, TROUBLES, brief, completeness, counted, elsewhere, is_brief,
    known, lines, sections, ties, troubles,
};
use super::page::{escape, finish, start, table_head};
use crate::{Bom, Component, Kind};

/// Writes the AIBOM as a page. What comes from files is escaped; a policy in the page forbids
/// everything active.
pub fn html(bom: &Bom) -> String {
    let mut page = String::new();
    let subject = &bom.subject;
    let sections = sections(bom);
    start(&mut page, &format!("AIBOM of {}", subject.name));
    head(&mut page, bom, &sections);
    page.push_str("</header>\n<main>\n");
    let troubles = troubles(bom);
    if !troubles.is_empty() {
        section(&mut page, TROUBLES);
        list(&mut page, &troubles);
        page.push_str("</section>\n");
    }
    about(&mut page, bom, subject);
    for part in sections {
        section(&mut page, part.title);
        let (brief, long): (Vec<_>, Vec<_>) =
            part.components.into_iter().partition(|component| is_brief(bom, component));
        for component in long {
            let path = elsewhere(component).map_or_else(String::new, |path| {
                format!(" <code class=\"dim\">{}</code>", escape(path))
            });
            let _ = writeln!(page, "<h3>{}{path}</h3>", escape(&component.name));
            about(&mut page, bom, component);
        }
        short(&mut page, &brief);
        page.push_str("</section>\n");
    }
    files(&mut page, bom);
    section(&mut page, COMPLETENESS);
    list(&mut page, &completeness(bom));
    page.push_str("</section>\n");
    finish(&mut page);
    page
}

/// The digest, how much there is, how it is known, and where on the page it stands.
fn head(page: &mut String, bom: &Bom, sections: &[Section<'_>]) {
    if let Some(digest) = bom.subject.digest() {
        // Writing to a text cannot fail.
        let _ = writeln!(page, "<p class=\"dim\"><code>{digest}</code></p>");
    }
    let _ = writeln!(page, "<p>{}</p>", escape(&counted(bom)));
    let known = known(bom);
    if !known.is_empty() {
        page.push_str("<p>How values are known:");
        for (word, count) in known {
            let _ = write!(page, " <span class=\"tag {word}\">{word}</span>\u{a0}{count}");
        }
        page.push_str("</p>\n");
    }
    page.push_str("<nav>");
    let has_files = bom.of_kind(Kind::File).next().is_some();
    let titles = sections.iter().map(|section| section.title);
    for title in titles.chain(has_files.then_some(FILES)).chain([COMPLETENESS]) {
        let _ = write!(page, "<a href=\"#{}\">{title}</a>", anchor(title));
    }
    page.push_str("</nav>\n");
}

fn section(page: &mut String, title: &str) {
    let _ = writeln!(page, "<section id=\"{}\">\n<h2>{title}</h2>", anchor(title));
}

/// The first word of a title.
fn anchor(title: &str) -> String {
    title.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
}

fn short(page: &mut String, components: &[&Component]) {
    if components.is_empty() {
        return;
    }
    table_head(page, &["name", "version", "licence", "package URL"]);
    for component in components {
        let [name, version, licence, purl] = brief(component);
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"mono\">{}</td></tr>",
            escape(name),
            escape(version),
            escape(licence),
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
                format!("<span class=\"tag {0}\">{0}</span>", line.known)
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
    section(page, FILES);
    table_head(page, &["path", "format", "bytes", "SHA-256"]);
    for file in files {
        let size = file.size.map(|size| size.to_string()).unwrap_or_default();
        let digest = file.sha256().map(|digest| digest.hex().to_owned()).unwrap_or_default();
        let _ = writeln!(
            page,
            "<tr><td class=\"mono\">{}</td><td>{}</td><td class=\"size\">{size}</td><td class=\"mono\">{digest}</td></tr>",
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
