//! Differences between schemas, what stored entities have to do with them, and migrations.

use std::collections::BTreeMap;

use anabranch_ir::program::{EnumClass, EnumMember, Field, Record};
use anabranch_ir::{Attribute, Hint, Initial, ModuleId, Operator, Program, Signature, Span};
use anabranch_kernel::Value;
use anabranch_kernel::value::{Reference, state, wire};
use anabranch_schema::compatibility::widens;
use anabranch_schema::rewriting::{
    EntityMigration, NewState, Pile, RewritingError, Sorted, StoredEntities, Task, Visit, rewrite,
};
use anabranch_schema::{Difference, Examination, Leftovers, Schema, Verdict, compare};

type Attributes<'a> = &'a [(&'a str, Hint, Initial)];

fn operator(name: &str, key: Hint, attributes: Attributes<'_>) -> Operator {
    let attribute = |(name, hint, initial): &(&str, Hint, Initial)| Attribute {
        name: (*name).to_owned(),
        hint: hint.clone(),
        initial: initial.clone(),
    };
    Operator {
        name: name.to_owned(),
        module: ModuleId(0),
        key,
        bases: Vec::new(),
        overridden: Vec::new(),
        key_text: Some("self.name".to_owned()),
        constructor: Signature::default(),
        new_key: None,
        attributes: attributes.iter().map(attribute).collect(),
        methods: Vec::new(),
        documentation: None,
        span: Span { module: ModuleId(0), line: 1, end_line: 1 },
    }
}

fn program(operators: &[Operator]) -> Program {
    Program { operators: operators.to_vec(), ..Program::default() }
}

fn account(attributes: Attributes<'_>) -> Program {
    program(&[operator("Account", Hint::Str, attributes)])
}

fn differences(before: &Program, after: &Program) -> Vec<Difference> {
    compare(&Schema::of(before), &Leftovers::default(), after)
}

fn texts(before: &Program, after: &Program) -> Vec<String> {
    let found = differences(before, after);
    found.iter().map(|it| format!("{:?}: {it}", it.verdict())).collect()
}

fn text(value: &str) -> Value {
    Value::Str(value.to_owned())
}

fn stored(attributes: &[(&str, Value)]) -> Vec<u8> {
    state::encode(attributes.iter().map(|(name, value)| (*name, value)))
}

fn constant() -> Initial {
    Initial::Constant("0".to_owned())
}

#[test]
fn what_widens_is_compatible() {
    let list = |hint| Hint::List(Box::new(hint));
    let optional = |hint| Hint::Union(vec![hint, Hint::None]);
    for (before, after) in [
        (Hint::Int, Hint::Float),
        (Hint::Bool, Hint::Int),
        (Hint::DateTime, Hint::Date),
        (Hint::Int, optional(Hint::Int)),
        (optional(Hint::Int), optional(Hint::Float)),
        (list(Hint::Int), list(Hint::Float)),
        (Hint::Tuple(vec![Hint::Int, Hint::Bool]), Hint::TupleOf(Box::new(Hint::Int))),
        (Hint::Str, Hint::Any),
        (Hint::Any, Hint::Str),
        (list(Hint::Any), list(Hint::Str)),
    ] {
        assert!(widens(&before, &after), "{before} to {after}");
    }
    for (before, after) in [
        (Hint::Float, Hint::Int),
        (Hint::Int, Hint::Bool),
        (Hint::Date, Hint::DateTime),
        (optional(Hint::Int), Hint::Int),
        (list(Hint::Int), Hint::Set(Box::new(Hint::Int))),
        (Hint::Int, Hint::Str),
        (Hint::TupleOf(Box::new(Hint::Int)), Hint::Tuple(vec![Hint::Int])),
        (Hint::Entity("A".to_owned()), Hint::Entity("B".to_owned())),
    ] {
        assert!(!widens(&before, &after), "{before} to {after}");
    }
}

#[test]
fn a_schema_comes_back_from_its_text() {
    let mut program = account(&[("tags", Hint::List(Box::new(Hint::Any)), constant())]);
    program.records.push(Record {
        name: "shop:Line".to_owned(),
        fields: vec![Field {
            name: "item".to_owned(),
            hint: Hint::Entity("Account".to_owned()),
            has_default: false,
        }],
    });
    let member = EnumMember { name: "LOW".to_owned(), value: None };
    program.enums.push(EnumClass { name: "shop:Level".to_owned(), members: vec![member] });
    let schema = Schema::of(&program);
    assert_eq!(Schema::from_text(&schema.to_text()), Ok(schema.clone()));
    let leftovers = Leftovers::default().following(&schema, &Schema::default());
    assert_eq!(Leftovers::from_text(&leftovers.to_text()), Ok(leftovers));
    for wrong in ["", "{}", "{\"version\": 9}", "{\"version\": 1, \"classes\": {}}"] {
        assert!(Schema::from_text(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn differences_of_attributes() {
    let before = account(&[("gone", Hint::Int, constant()), ("kind", Hint::Int, constant())]);
    let after = account(&[
        ("kind", Hint::Str, constant()),
        ("by_class", Hint::Int, Initial::Class),
        ("later", Hint::Int, Initial::Unset),
        ("made", Hint::Int, Initial::Computed),
        ("new", Hint::Int, constant()),
    ]);
    assert_eq!(
        texts(&before, &after),
        [
            "Accepted: new attribute Account.by_class: int",
            "Examined: attribute Account.kind changed from int to str",
            "Accepted: new attribute Account.later: int",
            "Examined: new attribute Account.made: int",
            "Accepted: new attribute Account.new: int",
            "Accepted: attribute Account.gone is gone",
        ]
    );
    assert_eq!(texts(&before, &before), [""; 0]);
}

#[test]
fn only_values_that_do_not_fit_stand_in_the_way() {
    let before = account(&[("kind", Hint::Int, constant())]);
    let after = account(&[
        ("kind", Hint::Union(vec![Hint::Str, Hint::None]), constant()),
        ("made", Hint::Int, Initial::Computed),
    ]);
    let (schema, found) = (Schema::of(&after), differences(&before, &after));
    let mut examination = Examination::new(&schema, &found);
    assert!(examination.concerns("Account") && !examination.concerns("Other"));
    for (name, attributes) in [
        ("a", vec![("kind", Value::Int(1)), ("made", Value::Int(1))]),
        ("b", vec![("kind", Value::None)]),
        ("c", vec![("made", Value::Int(1))]),
    ] {
        let key = wire::encode(&text(name));
        examination.entity("Account", &key, &stored(&attributes)).unwrap();
    }
    let obstacles = examination.obstacles();
    let counts: Vec<_> = obstacles.iter().map(|it| (it.entities, &*it.examples[0])).collect();
    assert_eq!(counts, [(1, "Account('a')"), (1, "Account('b')")]);
}

#[test]
fn leftovers_are_compared_when_they_come_back() {
    let before = account(&[("kind", Hint::Int, constant())]);
    let without = account(&[]);
    let (first, second) = (Schema::of(&before), Schema::of(&without));
    let leftovers = Leftovers::default().following(&first, &second);
    let back = account(&[("kind", Hint::Str, constant())]);
    let found = compare(&second, &leftovers, &back);
    let found: Vec<_> = found.iter().map(Difference::verdict).collect();
    assert_eq!(found, [Verdict::Accepted, Verdict::Examined]);
    assert!(leftovers.following(&second, &Schema::of(&back)).is_empty());
}

/// Entities in memory: states by class and name.
struct Memory(BTreeMap<&'static str, Vec<(&'static str, Vec<u8>)>>);

impl StoredEntities for Memory {
    fn classes(&self) -> Result<BTreeMap<String, u64>, String> {
        Ok(self.0.iter().map(|(name, all)| ((*name).to_owned(), all.len() as u64)).collect())
    }

    fn visit(&self, class: &str, visit: &mut Visit<'_>) -> Result<(), String> {
        let mut entities = self.0.get(class).into_iter().flatten();
        entities.try_for_each(|(name, state)| visit(&wire::encode(&text(name)), state.clone()))
    }
}

/// The key becomes the attribute `name`.
struct Renaming;

impl EntityMigration for Renaming {
    fn migrate(&self, _: &str, state: &[u8], _: &[&str]) -> Result<(Vec<u8>, Vec<u8>), String> {
        let attributes = state::decode(state).map_err(|error| error.to_string())?;
        let name = attributes.iter().find(|(name, _)| name == "name");
        Ok((wire::encode(&name.ok_or("no name")?.1), state.to_vec()))
    }

    fn has_function(&self, class: &str) -> bool {
        class == "Account"
    }

    fn drops(&self, _: &str) -> bool {
        false
    }
}

/// New states in memory.
#[derive(Default)]
struct MemoryPile(Vec<NewState>);

impl Pile for MemoryPile {
    fn put(&mut self, state: NewState) -> Result<(), String> {
        let is_there = self.0.iter().any(|it| (&it.class, &it.key) == (&state.class, &state.key));
        assert!(!is_there, "twice: {state:?}");
        self.0.push(state);
        Ok(())
    }

    fn sorted(mut self: Box<Self>) -> Result<Sorted, String> {
        self.0.sort_by(|one, other| (&one.class, &one.key).cmp(&(&other.class, &other.key)));
        Ok(Box::new(self.0.into_iter().map(Ok)))
    }
}

/// What a migration did.
#[derive(Debug)]
struct Renamed {
    states: BTreeMap<(String, Vec<u8>), Option<Vec<u8>>>,
    changed: u64,
    moved: u64,
}

fn rename(accounts: Vec<(&'static str, &str)>) -> Result<Renamed, RewritingError> {
    let program = program(&[
        operator("Account", Hint::Str, &[("name", Hint::Str, Initial::Computed)]),
        operator("User", Hint::Str, &[("account", Hint::Any, Initial::Computed)]),
    ]);
    let schema = Schema::of(&program);
    let task = Task { schema: &schema, differences: &[], leftovers: &Leftovers::default() };
    let reference =
        Value::Reference(Reference { class: "Account".to_owned(), key: Box::new(text("a")) });
    let accounts =
        accounts.into_iter().map(|(key, name)| (key, stored(&[("name", text(name))]))).collect();
    let user = ("u", stored(&[("account", Value::List(vec![reference]))]));
    let memory = Memory(BTreeMap::from([("Account", accounts), ("User", vec![user])]));
    let new_pile = || Box::new(MemoryPile::default()) as Box<dyn Pile>;
    let outcome = rewrite(&task, &memory, &Renaming, &new_pile, &mut |_, _| {})?;
    let states = outcome.states.sorted().unwrap().map(|state| {
        let NewState { class, key, state } = state.unwrap();
        ((class, key), state)
    });
    Ok(Renamed { states: states.collect(), changed: outcome.changed, moved: outcome.moved })
}

#[test]
fn entities_that_swap_their_keys_take_their_references_along() {
    let outcome = rename(vec![("a", "b"), ("b", "a"), ("c", "c")]).unwrap();
    assert_eq!((outcome.moved, outcome.changed), (2, 3));
    let found = |class: &str, name: &str| {
        let id = (class.to_owned(), wire::encode(&text(name)));
        outcome.states.get(&id).cloned().flatten().map(|state| state::decode(&state).unwrap())
    };
    assert_eq!(found("Account", "a").unwrap()[0].1, text("a"));
    assert_eq!(found("Account", "b").unwrap()[0].1, text("b"));
    assert_eq!(found("Account", "c"), None, "nothing to write");
    let Value::List(held) = &found("User", "u").unwrap()[0].1 else { panic!() };
    assert!(matches!(&held[0], Value::Reference(reference) if *reference.key == text("b")));
}

#[test]
fn an_entity_that_moves_away_leaves_nothing() {
    let outcome = rename(vec![("a", "z")]).unwrap();
    let state = |name: &str| &outcome.states[&("Account".to_owned(), wire::encode(&text(name)))];
    assert_eq!(state("a"), &None);
    assert!(state("z").is_some());
}

#[test]
fn keys_that_collide_are_refused_even_with_one_that_stays() {
    let error = rename(vec![("a", "b"), ("b", "b")]).unwrap_err().to_string();
    assert_eq!(error, "Account('a') and Account('b') would both get the key of Account('b')");
}
