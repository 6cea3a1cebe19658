//! The page and the letter, as their readers and their enemies meet them.

mod escaping;
mod letter;
mod markup;
mod page;
mod sample;
