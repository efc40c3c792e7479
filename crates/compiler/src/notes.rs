//! Notes on entity code that is compiled as it is: where it takes time, randomness and ids from the
//! transaction, and where it reaches outside of the transaction; and on attributes that are stored
//! as pickles.
//!
//! What is noted goes by the dotted names of functions outside the application. The run time has
//! the same list of what is taken from the transaction: `python/anabranch/_stand_ins.py`.

mod opaque;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Arguments, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Name, Typing};
use crate::{Code, Diagnostic};

/// Functions that ask for the time, and how many arguments spare them the question.
const CLOCKS: &[(&str, usize)] = &[
    ("datetime.date.today", usize::MAX),
    ("datetime.datetime.now", usize::MAX),
    ("datetime.datetime.today", usize::MAX),
    ("datetime.datetime.utcnow", usize::MAX),
    ("time.asctime", 1),
    ("time.ctime", 1),
    ("time.gmtime", 1),
    ("time.localtime", 1),
    ("time.strftime", 2),
    ("time.time", usize::MAX),
    ("time.time_ns", usize::MAX),
];

/// Functions that give random values and fresh ids.
const GENERATORS: &[&str] = &[
    "os.urandom",
    "random.betavariate",
    "random.binomialvariate",
    "random.choice",
    "random.choices",
    "random.expovariate",
    "random.gammavariate",
    "random.gauss",
    "random.getrandbits",
    "random.getstate",
    "random.lognormvariate",
    "random.normalvariate",
    "random.paretovariate",
    "random.randbytes",
    "random.randint",
    "random.random",
    "random.randrange",
    "random.sample",
    "random.seed",
    "random.setstate",
    "random.shuffle",
    "random.triangular",
    "random.uniform",
    "random.vonmisesvariate",
    "random.weibullvariate",
    "secrets.choice",
    "secrets.randbelow",
    "secrets.randbits",
    "secrets.token_bytes",
    "secrets.token_hex",
    "secrets.token_urlsafe",
    "uuid.uuid1",
    "uuid.uuid4",
];

/// What gives other values in each run, and what to use instead. A final dot names all of a module.
const NOT_REPEATABLE: &[(&str, &str)] = &[
    (
        "numpy.random.",
        "give its generator a seed: `numpy.random.default_rng(random.getrandbits(64))`",
    ),
    ("os.getrandom", "use `os.urandom`"),
    ("random.SystemRandom", "use `secrets`, or the functions of `random`"),
    ("secrets.SystemRandom", "use the functions of `secrets`"),
    ("time.clock_gettime", "use `time.time`, unless it only measures"),
    ("time.clock_gettime_ns", "use `time.time_ns`, unless it only measures"),
    ("time.monotonic", "use `time.time`, unless it only measures"),
    ("time.monotonic_ns", "use `time.time_ns`, unless it only measures"),
    ("time.perf_counter", "use `time.time`, unless it only measures"),
    ("time.perf_counter_ns", "use `time.time_ns`, unless it only measures"),
    ("time.process_time", "use `time.time`, unless it only measures"),
    ("time.process_time_ns", "use `time.time_ns`, unless it only measures"),
    ("uuid.getnode", "keep the number in an entity"),
    ("uuid.uuid6", "use `uuid.uuid4`"),
    ("uuid.uuid7", "use `uuid.uuid4`"),
    ("uuid.uuid8", "give it all of its parts, or use `uuid.uuid4`"),
];

/// What acts on the world outside. A final dot names all of a module.
const OUTSIDE: &[&str] = &[
    "aiohttp.",
    "asyncio.",
    "boto3.",
    "concurrent.futures.",
    "ftplib.",
    "http.client.",
    "httpx.",
    "imaplib.",
    "io.open",
    "kafka.",
    "multiprocessing.",
    "os.chmod",
    "os.chown",
    "os.kill",
    "os.link",
    "os.makedirs",
    "os.mkdir",
    "os.open",
    "os.popen",
    "os.putenv",
    "os.remove",
    "os.removedirs",
    "os.rename",
    "os.renames",
    "os.replace",
    "os.rmdir",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.unlink",
    "os.utime",
    "os.write",
    "poplib.",
    "psycopg.",
    "psycopg2.",
    "pymongo.",
    "redis.",
    "requests.",
    "shutil.chown",
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.copymode",
    "shutil.copystat",
    "shutil.copytree",
    "shutil.make_archive",
    "shutil.move",
    "shutil.rmtree",
    "shutil.unpack_archive",
    "smtplib.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "tempfile.",
    "threading.Thread",
    "threading.Timer",
    "urllib.request.",
    "urllib3.",
    "webbrowser.",
    "xmlrpc.client.",
];

