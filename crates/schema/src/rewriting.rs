//! Carries out a migration: new states for stored entities, all or none.
//!
//! 1. Every entity that is concerned goes through the application's function, which gives its new
//!    state and key. The new state is examined like the old one was: nothing may stand in the way.
//! 2. If keys changed, references to the old keys get the new ones, in all states.
//!
//! Only what differs from what is stored comes out. It goes into a [`Pile`], which may be larger than
//! memory; only the keys of entities whose key changes are held here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anabranch_kernel::value::state::rewrite_references;

use crate::difference::{Difference, Verdict};
use crate::display;
use crate::examination::Examination;
use crate::leftovers::Leftovers;
use crate::schema::Schema;

/// What looks at key and state of an entity. It fails in words.
pub type Visit<'v> = dyn FnMut(&[u8], Vec<u8>) -> Result<(), String> + 'v;

/// The entities of a data folder.
pub trait StoredEntities {
    /// The classes with entities, and how many each has.
    ///
    /// # Errors
    /// The folder cannot be read; in words. The same for the other methods.
    fn classes(&self) -> Result<BTreeMap<String, u64>, String>;

    /// Calls `visit` with key and state of each entity of `class`, until it fails.
    ///
    /// # Errors
    /// That of `visit` as well.
    fn visit(&self, class: &str, visit: &mut Visit<'_>) -> Result<(), String>;
}

/// What the application makes of one entity.
pub trait EntityMigration {
    /// The new key and state of an entity of `class`; `gone` are the attributes that it loses.
    ///
    /// # Errors
    /// Why there is none; for people.
    fn migrate(
        &self,
        class: &str,
        state: &[u8],
        gone: &[&str],
    ) -> Result<(Vec<u8>, Vec<u8>), String>;

    /// Whether there is a function for the entities of `class`.
    fn has_function(&self, class: &str) -> bool;

    /// Whether the entities of `class`, which is gone, go too.
    fn drops(&self, class: &str) -> bool;
}

/// What is to be done.
pub struct Task<'a> {
    pub schema: &'a Schema,
    pub differences: &'a [Difference],
    /// What is left over beside the schema; attributes of it go.
    pub leftovers: &'a Leftovers,
}

/// A new state of an entity; `None` deletes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewState {
    pub class: String,
    pub key: Vec<u8>,
    pub state: Option<Vec<u8>>,
}

/// Takes new states, one for each entity, and gives them back in the order of class and key.
pub trait Pile {
    /// # Errors
    /// There is no more room; in words.
    fn put(&mut self, state: NewState) -> Result<(), String>;

    /// # Errors
    /// It cannot be read; in words.
    fn sorted(self: Box<Self>) -> Result<Sorted, String>;
}

/// New states in the order of class and key.
pub type Sorted = Box<dyn Iterator<Item = Result<NewState, String>>>;

/// What came of it.
pub struct Outcome {
    /// All new states.
    pub states: Box<dyn Pile>,
    /// Entities with another state or key.
    pub changed: u64,
    /// Entities with another key.
    pub moved: u64,
    /// Entities that are gone.
    pub deleted: u64,
    /// Classes whose entities are gone.
    pub dropped: BTreeSet<String>,
}

/// Why the migration is not carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RewritingError {
    /// The folder cannot be read; in words.
    Unreadable(String),
    /// The application's function failed for an entity, or gave no state.
    Failed { entity: String, problem: String },
    /// The new state is not what the application's classes say.
    Unfit { entity: String, difference: Box<Difference> },
    /// Two entities get the same key.
    Collision { first: String, second: String, key: String },
}

impl fmt::Display for RewritingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(problem) => f.write_str(problem),
            Self::Failed { entity, problem } => write!(f, "{entity} cannot be migrated: {problem}"),
            Self::Unfit { entity, difference } => write!(
                f,
                "{entity} is migrated, but not to what the application's classes say: \
                 {difference}, and it would still {}",
                difference.obstacle().split(':').next().unwrap_or_default()
            ),
            Self::Collision { first, second, key } => {
                write!(f, "{first} and {second} would both get the key of {key}")
            }
        }
    }
}

impl std::error::Error for RewritingError {}

