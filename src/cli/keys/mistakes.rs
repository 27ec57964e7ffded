//! Values that cannot be a key, a secret or a URL: a server would answer them with a bare 401, or the token
//! would be refused somewhere else.

use super::key_shape::looks_like_key;
use super::known_file::KnownFile;
use super::{Sourced, Variable};
use crate::cli::notes::Notes;
use crate::failure::Failure;
use crate::token::KeyPair;

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Mistake {
    #[error("has quotes around it")]
    Quotes,
    #[error("has a typographic quote")]
    CurlyQuote,
    #[error("has the invisible character U+{:04X}", u32::from(*.0))]
    Invisible(char),
    #[error("has a line break or another control character")]
    Control,
    #[error("has a blank inside")]
    Blank,
    #[error("has a quote inside")]
    Quote,
    #[error("ends in `;` or `,`")]
    FinalMark,
    #[error("is a placeholder")]
    Placeholder,
    #[error("is a variable that was not replaced")]
    Variable,
    #[error("is a reference of {tool}, not the value itself")]
    Reference { tool: &'static str, way: &'static str },
    #[error("begins with `API`, as keys do")]
    Swapped,
    #[error("is a URL")]
    Url,
    #[error("has a colon, and seems to be a key with its secret")]
    Pair,
    #[error("is the name of a file after `@`")]
    AtFile,
    #[error("is the page of LiveKit Cloud, not a server")]
    Page,
}

impl Mistake {
    fn help(&self) -> &'static str {
        match self {
            Self::Quotes => {
                "leave the quotes out: docker's --env-file and cmd's `set` make them a part of the value"
            }
            Self::CurlyQuote => "write straight quotes, or none",
            Self::Invisible(_) => "type the value again, or copy it from its source again",
            Self::Control | Self::Blank | Self::Quote | Self::FinalMark => "give the value alone",
            Self::Placeholder => "put the value of your project in its place",
            Self::Variable => "set the variable, and see that whatever reads the value replaces it",
            Self::Reference { way, .. } => way,
            Self::Pair => "give the two apart, or together in LIVEKIT_KEYS",
            Self::AtFile => "name the file with --api-secret-file, or LIVEKIT_API_SECRET_FILE",
            Self::Page => {
                "give the URL that its settings show, such as wss://my-project.livekit.cloud"
            }
            Self::Url => "give the URL with --url or LIVEKIT_URL",
            Self::Swapped => "key and secret are probably swapped: exchange them",
        }
    }

    fn of(self, source: &str, what: &str) -> Failure {
        let error = anyhow::anyhow!("the {what} from {source} {self}");
        Failure::failed(error, self.help())
    }
}

/// How the references of tools for secrets begin, and what to do about them.
const REFERENCES: [(&str, &str, &str); 9] = [
    ("op://", "1Password", "run `op run --env-file FILE -- lkt …`, or `op read` into a file"),
    ("encrypted:", "dotenvx", "run `dotenvx run -- lkt …`"),
    ("ENC[", "SOPS", "run `sops exec-env FILE 'lkt …'`"),
    ("vault:", "Vault", "run lkt in an environment in which the reference is replaced"),
    ("ref+", "vals", "run `vals exec -f FILE -- lkt …`"),
    ("arn:aws:", "AWS", "fetch it with `aws secretsmanager get-secret-value`, into a file"),
    ("projects/", "Google Cloud", "fetch it with `gcloud secrets versions access`, into a file"),
    (
        "@Microsoft.KeyVault",
        "Azure",
        "let Azure replace it, or fetch it with `az keyvault secret show`",
    ),
    ("file://", "a file", "give the file with --api-secret-file, or LIVEKIT_API_SECRET_FILE"),
];

/// Checks a key.
pub(super) fn check_key(key: &Sourced<String>) -> Result<(), Failure> {
    find(key.value.trim(), Variable::Key)
        .map_or(Ok(()), |found| Err(found.of(&key.source, "API key")))
}

/// Checks a URL.
pub(super) fn check_url(url: &Sourced<String>) -> Result<(), Failure> {
    find(url.value.trim(), Variable::Url).map_or(Ok(()), |found| Err(found.of(&url.source, "URL")))
}

/// Checks a secret that is not from a list of keys, whose white space does not count.
pub(super) fn check_secret(secret: &str, source: &str, notes: Notes) -> Result<(), Failure> {
    let secret = secret.trim();
    if secret.ends_with([';', ',']) {
        notes.warn(&format!("the API secret from {source} ends in `;` or `,`"));
    }
    if let Some(known) = KnownFile::in_place_of_secret(secret) {
        return Err(known.in_place(&format!("the API secret from {source}"), "a secret"));
    }
    find(secret, Variable::Secret).map_or(Ok(()), |found| Err(found.of(source, "API secret")))
}

/// Checks a secret from a list of keys, in which LiveKit's server takes every character as it is.
pub(super) fn check_listed_secret(secret: &str, source: &str) -> Result<(), Failure> {
    let found =
        reference(secret).or_else(|| is_placeholder(secret).then_some(Mistake::Placeholder));
    found.map_or(Ok(()), |found| Err(found.of(source, "API secret")))
}

/// Checks for two mistakes that a server would answer with a bare 401.
pub(super) fn check_pair(pair: &KeyPair, source: &str, notes: Notes) -> Result<(), Failure> {
    if pair.secret().expose().starts_with(b"API") && !looks_like_key(pair.key()) {
        return Err(Mistake::Swapped.of(source, "API secret"));
    }
    let dev = KeyPair::dev();
    if pair.key() == dev.key() && pair.secret() != dev.secret() {
        notes.note(|| {
            "the secret of `devkey` is not `secret`, as `livekit-server --dev` has it; --dev uses \
             that one"
                .to_owned()
        });
    }
    Ok(())
}

