//! Markdown documents in which the letters tell the kind of text. Letters a to w are plain text, Cyrillic is in a code
//! block, and Greek in inline code. Georgian is bold, Armenian is the text of a link, and Hiragana is in a table.
//! Capital letters are in addresses, languages and tags, and never shown as words.

use proptest::collection::vec;
use proptest::prelude::*;

pub(super) fn is_block(letter: char) -> bool {
    ('а'..='я').contains(&letter)
}

pub(super) fn is_span(letter: char) -> bool {
    ('α'..='ω').contains(&letter)
}

pub(super) fn is_bold(letter: char) -> bool {
    ('ა'..='ჰ').contains(&letter)
}

pub(super) fn is_link(letter: char) -> bool {
    ('ա'..='ֆ').contains(&letter)
}

/// Whether a letter is shown in any form.
pub(super) fn is_text(letter: char) -> bool {
    let is_cell = ('ぁ'..='ん').contains(&letter);
    let is_marked = is_block(letter) || is_span(letter) || is_bold(letter) || is_link(letter);
    ('a'..='w').contains(&letter) || is_cell || is_marked
}

/// A word whose marks are complete.
fn clean_word() -> BoxedStrategy<String> {
    prop_oneof![
        24 => "[a-w]{1,12}[.,!?:;]?",
        1 => "[0-9]{1,4}[.)]",
        1 => Just("🦉".to_owned()),
        1 => Just("🧑🏽‍🚀".to_owned()),
        1 => Just("\u{301}ä".to_owned()),
        1 => "`[α-ω]{1,20}( [α-ω;🦉]{1,20}){0,9}`",
        1 => "``[α-ω]{1,9}[α-ω ]{0,400}[α-ω]``",
        1 => "[a-w]{200,1500}",
        1 => "\\[[ա-ֆ]{1,9}( [ա-ֆ]{1,9}){0,9}\\]\\(HTTPS://EXAMPLE\\.ORG/[A-Z_*]{1,40}(\\([A-Z]\\))?( \"TITLE\")?\\)",
        1 => "\\[\\*\\*[ա-ֆ]{1,9}\\*\\* [ա-ֆ]{1,9}\\]\\(HTTPS://A\\.B/\\)",
        1 => "!\\[[ա-ֆ]{1,9}\\]\\(HTTP://A\\.B/C\\.PNG\\)",
        1 => "\\[[a-w]{1,9}\\]\\(SRC/MAIN\\.RS\\)",
        1 => Just("[ասա][X]".to_owned()),
        1 => Just("<HTTPS://EXAMPLE.ORG/A>".to_owned()),
        1 => Just("HTTPS://EXAMPLE.ORG/A?B=C&D=E".to_owned()),
        1 => "\\*\\*[ა-ჰ]{1,9}( [ა-ჰ🦉]{1,9}){0,60}\\*\\*",
        1 => "__[ა-ჰ]{1,9}(\n[ა-ჰ]{1,9}){0,3}__",
        1 => "\\*\\*[ა-ჰ]{1,9} `[α-ω]{1,9}` \\*[ა-ჰ]{1,9}\\* [ა-ჰ]{1,9}\\*\\*",
        1 => "\\*\\*\\*[ა-ჰ]{1,9}\\*\\*\\*",
        1 => "(_[a-w]{1,9}_|~~[a-w]{1,9}( [a-w]{1,9}){0,9}~~|\\*[a-w][a-w 🦉]{0,9}[a-w]\\*)",
    ]
    .boxed()
}

/// A word that may have other marks.
fn any_word() -> BoxedStrategy<String> {
    prop_oneof![
        8 => clean_word(),
        1 => "(\\*[a-w]{1,9}|\\*\\*[a-w]|[a-w]{1,4}_[a-w]{1,4}|__[a-w]{1,9}|\\|\\|[a-w]?|~~|~)",
        1 => "(w<q[a-w]{1,3}>|w</q[a-w]{1,3}>|w<BR>|w<!-- [a-w]{1,3} -->|&#38;|&#42;|\\$[a-w]\\$|==[a-w]{1,4}==|[a-w] = [a-w]|#[a-w]|- [a-w]|\\+ |> |# [a-w]|@[a-w]{1,9}|/[a-w]{1,9})",
        1 => "`[α-ω]{1,20}( ?[α-ω][;*_~|<>🦉]{1,2}){0,30}`",
    ]
    .boxed()
}

fn line_of(word: BoxedStrategy<String>, has_alone: bool) -> BoxedStrategy<String> {
    let between = prop_oneof![12 => Just(" "), 1 => Just("\n"), 1 => Just("  \n"), 1 => Just("  ")];
    // A mark without a partner, within a line.
    let alone = prop_oneof![8 => Just(""), 1 => Just("w```"), 1 => Just("w~~~")];
    let alone = if has_alone {
        alone.boxed()
    } else {
        Just("").boxed()
    };
    (vec((word, between), 1..30), alone, "[a-w]{1,9}")
        .prop_map(|(words, alone, last)| {
            let words = words.iter().map(|(word, space)| format!("{word}{space}"));
            format!("{last}{alone} {}{last}", words.collect::<String>())
        })
        .boxed()
}

fn code() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        16 => "[ \t]{0,8}[а-я(){};=*🦉]{0,60}",
        1 => "[а-я ]{300,1500}",
        3 => Just(String::new()),
        1 => " {0,3}(`{1,4}|~{3,4})[а-я]{0,3}",
        1 => "[а-я]{1,9}`[а-я]{1,9}`{1,8}",
    ];
    vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

