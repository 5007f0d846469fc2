//! Texts with entities, as Telegram gets them.

use serde_json::{Value, json};

use super::super::{FORMAT, FormattedText};

/// The text of a reply and its entities.
fn send(markdown: &str) -> (String, Value) {
    let message = FormattedText::from_dialect(&(FORMAT.render)(markdown));
    (
        message.text,
        serde_json::to_value(message.entities).unwrap(),
    )
}

/// The text of a reply.
fn text(markdown: &str) -> String {
    send(markdown).0
}

#[test]
fn marks_become_entities() {
    let (text, entities) =
        send("🦉 **bold _both_** and `code`, ~~gone~~, [here](https://a.b/c_(d))");
    assert_eq!(text, "🦉 bold both and code, gone, here");
    let expected = json!([
        { "type": "bold", "offset": 3, "length": 9 },
        { "type": "italic", "offset": 8, "length": 4 },
        { "type": "code", "offset": 17, "length": 4 },
        { "type": "strikethrough", "offset": 23, "length": 4 },
        { "type": "text_link", "url": "https://a.b/c_(d)", "offset": 29, "length": 4 },
    ]);
    assert_eq!(entities, expected);
}

#[test]
fn code_has_no_other_style() {
    let (text, entities) = send("**use `a` or `b` now** and [`c`](https://a.b)");
    assert_eq!(text, "use a or b now and c");
    let expected = json!([
        { "type": "bold", "offset": 0, "length": 3 },
        { "type": "code", "offset": 4, "length": 1 },
        { "type": "bold", "offset": 6, "length": 2 },
        { "type": "code", "offset": 9, "length": 1 },
        { "type": "bold", "offset": 11, "length": 3 },
        { "type": "text_link", "url": "https://a.b", "offset": 19, "length": 1 },
    ]);
    assert_eq!(entities, expected);
}

#[test]
fn a_code_block_keeps_its_lines_and_its_language() {
    let (text, entities) = send("so:\n\n~~~rust,ignore\n  let x;\n\n\tend\n~~~\n\nafter");
    assert_eq!(text, "so:\n\n  let x;\n\n    end\n\nafter");
    let expected = json!([{ "type": "pre", "language": "rust", "offset": 5, "length": 17 }]);
    assert_eq!(entities, expected);
    let (text, entities) = send("````\n```\nx\n```\n````");
    assert_eq!(text, "```\nx\n```");
    assert_eq!(
        entities,
        json!([{ "type": "pre", "offset": 0, "length": 9 }])
    );
}

#[test]
fn lists_are_drawn() {
    let list =
        "- one\n  more\n  - two\n    1. three\n    1. four\n- [ ] open\n- [x] done\n\n7) seven";
    let drawn = "• one\n\u{2003}more\n\u{2003}• two\n\u{2003}\u{2003}1. three\n\u{2003}\u{2003}2. four\n☐ open\n☑ done\n\n7) seven";
    assert_eq!(text(list), drawn);
    assert_eq!(text("- a\n\n  b\n\n- c"), "• a\n\u{2003}b\n• c");
    assert_eq!(text("- - a\n  - b\n- c"), "• • a\n\u{2003}• b\n• c");
    assert_eq!(text("1. ```\n   x\n   ```\n2. y"), "1.\n\nx\n\n2. y");
}

#[test]
fn quotes_do_not_nest() {
    let (text, entities) = send("> a\n> > b\n>\n> - c\n\nd\n\n> e");
    assert_eq!(text, "a\n\nb\n\n• c\n\nd\n\ne");
    let expected = json!([
        { "type": "blockquote", "offset": 0, "length": 9 },
        { "type": "blockquote", "offset": 14, "length": 1 },
    ]);
    assert_eq!(entities, expected);
}

#[test]
fn a_long_quote_is_shown_by_its_beginning() {
    for quote in ["> line\n".repeat(9), format!("> {}", "word ".repeat(90))] {
        let (_, entities) = send(&quote);
        assert_eq!(entities[0]["type"], "expandable_blockquote");
    }
}

