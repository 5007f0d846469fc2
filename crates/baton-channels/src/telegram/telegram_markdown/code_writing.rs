//! Inline code and code blocks in a dialect.

use super::MESSAGE;

/// Longer inline code, in units of UTF-16, becomes a block, because only a block can be split.
const LONGEST_SPAN: usize = 250;

/// The longest run of backticks that marks code. The splitter knows no much longer fence.
const LONGEST_MARKS: usize = 40;

/// The longest name of a language, in bytes. No language has a longer name.
const LONGEST_LANGUAGE: usize = 40;

/// The spaces that a tab becomes. Telegram makes each tab one space.
const TAB: &str = "    ";

/// An invisible character between backticks. Without it, a very long run of backticks would end the code.
const APART: char = '\u{200b}';

/// Whether inline code must become a block.
pub(super) fn is_long_span(code: &str) -> bool {
    MESSAGE.measure_text(code) > LONGEST_SPAN
}

/// Writes inline code with its marks.
pub(super) fn join_span(code: &str) -> String {
    let code = separate_marks(code);
    let marks = "`".repeat(longest_run(&code) + 1);
    let is_padded = |mark: char| code.starts_with(mark) && code.ends_with(mark);
    let is_blank = code.trim_matches(' ').is_empty();
    let joins = code.starts_with('`') || code.ends_with('`');
    // Without these spaces, a backtick would join the marks, and two spaces of the code would be dropped.
    let pad = if joins || is_padded(' ') && !is_blank {
        " "
    } else {
        ""
    };
    [&*marks, pad, &code, pad, &marks].concat()
}

/// Writes a code block. `None` if the block shows nothing.
pub(super) fn join_block(language: &str, code: &str) -> Option<String> {
    let code = separate_marks(&code.replace('\t', TAB));
    let lines = code.split('\n').skip_while(|it| it.trim().is_empty());
    let code = lines.collect::<Vec<_>>().join("\n");
    let code = code.trim_end();
    if code.is_empty() {
        return None;
    }
    let runs = code.lines().map(|line| longest_run(line) + 1);
    let marks = "`".repeat(runs.max().unwrap_or_default().max(3));
    let language = parse_language(language);
    Some(format!("{marks}{language}\n{code}\n{marks}"))
}

/// The language of a code block, reduced to one word.
pub(super) fn parse_language(info: &str) -> &str {
    let is_part =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '+' | '-' | '.' | '#');
    let word = info.trim_start();
    let word = &word[..word.find(|it| !is_part(it)).unwrap_or(word.len())];
    if word.len() > LONGEST_LANGUAGE {
        return "";
    }
    word
}

/// The length of the longest run of backticks.
fn longest_run(code: &str) -> usize {
    let runs = code.split(|it| it != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// The code without runs of backticks that are too long for marks around them.
fn separate_marks(code: &str) -> String {
    let mut apart = String::with_capacity(code.len());
    let mut run = 0;
    for character in code.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        if run > LONGEST_MARKS {
            apart.push(APART);
            run = 1;
        }
        apart.push(character);
    }
    apart
}
