//! Pictures as pixels, for mail: no mail reader can be relied on to show anything else.

use std::error::Error;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{self, Options, Tree};

use super::Chart;

/// The letters, with their licence beside them: what is installed differs from machine to machine.
const FONT: &[u8] = include_bytes!("fonts/DejaVuSansCondensed-latin.ttf");
const FAMILY: &str = "DejaVu Sans Condensed";

/// The colours on white. A page has its own, that follow its theme.
const COLOURS: &str = include_str!("../templates/letter-charts.css");

/// Pixels for each CSS pixel, so that letters are sharp on the screens of telephones.
const SCALE: u32 = 2;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    Arc::new(fonts)
});

/// A picture could not be drawn: a defect of this program.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is not drawn as pictures are.
    #[error("the picture `{0}` is not valid SVG")]
    Drawing(&'static str, #[source] usvg::Error),
    /// It has no size.
    #[error("the picture `{0}` has no size")]
    Size(&'static str),
    /// It could not be packed.
    #[error("the picture `{0}` could not be written as PNG")]
    Encoding(&'static str, #[source] Box<dyn Error + Send + Sync>),
}

pub(super) fn png(chart: &Chart) -> Result<Vec<u8>, PictureError> {
    let options = Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::clone(&FONTS),
        style_sheet: Some(COLOURS.to_owned()),
        ..Options::default()
    };
    let tree =
        Tree::from_str(&chart.svg, &options).map_err(|error| PictureError::Drawing(chart.id, error))?;
    let (width, height) = (chart.width.saturating_mul(SCALE), chart.height.saturating_mul(SCALE));
    let mut pixels = Pixmap::new(width, height).ok_or(PictureError::Size(chart.id))?;
    pixels.fill(Color::WHITE);
    let scale = SCALE as f32;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PictureError::Encoding(chart.id, Box::new(error)))
}
