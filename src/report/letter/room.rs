//! A place for an archive that may turn out too large.

use std::cell::Cell;
use std::io::{self, Seek, SeekFrom, Write};
use std::rc::Rc;

/// How much may be written, and whether more was.
pub(super) struct Room {
    bytes: u64,
    used_up: Rc<Cell<bool>>,
}

impl Room {
    pub(super) fn for_bytes(bytes: u64) -> Self {
        Self { bytes, used_up: Rc::default() }
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.used_up.get()
    }

    /// A place with as much room.
    pub(super) fn begin(&self) -> Cramped {
        let Self { bytes, used_up } = self;
        Cramped { held: Vec::new(), place: 0, end: 0, room: *bytes, used_up: Rc::clone(used_up) }
    }
}

/// Holds what is written until that is more than there is room for: then it forgets everything, and takes the
/// rest for nothing.
pub(super) struct Cramped {
    held: Vec<u8>,
    place: u64,
    end: u64,
    room: u64,
    used_up: Rc<Cell<bool>>,
}

impl Cramped {
    /// What was written; none where that was too much.
    pub(super) fn end(self) -> Option<Vec<u8>> {
        (!self.used_up.get()).then_some(self.held)
    }
}

impl Write for Cramped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let after = self.place + piece.len() as u64;
        if self.room < after {
            self.used_up.set(true);
            self.held = Vec::new();
        }
        if !self.used_up.get() {
            let mut held = io::Cursor::new(&mut self.held);
            held.set_position(self.place);
            held.write_all(piece)?;
        }
        self.place = after;
        self.end = self.end.max(after);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Cramped {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.place.checked_add_signed(offset),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_to_the_byte_is_held_and_one_byte_more_is_forgotten() {
        for (room, held) in [(5, Some(b"aXcde".to_vec())), (4, None)] {
            let room = Room::for_bytes(room);
            let mut place = room.begin();
            for (to, piece) in
                [(SeekFrom::Start(0), "abc"), (SeekFrom::End(0), "de"), (SeekFrom::Start(1), "X")]
            {
                place.seek(to).unwrap();
                place.write_all(piece.as_bytes()).unwrap();
            }
            assert_eq!(place.seek(SeekFrom::End(0)).unwrap(), 5);
            assert_eq!(room.is_used_up(), held.is_none());
            assert_eq!(place.end(), held);
        }
    }
}
