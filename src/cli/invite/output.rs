//! Output formats for invitations.

use clap::ValueEnum;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use super::public_url::PublicUrl;
use super::words;
use crate::endpoint::invitation::Invitation;
use crate::failure::Failure;
use crate::printable::pretty_json;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// The link to the page for guests.
    Link,
    /// The code, for `Authorization: Bearer`.
    Code,
    /// Link, code and content.
    Json,
    /// A QR code of the link.
    Qr,
}

impl Output {
    pub(super) fn text(
        self,
        invitation: &Invitation,
        code: &str,
        base: &PublicUrl,
    ) -> Result<String, Failure> {
        let link = base.link(code);
        match self {
            Self::Link => Ok(format!("{link}\n")),
            Self::Code => Ok(format!("{code}\n")),
            Self::Json => {
                let mut json = words::json(invitation);
                json["link"] = link.into();
                json["code"] = code.into();
                Ok(pretty_json(&json))
            }
            Self::Qr => qr(&link),
        }
    }
}

/// Black on white, whatever the colours of the terminal are: some cameras read no inverted codes.
fn qr(link: &str) -> Result<String, Failure> {
    const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
    const RESET: &str = "\x1b[0m";
    // The lowest level of error correction, since a screen has no stains: the code stays small.
    let code = QrCode::with_error_correction_level(link, EcLevel::L);
    let code = code.map_err(|error| Failure::failed(error, "use `-o link`"))?;
    let drawn = code.render::<Dense1x2>().quiet_zone(true).build();
    let lines = drawn.lines().flat_map(|line| [BLACK_ON_WHITE, line, RESET, "\n"]);
    Ok(lines.collect())
}
