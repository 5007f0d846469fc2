//! Topics whose creation nobody has recorded.

use baton_testkit::telegram::{Fault, Held};

use super::bot::{Bot, echo_agent};

#[tokio::test]
async fn s69_the_topic_of_a_killed_creation_is_found_by_its_name_and_used() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    let held = Held::default();
    bot.telegram
        .fail_next("createForumTopic", 1, Fault::Hold(held.clone()));
    bot.say("ships");
    bot.telegram.until_asked("createForumTopic", 1).await;
    bot.kill();
    held.release();
    let [lost] = &bot.telegram.topics(bot.group)[..] else {
        panic!("one topic was created");
    };
    assert_ne!(lost.name, "ships", "the name has a mark");
    bot.start().await;
    let said = bot.said(1).await;
    // The store knew no topic, so the killed process cannot have sent the reply, and the reply needs no mark.
    assert_eq!(said[0].text, "ships");
    assert_eq!(said[0].topic, Some(lost.id));
    // The name needs no mark any more, and the conversation goes on in the topic.
    assert_eq!(bot.telegram.until_topic(bot.group, "ships").await, lost.id);
    bot.telegram
        .say_in(bot.group, lost.id, bot.ann, "and trains");
    let said = bot.said(2).await;
    assert_eq!(
        (said[1].text.as_str(), said[1].topic),
        ("and trains", Some(lost.id))
    );
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
}