/// Makes the new states, on piles that `new_pile` makes. `progress` is told how many of how many
/// entities are done.
///
/// # Errors
/// Why the migration cannot be carried out; nothing is to be written then.
pub fn rewrite(
    task: &Task<'_>,
    stored: &dyn StoredEntities,
    migration: &dyn EntityMigration,
    new_pile: &dyn Fn() -> Box<dyn Pile>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, RewritingError> {
    let counts = stored.classes().map_err(RewritingError::Unreadable)?;
    let concerned: Vec<(&String, u64)> = counts
        .iter()
        .filter(|(class, _)| is_concerned(task, migration, class))
        .map(|(class, count)| (class, *count))
        .collect();
    let total = concerned.iter().map(|(_, count)| count).sum();
    let states = new_pile();
    let mut work = Work { task, migration, states, changed: 0, keys: Keys::new() };
    let mut done = 0;
    for (class, _) in concerned {
        let mut failure = None;
        let visited = stored.visit(class, &mut |key, state| {
            work.entity(class, key, &state).map_err(|error| {
                failure = Some(error);
                String::new()
            })?;
            done += 1;
            progress(done, total);
            Ok(())
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        visited.map_err(RewritingError::Unreadable)?;
    }
    let Work { states, changed, keys, .. } = work;
    let (moved, deleted, dropped) = (keys.len() as u64, 0, BTreeSet::new());
    let mut outcome = Outcome { states, changed, moved, deleted, dropped };
    if !keys.is_empty() {
        move_entities(&mut outcome, &keys, stored, &counts, new_pile())?;
    }
    for class in task.leftovers.classes.keys().filter(|class| migration.drops(class)) {
        let visited = stored.visit(class, &mut |key, _| {
            outcome.deleted += 1;
            let (class, key) = (class.clone(), key.to_vec());
            outcome.states.put(NewState { class, key, state: None })
        });
        visited.map_err(RewritingError::Unreadable)?;
        outcome.dropped.insert(class.clone());
    }
    Ok(outcome)
}

fn is_concerned(task: &Task<'_>, migration: &dyn EntityMigration, class: &str) -> bool {
    let examined = task.differences.iter().filter(|it| it.verdict() == Verdict::Examined);
    let mut classes = examined.map(Difference::entity_class);
    task.schema.classes.contains_key(class)
        && (migration.has_function(class)
            || task.leftovers.attributes.contains_key(class)
            || classes.any(|concerned| concerned.is_none_or(|concerned| concerned == class)))
}

struct Work<'a> {
    task: &'a Task<'a>,
    migration: &'a dyn EntityMigration,
    states: Box<dyn Pile>,
    changed: u64,
    keys: Keys,
}

/// The new keys of entities that have others, by class and old key.
type Keys = BTreeMap<(String, Vec<u8>), Vec<u8>>;

impl Work<'_> {
    fn entity(&mut self, class: &str, key: &[u8], state: &[u8]) -> Result<(), RewritingError> {
        let entity = || display::entity(class, key);
        let gone = self.task.leftovers.attributes.get(class);
        let gone: Vec<&str> = gone.into_iter().flatten().map(|(name, _)| &**name).collect();
        let migrated = self.migration.migrate(class, state, &gone);
        let failed = |problem| RewritingError::Failed { entity: entity(), problem };
        let (new_key, new_state) = migrated.map_err(failed)?;
        let mut examination = Examination::new(self.task.schema, self.task.differences);
        let examined = examination.entity(class, &new_key, &new_state);
        examined.map_err(|error| failed(error.to_string()))?;
        let obstacles = examination.obstacles();
        let is_open = |difference: &Difference| !matches!(difference, Difference::KeyText { .. });
        if let Some(obstacle) = obstacles.iter().find(|obstacle| is_open(obstacle.difference)) {
            let difference = Box::new(obstacle.difference.clone());
            return Err(RewritingError::Unfit { entity: entity(), difference });
        }
        let is_moved = new_key != key;
        if is_moved {
            self.keys.insert((class.to_owned(), key.to_vec()), new_key);
        }
        if new_state != state || is_moved {
            self.changed += 1;
            let (class, key) = (class.to_owned(), key.to_vec());
            let put = self.states.put(NewState { class, key, state: Some(new_state) });
            put.map_err(RewritingError::Unreadable)?;
        }
        Ok(())
    }
}

/// Gives entities their new keys, and all references to them: goes through all entities, with their
/// new states beside them, in the same order, and makes the new pile `states`.
fn move_entities(
    outcome: &mut Outcome,
    keys: &Keys,
    stored: &dyn StoredEntities,
    counts: &BTreeMap<String, u64>,
    states: Box<dyn Pile>,
) -> Result<(), RewritingError> {
    let owners = owners(keys)?;
    let new_key = |class: &str, key: &[u8]| keys.get(&(class.to_owned(), key.to_vec())).cloned();
    let migrated = std::mem::replace(&mut outcome.states, states);
    let mut migrated = migrated.sorted().map_err(RewritingError::Unreadable)?.peekable();
    outcome.changed = 0;
    for class in counts.keys() {
        let mut failure = None;
        let visited = stored.visit(class, &mut |key, before| {
            let is_this = |new: &Result<NewState, String>| {
                new.as_ref().map_or(true, |new| new.class == *class && new.key == key)
            };
            let new = migrated.next_if(is_this).transpose()?;
            let was_migrated = new.is_some();
            let state = new.and_then(|new| new.state).unwrap_or(before);
            let rewritten = rewrite_references(&state, &new_key);
            let rewritten = rewritten.map_err(|error| error.to_string())?;
            let target = new_key(class, key);
            let here = (class.clone(), key.to_vec());
            match (&target, owners.get(&here)) {
                (None, Some(other)) => {
                    failure = Some(collision(class, key.min(other), key.max(other), key));
                    return Err(String::new());
                }
                (Some(_), None) => {
                    let (class, key) = here;
                    outcome.states.put(NewState { class, key, state: None })?;
                }
                // Nothing moves, or another entity moves here.
                (None, None) | (Some(_), Some(_)) => {}
            }
            if target.is_some() || was_migrated || rewritten.is_some() {
                outcome.changed += 1;
                let (class, key) = (class.clone(), target.unwrap_or_else(|| key.to_vec()));
                let state = Some(rewritten.unwrap_or(state));
                outcome.states.put(NewState { class, key, state })?;
            }
            Ok(())
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        visited.map_err(RewritingError::Unreadable)?;
    }
    assert!(migrated.next().is_none(), "this is a bug in Anabranch: an entity was not visited");
    Ok(())
}

/// The old keys of entities that move, by class and new key.
fn owners(keys: &Keys) -> Result<Keys, RewritingError> {
    let mut owners = Keys::new();
    for ((class, old), new) in keys {
        if let Some(first) = owners.insert((class.clone(), new.clone()), old.clone()) {
            return Err(collision(class, &first, old, new));
        }
    }
    Ok(owners)
}

fn collision(class: &str, first: &[u8], second: &[u8], key: &[u8]) -> RewritingError {
    let [first, second, key] = [first, second, key].map(|key| display::entity(class, key));
    RewritingError::Collision { first, second, key }
}
