//! Colours code by classes, for the Cargo feature `code-coloring`.

#[cfg(all(test, feature = "code-coloring"))]
pub(super) use with_syntaxes::LONGEST_COLORED;
#[cfg(feature = "code-coloring")]
pub(super) use with_syntaxes::color_code;

/// A build without the feature shows all code in one colour.
#[cfg(not(feature = "code-coloring"))]
pub(super) fn color_code(_code: &str, _language: &str) -> Option<String> {
    None
}

#[cfg(feature = "code-coloring")]
mod with_syntaxes {
    use std::sync::LazyLock;

    use syntect::html::{ClassStyle, ClassedHTMLGenerator};
    use syntect::parsing::SyntaxSet;
    use syntect::util::LinesWithEndings;

    use super::super::PREFIX;

    /// Maximum length of coloured code, in bytes. Colouring longer code could take seconds.
    pub(in super::super) const LONGEST_COLORED: usize = 20_000;

    /// Loaded with the first code block, because the syntaxes need megabytes.
    static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

    /// The code as HTML; `None` for an unknown language and for long code.
    pub(in super::super) fn color_code(code: &str, language: &str) -> Option<String> {
        if language.is_empty() || code.len() > LONGEST_COLORED {
            return None;
        }
        let syntax = SYNTAXES.find_syntax_by_token(language)?;
        let style = ClassStyle::SpacedPrefixed { prefix: PREFIX };
        let mut generator = ClassedHTMLGenerator::new_with_class_style(syntax, &SYNTAXES, style);
        for line in LinesWithEndings::from(code) {
            generator
                .parse_html_for_line_which_includes_newline(line)
                .ok()?;
        }
        Some(generator.finalize())
    }
}
