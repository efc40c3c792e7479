//! The program of the scripts, in the IR's text form.

use anabranch_ir::{FunctionId, OperatorId, Program};
use anabranch_kernel::value::{Reference, Value, wire};
use anabranch_kernel::{EntityId, Key};

pub const CELL: OperatorId = OperatorId(0);

/// The name of the entity class.
pub const CLASS: &str = "Cell";

/// The methods of a cell. All but the first four stay on their cell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Method {
    /// `run(script, cells)` touches its own cell and `cells`, and may change all of them.
    Run,
    /// `reshape(script, cells, changed)` may also create and delete those in `changed`.
    Reshape,
    /// `look(script, cells)` says that it changes nothing. A script that does makes it a lie.
    Look,
    /// `wander(script)` does not say beforehand what it touches.
    Wander,
    /// `append(mark)`
    Append,
    /// `add(amount, mark)`: the balance becomes larger.
    Add,
    /// `read()`
    Read,
    /// `close(mark)`: the balance becomes 0; the result shows what it was.
    Close,
    /// `peek(mark)` says that it changes nothing, which is a lie: it appends.
    Peek,
}

impl Method {
    pub const ALL: [Method; 9] = [
        Method::Run,
        Method::Reshape,
        Method::Look,
        Method::Wander,
        Method::Append,
        Method::Add,
        Method::Read,
        Method::Close,
        Method::Peek,
    ];

    /// The function of the program.
    pub fn id(self) -> FunctionId {
        FunctionId::from_index(self as usize)
    }

    /// The method that is this function of the program.
    pub fn of(id: FunctionId) -> Option<Self> {
        Self::ALL.get(id.index()).copied()
    }

    pub fn name(self) -> &'static str {
        match self {
            Method::Run => "run",
            Method::Reshape => "reshape",
            Method::Look => "look",
            Method::Wander => "wander",
            Method::Append => "append",
            Method::Add => "add",
            Method::Read => "read",
            Method::Close => "close",
            Method::Peek => "peek",
        }
    }
}

/// The cell called `name`.
pub fn entity(name: &str) -> EntityId {
    let key: Key = wire::encode(&Value::Str(name.to_owned())).into();
    EntityId { operator: CELL, key }
}

/// The name of the cell with this id.
///
/// # Panics
/// If it is no cell's.
pub fn name_of(id: &EntityId) -> String {
    match wire::decode(&id.key) {
        Ok(Value::Str(name)) if id.operator == CELL => name,
        other => panic!("not a cell: {id:?} ({other:?})"),
    }
}

/// The reference to the cell called `name`.
pub fn reference(name: &str) -> Value {
    let key = Box::new(Value::Str(name.to_owned()));
    Value::Reference(Reference { class: CLASS.to_owned(), key })
}

