//! The flags that give the URL and the key.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueHint};

use crate::cli::from_file::FromFile;
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
    /// Every option that was given, with its value. Options without a value have one that is not empty.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        let env_file = self.env_file.as_deref().map(|path| path.to_str().unwrap_or("a path"));
        let options = [
            ("--url", self.url.as_deref()),
            ("--api-key", self.api_key.as_deref()),
            ("--api-secret-file", self.api_secret_file.as_deref()),
            ("--api-secret", self.api_secret.as_ref().map(super::RawSecret::as_str)),
            ("--keys-file", self.keys_file.as_deref()),
            ("--dev", self.dev.then_some("true")),
            ("--project", self.project.as_deref()),
            ("--env-file", env_file),
        ];
        options.into_iter().filter(|(_, value)| value.is_some())
    }

    /// The options that read a file or standard input.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.given().filter(|(option, _)| ["--api-secret-file", "--keys-file"].contains(option))
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

    /// The first option that was given, for commands that do not use them.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        self.given().next().map(|(option, _)| option)
    }
}
