//! Mints a token: `cargo run --example embed`.

#![allow(clippy::disallowed_methods)] // reads the clock

use std::time::SystemTime;

use lkt::token::{ApiSecret, KeyPair, Token};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = KeyPair::new("devkey", ApiSecret::new("secret")?)?;
    let token = Token::join("demo", "ada").name("Ada").sign(&keys, SystemTime::now())?;
    println!("{token}");
    Ok(())
}
