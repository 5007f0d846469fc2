//! Patterns for commands: `cargo test`, `cargo test *`, `npm run test:*`, `git log --max-count=*`.

use super::{ShellCall, ShellScript, ShellWord, dangerous_options, git_options};

/// A pattern for commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandPattern {
    parts: Vec<CommandPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum CommandPart {
    /// Exactly this word.
    Word(String),
    /// A word with any text in place of each `*`.
    Like(String),
    /// Any words, or none.
    Rest,
}

/// The reason why a command pattern is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandPatternError {
    /// The pattern is empty.
    #[error("write a command between the brackets, or leave the brackets out for every command")]
    Empty,
    /// The pattern holds no single plain command.
    #[error(
        "write one plain command, such as `cargo test *`; Baton checks each part of a longer command separately"
    )]
    NotOne,
    /// The name of the command is a wildcard, as in `* --version`. Only a deny rule may have such a pattern.
    #[error("begin with the name of a command; a `*` in its place would allow every command")]
    AnyCommand,
}

impl CommandPattern {
    /// Parses a pattern. Only a deny rule may have a wildcard as the name of the command.
    pub(crate) fn parse(text: &str, denies: bool) -> Result<Self, CommandPatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CommandPatternError::Empty);
        }
        // The older form of ` *`.
        let (text, rest) = match text.strip_suffix(":*") {
            Some(before) => (before, true),
            None => (text, false),
        };
        let mut parts = Vec::new();
        // A star in quotes is a wildcard too, unlike in a shell.
        for (at, word) in split_words(text)?.into_iter().enumerate() {
            parts.push(match word.as_str() {
                "*" => CommandPart::Rest,
                _ if word.contains('*') => CommandPart::Like(word),
                _ => CommandPart::Word(word),
            });
            if at == 0 && !denies && !matches!(parts[0], CommandPart::Word(_)) {
                return Err(CommandPatternError::AnyCommand);
            }
        }
        if rest {
            parts.push(CommandPart::Rest);
        }
        Ok(Self { parts })
    }

    /// The name of the command and the fixed words after it, if further words are open. `None` for an exact
    /// pattern, or for a wildcard as the name.
    pub(crate) fn open_command(&self) -> Option<(&str, Vec<&str>)> {
        let mut known = self.parts.iter().map_while(|part| match part {
            CommandPart::Word(word) => Some(word.as_str()),
            CommandPart::Like(_) | CommandPart::Rest => None,
        });
        let name = known.next().filter(|_| !self.is_exact())?;
        Some((name, known.collect()))
    }

    /// Whether the pattern fixes every word of a command.
    pub(crate) fn is_exact(&self) -> bool {
        self.parts
            .iter()
            .all(|part| matches!(part, CommandPart::Word(_)))
    }

    /// Whether the pattern allows a call. The open words may be anything but a trap.
    pub(crate) fn allows_call(&self, call: &ShellCall) -> bool {
        call.plain
            && words_match(&self.parts, &call.words)
            && (self.is_exact() || !dangerous_options::holds_dangerous_option(call))
    }

    /// Whether the pattern denies a call: by name or by path, also with more arguments than the pattern has.
    pub(crate) fn denies_call(&self, call: &ShellCall) -> bool {
        let mut parts = self.parts.clone();
        parts.push(CommandPart::Rest);
        equivalent_calls(call)
            .iter()
            .any(|words| words_match(&parts, words))
    }

    /// Whether the pattern may deny a call, depending on words that are unknown before the run.
    pub(crate) fn might_deny(&self, call: &ShellCall) -> bool {
        let mut parts = self.parts.clone();
        parts.push(CommandPart::Rest);
        equivalent_calls(call)
            .iter()
            .any(|words| words_may_match(&parts, words))
            || git_options::may_run_anything(call)
    }
}

/// Splits a pattern into words, as a shell does.
fn split_words(text: &str) -> Result<Vec<String>, CommandPatternError> {
    /// Replaces a star, because a shell would take a star for a pattern of file names.
    const STAR: &str = "\u{e000}";
    let script = ShellScript::parse(&text.replace('*', STAR));
    let [call] = &script.calls[..] else {
        return Err(CommandPatternError::NotOne);
    };
    let words: Option<Vec<_>> = call.words.iter().map(ShellWord::literal).collect();
    let plain = script.unclear.is_empty() && script.files.is_empty();
    let words = words.filter(|_| plain).ok_or(CommandPatternError::NotOne)?;
    Ok(words.iter().map(|word| word.replace(STAR, "*")).collect())
}

/// The call as written, and equivalent forms of the call.
fn equivalent_calls(call: &ShellCall) -> Vec<Vec<ShellWord>> {
    let mut views = vec![call.words.clone()];
    let Some(name) = call.name() else {
        return views;
    };
    let short = name.rsplit('/').next().unwrap_or(name);
    if short != name {
        let mut words = call.words.clone();
        words[0] = ShellWord::Literal(short.to_owned());
        views.push(words);
    }
    // `git -C there push` is a push.
    if short == "git" {
        for rest in git_options::after_options(&call.words[1..]) {
            let mut words = vec![ShellWord::Literal("git".to_owned())];
            words.extend_from_slice(rest);
            views.push(words);
        }
    }
    views
}

/// Whether the words match a pattern.
fn words_match(parts: &[CommandPart], words: &[ShellWord]) -> bool {
    follow_parts(parts, words, false)
}

/// Whether the words may match a pattern, depending on unknown words.
fn words_may_match(parts: &[CommandPart], words: &[ShellWord]) -> bool {
    follow_parts(parts, words, true)
}

/// Follows every way through a pattern at once, so that no command takes long.
fn follow_parts(parts: &[CommandPart], words: &[ShellWord], unknown_matches: bool) -> bool {
    // `reached[n]`: the words so far can be the first `n` parts.
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    let skip_rests = |reached: &mut [bool]| {
        for (at, part) in parts.iter().enumerate() {
            reached[at + 1] |= reached[at] && *part == CommandPart::Rest;
        }
    };
    skip_rests(&mut reached);
    for word in words {
        // An unknown word, and every word after it, may match any part.
        if unknown_matches && word.literal().is_none() {
            return reached.contains(&true);
        }
        let mut next = vec![false; parts.len() + 1];
        for (at, part) in parts.iter().enumerate().filter(|(at, _)| reached[*at]) {
            if *part == CommandPart::Rest {
                next[at] = true;
            } else if word.literal().is_some_and(|word| part.matches_word(word)) {
                next[at + 1] = true;
            }
        }
        if !next.contains(&true) {
            return false;
        }
        reached = next;
        skip_rests(&mut reached);
    }
    reached[parts.len()]
}

impl CommandPart {
    fn matches_word(&self, word: &str) -> bool {
        match self {
            Self::Word(text) => text == word,
            Self::Like(pattern) => matches_wildcard(pattern, word),
            Self::Rest => false,
        }
    }
}

/// Whether a word matches a pattern with any text in place of each `*`.
fn matches_wildcard(pattern: &str, word: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| word.strip_prefix(first)) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}
