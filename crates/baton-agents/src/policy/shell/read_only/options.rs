//! Options, as `getopt` reads them, but never more generously.

use super::super::Word;

/// The options that a command may be given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// Letters; a `:` after one says that it takes a value, which may follow in the same word.
    pub(super) short: &'static str,
    /// Whole names. Shortened ones are not known: the shortening of one may be that of another.
    pub(super) long: &'static [&'static str],
    pub(super) operands: Operands,
}

/// What else it may be given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operands {
    Any,
    /// So many, and each known.
    Most(usize),
    /// Those that begin like this.
    Begin(&'static str),
}

impl Options {
    /// Whether all words are allowed. The value of an option that is a word of its own counts as an
    /// operand, so that no option can pass for one.
    pub(super) fn cover(&self, words: &[Word]) -> bool {
        let mut operands = Vec::new();
        // The words that an option takes as its value.
        let mut values = Vec::new();
        let mut before: Option<&str> = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word.is_operand() {
                operands.push(word);
                before = None;
                continue;
            }
            match word.literal() {
                Some("--") => {
                    let is_end = !before.is_some_and(may_take_next);
                    let rest = words.as_slice();
                    if !is_end && !rest.iter().all(|word| self.may_follow(word)) {
                        return false;
                    }
                    operands.extend(words.by_ref());
                }
                Some(option) if self.knows(option) => {
                    before = Some(option);
                    // Its value, if that is a word of its own, is no operand of the command.
                    if self.wants_next(option)
                        && let Some(value) = words.next()
                    {
                        if !self.may_follow(value) {
                            return false;
                        }
                        values.push(value);
                        before = None;
                    }
                }
                _ => return false,
            }
        }
        let known = |words: &[&Word]| words.iter().all(|word| word.literal().is_some());
        match self.operands {
            Operands::Any => true,
            // A value that may become several words becomes a value and operands.
            Operands::Most(most) => operands.len() <= most && known(&operands) && known(&values),
            Operands::Begin(text) => {
                known(&values)
                    && operands
                        .iter()
                        .all(|word| word.literal().is_some_and(|word| word.starts_with(text)))
            }
        }
    }

    /// Whether a word does no harm, be it a value, an operand or an option.
    fn may_follow(&self, word: &Word) -> bool {
        word.is_operand() || word.literal().is_some_and(|word| self.knows(word))
    }

    fn knows(&self, option: &str) -> bool {
        if let Some(long) = option.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or(long);
            return self.long.contains(&name);
        }
        let Some(letters) = option.strip_prefix('-') else {
            return false;
        };
        for letter in letters.chars() {
            match self.letter(letter) {
                Some(true) => return true,
                Some(false) => {}
                None => return false,
            }
        }
        true
    }

    /// Whether a letter is known, and takes a value.
    fn letter(&self, letter: char) -> Option<bool> {
        if letter == ':' {
            return None;
        }
        let at = self.short.find(letter)?;
        Some(self.short[at + letter.len_utf8()..].starts_with(':'))
    }

    /// Whether the value of an option is the next word.
    fn wants_next(&self, option: &str) -> bool {
        let mut letters = option.trim_start_matches('-').chars();
        !option.starts_with("--")
            && letters
                .find(|letter| self.letter(*letter) == Some(true))
                .is_some()
            && letters.next().is_none()
    }
}

/// Whether the value of an option may be the next word, even if that is `--`: then the options do not
/// end there.
fn may_take_next(option: &str) -> bool {
    option.starts_with("--") && !option.contains('=')
}
