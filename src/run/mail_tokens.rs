//! The tokens that mail is sent with, by the sign-in of a tenant.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::clock::Clock;
use super::connect::ConnectError;
use crate::config::Config;
use crate::delivery::{Token, TokenError, TokenSource};
use crate::graph;
use crate::graph::client::{self, Proxies};
use crate::graph::sign_in::SignInError;
use crate::graph::tokens::{Bearer, Tokens};

/// The tokens for the mail transport of a configuration. Nothing is asked for until one is needed; one that is good
/// is given again, so that it pays to keep this for as long as mail is sent.
#[derive(Debug)]
pub struct MailTokens {
    tokens: Result<Tokens, TokenError>,
    /// What was given out last.
    given: Mutex<Option<Bearer>>,
}

impl MailTokens {
    /// For `[mail]` of a configuration. Where its transport needs no token, asking for one fails.
    #[must_use]
    pub fn of(config: &Config, clock: Clock) -> Self {
        Self { tokens: tokens(config, clock), given: Mutex::default() }
    }

    async fn ask(&self, refused: Option<&Token>) -> Result<Token, TokenError> {
        let tokens = self.tokens.as_ref().map_err(Clone::clone)?;
        let last = self.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let same = |bearer: &Bearer| refused.is_some_and(|refused| refused.secret() == bearer.secret());
        let bearer = match last.filter(same) {
            Some(bearer) => tokens.renew(&bearer).await,
            None => tokens.bearer().await,
        };
        let bearer = bearer.map_err(|error| told(&error))?;
        let token = Token::new(bearer.secret());
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(bearer);
        Ok(token)
    }
}

fn tokens(config: &Config, clock: Clock) -> Result<Tokens, TokenError> {
    let none = |text: &str| TokenError { text: text.to_owned(), advice: None, temporary: false };
    let sign_in = config.mail.as_ref().and_then(|mail| mail.transport.sign_in());
    let sign_in = sign_in.ok_or_else(|| none("this mail transport signs in without a token"))?;
    let tenant = config.tenants.iter().find(|tenant| tenant.name == sign_in.tenant);
    let tenant = tenant.ok_or_else(|| none("there is no tenant to sign in to"))?;
    let proxies = Proxies::towards(&tenant.graph_url, &tenant.authority_url);
    let http = client::build(tenant.ca_file.as_deref(), proxies).map_err(|error| {
        let error = ConnectError::Client(error);
        TokenError { text: graph::explain(&error, None), advice: error.advice(), temporary: false }
    })?;
    graph::sign_in::sign_in_for(tenant, sign_in.scope.clone(), &http, Arc::new(clock))
        .map_err(|error| told(&error))
}

fn told(error: &SignInError) -> TokenError {
    TokenError { text: graph::explain(error, None), advice: error.advice(), temporary: error.is_temporary() }
}

#[async_trait]
impl TokenSource for MailTokens {
    async fn token(&self) -> Result<Token, TokenError> {
        self.ask(None).await
    }

    async fn renewed(&self, refused: &Token) -> Result<Token, TokenError> {
        self.ask(Some(refused)).await
    }
}
