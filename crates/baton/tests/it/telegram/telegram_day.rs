//! The people of a scripted day, their messages, and the bot's answers.

use std::fmt::Write as _;

use baton_testkit::telegram::{CountedLimits, Message, Saying, Telegram};
use serde_json::{Value, json};

use crate::day_model::DayModel;

const GROUPS: usize = 3;
const PEOPLE: usize = 40;
/// One topic in three places, and otherwise the private chat of a person.
pub(crate) const PLACES: usize = 60;
const MESSAGES: usize = 2_000;
/// The interval between unreadable updates.
const ODD: usize = 37;
/// The number of bursts.
const BURSTS: usize = 10;
/// How much larger the limits are than Telegram's own.
const LARGER: usize = 20;

/// The mark of a message that may be repeated.
const REPEATED: &str = "↻ Possibly repeated:\n\n";

/// A text without the mark of a possible repetition.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix(REPEATED).unwrap_or(text)
}

/// An update that no bot can read, each time another one. The first two kinds are messages.
fn unreadable(number: usize) -> Value {
    match number % 5 {
        0 => json!({ "message": number }),
        1 => json!({"message": {"chat": "wrong", "from": [], "text": number.to_string()}}),
        2 => json!({"a_new_kind": {"x": 1}}),
        3 => json!({"edited_message": {"message_id": "x"}, "message": null}),
        _ => json!({"callback_query": {"data": []}}),
    }
}

/// A topic or a private chat.
pub(crate) struct DayPlace {
    pub(crate) chat: i64,
    topic: Option<i64>,
}

/// An answer of the bot: the id of the answered message, and the text without the mark.
#[derive(Debug)]
struct DayAnswer {
    to: Option<i64>,
    text: String,
    is_marked: bool,
}

/// The people, and their messages.
pub(crate) struct TelegramDay<'a> {
    telegram: &'a Telegram,
    groups: Vec<i64>,
    people: Vec<i64>,
    pub(crate) places: Vec<DayPlace>,
    /// By place, in order: the id of each message, and its text.
    pub(crate) written: Vec<Vec<(i64, String)>>,
    count: usize,
    /// The number of unreadable messages. Baton stores each as refused.
    pub(crate) unreadable: usize,
}

impl<'a> TelegramDay<'a> {
    /// The limits of Telegram on this day, for the fake and for Baton.
    pub(crate) fn limits() -> CountedLimits {
        CountedLimits::times(LARGER)
    }

    /// Everybody is in all groups.
    pub(crate) fn new(telegram: &'a Telegram) -> Self {
        let people = (0..PEOPLE).map(|n| telegram.person(&format!("person {n}")));
        let people: Vec<_> = people.collect();
        let groups = (0..GROUPS).map(|n| telegram.forum(&format!("Group {n}"), &people));
        let groups: Vec<_> = groups.collect();
        let places = (0..PLACES).map(|n| {
            if n.is_multiple_of(3) {
                let chat = groups[n / 3 % GROUPS];
                let topic = telegram.create_topic(chat, people[0], &format!("topic {n}"));
                let topic = Some(topic);
                return DayPlace { chat, topic };
            }
            // Two private chats after each topic.
            let chat = telegram.private(people[n - 1 - n / 3]);
            DayPlace { chat, topic: None }
        });
        Self {
            telegram,
            places: places.collect(),
            groups,
            people,
            written: vec![Vec::new(); PLACES],
            count: 0,
            unreadable: 0,
        }
    }

    /// A bot that answers every message. The name of the model identifies the process.
    pub(crate) fn configuration(&self, model: &DayModel, name: &str) -> String {
        let limits = Self::limits();
        let mut configuration = format!(
            "[agents.model]\n\
             kind = \"openai\"\n\
             base_url = \"{}\"\n\
             model = \"{name}\"\n\
             at_once = {PLACES}\n\
             [limits]\n\
             turns = {PLACES}\n\
             attempts = 10\n\
             first_pause_seconds = 0.02\n\
             longest_pause_seconds = 0.2\n\
             [channels.telegram]\n\
             token = {{ env = \"TELEGRAM_TOKEN\" }}\n\
             server = \"{}\"\n\
             [channels.telegram.limits]\n\
             group_per_minute = {}\n\
             private_per_second = {}\n\
             bot_per_second = {}\n\
             [channels.telegram.direct]\n\
             agent = \"model\"\n",
            model.base_url(),
            self.telegram.url(),
            limits.group_per_minute,
            limits.private_per_second,
            25 * LARGER,
        );
        for (n, group) in self.groups.iter().enumerate() {
            write!(
                configuration,
                "[channels.telegram.places.g{n}]\n\
                 chat = \"{group}\"\n\
                 agent = \"model\"\n\
                 trigger = \"every\"\n",
            )
            .unwrap();
        }
        configuration
    }

