//! Opening a store: made where it is missing, left alone where it is not ours.

use std::time::Duration;

use keysweep::store::{Planned, Store, StoreError};

use crate::world::{World, at, on_both_engines, tenant, told};

on_both_engines!(
    what_is_stored_is_there_when_it_is_opened_again,
    a_new_store_can_be_opened_by_many_at_once,
    a_store_of_a_newer_version_is_refused_and_left_alone,
    a_store_with_an_altered_step_is_refused,
    a_store_with_a_step_that_did_not_end_is_refused,
    a_database_of_something_else_is_refused_and_left_alone,
    a_store_that_was_closed_says_so,
    a_store_shows_its_place_and_no_password,
);

async fn plan(store: &Store) -> Result<Planned, StoreError> {
    store.plan(&tenant("contoso"), at("2026-11-23T06:00:00Z"), Duration::ZERO).await
}

async fn what_is_stored_is_there_when_it_is_opened_again(world: World) {
    let store = world.open().await;
    assert_eq!(plan(&store).await, Ok(Planned::New));
    store.close("a").await;
    assert_eq!(plan(&world.open().await).await, Ok(Planned::Known));
    // Also while it is open elsewhere.
    assert_eq!(plan(&world.open().await).await, Ok(Planned::Known));
}

async fn a_new_store_can_be_opened_by_many_at_once(world: World) {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let url = world.url();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    for task in tasks {
        let store = task.await.unwrap().unwrap();
        plan(&store).await.unwrap();
    }
    let steps = "SELECT CAST(version AS TEXT) FROM keysweep_migration ORDER BY version";
    assert_eq!(world.texts(steps).await, ["1", "2", "3", "4", "5", "6", "7", "8"]);
}

async fn a_store_of_a_newer_version_is_refused_and_left_alone(world: World) {
    world.open().await.close("a").await;
    world
        .sql(
            "INSERT INTO keysweep_migration (version, description, success, checksum, execution_time) \
             SELECT 9999, description, success, checksum, execution_time FROM keysweep_migration WHERE version = 1",
        )
        .await;
    let before = world.everything().await;
    let error = world.try_open().await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { step: 9999, .. }), "{error:?}");
    assert_eq!(
        told(&error, &world),
        "the store `PLACE` was written by a newer version of Keysweep (step 9999 is not known)\n\
         Use that version or a newer one; this one has left the store as it was."
    );
    assert_eq!(world.everything().await, before);
}

async fn a_store_with_an_altered_step_is_refused(world: World) {
    world.open().await.close("a").await;
    let bytes = world.type_of_bytes();
    world.sql(&format!("UPDATE keysweep_migration SET checksum = CAST('else' AS {bytes})")).await;
    let error = world.try_open().await.unwrap_err();
    assert_eq!(
        told(&error, &world),
        "the tables of the store `PLACE` are not those of this version (step 1)\n\
         Put back a backup, or use the version that wrote it; the store is left as it is."
    );
}

async fn a_store_with_a_step_that_did_not_end_is_refused(world: World) {
    world.open().await.close("a").await;
    world.sql("UPDATE keysweep_migration SET success = false").await;
    let error = world.try_open().await.unwrap_err();
    assert!(matches!(error, StoreError::Altered { step: 1, .. }), "{error:?}");
}

async fn a_database_of_something_else_is_refused_and_left_alone(world: World) {
    world.create_file();
    world.sql("CREATE TABLE run (distance INTEGER)").await;
    let before = world.everything().await;
    let error = world.try_open().await.unwrap_err();
    assert_eq!(
        told(&error, &world),
        "the database `PLACE` belongs to something else: it has a table `run`\n\
         Let `store.url` name another place: this one is left as it is."
    );
    assert_eq!(world.everything().await, before);
}

async fn a_store_that_was_closed_says_so(world: World) {
    let store = world.open().await;
    store.clone().close("a").await;
    let error = plan(&store).await.unwrap_err();
    assert_eq!(told(&error, &world), "the store `PLACE` is closed");
    assert!(!error.is_temporary());
}

async fn a_store_shows_its_place_and_no_password(world: World) {
    let store = world.open().await;
    let shown = format!("{store:?}");
    assert_eq!(shown, format!("Store({:?})", store.place().to_string()));
    assert!(!shown.contains("ss"), "{shown}");
}
