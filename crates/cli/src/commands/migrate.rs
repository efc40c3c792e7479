//! `anabranch migrate`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anabranch_cpython::{Application, Migration};
use anabranch_embedded::{DataFolder, Rewritten};
use anabranch_ir::Program;
use anabranch_schema::Leftovers;
use anabranch_schema::migration::{Purpose, digest, migration_text};
use anabranch_schema::rewriting::{
    EntityMigration, NewState, Outcome, Pile, StoredEntities, Task, rewrite,
};

use crate::arguments::MigrateArguments;
use crate::commands::run::load;
use crate::disk_pile::DiskPile;
use crate::folder_schema::{Comparison, Stored};
use crate::migration_files::MigrationFiles;
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &MigrateArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    let application = load(&target)?;
    let folder = DataFolder::open_read_only(&arguments.data)?;
    let comparison = Comparison::of(&folder, application.program())?;
    if comparison.differences.is_empty() && comparison.leftovers.is_empty() {
        output::line("nothing to migrate: the stored entities are as the classes say");
        return Ok(0);
    }
    let files = MigrationFiles::find(&target.root)?;
    let digests = digest(&comparison.before_text, &comparison.after);
    let written = files.between(&digests)?;
    let command =
        format!("anabranch migrate {} {} --apply", arguments.data.display(), target.typed);
    if arguments.apply {
        return apply(folder, &comparison, application, written.as_deref(), &command);
    }
    let stored = Stored(&folder.view);
    let obstacles = comparison.obstacles(&stored)?;
    if !comparison.differences.is_empty() {
        output::line(&comparison.describe(&obstacles));
    }
    let counts = stored.classes().map_err(Failure::Message)?;
    describe_leftovers(&comparison.leftovers, &counts);
    let dropped: BTreeMap<String, u64> = comparison
        .leftovers
        .classes
        .keys()
        .filter_map(|class| Some((class.clone(), *counts.get(class)?)))
        .collect();
    if obstacles.is_empty() && dropped.is_empty() {
        output::line(&format!("to do it: {command}"));
        return Ok(0);
    }
    let path = match written {
        Some(path) => path,
        None => {
            let number = files.next();
            let leftovers = &comparison.leftovers;
            let command = &command;
            let purpose = Purpose { number, command, digests, leftovers, dropped: &dropped };
            files.write(number, &migration_text(&purpose, &obstacles))?
        }
    };
    output::line(&format!("complete {}, then: {command}", path.display()));
    Ok(0)
}

fn describe_leftovers(leftovers: &Leftovers, counts: &BTreeMap<String, u64>) {
    for (class, attributes) in &leftovers.attributes {
        for attribute in attributes.keys() {
            output::line(&format!("  --apply drops {class}.{attribute} where entities have it"));
        }
    }
    for class in leftovers.classes.keys() {
        let count = counts.get(class).copied().unwrap_or(0);
        output::line(&format!("  kept: {count} of the class {class}, which is gone"));
    }
}

/// Makes all new states, keeps the folder as it was beside it, and writes all in one step.
fn apply(
    folder: DataFolder,
    comparison: &Comparison,
    application: Arc<Application>,
    file: Option<&Path>,
    command: &str,
) -> Result<i32, Failure> {
    if let Some(file) = file {
        output::note(&format!("by {}", file.display()));
    }
    let program = Arc::clone(application.program());
    let migration = Migration::load(application, file)?;
    let functions = Functions { program, migration };
    let task = Task {
        schema: &comparison.after,
        differences: &comparison.differences,
        leftovers: &comparison.leftovers,
    };
    let mut progress = |done, total| output::progress("migrated", done, total);
    let new_pile = || Box::new(DiskPile::in_folder(folder.directory())) as Box<dyn Pile>;
    let stored = Stored(&folder.view);
    let rewritten = rewrite(&task, &stored, &functions, &new_pile, &mut progress);
    let outcome = rewritten.map_err(|error| {
        let next = match file {
            Some(file) => format!("correct {} and run it again", file.display()),
            None => {
                format!("`{}` writes a migration to complete", command.trim_end_matches(" --apply"))
            }
        };
        Failure::Message(format!("{error}\nnothing was changed; {next}"))
    })?;
    let backup = free_name(folder.directory());
    folder.copy(&backup)?;
    let mut leftovers = comparison.leftovers.clone();
    leftovers.attributes.clear();
    leftovers.classes.retain(|class, _| !outcome.dropped.contains(class));
    let Outcome { states, changed, moved, deleted, .. } = outcome;
    let directory = folder.directory().display().to_string();
    let entities = states
        .sorted()
        .map_err(Failure::Message)?
        .map(|state| state.map(|NewState { class, key, state }| Rewritten { class, key, state }));
    folder.rewrite(entities, &comparison.note(&leftovers))?;
    output::line(&format!(
        "{directory} is migrated: {changed} entities changed, {moved} of them their key; {deleted} \
         deleted\nas it was before it is in {}; delete that when all is well",
        backup.display()
    ));
    Ok(0)
}

/// A name beside `directory` that nothing has.
fn free_name(directory: &Path) -> PathBuf {
    let name = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let numbers = 1_u32..;
    let mut names = numbers.map(|number| {
        let mut name = name.clone().into_os_string();
        name.push(format!(".before-{number}"));
        PathBuf::from(name)
    });
    names.find(|name| !name.exists()).expect("this is a bug in Anabranch: numbers do not end")
}

/// The application's functions.
struct Functions {
    program: Arc<Program>,
    migration: Migration,
}

impl EntityMigration for Functions {
    fn migrate(
        &self,
        class: &str,
        state: &[u8],
        gone: &[&str],
    ) -> Result<(Vec<u8>, Vec<u8>), String> {
        let operator = self.program.operator_named(class);
        let operator = operator.ok_or_else(|| format!("there is no class {class}"))?;
        let migrated = self.migration.migrate(operator, state, gone)?;
        Ok((migrated.key, migrated.state))
    }

    fn has_function(&self, class: &str) -> bool {
        self.migration.has_function(&format!("migrate_{class}"))
    }

    fn drops(&self, class: &str) -> bool {
        self.migration.is_true(&format!("drop_{class}"))
    }
}
