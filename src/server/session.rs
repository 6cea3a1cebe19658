//! Sessions: who a browser is, and that a form it sends is ours. A cookie holds all there is to a session, under a
//! seal; nothing is kept here but those that were ended before their time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::random::{NoRandomness, random};

/// The name of the cookie.
const NAME: &str = "keysweep";

/// How long somebody stays signed in: a working day.
const LIFE: TimeDelta = TimeDelta::hours(12);

/// Kind, end, id, and the seal over them.
const LENGTH: usize = 1 + 8 + ID + 32;
const ID: usize = 16;

/// A browser, while it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    id: [u8; ID],
    signed_in: bool,
    until: i64,
}

/// What seals sessions: known to this process only, and another one for another token.
pub(super) struct Seal([u8; 32]);

impl Seal {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn over(&self, purpose: &[u8], what: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(purpose);
        mac.update(what);
        Some(mac)
    }
}

impl Session {
    /// A new one.
    pub(super) fn begin(signed_in: bool, now: DateTime<Utc>) -> Result<Self, NoRandomness> {
        Ok(Self { id: random()?, signed_in, until: (now + LIFE).timestamp() })
    }

    /// The session of a request. None where it has none, or one that is over or not ours.
    pub(super) fn of(headers: &HeaderMap, seal: &Seal, now: DateTime<Utc>) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut cookies = cookies.flat_map(|cookies| cookies.split(';'));
        let found = cookies.find_map(|cookie| {
            let value = cookie.trim().strip_prefix(NAME)?.strip_prefix('=')?;
            Self::read(value, seal)
        });
        found.filter(|session| now.timestamp() < session.until)
    }

    fn read(value: &str, seal: &Seal) -> Option<Self> {
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()?;
        let (what, mac) = bytes.split_last_chunk::<32>()?;
        seal.over(b"session", what)?.verify_slice(mac).ok()?;
        let (kind, rest) = what.split_first()?;
        let (until, id) = rest.split_first_chunk::<8>()?;
        Some(Self { id: id.try_into().ok()?, signed_in: *kind == 1, until: i64::from_be_bytes(*until) })
    }

    /// Whether it was begun with the token.
    pub(super) fn is_signed_in(self) -> bool {
        self.signed_in
    }

    /// The header that gives it to the browser. No script sees it, no other site has it sent.
    pub(super) fn cookie(self, seal: &Seal, protected: bool) -> Option<String> {
        let mut bytes = vec![u8::from(self.signed_in)];
        bytes.extend_from_slice(&self.until.to_be_bytes());
        bytes.extend_from_slice(&self.id);
        let mac = seal.over(b"session", &bytes)?.finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        let secure = if protected { "; Secure" } else { "" };
        let (value, age) = (URL_SAFE_NO_PAD.encode(&bytes), LIFE.num_seconds());
        Some(format!("{NAME}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"))
    }

    /// The header that takes it from the browser.
    pub(super) fn no_cookie(protected: bool) -> String {
        let secure = if protected { "; Secure" } else { "" };
        format!("{NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}")
    }

    /// What a form of this session has to bring.
    pub(super) fn form_token(self, seal: &Seal) -> String {
        let mac = seal.over(b"form", &self.id).map(|mac| mac.finalize().into_bytes());
        mac.map(|mac| URL_SAFE_NO_PAD.encode(mac)).unwrap_or_default()
    }

    /// Whether a form is one of this session.
    pub(super) fn owns(self, form_token: &str, seal: &Seal) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(form_token) else { return false };
        seal.over(b"form", &self.id).is_some_and(|mac| mac.verify_slice(&given).is_ok())
    }
}

/// Sessions that were ended before their time.
#[derive(Default)]
pub(super) struct Ended(Mutex<BTreeMap<[u8; ID], i64>>);

impl Ended {
    pub(super) fn end(&self, session: Session, now: DateTime<Utc>) {
        let mut ended = self.all();
        ended.retain(|_, until| now.timestamp() < *until);
        // Only who has the token can begin one that is worth ending.
        if session.signed_in {
            ended.insert(session.id, session.until);
        }
    }

    pub(super) fn has(&self, session: Session) -> bool {
        self.all().contains_key(&session.id)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<[u8; ID], i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    fn sent(session: Session, seal: &Seal) -> String {
        let cookie = session.cookie(seal, true).unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_session_comes_back_until_its_time_and_under_its_own_seal_only() {
        let (seal, now) = (Seal::new([7; 32]), at("2026-11-23T06:00:00Z"));
        let session = Session::begin(true, now).unwrap();
        let cookie = sent(session, &seal);
        let of = |seal: &Seal, now| Session::of(&headers(&format!("other=1; {cookie}")), seal, at(now));
        assert_eq!(of(&seal, "2026-11-23T17:59:59Z"), Some(session));
        assert_eq!(of(&seal, "2026-11-23T18:00:00Z"), None);
        assert_eq!(of(&Seal::new([8; 32]), "2026-11-23T06:00:00Z"), None);
    }

    #[test]
    fn a_cookie_that_was_altered_is_none() {
        let (seal, now) = (Seal::new([7; 32]), at("2026-11-23T06:00:00Z"));
        let cookie = sent(Session::begin(false, now).unwrap(), &seal);
        let value = cookie.strip_prefix("keysweep=").unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            let altered = format!("keysweep={}", URL_SAFE_NO_PAD.encode(&bytes));
            assert_eq!(Session::of(&headers(&altered), &seal, now), None, "{place}");
            bytes[place] ^= 1;
        }
        for odd in ["", "keysweep", "keysweep=", "keysweep=AAAA", "keysweep=%%%", "xkeysweep=1"] {
            assert_eq!(Session::of(&headers(odd), &seal, now), None, "{odd}");
        }
    }

    #[test]
    fn a_form_belongs_to_one_session() {
        let (seal, now) = (Seal::new([7; 32]), at("2026-11-23T06:00:00Z"));
        let (one, other) = (Session::begin(true, now).unwrap(), Session::begin(true, now).unwrap());
        assert!(one.owns(&one.form_token(&seal), &seal));
        assert!(!other.owns(&one.form_token(&seal), &seal));
        assert!(!one.owns(&one.form_token(&Seal::new([8; 32])), &seal));
        assert!(!one.owns("", &seal));
    }

    #[test]
    fn a_session_that_was_ended_stays_so_until_its_time() {
        let (ended, now) = (Ended::default(), at("2026-11-23T06:00:00Z"));
        let (one, other) = (Session::begin(true, now).unwrap(), Session::begin(true, now).unwrap());
        ended.end(one, now);
        assert!(ended.has(one) && !ended.has(other));
        ended.end(other, at("2026-11-23T18:00:00Z"));
        assert!(!ended.has(one), "its time is over, and with it its place here");
    }
}
