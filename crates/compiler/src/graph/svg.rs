//! The dataflow graph as a picture.
//!
//! Ingress at the left, egress at the right, a card for each operator between them, and an arrow for
//! all that one operator sends to another, with the messages along it. On a card, every arrow that
//! arrives has a slot of its own, so that messages never lie on each other. The text is real text:
//! the picture can be searched.

use std::fmt::Write;

use anabranch_ir::{Body, Operator, OperatorId, Program};

use super::layout::{Link, columns, links};

const CARD_WIDTH: i32 = 190;
const TITLE_HEIGHT: i32 = 30;
const ROW_HEIGHT: i32 = 18;
const CARD_GAP: i32 = 36;
/// Room for the messages between two columns.
const COLUMN_GAP: i32 = 200;
const MARGIN: i32 = 24;
const GATE_WIDTH: i32 = 74;
const LABEL_HEIGHT: i32 = 15;
/// Room above the messages of an arrow, and for the arrow itself.
const SLOT_PADDING: i32 = 10;
/// How far below the cards the first arrow runs that leads back, and the next below it.
const RETURN_DEPTH: i32 = 42;
const COLOURS: [&str; 6] = ["#1b6ca8", "#a8431b", "#2c7a4b", "#7a2c6f", "#8a6d00", "#4b4fa8"];

