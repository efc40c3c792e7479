//! Stage 9: the graph is split at its suspension points into segments, as Python text.
//!
//! A segment starts at the function's entry, where a suspended function goes on, or where control
//! flow meets. From there the blocks form a tree, which is written as nested `if`s; every path ends
//! in a `return` that says what happens next. A block where control flow meets is reached by a
//! `jump`, unless it is small enough to be written again, or is the loop that the segment started
//! with: then `continue` does, and turns of the loop that do not suspend stay inside one segment.
//!
//! Live variables travel by value in the order of their names. One that may be unbound travels as a
//! sentinel and is deleted on arrival, so that reading it fails as it does in Python.
//!
//! Blocks in a region of an exception handler stand inside a Python `try` of their own in every
//! segment. A segment that goes on after a call in such a region takes the exception that left the
//! call as its last parameter and raises it there.

mod lines;
mod signature;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anabranch_ir::{Exit, Segment, SegmentId, SourceLine};
use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::Ranged;
use rustc_hash::FxHashSet;

use crate::SourceFile;
use crate::cfg::{Action, BlockId, Graph, RegionId, RegionKind, Step, StepKind, Terminator};
use crate::liveness::{Liveness, VariableSet, liveness};
use crate::names::{mangled, parameter_names};
use crate::parse::ParsedModule;

/// Stands for a variable without a value.
pub const UNBOUND: &str = "__anabranch_unbound__";

/// `MATCHES(exception, classes)`: whether `except classes` catches `exception`.
pub const MATCHES: &str = "__anabranch_matches__";

/// `METHOD(receiver, name)`: the method `name`, ready to be called; the receiver itself if that is
/// an entity.
pub const METHOD: &str = "__anabranch_method__";

/// Like [`METHOD`], but `None` for an entity whose class has no such method: only the entity itself
/// can say whether it exists and has an attribute of that name.
pub const METHOD_IF_ANY: &str = "__anabranch_method_if_any__";

/// `TAKE(consumer, taken, element, key)`: what the builtin `consumer` does with one more element.
pub const TAKE: &str = "__anabranch_take__";

/// `TOGETHER()`: whether actions are to be handed over together.
pub const TOGETHER: &str = "__anabranch_together__";

/// `ELEMENTS(iterator, count)`: what is left in an iterator, which loses nothing by it.
pub const ELEMENTS: &str = "__anabranch_elements__";

/// `FIELD(object, name)`: an attribute that an object has itself.
pub const FIELD: &str = "__anabranch_field__";

/// `PLAIN(value)`: the value, if operators on it run no code of the user's.
pub const PLAIN: &str = "__anabranch_plain__";

/// A meeting block of at most this many steps is written again instead of jumped to.
const REPEATED_STEPS_MAX: usize = 2;

/// How the `return`s in statements that cannot suspend begin.
pub const RETURN: &str = "return \"return\",";

/// What the emitter must know of a function.
#[derive(Clone, Copy, Debug)]
pub struct Function<'a> {
    pub node: &'a StmtFunctionDef,
    /// The class in whose body a method stands.
    pub class: Option<&'a str>,
    /// What the names of its segments start with.
    pub stem: &'a str,
    /// All of its variables.
    pub variables: &'a FxHashSet<&'a str>,
    pub source: &'a SourceFile,
    pub module: &'a ParsedModule,
}

/// Splits `graph` into segments. Segment 0 is the entry.
pub fn emit(function: &Function<'_>, graph: &Graph) -> Vec<Segment> {
    let parameters = parameter_names(&function.node.parameters);
    let self_count = usize::from(function.class.is_some());
    let liveness = liveness(graph, &parameters[self_count.min(parameters.len())..]);
    let mut emitter = Emitter {
        function: *function,
        graph,
        meetings: meetings(graph),
        liveness,
        numbers: BTreeMap::new(),
        resumed_at: BTreeMap::new(),
        open: Vec::new(),
        raised: raised_name(function),
        pending: VecDeque::new(),
        lines: Vec::new(),
        exits: Vec::new(),
        open_loop: None,
        continues: false,
    };
    let mut segments = Vec::new();
    emitter.number(Graph::ENTRY, None);
    while let Some((block, input)) = emitter.pending.pop_front() {
        segments.push(emitter.segment(block, input));
    }
    segments.shrink_to_fit();
    segments
}

