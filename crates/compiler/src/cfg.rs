//! The control-flow graph of a function that can suspend.
//!
//! Blocks hold steps, pieces of Python text that run without suspending, and end in a terminator.
//! Evaluation order is explicit: what must be evaluated before a suspension is a step of its own.

use std::collections::BTreeSet;
use std::fmt;

use anabranch_ir::Exit;
use ruff_text_size::TextSize;

/// A block of a [`Graph`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BlockId(pub u32);

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block{}", self.0)
    }
}

/// A function's control flow. It is entered at block 0.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    blocks: Vec<Block>,
    regions: Vec<Region>,
}

impl Graph {
    pub const ENTRY: BlockId = BlockId(0);

    /// A new block in `region`.
    pub fn add(&mut self, region: Option<RegionId>) -> BlockId {
        self.blocks.push(Block { region, ..Block::default() });
        BlockId((self.blocks.len() - 1) as u32)
    }

    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.0 as usize]
    }

    pub fn ids(&self) -> impl DoubleEndedIterator<Item = BlockId> + ExactSizeIterator + use<> {
        (0..self.blocks.len() as u32).map(BlockId)
    }

    /// A part of the function that is protected by, or part of, an exception handler.
    pub fn add_region(&mut self, parent: Option<RegionId>, kind: RegionKind) -> RegionId {
        self.regions.push(Region { parent, kind });
        RegionId((self.regions.len() - 1) as u32)
    }

    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter()
    }

    pub fn region(&self, id: RegionId) -> &Region {
        &self.regions[id.0 as usize]
    }

    /// The regions around `block`, outermost first.
    pub fn regions_around(&self, block: BlockId) -> Vec<RegionId> {
        let mut path = Vec::new();
        let mut next = self.block(block).region;
        while let Some(id) = next {
            path.push(id);
            next = self.region(id).parent;
        }
        path.reverse();
        path
    }

    /// The handlers that an exception in `block` can reach first: one, or none.
    pub fn handler(&self, block: BlockId) -> Option<(BlockId, &str)> {
        let mut next = self.block(block).region;
        while let Some(id) = next {
            let region = self.region(id);
            match &region.kind {
                RegionKind::Try { handler, exception } => {
                    return Some((*handler, exception.as_str()));
                }
                RegionKind::Handling { .. } => next = region.parent,
            }
        }
        None
    }
}

/// A region of a [`Graph`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RegionId(pub u32);

/// Blocks in which exceptions are treated alike. Regions nest as statements do.
#[derive(Clone, Debug)]
pub struct Region {
    pub parent: Option<RegionId>,
    pub kind: RegionKind,
}

/// What a region is for.
#[derive(Clone, Debug)]
pub enum RegionKind {
    /// An exception goes on at `handler`, in variable `exception`. The handler's own region is a
    /// [`RegionKind::Handling`] beside this one.
    Try { handler: BlockId, exception: String },
    /// The exception in variable `exception` is being handled: `raise` alone raises it again, and
    /// `sys.exc_info()` shows it.
    Handling { exception: String },
}

/// Steps and what comes after them.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub region: Option<RegionId>,
    pub steps: Vec<Step>,
    pub terminator: Terminator,
}

/// Python text in pieces, each from one spot of the user's source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Code {
    pub chunks: Vec<Chunk>,
    /// Variables of the function that the text reads.
    pub reads: BTreeSet<String>,
    /// Variables that the text binds (`:=`), whether or not that part of it runs.
    pub binds: BTreeSet<String>,
}

/// A piece of Python text. Inner lines of it stand on the lines that follow `origin`'s.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk {
    pub text: String,
    pub origin: TextSize,
    /// The chunk starts a new line, so many levels deeper than the statement.
    pub begins_line: Option<usize>,
}

impl Code {
    /// Text that the compiler makes up, at the user's `origin`.
    pub fn new(text: impl Into<String>, origin: TextSize) -> Self {
        let chunks = vec![Chunk { text: text.into(), origin, begins_line: None }];
        Self { chunks, ..Self::default() }
    }

