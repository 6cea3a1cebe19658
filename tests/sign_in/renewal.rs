//! How long a token is held, who asks for the next one, and what happens when that fails.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::time::OffsetDateTime;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join, join_all};
use keysweep::graph::sign_in::SignInError;
use keysweep::graph::tokens::{Bearer, Clock, Tokens};
use tokio::sync::Semaphore;

use crate::support::today;

/// A clock that is set by hand.
#[derive(Clone)]
struct HandClock(Arc<Mutex<DateTime<Utc>>>);

impl HandClock {
    fn pass(&self, delta: TimeDelta) {
        *self.0.lock().unwrap() += delta;
    }

    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// An authority that numbers its tokens.
struct Numbering {
    clock: HandClock,
    lifetime: TimeDelta,
    asked: AtomicUsize,
    failing: AtomicUsize,
    /// An answer waits for a permit.
    gate: Semaphore,
}

#[derive(Clone)]
struct Numbered(Arc<Numbering>);

impl std::fmt::Debug for Numbered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Numbered")
    }
}

#[async_trait]
impl TokenCredential for Numbered {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["scope"]);
        let number = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.gate.acquire().await.unwrap().forget();
        if self.0.failing.load(Ordering::SeqCst) != 0 {
            return Err(azure_core::Error::with_message(ErrorKind::Credential, format!("outage {number}")));
        }
        let expires = (self.0.clock.now() + self.0.lifetime).timestamp();
        let expires = OffsetDateTime::from_unix_timestamp(expires).unwrap();
        Ok(AccessToken::new(format!("token {number}"), expires))
    }
}

struct Scene {
    clock: HandClock,
    authority: Arc<Numbering>,
    tokens: Arc<Tokens>,
}

impl Scene {
    /// Tokens for an hour; answers come at once.
    fn new() -> Self {
        Self::with(TimeDelta::hours(1), 1000)
    }

    fn with(lifetime: TimeDelta, permits: usize) -> Self {
        let clock = HandClock(Arc::new(Mutex::new(today())));
        let authority = Arc::new(Numbering {
            clock: clock.clone(),
            lifetime,
            asked: AtomicUsize::new(0),
            failing: AtomicUsize::new(0),
            gate: Semaphore::new(permits),
        });
        let credential = Numbered(Arc::clone(&authority));
        let make = move || Ok(Arc::new(credential.clone()) as Arc<dyn TokenCredential>);
        let now: Clock = Arc::new({
            let clock = clock.clone();
            move || clock.now()
        });
        Self { clock, authority, tokens: Arc::new(Tokens::new("scope".to_owned(), make, now)) }
    }

    async fn get(&self) -> Result<String, SignInError> {
        self.tokens.bearer().await.map(|bearer| bearer.secret().to_owned())
    }

    fn asked(&self) -> usize {
        self.authority.asked.load(Ordering::SeqCst)
    }

    fn fail(&self, failing: bool) {
        self.authority.failing.store(usize::from(failing), Ordering::SeqCst);
    }

    fn allow(&self, answers: usize) {
        self.authority.gate.add_permits(answers);
    }

    /// Twenty callers at once, all of them waiting before the authority answers anything.
    async fn twenty<'a, F: Future<Output = Result<Bearer, SignInError>> + 'a>(
        &'a self,
        call: impl Fn(&'a Tokens) -> F,
    ) -> Vec<Result<String, SignInError>> {
        let callers = join_all((0..20).map(|_| call(&self.tokens)));
        let answering = async {
            settle().await;
            self.allow(20);
        };
        let (outcomes, ()) = join(callers, answering).await;
        outcomes.into_iter().map(|outcome| outcome.map(|bearer| bearer.secret().to_owned())).collect()
    }
}

/// Lets every other task go as far as it can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_is_held_until_five_minutes_before_its_end() {
    let scene = Scene::new();
    assert_eq!(scene.get().await.unwrap(), "token 1");
    scene.clock.pass(TimeDelta::seconds(55 * 60 - 1));
    assert_eq!(scene.get().await.unwrap(), "token 1");
    scene.clock.pass(TimeDelta::seconds(1));
    assert_eq!(scene.get().await.unwrap(), "token 2");
    assert_eq!(scene.asked(), 2);
}

#[tokio::test]
async fn a_short_lived_token_is_held_for_half_its_life() {
    let scene = Scene::with(TimeDelta::minutes(4), 1000);
    assert_eq!(scene.get().await.unwrap(), "token 1");
    scene.clock.pass(TimeDelta::seconds(119));
    assert_eq!(scene.get().await.unwrap(), "token 1");
    scene.clock.pass(TimeDelta::seconds(1));
    assert_eq!(scene.get().await.unwrap(), "token 2");
}

