//! What makes a line one of a quote.

/// No quote is deeper, in bytes of its marks: what is repeated in the next piece is short.
const LONGEST: usize = 100;

/// The marks that the rest of a line needs to be of the same quote, where it was cut after this body, before
/// which its piece has this; empty where no line was cut, or none of a quote.
pub(super) fn after(opening: &str, body: &str) -> String {
    let (before, line) = match body.rfind('\n') {
        Some(end) => ("", &body[end + 1..]),
        None => (opening, body),
    };
    if line.is_empty() {
        return String::new();
    }
    let before = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    let line = [before, line].concat();
    let marks = line.len() - line.trim_start_matches(['>', ' ', '\t']).len();
    let marks = &line[..marks];
    let is_quote = marks.contains('>') && marks.len() - marks.trim_start().len() <= 3;
    if !is_quote || marks.len() > LONGEST {
        return String::new();
    }
    let space = if marks.ends_with([' ', '\t']) {
        ""
    } else {
        " "
    };
    format!("{marks}{space}")
}