/// The name of the cell that `value` refers to; `None` if it is no reference to a cell.
pub fn name_in(value: &Value) -> Option<String> {
    match value {
        Value::Reference(Reference { class, key }) if class == CLASS => match &**key {
            Value::Str(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The program.
///
/// # Panics
/// Never: its text is right.
pub fn program() -> Program {
    let scripted = [
        (Method::Run, "cells: list[Cell]", RUN),
        (Method::Reshape, "cells: list[Cell], changed: list[Cell]", RESHAPE),
        (Method::Look, "cells: list[Cell]", LOOK),
        (Method::Wander, "", WANDER),
    ];
    let scripted = scripted.map(|(method, parameters, effects)| {
        let (name, id) = (method.name(), method.id());
        let names = parameters.split(", ").filter_map(|parameter| parameter.split(':').next());
        let names: Vec<&str> =
            std::iter::once("script").chain(names).filter(|it| !it.is_empty()).collect();
        let (live, code) = (names.join(", "), names.join(", "));
        let parameters =
            if parameters.is_empty() { String::new() } else { format!(", {parameters}") };
        format!(
            "fn{} Cell.{name}(script: Any{parameters}) -> Any in module0 at 10-90\n{effects}\
             \x20 seg0 {name}_0({live})\n{EXITS}    10 | def {name}_0(self, {code}):\n{CODE}\
             \x20 seg1 {name}_1(frame) <- result catches\n{EXITS}\
             \x20   10 | def {name}_1(self, frame, result, raised=None):\n{CODE}\n",
            id.index(),
        )
    });
    let text = format!("{CLASSES}{}{OWN}", scripted.concat());
    text.parse().expect("the text of the program of scripts is right")
}

const CLASSES: &str = "\
program
  module0 script \"script.py\"

op0 Cell(name: str, balance: int | None, mark: int, next: Cell | None) -> None key str in module0 at 1-99
  attribute entries: list[int] = ...
  attribute balance: int | None = ...
  attribute next: Cell | None = ...
  key text \"self.name\"
  new key name
  methods fn0 fn1 fn2 fn3 fn4 fn5 fn6 fn7 fn8

";

const RUN: &str = "  reads Cell.balance, Cell.entries, Cell.next
  writes Cell.balance, Cell.entries, Cell.next
  exists Cell
  calls fn0, fn2, fn3, fn4, fn5, fn6, fn8
  access write Cell: self()
  access write Cell: each(cells)
";

const RESHAPE: &str = "  reads Cell.balance, Cell.entries, Cell.next
  writes Cell.balance, Cell.entries, Cell.next
  exists Cell
  creates Cell
  deletes Cell
  calls fn0, fn1, fn2, fn3, fn4, fn5, fn6, fn7, fn8
  access write Cell: self()
  access write Cell: each(cells)
  access create Cell: each(changed)
";

const LOOK: &str = "  reads Cell.balance, Cell.entries, Cell.next
  exists Cell
  calls fn2, fn6, fn8
  access read Cell: self()
  access read Cell: each(cells)
";

const WANDER: &str = "  reads Cell.balance, Cell.entries, Cell.next
  writes Cell.balance, Cell.entries, Cell.next
  exists Cell
  creates Cell
  deletes Cell
  calls fn0, fn1, fn2, fn3, fn4, fn5, fn6, fn7, fn8
  access write Cell: self()
  because \"the script says which cells\" 10-90
";

/// The ways out of a segment that executes operations. The interpreter is no Python: the text below
/// only says the same.
const EXITS: &str = "    return
    call Cell.run then seg1
    get Cell.entries then seg1
    set Cell.next then seg1
    create Cell then seg1
    function \"script:Cell.run\" then seg1
    exists then seg1
    delete then seg1
";

const CODE: &str = "    20 |     if ended: return \"return\", observations
    20 |     if calls: return \"call\", 1, (frame,), cell, \"run\", (script, cells), None
    20 |     if gets: return \"get\", 1, (frame,), cell, \"entries\"
    20 |     if sets: return \"set\", 1, (frame,), cell, \"next\", (other, mark)
    20 |     if creates: return \"create\", 1, (frame,), Cell, (name, 0, mark, None), None
    20 |     if nests: return \"function\", 1, (frame,), \"script:Cell.run\", (script, cells), None
    20 |     if asks: return \"exists\", 1, (frame,), Cell, name
    20 |     return \"delete\", 1, (frame,), cell
";

const OWN: &str = "fn4 Cell.append(mark: int) -> Any native in module0 at 91-91
  reads Cell.entries
  writes Cell.entries
  access write Cell: self()

fn5 Cell.add(amount: int, mark: int) -> Any native in module0 at 92-92
  reads Cell.balance, Cell.entries
  writes Cell.balance, Cell.entries
  access write Cell: self()

fn6 Cell.read() -> Any native in module0 at 93-93
  reads Cell.balance, Cell.entries, Cell.next
  access read Cell: self()

fn7 Cell.close(mark: int) -> Any native in module0 at 94-94
  reads Cell.balance, Cell.entries
  writes Cell.balance, Cell.entries
  access write Cell: self()

fn8 Cell.peek(mark: int) -> Any native in module0 at 95-95
  reads Cell.entries
  access read Cell: self()
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_makes_sense() {
        assert_eq!(anabranch_ir::verify(&program()), []);
    }

    #[test]
    fn methods_are_the_functions_of_their_name() {
        let program = program();
        for method in Method::ALL {
            assert_eq!(program.function(method.id()).name, method.name());
            assert_eq!(Method::of(method.id()), Some(method));
        }
        assert_eq!(program.functions.len(), Method::ALL.len());
    }
}
