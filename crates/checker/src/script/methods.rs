//! What the methods of cells do.
//!
//! One that executes a script runs to the first operation that needs another entity, or the
//! kernel, and suspends with all that is left as its live value ([`frame`](super::frame)).

use anabranch_ir::{FunctionId, SegmentId};
use anabranch_kernel::{Action, Arguments, Outcome, Value};

use super::cell::Cell;
use super::frame::{Frame, Waiting, exception, list, tuple};
use super::interpreter::{NO_ACCOUNT, OVERDRAWN, RAISED};
use super::op::{Call, Check};
use super::program::{CELL, entity, name_in, reference};
use super::{Condition, Mark, Method, Observation, Op};

/// What a method has beside its cell.
#[derive(Debug, Default)]
pub(super) struct Setting {
    /// Of the transaction that runs.
    pub(super) start_time_nanoseconds: i64,
    pub(super) hands_over_together: bool,
}

/// What is done next in a script.
enum Next {
    /// The next operation.
    Operation,
    /// The result of an action is waited for.
    Wait(Waiting, Box<Action<Value>>),
}

/// The rest of an operation, or the exception that it raises.
type Step = Result<Next, Value>;

impl Setting {
    /// Starts a method of `cell`.
    pub(super) fn start(
        &self,
        cell: &Cell,
        function: FunctionId,
        arguments: Arguments<Value>,
    ) -> Outcome<Value> {
        let method = Method::of(function).expect("a function of the program");
        let Value::Tuple(mut positional) = arguments.positional else { panic!("not a tuple") };
        match method {
            Method::Run | Method::Reshape | Method::Look | Method::Wander => {
                let script = list(positional.swap_remove(0)).expect("a script");
                self.go_on(cell, Frame::new(script), Ok(Next::Operation))
            }
            Method::Append | Method::Add | Method::Read | Method::Close | Method::Peek => {
                native(cell, method, &positional)
            }
        }
    }

    /// Goes on with a method of `cell` that left `live` when it began to wait for `input`.
    pub(super) fn resume(
        &self,
        cell: &Cell,
        live: Value,
        input: Result<Value, Value>,
    ) -> Outcome<Value> {
        let (mut frame, waiting) = Frame::from_value(live).expect("what a script left");
        let step = match input {
            Ok(result) => cell.accept(&mut frame, waiting, result),
            Err(exception) => {
                cell.refund(&waiting);
                Err(exception)
            }
        };
        self.go_on(cell, frame, step)
    }
    /// Executes operations until one has to wait, or the script ends.
    fn go_on(&self, cell: &Cell, mut frame: Frame, mut step: Step) -> Outcome<Value> {
        loop {
            match step {
                Ok(Next::Operation) => {}
                Ok(Next::Wait(waiting, action)) => {
                    let live = frame.into_value(waiting);
                    return Outcome::Suspend { segment: SegmentId(1), live, action: *action };
                }
                Err(exception) => {
                    if let Err(exception) = frame.catch(exception) {
                        return Outcome::Raise(exception);
                    }
                }
            }
            match frame.next() {
                Some(op) => step = self.perform(cell, &mut frame, op),
                None => return Outcome::Return(Value::List(frame.observations)),
            }
        }
    }

    fn perform(&self, cell: &Cell, frame: &mut Frame, op: Op) -> Step {
        match op {
            Op::Append { mark } => cell.mark(frame, mark),
            Op::Read => cell.see(frame),
            Op::Time => {
                let nanoseconds = self.start_time_nanoseconds;
                frame.observe(Observation::Time { nanoseconds });
            }
            Op::Move { amount, target, here, there, check } => {
                return cell.move_money(frame, amount, &target, [here, there], check);
            }
            Op::Call(_) | Op::Get { .. } => {
                let (waiting, action) = part(op);
                return Ok(wait(waiting, action));
            }
            Op::Point { target, next, mark } => {
                let next = next.as_deref().map_or(Value::None, reference);
                let action = Action::Set {
                    target: entity(&target),
                    attribute: Value::Str("next".to_owned()),
                    value: Value::Tuple(vec![next, Value::Int(mark.0)]),
                };
                return Ok(wait(Waiting::Change { cell: target, mark }, action));
            }
            Op::Try { body, handler } => frame.enter(body, Some(handler)),
            Op::Raise { reason } => return Err(exception(RAISED, &reason, Vec::new())),
            Op::Create { name, amount, here, there } => {
                return cell.create(frame, name, amount, [here, there]);
            }
            Op::Delete { target, here, there } => {
                if cell.content.borrow().balance.is_none() {
                    return Err(exception(NO_ACCOUNT, &cell.name, Vec::new()));
                }
                let action = call(Method::Close, &target, vec![Value::Int(there.0)]);
                return Ok(wait(Waiting::Closing { cell: target, here }, action));
            }
            Op::Exists { target } => {
                let action = Action::Exists { target: entity(&target) };
                return Ok(wait(Waiting::Existence { cell: target }, action));
            }
            Op::Follow { method, arguments } => {
                cell.see(frame);
                let next = cell.content.borrow().next.clone();
                if let Some(next) = next {
                    let action = call(method, &next, arguments);
                    return Ok(wait(Waiting::Observations, action));
                }
            }
            Op::When { condition, then, otherwise } => {
                cell.see(frame);
                let script = if cell.meets(condition) { then } else { otherwise };
                frame.enter(script, None);
            }
            Op::Together { parts } => return Ok(self.together(parts)),
            Op::Nest { script } => {
                // The kernel knows the cell; what else the method could touch is said elsewhere.
                let positional = Value::Tuple(vec![Value::List(script), Value::List(Vec::new())]);
                let arguments = Arguments { positional, keywords: None };
                let action = Action::Function { function: Method::Run.id(), arguments };
                return Ok(wait(Waiting::Observations, action));
            }
        }
        Ok(Next::Operation)
    }

