//! One conversation with a server, each step of it bounded in time.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt};
use lettre::transport::smtp::extension::MailParameter;
use lettre::transport::smtp::response::Response;

use super::Handling;
use super::connect::connect;
use super::failure::{Place, Subject};
use super::route::{Route, SignIn};
use crate::config::SmtpTls;
use crate::delivery::error::{DeliveryError, Way};
use crate::delivery::gate::Gate;
use crate::delivery::patience::{Deadline, Patience};
use crate::delivery::token::Token;
use crate::delivery::words::Answer;

/// The message is written in pieces of this size: one large piece would be held three times over.
const PIECE: usize = 64 * 1024;

/// Everything is said by then: a server that does not answer `QUIT` does not keep the run waiting.
const GOODBYE: Duration = Duration::from_secs(2);

const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// An open conversation: protected and signed in, as far as the configuration asks for it.
pub(super) struct Session<'a> {
    connection: AsyncSmtpConnection,
    route: &'a Route<'a>,
    patience: &'a Patience,
    gate: &'a dyn Gate,
    deadline: Deadline,
    /// The largest message the server takes, in bytes, where it says so (RFC 1870).
    limit: Option<usize>,
    announces_size: bool,
    over: bool,
}

impl<'a> Session<'a> {
    /// A token that is refused for good is renewed once, for it may have been revoked while it was kept.
    pub(super) async fn open(
        route: &'a Route<'a>,
        handling: Handling<'a>,
        deadline: Deadline,
    ) -> Result<Self, DeliveryError> {
        let opened = Self::begin(route, handling, deadline, route.sign_in.as_ref()).await;
        match (opened, &route.sign_in) {
            (Err(DeliveryError::TokenLogin { answer, .. }), Some(SignIn::Token { mailbox, token }))
                if !answer.is_temporary() =>
            {
                let token = handling.tokens.renewed(token).await.map_err(DeliveryError::NoToken)?;
                let sign_in = SignIn::Token { mailbox: mailbox.clone(), token };
                Self::begin(route, handling, deadline, Some(&sign_in)).await
            }
            (opened, _) => opened,
        }
    }

    async fn begin(
        route: &'a Route<'a>,
        handling: Handling<'a>,
        deadline: Deadline,
        sign_in: Option<&SignIn>,
    ) -> Result<Self, DeliveryError> {
        let Handling { patience, gate, .. } = handling;
        let connection = connect(route, patience, deadline).await?;
        let mut session = Self {
            connection,
            route,
            patience,
            gate,
            deadline,
            limit: None,
            announces_size: false,
            over: false,
        };
        if route.smtp.tls == SmtpTls::StartTls {
            session.protect().await?;
        }
        session.learn_limit().await?;
        session.sign_in(sign_in).await?;
        Ok(session)
    }

