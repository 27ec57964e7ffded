//! Mistakes that are found before clap reads the command line, since it would take them for something else.

use std::ffi::OsString;

use clap::{Arg, Command};

use super::built;
use crate::failure::Failure;

/// Refuses several options in one argument: `"--room=demo --identity=ada"`. clap would take it for the value
/// of the first one.
fn check_words(arguments: &[OsString]) -> Result<(), Failure> {
    let command = arguments.get(1).and_then(|typed| built().find_subcommand(typed).cloned());
    let is_option = |word: &str| {
        let name = word.strip_prefix("--").and_then(|word| word.split('=').next());
        let mut options = command.iter().flat_map(Command::get_arguments);
        name.is_some_and(|name| options.any(|option| option.get_long() == Some(name)))
    };
    let mut typed = arguments.iter().skip(2).filter_map(|typed| typed.to_str());
    let several = |typed: &&str| typed.contains(" --") && typed.split_whitespace().all(is_option);
    match typed.find(several) {
        Some(typed) => {
            let name = typed.split(['=', ' ']).next().unwrap_or_default();
            let error = anyhow::anyhow!("`{name}` and other options are one argument");
            Err(Failure::usage(error, "leave out the quotes around them, or quote each by itself"))
        }
        None => Ok(()),
    }
}

/// Refuses options with one hyphen, such as `-room demo`. clap would read `-r oom`.
pub(in crate::cli) fn check(arguments: &[OsString]) -> Result<(), Failure> {
    check_words(arguments)?;
    let typed = arguments.iter().skip(1).map_while(|typed| typed.to_str());
    let typed = typed.take_while(|&typed| typed != "--");
    let mut with_one_hyphen = typed.filter_map(|typed| {
        let name = typed.strip_prefix('-')?.split('=').next()?;
        (name.len() > 2 && name.starts_with(|c: char| c.is_ascii_lowercase())).then_some(name)
    });
    let Some(name) = with_one_hyphen.next() else { return Ok(()) };
    let command = arguments.get(1).and_then(|typed| built().find_subcommand(typed).cloned());
    let options = command.iter().flat_map(Command::get_arguments);
    if !options.filter_map(Arg::get_long).any(|option| option == name) {
        return Ok(());
    }
    let help = format!("write it with two hyphens: `--{name}`");
    Err(Failure::usage(anyhow::anyhow!("unexpected argument `-{name}`"), help))
}
