//! Creates the rules for logins that the flags describe.

use super::login_args::LoginArgs;
use super::settings::placeholder_help;
use crate::cli::grants::Grants;
use crate::cli::notes::Notes;
use crate::endpoint::login::{ClaimCheck, GivenGrant, GrantWhen, Issuer, TokenPlaces};
use crate::endpoint::{
    Callers, Field, FieldRule, FieldRuleError, FieldRules, TemplateError, TokenRules, When,
};
use crate::failure::Failure;
use crate::printable::without_password;
use crate::service::issuer::{FetchUrl, KeySource};

impl LoginArgs {
    /// Whether a cookie may decide what a client gets. A browser sends it along, whichever page sends the request.
    pub(in crate::cli) fn reads_cookies(&self) -> bool {
        self.auth_header.is_some() || self.auth_cookie.is_some() || self.ask.is_some()
    }

    /// Whether login tokens are accepted.
    fn has_issuers(&self) -> bool {
        !self.issuer_names().is_empty()
    }

    fn issuer_names(&self) -> Vec<&str> {
        self.verify.issuers(&self.auth_issuer)
    }

    /// The backend of `--ask`.
    pub(in crate::cli) fn backend(&self) -> Result<Option<FetchUrl>, Failure> {
        let Some(text) = &self.ask else { return Ok(None) };
        let url = FetchUrl::new(text, &self.verify.plain_hosts()).map_err(|problem| {
            let shown = without_password(text);
            let error = anyhow::anyhow!("invalid value {shown} for `--ask`: {problem}");
            Failure::usage(error, "give an https URL")
        });
        url.map(Some)
    }

    /// Parses the values of the flags, and reads the files that they name. Returns who may call, and
    /// the sources of the issuers' keys. `is_unix` is whether the server listens on a Unix socket.
    pub(super) fn callers(
        &self,
        is_unix: bool,
        invites: bool,
        notes: Notes,
    ) -> Result<(Callers, Vec<KeySource>), Failure> {
        self.check(is_unix, invites)?;
        self.warn_of_equal_subjects(notes);
        let callers = Callers {
            issuers: self.issuers(notes)?,
            places: self.token_places(),
            proxy_header: self.auth_header.clone(),
            guests: self.auth_optional,
            ..Callers::default()
        };
        Ok((callers, self.sources()?))
    }

    fn token_places(&self) -> TokenPlaces {
        let mut places = TokenPlaces::default();
        places.header.clone_from(&self.auth_token_header);
        places.cookie.clone_from(&self.auth_cookie);
        places
    }

    /// Adds what the flags say about fields and grants.
    pub(super) fn add_rules(&self, rules: &mut TokenRules) -> Result<(), Failure> {
        self.add_fields(&mut rules.fields)?;
        rules.grants =
            self.grant_when.iter().map(|text| grant_when(text)).collect::<Result<_, _>>()?;
        rules.guest_grants = grants("--grant-guest", &self.grant_guest)?;
        Ok(())
    }

