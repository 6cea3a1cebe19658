//! A letter on its way to people: SMTP, or a directory.
