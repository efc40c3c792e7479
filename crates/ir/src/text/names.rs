//! How operators and functions are named: as the user calls them, or by id where that name is not
//! theirs alone or looks like an id.

use std::collections::BTreeMap;

use super::word::{Name, is_id};
use crate::{Function, FunctionId, Operator, OperatorId, Program};

/// The first operator and the first function of each name.
#[derive(Default)]
pub(super) struct Names<'p> {
    operator_names: Vec<&'p str>,
    operators: BTreeMap<&'p str, OperatorId>,
    functions: BTreeMap<(Option<OperatorId>, &'p str), FunctionId>,
}

impl<'p> Names<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        let mut names = Self::default();
        for (index, Operator { name, .. }) in program.operators.iter().enumerate() {
            names.operators.entry(name).or_insert(OperatorId::from_index(index));
            names.operator_names.push(name);
        }
        for (index, Function { name, operator, .. }) in program.functions.iter().enumerate() {
            let id = FunctionId::from_index(index);
            names.functions.entry((*operator, name)).or_insert(id);
        }
        names
    }

    pub(super) fn operator_named(&self, name: &str) -> Option<OperatorId> {
        self.operators.get(name).copied()
    }

    pub(super) fn function_named(
        &self,
        operator: Option<OperatorId>,
        name: &str,
    ) -> Option<FunctionId> {
        self.functions.get(&(operator, name)).copied()
    }

    /// What `operator` is called.
    pub(super) fn name_of(&self, operator: OperatorId) -> Option<&'p str> {
        self.operator_names.get(operator.index()).copied()
    }

    /// `Item`, or `op3`.
    pub(super) fn operator(&self, program: &Program, id: OperatorId) -> String {
        match program.operators.get(id.index()) {
            Some(Operator { name, .. })
                if self.operator_named(name) == Some(id) && !is_id(name, "op") =>
            {
                Name(name).to_string()
            }
            _ => id.to_string(),
        }
    }

    /// `Item`, `op3`, or `?` where only the run-time test can tell.
    pub(super) fn receiver(&self, program: &Program, id: Option<OperatorId>) -> String {
        id.map_or_else(|| "?".to_owned(), |id| self.operator(program, id))
    }

    /// `User.buy_item`, `checkout`, or `fn4`.
    pub(super) fn function(&self, program: &Program, id: FunctionId) -> String {
        match program.functions.get(id.index()) {
            Some(Function { name, operator, .. })
                if self.function_named(*operator, name) == Some(id) && !is_id(name, "fn") =>
            {
                match operator {
                    Some(operator) => {
                        format!("{}.{}", self.operator(program, *operator), Name(name))
                    }
                    None => Name(name).to_string(),
                }
            }
            _ => id.to_string(),
        }
    }
}
