//! The Python text of a segment, as far as it can be read without a parser.

use super::{Place, Violations};
use crate::{Exit, Function, Segment, SegmentId};

pub(super) fn check(
    place: Place,
    function: &Function,
    segments: &[Segment],
    segment: &Segment,
    violations: &mut Violations,
) {
    check_lines(place, function, segment, violations);
    check_parameters(place, function, segment, violations);
    let facts: Vec<Facts> = segment.code.iter().map(|line| Facts::of(&line.text)).collect();
    let lines = || segment.code.iter().zip(&facts);
    let mut written = Vec::new();
    for (line, _) in lines().filter(|(_, facts)| facts.has_return) {
        collect_heads(&line.text, &mut written);
    }
    written.sort_unstable();
    let mut exits: Vec<Head<'_>> =
        segment.exits.iter().map(|exit| (word(exit), exit.target())).collect();
    exits.sort_unstable();
    exits.dedup();
    for exit in exits.iter().filter(|exit| written.binary_search(exit).is_err()) {
        violations.add(place, format!("no line of the code is the exit {}", head(*exit)));
    }
    let has_inner_function =
        lines().skip(1).filter(|(_, facts)| facts.has_definition).any(|(line, _)| {
            let text = line.text.trim_start();
            ["def ", "async def ", "class "].iter().any(|keyword| text.starts_with(keyword))
        });
    if has_inner_function {
        return;
    }
    for (line, _) in lines().filter(|(line, facts)| facts.has_return && !line.is_inside_string) {
        check_return(place, &line.text, segments, &exits, violations);
    }
}

/// The word of an exit and the segment that it leads to.
type Head<'l> = (&'l str, Option<SegmentId>);

/// Words that may stand in a line: most lines have none, and need no search.
struct Facts {
    has_return: bool,
    has_definition: bool,
}

impl Facts {
    fn of(text: &str) -> Self {
        let mut facts = Facts { has_return: false, has_definition: false };
        // Indentation ends no word, and is most of the white space.
        let bytes = text.trim_start_matches(' ').as_bytes();
        for (index, pair) in bytes.windows(2).enumerate() {
            if pair[1] == b' ' {
                let before = &bytes[..=index];
                match pair[0] {
                    b'n' => facts.has_return |= before.ends_with(b"return"),
                    b'f' => facts.has_definition |= before.ends_with(b"def"),
                    b's' => facts.has_definition |= before.ends_with(b"class"),
                    _ => {}
                }
            }
        }
        facts
    }
}

fn check_lines(place: Place, function: &Function, segment: &Segment, violations: &mut Violations) {
    for (index, line) in segment.code.iter().enumerate() {
        let text = &line.text;
        // Twice through many bytes at once is faster than once through each.
        if [b'\n', b'\r'].iter().any(|end| text.as_bytes().contains(end)) {
            violations.add(place, format!("the line {text:?} holds a line end"));
        }
        if !(function.span.line..=function.span.end_line).contains(&line.origin) {
            let origin = line.origin;
            violations.add(place, format!("line {origin} of the user is outside of the function"));
        }
        let is_free = line.is_inside_string || text.is_empty() || text.starts_with([' ', '\t']);
        if index > 0 && !is_free {
            violations.add(place, format!("the line {text:?} is not indented"));
        }
    }
}

fn check_parameters(
    place: Place,
    function: &Function,
    segment: &Segment,
    violations: &mut Violations,
) {
    let header = segment.code.first().filter(|line| !line.is_inside_string);
    let header = header.and_then(|line| {
        line.text.strip_prefix("def ")?.strip_prefix(&*segment.name)?.strip_prefix('(')
    });
    let Some(header) = header.and_then(|header| header.rsplit_once(')')) else {
        let name = &segment.name;
        return violations.add(place, format!("the code does not start with `def {name}(…):`"));
    };
    let parameters: Vec<&str> = header
        .0
        .split(',')
        .map(|parameter| parameter.trim_start_matches(' ').trim_start_matches('*'))
        .map(|parameter| parameter.split(['=', ':', ' ']).next().unwrap_or(parameter))
        .filter(|parameter| !parameter.is_empty() && *parameter != "/")
        .collect();
    let self_count = usize::from(function.operator.is_some());
    let expected: Vec<&String> = segment.live.iter().chain(&segment.input).collect();
    let raised_count = usize::from(segment.catches);
    let is_right = parameters.len() == self_count + expected.len() + raised_count
        && parameters[self_count..].iter().zip(&expected).all(|(found, name)| found == name);
    if !is_right {
        let parameters = parameters.join(", ");
        violations.add(place, format!("the code takes ({parameters}), which is something else"));
    }
}

