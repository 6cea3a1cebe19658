//! The browser itself: that what the other tests rely on is so.

use fantoccini::key::Key;

use crate::chromium::Chromium;

#[tokio::test]
async fn the_browser_shows_runs_types_complains_and_names_what_it_asks_for() {
    let Some(browser) = Chromium::start("whether the browser can be driven").await else { return };
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("page.html");
    std::fs::write(
        &page,
        "<!doctype html><title>A page</title><input autofocus><script>console.error('ouch')</script>",
    )
    .unwrap();
    let address = Chromium::file(&page);
    browser.open(&address).await;
    assert_eq!(browser.value("document.title").await, "A page");
    browser.click("input").await;
    browser.press("abc").await;
    browser.press(&char::from(Key::Backspace).to_string()).await;
    browser.until("document.querySelector('input').value === 'ab'").await;
    browser.media("screen", "dark").await;
    browser.until("matchMedia('(prefers-color-scheme: dark)').matches").await;
    browser.size(390, 844).await;
    browser.until("innerWidth === 390").await;
    let said = browser.complaints().await;
    assert!(said.len() == 1 && said[0].contains("ouch"), "{said:?}");
    assert_eq!(browser.requests().await, [address]);
    assert!(browser.picture().await.starts_with(b"\x89PNG"));
}
