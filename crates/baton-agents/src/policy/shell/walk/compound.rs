//! Compound commands: groups, loops and choices.

use shuck_ast::{Command, CompoundCommand, ForCommand};

use super::Walk;
use super::words::ends_word;

/// Loop variables without a meaning in any shell. (`path` is the search path in zsh.)
const LOOP_NAMES: &[&str] = &[
    "file", "files", "dir", "name", "line", "item", "entry", "word", "test", "crate", "branch",
    "commit", "num", "pkg",
];

impl Walk<'_> {
    pub(super) fn compound(&mut self, command: &CompoundCommand) {
        match command {
            CompoundCommand::Subshell(body) => self.statements(body),
            CompoundCommand::BraceGroup(body) => {
                // A brace ends a group only as a word of its own: `}{` is the name of a command.
                let mut after = self.source.split('}').skip(1);
                if !after.all(|after| after.is_empty() || after.starts_with(ends_word)) {
                    self.script.doubts("it holds a brace that is not plain");
                }
                self.statements(body);
            }
            CompoundCommand::If(command) => {
                self.statements(&command.condition);
                self.statements(&command.then_branch);
                for (condition, branch) in &command.elif_branches {
                    self.statements(condition);
                    self.statements(branch);
                }
                if let Some(branch) = &command.else_branch {
                    self.statements(branch);
                }
            }
            CompoundCommand::While(command) => {
                self.statements(&command.condition);
                self.statements(&command.body);
            }
            CompoundCommand::Until(command) => {
                self.statements(&command.condition);
                self.statements(&command.body);
            }
            CompoundCommand::For(command) => self.for_loop(command),
            CompoundCommand::Case(command) => {
                self.word(&command.word);
                for case in &command.cases {
                    for pattern in &case.patterns {
                        self.pattern(pattern);
                    }
                    self.statements(&case.body);
                }
            }
            CompoundCommand::Time(command) => {
                if let Some(command) = &command.command {
                    if let Command::Simple(timed) = &command.command
                        && !timed.assignments.is_empty()
                    {
                        // In dash, `time` is a program, and `A=b` would be the program to run.
                        self.script.doubts("it sets a variable behind `time`");
                    }
                    self.statement(command);
                }
            }
            CompoundCommand::Conditional(command) => self.conditional(command),
            // The following forms are so rare that people are asked.
            CompoundCommand::Arithmetic(_) => self.arithmetic(),
            CompoundCommand::ArithmeticFor(command) => {
                self.arithmetic();
                self.statements(&command.body);
            }
            CompoundCommand::Select(command) => {
                self.script.doubts("it waits for a choice");
                self.statements(&command.body);
            }
            CompoundCommand::Coproc(command) => {
                self.script.doubts("it leaves a command running");
                self.statement(&command.body);
            }
            CompoundCommand::Repeat(command) => {
                self.script.doubts("it is not written for bash");
                self.statements(&command.body);
            }
            CompoundCommand::Foreach(command) => {
                self.script.doubts("it is not written for bash");
                self.statements(&command.body);
            }
            CompoundCommand::Always(command) => {
                self.script.doubts("it is not written for bash");
                self.statements(&command.body);
                self.statements(&command.always_body);
            }
        }
    }

    /// An array index in an arithmetic expression can hold a command.
    pub(super) fn arithmetic(&mut self) {
        self.script.doubts("it calculates");
    }

    fn for_loop(&mut self, command: &ForCommand) {
        for target in &command.targets {
            self.seen(target.span);
            let name = target.name.as_ref().map(shuck_ast::Name::as_str);
            if !name.is_some_and(|name| {
                LOOP_NAMES.contains(&name)
                    || (name.len() == 1 && name.bytes().all(|letter| letter.is_ascii_lowercase()))
            }) {
                self.script.doubts("it sets a variable");
            }
        }
        for word in command.words.iter().flatten() {
            self.word(word);
        }
        self.statements(&command.body);
    }
}
