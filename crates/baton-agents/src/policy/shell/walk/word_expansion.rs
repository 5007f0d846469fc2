//! Words, and the commands that run during the expansion of words.

use shuck_ast::{CommandSubstitutionSyntax, LiteralText, Span, WordPart, WordPartNode};

use super::super::script_parser::parse_script;
use super::super::unquoted_text;
use super::super::word::{ShellWord, WordBuilder};
use super::SyntaxWalk;

impl SyntaxWalk<'_> {
    /// The known text of a word before the expansion. Commands in the word are added to the script.
    pub(super) fn walk_word(&mut self, word: &shuck_ast::Word) -> ShellWord {
        self.mark_seen(word.span);
        let mut builder = WordBuilder::default();
        let source = self.source_slice(word.span).unwrap_or_default();
        // A list in braces can contain quotes, so no single part shows the whole list.
        let braces = source.contains('{') && (source.contains(',') || source.contains(".."));
        let quoted = !word.parts.is_empty() && word.parts.iter().all(|part| part.kind.is_quoted());
        if braces && !quoted {
            builder.add_unknown();
        }
        for part in &word.parts {
            self.walk_part(part, false, &mut builder);
        }
        self.check_braces(&word.parts);
        match builder.into_word() {
            // zsh replaces `=command` with the path of the command.
            _ if source.starts_with('=') && !matches!(source, "=" | "==") => ShellWord::Anything,
            // A home directory, or an earlier directory (`~-`).
            ShellWord::Literal(text) if source.starts_with('~') => match text.split_once('/') {
                Some(("~", _)) => ShellWord::Begins("~/".to_owned()),
                None if text == "~" => ShellWord::Begins("~".to_owned()),
                _ => ShellWord::Anything,
            },
            word => word,
        }
    }

    fn walk_part(&mut self, part: &WordPartNode, quoted: bool, word: &mut WordBuilder) {
        self.check_closed(part);
        match &part.kind {
            WordPart::Literal(text) if quoted => self.walk_quoted(text, part.span, word),
            WordPart::Literal(text) => self.walk_unquoted(text, part.span, word),
            WordPart::SingleQuoted { value, dollar } => {
                if *dollar {
                    self.check_same_end(part.span);
                }
                match self.source_text(value) {
                    Some(value) if !*dollar => word.add_text(value),
                    // Shells differ in the escapes of `$'…'`.
                    _ => word.add_unknown(),
                }
            }
            WordPart::DoubleQuoted { parts, dollar } => {
                if *dollar {
                    word.add_unknown();
                }
                for part in parts {
                    self.walk_part(part, true, word);
                }
            }
            WordPart::Variable(name) => {
                self.check_expansion(part.span);
                add_expansion(name.as_str() == "@", quoted, word);
            }
            WordPart::CommandSubstitution { syntax, .. } => {
                self.walk_substitution(part.span, *syntax);
                add_expansion(false, quoted, word);
            }
            WordPart::ProcessSubstitution { .. } => {
                self.walk_process_substitution(part.span);
                word.add_text("/dev/fd/");
                word.add_unknown();
            }
            WordPart::Parameter(_) => {
                self.check_expansion(part.span);
                add_expansion(self.source_slice(part.span) == Some("${@}"), quoted, word);
            }
            WordPart::ArithmeticExpansion { expression, .. } => {
                // In `$((1) )`, some shells run a command called `1`. Only a sum in every shell counts as a
                // sum.
                let sum = self.source_text(expression);
                let whole = self
                    .source_slice(part.span)
                    .and_then(|text| text_between(text, "$((", "))"));
                let is_sum = |c: char| c.is_ascii_digit() || " +-*/%".contains(c);
                if sum != whole || !sum.is_some_and(|sum| sum.chars().all(is_sum)) {
                    self.doubt_arithmetic();
                }
                add_expansion(false, quoted, word);
            }
            WordPart::ZshQualifiedGlob(_)
            | WordPart::ParameterExpansion { .. }
            | WordPart::Length(_)
            | WordPart::ArrayAccess(_)
            | WordPart::ArrayLength(_)
            | WordPart::ArrayIndices(_)
            | WordPart::Substring { .. }
            | WordPart::ArraySlice { .. }
            | WordPart::IndirectExpansion { .. }
            | WordPart::PrefixMatch { .. }
            | WordPart::Transformation { .. } => {
                self.script
                    .add_doubt("it changes a variable while reading it");
                word.add_unknown_words();
            }
        }
    }

    pub(super) fn walk_unquoted(&mut self, text: &LiteralText, span: Span, word: &mut WordBuilder) {
        let source = match text {
            // The parser's own text may differ from the shell's text, for example in escapes.
            LiteralText::Owned(text) | LiteralText::CookedSource(text)
                if text.contains(['\\', unquoted_text::STAND_IN]) =>
            {
                None
            }
            LiteralText::Owned(text) => Some(&**text),
            LiteralText::Source | LiteralText::CookedSource(_) => self.source_slice(span),
        };
        let Some(read) = source.and_then(unquoted_text::parse_unquoted) else {
            self.script
                .add_doubt("it contains special characters of the shell");
            return word.add_unknown_words();
        };
        word.add_text(&read.text);
        if read.open {
            word.add_unknown();
        }
    }

    fn walk_quoted(&mut self, text: &LiteralText, span: Span, word: &mut WordBuilder) {
        let Some(source) = self.source_slice(span) else {
            self.script
                .add_doubt("it contains an ambiguous quoted text");
            return word.add_unknown();
        };
        match text {
            LiteralText::Source if !source.contains('\\') => {
                if source.contains(['`', '"']) || holds_expansion(source) {
                    self.script
                        .add_doubt("it contains an ambiguous quoted text");
                    return word.add_unknown();
                }
                word.add_text(source);
            }
            LiteralText::Source | LiteralText::CookedSource(_) => {
                let mut letters = source.chars().peekable();
                while let Some(letter) = letters.next() {
                    match letter {
                        '$' if letters.peek().is_some_and(|next| is_foreign(*next)) => {
                            self.script.add_doubt("it is not written for bash");
                            return word.add_unknown();
                        }
                        '\\' => match letters.next() {
                            Some(escaped @ ('$' | '`' | '"' | '\\')) => {
                                word.add_text(escaped.encode_utf8(&mut [0; 4]));
                            }
                            Some('\n') => {}
                            Some(other) => {
                                word.add_text("\\");
                                word.add_text(other.encode_utf8(&mut [0; 4]));
                            }
                            None => word.add_text("\\"),
                        },
                        '`' => {
                            self.script
                                .add_doubt("it contains an ambiguous quoted text");
                            return word.add_unknown();
                        }
                        letter => word.add_text(letter.encode_utf8(&mut [0; 4])),
                    }
                }
            }
            LiteralText::Owned(_) => {
                self.script
                    .add_doubt("it contains an ambiguous quoted text");
                word.add_unknown();
            }
        }
    }

    /// Checks the end of `$'…'`. dash knows no escapes there, so with `\'` the text ends elsewhere than in
    /// bash.
    fn check_same_end(&mut self, span: Span) {
        let inside = self
            .source_slice(span)
            .and_then(|source| text_between(source, "$'", "'"));
        let alike = inside.is_some_and(|inside| {
            let escapes = inside.len() - inside.trim_end_matches('\\').len();
            !inside.contains('\'') && escapes % 2 == 0
        });
        if !alike {
            self.script
                .add_doubt("it contains a quoted text that shells end at different places");
        }
    }

    /// Checks for a `}` without a `{` in the same word. In zsh, such a brace ends a group even as an
    /// argument: in `{ echo a } always { ls; }`, zsh runs `ls`.
    fn check_braces(&mut self, parts: &[WordPartNode]) {
        let mut open = 0_usize;
        for part in parts {
            if !matches!(part.kind, WordPart::Literal(_)) {
                continue;
            }
            let mut letters = self.source_slice(part.span).unwrap_or("}").chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => drop(letters.next()),
                    '{' => open += 1,
                    '}' if open == 0 => {
                        return self.script.add_doubt("it contains an ambiguous brace");
                    }
                    '}' => open -= 1,
                    _ => {}
                }
            }
        }
    }

    /// Checks that a quote is closed. An open quote would continue out of the parser's view.
    fn check_closed(&mut self, part: &WordPartNode) {
        let quote = match part.kind {
            WordPart::SingleQuoted { .. } => "'",
            WordPart::DoubleQuoted { .. } => "\"",
            _ => return,
        };
        let source = self.source_slice(part.span).unwrap_or_default();
        let source = source.strip_prefix('$').unwrap_or(source);
        if text_between(source, quote, quote).is_none() {
            self.script.add_doubt("it contains an open quote");
        }
    }

    /// Checks that a variable is only read: `$X`, `${X}`, `${#X}`, `$?`. Other forms can set a variable or
    /// run something.
    pub(super) fn check_expansion(&mut self, span: Span) {
        let source = self.source_slice(span).unwrap_or_default();
        let name = match source.strip_prefix("${") {
            Some(rest) => rest.strip_suffix('}').map(|name| {
                let length = name.strip_prefix('#').filter(|name| !name.is_empty());
                length.unwrap_or(name)
            }),
            None => source.strip_prefix('$'),
        };
        let is_name = |name: &str| {
            let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            matches!(name, "@" | "*" | "#" | "?" | "-" | "$" | "!")
                || (!name.is_empty() && name.chars().all(letters))
        };
        if !name.is_some_and(is_name) {
            self.script
                .add_doubt("it changes a variable while reading it");
        }
        // zsh takes `$x[…]` and `$#x[…]` for an array index, and evaluates the index.
        let after = self.source.get(span.end.offset()..).unwrap_or_default();
        let after =
            after.trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
        if !source.starts_with("${") && after.starts_with('[') {
            self.doubt_arithmetic();
        }
    }

    pub(super) fn walk_substitution(&mut self, span: Span, syntax: CommandSubstitutionSyntax) {
        let source = self.source_slice(span).unwrap_or_default();
        let inside = match syntax {
            CommandSubstitutionSyntax::DollarParen => text_between(source, "$(", ")"),
            // The meaning of a backslash in backticks depends on the depth of nesting.
            CommandSubstitutionSyntax::Backtick => {
                text_between(source, "`", "`").filter(|inside| !inside.contains(['\\', '`']))
            }
        };
        self.walk_inside(inside);
    }

    fn walk_process_substitution(&mut self, span: Span) {
        let before = self.source.get(..span.start.offset()).unwrap_or("x");
        let after = self.source.get(span.end.offset()..).unwrap_or("x");
        let alone = before.ends_with(|letter: char| letter.is_ascii_whitespace())
            && (after.is_empty() || after.starts_with(ends_word));
        if !alone {
            // Shells and parsers disagree whether the substitution belongs to the word before it.
            self.script
                .add_doubt("it runs a command in the middle of a word");
        }
        let source = self.source_slice(span).unwrap_or_default();
        self.walk_inside(
            text_between(source, "<(", ")").or_else(|| text_between(source, ">(", ")")),
        );
    }

    fn walk_inside(&mut self, source: Option<&str>) {
        match source {
            Some(source) => {
                let inside = parse_script(source, self.depth + 1, self.room);
                self.script.merge_script(inside);
            }
            None => self
                .script
                .add_doubt("it runs a command in an ambiguous form"),
        }
    }
}

