//! The interpreter of scripts, as a step uses it: every call is suspended to bytes and revived.

use anabranch_checker::script::cell::{Cell, Content};
use anabranch_checker::script::op::{self, Call, Check};
use anabranch_checker::script::program::entity;
use anabranch_checker::script::{
    Condition, Mark, Method, Observation, Op, ScriptInterpreter, interpreter,
};
use anabranch_kernel::{
    Action, Arguments, Entry, Fault, Interpreter, Outcome, PortableInterpreter, TransactionContext,
    Value,
};

use crate::made::{absent, listed, mark, marked, marks, observations, present};

/// A script on the cell `a`, which has one mark, holds 10 and refers to `b`.
struct Run {
    interpreter: ScriptInterpreter,
    cell: Cell,
    outcome: Option<Outcome<Value>>,
}

impl Run {
    fn start(script: Vec<Op>) -> Self {
        Self::with(ScriptInterpreter::new(), script)
    }

    fn with(mut interpreter: ScriptInterpreter, script: Vec<Op>) -> Self {
        interpreter
            .begin_transaction(&TransactionContext { start_time_nanoseconds: 5, seed: [0; 32] });
        let next = Some("b".to_owned());
        let content = Content { entries: marks(&[0]), balance: Some(10), next };
        let cell = Cell::new("a".to_owned(), content);
        let arguments = op::arguments(Method::Wander, script, &[], &[]);
        let arguments = Arguments { positional: Value::Tuple(arguments), keywords: None };
        let message = interpreter.encode_arguments(&arguments).unwrap();
        let arguments = interpreter.decode_arguments(&message).unwrap();
        let entry = Entry::Start { function: Method::Wander.id(), arguments };
        let outcome = interpreter.run(Some((&entity("a"), &cell)), entry);
        Self { interpreter, cell, outcome: Some(outcome) }
    }

    /// What the script waits for. It goes on with `input`, after it and its cell were written down.
    fn resume(&mut self, input: Result<Value, Value>) -> Action<Value> {
        let Some(Outcome::Suspend { segment, live, action }) = self.outcome.take() else {
            panic!("the script does not wait")
        };
        let message = self.interpreter.suspend(&self.cell, &[&live, &Value::Int(7)]).unwrap();
        let (cell, live) = self.interpreter.revive(&entity("a"), &message).unwrap();
        let [live, other] = <[Value; 2]>::try_from(live).unwrap();
        assert_eq!(other, Value::Int(7));
        self.cell = cell;
        let entry = Entry::Resume { function: Method::Wander.id(), segment, live, input };
        self.outcome = Some(self.interpreter.run(Some((&entity("a"), &self.cell)), entry));
        action
    }

