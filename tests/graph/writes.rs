//! Writing to Graph: what is sent, what becomes of it, and that nothing is sent twice that may have been done.

#[path = "writes/advice.rs"]
mod advice;
#[path = "writes/emulated.rs"]
mod emulated;
#[path = "writes/fates.rs"]
mod fates;
#[path = "writes/held.rs"]
mod held;
#[path = "writes/line.rs"]
mod line;
#[path = "writes/lost.rs"]
mod lost;
#[path = "writes/quotas.rs"]
mod quotas;
#[path = "writes/requests.rs"]
mod requests;
#[path = "writes/route.rs"]
mod route;
#[path = "writes/split.rs"]
mod split;
