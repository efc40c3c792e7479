//! The dataflow graph as a picture.
//!
//! Ingress at the left, egress at the right, a card for each operator between them, and an arrow for
//! all that one operator sends to another, with the messages along it. The text is real text, so that
//! the picture can be searched; colours are chosen to be read in print and on dark pages.

use std::fmt::Write;

use anabranch_ir::{Operator, Program};

use super::layout::{Link, columns, links};

const CARD_WIDTH: i32 = 190;
const TITLE_HEIGHT: i32 = 30;
const ROW_HEIGHT: i32 = 18;
const CARD_GAP: i32 = 46;
/// Room for the messages between two columns.
const COLUMN_GAP: i32 = 210;
const MARGIN: i32 = 30;
const GATE_WIDTH: i32 = 74;
const LABEL_HEIGHT: i32 = 15;

/// The graph as an SVG document.
pub fn svg(program: &Program) -> String {
    let links = links(program);
    let cards = place(program, &links);
    let right = cards.iter().map(|card| card.x + CARD_WIDTH).max().unwrap_or(MARGIN);
    let bottom = cards.iter().map(|card| card.y + card.height).max().unwrap_or(MARGIN);
    let loops_below = if links.iter().any(|link| is_backward(&cards, link)) { 70 } else { 0 };
    let egress_x = right + 90;
    let (width, height) = (egress_x + GATE_WIDTH + MARGIN, bottom + loops_below + MARGIN);
    let mut text = String::new();
    let _ = write!(text, "{}", header(width, height));
    let middle = (MARGIN + bottom) / 2;
    gates(&mut text, &cards, middle, egress_x);
    for (index, link) in links.iter().enumerate() {
        arrow(&mut text, &cards, link, bottom, index as i32);
    }
    for (operator, card) in program.operators.iter().zip(&cards) {
        draw_card(&mut text, program, operator, card);
    }
    text.push_str("</svg>\n");
    text
}

/// Where an operator's card stands.
struct Card {
    x: i32,
    y: i32,
    height: i32,
    column: usize,
}

fn place(program: &Program, links: &[Link]) -> Vec<Card> {
    let columns = columns(program.operators.len(), links);
    let column_count = columns.iter().max().map_or(0, |last| last + 1);
    let height =
        |operator: &Operator| TITLE_HEIGHT + ROW_HEIGHT * operator.methods.len().max(1) as i32 + 10;
    let mut column_heights = vec![-CARD_GAP; column_count];
    for (operator, column) in program.operators.iter().zip(&columns) {
        column_heights[*column] += height(operator) + CARD_GAP;
    }
    let tallest = column_heights.iter().copied().max().unwrap_or(0);
    let mut next: Vec<i32> =
        column_heights.iter().map(|total| MARGIN + 20 + (tallest - total) / 2).collect();
    let left = MARGIN + GATE_WIDTH + 90;
    let operators = program.operators.iter().zip(columns);
    operators
        .map(|(operator, column)| {
            let card = Card {
                x: left + column as i32 * (CARD_WIDTH + COLUMN_GAP),
                y: next[column],
                height: height(operator),
                column,
            };
            next[column] += card.height + CARD_GAP;
            card
        })
        .collect()
}

fn header(width: i32, height: i32) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <title>Dataflow graph</title>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"context-stroke\"/>\
         </marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    )
}

/// Ingress and egress, with thin lines to every card.
fn gates(text: &mut String, cards: &[Card], middle: i32, egress_x: i32) {
    for card in cards {
        let y = card.y + TITLE_HEIGHT / 2;
        let from = MARGIN + GATE_WIDTH;
        let _ = writeln!(
            text,
            "<path d=\"M{from} {middle} C{} {middle} {} {y} {} {y}\" fill=\"none\" stroke=\"#c3cbd6\" \
             stroke-dasharray=\"3 4\"/>",
            from + 60,
            card.x - 60,
            card.x
        );
        let start = card.x + CARD_WIDTH;
        let _ = writeln!(
            text,
            "<path d=\"M{start} {y} C{} {y} {} {middle} {egress_x} {middle}\" fill=\"none\" \
             stroke=\"#c3cbd6\" stroke-dasharray=\"3 4\"/>",
            start + 60,
            egress_x - 60
        );
    }
    for (x, name) in [(MARGIN, "ingress"), (egress_x, "egress")] {
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{}\" width=\"{GATE_WIDTH}\" height=\"30\" rx=\"15\" fill=\"#33415c\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#ffffff\">{name}</text>",
            middle - 15,
            x + GATE_WIDTH / 2,
            middle + 4
        );
    }
}

