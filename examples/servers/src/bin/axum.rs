//! The token endpoint as part of an axum server: `cargo run --bin axum`, or with another
//! address: `cargo run --bin axum 127.0.0.1:0`.
//!
//! Given an issuer, the URL of its keys and an audience, it requires a login from that issuer:
//! `cargo run --bin axum 127.0.0.1:3000 https://id.example.com http://localhost:8080/jwks my-app`.
//! Keys from another machine come over https: enable reqwest's feature `rustls-tls` for that.

#![allow(clippy::disallowed_methods)] // reads the clock

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;
use lkt::endpoint::login::{Issuer, KeySet};
use lkt::endpoint::{Answer, Endpoint, Field, Hosts, Identified, Random, Refusal, When};
use lkt::token::KeyPair;
use reqwest::redirect;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// Maximum age of the keys. A key that the issuer withdraws is refused after this time.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Minimum time between two fetches, regardless of the tokens that arrive.
const BETWEEN_FETCHES: Duration = Duration::from_secs(30);

/// Maximum size of a JWKS, in bytes.
const MAX_JWKS: usize = 256 * 1024;

/// The endpoint, and the keys of the issuer whose logins it accepts.
struct App {
    endpoint: Endpoint,
    keys: Option<Keys>,
}

/// The keys of an issuer. Requests read them without waiting.
struct Keys {
    url: String,
    client: reqwest::Client,
    current: RwLock<Option<Arc<KeySet>>>,
    /// When the last fetch began. It is locked during a fetch.
    fetched: Mutex<Option<Instant>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let mut app = App { endpoint: endpoint()?, keys: None };
    if let (Some(issuer), Some(url)) = (arguments.next(), arguments.next()) {
        app.ask_for_logins(issuer, url, arguments.collect())?;
    }
    let app = Arc::new(app);
    tokio::spawn(keep_keys_fresh(Arc::clone(&app)));
    // Add your own routes here. The endpoint answers every request that no route matches, with 404
    // if necessary.
    let router = Router::new().fallback(hand_out_token).with_state(Arc::clone(&app));
    let listener = TcpListener::bind(address).await?;
    eprintln!("listening at http://{}{}", listener.local_addr()?, app.endpoint.routes.shown());
    axum::serve(listener, router).await?;
    Ok(())
}

/// Returns an endpoint for `livekit-server --dev`. In production, load the key and the secret from
/// where you keep them.
fn endpoint() -> Result<Endpoint, Box<dyn Error>> {
    let random = Random::new(|| getrandom::u64().expect("the system has randomness"));
    let mut endpoint = Endpoint::new(KeyPair::dev(), "ws://localhost:7880".parse()?, random);
    // For this machine only: requests with any other host name are refused.
    endpoint.hosts = Hosts::Loopback(Vec::new());
    Ok(endpoint)
}

async fn hand_out_token(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let answer = match to_bytes(body, app.endpoint.max_body).await {
        Ok(body) => app.answer(&head, &body).await,
        Err(_) => app.endpoint.refuse(&head, Refusal::too_large(app.endpoint.max_body)),
    };
    answer.response.map(Body::from)
}

async fn keep_keys_fresh(app: Arc<App>) {
    while let Some(keys) = &app.keys {
        keys.fetch().await;
        tokio::time::sleep(MAX_AGE).await;
    }
}

impl App {
    /// Requires a login from now on. Its `sub` becomes the identity.
    fn ask_for_logins(
        &mut self,
        issuer: String,
        url: String,
        audiences: Vec<String>,
    ) -> Result<(), Box<dyn Error>> {
        if audiences.is_empty() {
            return Err("name an audience: a login for any other app would do without one".into());
        }
        let mut issuer = Issuer::new(issuer);
        issuer.audiences = audiences;
        self.endpoint.callers.issuers = vec![issuer];
        let fields = &mut self.endpoint.rules.fields;
        fields.set(Field::ParticipantIdentity, "{claim.sub}", When::Always)?;
        self.keys = Some(Keys::new(url)?);
        Ok(())
    }

    /// Answers a request. The endpoint fetches nothing itself: it reports that it needs keys, and
    /// is called again with them.
    async fn answer(&self, head: &Parts, body: &[u8]) -> Answer {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let admitted = match self.endpoint.admit(head, Some(body.len() as u64)) {
            ControlFlow::Continue(admitted) => admitted,
            ControlFlow::Break(answer) => return answer,
        };
        let mut identified = self.identify(head, now);
        if let (ControlFlow::Continue(Identified::NeedsKeys(_)), Some(keys)) =
            (&identified, &self.keys)
        {
            keys.fetch().await;
            identified = self.identify(head, now);
        }
        let caller = match identified {
            ControlFlow::Continue(Identified::Caller(caller)) => caller,
            ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
                return self.endpoint.refuse(head, needed.refusal(30));
            }
            ControlFlow::Break(answer) => return answer,
        };
        match self.endpoint.parse(admitted, caller, head, body) {
            ControlFlow::Continue(parsed) => self.endpoint.answer(parsed, head, now),
            ControlFlow::Break(answer) => answer,
        }
    }

    fn identify(&self, head: &Parts, now: u64) -> ControlFlow<Answer, Identified> {
        let keys = self.keys.as_ref().and_then(Keys::current);
        self.endpoint.identify(head, false, &[keys], now)
    }
}

impl Keys {
    fn new(url: String) -> Result<Self, reqwest::Error> {
        // Fetches keys only from this URL, and follows no redirects.
        let client = reqwest::Client::builder().redirect(redirect::Policy::none());
        let client = client.timeout(Duration::from_secs(5)).build()?;
        Ok(Self { url, client, current: RwLock::default(), fetched: Mutex::default() })
    }

    fn current(&self) -> Option<Arc<KeySet>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the keys, unless that was done a moment ago. Requests that need them wait for one
    /// fetch.
    async fn fetch(&self) {
        let mut fetched = self.fetched.lock().await;
        if fetched.is_some_and(|began| began.elapsed() < BETWEEN_FETCHES) {
            return;
        }
        *fetched = Some(Instant::now());
        match self.download().await {
            Ok(keys) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Some(Arc::new(keys));
            }
            // The old keys stay in use.
            Err(error) => eprintln!("cannot fetch the keys: {error}"),
        }
    }

    async fn download(&self) -> Result<KeySet, Box<dyn Error + Send + Sync>> {
        let mut answer = self.client.get(&self.url).send().await?.error_for_status()?;
        let mut jwks = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            jwks.extend(chunk);
            if jwks.len() > MAX_JWKS {
                return Err("they are too large".into());
            }
        }
        Ok(KeySet::from_jwks(&jwks)?)
    }
}
