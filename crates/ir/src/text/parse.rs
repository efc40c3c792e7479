//! Parses the text form. Never panics, whatever the text.

mod effects;
mod hint;
mod signature;

use self::hint::hint;
pub(super) use self::hint::simple_hint;
use self::signature::signature;
use super::ParseError;
use super::cursor::Cursor;
use super::names::Names;
use super::word::{is_id, is_name_character};
use crate::program::{EnumMember, EnumValue};
use crate::{
    Attribute, BaseClass, Body, CallEdge, CallKind, EnumClass, Exit, Field, Function, FunctionId,
    Initial, JointAction, JointMember, Module, ModuleId, Operator, OperatorId, Program, Record,
    Segment, SegmentId, SourceLine, Span, Turns,
};

/// Parses a program.
///
/// # Errors
/// The text is none; the first line that cannot be read says why.
pub fn parse(text: &str) -> Result<Program, ParseError> {
    let mut lines = Lines::new(text);
    let mut program = Program::default();
    let mut first = lines.next(0).unwrap_or_else(|| lines.here());
    first.expect_word("program")?;
    first.expect_end()?;
    tables(&mut lines, &mut program)?;
    let mut new_keys = Vec::new();
    while let Some(mut line) = lines.next_starting(0, "op") {
        line.next_id("op", program.operators.len())?;
        let (operator, new_key) = operator(line, &mut lines)?;
        program.operators.push(operator);
        new_keys.push(new_key);
    }
    // Operators may be named by those before them.
    let names = Names::new(&program);
    let new_keys: Vec<_> = new_keys
        .into_iter()
        .map(|line| line.map(|line| effects::new_key(line, &names)).transpose())
        .collect::<Result<_, _>>()?;
    for (operator, new_key) in program.operators.iter_mut().zip(new_keys) {
        operator.new_key = new_key;
    }
    // Operators may be named by those that follow them, functions only by edges.
    let mut functions = Vec::new();
    let names = Names::new(&program);
    while let Some(mut line) = lines.next_starting(0, "fn") {
        line.next_id("fn", functions.len())?;
        functions.push(function(line, &mut lines, &names)?);
    }
    program.functions = functions;
    let mut edges = Vec::new();
    let names = Names::new(&program);
    while let Some(mut line) = lines.next_starting(0, "edge") {
        line.expect_word("edge")?;
        edges.push(edge(line, &names)?);
    }
    program.edges = edges;
    match lines.next_any() {
        Some(line) => Err(line.error("this line belongs to nothing before it")),
        None => Ok(program),
    }
}

/// The lines of a text that are not empty, with their indentation.
struct Lines<'t> {
    rest: std::iter::Peekable<Box<dyn Iterator<Item = (usize, usize, &'t str)> + 't>>,
    last: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let lines = text.split('\n').enumerate().filter(|(_, line)| !line.is_empty());
        let indented = lines.map(|(index, line)| {
            let content = line.trim_start_matches(' ');
            (index + 1, line.len() - content.len(), content)
        });
        let rest: Box<dyn Iterator<Item = _>> = Box::new(indented);
        Self { rest: rest.peekable(), last: 1 }
    }

    fn next_any(&mut self) -> Option<Cursor<'t>> {
        let (number, _, content) = self.rest.next()?;
        self.last = number;
        Some(Cursor::new(content, number))
    }

    /// The next line, if it has this indentation.
    fn next(&mut self, indentation: usize) -> Option<Cursor<'t>> {
        self.next_starting(indentation, "")
    }

    /// The next line, if it has this indentation and starts like this.
    fn next_starting(&mut self, indentation: usize, start: &str) -> Option<Cursor<'t>> {
        let (_, found, content) = self.rest.peek()?;
        if *found == indentation && content.starts_with(start) { self.next_any() } else { None }
    }

    /// The next line, if it is one of a segment's code: at least so far in, with a number.
    fn next_numbered(&mut self, indentation: usize) -> Option<Cursor<'t>> {
        let (_, found, content) = self.rest.peek()?;
        let is_numbered = content.starts_with(|first: char| first.is_ascii_digit());
        if *found >= indentation && is_numbered { self.next_any() } else { None }
    }

    /// An empty line at the last place, to report what is missing.
    fn here(&self) -> Cursor<'t> {
        Cursor::new("", self.last)
    }
}

