//! List, set and dict comprehensions that suspend become loops, and so do generator expressions
//! that are used up where they stand.
//!
//! A comprehension has variables of its own: they get new names in the function.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Comprehension, Expr, ExprCall, ExprGenerator};
use ruff_text_size::{Ranged, TextSize};

use super::sequence::Part;
use super::text::Edit;
use super::{Lowering, start_of};
use crate::cfg::{BlockId, Code, Terminator};
use crate::effects::{Consumed, Consumer, consumed_generator};
use crate::emit::TAKE;
use crate::names::{occurrences, targets};

/// What becomes of the elements.
#[derive(Clone, Copy)]
enum Element<'c, 'a> {
    List(&'a Expr),
    Set(&'a Expr),
    Dict(&'a Expr, &'a Expr),
    /// `any` and `all`: the first element whose truth is `decides` ends it all.
    Test {
        value: &'a Expr,
        decides: bool,
    },
    /// The builtin `consumer` takes each element, with this `key`. `first` is what it begins with.
    Taken {
        value: &'a Expr,
        consumer: &'static str,
        first: Option<&'c Code>,
        key: Option<&'c Code>,
    },
}

/// Where the elements go.
struct Collecting<'c, 'a> {
    /// The variable with what the elements make up.
    result: &'c str,
    element: Element<'c, 'a>,
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
        let consumed = consumed_generator(&mut self.inference, node);
        let Consumed { generator, consumer } =
            consumed.expect("this is a bug in Anabranch: not a consumer");
        self.check_spelling(&node.arguments.args[0]);
        let generators = &generator.generators;
        match consumer {
            Consumer::Deciding(decides) => {
                let element = Element::Test { value: &generator.elt, decides };
                self.collected(generators, element, start_of(node))
            }
            Consumer::Set => {
                self.collected(generators, Element::Set(&generator.elt), start_of(node))
            }
            Consumer::Collecting => {
                let mut edits = Vec::new();
                if let Expr::Attribute(attribute) = &*node.func {
                    let later = [Part::new(&node.arguments.args[0])];
                    let receiver = self.looked_up_plain(attribute, &later);
                    edits.push(Edit::code(attribute.value.range(), receiver));
                }
                let element = Element::List(&generator.elt);
                let list = self.collected(generators, element, start_of(generator));
                edits.push(Edit::code(generator.range(), list));
                self.edited(expression, edits)
            }
            Consumer::Taking(consumer) => self.taken(expression, node, generator, consumer),
        }
    }

    /// A call whose callee takes one element after the other. It is called in the end with what is
    /// left to do.
    fn taken(
        &mut self,
        expression: &'a Expr,
        node: &'a ExprCall,
        generator: &'a ExprGenerator,
        consumer: &'static str,
    ) -> Code {
        let keyword = |name: &str| {
            let keywords = node.arguments.keywords.iter();
            let mut keywords = keywords.filter(|keyword| keyword.arg.as_deref() == Some(name));
            keywords.next().map(|keyword| &keyword.value)
        };
        let others = node.arguments.args[1..].iter();
        let others: Vec<&Expr> =
            others.chain(node.arguments.keywords.iter().map(|keyword| &keyword.value)).collect();
        others.iter().for_each(|other| self.check_name(other));
        let start = node.arguments.args.get(1).or_else(|| keyword("start"));
        let start = start.filter(|_| consumer == "sum");
        let key = keyword("key").filter(|_| consumer != "dict");
        let first = match (consumer, start) {
            ("sum", Some(start)) => {
                // Fails if it is a text.
                let mut code = Code::new("sum((), ", start_of(start));
                let start_code = self.verbatim(start);
                code.append(self.standalone(start, start_code));
                code.push(")");
                Some(code)
            }
            ("sum", None) => Some(Code::new("0", start_of(node))),
            ("dict", _) => Some(Code::new("{}, 0", start_of(node))),
            _ => None,
        };
        let key_code = key.map(|key| {
            let code = self.verbatim(key);
            self.standalone(key, code)
        });
        let element = Element::Taken {
            value: &generator.elt,
            consumer,
            first: first.as_ref(),
            key: key_code.as_ref(),
        };
        let taken = self.collected(&generator.generators, element, start_of(generator));
        let part = |text: &str| {
            let mut code = taken.clone();
            code.push(text);
            code
        };
        if consumer == "sum" {
            let mut code = Code::new("sum(", start_of(node));
            code.append(part("[1:], "));
            code.append(part("[0]"));
            code.push(")");
            return code;
        }
        let mut edits = Vec::new();
        edits.extend(key.map(|key| Edit::code(key.range(), Code::new("None", start_of(key)))));
        let rest = match consumer {
            "max" | "min" => part("[:1]"),
            "dict" => part("[0]"),
            _ => taken,
        };
        edits.push(Edit::code(generator.range(), rest));
        self.edited(expression, edits)
    }

    /// Goes through `generators` and gives what the elements make up.
    fn collected(
        &mut self,
        generators: &'a [Comprehension],
        element: Element<'_, 'a>,
        origin: TextSize,
    ) -> Code {
        let first = self.iterator(&generators[0].iter);
        let result = self.temporary();
        let empty = match element {
            Element::List(_) | Element::Taken { .. } => "[]",
            Element::Set(_) => "{*()}",
            Element::Dict(..) => "{}",
            Element::Test { decides: true, .. } => "False",
            Element::Test { decides: false, .. } => "True",
        };
        let mut begun = Code::new(empty, origin);
        if let Element::Taken { first: Some(first), .. } = element {
            begun = Code::new("[", origin);
            begun.append(first.clone());
            begun.push("]");
        }
        self.assign(&result, begun);
        let mut renames = BTreeMap::new();
        for name in generators.iter().flat_map(|generator| targets(&generator.target)) {
            let fresh = format!("{}_{name}", self.temporary());
            self.temporaries.insert(fresh.clone());
            renames.insert(name, fresh);
        }
        for name in read_before_bound(generators) {
            self.delete(&renames[name], origin);
        }
        self.renames.push(renames);
        let (parts, is_free) = match &element {
            Element::List(value) => (vec![*value], true),
            Element::Set(value) | Element::Taken { value, .. } => (vec![*value], false),
            Element::Dict(key, value) => (vec![*key, *value], false),
            // The first element may be the last.
            Element::Test { .. } => (Vec::new(), false),
        };
        self.hand_over_elements(generators, &first, (&parts, is_free));
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
                // It is a value before `any` or `all` asks for its truth: that of what decided a
                // `not`, `and` or `or` inside is asked again.
                let test = self.operand(value);
                self.end(Terminator::Branch { test, then, otherwise });
                self.begin(decided);
                let outcome = if decides { "True" } else { "False" };
                self.assign(result, Code::new(outcome, start_of(value)));
                self.end(Terminator::Goto(done));
                self.begin(more);
                return;
            }
            Element::Taken { value, consumer, key, .. } => {
                return self.take(result, value, consumer, key);
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

    fn take(&mut self, result: &str, value: &'a Expr, consumer: &str, key: Option<&Code>) {
        let origin = start_of(value);
        let code = self.expression(value);
        let mut step = Code::new(format!("{TAKE}(\"{consumer}\", "), origin);
        step.append(Code::variable(result, origin));
        step.push(", ");
        step.append(self.standalone(value, code));
        if let Some(key) = key {
            step.push(", ");
            step.append(key.clone());
        }
        step.push(")");
        self.step(step, Default::default());
    }
}

/// The targets that an iterable may read before they are bound. They must not have the values of the
/// last time that the comprehension was evaluated.
fn read_before_bound(generators: &[Comprehension]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (index, generator) in generators.iter().enumerate().skip(1) {
        let later: BTreeSet<&str> =
            generators[index..].iter().flat_map(|generator| targets(&generator.target)).collect();
        let names = occurrences(&generator.iter).into_iter().map(|occurrence| occurrence.name);
        found.extend(names.filter_map(|name| later.get(name)));
    }
    found
}
