//! `test`, `printf` and `exit`. Some shells evaluate the arguments of these commands, and an array index in
//! an argument can hold a command.

use super::super::ShellWord;

/// Allows `test -f x`, `[ "$a" = b ]` and `[ 1 -lt 2 ]`.
pub(super) fn allows_test(words: &[ShellWord]) -> bool {
    const UNARY: &[&str] = &[
        "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-L", "-n", "-p", "-r", "-s", "-S", "-u",
        "-w", "-x", "-z",
    ];
    const BINARY: &[&str] = &["=", "==", "!=", "-nt", "-ot", "-ef"];
    const NUMBERS: &[&str] = &["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
    let words = match words {
        [not, rest @ ..] if not.literal() == Some("!") => rest,
        words => words,
    };
    // A word may expand to several words with any meaning.
    if words.contains(&ShellWord::Anything) {
        return false;
    }
    match words {
        [operator, _] => operator
            .literal()
            .is_some_and(|operator| UNARY.contains(&operator)),
        [left, operator, right] => operator.literal().is_some_and(|operator| {
            BINARY.contains(&operator)
                || (NUMBERS.contains(&operator) && is_number(left) && is_number(right))
        }),
        _ => false,
    }
}

/// Allows `exit`, `exit 1` and `break 2`.
pub(super) fn allows_number(words: &[ShellWord]) -> bool {
    match words {
        [] => true,
        [number] => is_number(number),
        _ => false,
    }
}

fn is_number(word: &ShellWord) -> bool {
    word.literal()
        .is_some_and(|word| !word.is_empty() && word.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Allows a format with texts only. Some formats calculate (`%d`), or set a variable (`%n`, `-v`).
pub(super) fn allows_printf(words: &[ShellWord]) -> bool {
    let Some(format) = words.first().and_then(ShellWord::literal) else {
        return false;
    };
    let mut pieces = format.split('%');
    let begins = pieces.next().is_some_and(|begin| !begin.starts_with('-'));
    // `%%` leaves an empty piece.
    begins && pieces.all(|piece| piece.is_empty() || piece.starts_with(['s', 'b']))
}
