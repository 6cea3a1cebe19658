//! The pictures: what they say, to whom, and that they can be drawn whatever the numbers are.

use chrono::TimeDelta;
use keysweep::domain::{RunCounts, RunId, RunMark, Severity};
use keysweep::report::chart::{Chart, svgs};
use keysweep::report::{Coverage, Ending, Endings, Kept, Report, SecretCounts, Subject, Summary};
use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::{Document, Node};

use crate::markup::elements;
use crate::sample::{counted, letter_with, page, time};
use crate::{history, sample};

const IDS: [&str; 4] = ["trend", "expiry", "age", "coverage"];

/// Runs on successive days, the last one the day before the report's.
fn runs(findings: impl Iterator<Item = [u64; 5]>) -> Vec<RunCounts> {
    let findings: Vec<_> = findings.collect();
    let all = i64::try_from(findings.len()).expect("a small number");
    let run = |(day, findings)| {
        let started = time("2026-11-23") - TimeDelta::days(all - day);
        let run = RunMark { run_id: RunId::new(started, 1), started };
        RunCounts { run, complete: true, objects: 30, findings, excepted: 0 }
    };
    (0..).zip(findings).map(run).collect()
}

/// A report with these numbers, whatever its rows are.
fn with(summary: Summary, trend: Vec<RunCounts>) -> Report {
    Report { summary, trend, ..sample::empty() }
}

fn open(findings: [usize; 5]) -> Summary {
    let mut counts = findings.into_iter();
    let severities = Severity::ALL.map(|severity| (severity, counts.next().expect("five")));
    Summary { severities, ..Summary::default() }
}

/// Every number as large as they say.
fn all(number: usize) -> Report {
    let ending = Ending { secrets: number, certificates: number };
    let kind = Coverage { blocked: number, with_exemptions: number, allowed: number, unknown: number };
    let summary = Summary {
        secrets: SecretCounts { total: number * 8, expired: number, by_age: [number; 6], no_start: number },
        endings: Endings { overdue: ending, months: [ending; 12], later: ending, never: ending },
        coverage: [kind; 2],
        ..open([number; 5])
    };
    with(summary, runs((0..8).map(|_| [number as u64; 5])))
}

/// Reports that could be drawn badly.
fn cases() -> Vec<(&'static str, Report)> {
    let mut steep = runs((0..20).map(|run| [u64::from(run == 3), run, 1_000_000 >> run, 40, 0]));
    for run in steep.iter_mut().step_by(3) {
        run.complete = false;
    }
    let mut early = all(7);
    early.header.started = time("0001-01-01");
    let mut late = all(7);
    late.header.started = time("2026-12-31");
    vec![
        ("an ordinary one", counted(&history::later())),
        ("without a past", counted(&sample::tenant())),
        ("empty", sample::empty()),
        ("all nought for eight runs", with(open([0; 5]), runs((0..8).map(|_| [0; 5])))),
        ("two runs", with(open([1, 2, 3, 4, 5]), runs([[0, 1, 0, 9, 0]].into_iter()))),
        ("only one severity", with(open([0, 0, 7, 0, 0]), runs((0..9).map(|run| [0, 0, run, 0, 0])))),
        (
            "a year of weeks",
            with(open([2, 9, 20, 3, 0]), runs((0..51).map(|run| [run % 3, 9 + run % 7, 20, run, 0]))),
        ),
        ("400 runs", with(open([3, 9, 0, 0, 1]), runs((0..400).map(|run| [run % 5, run, 400 - run, 3, 1])))),
        ("one large among small", with(open([1, 0, 0, 1_000_000, 0]), steep)),
        ("a million of each", all(1_000_000)),
        ("more than can be", with(open([1; 5]), runs([[u64::MAX; 5], [1; 5]].into_iter()))),
        ("one of each", all(1)),
        ("in the first year", early),
        ("on the last day of a year", late),
    ]
}

fn named(charts: &[Chart], id: &str) -> Chart {
    charts.iter().find(|chart| chart.id == id).unwrap_or_else(|| panic!("a picture {id}")).clone()
}

fn words<'a>(root: Node<'a, 'a>, tag: &str) -> Vec<&'a str> {
    root.descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", tag)))
        .filter_map(|node| node.text())
        .collect()
}

