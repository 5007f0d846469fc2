//! Errors of the fake become the errors of the libraries.

use baton_testkit::telegram::{Fault, Telegram};
use serde_json::json;

use super::super::Bot;
use super::{ClientLibrary, GRAMMY, PYTHON_TELEGRAM_BOT, PersonInChat};

#[tokio::test]
#[ignore = "needs Telegram's client libraries, which ./test brings"]
async fn python_telegram_bot_raises_its_own_errors() {
    meet_errors(&PYTHON_TELEGRAM_BOT).await;
    meet_wrong_tokens(&PYTHON_TELEGRAM_BOT).await;
}

#[tokio::test]
#[ignore = "needs Telegram's client libraries, which ./test brings"]
async fn grammy_raises_its_own_errors() {
    meet_errors(&GRAMMY).await;
    meet_wrong_tokens(&GRAMMY).await;
}

async fn meet_errors(library: &ClientLibrary) {
    let telegram = Telegram::start().await;
    let ann = telegram.person("Ann");
    let private = telegram.private(ann);
    let (small, kicked) = (
        telegram.group("Small", &[ann]),
        telegram.supergroup("Closed", &[ann]),
    );
    let bot = library.start(&telegram, &[]);
    let talk = PersonInChat {
        telegram: &telegram,
        chat: private,
        person: ann,
    };
    let write_to = |chat: i64| format!("/write {chat}");
    telegram.fail_next("sendMessage", 1, Fault::Limited(7));
    assert_eq!(talk.ask(&write_to(private)).await.text, library.too_fast);
    let moved = telegram.migrate(small, ann);
    assert_eq!(
        talk.ask(&write_to(small)).await.text,
        format!("{}{moved}", library.moved)
    );
    assert_eq!(talk.seen().await, ["moved to", "moved from"]);
    telegram.kick_bot(kicked);
    assert_eq!(talk.ask(&write_to(kicked)).await.text, library.removed);
    assert_eq!(talk.seen().await, ["in Closed: member, then kicked"]);
    assert_eq!(talk.ask(&write_to(-77)).await.text, library.unknown_chat);
    for fault in [Fault::Status(502), Fault::Cut] {
        telegram.fail_next("sendMessage", 1, fault);
        let told = talk.ask(&write_to(private)).await.text;
        assert!(told.starts_with(library.no_answer), "{told}");
    }
    telegram.until_acknowledged().await;
    telegram.until_polling().await;
    Bot::new(&telegram).done("getUpdates", json!({})).await;
    assert_eq!(talk.seen().await, [library.other_poller]);
    telegram.until_acknowledged().await;
    let report = bot.end().await;
    assert!(
        report.starts_with(library.report) && report.is_empty() == library.report.is_empty(),
        "{report}"
    );
    telegram.finish();
}

/// A token of the right form and one of another form have different errors on the wire.
async fn meet_wrong_tokens(library: &ClientLibrary) {
    let telegram = Telegram::start().await;
    for token in ["4242000001:AAwrong", "4242000001:"] {
        let output = library
            .start_with_token(&telegram, token, &[])
            .output()
            .await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && error.contains(library.wrong_token),
            "{token}: {error}"
        );
    }
    telegram.finish();
}
