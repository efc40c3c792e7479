//! Stage 10: everything into one program.

mod classes;
mod documentation;
mod edges;
mod initial;
mod signature;

use std::collections::BTreeSet;

use anabranch_ir::{
    BaseClass, Body, CallEdge, FunctionId, Module, ModuleId, Operator, OperatorId, Program, Span,
};
use ruff_python_ast::StmtFunctionDef;
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Diagnostic;
use crate::effects::Effects;
use crate::emit::{Function, emit};
use crate::footprint::Footprints;
use crate::lower::lower;
use crate::names::mangled;
use crate::resolve::{Application, FunctionDefinition, FunctionKind};
use crate::types::{FunctionScope, Typing};

/// Assembles the program. Diagnostics say what could not be lowered; the program is only right if
/// there are none.
pub fn assemble<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    effects: &Effects<'a>,
    footprints: &Footprints,
    diagnostics: &mut Vec<Diagnostic>,
) -> Program {
    let application = typing.application;
    let mut program = Program { modules: modules(application), ..Program::default() };
    let methods = application.entities.iter().flat_map(|entity| &entity.methods);
    let methods: BTreeSet<usize> = methods.copied().collect();
    let overridden = application.entities.iter().flat_map(|entity| &entity.overridden);
    let overridden: BTreeSet<usize> = overridden.copied().collect();
    // Methods, and the split ones among the others, get the numbers of the program's functions.
    let is_included = |index: usize| {
        let is_helper = application.functions[index].kind == FunctionKind::Helper;
        methods.contains(&index)
            || ((is_helper || overridden.contains(&index))
                && effects.is_entity_code(index)
                && effects.suspends(index).is_some())
    };
    let included: Vec<usize> =
        (0..application.functions.len()).filter(|index| is_included(*index)).collect();
    let numbers: FxHashMap<usize, FunctionId> = included
        .iter()
        .enumerate()
        .map(|(id, index)| (*index, FunctionId::from_index(id)))
        .collect();
    let number = |index: &usize| numbers[index];
    program.functions.reserve_exact(included.len());
    let mut stems = Stems::default();
    for index in &included {
        let definition = &application.functions[*index];
        let stem = stems.stem(application, definition);
        let mut function = function(typing, &scopes[*index], effects, (*index, &stem), diagnostics);
        let number = |index: usize| numbers.get(&index).copied();
        function.effects = footprints.effects(application, *index, number);
        program.functions.push(function);
        // The next one can use the memory, which is in the caches.
        scopes[*index].forget_expressions();
    }
    for (index, entity) in application.entities.iter().enumerate() {
        program.operators.push(Operator {
            name: entity.name.to_owned(),
            module: ModuleId::from_index(entity.module),
            bases: entity.bodies[1..]
                .iter()
                .map(|body| BaseClass {
                    name: body.name.to_owned(),
                    module: ModuleId::from_index(body.module),
                })
                .collect(),
            key: classes::key_hint(application, entity),
            key_text: classes::key_text(application, entity),
            constructor: match entity.constructor() {
                Some(it) => signature::signature(application, it.module, it.node, true),
                None => Default::default(),
            },
            new_key: footprints.new_keys[index].clone(),
            attributes: classes::attributes(typing, index),
            methods: entity.methods.iter().map(number).collect(),
            overridden: entity
                .overridden
                .iter()
                .filter(|index| numbers.contains_key(index))
                .map(number)
                .collect(),
            documentation: documentation::docstring(&entity.node.body),
            span: span(application, entity.module, entity.node.range()),
        });
    }
    // What an overridden method does is said of those that call it.
    let edges = edges::edges(effects, application.functions.len());
    for index in included.iter().filter(|index| !overridden.contains(index)) {
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
    (index, stem): (usize, &str),
    diagnostics: &mut Vec<Diagnostic>,
) -> anabranch_ir::Function {
    let application = typing.application;
    let definition: &FunctionDefinition<'_> = &application.functions[index];
    let node: &StmtFunctionDef = definition.node;
    let class = application.body_of(definition).map(|body| body.name);
    let body = if effects.suspends(index).is_some() {
        let (graph, found) = lower(typing, scope, effects, index);
        diagnostics.extend(found);
        let function = Function {
            node,
            class,
            stem,
            variables: &scope.variables,
            source: &application.loaded.files[definition.module],
            module: &application.loaded.modules[definition.module],
        };
        Body::Segments(emit(&function, &graph))
    } else {
        Body::Native
    };
    anabranch_ir::Function {
        name: application.stored_name(definition),
        operator: definition.owner.map(OperatorId::from_index),
        class: class.map(str::to_owned),
        module: ModuleId::from_index(definition.module),
        signature: signature::signature(application, definition.module, node, class.is_some()),
        body,
        effects: anabranch_ir::Effects::default(),
        documentation: documentation::docstring(&node.body),
        span: span(application, definition.module, node.range()),
    }
}

/// What the names of segments start with, each once in the class or module that they stand in.
#[derive(Default)]
struct Stems<'a>(FxHashSet<(usize, Option<&'a str>, String)>);

impl<'a> Stems<'a> {
    fn stem(
        &mut self,
        application: &Application<'a>,
        definition: &FunctionDefinition<'a>,
    ) -> String {
        let class = application.body_of(definition).map(|body| body.name);
        let mut stem = mangled(class, definition.name).into_owned();
        // Several entity classes may inherit the same method.
        if let Some(owner) = definition.owner.filter(|_| definition.level > 0) {
            stem = format!("{stem}_of_{}", application.entities[owner].name);
        }
        while !self.0.insert((definition.module, class, stem.clone())) {
            stem.push('_');
        }
        stem
    }
}
