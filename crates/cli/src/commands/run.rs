//! `anabranch run`

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

use anabranch_cpython::{
    Application, CPython, HeldOutput, Mode, hold_output, install_backend, run_main,
    times_handed_over,
};
use anabranch_kernel::Interpreter;
use anabranch_local::LocalEngine;
use anabranch_simulator::engine::{Repeatability, SimulatedEngine};

use crate::arguments::{Engine, RunArguments, TransactionTimeout};
use crate::commands::serve::{close, engine_options};
use crate::target::Target;
use crate::{Failure, folder_schema, output};

pub(crate) fn run(arguments: &RunArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    let mut given = arguments.engine_options.given();
    given.extend(arguments.data.is_some().then_some("--data"));
    given.extend(arguments.transaction_timeout.is_some().then_some("--transaction-timeout"));
    if let Some(option) = given.first()
        && arguments.engine != Engine::Embedded
    {
        let message = format!("{option} belongs to the embedded engine: add --engine embedded");
        return Err(Failure::Message(message));
    }
    if arguments.seed.is_some() && arguments.engine != Engine::Simulated {
        let message = "--seed belongs to the simulated engine: add --engine simulated";
        return Err(Failure::Message(message.to_owned()));
    }
    match arguments.engine {
        Engine::Plain => {
            target.check_name()?;
            Ok(run_main(&target.root, &target.module, Mode::Plain)?)
        }
        Engine::Local => {
            let application = load(&target)?;
            let program = Arc::clone(application.program());
            let mut interpreter = CPython::new(application);
            interpreter.hand_over_together(arguments.together);
            let engine = match arguments.compare_effects {
                true => LocalEngine::comparing(program, interpreter),
                false => LocalEngine::new(program, interpreter),
            };
            let engine = Arc::new(engine);
            install_backend(engine)?;
            let code = run_main(&target.root, &target.module, Mode::Engine)?;
            if arguments.together {
                output::note(&format!("handed over together: {} times", times_handed_over()));
            }
            Ok(code)
        }
        Engine::Simulated => run_simulated(&target, arguments),
        Engine::Embedded => match &arguments.data {
            Some(folder) => run_embedded(&target, folder, arguments),
            None => {
                let folder = tempfile::tempdir()?;
                output::note(
                    "state is kept in a temporary folder; name one with --data to keep it",
                );
                run_embedded(&target, folder.path(), arguments)
            }
        },
    }
}

fn run_simulated(target: &Target, arguments: &RunArguments) -> Result<i32, Failure> {
    hold_output()?;
    let application = load(target)?;
    let repeatability = match arguments.compare_steps {
        true => Repeatability::Compared,
        false => Repeatability::Unknown,
    };
    let engine = simulated_engine(application, arguments.seed, repeatability);
    install_backend(Arc::new(HeldOutput(Arc::clone(&engine) as Arc<_>)))?;
    let code = run_main(&target.root, &target.module, Mode::Engine)?;
    let settled = engine.settle();
    settled
        .map_err(|finding| Failure::Message(format!("this is a bug in Anabranch: {finding}")))?;
    Ok(code)
}

/// An engine of which everything follows from the seed.
pub(crate) fn simulated_engine(
    application: Arc<Application>,
    seed: Option<u64>,
    repeatability: Repeatability,
) -> Arc<SimulatedEngine<CPython>> {
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(()));
    output::note(&format!("the simulation follows from --seed {seed}"));
    let program = Arc::clone(application.program());
    Arc::new(SimulatedEngine::new(program, CPython::new(application), seed, repeatability))
}

fn run_embedded(target: &Target, folder: &Path, arguments: &RunArguments) -> Result<i32, Failure> {
    let application = load(target)?;
    let timeout = arguments.transaction_timeout.unwrap_or(TransactionTimeout(None));
    let program = application.program();
    let options = engine_options(target, program, timeout, &arguments.engine_options);
    let engine = Arc::new(folder_schema::open(folder, target, &application, &options)?);
    install_backend(Arc::clone(&engine) as Arc<_>)?;
    let code = run_main(&target.root, &target.module, Mode::Engine)?;
    close(&engine)?;
    Ok(code)
}

/// Compiles and imports the application.
pub(crate) fn load(target: &Target) -> Result<Arc<Application>, Failure> {
    let program = Arc::new(target.program()?);
    Ok(Arc::new(Application::import(&target.root, program)?))
}
