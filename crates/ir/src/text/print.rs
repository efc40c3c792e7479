//! Prints a program. Never fails, whatever the program refers to.

mod effects;

use std::fmt;

use super::names::Names;
use super::word::{Name, Path, Quoted, Rest};
use crate::program::{EnumValue, Module};
use crate::{
    Body, CallEdge, CallKind, EnumClass, Exit, Function, Hint, Initial, JointAction, JointMember,
    ModuleId, Operator, Parameter, ParameterKind, Program, Record, Segment, Signature, Span, Turns,
};

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "program")?;
        for (index, Module { name, path }) in self.modules.iter().enumerate() {
            let id = ModuleId::from_index(index);
            writeln!(f, "  {id} {} {}", Path(name), Quoted(path))?;
        }
        for record in &self.records {
            write_record(f, record)?;
        }
        for class in &self.enums {
            write_enum(f, class)?;
        }
        let names = Names::new(self);
        for (index, operator) in self.operators.iter().enumerate() {
            write!(f, "\nop{index} ")?;
            write_operator(f, self, &names, operator)?;
        }
        for (index, function) in self.functions.iter().enumerate() {
            write!(f, "\nfn{index} ")?;
            write_function(f, self, &names, function)?;
        }
        for (index, edge) in self.edges.iter().enumerate() {
            let separator = if index == 0 { "\n" } else { "" };
            write!(f, "{separator}edge {} -> ", names.function(self, edge.from))?;
            write_edge(f, self, &names, edge)?;
        }
        Ok(())
    }
}

fn write_record(f: &mut fmt::Formatter<'_>, record: &Record) -> fmt::Result {
    writeln!(f, "  record {}", Path(&record.name))?;
    for field in &record.fields {
        let default = if field.has_default { " = ..." } else { "" };
        writeln!(f, "    {}: {}{default}", Name(&field.name), HintText(&field.hint))?;
    }
    Ok(())
}

