//! The diagnostic codes. A code never changes its meaning.

use std::fmt;

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal,)*) => {
        /// What a diagnostic is about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code {
            $($(#[doc = $doc])* $name = $number,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// One sentence on what the code is about.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($doc),*).trim_ascii(),)*
                }
            }
        }
    };
}

codes! {
    /// The file is not Python that this interpreter accepts.
    SyntaxError = 1,
    /// The file cannot be read as text.
    UnreadableSource = 2,
    /// No class is marked `@entity`.
    NoEntity = 3,
    /// The module cannot be found.
    ModuleNotFound = 4,
    /// Two entity classes have the same name.
    EntityNameCollision = 5,
    /// A module of the application has the name of one of Python's or Anabranch's own.
    ModuleNameCollision = 6,
    /// The module does not define the imported name.
    ImportedNameNotFound = 7,

    /// An entity class has no `__key__`.
    MissingKey = 10,
    /// An entity class inherits from another class.
    EntityBaseClass = 11,
    /// An entity class or method has a decorator that cannot be compiled.
    UnsupportedDecorator = 12,
    /// An entity class defines a special method that references cannot have.
    SpecialMethod = 13,
    /// A method of an entity is asynchronous or a generator.
    AsyncOrGenerator = 14,
    /// A key attribute is assigned outside `__init__`.
    KeyAssigned = 15,
    /// Entity code writes a global variable.
    GlobalWrite = 16,
    /// An entity class is not at the top level of its module.
    NestedEntity = 17,
    /// A method of an entity has no `self`.
    MissingSelf = 18,

    /// A remote call in a `try` statement with `except*`.
    RemoteInTry = 30,
    /// A remote call in a `with` statement.
    RemoteInWith = 31,
    /// A remote call in a pattern of a `match` statement.
    RemoteInMatch = 32,
    /// A remote call in a lambda.
    RemoteInLambda = 33,
    /// A remote call in a nested function or class.
    RemoteInNested = 34,
    /// A remote call in a generator expression.
    RemoteInGenerator = 35,
    /// A remote call in `__init__` or `__key__`.
    RemoteInConstructor = 36,
    /// A remote access that Python evaluates in a place where a call cannot suspend.
    RemoteUnsupported = 37,

    /// A method changes a copy read from a remote attribute.
    CopyMutated = 40,
    /// References are compared by identity.
    ReferenceIdentity = 41,
    /// A method of a reference is taken as a value.
    MethodAsValue = 42,
    /// The entity class has no such method.
    UnknownMethod = 43,
    /// A function that can suspend looks into its own variables.
    FrameInspection = 44,
    /// A function that can suspend has an inner function over a variable that changes.
    ChangingCapture = 45,
    /// `super()` in a function that can suspend.
    SuperInSplit = 46,
    /// `yield` or `await` in a function that can suspend.
    YieldInSplit = 47,
    /// The function nests too deep to be compiled.
    TooDeep = 48,
}

impl Code {
    pub fn severity(self) -> Severity {
        Severity::Error
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AB{:03}", *self as u32)
    }
}
