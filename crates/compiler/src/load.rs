//! Stage 2: from the entry module along imports to all modules of the application.
//!
//! A module belongs to the application if the provider has a source for its name; everything else
//! (the standard library, installed packages) stays opaque Python.

use std::collections::{BTreeMap, VecDeque};

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Stmt, StmtImportFrom};
use ruff_text_size::{Ranged, TextRange};

use crate::parse::{ParsedModule, decode, parse};
use crate::{Code, Diagnostic, SourceFile, SourceText};

/// Where the sources of an application come from.
pub struct Sources<'a> {
    /// Gives the source of the module with a dotted name, or `None` if the application has none.
    pub read: &'a mut dyn FnMut(&str) -> Option<SourceText>,
    /// Whether a top-level module name belongs to Python or to Anabranch itself.
    pub is_reserved: &'a dyn Fn(&str) -> bool,
}

/// All modules of the application, the entry first.
#[derive(Debug, Default)]
pub struct Modules {
    /// One file for each module, at the same index.
    pub files: Vec<SourceFile>,
    pub modules: Vec<ParsedModule>,
    by_name: BTreeMap<String, usize>,
}

impl Modules {
    /// The index of the module with this dotted name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Whether the module is the `__init__` of a package.
    pub fn is_package(&self, module: usize) -> bool {
        let path = &self.files[module].path;
        path == "__init__.py" || path.ends_with("/__init__.py")
    }

    /// The absolute name that `from <dots><module> import …` in `importer` refers to; `None` if the
    /// dots lead out of the import root.
    pub fn absolute_name(&self, importer: usize, import: &StmtImportFrom) -> Option<String> {
        let relative = import.module.as_ref().map(|name| name.as_str());
        if import.level == 0 {
            return relative.map(str::to_owned);
        }
        let mut package: Vec<&str> = self.modules[importer].name.split('.').collect();
        let up = import.level as usize - usize::from(self.is_package(importer));
        if up > package.len() {
            return None;
        }
        package.truncate(package.len() - up);
        package.extend(relative);
        if package.is_empty() { None } else { Some(package.join(".")) }
    }
}

/// Loads `entry` and every module of the application that it imports, directly or not.
pub fn load(entry: &str, sources: &mut Sources<'_>, diagnostics: &mut Vec<Diagnostic>) -> Modules {
    let mut loaded = Modules::default();
    if !add_module(entry, sources, &mut loaded, diagnostics) {
        let message = format!("there is no module `{entry}`");
        diagnostics.push(Diagnostic::new(Code::ModuleNotFound, message));
        return loaded;
    }
    let mut pending = VecDeque::from([0]);
    while let Some(importer) = pending.pop_front() {
        for import in imports(&loaded, importer, diagnostics) {
            // `import a.b` runs `a` first, so a package's modules come with their parents.
            let ends = import.match_indices('.').map(|(end, _)| end).chain([import.len()]);
            for end in ends {
                let name = &import[..end];
                let is_new = loaded.named(name).is_none()
                    && add_module(name, sources, &mut loaded, diagnostics);
                if is_new {
                    pending.push_back(loaded.modules.len() - 1);
                }
            }
        }
    }
    loaded
}

fn add_module(
    name: &str,
    sources: &mut Sources<'_>,
    loaded: &mut Modules,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let Some(source) = (sources.read)(name) else { return false };
    if (sources.is_reserved)(name) {
        let message = format!("the module {} hides Python's own `{name}`", source.path);
        diagnostics.push(
            Diagnostic::new(Code::ModuleNameCollision, message)
                .why("which of the two an import gets depends on what was imported before")
                .help("rename the file, and the imports of it"),
        );
    }
    let index = loaded.files.len();
    let file = decode(source, diagnostics);
    loaded.modules.push(parse(name.to_owned(), index, &file, diagnostics));
    loaded.files.push(file);
    loaded.by_name.insert(name.to_owned(), index);
    true
}

/// The names of all modules that `importer` may import, those of other applications too.
fn imports(loaded: &Modules, importer: usize, diagnostics: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut found = Imports { loaded, importer, names: Vec::new(), outside: Vec::new() };
    found.visit_body(&loaded.modules[importer].body);
    for range in found.outside {
        let diagnostic = Diagnostic::new(
            Code::ModuleNotFound,
            "the relative import leads out of the application",
        );
        diagnostics.push(diagnostic.at(importer, range, "no package here").help(
            "import by the absolute name, counted from the first folder without an `__init__.py`",
        ));
    }
    found.names
}

struct Imports<'a> {
    loaded: &'a Modules,
    importer: usize,
    names: Vec<String>,
    outside: Vec<TextRange>,
}

impl<'a> StatementVisitor<'a> for Imports<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                self.names.extend(import.names.iter().map(|alias| alias.name.to_string()));
            }
            Stmt::ImportFrom(import) => match self.loaded.absolute_name(self.importer, import) {
                Some(module) => {
                    self.names.push(module.clone());
                    let names = import.names.iter().filter(|alias| &alias.name != "*");
                    self.names.extend(names.map(|alias| format!("{module}.{}", alias.name)));
                }
                None => self.outside.push(import.range()),
            },
            _ => walk_stmt(self, statement),
        }
    }
}
