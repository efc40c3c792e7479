//! The text form of a program: what `anabranch compile --emit ir` prints, and what tests write.
//!
//! It shows everything. A program without violations (see [`crate::verify()`]) parses back to itself:
//! `parse(&program.to_string()) == Ok(program)`.
//!
//! # Grammar
//! Lines end with `\n`; empty lines mean nothing; two spaces a level say what belongs to what.
//! `{…}` is any number of times, `[…]` optional. Ids count up from zero, so that a line says its own.
//!
//! ```text
//! program  = "program" {module} {record} {enum} {operator} {function} {edge}
//! module   =   moduleN PATH "FILE"
//! record   =   record PATH
//!            {   NAME: HINT [= ...] }
//! enum     =   enum PATH
//!            {   NAME [= "TEXT" | = NUMBER] }
//! operator = opN NAME SIGNATURE key HINT in moduleN at SPAN
//!            {   # TEXT }                                        the docstring
//!            {   attribute NAME: HINT [= class | = "TEXT" | = ...] }
//!            [   key text "TEXT" ]
//!            [   new key EXPRESSION ]
//!            [   methods {fnN} ]
//! function = fnN [OPERATOR.]NAME SIGNATURE [native] in moduleN at SPAN
//!            {   # TEXT }
//!            [   (reads | writes) OPERATOR.NAME {, OPERATOR.NAME} ]  each once, in this order
//!            [   (exists | creates | deletes | changes) OPERATOR {, OPERATOR} ]  likewise
//!            [   calls fnN {, fnN} ]
//!            [   outside ]
//!            {   access (read | write | create) OPERATOR: EXPRESSION }
//!            {   because "TEXT" SPAN }                           why the access set is not complete
//!            {segment}
//! segment  =   segN NAME({NAME,}) [<- NAME] [catches]            live variables, input
//!            {     EXIT }
//!            {     LINE | TEXT }                                 user's line, Python text
//!            {     LINE + TEXT }                                 that starts inside a string
//! EXIT     = return | jump segN | call RECEIVER.NAME then segN | get … | set …
//!          | create OPERATOR then segN | function PATH then segN | exists then segN
//!          | delete then segN | together [each] ACTION {, ACTION} then segN
//! ACTION   = (call | get) RECEIVER.NAME
//! EXPRESSION = self() | NAME | none() | int(NUMBER) | str("TEXT") | each(EXPRESSION)
//!          | field(EXPRESSION, PATH, NAME) | key(OPERATOR, EXPRESSION) | ref(OPERATOR, EXPRESSION)
//!          | tuple({EXPRESSION,}) | text({EXPRESSION,})
//! edge     = edge [OPERATOR.]NAME -> (call | read | write) RECEIVER.NAME
//!          | edge [OPERATOR.]NAME -> (create | exists | delete) RECEIVER
//! SIGNATURE= (parameters as in Python, with hints, defaults as ...) [-> HINT]
//! HINT     = as in Python, with `entity NAME` or NAME, `record PATH`, `enum PATH`
//! RECEIVER = OPERATOR, or ? where only the run-time test can tell
//! SPAN     = [moduleN] LINE-LINE
//! ```
//!
//! Names and paths that are more than letters, digits, `_` (in paths also `.` and `:`) stand between
//! quotes. An operator or function whose name is not its own alone goes by its id. A `TEXT` with
//! control characters is quoted and marked with `=`: `| x`, but `|= "\u{c}x"`.

mod cursor;
mod names;
mod parse;
mod print;
mod word;

use std::fmt;
use std::str::FromStr;

use crate::Program;

pub use parse::{parse, parse_hint};
pub use print::hint_text;

/// Why a text is no program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// One-based.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

impl FromStr for Program {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse(text)
    }
}

/// Whether `name` means something else where a hint is expected.
fn is_reserved(name: &str) -> bool {
    parse::simple_hint(name).is_some()
        || ["list", "set", "frozenset", "tuple", "dict", "Union", "entity", "record", "enum"]
            .contains(&name)
}