/// A hint that stands alone.
///
/// # Errors
/// The text is no hint.
pub fn parse_hint(text: &str) -> Result<crate::Hint, ParseError> {
    let mut line = Cursor::new(text, 1);
    let hint = hint(&mut line)?;
    line.expect_end()?;
    Ok(hint)
}

/// Modules, records and enums.
fn tables(lines: &mut Lines<'_>, program: &mut Program) -> Result<(), ParseError> {
    while let Some(mut line) = lines.next_starting(2, "module") {
        line.next_id("module", program.modules.len())?;
        program.modules.push(Module { name: line.path()?, path: line.quoted()? });
        line.expect_end()?;
    }
    while let Some(mut line) = lines.next_starting(2, "record") {
        line.expect_word("record")?;
        let name = line.path()?;
        line.expect_end()?;
        let mut fields = Vec::new();
        while let Some(mut line) = lines.next(4) {
            let name = line.name()?;
            line.expect(":")?;
            let hint = hint(&mut line)?;
            let has_default = line.eat("= ...");
            line.expect_end()?;
            fields.push(Field { name, hint, has_default });
        }
        program.records.push(Record { name, fields });
    }
    while let Some(mut line) = lines.next_starting(2, "enum") {
        line.expect_word("enum")?;
        let name = line.path()?;
        line.expect_end()?;
        let mut members = Vec::new();
        while let Some(mut line) = lines.next(4) {
            let name = line.name()?;
            let value = if line.eat("=") { Some(enum_value(&mut line)?) } else { None };
            line.expect_end()?;
            members.push(EnumMember { name, value });
        }
        program.enums.push(EnumClass { name, members });
    }
    Ok(())
}

fn enum_value(line: &mut Cursor<'_>) -> Result<EnumValue, ParseError> {
    let is_text = line.clone().eat("\"");
    if is_text { Ok(EnumValue::Str(line.quoted()?)) } else { Ok(EnumValue::Int(line.number()?)) }
}

/// An operator without its `new_key`, and the line of that.
fn operator<'t>(
    mut line: Cursor<'t>,
    lines: &mut Lines<'t>,
) -> Result<(Operator, Option<Cursor<'t>>), ParseError> {
    let name = line.name()?;
    let constructor = signature(&mut line)?;
    line.expect_word("key")?;
    let key = hint(&mut line)?;
    let (module, span) = place(&mut line)?;
    let documentation = documentation(lines)?;
    let mut bases = Vec::new();
    while let Some(mut line) = lines.next_starting(2, "base") {
        line.expect_word("base")?;
        let name = line.name()?;
        line.expect_word("in")?;
        bases.push(BaseClass { name, module: ModuleId(line.id("module")?) });
        line.expect_end()?;
    }
    let mut attributes = Vec::new();
    while let Some(mut line) = lines.next_starting(2, "attribute") {
        line.expect_word("attribute")?;
        let name = line.name()?;
        line.expect(":")?;
        let hint = hint(&mut line)?;
        attributes.push(Attribute { name, hint, initial: initial(&mut line)? });
        line.expect_end()?;
    }
    let mut key_text = None;
    if let Some(mut line) = lines.next_starting(2, "key text") {
        line.expect_word("key")?;
        line.expect_word("text")?;
        key_text = Some(line.quoted()?);
        line.expect_end()?;
    }
    let new_key_line = lines.next_starting(2, "new key");
    let methods = function_ids(lines, "methods")?;
    let overridden = function_ids(lines, "overridden")?;
    let operator = Operator {
        name,
        module,
        key,
        key_text,
        bases,
        constructor,
        new_key: None,
        attributes,
        methods,
        overridden,
        documentation,
        span,
    };
    Ok((operator, new_key_line))
}

fn initial(line: &mut Cursor<'_>) -> Result<Initial, ParseError> {
    if !line.eat("=") {
        return Ok(Initial::Unset);
    }
    if line.eat_word("class") {
        return Ok(Initial::Class);
    }
    if line.eat("...") {
        return Ok(Initial::Computed);
    }
    Ok(Initial::Constant(line.quoted()?))
}

/// A line of functions behind `word`, if there is one.
fn function_ids(lines: &mut Lines<'_>, word: &str) -> Result<Vec<FunctionId>, ParseError> {
    let mut ids = Vec::new();
    if let Some(mut line) = lines.next_starting(2, word) {
        line.expect_word(word)?;
        while line.expect_end().is_err() {
            ids.push(FunctionId(line.id("fn")?));
        }
    }
    Ok(ids)
}

