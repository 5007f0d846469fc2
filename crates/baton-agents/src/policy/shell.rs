//! A shell command, taken to pieces: every command that it may run, and every file that it opens.
//!
//! The parser is `shuck-parser`: it knows bash, is written in safe Rust, bounds its stack and its
//! steps on hostile input, and builds in seconds. It is made for a linter and forgives much, so
//! nothing is believed that is not plain: a command must parse without a complaint, every kind of
//! syntax is either known here or makes the command [unclear](Script::unclear), the inside of a
//! substitution is parsed again by itself, and text outside of quotes may only hold letters that
//! mean nothing to bash, dash or zsh. Which of them runs the command is not known: what they read in
//! different ways is unclear, unless the others refuse it.
//!
//! * `walk`: from the syntax tree to calls. `word`: words, as far as they are known before they are
//!   expanded. `plain`: text outside of quotes. `rest`: that nothing was passed over.
//! * `inner`: commands that run other commands: `timeout`, `sudo`, `xargs`, `sh -c`, `find -exec`.
//! * `git`: options before the subcommand. `spelling`: how options are written down.
//! * `pattern`: `cargo test *`. `traps`: the options that a `*` does not match.
//! * `read_only`: commands that only read. `open`: rules that allow more than they seem to.

mod git;
mod inner;
pub(super) mod open;
pub(super) mod pattern;
mod plain;
pub(super) mod read_only;
mod rest;
mod spelling;
mod traps;
mod walk;
mod word;

use std::panic;

use shuck_parser::parser::{ParseResult, Parser};
use shuck_parser::{ShellDialect, ShellProfile};

pub(crate) use word::Word;

/// How long a command may be to be looked at, in bytes. Longer ones are asked.
pub(crate) const LENGTH_LIMIT: usize = 16 * 1024;

/// How deep substitutions and commands within commands may be.
const DEPTH_LIMIT: usize = 8;

/// How deep the parser goes into brackets and compound commands.
const NESTING_LIMIT: usize = 40;

/// How many steps the parser takes. A command of [`LENGTH_LIMIT`] needs a fraction of them.
const STEP_LIMIT: usize = 200_000;

/// How many commands may be in one. More are asked.
const CALL_LIMIT: usize = 300;

/// How many commands are guessed at. More are asked.
const GUESS_LIMIT: usize = 10_000;

/// Why a script is unclear of which not every command was looked at.
pub(super) const TOO_MANY: &str = "it holds too many commands";

/// What a command does, as far as can be told.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// Every simple command in it, wherever it hides.
    pub(crate) calls: Vec<Call>,
    /// The files that it opens by redirection.
    pub(crate) files: Vec<FileUse>,
    /// Why not everything can be told. What is unclear is on no list.
    pub(crate) unclear: Vec<&'static str>,
}

/// One simple command.
#[derive(Debug)]
pub(crate) struct Call {
    /// The command and its arguments. Never empty.
    pub(crate) words: Vec<Word>,
    /// The command is written without quotes or escapes.
    pub(crate) plain: bool,
    /// What it runs in turn.
    pub(crate) inner: Option<Inner>,
}

/// What a command runs in turn.
#[derive(Debug)]
pub(crate) struct Inner {
    /// It does nothing else of note: `timeout 60 …`.
    pub(crate) transparent: bool,
    /// What is run.
    pub(crate) script: Script,
}

/// A file that a redirection opens.
#[derive(Debug)]
pub(crate) struct FileUse {
    pub(crate) path: Word,
    pub(crate) write: bool,
}

impl Script {
    /// Takes a command to pieces.
    pub(crate) fn read(source: &str) -> Self {
        let mut room = CALL_LIMIT;
        read(source, 0, &mut room)
    }

    /// Every call, those that other calls run included.
    pub(crate) fn every_call(&self) -> Vec<&Call> {
        let mut all = Vec::new();
        for script in self.every_script() {
            all.extend(&script.calls);
        }
        all
    }

    /// Every file that is opened, wherever.
    pub(crate) fn every_file(&self) -> Vec<&FileUse> {
        let mut all = Vec::new();
        for script in self.every_script() {
            all.extend(&script.files);
        }
        all
    }

