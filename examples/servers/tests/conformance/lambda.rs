//! The Lambda function. A runtime API passes it the requests of the table as events of a function URL,
//! as AWS does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::Answer;
use crate::table::{Case, refusals, tokens};

/// Maximum time for the function to ask for an event.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running function, which is killed when dropped.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(api: &str) -> Function {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lambda"));
    let command = command.env_clear().envs([
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_LAMBDA_FUNCTION_NAME", "lkt"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("LIVEKIT_URL", "ws://localhost:7880"),
        ("LIVEKIT_API_KEY", "devkey"),
        ("LIVEKIT_API_SECRET", "secret"),
    ]);
    Function(command.spawn().expect("starts"))
}

#[test]
fn lambda_conforms() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let _function = start(&listener.local_addr().expect("an address").to_string());
    let mut cases = tokens().into_iter().chain(refusals()).collect::<Vec<_>>().into_iter();
    let mut asked = cases.next();
    let mut stream = None;
    while let Some(case) = &asked {
        let connection = stream.get_or_insert_with(|| accept(&listener));
        match request(connection) {
            None => stream = None,
            Some((line, _)) if line.starts_with("GET") => hand_out(connection, &event(case)),
            Some((line, body)) => {
                assert!(line.contains("/response "), "{line} {}", String::from_utf8_lossy(&body));
                reply(connection, "202 Accepted", "", "");
                case.check(&answer(&body));
                asked = cases.next();
            }
        }
    }
}

/// Accepts a connection of the function, with a time limit: the function may have ended.
fn accept(listener: &TcpListener) -> BufReader<TcpStream> {
    listener.set_nonblocking(true).expect("a setting");
    let end = Instant::now() + PATIENCE;
    let stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(_) => assert!(Instant::now() < end, "the function does not ask"),
        }
        thread::sleep(Duration::from_millis(5));
    };
    stream.set_nonblocking(false).expect("a setting");
    stream.set_read_timeout(Some(PATIENCE)).expect("a setting");
    BufReader::new(stream)
}

/// Reads the next request: its first line and its body. Returns `None` at the end of the connection.
fn request(connection: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = || {
        let mut line = String::new();
        connection.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut length = 0;
    while let Some(header) = line().filter(|line| !line.is_empty()) {
        let (name, value) = header.split_once(": ").expect("a header");
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).expect("a whole body");
    Some((first, body))
}

fn reply(connection: &mut BufReader<TcpStream>, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    connection.get_mut().write_all(answer.as_bytes()).expect("sends");
}

fn hand_out(connection: &mut BufReader<TcpStream>, event: &Value) {
    let headers = "Content-Type: application/json\r\n\
                   Lambda-Runtime-Aws-Request-Id: 1\r\n\
                   Lambda-Runtime-Deadline-Ms: 9999999999999\r\n\
                   Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:1:function:lkt\r\n";
    reply(connection, "200 OK", headers, &event.to_string());
}

/// A request in the form that a function URL passes to the function (payload format 2.0).
fn event(case: &Case) -> Value {
    let (path, query) = case.path.split_once('?').unwrap_or((case.path, ""));
    let mut headers = serde_json::Map::new();
    headers.insert("host".to_owned(), json!("lkt.lambda-url.eu-west-1.on.aws"));
    headers.insert("x-forwarded-proto".to_owned(), json!("https"));
    headers.extend(case.headers.iter().map(|&(name, value)| (name.to_owned(), json!(value))));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": headers, "body": STANDARD.encode(&case.body), "isBase64Encoded": true,
        "requestContext": {
            "accountId": "1", "apiId": "lkt", "requestId": "1", "routeKey": "$default",
            "stage": "$default", "domainName": "lkt.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "lkt", "time": "24/Nov/2026:03:32:57 +0000", "timeEpoch": 1,
            "http": {
                "method": case.method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "test",
            },
        },
    })
}

/// The answer that a function URL makes from the function's result.
fn answer(body: &[u8]) -> Answer {
    let answer = serde_json::from_slice::<Value>(body).expect("JSON");
    let text = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        STANDARD.decode(text).expect("base64")
    } else {
        text.as_bytes().to_vec()
    };
    let headers = answer["headers"].as_object().expect("headers").iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().expect("text").into()));
    let status = answer["statusCode"].as_u64().and_then(|status| status.try_into().ok());
    Answer { status: status.expect("a status"), headers: headers.collect(), body }
}
