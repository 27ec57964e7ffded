//! Output formats for tokens. They are stable: scripts rely on them.

use clap::ValueEnum;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cli::keys::ResolvedKeys;
use crate::endpoint::{ServerUrl, answer_body};
use crate::failure::Failure;
use crate::printable::escape_controls_json;
use crate::service::join::MEET;
use crate::token::{Claims, KeyPair};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// The token and a newline.
    Token,
    /// What the token endpoint answers.
    Json,
    /// The claims, unsigned.
    Claims,
    /// Variables for a shell.
    Env,
    /// A link that opens LiveKit Meet.
    Meet,
}

impl Output {
    pub(super) fn needs_url(self) -> bool {
        matches!(self, Self::Json | Self::Env | Self::Meet)
    }
}

/// The shells that `--output env` writes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// Every POSIX shell: sh, bash, zsh, dash.
    #[value(alias = "bash", alias = "zsh")]
    Sh,
    Fish,
    #[value(alias = "pwsh")]
    Powershell,
    /// No shell: without quotes, for `docker --env-file` and GitHub's `$GITHUB_ENV`.
    Plain,
}

impl Default for Shell {
    fn default() -> Self {
        if cfg!(windows) { Self::Powershell } else { Self::Sh }
    }
}

impl Shell {
    /// Returns a line that sets a variable, for any value.
    fn set(self, name: &str, value: &str) -> String {
        match self {
            // Neither a URL nor a token can have a line break.
            Self::Plain => format!("{name}={value}"),
            Self::Sh => format!("{name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'")
            }
            // PowerShell treats typographic quotes like straight ones.
            Self::Powershell => {
                let is_quote = |letter| matches!(letter, '\'' | '\u{2018}'..='\u{201b}');
                let letters = value.chars();
                let doubled =
                    letters.flat_map(|letter| [letter].repeat(1 + usize::from(is_quote(letter))));
                format!("$env:{name} = '{}'", doubled.collect::<String>())
            }
        }
    }
}

/// Prints tokens in one form.
pub(super) struct Printer {
    output: Output,
    shell: Shell,
    url: Option<ServerUrl>,
    /// Whether the token is one of many, so that it must fit on one line.
    in_bulk: bool,
}

impl Printer {
    pub(super) fn new(output: Output, shell: Shell, found: &ResolvedKeys, in_bulk: bool) -> Self {
        let url = found.url.as_ref().map(|url| url.value.clone());
        Self { output, shell, url, in_bulk }
    }

    pub(super) fn shows_url(&self) -> bool {
        self.output.needs_url()
    }

    pub(super) fn is_for_variables(&self) -> bool {
        self.output == Output::Env
    }

    /// The claims as text, to be signed or printed.
    pub(super) fn text(&self, claims: &Claims) -> Result<String, Failure> {
        let text = match self.output {
            Output::Claims if !self.in_bulk => serde_json::to_string_pretty(claims),
            _ => serde_json::to_string(claims),
        };
        text.map_err(|error| Failure::failed(error, "leave out what LiveKit does not know"))
    }

    /// Whether tokens are printed, and not claims.
    pub(super) fn signs(&self) -> bool {
        self.output != Output::Claims
    }

    /// Whether nothing but the token is on its line.
    pub(super) fn is_plain(&self) -> bool {
        self.output == Output::Token
    }

    /// Appends one token in this form, with a newline, and returns the token's length.
    pub(super) fn print(&self, claims: &str, keys: &KeyPair, out: &mut Vec<u8>) -> usize {
        if !self.signs() {
            // These are for people. They are the same JSON.
            out.extend(escape_controls_json(claims).bytes());
            out.push(b'\n');
            return 0;
        }
        let token = keys.sign_text(claims.as_bytes());
        self.print_token(&token, out);
        token.len()
    }

    /// Appends a token in this form, with a newline.
    pub(super) fn print_token(&self, token: &str, out: &mut Vec<u8>) {
        match (self.output, &self.url) {
            (Output::Json, Some(url)) => out.extend(answer_body(url, token)),
            (Output::Env, Some(url)) => {
                out.extend(self.shell.set("LIVEKIT_URL", url.as_str()).bytes());
                out.push(b'\n');
                out.extend(self.shell.set("LIVEKIT_TOKEN", token).bytes());
            }
            (Output::Meet, Some(url)) => out.extend(meet_link(url, token).bytes()),
            (Output::Token | Output::Claims, _) | (_, None) => out.extend(token.as_bytes()),
        }
        out.push(b'\n');
    }
}

fn meet_link(url: &ServerUrl, token: &str) -> String {
    let url = utf8_percent_encode(url.as_str(), NON_ALPHANUMERIC);
    format!("{MEET}?liveKitUrl={url}&token={token}")
}

#[cfg(test)]
mod tests {
    use super::Shell;

    #[test]
    fn a_value_is_quoted_as_each_shell_reads_it() {
        let value = r"a'b\c$d’e";
        for (shell, line) in [
            (Shell::Sh, r"X='a'\''b\c$d’e'"),
            (Shell::Fish, r"set -gx X 'a\'b\\c$d’e'"),
            (Shell::Powershell, r"$env:X = 'a''b\c$d’’e'"),
            (Shell::Plain, r"X=a'b\c$d’e"),
        ] {
            assert_eq!(shell.set("X", value), line);
        }
    }
}
