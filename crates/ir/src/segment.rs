//! A stretch of a method between two suspension points.

use crate::{ModuleId, OperatorId, SegmentId};

/// A stretch of a function that runs without interruption.
///
/// It is a Python function: live variables in as positional arguments (for a method after `self`,
/// for the segment after a suspension before the `input`), a tuple out. The first element of the
/// tuple says what happens next (see [`Exit`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The name of the Python function: `buy_item_1`.
    pub name: String,
    /// The variables handed in, in order.
    pub live: Vec<String>,
    /// Where the result of the suspended action arrives, if this segment follows one that has a
    /// result: the last parameter.
    pub input: Option<String>,
    /// Whether an exception of the suspended action goes to this segment, as one more argument after
    /// the input (which is then `None`): the function may catch it here. Left out if there is none.
    pub catches: bool,
    /// Every way to leave the segment but exceptions, each once, in source order.
    pub exits: Vec<Exit>,
    /// The Python text of the function, without the class around it.
    pub code: Vec<SourceLine>,
}

impl Segment {
    /// The user's lines that the segment comes from, first to last. They may enclose lines of other
    /// segments: a loop's body, say, between its head and what follows. Empty code has no span.
    pub fn span(&self, module: ModuleId) -> Option<Span> {
        // The first line is the header, which stands for the function.
        let body = if self.code.len() > 1 { &self.code[1..] } else { &self.code[..] };
        let line = body.iter().map(|line| line.origin).min()?;
        let end_line = body.iter().map(|line| line.origin).max()?;
        Some(Span { module, line, end_line })
    }
}

/// A line of a segment's code and the line of the user's file it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    pub text: String,
    /// One-based line in the function's module; tracebacks and breakpoints show it.
    pub origin: u32,
    /// The line starts inside a string literal: white space before it belongs to the string.
    pub is_inside_string: bool,
}

/// A way to leave a segment. In the emitted Python each is a `return` of a tuple that starts with
/// the word in quotes.
///
/// Actions end the segment with a *run-time test*: where the receiver is not a reference the
/// interpreter performs the action at once, as Python would, and goes on with `resume`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Exit {
    /// `"return", value`
    Return,
    /// `"jump", segment, live`
    Jump(SegmentId),
    /// `"call", resume, live, receiver, method, positional, keywords`
    Call { resume: SegmentId, receiver: Option<OperatorId>, method: String },
    /// `"get", resume, live, receiver, attribute`
    Get { resume: SegmentId, receiver: Option<OperatorId>, attribute: String },
    /// `"set", resume, live, receiver, attribute, value`
    Set { resume: SegmentId, receiver: Option<OperatorId>, attribute: String },
    /// `"create", resume, live, class, positional, keywords`
    Create { resume: SegmentId, operator: OperatorId },
    /// `"function", resume, live, function, positional, keywords`: a helper function that can
    /// suspend, or a method as `super()` finds it, run on behalf of the same entity. It goes by its
    /// [`call_name`](crate::Program::call_name).
    Function { resume: SegmentId, function: String },
    /// `"exists", resume, live, class, key`
    Exists { resume: SegmentId },
    /// `"delete", resume, live, receiver`
    Delete { resume: SegmentId },
    /// `"together", resume, live, free, turns`: the actions that the function performs next, one after
    /// another, are handed over at once. `turns` is a sequence of tuples of actions, each of which is a
    /// tuple like that of its own exit, without `resume` and `live`. The first `free` of them have
    /// nothing between them (`None`: none of them has); the others may follow only if they change
    /// nothing.
    Together {
        resume: SegmentId,
        /// Those of one turn.
        actions: Vec<JointAction>,
        /// How many turns there are: one, or one for each element of what a comprehension goes
        /// through.
        turns: Turns,
    },
}

/// An action that is handed over together with others.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct JointAction {
    pub receiver: Option<OperatorId>,
    pub member: JointMember,
}

/// What an action that is handed over together with others does with its receiver.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum JointMember {
    Call(String),
    Get(String),
}

/// How often actions are performed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Turns {
    Once,
    Each,
}

impl Exit {
    /// The segment that runs next, if the function goes on.
    pub fn target(&self) -> Option<SegmentId> {
        match self {
            Exit::Return => None,
            Exit::Jump(segment) => Some(*segment),
            Exit::Call { resume, .. }
            | Exit::Get { resume, .. }
            | Exit::Set { resume, .. }
            | Exit::Create { resume, .. }
            | Exit::Function { resume, .. }
            | Exit::Exists { resume }
            | Exit::Delete { resume }
            | Exit::Together { resume, .. } => Some(*resume),
        }
    }
}

/// A place in the user's source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    pub module: ModuleId,
    /// One-based first line.
    pub line: u32,
    /// One-based last line.
    pub end_line: u32,
}
