//! Opens data folders whose entities may have been written with other classes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anabranch_cpython::{Application, CPython};
use anabranch_embedded::{DataFolder, Embedded, OpenError, Options, SchemaNote, View};
use anabranch_ir::Program;
use anabranch_schema::rewriting::{StoredEntities, Visit};
use anabranch_schema::{Difference, Examination, Leftovers, Obstacle, Schema, compare};

use crate::target::Target;
use crate::{Failure, output};

/// Opens the embedded engine. If the application's classes have changed since the folder was
/// written, says how, and goes on if the stored entities allow it.
pub(crate) fn open(
    folder: &Path,
    target: &Target,
    application: &Arc<Application>,
    options: &Options,
) -> Result<Embedded, Failure> {
    let start = || {
        let interpreter = CPython::new(Arc::clone(application));
        Embedded::open(folder, Arc::clone(application.program()), interpreter, options)
    };
    match start() {
        Err(OpenError::SchemaDiffers { .. }) => {
            accept(folder, target, application.program())?;
            Ok(start()?)
        }
        other => Ok(other?),
    }
}

/// The schemas of a folder and of a program, and how they differ.
pub(crate) struct Comparison {
    /// The text of the folder's schema.
    pub(crate) before_text: String,
    pub(crate) after: Schema,
    pub(crate) differences: Vec<Difference>,
    /// What is left over once the program's schema is the folder's.
    pub(crate) leftovers: Leftovers,
    program_hash: String,
}

impl Comparison {
    pub(crate) fn of(folder: &DataFolder, program: &Program) -> Result<Self, Failure> {
        let after = Schema::of(program);
        let note = folder
            .schema
            .clone()
            .unwrap_or_else(|| SchemaNote { schema: after.to_text(), ..SchemaNote::default() });
        let unreadable = |problem: String| {
            let directory = folder.directory().display();
            Failure::Message(format!("the data folder {directory} cannot be used: {problem}"))
        };
        let before = Schema::from_text(&note.schema).map_err(unreadable)?;
        let leftovers = match &*note.leftovers {
            "" => Leftovers::default(),
            text => Leftovers::from_text(text).map_err(unreadable)?,
        };
        Ok(Self {
            differences: compare(&before, &leftovers, program),
            leftovers: leftovers.following(&before, &after),
            before_text: note.schema,
            after,
            program_hash: program.fingerprint(),
        })
    }

    /// What the folder shall note, with these leftovers.
    pub(crate) fn note(&self, leftovers: &Leftovers) -> SchemaNote {
        SchemaNote {
            schema: self.after.to_text(),
            leftovers: if leftovers.is_empty() { String::new() } else { leftovers.to_text() },
            program_hash: self.program_hash.clone(),
        }
    }

    /// The differences that stored entities stand in the way of.
    pub(crate) fn obstacles(&self, stored: &Stored<'_>) -> Result<Vec<Obstacle<'_>>, Failure> {
        let mut examination = Examination::new(&self.after, &self.differences);
        if examination.is_needless() {
            return Ok(Vec::new());
        }
        for class in self.after.classes.keys() {
            if !examination.concerns(class) {
                continue;
            }
            let visited = stored.visit(class, &mut |key, state| {
                let examined = examination.entity(class, key, &state);
                examined.map_err(|error| format!("a {class} is not readable: {error}"))
            });
            visited.map_err(Failure::Message)?;
        }
        Ok(examination.obstacles())
    }

    /// The differences, one a line.
    pub(crate) fn describe(&self, obstacles: &[Obstacle<'_>]) -> String {
        let lines = self.differences.iter().map(|difference| {
            let obstacle = obstacles.iter().find(|obstacle| obstacle.difference == difference);
            let what = match obstacle {
                None => difference.consequence(),
                Some(obstacle) => {
                    let Obstacle { entities, examples, .. } = obstacle;
                    let more = if *entities > examples.len() as u64 { ", …" } else { "" };
                    format!("{} ({}{more})", obstacle.counted(), examples.join(", "))
                }
            };
            let mark = if obstacle.is_some() { "refused" } else { "ok     " };
            format!("  {mark}  {difference}\n           {what}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The entities of a folder.
pub(crate) struct Stored<'f>(pub(crate) &'f View);

impl StoredEntities for Stored<'_> {
    fn classes(&self) -> Result<BTreeMap<String, u64>, String> {
        let classes = self.0.classes().map_err(|error| error.to_string())?;
        Ok(classes.into_iter().map(|(name, class)| (name, class.entities)).collect())
    }

    fn visit(&self, class: &str, visit: &mut Visit<'_>) -> Result<(), String> {
        for entity in self.0.entities(class) {
            let entity = entity.map_err(|error| error.to_string())?;
            let state = self.0.state(class, &entity.key).map_err(|error| error.to_string())?;
            let state = state.ok_or_else(|| format!("the state of a {class} is missing"))?;
            visit(&entity.key, state)?;
        }
        Ok(())
    }
}

/// Says what changed, and lets the folder have the new schema if that is possible.
fn accept(folder: &Path, target: &Target, program: &Program) -> Result<(), Failure> {
    let folder = DataFolder::open_read_only(folder)?;
    let comparison = Comparison::of(&folder, program)?;
    let obstacles = comparison.obstacles(&Stored(&folder.view))?;
    let shown = folder.directory().display().to_string();
    if !comparison.differences.is_empty() {
        output::note(&format!(
            "the classes have changed since the data folder {shown} was last used:\n{}",
            comparison.describe(&obstacles)
        ));
    }
    if !obstacles.is_empty() {
        let is_removal =
            |it: &Obstacle<'_>| matches!(it.difference, Difference::ClassRemoved { .. });
        let renamed = match obstacles.iter().any(is_removal) {
            true => {
                "\nWas a class renamed? Export and import its entities: docs/schema.md, \
                 \"Renaming an entity class\""
            }
            false => "",
        };
        return Err(Failure::Message(format!(
            "the data folder {shown} cannot be used with these classes; nothing was changed\n\
             `anabranch migrate {shown} {}` writes a migration to complete; or go back to the \
             classes as they were{renamed}",
            target.typed
        )));
    }
    let note = comparison.note(&comparison.leftovers);
    Ok(folder.rewrite(std::iter::empty(), &note)?)
}
