//! `anabranch import`

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anabranch_embedded::Application;
use anabranch_maintenance::import::{Existing, Plan, import};
use anabranch_maintenance::size::entities;

use crate::arguments::{self, ImportArguments};
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &ImportArguments) -> Result<i32, Failure> {
    let (mut lines, length): (Box<dyn Read>, _) = if arguments.file == Path::new("-") {
        (Box::new(stdin()), None)
    } else {
        let opened = File::open(&arguments.file).and_then(|file| {
            let length = file.metadata()?.len();
            Ok((file, length))
        });
        let (file, length) = opened.map_err(|error| {
            Failure::Message(format!("cannot read {}: {error}", arguments.file.display()))
        })?;
        (Box::new(file), Some(length))
    };
    let application = arguments.application.as_ref().map(|file| {
        let named = arguments::Application { file: Some(file.clone()), module: None };
        let target = Target::find(&named)?;
        let program = target.program()?;
        Ok::<_, Failure>((program, target.module))
    });
    let application = application.transpose()?;
    let plan = Plan {
        directory: &arguments.folder,
        application: application.as_ref().map(|(program, module)| {
            let program_hash = program.fingerprint();
            (program, Application { module: module.clone(), program_hash })
        }),
        existing: if arguments.replace { Existing::Replaced } else { Existing::Refused },
    };
    let bar = output::byte_bar(length);
    let imported = import(&plan, &mut lines, &mut |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    let folder = arguments.folder.display();
    output::note(&format!("imported {} into {folder}", entities(imported?)));
    Ok(0)
}
