//! Dark and light, paper, and no script at all.

use serde_json::json;

use super::{address, sent, shown, texts};
use crate::chromium::Chromium;

async fn is_dark(browser: &Chromium) -> bool {
    let ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)";
    let ground: Vec<u8> = serde_json::from_value(browser.value(ground).await).unwrap();
    ground.iter().all(|channel| *channel < 80)
}

#[tokio::test]
async fn colours_follow_the_system_until_somebody_chooses() {
    let Some(browser) = shown("colours of the page in a browser").await else { return };
    for (scheme, dark) in [("dark", true), ("light", false)] {
        browser.media("screen", scheme).await;
        assert_eq!(is_dark(&browser).await, dark, "{scheme}");
    }
    assert_eq!(texts(&browser, "#theme").await, ["Dark colours"]);
    browser.click("#theme").await;
    assert!(is_dark(&browser).await);
    assert_eq!(texts(&browser, "#theme").await, ["Light colours"]);
    sent(&browser, "").await;
    assert!(is_dark(&browser).await, "what was chosen is kept");
    browser.click("#theme").await;
    assert!(!is_dark(&browser).await);
    // Paper is white, whatever was chosen.
    browser.click("#theme").await;
    browser.media("print", "dark").await;
    assert!(!is_dark(&browser).await);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn paper_has_the_summary_and_what_is_filtered_and_no_controls() {
    let Some(browser) = shown("the page on paper").await else { return };
    sent(&browser, "#findings.severity=high").await;
    let high = texts(&browser, "#findings tbody tr").await.len();
    browser.media("print", "light").await;
    browser.value("window.dispatchEvent(new Event('beforeprint'))").await;
    let seen = |css: &str| {
        format!(
            "Array.from(document.querySelectorAll({css:?})).filter((one) => one.checkVisibility()).length"
        )
    };
    for (css, count) in [
        ("nav, .skip, .theme, .filters, .pager, input, select", 0),
        ("#summary, #risks, #coverage, #changes, #rules, #trends, #findings", 7),
        ("#objects, #credentials, #undecided", 0),
        (".picture", 5),
    ] {
        let shown = browser.value(&seen(css)).await.as_u64().unwrap();
        assert!(shown == count || (css == ".picture" && shown >= 4), "{css}: {shown}");
    }
    assert_eq!(browser.value(&seen("#findings tbody tr")).await, high);

    // Of the other large tables those that somebody has narrowed.
    browser.media("screen", "light").await;
    sent(&browser, "#objects.secret_creation=allowed").await;
    browser.media("print", "light").await;
    assert_eq!(browser.value(&seen("#objects")).await, 1);
    let pdf = browser.tools("Page.printToPDF", json!({})).await;
    assert!(pdf["data"].as_str().unwrap().len() > 10_000);
}

#[tokio::test]
async fn a_table_that_is_turned_on_the_screen_is_printed_from_its_beginning() {
    let Some(browser) = shown("long tables of the page on paper").await else { return };
    let all = texts(&browser, "#objects output").await.concat();
    sent(&browser, "#objects.page=2").await;
    let second = texts(&browser, "#objects tbody tr").await;
    browser.value("window.dispatchEvent(new Event('beforeprint'))").await;
    let printed = texts(&browser, "#objects tbody tr").await;
    assert!(all.contains(&format!("of {} objects", printed.len())), "{all}: {}", printed.len());
    assert!(printed.ends_with(&second));
    browser.value("window.dispatchEvent(new Event('afterprint'))").await;
    assert_eq!(texts(&browser, "#objects tbody tr").await, second);
}

#[tokio::test]
async fn without_script_the_summary_and_the_first_findings_are_there() {
    let Some(browser) = shown("the page without its script").await else { return };
    browser.tools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.open("about:blank").await;
    browser.open(&address()).await;
    assert_eq!(browser.value("document.documentElement.className").await, "", "the script did not run");
    let rows = "Array.from(document.querySelectorAll('#findings tbody tr')).filter((row) => row.checkVisibility()).length";
    assert_eq!(browser.value(rows).await, 50);
    let seen = browser.value("document.body.innerText").await.as_str().unwrap().to_owned();
    for said in [
        "Where an attacker would begin",
        "refuse new client secrets from anybody",
        "findings.csv has all of them",
    ] {
        assert!(seen.contains(said), "{said}");
    }
    for css in [".filters", ".status", "#theme", "#drill"] {
        let shown =
            format!("Array.from(document.querySelectorAll({css:?})).some((one) => one.checkVisibility())");
        assert_eq!(browser.value(&shown).await, false, "{css}");
    }
}
