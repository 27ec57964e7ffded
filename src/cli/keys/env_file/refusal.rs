//! Why lkt does not read a value of an env file.

/// Why lkt does not read a value: readers disagree about it, or it is not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("is not written as NAME=value")]
    NotAssigned,
    #[error("is written with `:`, which many readers of env files do not read")]
    Colon,
    #[error("has an open quote")]
    OpenQuote,
    #[error("has text after the closing quote")]
    AfterQuote,
    #[error("has a backtick, which is a quote for some readers and runs a command in others")]
    Backtick,
    #[error("begins with a `#`: some readers see a comment, others the value")]
    Hash,
    #[error("has a quote inside")]
    QuoteInside,
    #[error("has a blank inside, without quotes around it")]
    Blank,
    #[error("has another variable on its line")]
    SecondName,
    #[error("ends in `;` or `,`, which most readers take for a part of the value")]
    FinalMark,
    #[error("has a backslash in its quotes, which each reader treats in its own way")]
    Escape,
    #[error("has a line break")]
    LineBreak,
    #[error("has a control character, or bytes that are not UTF-8")]
    Control,
    #[error("has a `$`: some readers put in a variable there, others keep the `$`")]
    Dollar,
    #[error("runs a command with `$(…)`, which only shells do")]
    Command,
    #[error("puts in a variable that is empty or not set")]
    Unset,
    #[error("is longer than 64 KiB with the variables that it puts in")]
    Long,
    #[error("is set twice, the second time to nothing")]
    EmptyAgain,
    #[error("is spelled in a way that readers of env files read differently")]
    Unclear,
}

impl Refusal {
    /// What to do about it.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::NotAssigned | Self::Colon => "write it as NAME=value, on a line of its own",
            Self::SecondName => "write each variable on a line of its own",
            Self::OpenQuote => "close the quote on the same line, or leave quotes out",
            Self::AfterQuote | Self::FinalMark => "end the line after the value",
            Self::Backtick
            | Self::QuoteInside
            | Self::Command
            | Self::LineBreak
            | Self::Control => "write the value itself, on one line, without them",
            Self::Hash => "remove the comment, or put the value into double quotes",
            Self::Blank | Self::Unclear => "put the value into double quotes, or remove the blank",
            Self::Escape => "put the value into single quotes, with one backslash where it has one",
            Self::Dollar => {
                "write `\\$` in double quotes for the character; for a variable, write its value, or \
                 name the file with --env-file"
            }
            Self::Unset => "set the variable; for the character `$`, write `\\$` in double quotes",
            Self::Long => "write the value itself",
            Self::EmptyAgain => "remove one of the two lines",
        }
    }
}
