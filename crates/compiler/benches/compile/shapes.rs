//! Programs that only a machine would write, each of a size that can be chosen. What it takes to
//! compile them must grow no faster than they do.

use std::fmt::Write;

/// A family of programs.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// The size at which it is measured.
    pub(crate) size: usize,
    /// The program of a size.
    pub(crate) make: fn(usize) -> String,
}

pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "statements of a function", size: 10_000, make: long_function },
    Shape { name: "remote calls of a function", size: 2_000, make: many_calls },
    Shape { name: "variables of a function", size: 2_000, make: many_variables },
    Shape { name: "links of attributes", size: 900, make: attributes },
    Shape { name: "links of calls", size: 450, make: calls },
    Shape { name: "operands", size: 900, make: operands },
    Shape { name: "nested calls", size: 180, make: nested_calls },
    Shape { name: "nested conditions", size: 90, make: nested_conditions },
    Shape { name: "branches of a condition", size: 900, make: branches },
    Shape { name: "functions in a chain", size: 5_000, make: chain },
    Shape { name: "functions in a cycle", size: 5_000, make: cycle },
    Shape { name: "classes", size: 500, make: classes },
    Shape { name: "methods of a class", size: 2_000, make: methods },
    Shape { name: "attributes of a class", size: 2_000, make: class_attributes },
];

/// An entity class `Item`, up to where its methods go on.
const ITEM: &str = "from anabranch import entity\n\n\n@entity\nclass Item:\n    \
                    def __init__(self, name: str):\n        self.name = name\n        \
                    self.price = 1\n        self.next: Item = self\n\n    \
                    def __key__(self) -> str:\n        return self.name\n\n    \
                    def other(self, item: \"Item\") -> \"Item\":\n        return item\n\n";

/// A class with a method of these lines.
fn method(lines: impl IntoIterator<Item = String>) -> String {
    let mut text = ITEM.to_owned() + "    def work(self, item: \"Item\", unknown):\n";
    for line in lines {
        writeln!(text, "        {line}").expect("a string takes all");
    }
    text
}

fn long_function(size: usize) -> String {
    let start = ["total = item.price".to_owned(), "parts = []".to_owned()];
    let lines = (0..size).map(|number| match number % 4 {
        0 => format!("total += {number}"),
        1 => format!("part = total * {number} - self.price"),
        2 => "parts.append(part)".to_owned(),
        _ => "self.price = max(parts[-1], total) + 1".to_owned(),
    });
    method(start.into_iter().chain(lines).chain(["return item.other(self)".to_owned()]))
}

fn many_calls(size: usize) -> String {
    let lines = (0..size).map(|number| match number % 3 {
        0 => "if item.price > total: total += 1".to_owned(),
        1 => "total += item.price".to_owned(),
        _ => "item = item.other(self)".to_owned(),
    });
    method(["total = 0".to_owned()].into_iter().chain(lines).chain(["return total".to_owned()]))
}

fn many_variables(size: usize) -> String {
    let lines = (0..size).map(|number| match number {
        0 => "v0 = 1".to_owned(),
        _ if number % 100 == 99 => format!("v{number} = item.other(self)"),
        _ => format!("v{number} = v{} + 1", number - 1),
    });
    method(lines)
}

fn attributes(size: usize) -> String {
    method([format!("return item{}.price", ".next".repeat(size))])
}

fn calls(size: usize) -> String {
    method([format!("return item{}", ".other(item)".repeat(size))])
}

fn operands(size: usize) -> String {
    method([format!("return unknown{}", " + item.price".repeat(size))])
}

fn nested_calls(size: usize) -> String {
    method([format!("return {}item{}", "item.other(".repeat(size), ")".repeat(size))])
}

fn nested_conditions(size: usize) -> String {
    let mut lines = vec!["total = 0".to_owned()];
    for depth in 0..size {
        lines.push(format!("{}if item.price > {depth}:", "    ".repeat(depth)));
        lines.push(format!("{}total += {depth}", "    ".repeat(depth + 1)));
    }
    lines.push("return total".to_owned());
    method(lines)
}

fn branches(size: usize) -> String {
    let mut lines = vec!["if self.price == 0:".to_owned(), "    return item.price".to_owned()];
    for number in 1..size {
        lines.push(format!("elif self.price == {number}:"));
        lines.push(format!("    return item.price + {number}"));
    }
    method(lines)
}

fn helpers(size: usize, last: &str) -> String {
    let mut text = "from anabranch import entity\n\n\n".to_owned();
    for number in 0..size {
        let next =
            if number + 1 == size { last.to_owned() } else { format!("f{}(item)", number + 1) };
        write!(text, "def f{number}(item: \"Item\"):\n    return {next}\n\n\n")
            .expect("a string takes all");
    }
    text + ITEM + "    def work(self, item: \"Item\"):\n        return f0(item)\n"
}

fn chain(size: usize) -> String {
    helpers(size, "item.price")
}

fn cycle(size: usize) -> String {
    helpers(size, "f0(item.next)")
}

fn classes(size: usize) -> String {
    let mut text = "from anabranch import entity\n".to_owned();
    for number in 0..size {
        let (next, other) = ((number + 1) % size, (number * 7 + 3) % size);
        write!(
            text,
            "\n\n@entity\nclass C{number}:\n    def __init__(self, name: str, next: \"C{next}\"):\n        \
             self.name = name\n        self.next = next\n        self.count = 0\n\n    \
             def __key__(self) -> str:\n        return self.name\n\n    \
             def visit(self, other: \"C{other}\") -> int:\n        self.count += 1\n        \
             if self.count > 3:\n            return self.next.count\n        \
             return other.visit(other.next) + self.next.visit(other)\n"
        )
        .expect("a string takes all");
    }
    text
}

fn methods(size: usize) -> String {
    let mut text = ITEM.to_owned();
    for number in 0..size {
        let next = (number + 1) % size;
        write!(text, "    def m{number}(self, item: \"Item\"):\n        self.m{next}(item)\n        return item.m{next}(self)\n\n")
            .expect("a string takes all");
    }
    text
}

fn class_attributes(size: usize) -> String {
    method((0..size).map(|number| format!("self.a{number} = item.price + {number}")))
}
