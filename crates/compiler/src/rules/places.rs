//! Remote calls in places where a function cannot suspend.

use crate::effects::{Action, Certainty, Place, Spot};
use crate::resolve::{FunctionDefinition, FunctionKind};
use crate::types::FunctionScope;
use crate::{Code, Diagnostic};

pub(super) fn check(scope: &FunctionScope<'_>, spots: &[Spot<'_>], found: &mut Vec<Diagnostic>) {
    for spot in spots {
        // What only may be remote runs as plain Python there, and fails clearly if it is.
        if spot.place == Place::Body || spot.action.certainty() == Certainty::Maybe {
            continue;
        }
        let refusal = refusal(spot.place);
        let mut diagnostic = Diagnostic::new(refusal.code, refusal.message)
            .at(scope.module, spot.range, what_happens(&spot.action))
            .why(refusal.why)
            .help(refusal.help);
        if refusal.word_length > 0 {
            let start = spot.place_range.start();
            let word = ruff_text_size::TextRange::at(start, refusal.word_length.into());
            diagnostic = diagnostic.also(scope.module, word, "inside of this");
        }
        found.push(diagnostic);
    }
}

/// Properties, static methods and class methods run in one piece.
pub(super) fn check_accessor(
    scope: &FunctionScope<'_>,
    spots: &[Spot<'_>],
    definition: &FunctionDefinition<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let what = match definition.kind {
        FunctionKind::Property => "a property",
        FunctionKind::StaticMethod => "a static method",
        FunctionKind::ClassMethod => "a class method",
        FunctionKind::Method | FunctionKind::Constructor | FunctionKind::Helper => return,
    };
    for spot in spots {
        if spot.place == Place::Body && spot.action.certainty() == Certainty::Surely {
            found.push(
                Diagnostic::new(Code::RemoteUnsupported, format!("a remote call in {what}"))
                    .at(scope.module, spot.range, what_happens(&spot.action))
                    .why(format!("{what} runs in one piece, without waiting for others"))
                    .help(
                        "make it an ordinary method, or a function at the top level of the module",
                    ),
            );
        }
    }
}

/// What stands under the spot: why it counts as a remote call.
fn what_happens(action: &Action) -> &'static str {
    match action {
        Action::Get { .. } => "reads an attribute of another entity",
        Action::Set { .. } => "writes an attribute of another entity",
        Action::Call { .. } => "calls another entity",
        Action::SelfCall { .. } | Action::InheritedCall { .. } => {
            "calls a method that makes remote calls"
        }
        Action::Function { .. } => "calls a function that makes remote calls",
        Action::Create { .. } => "creates an entity",
        Action::Exists => "asks for another entity",
        Action::Delete => "deletes another entity",
    }
}

struct Refusal {
    code: Code,
    message: &'static str,
    /// How much of the construct to mark; zero where the spot itself shows it.
    word_length: u32,
    why: &'static str,
    help: &'static str,
}

fn refusal(place: Place) -> Refusal {
    match place {
        Place::Body => unreachable!("this is a bug in Anabranch: a call can suspend in a body"),
        Place::TryStar => Refusal {
            code: Code::RemoteInTry,
            message: "a remote call in a `try` statement with `except*`",
            word_length: 3,
            why: "an exception that leaves another entity is never a group",
            help: "use `except` instead of `except*`",
        },
        Place::With => Refusal {
            code: Code::RemoteInWith,
            message: "a remote call in a `with` statement",
            word_length: 4,
            why: "the resource would stay open while the call runs elsewhere, and cannot be stored",
            help: "make the call before the `with`, or after it",
        },
        Place::Pattern => Refusal {
            code: Code::RemoteInMatch,
            message: "a remote call in a pattern",
            word_length: 0,
            why: "Python compares patterns in the middle of other work, where nothing can wait",
            help: "fetch the value first and compare it in a guard: `case x if x == value`",
        },
        Place::Lambda => Refusal {
            code: Code::RemoteInLambda,
            message: "a remote call in a lambda",
            word_length: 6,
            why: "Python calls a lambda in the middle of other work, where nothing can wait",
            help: "fetch the values first, for example into a list of tuples, and use those",
        },
        Place::Nested => Refusal {
            code: Code::RemoteInNested,
            message: "a remote call in a nested function or class",
            word_length: 3,
            why: "an inner function can be called from anywhere, also where nothing can wait",
            help: "make it a method, or a function at the top level of the module",
        },
        Place::Generator => Refusal {
            code: Code::RemoteInGenerator,
            message: "a remote call in a generator expression",
            word_length: 0,
            why: "a generator runs in the middle of other work, where nothing can wait",
            help: "use a list comprehension: `sum([item.price for item in items])`",
        },
        Place::Other => Refusal {
            code: Code::RemoteUnsupported,
            message: "a remote attribute cannot be deleted",
            word_length: 0,
            why: "attributes are deleted by the entity's own methods",
            help: "call a method of the entity that deletes it",
        },
    }
}
