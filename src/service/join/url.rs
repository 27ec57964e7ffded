//! The link that opens a call, `--join-url`.

use std::str::FromStr;

/// The URL at which LiveKit Meet accepts a server and a token.
pub(crate) const MEET: &str = "https://meet.livekit.io/custom";

/// The placeholders that the page fills in.
const PLACEHOLDERS: [&str; 4] = ["{token}", "{url}", "{room}", "{name}"];

/// Schemes that do not open an app, but do something in the page.
const NOT_APPS: [&str; 6] = ["about", "blob", "data", "file", "javascript", "vbscript"];

/// A link into a call: the URL of a web page or an app, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinUrl(String);

impl Default for JoinUrl {
    fn default() -> Self {
        Self(format!("{MEET}?liveKitUrl={{url}}&token={{token}}"))
    }
}

impl JoinUrl {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JoinUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "write it as https://app.example.com/room#{token}";
        let (scheme, rest) = text.split_once(':').ok_or(form)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
        if !is_scheme || NOT_APPS.contains(&scheme.to_ascii_lowercase().as_str()) {
            return Err(form.to_owned());
        }
        let authority = rest.strip_prefix("//").unwrap_or_default();
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('{') {
            return Err("a placeholder cannot be the host: guests choose some of them".to_owned());
        }
        if scheme.to_ascii_lowercase().starts_with("http") && authority.is_empty() {
            return Err(form.to_owned());
        }
        if text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return Err(format!("a URL has no white space; {form}"));
        }
        check_placeholders(text)?;
        Ok(Self(text.to_owned()))
    }
}

fn check_placeholders(text: &str) -> Result<(), String> {
    let known = || format!("the placeholders are {}", PLACEHOLDERS.join(", "));
    for (start, _) in text.match_indices('{') {
        let rest = text.get(start..).unwrap_or_default();
        if !PLACEHOLDERS.iter().any(|known| rest.starts_with(known)) {
            return Err(known());
        }
    }
    if text.contains(PLACEHOLDERS[0]) {
        Ok(())
    } else {
        Err("without {token}, nobody could join; write it as https://app.example.com/room#{token}"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_a_page_or_an_app_and_has_the_token() {
        for text in [
            JoinUrl::default().as_str(),
            "https://app.example.com/room#{token}",
            "https://app.example.com:8443/?server={url}&token={token}&room={room}&name={name}",
            "http://localhost:5173/#{token}",
            "myapp://join/{token}",
            "com.example.app:join?token={token}",
        ] {
            assert_eq!(text.parse::<JoinUrl>().expect(text).as_str(), text);
        }
        for text in [
            "",
            "app.example.com/{token}",
            "/room#{token}",
            "https:///{token}",
            "https:{token}",
            "javascript:alert('{token}')",
            "JavaScript:alert('{token}')",
            "data:text/html,{token}",
            "https://{room}.example.com/#{token}",
            "https://app.example.com/",
            "https://app.example.com/#{token}&{identity}",
            "https://app.example.com/#{token}&{",
            "https://app.example.com/ #{token}",
        ] {
            assert!(text.parse::<JoinUrl>().is_err(), "{text}");
        }
    }
}
