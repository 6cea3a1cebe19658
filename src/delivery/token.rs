//! Where access tokens come from. Signing in is not the business of delivery: whoever sends hands in a source.

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

/// An access token. Prints as nothing.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// From its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// The text: for the server it is meant for, and for nothing else.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Why there is no token. Names no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TokenError {
    /// What is wrong, and why.
    pub text: String,
    /// What to do next, one sentence.
    pub advice: Option<String>,
    /// Whether trying again soon may help.
    pub temporary: bool,
}

/// Gives tokens for what the configured transport signs in to.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// One that is good now.
    ///
    /// # Errors
    /// When none can be had.
    async fn token(&self) -> Result<Token, TokenError>;

    /// Another one than that which was refused.
    ///
    /// # Errors
    /// When none can be had.
    async fn renewed(&self, refused: &Token) -> Result<Token, TokenError>;
}

/// For a transport that needs none.
#[derive(Debug, Clone, Copy)]
pub struct NoTokens;

#[async_trait]
impl TokenSource for NoTokens {
    async fn token(&self) -> Result<Token, TokenError> {
        let text = "no sign-in was handed in to send mail with".to_owned();
        Err(TokenError { text, advice: None, temporary: false })
    }

    async fn renewed(&self, _: &Token) -> Result<Token, TokenError> {
        self.token().await
    }
}
