//! Names that would like to be more than names, in a real browser.

use super::{HOSTILE, MADE, address, sent, shown, texts};
use crate::world::rows;

#[tokio::test]
async fn no_name_acts_and_nothing_is_asked_of_any_network() {
    let Some(browser) = shown("hostile names in a browser").await else { return };
    let objects = rows(&MADE.join("objects.csv"));
    let elements = "document.querySelectorAll('script, img, iframe, object, embed, base, form[action], [onerror], [onfocus], \
                    [onmouseover], h1').length";
    assert_eq!(browser.value(elements).await, 3, "the script, the data and the heading");
    for name in HOSTILE {
        let object = objects.iter().find(|row| row["display_name"].trim_start_matches('\'') == name);
        let object = object.unwrap_or_else(|| panic!("{name} was read"));
        sent(&browser, &format!("#object={}", object["object_id"])).await;
        browser.until("document.getElementById('drill').open").await;
        assert_eq!(texts(&browser, "#h-drill").await, [name]);
        assert_eq!(browser.value(elements).await, 3, "{name}");
        assert_eq!(browser.value("typeof pwned").await, "undefined", "{name}");
        // It is set apart from what stands around it, whichever way it is written.
        assert_eq!(
            browser.value("getComputedStyle(document.querySelector('#h-drill bdi')).unicodeBidi").await,
            "isolate"
        );
    }
    sent(&browser, "#findings.q=pwned").await;
    assert!(!texts(&browser, "#findings tbody tr").await.is_empty());
    assert_eq!(browser.value(elements).await, 3);

    // Besides the admin centre, the texts of the frameworks are linked to, whose addresses are the program's own.
    let beyond = "Array.from(document.links).filter((link) => !link.closest('#frameworks') && link.protocol !== 'file:') \
                  .map((link) => link.origin)";
    let mut origins: Vec<String> = serde_json::from_value(browser.value(beyond).await).unwrap();
    origins.sort();
    origins.dedup();
    assert_eq!(origins, ["https://entra.microsoft.com"]);
    assert_eq!(browser.complaints().await, [""; 0], "nothing was refused, because nothing was tried");
    let asked: Vec<String> = browser.requests().await;
    assert!(
        asked.iter().all(|url| url.starts_with(&address()) || url == "about:blank" || url == "data:,"),
        "{asked:?}"
    );
    assert_eq!(browser.value("performance.getEntriesByType('resource').length").await, 0);
}

/// A name of ten thousand characters is cut in the tables, and whole where the object is explained.
#[tokio::test]
async fn a_name_as_long_as_a_book_moves_nothing_out_of_its_place() {
    let Some(browser) = shown("long names in a browser").await else { return };
    let objects = rows(&MADE.join("objects.csv"));
    let long = objects.iter().find(|row| row["display_name"].starts_with("xxxx")).expect("the long one");
    sent(&browser, "#findings.q=xxxx&objects.q=xxxx").await;
    let tall = "Math.max(...Array.from(document.querySelectorAll('#findings tbody tr, #objects tbody tr, .risks > li'), \
                (row) => row.offsetHeight))";
    assert!(browser.value(tall).await.as_f64().unwrap() < 420.0, "{}", browser.value(tall).await);
    let wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.value(wide).await, 0);
    sent(&browser, &format!("#object={}", long["object_id"])).await;
    browser.until("document.getElementById('drill').open").await;
    assert_eq!(texts(&browser, "#h-drill").await, [long["display_name"].as_str()]);
    assert_eq!(
        browser.value("getComputedStyle(document.querySelector('#drill header')).position").await,
        "sticky"
    );
    assert!(browser.value("document.querySelector('#drill header').offsetHeight < 200").await == true);
}