fn find(text: &str, variable: Variable) -> Option<Mistake> {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    let is_secret = variable == Variable::Secret;
    let is_curly = |letter: char| matches!(letter, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}');
    let has_quotes = QUOTES
        .iter()
        .any(|quote| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote));
    let found = [
        (has_quotes, Mistake::Quotes),
        (text.contains(is_curly), Mistake::CurlyQuote),
        (text.contains(char::is_control), Mistake::Control),
    ];
    if let Some((_, found)) = found.into_iter().find(|(is_so, _)| *is_so) {
        return Some(found);
    }
    if let Some(letter) = text.chars().find(|letter| is_invisible(*letter)) {
        return Some(Mistake::Invisible(letter));
    }
    if let Some(reference) = reference(text) {
        return Some(reference);
    }
    let is_url = ["ws://", "wss://", "http://", "https://"].iter().any(|it| text.starts_with(it));
    let found = [
        (variable != Variable::Url && is_url, Mistake::Url),
        (is_unreplaced(text), Mistake::Variable),
        (is_placeholder(text), Mistake::Placeholder),
        (variable == Variable::Key && text.contains(':'), Mistake::Pair),
        (is_secret && text.starts_with('@') && text.contains(['.', '/']), Mistake::AtFile),
        (variable == Variable::Url && text.contains("://cloud.livekit.io"), Mistake::Page),
        (!is_secret && text.contains(char::is_whitespace), Mistake::Blank),
        (!is_secret && before_path(text, variable).contains(QUOTES), Mistake::Quote),
        (!is_secret && text.ends_with([';', ',']), Mistake::FinalMark),
    ];
    found.into_iter().find_map(|(is_so, found)| is_so.then_some(found))
}

/// A URL up to its path, in which quotes may be; any other value whole.
fn before_path(text: &str, variable: Variable) -> &str {
    let host = text.find("://").map_or(0, |at| at + 3);
    let path = text[host..].find(['/', '?', '#']).filter(|_| variable == Variable::Url);
    path.map_or(text, |at| &text[..host + at])
}

fn reference(text: &str) -> Option<Mistake> {
    let (_, tool, way) = REFERENCES.iter().find(|(start, ..)| text.starts_with(start))?;
    Some(Mistake::Reference { tool, way })
}

/// Whether a text is what examples have in the place of a value.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "apikey",
        "apisecret",
        "livekitapikey",
        "livekitapisecret",
        "changeme",
        "changethis",
        "replaceme",
        "replacethis",
        "todo",
        "placeholder",
        "undefined",
        "null",
        "none",
        "redacted",
    ];
    let is_bracketed = [("<", ">"), ("[", "]"), ("{", "}")].iter().any(|(open, close)| {
        text.starts_with(open) && text.ends_with(close) && !text.contains('"')
    });
    let word = text.chars().filter(|letter| letter.is_alphanumeric());
    let word = word.map(|letter| letter.to_ascii_lowercase()).collect::<String>();
    let is_row = |mark: char| text.chars().count() > 2 && text.chars().all(|letter| letter == mark);
    is_bracketed
        || text.contains("://<")
        || WORDS.contains(&word.as_str())
        || (word.starts_with("your") && (word.ends_with("key") || word.ends_with("secret")))
        || ['x', 'X', '*', '.', '…', '_', '-'].into_iter().any(is_row)
}

/// Whether a text is `${NAME}`, `{{ NAME }}` or `%NAME%`, of a tool that did not replace it.
fn is_unreplaced(text: &str) -> bool {
    ["${", "$(", "{{", "}}", "<%"].iter().any(|mark| text.contains(mark))
        || (text.len() > 2 && text.starts_with('%') && text.ends_with('%'))
}

/// Characters that a text editor, a chat or a web page leaves in a copied text, and that nobody sees.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffd}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_value_is_found_and_the_rest_is_not() {
        let secret = |text: &str| find(text, Variable::Secret);
        for (text, found) in [
            ("\"abc\"", Mistake::Quotes),
            ("'abc'", Mistake::Quotes),
            ("“abc”", Mistake::CurlyQuote),
            ("ab\u{200b}c", Mistake::Invisible('\u{200b}')),
            ("\u{feff}abc", Mistake::Invisible('\u{feff}')),
            ("a\nb", Mistake::Control),
            ("<your-api-secret>", Mistake::Placeholder),
            ("your_api_secret", Mistake::Placeholder),
            ("xxxxxxxx", Mistake::Placeholder),
            ("changeme", Mistake::Placeholder),
            ("${LIVEKIT_API_SECRET}", Mistake::Variable),
            ("{{ .Values.secret }}", Mistake::Variable),
            ("%SECRET%", Mistake::Variable),
        ] {
            assert_eq!(secret(text), Some(found), "{text}");
        }
        for text in ["secret", "abc;", "a b", "a\"b", "ab$c", "xxxy", "yourselves", "ünï"] {
            assert_eq!(secret(text), None, "{text}");
        }
        assert_eq!(find("APIx:abc", Variable::Key), Some(Mistake::Pair));
        assert_eq!(secret("@secret.txt"), Some(Mistake::AtFile));
        assert_eq!(secret("@secret"), None);
        let page = "https://cloud.livekit.io/projects/p_x";
        assert_eq!(find(page, Variable::Url), Some(Mistake::Page));
        assert_eq!(find("APIx;", Variable::Key), Some(Mistake::FinalMark));
        assert_eq!(find("wss://a b", Variable::Url), Some(Mistake::Blank));
        assert_eq!(find("wss://<your-server>", Variable::Url), Some(Mistake::Placeholder));
        assert_eq!(find("wss://my-project.livekit.cloud", Variable::Url), None);
    }
}
