//! The dataflow graph as a picture.
//!
//! Ingress at the left, egress at the right, a card for each operator between them, and an arrow for
//! all that one operator sends to another, with the messages along it. On a card, every arrow that
//! arrives has a slot of its own, so that messages never lie on each other. An arrow to the right
//! takes the passages that the layout keeps free. One that leads back goes down beside its column,
//! along below all cards, and up again; one from a card to itself hangs below it. The text is real
//! text: the picture can be searched.

use std::fmt::Write;

use anabranch_ir::{Body, OperatorId, Program};

use super::layout::{Item, Link, columns, items, links};
use super::markup::escaped;

const CARD_WIDTH_MIN: i32 = 190;
const TITLE_HEIGHT: i32 = 30;
const ROW_HEIGHT: i32 = 18;
const CARD_GAP: i32 = 36;
/// The height of a way for an arrow through a column.
const PASSAGE_HEIGHT: i32 = 10;
/// The least room for the messages between two columns.
const COLUMN_GAP_MIN: i32 = 200;
/// The last stretch of an arrow is straight: the messages stand on it.
const STRAIGHT: i32 = 90;
const LETTER_WIDTH: i32 = 7;
const MARGIN: i32 = 24;
const GATE_WIDTH: i32 = 74;
const LABEL_HEIGHT: i32 = 15;
/// Room above the messages of an arrow, and for the arrow itself.
const SLOT_PADDING: i32 = 12;
/// Between the arrows that leave a card.
const DEPARTURE_GAP: i32 = 9;
/// How far below the cards the first arrow runs that leads back, and the next below it.
const RETURN_DEPTH: i32 = 34;
/// How far an arrow from a card to itself hangs below it.
const LOOP_DEPTH: i32 = 40;
const COLOURS: [&str; 6] = ["#1b6ca8", "#a8431b", "#2c7a4b", "#7a2c6f", "#8a6d00", "#4b4fa8"];

/// The graph as an SVG document.
pub fn svg(program: &Program) -> String {
    let links = links(program);
    let plan = Plan::of(program, &links);
    let cards = &plan.cards;
    let right = cards.iter().map(|card| card.x + plan.card_width).max().unwrap_or(MARGIN);
    let bottom = cards.iter().map(|card| card.y + card.room).max().unwrap_or(MARGIN);
    let returning = links.iter().filter(|link| is_returning(cards, link)).count() as i32;
    let frame = Frame {
        left: 2 * MARGIN + GATE_WIDTH + 20,
        right: right + MARGIN + returning * DEPARTURE_GAP,
        bottom: bottom + returning * RETURN_DEPTH + MARGIN,
    };
    let egress_x = frame.right + 20 + MARGIN;
    let mut text = header(egress_x + GATE_WIDTH + MARGIN, frame.bottom + MARGIN);
    gates(&mut text, &frame, egress_x);
    let mut drawing = Drawing::default();
    let mut returned = 0;
    for (index, link) in links.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        if link.from == link.to {
            loop_arrow(&mut drawing, &plan, link, colour);
        } else if is_returning(cards, link) {
            returned += 1;
            let depth = bottom + returned * RETURN_DEPTH;
            returning_arrow(&mut drawing, &plan, link, depth, returned, colour);
        } else {
            forward_arrow(&mut drawing, &plan, link, index, colour);
        }
    }
    text.push_str(&drawing.shapes);
    text.push_str(&drawing.labels);
    for (index, card) in cards.iter().enumerate() {
        draw_card(&mut text, program, OperatorId::from_index(index), card, plan.card_width);
    }
    text.push_str("</svg>\n");
    text
}

/// The arrows, and their messages, which are drawn over them.
#[derive(Default)]
struct Drawing {
    shapes: String,
    labels: String,
}

/// Where an operator's card stands.
#[derive(Clone, Default)]
struct Card {
    x: i32,
    y: i32,
    height: i32,
    /// With what hangs below it.
    room: i32,
    column: usize,
}

/// Where everything stands.
struct Plan {
    cards: Vec<Card>,
    card_width: i32,
    column_gap: i32,
    /// Of each link: the heights of its passages, from left to right.
    passages: Vec<Vec<i32>>,
    /// Of each link: the height at which it leaves.
    departures: Vec<i32>,
    /// Of each link: the height at which it arrives.
    arrivals: Vec<i32>,
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

impl Plan {
    fn of(program: &Program, links: &[Link]) -> Self {
        let longest = links.iter().flat_map(|link| &link.labels).map(|it| it.chars().count()).max();
        let longest = longest.unwrap_or(0) as i32 * LETTER_WIDTH;
        let mut plan = Self {
            cards: Vec::new(),
            card_width: card_width(program, links),
            column_gap: COLUMN_GAP_MIN.max(longest + STRAIGHT),
            passages: vec![Vec::new(); links.len()],
            departures: vec![0; links.len()],
            arrivals: vec![0; links.len()],
        };
        plan.place(program, links);
        plan.place_ends(links);
        plan
    }