/// Adds the notes on constructors and attributes, which are no functions of their own.
pub fn note_classes<'a>(typing: &Typing<'a>, found: &mut Vec<Diagnostic>) {
    let application = typing.application;
    for entity in &application.entities {
        for definition in entity.constructors.iter().chain(&entity.keys) {
            let scope = FunctionScope::new(application, definition);
            note(typing, &scope, found);
        }
    }
    opaque::notes(application, found);
}

/// Adds the notes on a function of entity code.
pub fn note<'a>(typing: &Typing<'a>, scope: &FunctionScope<'a>, found: &mut Vec<Diagnostic>) {
    let mut uses = Uses { inference: Inference::new(typing, scope), found };
    for statement in &scope.node.body {
        uses.visit_stmt(statement);
    }
}

struct Uses<'t, 'a> {
    inference: Inference<'t, 'a>,
    found: &'t mut Vec<Diagnostic>,
}

impl<'a> Visitor<'a> for Uses<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // Their names are not calls.
            Stmt::Import(_) | Stmt::ImportFrom(_) => {}
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(node) => {
                if let Some(name) = self.outside_name(&node.func) {
                    self.called(&name, &node.arguments, node.range());
                } else {
                    self.visit_expr(&node.func);
                }
                self.visit_arguments(&node.arguments);
            }
            Expr::Name(_) | Expr::Attribute(_) => match self.outside_name(expression) {
                Some(name) => self.named(&name, expression.range()),
                None => visitor::walk_expr(self, expression),
            },
            _ => visitor::walk_expr(self, expression),
        }
    }
}

impl Uses<'_, '_> {
    /// The dotted name of what `expression` means, if that is outside the application.
    fn outside_name(&self, expression: &Expr) -> Option<String> {
        if let Expr::Name(node) = expression {
            let name = node.id.as_str();
            return match self.inference.name(name) {
                Name::Bound(Binding::External(name)) => Some(name.clone()),
                Name::Bound(_) | Name::Local => None,
                Name::Builtin => Some(name.to_owned()),
            };
        }
        match self.inference.binding(expression) {
            Some(Binding::External(name)) => Some(name),
            _ => None,
        }
    }

    fn called(&mut self, name: &str, arguments: &Arguments, range: TextRange) {
        let given = arguments.args.len() + arguments.keywords.len();
        if CLOCKS.iter().any(|(clock, enough)| *clock == name && given >= *enough) {
            return;
        }
        let unseeded = given == 0 && name == "random.Random";
        let help = NOT_REPEATABLE.iter().find(|(listed, _)| is_listed(name, listed));
        if unseeded {
            self.not_repeatable(name, range, "give it a seed: `random.Random(random.random())`");
        } else if let Some((_, help)) = help {
            self.not_repeatable(name, range, help);
        } else if name == "input" {
            self.not_repeatable(name, range, "ask before the root call, and pass the answer");
        } else if name == "open" || OUTSIDE.iter().any(|listed| is_listed(name, listed)) {
            self.outside(name, range);
        } else {
            self.named(name, range);
        }
    }

    /// A function that stands somewhere will be called.
    fn named(&mut self, name: &str, range: TextRange) {
        let label = if CLOCKS.iter().any(|(clock, _)| *clock == name) {
            "the time at which the transaction started"
        } else if GENERATORS.contains(&name) {
            "from a generator with a seed for each request"
        } else {
            return;
        };
        let message = format!("`{name}` is taken from the transaction");
        let module = self.inference.scope.module;
        self.found.push(
            Diagnostic::new(Code::TakenFromTransaction, message)
                .at(module, range, label)
                .why("a request that runs again must get the same values"),
        );
    }

    fn not_repeatable(&mut self, name: &str, range: TextRange, help: &str) {
        let message = format!("`{name}` is not taken from the transaction");
        let module = self.inference.scope.module;
        self.found.push(
            Diagnostic::new(Code::NotRepeatable, message)
                .at(module, range, "another value each time the request runs")
                .why("a request that runs again should get the same values")
                .help(help),
        );
    }

    fn outside(&mut self, name: &str, range: TextRange) {
        let message = format!("`{name}` may happen more than once");
        let module = self.inference.scope.module;
        self.found.push(
            Diagnostic::new(Code::OutsideEffect, message)
                .at(module, range, "not part of the transaction")
                .why(
                    "a transaction may be undone, or its request run again; what was done outside \
                     of it stays done",
                )
                .help(
                    "let the method return or store what is to be done, and do it after the root \
                     call has returned; or see to it that doing it twice does no harm",
                ),
        );
    }
}

/// Exceptions of a module that is listed as a whole do nothing.
fn is_listed(name: &str, listed: &str) -> bool {
    if !listed.ends_with('.') {
        return name == listed;
    }
    let is_exception =
        name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Timeout");
    name.starts_with(listed) && !is_exception
}
