//! Signatures: the parameters of a function as data.

use anabranch_ir::{Hint, Parameter, ParameterKind, Signature};
use ruff_python_ast::{Expr, ParameterWithDefault, StmtFunctionDef};

use crate::hints::annotation;
use crate::resolve::Application;

/// The signature of `node`; of a method without its `self`.
pub(super) fn signature(
    application: &Application<'_>,
    module: usize,
    node: &StmtFunctionDef,
    is_method: bool,
) -> Signature {
    let hint = |annotated: Option<&Expr>| {
        annotated.map_or(Hint::Any, |hint| annotation(application, module, hint).0.bounded())
    };
    let plain = |parameter: &ParameterWithDefault, kind| Parameter {
        name: parameter.name().to_string(),
        kind,
        hint: hint(parameter.annotation()),
        has_default: parameter.default.is_some(),
    };
    let list = &node.parameters;
    let mut parameters = Vec::new();
    for parameter in &list.posonlyargs {
        parameters.push(plain(parameter, ParameterKind::PositionalOnly));
    }
    for parameter in &list.args {
        parameters.push(plain(parameter, ParameterKind::PositionalOrKeyword));
    }
    if is_method && !parameters.is_empty() {
        parameters.remove(0);
    }
    let rest = |parameter: &ruff_python_ast::Parameter, kind| Parameter {
        name: parameter.name.to_string(),
        kind,
        hint: hint(parameter.annotation()),
        has_default: true,
    };
    if let Some(parameter) = &list.vararg {
        parameters.push(rest(parameter, ParameterKind::VarPositional));
    }
    for parameter in &list.kwonlyargs {
        parameters.push(plain(parameter, ParameterKind::KeywordOnly));
    }
    if let Some(parameter) = &list.kwarg {
        parameters.push(rest(parameter, ParameterKind::VarKeyword));
    }
    let returns = node.returns.as_deref().map(|returns| hint(Some(returns)));
    Signature { parameters, returns }
}