    /// Places cards and passages, each column in the middle of the height.
    fn place(&mut self, program: &Program, links: &[Link]) {
        let columns = columns(program.operators.len(), links);
        self.cards = cards(program, links, &columns);
        let items = items(&columns, links);
        let height = |cards: &[Card], item: &Item| match item {
            Item::Operator(operator) => cards[*operator].room,
            Item::Passage(_) => PASSAGE_HEIGHT,
        };
        let gap = |above: &Item, below: &Item| match (above, below) {
            (Item::Passage(_), Item::Passage(_)) => PASSAGE_HEIGHT,
            _ => CARD_GAP,
        };
        let total = |cards: &[Card], column: &[Item]| {
            let heights: i32 = column.iter().map(|item| height(cards, item)).sum();
            heights + column.windows(2).map(|pair| gap(&pair[0], &pair[1])).sum::<i32>()
        };
        let tallest = items.iter().map(|column| total(&self.cards, column)).max().unwrap_or(0);
        let left = 3 * MARGIN + GATE_WIDTH + 20;
        for (index, column) in items.iter().enumerate() {
            let mut y = 2 * MARGIN + (tallest - total(&self.cards, column)) / 2;
            for (position, item) in column.iter().enumerate() {
                match item {
                    Item::Operator(operator) => {
                        let card = &mut self.cards[*operator];
                        card.x = left + index as i32 * (self.card_width + self.column_gap);
                        card.y = y;
                    }
                    Item::Passage(link) => self.passages[*link].push(y + PASSAGE_HEIGHT / 2),
                }
                y += height(&self.cards, item);
                y += column.get(position + 1).map_or(0, |below| gap(item, below));
            }
        }
    }

