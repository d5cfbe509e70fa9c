//! Markdown as HTML of a fixed set of tags.
//!
//! What comes out is put together from the literals of this file and from escaped text, so that nothing of the
//! author's can become a tag or an attribute. HTML inside of the Markdown is left out, no picture is loaded, and
//! links lead to `http`, `https` or where [`Links`] says, never anywhere else.
//!
//! Source: CommonMark 0.31.2, GitHub Flavored Markdown (tables, strikethrough, task lists).

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use sealkit_report::entity;

use crate::text::readable;

/// Most bytes of HTML that come out; cells of a table alone can multiply the text.
const MAX_HTML: usize = 1 << 20;
/// Deepest nesting that is shown as such.
const MAX_DEPTH: usize = 24;
/// Longest address of a link in bytes.
const MAX_ADDRESS: usize = 2_000;

/// Where links that stay inside the kit lead.
pub trait Links {
    /// The address of the page of the file at `path`, a path inside the kit without `.` and `..`.
    fn file(&self, path: &str) -> Option<String>;

    /// The address of the picture at `path`, where there is one that may be shown.
    fn picture(&self, path: &str) -> Option<String>;
}

/// No link leads into the kit.
#[derive(Clone, Copy, Debug)]
pub struct NoLinks;

impl Links for NoLinks {
    fn file(&self, _: &str) -> Option<String> {
        None
    }

    fn picture(&self, _: &str) -> Option<String> {
        None
    }
}

/// Markdown that was rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Safe HTML, with headings from the third order on.
    pub html: String,
    /// Whether HTML inside of the Markdown was left out.
    pub left_out: bool,
    /// Whether it became too long and was cut.
    pub cut: bool,
}

/// Renders `text`, the Markdown file at `path` of a kit. YAML front matter is left out.
pub fn render(text: &str, path: &str, links: &dyn Links) -> Rendered {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut writer = Writer::new(folder, links);
    for event in Parser::new_ext(text, options) {
        if writer.out.html.len() > MAX_HTML {
            writer.out.cut = true;
            break;
        }
        writer.event(event);
    }
    writer.close_all();
    writer.out
}

struct Writer<'a> {
    out: Rendered,
    folder: &'a str,
    links: &'a dyn Links,
    /// What closes each element that is open; empty for one that is not shown.
    open: Vec<&'static str>,
    /// Elements that are open and left out with all that is in them.
    hidden: usize,
    /// Alignments of the columns of the table that is open, which column comes next, and whether this is its head.
    columns: Vec<Alignment>,
    column: usize,
    is_head: bool,
}

impl<'a> Writer<'a> {
    fn new(folder: &'a str, links: &'a dyn Links) -> Self {
        Self {
            out: Rendered::default(),
            folder,
            links,
            open: Vec::new(),
            hidden: 0,
            columns: Vec::new(),
            column: 0,
            is_head: false,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            _ if self.hidden > 0 => {}
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text(&text);
            }
            Event::Code(text) => {
                self.raw("<code>");
                self.text(&text);
                self.raw("</code>");
            }
            Event::Html(_) | Event::InlineHtml(_) => self.out.left_out = true,
            Event::FootnoteReference(label) => self.text(&format!("[{label}]")),
            Event::SoftBreak => self.raw("\n"),
            Event::HardBreak => self.raw("<br>\n"),
            Event::Rule => self.raw("<hr>\n"),
            Event::TaskListMarker(done) => self.raw(if done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let is_hidden = matches!(tag, Tag::HtmlBlock | Tag::MetadataBlock(_));
        self.out.left_out |= matches!(tag, Tag::HtmlBlock);
        if is_hidden || self.hidden > 0 {
            self.hidden += 1;
            return;
        }
        // Deeper elements are not told apart; their text stays.
        if self.open.len() >= MAX_DEPTH {
            self.open.push("");
            return;
        }
        let close = match tag {
            Tag::Link { dest_url, .. } => self.link(&dest_url),
            Tag::Image { dest_url, .. } => self.image(&dest_url),
            Tag::Table(columns) => {
                self.columns = columns;
                self.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\"><table>\n");
                "</tbody></table></div>\n"
            }
            Tag::TableHead => {
                (self.column, self.is_head) = (0, true);
                self.raw("<thead><tr>");
                "</tr></thead><tbody>\n"
            }
            Tag::TableRow => {
                (self.column, self.is_head) = (0, false);
                self.raw("<tr>");
                "</tr>\n"
            }
            Tag::TableCell => self.cell(),
            Tag::List(Some(first)) => {
                // A number of the author's, but a number.
                self.raw(&format!("<ol start=\"{first}\">\n"));
                "</ol>\n"
            }
            other => {
                let (open, close) = plain(&other);
                self.raw(open);
                close
            }
        };
        self.open.push(close);
    }

