//! `anabranch compile`

use anabranch_compiler::graph;
use anabranch_ir::{ModuleId, Program, python};

use crate::arguments::{CompileArguments, Emit};
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &CompileArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    let program = target.program()?;
    let text = match arguments.emit {
        Emit::Ir => program.to_string(),
        Emit::Python => python_text(&program),
        Emit::Dot => graph::dot(&program),
        Emit::Svg => graph::svg(&program),
    };
    output::result(&text, arguments.output.as_deref())?;
    Ok(0)
}

fn python_text(program: &Program) -> String {
    let mut whole = String::new();
    for (index, module) in program.modules.iter().enumerate() {
        let (text, _) = python::module_text(program, ModuleId::from_index(index));
        if !text.is_empty() {
            whole.push_str(&format!("# {} ({})\n\n{text}\n", module.name, module.path));
        }
    }
    if whole.is_empty() {
        whole.push_str("# no method makes a remote call: all run as they are\n");
    }
    whole
}
