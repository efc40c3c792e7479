//! The binary protocol on a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use anabranch_kernel::value::{Reference, wire};
use anabranch_kernel::{Failure, Operation, Value};
use anabranch_protocol::frame::HEADER_BYTES;
use anabranch_protocol::{ClientHello, Content, Request, Response, ServerHello, VERSION};
use rmpv::Value as Packed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::options::Options;
use crate::serve::End;
use crate::serve::tests::{local, start, until_held};
use crate::tests::fake_engine::{Behaviour, FakeEngine};

struct Client {
    stream: TcpStream,
}

/// A response whose body is owned.
#[derive(PartialEq, Debug)]
struct Answer {
    id: u64,
    status: u16,
    body: Body,
}

#[derive(PartialEq, Debug)]
enum Body {
    Message(Value),
    Natural(Packed),
}

impl Answer {
    fn member(&self, name: &str) -> &Packed {
        let Body::Natural(body) = &self.body else { panic!("no problem: {self:?}") };
        &body[name]
    }

    fn problem(&self) -> &str {
        self.member("type").as_str().unwrap().rsplit('/').next().unwrap()
    }
}

impl Client {
    /// A client that was taken.
    async fn connect(address: SocketAddr) -> Self {
        let mut client =
            Self::greeting(address, &ClientHello { version: VERSION, token: None }).await;
        let hello = client.frame().await.unwrap();
        assert_eq!(ServerHello::read(&hello), Ok(ServerHello { version: VERSION }));
        client
    }

    async fn greeting(address: SocketAddr, hello: &ClientHello<'_>) -> Self {
        let mut client = Self { stream: TcpStream::connect(address).await.unwrap() };
        let mut bytes = Vec::new();
        hello.write(&mut bytes);
        client.stream.write_all(&bytes).await.unwrap();
        client
    }

    async fn send(&mut self, id: u64, request: &Request<'_>) {
        let mut bytes = Vec::new();
        request.write(id, &mut bytes);
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// The content of the next frame; `None` at the end of the connection.
    async fn frame(&mut self) -> Option<Vec<u8>> {
        let mut header = [0; HEADER_BYTES];
        self.stream.read_exact(&mut header).await.ok()?;
        let mut content = vec![0; u32::from_le_bytes(header) as usize];
        self.stream.read_exact(&mut content).await.unwrap();
        Some(content)
    }

    async fn answer(&mut self) -> Answer {
        let frame = self.frame().await.expect("the connection ended");
        let Response { id, status, body } = Response::read(&frame).unwrap();
        let body = match body {
            Content::Message(message) => Body::Message(wire::decode(message).unwrap()),
            Content::Natural(value) => Body::Natural(value),
        };
        Answer { id, status, body }
    }

    async fn ask(&mut self, request: &Request<'_>) -> Answer {
        self.send(7, request).await;
        let answer = self.answer().await;
        assert_eq!(answer.id, 7);
        answer
    }
}

async fn client_of(engine: &Arc<FakeEngine>) -> (Client, mpsc::Sender<()>, JoinHandle<End>) {
    let (address, stop, server) = start(engine, local()).await;
    (Client::connect(address).await, stop, server)
}

fn natural(value: impl Into<Packed>) -> Content<'static> {
    Content::Natural(value.into())
}

fn update_stock(amount: Packed) -> Request<'static> {
    Request::Call {
        class: "Item",
        key: natural("pen"),
        method: "update_stock",
        arguments: natural(Packed::Map(vec![("amount".into(), amount)])),
        idempotency_key: None,
    }
}

#[tokio::test]
async fn a_call_is_answered_in_the_form_of_its_arguments() {
    let engine = FakeEngine::replying(&Value::Tuple(vec![Value::Int(5), Value::None]));
    let (mut client, _stop, _server) = client_of(&engine).await;
    let answer = client.ask(&update_stock(3.into())).await;
    let body = Body::Natural(Packed::Array(vec![5.into(), Packed::Nil]));
    assert_eq!(answer, Answer { id: 7, status: 200, body });
    let arguments = Value::Tuple(vec![Value::Tuple(vec![Value::Int(3)]), Value::Dict(Vec::new())]);
    assert_eq!(engine.arguments(), arguments);

    let arguments = wire::encode(&arguments);
    let key = wire::encode(&Value::Str("pen".to_owned()));
    let exact = Request::Call {
        class: "Item",
        key: Content::Message(&key),
        method: "update_stock",
        arguments: Content::Message(&arguments),
        idempotency_key: Some("once"),
    };
    let answer = client.ask(&exact).await;
    let body = Body::Message(Value::Tuple(vec![Value::Int(5), Value::None]));
    assert_eq!(answer, Answer { id: 7, status: 200, body });
    let requests = engine.requests.lock().unwrap();
    let [natural, exact] = requests.as_slice() else { panic!("two requests") };
    let target = |operation: &Operation| match operation {
        Operation::Call { target, .. } => target.clone(),
        operation => panic!("no call: {operation:?}"),
    };
    assert_eq!(target(&natural.operation), target(&exact.operation));
    assert_eq!(exact.idempotency_key.as_ref().map(|key| key.key.as_str()), Some("once"));
}