/// Adds a text that is unknown before the run.
fn add_expansion(many: bool, quoted: bool, word: &mut WordBuilder) {
    if quoted && !many {
        word.add_unknown();
    } else {
        word.add_unknown_words();
    }
}

fn holds_expansion(text: &str) -> bool {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        if letter == '$'
            && next.is_some_and(|next| {
                next.is_ascii_alphanumeric()
                    || is_foreign(*next)
                    || matches!(
                        next,
                        '_' | '(' | '{' | '[' | '@' | '*' | '#' | '?' | '!' | '$' | '-'
                    )
            })
        {
            return true;
        }
    }
    false
}

/// Whether zsh alone knows the character after a `$`: `$=x`.
fn is_foreign(letter: char) -> bool {
    matches!(letter, '=' | '^' | '~' | '+')
}

/// Whether a text holds an expansion that only zsh knows.
pub(super) fn holds_foreign(text: &str) -> bool {
    let mut after = text.split('$').skip(1);
    after.any(|after| after.starts_with(is_foreign))
}

fn text_between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(begin)?.strip_suffix(end)
}

/// Whether a character ends a word outside of quotes.
pub(super) fn ends_word(letter: char) -> bool {
    letter.is_ascii_whitespace() || matches!(letter, ';' | '&' | '|' | ')' | '<' | '>')
}

/// Whether a word can begin after this character, outside of quotes.
pub(super) fn begins_word(letter: char) -> bool {
    letter.is_ascii_whitespace() || matches!(letter, ';' | '&' | '|' | '(' | ')' | '`' | '{' | '}')
}
