//! `anabranch serve`

use std::sync::Arc;

use anabranch_embedded::{Embedded, Options as EngineOptions};
use anabranch_ir::Program;
use anabranch_server::{Options, serve};

use crate::arguments::ServeArguments;
use crate::commands::run::load;
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &ServeArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    let token = arguments.token_file.as_ref().map(|file| {
        let text = std::fs::read_to_string(file);
        text.map(|token| token.trim().to_owned()).map_err(|error| {
            Failure::Message(format!("cannot read the token file {}: {error}", file.display()))
        })
    });
    let options = Options {
        host: arguments.host.clone(),
        port: arguments.port,
        token: token.transpose()?,
        ..Options::default()
    };
    let (program, interpreter) = load(&target)?;
    let engine_options = engine_options(&target, &program);
    let engine = Embedded::open(&arguments.data, program, interpreter, &engine_options)?;
    let engine = Arc::new(engine);
    let served = serve(Arc::clone(&engine) as Arc<_>, options, |address| {
        output::line(&format!("listening on http://{address}"));
    });
    let closed = engine.close();
    served?;
    match closed {
        Ok(()) => Ok(0),
        Err(failure) => Err(Failure::Message(format!("the engine did not close: {failure:?}"))),
    }
}

/// How the embedded engine is set up for an application.
pub(crate) fn engine_options(target: &Target, program: &Program) -> EngineOptions {
    EngineOptions {
        application: Some(anabranch_embedded::Application {
            module: target.module.clone(),
            program_hash: program.fingerprint(),
        }),
        ..EngineOptions::default()
    }
}
