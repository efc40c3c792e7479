//! What has been found out about expressions.
//!
//! Every stage asks for the types of the same expressions, and what an expression is follows from
//! what its parts are. Chains and nests would take quadratic time, or worse, if each answer was
//! worked out anew.

use std::cell::RefCell;
use std::ptr;

use ruff_python_ast::Expr;
use rustc_hash::FxHashMap;

use crate::resolve::Binding;
use crate::types::Type;

/// Answers for expressions of one syntax tree, which go by their addresses: the tree must outlive
/// the memo. All were worked out with the same variables around.
#[derive(Clone, Debug, Default)]
pub(in crate::types) struct Memo {
    types: RefCell<FxHashMap<usize, Type>>,
    bindings: RefCell<FxHashMap<usize, Option<Binding>>>,
}

impl Memo {
    pub(super) fn kind(&self, expression: &Expr) -> Option<Type> {
        self.types.borrow().get(&address(expression)).cloned()
    }

    pub(super) fn set_kind(&self, expression: &Expr, kind: Type) {
        self.types.borrow_mut().insert(address(expression), kind);
    }

    /// The outer `None` says that nothing is known yet.
    pub(super) fn binding(&self, expression: &Expr) -> Option<Option<Binding>> {
        self.bindings.borrow().get(&address(expression)).cloned()
    }

    pub(super) fn set_binding(&self, expression: &Expr, binding: Option<Binding>) {
        self.bindings.borrow_mut().insert(address(expression), binding);
    }

    /// Forgets everything, which would only have to be worked out again.
    pub(in crate::types) fn forget(&self) {
        self.types.take();
        self.bindings.take();
    }

    /// Forgets the types: those of variables are others now.
    pub(super) fn forget_types(&mut self) {
        self.types.get_mut().clear();
    }
}

fn address(expression: &Expr) -> usize {
    ptr::from_ref(expression).addr()
}
