//! Redirections and here-documents.

use shuck_ast::{Heredoc, HeredocBodyPart, Redirect, RedirectKind, RedirectTarget};

use super::super::FileUse;
use super::super::word::ShellWord;
use super::SyntaxWalk;
use super::word_expansion::{begins_word, holds_foreign};

impl SyntaxWalk<'_> {
    pub(super) fn walk_redirect(&mut self, redirect: &Redirect) {
        self.mark_seen(redirect.span);
        if redirect.fd_var.is_some() {
            self.script.add_doubt("it sets a variable");
        }
        if self.has_long_descriptor(redirect) {
            // For dash and zsh, only a single digit is a descriptor. The rest is an argument: `uniq a 10>b`.
            self.script
                .add_doubt("it contains a descriptor of more than one digit");
        }
        if self.is_range(redirect) {
            // For zsh, `<1-9>` is a pattern for file names.
            self.script
                .add_doubt("it contains a redirection that shells read differently");
        }
        let word = match &redirect.target {
            RedirectTarget::Word(word) => self.walk_word(word),
            RedirectTarget::Heredoc(heredoc) => return self.walk_heredoc(heredoc),
        };
        let is_descriptor = word.literal().is_some_and(|word| {
            word == "-" || (!word.is_empty() && word.bytes().all(|digit| digit.is_ascii_digit()))
        });
        let write = match redirect.kind {
            RedirectKind::HereDoc | RedirectKind::HereDocStrip | RedirectKind::HereString => return,
            RedirectKind::DupInput | RedirectKind::DupOutput if is_descriptor => return,
            RedirectKind::DupInput => {
                return self.script.add_doubt("it opens an unknown descriptor");
            }
            RedirectKind::Input => false,
            RedirectKind::Output
            | RedirectKind::Clobber
            | RedirectKind::Append
            | RedirectKind::OutputBoth
            | RedirectKind::DupOutput
            | RedirectKind::ReadWrite => true,
        };
        if word.literal() == Some("/dev/null") {
            return;
        }
        let begins_with = |text: &str| match &word {
            ShellWord::Literal(path) => path.starts_with(text),
            ShellWord::Begins(path) => path.starts_with(text) || text.starts_with(path.as_str()),
            ShellWord::Anything => true,
        };
        if begins_with("/dev/tcp/") || begins_with("/dev/udp/") {
            // bash opens a network connection for these paths.
            self.script.add_doubt("it may open a connection");
        }
        self.script.files.push(FileUse { path: word, write });
    }

    /// Whether several digits stand directly before the operator, and belong to no other word.
    fn has_long_descriptor(&self, redirect: &Redirect) -> bool {
        let begin = redirect.span.start.offset();
        let operator = |source: &str| source.find(['<', '>', '&']);
        let at = self.source.get(begin..).and_then(operator);
        let Some(before) = self.source.get(..begin + at.unwrap_or_default()) else {
            return true;
        };
        let word = before.trim_end_matches(|letter: char| letter.is_ascii_digit());
        before.len() - word.len() > 1 && (word.is_empty() || word.ends_with(begins_word))
    }

    /// Whether the redirection is a range such as `<1-9>`, or a part of one.
    fn is_range(&self, redirect: &Redirect) -> bool {
        let source = &self.source;
        let begin = redirect.span.start.offset();
        let text = source.get(begin..).unwrap_or_default();
        let text = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let digits = |text: &str| text.bytes().all(|letter| letter.is_ascii_digit());
        text.strip_prefix('<')
            .and_then(|text| text.split_once('>'))
            .and_then(|(range, _)| range.split_once('-'))
            .is_some_and(|(least, most)| digits(least) && digits(most))
    }

    /// Whether the operator is `&>` or `&>>`. In dash, `a &>b` is the command `a &` and then the redirection
    /// `>b`.
    pub(super) fn is_of_both(&self, redirect: &Redirect) -> bool {
        redirect.kind == RedirectKind::OutputBoth
            || self
                .source_slice(redirect.span)
                .is_none_or(|source| source.starts_with('&'))
    }

    fn walk_heredoc(&mut self, heredoc: &Heredoc) {
        self.heredocs += 1;
        let plain_delimiter = self
            .source_slice(heredoc.delimiter.span)
            .is_some_and(|delimiter| {
                let letters = delimiter.trim_matches(['\'', '"']);
                !letters.is_empty()
                    && letters
                        .chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            });
        if !plain_delimiter {
            self.script
                .add_doubt("it contains a here-document with an ambiguous end");
        }
        // If the end is missing, shells read the following text in different ways.
        let body = heredoc.body.span;
        let after = body.end.offset();
        let length = self
            .source
            .get(after..)
            .and_then(|after| end_of(after, heredoc));
        match length {
            Some(length) => self.seen.push(body.start.offset()..after + length),
            None => self
                .script
                .add_doubt("it contains a here-document without an end"),
        }
        if !heredoc.delimiter.expands_body {
            return;
        }
        for part in &heredoc.body.parts {
            match &part.kind {
                HeredocBodyPart::Variable(_) | HeredocBodyPart::Parameter(_) => {
                    self.check_expansion(part.span);
                }
                HeredocBodyPart::Literal(_) => {
                    // The parser should have found all expansions. A remaining one is escaped, or was missed.
                    let text = self.source_slice(part.span).unwrap_or("`");
                    if ["`", "$(", "${", "$["]
                        .iter()
                        .any(|sign| text.contains(sign))
                        || holds_foreign(text)
                    {
                        self.script
                            .add_doubt("it contains a here-document that may run a command");
                    }
                }
                HeredocBodyPart::CommandSubstitution { syntax, .. } => {
                    self.walk_substitution(part.span, *syntax);
                }
                HeredocBodyPart::ArithmeticExpansion { .. } => self.doubt_arithmetic(),
            }
        }
    }
}

/// The length up to the end of the line that ends the here-document, if this line comes next.
fn end_of(after: &str, heredoc: &Heredoc) -> Option<usize> {
    let line = after.strip_prefix('\n').unwrap_or(after);
    let line = if heredoc.delimiter.strip_tabs {
        line.trim_start_matches('\t')
    } else {
        line
    };
    let rest = line.strip_prefix(heredoc.delimiter.cooked.as_str())?;
    let ends = rest.is_empty() || rest.starts_with('\n');
    ends.then_some(after.len() - rest.len())
}