    /// Whether something is unclear, wherever.
    pub(crate) fn doubt(&self) -> Option<&'static str> {
        let mut scripts = self.every_script().into_iter();
        scripts.find_map(|script| script.unclear.first().copied())
    }

    /// Whether the working directory changes, so that paths mean something else.
    pub(crate) fn moves(&self) -> bool {
        self.every_call()
            .iter()
            .any(|call| matches!(call.name(), Some("cd" | "pushd" | "popd" | "chdir")))
    }

    fn every_script(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for call in &self.calls {
            if let Some(inner) = &call.inner {
                all.extend(inner.script.every_script());
            }
        }
        all
    }

    fn doubts(&mut self, why: &'static str) {
        if !self.unclear.contains(&why) {
            self.unclear.push(why);
        }
    }

    fn unclear(why: &'static str) -> Self {
        Self {
            unclear: vec![why],
            ..Self::default()
        }
    }

    fn take(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.files.extend(other.files);
        for why in other.unclear {
            self.doubts(why);
        }
    }
}

impl Call {
    /// What is called, if that is known.
    pub(crate) fn name(&self) -> Option<&str> {
        self.words.first()?.literal()
    }

    /// The commands that an unknown program may run: any of its words can be the name of a command. Such a
    /// command can never be allowed, and is too uncertain to be denied.
    pub(crate) fn guesses(&self) -> Script {
        let mut room = GUESS_LIMIT;
        inner::guesses::of(self).map_or_else(Script::default, |runs| {
            Script::run(runs, false, 0, &mut room)
        })
    }

    /// The call, for people.
    pub(crate) fn shown(&self) -> String {
        let words: Vec<_> = self.words.iter().map(Word::shown).collect();
        words.join(" ")
    }

    fn new(words: Vec<Word>, plain: bool, depth: usize, room: &mut usize) -> Self {
        let inner = inner::of(&words).map(|(transparent, runs)| Inner {
            transparent,
            script: Script::run(runs, plain, depth, room),
        });
        Self {
            words,
            plain,
            inner,
        }
    }
}

impl Script {
    /// The commands that a call runs.
    fn run(runs: inner::Runs, plain: bool, depth: usize, room: &mut usize) -> Self {
        const UNKNOWN: &str = "it runs a command that is not known beforehand";
        let mut script = Self::default();
        match runs {
            _ if depth >= DEPTH_LIMIT => script.doubts("it is nested too deep"),
            inner::Runs::Unknown => script.doubts(UNKNOWN),
            inner::Runs::Script(source) => return read(&source, depth + 1, room),
            inner::Runs::Calls(calls) => {
                for words in calls {
                    script.call(words, plain, depth + 1, room);
                }
            }
            inner::Runs::Among { calls, scripts } => {
                script.doubts(UNKNOWN);
                for words in calls {
                    script.call(words, plain, depth + 1, room);
                }
                for source in scripts {
                    script.take(read(&source, depth + 1, room));
                }
            }
        }
        script
    }

    fn call(&mut self, words: Vec<Word>, plain: bool, depth: usize, room: &mut usize) {
        if *room == 0 {
            return self.doubts(TOO_MANY);
        }
        *room -= 1;
        if words.first().is_none_or(|name| name.literal().is_none()) {
            self.doubts("which command it runs is not known beforehand");
        }
        if !words.is_empty() {
            self.calls.push(Call::new(words, plain, depth, room));
        }
    }
}

/// A text that is a script by itself.
fn read(source: &str, depth: usize, room: &mut usize) -> Script {
    if depth > DEPTH_LIMIT {
        return Script::unclear("it is nested too deep");
    }
    if source.len() > LENGTH_LIMIT {
        return Script::unclear("it is too long");
    }
    if source.chars().any(plain::is_odd) {
        return Script::unclear("it holds letters that cannot be seen");
    }
    let Some(parsed) = parse(source) else {
        return Script::unclear("it cannot be parsed");
    };
    let mut script = Script::default();
    if !parsed.is_ok() {
        // What was understood of it can still be denied.
        script.doubts("it cannot be parsed");
    }
    walk::Walk {
        source,
        depth,
        room,
        script: &mut script,
        seen: Vec::new(),
        heredocs: 0,
    }
    .script(&parsed.file.body);
    script
}

/// `None` where the parser itself fails.
fn parse(source: &str) -> Option<ParseResult> {
    let shadow = plain::shadow(source);
    // It is somebody else's, and reads what anybody may write. It holds nothing between two calls.
    panic::catch_unwind(|| {
        let profile = ShellProfile::native(ShellDialect::Bash);
        Parser::with_limits_and_profile(&shadow, NESTING_LIMIT, STEP_LIMIT, profile).parse()
    })
    .ok()
}