fn write_enum(f: &mut fmt::Formatter<'_>, class: &EnumClass) -> fmt::Result {
    writeln!(f, "  enum {}", Path(&class.name))?;
    for member in &class.members {
        write!(f, "    {}", Name(&member.name))?;
        match &member.value {
            Some(EnumValue::Str(value)) => writeln!(f, " = {}", Quoted(value))?,
            Some(EnumValue::Int(value)) => writeln!(f, " = {value}")?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}

fn write_operator(
    f: &mut fmt::Formatter<'_>,
    program: &Program,
    names: &Names<'_>,
    operator: &Operator,
) -> fmt::Result {
    let Operator { name, constructor, key, .. } = operator;
    write!(f, "{}{} key {}", Name(name), SignatureText(constructor), HintText(key))?;
    writeln!(f, "{}", Place(operator.module, operator.span))?;
    write_documentation(f, operator.documentation.as_deref())?;
    for base in &operator.bases {
        writeln!(f, "  base {} in {}", Name(&base.name), base.module)?;
    }
    for attribute in &operator.attributes {
        write!(f, "  attribute {}: {}", Name(&attribute.name), HintText(&attribute.hint))?;
        match &attribute.initial {
            Initial::Unset => writeln!(f)?,
            Initial::Class => writeln!(f, " = class")?,
            Initial::Constant(text) => writeln!(f, " = {}", Quoted(text))?,
            Initial::Computed => writeln!(f, " = ...")?,
        }
    }
    if let Some(text) = &operator.key_text {
        writeln!(f, "  key text {}", Quoted(text))?;
    }
    if let Some(key) = &operator.new_key {
        writeln!(f, "  new key {}", effects::expression_text(program, names, key))?;
    }
    for (word, methods) in [("methods", &operator.methods), ("overridden", &operator.overridden)] {
        if !methods.is_empty() {
            write!(f, "  {word}")?;
            for method in methods {
                write!(f, " {method}")?;
            }
            writeln!(f)?;
        }
    }
    Ok(())
}

fn write_documentation(f: &mut fmt::Formatter<'_>, documentation: Option<&str>) -> fmt::Result {
    for text in documentation.into_iter().flat_map(|text| text.split('\n')) {
        writeln!(f, "  {}", Rest { marker: "#", text })?;
    }
    Ok(())
}

fn write_function(
    f: &mut fmt::Formatter<'_>,
    program: &Program,
    names: &Names<'_>,
    function: &Function,
) -> fmt::Result {
    if let Some(operator) = function.operator {
        write!(f, "{}.", names.operator(program, operator))?;
    }
    write!(f, "{}{}", Name(&function.name), SignatureText(&function.signature))?;
    // Left out where it follows from the operator.
    let usual = function.operator.and_then(|operator| names.name_of(operator));
    if function.class.as_deref() != usual {
        match &function.class {
            Some(class) => write!(f, " of {}", Name(class))?,
            None => write!(f, " of ?")?,
        }
    }
    if function.body == Body::Native {
        write!(f, " native")?;
    }
    writeln!(f, "{}", Place(function.module, function.span))?;
    write_documentation(f, function.documentation.as_deref())?;
    effects::write(f, program, names, function)?;
    if let Body::Segments(segments) = &function.body {
        for (index, segment) in segments.iter().enumerate() {
            write!(f, "  seg{index} ")?;
            write_segment(f, program, names, segment)?;
        }
    }
    Ok(())
}

fn write_segment(
    f: &mut fmt::Formatter<'_>,
    program: &Program,
    names: &Names<'_>,
    segment: &Segment,
) -> fmt::Result {
    write!(f, "{}(", Name(&segment.name))?;
    write_separated(f, ", ", segment.live.iter().map(|name| Name(name)))?;
    write!(f, ")")?;
    if let Some(input) = &segment.input {
        write!(f, " <- {}", Name(input))?;
    }
    writeln!(f, "{}", if segment.catches { " catches" } else { "" })?;
    for exit in &segment.exits {
        writeln!(f, "    {}", exit_text(program, names, exit))?;
    }
    for line in &segment.code {
        let marker = if line.is_inside_string { "+" } else { "|" };
        writeln!(f, "    {:>4} {}", line.origin, Rest { marker, text: &line.text })?;
    }
    Ok(())
}

/// One exit on one line: `call User.pay then seg2`.
fn exit_text(program: &Program, names: &Names<'_>, exit: &Exit) -> String {
    let class = |id| names.receiver(program, id);
    match exit {
        Exit::Return => "return".to_owned(),
        Exit::Jump(segment) => format!("jump {segment}"),
        Exit::Call { resume, receiver, method } => {
            format!("call {}.{} then {resume}", class(*receiver), Name(method))
        }
        Exit::Get { resume, receiver, attribute } => {
            format!("get {}.{} then {resume}", class(*receiver), Name(attribute))
        }
        Exit::Set { resume, receiver, attribute } => {
            format!("set {}.{} then {resume}", class(*receiver), Name(attribute))
        }
        Exit::Create { resume, operator } => {
            format!("create {} then {resume}", names.operator(program, *operator))
        }
        Exit::Function { resume, function } => {
            format!("function {} then {resume}", Path(function))
        }
        Exit::Exists { resume } => format!("exists then {resume}"),
        Exit::Delete { resume } => format!("delete then {resume}"),
        Exit::Together { resume, actions, turns } => {
            let action = |JointAction { receiver, member }: &JointAction| match member {
                JointMember::Call(name) => format!("call {}.{}", class(*receiver), Name(name)),
                JointMember::Get(name) => format!("get {}.{}", class(*receiver), Name(name)),
            };
            let actions: Vec<String> = actions.iter().map(action).collect();
            let turns = match turns {
                Turns::Once => "",
                Turns::Each => "each ",
            };
            format!("together {turns}{} then {resume}", actions.join(", "))
        }
    }
}

fn write_edge(
    f: &mut fmt::Formatter<'_>,
    program: &Program,
    names: &Names<'_>,
    edge: &CallEdge,
) -> fmt::Result {
    let target = names.receiver(program, edge.to);
    match &edge.kind {
        CallKind::Method(name) => writeln!(f, "call {target}.{}", Name(name)),
        CallKind::Read(name) => writeln!(f, "read {target}.{}", Name(name)),
        CallKind::Write(name) => writeln!(f, "write {target}.{}", Name(name)),
        CallKind::Create => writeln!(f, "create {target}"),
        CallKind::Exists => writeln!(f, "exists {target}"),
        CallKind::Delete => writeln!(f, "delete {target}"),
    }
}

/// ` in module0 at 3-20`
struct Place(ModuleId, Span);

impl Place {
    /// The span alone, with its module if that is another one: ` module1 3-20`.
    fn elsewhere(&self) -> String {
        let Place(module, span) = self;
        let elsewhere = if span.module == *module { "" } else { &format!(" {}", span.module) };
        format!("{elsewhere} {}-{}", span.line, span.end_line)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " in {} at{}", self.0, self.elsewhere())
    }
}

/// Parameters and result as Python would write them, defaults as `...`.
struct SignatureText<'p>(&'p Signature);

