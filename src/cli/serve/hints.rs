//! Hints for the operator of `lkt serve`: the option that allows a refused request.

use crate::endpoint::{Code, Refusal};

/// The hint for a refusal that an option of `lkt serve` can change. All other refusals keep the hint of
/// the library.
pub(super) fn hint(refusal: &Refusal) -> Option<String> {
    let hint = match refusal.code {
        Code::HostDenied => {
            "use localhost or an address, or start lkt with --allow-host and that name (.example.com \
             for all names below it)"
        }
        Code::OriginDenied
            if ["`null`", "`file://`"].iter().any(|it| refusal.error.contains(it)) =>
        {
            "open the page from a web server, such as http://localhost; --cors-origin null would \
             allow every local file and every page in a sandbox"
        }
        Code::OriginDenied => {
            "start lkt with --cors-origin and that origin; unless --dev is given, it replaces the default, \
             pages on localhost"
        }
        Code::CredentialDenied => {
            "set up the egress on a server, or start lkt with --allow-sensitive-credentials"
        }
        Code::OverLimit => {
            "send less of it, or start lkt with --no-limits if the server accepts it"
        }
        Code::TooLarge => "send less, or start lkt with a larger --max-body",
        Code::Timeout => "send it faster, or start lkt with a larger --request-timeout",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_option_in_a_hint_exists() {
        let mut cli = crate::cli::Cli::command();
        cli.build();
        let serve = cli.find_subcommand("serve").expect("serve");
        for &code in Code::ALL {
            let hint = hint(&Refusal::new(code, "", "")).unwrap_or_default();
            for option in hint.split(' ').filter_map(|word| word.strip_prefix("--")) {
                let mut known = serve.get_arguments().filter_map(clap::Arg::get_long);
                assert!(known.any(|long| long == option), "{code}: --{option}");
            }
        }
    }
}
