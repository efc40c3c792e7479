//! Stage 10: everything into one program.

mod classes;
mod documentation;
mod edges;
mod signature;

use std::collections::BTreeSet;

use anabranch_ir::{
    Body, CallEdge, FunctionId, Module, ModuleId, Operator, OperatorId, Program, Span,
};
use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

use crate::Diagnostic;
use crate::effects::Effects;
use crate::emit::{Function, emit};
use crate::lower::{lower, mangled};
use crate::resolve::{Application, FunctionDefinition, FunctionKind};
use crate::types::{FunctionScope, Typing};

/// Assembles the program. Diagnostics say what could not be lowered; the program is only right if
/// there are none.
pub fn assemble<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    effects: &Effects<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Program {
    let application = typing.application;
    let mut program = Program { modules: modules(application), ..Program::default() };
    let methods = application.entities.iter().flat_map(|entity| &entity.methods);
    let methods: BTreeSet<usize> = methods.copied().collect();
    // Methods and split helpers get the numbers of the program's functions.
    let is_included = |index: usize| {
        methods.contains(&index)
            || (application.functions[index].kind == FunctionKind::Helper
                && effects.is_entity_code(index)
                && effects.suspends(index).is_some())
    };
    let included: Vec<usize> =
        (0..application.functions.len()).filter(|index| is_included(*index)).collect();
    for index in &included {
        let function = function(typing, &scopes[*index], effects, *index, diagnostics);
        program.functions.push(function);
    }
    let positions: FxHashMap<usize, usize> =
        included.iter().enumerate().map(|(position, index)| (*index, position)).collect();
    let number = |index: &usize| FunctionId::from_index(positions[index]);
    for (index, entity) in application.entities.iter().enumerate() {
        program.operators.push(Operator {
            name: entity.name.to_owned(),
            module: ModuleId::from_index(entity.module),
            key: classes::key_hint(application, entity),
            constructor: match entity.constructor {
                Some(node) => signature::signature(application, entity.module, node, true),
                None => Default::default(),
            },
            attributes: classes::attributes(typing, index),
            methods: entity.methods.iter().map(number).collect(),
            documentation: documentation::docstring(&entity.node.body),
            span: span(application, entity.module, entity.node.range()),
        });
    }
    let edges = edges::edges(effects, application.functions.len());
    for index in &included {
        let from = number(index);
        let sent = edges[*index].iter();
        program.edges.extend(sent.map(|(to, kind)| CallEdge { from, to: *to, kind: kind.clone() }));
    }
    program.records = classes::records(application);
    program.enums = classes::enums(application);
    program
}

fn modules(application: &Application<'_>) -> Vec<Module> {
    let files = application.loaded.files.iter();
    let named = application.loaded.modules.iter().zip(files);
    named
        .map(|(module, file)| Module { name: module.name.clone(), path: file.path.clone() })
        .collect()
}

fn span(application: &Application<'_>, module: usize, range: TextRange) -> Span {
    let source = &application.loaded.files[module];
    Span {
        module: ModuleId::from_index(module),
        line: source.line(range.start()),
        end_line: source.line(range.end()),
    }
}

fn function<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    effects: &Effects<'a>,
    index: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> anabranch_ir::Function {
    let application = typing.application;
    let definition: &FunctionDefinition<'_> = &application.functions[index];
    let node: &StmtFunctionDef = definition.node;
    let class = definition.owner.map(|owner| application.entities[owner].name);
    let body = if effects.suspends(index).is_some() {
        let (graph, found) = lower(typing, scope, effects, index);
        diagnostics.extend(found);
        let function = Function {
            node,
            class,
            source: &application.loaded.files[definition.module],
            module: &application.loaded.modules[definition.module],
        };
        Body::Segments(emit(&function, &graph))
    } else {
        Body::Native
    };
    anabranch_ir::Function {
        name: mangled(class, definition.name),
        operator: definition.owner.map(OperatorId::from_index),
        module: ModuleId::from_index(definition.module),
        signature: signature::signature(application, definition.module, node, class.is_some()),
        body,
        documentation: documentation::docstring(&node.body),
        span: span(application, definition.module, node.range()),
    }
}
