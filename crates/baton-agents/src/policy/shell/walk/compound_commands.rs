//! Compound commands: groups, loops and choices.

use shuck_ast::{Command, CompoundCommand, ForCommand};

use super::SyntaxWalk;
use super::word_expansion::ends_word;

/// Loop variables without a meaning in any shell. (`path` is the search path in zsh.)
const LOOP_NAMES: &[&str] = &[
    "file", "files", "dir", "name", "line", "item", "entry", "word", "test", "crate", "branch",
    "commit", "num", "pkg",
];

impl SyntaxWalk<'_> {
    pub(super) fn walk_compound(&mut self, command: &CompoundCommand) {
        match command {
            CompoundCommand::Subshell(body) => self.walk_statements(body),
            CompoundCommand::BraceGroup(body) => {
                // A brace ends a group only as a word of its own: `}{` is the name of a command.
                let mut after = self.source.split('}').skip(1);
                if !after.all(|after| after.is_empty() || after.starts_with(ends_word)) {
                    self.script.add_doubt("it contains an ambiguous brace");
                }
                self.walk_statements(body);
            }
            CompoundCommand::If(command) => {
                self.walk_statements(&command.condition);
                self.walk_statements(&command.then_branch);
                for (condition, branch) in &command.elif_branches {
                    self.walk_statements(condition);
                    self.walk_statements(branch);
                }
                if let Some(branch) = &command.else_branch {
                    self.walk_statements(branch);
                }
            }
            CompoundCommand::While(command) => {
                self.walk_statements(&command.condition);
                self.walk_statements(&command.body);
            }
            CompoundCommand::Until(command) => {
                self.walk_statements(&command.condition);
                self.walk_statements(&command.body);
            }
            CompoundCommand::For(command) => self.walk_for(command),
            CompoundCommand::Case(command) => {
                self.walk_word(&command.word);
                for case in &command.cases {
                    for pattern in &case.patterns {
                        self.walk_pattern(pattern);
                    }
                    self.walk_statements(&case.body);
                }
            }
            CompoundCommand::Time(command) => {
                if let Some(command) = &command.command {
                    if let Command::Simple(timed) = &command.command
                        && !timed.assignments.is_empty()
                    {
                        // In dash, `time` is a program, and `A=b` would be the program to run.
                        self.script.add_doubt("it sets a variable after `time`");
                    }
                    self.walk_statement(command);
                }
            }
            CompoundCommand::Conditional(command) => self.walk_conditional(command),
            // The following forms are so rare that people are asked.
            CompoundCommand::Arithmetic(_) => self.doubt_arithmetic(),
            CompoundCommand::ArithmeticFor(command) => {
                self.doubt_arithmetic();
                self.walk_statements(&command.body);
            }
            CompoundCommand::Select(command) => {
                self.script.add_doubt("it waits for a choice");
                self.walk_statements(&command.body);
            }
            CompoundCommand::Coproc(command) => {
                self.script.add_doubt("it leaves a command running");
                self.walk_statement(&command.body);
            }
            CompoundCommand::Repeat(command) => {
                self.script.add_doubt("it is not written for bash");
                self.walk_statements(&command.body);
            }
            CompoundCommand::Foreach(command) => {
                self.script.add_doubt("it is not written for bash");
                self.walk_statements(&command.body);
            }
            CompoundCommand::Always(command) => {
                self.script.add_doubt("it is not written for bash");
                self.walk_statements(&command.body);
                self.walk_statements(&command.always_body);
            }
        }
    }

    /// An array index in an arithmetic expression can hold a command.
    pub(super) fn doubt_arithmetic(&mut self) {
        self.script.add_doubt("it calculates");
    }

    fn walk_for(&mut self, command: &ForCommand) {
        for target in &command.targets {
            self.mark_seen(target.span);
            let name = target.name.as_ref().map(shuck_ast::Name::as_str);
            if !name.is_some_and(|name| {
                LOOP_NAMES.contains(&name)
                    || (name.len() == 1 && name.bytes().all(|letter| letter.is_ascii_lowercase()))
            }) {
                self.script.add_doubt("it sets a variable");
            }
        }
        for word in command.words.iter().flatten() {
            self.walk_word(word);
        }
        self.walk_statements(&command.body);
    }
}
