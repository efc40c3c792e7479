//! The diagnostic codes. A code never changes its meaning.
//!
//! Each has a page in `docs/errors`, which is part of the program: `anabranch explain AB015`.

use std::fmt;

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $id:ident,)*) => {
        /// What a diagnostic is about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The code as users see it: `AB015`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Code::$name => stringify!($id),)*
                }
            }

            /// One sentence on what the code is about.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($doc),*).trim_ascii(),)*
                }
            }

            /// The documentation page, in Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!(
                        "../../../../docs/errors/", stringify!($id), ".md"
                    )),)*
                }
            }
        }
    };
}

codes! {
    /// The file is not Python that this interpreter accepts.
    SyntaxError = AB001,
    /// The file cannot be read as text.
    UnreadableSource = AB002,
    /// No class is marked `@entity`.
    NoEntity = AB003,
    /// The module cannot be found.
    ModuleNotFound = AB004,
    /// Two entity classes have the same name.
    EntityNameCollision = AB005,
    /// A module of the application has the name of one of Python's or Anabranch's own.
    ModuleNameCollision = AB006,
    /// The module does not define the imported name.
    ImportedNameNotFound = AB007,

    /// An entity class has no `__key__`.
    MissingKey = AB010,
    /// An entity class inherits from another entity class.
    EntityBaseClass = AB011,
    /// An entity class or method has a decorator that cannot be compiled.
    UnsupportedDecorator = AB012,
    /// An entity class defines a special method that references cannot have.
    SpecialMethod = AB013,
    /// A method of an entity is asynchronous or a generator.
    AsyncOrGenerator = AB014,
    /// A key attribute is assigned outside `__init__`.
    KeyAssigned = AB015,
    /// Entity code writes a global variable.
    GlobalWrite = AB016,
    /// An entity class is not at the top level of its module.
    NestedEntity = AB017,
    /// A method of an entity has no `self`.
    MissingSelf = AB018,
    /// Nothing defines the name.
    UndefinedName = AB019,
    /// An entity class leaves an abstract method undefined.
    AbstractEntity = AB020,
    /// An entity class has a base class that cannot be compiled.
    UnsupportedBase = AB021,

    /// A remote call in a `try` statement with `except*`.
    RemoteInTry = AB030,
    /// A remote call in a `with` statement.
    RemoteInWith = AB031,
    /// A remote call in a pattern of a `match` statement.
    RemoteInMatch = AB032,
    /// A remote call in a lambda.
    RemoteInLambda = AB033,
    /// A remote call in a nested function or class.
    RemoteInNested = AB034,
    /// A remote call in a generator expression.
    RemoteInGenerator = AB035,
    /// A remote call in `__init__` or `__key__`.
    RemoteInConstructor = AB036,
    /// A remote access that Python evaluates in a place where a call cannot suspend.
    RemoteUnsupported = AB037,
    /// A default argument, a decorator or a class body makes a remote call.
    RemoteInDefinition = AB038,

    /// A method changes a copy read from a remote attribute.
    CopyMutated = AB040,
    /// References are compared by identity.
    ReferenceIdentity = AB041,
    /// A method of another entity is used without being called.
    MethodAsValue = AB042,
    /// The entity class has no such method.
    UnknownMethod = AB043,
    /// A function that can suspend looks into its own variables.
    FrameInspection = AB044,
    /// A function that can suspend has an inner function over a variable that changes.
    ChangingCapture = AB045,
    /// `super()` in a function that can suspend, where it is not known which method is meant.
    SuperInSplit = AB046,
    /// `yield` or `await` in a function that can suspend.
    YieldInSplit = AB047,
    /// The code nests too deep to be compiled.
    TooDeep = AB048,

    /// Entity code takes time, randomness or an id from the transaction.
    TakenFromTransaction = AB070,
    /// Entity code acts on the world outside, which may happen more than once.
    OutsideEffect = AB071,
    /// Entity code uses a value that is another one when the request runs again.
    NotRepeatable = AB072,
    /// An attribute of an entity may be stored as a pickle.
    OpaqueState = AB073,
}

impl Code {
    pub fn severity(self) -> Severity {
        match self {
            Code::TakenFromTransaction
            | Code::OutsideEffect
            | Code::NotRepeatable
            | Code::OpaqueState => Severity::Note,
            _ => Severity::Error,
        }
    }

    /// The code that a user typed, in capitals or not.
    pub fn named(id: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(id))
    }

    /// Where the documentation page is in the repository.
    pub fn page_path(self) -> String {
        format!("docs/errors/{self}.md")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
