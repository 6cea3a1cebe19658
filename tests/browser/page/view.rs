//! What is looked for, chosen and sorted, and the address that says so.

use fantoccini::Locator;

use super::{sent, shown, texts, view};
use crate::chromium::Chromium;

const ROWS: &str = "#findings tbody tr";
const SEVERITIES: &str = "#findings tbody td:nth-child(1)";
const DAYS: &str = "#findings tbody td:nth-child(7) > span";

async fn choose(browser: &Chromium, css: &str, word: &str) {
    let select = browser.client.find(Locator::Css(css)).await.unwrap();
    select.select_by_value(word).await.unwrap();
}

#[tokio::test]
async fn a_view_is_in_the_address_and_comes_back_with_it() {
    let Some(browser) = shown("filters of the page in a browser").await else { return };
    let all = texts(&browser, ROWS).await.len();
    assert!(all > 50, "{all}: more than the first, which are there without the script");

    browser.click("[data-severity=high]").await;
    let severities = texts(&browser, SEVERITIES).await;
    assert!(severities.len() > 10 && severities.iter().all(|word| word == "high"), "{severities:?}");
    choose(&browser, "#findings select[data-key=rule]", "client-secret").await;
    browser.click("#findings input").await;
    browser.press("un rea").await;
    browser.until("location.hash.includes('findings.q=un+rea')").await;
    let found = texts(&browser, ROWS).await;
    assert!(!found.is_empty() && found.len() < severities.len(), "{found:?}");
    for row in &found {
        let row = row.to_lowercase();
        assert!(row.contains("un") && row.contains("rea") && row.contains("client-secret"), "{row}");
    }
    let said = texts(&browser, "#findings output").await.concat();
    let numbers = format!("of {} findings, out of ", found.len());
    assert!(said.contains(&numbers), "{said}: {numbers}");

    let narrowed = view(&browser).await;
    browser.client.refresh().await.unwrap();
    browser.until("document.documentElement.classList.contains('ready')").await;
    assert_eq!(texts(&browser, ROWS).await, found, "reloaded");
    sent(&browser, &narrowed).await;
    assert_eq!(texts(&browser, ROWS).await, found, "sent to somebody");
    assert_eq!(browser.value("document.querySelector('#findings input').value").await, "un rea");
    let top = browser.value("document.getElementById('findings').getBoundingClientRect().top").await;
    assert!(top.as_f64().unwrap().abs() < 200.0, "the table that was narrowed is what is seen: {top}");
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn going_back_undoes_step_by_step_and_typing_is_one_step() {
    let Some(browser) = shown("going back in the page in a browser").await else { return };
    let rows = texts(&browser, ROWS).await;
    choose(&browser, "#findings select[data-key=severity]", "critical").await;
    let critical = texts(&browser, ROWS).await;
    browser.click("#findings input").await;
    browser.press("secret").await;
    browser.until("location.hash.includes('findings.q=secret')").await;
    choose(&browser, "#objects select[data-key=compliance]", "compliant").await;

    browser.client.back().await.unwrap();
    browser.until("!location.hash.includes('objects.')").await;
    assert!(view(&browser).await.contains("findings.q=secret"));
    browser.client.back().await.unwrap();
    browser.until("!location.hash.includes('findings.q=')").await;
    assert_eq!(texts(&browser, ROWS).await, critical);
    browser.client.back().await.unwrap();
    browser.until("location.hash === ''").await;
    assert_eq!(texts(&browser, ROWS).await, rows);
    browser.client.forward().await.unwrap();
    browser.until("location.hash === '#findings.severity=critical'").await;
    assert_eq!(texts(&browser, ROWS).await, critical);

    browser.click("#findings button[type=reset]").await;
    assert_eq!(texts(&browser, ROWS).await, rows);
    assert_eq!(view(&browser).await, "");
}

#[tokio::test]
async fn columns_sort_both_ways_with_what_is_empty_last() {
    let Some(browser) = shown("sorting of the page in a browser").await else { return };
    let days = "#findings th[data-key=days_left] button";
    for (order, sign) in [("ascending", 1), ("descending", -1)] {
        browser.click(days).await;
        let marked = "document.querySelectorAll('#findings th[aria-sort]').length";
        assert_eq!(browser.value(marked).await, 1);
        let said = "document.querySelector('#findings th[data-key=days_left]').getAttribute('aria-sort')";
        assert_eq!(browser.value(said).await, order);
        let numbers: Vec<i64> =
            texts(&browser, DAYS).await.iter().map(|days| days.parse::<i64>().unwrap() * sign).collect();
        assert!(numbers.len() > 10 && numbers.is_sorted(), "{order}: {numbers:?}");
        let firsts = format!(
            "Array.from(document.querySelectorAll({ROWS:?})).findIndex((row) => !row.cells[6].querySelector('span'))"
        );
        let empty = browser.value(&firsts).await.as_i64().unwrap();
        assert!(empty == -1 || empty == i64::try_from(numbers.len()).unwrap(), "{empty}");
    }
    assert!(view(&browser).await.contains("findings.sort=-days_left"));
    browser.click("#findings th[data-key=severity] button").await;
    let order = ["critical", "high", "medium", "low", "info"];
    let rank = |word: &String| order.iter().position(|one| one == word).unwrap();
    assert!(texts(&browser, SEVERITIES).await.iter().map(rank).is_sorted());
}

/// More rows than a page of a table has: they are turned, and the address says which page.
#[tokio::test]
async fn long_tables_are_turned_page_by_page() {
    let Some(browser) = shown("long tables of the page in a browser").await else { return };
    let first = texts(&browser, "#objects tbody tr").await;
    assert_eq!(first.len(), 100);
    assert_eq!(browser.value("document.querySelector('#objects [data-page=\"-1\"]').disabled").await, true);
    browser.click("#objects [data-page='1']").await;
    let second = texts(&browser, "#objects tbody tr").await;
    assert!(!second.is_empty() && second != first);
    assert_eq!(view(&browser).await, "#objects.page=2");
    let said = texts(&browser, "#objects output").await.concat();
    assert!(said.starts_with(&format!("101 to {} of ", 100 + second.len())), "{said}");
    sent(&browser, "#objects.page=2").await;
    assert_eq!(texts(&browser, "#objects tbody tr").await, second);
    // A page that is not there is the last, and what there is nothing of on the page is nothing.
    for nonsense in ["#objects.page=900", "#objects.page=2&objects.sort=nonsense&objects.nonsense=x&y.z=1"] {
        sent(&browser, nonsense).await;
        assert_eq!(texts(&browser, "#objects tbody tr").await, second, "{nonsense}");
    }
    sent(&browser, "#objects.page=-1").await;
    assert_eq!(texts(&browser, "#objects tbody tr").await, first);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn what_leads_to_a_part_of_a_table_narrows_it_to_that() {
    let Some(browser) = shown("links within the page in a browser").await else { return };
    browser.click("#rules tr:nth-child(4) [data-rule]").await;
    let rule =
        browser.value("document.querySelector('#rules tr:nth-child(4) [data-rule]').dataset.rule").await;
    let rules = texts(&browser, "#findings tbody td:nth-child(3)").await;
    assert!(!rules.is_empty() && rules.iter().all(|found| rule == found.as_str()), "{rules:?}");
    browser.click("[data-creation=allowed]").await;
    let verdicts = texts(&browser, "#objects tbody td:nth-child(6) > .verdict").await;
    assert!(!verdicts.is_empty() && verdicts.iter().all(|word| word == "allowed"), "{verdicts:?}");
    // The other table is as it was, and a way to a section keeps both.
    let both = view(&browser).await;
    assert!(both.contains("findings.rule=") && both.contains("objects."), "{both}");
    browser.click("nav a[href='#credentials']").await;
    assert_eq!(view(&browser).await, both);
    browser.until("Math.abs(document.getElementById('credentials').getBoundingClientRect().top) < 120").await;
}

#[tokio::test]
async fn a_word_that_no_row_has_finds_nothing() {
    let Some(browser) = shown("a filter of another report in a browser").await else { return };
    assert!(texts(&browser, ROWS).await.len() > 10);
    sent(&browser, "#findings.rule=no-such-rule").await;
    assert_eq!(texts(&browser, ROWS).await, [""; 0]);
    let said = texts(&browser, "#findings output").await.concat();
    assert!(said.starts_with("None of"), "{said}");
    assert_eq!(
        browser.value("document.querySelector('#findings select[data-key=rule]').value").await,
        "no-such-rule"
    );
    assert_eq!(browser.complaints().await, [""; 0]);
}