    /// What the script gave.
    fn observed(self) -> Vec<Observation> {
        match self.outcome {
            Some(Outcome::Return(value)) => Observation::list_from_value(value).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn balance(&self) -> i64 {
        self.cell.content.borrow().balance.unwrap()
    }
}

fn seen(entries: &[Mark], balance: i64) -> Observation {
    let content =
        Content { entries: entries.to_vec(), balance: Some(balance), next: Some("b".to_owned()) };
    content.seen("a")
}

fn movement(amount: i64, check: Check) -> Op {
    Op::Move { amount, target: "b".to_owned(), here: mark(1, 0), there: mark(1, 1), check }
}

fn added() -> Value {
    observations(vec![marked("b", mark(1, 1))])
}

fn not_found(run: &mut Run, cell: &str) -> Value {
    run.interpreter.exception(Fault::EntityNotFound(&entity(cell)))
}

#[test]
fn money_moves_in_two_steps() {
    let mut run = Run::start(vec![movement(4, Check::Before), Op::Read, Op::Time]);
    let action = run.resume(Ok(added()));
    let Action::Call { target, method, arguments } = action else { panic!("{action:?}") };
    assert_eq!((target, method), (entity("b"), Method::Add.id()));
    let amount_and_mark = vec![Value::Int(4), Value::Int(mark(1, 1).0)];
    assert_eq!(arguments.positional, Value::Tuple(amount_and_mark));
    let expected = vec![
        seen(&marks(&[0]), 10),
        marked("a", mark(1, 0)),
        marked("b", mark(1, 1)),
        seen(&marks(&[0, 1]), 6),
        Observation::Time { nanoseconds: 5 },
    ];
    assert_eq!(run.observed(), expected);
}

#[test]
fn money_that_cannot_arrive_is_there_again() {
    let script = vec![Op::Try {
        body: op::values(vec![movement(4, Check::After)]),
        handler: op::values(vec![Op::Read]),
    }];
    let mut run = Run::start(script);
    assert_eq!(run.balance(), 6);
    let exception = not_found(&mut run, "b");
    run.resume(Err(exception));
    assert_eq!(run.balance(), 10);
    let caught = Observation::Caught { class: "anabranch:EntityNotFound".to_owned() };
    let entries = marks(&[0, 1]);
    let expected =
        [seen(&marks(&[0]), 10), marked("a", mark(1, 0)), absent("b"), caught, seen(&entries, 10)];
    assert_eq!(run.observed(), expected);
}

#[test]
fn too_much_money_does_not_move() {
    let run = Run::start(vec![movement(11, Check::Before)]);
    assert_eq!(
        raised(run.outcome),
        (interpreter::OVERDRAWN.to_owned(), vec![seen(&marks(&[0]), 10)])
    );
    let mut run = Run::start(vec![movement(11, Check::After)]);
    run.resume(Ok(added()));
    let (class, observed) = raised(run.outcome);
    assert_eq!(class, interpreter::OVERDRAWN);
    assert_eq!(observed[3], seen(&marks(&[0, 1]), -1));
}

/// The class of the exception that left the script, and what it had observed.
fn raised(outcome: Option<Outcome<Value>>) -> (String, Vec<Observation>) {
    let Some(Outcome::Raise(Value::Exception(exception))) = outcome else { panic!("{outcome:?}") };
    let [(_, observed)] = <[_; 1]>::try_from(exception.attributes).unwrap();
    (exception.class, Observation::list_from_value(observed).unwrap())
}

#[test]
fn exceptions_collect_what_was_observed_on_the_way() {
    let mut run = Run::start(vec![Op::Append { mark: mark(1, 0) }, exists("c"), exists("d")]);
    run.resume(Ok(Value::Bool(true)));
    let exception = not_found(&mut run, "d");
    run.resume(Err(exception));
    let (class, observed) = raised(run.outcome);
    assert_eq!(class, "anabranch:EntityNotFound");
    assert_eq!(observed, [marked("a", mark(1, 0)), present("c"), absent("d")]);
}

fn exists(cell: &str) -> Op {
    Op::Exists { target: cell.to_owned() }
}

fn read(cell: &str) -> Op {
    Op::Call(Call { method: Method::Read, target: cell.to_owned(), arguments: Vec::new() })
}

fn entries(cell: &str) -> Op {
    Op::Get { target: cell.to_owned(), attribute: "entries".to_owned() }
}

/// Two parts together, then one alone; the list that `entries` gives.
fn parts() -> (Vec<Op>, Value) {
    let together = Op::Together { parts: op::values(vec![read("b"), entries("c")]) };
    let list = Value::List(vec![Value::Int(mark(0, 0).0)]);
    (vec![together, exists("d")], list)
}

#[test]
fn what_is_handed_over_together_gives_the_same_as_one_by_one() {
    let (script, list) = parts();
    let seen_there = observations(vec![listed("b", &[3])]);
    let mut one_by_one = Run::start(script.clone());
    assert!(matches!(one_by_one.resume(Ok(seen_there.clone())), Action::Call { .. }));
    assert!(matches!(one_by_one.resume(Ok(list.clone())), Action::Get { .. }));
    one_by_one.resume(Ok(Value::Bool(false)));

    let mut interpreter = ScriptInterpreter::new();
    interpreter.hand_over_together(true);
    let mut together = Run::with(interpreter, script);
    let outcomes = together.interpreter.outcomes(vec![Ok(seen_there), Ok(list)]);
    let Action::Together(actions) = together.resume(Ok(outcomes)) else { panic!("one by one") };
    assert!(matches!(&actions[..], [Action::Call { .. }, Action::Get { .. }]));
    together.resume(Ok(Value::Bool(false)));
    let expected = [listed("b", &[3]), listed("c", &[0]), absent("d")];
    assert_eq!(one_by_one.observed(), expected);
    assert_eq!(together.observed(), expected);
}

#[test]
fn the_first_exception_of_several_is_raised() {
    let (script, _) = parts();
    let mut one_by_one = Run::start(script.clone());
    let exception = not_found(&mut one_by_one, "b");
    one_by_one.resume(Err(exception.clone()));

    let mut interpreter = ScriptInterpreter::new();
    interpreter.hand_over_together(true);
    let mut together = Run::with(interpreter, script);
    let outcomes = together.interpreter.outcomes(vec![Err(exception)]);
    together.resume(Ok(outcomes));
    assert_eq!(raised(one_by_one.outcome), raised(together.outcome));
}

#[test]
fn a_cell_is_closed_and_deleted_for_its_money() {
    let op = Op::Delete { target: "d".to_owned(), here: mark(1, 0), there: mark(1, 1) };
    let mut run = Run::start(vec![op]);
    let there = Observation::Seen {
        cell: "d".to_owned(),
        entries: marks(&[3]),
        balance: Some(20),
        next: None,
    };
    let closed = observations(vec![there.clone(), marked("d", mark(1, 1))]);
    assert!(matches!(run.resume(Ok(closed)), Action::Call { .. }));
    assert!(matches!(run.resume(Ok(Value::None)), Action::Delete { .. }));
    assert_eq!(run.balance(), 30);
    let deleted = Observation::Deleted { cell: "d".to_owned() };
    let expected = [there, marked("d", mark(1, 1)), deleted, marked("a", mark(1, 0))];
    assert_eq!(run.observed(), expected);
}

#[test]
fn a_cell_is_created_with_money_of_its_creator() {
    let op =
        Op::Create { name: "n".to_owned(), amount: Some(3), here: mark(1, 0), there: mark(1, 1) };
    let mut run = Run::start(vec![op.clone()]);
    let reference = run.interpreter.reference(&entity("n"));
    let Action::Create { operator, arguments } = run.resume(Ok(reference)) else { panic!() };
    let (id, cell) = run.interpreter.construct(operator, arguments).unwrap();
    assert_eq!((id, cell.content.borrow().balance), (entity("n"), Some(3)));
    assert_eq!(run.balance(), 7);

    let mut run = Run::start(vec![op]);
    let exception = run.interpreter.exception(Fault::EntityExists(&entity("n")));
    run.resume(Err(exception));
    assert_eq!(run.balance(), 10);
    assert_eq!(raised(run.outcome).1, [seen(&marks(&[0]), 10), present("n")]);
}

#[test]
fn control_flow_depends_on_the_state() {
    let script = vec![
        Op::When {
            condition: Condition::BalanceAtLeast(11),
            then: op::values(vec![Op::Raise { reason: "rich".to_owned() }]),
            otherwise: op::values(vec![Op::Follow { method: Method::Read, arguments: vec![] }]),
        },
        Op::Nest { script: op::values(vec![Op::Read]) },
    ];
    let mut run = Run::start(script);
    let Action::Call { target, .. } = run.resume(Ok(observations(vec![]))) else { panic!() };
    assert_eq!(target, entity("b"));
    assert!(matches!(run.resume(Ok(observations(vec![]))), Action::Function { .. }));
    assert_eq!(run.observed(), [seen(&marks(&[0]), 10), seen(&marks(&[0]), 10)]);
}
