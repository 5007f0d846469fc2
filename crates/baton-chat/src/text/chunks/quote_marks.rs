//! The marks that make a line part of a quote.

/// Maximum length of the marks of a quote in bytes, because the next piece repeats the marks.
const LONGEST: usize = 100;

/// The quote marks that the rest of a cut line needs in the next piece. `opening` is the text before `body`
/// in the first piece. Empty if no line was cut or the cut line is in no quote.
pub(super) fn continue_quote(opening: &str, body: &str) -> String {
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
