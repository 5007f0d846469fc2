//! Turns the syntax tree into calls. Unsupported syntax makes the command unclear. The visible parts of such
//! a command are examined nevertheless, because they can still be denied.

mod compound_commands;
mod conditions;
mod redirects;
mod word_expansion;

use std::ops::Range;

use shuck_ast::{
    Assignment, AssignmentValue, BackgroundOperator, BinaryCommand, BinaryOp, BuiltinCommand,
    Command, Comment, CompoundCommand, DeclClause, DeclOperand, Redirect, SimpleCommand,
    SourceText, Span, Stmt, StmtSeq, StmtTerminator,
};

use super::word::ShellWord;
use super::{ShellScript, skipped_text};

pub(super) struct SyntaxWalk<'a> {
    pub(super) source: &'a str,
    pub(super) depth: usize,
    /// The remaining number of calls.
    pub(super) room: &'a mut usize,
    pub(super) script: &'a mut ShellScript,
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

impl<'a> SyntaxWalk<'a> {
    /// Walks through a whole script.
    pub(super) fn walk_script(mut self, statements: &StmtSeq) {
        self.walk_statements(statements);
        if self.heredocs > 1 {
            self.script.add_doubt("it contains several here-documents");
        }
        if self.heredocs > 0 && self.source.contains("\\\n") {
            // Shells and parsers disagree about the beginning and end of the here-document.
            self.script
                .add_doubt("it contains a here-document and a continued line");
        }
        let mut lines = self.source.split("\\\n").peekable();
        while let Some(line) = lines.next() {
            let joined = lines.peek().is_some() && !line.ends_with([' ', '\t']);
            if joined && !line.is_empty() {
                // Shells join the halves of a word, but some parsers do not.
                self.script
                    .add_doubt("it contains a line break within a word");
            }
        }
        if !skipped_text::is_plain(self.source, self.seen) {
            // The parser skipped text that may have a meaning in a shell.
            self.script
                .add_doubt("it contains a part that shells may read differently");
        }
    }

    fn walk_statements(&mut self, statements: &StmtSeq) {
        self.mark_comments(&statements.leading_comments);
        self.mark_comments(&statements.trailing_comments);
        for statement in statements.iter() {
            self.walk_statement(statement);
        }
        for pair in statements.as_slice().windows(2) {
            let between = pair[0].span.end.offset()..pair[1].span.start.offset();
            let between = self.source.get(between).unwrap_or_default();
            let heredoc = self
                .source_slice(pair[0].span)
                .is_some_and(|text| text.ends_with('\n'));
            if pair[0].terminator.is_none() && !between.contains('\n') && !heredoc {
                self.script
                    .add_doubt("it contains two commands without a separator");
            }
        }
    }

    fn mark_comments(&mut self, comments: &[Comment]) {
        for comment in comments {
            let range = comment.range;
            self.seen.push(range.start().into()..range.end().into());
        }
    }

    fn mark_seen(&mut self, span: Span) {
        self.seen.push(span.start.offset()..span.end.offset());
    }

    fn walk_statement(&mut self, statement: &Stmt) {
        self.mark_comments(&statement.leading_comments);
        self.mark_comments(statement.inline_comment.as_slice());
        if let Some(StmtTerminator::Background(how)) = statement.terminator
            && how != BackgroundOperator::Plain
        {
            self.script.add_doubt("it is not written for bash");
        }
        for redirect in &statement.redirects {
            self.walk_redirect(redirect);
        }
        let begin = self.source_slice(statement.span).unwrap_or_default();
        if statement.negated && !begin.starts_with("! ") {
            // `!x` is the name of a command.
            self.script.add_doubt("it contains an ambiguous `!`");
        }
        let leads =
            |redirect: &Redirect| redirect.span.start.offset() <= statement.span.start.offset();
        if !matches!(statement.command, Command::Simple(_)) && statement.redirects.iter().any(leads)
        {
            self.script
                .add_doubt("it contains a redirection before a compound command");
        }
        let before = self.seen.len();
        self.walk_command(&statement.command);
        let both = statement.redirects.iter().filter(|it| self.is_of_both(it));
        if let Some(first) = both.map(|it| it.span.end.offset()).min()
            && self.seen[before..].iter().any(|seen| seen.start >= first)
        {
            // For dash, the words after `&>file` are another command.
            self.script.add_doubt("it contains words after `&>`");
        }
    }

