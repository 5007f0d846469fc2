//! Conditions in `[[ … ]]`, and patterns in conditions and in `case`.
//!
//! For dash, `[[` is the name of a command. In its arguments, `&&`, `||`, `<`, `>` and the end of a line keep
//! their usual meaning: `[[ a || b ]]` runs `b`.

use shuck_ast::{
    ConditionalBinaryOp, ConditionalCommand, ConditionalExpr, ConditionalUnaryOp, Pattern,
    PatternPart,
};

use super::super::word::WordBuilder;
use super::SyntaxWalk;

impl SyntaxWalk<'_> {
    pub(super) fn walk_conditional(&mut self, command: &ConditionalCommand) {
        if self
            .source_slice(command.span)
            .is_none_or(|source| source.contains('\n'))
        {
            self.doubt_condition();
        }
        self.walk_condition(&command.expression);
    }

    fn doubt_condition(&mut self) {
        self.script
            .add_doubt("it contains a condition that shells read differently");
    }

    fn walk_condition(&mut self, condition: &ConditionalExpr) {
        use ConditionalBinaryOp as Binary;
        use ConditionalUnaryOp as Unary;
        match condition {
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => {
                self.walk_word(word);
            }
            ConditionalExpr::Pattern(pattern) => {
                if holds_group(pattern) {
                    self.doubt_condition();
                }
                self.walk_pattern(pattern);
            }
            ConditionalExpr::Parenthesized(inner) => {
                self.doubt_condition();
                self.walk_condition(&inner.expr);
            }
            ConditionalExpr::Unary(test) => {
                self.mark_seen(test.op_span);
                if matches!(
                    test.op,
                    Unary::VariableSet | Unary::ReferenceVariable | Unary::FdTerminal
                ) {
                    self.doubt_arithmetic();
                }
                self.walk_condition(&test.expr);
            }
            ConditionalExpr::Binary(test) => {
                self.mark_seen(test.op_span);
                match test.op {
                    Binary::ArithmeticEq
                    | Binary::ArithmeticNe
                    | Binary::ArithmeticLe
                    | Binary::ArithmeticGe
                    | Binary::ArithmeticLt
                    | Binary::ArithmeticGt => self.doubt_arithmetic(),
                    Binary::And | Binary::Or | Binary::LexicalBefore | Binary::LexicalAfter => {
                        self.doubt_condition();
                    }
                    Binary::RegexMatch
                    | Binary::NewerThan
                    | Binary::OlderThan
                    | Binary::SameFile
                    | Binary::PatternEqShort
                    | Binary::PatternEq
                    | Binary::PatternNe => {}
                }
                self.walk_condition(&test.left);
                self.walk_condition(&test.right);
            }
            ConditionalExpr::VarRef(_) => self.doubt_arithmetic(),
        }
    }

    pub(super) fn walk_pattern(&mut self, pattern: &Pattern) {
        self.mark_seen(pattern.span);
        for part in &pattern.parts {
            match &part.kind {
                PatternPart::Literal(text) => {
                    if self
                        .source_slice(part.span)
                        .is_none_or(|text| text.contains('}'))
                    {
                        // In zsh, the brace may end a group.
                        self.script.add_doubt("it contains an ambiguous brace");
                    }
                    let mut word = WordBuilder::default();
                    self.walk_unquoted(text, part.span, &mut word);
                }
                PatternPart::AnyString | PatternPart::AnyChar => {}
                PatternPart::CharClass(text) => {
                    let text = self.source_text(text).unwrap_or("`");
                    if text.contains(|letter| !is_plain_in_class(letter)) {
                        self.script.add_doubt("it contains an ambiguous pattern");
                    }
                }
                PatternPart::Group { patterns, .. } => {
                    for pattern in patterns {
                        self.walk_pattern(pattern);
                    }
                }
                PatternPart::Word(word) => {
                    self.walk_word(word);
                }
            }
        }
    }
}

/// Whether the pattern has a group, such as `@(a|b)`.
fn holds_group(pattern: &Pattern) -> bool {
    let mut parts = pattern.parts.iter();
    parts.any(|part| matches!(part.kind, PatternPart::Group { .. }))
}

/// Whether the character is ordinary in a class such as `[a-z_]`, or belongs to the syntax of the class.
fn is_plain_in_class(letter: char) -> bool {
    letter.is_alphanumeric() || "_.,/+@%=:-^![]".contains(letter)
}
