//! The webhooks of the libraries accept the updates of the fake.

use std::path::Path;

use baton_testkit::telegram::Telegram;

use super::{ClientLibrary, GRAMMY, PYTHON_TELEGRAM_BOT, PersonInChat};

#[tokio::test]
#[ignore = "needs Telegram's client libraries, which ./test brings"]
async fn python_telegram_bot_serves_a_webhook() {
    converse(&PYTHON_TELEGRAM_BOT).await;
}

#[tokio::test]
#[ignore = "needs Telegram's client libraries, which ./test brings"]
async fn grammy_serves_a_webhook() {
    converse(&GRAMMY).await;
}

/// The libraries check the secret of each update.
async fn converse(library: &ClientLibrary) {
    let telegram = Telegram::start().await;
    let ann = telegram.person("Ann");
    let talk = PersonInChat {
        telegram: &telegram,
        chat: telegram.private(ann),
        person: ann,
    };
    let bot = library.start(&telegram, &[("BOT_SECRET", Path::new("s3cret"))]);
    let set = telegram.until_asked("setWebhook", 1).await.remove(0);
    assert_eq!(set.body["secret_token"], "s3cret");
    assert_eq!(talk.ask("/start").await.text, "Hello Ann, I am @baton_bot");
    assert_eq!(talk.ask("Good morning").await.text, "Good morning");
    let menu = talk.ask("/menu").await;
    let press = telegram.press_label(talk.chat, menu.id, ann, "No");
    assert_eq!(
        telegram.until_answered(&press).await["text"],
        "You chose no"
    );
    telegram.until_acknowledged().await;
    assert_eq!(bot.end().await, "", "the library reports nothing");
    telegram.finish();
}