/// The end of a header: ` in module0 at 3-20`.
fn place(line: &mut Cursor<'_>) -> Result<(ModuleId, Span), ParseError> {
    line.expect_word("in")?;
    let module = ModuleId(line.id("module")?);
    line.expect_word("at")?;
    let is_elsewhere = line.clone().eat("module");
    let spanned = if is_elsewhere { ModuleId(line.id("module")?) } else { module };
    let first: u32 = line.number()?;
    line.expect("-")?;
    let span = Span { module: spanned, line: first, end_line: line.number()? };
    line.expect_end()?;
    Ok((module, span))
}

fn documentation(lines: &mut Lines<'_>) -> Result<Option<String>, ParseError> {
    let mut texts = Vec::new();
    while let Some(mut line) = lines.next_starting(2, "#") {
        texts.push(line.rest_behind("#")?);
    }
    Ok(if texts.is_empty() { None } else { Some(texts.join("\n")) })
}

fn function(
    mut line: Cursor<'_>,
    lines: &mut Lines<'_>,
    names: &Names<'_>,
) -> Result<Function, ParseError> {
    let before = line.clone();
    let mut name = line.name()?;
    let mut operator = None;
    if line.eat(".") {
        line = before;
        operator = Some(operator_id(&mut line, names)?);
        line.expect(".")?;
        name = line.name()?;
    }
    let signature = signature(&mut line)?;
    let class = class(&mut line, operator, names)?;
    let is_native = line.eat_word("native");
    let (module, span) = place(&mut line)?;
    let documentation = documentation(lines)?;
    let effects = effects::effects(lines, names, module)?;
    let body = if is_native { Body::Native } else { Body::Segments(segments(lines, names)?) };
    Ok(Function { name, operator, class, module, signature, body, effects, documentation, span })
}

/// The class in whose body a function stands, if it does: ` of Audited`, or as the operator is called.
fn class(
    line: &mut Cursor<'_>,
    operator: Option<OperatorId>,
    names: &Names<'_>,
) -> Result<Option<String>, ParseError> {
    if !line.eat_word("of") {
        return Ok(operator.and_then(|operator| names.name_of(operator)).map(str::to_owned));
    }
    if line.eat("?") { Ok(None) } else { Ok(Some(line.name()?)) }
}

/// An operator by its name or id.
fn operator_id(line: &mut Cursor<'_>, names: &Names<'_>) -> Result<OperatorId, ParseError> {
    let is_by_id = is_id(line.clone().bare(is_name_character), "op");
    if is_by_id {
        return Ok(OperatorId(line.id("op")?));
    }
    let before = line.clone();
    let name = line.name()?;
    let found = names.operator_named(&name);
    found.ok_or_else(|| before.error(format!("no operator is called {name}")))
}

fn receiver(line: &mut Cursor<'_>, names: &Names<'_>) -> Result<Option<OperatorId>, ParseError> {
    if line.eat("?") { Ok(None) } else { Ok(Some(operator_id(line, names)?)) }
}

fn segments(lines: &mut Lines<'_>, names: &Names<'_>) -> Result<Vec<Segment>, ParseError> {
    let mut segments = Vec::new();
    while let Some(mut line) = lines.next_starting(2, "seg") {
        line.next_id("seg", segments.len())?;
        let name = line.name()?;
        line.expect("(")?;
        let mut live = Vec::new();
        while !line.eat(")") {
            if !live.is_empty() {
                line.expect(",")?;
            }
            live.push(line.name()?);
        }
        let input = if line.eat("<-") { Some(line.name()?) } else { None };
        let catches = line.eat_word("catches");
        line.expect_end()?;
        let mut code = Vec::new();
        let mut exits = Vec::new();
        loop {
            if let Some(mut line) = lines.next_numbered(4) {
                code.push(source_line(&mut line)?);
            } else if let Some(mut line) = lines.next(4) {
                if !code.is_empty() {
                    return Err(line.error("exits come before the code"));
                }
                exits.push(exit(&mut line, names)?);
                line.expect_end()?;
            } else {
                break;
            }
        }
        segments.push(Segment { name, live, input, catches, exits, code });
    }
    Ok(segments)
}

fn source_line(line: &mut Cursor<'_>) -> Result<SourceLine, ParseError> {
    let origin = line.number()?;
    let is_inside_string = line.clone().eat("+");
    let text = line.rest_behind(if is_inside_string { "+" } else { "|" })?;
    Ok(SourceLine { text, origin, is_inside_string })
}

