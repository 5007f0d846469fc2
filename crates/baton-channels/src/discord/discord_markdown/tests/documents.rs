//! Markdown documents in which the letters tell the kind of text. Letters a to z are plain text, and A to Z
//! are in a code block. Greek is inline code, Cyrillic is the text of a link, and Georgian is in a quote.

use proptest::collection::vec;
use proptest::prelude::*;

pub(super) fn is_text(letter: char) -> bool {
    letter.is_ascii_lowercase()
}

pub(super) fn is_block(letter: char) -> bool {
    letter.is_ascii_uppercase()
}

pub(super) fn is_span(letter: char) -> bool {
    ('α'..='ω').contains(&letter)
}

pub(super) fn is_link(letter: char) -> bool {
    ('а'..='я').contains(&letter)
}

pub(super) fn is_quote(letter: char) -> bool {
    ('ა'..='ჰ').contains(&letter)
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        16 => "[a-z]{1,12}[.,!?]?",
        1 => "`[α-ω]{1,20}( [α-ω;]{1,20}){0,9}`",
        1 => "``[α-ω]{1,9}`[α-ω ]{0,400}[α-ω]``",
        1 => "````[α-ω]{1,9}```[α-ω]{1,9}``[α-ω]{1,9}````",
        1 => "[a-z]{200,1500}",
        1 => "(\\\\`){1,200}",
        1 => Just("🧑🏽‍🚀".to_owned()),
        1 => "\\[[а-я]{1,9}( [а-я]{1,9}){0,9}\\]\\(https://example\\.org/[a-z]{1,40}(\\([a-z]\\))?\\)",
        // Complete marks, then incomplete marks.
        1 => "(\\*\\*[a-z]{1,9}( [a-z]{1,9}){0,20}\\*\\*|_[a-z]{1,9}_|~~[a-z]{1,9}~~)",
        1 => "(\\*[a-z]{1,9}|\\*\\*[a-z]|[a-z]{1,4}_[a-z]{1,4}|__[a-z]{1,9}|\\|\\|[a-z]?|~~|~)",
    ];
    // Marks without a partner. `~~~` never begins a line.
    let alone = prop_oneof![8 => Just(""), 1 => Just("```"), 1 => Just("`````"), 1 => Just("~~~")];
    (vec(word, 1..30), alone, "[a-z]{1,9}").prop_map(|(words, alone, last)| {
        let words = words.join(" ");
        format!("{last} {words} {alone} {last}")
    })
}

fn code() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        16 => " {0,8}[A-Z(){};=*]{0,60}",
        1 => "[A-Z ]{300,1500}",
        3 => Just(String::new()),
        1 => " {0,3}(`{1,4}|~{3,4})[A-Z]{0,3}",
        1 => "[A-Z]{1,9}`[A-Z]{1,9}`{1,8}",
        2 => "[A-Z]{1,9} (_ |\\* |\\*|\\*\\*|__|\\|\\| ?|~~)[A-Z]{1,9}[*_|]{0,2}",
    ];
    vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

/// Puts `first` before the first line, and `then` before all others.
fn indented(text: &str, first: &str, then: &str) -> String {
    format!("{first}{}", text.replace('\n', &format!("\n{then}")))
}

fn fenced() -> impl Strategy<Value = String> {
    let fence = prop_oneof![Just("`````````"), Just("~~~~~"), Just("``````````"),];
    let language = prop_oneof![
        Just(""),
        Just("rust"),
        Just(" rust,ignore"),
        Just("c++ x"),
        Just("{.x}")
    ];
    (fence, language, code(), any::<bool>()).prop_map(|(fence, language, code, ends)| {
        let end = if ends {
            fence
        } else {
            &format!("{fence}{}", &fence[..1])
        };
        format!("{fence}{language}\n{code}\n{end}")
    })
}

/// Each line may be longer than a message.
fn quote() -> impl Strategy<Value = String> {
    let mark = prop_oneof![4 => Just("> "), 1 => Just(">"), 1 => Just(">>> "), 1 => Just("> > ")];
    let line = prop_oneof![
        4 => "[ა-ჰ]{1,9}( [ა-ჰ]{1,9}[.,]?){0,20}",
        1 => "[ა-ჰ]{1,9}( [ა-ჰ]{1,9}){100,400}",
        1 => Just(String::new()),
    ];
    (mark, vec(line, 1..5)).prop_map(|(mark, lines)| {
        let lines = lines.iter().map(|line| format!("{mark}{line}"));
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn block() -> impl Strategy<Value = String> {
    let within = prop_oneof![
        Just(("- ", "  ")),
        Just(("1. ", "   ")),
        Just(("> ", "> ")),
        Just(("> - ", ">   "))
    ];
    prop_oneof![
        4 => words(),
        1 => words().prop_map(|it| format!("## {it}")),
        1 => (words(), "[a-z]{1,9}").prop_map(|(it, last)| format!("-# {it}\n-# {last}")),
        2 => quote(),
        2 => vec(words(), 1..5).prop_map(|items| {
            let items = items.iter().enumerate();
            let items: Vec<_> = items.map(|(n, it)| format!("{}- {it}\n", "  ".repeat(n % 4))).collect();
            items.concat()
        }),
        4 => fenced(),
        2 => "[A-Z]{1,9}(\n`{3,4}[A-Z]{0,9}|\n\n[A-Z ]{0,99}[A-Z]){0,30}"
            .prop_map(|code| indented(&code, "# so\n\n    ", "    ")),
        3 => (words(), fenced(), within).prop_map(|(words, fenced, (first, then))| {
            indented(&format!("{words}\n\n{fenced}"), first, then)
        }),
        1 => (fenced(), words()).prop_map(|(fenced, words)| format!("> {}\n{words}", indented(&fenced, "", "> "))),
        1 => vec("[A-Z]{1,20}(```)?", 2..30).prop_map(|cells| {
            let rows: Vec<_> = cells.iter().map(|it| format!("| {it} | 1 |\n")).collect();
            format!("| A | B |\n|---|---|\n{}", rows.concat())
        }),
        1 => Just("<div>\n```\ntext\n~~~\n</div>".to_owned()),
    ]
}

pub(super) fn document() -> impl Strategy<Value = String> {
    vec(block(), 0..10).prop_map(|blocks| blocks.join("\n\n"))
}
