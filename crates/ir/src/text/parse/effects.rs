//! Effects and access sets.

use super::{Lines, operator_id, receiver};
use crate::access::EXPRESSION_DEPTH_MAX;
use crate::text::ParseError;
use crate::text::cursor::Cursor;
use crate::text::names::Names;
use crate::text::word::is_name_character;
use crate::{
    Access, AccessMode, AccessSet, Callee, Classes, Effects, Expression, FunctionId, Member,
    ModuleId, Reason, Span,
};

/// The line `new key EXPRESSION`.
pub(super) fn new_key(mut line: Cursor<'_>, names: &Names<'_>) -> Result<Expression, ParseError> {
    line.expect_word("new")?;
    line.expect_word("key")?;
    let key = expression(&mut line, names, 0)?;
    line.expect_end()?;
    Ok(key)
}

/// The lines of the effects of a function in `module`.
pub(super) fn effects(
    lines: &mut Lines<'_>,
    names: &Names<'_>,
    module: ModuleId,
) -> Result<Effects, ParseError> {
    let reads = list(lines, "reads", |line| member(line, names))?;
    let writes = list(lines, "writes", |line| member(line, names))?;
    let exists = classes(lines, "exists", names)?;
    let creates = classes(lines, "creates", names)?;
    let deletes = classes(lines, "deletes", names)?;
    let changes = classes(lines, "changes", names)?;
    let calls = list(lines, "calls", callee)?;
    let outside = match lines.next_starting(2, "outside") {
        Some(mut line) => {
            line.expect_word("outside")?;
            line.expect_end()?;
            true
        }
        None => false,
    };
    let access = access_set(lines, names, module)?;
    Ok(Effects { reads, writes, exists, creates, deletes, changes, calls, outside, access })
}

/// `word item, item`, if the next line is one.
fn list<T>(
    lines: &mut Lines<'_>,
    word: &str,
    item: impl FnMut(&mut Cursor<'_>) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    let Some(mut line) = lines.next_starting(2, word) else { return Ok(Vec::new()) };
    line.expect_word(word)?;
    items(&mut line, item)
}

/// `item, item` up to the end of the line.
fn items<T>(
    line: &mut Cursor<'_>,
    mut item: impl FnMut(&mut Cursor<'_>) -> Result<T, ParseError>,
) -> Result<Vec<T>, ParseError> {
    let mut items = vec![item(line)?];
    while line.eat(",") {
        items.push(item(line)?);
    }
    line.expect_end()?;
    Ok(items)
}

fn member(line: &mut Cursor<'_>, names: &Names<'_>) -> Result<Member, ParseError> {
    let operator = receiver(line, names)?;
    line.expect(".")?;
    Ok(Member { operator, name: line.name()? })
}

fn callee(line: &mut Cursor<'_>) -> Result<Callee, ParseError> {
    if line.eat("?") {
        line.expect(".")?;
        return Ok(Callee::OfAnyClass(line.name()?));
    }
    Ok(Callee::Method(FunctionId(line.id("fn")?)))
}

/// `word class, class`, or `word ?`, if the next line is one.
fn classes(lines: &mut Lines<'_>, word: &str, names: &Names<'_>) -> Result<Classes, ParseError> {
    let Some(mut line) = lines.next_starting(2, word) else { return Ok(Classes::default()) };
    line.expect_word(word)?;
    if line.eat("?") {
        line.expect_end()?;
        return Ok(Classes::Any);
    }
    Ok(Classes::Listed(items(&mut line, |line| operator_id(line, names))?))
}

fn access_set(
    lines: &mut Lines<'_>,
    names: &Names<'_>,
    module: ModuleId,
) -> Result<AccessSet, ParseError> {
    let mut set = AccessSet::default();
    while let Some(mut line) = lines.next_starting(2, "access") {
        line.expect_word("access")?;
        let mode = match line.bare(is_name_character) {
            "read" => AccessMode::Read,
            "write" => AccessMode::Write,
            "create" => AccessMode::CreateOrDelete,
            other => return Err(line.error(format!("no mode of access is called `{other}`"))),
        };
        let operator = operator_id(&mut line, names)?;
        line.expect(":")?;
        let entity = expression(&mut line, names, 0)?;
        line.expect_end()?;
        set.accesses.push(Access { operator, entity, mode });
    }
    while let Some(mut line) = lines.next_starting(2, "because") {
        line.expect_word("because")?;
        let text = line.quoted()?;
        let is_elsewhere = line.clone().eat("module");
        let module = if is_elsewhere { ModuleId(line.id("module")?) } else { module };
        let first: u32 = line.number()?;
        line.expect("-")?;
        let span = Span { module, line: first, end_line: line.number()? };
        line.expect_end()?;
        set.reasons.push(Reason { text, span });
    }
    Ok(set)
}

fn expression(
    line: &mut Cursor<'_>,
    names: &Names<'_>,
    depth: usize,
) -> Result<Expression, ParseError> {
    if depth == EXPRESSION_DEPTH_MAX {
        let message = format!("expressions nest deeper than {EXPRESSION_DEPTH_MAX} levels");
        return Err(line.error(message));
    }
    let depth = depth + 1;
    let name = line.name()?;
    if !line.eat("(") {
        return Ok(Expression::Parameter(name));
    }
    let inner = |line: &mut Cursor<'_>| expression(line, names, depth).map(Box::new);
    let expression = match &*name {
        "self" => Expression::Receiver,
        "none" => Expression::None,
        "int" => Expression::Int(line.number()?),
        "str" => Expression::Str(line.quoted()?),
        "each" => Expression::Each(inner(line)?),
        "field" => {
            let value = inner(line)?;
            line.expect(",")?;
            let record = line.path()?;
            line.expect(",")?;
            Expression::Field { value, record, field: line.name()? }
        }
        "key" => {
            let operator = operator_id(line, names)?;
            line.expect(",")?;
            Expression::Key { operator, entity: inner(line)? }
        }
        "ref" => {
            let operator = operator_id(line, names)?;
            line.expect(",")?;
            Expression::Reference { operator, key: inner(line)? }
        }
        "tuple" => return Ok(Expression::Tuple(parts(line, names, depth)?)),
        "text" => return Ok(Expression::Text(parts(line, names, depth)?)),
        other => return Err(line.error(format!("no expression is called `{other}`"))),
    };
    line.expect(")")?;
    Ok(expression)
}

/// Expressions up to a closing parenthesis.
fn parts(
    line: &mut Cursor<'_>,
    names: &Names<'_>,
    depth: usize,
) -> Result<Vec<Expression>, ParseError> {
    let mut parts = Vec::new();
    while !line.eat(")") {
        if !parts.is_empty() {
            line.expect(",")?;
        }
        parts.push(expression(line, names, depth)?);
    }
    Ok(parts)
}