#[test]
fn the_pictures_look_as_expected() {
    let charts = svgs(&counted(&history::later()));
    assert_eq!(charts.iter().map(|chart| chart.id).collect::<Vec<_>>(), IDS);
    for chart in charts {
        insta::assert_snapshot!(chart.id, format!("{}\n{}\n\n{}", chart.title, chart.alt, chart.svg));
    }
}

#[test]
fn a_run_that_saw_nothing_and_did_not_see_all_is_not_called_one_without_findings() {
    let mut trend = runs([[0; 5], [0; 5], [1, 0, 0, 0, 0]].into_iter());
    trend[1].complete = false;
    let svg = named(&svgs(&with(open([1, 0, 0, 0, 0]), trend)), "trend").svg;
    assert_eq!(svg.matches(": none seen (incomplete)").count(), 1, "{svg}");
    assert_eq!(svg.matches(": no open findings").count(), 1, "{svg}");
}

#[test]
fn every_picture_is_xml_that_says_what_it_shows_and_stays_within_its_frame() {
    for (case, report) in cases() {
        for chart in svgs(&report) {
            let case = format!("{case}: {}", chart.id);
            let document = Document::parse(&chart.svg).unwrap_or_else(|error| panic!("{case}: {error}"));
            let svg = document.root_element();
            assert_eq!(svg.attribute("role"), Some("img"));
            assert_eq!(svg.attribute("viewBox"), Some(&*format!("0 0 {} {}", chart.width, chart.height)));
            let named = |attribute: &str| {
                let id = svg.attribute(attribute).expect("an id");
                svg.children().find(|node| node.attribute("id") == Some(id)).and_then(|node| node.text())
            };
            assert_eq!(named("aria-labelledby"), Some(&*chart.title), "{case}");
            assert_eq!(named("aria-describedby"), Some(&*chart.alt), "{case}");
            let ids: Vec<&str> = svg.descendants().filter_map(|node| node.attribute("id")).collect();
            assert!(
                ids.iter().all(|id| id.starts_with(chart.id)),
                "{case}: {ids:?} are not of another picture"
            );
            for node in svg.descendants().filter(Node::is_element) {
                assert!(node.attribute("style").is_none(), "{case}: the page's policy would refuse it");
                stays_within(&case, node, &chart);
            }
        }
    }
}

/// Texts and areas; lines are drawn from point to point of these.
fn stays_within(case: &str, node: Node<'_, '_>, chart: &Chart) {
    let within = |number: &str, end: u32| {
        let number: f64 = number.parse().unwrap_or_else(|error| panic!("{case}: {number}: {error}"));
        assert!((0.0..=f64::from(end)).contains(&number), "{case}: {node:?}");
        number
    };
    if let (Some(x), Some(y), Some(text)) = (node.attribute("x"), node.attribute("y"), node.text()) {
        let (x, _) = (within(x, chart.width), within(y, chart.height));
        // The font's digits and letters are seldom wider.
        let width = text.chars().count() as f64 * 6.5;
        let (left, right) = match node.attribute("text-anchor") {
            Some("start") => (x, x + width),
            Some("middle") => (x - width / 2.0, x + width / 2.0),
            _ => (x - width, x),
        };
        assert!(left >= 0.0 && right <= f64::from(chart.width), "{case}: {text} from {left} to {right}");
    }
    let areas = node
        .attribute("d")
        .filter(|path| path.ends_with('z') && node.parent().is_some_and(|parent| parent.has_tag_name("svg")));
    for area in areas.into_iter().flat_map(|path| path.trim_matches(['M', 'z']).split("zM")) {
        let (place, size) = area.split_once('h').expect("a width");
        let (x, y) = place.split_once(' ').expect("two numbers");
        let mut sizes = size.split(['v', 'h']).map(|number| number.parse::<f64>().expect("a number"));
        let (width, height) = (sizes.next().expect("a width"), sizes.next().expect("a height"));
        let (x, y) = (within(x, chart.width), within(y, chart.height));
        assert!(width >= 0.0 && x + width <= f64::from(chart.width) + 0.02, "{case}: {area}");
        assert!(height >= 0.0 && y + height <= f64::from(chart.height) + 0.02, "{case}: {area}");
    }
}