/// The graph as an SVG document.
pub fn svg(program: &Program) -> String {
    let links = links(program);
    let cards = place(program, &links);
    let right = cards.iter().map(|card| card.x + CARD_WIDTH).max().unwrap_or(MARGIN);
    let bottom = cards.iter().map(|card| card.y + card.height).max().unwrap_or(MARGIN);
    let returning = links.iter().filter(|link| is_returning(&cards, link)).count() as i32;
    let frame = Frame {
        left: 2 * MARGIN + GATE_WIDTH + 20,
        right: right + MARGIN,
        bottom: bottom + returning * RETURN_DEPTH + MARGIN,
    };
    let egress_x = frame.right + 20 + MARGIN;
    let mut text = header(egress_x + GATE_WIDTH + MARGIN, frame.bottom + MARGIN);
    gates(&mut text, &frame, egress_x);
    let mut arrivals: Vec<i32> = cards.iter().map(|card| card.y + TITLE_HEIGHT / 2).collect();
    let mut depth = bottom;
    for (index, link) in links.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        if is_returning(&cards, link) {
            depth += RETURN_DEPTH;
            returning_arrow(&mut text, &cards, link, depth, colour);
        } else {
            arrivals[link.to] += slot_height(link);
            forward_arrow(&mut text, &cards, link, arrivals[link.to], colour);
        }
    }
    for (index, card) in cards.iter().enumerate() {
        draw_card(&mut text, program, OperatorId::from_index(index), card);
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

/// What encloses the cards.
struct Frame {
    left: i32,
    right: i32,
    bottom: i32,
}

fn slot_height(link: &Link) -> i32 {
    SLOT_PADDING + LABEL_HEIGHT * link.labels.len() as i32
}

fn place(program: &Program, links: &[Link]) -> Vec<Card> {
    let columns = columns(program.operators.len(), links);
    let column_count = columns.iter().max().map_or(0, |last| last + 1);
    let height = |index: usize, operator: &Operator| {
        let rows = TITLE_HEIGHT + ROW_HEIGHT * operator.methods.len().max(1) as i32 + 10;
        let arriving =
            links.iter().filter(|link| link.to == index && columns[link.from] < columns[index]);
        rows.max(TITLE_HEIGHT / 2 + arriving.map(slot_height).sum::<i32>() + 12)
    };
    let mut column_heights = vec![-CARD_GAP; column_count];
    for (index, operator) in program.operators.iter().enumerate() {
        column_heights[columns[index]] += height(index, operator) + CARD_GAP;
    }
    let tallest = column_heights.iter().copied().max().unwrap_or(0);
    let mut next: Vec<i32> =
        column_heights.iter().map(|total| 2 * MARGIN + (tallest - total) / 2).collect();
    let left = 3 * MARGIN + GATE_WIDTH + 20;
    let operators = program.operators.iter().enumerate();
    operators
        .map(|(index, operator)| {
            let column = columns[index];
            let card = Card {
                x: left + column as i32 * (CARD_WIDTH + COLUMN_GAP),
                y: next[column],
                height: height(index, operator),
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

/// Ingress and egress. Every method can be called from outside, so they lead to the frame around
/// all operators.
fn gates(text: &mut String, frame: &Frame, egress_x: i32) {
    let Frame { left, right, bottom } = frame;
    let middle = (MARGIN + bottom) / 2;
    let _ = writeln!(
        text,
        "<rect x=\"{left}\" y=\"{MARGIN}\" width=\"{}\" height=\"{}\" rx=\"14\" fill=\"none\" \
         stroke=\"#9aa6b6\" stroke-dasharray=\"4 4\"/>",
        right - left,
        bottom - MARGIN
    );
    for (x, from, to, name) in
        [(MARGIN, MARGIN + GATE_WIDTH, *left, "ingress"), (egress_x, *right, egress_x, "egress")]
    {
        let _ = writeln!(
            text,
            "<path d=\"M{from} {middle} L{to} {middle}\" stroke=\"#33415c\" stroke-width=\"1.6\" \
             marker-end=\"url(#head)\"/>\n\
             <rect x=\"{x}\" y=\"{}\" width=\"{GATE_WIDTH}\" height=\"30\" rx=\"15\" fill=\"#33415c\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#ffffff\">{name}</text>",
            middle - 15,
            x + GATE_WIDTH / 2,
            middle + 4
        );
    }
}

/// Whether the arrow cannot go straight to the right.
fn is_returning(cards: &[Card], link: &Link) -> bool {
    cards[link.to].column <= cards[link.from].column
}

fn forward_arrow(text: &mut String, cards: &[Card], link: &Link, arrival: i32, colour: &str) {
    let (from, to) = (&cards[link.from], &cards[link.to]);
    let (x1, y1) = (from.x + CARD_WIDTH, from.y + from.height / 2);
    // The last stretch is straight: the messages stand on it.
    let (x2, straight) = (to.x, to.x - 90);
    let bend = (straight - x1) / 2;
    let path = format!(
        "M{x1} {y1} C{} {y1} {} {arrival} {straight} {arrival} L{x2} {arrival}",
        x1 + bend,
        straight - bend
    );
    arrow(text, &path, colour);
    let first = arrival - 5 - LABEL_HEIGHT * (link.labels.len() as i32 - 1);
    messages(text, link, x2 - 10, first, "end", colour);
}

fn returning_arrow(text: &mut String, cards: &[Card], link: &Link, depth: i32, colour: &str) {
    let (from, to) = (&cards[link.from], &cards[link.to]);
    // A loop on one card has its messages inside.
    let spread = if link.from == link.to { 76 } else { 12 };
    let (x1, y1) = (from.x + CARD_WIDTH / 2 + spread, from.y + from.height);
    let (x2, y2) = (to.x + CARD_WIDTH / 2 - spread, to.y + to.height);
    let path = format!(
        "M{x1} {y1} C{x1} {depth} {x1} {depth} {} {depth} L{} {depth} C{x2} {depth} {x2} {depth} {x2} {y2}",
        x1 - (x1 - x2).signum() * 20,
        x2 + (x1 - x2).signum() * 20,
    );
    arrow(text, &path, colour);
    let label = Link { labels: vec![link.labels.join(", ")], ..*link };
    messages(text, &label, (x1 + x2) / 2, depth - 5, "middle", colour);
}

fn arrow(text: &mut String, path: &str, colour: &str) {
    let _ = writeln!(
        text,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" \
         marker-end=\"url(#head)\"/>"
    );
}

fn messages(text: &mut String, link: &Link, x: i32, first: i32, anchor: &str, colour: &str) {
    for (line, label) in link.labels.iter().enumerate() {
        let y = first + line as i32 * LABEL_HEIGHT;
        let _ = writeln!(
            text,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{colour}\" stroke=\"#ffffff\" \
             stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
            escaped(label)
        );
    }
}

fn draw_card(text: &mut String, program: &Program, id: OperatorId, card: &Card) {
    let operator = program.operator(id);
    let Card { x, y, height, .. } = card;
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{CARD_WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#f4f7fb\" \
         stroke=\"#33415c\"/>\n\
         <text x=\"{}\" y=\"{}\" font-weight=\"700\" font-size=\"14\" fill=\"#1c2536\">{}</text>\n\
         <path d=\"M{x} {separator} h{CARD_WIDTH}\" stroke=\"#c3cbd6\"/>",
        x + 12,
        y + 20,
        escaped(&operator.name),
        separator = y + TITLE_HEIGHT
    );
    for (row, method) in operator.methods.iter().enumerate() {
        let function = program.function(*method);
        let segments = match &function.body {
            Body::Native => String::new(),
            Body::Segments(segments) => format!("{} segments", segments.len()),
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
