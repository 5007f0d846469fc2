use std::convert::Infallible;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use baton_core::clock::SystemClock;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tracing_subscriber::filter::LevelFilter;

use super::*;
use crate::connector::{ConnectorError, OutgoingFile};

/// The token in the address of the API.
const SECRET: &str = "123:SECRET";

/// The platform of these tests refuses nothing, so its refusal has no value.
type TestClient = PlatformClient<Infallible>;
type TestError = RequestError<Infallible>;

/// A client for a platform at this address, which has the token in the address of its API.
fn new_client(address: &str) -> TestClient {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let api = PlatformApi {
        address: format!("{address}/bot{SECRET}").parse().unwrap(),
        user_agent: "test",
        authorization: Some(HeaderValue::from_static("Bearer test")),
        mask: SecretMask::new(SECRET),
        form: FormLayout::FieldParts {
            file_part: |number| format!("file{number}"),
        },
    };
    PlatformClient::new(api, SystemClock::shared()).unwrap()
}

/// Listens at an address; returns the listener with the address.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

/// Gives each of the next connections one answer. The result is the requests.
fn serve_answers(listener: TcpListener, answers: Vec<String>) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            requests.push(read_request(&mut connection).await);
            connection.write_all(answer.as_bytes()).await.unwrap();
            connection.shutdown().await.unwrap();
        }
        requests
    })
}

/// Reads a whole request.
async fn read_request(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split_once("content-length: ").map(|(_, rest)| {
                let digits = rest.split("\r\n").next().unwrap_or_default();
                digits.parse::<usize>().unwrap()
            });
            let is_chunked = head.contains("transfer-encoding: chunked");
            let is_whole = match length {
                Some(length) => body.len() >= length,
                None => !is_chunked || body.ends_with("0\r\n\r\n"),
            };
            if is_whole {
                return text;
            }
        }
        let mut more = [0; 4096];
        let read = connection.read(&mut more).await.unwrap();
        assert_ne!(read, 0, "the request is cut off: {text}");
        bytes.extend_from_slice(&more[..read]);
    }
}

/// An answer with this status, for example `200 OK`.
fn answer(status: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_request_without_bucket_neither_waits_nor_stops_others() {
    let (listener, address) = listen().await;
    let limited = json!({ "ok": false, "parameters": { "retry_after": 2 } });
    let answers = vec![
        answer("429 Too Many Requests", &limited),
        answer("200 OK", &json!({ "ok": true })),
    ];
    let server = serve_answers(listener, answers);
    let client = new_client(&address);
    let request = || PlatformRequest::without_bucket(Method::POST, "sendMessage");
    let refused = client.fetch_json::<Value>(request().json(&json!({ "text": "a" })));
    let after = Duration::from_secs(2);
    assert_eq!(refused.await.unwrap_err(), TestError::RateLimited { after });
    let taken: Value = client.fetch_json(request()).await.unwrap();
    assert_eq!(taken, json!({ "ok": true }));
    let requests = server.await.unwrap();
    let path = format!("POST /bot{SECRET}/sendMessage HTTP/1.1\r\n");
    assert!(requests[0].starts_with(&path), "{}", requests[0]);
    assert!(requests[0].contains("authorization: Bearer test\r\n"));
    assert!(requests[0].ends_with(r#"{"text":"a"}"#));
}

#[tokio::test]
async fn each_field_and_each_file_is_a_part_of_the_form() {
    let (listener, address) = listen().await;
    let server = serve_answers(listener, vec![answer("200 OK", &json!({}))]);
    let file = |name: &str, text: &'static str| OutgoingFile {
        name: name.to_owned(),
        content: text.into(),
    };
    let request = PlatformRequest::without_bucket(Method::POST, "sendMediaGroup")
        .json(&json!({ "chat_id": -7, "media": [{ "media": "attach://file0" }] }))
        .files(vec![file("a.txt", "first")])
        .named_file("document", file("b.txt", "second"));
    new_client(&address).send_request(request).await.unwrap();
    let request = server.await.unwrap().remove(0);
    for part in [
        "name=\"chat_id\"\r\n\r\n-7\r\n",
        "name=\"media\"\r\n\r\n[{\"media\":\"attach://file0\"}]\r\n",
        "name=\"file0\"; filename=\"a.txt\"\r\n",
        "\r\n\r\nfirst\r\n",
        "name=\"document\"; filename=\"b.txt\"\r\n",
        "\r\n\r\nsecond\r\n",
    ] {
        assert!(request.contains(part), "{part} is missing in {request}");
    }
}

#[tokio::test]
async fn a_request_ends_at_its_own_time_limit() {
    let (listener, address) = listen().await;
    let request = PlatformRequest::without_bucket(Method::POST, "getUpdates");
    let request = request.time_limit(Duration::from_millis(50));
    let error = new_client(&address).send_request(request).await;
    assert!(matches!(error, Err(TestError::Unknown { .. })), "{error:?}");
    drop(listener);
}

/// The log of the whole test process.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Writes into [`LOG`].
struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_error_and_no_log_line_shows_the_address() {
    let log = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE);
    let log = log.with_writer(|| LogWriter).try_init();
    log.expect("no other test of this crate begins a log");
    let (listener, address) = listen().await;
    let cut_off = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncut off";
    let answers = vec![
        cut_off.to_owned(),
        "no HTTP at all\r\n\r\n".to_owned(),
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_owned(),
        answer("200 OK", &json!(["unexpected"])),
    ];
    let count = answers.len();
    let server = serve_answers(listener, answers);
    let client = new_client(&address);
    let mut errors = Vec::new();
    for _ in 0..count {
        let request = PlatformRequest::without_bucket(Method::GET, "getMe");
        errors.extend(client.fetch_json::<bool>(request).await.err());
    }
    server.await.unwrap();
    // Nobody listens any more.
    let request = PlatformRequest::without_bucket(Method::GET, "getMe");
    errors.extend(client.send_request(request).await.err());
    // This scheme is refused before a connection.
    let other = new_client("ftp://127.0.0.1");
    let request = PlatformRequest::without_bucket(Method::GET, "getMe");
    errors.extend(other.send_request(request).await.err());
    let address = format!("http://127.0.0.1:1/file/bot{SECRET}/a.txt");
    errors.extend(client.download_file(&address).await.err());
    assert_eq!(errors.len(), 7, "{errors:#?}");
    for error in errors {
        let shown = format!("{error:?} {error} {}", ConnectorError::from(error.clone()));
        assert!(!shown.contains("SECRET"), "{shown}");
    }
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains("starting new connection"), "{log}");
    assert!(!log.contains("SECRET"), "{log}");
}