#[test]
fn every_picture_becomes_a_small_png_of_twice_its_size_that_shows_something() {
    for (case, report) in cases() {
        let mut together = 0;
        for chart in svgs(&report) {
            let png = chart.png().expect("a picture");
            let pixels = Pixmap::decode_png(&png).expect("PNG");
            assert_eq!((pixels.width(), pixels.height()), (chart.width * 2, chart.height * 2), "{case}");
            let white = pixels
                .pixels()
                .iter()
                .filter(|pixel| (pixel.red(), pixel.green(), pixel.blue()) == (255, 255, 255));
            let (white, all) = (white.count(), pixels.pixels().len());
            assert!(
                white < all * 99 / 100 && white > all / 10,
                "{case}: {}: {white} of {all} are white",
                chart.id
            );
            assert!(
                pixels.pixels().iter().all(|pixel| pixel.alpha() == 255),
                "{case}: no dark ground shines through"
            );
            assert!(png.len() < 60_000, "{case}: {} has {} bytes", chart.id, png.len());
            together += png.len();
        }
        assert!(together < 200_000, "{case}: {together} bytes");
    }
}

#[test]
fn letters_are_drawn_and_the_same_picture_is_always_the_same() {
    let chart = named(&svgs(&counted(&history::later())), "age");
    assert_eq!(chart.png().expect("a picture"), chart.clone().png().expect("a picture"));
    let silent = Chart { svg: chart.svg.replace("Under 30 days", ""), ..chart.clone() };
    assert_ne!(chart.png().expect("a picture"), silent.png().expect("a picture"));
}

#[test]
fn a_picture_that_would_show_nothing_is_left_out() {
    let ids = |report: &Report| svgs(report).iter().map(|chart| chart.id).collect::<Vec<_>>();
    assert_eq!(ids(&sample::empty()), [] as [&str; 0]);
    assert_eq!(ids(&counted(&sample::tenant())), IDS[1..]);
    assert_eq!(ids(&with(open([0; 5]), runs([[0; 5]].into_iter()))), ["trend"]);
}

#[test]
fn the_words_say_the_numbers_of_the_picture() {
    let charts = svgs(&counted(&history::later()));
    for (id, alt) in [
        (
            "trend",
            "Open findings from 2026-10-05 to 2026-11-23: critical from 3 to 1, high from 31 to 20, medium \
            from 12 to 8 and low from 20 to 18; all from 66 to 47; at most 66 in a run. 1 run was incomplete and may \
            have missed some.",
        ),
        ("age", "27 client secrets: 21 are 1 to 2 years old and 6 are expired and not removed."),
        (
            "expiry",
            "Overdue: 6 client secrets. Nov 2026: 3 client secrets. Dec 2026: 6 client secrets. Jan 2027: 3 client \
            secrets. Mar 2027: 2 client secrets. May 2027: 2 client secrets. Oct 2027: 2 client secrets. Later: 2 \
            client secrets and 3 certificates. Never: 1 client secret.",
        ),
        (
            "coverage",
            "Of 27 applications, new client secrets are blocked for 6 (22%) and allowed for 21 (78%). Of 4 \
            service principals, new client secrets are blocked for 3 (75%) and unknown for 1 (25%).",
        ),
    ] {
        assert_eq!(named(&charts, id).alt, alt, "{id}");
    }
}

