//! The token endpoint as an AWS Lambda function, behind a function URL or an HTTP API:
//! `cargo lambda build --release --bin lambda`.
//!
//! The function reads `LIVEKIT_URL`, `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`. To restrict who
//! may call it, use an AWS authorizer or `endpoint.callers`.

#![allow(clippy::disallowed_methods)] // reads the clock and the environment

use std::env::var;
use std::sync::Arc;
use std::time::SystemTime;

use lambda_http::{Body, Error, Request, service_fn};
use lkt::endpoint::{Endpoint, Hosts, Origins, Random};
use lkt::token::{ApiSecret, KeyPair};

fn main() -> Result<(), Error> {
    let endpoint = Arc::new(endpoint()?);
    let answer = move |request: Request| {
        let endpoint = Arc::clone(&endpoint);
        async move {
            let request = request.map(|body| body.to_vec());
            let answer = endpoint.handle(request, SystemTime::now());
            Ok::<_, Error>(answer.response.map(Body::from))
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_http::run(service_fn(answer)))
}

fn endpoint() -> Result<Endpoint, Error> {
    let secret = ApiSecret::new(var("LIVEKIT_API_SECRET")?)?;
    let keys = KeyPair::new(&var("LIVEKIT_API_KEY")?, secret)?;
    let random = Random::new(|| getrandom::u64().expect("the system has randomness"));
    let mut endpoint = Endpoint::new(keys, var("LIVEKIT_URL")?.parse()?, random);
    // The function's URL has a name of its own.
    endpoint.hosts = Hosts::Any;
    // The origin of your web app. Without one, only native clients are accepted.
    endpoint.origins = Origins::only(var("WEB_ORIGIN"))?;
    Ok(endpoint)
}
