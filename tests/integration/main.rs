//! Tests of the program and the library from outside, with one module per subject.

#![allow(clippy::assigning_clones, clippy::disallowed_methods, clippy::format_push_string)]

mod support;

mod action;
mod around;
mod bulk;
mod check;
mod check_config;
mod claims;
mod completions;
mod configuration;
mod conformance;
mod contradictions;
mod cors;
mod credentials;
mod documents;
mod embedded;
mod endpoint;
mod env_files;
mod env_lines;
mod errors;
mod grants;
mod health;
mod hostile;
mod input;
mod inspect;
mod inspect_join;
mod invitations;
mod json_budget;
mod key_files;
mod layers;
mod listening;
mod log;
mod login;
mod mint;
#[cfg(unix)] // the commands run in a shell, on files that nobody else can read
mod mistakes;
mod openapi;
mod operating;
mod options;
mod page;
mod policy;
mod properties;
mod proxied;
mod recorded;
#[cfg(unix)]
mod replicas;
mod request_errors;
mod routes;
mod secrets;
mod serve;
mod shell;
mod startup;
#[cfg(unix)]
mod store;
mod terminal;
#[cfg(unix)]
mod unix_socket;
mod wire;
