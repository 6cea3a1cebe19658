//! Who is asked before a letter goes out of hand.

use std::sync::Mutex;

use async_trait::async_trait;
use keysweep::delivery::{Delivery, DeliveryError, Gate, NoTokens, deliver};

use crate::smtp_server::Instead;
use crate::{Post, identity, letter, patience, refused, three, to_directory};

/// Answers as it is told, and remembers what it was asked.
pub(crate) struct Keeper {
    opens: bool,
    asked: Mutex<Vec<&'static str>>,
}

impl Keeper {
    pub(crate) fn who(opens: bool) -> Self {
        Self { opens, asked: Mutex::default() }
    }

    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Gate for Keeper {
    async fn open(&self) -> bool {
        self.asked.lock().unwrap().push("open");
        self.opens
    }

    async fn shut(&self) {
        self.asked.lock().unwrap().push("shut");
    }
}

async fn send(post: &Post, keeper: &Keeper) -> Delivery {
    let mail = post.mail();
    deliver(&mail, &three(), &letter(), &identity(&mail), &patience(), keeper, &NoTokens).await
}

#[tokio::test]
async fn a_letter_that_is_held_back_reaches_nobody() {
    let (post, keeper) = (Post::sound(), Keeper::who(false));
    let delivery = send(&post, &keeper).await;
    assert_eq!(refused(&delivery).len(), 3);
    assert!(delivery.refused.iter().all(|refused| refused.error == DeliveryError::Withdrawn), "{delivery:?}");
    assert_eq!(post.server.received().len(), 0);
    assert_eq!(post.count("DATA"), 1, "asked at the last moment, and not tried again");
    assert_eq!(keeper.asked()[0], "open");

    let root = tempfile::tempdir().unwrap();
    let mail = to_directory(root.path());
    let delivery =
        deliver(&mail, &three(), &letter(), &identity(&mail), &patience(), &keeper, &NoTokens).await;
    assert_eq!(refused(&delivery).len(), 3);
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_was_accepted_is_never_taken_back() {
    let (post, keeper) = (Post::sound(), Keeper::who(true));
    assert!(send(&post, &keeper).await.is_complete());
    assert_eq!(keeper.asked(), ["open"]);
}

#[tokio::test]
async fn what_the_server_put_off_is_nobodys_until_it_is_handed_over_again() {
    let post = Post::scripted(|script| script.on("MESSAGE", Instead::Say("451 later"), 1));
    let keeper = Keeper::who(true);
    assert!(send(&post, &keeper).await.is_complete());
    assert_eq!(keeper.asked(), ["open", "shut", "open"]);
}

#[tokio::test]
async fn a_lost_answer_leaves_it_open_who_has_the_letter() {
    let post = Post::scripted(|script| script.on("MESSAGE", Instead::HangUp, 1));
    let keeper = Keeper::who(true);
    let delivery = send(&post, &keeper).await;
    assert!(matches!(delivery.refused[0].error, DeliveryError::Unconfirmed { .. }), "{delivery:?}");
    assert_eq!(keeper.asked(), ["open"]);
}
