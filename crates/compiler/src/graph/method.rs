//! One method as a state machine: its segments with the user's source lines, and how they follow
//! each other.

mod dot;
mod mermaid;
mod svg;

use std::collections::BTreeSet;

use anabranch_ir::{
    Body, Exit, Function, FunctionId, JointAction, JointMember, OperatorId, ParameterKind, Program,
    Segment, Signature, Turns,
};

use crate::SourceFile;
use crate::similar::most_similar;

/// A card shows no more lines of source than this.
const LINES_MAX: usize = 14;
/// Nor longer ones.
const WIDTH_MAX: usize = 72;
/// What a tab is drawn as.
const TAB: &str = "    ";

/// A method, ready to be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MethodGraph {
    /// `User.buy_item(amount, item)`
    title: String,
    cards: Vec<Card>,
    arrows: Vec<Arrow>,
}

/// One segment.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Card {
    name: String,
    /// What it starts with: the live variables and what arrives.
    about: String,
    lines: Vec<Line>,
    /// Lines that are not shown.
    omitted: usize,
    /// Whether the method may end here.
    returns: bool,
}

/// A line of the user's source.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    number: u32,
    text: String,
}

/// From one segment to another, with what happens on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Arrow {
    from: usize,
    to: usize,
    /// Empty where the method goes on at once.
    labels: Vec<String>,
}

/// The program has no such method.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no method {name}; {advice}")]
pub struct UnknownMethod {
    name: String,
    advice: String,
}

impl MethodGraph {
    /// The method (`User.buy_item`) or helper function (`price_of`) called `name`. `files` are those
    /// that the program was compiled from.
    pub fn of(program: &Program, files: &[SourceFile], name: &str) -> Result<Self, UnknownMethod> {
        let mut functions = (0..program.functions.len()).map(FunctionId::from_index);
        let id = functions
            .find(|id| program.qualified_name(*id) == name)
            .ok_or_else(|| unknown(program, name))?;
        let function = program.function(id);
        let source = &files[function.module.index()];
        let title = format!("{name}({})", parameters(&function.signature));
        let (cards, arrows) = match &function.body {
            Body::Native => (vec![native_card(function, source)], Vec::new()),
            Body::Segments(segments) => {
                // A method that just ends does so at its head, which says nothing there.
                let head = segments[0].code[0].origin;
                let cards = segments.iter().enumerate();
                let cards = cards.map(|(index, segment)| card(index, segment, head, source));
                (cards.collect(), arrows(program, segments))
            }
        };
        Ok(Self { title, cards, arrows })
    }

    /// The picture as an SVG document, from top to bottom.
    pub fn svg(&self) -> String {
        svg::svg(self)
    }

    /// The picture in the DOT language of Graphviz.
    pub fn dot(&self) -> String {
        dot::dot(self)
    }

    /// The picture as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        mermaid::mermaid(self)
    }
}

fn unknown(program: &Program, name: &str) -> UnknownMethod {
    let ids = (0..program.functions.len()).map(FunctionId::from_index);
    let known: Vec<String> = ids.map(|id| program.qualified_name(id)).collect();
    let (class, method) = name.rsplit_once('.').unwrap_or(("", name));
    let of_class = |candidate: &&String| {
        !class.is_empty() && candidate.strip_prefix(class).is_some_and(|rest| rest.starts_with('.'))
    };
    // A name without its class, or with a wrong one, is as good a hint as a slip of the finger.
    let same = known.iter().filter(|candidate| candidate.rsplit('.').next() == Some(method));
    let similar = most_similar(name, known.iter().map(String::as_str)).map(str::to_owned);
    let proposals: BTreeSet<String> = same.cloned().chain(similar).collect();
    let own: Vec<&str> = known.iter().filter(of_class).map(String::as_str).collect();
    let advice = if !proposals.is_empty() {
        let proposals: Vec<String> = proposals.into_iter().collect();
        format!("did you mean {}?", proposals.join(" or "))
    } else if !own.is_empty() {
        format!("there are {}", own.join(", "))
    } else {
        format!("there are {}", known.join(", "))
    };
    UnknownMethod { name: name.to_owned(), advice }
}

