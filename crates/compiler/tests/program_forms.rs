//! What the compiler makes goes through both forms of the program and comes back the same. That it
//! makes sense the compiler asserts itself.

use std::fs;
use std::path::{Path, PathBuf};

use anabranch_compiler::{SourceText, Sources, compile};
use anabranch_ir::{Program, text, wire};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn compiled(entry: &str, read: &mut dyn FnMut(&str) -> Option<SourceText>) -> Option<Program> {
    compile(entry, &mut Sources { read, is_reserved: &|_| false }).program
}

/// Compiles a file beside which the other modules are.
fn compiled_file(file: &Path) -> Option<Program> {
    let folder = file.parent().expect("a file is in a folder");
    let mut read = |module: &str| {
        let path = format!("{}.py", module.replace('.', "/"));
        fs::read(folder.join(&path)).ok().map(|bytes| SourceText { path, bytes })
    };
    compiled(file.file_stem()?.to_str()?, &mut read)
}

fn compiled_text(source: &str) -> Option<Program> {
    compiled("main", &mut |module| {
        let bytes = source.as_bytes().to_vec();
        (module == "main").then(|| SourceText { path: "main.py".into(), bytes })
    })
}

#[track_caller]
fn assert_comes_back(program: &Program) {
    let printed = program.to_string();
    let parsed = text::parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(parsed, *program, "{printed}");
    assert_eq!(parsed.to_string(), printed);
    assert_eq!(wire::decode(&wire::encode(program)).as_ref(), Ok(program));
}

#[test]
fn every_example_comes_back() {
    let mut count = 0;
    for folder in fs::read_dir(root().join("examples")).unwrap() {
        let folder = folder.unwrap().path();
        for file in fs::read_dir(folder).into_iter().flatten() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "py") {
                // Modules without entities are no applications.
                let Some(program) = compiled_file(&file) else { continue };
                assert_comes_back(&program);
                count += 1;
            }
        }
    }
    assert!(count >= 3, "only {count} examples were compiled");
}

#[test]
fn every_language_test_comes_back() {
    let mut count = 0;
    for file in fs::read_dir(root().join("tests/lang")).unwrap() {
        let document = fs::read_to_string(file.unwrap().path()).unwrap();
        for block in document.split("```python\n").skip(1) {
            let source = block.split("\n```").next().expect("the first part of a split");
            let Some(program) = compiled_text(source) else { continue };
            assert_comes_back(&program);
            count += 1;
        }
    }
    assert!(count >= 50, "only {count} blocks were compiled");
}

/// Source that Python accepts, or refuses only when it runs, and that has something twice.
#[test]
fn what_is_defined_twice_is_compiled_once() {
    let source = r#"
from dataclasses import dataclass
from enum import Enum
from typing import Union
from anabranch import entity

class Color(Enum):
    RED = 1
    RED = 2

if Color:
    @dataclass
    class Line:
        a: int
else:
    @dataclass
    class Line:
        b: "Union[()]"

def helper(item: "Item"):
    return item.price
def helper(item: "Item"):
    return item.price + 1

@entity
class Item:
    def __init__(self, name: str, price: int):
        self.name = name
        self.price = price
    def __key__(self) -> float:
        return self.name
    def twice(self) -> int:
        return 1
    def twice(self, other: "Item") -> int:
        return other.price + helper(other)
    @property
    def cost(self):
        return self.price
    @cost.setter
    def cost(self, value):
        self.price = value
    def never_ends(self, other: "Item"):
        if other.price:
            raise ValueError
        while True:
            other.price += 1
    def leaves_early(self, other: "Item"):
        for number in range(9):
            if number: return number
        return other.price
    def __private(self, __secret, other: "Item"):
        return other.price + __secret
"#;
    let program = compiled_text(source).expect("there are no mistakes");
    assert_comes_back(&program);
    let fields: Vec<&str> = program.records[0].fields.iter().map(|field| &*field.name).collect();
    assert_eq!((program.records.len(), fields), (1, vec!["b"]));
    assert_eq!(program.enums[0].members.len(), 1);
    assert_eq!(program.operators[0].methods.len(), 4);
}

#[test]
fn hints_too_deep_say_nothing() {
    let hint = "list[".repeat(150) + "int" + &"]".repeat(150);
    let source = format!(
        "from anabranch import entity\n@entity\nclass Item:\n    def __init__(self, name: {hint}):\n        \
         self.name = name\n    def __key__(self) -> {hint}:\n        return self.name\n"
    );
    let program = compiled_text(&source).expect("there are no mistakes");
    assert_comes_back(&program);
}

#[test]
fn a_parameter_twice_is_a_syntax_error() {
    let source = "from anabranch import entity\n@entity\nclass Item:\n    def __init__(self, a, a):\n        self.a = a\n    def __key__(self):\n        return self.a\n";
    assert!(compiled_text(source).is_none());
}

/// Inference that looks at an operand twice would take longer than the universe has.
#[test]
fn long_chains_of_operators_compile() {
    let chain = vec!["amount"; 300].join(" + ");
    let source = format!(
        "from anabranch import entity\n\n\n@entity\nclass Item:\n    def __init__(self, name):\n        \
         self.name = name\n\n    def __key__(self):\n        return self.name\n\n    \
         def total(self, amount, other: 'Item'):\n        return {chain} + other.total(1, self)\n"
    );
    assert!(compiled_text(&source).is_some());
}
