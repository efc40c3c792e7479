//! The text form of a program, for people and for tests.

use std::fmt::{self, Write};

use crate::{Body, CallKind, Exit, Function, Parameter, ParameterKind, Program, Signature};

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "program")?;
        for (index, module) in self.modules.iter().enumerate() {
            writeln!(f, "  module{index} {} {:?}", module.name, module.path)?;
        }
        for record in &self.records {
            writeln!(f, "  record {}", record.name)?;
            for field in &record.fields {
                let default = if field.has_default { " = ..." } else { "" };
                writeln!(f, "    {}: {}{default}", field.name, field.hint)?;
            }
        }
        for class in &self.enums {
            let members: Vec<_> = class.members.iter().map(|member| member.name.as_str()).collect();
            writeln!(f, "  enum {} {{{}}}", class.name, members.join(", "))?;
        }
        for (index, operator) in self.operators.iter().enumerate() {
            writeln!(f)?;
            write!(f, "op{index} {}({})", operator.name, signature_text(&operator.constructor))?;
            writeln!(f, " key {} in {}", operator.key, operator.module)?;
            for attribute in &operator.attributes {
                writeln!(f, "  attribute {}: {}", attribute.name, attribute.hint)?;
            }
            for method in &operator.methods {
                write!(f, "  {method} ")?;
                write_function(f, self, self.function(*method))?;
            }
        }
        for (index, function) in self.functions.iter().enumerate() {
            if function.operator.is_none() {
                write!(f, "\nfn{index} ")?;
                write_function(f, self, function)?;
            }
        }
        self.write_edges(f)
    }
}

impl Program {
    fn write_edges(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.edges.is_empty() {
            writeln!(f)?;
        }
        for edge in &self.edges {
            let target = edge.to.map_or("?", |operator| self.operator(operator).name.as_str());
            let kind = match &edge.kind {
                CallKind::Method(name) => format!("call {target}.{name}"),
                CallKind::Read(name) => format!("read {target}.{name}"),
                CallKind::Write(name) => format!("write {target}.{name}"),
                CallKind::Create => format!("create {target}"),
                CallKind::Exists => format!("exists {target}"),
                CallKind::Delete => format!("delete {target}"),
            };
            writeln!(f, "edge {} -> {kind}", self.qualified_name(edge.from))?;
        }
        Ok(())
    }
}

fn write_function(
    f: &mut fmt::Formatter<'_>,
    program: &Program,
    function: &Function,
) -> fmt::Result {
    write!(f, "{}({})", function.name, signature_text(&function.signature))?;
    if let Some(returns) = &function.signature.returns {
        write!(f, " -> {returns}")?;
    }
    match &function.body {
        Body::Native => writeln!(f, " native"),
        Body::Segments(segments) => {
            writeln!(f)?;
            for (index, segment) in segments.iter().enumerate() {
                write!(f, "    seg{index}({})", segment.live.join(", "))?;
                if let Some(input) = &segment.input {
                    write!(f, " <- {input}")?;
                }
                if segment.catches {
                    write!(f, " catches")?;
                }
                writeln!(f)?;
                for exit in &segment.exits {
                    writeln!(f, "      {}", exit_text(program, exit))?;
                }
            }
            Ok(())
        }
    }
}

/// One exit on one line: `call User.pay then seg2`.
pub fn exit_text(program: &Program, exit: &Exit) -> String {
    let class = |operator: &Option<crate::OperatorId>| {
        operator.map_or("?".to_owned(), |operator| program.operator(operator).name.clone())
    };
    match exit {
        Exit::Return => "return".to_owned(),
        Exit::Jump(segment) => format!("jump {segment}"),
        Exit::Call { resume, receiver, method } => {
            format!("call {}.{method} then {resume}", class(receiver))
        }
        Exit::Get { resume, receiver, attribute } => {
            format!("get {}.{attribute} then {resume}", class(receiver))
        }
        Exit::Set { resume, receiver, attribute } => {
            format!("set {}.{attribute} then {resume}", class(receiver))
        }
        Exit::Create { resume, operator } => {
            format!("create {} then {resume}", program.operator(*operator).name)
        }
        Exit::Function { resume, function } => format!("function {function} then {resume}"),
        Exit::Exists { resume } => format!("exists then {resume}"),
        Exit::Delete { resume } => format!("delete then {resume}"),
    }
}

/// The parameters as Python would write them, defaults as `...`.
pub fn signature_text(signature: &Signature) -> String {
    let mut text = String::new();
    let mut previous: Option<ParameterKind> = None;
    for parameter in &signature.parameters {
        if previous == Some(ParameterKind::PositionalOnly)
            && parameter.kind != ParameterKind::PositionalOnly
        {
            text.push_str(", /");
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        let after_star =
            matches!(previous, Some(ParameterKind::VarPositional | ParameterKind::KeywordOnly));
        if parameter.kind == ParameterKind::KeywordOnly && !after_star {
            text.push_str("*, ");
        }
        write_parameter(&mut text, parameter);
        previous = Some(parameter.kind);
    }
    if previous == Some(ParameterKind::PositionalOnly) {
        text.push_str(", /");
    }
    text
}

fn write_parameter(text: &mut String, parameter: &Parameter) {
    let stars = match parameter.kind {
        ParameterKind::VarPositional => "*",
        ParameterKind::VarKeyword => "**",
        _ => "",
    };
    let default = match parameter.kind {
        ParameterKind::VarPositional | ParameterKind::VarKeyword => "",
        _ if parameter.has_default => " = ...",
        _ => "",
    };
    write!(text, "{stars}{}: {}{default}", parameter.name, parameter.hint)
        .expect("writing to a string cannot fail");
}
