//! The page and the letter, as their readers and their enemies meet them. The modules are marked as tests for the
//! lints' sake, so that what prepares a test may expect things too.

#[cfg(test)]
mod aside;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod charts;
#[cfg(test)]
mod data;
#[cfg(test)]
mod escaping;
#[cfg(test)]
mod frameworks;
#[cfg(test)]
mod history;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod letter;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod page;
#[cfg(test)]
mod remedied;
mod risks;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod templates;
