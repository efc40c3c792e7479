//! A method as a picture, from top to bottom.
//!
//! The segments stand below each other, in the order of their numbers, which is about that of the
//! source. An arrow to the next segment is a short one between the cards. Longer ones leave and
//! reach their cards at the side: at the right if they lead down, at the left if they lead back up.
//! There they run in lanes, the shorter the closer to the cards, so that none passes behind a card.
//! Every end of an arrow has a port of its own at the side of its card, and what happens on the way
//! is written beside the port it leaves from.

use std::fmt::Write;

use super::{Arrow, Card, MethodGraph};
use crate::graph::markup::escaped;

const MARGIN: i32 = 24;
const CARD_WIDTH_MIN: i32 = 220;
/// Of a letter in the font of source code.
const LETTER_WIDTH: i32 = 7;
const HEAD_HEIGHT: i32 = 28;
const LINE_HEIGHT: i32 = 17;
const NUMBER_WIDTH: i32 = 46;
const LABEL_HEIGHT: i32 = 15;
/// Between two cards, and more where messages stand between them.
const CARD_GAP: i32 = 34;
const LANE_GAP: i32 = 14;
/// The height of a port without a message.
const PORT_HEIGHT: i32 = 18;
const RETURN_WIDTH: i32 = 62;
const COLOURS: [&str; 6] = ["#1b6ca8", "#a8431b", "#2c7a4b", "#7a2c6f", "#8a6d00", "#4b4fa8"];

pub(super) fn svg(graph: &MethodGraph) -> String {
    let routes = routes(graph);
    let width = card_width(graph);
    let room = Room::of(graph, &routes);
    let left = MARGIN + room.left;
    let mut text = String::new();
    let mut top = MARGIN + 52;
    let mut ends = vec![Ends::default(); graph.arrows.len()];
    for (index, card) in graph.cards.iter().enumerate() {
        let frame = Frame { x: left, y: top, width, height: card_height(graph, &routes, index) };
        place_ends(graph, &routes, index, &frame, &mut ends);
        draw_card(&mut text, card, &frame);
        if card.returns {
            draw_return(&mut text, &frame);
        }
        top += frame.height;
        top += draw_next(&mut text, graph, index, left, top);
    }
    for (index, arrow) in graph.arrows.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        match routes[index] {
            Route::Next => {}
            Route::Down(lane) => {
                let x = left + width;
                let side = Side { x, lane: x + room.labels_right + lane * LANE_GAP, outward: 1 };
                draw_side(&mut text, arrow, ends[index], &side, colour);
            }
            Route::Up(lane) => {
                let lane = left - room.labels_left - lane * LANE_GAP;
                let side = Side { x: left, lane, outward: -1 };
                draw_side(&mut text, arrow, ends[index], &side, colour);
            }
        }
    }
    let title_width = graph.title.chars().count() as i32 * (LETTER_WIDTH + 1) + 2 * MARGIN;
    let whole_width = (left + width + room.right + MARGIN).max(left + title_width);
    let bottom = top - CARD_GAP + MARGIN;
    format!("{}{text}</svg>\n", head(graph, whole_width, bottom, left))
}

/// How an arrow runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Route {
    /// Straight down to the next card.
    Next,
    /// In this lane at the right.
    Down(i32),
    /// In this lane at the left.
    Up(i32),
}

impl Route {
    fn is_up(self) -> bool {
        matches!(self, Route::Up(_))
    }
}