#[test]
fn headings_are_bold_and_rules_are_drawn() {
    let (text, entities) = send("# A **title**\n\nOne\n***\nTwo\n===\n");
    assert_eq!(text, "A title\n\nOne\n\n———\n\nTwo");
    let expected = json!([
        { "type": "bold", "offset": 0, "length": 7 },
        { "type": "bold", "offset": 19, "length": 3 },
    ]);
    assert_eq!(entities, expected);
}

#[test]
fn a_table_is_code_with_its_columns_below_each_other() {
    let (text, entities) = send("| name | n |\n|---|--:|\n| **owl** | 1 |\n| `a\\|b` | 22 |");
    assert_eq!(text, "name  n\n----  --\nowl   1\na|b   22");
    assert_eq!(
        entities,
        json!([{ "type": "pre", "offset": 0, "length": 33 }])
    );
}

#[test]
fn only_an_address_on_the_web_is_a_link() {
    assert_eq!(text("[main](src/main.rs:7)"), "main (src/main.rs:7)");
    assert_eq!(
        text("[Ada](mailto:ada@a.b), <ada@a.b>"),
        "Ada (ada@a.b), ada@a.b"
    );
    assert_eq!(text("[below](#below)"), "below");
    assert_eq!(
        send("<https://a.b/_c_>"),
        ("https://a.b/_c_".to_owned(), json!([]))
    );
    let (text, entities) = send("![An owl](https://a.b/c.png) and ![](https://a.b/d.png)");
    assert_eq!(text, "An owl and https://a.b/d.png");
    let expected =
        json!([{ "type": "text_link", "url": "https://a.b/c.png", "offset": 0, "length": 6 }]);
    assert_eq!(entities, expected);
    let (text, entities) = send("[a][b]\n\n[b]: https://a.b 'title'");
    assert_eq!((&*text, &entities[0]["url"]), ("a", &json!("https://a.b")));
}

#[test]
fn what_is_no_mark_is_text() {
    for plain in [
        "5 * 3 * 2, my_var and a__b__c, ~/path, a || b, $5 or $6, a == b, x -- y, #1, @ada, /help",
        "C:\\dir\\file [x] {y} (z) <T> &T 3. 4) AT&T;",
        "https://a.b/_c_/d_*e*?f=g&h=i",
        "(https://a.b/*c) and d*",
        "2 > 1\n1 < 2",
        "||no spoiler||",
    ] {
        assert_eq!(send(plain), (plain.to_owned(), json!([])));
    }
    assert_eq!(
        text("\\# a\n\\- b\n1\\. c\n\\> d\n\\`e\\`"),
        "# a\n- b\n1. c\n> d\n`e`"
    );
    assert_eq!(
        text("a <b>c</b><br>d &amp; &lt;e&gt;"),
        "a <b>c</b>\nd & <e>"
    );
    assert_eq!(text("<div>\n*a*\n</div>"), "<div>\n*a*\n</div>");
    assert_eq!(
        text("a[^1]\n\n[^1]: https://a.b"),
        "a[1]\n\n[1]: https://a.b"
    );
    assert_eq!(
        text("<details><summary>A & *b*</summary>\n\nc\n\n</details>"),
        "A & *b*\n\nc"
    );
}

#[test]
fn a_message_has_at_most_100_entities() {
    let many = format!("{}[a](https://a.b)", "**b** ".repeat(150));
    let (text, entities) = send(&many);
    assert_eq!(text, format!("{}a", "b ".repeat(150)));
    let entities = entities.as_array().unwrap();
    assert_eq!(entities.len(), 100);
    assert_eq!(
        entities[99]["type"], "text_link",
        "emphasis is left out first"
    );
}

#[test]
fn a_piece_from_elsewhere_is_not_longer_than_it_was() {
    for (piece, text) in [
        ("> a\n\n- b", "a\n\n• b"),
        ("**open and *more", "**open and *more"),
        ("    - c\n  - d\n- e", "• c\n• d\n• e"),
        ("rest of b\n  - c\n  - d", "rest of b\n• c\n• d"),
        (">      rest of b\n>   - c\n\nd", "rest of b\n• c\n\nd"),
        ("| a | b |", "| a | b |"),
        ("```\nopen", "open"),
    ] {
        assert_eq!(FormattedText::from_dialect(piece).text, text, "{piece}");
    }
}
