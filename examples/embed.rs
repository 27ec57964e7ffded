//! Mints a token: `cargo run --example embed`.

#![allow(clippy::disallowed_methods)] // reads the clock

use std::time::{SystemTime, UNIX_EPOCH};

use lkt::token::{ApiSecret, Claims, KeyPair};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = KeyPair::new("devkey", ApiSecret::new("secret")?)?;
    let mut claims = Claims::default();
    claims.iss = keys.key().into();
    claims.sub = "ada".into();
    claims.exp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 600;
    claims.video.room_join = true;
    claims.video.room = "demo".into();
    println!("{}", keys.sign(&claims)?);
    Ok(())
}
