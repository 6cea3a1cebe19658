//! The files that the page makes: like those beside it.

use std::fs;

use super::{MADE, sent, shown};

#[tokio::test]
async fn an_unfiltered_table_is_downloaded_as_the_file_beside_the_page_to_the_byte() {
    let Some(browser) = shown("downloads from the page in a browser").await else { return };
    let run = MADE.file_name().unwrap().to_str().unwrap();
    for table in ["findings", "objects", "credentials", "changes"] {
        browser.click(&format!("#{table} [data-csv]")).await;
        let (name, bytes) = browser.downloaded().await;
        assert_eq!(name, format!("keysweep-contoso-{run}-{table}.csv"));
        let beside = fs::read(MADE.join(format!("{table}.csv"))).unwrap();
        assert!(beside.len() > 1000, "{table}");
        let differs = bytes.split(|byte| *byte == b'\n').zip(beside.split(|byte| *byte == b'\n'));
        let differs = differs.map(|(one, other)| [one, other].map(String::from_utf8_lossy));
        assert!(
            bytes == beside,
            "{table}: {:?}",
            differs.filter(|[one, other]| one != other).take(2).collect::<Vec<_>>()
        );
    }
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test]
async fn what_is_filtered_and_sorted_is_what_is_downloaded() {
    let Some(browser) = shown("filtered downloads from the page in a browser").await else { return };
    sent(&browser, "#findings.severity=high&findings.rule=client-secret&findings.sort=display_name").await;
    browser.click("#findings [data-csv]").await;
    let (name, bytes) = browser.downloaded().await;
    assert!(name.ends_with("-findings-filtered.csv"), "{name}");
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().unwrap().clone();
    let place = |column: &str| header.iter().position(|name| name == column).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    assert!(rows.len() > 10, "{}", rows.len());
    for row in &rows {
        assert_eq!((&row[place("severity")], &row[place("rule")]), ("high", "client-secret"));
        assert!(!row[place("display_name")].starts_with(['=', '+', '-', '@', '\t', '\r']), "{row:?}");
    }
    let names: Vec<&str> = rows.iter().map(|row| &row[place("display_name")]).collect();
    assert!(names.iter().any(|name| name.starts_with("'@SUM(")), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("'=HYPERLINK(")), "{names:?}");
    let drawn = browser.value("document.querySelectorAll('#findings tbody tr').length").await;
    assert_eq!(drawn, rows.len());
}
