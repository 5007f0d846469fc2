//! What is held against what: `[[ … ]]`, and the patterns in it and in a `case`.

use shuck_ast::{ConditionalBinaryOp, ConditionalExpr, ConditionalUnaryOp, Pattern, PatternPart};

use super::super::word::Builder;
use super::Walk;

impl Walk<'_> {
    pub(super) fn condition(&mut self, condition: &ConditionalExpr) {
        use ConditionalBinaryOp as Binary;
        use ConditionalUnaryOp as Unary;
        match condition {
            ConditionalExpr::Word(word) | ConditionalExpr::Regex(word) => {
                self.word(word);
            }
            ConditionalExpr::Pattern(pattern) => self.pattern(pattern),
            ConditionalExpr::Parenthesized(inner) => self.condition(&inner.expr),
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
                if matches!(
                    test.op,
                    Binary::ArithmeticEq
                        | Binary::ArithmeticNe
                        | Binary::ArithmeticLe
                        | Binary::ArithmeticGe
                        | Binary::ArithmeticLt
                        | Binary::ArithmeticGt
                ) {
                    self.arithmetic();
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
                    let mut word = Builder::default();
                    self.unquoted(text, part.span, &mut word);
                }
                PatternPart::AnyString | PatternPart::AnyChar => {}
                PatternPart::CharClass(text) => {
                    let text = self.text(text).unwrap_or("`");
                    if text.contains(['$', '`', '\\', '\'', '"']) {
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