/// Puts `first` before the first line, and `then` before all others.
fn indented(text: &str, first: &str, then: &str) -> String {
    format!("{first}{}", text.replace('\n', &format!("\n{then}")))
}

fn fenced() -> impl Strategy<Value = String> {
    let fence = prop_oneof![Just("`````````"), Just("~~~~~"), Just("``````````")];
    let language = prop_oneof![
        Just(""),
        Just("RUST"),
        Just(" RUST,IGNORE"),
        Just("C++ X"),
        Just("{.X}")
    ];
    (fence, language, code())
        .prop_map(|(fence, language, code)| format!("{fence}{language}\n{code}\n{fence}"))
}

/// A code block whose text has no marks.
fn clean_fenced() -> impl Strategy<Value = String> {
    vec("[ ]{0,8}[а-я(){};=🦉]{0,60}", 0..9)
        .prop_map(|lines| format!("```RUST\n{}\n```", lines.join("\n")))
}

fn table() -> impl Strategy<Value = String> {
    let cell = prop_oneof![8 => "[ぁ-ん]{1,9}( [ぁ-ん]{1,9}){0,3}", 1 => "\\*\\*[ぁ-ん]{1,5}\\*\\*", 1 => Just(String::new())];
    (1..24_usize, 0..30_usize, vec(cell, 24)).prop_map(|(columns, rows, cells)| {
        let row = |from: usize| {
            let cells = (0..columns).map(|at| format!(" {} |", cells[(from + at) % cells.len()]));
            format!("|{}\n", cells.collect::<String>())
        };
        let rows: String = (1..=rows).map(|number| row(number * 7)).collect();
        format!("{}|{}\n{rows}", row(0), " --- |".repeat(columns))
    })
}

fn block_of(
    word: &BoxedStrategy<String>,
    fenced: BoxedStrategy<String>,
    has_alone: bool,
) -> BoxedStrategy<String> {
    let line = || line_of(word.clone(), has_alone);
    let within = prop_oneof![
        Just(("- ", "  ")),
        Just(("37. ", "    ")),
        Just(("> ", "> ")),
        Just(("> - ", ">   ")),
        Just(("- > ", "  > ")),
        Just(("1) - ", "     ")),
        Just(("- [X] ", "  ")),
    ];
    let item =
        prop_oneof![6 => Just("- "), 1 => Just("1. "), 1 => Just("* [ ] "), 1 => Just("- [X] ")];
    prop_oneof![
        6 => line(),
        2 => (1..7_usize, line()).prop_map(|(level, it)| format!("{} {}", "#".repeat(level), it.replace('\n', " "))),
        1 => line().prop_map(|it| format!("{}\n===", it.replace('\n', " "))),
        3 => vec((item, line()), 1..9).prop_map(|items| {
            let items = items.iter().enumerate();
            let items = items.map(|(number, (mark, it))| {
                let indent = "    ".repeat(number % 4);
                format!("{}\n", indented(it, &format!("{indent}{mark}"), &format!("{indent}    ")))
            });
            items.collect()
        }),
        1 => vec(line(), 1..4).prop_map(|items| {
            let items = items.iter().map(|it| indented(it, "- ", "  "));
            items.collect::<Vec<_>>().join("\n\n")
        }),
        2 => vec(line(), 1..4).prop_map(|lines| indented(&lines.join("\n\n"), "> ", "> ")),
        1 => line().prop_map(|it| indented(&it, "> > ", "> > ")),
        3 => fenced.clone(),
        3 => (line(), fenced, line(), within).prop_map(|(before, fenced, after, (first, then))| {
            indented(&format!("{before}\n\n{fenced}\n\n{after}"), first, then)
        }),
        2 => table(),
        1 => (table(), line()).prop_map(|(table, it)| format!("- {}\n\n{}", it.replace('\n', " "), indented(table.trim_end(), "  ", "  "))),
        1 => Just("---".to_owned()),
        1 => (line(), "[a-w]{1,9}").prop_map(|(it, summary)| {
            format!("<DETAILS>\n<SUMMARY>{summary}</SUMMARY>\n\n{it}\n\n</DETAILS>")
        }),
    ]
    .boxed()
}

fn document_of(block: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let blocks = vec(block, 0..8).prop_map(|blocks| blocks.join("\n\n"));
    // A definition that no link uses would be a text.
    blocks.prop_map(|blocks| {
        if blocks.contains("][X]") {
            format!("{blocks}\n\n[X]: HTTPS://EXAMPLE.ORG/X\n")
        } else {
            blocks
        }
    })
}

/// A document with complete and incomplete marks.
pub(super) fn document() -> impl Strategy<Value = String> {
    let block = block_of(&any_word(), fenced().boxed(), true);
    let odd = prop_oneof![
        1 => Just("<div>\n```\nword\n~~~\n</div>".to_owned()),
        1 => "[а-я]{1,9}(\n`{3,4}[а-я]{0,9}|\n\n[а-я ]{0,99}[а-я]){0,30}"
            .prop_map(|code| indented(&code, "# so\n\n    ", "    ")),
        1 => "word\\[\\^X\\]\n\n\\[\\^X\\]: [a-w]{1,9} [a-w]{1,9}",
        1 => "(- ){1,30}[a-w]{1,9}\n\n[a-w]{1,9}",
        1 => "(> ){1,30}[a-w]{1,9}\n\n[a-w]{1,9}",
        1 => Just("1.\n\n- \n\n* a".to_owned()),
    ];
    document_of(prop_oneof![12 => block, 1 => odd])
}

/// A document whose marks are all complete.
pub(super) fn clean_document() -> impl Strategy<Value = String> {
    document_of(block_of(&clean_word(), clean_fenced().boxed(), false))
}
