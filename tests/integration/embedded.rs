//! The server inside another program: several servers side by side, started and stopped at any time,
//! with a custom service.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http::request::Parts;
use lkt::endpoint::{Answer, Endpoint, Field, Random, Refusal, When};
use lkt::server::{Call, Client, LateAnswer, Limits, Server, Service, SharedEndpoint, Stop};
use lkt::token::KeyPair;
use serde_json::Value;

use crate::support::{Connection, JSON, json_post, post};

fn endpoint(server_url: &str) -> SharedEndpoint {
    let url = server_url.parse().expect("a URL");
    SharedEndpoint::new(Endpoint::new(KeyPair::dev(), url, Random::new(|| 42)))
}

fn any_port() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port")
}

/// A running server, which stops when it is dropped.
struct Running {
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Running {
    fn start(host: Ipv4Addr, port: u16, service: impl Service) -> Self {
        let listener = TcpListener::bind((host, port)).expect("a free port");
        Self::run(listener, Limits::default(), service)
    }

    fn limited(limits: Limits, service: impl Service) -> Self {
        Self::run(any_port(), limits, service)
    }

    fn run(listener: TcpListener, limits: Limits, service: impl Service) -> Self {
        let address = listener.local_addr().expect("an address");
        let server = Server::new(listener, limits).expect("a server");
        let stop = server.stop_handle();
        let thread = Some(thread::spawn(move || server.run(service)));
        Self { address, stop, thread }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.set();
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(Ok(())))), "{ended:?}");
    }
}

/// Only Linux has all of 127.0.0.0/8 on its loopback interface.
#[cfg(target_os = "linux")]
#[test]
fn two_servers_on_one_port_number_keep_their_clients_apart() {
    let first = Running::start(Ipv4Addr::LOCALHOST, 0, endpoint("ws://first.example"));
    let port = first.address.port();
    let second = Running::start(Ipv4Addr::new(127, 0, 0, 2), port, endpoint("ws://second.example"));
    for _ in 0..50 {
        for (server, url) in [(&first, "ws://first.example"), (&second, "ws://second.example")] {
            let mut connection = Connection::open(server.address);
            connection.send(post("/getToken", &[JSON], "{}"));
            assert_eq!(connection.answer().expect("an answer").json()["server_url"], url);
        }
    }
    // Each stop handle stops its own server.
    drop(first);
    assert_eq!(json_post(second.address, "{}").status, 201);
}

#[test]
fn a_client_that_is_connected_when_the_server_stops_is_answered() {
    let server = Running::start(Ipv4Addr::LOCALHOST, 0, endpoint("ws://localhost:7880"));
    let mut silent = (0..4).map(|_| Connection::open(server.address)).collect::<Vec<_>>();
    // By then, the earlier connections have been accepted.
    assert_eq!(json_post(server.address, "{}").status, 201);
    server.stop.set();
    for connection in &mut silent {
        connection.send(post("/getToken", &[JSON], "{}"));
        assert_eq!(connection.answer().expect("an answer").status, 201);
    }
}

#[cfg(unix)]
#[test]
fn one_server_listens_at_several_addresses_of_both_kinds() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let unix = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let [first, second] = [(); 2].map(|()| any_port());
    let addresses = [&first, &second].map(|socket| socket.local_addr().expect("an address"));
    let mut server = Server::new(first, Limits::default()).expect("a server");
    server.add_listener(second).expect("another socket");
    server.add_listener(unix).expect("a Unix socket");
    let stop = server.stop_handle();
    let running = thread::spawn(move || server.run(endpoint("ws://localhost:7880")));
    for address in addresses {
        assert_eq!(json_post(address, "{}").status, 201);
    }
    let mut client = std::os::unix::net::UnixStream::connect(&path).expect("connects");
    let close = [JSON, ("Connection", "close")];
    client.write_all(&post("/getToken", &close, "{}")).expect("sends");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    stop.set();
    running.join().expect("no panic").expect("a clean end");
}

#[test]
fn a_socket_of_the_embedder_outlives_the_server() {
    let socket = any_port();
    let address = socket.local_addr().expect("an address");
    let run = || {
        let socket = socket.try_clone().expect("a descriptor");
        Running::run(socket, Limits::default(), endpoint("ws://localhost:7880"))
    };
    let first = run();
    assert_eq!((first.address, json_post(address, "{}").status), (address, 201));
    drop(first);
    let mut waiting = Connection::open(address);
    waiting.send(post("/getToken", &[JSON], "{}"));
    let _second = run();
    assert_eq!(waiting.answer().expect("an answer").status, 201);
}

