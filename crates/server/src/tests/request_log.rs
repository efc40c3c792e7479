//! What the request log says that the client is not told.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use anabranch_kernel::Failure;
use tracing::Level;

use super::fake_engine::{Behaviour, FakeEngine, post, raised, router_over, send};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that one request to an engine of this behaviour leaves.
async fn logged(behaviour: Behaviour) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::INFO)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let engine = FakeEngine::new(behaviour);
    send(router_over(&engine), post("/v1/Item/pen/update_stock", r#"{"amount": 2}"#)).await;
    drop(guard);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn failing(failure: Failure) -> Behaviour {
    Behaviour::Reply(Err(failure))
}

#[tokio::test]
async fn failed_requests_leave_one_line_with_the_cause() {
    let cases = [
        (failing(Failure::Bug("the invariant".to_owned())), "status=500", "the invariant"),
        (failing(Failure::Unavailable("disk full".to_owned())), "status=503", "disk full"),
        (failing(Failure::Interrupted), "status=504", "ran too long"),
        (failing(raised("shop:Down", vec![], Some(500))), "status=500", "the secret line\\n"),
        (failing(raised("builtins:KeyError", vec![], None)), "status=409", "the secret line\\n"),
        (Behaviour::Panic, "status=500", "a handler panicked: the engine panics"),
    ];
    for (behaviour, status, cause) in cases {
        let lines = logged(behaviour).await;
        let [line] = lines.as_slice() else { panic!("not one line: {lines:?}") };
        for part in [status, cause, "method=\"POST\"", "path=\"/v1/Item/pen/update_stock\""] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}

#[tokio::test]
async fn exceptions_that_the_application_means_to_raise_leave_none() {
    let expected = ["shop:OutOfStock", "anabranch:EntityNotFound"];
    for class in expected {
        let lines = logged(failing(raised(class, vec![], None))).await;
        assert_eq!(lines, Vec::<String>::new(), "{class}");
    }
}
