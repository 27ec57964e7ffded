//! The flags for who may ask for tokens, and how that affects the tokens.

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
    #[arg(long, value_name = "NAME")]
    pub(super) auth_header: Option<HeaderName>,

    /// Address or network of a proxy whose headers are trusted (--auth-header, X-Forwarded-For). On a
    /// Unix socket, every client is trusted. Repeatable
    #[arg(long, value_name = "CIDR", value_parser = parse_network)]
    pub(super) trusted_proxy: Vec<IpNet>,

    /// URL of your backend, which is asked about each request
    #[arg(long, value_name = "URL")]
    pub(super) ask: Option<String>,

    /// Fixed value of a field; a client that asks for another gets 403. {claim.PATH}, {header.NAME},
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

fn parse_token_header(text: &str) -> Result<HeaderName, String> {
    let name =
        text.parse::<HeaderName>().map_err(|_| "it is not the name of a header".to_owned())?;
    if name == AUTHORIZATION {
        return Err("login tokens are read from there already".to_owned());
    }
    if [COOKIE, CONTENT_TYPE, CONTENT_LENGTH, HOST, ORIGIN].contains(&name) {
        return Err("it cannot hold a login token (for a cookie, use --auth-cookie)".to_owned());
    }
    Ok(name)
}

/// The name of a cookie is a token of HTTP, like that of a header (RFC 6265, section 4.1.1).
fn parse_cookie(text: &str) -> Result<String, String> {
    let name = text.parse::<HeaderName>();
    name.map(|_| text.to_owned()).map_err(|_| "it is not the name of a cookie".to_owned())
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    // A single address counts as a network of one address.
    let single = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(single);
    network.ok_or_else(|| "write it as 10.0.0.0/8, 127.0.0.1 or fd00::/8".to_owned())
}
