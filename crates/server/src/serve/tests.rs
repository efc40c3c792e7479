//! The server on a socket.

use std::io::{Read, Write};
use std::net::{TcpListener as BlockingListener, TcpStream as BlockingStream};
use std::process::{self, Command};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::*;
use crate::body::VALUE;
use crate::tests::fake_engine::{Behaviour, FakeEngine};

const CALL: &[u8] = b"POST /v1/Item/pen/reset HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n";

impl Stop for mpsc::Receiver<()> {
    async fn next(&mut self) {
        if self.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

pub(crate) fn local() -> Options {
    Options { port: 0, ..Options::default() }
}

/// A server under way: its address, what stops it, and its end.
pub(crate) async fn start(
    engine: &Arc<FakeEngine>,
    options: Options,
) -> (SocketAddr, mpsc::Sender<()>, tokio::task::JoinHandle<End>) {
    let listener = listen(&options).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, mut stopped) = mpsc::channel(2);
    let engine = Arc::clone(engine);
    let server = tokio::spawn(async move {
        let maintenance = Arc::clone(&engine);
        serve_until(engine, maintenance, &options, listener, &mut stopped).await
    });
    (address, stop, server)
}

async fn read_response(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    String::from_utf8(response).unwrap()
}

/// Waits until the engine has a request.
pub(crate) async fn until_held(engine: &FakeEngine) {
    while engine.held.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

fn reply(engine: &FakeEngine) {
    let on_reply = engine.held.lock().unwrap().pop().unwrap();
    on_reply(Ok(wire::encode(&Value::Int(5))));
}

#[tokio::test]
async fn draining_finishes_what_is_under_way_and_accepts_no_more() {
    let engine = FakeEngine::new(Behaviour::Hold);
    // A runtime of its own: it ends with the server, and what is not finished then never will be.
    let (stop, mut stopped) = mpsc::channel(2);
    let (listening, mut address) = mpsc::channel(1);
    let served = Arc::clone(&engine);
    let server = thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = listen(&local()).await.unwrap();
            listening.send(listener.local_addr().unwrap()).await.unwrap();
            serve_until(served.clone(), served, &local(), listener, &mut stopped).await;
        });
    });
    let address = address.recv().await.unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(CALL).await.unwrap();
    until_held(&engine).await;
    stop.send(()).await.unwrap();
    // The listener is closed some time after the signal.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished());
    reply(&engine);
    let response = read_response(&mut client).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("{\"result\":5}"), "{response}");
    server.join().unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_nothing_and_is_waited_for() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let (address, stop, server) = start(&engine, local()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(CALL).await.unwrap();
    until_held(&engine).await;
    drop(client);
    stop.send(()).await.unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // Plenty for the server to notice that the connection is gone, which alone must not end it.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished());
    reply(&engine);
    server.await.unwrap();
}

#[tokio::test]
async fn draining_is_bounded() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let options = Options { drain_timeout: Duration::ZERO, ..local() };
    let (address, stop, server) = start(&engine, options).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(CALL).await.unwrap();
    until_held(&engine).await;
    stop.send(()).await.unwrap();
    assert_eq!(server.await.unwrap(), End::Drained);
}

#[tokio::test]
async fn a_second_signal_ends_the_draining() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let (address, stop, server) = start(&engine, local()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(CALL).await.unwrap();
    until_held(&engine).await;
    stop.send(()).await.unwrap();
    stop.send(()).await.unwrap();
    assert_eq!(server.await.unwrap(), End::AtOnce);
}

#[tokio::test]
async fn a_signal_ends_a_finish_that_takes_too_long() {
    let (stop, mut stopped) = mpsc::channel(1);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let finished = finish_until(|| 5, &mut stopped).await;
    assert_eq!(finished, Some(5));
    stop.send(()).await.unwrap();
    let finished = finish_until(move || released.recv(), &mut stopped).await;
    assert_eq!(finished, None);
    drop(release);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let occupied = BlockingListener::bind(("127.0.0.1", 0)).unwrap();
    let port = occupied.local_addr().unwrap().port();
    let in_use = format!("port {port} is in use; choose another with --port");
    let cases = [
        (Options { port, ..local() }, in_use.as_str()),
        (Options { host: "no such host".into(), ..local() }, "cannot listen on no such host:0: "),
        (
            Options { token: Some(" ".into()), ..local() },
            "the bearer token is empty; give one or leave the option out",
        ),
        (Options { in_flight_max: 0, ..local() }, "at least one request must be allowed in flight"),
    ];
    for (options, expected) in cases {
        let engine = FakeEngine::replying(&Value::None);
        let error =
            serve(engine.clone(), engine, options, |_| panic!("listening"), || panic!("served"))
                .unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn serve_comes_back_after_sigterm() {
    let engine = FakeEngine::replying(&Value::Int(5));
    let mut client = None;
    let on_listening = |address| {
        client = Some(thread::spawn(move || {
            let mut stream = BlockingStream::connect(address).unwrap();
            stream.write_all(CALL).unwrap();
            let mut start = [0; 15];
            stream.read_exact(&mut start).unwrap();
            let signal = Command::new("kill").args(["-TERM", &process::id().to_string()]).status();
            assert!(signal.unwrap().success());
            // The connection is kept alive until the server drains.
            stream.read_to_end(&mut Vec::new()).unwrap();
            start
        }));
    };
    let served = serve(engine.clone(), engine, local(), on_listening, || "finished").unwrap();
    assert_eq!(served, Some("finished"));
    assert_eq!(&client.unwrap().join().unwrap(), b"HTTP/1.1 200 OK");
}

/// After this a test has failed; none waits for it otherwise.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_client_that_never_finishes_the_head_is_disconnected() {
    let engine = FakeEngine::replying(&Value::Int(5));
    let options = Options { head_timeout: Duration::from_millis(20), ..local() };
    let (address, _stop, _server) = start(&engine, options).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(&CALL[..20]).await.unwrap();
    let response = timeout(TEST_TIMEOUT, read_response(&mut client)).await.unwrap();
    assert!(!response.contains("200 OK"), "{response}");
    assert!(engine.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let engine = FakeEngine::replying(&Value::Int(5));
    let (address, _stop, _server) = start(&engine, local()).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: {}", "x".repeat(100_000));
    // The server may hang up before all of it is written.
    let _written = client.write_all(head.as_bytes()).await;
    let mut start = [0; 12];
    timeout(TEST_TIMEOUT, client.read_exact(&mut start)).await.unwrap().unwrap();
    assert_eq!(&start, b"HTTP/1.1 431");
}

#[tokio::test]
async fn a_client_that_does_not_read_its_response_holds_nothing_up() {
    let engine = FakeEngine::replying(&Value::Str("x".repeat(16 << 20)));
    let options = Options {
        response_timeout: Duration::from_millis(20),
        drain_timeout: 2 * TEST_TIMEOUT,
        ..local()
    };
    let (address, stop, server) = start(&engine, options).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let accept = format!("Accept: {VALUE}\r\n\r\n");
    client.write_all(&CALL[..CALL.len() - 2]).await.unwrap();
    client.write_all(accept.as_bytes()).await.unwrap();
    while engine.requests.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    stop.send(()).await.unwrap();
    let end = timeout(TEST_TIMEOUT, server).await.expect("the client is waited for");
    assert_eq!(end.unwrap(), End::Drained);
    drop(client);
}
