//! Lists of a length that the sender chose, of which no more is held than there can be.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// A list, or that it has more than `MOST` elements: then none of them is kept. One byte of a body can
/// become a hundred in memory, so a limit of bytes does not do.
#[derive(Debug)]
pub(super) struct AtMost<T, const MOST: usize>(Result<Vec<T>, TooMany>);

/// The list is longer than it can be.
#[derive(Debug)]
pub(super) struct TooMany;

impl<T, const MOST: usize> AtMost<T, MOST> {
    /// A list that is known to be short.
    pub(super) fn of(list: Vec<T>) -> Self {
        Self(Ok(list))
    }

    pub(super) fn get(self) -> Result<Vec<T>, TooMany> {
        self.0
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for AtMost<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

struct Reader<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Reader<T, MOST> {
    type Value = AtMost<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut held = Vec::new();
        while held.len() < MOST {
            match list.next_element()? {
                Some(element) => held.push(element),
                None => return Ok(AtMost(Ok(held))),
            }
        }
        let mut more = false;
        // To its end, so that what follows can be read.
        while list.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(AtMost(if more { Err(TooMany) } else { Ok(held) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_held_up_to_its_limit_and_what_follows_is_read_all_the_same() {
        let read = |text| serde_json::from_str::<(AtMost<u8, 3>, u8)>(text);
        for (text, length) in
            [("[[], 7]", Some(0)), ("[[1, 2, 3], 7]", Some(3)), ("[[1, 2, 3, {}], 7]", None)]
        {
            let (list, after) = read(text).unwrap();
            assert_eq!(list.get().ok().map(|list| list.len()), length, "{text}");
            assert_eq!(after, 7, "{text}");
        }
        for text in ["[null, 7]", "[[1, 2, 3, 4", "[[1, 2, {}], 7]"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
