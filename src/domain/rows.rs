//! Tables of which nobody holds all rows.

use std::fmt;
use std::sync::Arc;

/// Rows as they are made, one after another.
type Drawing<T> = Box<dyn Iterator<Item = T> + Send>;

/// The rows of a table, made anew each time they are asked for: a tenant may have more of them than memory
/// holds. Every time they are the same, in the same order.
pub struct Rows<T>(Source<T>);

enum Source<T> {
    Held(Arc<[T]>),
    Drawn { len: usize, draw: Arc<dyn Fn() -> Drawing<T> + Send + Sync> },
}

impl<T> Rows<T> {
    /// Rows that `draw` makes, `len` of them: always the same.
    pub fn drawn(len: usize, draw: impl Fn() -> Drawing<T> + Send + Sync + 'static) -> Self {
        Self(Source::Drawn { len, draw: Arc::new(draw) })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Source::Held(rows) => rows.len(),
            Source::Drawn { len, draw: _ } => *len,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Clone + Send + Sync> Rows<T> {
    /// The rows, one at a time. Whoever has seen enough stops: what is not asked for is not made.
    #[must_use]
    pub fn iter(&self) -> Box<dyn Iterator<Item = T> + Send + '_> {
        match &self.0 {
            Source::Held(rows) => Box::new(rows.iter().cloned()),
            Source::Drawn { len: _, draw } => draw(),
        }
    }

    /// Changes them, as is done with reports that are put together by hand. They are held from now on.
    pub fn change(&mut self, change: impl FnOnce(&mut Vec<T>)) {
        let mut rows = self.iter().collect();
        change(&mut rows);
        *self = rows.into();
    }
}

impl<T> From<Vec<T>> for Rows<T> {
    /// Rows that are few enough to be held.
    fn from(rows: Vec<T>) -> Self {
        Self(Source::Held(rows.into()))
    }
}

impl<T> FromIterator<T> for Rows<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Self(Source::Held(rows.into_iter().collect()))
    }
}

impl<'a, T: Clone + Send + Sync> IntoIterator for &'a Rows<T> {
    type Item = T;
    type IntoIter = Box<dyn Iterator<Item = T> + Send + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Clone + Send + Sync + 'static> IntoIterator for Rows<T> {
    type Item = T;
    type IntoIter = Drawing<T>;

    /// The rows, one at a time, from whatever makes them.
    fn into_iter(self) -> Drawing<T> {
        match self.0 {
            Source::Held(rows) => Box::new((0..rows.len()).map_while(move |place| rows.get(place).cloned())),
            Source::Drawn { len: _, draw } => draw(),
        }
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Source::Held(rows) => Source::Held(Arc::clone(rows)),
            Source::Drawn { len, draw } => Source::Drawn { len: *len, draw: Arc::clone(draw) },
        })
    }
}

impl<T: Clone + Send + Sync + PartialEq> PartialEq for Rows<T> {
    /// Compares the rows, however they are made.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<T: Clone + Send + Sync + Eq> Eq for Rows<T> {}

impl<T: Clone + Send + Sync + fmt::Debug> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn drawn_rows_are_made_anew_each_time_and_no_further_than_asked() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let rows = Rows::drawn(1000, move || {
            let count = Arc::clone(&count);
            Box::new((0..1000).inspect(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
            }))
        });
        assert_eq!((rows.len(), rows.is_empty(), made.load(Ordering::Relaxed)), (1000, false, 0));
        for times in 1..=2 {
            assert_eq!(rows.iter().take(3).collect::<Vec<_>>(), [0, 1, 2]);
            assert_eq!(made.load(Ordering::Relaxed), times * 3);
        }
    }

    #[test]
    fn rows_are_equal_however_they_are_made() {
        let drawn = Rows::drawn(3, || Box::new(1..=3));
        assert_eq!(drawn, vec![1, 2, 3].into());
        assert_eq!(drawn.clone(), drawn);
        let held: Rows<i32> = drawn.clone().into_iter().collect();
        assert_eq!(held.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert_ne!(drawn, vec![1, 2].into());
        assert_ne!(drawn, vec![1, 2, 4].into());
        assert_eq!(format!("{drawn:?}"), "[1, 2, 3]");
    }
}
