//! Makes the rules for logins that the flags describe.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::args::LoginArgs;
use super::cache::KeySource;
use super::fetch;
use crate::cli::failure::Failure;
use crate::cli::files::Input;
use crate::cli::grants::Grants;
use crate::cli::notes::Notes;
use crate::endpoint::Field;
use crate::endpoint::login::{
    GivenGrant, GrantWhen, Issuer, KeySet, Logins, PersonalRules, RoomTemplate, Set,
};
use crate::token::ApiSecret;

/// What the flags ask for, as far as it is pure, and where the keys come from.
pub(in crate::cli) struct LoginSettings {
    pub(in crate::cli) logins: Logins,
    pub(in crate::cli) sources: Vec<KeySource>,
}

/// The keys of an issuer, and where they are from.
pub(in crate::cli) struct IssuerKeys {
    pub(in crate::cli) keys: Arc<KeySet>,
    pub(in crate::cli) place: String,
}

/// Fetches the keys of an issuer once, for `lkt check`.
pub(in crate::cli) fn fetch_issuer_keys(
    issuer: &str,
    jwks_option: Option<&str>,
) -> Result<IssuerKeys, Failure> {
    let place = match jwks_option.map(jwks).transpose()? {
        Some(KeySource::Fixed(keys)) => {
            return Ok(IssuerKeys { keys, place: jwks_option.unwrap_or_default().to_owned() });
        }
        Some(KeySource::Jwks(place)) => Ok(place),
        _ => fetch::discovery_place(issuer).and_then(|place| fetch::discover(issuer, &place)),
    };
    let fetched = place.and_then(|place| Ok((fetch::keys(&place)?, place)));
    let (fetched, place) = fetched.map_err(|problem| {
        let help = "the issuer must be exactly as in the tokens' `iss`; give --auth-jwks where it has \
                    no discovery";
        Failure::failed(anyhow::anyhow!("{problem}"), help)
    })?;
    Ok(IssuerKeys { keys: Arc::new(fetched.keys), place: place.to_string() })
}

impl LoginArgs {
    /// Whether those who ask are checked: by their login, by a proxy, or by a backend.
    pub(in crate::cli) fn guards(&self) -> bool {
        let logins = !self.auth_issuer.is_empty() || self.auth_header.is_some();
        (logins && !self.auth_optional) || self.ask.is_some()
    }

    /// Reads everything that the flags name. `rooms` are the patterns of `--allow-room`, and
    /// `is_unix` is whether the server listens on a Unix socket.
    pub(in crate::cli) fn settings(
        &self,
        rooms: &[String],
        is_unix: bool,
        notes: Notes,
    ) -> Result<LoginSettings, Failure> {
        self.check(is_unix)?;
        let logins = Logins {
            issuers: self.issuers()?,
            proxy_header: self.auth_header.clone(),
            optional: self.auth_optional,
            rules: self.rules(rooms)?,
            ..Logins::default()
        };
        Ok(LoginSettings { logins, sources: self.sources(notes)? })
    }

    fn check(&self, is_unix: bool) -> Result<(), Failure> {
        let asks = !self.auth_issuer.is_empty() || self.auth_header.is_some();
        if self.auth_optional && !asks {
            let error = anyhow::anyhow!("--auth-optional has no effect without a login");
            return Err(Failure::usage(
                error,
                "add --auth-issuer or --auth-header, or leave it out",
            ));
        }
        if self.auth_header.is_some() && self.trusted_proxy.is_empty() && !is_unix {
            let error = anyhow::anyhow!("no client may send the header of --auth-header");
            let help = "give the proxy's address with --trusted-proxy, or listen on a Unix socket";
            return Err(Failure::usage(error, help));
        }
        let several = self.auth_issuer.len() > 1;
        if several && (self.auth_jwks.is_some() || self.auth_secret_file.is_some()) {
            let error = anyhow::anyhow!("one set of keys cannot be that of several issuers");
            let help = "with --auth-jwks or --auth-secret-file, give one --auth-issuer";
            return Err(Failure::usage(error, help));
        }
        if asks
            && !self.auth_issuer.is_empty()
            && self.auth_audience.is_empty()
            && self.auth_claim.is_empty()
        {
            let error = anyhow::anyhow!(
                "a login for any other application of the same issuer would be accepted"
            );
            let help = "name this application with --auth-audience, or pin another claim with \
                        --auth-claim, such as azp=https://app.example or client_id=…";
            return Err(Failure::usage(error, help));
        }
        Ok(())
    }

    fn issuers(&self) -> Result<Vec<Issuer>, Failure> {
        let mut issuers = Vec::new();
        for name in &self.auth_issuer {
            if name.trim() != name
                || name.is_empty()
                || self.auth_issuer.iter().filter(|other| *other == name).count() > 1
            {
                let error = anyhow::anyhow!("the issuer `{name}` is empty, padded, or given twice");
                return Err(Failure::usage(error, "give each issuer once, exactly as in `iss`"));
            }
            let mut issuer = Issuer::new(name);
            issuer.audiences.clone_from(&self.auth_audience);
            issuer.checks.clone_from(&self.auth_claim);
            issuers.push(issuer);
        }
        Ok(issuers)
    }