/// Skips blocks that only lead on.
fn resolve(graph: &Graph, mut block: BlockId) -> BlockId {
    // A loop of empty blocks cannot come from Python source, but must not hang the compiler.
    for _ in graph.ids() {
        match &graph.block(block).terminator {
            Terminator::Goto(next) if graph.block(block).steps.is_empty() => block = *next,
            _ => break,
        }
    }
    block
}

/// Blocks that control flow reaches on more than one way.
fn meetings(graph: &Graph) -> BTreeSet<BlockId> {
    let mut seen = BTreeSet::from([Graph::ENTRY]);
    let mut meetings = BTreeSet::new();
    let mut pending = vec![Graph::ENTRY];
    while let Some(block) = pending.pop() {
        if let Some((handler, _)) = graph.handler(block) {
            // Every segment of the region leads there.
            meetings.insert(handler);
            if seen.insert(handler) {
                pending.push(handler);
            }
        }
        for next in graph.block(block).terminator.successors() {
            let next = resolve(graph, next);
            if seen.insert(next) {
                pending.push(next);
            } else {
                meetings.insert(next);
            }
        }
    }
    meetings
}

struct Emitter<'g, 'a> {
    function: Function<'a>,
    graph: &'g Graph,
    meetings: BTreeSet<BlockId>,
    liveness: Liveness<'g>,
    /// The parameter that takes the exception of the suspended action.
    raised: String,
    numbers: BTreeMap<BlockId, SegmentId>,
    pending: VecDeque<(BlockId, Option<String>)>,
    /// The lines of the calls after which segments go on.
    resumed_at: BTreeMap<BlockId, u32>,
    /// The regions that are open where the next line goes, outermost first.
    open: Vec<RegionId>,
    /// Of the segment being written.
    lines: Vec<SourceLine>,
    exits: Vec<Exit>,
    /// The loop header that the segment started with, where `continue` leads back to it.
    open_loop: Option<BlockId>,
    /// Whether a `continue` was written.
    continues: bool,
}