/// Short arrows first, each in the innermost lane that is free where it runs.
fn routes(graph: &MethodGraph) -> Vec<Route> {
    let span = |arrow: &Arrow| (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
    let mut order: Vec<usize> = (0..graph.arrows.len()).collect();
    order.sort_by_key(|index| {
        let (first, last) = span(&graph.arrows[*index]);
        (last - first, first)
    });
    let mut routes = vec![Route::Next; graph.arrows.len()];
    let mut taken: [Vec<(i32, usize, usize)>; 2] = [Vec::new(), Vec::new()];
    for index in order {
        let arrow = &graph.arrows[index];
        let (first, last) = span(arrow);
        let is_up = arrow.to <= arrow.from;
        if !is_up && arrow.to == arrow.from + 1 {
            continue;
        }
        let taken = &mut taken[usize::from(is_up)];
        let is_free = |lane: &i32| {
            taken.iter().all(|(other, from, to)| other != lane || *to < first || last < *from)
        };
        let lane = (0..).find(is_free).expect("this is a bug in Anabranch: lanes are unbounded");
        taken.push((lane, first, last));
        routes[index] = if is_up { Route::Up(lane) } else { Route::Down(lane) };
    }
    routes
}

/// How much room there must be beside the cards.
struct Room {
    left: i32,
    right: i32,
    /// Between the cards and the first lane.
    labels_left: i32,
    labels_right: i32,
}

impl Room {
    fn of(graph: &MethodGraph, routes: &[Route]) -> Self {
        let mut longest = [0, 0];
        let mut lanes = [0, 0];
        for (arrow, route) in graph.arrows.iter().zip(routes) {
            let (side, lane) = match route {
                Route::Next => continue,
                Route::Up(lane) => (0, lane),
                Route::Down(lane) => (1, lane),
            };
            let letters = arrow.labels.iter().map(|label| label.chars().count()).max();
            longest[side] = longest[side].max(letters.unwrap_or(0) as i32 * LETTER_WIDTH + 26);
            lanes[side] = lanes[side].max(lane + 1);
        }
        if graph.cards.iter().any(|card| card.returns) {
            longest[1] = longest[1].max(RETURN_WIDTH + 40);
        }
        Self {
            left: longest[0] + lanes[0] * LANE_GAP,
            right: longest[1] + lanes[1] * LANE_GAP,
            labels_left: longest[0],
            labels_right: longest[1],
        }
    }
}

fn card_width(graph: &MethodGraph) -> i32 {
    let letters = |text: &str| text.chars().count() as i32;
    let widths = graph.cards.iter().flat_map(|card| {
        let head = letters(&card.about) * LETTER_WIDTH + 76;
        let lines = card.lines.iter().map(|line| letters(&line.text));
        lines.map(|count| count * (LETTER_WIDTH + 1) + NUMBER_WIDTH + 14).chain([head])
    });
    widths.max().unwrap_or(0).max(CARD_WIDTH_MIN)
}

/// Where a card stands.
struct Frame {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

fn card_height(graph: &MethodGraph, routes: &[Route], index: usize) -> i32 {
    let card = &graph.cards[index];
    let lines = card.lines.len() as i32 + i32::from(card.omitted > 0);
    let text = HEAD_HEIGHT + lines * LINE_HEIGHT + 12;
    let ports = |is_up: bool| {
        let mut height = 12;
        for (arrow, route) in graph.arrows.iter().zip(routes) {
            if *route == Route::Next || route.is_up() != is_up {
                continue;
            }
            height += if arrow.to == index { PORT_HEIGHT } else { 0 };
            height += if arrow.from == index { departure_height(arrow) } else { 0 };
        }
        height
    };
    let returns = if card.returns { PORT_HEIGHT + 8 } else { 0 };
    text.max(ports(true)).max(ports(false) + returns)
}

fn departure_height(arrow: &Arrow) -> i32 {
    PORT_HEIGHT.max(LABEL_HEIGHT * arrow.labels.len() as i32 + 8)
}

/// The heights at which an arrow leaves and arrives.
#[derive(Clone, Copy, Default, Debug)]
struct Ends {
    from: i32,
    to: i32,
}

/// Arrows that arrive have their ports above those that leave.
fn place_ends(
    graph: &MethodGraph,
    routes: &[Route],
    index: usize,
    frame: &Frame,
    ends: &mut [Ends],
) {
    let mut next = [frame.y + 2, frame.y + 2];
    for (number, arrow) in graph.arrows.iter().enumerate() {
        if routes[number] != Route::Next && arrow.to == index {
            let side = &mut next[usize::from(routes[number].is_up())];
            *side += PORT_HEIGHT;
            ends[number].to = *side;
        }
    }
    for (number, arrow) in graph.arrows.iter().enumerate() {
        if routes[number] != Route::Next && arrow.from == index {
            let side = &mut next[usize::from(routes[number].is_up())];
            *side += departure_height(arrow);
            ends[number].from = *side;
        }
    }
}

fn head(graph: &MethodGraph, width: i32, height: i32, left: i32) -> String {
    let title = escaped(&graph.title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"context-stroke\"/>\
         </marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{left}\" y=\"{}\" font-size=\"14\" font-weight=\"700\" fill=\"#1c2536\">{title}\
         </text>\n\
         <path d=\"M{x} {} V{}\" stroke=\"#33415c\" stroke-width=\"1.6\" \
         marker-end=\"url(#head)\"/>\n",
        MARGIN + 14,
        MARGIN + 24,
        MARGIN + 52,
        x = left + 30,
    )
}

fn draw_card(text: &mut String, card: &Card, frame: &Frame) {
    let Frame { x, y, width, height } = frame;
    let _ = writeln!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#f4f7fb\" \
         stroke=\"#33415c\"/>\n\
         <text x=\"{}\" y=\"{}\"><tspan font-weight=\"700\" fill=\"#1c2536\">{}</tspan>\
         <tspan dx=\"10\" font-size=\"11\" fill=\"#5b6879\">{}</tspan></text>\n\
         <path d=\"M{x} {} h{width}\" stroke=\"#c3cbd6\"/>",
        x + 12,
        y + 19,
        escaped(&card.name),
        escaped(&card.about),
        y + HEAD_HEIGHT
    );
    for (row, line) in card.lines.iter().enumerate() {
        let baseline = y + HEAD_HEIGHT + 17 + row as i32 * LINE_HEIGHT;
        let _ = writeln!(
            text,
            "<g font-family=\"ui-monospace, monospace\"><text x=\"{}\" y=\"{baseline}\" \
             text-anchor=\"end\" font-size=\"10\" fill=\"#8a96a6\">{}</text>\
             <text x=\"{}\" y=\"{baseline}\" fill=\"#33415c\" xml:space=\"preserve\">{}</text></g>",
            x + NUMBER_WIDTH - 12,
            line.number,
            x + NUMBER_WIDTH,
            escaped(&line.text)
        );
    }
    if card.omitted > 0 {
        let baseline = y + HEAD_HEIGHT + 17 + card.lines.len() as i32 * LINE_HEIGHT;
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{baseline}\" font-size=\"11\" fill=\"#8a96a6\">… {} more lines</text>",
            x + NUMBER_WIDTH,
            card.omitted
        );
    }
}

