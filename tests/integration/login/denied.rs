//! The deny list and people who have several names, or whose identity is made after all other checks.

use serde_json::json;

use super::client::{code, token};
use super::issuer::IssuerServer;
use super::signer::Signer;
use crate::support::{Answer, Connection, JSON, TestServer, post};

/// Sends a login, and the name that a proxy gives its user.
fn ask(server: &TestServer, login: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {login}");
    let headers = [JSON, ("Authorization", bearer.as_str()), ("Remote-User", "evelyn")];
    let mut connection = Connection::open(server.address());
    connection.send(post("/getToken", &headers, body));
    connection.answer().expect("an answer")
}

#[test]
fn whoever_is_denied_by_one_name_is_denied_by_all_of_them() {
    let signer = Signer::ed25519();
    let issuer = IssuerServer::with_keys(&json!({"keys": [signer.jwk("a")]}).to_string());
    let (url, folder) = (issuer.url(""), tempfile::tempdir().expect("a folder"));
    let claims = json!({"sub": "auth0|7", "email": "eve@x.example", "jti": "j9"});
    let login = token(&signer, "a", &url, &claims);
    for (list, body, expected) in [
        ("sub=somebody", "{}", (201, "")),
        ("sub=auth0|7", "{}", (403, "denied")),
        ("sub=eve@x.example", "{}", (403, "denied")),
        ("sub=evelyn", "{}", (403, "denied")),
        ("jti=j9", "{}", (403, "denied")),
        // The random part is made last.
        ("identity=eve@x.example-????????", "{}", (403, "denied")),
        ("\u{feff}identity=eve@*\r\n", "{}", (403, "denied")),
        ("room=daily-eve@*", "{}", (403, "denied")),
        ("room=daily-eve@* until 2026-01-01T00:00:00Z", "{}", (201, "")),
    ] {
        let path = folder.path().join("denied");
        std::fs::write(&path, list).expect("written");
        let server = TestServer::start(&format!(
            "--auth-issuer {url} --auth-audience lkt --auth-user-claim email --auth-header Remote-User \
             --trusted-proxy 127.0.0.1 --set participant_identity={{claim.email}}-{{random}} \
             --set room_name=daily-{{claim.email}} --deny-file {}",
            path.display()
        ));
        assert_eq!(code(&ask(&server, &login, body)), expected, "{list}");
    }
}
