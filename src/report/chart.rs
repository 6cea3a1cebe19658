//! The pictures of a report: how open findings went, how old client secrets are, when credentials end, and which
//! objects are kept from new client secrets. As SVG for pages, whose style gives the colours, and as PNG for
//! mail. Every sign in them is ours: numbers, months and a few words.
//!
//! Colour is never the only sign: each kind has a pattern, too, stands in an order, and is named with its number.

mod age;
mod coverage;
mod drawing;
mod expiry;
mod numbers;
mod raster;
mod trend;

pub use self::raster::PictureError;
use super::Report;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Its name: a word that holds in an id and in a file name.
    pub id: &'static str,
    /// What it shows, for a heading.
    pub title: String,
    /// The same as the picture, in words and numbers.
    pub alt: String,
    /// The picture: an `svg` element that needs no namespace but its own and holds `title` and `alt`. Its parts have
    /// classes and no colours.
    pub svg: String,
    /// Its width, in CSS pixels.
    pub width: u32,
    /// Its height, likewise.
    pub height: u32,
}

impl Chart {
    /// The picture on white, with twice its width and height in pixels. The same picture gives the same bytes.
    ///
    /// # Errors
    /// When it cannot be drawn, which is a defect of this program.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        raster::png(self)
    }
}

/// The pictures of a report, those left out that would show nothing: a trend needs two runs, the others something
/// to count.
#[must_use]
pub fn svgs(report: &Report) -> Vec<Chart> {
    let charts = [trend::chart(report), expiry::chart(report), age::chart(report), coverage::chart(report)];
    charts.into_iter().flatten().collect()
}

/// The words of a picture that counts what a run has read, with what that leaves open.
fn of_what_was_read(report: &Report, words: String) -> String {
    match report.summary.complete {
        true => words,
        false => format!("{words} That is what could be read: the run is incomplete."),
    }
}