#[test]
fn each_number_of_a_picture_stands_in_it() {
    let mut report = all(0);
    report.summary.secrets =
        SecretCounts { total: 306, expired: 71, by_age: [11, 21, 31, 41, 51, 61], no_start: 19 };
    let ending = |number| Ending { secrets: number, certificates: 100 };
    let mut month = 0;
    report.summary.endings.months = [(); 12].map(|()| {
        month += 1;
        ending(month)
    });
    report.summary.endings.overdue = ending(77);
    report.summary.endings.later = ending(88);
    report.summary.coverage =
        [Coverage { blocked: 97, with_exemptions: 1, allowed: 1, unknown: 1 }, Coverage::default()];
    let charts = svgs(&report);
    let shown = |id: &str| {
        let svg = named(&charts, id).svg;
        words(Document::parse(&svg).expect("XML").root_element(), "text")
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let ages = shown("age");
    for said in ["11 (4%)", "21 (7%)", "31 (10%)", "41 (13%)", "51 (17%)", "61 (20%)", "71 (23%)", "19 (6%)"]
    {
        assert!(ages.iter().any(|text| text == said), "{said}: {ages:?}");
    }
    let ends = shown("expiry");
    let numbers: Vec<&str> =
        ends.iter().map(String::as_str).filter(|text| text.starts_with('1') && text.len() == 3).collect();
    assert_eq!(
        numbers,
        ["177", "101", "102", "103", "104", "105", "106", "107", "108", "109", "110", "111", "112"]
    );
    assert!(ends.contains(&"188 later".to_owned()), "{ends:?}");
    let months: Vec<&str> = ends
        .iter()
        .map(String::as_str)
        .filter(|text| text.len() == 3 && text.starts_with(char::is_alphabetic))
        .collect();
    assert_eq!(months.concat(), "NovDecJanFebMarAprMayJunJulAugSepOct");
    assert_eq!(ends.iter().filter(|text| text.starts_with("202")).count(), 2, "{ends:?}");
    let kinds = shown("coverage");
    for said in ["100 applications", "blocked: 97 (97%)", "allowed: 1 (1%)"] {
        assert!(kinds.iter().any(|text| text == said), "{said}: {kinds:?}");
    }
}

/// What was not asked for, or refused, has no bar of nothing and no sentence that says there is none.
#[test]
fn of_what_was_not_read_no_picture_says_that_there_is_none() {
    let mut report = counted(&sample::tenant());
    report.summary.coverage =
        [Coverage { blocked: 97, with_exemptions: 1, allowed: 1, unknown: 1 }, Coverage::default()];
    let charts = svgs(&report);
    let coverage = named(&charts, "coverage");
    assert!(!coverage.svg.contains("service principal"), "{}", coverage.alt);
    let sentence = "That is what could be read: the run is incomplete.";
    for id in ["expiry", "age", "coverage"] {
        assert!(!named(&charts, id).svg.contains(sentence), "{id}");
    }
    report.summary.complete = false;
    for chart in svgs(&report).iter().filter(|chart| chart.id != "trend") {
        assert!(chart.alt.ends_with(sentence) && chart.svg.contains(sentence), "{}", chart.alt);
    }
}

#[test]
fn the_trend_marks_incomplete_runs_and_tells_each_run_when_pointed_at() {
    let chart = named(&svgs(&counted(&history::later())), "trend");
    let document = Document::parse(&chart.svg).expect("XML");
    let told = words(document.root_element(), "title");
    assert_eq!(told.len(), 9, "the picture's own and one for each run");
    assert!(told.contains(&"2026-11-02 06:00 UTC: 12 high, 4 medium, 9 low (incomplete)"), "{told:?}");
    assert!(told.contains(&"2026-11-23 06:00 UTC: 1 critical, 20 high, 8 medium, 18 low"), "{told:?}");
    assert!(words(document.root_element(), "text").contains(&"incomplete run"));
    let whole =
        Report { trend: history::later().trend.into_iter().take(3).collect(), ..counted(&history::later()) };
    let chart = named(&svgs(&whole), "trend");
    assert!(!chart.svg.contains("incomplete") && !chart.alt.contains("incomplete"));
    assert!(!chart.svg.contains(">info<"), "a severity that no run had is not explained");
}

#[test]
fn credentials_are_counted_by_age_and_by_the_month_of_their_end() {
    let row = sample::object(1, Subject::Application, "Payroll");
    let secret = |start: Option<&str>, end: Option<&str>| {
        let now = time("2026-11-23");
        let end = end.map(time);
        let mut secret = sample::secret(&row, 1, "ci", end.map(|end| (end - now).num_days()));
        (secret.start, secret.end) = (start.map(time), end);
        secret
    };
    let mut report = sample::empty();
    let mut certificate = secret(Some("2026-01-01"), Some("2027-01-31"));
    certificate.credential_type = "certificate";
    let mut repeated = certificate.clone();
    repeated.repeats = true;
    let mut replaced = certificate.clone();
    replaced.not_flagged = "Not flagged: the platform replaces it.";
    let mut signs = certificate.clone();
    signs.credential_type = "saml-signing-password";
    report.credentials = vec![
        secret(Some("2026-10-25"), Some("2026-11-30")), // 29 days, this month
        secret(Some("2026-10-24"), Some("2026-12-01")), // 30 days, next month
        secret(Some("2026-08-25"), Some("2027-10-31")), // 90 days, the last month
        secret(Some("2026-05-27"), Some("2027-11-01")), // 180 days, later
        secret(Some("2025-11-23"), None),               // 365 days, never
        secret(Some("2024-11-23"), Some("2099-01-01")), // 730 days
        secret(Some("2027-01-01"), Some("2028-01-01")), // still to begin
        secret(None, Some("2027-01-01")),
        secret(Some("2020-01-01"), Some("2026-11-22")), // expired
        certificate,
        repeated,
        replaced,
        signs,
    ]
    .into();
    let summary = Summary::of(&report);
    assert_eq!(
        summary.secrets,
        SecretCounts { total: 9, expired: 1, by_age: [2, 1, 1, 1, 1, 1], no_start: 1 }
    );
    let Endings { overdue, months, later, never } = summary.endings;
    let pairs = |ending: Ending| (ending.secrets, ending.certificates);
    assert_eq!([overdue, later, never].map(pairs), [(1, 0), (3, 0), (1, 0)]);
    assert_eq!(months.map(pairs)[..4], [(1, 0), (1, 0), (1, 1), (0, 0)]);
    assert_eq!(months.map(pairs)[11], (1, 0));
    assert_eq!(months.map(Ending::total).iter().sum::<usize>(), 5);
}

#[test]
fn nothing_of_the_directory_gets_into_a_picture() {
    let mut report = history::later();
    report.header.tenant = "\"><script>hostile()</script>".to_owned();
    report.objects.change(|rows| rows.iter_mut().for_each(|row| row.display_name = "<hostile>&".to_owned()));
    report.credentials.change(|rows| {
        for row in rows {
            (row.credential_name, row.display_name) = ("<hostile>".to_owned(), "]]>hostile".to_owned());
        }
    });
    assert_eq!(svgs(&counted(&report)), svgs(&counted(&history::later())));
}

#[test]
fn the_page_holds_each_picture_once_with_its_heading() {
    let report = history::later();
    let found = elements(&page(&report));
    let charts = svgs(&counted(&report));
    let pictures: Vec<_> =
        found.iter().filter(|element| element.attribute("class") == Some("picture")).collect();
    assert_eq!(pictures.len(), charts.len());
    for chart in charts {
        let headed = found.iter().any(|element| element.tag == "figcaption" && element.text == chart.title);
        let drawn = pictures
            .iter()
            .any(|svg| svg.attribute("aria-labelledby") == Some(&format!("{}-title", chart.id)));
        assert!(headed && drawn, "{}", chart.id);
    }
    assert!(!page(&sample::empty()).contains("class=\"charts\""));
}

#[test]
fn a_letter_shows_the_pictures_and_says_them_in_words() {
    let report = history::later();
    let letter = letter_with(&report, &sample::nothing(), 0, Kept::InDirectory);
    assert_eq!(letter.attachments, [], "a limit of attachments does not concern the pictures");
    let charts = svgs(&counted(&report));
    let images: Vec<_> = elements(&letter.html).into_iter().filter(|element| element.tag == "img").collect();
    assert_eq!([images.len(), letter.pictures.len()], [charts.len(); 2]);
    let text = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (chart, file) in charts.iter().zip(&letter.pictures) {
        assert_eq!((file.name.clone(), &*file.media_type), (format!("{}.png", chart.id), "image/png"));
        assert_eq!(file.bytes, chart.png().expect("a picture"));
        let source = format!("cid:{}", file.name);
        let image = images.iter().find(|image| image.attribute("src") == Some(&source)).expect("an image");
        assert_eq!(image.attribute("alt"), Some(&*chart.alt));
        assert_eq!(image.attribute("width"), Some(&*chart.width.to_string()), "half of its pixels");
        assert!(text.contains(&chart.alt), "{text}");
    }
    let quiet = letter_with(&sample::empty(), &sample::nothing(), 0, Kept::InDirectory);
    assert!(quiet.pictures.is_empty() && !quiet.html.contains("<img"));
}