#[tokio::test]
async fn twenty_callers_share_the_first_request() {
    let scene = Scene::with(TimeDelta::hours(1), 0);
    let callers = scene.twenty(Tokens::bearer).await;
    assert!(callers.into_iter().all(|token| token.unwrap() == "token 1"));
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn twenty_callers_share_a_failure_too() {
    let scene = Scene::with(TimeDelta::hours(1), 0);
    scene.fail(true);
    for outcome in scene.twenty(Tokens::bearer).await {
        assert_eq!(outcome.unwrap_err().to_string(), "signing in failed: outage 1");
    }
    assert_eq!(scene.asked(), 1);
    // It is nobody's outcome who comes later.
    scene.fail(false);
    assert_eq!(scene.get().await.unwrap(), "token 2");
}

#[tokio::test]
async fn a_failing_renewal_does_not_waste_a_token_that_is_still_good() {
    let scene = Scene::new();
    scene.get().await.unwrap();
    scene.clock.pass(TimeDelta::minutes(55));
    scene.fail(true);
    assert_eq!(scene.get().await.unwrap(), "token 1");
    assert_eq!(scene.asked(), 2);

    // The authority is left alone for a while, twice as long after each failure.
    for wait in [15, 30, 60] {
        let before = scene.asked();
        scene.clock.pass(TimeDelta::seconds(wait - 1));
        assert_eq!(scene.get().await.unwrap(), "token 1");
        assert_eq!(scene.asked(), before, "asked before {wait} s had passed");
        scene.clock.pass(TimeDelta::seconds(1));
        assert_eq!(scene.get().await.unwrap(), "token 1");
        assert_eq!(scene.asked(), before + 1, "not asked after {wait} s");
    }

    scene.fail(false);
    scene.clock.pass(TimeDelta::seconds(120));
    assert_eq!(scene.get().await.unwrap(), "token 6");
}

#[tokio::test]
async fn a_token_past_its_end_is_not_given_out() {
    let scene = Scene::new();
    scene.get().await.unwrap();
    scene.fail(true);
    scene.clock.pass(TimeDelta::seconds(3599));
    assert_eq!(scene.get().await.unwrap(), "token 1");
    scene.clock.pass(TimeDelta::seconds(1));
    assert_eq!(scene.get().await.unwrap_err().to_string(), "signing in failed: outage 3");
}

#[tokio::test]
async fn nobody_waits_for_a_renewal_while_the_old_token_is_good() {
    let scene = Arc::new(Scene::with(TimeDelta::hours(1), 1));
    scene.get().await.unwrap();
    scene.clock.pass(TimeDelta::minutes(56));
    let renewing = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { scene.get().await }
    });
    settle().await;
    assert_eq!(scene.asked(), 2);
    // The authority has not answered yet.
    assert_eq!(scene.get().await.unwrap(), "token 1");
    scene.allow(1);
    assert_eq!(renewing.await.unwrap().unwrap(), "token 2");
    assert_eq!(scene.get().await.unwrap(), "token 2");
}

#[tokio::test]
async fn twenty_callers_refused_by_graph_share_one_renewal() {
    let scene = Scene::with(TimeDelta::hours(1), 1);
    let rejected = scene.tokens.bearer().await.unwrap();
    let renewed = scene.twenty(|tokens| tokens.renew(&rejected)).await;
    assert!(renewed.into_iter().all(|token| token.unwrap() == "token 2"));
    assert_eq!(scene.asked(), 2);
    // One who learns of it later takes what is there.
    assert_eq!(scene.tokens.renew(&rejected).await.unwrap().secret(), "token 2");
    assert_eq!(scene.asked(), 2);
}

#[tokio::test]
async fn a_rejected_token_is_given_to_nobody_even_when_the_renewal_fails() {
    let scene = Scene::with(TimeDelta::hours(1), 1);
    let rejected = scene.tokens.bearer().await.unwrap();
    scene.fail(true);
    for outcome in scene.twenty(|tokens| tokens.renew(&rejected)).await {
        assert_eq!(outcome.unwrap_err().to_string(), "signing in failed: outage 2");
    }
    assert_eq!(scene.asked(), 2);
    assert_eq!(scene.get().await.unwrap_err().to_string(), "signing in failed: outage 3");
    scene.fail(false);
    assert_eq!(scene.get().await.unwrap(), "token 4");
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_the_turn_to_the_next() {
    let scene = Arc::new(Scene::with(TimeDelta::hours(1), 0));
    let first = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { scene.get().await }
    });
    settle().await;
    first.abort();
    scene.allow(1);
    assert_eq!(scene.get().await.unwrap(), "token 2");
}

#[tokio::test]
async fn a_platform_that_repeats_itself_is_still_asked_only_once_per_rejection() {
    let asked = Arc::new(AtomicUsize::new(0));
    let make = {
        let asked = Arc::clone(&asked);
        move || {
            asked.fetch_add(1, Ordering::SeqCst);
            Ok(Arc::new(Same) as Arc<dyn TokenCredential>)
        }
    };
    let tokens = Tokens::new("scope".to_owned(), make, Arc::new(today));
    let rejected = tokens.bearer().await.unwrap();
    let renewed = join_all((0..20).map(|_| tokens.renew(&rejected))).await;
    for bearer in renewed {
        let bearer = bearer.unwrap();
        assert_eq!(bearer.secret(), rejected.secret());
        assert_ne!(bearer, rejected);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[derive(Debug)]
struct Same;

#[async_trait]
impl TokenCredential for Same {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let expires = OffsetDateTime::from_unix_timestamp((today() + TimeDelta::hours(1)).timestamp());
        Ok(AccessToken::new("same".to_owned(), expires.unwrap()))
    }
}

#[tokio::test]
async fn a_token_does_not_show_itself() {
    let scene = Scene::new();
    let bearer = scene.tokens.bearer().await.unwrap();
    let shown = format!("{bearer:?} {:?}", scene.tokens);
    assert!(!shown.contains("token 1"), "{shown}");
}