/// The method's end, at the lower right corner of a card.
fn draw_return(text: &mut String, frame: &Frame) {
    let (x, y) = (frame.x + frame.width, frame.y + frame.height - 14);
    let pill = x + 30;
    let _ = writeln!(
        text,
        "<path d=\"M{x} {y} H{pill}\" stroke=\"#33415c\" stroke-width=\"1.6\" \
         marker-end=\"url(#head)\"/>\n\
         <rect x=\"{pill}\" y=\"{}\" width=\"{RETURN_WIDTH}\" height=\"22\" rx=\"11\" fill=\"#33415c\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#ffffff\">return</text>",
        y - 11,
        pill + RETURN_WIDTH / 2,
        y + 4
    );
}

/// The arrow to the next card, if there is one; gives the height of the gap that it needs.
fn draw_next(text: &mut String, graph: &MethodGraph, index: usize, left: i32, top: i32) -> i32 {
    let is_next = |(_, arrow): &(usize, &Arrow)| arrow.from == index && arrow.to == index + 1;
    let Some((number, arrow)) = graph.arrows.iter().enumerate().find(is_next) else {
        return CARD_GAP;
    };
    let colour = COLOURS[number % COLOURS.len()];
    let gap = CARD_GAP + LABEL_HEIGHT * (arrow.labels.len() as i32 - 1).max(0);
    let x = left + 30;
    draw_arrow(text, &format!("M{x} {top} V{}", top + gap), colour);
    for (row, label) in arrow.labels.iter().enumerate() {
        let baseline = top + 20 + row as i32 * LABEL_HEIGHT;
        draw_label(text, label, x + 10, baseline, "start", colour);
    }
    gap
}

/// One side of the cards.
struct Side {
    /// The border of the cards.
    x: i32,
    /// Where the lane runs.
    lane: i32,
    /// 1 to the right, -1 to the left.
    outward: i32,
}

fn draw_side(text: &mut String, arrow: &Arrow, ends: Ends, side: &Side, colour: &str) {
    let Side { x, lane, outward } = side;
    let Ends { from, to } = ends;
    // Round corners, as far as there is room for them.
    let radius = 8.min((to - from).abs() / 2);
    let inner = lane - outward * radius;
    let vertical = (to - from).signum() * radius;
    let path = format!(
        "M{x} {from} H{inner} Q{lane} {from} {lane} {} V{} Q{lane} {to} {inner} {to} H{x}",
        from + vertical,
        to - vertical
    );
    draw_arrow(text, &path, colour);
    let anchor = if *outward > 0 { "start" } else { "end" };
    let first = from - 5 - LABEL_HEIGHT * (arrow.labels.len() as i32 - 1);
    for (row, label) in arrow.labels.iter().enumerate() {
        let baseline = first + row as i32 * LABEL_HEIGHT;
        draw_label(text, label, x + outward * 10, baseline, anchor, colour);
    }
}

fn draw_arrow(text: &mut String, path: &str, colour: &str) {
    let _ = writeln!(
        text,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" \
         marker-end=\"url(#head)\"/>"
    );
}

fn draw_label(text: &mut String, label: &str, x: i32, y: i32, anchor: &str, colour: &str) {
    let _ = writeln!(
        text,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{}</text>",
        escaped(label)
    );
}
