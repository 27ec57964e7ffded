//! The file of a Unix socket: what may stand in its place, who may connect, and what is left behind.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use lkt::endpoint::{Endpoint, Random};
use lkt::server::{Limits, Listen, Server, SharedEndpoint};
use lkt::token::KeyPair;

fn bind(path: &Path) -> Result<Server, String> {
    let listen = Listen::Unix(path.to_owned());
    Server::bind(&listen, Limits::default()).map_err(|error| error.to_string())
}

/// Runs a server that is told to stop already.
fn run_to_its_end(server: Server) {
    let url = "ws://localhost:7880".parse().expect("a URL");
    server.stop_handle().set();
    let endpoint = Endpoint::new(KeyPair::dev(), url, Random::new(|| 42));
    server.run(SharedEndpoint::new(endpoint)).expect("runs");
}

#[test]
fn what_is_not_a_socket_left_behind_stays_in_its_place() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), "text").expect("a file");
    fs::create_dir(at("directory")).expect("a directory");
    drop(UnixListener::bind(at("left")).expect("a socket"));
    symlink(at("left"), at("link")).expect("a link");
    let _datagram = UnixDatagram::bind(at("datagram")).expect("a socket");
    let _live = UnixListener::bind(at("live")).expect("a socket");
    for (name, what) in [
        ("file", "exists and is not a socket"),
        ("directory", "exists and is a directory"),
        ("link", "exists and is a symbolic link"),
        ("datagram", "exists and is a socket of another type"),
        ("live", "something listens at"),
    ] {
        let error = bind(&at(name)).expect_err(name);
        assert!(error.contains(what), "{name}: {error}");
        assert!(at(name).symlink_metadata().is_ok(), "{name}");
    }
    assert_eq!(fs::read_to_string(at("file")).expect("a file"), "text");
    bind(&at("left")).expect("replaces what was left behind");
}

#[test]
fn a_full_queue_of_connections_is_a_live_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
    let socket = socket.expect("a socket");
    socket.bind(&socket2::SockAddr::unix(&path).expect("an address")).expect("binds");
    socket.listen(0).expect("listens");
    let _waiting = UnixStream::connect(&path).expect("connects");
    let error = bind(&path).expect_err("a live socket");
    assert!(error.contains("something listens at"), "{error}");
}

#[test]
fn owner_and_group_may_connect_and_nobody_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let server = bind(&path).expect("binds");
    let mode = fs::metadata(&path).expect("a socket").permissions().mode() & 0o777;
    // The umask of whoever runs the test may leave out the group.
    assert_eq!(mode & !0o060, 0o600, "{mode:o}");
    run_to_its_end(server);
    assert!(!path.exists());
}

#[test]
fn a_socket_that_another_has_put_in_its_place_is_not_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let server = bind(&path).expect("binds");
    fs::rename(&path, directory.path().join("moved")).expect("moves");
    let _other = UnixListener::bind(&path).expect("binds");
    run_to_its_end(server);
    assert!(path.exists());
}
