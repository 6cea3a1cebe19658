//! The bearer token: asked for once, held while it is good, renewed before it ends.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_core::credentials::TokenCredential;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::sign_in::SignInError;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Makes a credential that has not asked for anything yet.
type Make = Box<dyn Fn() -> Result<Arc<dyn TokenCredential>, SignInError> + Send + Sync>;

/// A token is renewed this long before its end. Too low and a token ends on the way to Graph; too high
/// and a token that lives for an hour is renewed over and over.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// The wait after a first failed renewal of a token that is still good; it doubles with each failure, up
/// to sixteen times this. Too low and requests keep waiting for an authority that is down.
const BACK_OFF: TimeDelta = TimeDelta::seconds(15);

/// An access token. Two are equal when they came from the same answer.
#[derive(Clone)]
pub struct Bearer {
    secret: SecretString,
    answer: u64,
}

impl Bearer {
    /// The token itself, for the `Authorization` header and for nothing else.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl PartialEq for Bearer {
    fn eq(&self, other: &Self) -> bool {
        // The text alone does not do: a platform may answer with the token it gave before.
        self.answer == other.answer && self.secret() == other.secret()
    }
}

impl Eq for Bearer {}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer").field("answer", &self.answer).finish_non_exhaustive()
    }
}

/// The tokens for one scope. However many tasks ask at once, one request goes out, and its outcome, good
/// or bad, is the outcome for all that waited for it.
///
/// Every request is made by a new credential: those of `azure_identity` keep a cache that can neither be
/// told to renew nor survives a failing renewal.
pub struct Tokens {
    scope: String,
    make: Make,
    now: Clock,
    held: Mutex<Held>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// Answers so far, good and bad.
    answers: u64,
    last_failure: Option<SignInError>,
    /// Since the last good answer.
    failures: u32,
}

struct Token {
    bearer: Bearer,
    renew_from: DateTime<Utc>,
    expires: DateTime<Utc>,
}

enum Look {
    Good(Bearer),
    Ageing(Bearer),
    Nothing { answers: u64 },
}

impl Held {
    fn look(&self, now: DateTime<Utc>) -> Look {
        match &self.token {
            Some(token) if token.expires <= now => Look::Nothing { answers: self.answers },
            Some(token) if token.renew_from <= now => Look::Ageing(token.bearer.clone()),
            Some(token) => Look::Good(token.bearer.clone()),
            None => Look::Nothing { answers: self.answers },
        }
    }

    fn keep(&mut self, secret: SecretString, expires: DateTime<Utc>, now: DateTime<Utc>) -> Bearer {
        // A token of a few minutes would otherwise be renewed at every request.
        let margin = MARGIN.min((expires - now) / 2);
        let bearer = Bearer { secret, answer: self.answers };
        self.token = Some(Token { bearer: bearer.clone(), renew_from: expires - margin, expires });
        self.failures = 0;
        self.last_failure = None;
        bearer
    }

    fn note_failure(&mut self, failure: SignInError, now: DateTime<Utc>) {
        let wait = BACK_OFF * (1 << self.failures.min(4));
        if let Some(token) = &mut self.token {
            token.renew_from = now + wait;
        }
        self.failures += 1;
        self.last_failure = Some(failure);
    }
}

impl Tokens {
    /// Tokens for `scope`, from the credentials that `make` makes. Nothing is asked for yet.
    #[must_use]
    pub fn new(
        scope: String,
        make: impl Fn() -> Result<Arc<dyn TokenCredential>, SignInError> + Send + Sync + 'static,
        now: Clock,
    ) -> Self {
        let make = Box::new(make);
        Self { scope, make, now, held: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// A token that is good now. While one is, a failing renewal is logged, not returned.
    ///
    /// # Errors
    /// When there is no good token and none can be had.
    pub async fn bearer(&self) -> Result<Bearer, SignInError> {
        let old = match self.look() {
            Look::Good(bearer) => return Ok(bearer),
            Look::Nothing { answers } => return self.ask_in_turn(answers).await,
            Look::Ageing(bearer) => bearer,
        };
        let Ok(_turn) = self.turn.try_lock() else {
            return Ok(old); // somebody is renewing it; no need to wait for that
        };
        if let Look::Good(bearer) = self.look() {
            return Ok(bearer);
        }
        match self.ask().await {
            Ok(bearer) => Ok(bearer),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "renewing the token failed, going on with the one that is still good");
                Ok(old)
            }
        }
    }

    /// A token other than the one that Graph has `rejected` with 401. The rejected one is given to nobody
    /// any more.
    ///
    /// # Errors
    /// When none can be had.
    pub async fn renew(&self, rejected: &Bearer) -> Result<Bearer, SignInError> {
        let answers = {
            let mut held = self.held();
            held.token = held.token.take().filter(|token| token.bearer != *rejected);
            held.answers
        };
        self.ask_in_turn(answers).await
    }

    /// Waits for whoever is asking and takes what they got; asks where nobody did since `answers`.
    async fn ask_in_turn(&self, answers: u64) -> Result<Bearer, SignInError> {
        let _turn = self.turn.lock().await;
        {
            let held = self.held();
            if let Look::Good(bearer) | Look::Ageing(bearer) = held.look((self.now)()) {
                return Ok(bearer);
            }
            if let Some(failure) = held.last_failure.as_ref().filter(|_| held.answers != answers) {
                return Err(failure.clone());
            }
        }
        self.ask().await
    }

    /// One request. The caller holds the turn.
    async fn ask(&self) -> Result<Bearer, SignInError> {
        let answer = match (self.make)() {
            Ok(credential) => credential
                .get_token(&[&self.scope], None)
                .await
                .map_err(|error| SignInError::from_azure(&error))
                .and_then(|token| expiry(&token).map(|expires| (token, expires))),
            Err(error) => Err(error),
        };
        let now = (self.now)();
        let mut held = self.held();
        held.answers += 1;
        match answer {
            Ok((token, expires)) => {
                tracing::debug!(scope = self.scope, %expires, "signed in");
                Ok(held.keep(SecretString::from(token.token.secret()), expires, now))
            }
            Err(error) => {
                held.note_failure(error.clone(), now);
                Err(error)
            }
        }
    }

    fn look(&self) -> Look {
        self.held().look((self.now)())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn expiry(token: &azure_core::credentials::AccessToken) -> Result<DateTime<Utc>, SignInError> {
    // `azure_identity` takes an answer without a token for an empty token.
    let expires = DateTime::from_timestamp(token.expires_on.unix_timestamp(), 0);
    expires.filter(|_| !token.token.secret().is_empty()).ok_or(SignInError::NoToken)
}