/// A service that answers when the test tells it to.
struct Slow {
    endpoint: SharedEndpoint,
    parked: Mutex<Sender<(LateAnswer, Answer)>>,
}

impl Slow {
    fn new() -> (Self, Receiver<(LateAnswer, Answer)>) {
        let (sender, parked) = channel();
        (Self { endpoint: endpoint("ws://localhost:7880"), parked: Mutex::new(sender) }, parked)
    }
}

impl Service for Slow {
    type Admitted = <SharedEndpoint as Service>::Admitted;

    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        client: Client,
    ) -> ControlFlow<Answer, Self::Admitted> {
        self.endpoint.admit(head, body_length, client)
    }

    fn answer(
        &self,
        admitted: Self::Admitted,
        head: &mut Arc<Parts>,
        body: Vec<u8>,
        call: &Call<'_>,
    ) -> Option<Answer> {
        let is_slow = body.starts_with(br#"{"room_name":"slow"#);
        let answer = self.endpoint.answer(admitted, head, body, call)?;
        if !is_slow {
            return Some(answer);
        }
        let later = match call.later() {
            Ok(later) => later,
            Err(refusal) => return Some(self.refuse(head, refusal)),
        };
        let parked = self.parked.lock().expect("a lock");
        parked.send((later, answer)).expect("a test that waits");
        None
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer {
        self.endpoint.refuse(head, refusal)
    }

    fn max_body(&self) -> usize {
        self.endpoint.max_body()
    }
}

fn named(room: &str) -> Vec<u8> {
    post("/getToken", &[JSON], format!(r#"{{"room_name":"{room}"}}"#))
}

fn room_of(answer: &crate::support::Answer) -> Value {
    crate::support::claims_value(&answer.token())["video"]["room"].clone()
}

#[test]
fn an_answer_that_comes_later_holds_up_its_own_connection_alone() {
    let (service, parked) = Slow::new();
    let server = Running::start(Ipv4Addr::LOCALHOST, 0, service);
    let mut slow = (0..8).map(|_| Connection::open(server.address)).collect::<Vec<_>>();
    let request = post("/getToken", &[JSON], r#"{"room_name":"slow"}"#);
    for connection in &mut slow {
        connection.send(&request);
    }
    let mut laters = (0..8).map(|_| parked.recv().expect("a parked request")).collect::<Vec<_>>();
    for _ in 0..20 {
        assert_eq!(json_post(server.address, "{}").status, 201);
    }
    // If one is dropped without an answer, the request is refused, and the connection continues.
    drop(laters.pop());
    for (later, answer) in laters {
        later.answer(answer);
    }
    let mut statuses = slow
        .iter_mut()
        .map(|connection| connection.answer().expect("an answer").status)
        .collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 201, 201, 503]);
    for connection in &mut slow {
        connection.send(post("/getToken", &[JSON], "{}"));
        assert_eq!(connection.answer().expect("an answer").status, 201);
    }
}

#[test]
fn requests_that_follow_one_whose_answer_comes_later_keep_their_order() {
    let (service, parked) = Slow::new();
    let server = Running::start(Ipv4Addr::LOCALHOST, 0, service);
    let mut connection = Connection::open(server.address);
    connection.send([named("slow-1"), named("quick"), named("slow-2")].concat());
    let mut rooms = Vec::new();
    for later in [true, false, true] {
        if later {
            let (later, answer) = parked.recv().expect("a parked request");
            later.answer(answer);
        }
        rooms.push(room_of(&connection.answer().expect("an answer")));
    }
    assert_eq!(rooms, ["slow-1", "quick", "slow-2"]);
}

#[test]
fn an_answer_that_comes_too_late_is_not_given_to_the_next_request() {
    let (service, parked) = Slow::new();
    let mut limits = Limits::default();
    limits.request = Duration::from_secs(1);
    let server = Running::limited(limits, service);
    let mut connection = Connection::open(server.address);
    connection.send(named("slow-1"));
    let (late, late_answer) = parked.recv().expect("a parked request");
    assert_eq!(connection.answer().expect("an answer").status, 503);
    connection.send(named("slow-2"));
    let (later, answer) = parked.recv().expect("a parked request");
    late.answer(late_answer);
    later.answer(answer);
    assert_eq!(room_of(&connection.answer().expect("an answer")), "slow-2");
}

#[test]
fn a_panic_of_the_service_is_the_end_of_one_connection() {
    // It panics since nobody takes the requests that it parks.
    let (service, parked) = Slow::new();
    let server = Running::start(Ipv4Addr::LOCALHOST, 0, service);
    drop(parked);
    let mut other = Connection::open(server.address);
    for _ in 0..3 {
        let mut connection = Connection::open(server.address);
        connection.send(named("slow"));
        let answer = connection.answer().expect("an answer");
        assert_eq!((answer.status, answer.header("lkt-error")), (500, Some("internal")));
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(connection.answer().is_none());
        other.send(named("quick"));
        assert_eq!(other.answer().expect("an answer").status, 201);
    }
}

#[test]
fn a_panic_before_a_late_answer_is_the_end_of_one_connection() {
    let (service, parked) = Slow::new();
    let server = Running::start(Ipv4Addr::LOCALHOST, 0, service);
    let mut connection = Connection::open(server.address);
    connection.send(named("slow"));
    let (later, _) = parked.recv().expect("a parked request");
    let panicked = thread::spawn(move || {
        // It is dropped while the thread unwinds.
        let _kept = later;
        panic!("as the test wants it");
    });
    assert!(panicked.join().is_err());
    let answer = connection.answer().expect("an answer");
    assert_eq!((answer.status, answer.header("lkt-error")), (500, Some("internal")));
    assert!(connection.answer().is_none());
    assert_eq!(json_post(server.address, "{}").status, 201);
}

#[test]
fn half_of_all_connections_may_wait_for_their_answers() {
    let (service, parked) = Slow::new();
    let lanes = thread::available_parallelism().map_or(1, usize::from);
    let mut limits = Limits::default();
    limits.connections = 4 * lanes;
    let server = Running::limited(limits, service);
    let open = |_| Connection::open(server.address);
    let mut slow = (0..4 * lanes).map(open).collect::<Vec<_>>();
    // The limit holds for all lanes together.
    let (first, rest) = slow.split_at_mut(2 * lanes);
    for connection in first.iter_mut() {
        connection.send(named("slow"));
    }
    let laters = (0..2 * lanes).map(|_| parked.recv().expect("a parked request"));
    let laters = laters.collect::<Vec<_>>();
    for connection in rest {
        connection.send(named("slow"));
        assert_eq!(connection.answer().expect("an answer").status, 503);
    }
    assert!(parked.try_recv().is_err());
    drop(laters);
    for connection in first {
        assert_eq!(connection.answer().expect("an answer").status, 503);
    }
}

#[test]
fn a_client_that_takes_no_answers_but_keeps_sending_is_given_up() {
    let mut large = Endpoint::new(
        KeyPair::dev(),
        "ws://localhost:7880".parse().expect("a URL"),
        Random::new(|| 42),
    );
    let metadata = "x".repeat(60 * 1024);
    large.rules.fields.set(Field::ParticipantMetadata, &metadata, When::Absent).expect("a default");
    let mut limits = Limits::default();
    limits.answer = Duration::from_millis(200);
    let server = Running::limited(limits, SharedEndpoint::new(large));
    let mut connection = Connection::open(server.address);
    // More than the buffers of both sides can hold.
    connection.send(post("/getToken", &[JSON], "{}").repeat(400));
    let mut stream = connection.stream();
    stream.set_write_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let error = (0..1_u64 << 32).find_map(|_| stream.write(b" ").err()).expect("an end");
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

#[test]
fn a_head_has_a_deadline_of_its_own() {
    let mut limits = Limits::default();
    (limits.head, limits.request) = (Duration::from_millis(50), Duration::from_secs(3600));
    let server = Running::limited(limits, endpoint("ws://localhost:7880"));
    let [mut body, mut head] = [(); 2].map(|()| Connection::open(server.address));
    let request = post("/getToken", &[JSON], "{}");
    body.send(&request[..request.len() - 1]);
    head.send("POST /getToken HTTP/1.1\r\nHost: localhost\r\n");
    assert_eq!(head.answer().expect("an answer").status, 408);
    body.send("}");
    assert_eq!(body.answer().expect("an answer").status, 201);
}

#[test]
fn limits_that_no_clock_can_keep_are_bounded() {
    let mut limits = Limits::default();
    limits.idle = Duration::MAX;
    limits.request = Duration::MAX;
    limits.head = Duration::MAX;
    limits.answer = Duration::MAX;
    limits.stopping = Duration::MAX;
    (limits.connections, limits.header_lines, limits.head_bytes) = (0, usize::MAX, usize::MAX);
    let server = Running::limited(limits, endpoint("ws://localhost:7880"));
    assert_eq!(json_post(server.address, "{}").status, 201);
}