/// The word of an exit in the emitted tuple.
fn word(exit: &Exit) -> &'static str {
    match exit {
        Exit::Return => "return",
        Exit::Jump(_) => "jump",
        Exit::Call { .. } => "call",
        Exit::Get { .. } => "get",
        Exit::Set { .. } => "set",
        Exit::Create { .. } => "create",
        Exit::Function { .. } => "function",
        Exit::Exists { .. } => "exists",
        Exit::Delete { .. } => "delete",
        Exit::Together { .. } => "together",
    }
}

/// How the `return` of an exit begins.
fn head((word, target): Head<'_>) -> String {
    match target {
        Some(target) => format!("return \"{word}\", {}, ", target.0),
        None => format!("return \"{word}\","),
    }
}

/// Collects the exits whose `return`s begin in `line`; the tuple may stand between parentheses.
fn collect_heads<'l>(line: &'l str, found: &mut Vec<Head<'l>>) {
    let mut rest = line.trim_start_matches(' ');
    while let Some(space) = rest.find(' ') {
        let before = &rest[..space];
        rest = &rest[space + 1..];
        if !before.ends_with("return") {
            continue;
        }
        let Some((word, fields)) = word_and_fields(rest) else { continue };
        found.push((word, None));
        let number = fields.strip_prefix(' ').and_then(|fields| fields.split_once(','));
        if let Some((digits, rest)) = number
            && rest.starts_with(' ')
            && let Some(number) = canonical_number(digits)
        {
            found.push((word, Some(SegmentId(number))));
        }
    }
}

/// What stands between the quotes that `tuple` starts with, and behind the comma that follows.
fn word_and_fields(tuple: &str) -> Option<(&str, &str)> {
    let tuple = tuple.strip_prefix('(').unwrap_or(tuple).strip_prefix('"')?;
    let ends = tuple.match_indices('"').map(|(end, _)| end);
    let end = ends.into_iter().find(|end| tuple[end + 1..].starts_with(','))?;
    Some((&tuple[..end], &tuple[end + 2..]))
}

/// The number, if nothing else is written that way.
fn canonical_number(digits: &str) -> Option<u32> {
    let is_canonical = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| is_canonical)
}

/// Compares a line that leaves the segment with the exits.
fn check_return(
    place: Place,
    line: &str,
    segments: &[Segment],
    exits: &[Head<'_>],
    violations: &mut Violations,
) {
    let Some(tuple) = line.trim_start().strip_prefix("return ") else { return };
    let Some((found, rest)) = word_and_fields(tuple) else { return };
    let mut fields = rest.trim_start().splitn(2, ',');
    let number: Option<u32> = fields.next().and_then(|number| number.parse().ok());
    let target = number.filter(|_| found != "return").map(SegmentId);
    if exits.binary_search(&(found, target)).is_err() {
        violations.add(place, format!("`{}` is none of the exits", line.trim()));
        return;
    }
    let expected = target.and_then(|target| segments.get(target.index()));
    let handed_over = fields.next().and_then(|live| element_count(live.trim_start()));
    if let (Some(expected), Some(count)) = (expected, handed_over)
        && count != expected.live.len()
    {
        let wanted = expected.live.len();
        let message = format!("`{}` hands over {count} variables, not {wanted}", line.trim());
        violations.add(place, message);
    }
}

/// How many elements the tuple has that `text` starts with; `None` if it goes on in another line.
fn element_count(text: &str) -> Option<usize> {
    if !text.starts_with('(') {
        return None;
    }
    let mut elements = 0;
    let mut depth = 0_usize;
    let mut is_in_string = false;
    let mut is_in_element = false;
    for character in text.chars() {
        match character {
            '"' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            '(' => depth += 1,
            ')' if depth == 1 => return Some(elements + usize::from(is_in_element)),
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 1 => {
                elements += 1;
                is_in_element = false;
                continue;
            }
            ' ' => continue,
            _ => {}
        }
        is_in_element |= depth > 1 || (depth == 1 && character != '(');
    }
    None
}
