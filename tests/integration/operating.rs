//! What operators use: a test of the configuration, readiness, and what a reload and a start log.

use std::net::TcpListener;

use nix::sys::signal::Signal;

use crate::serve::serve;
use crate::support::{TestServer, lkt};

const SECRET: &str = "secret-secret-secret-secret-secret";

#[test]
fn a_configuration_can_be_checked_without_a_start() {
    let file = "url = 'wss://livekit.example'\napi-key = 'k'\napi-secret-file = 'secret'\n\
         auth-token-file = 'tokens'\nlisten = '0.0.0.0:3000'\nallow-room = 'team-*'";
    let check = |file: &str| {
        let command = lkt("serve --config lkt.toml --check --no-env-file").file("lkt.toml", file);
        command.file("tokens", "a-bearer-token-of-a-server")
    };
    let (said, _) = check(file).file("secret", SECRET).succeeds_saying();
    let version = env!("CARGO_PKG_VERSION");
    let first = format!(
        "the configuration is sound; lkt {version} would listen at http://0.0.0.0:3000/getToken\n"
    );
    assert!(said.starts_with(&first), "{said}");
    let key = "  key             k (from api-key in lkt.toml, its secret from api-secret-file in lkt.toml)\n";
    assert!(said.contains(key) && said.contains("  rooms           team-*\n"), "{said}");
    let error = check(file).fails(2);
    assert!(error.contains("error: cannot read `secret`"), "{error}");
    let open = file.replace("auth-token-file = 'tokens'", "");
    let error = check(&open).file("secret", SECRET).fails(2);
    assert!(
        error.contains("error: anyone who can reach `0.0.0.0:3000` could get tokens"),
        "{error}"
    );
}

#[test]
fn dev_does_not_replace_the_key_of_a_configuration() {
    let command = lkt("serve --config lkt.toml --dev").file("lkt.toml", "api-key = 'k'");
    assert_eq!(
        command.fails(2),
        "error: --config lkt.toml: --dev would replace `api-key`, and sign with a key that everyone \
         knows\nhelp: leave out --dev, or use a configuration without a key\n"
    );
}

#[test]
fn a_server_is_ready_when_it_has_the_keys_of_its_issuers() {
    let server = TestServer::start("--base-path /livekit");
    for (path, host) in [("/readyz", "localhost"), ("/livekit/readyz", "other.example")] {
        let answer = server.ask("GET", path, host);
        assert_eq!(
            (answer.status, answer.body.as_slice()),
            (200, br#"{"status":"ok"}"#.as_slice())
        );
    }
    assert_eq!(server.ask("POST", "/readyz", "localhost").status, 405);
    assert_eq!(lkt("health --ready").arg(server.url("")).succeeds(), "");
    // Nothing answers at the place of the keys.
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let server = TestServer::start(&format!("--auth-issuer {issuer} --auth-audience a"));
    let answer = server.ask("GET", "/readyz", "localhost");
    assert_eq!((answer.status, &answer.json()["status"]), (503, &"not ready".into()));
    assert_eq!(server.ask("GET", "/healthz", "localhost").status, 200);
    assert_eq!(lkt("health").arg(server.url("")).succeeds(), "");
    let error = lkt("health --ready").arg(server.url("")).fails(1);
    assert!(error.contains("answers 503, not 200"), "{error}");
}

#[test]
fn a_reload_logs_which_secret_is_in_use() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("lkt.toml");
    let text = "api-key = 'k'\napi-secret = 'secret'\nurl = 'ws://h'\nlisten = '127.0.0.1:0'";
    std::fs::write(&file, text).expect("a file");
    let server = TestServer::run(&mut serve(&["--config", &file.display().to_string()]), "");
    server.signal(Signal::SIGHUP);
    let line = server.wait_for_log("reloaded");
    assert!(
        line.contains("reloaded key=\"k\" secret=\"2bb80d\" from=\"api-key in lkt.toml"),
        "{line}"
    );
}

#[test]
fn a_file_without_bearer_tokens_is_fine_where_logins_are() {
    let check = |more: &str| {
        let file = format!("dev = true\nauth-token-file = 'tokens'\n{more}");
        let command = lkt("serve --config lkt.toml --check --no-env-file").file("lkt.toml", file);
        command.file("tokens", "# none yet\n")
    };
    assert_eq!(
        check("allow-anonymous = true").fails(1),
        "warning: others can read `tokens`; run chmod 600 on it\n\
         error: there is no bearer token to accept\n\
         help: put one token per line into the file or LKT_AUTH_TOKEN\n"
    );
    let (said, _) =
        check("auth-issuer = 'https://id.example'\nauth-audience = 'app'").succeeds_saying();
    let who = "  who may ask     users with a login token of https://id.example, for app\n";
    assert!(said.contains(who), "{said}");
}

#[test]
fn the_mode_of_a_secret_of_kubernetes_is_set_where_it_is_mounted() {
    // As kubelet lays a volume out: files are links to links, and the directory is replaced as a whole.
    let command = lkt("mint --api-key k --api-secret-file volume/api-secret");
    let volume = command.path().join("volume");
    let contents = volume.join("..2026_11_29");
    std::fs::create_dir_all(&contents).expect("a folder");
    std::fs::write(contents.join("api-secret"), SECRET).expect("a file");
    std::os::unix::fs::symlink("..2026_11_29", volume.join("..data")).expect("a link");
    std::os::unix::fs::symlink("..data/api-secret", volume.join("api-secret")).expect("a link");
    let (_, said) = command.succeeds_saying();
    assert_eq!(
        said,
        "warning: others can read `volume/api-secret`; set defaultMode: 0440 where the volume is mounted, \
         with an fsGroup\n"
    );
}
