//! List, set and dict comprehensions that suspend become loops.
//!
//! A comprehension has variables of its own: they get new names in the function.

use std::collections::BTreeMap;

use ruff_python_ast::{Comprehension, Expr};
use ruff_text_size::Ranged;

use super::sequence::Part;
use super::{Lowering, start_of};
use crate::cfg::{BlockId, Code, Terminator};
use crate::names::targets;

/// What a comprehension collects.
enum Element<'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
}

impl<'a> Lowering<'_, 'a> {
    pub(super) fn comprehension(&mut self, expression: &'a Expr) -> Code {
        let (generators, element) = match expression {
            Expr::ListComp(node) => (&node.generators, Element::List(&node.elt)),
            Expr::SetComp(node) => (&node.generators, Element::Set(&node.elt)),
            Expr::DictComp(node) => match &node.key {
                Some(key) => (&node.generators, Element::Dict(key, &node.value)),
                None => {
                    self.refuse_part(node.range(), "an unpacking comprehension");
                    return self.verbatim(expression);
                }
            },
            _ => unreachable!("this is a bug in Anabranch: not a comprehension"),
        };
        if generators.iter().any(|generator| generator.is_async) {
            self.refuse_part(expression.range(), "an asynchronous comprehension");
            return self.verbatim(expression);
        }
        let first = self.iterator(&generators[0].iter);
        let result = self.temporary();
        let empty = match element {
            Element::List(_) => "[]",
            Element::Set(_) => "{*()}",
            Element::Dict(..) => "{}",
        };
        self.assign(&result, Code::new(empty, start_of(expression)));
        let mut renames = BTreeMap::new();
        for name in generators.iter().flat_map(|generator| targets(&generator.target)) {
            let fresh = format!("{}_{name}", self.temporary());
            self.temporaries.insert(fresh.clone());
            renames.insert(name, fresh);
        }
        self.renames.push(renames);
        let after = self.block();
        self.generators(generators, first, after, &result, &element);
        self.renames.pop();
        self.begin(after);
        Code::variable(result, start_of(expression))
    }

    /// Loops over the first of `generators`, whose iterator is at hand, and inside of it over the
    /// rest; goes on at `after`.
    fn generators(
        &mut self,
        generators: &'a [Comprehension],
        iterator: String,
        after: BlockId,
        result: &str,
        element: &Element<'a>,
    ) {
        let (generator, rest) = generators.split_first().expect("a comprehension has a generator");
        let header = self.block();
        self.flow_into(header);
        self.inference.enter_generator(generator);
        if self.target_suspends(&generator.target) {
            self.refuse_part(generator.target.range(), "the target of a loop");
        }
        let target = self.loop_target(&generator.target);
        let body = self.block();
        self.end(Terminator::Next { iterator, target, body, exhausted: after });
        self.begin(body);
        for condition in &generator.ifs {
            let then = self.block();
            self.test(condition, then, header);
            self.begin(then);
        }
        match rest.first() {
            Some(inner) => {
                let inner = self.iterator(&inner.iter);
                self.generators(rest, inner, header, result, element);
            }
            None => {
                self.collect(result, element);
                self.end(Terminator::Goto(header));
            }
        }
        self.inference.leave();
    }

    fn collect(&mut self, result: &str, element: &Element<'a>) {
        let (open, close, parts) = match element {
            Element::List(value) => (".append(", ")", vec![Part::new(value)]),
            Element::Set(value) => (".add(", ")", vec![Part::new(value)]),
            Element::Dict(key, value) => ("[", "", vec![Part::new(key), Part::new(value)]),
        };
        let codes = match element {
            // The key comes first in a comprehension, but last in an assignment.
            Element::Dict(key, value) => vec![self.operand(key), self.operand(value)],
            _ => self.sequence(&parts),
        };
        let mut codes = parts.iter().zip(codes).map(|(part, code)| (part.expression, code));
        let mut take = |this: &Self| {
            let (expression, code) = codes.next().expect("one code for each part");
            this.standalone(expression, code)
        };
        let mut step = Code::variable(result, start_of(parts[0].expression));
        step.push(open);
        step.append(take(self));
        step.push(close);
        if let Element::Dict(..) = element {
            step.push("] = ");
            step.append(take(self));
        }
        let binds = Default::default();
        self.step(step, binds);
    }
}
