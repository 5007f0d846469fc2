//! The menus of commands on Telegram: one for each kind of chat and each language.

use std::time::Duration;

use baton_chat::command_translations::{CommandTranslations, CommandWords, Translation, WordsKind};
use baton_chat::translation_check::TranslationRules;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::telegram::Fault;
use serde_json::Value;

use super::bot::{Bot, echo_agent};
use super::waits::while_pauses_pass;

const SCOPES: [&str; 3] = [
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
];

fn names(menu: &[Value]) -> Vec<&str> {
    let names = menu
        .iter()
        .filter_map(|command| command["command"].as_str());
    names.collect()
}

fn description<'a>(menu: &'a [Value], name: &str) -> &'a str {
    let command = menu.iter().find(|command| command["command"] == name);
    command.unwrap()["description"].as_str().unwrap()
}

/// A translation of the description of `/stop`, in German.
fn german(text: &str) -> CommandTranslations {
    let rules = TranslationRules {
        platform: "Telegram",
        locales: &["de"],
        name_limit: 32,
        name_characters: "letters",
        is_name: |_| false,
        description_limit: 256,
    };
    let of = CommandWords {
        command: "stop".to_owned(),
        option: None,
        kind: WordsKind::Description,
    };
    let translation = Translation {
        locale: "de".to_owned(),
        of,
        text: text.to_owned(),
    };
    let (translations, wrong) = CommandTranslations::new([translation], &rules);
    assert!(wrong.is_empty(), "{wrong:?}");
    translations
}

#[tokio::test]
async fn each_kind_of_chat_has_a_menu() {
    let bot = Bot::started(echo_agent()).await;
    let [private, groups, admins] = SCOPES;
    let private = bot.telegram.until_commands(private, "").await;
    let groups = bot.telegram.until_commands(groups, "").await;
    let admins = bot.telegram.until_commands(admins, "").await;
    assert!(names(&private).contains(&"reset"));
    assert!(!names(&groups).contains(&"reset"));
    assert!(names(&groups).contains(&"stop"));
    assert!(names(&admins).contains(&"reset"));
    let size = |command: &Value| {
        let texts = ["command", "description"].map(|field| command[field].as_str().unwrap());
        texts.iter().map(|text| text.chars().count()).sum::<usize>()
    };
    let whole: usize = private.iter().map(size).sum();
    assert!(whole <= 5_700, "{whole}");
}

#[tokio::test]
async fn a_menu_is_shown_in_the_language_of_a_person() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.settings.translations = german("Halte die laufende Antwort an");
    bot.start().await;
    for scope in SCOPES {
        let menu = bot.telegram.until_commands(scope, "de").await;
        assert_eq!(description(&menu, "stop"), "Halte die laufende Antwort an");
        let usual = bot.telegram.until_commands(scope, "").await;
        assert_eq!(names(&menu), names(&usual));
        assert_eq!(description(&menu, "queue"), description(&usual, "queue"));
    }
}

#[tokio::test]
async fn a_menu_that_telegram_has_is_not_registered_again() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.settings.translations = german("Halte an");
    bot.start().await;
    assert_eq!(bot.telegram.until_asked("setMyCommands", 6).await.len(), 6);
    bot.kill();
    bot.start().await;
    bot.telegram.until_asked("getMyCommands", 12).await;
    bot.kill();
    bot.settings.translations = german("Beende");
    bot.start().await;
    // Only the three menus with another text are registered, so nothing was registered in between.
    let asked = bot.telegram.until_asked("setMyCommands", 9).await;
    bot.telegram.until_asked("getMyCommands", 18).await;
    assert_eq!(asked.len(), 9);
    assert!(asked[6..].iter().all(|it| it.body["language_code"] == "de"));
}

#[tokio::test]
async fn a_rate_limit_of_a_menu_stops_messages_too() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.telegram
        .fail_next("setMyCommands", 1, Fault::Limited(7));
    bot.start().await;
    let [first, ..] = SCOPES;
    bot.telegram.until_request_answered("setMyCommands").await;
    bot.say("hello");
    let told = async {
        bot.said(1).await;
        bot.telegram.until_commands(first, "").await;
    };
    let told = while_pauses_pass(&clock, told);
    within("the reply and the menu come", told).await;
    let sent = bot.telegram.until_asked("sendMessage", 1).await[0].at;
    let refused = bot.telegram.until_asked("setMyCommands", 1).await[0].at;
    assert!(sent.since(refused) >= Duration::from_secs(7));
}