    fn sources(&self, notes: Notes) -> Result<Vec<KeySource>, Failure> {
        if let Some(path) = &self.auth_secret_file {
            return Ok(vec![KeySource::Fixed(Arc::new(secret(path, notes)?))]);
        }
        if let Some(text) = &self.auth_jwks {
            return Ok(vec![jwks(text)?]);
        }
        let discovery = |issuer: &String| match fetch::discovery_place(issuer) {
            Ok(place) => Ok(KeySource::Discovery { issuer: issuer.clone(), place }),
            Err(problem) => {
                let error = anyhow::anyhow!("--auth-issuer {issuer}: {problem}");
                Err(Failure::usage(error, "give an https URL, or its keys with --auth-jwks"))
            }
        };
        self.auth_issuer.iter().map(discovery).collect()
    }

    fn rules(&self, rooms: &[String]) -> Result<PersonalRules, Failure> {
        let mut rules = PersonalRules { set: self.sets()?, ..PersonalRules::default() };
        for text in rooms {
            let pattern = RoomTemplate::new(text).map_err(|error| {
                let help = "write it as team-* or org-{claim.org_id}/*";
                Failure::usage(error, help).at(format!("--allow-room {text}"))
            })?;
            rules.rooms.push(pattern);
        }
        for text in &self.grant_when {
            rules.grants.push(grant_when(text)?);
        }
        rules.guest_grants = grants(&self.grant_guest)?;
        Ok(rules)
    }

    /// What was asked for, and what follows from a login where nothing was.
    fn sets(&self) -> Result<Vec<Set>, Failure> {
        let mut sets = Vec::new();
        for (field, text) in &self.set {
            let set = Set::new(*field, text).map_err(|error| {
                let help = format!("write it as --set '{field}={{claim.sub}}'");
                Failure::usage(error, help).at(format!("--set {field}"))
            })?;
            self.check_source(&set)?;
            sets.push(set);
        }
        let is_set = |sets: &[Set], field| sets.iter().any(|set| set.field() == field);
        let mut implied = Vec::new();
        if !self.auth_issuer.is_empty() {
            implied.push((Field::ParticipantIdentity, "{claim.sub}".to_owned()));
            implied.push((Field::ParticipantName, "{claim.name}".to_owned()));
        } else if let Some(header) = &self.auth_header {
            implied.push((Field::ParticipantIdentity, format!("{{header.{header}}}")));
        }
        for (field, text) in implied {
            if !is_set(&sets, field) {
                let set =
                    Set::new(field, &text).map_err(|error| Failure::usage(error, "use --set"))?;
                sets.push(set.implied());
            }
        }
        Ok(sets)
    }

    fn check_source(&self, set: &Set) -> Result<(), Failure> {
        let (missing, flag) = if set.has_claims() && self.auth_issuer.is_empty() {
            ("claims", "--auth-issuer")
        } else if set.has_headers() && self.auth_header.is_none() {
            ("headers of a proxy", "--auth-header")
        } else {
            return Ok(());
        };
        let error =
            anyhow::anyhow!("--set {} uses {missing}, and none are configured", set.field());
        Err(Failure::usage(error, format!("add {flag}")))
    }
}

fn secret(path: &str, notes: Notes) -> Result<KeySet, Failure> {
    let input = Input::from(path);
    input.warn_if_others_can_read(notes);
    let text = Zeroizing::new(input.read_text()?);
    let secret = ApiSecret::new(text.as_str()).map_err(|_| {
        let error = anyhow::anyhow!("`{path}` is empty");
        Failure::failed(error, "put the issuer's secret into it")
    })?;
    if secret.is_short() {
        notes.warn("the issuer's secret has under 32 bytes; logins may be forged by guessing it");
    }
    Ok(KeySet::shared_secret(secret))
}

fn jwks(text: &str) -> Result<KeySource, Failure> {
    if text.contains("://") {
        let place = text.parse().map_err(|problem| {
            let error = anyhow::anyhow!("--auth-jwks {text}: {problem}");
            Failure::usage(error, "give an https URL, or a file")
        })?;
        return Ok(KeySource::Jwks(place));
    }
    let keys = KeySet::from_jwks(&Input::from(text).read()?).map_err(|error| {
        let help = "give the issuer's public keys as a JWKS: {\"keys\": [...]}";
        Failure::usage(error, help).at(format!("--auth-jwks {text}"))
    })?;
    Ok(KeySource::Fixed(Arc::new(keys)))
}

/// `PATH=GLOB:GRANT`; the last colon separates, since patterns may have some.
fn grant_when(text: &str) -> Result<GrantWhen, Failure> {
    let help = "write it as realm_access.roles=host:roomAdmin";
    let Some((check, grant)) = text.rsplit_once(':') else {
        let error = anyhow::anyhow!("--grant-when {text} has no `:`");
        return Err(Failure::usage(error, help));
    };
    let check = check.parse().map_err(|error: crate::endpoint::login::ClaimCheckError| {
        Failure::usage(error, help).at(format!("--grant-when {text}"))
    })?;
    Ok(GrantWhen::new(check, grants(&[grant.to_owned()])?))
}

fn grants(typed: &[String]) -> Result<Vec<GivenGrant>, Failure> {
    let grants = Grants::parse(typed)?;
    let given = grants.entries().map(|(grant, value)| {
        let given = GivenGrant::new(grant.claim, grant.name, value.clone());
        given.map_err(|error| Failure::usage(error, "see `lkt serve --help` for --grant"))
    });
    given.collect()
}
