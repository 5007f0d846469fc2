//! The lines that open and close a code block.

/// No line that is longer, in bytes, opens or closes one: what is repeated in the next piece is short.
const LONGEST: usize = 100;

/// A code block that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    /// What stands before it in its line, as the following lines of a list or quote have it.
    indent: String,
    /// The marks.
    marks: String,
    /// The language, and what else is said of it.
    info: String,
}

impl Fence {
    /// What opens it again.
    pub(super) fn opening(&self) -> String {
        format!("{}{}{}\n", self.indent, self.marks, self.info)
    }

    /// What closes it after this.
    pub(super) fn closing(&self, body: &str) -> String {
        let line = if body.ends_with('\n') { "" } else { "\n" };
        format!("{line}{}{}", self.indent, self.marks)
    }
}

/// The code block that a line opens, outside of any. It may stand in a list or a quote.
pub(super) fn opens(line: &str) -> Option<Fence> {
    let (indent, rest) = marker(line)?;
    let (marks, info) = rest;
    // Three marks within a line are code within a line.
    if marks.starts_with('`') && info.contains('`') {
        return None;
    }
    let indent = indent
        .chars()
        .map(|it| if it == '>' || it == '\t' { it } else { ' ' });
    Some(Fence {
        indent: indent.collect(),
        marks: marks.to_owned(),
        info: info.to_owned(),
    })
}

/// The code block that is open after a line.
pub(super) fn after(line: &str, inside: Option<&Fence>) -> Option<Fence> {
    let Some(fence) = inside else {
        return opens(line);
    };
    let closes = marker(line).is_some_and(|(indent, (marks, info))| {
        indent.chars().all(|it| it == '>' || it.is_whitespace())
            && info.is_empty()
            && marks.starts_with(&fence.marks)
    });
    (!closes).then(|| fence.clone())
}

/// What stands before the marks, the marks, and what is after them.
fn marker(line: &str) -> Option<(&str, (&str, &str))> {
    let line = line.trim_end();
    if line.len() > LONGEST {
        return None;
    }
    let at = line.find(['`', '~'])?;
    let (indent, rest) = line.split_at(at);
    let is_indent = indent.chars().all(|it| {
        it.is_ascii_digit() || matches!(it, ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')')
    });
    // A list's mark is followed by a space, a quote's may be.
    let is_indent = is_indent && (indent.is_empty() || indent.ends_with([' ', '\t', '>']));
    let mark = rest.chars().next()?;
    let marks = rest.len() - rest.trim_start_matches(mark).len();
    let (marks, info) = rest.split_at(marks);
    (is_indent && marks.len() >= 3).then_some((indent, (marks, info.trim())))
}
