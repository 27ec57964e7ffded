//! The flags that give the URL and the key.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueHint};

use crate::cli::command_line::FromFile;
use crate::failure::Failure;

// In order of precedence: flags, --dev, --project, environment, env file, LiveKit CLI's default
// project.
// (A doc comment would become the about of its commands.)
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Server URL and API key")]
pub(crate) struct KeyArgs {
    /// URL of the LiveKit server, which clients get, and which `check` contacts [env: LIVEKIT_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// API key [env: LIVEKIT_API_KEY]
    #[arg(long, value_name = "KEY", conflicts_with_all = ["dev", "project"])]
    pub(crate) api_key: Option<String>,

    /// File with the API secret, or `-` for standard input [env: LIVEKIT_API_SECRET_FILE]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with_all = ["api_secret", "dev", "project"])]
    pub(crate) api_secret_file: Option<String>,

    /// API secret. Prefer a file or the environment: other users of this machine can see it in the
    /// process list [env: LIVEKIT_API_SECRET]
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["dev", "project"])]
    pub(crate) api_secret: Option<super::RawSecret>,

    /// File of `key: secret` lines, as LiveKit's server reads it; --api-key picks one
    /// [env: LIVEKIT_KEYS, the lines themselves]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["api_secret", "api_secret_file", "dev", "project"])]
    pub(crate) keys_file: Option<String>,

    /// What `livekit-server --dev` uses: devkey, secret, ws://localhost:7880
    #[arg(long, conflicts_with = "project")]
    pub(crate) dev: bool,

    /// A project of LiveKit's own CLI (~/.livekit/cli-config.yaml)
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,

    /// Env file to read instead of development.env, .env.local and .env in the working directory. For
    /// each variable, the first file that sets it wins
    #[arg(
        long,
        value_name = "PATH",
        value_hint = ValueHint::FilePath,
        conflicts_with = "no_env_file",
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub(crate) env_file: Option<PathBuf>,

    /// Read no env file
    #[arg(long)]
    pub(crate) no_env_file: bool,

    /// Which of these options come from a configuration file.
    #[arg(skip)]
    pub(crate) from_file: FromFile,
}

impl KeyArgs {
    /// The options that read a file or standard input.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            ("--api-secret-file", self.api_secret_file.as_deref()),
            ("--keys-file", self.keys_file.as_deref()),
        ]
        .into_iter()
    }

    /// Refuses a key that would not be used for verification: what is shown would look verified.
    pub(crate) fn refuse_without_verify(&self, verify: bool) -> Result<(), Failure> {
        match self.first_given().filter(|_| !verify) {
            Some(flag) => {
                let error = anyhow::anyhow!("`{flag}` has no effect without `--verify`");
                Err(Failure::usage(error, "add --verify, or leave it out"))
            }
            None => Ok(()),
        }
    }

    /// The first of these flags that was given.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let flags = [
            (self.url.is_some(), "--url"),
            (self.api_key.is_some(), "--api-key"),
            (self.api_secret_file.is_some(), "--api-secret-file"),
            (self.api_secret.is_some(), "--api-secret"),
            (self.keys_file.is_some(), "--keys-file"),
            (self.dev, "--dev"),
            (self.project.is_some(), "--project"),
            (self.env_file.is_some(), "--env-file"),
        ];
        flags.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
    }
}
