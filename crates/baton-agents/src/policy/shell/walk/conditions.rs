//! Conditions in `[[ … ]]`, and patterns in conditions and in `case`.
//!
//! For dash, `[[` is the name of a command. In its arguments, `&&`, `||`, `<`, `>` and the end of a line keep
//! their usual meaning: `[[ a || b ]]` runs `b`.

use shuck_ast::{
    ConditionalBinaryOp, ConditionalCommand, ConditionalExpr, ConditionalUnaryOp, Pattern,
    PatternPart,
};

use super::super::word::Builder;
use super::Walk;

impl Walk<'_> {
    pub(super) fn conditional(&mut self, command: &ConditionalCommand) {
        if self
            .slice(command.span)
            .is_none_or(|source| source.contains('\n'))
        {
            self.not_alike();
        }
        self.condition(&command.expression);
    }

    fn not_alike(&mut self) {
        self.script
            .doubts("it holds a condition that shells read differently");
    }

    fn condition(&mut self, condition: &ConditionalExpr) {
        use ConditionalBinaryOp as Binary;
        use ConditionalUnaryOp as Unary;
        match condition {
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => {
                self.word(word);
            }
            ConditionalExpr::Pattern(pattern) => {
                if holds_group(pattern) {
                    self.not_alike();
                }
                self.pattern(pattern);
            }
            ConditionalExpr::Parenthesized(inner) => {
                self.not_alike();
                self.condition(&inner.expr);
            }
            ConditionalExpr::Unary(test) => {
                self.seen(test.op_span);
                if matches!(
                    test.op,
                    Unary::VariableSet | Unary::ReferenceVariable | Unary::FdTerminal
                ) {
                    self.arithmetic();
                }
                self.condition(&test.expr);
            }
            ConditionalExpr::Binary(test) => {
                self.seen(test.op_span);
                match test.op {
                    Binary::ArithmeticEq
                    | Binary::ArithmeticNe
                    | Binary::ArithmeticLe
                    | Binary::ArithmeticGe
                    | Binary::ArithmeticLt
                    | Binary::ArithmeticGt => self.arithmetic(),
                    Binary::And | Binary::Or | Binary::LexicalBefore | Binary::LexicalAfter => {
                        self.not_alike();
                    }
                    Binary::RegexMatch
                    | Binary::NewerThan
                    | Binary::OlderThan
                    | Binary::SameFile
                    | Binary::PatternEqShort
                    | Binary::PatternEq
                    | Binary::PatternNe => {}
                }
                self.condition(&test.left);
                self.condition(&test.right);
            }
            ConditionalExpr::VarRef(_) => self.arithmetic(),
        }
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        self.seen(pattern.span);
        for part in &pattern.parts {
            match &part.kind {
                PatternPart::Literal(text) => {
                    if self.slice(part.span).is_none_or(|text| text.contains('}')) {
                        // In zsh, the brace may end a group.
                        self.script.doubts("it holds a brace that is not plain");
                    }
                    let mut word = Builder::default();
                    self.unquoted(text, part.span, &mut word);
                }
                PatternPart::AnyString | PatternPart::AnyChar => {}
                PatternPart::CharClass(text) => {
                    let text = self.text(text).unwrap_or("`");
                    if text.contains(|letter| !is_plain_in_class(letter)) {
                        self.script.doubts("it holds a pattern that is not plain");
                    }
                }
                PatternPart::Group { patterns, .. } => {
                    for pattern in patterns {
                        self.pattern(pattern);
                    }
                }
                PatternPart::Word(word) => {
                    self.word(word);
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
