//! s71: a reply of 100 kB, with everything that Markdown has, in many messages.

use std::fmt::Write as _;

use baton_channels::telegram::{BudgetLimits, Rendering};
use baton_core::agent::Reply;
use baton_testkit::scripted_agent::answering;
use baton_testkit::telegram::Message;

use super::bot::{Bot, echo_agent};

/// The size of the reply, in bytes.
const SIZE: usize = 100_000;
/// The last words of the reply.
const END: &str = "the very end";

/// One section of the reply, with its number in all of its parts. Every third code block is longer than a message.
fn write_section(reply: &mut String, number: usize) {
    let _ = write!(
        reply,
        "## Section {number}\n\n\
         Some **bold{number}** and *slanted{number}* words with `code{number}`, 🦉👩🏽‍🚀🇯🇵{number} and \
         [a link{number}](https://example.org/).\n\n\
         שלום עולם {number}: שורה מימין לשמאל, مرحبا بالعالم {number}.\n\n\
         - first{number}\n  - deeper{number}\n    - deepest{number} 🧵\n- second{number}\n\n\
         > quoted{number} in **two**\n> lines{number}\n\n\
         | name{number} | value |\n|---|---:|\n| left{number} | {number} |\n| émoji{number} | 🦀 |\n\n",
    );
    reply.push_str("```rust\n");
    let lines = if number.is_multiple_of(3) { 150 } else { 8 };
    for line in 0..lines {
        let _ = writeln!(reply, "let x{number}_{line} = \"🦉 שלום\"; // {line}");
    }
    reply.push_str("```\n\n");
}

fn long_reply() -> String {
    let mut reply = String::new();
    for number in 1.. {
        write_section(&mut reply, number);
        if reply.len() > SIZE {
            break;
        }
    }
    reply + END
}

/// The characters of a text that are neither spaces nor marks of Markdown or of drawings.
fn content(text: &str) -> String {
    let is_mark =
        |it: char| it.is_whitespace() || it.is_ascii_punctuation() || "•▪◦—–│─┼├┤".contains(it);
    text.chars().filter(|it| !is_mark(*it)).collect()
}

/// The same for the source: the language of a block and the address of a link are no text.
fn content_of_source(markdown: &str) -> String {
    let without = markdown
        .replace("```rust", "")
        .replace("(https://example.org/)", "");
    content(&without)
}

/// All messages of the answer, without the asking message.
async fn answer_in(rendering: Rendering) -> (String, Vec<Message>) {
    let reply = long_reply();
    let text = reply.clone();
    let (agent, _) = answering(move |_| Ok(Reply::text(text.clone())));
    let mut bot = Bot::new(agent).await;
    bot.settings.rendering = rendering;
    bot.settings.chat.messages = 100;
    bot.settings.limits = BudgetLimits {
        group_per_minute: 100,
        bot_per_second: 100,
        ..BudgetLimits::default()
    };
    bot.start().await;
    let asked = bot.say("much, please");
    let us = Some(bot.telegram.bot());
    let is_last = |message: &Message| message.author == us && message.text.contains(END);
    bot.telegram.until_said(bot.group, is_last).await;
    bot.until_settled().await;
    let said = bot.telegram.bot_messages(bot.group);
    assert!(said.len() > 10, "{} messages", said.len());
    assert_eq!(said[0].reply_to, Some(asked), "the first message quotes");
    assert!(said[1..].iter().all(|message| message.reply_to.is_none()));
    (reply, said)
}

/// The text that the entity of a message covers.
fn covered(message: &Message, entity: &serde_json::Value) -> String {
    let number = |name: &str| usize::try_from(entity[name].as_u64().unwrap()).unwrap();
    let units: Vec<u16> = message.text.encode_utf16().collect();
    let begin = number("offset");
    String::from_utf16(&units[begin..begin + number("length")]).unwrap()
}

#[tokio::test]
async fn s71_a_reply_of_100_kb_comes_whole_and_in_order_in_messages_with_entities() {
    let (reply, said) = answer_in(Rendering::Entities).await;
    let joined: String = said.iter().map(|message| content(&message.text)).collect();
    assert_eq!(joined, content_of_source(&reply));
    let mut code = String::new();
    for message in &said {
        assert!(message.text.encode_utf16().count() <= 4_096);
        let blocks = message
            .entities
            .iter()
            .filter(|entity| entity["type"] == "pre");
        for block in blocks.filter(|block| block["language"] == "rust") {
            code += covered(message, block).trim_end_matches('\n');
            code.push('\n');
        }
    }
    // Each line of code is in a block with its language, also after a cut.
    let mut lines = reply.lines().filter(|line| line.starts_with("let x"));
    let mut found = code.lines();
    assert!(
        lines.by_ref().all(|line| found.next() == Some(line)),
        "{code}"
    );
    assert_eq!(found.next(), None);
}

#[tokio::test]
async fn s71_a_reply_of_100_kb_comes_whole_and_in_order_in_rich_messages() {
    let (reply, said) = answer_in(Rendering::Rich).await;
    let (mut joined, mut code) = (String::new(), Vec::new());
    for message in &said {
        assert!(message.rich.is_some());
        assert!(message.text.encode_utf16().count() <= 4_096);
        joined += &content_of_source(&message.text);
        let mut is_code = false;
        for line in message.text.lines() {
            match line.strip_prefix("```") {
                Some("rust") if !is_code => is_code = true,
                Some("") if is_code => is_code = false,
                Some(_) => panic!("a fence without its block or language: {}", message.text),
                None if is_code => code.push(line.to_owned()),
                None => assert!(!line.starts_with("let x"), "{line:?} is outside of a block"),
            }
        }
        assert!(!is_code, "an open block: {}", message.text);
    }
    assert_eq!(joined, content_of_source(&reply));
    let lines = reply.lines().filter(|line| line.starts_with("let x"));
    assert_eq!(code, lines.collect::<Vec<_>>());
}

#[tokio::test]
async fn s72_texts_that_are_broken_or_show_nothing_elsewhere_are_said_all_the_same() {
    let bot = Bot::started(echo_agent()).await;
    let odd = [
        "<!-- word -->",
        "<script>word</script>",
        "[^word]: a note",
        "[INFO]: word",
        "[word]: https://example.org",
        "```\nword",
        "**word `_",
        "![word](",
        "| word |\n|---",
        "\\ word \u{202e}\u{0}",
    ];
    for (count, text) in (1..).zip(odd) {
        bot.say(text);
        let said = bot.said(count).await;
        let said = &said[count - 1].text;
        assert!(said.contains("word"), "{text:?} became {said:?}");
    }
}
