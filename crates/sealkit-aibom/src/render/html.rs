//! An AIBOM as one HTML page that needs nothing else: no script, no font, no request.

use std::fmt::Write as _;

use sealkit_inspect::property;

use super::facts::{completeness, lines, sections, ties};
use crate::{Bom, Component, Kind};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d5d9e0;--soft:#f5f6f8;--ink:#1b2230;--dim:#5b6472;--page:#fff}\
@media(prefers-color-scheme:dark){:root{--line:#333b48;--soft:#1c222c;--ink:#e6e9ef;--dim:#9aa4b2;--page:#12161d}}\
body{font:15px/1.55 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:2rem 1.25rem;color:var(--ink);background:var(--page)}\
h1{font-size:1.7rem;margin:0 0 .2rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}\
h3{font-size:1rem;margin:1.4rem 0 .4rem}code,td.mono{font-family:ui-monospace,monospace;font-size:.86em;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}\
th{font-weight:600;color:var(--dim);font-size:.82em}td:first-child{min-width:8rem}.known{white-space:nowrap}\
.tag{display:inline-block;border:1px solid var(--line);border-radius:.7em;padding:0 .5em;font-size:.8em;color:var(--dim);background:var(--soft)}\
.dim{color:var(--dim)}ul{margin:.3rem 0 1rem;padding-left:1.2rem}nav a{margin-right:1rem}a{color:inherit}";

/// Writes the AIBOM as a page. What comes from files is escaped; a policy in the page forbids
/// everything active.
pub fn html(bom: &Bom) -> String {
    let mut page = String::new();
    let subject = &bom.subject;
    let name = escape(&subject.name);
    // Writing to a text cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>AIBOM of {name}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{name}</h1>\n"
    );
    if let Some(digest) = subject.digest() {
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
    page.push_str("</section>\n</main>\n</body>\n</html>\n");
    page
}

fn is_short(component: &Component) -> bool {
    matches!(component.kind, Kind::Library | Kind::Container | Kind::ExternalDataset)
}

fn short(page: &mut String, components: &[&Component]) {
    head(page, &["name", "version", "package URL"]);
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
        head(page, &["what", "value", "known", "from"]);
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
    head(page, &["path", "format", "bytes", "SHA-256"]);
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

fn head(page: &mut String, titles: &[&str]) {
    page.push_str("<table><thead><tr>");
    for title in titles {
        let _ = write!(page, "<th scope=\"col\">{title}</th>");
    }
    page.push_str("</tr></thead><tbody>\n");
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

/// Text of strangers as text.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