    /// Whether there is nothing more to say on this connection.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    async fn protect(&mut self) -> Result<(), DeliveryError> {
        let (route, at) = (self.route, self.at("STARTTLS", Subject::Conversation));
        let Some(tls) = route.tls.clone().filter(|_| self.connection.can_starttls()) else {
            return Err(DeliveryError::NoStartTls { server: route.server.clone() });
        };
        let upgrade = self.connection.starttls(tls, &route.hello);
        match self.deadline.within(self.patience.answer, upgrade).await {
            Ok(upgraded) => upgraded.map_err(|error| at.failure(&error)),
            Err(_) => Err(at.silence()),
        }
    }

    /// Asks once more what the server offers: lettre does not keep `SIZE`.
    async fn learn_limit(&mut self) -> Result<(), DeliveryError> {
        let offers = self.command("EHLO", Subject::Conversation, Ehlo::new(self.route.hello.clone())).await?;
        let sizes = |line: &str| {
            let mut words = line.split_whitespace().map(str::to_owned);
            words.next().filter(|word| word.eq_ignore_ascii_case("SIZE")).map(|_| words.next())
        };
        if let Some(size) = offers.message().find_map(sizes) {
            self.announces_size = true;
            // Zero, or none, is no fixed limit.
            self.limit = size.and_then(|size| size.parse().ok()).filter(|&size| size > 0);
        }
        Ok(())
    }

    async fn sign_in(&mut self, sign_in: Option<&SignIn>) -> Result<(), DeliveryError> {
        match sign_in {
            None => Ok(()),
            Some(SignIn::Password(credentials)) => self.sign_in_by_password(credentials).await,
            Some(SignIn::Token { mailbox, token }) => self.sign_in_by_token(mailbox, token).await,
        }
    }

    async fn sign_in_by_password(&mut self, credentials: &Credentials) -> Result<(), DeliveryError> {
        if self.connection.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
            return Err(DeliveryError::NoMechanism { server: self.route.server.clone() });
        }
        let at = self.at("AUTH", Subject::Login);
        let signed_in = self.connection.auth(&MECHANISMS, credentials);
        match self.deadline.within(self.patience.answer, signed_in).await {
            Ok(answer) => answer.map(drop).map_err(|error| at.failure(&error)),
            Err(_) => Err(at.silence()),
        }
    }

    /// XOAUTH2 (FACTS §14.2). Said here and not by lettre: a server may answer a token it does not like with 334 and
    /// wants an empty line before it says why (inferred for Exchange), which lettre takes for a mistake of its own.
    async fn sign_in_by_token(&mut self, mailbox: &str, token: &Token) -> Result<(), DeliveryError> {
        if self.connection.server_info().get_auth_mechanism(&[Mechanism::Xoauth2]).is_none() {
            return Err(DeliveryError::NoXoauth2 { server: self.route.server.clone() });
        }
        let proof = format!("user={mailbox}\x01auth=Bearer {}\x01\x01", token.secret());
        let line = format!("AUTH XOAUTH2 {}\r\n", BASE64.encode(proof));
        let answer = self.command("AUTH", Subject::Token, line).await?;
        if !answer.has_code(334) {
            return Ok(());
        }
        match self.command("AUTH", Subject::Token, "\r\n").await {
            Err(error @ DeliveryError::TokenLogin { .. }) => Err(error),
            // Whatever else follows a challenge, nobody is signed in.
            Ok(_) | Err(_) => {
                self.over = true;
                Err(self.at("AUTH", Subject::Token).refusal(Answer::new(535, "the token was not accepted")))
            }
        }
    }

    /// `MAIL FROM`, unless the server has already said that the message is too large.
    pub(super) async fn sender(&mut self, from: &Address, size: usize) -> Result<(), DeliveryError> {
        if self.limit.is_some_and(|limit| limit < size) {
            let server = self.route.server.clone();
            return Err(DeliveryError::TooLarge { server, size, limit: self.limit });
        }
        let parameters = if self.announces_size { vec![MailParameter::Size(size)] } else { Vec::new() };
        let mail = Mail::new(Some(from.clone()), parameters);
        self.command("MAIL FROM", Subject::Sender { size }, mail).await.map(drop)
    }

    /// `RCPT TO`.
    pub(super) async fn recipient(&mut self, to: &Address) -> Result<(), DeliveryError> {
        let recipient = Rcpt::new(to.clone(), Vec::new());
        self.command("RCPT TO", Subject::Recipient, recipient).await.map(drop)
    }

    /// `DATA` and the message. Before its final dot is on its way a failure is a failure; afterwards
    /// only the server knows.
    pub(super) async fn message(&mut self, message: &[u8]) -> Result<(), DeliveryError> {
        let size = message.len();
        self.command("DATA", Subject::Message { size }, Data).await?;
        if !self.gate.open().await {
            // Only breaking off keeps the server from taking what was said so far for a letter.
            self.over = true;
            return Err(DeliveryError::Withdrawn);
        }
        let at = self.at("the message", Subject::Message { size });
        let handed_over = AtomicBool::new(false);
        let end = std::iter::from_fn(|| {
            // Asked for only when all pieces are written, and before the final dot is.
            handed_over.store(true, Ordering::Relaxed);
            None
        });
        let transfer = self.connection.message_iter(message.chunks(PIECE).chain(end));
        let error = match self.deadline.within(self.patience.message, transfer).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) if error.status().is_some() => return Err(at.failure(&error)),
            Ok(Err(error)) => at.failure(&error),
            Err(_) => at.silence(),
        };
        self.over = true;
        if handed_over.load(Ordering::Relaxed) {
            return Err(DeliveryError::Unconfirmed { server: self.route.server.clone(), way: Way::Smtp });
        }
        Err(error)
    }

    /// Says goodbye, where somebody still listens.
    pub(super) async fn close(mut self) {
        if !self.over {
            // Whatever comes back changes nothing any more.
            let _ = self.deadline.within(self.patience.answer.min(GOODBYE), self.connection.quit()).await;
        }
    }

    async fn command(
        &mut self,
        step: &'static str,
        subject: Subject,
        command: impl Display + Send,
    ) -> Result<Response, DeliveryError> {
        let at = self.at(step, subject);
        match self.deadline.within(self.patience.answer, self.connection.command(command)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                // 421: the server closes the connection (RFC 5321 §3.8).
                self.over = error.status().is_none_or(|code| u16::from(code) == 421);
                Err(at.failure(&error))
            }
            Err(_) => {
                self.over = true;
                Err(at.silence())
            }
        }
    }

    fn at(&self, step: &'static str, subject: Subject) -> Place<'a> {
        Place { server: &self.route.server, step, subject }
    }
}