    fn together(&self, mut parts: Vec<Value>) -> Next {
        if !self.hands_over_together {
            parts.reverse();
            return in_turn(parts);
        }
        let parts = parts.into_iter().map(|value| part(known(value)));
        let (parts, actions): (Vec<Waiting>, Vec<Action<Value>>) = parts.unzip();
        match parts.is_empty() {
            true => Next::Operation,
            false => wait(Waiting::Together { parts }, Action::Together(actions)),
        }
    }
}

/// Runs a method that stays on its cell.
fn native(cell: &Cell, method: Method, arguments: &[Value]) -> Outcome<Value> {
    let numbers: Vec<i64> = arguments.iter().filter_map(int).collect();
    let mut frame = Frame::new(Vec::new());
    match (method, &numbers[..]) {
        (Method::Append | Method::Peek, [mark]) => cell.mark(&mut frame, Mark(*mark)),
        (Method::Read, []) => cell.see(&mut frame),
        (Method::Add, [amount, mark]) => {
            if cell.content.borrow().balance.is_none() {
                let observations = vec![Observation::Present { cell: cell.name.clone() }];
                return Outcome::Raise(exception(NO_ACCOUNT, &cell.name, observations));
            }
            cell.change_balance(*amount);
            cell.mark(&mut frame, Mark(*mark));
        }
        (Method::Close, [mark]) => {
            cell.see(&mut frame);
            let balance = cell.content.borrow().balance;
            cell.content.borrow_mut().balance = balance.map(|_| 0);
            cell.mark(&mut frame, Mark(*mark));
        }
        _ => panic!("{method:?} does not take {arguments:?}"),
    }
    Outcome::Return(Value::List(frame.observations))
}

/// What a method does with the cell on whose behalf it runs.
impl Cell {
    fn see(&self, frame: &mut Frame) {
        frame.observe(self.content.borrow().seen(&self.name));
    }

    fn mark(&self, frame: &mut Frame, mark: Mark) {
        self.content.borrow_mut().entries.push(mark);
        frame.observe(Observation::Marked { cell: self.name.clone(), mark });
    }

    /// The cell holds money.
    fn change_balance(&self, amount: i64) {
        let mut content = self.content.borrow_mut();
        content.balance = content.balance.map(|balance| balance + amount);
    }

    fn meets(&self, condition: Condition) -> bool {
        let content = self.content.borrow();
        match condition {
            Condition::BalanceAtLeast(amount) => {
                content.balance.is_some_and(|balance| balance >= amount)
            }
            Condition::EvenEntries => content.entries.len().is_multiple_of(2),
            Condition::HasNext => content.next.is_some(),
        }
    }

    fn failure(&self, class: &str) -> Value {
        exception(class, &self.name, Vec::new())
    }

    /// Observes the balance, which must be so much after `check`.
    fn require(&self, frame: &mut Frame, amount: i64, check: Check) -> Result<(), Value> {
        self.see(frame);
        let balance = self.content.borrow().balance;
        match (balance, check) {
            (None, _) => Err(self.failure(NO_ACCOUNT)),
            (Some(balance), Check::Before) if balance < amount => Err(self.failure(OVERDRAWN)),
            _ => Ok(()),
        }
    }

    fn move_money(
        &self,
        frame: &mut Frame,
        amount: i64,
        target: &str,
        [here, there]: [Mark; 2],
        check: Check,
    ) -> Step {
        self.require(frame, amount, check)?;
        self.change_balance(-amount);
        self.mark(frame, here);
        let action = call(Method::Add, target, vec![Value::Int(amount), Value::Int(there.0)]);
        Ok(wait(Waiting::Arrival { amount, check }, action))
    }

