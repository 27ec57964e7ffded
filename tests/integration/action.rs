//! The scripts of the GitHub Action.

use std::path::Path;
use std::process::{Command, Output};

use crate::shell::is_installed;
use crate::support::{claims_value, lkt};

/// Runs `action/mint.sh` with these inputs, without a key, in a checkout that has an env file with
/// one. Returns the outputs of the step as well.
fn mint(inputs: &[(&str, &str)]) -> (Output, String) {
    let checkout = lkt("").file(".env", "LIVEKIT_API_KEY=APIplanted\nLIVEKIT_API_SECRET=planted\n");
    let outputs = checkout.path().join("outputs");
    let mut command = Command::new("bash");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("action/mint.sh"));
    command.env("LKT", env!("CARGO_BIN_EXE_lkt")).env("GITHUB_OUTPUT", &outputs);
    command.envs(inputs.iter().copied()).current_dir(checkout.path());
    let result = command.output().expect("runs");
    (result, std::fs::read_to_string(outputs).unwrap_or_default())
}

#[test]
fn no_value_lets_the_checkout_supply_the_key() {
    if !is_installed("bash") {
        return;
    }
    let branch = "fix-env-file-loading";
    for inputs in [
        &[][..],
        &[("LKT_ROOM", branch)],
        &[("LKT_IDENTITY", branch), ("LKT_ROOM", "--env-file=.env")],
        &[("LKT_ARGUMENTS", "--name fix-env-file-loading")],
        &[("LKT_ARGUMENTS", "--name 'my --env-file' --room a")],
        &[("LKT_ARGUMENTS", " \n ")],
        &[("LKT_ARGUMENTS", "--no-env-file")],
    ] {
        let (result, outputs) = mint(inputs);
        let said = String::from_utf8_lossy(&result.stderr);
        assert!(said.contains("no API key"), "{inputs:?}: {said}");
        assert_eq!((result.status.code(), outputs.as_str()), (Some(1), ""), "{inputs:?}");
    }
}

#[test]
fn the_arguments_may_name_an_env_file() {
    if !is_installed("bash") {
        return;
    }
    for arguments in ["--env-file .env", "--room a --env-file=.env", "'--env-file' '.env'"] {
        let (result, outputs) = mint(&[("LKT_ARGUMENTS", arguments)]);
        let token = outputs.strip_prefix("token=").unwrap_or_else(|| panic!("{result:?}"));
        assert_eq!(claims_value(token)["iss"], "APIplanted");
    }
}