    fn check(&self, is_unix: bool, invites: bool) -> Result<(), Failure> {
        let asks = invites || self.has_issuers() || self.auth_header.is_some();
        if self.auth_optional && !asks {
            let error = anyhow::anyhow!("--auth-optional has no effect without a login");
            return Err(Failure::usage(
                error,
                "add --auth-issuer, --auth-header or --invites, or leave it out",
            ));
        }
        if self.auth_header.is_some() && self.trusted_proxy.is_empty() && !is_unix {
            let error = anyhow::anyhow!("no client may send the header of --auth-header");
            let help = "give the proxy's address with --trusted-proxy, or listen on a Unix socket";
            return Err(Failure::usage(error, help));
        }
        if self.auth_issuer.len() > 1 && !self.verify.keys().is_empty() {
            let error = anyhow::anyhow!("one set of keys cannot be that of several issuers");
            let help = "with --auth-jwks or --auth-secret-file, give one --auth-issuer";
            return Err(Failure::usage(error, help));
        }
        if self.has_issuers()
            && self.verify.auth_audience.is_empty()
            && !self.verify.auth_claim.iter().any(ClaimCheck::names_value)
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

    /// Warns that `sub` is unique only within an issuer (OpenID Connect Core, section 2).
    fn warn_of_equal_subjects(&self, notes: Notes) {
        let is_set = |(field, _): &(Field, String)| *field == Field::ParticipantIdentity;
        if self.auth_issuer.len() > 1 && !self.set.iter().any(is_set) {
            notes.warn(
                "two issuers may use one `sub` for two people, who would then have one identity; \
                 tell them apart with --set 'participant_identity={claim.iss}|{claim.sub}'",
            );
        }
    }

    /// Refuses an identity in which one issuer's users cannot be told from another's: after the issuer
    /// comes a text with which another issuer goes on.
    fn refuse_ambiguous_issuers(&self, rule: &FieldRule) -> Result<(), Failure> {
        const ISSUER: &str = "{claim.iss}";
        if rule.field() != Field::ParticipantIdentity {
            return Ok(());
        }
        for (_, after) in rule.text().match_indices(ISSUER).map(|(at, _)| rule.text().split_at(at))
        {
            let after = after.strip_prefix(ISSUER).unwrap_or_default();
            let separator = after.split('{').next().unwrap_or_default();
            let goes_on = |issuer: &String, other: &String| {
                issuer != other && other.starts_with(&format!("{issuer}{separator}"))
            };
            let others = |issuer| self.auth_issuer.iter().any(|other| goes_on(issuer, other));
            if let Some(issuer) = self.auth_issuer.iter().find(|issuer| others(issuer)) {
                let shown = without_password(issuer);
                let error = anyhow::anyhow!(
                    "users of {shown} could have the identity of another issuer's, whose name begins \
                     with it"
                );
                let help = "put a character between that no issuer has, such as \
                            {claim.iss}|{claim.sub}";
                return Err(Failure::usage(error, help).at("--set participant_identity"));
            }
        }
        Ok(())
    }

    fn issuers(&self, notes: Notes) -> Result<Vec<Issuer>, Failure> {
        let mut issuers = Vec::new();
        let names = self.issuer_names();
        for &name in &names {
            if name.trim() != name || names.iter().filter(|other| **other == name).count() > 1 {
                let shown = without_password(name);
                let error = anyhow::anyhow!("the issuer {shown} is padded, or given twice");
                return Err(Failure::usage(error, "give each issuer once, exactly as in `iss`"));
            }
            issuers.push(self.verify.issuer(name, notes)?);
        }
        Ok(issuers)
    }

    fn sources(&self) -> Result<Vec<KeySource>, Failure> {
        let issuers = self.issuer_names().into_iter();
        issuers.map(|issuer| self.verify.key_source(issuer)).collect()
    }

    /// The fields that the flags set, and defaults from the login for the others.
    fn add_fields(&self, fields: &mut FieldRules) -> Result<(), Failure> {
        let failed = |error: FieldRuleError| Failure::usage(error, "use --set");
        if self.has_issuers() {
            fields.add_login(&self.verify.user_claim()).map_err(failed)?;
        } else if let Some(header) = &self.auth_header {
            // The name, too: clients could show the name of anyone else.
            let user = format!("{{header.{header}}}");
            for field in [Field::ParticipantIdentity, Field::ParticipantName] {
                fields.set(field, &user, When::Login).map_err(failed)?;
            }
        }
        for (field, text) in &self.set {
            let rule = FieldRule::new(*field, text, When::Always).map_err(|error| {
                let help = match &error {
                    FieldRuleError::Template(
                        error @ (TemplateError::Unknown { .. } | TemplateError::Doubled(_)),
                    ) => placeholder_help(error),
                    _ => format!("write it as --set '{field}={{claim.sub}}'"),
                };
                Failure::usage(error, help).at(format!("--set {field}"))
            })?;
            let flag = format!("--set {field}");
            self.check_source(&flag, rule.has_claims(), rule.has_headers())?;
            self.refuse_ambiguous_issuers(&rule)?;
            fields.add(rule);
        }
        Ok(())
    }

    pub(super) fn check_source(
        &self,
        flag: &str,
        has_claims: bool,
        has_headers: bool,
    ) -> Result<(), Failure> {
        let (missing, needed) = if has_claims && !self.has_issuers() {
            ("claims", "--auth-issuer")
        } else if has_headers && self.auth_header.is_none() {
            ("headers of a proxy", "--auth-header")
        } else {
            return Ok(());
        };
        let error = anyhow::anyhow!("{flag} uses {missing}, and none are configured");
        Err(Failure::usage(error, format!("add {needed}")))
    }
}

/// Parses `PATH=GLOB:GRANT`. The last colon is the separator, since patterns may contain colons.
fn grant_when(text: &str) -> Result<GrantWhen, Failure> {
    let help = "write it as realm_access.roles=host:roomAdmin";
    // The colons of JSON are not the separator.
    let after_check = text.split_once(":{").or_else(|| text.split_once(": {"));
    if after_check.is_some_and(|(check, _)| check.contains('=')) && text.ends_with('}') {
        let error = anyhow::anyhow!("--grant-when {text} has JSON, where the name of a grant goes");
        return Err(Failure::usage(
            error,
            "give each grant by itself, as in role=host:canPublish=false",
        ));
    }
    let Some((check, grant)) = text.rsplit_once(':') else {
        let error = anyhow::anyhow!("--grant-when {text} has no `:`");
        return Err(Failure::usage(error, help));
    };
    let check = check.parse().map_err(|error: crate::endpoint::login::ClaimCheckError| {
        Failure::usage(error, help).at(format!("--grant-when {text}"))
    })?;
    Ok(GrantWhen::new(check, grants("--grant-when", &[grant.to_owned()])?))
}

fn grants(flag: &'static str, typed: &[String]) -> Result<Vec<GivenGrant>, Failure> {
    Grants::parse(flag, typed)?.for_the_endpoint()
}
