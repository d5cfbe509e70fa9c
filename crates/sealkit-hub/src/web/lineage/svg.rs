//! A lineage, or the ties of an AIBOM, as a picture: what it came from to the right, what came from it to the left.
//!
//! Colours are the page's, so that it fits both themes; a shape says the same. Every text in it is escaped, and
//! every address is one of the hub's own.

use maud::{Markup, html};
use sealkit_api::{KitLineage, LineageEdge, LineageNode};

use super::super::text::plain;
use super::{link, relation, shape, short, title};

const BOX: (usize, usize) = (220, 50);
const COLUMN: usize = 356;
const ROW: usize = 66;
const MARGIN: usize = 16;
/// Boxes of one column, at most: the rest is in the table.
const MAX_ROWS: usize = 40;
/// Characters of a label that fit in a box.
const FIT: usize = 28;

/// The picture of the `what`; nodes for which there is no room are counted.
pub(in crate::web) fn draw(found: &KitLineage, what: &str) -> Markup {
    let left = found.nodes.iter().map(|node| node.steps).min().unwrap_or(0).min(0);
    let right = found.nodes.iter().map(|node| node.steps).max().unwrap_or(0).max(0);
    let columns = usize::try_from(right - left).unwrap_or(0) + 1;
    let mut rows = vec![0_usize; columns];
    let places: Vec<Option<(usize, usize)>> =
        found.nodes.iter().map(|node| place(&mut rows, node.steps - left)).collect();
    let undrawn = places.iter().filter(|place| place.is_none()).count();
    let tallest = rows.iter().copied().max().unwrap_or(1);
    let width = 2 * MARGIN + (columns - 1) * COLUMN + BOX.0;
    let height = 2 * MARGIN + tallest * ROW;
    let at = |node: usize| places.get(node).copied().flatten();
    let is_heir =
        |edge: &LineageEdge| found.nodes.get(edge.from).is_some_and(|node| node.steps < 0);
    let edges = html! { @for edge in &found.edges {
        @if let (Some(from), Some(to)) = (at(edge.from), at(edge.to)) { (line(edge, from, to, is_heir(edge))) }
    } };
    let boxes = html! { @for (number, node) in found.nodes.iter().enumerate() {
        @if let Some(place) = at(number) { (node_box(node, place, number == 0)) }
    } };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(format!("picture of the {what}")) {
            svg.lineage viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height) role="group"
                aria-label=(format!("{what} as a picture; the same as a table below")) { (edges) (boxes) }
        }
        @if undrawn > 0 { p.note { (undrawn) " more are not drawn; the table has them." } }
    }
}

/// Where a node stands; none where its column is full.
fn place(rows: &mut [usize], column: i64) -> Option<(usize, usize)> {
    let column = usize::try_from(column).ok()?;
    let row = rows.get_mut(column).filter(|row| **row < MAX_ROWS)?;
    let place = (MARGIN + column * COLUMN, MARGIN + *row * ROW);
    *row += 1;
    Some(place)
}

fn node_box(node: &LineageNode, (x, y): (usize, usize), is_root: bool) -> Markup {
    let (class, sign) = shape(node.known);
    let class = format!("node {class}{}", if is_root { " root" } else { "" });
    let second = match &node.digest {
        Some(digest) => format!("{} · {}", node.kind.replace('-', " "), short(digest)),
        None => node.kind.replace('-', " "),
    };
    let inside = html! {
        title { (plain(&title(node))) ", " (node.known.name()) }
        rect x=(x) y=(y) width=(BOX.0) height=(BOX.1) rx="6" {}
        text class="name" x=(x + 10) y=(y + 21) { (sign) " " (fit(&plain(&title(node)))) }
        text class="more" x=(x + 10) y=(y + 38) { (fit(&second)) }
    };
    html! {
        @match link(node) {
            Some(link) if !is_root => { a href=(link) { g class=(class) { (inside) } } }
            _ => { g class=(class) { (inside) } }
        }
    }
}

/// A tie, from the right side of what came to be to the left side of what it came from; where that lies to the
/// left the line goes round. The label stands at the end that is farther from the root, where few ties meet, on the
/// side of the line's end that the line does not come from.
fn line(edge: &LineageEdge, from: (usize, usize), to: (usize, usize), is_heir: bool) -> Markup {
    let (class, sign) = shape(edge.known);
    let half = BOX.1 / 2;
    let (x1, y1) = (from.0 + BOX.0, from.1 + half);
    let (x2, y2) = (to.0, to.1 + half);
    let (bend, back) = (x1 + 70, x2.saturating_sub(70));
    let path = format!("M{x1} {y1}C{bend} {y1} {back} {y2} {x2} {y2}");
    let label = format!("{sign} {}", fit(&relation(edge)));
    let beside = |own: usize, other: usize| {
        if other < own { own + 14 } else { own.saturating_sub(5) }
    };
    let (x, y, anchor) = if is_heir {
        (x1 + 8, beside(y1, y2), "start")
    } else {
        (x2.saturating_sub(8), beside(y2, y1), "end")
    };
    html! {
        path class={ "tie " (class) } d=(path) {}
        text class={ "tie " (class) } x=(x) y=(y) text-anchor=(anchor) { (label) }
    }
}

fn fit(text: &str) -> String {
    if text.chars().nth(FIT).is_none() {
        return text.to_owned();
    }
    text.chars().take(FIT - 1).chain(['…']).collect()
}
