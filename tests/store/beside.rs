//! What was read beside objects and policies, as later runs know it.

use keysweep::domain::{
    Addition, Additions, Aside, Beside, Initiator, Inventory, KeyId, Object, ObjectKey, PasswordCredential,
    Text,
};
use uuid::Uuid;

use crate::desk::Desk;
use crate::tenants::{application, cut_off, day, inventory};
use crate::world::{World, on_both_engines};

on_both_engines!(the_additions_of_the_last_complete_run_are_told, what_nobody_read_leaves_no_row);

fn added(object: ObjectKey, key: u128, at: i64, by: &str) -> Addition {
    Addition { object, key_id: KeyId(Uuid::from_u128(key)), at: day(at), by: Initiator::User(Text::new(by)) }
}

fn with(additions: impl IntoIterator<Item = Addition>) -> Inventory {
    let additions = Aside::Read(additions.into_iter().collect());
    Inventory { beside: Beside { additions, ..Beside::default() }, ..inventory(vec![application(1)]) }
}

async fn the_additions_of_the_last_complete_run_are_told(world: World) {
    let mut desk = Desk::of(&world).await;
    let told = async |desk: &Desk| desk.store.last_additions(desk.tenant()).await.unwrap();
    assert_eq!(told(&desk).await, None);
    let key = application(1).key();
    desk.run(&with([added(key, 5, 1, "first")])).await;
    let second = [added(key, 5, 1, "first"), added(key, 6, 2, "second")];
    desk.run(&with(second.clone())).await;
    desk.run(&cut_off(&with([added(key, 7, 3, "third")]))).await;
    assert_eq!(told(&desk).await, Some((day(2), second.into_iter().collect())));
    desk.run(&Inventory { beside: Beside::default(), ..with([]) }).await;
    assert_eq!(told(&desk).await, None, "the last complete run did not read the log");
}

async fn what_nobody_read_leaves_no_row(world: World) {
    let mut desk = Desk::of(&world).await;
    desk.run(&Inventory { beside: Beside::default(), ..with([]) }).await;
    assert_eq!(world.texts("SELECT CAST(COUNT(*) AS TEXT) FROM beside").await, ["0"]);
    desk.run(&with([])).await;
    assert_eq!(world.texts("SELECT CAST(COUNT(*) AS TEXT) FROM beside").await, ["1"]);
}

#[test]
fn earlier_additions_stand_as_long_as_their_credentials() {
    let password = |key| PasswordCredential {
        key_id: Some(KeyId(Uuid::from_u128(key))),
        ..PasswordCredential::default()
    };
    let object = Object { passwords: vec![password(5), password(6), password(7)], ..application(1) };
    let (key, gone) = (object.key(), application(2).key());
    let earlier = [
        added(key, 5, 1, "a"),
        added(key, 6, 2, "b"),
        added(key, 8, 2, "removed"),
        added(gone, 5, 1, "gone"),
    ];
    let now = [added(key, 7, 4, "c"), added(key, 6, 5, "b again"), added(key, 9, 4, "removed at once")];
    let additions =
        Additions::from_iter(now).after(Additions::from_iter(earlier), &[object].into_iter().collect());
    let expected = [added(key, 5, 1, "a"), added(key, 6, 5, "b again"), added(key, 7, 4, "c")];
    assert_eq!(additions, expected.into_iter().collect());
}
