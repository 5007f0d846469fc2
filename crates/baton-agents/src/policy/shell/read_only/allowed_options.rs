//! Checks options, parsed like `getopt` but never more generously.

use super::super::ShellWord;
use super::super::option_notation::{self, OptionValue};

/// The allowed options and operands of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct AllowedOptions {
    /// Letters. `:` after a letter means a value, in the same word or the next; `::` means a value in the
    /// same word only.
    pub(super) short: &'static str,
    /// Full names, separated by spaces. `=` after a name means a value, in the same word or the next; a
    /// name without `=` may also take the next word. Abbreviated names are unknown, because an
    /// abbreviation may stand for another option.
    pub(super) long: &'static str,
    pub(super) operands: AllowedOperands,
    /// The allowed expansions of words with text unknown before the run.
    pub(super) unknown: AllowedExpansion,
}

/// The allowed operands.
#[derive(Debug, Clone, Copy)]
pub(super) enum AllowedOperands {
    Any,
    /// At most this number, all known.
    Most(usize),
    /// Only operands with this beginning.
    Begin(&'static str),
}

/// The allowed expansions of a word such as `$FILE` in `cat $FILE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AllowedExpansion {
    /// Anything, because no option of the command writes or runs something.
    Anything,
    /// Anything but an option, because some options of the command are dangerous.
    NoOption,
}

impl AllowedOptions {
    /// For a command without dangerous options: none writes or runs something.
    pub(super) const fn harmless(short: &'static str, long: &'static str) -> Self {
        Self {
            short,
            long,
            operands: AllowedOperands::Any,
            unknown: AllowedExpansion::Anything,
        }
    }

    /// For a command that also has dangerous options.
    pub(super) const fn some(
        short: &'static str,
        long: &'static str,
        operands: AllowedOperands,
    ) -> Self {
        Self {
            short,
            long,
            operands,
            unknown: AllowedExpansion::NoOption,
        }
    }

    /// Whether all words are allowed. A long option's value in a separate word may also count as an operand,
    /// so no option can pass as a value.
    pub(super) fn cover_words(&self, words: &[ShellWord]) -> bool {
        let mut operands = Vec::new();
        // The separate words with option values.
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
                if self.unknown == AllowedExpansion::Anything {
                    operands.push(word);
                    continue;
                }
                return false;
            };
            if option == "--" {
                // `--` may be the value of the option before it. More options may then follow.
                let rest = words.as_slice();
                if may_take_next && !rest.iter().all(|word| self.may_follow(word)) {
                    return false;
                }
                operands.extend(words.by_ref());
                break;
            }
            let Some(takes) = self.option_arity(option) else {
                return false;
            };
            may_take_next = takes == OptionArity::Perhaps;
            if takes == OptionArity::Next {
                // If the value seems missing, the command may be longer than expected.
                let Some(value) = words.next().filter(|value| self.may_follow(value)) else {
                    return false;
                };
                values.push(value);
            }
        }
        let known = |words: &[&ShellWord]| words.iter().all(|word| word.literal().is_some());
        match self.operands {
            AllowedOperands::Any => true,
            // A value that expands to several words becomes a value and operands.
            AllowedOperands::Most(most) => {
                operands.len() <= most && known(&operands) && known(&values)
            }
            AllowedOperands::Begin(text) => {
                known(&values)
                    && operands
                        .iter()
                        .all(|word| word.literal().is_some_and(|word| word.starts_with(text)))
            }
        }
    }

    /// Whether a word is harmless as a value, an operand and an option.
    fn may_follow(&self, word: &ShellWord) -> bool {
        word.is_operand()
            || match word.literal() {
                Some(word) => self.option_arity(word).is_some(),
                None => self.unknown == AllowedExpansion::Anything,
            }
    }

    /// The number of next words that an option takes; `None` for an unknown option.
    fn option_arity(&self, option: &str) -> Option<OptionArity> {
        if let Some(long) = option.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let takes = option_notation::name_value(self.long, name)?;
            return Some(match value {
                Some(_) => OptionArity::Nothing,
                None if takes == OptionValue::Next => OptionArity::Next,
                None => OptionArity::Perhaps,
            });
        }
        let letters = option.strip_prefix('-')?;
        // A number (`head -5`, `seq -1 3`) is no dangerous option of any command.
        if self.unknown == AllowedExpansion::Anything
            && letters.bytes().all(|it| it.is_ascii_digit())
        {
            return Some(OptionArity::Nothing);
        }
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            match option_notation::letter_value(self.short, letter)? {
                OptionValue::None => {}
                OptionValue::Here => return Some(OptionArity::Nothing),
                OptionValue::Next => {
                    let inside = !letters.as_str().is_empty();
                    return Some(if inside {
                        OptionArity::Nothing
                    } else {
                        OptionArity::Next
                    });
                }
            }
        }
        Some(OptionArity::Nothing)
    }
}

/// The next words that belong to an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OptionArity {
    Nothing,
    /// The next word.
    Next,
    /// The next word or nothing, because commands and their versions differ.
    Perhaps,
}
