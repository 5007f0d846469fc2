//! Plain text in a dialect. No character of the text is a mark, also where a cut puts it at the beginning of a
//! message.

/// The longest name of a character reference, such as `&hellip;`.
const LONGEST_REFERENCE: usize = 40;

/// Whether a character of plain text needs a backslash. `before` is the character before, and `after` the text after
/// the character. A bare address stays readable, because an escape could become part of it.
pub(super) fn is_mark(
    character: char,
    before: Option<char>,
    after: &str,
    is_in_address: bool,
) -> bool {
    let next = after.chars().next();
    let is_before = |is_such: fn(char) -> bool| before.is_none_or(is_such);
    let is_next = |is_such: fn(char) -> bool| next.is_none_or(is_such);
    match character {
        '_' if is_in_address => {
            is_before(|it| !it.is_alphanumeric()) || is_next(|it| !it.is_alphanumeric())
        }
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '|' | '#' | '$' => true,
        '-' | '+' => is_next(|it| it.is_whitespace() || it == '-') || before == Some('-'),
        // A line of these makes a heading of the line above, and two are a mark of rich messages.
        '=' => is_before(|it| it.is_whitespace() || it == '='),
        // The number of a list.
        '.' | ')' => is_before(|it| it.is_ascii_digit()) && is_next(char::is_whitespace),
        '&' => begins_reference(after),
        _ => false,
    }
}

/// Whether the text after `&` names a character.
fn begins_reference(after: &str) -> bool {
    let name = after.char_indices().take(LONGEST_REFERENCE);
    let mut name = name.skip_while(|(_, it)| it.is_ascii_alphanumeric() || *it == '#');
    name.next().is_some_and(|(at, it)| at > 0 && it == ';')
}

/// Whether Telegram shows nothing of a character, and nothing else needs it. A message with only such characters is
/// refused. Joiners and marks of direction stay, because they change the characters beside them.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Whether a text has a character that Telegram shows.
pub(super) fn is_visible(text: &str) -> bool {
    let is_shown = |it: char| {
        let is_empty = it.is_whitespace()
            || it.is_control()
            || is_invisible(it)
            || matches!(it, '\u{180e}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(it, '\u{2800}' | '\u{fffc}' | '\u{e0000}'..='\u{e007f}');
        !is_empty
    };
    text.chars().any(is_shown)
}
