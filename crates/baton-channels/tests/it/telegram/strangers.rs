//! Commands of people whom the bot does not answer.

use baton_chat::chat_settings::People;
use baton_testkit::telegram::{Message, Standing};

use super::bot::{Bot, echo_agent, texts};

#[tokio::test]
async fn in_a_group_without_a_table_only_an_administrator_gets_an_answer() {
    let bot = Bot::started(echo_agent()).await;
    let (eve, olga) = (bot.telegram.person("Eve"), bot.telegram.person("Olga"));
    let group = bot.telegram.supergroup("Elsewhere", &[eve, olga]);
    bot.telegram.set_standing(group, eve, &Standing::Member);
    bot.telegram.set_standing(group, olga, &Standing::Owner);
    for command in ["/start", "/help", "/ping", "/status"] {
        bot.telegram.say(group, eve, command);
    }
    bot.telegram.say(group, olga, "/ping");
    bot.telegram.say(group, olga, "/start");
    let numbers = bot.telegram.until_said(group, |it| it.only_for.is_some());
    let numbers = numbers.await;
    assert_eq!(numbers.only_for, Some(olga));
    assert!(numbers.text.contains(&group.to_string()), "{numbers:?}");
    assert!(bot.telegram.messages_only_for(group, eve).is_empty());
    assert_eq!(bot.telegram.messages_only_for(group, olga).len(), 1);
    assert!(bot.telegram.bot_messages(group).is_empty());
}

#[tokio::test]
async fn in_a_private_chat_a_stranger_gets_only_the_numbers() {
    let mut bot = Bot::new(echo_agent()).await;
    let direct = bot.settings.chat.direct.as_mut().unwrap();
    direct.speakers = Some(People {
        users: [bot.ann.to_string().into()].into(),
        ..People::default()
    });
    bot.start().await;
    let eve = bot.telegram.person("Eve");
    let private = bot.telegram.private(eve);
    bot.telegram.say(private, eve, "/help");
    bot.telegram.say(private, eve, "/ping");
    bot.telegram.say(private, eve, "/start");
    let said = bot.telegram.until_bot_said(private, 1).await;
    assert_eq!(said.len(), 1, "{said:?}");
    let id = format!("user:{eve}");
    assert!(said[0].text.contains(&id), "{}", said[0].text);
    assert!(!said[0].text.contains("/status"), "{}", said[0].text);
}

#[tokio::test]
async fn in_a_chat_with_a_table_a_person_who_is_not_answered_gets_only_the_numbers() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.answering().speakers = Some(People {
        users: [bot.ann.to_string().into()].into(),
        ..People::default()
    });
    let eve = bot.telegram.person("Eve");
    bot.telegram.join(bot.group, eve);
    let channel = bot.telegram.channel("News");
    bot.start().await;
    let saying = |person: i64, text: &str| bot.telegram.saying(bot.group, person).text(text);
    for command in ["/start", "/ping", "/status", "/stop", "/reset"] {
        saying(bot.ann, command).anonymous().send();
        saying(bot.ann, command).via_channel(channel).send();
        if command != "/start" {
            saying(eve, command).send();
        }
    }
    saying(eve, "/start").send();
    let numbers = |message: &Message| message.text.contains(&format!("user:{eve}"));
    let told = bot.telegram.until_said(bot.group, numbers).await;
    assert_eq!(told.only_for, Some(eve));
    bot.say("hello");
    let said = bot.said(1).await;
    assert_eq!(texts(&said), ["hello"]);
    assert_eq!(bot.telegram.messages_only_for(bot.group, eve).len(), 1);
    assert_eq!(bot.telegram.bot_messages(bot.group).len(), 1);
}
