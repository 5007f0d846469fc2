//! Turns the syntax tree into calls. Unsupported syntax makes the command unclear. The visible parts of such
//! a command are examined nevertheless, because they can still be denied.

mod compound;
mod conditions;
mod redirects;
mod words;

use std::ops::Range;

use shuck_ast::{
    Assignment, AssignmentValue, BackgroundOperator, BinaryCommand, BinaryOp, BuiltinCommand,
    Command, Comment, CompoundCommand, DeclClause, DeclOperand, Redirect, SimpleCommand,
    SourceText, Span, Stmt, StmtSeq, StmtTerminator,
};

use super::word::Word;
use super::{Script, rest};

pub(super) struct Walk<'a> {
    pub(super) source: &'a str,
    pub(super) depth: usize,
    /// The remaining number of calls.
    pub(super) room: &'a mut usize,
    pub(super) script: &'a mut Script,
    /// The examined parts of the source: words, redirections and comments.
    pub(super) seen: Vec<Range<usize>>,
    /// The number of here-documents.
    pub(super) heredocs: usize,
}

/// Variables that a command line may set, with their harmless values. An empty list means any value.
const HARMLESS: &[(&str, &[&str])] = &[
    ("RUST_BACKTRACE", &[]),
    ("RUST_LOG", &[]),
    ("NO_COLOR", &[]),
    ("FORCE_COLOR", &[]),
    ("CLICOLOR", &[]),
    ("CI", &[]),
    ("LC_ALL", &["C", "POSIX", "C.UTF-8", "en_US.UTF-8"]),
    ("LANG", &["C", "POSIX", "C.UTF-8", "en_US.UTF-8"]),
];

impl<'a> Walk<'a> {
    /// Walks through a whole script.
    pub(super) fn script(mut self, statements: &StmtSeq) {
        self.statements(statements);
        if self.heredocs > 1 {
            self.script.doubts("it holds several texts");
        }
        if self.heredocs > 0 && self.source.contains("\\\n") {
            // Shells and parsers disagree about the beginning and end of the here-document.
            self.script
                .doubts("it holds a text, and a line that goes on");
        }
        let mut lines = self.source.split("\\\n").peekable();
        while let Some(line) = lines.next() {
            let joined = lines.peek().is_some() && !line.ends_with([' ', '\t']);
            if joined && !line.is_empty() {
                // Shells join the halves of a word, but some parsers do not.
                self.script
                    .doubts("it holds a line that goes on within a word");
            }
        }
        if !rest::is_plain(self.source, self.seen) {
            // The parser skipped text that may have a meaning in a shell.
            self.script.doubts("it holds something that is not plain");
        }
    }

    fn statements(&mut self, statements: &StmtSeq) {
        self.comments(&statements.leading_comments);
        self.comments(&statements.trailing_comments);
        for statement in statements.iter() {
            self.statement(statement);
        }
        for pair in statements.as_slice().windows(2) {
            let between = pair[0].span.end.offset()..pair[1].span.start.offset();
            let between = self.source.get(between).unwrap_or_default();
            let heredoc = self
                .slice(pair[0].span)
                .is_some_and(|text| text.ends_with('\n'));
            if pair[0].terminator.is_none() && !between.contains('\n') && !heredoc {
                self.script
                    .doubts("it holds two commands with nothing between them");
            }
        }
    }

    fn comments(&mut self, comments: &[Comment]) {
        for comment in comments {
            let range = comment.range;
            self.seen.push(range.start().into()..range.end().into());
        }
    }

    fn seen(&mut self, span: Span) {
        self.seen.push(span.start.offset()..span.end.offset());
    }