fn parameters(signature: &Signature) -> String {
    let names = signature.parameters.iter().map(|parameter| match parameter.kind {
        ParameterKind::VarPositional => format!("*{}", parameter.name),
        ParameterKind::VarKeyword => format!("**{}", parameter.name),
        _ => parameter.name.clone(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn native_card(function: &Function, source: &SourceFile) -> Card {
    let numbers = (function.span.line..=function.span.end_line).collect();
    let (lines, omitted) = source_lines(numbers, source);
    let about = "runs in one piece: it makes no remote call".to_owned();
    Card { name: "seg0".to_owned(), about, lines, omitted, returns: true }
}

fn card(index: usize, segment: &Segment, head: u32, source: &SourceFile) -> Card {
    let mut about = Vec::new();
    if !segment.live.is_empty() {
        about.push(format!("has {}", segment.live.join(", ")));
    }
    if let Some(input) = &segment.input {
        about.push(format!("gets {input}"));
    }
    if segment.catches {
        about.push("catches exceptions".to_owned());
    }
    // The first line is the head of the function, which is ours.
    let mut numbers: BTreeSet<u32> = segment.code.iter().skip(1).map(|line| line.origin).collect();
    if numbers.len() > 1 {
        numbers.remove(&head);
    }
    let (lines, omitted) = source_lines(numbers, source);
    let returns = segment.exits.contains(&Exit::Return);
    Card { name: format!("seg{index}"), about: about.join("; "), lines, omitted, returns }
}

/// The lines as far as they are shown, without what they all are indented by, and how many are not.
fn source_lines(numbers: BTreeSet<u32>, source: &SourceFile) -> (Vec<Line>, usize) {
    let lines = numbers.into_iter().map(|number| (number, source.line_text(number)));
    let lines: Vec<(u32, String)> = lines
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(number, text)| (number, text.replace('\t', TAB)))
        .collect();
    let indentation = |text: &str| text.len() - text.trim_start().len();
    let common = lines.iter().map(|(_, text)| indentation(text)).min().unwrap_or(0);
    // One line more needs no more room than the remark that it is not shown.
    let shown = if lines.len() <= LINES_MAX { lines.len() } else { LINES_MAX - 1 };
    let omitted = lines.len() - shown;
    let lines = lines.into_iter().take(shown);
    let lines = lines.map(|(number, text)| Line { number, text: shortened(&text[common..]) });
    (lines.collect(), omitted)
}

fn shortened(text: &str) -> String {
    let text = text.trim_end();
    if text.chars().count() <= WIDTH_MAX {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(WIDTH_MAX - 1).collect();
    short.push('…');
    short
}

/// One arrow from each segment to each that may follow it.
fn arrows(program: &Program, segments: &[Segment]) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    for (from, segment) in segments.iter().enumerate() {
        for exit in &segment.exits {
            let Some(to) = exit.target().map(anabranch_ir::SegmentId::index) else { continue };
            let known = arrows.iter().position(|arrow| arrow.from == from && arrow.to == to);
            let index = known.unwrap_or_else(|| {
                arrows.push(Arrow { from, to, labels: Vec::new() });
                arrows.len() - 1
            });
            let labels = &mut arrows[index].labels;
            let label = label(program, exit);
            if !label.is_empty() && !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
    arrows
}

fn label(program: &Program, exit: &Exit) -> String {
    let member = |receiver: &Option<OperatorId>, name: &str| match receiver {
        Some(operator) => format!("{}.{name}", program.operator(*operator).name),
        // Only the run-time test can tell.
        None => format!("{name}, if of a reference"),
    };
    match exit {
        Exit::Return | Exit::Jump(_) => String::new(),
        Exit::Call { receiver, method, .. } => member(receiver, &format!("{method}()")),
        Exit::Get { receiver, attribute, .. } => format!("reads {}", member(receiver, attribute)),
        Exit::Set { receiver, attribute, .. } => format!("writes {}", member(receiver, attribute)),
        Exit::Create { operator, .. } => format!("creates {}", program.operator(*operator).name),
        Exit::Function { function, .. } => {
            format!("{}()", function.rsplit(':').next().unwrap_or(function))
        }
        Exit::Exists { .. } => "exists?".to_owned(),
        Exit::Delete { .. } => "deletes".to_owned(),
        Exit::Together { actions, turns, .. } => {
            let action = |action: &JointAction| match &action.member {
                JointMember::Call(method) => member(&action.receiver, &format!("{method}()")),
                JointMember::Get(attribute) => member(&action.receiver, attribute),
            };
            let actions: Vec<String> = actions.iter().map(action).collect();
            let each = if *turns == Turns::Each { " of each" } else { "" };
            format!("together: {}{each}", actions.join(", "))
        }
    }
}
