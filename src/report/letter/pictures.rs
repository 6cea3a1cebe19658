//! The pictures of a letter: as files that its HTML part shows, and the same in words.

use serde::Serialize;

use crate::report::chart::{Chart, PictureError, svgs};
use crate::report::{Attachment, Report};

/// The one that stands with the numbers; the others come after what is to be done.
const WITH_NUMBERS: &str = "trend";

/// The pictures, in the order of the letter.
#[derive(Serialize)]
pub(super) struct Pictures {
    pub(super) trend: Option<Picture>,
    pub(super) others: Vec<Picture>,
}

/// A picture in words, and where it is.
#[derive(Serialize)]
pub(super) struct Picture {
    /// The file, by which the HTML part asks for it.
    name: String,
    pub(super) title: String,
    /// What is read where it is not shown, and in the plain-text part.
    pub(super) words: String,
    /// Its width, in CSS pixels.
    width: u32,
}

impl Pictures {
    /// The pictures of a report, and their files.
    pub(super) fn of(report: &Report) -> Result<(Self, Vec<Attachment>), PictureError> {
        let charts = svgs(report);
        let files = charts.iter().map(file).collect::<Result<_, _>>()?;
        let (trend, others): (Vec<Chart>, Vec<Chart>) =
            charts.into_iter().partition(|chart| chart.id == WITH_NUMBERS);
        let pictures = Self {
            trend: trend.into_iter().map(Picture::of).next(),
            others: others.into_iter().map(Picture::of).collect(),
        };
        Ok((pictures, files))
    }
}

impl Picture {
    fn of(chart: Chart) -> Self {
        Self { name: name(chart.id), title: chart.title, words: chart.alt, width: chart.width }
    }
}

fn name(id: &str) -> String {
    format!("{id}.png")
}

fn file(chart: &Chart) -> Result<Attachment, PictureError> {
    Ok(Attachment { name: name(chart.id), media_type: "image/png".into(), bytes: chart.png()? })
}
