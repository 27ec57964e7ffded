//! The flags for who may have tokens, and how that affects the tokens.

use std::net::IpAddr;

use clap::Args;
use http::HeaderName;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use ipnet::IpNet;

use super::fields::{default_names, parse_default};
use crate::cli::issuer::{VerifyArgs, parse_issuer};
use crate::cli::known_values::KnownValues;
use crate::endpoint::Field;
use crate::service::rate::Rate;

// Logins, proxies and backends. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Logins")]
pub(in crate::cli) struct LoginArgs {
    /// Issuer whose login tokens are accepted, exactly as in their `iss`; its keys are found by
    /// OpenID Connect discovery. Repeatable
    #[arg(long, value_name = "URL", group = "issuer", value_parser = parse_issuer)]
    pub(super) auth_issuer: Vec<String>,

    #[command(flatten)]
    pub(super) verify: VerifyArgs,

    /// Header that holds the login token, besides Authorization, such as Cf-Access-Jwt-Assertion
    #[arg(long, value_name = "NAME", requires = "issuer", value_parser = parse_token_header)]
    pub(super) auth_token_header: Option<HeaderName>,

    /// Cookie that holds the login token. Only pages of allowed origins can use it
    #[arg(long, value_name = "NAME", requires = "issuer", value_parser = parse_cookie)]
    pub(super) auth_cookie: Option<String>,

    /// Accept requests without a login, as guests
    #[arg(long)]
    pub(super) auth_optional: bool,

    /// Header in which a proxy names the user that it has logged in, such as Remote-User
    #[arg(long, value_name = "NAME", value_parser = parse_user_header)]
    pub(super) auth_header: Option<HeaderName>,

    /// Address or network of a proxy whose headers are trusted (--auth-header, X-Forwarded-For). On a
    /// Unix socket, every client is trusted. Repeatable
    #[arg(long, value_name = "CIDR", value_parser = parse_network)]
    pub(super) trusted_proxy: Vec<IpNet>,

    /// URL of your backend, which decides each request
    #[arg(long, value_name = "URL")]
    pub(super) ask: Option<String>,

    /// Fixed value of a field; a client that sends another one gets 403. {claim.PATH}, {header.NAME},
    /// {random}, {identity} and {room_name} are filled in. Repeatable
    #[arg(long, value_name = "FIELD=TEMPLATE", hide_possible_values = true, value_parser = KnownValues::new(parse_default, default_names))]
    pub(super) set: Vec<(Field, String)>,

    /// Add a grant to the token if the login has a claim, such as realm_access.roles=host:roomAdmin.
    /// Repeatable
    #[arg(long, value_name = "PATH=GLOB:GRANT", requires = "issuer")]
    pub(super) grant_when: Vec<String>,

    /// Grant for guests, such as canPublish=false. Repeatable
    #[arg(long, value_name = "GRANT", requires = "auth_optional")]
    pub(super) grant_guest: Vec<String>,

    /// Maximum number of tokens for each person, or for each address without a login, such as 10/1m
    #[arg(long, value_name = "N/SPAN")]
    pub(super) rate: Option<Rate>,
}

/// What AWS's load balancers write: their own statement about a user, the provider's access token, and
/// the user's `sub` (docs/logins.md says more).
const AWS_DATA: &str = "x-amzn-oidc-data";
const AWS_ACCESS: &str = "X-Amzn-Oidc-Accesstoken";
const AWS_USER: &str = "X-Amzn-Oidc-Identity";

fn parse_token_header(text: &str) -> Result<HeaderName, String> {
    let name = text
        .parse::<HeaderName>()
        .map_err(|_| "it is not the name of a header; write it as X-Login".to_owned())?;
    if name == AUTHORIZATION {
        return Err("login tokens are read from there already; leave it out".to_owned());
    }
    if name == AWS_DATA {
        return Err(format!(
            "AWS signs it with keys that have no JWKS, and writes it with padding; use {AWS_ACCESS}, or \
             --auth-header {AWS_USER}"
        ));
    }
    if [COOKIE, CONTENT_TYPE, CONTENT_LENGTH, HOST, ORIGIN].contains(&name) {
        return Err(
            "it cannot hold a login token; use --auth-cookie for a cookie, or a header of your own"
                .to_owned(),
        );
    }
    Ok(name)
}

/// The name of a cookie is a token of HTTP, like that of a header (RFC 6265, section 4.1.1).
fn parse_cookie(text: &str) -> Result<String, String> {
    let name = text.parse::<HeaderName>();
    name.map(|_| text.to_owned()).map_err(|_| {
        "it is not the name of a cookie; give the name alone, such as session".to_owned()
    })
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    // A single address counts as a network of one address.
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(single);
    let network = network.ok_or("write it as 10.0.0.0/8, 127.0.0.1 or fd00::/8")?;
    Ok(canonical(network))
}

/// The IPv4 network that an IPv6 network such as ::ffff:10.0.0.0/104 stands for. Addresses of clients
/// are compared in this form.
fn canonical(network: IpNet) -> IpNet {
    /// Length of the prefix ::ffff:0:0, which IPv4 addresses in IPv6 have.
    const MAPPED: u8 = 96;
    let v4 = match network.addr() {
        IpAddr::V6(address) => address.to_ipv4_mapped(),
        IpAddr::V4(_) => None,
    };
    let length = network.prefix_len().checked_sub(MAPPED);
    let mapped = v4.zip(length).and_then(|(v4, length)| IpNet::new(v4.into(), length).ok());
    mapped.unwrap_or(network)
}

/// Headers that clients send or that describe the connection: none of them can name a user.
const OF_CLIENTS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-connection",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-sandbox-id",
];

fn parse_user_header(text: &str) -> Result<HeaderName, String> {
    let name = text.trim().parse::<HeaderName>();
    let name = name.map_err(|_| "write it as the name of a header, such as Remote-User")?;
    if OF_CLIENTS.contains(&name.as_str()) {
        return Err(
            "clients send this header themselves; name the one in which the proxy puts the \
                    user, such as Remote-User"
                .to_owned(),
        );
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_compared_as_the_addresses_of_clients_are() {
        for (text, network) in [
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("fd00::/8", "fd00::/8"),
            ("::/0", "::/0"),
            ("10.0.0.0/8", "10.0.0.0/8"),
        ] {
            assert_eq!(parse_network(text).expect(text).to_string(), network, "{text}");
        }
    }
}