fn exit(line: &mut Cursor<'_>, names: &Names<'_>) -> Result<Exit, ParseError> {
    let word = line.bare(is_name_character);
    let exit = match word {
        "return" => Exit::Return,
        "jump" => Exit::Jump(SegmentId(line.id("seg")?)),
        "call" => {
            let (receiver, method) = member(line, names)?;
            Exit::Call { resume: resume(line)?, receiver, method }
        }
        "get" => {
            let (receiver, attribute) = member(line, names)?;
            Exit::Get { resume: resume(line)?, receiver, attribute }
        }
        "set" => {
            let (receiver, attribute) = member(line, names)?;
            Exit::Set { resume: resume(line)?, receiver, attribute }
        }
        "create" => {
            let operator = operator_id(line, names)?;
            Exit::Create { resume: resume(line)?, operator }
        }
        "function" => {
            let function = line.path()?;
            Exit::Function { resume: resume(line)?, function }
        }
        "exists" => Exit::Exists { resume: resume(line)? },
        "delete" => Exit::Delete { resume: resume(line)? },
        "together" => {
            let turns = if line.eat_word("each") { Turns::Each } else { Turns::Once };
            let mut actions = vec![joint_action(line, names)?];
            while line.eat(",") {
                actions.push(joint_action(line, names)?);
            }
            Exit::Together { resume: resume(line)?, actions, turns }
        }
        other => return Err(line.error(format!("no exit is called `{other}`"))),
    };
    Ok(exit)
}

/// `call Item.pay`
fn joint_action(line: &mut Cursor<'_>, names: &Names<'_>) -> Result<JointAction, ParseError> {
    let kind: fn(String) -> JointMember = match line.bare(is_name_character) {
        "call" => JointMember::Call,
        "get" => JointMember::Get,
        other => return Err(line.error(format!("`{other}` is not handed over together"))),
    };
    let (receiver, name) = member(line, names)?;
    Ok(JointAction { receiver, member: kind(name) })
}

fn resume(line: &mut Cursor<'_>) -> Result<SegmentId, ParseError> {
    line.expect_word("then")?;
    Ok(SegmentId(line.id("seg")?))
}

/// `Item.price`
fn member(
    line: &mut Cursor<'_>,
    names: &Names<'_>,
) -> Result<(Option<OperatorId>, String), ParseError> {
    let receiver = receiver(line, names)?;
    line.expect(".")?;
    Ok((receiver, line.name()?))
}

fn edge(mut line: Cursor<'_>, names: &Names<'_>) -> Result<CallEdge, ParseError> {
    let from = function_id(&mut line, names)?;
    line.expect("->")?;
    let with_name: Option<fn(String) -> CallKind> = match line.clone().bare(is_name_character) {
        "call" => Some(CallKind::Method),
        "read" => Some(CallKind::Read),
        "write" => Some(CallKind::Write),
        _ => None,
    };
    let edge = match (line.bare(is_name_character), with_name) {
        (_, Some(kind)) => {
            let (to, name) = member(&mut line, names)?;
            CallEdge { from, to, kind: kind(name) }
        }
        ("create", _) => CallEdge { from, to: receiver(&mut line, names)?, kind: CallKind::Create },
        ("exists", _) => CallEdge { from, to: receiver(&mut line, names)?, kind: CallKind::Exists },
        ("delete", _) => CallEdge { from, to: receiver(&mut line, names)?, kind: CallKind::Delete },
        (other, None) => return Err(line.error(format!("no edge is called `{other}`"))),
    };
    line.expect_end()?;
    Ok(edge)
}

/// A function by its name or id.
fn function_id(line: &mut Cursor<'_>, names: &Names<'_>) -> Result<FunctionId, ParseError> {
    let before = line.clone();
    let word = line.name()?;
    let (operator, name) = if line.eat(".") {
        *line = before.clone();
        let operator = operator_id(line, names)?;
        line.expect(".")?;
        (Some(operator), line.name()?)
    } else {
        if is_id(before.clone().bare(is_name_character), "fn") {
            *line = before;
            return Ok(FunctionId(line.id("fn")?));
        }
        (None, word)
    };
    let found = names.function_named(operator, &name);
    found.ok_or_else(|| before.error(format!("no function is called {name} here")))
}