    fn statement(&mut self, statement: &Stmt) {
        self.comments(&statement.leading_comments);
        self.comments(statement.inline_comment.as_slice());
        if let Some(StmtTerminator::Background(how)) = statement.terminator
            && how != BackgroundOperator::Plain
        {
            self.script.doubts("it is not written for bash");
        }
        for redirect in &statement.redirects {
            self.redirect(redirect);
        }
        let begin = self.slice(statement.span).unwrap_or_default();
        if statement.negated && !begin.starts_with("! ") {
            // `!x` is the name of a command.
            self.script.doubts("it holds a `!` that is not plain");
        }
        let leads =
            |redirect: &Redirect| redirect.span.start.offset() <= statement.span.start.offset();
        if !matches!(statement.command, Command::Simple(_)) && statement.redirects.iter().any(leads)
        {
            self.script
                .doubts("it holds a redirection where none belongs");
        }
        let before = self.seen.len();
        self.command(&statement.command);
        let both = statement.redirects.iter().filter(|it| self.is_of_both(it));
        if let Some(first) = both.map(|it| it.span.end.offset()).min()
            && self.seen[before..].iter().any(|seen| seen.start >= first)
        {
            // For dash, the words after `&>file` are another command.
            self.script.doubts("it holds words behind `&>`");
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(command) => self.simple(command),
            Command::Binary(BinaryCommand {
                left, op, right, ..
            }) => {
                let pipes = matches!(op, BinaryOp::Pipe | BinaryOp::PipeAll);
                if pipes && matches!(&right.command, Command::Compound(CompoundCommand::Time(_))) {
                    // Only at the beginning of a pipe is `time` a word of the shell.
                    self.script.doubts("it runs a program called `time`");
                }
                self.statement(left);
                self.statement(right);
            }
            Command::Compound(command) => self.compound(command),
            Command::Builtin(command) => self.builtin(command),
            Command::Decl(command) => self.declaration(command),
            Command::Function(function) => {
                self.script.doubts("it gives a command another meaning");
                self.statement(&function.body);
            }
            Command::AnonymousFunction(function) => {
                self.script.doubts("it defines a function");
                self.statement(&function.body);
            }
        }
    }

    fn simple(&mut self, command: &SimpleCommand) {
        let name = self.word(&command.name);
        let alone = name.literal() == Some("") && command.args.is_empty();
        for assignment in &command.assignments {
            self.assignment(assignment, alone);
        }
        // Only assignments or redirections.
        if alone && command.assignments.is_empty() {
            // zsh shows such a file with a program.
            self.script.doubts("it opens a file without a command");
        }
        if alone && self.slice(command.name.span).is_none_or(str::is_empty) {
            return;
        }
        let mut words = vec![name];
        words.extend(command.args.iter().map(|word| self.word(word)));
        let plain = self
            .slice(command.name.span)
            .is_some_and(|name| Some(name) == words[0].literal());
        self.call(words, plain);
    }

    fn call(&mut self, words: Vec<Word>, plain: bool) {
        self.script.call(words, plain, self.depth, self.room);
    }

    fn assignment(&mut self, assignment: &Assignment, alone: bool) {
        self.seen(assignment.span);
        let value = match &assignment.value {
            AssignmentValue::Scalar(word) => self.word(word),
            AssignmentValue::Compound(_) => Word::Anything,
        };
        let harmless = HARMLESS.iter().any(|(name, values)| {
            *name == assignment.target.name.as_str()
                && value
                    .literal()
                    .is_some_and(|value| values.is_empty() || values.contains(&value))
        });
        let simple = assignment.target.subscript.is_none() && !assignment.append;
        if alone || !harmless || !simple {
            self.script.doubts("it sets a variable");
        }
    }

    fn declaration(&mut self, command: &DeclClause) {
        self.script.doubts("it sets a variable");
        let mut words = vec![Word::Literal(command.variant.to_string())];
        for operand in &command.operands {
            words.push(match operand {
                DeclOperand::Flag(word) | DeclOperand::Dynamic(word) => self.word(word),
                DeclOperand::Name(_) => Word::Anything,
                DeclOperand::Assignment(assignment) => {
                    self.assignment(assignment, true);
                    Word::Anything
                }
            });
        }
        self.call(words, false);
    }

    fn builtin(&mut self, command: &BuiltinCommand) {
        let (name, first, rest, assignments) = match command {
            BuiltinCommand::Break(c) => ("break", &c.depth, &c.extra_args, &c.assignments),
            BuiltinCommand::Continue(c) => ("continue", &c.depth, &c.extra_args, &c.assignments),
            BuiltinCommand::Return(c) => ("return", &c.code, &c.extra_args, &c.assignments),
            BuiltinCommand::Exit(c) => ("exit", &c.code, &c.extra_args, &c.assignments),
        };
        for assignment in assignments {
            self.assignment(assignment, true);
        }
        let mut words = vec![Word::Literal(name.to_owned())];
        words.extend(first.iter().chain(rest).map(|word| self.word(word)));
        self.call(words, true);
    }

    /// A text as written; `None` if the parser changed it.
    fn text(&self, text: &SourceText) -> Option<&'a str> {
        text.is_source_backed()
            .then(|| self.slice(text.span()))
            .flatten()
    }

    fn slice(&self, span: Span) -> Option<&'a str> {
        self.source.get(span.start.offset()..span.end.offset())
    }
}
