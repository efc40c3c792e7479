//! List, set and dict comprehensions that suspend become loops, and so do generator expressions
//! that are used up where they stand.
//!
//! A comprehension has variables of its own: they get new names in the function.

use std::collections::BTreeMap;

use ruff_python_ast::{Comprehension, Expr, ExprCall};
use ruff_text_size::{Ranged, TextSize};

use super::sequence::Part;
use super::text::Edit;
use super::{Lowering, start_of};
use crate::cfg::{BlockId, Code, Terminator};
use crate::effects::consumed_generator;
use crate::names::targets;

/// What becomes of the elements.
#[derive(Clone, Copy)]
enum Element<'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
    /// `any` and `all`: the first element whose truth is `decides` ends it all.
    Test {
        value: &'a Expr,
        decides: bool,
    },
}

/// Where the elements go.
struct Collecting<'c, 'a> {
    /// The variable with what the elements make up.
    result: &'c str,
    element: Element<'a>,
    /// What comes after the whole comprehension.
    done: BlockId,
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
        self.check_spelling(expression);
        self.collected(generators, element, start_of(expression))
    }

    /// Whether `node` uses up a generator expression.
    pub(super) fn consumes_generator(&mut self, node: &'a ExprCall) -> bool {
        consumed_generator(&mut self.inference, node).is_some()
    }

    /// A call that uses up a generator expression.
    pub(super) fn call_with_generator(&mut self, expression: &'a Expr, node: &'a ExprCall) -> Code {
        let generator = consumed_generator(&mut self.inference, node);
        let generator = generator.expect("this is a bug in Anabranch: not a consumer");
        self.check_spelling(&node.arguments.args[0]);
        let decides = match self.inference.builtin(&node.func) {
            Some("any") => Some(true),
            Some("all") => Some(false),
            _ => None,
        };
        if let Some(decides) = decides {
            let element = Element::Test { value: &generator.elt, decides };
            return self.collected(&generator.generators, element, start_of(node));
        }
        let mut edits = Vec::new();
        if let Expr::Attribute(attribute) = &*node.func {
            edits.push(Edit::code(attribute.value.range(), self.operand(&attribute.value)));
        }
        let element = Element::List(&generator.elt);
        let list = self.collected(&generator.generators, element, start_of(generator));
        edits.push(Edit::code(generator.range(), list));
        self.edited(expression, edits)
    }

    /// Goes through `generators` and gives what the elements make up.
    fn collected(
        &mut self,
        generators: &'a [Comprehension],
        element: Element<'a>,
        origin: TextSize,
    ) -> Code {
        let first = self.iterator(&generators[0].iter);
        let result = self.temporary();
        let empty = match element {
            Element::List(_) => "[]",
            Element::Set(_) => "{*()}",
            Element::Dict(..) => "{}",
            Element::Test { decides: true, .. } => "False",
            Element::Test { decides: false, .. } => "True",
        };
        self.assign(&result, Code::new(empty, origin));
        let mut renames = BTreeMap::new();
        for name in generators.iter().flat_map(|generator| targets(&generator.target)) {
            let fresh = format!("{}_{name}", self.temporary());
            self.temporaries.insert(fresh.clone());
            renames.insert(name, fresh);
        }
        self.renames.push(renames);
        let after = self.block();
        let collecting = Collecting { result: &result, element, done: after };
        self.generators(generators, first, after, &collecting);
        self.renames.pop();
        self.begin(after);
        Code::variable(result, origin)
    }

    /// Loops over the first of `generators`, whose iterator is at hand, and inside of it over the
    /// rest; goes on at `after`.
    fn generators(
        &mut self,
        generators: &'a [Comprehension],
        iterator: String,
        after: BlockId,
        collecting: &Collecting<'_, 'a>,
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
                self.generators(rest, inner, header, collecting);
            }
            None => {
                self.collect(collecting);
                self.end(Terminator::Goto(header));
            }
        }
        self.inference.leave();
    }

    fn collect(&mut self, collecting: &Collecting<'_, 'a>) {
        let Collecting { result, element, done } = *collecting;
        let (open, close, parts) = match element {
            Element::Test { value, decides } => {
                let (decided, more) = (self.block(), self.block());
                let (then, otherwise) = if decides { (decided, more) } else { (more, decided) };
                self.test(value, then, otherwise);
                self.begin(decided);
                let outcome = if decides { "True" } else { "False" };
                self.assign(result, Code::new(outcome, start_of(value)));
                self.end(Terminator::Goto(done));
                self.begin(more);
                return;
            }
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
