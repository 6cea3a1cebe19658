//! Lines of a terminal, wrapped at words.

/// Names longer than this are cut in sentences; Entra takes no longer ones.
pub(super) const NAME: usize = 256;

/// Text in lines of at most so many characters.
#[derive(Debug)]
pub struct Page {
    width: usize,
    text: String,
}

impl Page {
    /// An empty page. Narrower than 40 characters, lines would hold hardly a word.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width: width.max(40), text: String::new() }
    }

    /// What was written.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// An empty line, unless one stands there already.
    pub fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Words after a beginning; further lines are indented by as many blanks as it has characters. A word that is
    /// longer than a line stands in a line of its own, so that ids and paths can be copied.
    pub fn line(&mut self, beginning: &str, words: &str) {
        let indent = beginning.chars().count();
        let mut line = beginning.to_owned();
        let mut column = indent;
        let mut fresh = true;
        for word in words.split_whitespace() {
            let length = word.chars().count();
            if !fresh && self.width < column + 1 + length {
                self.end(&line);
                line = " ".repeat(indent);
                column = indent;
                fresh = true;
            }
            if !fresh {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += length;
            fresh = false;
        }
        self.end(&line);
    }

    fn end(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_long_ones_kept_whole() {
        let mut page = Page::new(40);
        page.blank();
        page.line(" 1. ", "Assign the custom policy to something with a rather long name.");
        page.blank();
        page.blank();
        page.line("", &"x".repeat(50));
        let expected = format!(
            " 1. Assign the custom policy to\n    something with a rather long name.\n\n{}\n",
            "x".repeat(50)
        );
        assert_eq!(page.into_text(), expected);
    }
}
