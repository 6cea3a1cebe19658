//! Whether everybody can use the page: names of controls, order of headings, contrast.

use serde_json::Value;

use super::{MADE, sent, shown, texts};
use crate::world::rows;

/// Controls that a screen reader would have no name for.
const NAMELESS: &str = "Array.from(document.querySelectorAll('a[href], button, input, select')).filter((control) => \
    !(control.getAttribute('aria-label') || Array.from(control.labels ?? []).map((label) => label.textContent).join('').trim() \
    || control.textContent.trim()) || (control.matches('input, select') && !control.labels?.length)) \
    .map((control) => control.outerHTML.slice(0, 200))";

/// Headings that skip a level.
const SKIPPED: &str = "(() => { let before = 0; const wrong = []; \
    for (const heading of document.querySelectorAll('body > :not(dialog) :is(h1, h2, h3, h4, h5, h6), #drill[open] :is(h2, h3)')) { \
    const level = Number(heading.tagName[1]); if (level > before + 1) wrong.push(heading.textContent); before = level; } return wrong; })()";

/// Texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3), with the ratio.
const FAINT: &str = "(() => { \
    const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number); \
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((one, place) => one * a + under[place] * (1 - a)); \
    const behind = (element) => { const layers = []; \
      for (let at = element; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor)); \
      return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]); }; \
    const luminance = (colour) => colour.map((one) => one / 255) \
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)) \
      .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0); \
    const opacity = (element) => { let all = 1; for (let at = element; at; at = at.parentElement) all *= Number(getComputedStyle(at).opacity); return all; }; \
    const wrong = {}; let looked = 0; \
    for (const element of document.querySelectorAll('body *')) { \
      const own = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim()); \
      if (!own || element.closest('svg, script, noscript, button:disabled') || !element.checkVisibility({ contentVisibilityAuto: false })) continue; \
      looked += 1; \
      const under = behind(element); const colour = channels(getComputedStyle(element).color); \
      const text = over([...colour.slice(0, 3), (colour[3] ?? 1) * opacity(element)], under); \
      const [high, low] = [luminance(text), luminance(under)].sort((one, other) => other - one); \
      const ratio = (high + 0.05) / (low + 0.05); \
      if (ratio < 4.5) wrong[element.tagName + '.' + element.className] = ratio.toFixed(2); } \
    return { wrong, looked }; })()";

#[tokio::test]
async fn everything_has_a_name_and_stands_in_order() {
    let Some(browser) = shown("whether the page can be used by everybody").await else { return };
    let risky = rows(&MADE.join("findings.csv"))[0]["object_id"].clone();
    for view in ["", &format!("#object={risky}")] {
        sent(&browser, view).await;
        assert_eq!(browser.value(NAMELESS).await, serde_json::json!([]), "{view}");
        assert_eq!(browser.value(SKIPPED).await, serde_json::json!([]), "{view}");
        let ids = "(() => { const ids = Array.from(document.querySelectorAll('[id]'), (one) => one.id); return ids.length - new Set(ids).size; })()";
        assert_eq!(browser.value(ids).await, 0, "{view}");
        let refers = "Array.from(document.querySelectorAll('[aria-labelledby]'), (one) => one.getAttribute('aria-labelledby')) \
                      .filter((id) => !document.getElementById(id))";
        assert_eq!(browser.value(refers).await, serde_json::json!([]), "{view}");
        let bare = "document.querySelectorAll('table:not(:has(caption)), thead th:not([scope])').length";
        assert_eq!(browser.value(bare).await, 0, "{view}");
    }
    assert_eq!(browser.value("document.documentElement.lang").await, "en");
    for landmark in ["header", "nav[aria-label]", "main", "footer"] {
        let count = browser.value(&format!("document.querySelectorAll('body > {landmark}').length")).await;
        assert_eq!(count, 1, "{landmark}");
    }
    let unnamed = "Array.from(document.querySelectorAll('section:not([aria-labelledby], [aria-label])')) \
                   .filter((section) => !section.closest('dialog')).length";
    assert_eq!(browser.value(unnamed).await, 0);
    // An `output` is a live region: what a filter leaves is told to those who do not see it.
    let outputs = texts(&browser, ".sheet output").await;
    assert!(outputs.len() > 6 && outputs.iter().all(|said| said.ends_with('.')), "{outputs:?}");
}

#[tokio::test]
async fn every_text_stands_out_from_what_is_behind_it_in_light_and_dark() {
    let Some(browser) = shown("the contrast of the page").await else { return };
    let risky = rows(&MADE.join("findings.csv"))[0]["object_id"].clone();
    for scheme in ["light", "dark"] {
        browser.media("screen", scheme).await;
        for view in ["", &format!("#object={risky}")] {
            sent(&browser, view).await;
            let found: Value = browser.value(FAINT).await;
            assert!(found["looked"].as_u64().unwrap() > 200, "{found}");
            assert_eq!(found["wrong"], serde_json::json!({}), "{scheme} {view}");
        }
    }
}

#[tokio::test]
async fn nothing_is_wider_than_the_screen() {
    let Some(browser) = shown("the page on narrow screens").await else { return };
    for width in [320, 390, 768, 1280, 1920] {
        browser.size(width, 900).await;
        sent(&browser, "").await;
        let over = browser
            .value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            .await;
        assert_eq!(over, 0, "{width}");
    }
}