impl<'g> Emitter<'g, '_> {
    /// The segment that starts at `block`.
    fn number(&mut self, block: BlockId, input: Option<String>) -> SegmentId {
        if let Some(number) = self.numbers.get(&block) {
            return *number;
        }
        let number = SegmentId::from_index(self.numbers.len());
        self.numbers.insert(block, number);
        self.pending.push_back((block, input));
        number
    }

    fn segment(&mut self, block: BlockId, input: Option<String>) -> Segment {
        let number = self.numbers[&block];
        let name = format!("{}_{}", self.function.stem, number.0);
        let is_entry = block == Graph::ENTRY;
        let catches =
            self.resumed_at.contains_key(&block) && self.graph.block(block).region.is_some();
        let live = if is_entry { self.parameters() } else { self.handed_over(block, &input) };
        let header = if is_entry {
            signature::header(&name, &self.function)
        } else {
            let own_self = self.self_name();
            let parameters: Vec<&str> = own_self
                .into_iter()
                .chain(live.iter().map(String::as_str))
                .chain(input.as_deref())
                .collect();
            let raised =
                if catches { [", ", &self.raised, "=None"].concat() } else { String::new() };
            let parameters = parameters.join(", ") + &raised;
            ["def ", &name, "(", parameters.trim_start_matches(", "), "):"].concat()
        };
        let origin = match (self.resumed_at.get(&block), self.graph.block(block).steps.first()) {
            (Some(line), _) => *line,
            (None, Some(step)) if !is_entry => self.function.source.line(step.code.origin()),
            _ => self.function.source.line(self.function.node.name.range().start()),
        };
        self.made_up(0, &[&header], origin);
        if is_entry {
            // A variable that is read before it is assigned must not look like a global one.
            for variable in self.handed_over(block, &None) {
                if !live.contains(&variable) {
                    self.made_up(1, &[&variable, ": None"], origin);
                }
            }
        } else {
            for variable in &live {
                if !self.liveness.is_bound(block, variable) {
                    let text = ["if ", variable, " is ", UNBOUND, ": del ", variable];
                    self.made_up(1, &text, origin);
                }
            }
        }
        self.in_regions(block, 1, origin, &mut |this, depth| {
            if catches {
                let raised = this.raised.clone();
                let text = ["if ", &raised, " is not None: raise ", &raised];
                this.made_up(depth, &text, origin);
            }
            this.segment_body(block, depth);
        });
        Segment {
            name,
            live,
            input,
            catches,
            // As large as they need to be; the next segment is written where they were.
            exits: self.exits.drain(..).collect(),
            code: self.lines.drain(..).collect(),
        }
    }

    fn self_name(&self) -> Option<&str> {
        self.function.class?;
        let first = self.function.node.parameters.iter().next()?;
        Some(first.name().as_str())
    }

    fn parameters(&self) -> Vec<String> {
        let names = parameter_names(&self.function.node.parameters);
        let skipped = usize::from(self.function.class.is_some());
        names.into_iter().skip(skipped).map(str::to_owned).collect()
    }

    /// The variables that the segment at `block` takes, its input apart.
    fn handed_over(&self, block: BlockId, input: &Option<String>) -> Vec<String> {
        let live = self.liveness.live(block);
        live.filter(|variable| Some(*variable) != input.as_deref()).map(str::to_owned).collect()
    }

    /// Opens the regions of `block` that are not open yet, around what `content` writes.
    fn in_regions(
        &mut self,
        block: BlockId,
        depth: usize,
        origin: u32,
        content: &mut dyn FnMut(&mut Self, usize),
    ) {
        let around = self.graph.regions_around(block);
        assert!(around.starts_with(&self.open), "this is a bug in Anabranch: regions do not nest");
        let Some(region) = around.get(self.open.len()) else { return content(self, depth) };
        self.made_up(depth, &["try:"], origin);
        match &self.graph.region(*region).kind {
            RegionKind::Try { handler, exception } => {
                self.open.push(*region);
                self.in_regions(block, depth + 1, origin, content);
                self.open.pop();
                self.made_up(depth, &["except BaseException as ", exception, ":"], origin);
                self.open.extend(self.graph.block(*handler).region);
                self.exception_edge(*handler, depth + 1, origin);
                self.open.pop();
            }
            RegionKind::Handling { exception } => {
                // What Python knows of the exception that is being handled ends with the segment
                // that caught it. The line of this `raise` is none of the user's business.
                self.made_up(depth + 1, &["raise ", exception], origin);
                self.made_up(depth, &["except BaseException:"], origin);
                let text = [exception, ".__traceback__ = ", exception, ".__traceback__.tb_next"];
                self.made_up(depth + 1, &text, origin);
                self.open.push(*region);
                self.in_regions(block, depth + 1, origin, content);
                self.open.pop();
            }
        }
    }

    /// Goes on at a handler, whose exception variable is bound.
    fn exception_edge(&mut self, handler: BlockId, depth: usize, origin: u32) {
        if self.is_small(handler) {
            self.block(handler, depth);
            return;
        }
        let number = self.number(handler, None);
        let text = self.jump(handler, number, &self.liveness.bound_before(handler));
        self.exit(Exit::Jump(number));
        self.made_up(depth, &[&text], origin);
    }

    fn segment_body(&mut self, block: BlockId, depth: usize) {
        // A loop that closes inside of a segment leads back to where its ways meet.
        let is_loop = self.meetings.contains(&block)
            && !matches!(self.graph.block(block).terminator, Terminator::Next { .. });
        if !is_loop {
            self.block(block, depth);
            return;
        }
        // Written once to see whether the loop closes inside of the segment.
        let (lines, exits) = (self.lines.len(), self.exits.len());
        self.open_loop = Some(block);
        self.continues = false;
        self.block(block, depth + 1);
        self.open_loop = None;
        let written = self.lines.split_off(lines);
        self.exits.truncate(exits);
        if !self.continues {
            self.block(block, depth);
            return;
        }
        let origin = written.first().map_or(1, |line| line.origin);
        match &self.graph.block(block).terminator {
            Terminator::Branch { test, then, otherwise }
                if self.graph.block(block).steps.is_empty() =>
            {
                self.code_between("while ", test, ":", depth);
                self.open_loop = Some(block);
                self.edge(block, *then, depth + 1);
                self.open_loop = None;
                self.edge(block, *otherwise, depth);
            }
            _ => {
                self.made_up(depth, &["while True:"], origin);
                self.open_loop = Some(block);
                self.block(block, depth + 1);
                self.open_loop = None;
            }
        }
    }

    /// Writes `id` and what follows it up to the end of the segment.
    fn block(&mut self, id: BlockId, depth: usize) {
        let block = self.graph.block(id);
        for step in block.steps.iter().filter(|step| !step.code.chunks.is_empty()) {
            self.step(step, depth);
        }
        match &block.terminator {
            Terminator::Unreachable => {
                if block.steps.is_empty() {
                    let origin = self.lines.last().map_or(1, |line| line.origin);
                    self.made_up(depth, &["pass"], origin);
                }
            }
            Terminator::Goto(next) => self.edge(id, *next, depth),
            Terminator::Branch { test, then, otherwise } => {
                self.code_between("if ", test, ":", depth);
                self.edge(id, *then, depth + 1);
                self.edge(id, *otherwise, depth);
            }
            Terminator::Next { iterator, target, body, exhausted } => {
                let after = [" in ", iterator, ":"].concat();
                self.code_between("for ", target, &after, depth);
                let outer = self.open_loop.replace(id);
                self.edge(id, *body, depth + 1);
                self.open_loop = outer;
                self.edge(id, *exhausted, depth);
            }
            Terminator::Return(value) => {
                self.code_between("return \"return\", ", value, "", depth);
                self.exit(Exit::Return);
            }
            Terminator::Together { action, next } => self.together(id, action, *next, depth),
            Terminator::Suspend { action, result, next } => {
                // A segment that may have to raise an exception is entered in no other way.
                let resolved = resolve(self.graph, *next);
                let is_shared = result.is_none()
                    && [*next, resolved].iter().all(|id| self.graph.block(*id).region.is_none());
                let next = if is_shared { resolved } else { *next };
                let line = self.function.source.line(action.fields.origin());
                self.resumed_at.entry(next).or_insert(line);
                let wanted = result.clone().filter(|result| self.liveness.is_live(next, result));
                let resume = self.number(next, wanted.clone());
                let bound = self.liveness.bound_after(id);
                let mut head = format!("return \"{}\", {}, ", action.word, resume.0);
                self.push_live(next, &wanted, &bound, &mut head);
                head.push_str(", ");
                self.code_between(&head, &action.fields, "", depth);
                self.exit(with_resume(action.exit.clone(), resume));
            }
        }
    }

    /// Hands over `action`, if the interpreter was told to, and nothing fails meanwhile; otherwise goes
    /// on at once.
    fn together(&mut self, id: BlockId, action: &Action, next: BlockId, depth: usize) {
        let resolved = resolve(self.graph, next);
        let is_free = |id: BlockId| self.graph.block(id).region.is_none();
        let resumed = if is_free(next) && is_free(resolved) { resolved } else { next };
        let origin = self.function.source.line(action.fields.origin());
        self.resumed_at.entry(resumed).or_insert(origin);
        let resume = self.number(resumed, None);
        let bound = self.liveness.bound_after(id);
        let mut head = format!("return \"{}\", {}, ", action.word, resume.0);
        self.push_live(resumed, &None, &bound, &mut head);
        head.push_str(", ");
        // Names and literals alone cannot fail.
        let is_sure = action.fields.reads.iter().all(|name| bound.contains(name))
            && !action.fields.chunks.iter().any(|chunk| chunk.text.contains("__"));
        if is_sure {
            head.insert_str(0, &["if ", TOGETHER, "(): "].concat());
            self.code_between(&head, &action.fields, "", depth);
        } else {
            self.made_up(depth, &["if ", TOGETHER, "():"], origin);
            head.insert_str(0, "try: ");
            self.code_between(&head, &action.fields, "", depth + 1);
            self.made_up(depth + 1, &["except Exception: pass"], origin);
        }
        self.exit(with_resume(action.exit.clone(), resume));
        self.edge(id, next, depth);
    }

    /// Goes from `from` to `to`.
    fn edge(&mut self, from: BlockId, to: BlockId, depth: usize) {
        let to = resolve(self.graph, to);
        if self.open_loop == Some(to) {
            self.continues = true;
            let origin = self.lines.last().map_or(1, |line| line.origin);
            self.made_up(depth, &["continue"], origin);
        } else if (!self.meetings.contains(&to) || self.is_small(to))
            && self.graph.regions_around(to).starts_with(&self.open)
        {
            let origin = self.lines.last().map_or(1, |line| line.origin);
            self.in_regions(to, depth, origin, &mut |this, depth| this.block(to, depth));
        } else {
            let number = self.number(to, None);
            let text = self.jump(to, number, &self.liveness.bound_after(from));
            self.exit(Exit::Jump(number));
            let origin = self.lines.last().map_or(1, |line| line.origin);
            self.made_up(depth, &[&text], origin);
        }
    }

    fn is_small(&self, id: BlockId) -> bool {
        let block = self.graph.block(id);
        let ends = matches!(block.terminator, Terminator::Return(_) | Terminator::Unreachable);
        let is_short = block
            .steps
            .iter()
            .all(|step| !step.code.is_multiline() && step.kind != StepKind::LeftByBreak);
        ends && is_short && block.steps.len() <= REPEATED_STEPS_MAX
    }

    /// The statement that goes on at `to`, which is segment `number`.
    fn jump(&self, to: BlockId, number: SegmentId, bound: &VariableSet<'_, '_>) -> String {
        let mut text = format!("return \"jump\", {}, ", number.0);
        self.push_live(to, &None, bound, &mut text);
        text
    }

    fn step(&mut self, step: &Step, depth: usize) {
        if step.code.chunks.iter().any(|chunk| chunk.text.starts_with(RETURN)) {
            self.exit(Exit::Return);
        }
        if step.kind != StepKind::LeftByBreak {
            self.code(&step.code, depth);
            return;
        }
        let origin = self.function.source.line(step.code.origin());
        self.made_up(depth, &["while True:"], origin);
        self.code(&step.code, depth + 1);
        let origin = self.lines.last().map_or(1, |line| line.origin);
        self.made_up(depth + 1, &["break"], origin);
    }

    /// Appends the variables that the segment at `block` takes, as they are now, in a tuple.
    fn push_live(
        &self,
        block: BlockId,
        input: &Option<String>,
        bound: &VariableSet<'_, '_>,
        text: &mut String,
    ) {
        text.push('(');
        let live = self.liveness.live(block);
        let mut count = 0;
        for variable in live.filter(|variable| Some(*variable) != input.as_deref()) {
            count += 1;
            if count > 1 {
                text.push(' ');
            }
            if bound.contains(variable) {
                text.push_str(variable);
            } else {
                let stored = mangled(self.function.class, variable);
                for part in ["locals().get(\"", &stored, "\", ", UNBOUND, ")"] {
                    text.push_str(part);
                }
            }
            text.push(',');
        }
        if count > 1 {
            text.pop();
        }
        text.push(')');
    }

    fn exit(&mut self, exit: Exit) {
        if !self.exits.contains(&exit) {
            self.exits.push(exit);
        }
    }
}

fn with_resume(mut exit: Exit, segment: SegmentId) -> Exit {
    match &mut exit {
        Exit::Return => {}
        Exit::Jump(resume)
        | Exit::Call { resume, .. }
        | Exit::Get { resume, .. }
        | Exit::Set { resume, .. }
        | Exit::Create { resume, .. }
        | Exit::Function { resume, .. }
        | Exit::Exists { resume }
        | Exit::Delete { resume }
        | Exit::Together { resume, .. } => *resume = segment,
    }
    exit
}

/// A parameter name that no variable of the function has.
fn raised_name(function: &Function<'_>) -> String {
    let mut name = "_raised".to_owned();
    while function.variables.contains(name.as_str()) {
        name.insert(0, '_');
    }
    name
}
