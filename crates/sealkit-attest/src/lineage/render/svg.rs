//! One self-contained SVG: no script, no style sheet, no address of anything else.

use std::fmt::Write as _;

use sealkit_report::entity;

use super::{because, harmless, reasoned, short, title};
use crate::lineage::graph::{GraphEdge, GraphNode, LineageGraph, Standing};

const BOX_WIDTH: usize = 260;
const BOX_HEIGHT: usize = 56;
const COLUMN: usize = 430;
const ROW: usize = 76;
const MARGIN: usize = 20;
/// Characters of a label that fit in a box.
const FIT: usize = 34;
/// Boxes of one column, at most: the rest is told in a line.
const MAX_ROWS: usize = 500;

struct Place {
    x: usize,
    y: usize,
}

impl LineageGraph {
    /// The graph as an SVG image, with a line feed at its end: ancestors to the right of what came
    /// from them.
    pub fn svg(&self) -> String {
        let mut rows: Vec<usize> = Vec::new();
        let places: Vec<Option<Place>> =
            self.nodes.iter().map(|node| place(&mut rows, node)).collect();
        let columns = rows.len().max(1);
        let tallest = rows.iter().copied().max().unwrap_or(1).min(MAX_ROWS);
        let width = 2 * MARGIN + (columns - 1) * COLUMN + BOX_WIDTH;
        let height = 3 * MARGIN + tallest * ROW;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" \
             role=\"img\">\n<title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
            xml(&format!("Lineage: {}", self.standing().name()))
        );
        for edge in &self.edges {
            let ends = (places.get(edge.from), places.get(edge.to));
            if let (Some(Some(from)), Some(Some(to))) = ends {
                draw_edge(&mut text, edge, from, to);
            }
        }
        for (node, place) in self.nodes.iter().zip(&places) {
            if let Some(place) = place {
                draw_node(&mut text, node, place);
            }
        }
        let undrawn = places.iter().filter(|place| place.is_none()).count() + self.left_out;
        let last = if undrawn > 0 {
            format!("{undrawn} more are not drawn")
        } else {
            format!("{} things, {}", self.nodes.len(), self.standing().name())
        };
        let y = height - MARGIN;
        let _ = writeln!(text, "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"#5f6368\">{last}</text>");
        text.push_str("</svg>\n");
        text
    }
}

/// Where a node stands; none where its column is full.
fn place(rows: &mut Vec<usize>, node: &GraphNode) -> Option<Place> {
    if rows.len() <= node.depth {
        rows.resize(node.depth + 1, 0);
    }
    let row = rows.get_mut(node.depth)?;
    if *row >= MAX_ROWS {
        return None;
    }
    let place = Place { x: MARGIN + node.depth * COLUMN, y: MARGIN + *row * ROW };
    *row += 1;
    Some(place)
}

fn draw_node(text: &mut String, node: &GraphNode, place: &Place) {
    let (fill, stroke) = colours(node.standing);
    let Place { x, y } = place;
    let dashed = if node.standing == Standing::Missing { " stroke-dasharray=\"4 3\"" } else { "" };
    let more = format!("{}\n{}\n{}", title(node), harmless(&node.key), because(node));
    let _ = writeln!(text, "<g><title>{}</title>", xml(&more));
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"6\" \
         fill=\"{fill}\" stroke=\"{stroke}\"{dashed}/>"
    );
    let lines = [
        (format!("{} {}", node.standing.mark(), fit(&title(node))), "#202124", 18),
        (short(node).unwrap_or_else(|| "no digest".to_owned()), "#5f6368", 33),
        (node.standing.name().to_owned(), stroke, 48),
    ];
    for (line, colour, below) in lines {
        let (x, y) = (x + 10, y + below);
        let _ = writeln!(text, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{}</text>", xml(&line));
    }
    text.push_str("</g>\n");
}

fn draw_edge(text: &mut String, edge: &GraphEdge, from: &Place, to: &Place) {
    let (left, right) = if from.x <= to.x { (from, to) } else { (to, from) };
    let half = BOX_HEIGHT / 2;
    let (x1, y1) = (left.x + BOX_WIDTH, left.y + half);
    let (x2, y2) = (right.x, right.y + half);
    let (_, stroke) = colours(edge.standing);
    let dashed = if edge.standing == Standing::Verified { "" } else { " stroke-dasharray=\"4 3\"" };
    let (a, b) = (x1 + 60, x2.saturating_sub(60));
    let _ = writeln!(
        text,
        "<path d=\"M{x1} {y1}C{a} {y1} {b} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{stroke}\"{dashed}/>"
    );
    // Beside the box of the ancestor, where no two labels meet.
    let (x, y) = (x2.saturating_sub(8), y2.saturating_sub(5));
    let label = format!("{} {}", edge.standing.mark(), edge.kind.name());
    let _ = writeln!(
        text,
        "<text x=\"{x}\" y=\"{y}\" fill=\"{stroke}\" text-anchor=\"end\" font-size=\"11\">{label}</text>"
    );
}

fn colours(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Verified => ("#e6f4ea", "#137333"),
        Standing::Declared => ("#fef7e0", "#b06000"),
        Standing::Missing => ("#f1f3f4", "#5f6368"),
        Standing::Failed => ("#fce8e6", "#b3261e"),
    }
}

fn fit(text: &str) -> String {
    if text.chars().nth(FIT).is_none() {
        return text.to_owned();
    }
    text.chars().take(FIT - 1).chain(['…']).collect()
}

/// Text for XML: markup escaped, and nothing that XML 1.0 does not allow.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, entity(c)) {
            (_, Some(entity)) => safe.push_str(entity),
            ('\n', _) => safe.push('\n'),
            ('\u{fffe}' | '\u{ffff}', _) => {}
            (c, _) => safe.push_str(&reasoned(c.encode_utf8(&mut [0; 4]))),
        }
    }
    safe
}
