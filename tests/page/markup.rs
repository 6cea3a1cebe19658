//! A strict reader of our own markup, for what is asked here: which elements with which attributes
//! are there. It refuses whatever a browser would have to repair.

/// A start tag, with its attributes in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) tag: String,
    pub(crate) attributes: Vec<(String, String)>,
    /// The characters up to the next tag, as a reader sees them.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What directory text must not be able to change.
    pub(crate) fn shape(&self) -> (String, Vec<String>) {
        (self.tag.clone(), self.attributes.iter().map(|(key, _)| key.clone()).collect())
    }
}

/// The elements without content (HTML, section 13.1.2).
const VOID: [&str; 7] = ["meta", "link", "input", "br", "img", "hr", "base"];

/// Every element of a document; every tag that opens is closed in its order.
pub(crate) fn elements(document: &str) -> Vec<Element> {
    let mut rest = document.strip_prefix("<!doctype html>").expect("a document type");
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut fresh = false; // whether no tag has come since the last element's start
    while let Some(start) = rest.find('<') {
        if let Some(last) = elements.last_mut().filter(|_| fresh) {
            last.text = unescape(&rest[..start]);
        }
        rest = &rest[start + 1..];
        fresh = false;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").expect("a closed comment").1;
        } else if let Some(end) = rest.strip_prefix('/') {
            let (name, after) = end.split_once('>').expect("a closed end tag");
            assert_eq!(open.pop().as_deref(), Some(name), "the end tag closes what is open");
            rest = after;
        } else {
            let (element, after) = start_tag(rest);
            rest = after;
            if element.tag == "script" || element.tag == "style" {
                let end = rest.find(&format!("</{}>", element.tag)).expect("a closed raw text");
                let text = rest[..end].to_owned();
                rest = &rest[end + element.tag.len() + 3..];
                elements.push(Element { text, ..element });
            } else {
                if !VOID.contains(&element.tag.as_str())
                    && !element.attributes.iter().any(|(key, _)| key == "/")
                {
                    open.push(element.tag.clone());
                }
                elements.push(element);
                fresh = true;
            }
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    elements
}

fn start_tag(text: &str) -> (Element, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).expect("a tag ends");
    let (tag, mut rest) = text.split_at(end);
    assert!(!tag.is_empty(), "a bare < at {:?}", &text[..text.len().min(40)]);
    let mut attributes = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return (Element { tag: tag.to_owned(), attributes, text: String::new() }, after);
        }
        if let Some(after) = rest.strip_prefix("/>") {
            attributes.push(("/".to_owned(), String::new()));
            return (Element { tag: tag.to_owned(), attributes, text: String::new() }, after);
        }
        rest = rest
            .strip_prefix(' ')
            .unwrap_or_else(|| panic!("no space before {:?}", &rest[..rest.len().min(40)]));
        let end = rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '-')).expect("an attribute ends");
        let (name, after) = rest.split_at(end);
        assert!(!name.is_empty(), "no attribute at {:?}", &rest[..rest.len().min(40)]);
        rest = after;
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let (raw, after) = quoted.split_once('"').expect("a closed value");
            assert!(!raw.contains('<'), "a tag in the value {raw}");
            value = unescape(raw);
            rest = after;
        }
        attributes.push((name.to_owned(), value));
    }
}

/// Undoes the escapes that the engine writes and the few entities that the templates hold.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').expect("a closed entity");
        plain.push_str(before);
        plain.push(match entity {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "nbsp" => '\u{a0}',
            other => {
                let number = other.strip_prefix('#').unwrap_or_else(|| panic!("the entity {other}"));
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.expect("a number")).expect("a character")
            }
        });
        rest = after;
    }
    plain + rest
}