/// Whether the arrow cannot go straight to the right.
fn is_backward(cards: &[Card], link: &Link) -> bool {
    cards[link.to].column <= cards[link.from].column
}

fn arrow(text: &mut String, cards: &[Card], link: &Link, bottom: i32, index: i32) {
    let (from, to) = (&cards[link.from], &cards[link.to]);
    let colour = ["#1b6ca8", "#a8431b", "#2c7a4b", "#7a2c6f", "#8a6d00"][index as usize % 5];
    let lines = link.labels.len() as i32;
    let (path, label_x, label_y) = if link.from == link.to {
        let (x, y) = (from.x + CARD_WIDTH, from.y + from.height - 14);
        let path = format!("M{x} {} C{} {} {} {y} {x} {y}", y - 26, x + 46, y - 30, x + 46);
        (path, x + 78, y - 10)
    } else if is_backward(cards, link) {
        let (x1, y1) = (from.x + CARD_WIDTH / 2, from.y + from.height);
        let (x2, y2) = (to.x + CARD_WIDTH / 2, to.y + to.height);
        let low = bottom + 50;
        (format!("M{x1} {y1} C{x1} {low} {x2} {low} {x2} {y2}"), (x1 + x2) / 2, low - 18)
    } else {
        let (x1, x2) = (from.x + CARD_WIDTH, to.x);
        let y1 = from.y + from.height / 2;
        let y2 = to.y + to.height / 2;
        let bend = (x2 - x1) / 2;
        let path = format!("M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend);
        // Near the target, where arrows from different cards have parted.
        (path, x2 - 98, y2 - 6 - (lines - 1) * LABEL_HEIGHT / 2 + (y1 - y2) / 6)
    };
    let _ = writeln!(
        text,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" \
         marker-end=\"url(#head)\"/>"
    );
    for (line, label) in link.labels.iter().enumerate() {
        let y = label_y + line as i32 * LABEL_HEIGHT;
        let _ = writeln!(
            text,
            "<text x=\"{label_x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"{colour}\" stroke=\"#ffffff\" \
             stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
            escaped(label)
        );
    }
}

fn draw_card(text: &mut String, program: &Program, operator: &Operator, card: &Card) {
    let Card { x, y, height, .. } = card;
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{CARD_WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#f4f7fb\" \
         stroke=\"#33415c\"/>\n\
         <text x=\"{}\" y=\"{}\" font-weight=\"700\" font-size=\"14\" fill=\"#1c2536\">{}</text>\n\
         <line x1=\"{x}\" x2=\"{}\" y1=\"{}\" y2=\"{3}\" stroke=\"#c3cbd6\"/>",
        x + 12,
        y + 20,
        escaped(&operator.name),
        x + CARD_WIDTH,
        y + TITLE_HEIGHT
    );
    for (row, method) in operator.methods.iter().enumerate() {
        let function = program.function(*method);
        let segments = match &function.body {
            anabranch_ir::Body::Native => String::new(),
            anabranch_ir::Body::Segments(segments) => format!("{} segments", segments.len()),
        };
        let baseline = y + TITLE_HEIGHT + 16 + row as i32 * ROW_HEIGHT;
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{baseline}\" fill=\"#33415c\">{}</text>\
             <text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\" font-size=\"10\" fill=\"#7b8798\">\
             {segments}</text>",
            x + 12,
            escaped(&function.name),
            x + CARD_WIDTH - 10
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