    fn end(&mut self, _: TagEnd) {
        if self.hidden > 0 {
            self.hidden -= 1;
        } else if let Some(close) = self.open.pop() {
            self.raw(close);
        }
    }

    fn cell(&mut self) -> &'static str {
        let is_number = self.columns.get(self.column) == Some(&Alignment::Right);
        self.column += 1;
        self.raw(match (self.is_head, is_number) {
            (true, false) => "<th scope=\"col\">",
            (true, true) => "<th scope=\"col\" class=\"number\">",
            (false, false) => "<td>",
            (false, true) => "<td class=\"number\">",
        });
        if self.is_head { "</th>" } else { "</td>" }
    }

    fn link(&mut self, address: &str) -> &'static str {
        let is_open = self.open.contains(&"</a>");
        match self.address(address).filter(|_| !is_open) {
            Some(Address::Outside(address)) => {
                self.raw("<a rel=\"nofollow noopener noreferrer\" href=\"");
                self.escaped(&address);
                self.raw("\">");
                "</a>"
            }
            Some(Address::File(path)) => match self.links.file(&path) {
                Some(address) => {
                    self.raw("<a href=\"");
                    self.escaped(&address);
                    self.raw("\">");
                    "</a>"
                }
                None => "",
            },
            None => "",
        }
    }

    /// A picture of the kit itself is shown; of others only what stands in their place.
    fn image(&mut self, address: &str) -> &'static str {
        let path = match self.address(address) {
            Some(Address::File(path)) => path,
            _ => String::new(),
        };
        let picture =
            Some(path).filter(|path| !path.is_empty()).and_then(|path| self.links.picture(&path));
        if let Some(address) = picture {
            self.raw("<img loading=\"lazy\" alt=\"\" src=\"");
            self.escaped(&address);
            self.raw("\">");
        }
        self.raw("<span class=\"quiet\">[picture: ");
        "]</span>"
    }

    /// Where an address of the author's leads; none where that is nowhere or not allowed.
    fn address(&self, address: &str) -> Option<Address> {
        let odd = |c: char| {
            c.is_control() || c.is_whitespace() || c == '\\' || sealkit_report::is_deceptive(c)
        };
        if address.len() > MAX_ADDRESS || address.contains(odd) {
            return None;
        }
        let lower = address.to_ascii_lowercase();
        if lower.starts_with("https://") || lower.starts_with("http://") {
            return Some(Address::Outside(address.to_owned()));
        }
        let path = address.split(['?', '#']).next().unwrap_or_default();
        // `mailto:`, `javascript:`, `//host` and all the others.
        if path.is_empty() || path.contains(':') || path.starts_with("//") {
            return None;
        }
        inside(self.folder, path).map(Address::File)
    }

    fn text(&mut self, text: &str) {
        self.escaped(&readable(text));
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match entity(character) {
                Some(entity) => self.raw(entity),
                None => self.out.html.push(character),
            }
        }
    }

    /// Adds a literal of this file.
    fn raw(&mut self, literal: &str) {
        self.out.html.push_str(literal);
    }

    fn close_all(&mut self) {
        while let Some(close) = self.open.pop() {
            self.raw(close);
        }
    }
}

/// Where a link leads.
enum Address {
    /// Another site.
    Outside(String),
    /// A file of the kit.
    File(String),
}

/// The path inside the kit that `path` names, seen from `folder`; none where it leads out of the kit.
fn inside(folder: &str, path: &str) -> Option<String> {
    let start = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The tags of elements that have nothing of the author's in them. A page has headings of the first and second
/// order already.
fn plain(tag: &Tag<'_>) -> (&'static str, &'static str) {
    match tag {
        Tag::Paragraph => ("<p>", "</p>\n"),
        Tag::Heading { level: HeadingLevel::H1, .. } => ("<h3>", "</h3>\n"),
        Tag::Heading { level: HeadingLevel::H2, .. } => ("<h4>", "</h4>\n"),
        Tag::Heading { level: HeadingLevel::H3, .. } => ("<h5>", "</h5>\n"),
        Tag::Heading { .. } => ("<h6>", "</h6>\n"),
        Tag::BlockQuote(_) => ("<blockquote>\n", "</blockquote>\n"),
        Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
            ("<pre tabindex=\"0\"><code>", "</code></pre>\n")
        }
        Tag::List(_) => ("<ul>\n", "</ul>\n"),
        Tag::Item => ("<li>", "</li>\n"),
        Tag::Emphasis => ("<em>", "</em>"),
        Tag::Strong => ("<strong>", "</strong>"),
        Tag::Strikethrough => ("<s>", "</s>"),
        _ => ("", ""),
    }
}
