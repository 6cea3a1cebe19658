//! Whether mail would leave, as far as that can be seen without sending any.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::error::DeliveryError;
use super::gate::AlwaysOpen;
use super::patience::Patience;
use super::token::{Token, TokenSource};
use super::{directory, smtp};
use crate::config::{Mail, Transport};

/// How far it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passable {
    /// The directory is there and can be written into.
    Directory(PathBuf),
    /// The server answered; where a login is configured, it was accepted.
    Smtp {
        /// `host:port`.
        server: String,
        /// Whether somebody signed in.
        signed_in: bool,
    },
    /// There is a token for Graph.
    Graph {
        /// The application permissions in it; none where it cannot be read, which is allowed.
        roles: Option<Vec<String>>,
    },
}

/// Goes the way of mail as far as nothing is sent: connects, protects the connection and signs in.
///
/// # Errors
/// Where mail would not get further either.
pub async fn check(
    mail: &Mail,
    patience: &Patience,
    tokens: &dyn TokenSource,
) -> Result<Passable, DeliveryError> {
    match &mail.transport {
        Transport::Directory(path) => {
            directory::check(path).await.map(|()| Passable::Directory(path.clone()))
        }
        Transport::Smtp(server) => {
            let handling = smtp::Handling { patience, gate: &AlwaysOpen, tokens };
            let name = smtp::check(server, handling).await?;
            Ok(Passable::Smtp { server: name, signed_in: server.login.is_some() })
        }
        Transport::Graph(_) => {
            let token = tokens.token().await.map_err(DeliveryError::NoToken)?;
            Ok(Passable::Graph { roles: roles(&token) })
        }
    }
}

/// What a token says it is good for. It is meant for Graph, which may make it unreadable to others any day: nothing
/// rests on this.
fn roles(token: &Token) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Claims {
        #[serde(default)]
        roles: Vec<String>,
    }

    let claims = URL_SAFE_NO_PAD.decode(token.secret().split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.roles)
}
