//! The names of entity classes and their numbers.
//!
//! Log and store name classes; in memory they go by the numbers that the program gives them. A
//! class that is no longer in the program may still be in the log, so it gets a number behind them.

use std::collections::HashMap;

use anabranch_ir::{OperatorId, Program};

/// Which class has which number. Does not change while an engine runs.
#[derive(Debug)]
pub(crate) struct Classes {
    names: Vec<String>,
    numbers: HashMap<String, OperatorId>,
}

impl Classes {
    pub(crate) fn of(program: &Program) -> Self {
        let mut classes = Self { names: Vec::new(), numbers: HashMap::new() };
        for operator in &program.operators {
            classes.add(&operator.name);
        }
        classes
    }

    pub(crate) fn name(&self, operator: OperatorId) -> &str {
        &self.names[operator.0 as usize]
    }

    /// The number of the class called `name`, if it has one.
    pub(crate) fn known(&self, name: &str) -> Option<OperatorId> {
        self.numbers.get(name).copied()
    }

    /// The number of the class called `name`, a new one if it has none.
    pub(crate) fn number(&mut self, name: &str) -> OperatorId {
        match self.numbers.get(name) {
            Some(operator) => *operator,
            None => self.add(name),
        }
    }

    fn add(&mut self, name: &str) -> OperatorId {
        let number = u32::try_from(self.names.len()).expect("this is a bug in Anabranch");
        let operator = OperatorId(number);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), operator);
        operator
    }
}
