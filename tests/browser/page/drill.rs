//! What explains one object, and the ways to it.

use fantoccini::key::Key;

use super::{MADE, key, sent, shown, texts, view};
use crate::chromium::Chromium;
use crate::world::rows;

const OPEN: &str = "document.getElementById('drill').open";

/// Whether the focus is in what explains an object.
const WITHIN: &str = "document.activeElement.closest('dialog') !== null";

async fn drill(browser: &Chromium) -> String {
    texts(browser, "#drill").await.concat()
}

#[tokio::test]
async fn an_object_is_explained_by_keyboard_alone() {
    let Some(browser) = shown("the explanation of an object by keyboard").await else { return };
    // The first Tab leads past everything, to the findings.
    browser.press(&key(Key::Tab)).await;
    assert_eq!(browser.value("document.activeElement.className").await, "skip");
    browser.press(&key(Key::Enter)).await;
    browser.until("document.activeElement.id === 'findings'").await;
    let mut steps = 0;
    while browser.value("document.activeElement.closest('tbody') === null").await == true {
        browser.press(&key(Key::Tab)).await;
        steps += 1;
        assert!(steps < 40, "the keyboard reaches the first row");
    }
    let link = browser.value("document.activeElement.hash").await.as_str().unwrap().to_owned();
    let id = link.strip_prefix("#object=").expect("a link to an object").to_owned();
    browser.press(&key(Key::Enter)).await;
    browser.until(OPEN).await;
    assert_eq!(view(&browser).await, link);

    let object = rows(&MADE.join("objects.csv")).into_iter().find(|row| row["object_id"] == id);
    let object = object.expect("the object");
    let said = drill(&browser).await;
    let findings = rows(&MADE.join("findings.csv"));
    let about: Vec<_> = findings.iter().filter(|row| row["object_id"] == id).collect();
    let mut expected =
        vec![&object["reason"], &object["object_id"], &object["app_id"], &object["secret_creation"]];
    expected.extend(about.iter().flat_map(|row| [&row["rule"], &row["detail"], &row["recommendation"]]));
    let credentials = rows(&MADE.join("credentials.csv"));
    expected.extend(credentials.iter().filter(|row| row["object_id"] == id).map(|row| &row["credential_id"]));
    for text in expected {
        assert!(said.contains(text.as_str()), "{text:?} in {said}");
    }
    assert!(!about.is_empty());

    // It is a dialog: it has the focus and keeps it, and gives it back.
    assert_eq!(browser.value("document.activeElement.id").await, "h-drill");
    assert_eq!(texts(&browser, "#h-drill").await.concat(), object["display_name"]);
    for _ in 0..8 {
        browser.press(&key(Key::Tab)).await;
        let outside =
            "document.activeElement !== document.body && !(document.activeElement.closest('dialog'))";
        assert_eq!(browser.value(outside).await, false);
    }
    browser.press(&key(Key::Escape)).await;
    browser.until(&format!("!({OPEN}) && location.hash === ''")).await;
    assert_eq!(browser.value("document.activeElement.hash").await, *link);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn an_object_has_an_address_of_its_own() {
    let Some(browser) = shown("the address of an object in a browser").await else { return };
    let objects = rows(&MADE.join("objects.csv"));
    let object = objects.iter().find(|row| !row["assigned_policy_id"].is_empty()).expect("one with a policy");
    let view_of_it = format!("#findings.severity=high&object={}", object["object_id"]);
    sent(&browser, &view_of_it).await;
    browser.until(OPEN).await;
    let said = drill(&browser).await;
    for text in [&object["reason"], &object["assigned_policy_name"], &object["assigned_policy_id"]] {
        assert!(said.contains(text.as_str()), "{text} in {said}");
    }
    assert!(said.contains("Policies in play") && said.contains("tenant default"), "{said}");
    let link = browser.value("document.querySelector('#drill a.out').href").await;
    assert_eq!(link, object["portal_url"].as_str());
    assert_eq!(
        texts(&browser, "#findings tbody td:first-child").await.first().map(String::as_str),
        Some("high")
    );

    // Closing leaves the filters, going back and forth goes from object to object.
    browser.click("#drill-close").await;
    browser.until("location.hash === '#findings.severity=high'").await;
    browser.click(".risks a[href^='#object=']").await;
    browser.until(OPEN).await;
    let first = drill(&browser).await;
    browser.client.back().await.unwrap();
    browser.until(&format!("!({OPEN})")).await;
    assert_eq!(view(&browser).await, "#findings.severity=high");
    browser.client.forward().await.unwrap();
    browser.until(OPEN).await;
    assert_eq!(drill(&browser).await, first);
    assert_eq!(browser.value(WITHIN).await, true);
}

#[tokio::test]
async fn an_object_that_is_not_there_is_said_not_to_be() {
    let Some(browser) = shown("an unknown object in a browser").await else { return };
    sent(&browser, "#object=%3Cimg%20src%3Dx%20onerror%3D%22pwned%3D1%22%3E").await;
    browser.until(OPEN).await;
    let said = drill(&browser).await;
    assert!(said.contains("There is no object <img src=x onerror=\"pwned=1\"> on this page."), "{said}");
    assert_eq!(browser.value("document.querySelectorAll('#drill img').length").await, 0);
    assert_eq!(browser.complaints().await, [""; 0]);
}