    fn create(
        &self,
        frame: &mut Frame,
        cell: String,
        amount: Option<i64>,
        [here, there]: [Mark; 2],
    ) -> Step {
        if let Some(amount) = amount {
            self.require(frame, amount, Check::Before)?;
        }
        let balance = amount.map_or(Value::None, Value::Int);
        let positional =
            vec![Value::Str(cell.clone()), balance, Value::Int(there.0), reference(&self.name)];
        let arguments = Arguments { positional: Value::Tuple(positional), keywords: None };
        let action = Action::Create { operator: CELL, arguments };
        Ok(wait(Waiting::Creation { cell, amount, here, there }, action))
    }

    /// Money that could not be given is there again.
    fn refund(&self, waiting: &Waiting) {
        if let Waiting::Arrival { amount, .. } = waiting {
            self.change_balance(*amount);
        }
    }

    /// Takes the result that a frame waits for.
    fn accept(&self, frame: &mut Frame, waiting: Waiting, result: Value) -> Step {
        match waiting {
            Waiting::Observations => frame.take(result),
            Waiting::Arrival { check, .. } => {
                frame.take(result);
                if check == Check::After {
                    self.see(frame);
                    if self.content.borrow().balance.is_some_and(|balance| balance < 0) {
                        return Err(self.failure(OVERDRAWN));
                    }
                }
            }
            Waiting::Entries { cell } => {
                let Value::List(entries) = result else { panic!("no list: {result:?}") };
                let entries = entries.iter().filter_map(int).map(Mark).collect();
                frame.observe(Observation::Listed { cell, entries });
            }
            Waiting::Existence { cell } => frame.observe(match result {
                Value::Bool(true) => Observation::Present { cell },
                Value::Bool(false) => Observation::Absent { cell },
                other => panic!("neither true nor false: {other:?}"),
            }),
            Waiting::Change { cell, mark } => frame.observe(Observation::Marked { cell, mark }),
            Waiting::Creation { cell, amount, here, there } => {
                assert_eq!(name_in(&result).as_ref(), Some(&cell), "the new cell is another");
                frame.observe(Observation::Created { cell, mark: there });
                if let Some(amount) = amount {
                    self.change_balance(-amount);
                }
                self.mark(frame, here);
            }
            Waiting::Closing { cell, here } => {
                let amount = balance_seen(&result);
                frame.take(result);
                let action = Action::Delete { target: entity(&cell) };
                return Ok(wait(Waiting::Deletion { cell, amount, here }, action));
            }
            Waiting::Deletion { cell, amount, here } => {
                frame.observe(Observation::Deleted { cell });
                self.change_balance(amount);
                self.mark(frame, here);
            }
            Waiting::InTurn { part, left } => {
                self.accept(frame, *part, result)?;
                return Ok(in_turn(left));
            }
            Waiting::Together { parts } => {
                let outcomes = list(result).expect("a list of outcomes");
                for (part, outcome) in parts.into_iter().zip(outcomes) {
                    match tuple(outcome) {
                        Some([Value::Bool(true), result]) => self.accept(frame, part, result)?,
                        Some([_, exception]) => return Err(exception),
                        None => panic!("not an outcome"),
                    };
                }
            }
        }
        Ok(Next::Operation)
    }
}

fn wait(waiting: Waiting, action: Action<Value>) -> Next {
    Next::Wait(waiting, Box::new(action))
}

/// What a cell held before it was closed.
fn balance_seen(result: &Value) -> i64 {
    let seen = Observation::list_from_value(result.clone()).into_iter().flatten();
    let mut balances = seen.filter_map(|observation| match observation {
        Observation::Seen { balance, .. } => balance,
        _ => None,
    });
    balances.next().unwrap_or(0)
}

/// The next of several operations, the last of `left`.
fn in_turn(mut left: Vec<Value>) -> Next {
    let Some(value) = left.pop() else { return Next::Operation };
    let (waiting, action) = part(known(value));
    wait(Waiting::InTurn { part: Box::new(waiting), left }, action)
}

fn known(value: Value) -> Op {
    Op::from_value(value).expect("scripts are made of operations")
}

/// A call or a read of an attribute.
fn part(op: Op) -> (Waiting, Action<Value>) {
    match op {
        Op::Call(Call { method, target, arguments }) => {
            (Waiting::Observations, call(method, &target, arguments))
        }
        Op::Get { target, attribute } => {
            let waiting = match &*attribute {
                "entries" => Waiting::Entries { cell: target.clone() },
                _ => Waiting::Observations,
            };
            let attribute = Value::Str(attribute);
            (waiting, Action::Get { target: entity(&target), attribute })
        }
        other => panic!("neither a call nor a read: {other}"),
    }
}

fn call(method: Method, target: &str, positional: Vec<Value>) -> Action<Value> {
    let arguments = Arguments { positional: Value::Tuple(positional), keywords: None };
    Action::Call { target: entity(target), method: method.id(), arguments }
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}