    /// The author of the next message in a place.
    fn author(&self, place: usize) -> i64 {
        match self.places[place].topic {
            Some(_) => self.people[self.count % PEOPLE],
            // The chat with a person has the number of the person.
            None => self.places[place].chat,
        }
    }

    /// The next message of a place, which is not sent yet.
    fn saying(&self, place: usize, text: &str) -> Saying<'a> {
        let DayPlace { chat, topic } = self.places[place];
        let saying = self.telegram.saying(chat, self.author(place)).text(text);
        match topic {
            Some(topic) => saying.topic(topic),
            None => saying,
        }
    }

    /// The next person writes in this place.
    pub(crate) fn write(&mut self, place: usize) {
        if self.count.is_multiple_of(ODD) {
            let number = self.count / ODD;
            self.telegram.send_update(unreadable(number));
            self.unreadable += usize::from(number % 5 < 2);
        }
        let text = format!("c{place} message {}", self.count);
        let id = self.saying(place, &text).send();
        self.written[place].push((id, text));
        self.count += 1;
    }

    pub(crate) fn write_everywhere(&mut self) {
        for place in 0..PLACES {
            self.write(place);
        }
    }

    /// Edits the last message of a place.
    pub(crate) fn edit_last(&mut self, place: usize) {
        let (id, text) = self.written[place].last_mut().unwrap();
        text.push_str(", edited");
        self.telegram.edit(self.places[place].chat, *id, text);
    }

    /// Sends an album, which is one message.
    pub(crate) fn write_album(&mut self, place: usize) {
        let text = format!("c{place} album {}", self.count);
        let album = format!("album {place}");
        let photo = |text: &str| self.saying(place, text).photo(vec![1, 2, 3]).album(&album);
        let id = photo(&text).send();
        photo("").send();
        photo("").send();
        self.written[place].push((id, text));
        self.count += 1;
    }

    /// Writes many messages at once, with different numbers in the places.
    pub(crate) fn burst(&mut self) {
        for _ in 0..(MESSAGES - 3 * PLACES) / BURSTS {
            let n = self.count;
            self.write((n * n + n / 7) % PLACES);
        }
    }

    /// The bot's answers in a place.
    fn answers(&self, place: usize, said: &[Message]) -> Vec<DayAnswer> {
        let topic = self.places[place].topic;
        let is_answer = |it: &&Message| {
            it.author == Some(self.telegram.bot())
                && it.topic == topic
                && without_mark(&it.text).starts_with('c')
        };
        let answers = said.iter().filter(is_answer);
        let answers = answers.map(|it| DayAnswer {
            to: it.reply_to,
            text: without_mark(&it.text).to_owned(),
            is_marked: it.text.starts_with(REPEATED),
        });
        answers.collect()
    }

    /// Checks the answers of all places. Returns the number of repetitions.
    pub(crate) async fn check_all_answers(&self) -> usize {
        let mut repeated = 0;
        for place in 0..PLACES {
            repeated += self.check_answers(place).await;
        }
        repeated
    }

    /// Waits for the answers of a place, and checks that each message is answered once and in order. A repetition has
    /// the mark, and follows the first copy. Returns the number of repetitions.
    async fn check_answers(&self, place: usize) -> usize {
        let written = &self.written[place];
        let chat = self.places[place].chat;
        // Each wait has a time limit of its own.
        for (_, text) in written.iter().step_by(10).chain(written.last()) {
            self.telegram
                .until_messages(chat, |said| {
                    let answers = self.answers(place, said);
                    answers.iter().any(|answer| answer.text == *text)
                })
                .await;
        }
        let answers = self.answers(place, &self.telegram.messages(chat));
        let (mut next, mut repeated) = (0, 0);
        for answer in &answers {
            let is = |it: Option<&(i64, String)>| {
                it.is_some_and(|(id, text)| answer.to == Some(*id) && answer.text == *text)
            };
            if is(written.get(next)) {
                next += 1;
            } else {
                let last = next.checked_sub(1).and_then(|last| written.get(last));
                assert!(answer.is_marked && is(last), "place {place}: {answers:#?}");
                repeated += 1;
            }
        }
        assert_eq!(next, written.len(), "place {place}: {answers:#?}");
        repeated
    }
}
