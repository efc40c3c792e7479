//! What the fuzz targets check.

mod lines;

use anabranch_compiler::{Compilation, SourceText, Sources, compile};
use anabranch_ir::{Program, text, verify, wire};
use anabranch_kernel::value::wire as value;

pub use lines::mutate_lines;

/// What starts a further module in the input of `compile`; its name follows on the line.
pub const MODULE_MARK: &str = "#%% ";

/// Compiles an application whose modules stand one after another, the first of them `main`.
pub fn compiled(source: &str) -> Compilation {
    let (main, rest) = source.split_once(MODULE_MARK).unwrap_or((source, ""));
    let modules = rest.split(MODULE_MARK).filter_map(|module| module.split_once('\n'));
    let modules: Vec<(&str, &str)> = [("main", main)].into_iter().chain(modules).collect();
    let mut read = |name: &str| {
        let (name, text) = modules.iter().find(|(module, _)| *module == name)?;
        let path = format!("{}.py", name.replace('.', "/"));
        Some(SourceText { path, bytes: text.as_bytes().to_vec() })
    };
    compile("main", &mut Sources { read: &mut read, is_reserved: &|_| false })
}

/// Any source compiles or is refused; what compiles makes sense and comes back from both forms.
pub fn check_compile(input: &[u8]) {
    let Ok(source) = std::str::from_utf8(input) else { return };
    let compilation = compiled(source);
    if let Some(program) = compilation.program {
        check_forms(&program);
    } else {
        assert!(!compilation.diagnostics.is_empty(), "refused without a reason");
    }
}

/// Any text is a program or is refused; one that makes sense comes back.
pub fn check_ir_text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(program) = text::parse(text) {
        check_program(&program);
    }
}

/// Any bytes are the message of a program, and of no other, or are refused.
pub fn check_ir_wire(input: &[u8]) {
    if let Ok(program) = wire::decode(input) {
        assert_eq!(wire::encode(&program), input, "another message of the same program");
        check_program(&program);
    }
}

/// Any bytes are a value or are refused; a value comes back.
pub fn check_value_wire(input: &[u8]) {
    if let Ok(decoded) = value::decode(input) {
        let message = value::encode(&decoded);
        let again = value::decode(&message).expect("what was encoded can be decoded");
        // The messages are compared, for a float that is no number differs from itself.
        assert_eq!(value::encode(&again), message);
    }
}

fn check_program(program: &Program) {
    if verify(program).is_empty() {
        check_forms(program);
    } else {
        // A program without sense can still be shown.
        let _ = program.to_string();
    }
}

fn check_forms(program: &Program) {
    let printed = program.to_string();
    match text::parse(&printed) {
        Ok(parsed) => assert_eq!(parsed, *program, "{printed}"),
        Err(error) => panic!("{error}\n{printed}"),
    }
    assert_eq!(wire::decode(&wire::encode(program)).as_ref(), Ok(program));
}