    fn walk_command(&mut self, command: &Command) {
        match command {
            Command::Simple(command) => self.walk_simple(command),
            Command::Binary(BinaryCommand {
                left, op, right, ..
            }) => {
                let pipes = matches!(op, BinaryOp::Pipe | BinaryOp::PipeAll);
                if pipes && matches!(&right.command, Command::Compound(CompoundCommand::Time(_))) {
                    // Only at the beginning of a pipe is `time` a word of the shell.
                    self.script.add_doubt("it runs a program called `time`");
                }
                self.walk_statement(left);
                self.walk_statement(right);
            }
            Command::Compound(command) => self.walk_compound(command),
            Command::Builtin(command) => self.walk_builtin(command),
            Command::Decl(command) => self.walk_declaration(command),
            Command::Function(function) => {
                self.script.add_doubt("it gives a command another meaning");
                self.walk_statement(&function.body);
            }
            Command::AnonymousFunction(function) => {
                self.script.add_doubt("it defines a function");
                self.walk_statement(&function.body);
            }
        }
    }

    fn walk_simple(&mut self, command: &SimpleCommand) {
        let name = self.walk_word(&command.name);
        let alone = name.literal() == Some("") && command.args.is_empty();
        for assignment in &command.assignments {
            self.walk_assignment(assignment, alone);
        }
        // Only assignments or redirections.
        if alone && command.assignments.is_empty() {
            // zsh shows such a file with a program.
            self.script.add_doubt("it opens a file without a command");
        }
        if alone
            && self
                .source_slice(command.name.span)
                .is_none_or(str::is_empty)
        {
            return;
        }
        let mut words = vec![name];
        words.extend(command.args.iter().map(|word| self.walk_word(word)));
        let plain = self
            .source_slice(command.name.span)
            .is_some_and(|name| Some(name) == words[0].literal());
        self.add_call(words, plain);
    }

    fn add_call(&mut self, words: Vec<ShellWord>, plain: bool) {
        self.script.add_call(words, plain, self.depth, self.room);
    }

    fn walk_assignment(&mut self, assignment: &Assignment, alone: bool) {
        self.mark_seen(assignment.span);
        let value = match &assignment.value {
            AssignmentValue::Scalar(word) => self.walk_word(word),
            AssignmentValue::Compound(_) => ShellWord::Anything,
        };
        let harmless = HARMLESS.iter().any(|(name, values)| {
            *name == assignment.target.name.as_str()
                && value
                    .literal()
                    .is_some_and(|value| values.is_empty() || values.contains(&value))
        });
        let simple = assignment.target.subscript.is_none() && !assignment.append;
        if alone || !harmless || !simple {
            self.script.add_doubt("it sets a variable");
        }
    }

    fn walk_declaration(&mut self, command: &DeclClause) {
        self.script.add_doubt("it sets a variable");
        let mut words = vec![ShellWord::Literal(command.variant.to_string())];
        for operand in &command.operands {
            words.push(match operand {
                DeclOperand::Flag(word) | DeclOperand::Dynamic(word) => self.walk_word(word),
                DeclOperand::Name(_) => ShellWord::Anything,
                DeclOperand::Assignment(assignment) => {
                    self.walk_assignment(assignment, true);
                    ShellWord::Anything
                }
            });
        }
        self.add_call(words, false);
    }

    fn walk_builtin(&mut self, command: &BuiltinCommand) {
        let (name, first, rest, assignments) = match command {
            BuiltinCommand::Break(c) => ("break", &c.depth, &c.extra_args, &c.assignments),
            BuiltinCommand::Continue(c) => ("continue", &c.depth, &c.extra_args, &c.assignments),
            BuiltinCommand::Return(c) => ("return", &c.code, &c.extra_args, &c.assignments),
            BuiltinCommand::Exit(c) => ("exit", &c.code, &c.extra_args, &c.assignments),
        };
        for assignment in assignments {
            self.walk_assignment(assignment, true);
        }
        let mut words = vec![ShellWord::Literal(name.to_owned())];
        words.extend(first.iter().chain(rest).map(|word| self.walk_word(word)));
        self.add_call(words, true);
    }

    /// A text as written; `None` if the parser changed it.
    fn source_text(&self, text: &SourceText) -> Option<&'a str> {
        text.is_source_backed()
            .then(|| self.source_slice(text.span()))
            .flatten()
    }

    fn source_slice(&self, span: Span) -> Option<&'a str> {
        self.source.get(span.start.offset()..span.end.offset())
    }
}
