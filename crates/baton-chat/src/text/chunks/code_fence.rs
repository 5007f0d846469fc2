//! Lines that open and close a code block.

/// Maximum length of such a line in bytes. The next piece repeats the line, so a longer line is no fence.
const LONGEST: usize = 100;

/// An open code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::text) struct CodeFence {
    /// The text before the marks, in the form that the following lines of a list or quote have.
    indent: String,
    /// The fence marks.
    marks: String,
    /// The info string: the language and any other words.
    info: String,
}

impl CodeFence {
    /// The line that opens the block again in the next piece.
    pub(in crate::text) fn opening_line(&self) -> String {
        format!("{}{}{}\n", self.indent, self.marks, self.info)
    }

    /// The text that closes the block after `body`.
    pub(in crate::text) fn closing_line(&self, body: &str) -> String {
        let line = if body.ends_with('\n') { "" } else { "\n" };
        format!("{line}{}{}", self.indent, self.marks)
    }
}

/// The code block opened by a line outside of any code block. The block may be inside a list or a quote.
pub(in crate::text) fn parse_opening(line: &str) -> Option<CodeFence> {
    let (indent, rest) = parse_fence_line(line)?;
    let (marks, info) = rest;
    // Backticks after the marks make this an inline code span.
    if marks.starts_with('`') && info.contains('`') {
        return None;
    }
    let indent = indent
        .chars()
        .map(|it| if it == '>' || it == '\t' { it } else { ' ' });
    Some(CodeFence {
        indent: indent.collect(),
        marks: marks.to_owned(),
        info: info.to_owned(),
    })
}

/// The code block that is open after a line.
pub(in crate::text) fn block_after(line: &str, inside: Option<&CodeFence>) -> Option<CodeFence> {
    let Some(fence) = inside else {
        return parse_opening(line);
    };
    let closes = parse_fence_line(line).is_some_and(|(indent, (marks, info))| {
        indent.chars().all(|it| it == '>' || it.is_whitespace())
            && info.is_empty()
            && marks.starts_with(&fence.marks)
    });
    (!closes).then(|| fence.clone())
}

/// The indent, the marks, and the text after the marks.
fn parse_fence_line(line: &str) -> Option<(&str, (&str, &str))> {
    let line = line.trim_end();
    if line.len() > LONGEST {
        return None;
    }
    let at = line.find(['`', '~'])?;
    let (indent, rest) = line.split_at(at);
    let is_indent = indent.chars().all(|it| {
        it.is_ascii_digit() || matches!(it, ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')')
    });
    // A space must follow a list mark, and may follow a quote mark.
    let is_indent = is_indent && (indent.is_empty() || indent.ends_with([' ', '\t', '>']));
    let mark = rest.chars().next()?;
    let marks = rest.len() - rest.trim_start_matches(mark).len();
    let (marks, info) = rest.split_at(marks);
    (is_indent && marks.len() >= 3).then_some((indent, (marks, info.trim())))
}