    /// A variable's name.
    pub fn variable(name: impl Into<String>, origin: TextSize) -> Self {
        let name = name.into();
        let mut code = Self::new(name.clone(), origin);
        code.reads.insert(name);
        code
    }

    /// Appends text of the compiler's own.
    pub fn push(&mut self, text: &str) {
        match self.chunks.last_mut() {
            Some(chunk) => chunk.text.push_str(text),
            None => {
                let origin = TextSize::new(0);
                self.chunks.push(Chunk { text: text.into(), origin, begins_line: None });
            }
        }
    }

    /// Starts a new line, so many levels deeper than the statement.
    pub fn begin_line(&mut self, depth: usize, origin: TextSize) {
        let begins_line = Some(depth);
        self.chunks.push(Chunk { text: String::new(), origin, begins_line });
    }

    /// Appends other code.
    pub fn append(&mut self, code: Code) {
        self.chunks.extend(code.chunks);
        self.reads.extend(code.reads);
        self.binds.extend(code.binds);
    }

    /// The text as one string.
    pub fn text(&self) -> String {
        self.chunks.iter().map(|chunk| chunk.text.as_str()).collect()
    }

    /// Where the text begins in the user's source.
    pub fn origin(&self) -> TextSize {
        self.chunks.first().map_or(TextSize::new(0), |chunk| chunk.origin)
    }

    /// Whether the text goes over several lines.
    pub fn is_multiline(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.text.contains(['\n', '\r']))
    }

    /// The same in parentheses.
    #[must_use]
    pub fn parenthesized(self) -> Code {
        let mut code = Code::new("(", self.origin());
        code.append(self);
        code.push(")");
        code
    }
}

/// A statement that runs without suspending.
#[derive(Clone, Debug)]
pub struct Step {
    /// The statement, without indentation on its first line. `code.binds` holds the names that it
    /// may bind.
    pub code: Code,
    /// Names that are bound for sure when it has run.
    pub surely_binds: BTreeSet<String>,
    /// Names that may be unbound when it has run.
    pub unbinds: BTreeSet<String>,
    pub kind: StepKind,
}

/// How a step is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// As it is.
    Statement,
    /// Inside of a loop of one turn: a `break` in it goes on behind it.
    LeftByBreak,
    /// It has an effect only if one of the variables that it reads has no value: it fails, as a rule.
    /// Needless where they surely have.
    Check,
}

/// How a block ends.
#[derive(Clone, Debug, Default)]
pub enum Terminator {
    /// Nothing comes after: a `raise`, or code that cannot be reached.
    #[default]
    Unreachable,
    Goto(BlockId),
    Branch {
        test: Code,
        then: BlockId,
        otherwise: BlockId,
    },
    /// Takes the next element of the iterator in variable `iterator`.
    Next {
        iterator: String,
        /// The assignment target.
        target: Code,
        body: BlockId,
        exhausted: BlockId,
    },
    Return(Code),
    Suspend {
        action: Action,
        /// The variable that takes the result, if anybody wants it.
        result: Option<String>,
        next: BlockId,
    },
    /// May hand over the actions that come next, to wait for all of them at once. Goes on at `next`,
    /// which performs them one after another, in any case.
    Together {
        action: Action,
        next: BlockId,
    },
}

/// What the function waits for: the fields of the emitted tuple after the live variables.
#[derive(Clone, Debug)]
pub struct Action {
    /// The first word of the tuple.
    pub word: &'static str,
    pub fields: Code,
    /// The exit in the program, with segment 0 in place of the resume segment.
    pub exit: Exit,
}

impl Terminator {
    pub fn successors(&self) -> impl DoubleEndedIterator<Item = BlockId> + use<> {
        let (first, second) = match self {
            Terminator::Unreachable | Terminator::Return(_) => (None, None),
            Terminator::Goto(next)
            | Terminator::Suspend { next, .. }
            | Terminator::Together { next, .. } => (Some(*next), None),
            Terminator::Branch { then, otherwise, .. } => (Some(*then), Some(*otherwise)),
            Terminator::Next { body, exhausted, .. } => (Some(*body), Some(*exhausted)),
        };
        first.into_iter().chain(second)
    }
}
