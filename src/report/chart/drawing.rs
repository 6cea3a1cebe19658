//! A picture that is being drawn.

use std::fmt::Write as _;

use minijinja::HtmlEscape;

use super::Chart;

/// The width of every picture, in CSS pixels: as wide as a mail shows it on a desk, and not so wide that its words
/// cannot be read on a telephone.
pub(super) const WIDTH: f64 = 480.0;
/// What stays empty at its sides.
pub(super) const MARGIN: f64 = 8.0;
/// The side of the square before a word that explains it.
pub(super) const KEY: f64 = 12.0;
/// What a part that stands for anything measures at least.
pub(super) const LEAST: f64 = 2.0;

/// How a part is filled: a class for its colour, and a pattern over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) class: &'static str,
    pub(super) pattern: Option<Pattern>,
}

impl Fill {
    pub(super) const fn plain(class: &'static str) -> Self {
        Self { class, pattern: None }
    }

    pub(super) const fn with(class: &'static str, pattern: Pattern) -> Self {
        Self { class, pattern: Some(pattern) }
    }
}

/// What tells parts apart where their colours do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Lines that rise.
    Hatch,
    /// Dots.
    Dots,
    /// Level lines.
    Lines,
}

impl Pattern {
    const ALL: [Self; 3] = [Self::Hatch, Self::Dots, Self::Lines];

    fn name(self) -> &'static str {
        match self {
            Self::Hatch => "hatch",
            Self::Dots => "dots",
            Self::Lines => "lines",
        }
    }

    /// One tile of it, six by six.
    fn tile(self) -> &'static str {
        match self {
            Self::Hatch => "<path class=\"mark\" d=\"M-1 1l2-2M0 6l6-6M5 7l2-2\"/>",
            Self::Dots => "<path class=\"dot\" d=\"M1 1h1.5v1.5h-1.5zM4 4h1.5v1.5h-1.5z\"/>",
            Self::Lines => "<path class=\"mark\" d=\"M0 1.5h6M0 4.5h6\"/>",
        }
    }
}

/// Where a word stands to its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A rectangle, from its upper left corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    fn path(self) -> String {
        let Self { x, y, width, height } = self;
        format!("M{} {}h{}v{}h{}z", shown(x), shown(y), shown(width), shown(height), shown(-width))
    }
}

/// The parts of a picture, in the order in which they are drawn.
#[derive(Debug)]
pub(super) struct Drawing {
    id: &'static str,
    body: String,
    used: Vec<Pattern>,
}

impl Drawing {
    pub(super) fn new(id: &'static str) -> Self {
        Self { id, body: String::new(), used: Vec::new() }
    }

    /// Areas that are filled alike.
    pub(super) fn fill(&mut self, fill: Fill, areas: &[Area]) {
        let path: String = areas.iter().map(|area| area.path()).collect();
        if path.is_empty() {
            return;
        }
        let Fill { class, pattern } = fill;
        self.add(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
        if let Some(pattern) = pattern {
            if !self.used.contains(&pattern) {
                self.used.push(pattern);
            }
            self.add(&format!("<path fill=\"url(#{}-{})\" d=\"{path}\"/>", self.id, pattern.name()));
        }
    }

    /// The square that explains a filling, and the word beside it, on a line of text.
    pub(super) fn key(&mut self, fill: Fill, x: f64, baseline: f64, word: &str) {
        self.fill(fill, &[Area { x, y: baseline - KEY + 2.0, width: KEY, height: KEY }]);
        self.text("ink", x + KEY + 6.0, baseline, Anchor::Start, word);
    }

    /// Lines, as SVG writes them.
    pub(super) fn line(&mut self, class: &'static str, path: &str) {
        self.add(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// A word. Numbers and words of ours only.
    pub(super) fn text(&mut self, class: &'static str, x: f64, y: f64, anchor: Anchor, text: &str) {
        self.add(&format!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
            shown(x),
            shown(y),
            anchor.word(),
            HtmlEscape(text)
        ));
    }

    /// A place that says something when pointed at.
    pub(super) fn hint(&mut self, area: Area, text: &str) {
        self.add(&format!(
            "<path class=\"hint\" d=\"{}\"><title>{}</title></path>",
            area.path(),
            HtmlEscape(text)
        ));
    }

    fn add(&mut self, part: &str) {
        self.body.push_str(part);
        self.body.push('\n');
    }

    /// The picture, `height` high.
    pub(super) fn finish(self, height: f64, title: String, alt: String) -> Chart {
        let Self { id, body, used } = self;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" role=\"img\" \
             aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\" viewBox=\"0 0 {} {}\">\n\
             <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n",
            shown(WIDTH),
            shown(height),
            HtmlEscape(&title),
            HtmlEscape(&alt)
        );
        for pattern in Pattern::ALL.into_iter().filter(|pattern| used.contains(pattern)) {
            // Writing into a string does not fail.
            let _ = writeln!(
                svg,
                "<pattern id=\"{id}-{}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">{}</pattern>",
                pattern.name(),
                pattern.tile()
            );
        }
        svg.push_str(&body);
        svg.push_str("</svg>");
        Chart { id, title, alt, svg, width: WIDTH as u32, height: height as u32 }
    }
}

/// A length to the hundredth of a pixel, without what says nothing.
pub(super) fn shown(length: f64) -> String {
    let text = format!("{length:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
