//! `lkt check --config`: what `lkt serve --config --check` reads, and what the servers say about it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::login::issuer::{IssuerServer, ok};
use crate::support::{Lkt, lkt};

/// The public key of RFC 7517, appendix A.1.
const KEYS: &str = r#"{"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"#;

const SECRET: &str = "secret-secret-secret-secret-secret";

/// A server that answers one request as LiveKit's does.
fn livekit(status: &'static str, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut piece = [0; 4096];
            let length = stream.read(&mut piece).expect("a request");
            request.extend_from_slice(piece.get(..length).expect("a part"));
        }
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).expect("sends");
    });
    address
}

fn check(url: &str, more: &str) -> Lkt {
    let file =
        format!("url = '{url}'\napi-key = 'k'\napi-secret-file = 'secret'\nno-env-file = true\n");
    lkt("check --config lkt.toml").file("lkt.toml", file + more).file("secret", SECRET)
}

#[test]
fn a_configuration_is_checked_with_the_server_and_the_issuers() {
    let issuer = IssuerServer::with_keys(KEYS);
    let url = issuer.url("");
    let server = livekit("200 OK", "success");
    let logins = format!(
        "auth-issuer = '{url}'\nauth-audience = 'app'\nauth-jwks = '{}'\nallow-room = 'team-*'",
        issuer.url("/jwks")
    );
    let (said, _) = check(&format!("ws://{server}"), &logins).succeeds_saying();
    let version = env!("CARGO_PKG_VERSION");
    let first = format!("the configuration is sound; lkt {version} would listen at ");
    assert!(said.starts_with(&first), "{said}");
    for line in [
        "  rooms           team-*\n",
        "\nkey      k, from api-key in lkt.toml, its secret from api-secret-file in lkt.toml\n",
        "\nserver   accepts the token: 200 `success`\n",
        &format!("\nissuer   {url}\n"),
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn the_issuer_is_checked_even_if_the_server_refuses_the_token() {
    let issuer = IssuerServer::start(|_| ok(r#"{"keys": []}"#));
    let logins = format!(
        "auth-issuer = '{}'\nauth-audience = 'app'\nauth-jwks = '{}'",
        issuer.url(""),
        issuer.url("/jwks")
    );
    let server = livekit("401 Unauthorized", "invalid token: secret");
    let output = check(&format!("ws://{server}"), &logins).output();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("401") && said.contains("error: "), "{said}");
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn what_serve_refuses_check_refuses_in_the_same_words() {
    for more in ["listen = '0.0.0.0:0'", "allow-room = '{claim.room}'", "bse-path = '/x'"] {
        let said = check("ws://127.0.0.1:9", more).fails(2);
        let file = format!(
            "url = 'ws://127.0.0.1:9'\napi-key = 'k'\napi-secret-file = 'secret'\nno-env-file = true\n{more}"
        );
        let served = lkt("serve --check --config lkt.toml").file("lkt.toml", file);
        assert_eq!(said, served.file("secret", SECRET).fails(2), "{more}");
    }
    let said = lkt("check --config lkt.toml --dev").file("lkt.toml", "").fails(2);
    assert_eq!(
        said,
        "error: `--dev` cannot be used with `--config`\nhelp: put it into the file, or try it with \
         `lkt serve --config FILE --check`\n"
    );
}
