//! `anabranch serve`

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anabranch_cpython::{
    Application, CPython, collect_garbage_in_small_steps, send_output_to_log, send_records_to_log,
    use_huge_pages,
};
use anabranch_embedded::{Embedded, MemoryShares, Options as EngineOptions, StuckLimit};
use anabranch_ir::Program;
use anabranch_kernel::Engine;
use anabranch_local::LocalEngine;
use anabranch_maintenance::{EngineMaintenance, InMemory};
use anabranch_schema::Schema;
use anabranch_server::{Options, serve};
use anabranch_simulator::engine::Repeatability;

use crate::arguments::{EngineArguments, ServeArguments, ServeEngine, TransactionTimeout};
use crate::commands::run::{load, simulated_engine};
use crate::target::Target;
use crate::{Failure, folder_schema, output, source};

pub(crate) fn run(arguments: &ServeArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    let token = arguments.token_file.as_deref().map(source::read_token);
    let options = Options {
        host: arguments.host.clone(),
        port: arguments.port,
        token: token.transpose()?,
        ..Options::default()
    };
    match (arguments.engine, &arguments.data) {
        (ServeEngine::Embedded, Some(folder)) => {
            serve_embedded(arguments, &target, folder, options)
        }
        (ServeEngine::Embedded, None) => {
            let message = "the embedded engine needs a data folder: add --data FOLDER";
            Err(Failure::Message(message.to_owned()))
        }
        (ServeEngine::Local | ServeEngine::Simulated, _) => {
            serve_in_memory(arguments, &target, options)
        }
    }
}

fn import(target: &Target) -> Result<Arc<Application>, Failure> {
    use_huge_pages();
    collect_garbage_in_small_steps()?;
    send_output_to_log()?;
    let application = load(target)?;
    send_records_to_log()?;
    Ok(application)
}

fn serve_embedded(
    arguments: &ServeArguments,
    target: &Target,
    folder: &Path,
    options: Options,
) -> Result<i32, Failure> {
    let shares = MemoryShares::of(memory_bytes(&arguments.engine_options));
    let bodies_max = shares.bodies_bytes.clamp(options.body_max, options.bodies_max);
    let options = Options { bodies_max, ..options };
    let application = import(target)?;
    let timeout = arguments.transaction_timeout.unwrap_or(TRANSACTION_TIMEOUT);
    let program = application.program();
    let stuck_limit = arguments
        .exit_when_stuck
        .map(|time| StuckLimit { time, exceeded: Arc::new(|what| give_up(what)) });
    let engine_options = engine_options(target, program, timeout, &arguments.engine_options);
    let engine_options = EngineOptions { stuck_limit, ..engine_options };
    let engine = folder_schema::open(folder, target, &application, &engine_options)?;
    let engine = Arc::new(engine);
    let noting = Arc::clone(&engine);
    let on_listening = |address| {
        let url = format!("http://{address}");
        if let Err(error) = noting.note_address(&url) {
            output::note(&format!("cannot note the address in the data folder: {error}"));
        }
        output::line(&format!("listening on {url}"));
    };
    let maintenance = Arc::new(EngineMaintenance::new(Arc::clone(&engine)));
    let closing = Arc::clone(&engine);
    match serve(engine, maintenance, options, on_listening, move || close(&closing))? {
        Some(closed) => closed.map(|()| 0),
        None => give_up("ended by a second signal"),
    }
}

fn serve_in_memory(
    arguments: &ServeArguments,
    target: &Target,
    options: Options,
) -> Result<i32, Failure> {
    let mut given = arguments.engine_options.given();
    given.extend(arguments.data.is_some().then_some("--data"));
    given.extend(arguments.transaction_timeout.is_some().then_some("--transaction-timeout"));
    given.extend(arguments.exit_when_stuck.is_some().then_some("--exit-when-stuck"));
    if let Some(option) = given.first() {
        let message = format!("{option} belongs to the embedded engine: leave out --engine");
        return Err(Failure::Message(message));
    }
    let application = import(target)?;
    let engine: Arc<dyn Engine> = match arguments.engine {
        ServeEngine::Simulated => {
            simulated_engine(application, arguments.seed, Repeatability::Unknown)
        }
        ServeEngine::Local | ServeEngine::Embedded => {
            let program = Arc::clone(application.program());
            Arc::new(LocalEngine::new(program, CPython::new(application)))
        }
    };
    output::note("everything is kept in memory and lost when the server ends");
    let on_listening = |address| output::line(&format!("listening on http://{address}"));
    match serve(engine, Arc::new(InMemory), options, on_listening, || ())? {
        Some(()) => Ok(0),
        None => give_up("ended by a second signal"),
    }
}

/// How long a transaction may run unless something else is given.
const TRANSACTION_TIMEOUT: TransactionTimeout = TransactionTimeout(Some(Duration::from_secs(10)));

/// How long an engine may take to finish what it has begun.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Closes the engine. One that does not end is given up: its application never returns from a
/// method, or its disk hangs.
pub(crate) fn close(engine: &Arc<Embedded>) -> Result<(), Failure> {
    let (closed, outcome) = mpsc::channel();
    let closing = Arc::clone(engine);
    thread::spawn(move || closed.send(closing.close()));
    match outcome.recv_timeout(CLOSE_TIMEOUT) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(failure)) => Err(Failure::Message(format!("the engine did not close: {failure:?}"))),
        Err(_) => give_up(&engine.waits_for().unwrap_or_else(|| "the engine does not end".into())),
    }
}

/// Ends the process although a method may still run: what the engine has acknowledged is durable,
/// and the transaction under way is not applied.
#[expect(clippy::exit, reason = "nothing else stops a thread that runs the application's code")]
fn give_up(why: &str) -> ! {
    let message =
        format!("{why}; whatever was not answered is given up, what was acknowledged is on disk");
    output::failure(&Failure::Message(message));
    std::process::exit(1);
}

fn memory_bytes(given: &EngineArguments) -> usize {
    let memory_bytes = given.memory.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    memory_bytes.unwrap_or(EngineOptions::default().memory_bytes)
}

/// How the embedded engine is set up for an application.
pub(crate) fn engine_options(
    target: &Target,
    program: &Program,
    timeout: TransactionTimeout,
    given: &EngineArguments,
) -> EngineOptions {
    let default = EngineOptions::default();
    EngineOptions {
        application: Some(anabranch_embedded::Application {
            module: target.module.clone(),
            program_hash: program.fingerprint(),
        }),
        schema: Some(Schema::of(program).to_text()),
        transaction_timeout: timeout.0,
        memory_bytes: memory_bytes(given),
        checkpoint_bytes: given.checkpoint_size.unwrap_or(default.checkpoint_bytes),
        reply_retention_time: given.idempotency_retention.unwrap_or(default.reply_retention_time),
        reply_retention_count: given.idempotency_replies.unwrap_or(default.reply_retention_count),
        queue_time_max: given.queue_time.unwrap_or(default.queue_time_max),
        ..default
    }
}
