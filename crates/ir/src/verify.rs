//! Says whether a program makes sense. Whoever runs a program may rely on what is checked here, and
//! should check it first: a program may come from another version, or from bytes.
//!
//! # What is checked
//! **Ids.** Every id indexes its table. Where one does not, nothing else is checked: all other
//! properties follow ids.
//!
//! **Names.**
//! - Classes, functions, attributes, fields, members, parameters and variables are called by Python
//!   identifiers.
//! - Records and enums are called `module:QualifiedName`, with a module of the program.
//! - These are unique: modules, operators, records, enums; methods (overridden ones apart) and
//!   attributes of an operator; helper functions of a module; fields of a record; members of an enum;
//!   parameters of a signature.
//!
//! **Places.**
//! - The file of a module is a path inside the import root.
//! - A span is in the module of what it belongs to, its lines are one-based and in order.
//!
//! **Hints.**
//! - Classes in hints are in the program.
//! - Unions have two members or more, all different, none of them a union or `Any`.
//! - Hints nest at most [`DEPTH_MAX`](crate::hint::DEPTH_MAX) levels.
//! - The key of an operator has a hint that only keys have, or `Any`.
//!
//! **Signatures.**
//! - Parameters stand in the order of Python: positional-only, positional, `*args`, keyword-only,
//!   `**kwargs`, the variadic ones at most once; they may always be left out.
//! - A positional parameter without a default does not follow one with a default.
//!
//! **Operators and functions.**
//! - The methods of an operator name it as theirs, and every function of an operator is among its
//!   methods or the overridden ones, once.
//! - A method is in the module of its class, which is that of the operator or one of its bases; a
//!   helper function has none.
//!
//! **Effects.**
//! - Attributes, classes, methods, accesses and reasons are sorted, each there once; the methods that
//!   are called are methods, none of them overridden. An attribute or method of any class is not listed
//!   by class as well.
//! - The access set of a method holds its own entity. That of a native function holds nothing else.
//! - A function that changes nothing has accesses that only read.
//! - Expressions nest at most [`EXPRESSION_DEPTH_MAX`](crate::access::EXPRESSION_DEPTH_MAX) levels,
//!   and name parameters of the function (of the constructor, for the key of a new entity) and fields
//!   of records. Only those of methods have a receiver.
//! - The place of a reason has one-based lines in order.
//!
//! **Segments** of a function that can suspend.
//! - There is one at least. `seg0` takes the parameters, has no input and catches nothing.
//! - Exits lead to segments that exist, never to `seg0`, and none is there twice.
//! - Every other segment can be reached from `seg0`.
//! - A segment with an input is entered by actions only, one that catches by one action at least.
//! - Names of segments are unique among the methods of a class, or the helpers of a module.
//! - Live variables and input are all different.
//! - A `function` exit names a helper function of the program, or a method of the same operator.
//!
//! **Code** of a segment.
//! - It starts with `def NAME(`, the other lines are indented, empty or inside a string; no line
//!   holds a line end.
//! - The parameters are `self` for a method, the live variables, the input, and one more if the
//!   segment catches.
//! - The user's lines are within the span of the function.
//! - Each exit has a `return` with its word and segment.
//! - Each `return` with a word of an exit is one of the exits and hands over as many variables as its
//!   target takes. (Not where the code holds inner functions, whose `return`s are their own.)
//!
//! **Edges** are all different, and `create` edges know their operator.
//!
//! # What is not
//! That effects and access sets hold all that a call may do; that the Python text compiles, means what the user wrote, and uses only variables that it has;
//! that classes and functions are in the user's modules. The compiler and the loader answer for that.

mod code;
mod effects;
mod functions;
mod hints;
mod ids;
mod names;
mod segments;
mod tables;

use std::fmt;

use crate::{FunctionId, ModuleId, OperatorId, Program, SegmentId};

/// What is wrong with a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    pub place: Place,
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A place in a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Module(ModuleId),
    /// The record of this index.
    Record(usize),
    /// The enum of this index.
    Enum(usize),
    Operator(OperatorId),
    Function(FunctionId),
    Segment(FunctionId, SegmentId),
    /// The edge of this index.
    Edge(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Module(module) => write!(f, "{module}"),
            Place::Record(index) => write!(f, "record {index}"),
            Place::Enum(index) => write!(f, "enum {index}"),
            Place::Operator(operator) => write!(f, "{operator}"),
            Place::Function(function) => write!(f, "{function}"),
            Place::Segment(function, segment) => write!(f, "{function} {segment}"),
            Place::Edge(index) => write!(f, "edge {index}"),
        }
    }
}

/// All violations in `program`; none if it makes sense.
pub fn verify(program: &Program) -> Vec<Violation> {
    let mut violations = Violations(Vec::new());
    ids::check(program, &mut violations);
    if violations.0.is_empty() {
        tables::check(program, &mut violations);
        functions::check(program, &mut violations);
        effects::check(program, &mut violations);
        segments::check(program, &mut violations);
    }
    violations.0
}

/// What was found so far.
struct Violations(Vec<Violation>);

impl Violations {
    fn add(&mut self, place: Place, message: impl Into<String>) {
        self.0.push(Violation { place, message: message.into() });
    }
}