impl fmt::Display for SignatureText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        let mut previous: Option<ParameterKind> = None;
        for parameter in &self.0.parameters {
            let kind = parameter.kind;
            if previous == Some(ParameterKind::PositionalOnly)
                && kind != ParameterKind::PositionalOnly
            {
                parts.push("/".to_owned());
            }
            let is_after_star =
                matches!(previous, Some(ParameterKind::VarPositional | ParameterKind::KeywordOnly));
            if kind == ParameterKind::KeywordOnly && !is_after_star {
                parts.push("*".to_owned());
            }
            parts.push(parameter_text(parameter));
            previous = Some(kind);
        }
        if previous == Some(ParameterKind::PositionalOnly) {
            parts.push("/".to_owned());
        }
        write!(f, "({})", parts.join(", "))?;
        match &self.0.returns {
            Some(returns) => write!(f, " -> {}", HintText(returns)),
            None => Ok(()),
        }
    }
}

fn parameter_text(parameter: &Parameter) -> String {
    let (stars, default) = match parameter.kind {
        ParameterKind::VarPositional => ("*", ""),
        ParameterKind::VarKeyword => ("**", ""),
        _ if parameter.has_default => ("", " = ..."),
        _ => ("", ""),
    };
    format!("{stars}{}: {}{default}", Name(&parameter.name), HintText(&parameter.hint))
}

/// A hint that stands alone, so that [`super::parse_hint`] reads it.
pub fn hint_text(hint: &Hint) -> String {
    HintText(hint).to_string()
}

/// A hint with whole class names; what could be mistaken for something else is marked.
struct HintText<'p>(&'p Hint);

impl fmt::Display for HintText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = HintText;
        match self.0 {
            Hint::List(element) => write!(f, "list[{}]", text(element)),
            Hint::Set(element) => write!(f, "set[{}]", text(element)),
            Hint::FrozenSet(element) => write!(f, "frozenset[{}]", text(element)),
            Hint::Tuple(elements) if elements.is_empty() => f.write_str("tuple[()]"),
            Hint::Tuple(elements) => {
                f.write_str("tuple[")?;
                write_separated(f, ", ", elements.iter().map(text))?;
                f.write_str("]")
            }
            Hint::TupleOf(element) => write!(f, "tuple[{}, ...]", text(element)),
            Hint::Dict(key, value) => write!(f, "dict[{}, {}]", text(key), text(value)),
            Hint::Union(members) if members.len() < 2 => {
                f.write_str("Union[")?;
                write_separated(f, ", ", members.iter().map(text))?;
                f.write_str("]")
            }
            Hint::Union(members) => write_separated(f, " | ", members.iter().map(Member)),
            Hint::Entity(name) if super::is_reserved(name) => write!(f, "entity {}", Name(name)),
            Hint::Entity(name) => write!(f, "{}", Name(name)),
            Hint::Record(name) => write!(f, "record {}", Path(name)),
            Hint::Enum(name) => write!(f, "enum {}", Path(name)),
            simple => write!(f, "{simple}"),
        }
    }
}

/// A hint as the member of a union.
struct Member<'p>(&'p Hint);

impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Hint::Union(members) if members.len() > 1 => write!(f, "({})", HintText(self.0)),
            other => write!(f, "{}", HintText(other)),
        }
    }
}

fn write_separated(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    items: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        let separator = if index == 0 { "" } else { separator };
        write!(f, "{separator}{item}")?;
    }
    Ok(())
}