    /// The ends of the arrows at a card are in the order of where they go to or come from.
    fn place_ends(&mut self, links: &[Link]) {
        let middle = |card: &Card| card.y + card.height / 2;
        for (index, card) in self.cards.iter().enumerate() {
            let mut leaving: Vec<usize> = (0..links.len())
                .filter(|it| links[*it].from == index && !is_returning(&self.cards, &links[*it]))
                .filter(|it| links[*it].to != index)
                .collect();
            leaving.sort_by_key(|it| {
                let passage = self.passages[*it].first().copied();
                passage.unwrap_or_else(|| middle(&self.cards[links[*it].to]))
            });
            let first = middle(card) - (leaving.len() as i32 - 1) * DEPARTURE_GAP / 2;
            for (position, it) in leaving.into_iter().enumerate() {
                self.departures[it] = first + position as i32 * DEPARTURE_GAP;
            }
        }
        for (index, card) in self.cards.iter().enumerate() {
            let mut arriving: Vec<usize> = (0..links.len())
                .filter(|it| links[*it].to == index && !is_returning(&self.cards, &links[*it]))
                .filter(|it| links[*it].from != index)
                .collect();
            arriving.sort_by_key(|it| {
                self.passages[*it].last().copied().unwrap_or(self.departures[*it])
            });
            let mut height = card.y + TITLE_HEIGHT / 2;
            for it in arriving {
                height += slot_height(&links[it]);
                self.arrivals[it] = height;
            }
        }
    }
}

/// The cards in their sizes and columns.
fn cards(program: &Program, links: &[Link], columns: &[usize]) -> Vec<Card> {
    let operators = program.operators.iter().enumerate();
    let cards = operators.map(|(index, operator)| {
        let rows = TITLE_HEIGHT + ROW_HEIGHT * operator.methods.len().max(1) as i32 + 10;
        let arriving =
            links.iter().filter(|link| link.to == index && columns[link.from] < columns[index]);
        let slots = TITLE_HEIGHT / 2 + arriving.map(slot_height).sum::<i32>() + 12;
        let height = rows.max(slots);
        let has_loop = links.iter().any(|link| link.from == index && link.to == index);
        let room = height + if has_loop { LOOP_DEPTH } else { 0 };
        Card { height, room, column: columns[index], ..Card::default() }
    });
    cards.collect()
}

fn card_width(program: &Program, links: &[Link]) -> i32 {
    let names = program.operators.iter().flat_map(|operator| {
        let methods = operator.methods.iter().map(|method| program.function(*method).name.as_str());
        methods.chain([operator.name.as_str()])
    });
    let longest = names.map(|name| name.chars().count()).max().unwrap_or(0) as i32;
    // The messages of a card to itself stand in the loop below it.
    let loops = links.iter().filter(|link| link.from == link.to);
    let loops = loops.map(|link| link.labels.join(", ").chars().count()).max().unwrap_or(0) as i32;
    CARD_WIDTH_MIN.max(longest * LETTER_WIDTH + 100).max(loops * LETTER_WIDTH + 48)
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

/// Whether the arrow leads to a card that does not stand further right.
fn is_returning(cards: &[Card], link: &Link) -> bool {
    link.from != link.to && cards[link.to].column <= cards[link.from].column
}

fn forward_arrow(drawing: &mut Drawing, plan: &Plan, link: &Link, index: usize, colour: &str) {
    let (from, to) = (&plan.cards[link.from], &plan.cards[link.to]);
    let arrival = plan.arrivals[index];
    let (mut x, mut y) = (from.x + plan.card_width, plan.departures[index]);
    let mut path = format!("M{x} {y}");
    let mut curve = |x: &mut i32, y: &mut i32, to_x: i32, to_y: i32| {
        let bend = (to_x - *x) / 2;
        let _ = write!(path, " C{} {y} {} {to_y} {to_x} {to_y}", *x + bend, to_x - bend);
        (*x, *y) = (to_x, to_y);
    };
    for (step, passage) in plan.passages[index].iter().enumerate() {
        let column = from.x + (step as i32 + 1) * (plan.card_width + plan.column_gap);
        curve(&mut x, &mut y, column, *passage);
        curve(&mut x, &mut y, column + plan.card_width, *passage);
    }
    curve(&mut x, &mut y, to.x - STRAIGHT, arrival);
    let _ = write!(path, " H{}", to.x);
    arrow(&mut drawing.shapes, &path, colour);
    let first = arrival - 7 - LABEL_HEIGHT * (link.labels.len() as i32 - 1);
    messages(&mut drawing.labels, &link.labels, (to.x - 10, first), "end", colour);
}

/// `number` counts the arrows that lead back from one.
fn returning_arrow(
    drawing: &mut Drawing,
    plan: &Plan,
    link: &Link,
    depth: i32,
    number: i32,
    colour: &str,
) {
    let (from, to) = (&plan.cards[link.from], &plan.cards[link.to]);
    let (x1, y1) = (from.x + plan.card_width, from.y + from.height - 10);
    let (x2, y2) = (to.x + plan.card_width, to.y + to.height - 10);
    let offset = 8 + number * DEPARTURE_GAP;
    let (down, up) = (x1 + offset, x2 + offset);
    // In one column there is nothing to go around.
    let path = if from.column == to.column {
        format!("M{x1} {y1} H{down} V{y2} H{x2}")
    } else {
        format!(
            "M{x1} {y1} H{} Q{down} {y1} {down} {} V{} Q{down} {depth} {} {depth} \
             H{} Q{up} {depth} {up} {} V{} Q{up} {y2} {} {y2} H{x2}",
            down - 8,
            y1 + 8,
            depth - 8,
            down - 8,
            up + 8,
            depth - 8,
            y2 + 8,
            up - 8,
        )
    };
    arrow(&mut drawing.shapes, &path, colour);
    let label = [link.labels.join(", ")];
    if from.column == to.column {
        messages(&mut drawing.labels, &label, (down + 6, (y1 + y2) / 2), "start", colour);
    } else {
        messages(&mut drawing.labels, &label, ((down + up) / 2, depth - 6), "middle", colour);
    }
}

fn loop_arrow(drawing: &mut Drawing, plan: &Plan, link: &Link, colour: &str) {
    let card = &plan.cards[link.from];
    let (x1, x2) = (card.x + plan.card_width - 16, card.x + 16);
    let (y, depth) = (card.y + card.height, card.y + card.height + LOOP_DEPTH - 8);
    let path = format!(
        "M{x1} {y} V{} Q{x1} {depth} {} {depth} H{} Q{x2} {depth} {x2} {} V{y}",
        depth - 8,
        x1 - 8,
        x2 + 8,
        depth - 8,
    );
    arrow(&mut drawing.shapes, &path, colour);
    let label = [link.labels.join(", ")];
    messages(
        &mut drawing.labels,
        &label,
        (card.x + plan.card_width / 2, depth - 9),
        "middle",
        colour,
    );
}

fn arrow(text: &mut String, path: &str, colour: &str) {
    let _ = writeln!(
        text,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" \
         marker-end=\"url(#head)\"/>"
    );
}

fn messages(
    text: &mut String,
    labels: &[String],
    (x, first): (i32, i32),
    anchor: &str,
    colour: &str,
) {
    for (line, label) in labels.iter().enumerate() {
        let y = first + line as i32 * LABEL_HEIGHT;
        let _ = writeln!(
            text,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{colour}\" stroke=\"#ffffff\" \
             stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
            escaped(label)
        );
    }
}

fn draw_card(text: &mut String, program: &Program, id: OperatorId, card: &Card, width: i32) {
    let operator = program.operator(id);
    let Card { x, y, height, .. } = card;
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#f4f7fb\" \
         stroke=\"#33415c\"/>\n\
         <text x=\"{}\" y=\"{}\" font-weight=\"700\" font-size=\"14\" fill=\"#1c2536\">{}</text>\n\
         <path d=\"M{x} {separator} h{width}\" stroke=\"#c3cbd6\"/>",
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
            x + width - 10
        );
    }
}