#[tokio::test]
async fn what_is_created_is_answered_by_its_key_and_a_state_as_a_map() {
    let key = Box::new(Value::Str("pen".to_owned()));
    let reference = Value::Reference(Reference { class: "Item".to_owned(), key });
    let (mut client, _stop, _server) = client_of(&FakeEngine::replying(&reference)).await;
    let arguments = Packed::Map(vec![("item_id".into(), "pen".into()), ("price".into(), 3.into())]);
    let create =
        Request::Create { class: "Item", arguments: natural(arguments), idempotency_key: None };
    let answer = client.ask(&create).await;
    assert_eq!(answer, Answer { id: 7, status: 201, body: Body::Natural("pen".into()) });

    let state = Value::Dict(vec![(Value::Str("price".to_owned()), Value::Int(3))]);
    let (mut client, _stop, _server) = client_of(&FakeEngine::replying(&state)).await;
    let answer = client.ask(&Request::State { class: "Item", key: natural("pen") }).await;
    assert_eq!(answer.member("price"), &Packed::from(3));
}

#[tokio::test]
async fn mistakes_are_problems_with_the_status_of_http() {
    let engine = FakeEngine::replying(&Value::None);
    let (mut client, _stop, _server) = client_of(&engine).await;
    let state = |class, key: Content<'static>| Request::State { class, key };
    let deep = Content::Natural(Packed::Array(vec![Packed::Ext(5, vec![])]));
    for (request, status, problem) in [
        (state("Itme", natural("pen")), 404, "no-such-class"),
        (state("Item", natural(3)), 422, "arguments"),
        (state("Item", Content::Message(&[9, 9])), 400, "not-a-value"),
        (state("Item", deep), 400, "not-a-value"),
        (update_stock("many".into()), 422, "arguments"),
        (
            Request::Call {
                class: "Item",
                key: natural("pen"),
                method: "updat_stock",
                arguments: natural(Packed::Map(vec![])),
                idempotency_key: None,
            },
            404,
            "no-such-method",
        ),
        (
            Request::Create {
                class: "User",
                arguments: natural(Packed::Map(vec![("username".into(), "a".into())])),
                idempotency_key: Some("two words"),
            },
            400,
            "idempotency-key",
        ),
    ] {
        let answer = client.ask(&request).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{request:?}");
    }
    assert!(engine.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn failures_of_the_engine_are_problems() {
    let (mut client, _stop, _server) = client_of(&FakeEngine::failing(Failure::Overloaded)).await;
    let answer = client.ask(&update_stock(1.into())).await;
    assert_eq!((answer.status, answer.problem()), (503, "overloaded"));
    assert_eq!(answer.member("retry_after"), &Packed::from(1));

    let (mut client, _stop, _server) = client_of(&FakeEngine::new(Behaviour::Drop)).await;
    let answer = client.ask(&update_stock(1.into())).await;
    assert_eq!((answer.status, answer.problem()), (500, "bug"));
}

#[tokio::test]
async fn requests_are_answered_as_they_finish() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let (mut client, _stop, _server) = client_of(&engine).await;
    client.send(1, &update_stock(1.into())).await;
    client.send(2, &update_stock(2.into())).await;
    client.send(3, &Request::Ping).await;
    assert_eq!(client.answer().await.id, 3);
    while engine.held.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    for id in [2, 1] {
        let on_reply = engine.held.lock().unwrap().pop().unwrap();
        on_reply(Ok(wire::encode(&Value::Int(5))));
        assert_eq!(client.answer().await.id, id);
    }
}

#[tokio::test]
async fn strangers_are_refused() {
    let engine = FakeEngine::replying(&Value::None);
    let options = Options { token: Some("secret".to_owned()), ..local() };
    let (address, _stop, _server) = start(&engine, options).await;
    for (version, token, problem) in [
        (VERSION, None, "unauthorized"),
        (VERSION, Some("guess"), "unauthorized"),
        (VERSION + 1, Some("secret"), "protocol-version"),
    ] {
        let mut client = Client::greeting(address, &ClientHello { version, token }).await;
        let answer = client.answer().await;
        assert_eq!((answer.id, answer.problem()), (0, problem));
        assert_eq!(client.frame().await, None);
    }
    let hello = ClientHello { version: VERSION, token: Some("secret") };
    let mut client = Client::greeting(address, &hello).await;
    assert!(ServerHello::read(&client.frame().await.unwrap()).is_ok());
}

#[tokio::test]
async fn a_frame_too_large_ends_the_connection() {
    let engine = FakeEngine::replying(&Value::None);
    let (mut client, _stop, _server) = client_of(&engine).await;
    client.stream.write_all(&u32::MAX.to_le_bytes()).await.unwrap();
    assert_eq!(client.answer().await.problem(), "body-too-large");
    assert_eq!(client.frame().await, None);
}

#[tokio::test]
async fn a_frame_that_is_no_request_ends_nothing() {
    let engine = FakeEngine::replying(&Value::None);
    let (mut client, _stop, _server) = client_of(&engine).await;
    client.stream.write_all(&[1, 0, 0, 0, 0xC0]).await.unwrap();
    assert_eq!(client.answer().await.problem(), "not-a-request");
    assert_eq!(client.ask(&Request::Ping).await.status, 200);
}

#[tokio::test]
async fn draining_answers_what_is_under_way() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let (mut client, stop, server) = client_of(&engine).await;
    client.send(1, &update_stock(1.into())).await;
    until_held(&engine).await;
    stop.send(()).await.unwrap();
    let on_reply = engine.held.lock().unwrap().pop().unwrap();
    on_reply(Ok(wire::encode(&Value::Int(5))));
    assert_eq!(client.answer().await.id, 1);
    assert_eq!(client.frame().await, None);
    server.await.unwrap();
}

#[tokio::test]
async fn http_is_spoken_on_the_same_port() {
    let engine = FakeEngine::replying(&Value::None);
    let (address, _stop, _server) = start(&engine, local()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
}
