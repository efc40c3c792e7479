//! The program: a whole application as data.
//!
//! The compiler makes a [`Program`] and everything after it (kernel, interpreters, engines, server,
//! drawings) reads it. This is its specification; [`verify()`] checks what can be checked of it.
//!
//! # A program
//! is tables, whose entries refer to each other by typed [`ids`]:
//!
//! - **Modules** are the Python files of the application, in the order in which they are imported.
//! - **Operators**: one [`Operator`] per entity class, the vertex of the dataflow that holds its
//!   entities, partitioned by key. It has the signature of the constructor, the hint of the key, the
//!   attributes that the class's own code assigns, the classes that it inherits from, and the methods
//!   that others can call, inherited or not.
//! - **Functions**: one [`Function`] per method, and per helper function of a module that can reach a
//!   remote call. Names are as Python stores them (`_User__secret`). A method of a base class is one
//!   function for each entity class that inherits it, in the module and under the lines of the base.
//! - **Records** and **enums** are the dataclasses and enums of the application: values that arguments,
//!   results and states may hold, and that are checked at the borders.
//! - **Edges** say which function reaches which operator, and how: by a call, a read or a write of an
//!   attribute, a creation, `exists` or `delete`. They include what a function does through helper
//!   functions. They are for people and planners; a function does not run by them.
//!
//! Ids are positions. They mean nothing outside of one program: what is stored or sent to clients
//! names classes and methods.
//!
//! # A function
//! has a [`Body`]:
//!
//! - **Native**: it can never suspend. The interpreter calls the user's own function; the program says
//!   only that it is there.
//! - **Segments**: it can suspend. It is a state machine; a state is a [`Segment`], which runs without
//!   interruption, and every way out of it is an [`Exit`]. It starts at `seg0`.
//!
//! Helper functions run on behalf of the entity whose method called them, or of none. So do methods
//! that are called as functions, through `super()` or as `Base.method(self)`.
//!
//! # Effects
//! Each function has [`Effects`]: what a call of it may read, write, create, delete and call, callees
//! included, and its **access set**, the entities that it may touch as a function of receiver and
//! arguments ([`access`]). Classes, or those of an attribute or a method, that are too many to list are
//! said as any class. Both over-approximate. Where the entities depend on state, the access set
//! is not complete, and its reasons say why, each with its place in the source.
//!
//! That a call *reaches* nothing outside of a complete access set holds whatever the user's hints say:
//! an expression has no result for values that are not what the compiler took them for. That it
//! *changes* nothing it only reads is as true as the hints of the attributes, and as long as
//! operators, comparisons, formatting and look-ups of library classes change nothing. So who relies
//! on it (shared locks) compares states at the end, and takes a difference for a miss.
//!
//! # A segment
//! is a Python function, given as text whose lines know their line in the user's file. All text of a
//! module is loaded at once ([`python`]), methods inside of a class with the name of that which defines
//! them, with the user's module as its globals. Its parameters, all positional, are
//!
//! 1. for a method: the live entity (the user's name for `self`),
//! 2. the live variables (`live`), in order,
//! 3. if there is an `input`: the result of the action that the function was suspended for,
//! 4. if it `catches`: the exception of that action, left out if there was none. The input is `None`
//!    if there was one.
//!
//! `seg0` has the parameters of the user's function instead, with their kinds; defaults are written as
//! `...` and the loader puts the user's own values in their place. Its `live` are their names.
//!
//! A variable that may have no value travels as `__anabranch_unbound__`, and is deleted on arrival.
//! `__anabranch_matches__(exception, classes)` says whether `except classes` catches the exception.
//! `__anabranch_method__(receiver, name)` looks a method up before the arguments of its call are
//! evaluated: it gives the receiver of the `call` that follows. `__anabranch_method_if_any__` gives
//! `None` for an entity whose class has no such method; a `call` of it then asks the entity, and fails.
//! `__anabranch_take__(consumer, taken, element, key)` does with one element of a generator what the
//! builtin `consumer` does, and keeps in the list `taken` what that needs of the elements so far.
//! `__anabranch_together__()` says whether the interpreter was told to hand actions over together,
//! `__anabranch_elements__(iterator, count)` lists what is left in an iterator without taking it,
//! `__anabranch_field__(object, name)` gives an attribute that the object has itself, and
//! `__anabranch_plain__(value)` a value to which an operator is applied. These three raise an exception
//! where code of the user's would run; the first of them also for elements that are not made of `count`
//! parts.
//!
//! # An exit
//! is a returned tuple. Its first element is a word, its last ones depend on it (see [`Exit`]):
//!
//! - `return` ends the function with a value. An exception that leaves the segment ends it as well.
//! - `jump` goes on at once with another segment: where control flow meets, or a loop turns.
//! - All others are **actions**. The function is suspended with the segment to `resume` and its live
//!   variables, until the action has a result: `call`, `get` and `set` on a receiver, `create` of a
//!   class, `function` for a helper function or a method of the same entity by its very definition,
//!   which has segments itself, `exists` and `delete`.
//!
//! For `call`, `get` and `set` the interpreter makes the **run-time test**: if the receiver is a
//! reference to another entity the kernel performs the action; otherwise it is performed at once, as
//! Python would, and the function goes on without a suspension. So the `receiver` of an exit is what
//! the compiler knows of it, and never decides anything.
//!
//! If the action fails, its exception is raised at the resumed segment: by the segment itself if it
//! `catches`, otherwise by the interpreter, and it leaves the function.
//!
//! `together` hands over several actions at once. The segment to `resume` is the one that performs
//! them one after another, and so does nothing that another way through the program would not do: the
//! interpreter answers each of its exits with the outcome of that action as long as they come in the
//! order in which they were handed over, and forgets the rest when one differs. So `together` may be
//! left out by everybody, at any time: then the function goes on with `resume` at once. An
//! interpreter hands over only actions
//!
//! - that are calls of methods, or reads of attributes that are part of the state, on references to
//!   other entities than the one on whose behalf the function runs,
//! - whose callees cannot reach that entity either, and do nothing outside of the transaction,
//! - and that change nothing, but for the first `free`: whatever comes between two actions may raise an
//!   exception, and then the second would not have been performed.
//!
//! A segment with an input is entered by actions only; others by jumps as well, and get no result.
//! Nothing leads back to `seg0`.
//!
//! # Forms
//! [`text`] is for people and tests, [`wire`] for storing and sending. Both give back the same program.
//!
//! # Layout
//! - [`ids`]: typed indices into the program's tables; their `Display` is the text form (`fn3`).
//! - [`program`]: the tables and the look-ups over them.
//! - [`operator`], [`function`], [`segment`]: one noun a file.
//! - [`effects`], [`access`]: what a call of a function may do, and to which entities.
//! - [`hint`]: the type hints of the user's signatures, as far as values can be checked against them.
//! - [`python`]: the emitted Python text of a module.
//! - [`text`], [`wire`]: the forms.
//! - [`mod@verify`]: whether a program makes sense.

#![warn(clippy::disallowed_methods, reason = "nothing here reaches outside")]

pub mod access;
pub mod effects;
pub mod function;
pub mod hint;
pub mod ids;
pub mod operator;
pub mod program;
pub mod python;
pub mod segment;
pub mod text;
pub mod verify;
pub mod wire;

pub use access::{Access, AccessMode, AccessSet, Expression, Reason};
pub use effects::{Callee, Classes, Effects, Member};
pub use function::{Body, Function, Parameter, ParameterKind, Signature};
pub use hint::Hint;
pub use ids::{FunctionId, ModuleId, OperatorId, SegmentId};
pub use operator::{Attribute, BaseClass, Initial, Operator};
pub use program::{
    CallEdge, CallKind, EnumClass, EnumMember, EnumValue, Field, Module, Program, Record,
};
pub use segment::{Exit, JointAction, JointMember, Segment, SourceLine, Span, Turns};
pub use verify::{Place, Violation, verify};
