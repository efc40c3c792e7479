//! Which application is meant, and where its files are.

use std::io;
use std::path::{Path, PathBuf};

use anabranch_compiler::{Compilation, SourceText, Sources, compile};
use anabranch_ir::Program;

use crate::arguments::Application;
use crate::{Failure, output};

/// An application on disk.
#[derive(Debug)]
pub(crate) struct Target {
    /// The folder from which its modules are imported.
    pub(crate) root: PathBuf,
    /// The dotted name of its main module.
    pub(crate) module: String,
    /// As the user named it on the command line.
    pub(crate) typed: String,
}

impl Target {
    /// Finds the application that the user named.
    pub(crate) fn find(application: &Application) -> Result<Self, Failure> {
        match (&application.file, &application.module) {
            (Some(file), _) => Self::of_file(file),
            (None, Some(module)) => Self::of_module(module),
            (None, None) => unreachable!("this is a bug in Anabranch: clap requires one of them"),
        }
    }

    /// The import root is the first folder upward without an `__init__.py`.
    fn of_file(file: &Path) -> Result<Self, Failure> {
        let shown = file.display();
        let absolute = file.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::Message(format!("there is no file {shown}")),
            _ => Failure::Message(format!("cannot read {shown}: {error}")),
        })?;
        if absolute.is_dir() {
            let message = format!("{shown} is a folder; name the application's main file in it");
            return Err(Failure::Message(message));
        }
        if absolute.extension().is_none_or(|extension| extension != "py") {
            return Err(Failure::Message(format!("{shown} is not a Python file (*.py)")));
        }
        let mut parts = Vec::new();
        let stem = absolute.file_stem().and_then(|stem| stem.to_str());
        let stem = stem.ok_or_else(|| Failure::Message(format!("{shown} is not valid UTF-8")))?;
        if stem.contains('.') {
            let message = format!("{shown} cannot be imported: its name has a dot; rename it");
            return Err(Failure::Message(message));
        }
        if stem != "__init__" {
            parts.push(stem.to_owned());
        }
        let mut root = absolute.parent().expect("a file is in a folder").to_path_buf();
        while root.join("__init__.py").is_file() {
            let name = root.file_name().and_then(|name| name.to_str());
            let Some(name) = name else { break };
            parts.insert(0, name.to_owned());
            root.pop();
        }
        Ok(Self { root, module: parts.join("."), typed: shown.to_string() })
    }

    /// As `python -m` does, from the current folder.
    fn of_module(module: &str) -> Result<Self, Failure> {
        let root = std::env::current_dir()?;
        if source_path(&root, module).is_none() {
            let message = format!(
                "there is no module {module} below {}; modules are named with dots, without .py",
                root.display()
            );
            return Err(Failure::Message(message));
        }
        Ok(Self { root, module: module.to_owned(), typed: format!("-m {module}") })
    }

    /// Refuses a main module that Python would not import, because it has one of that name itself.
    pub(crate) fn check_name(&self) -> Result<(), Failure> {
        if !anabranch_cpython::is_reserved_module(&self.module) {
            return Ok(());
        }
        let name = &self.module;
        let message = format!("the module {name} hides Python's own `{name}`; rename the file");
        Err(Failure::Message(message))
    }

    /// Compiles the application. Diagnostics are only collected; they name files as the user would,
    /// from the current folder.
    pub(crate) fn compilation(&self) -> Compilation {
        let root = &self.root;
        let mut read = |name: &str| {
            let path = source_path(root, name)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            std::fs::read(&path).ok().map(|bytes| SourceText { path: shown, bytes })
        };
        let is_reserved = anabranch_cpython::is_reserved_module;
        let mut sources = Sources { read: &mut read, is_reserved: &is_reserved };
        let mut compilation = compile(&self.module, &mut sources);
        let current = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
        for file in &mut compilation.files {
            let path = root.join(&file.path);
            let near = current.as_ref().and_then(|folder| path.strip_prefix(folder).ok());
            file.path = near.unwrap_or(&path).display().to_string();
        }
        compilation
    }

    /// Compiles the application, or prints why it cannot be.
    pub(crate) fn program(&self) -> Result<Program, Failure> {
        let compilation = self.compilation();
        output::diagnostics(&compilation.diagnostics, &compilation.files);
        compilation.program.ok_or(Failure::Diagnosed)
    }
}

fn source_path(root: &Path, module: &str) -> Option<PathBuf> {
    let is_name = |part: &str| !part.is_empty() && !part.contains(['/', '\\']);
    if !module.split('.').all(is_name) {
        return None;
    }
    let base = root.join(module.replace('.', "/"));
    let package = base.join("__init__.py");
    let file = base.with_file_name(format!("{}.py", base.file_name()?.to_str()?));
    // A package wins over a module of the same name, as in Python.
    [package, file].into_iter().find(|path| path.is_file())
}
