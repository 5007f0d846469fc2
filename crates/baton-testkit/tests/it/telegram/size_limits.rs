//! The limits on the structure of rich messages, and on the sizes of files.

use reqwest::multipart::{Form, Part};

use super::{Bot, Telegram, Value, json};

const MIB: usize = 1 << 20;

/// A table of one row.
fn table(columns: usize) -> String {
    format!("{}|\n{}|\n", "|a".repeat(columns), "|---".repeat(columns))
}

/// Blocks inside each other: quotes, and a paragraph in the innermost one.
fn nested(levels: usize) -> Value {
    let inner = json!({"type": "paragraph", "text": "a"});
    (1..levels).fold(
        inner,
        |block, _| json!({"type": "blockquote", "blocks": [block]}),
    )
}

#[tokio::test]
async fn a_rich_message_has_limits_on_its_structure() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let body = |rich: Value| json!({"chat_id": chat, "rich_message": rich});
    let paragraphs = |count: usize| json!(vec![json!({"type": "paragraph", "text": "a"}); count]);
    let cells = |count: usize| json!([{"type": "table", "cells": [vec![json!({"text": "a", "align": "left", "valign": "top"}); count]]}]);
    let photo =
        json!({"type": "photo", "photo": {"type": "photo", "media": "https://example.org/a.jpg"}});
    let photos = |count: usize| json!(vec![photo.clone(); count]);
    let cases = [
        // The list is a block too.
        (
            "blocks",
            json!({"markdown": "- a\n".repeat(499)}),
            json!({"markdown": "- a\n".repeat(500)}),
        ),
        (
            "blocks",
            json!({"blocks": paragraphs(500)}),
            json!({"blocks": paragraphs(501)}),
        ),
        // The text of the innermost quote is a paragraph.
        (
            "levels",
            json!({"markdown": format!("{} a", ">".repeat(15))}),
            json!({"markdown": format!("{} a", ">".repeat(16))}),
        ),
        (
            "levels",
            json!({"blocks": [nested(16)]}),
            json!({"blocks": [nested(17)]}),
        ),
        (
            "columns",
            json!({"markdown": table(20)}),
            json!({"markdown": table(21)}),
        ),
        (
            "columns",
            json!({"blocks": cells(20)}),
            json!({"blocks": cells(21)}),
        ),
        (
            "media",
            json!({"markdown": "![](https://example.org)\n\n".repeat(50)}),
            json!({"markdown": "![](https://example.org)\n\n".repeat(51)}),
        ),
        (
            "media",
            json!({"blocks": photos(50)}),
            json!({"blocks": photos(51)}),
        ),
    ];
    for (unit, largest, larger) in cases {
        bot.done("sendRichMessage", body(largest)).await;
        bot.refused("sendRichMessage", body(larger)).await;
        let violations = telegram.take_violations();
        let what: Vec<_> = violations.iter().map(|it| it.what.as_str()).collect();
        assert!(what.len() == 1 && what[0].ends_with(unit), "{what:?}");
    }
    telegram.finish();
}

/// Sends a file, and returns the description of the error.
async fn upload(bot: &Bot, method: &str, form: Form, part: &str, size: usize) -> Option<String> {
    let file = Part::bytes(vec![7; size]).file_name("a.jpg");
    let request = bot.client.post(format!("{}/{method}", bot.base));
    let request = request.multipart(form.part(part.to_owned(), file));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["description"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_local_server_takes_larger_files_but_no_larger_photos() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let to_chat = || Form::new().text("chat_id", chat.to_string());
    let album = || {
        let media = json!([{"type": "photo", "media": "attach://one"}, {"type": "photo", "media": "attach://two"}]);
        let two = Part::bytes(vec![7]).file_name("b.jpg");
        let form = to_chat().text("media", media.to_string());
        form.part("two", two)
    };
    let too_big = Some("Bad Request: file is too big".to_owned());
    let send_document =
        async |size| upload(&bot, "sendDocument", to_chat(), "document", size).await;
    assert_eq!(send_document(50 * MIB).await, None);
    assert_eq!(send_document(50 * MIB + 1).await, too_big);
    assert_eq!(telegram.take_violations().len(), 1);
    let folder = tempfile::tempdir().unwrap();
    telegram.keep_files_below(folder.path());
    assert_eq!(send_document(61 * MIB).await, None);
    let size = 10 * MIB;
    assert_eq!(
        upload(&bot, "sendPhoto", to_chat(), "photo", size).await,
        None
    );
    assert_eq!(
        upload(&bot, "sendMediaGroup", album(), "one", size).await,
        None
    );
    assert_eq!(
        upload(&bot, "sendPhoto", to_chat(), "photo", size + 1).await,
        too_big
    );
    assert_eq!(
        upload(&bot, "sendMediaGroup", album(), "one", size + 1).await,
        too_big
    );
    assert_eq!(telegram.take_violations().len(), 2);
    telegram.finish();
}

#[tokio::test]
async fn the_number_of_a_message_to_one_person_does_not_return_after_a_deletion() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let group = telegram.supergroup("Makers", &[ann]);
    let send = async || {
        let only_for = json!({"receiver_user_id": ann});
        let body = json!({"chat_id": group, "text": "x", "ephemeral_message_parameters": only_for});
        bot.done("sendMessage", body).await["ephemeral_message_id"].clone()
    };
    let (first, second) = (send().await, send().await);
    let body =
        json!({"chat_id": group, "receiver_user_id": ann, "ephemeral_message_id": first.clone()});
    bot.done("deleteEphemeralMessage", body).await;
    let third = send().await;
    assert!(third != first && third != second, "{third}");
    telegram.finish();
}
