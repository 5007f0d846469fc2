//! Options, as `getopt` reads them, but never more generously.

use super::super::Word;

/// The options that a command may be given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// Letters; a `:` after one says that it takes a value, which may follow in the same word, and `::`
    /// that its value can only follow there.
    pub(super) short: &'static str,
    /// Whole names, with spaces between. A `=` after one says that it takes a value, which may be the next
    /// word; without one it may take the next word or not. Shortened names are not known: the
    /// shortening of one may be that of another.
    pub(super) long: &'static str,
    pub(super) operands: Operands,
    /// What a word may become that is not known before it is expanded.
    pub(super) unknown: Unknown,
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

/// What a word may become that is not known before it is expanded, as in `cat $FILE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Whatever it wants: the command has no option that writes or runs anything.
    Anything,
    /// No option: the command has some that are not for everybody.
    NoOption,
}

impl Options {
    /// Of a command none of whose options writes or runs anything.
    pub(super) const fn harmless(short: &'static str, long: &'static str) -> Self {
        Self {
            short,
            long,
            operands: Operands::Any,
            unknown: Unknown::Anything,
        }
    }

    /// Of a command that also has others.
    pub(super) const fn some(short: &'static str, long: &'static str, operands: Operands) -> Self {
        Self {
            short,
            long,
            operands,
            unknown: Unknown::NoOption,
        }
    }

    /// Whether all words are allowed. The value of a long option that is a word of its own may count as
    /// an operand, so that no option can pass for one.
    pub(super) fn cover(&self, words: &[Word]) -> bool {
        let mut operands = Vec::new();
        // The words that an option takes as its value.
        let mut values = Vec::new();
        let mut may_take_next = false;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word.is_operand() {
                operands.push(word);
                may_take_next = false;
                continue;
            }
            let Some(option) = word.literal() else {
                if self.unknown == Unknown::Anything {
                    operands.push(word);
                    continue;
                }
                return false;
            };
            if option == "--" {
                // Where it may be the value of the option before it, the options do not end there.
                let rest = words.as_slice();
                if may_take_next && !rest.iter().all(|word| self.may_follow(word)) {
                    return false;
                }
                operands.extend(words.by_ref());
                break;
            }
            let Some(takes) = self.takes(option) else {
                return false;
            };
            may_take_next = takes == Takes::Perhaps;
            if takes == Takes::Next
                && let Some(value) = words.next()
            {
                if !self.may_follow(value) {
                    return false;
                }
                values.push(value);
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
        word.is_operand()
            || match word.literal() {
                Some(word) => self.takes(word).is_some(),
                None => self.unknown == Unknown::Anything,
            }
    }

    /// What an option takes from the words after it; `None` where the option is not known.
    fn takes(&self, option: &str) -> Option<Takes> {
        if let Some(long) = option.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let mut known = self.long.split_ascii_whitespace();
            let spelled = known.find(|known| known.strip_suffix('=').unwrap_or(known) == name)?;
            return Some(match value {
                Some(_) => Takes::Nothing,
                None if spelled.ends_with('=') => Takes::Next,
                None => Takes::Perhaps,
            });
        }
        let letters = option.strip_prefix('-')?;
        // `head -5`, `seq -1 3`: no command has a number for an option that does harm.
        if self.unknown == Unknown::Anything && letters.bytes().all(|it| it.is_ascii_digit()) {
            return Some(Takes::Nothing);
        }
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let at = self.short.find(letter).filter(|_| letter != ':')?;
            let after = &self.short[at + letter.len_utf8()..];
            if after.starts_with("::") {
                return Some(Takes::Nothing);
            }
            if after.starts_with(':') {
                let inside = !letters.as_str().is_empty();
                return Some(if inside { Takes::Nothing } else { Takes::Next });
            }
        }
        Some(Takes::Nothing)
    }
}

/// What an option takes from the words after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// The next word.
    Next,
    /// The next word or nothing: commands and their versions differ.
    Perhaps,
}
