//! People and chats.

use std::collections::BTreeMap;

use serde_json::json;

use super::Telegram;
use super::chat_objects::{ChatKind, Ended, Message, Standing, Topic, User};
use super::faults::{Fault, Migration};
use super::world::{ANONYMOUS, World};

impl Telegram {
    /// Adds a person with a user name like the name.
    pub fn person(&self, name: &str) -> i64 {
        let username = format!("{}_user", name.to_lowercase());
        self.person_with(name, Some(&username), Some("en"))
    }

    /// Adds a person with or without a user name and language.
    pub fn person_with(&self, name: &str, username: Option<&str>, language: Option<&str>) -> i64 {
        self.shared.change(|world| {
            let id = world.next_id();
            let (username, language) = (username.map(str::to_owned), language.map(str::to_owned));
            world.users.insert(
                id,
                User {
                    id,
                    name: name.to_owned(),
                    username,
                    language,
                    bot: false,
                },
            );
            id
        })
    }

    /// The private chat of a person and the bot. The chat's id is the person's id. The first call begins the chat.
    pub fn private(&self, person: i64) -> i64 {
        self.shared.change(|world| {
            if world.chats.contains_key(&person) {
                return;
            }
            let name = world
                .users
                .get(&person)
                .map_or_else(String::new, |user| user.name.clone());
            world.add_chat(person, ChatKind::Private, &name);
            let bot = world.bot;
            world.chat_mut(person).members =
                BTreeMap::from([(person, Standing::Member), (bot, Standing::Member)]);
        });
        person
    }

    /// A small group with these people and the bot, which is an ordinary member.
    pub fn group(&self, title: &str, people: &[i64]) -> i64 {
        self.shared.change(|world| {
            let id = -world.next_id();
            world.open(id, ChatKind::Group, title, people);
            id
        })
    }

    /// A supergroup without topics. The bot is an ordinary member.
    pub fn supergroup(&self, title: &str, people: &[i64]) -> i64 {
        self.shared
            .change(|world| world.open_supergroup(title, people))
    }

    /// A supergroup with topics. The bot may manage topics and delete messages.
    pub fn forum(&self, title: &str, people: &[i64]) -> i64 {
        self.shared.change(|world| {
            let id = world.open_supergroup(title, people);
            let bot = world.bot;
            let chat = world.chat_mut(id);
            chat.is_forum = true;
            let rights = [
                "can_manage_topics",
                "can_delete_messages",
                "can_pin_messages",
            ];
            let rights = rights.iter().map(|right| (*right).to_owned()).collect();
            chat.members.insert(bot, Standing::Administrator(rights));
            id
        })
    }

    /// A channel, with the bot as an administrator.
    pub fn channel(&self, title: &str) -> i64 {
        self.shared.change(|world| {
            let id = -1_000_000_000_000 - world.next_id();
            world.open(id, ChatKind::Channel, title, &[]);
            let bot = world.bot;
            world.chat_mut(id).members.insert(
                bot,
                Standing::Administrator(["can_post_messages".to_owned()].into()),
            );
            id
        })
    }

    /// A person joins a group.
    pub fn join(&self, chat: i64, person: i64) {
        self.set_standing(chat, person, &Standing::Member);
    }

    /// Changes the standing of a user. If the user is the bot, the bot gets an update `my_chat_member` from the
    /// first other member.
    pub fn set_standing(&self, chat: i64, user: i64, standing: &Standing) {
        self.shared.change(|world| {
            let bot = world.bot;
            let members = &mut world.chat_mut(chat).members;
            let old = members.insert(user, standing.clone()).unwrap_or(Standing::Left);
            let by = members.keys().find(|id| **id != bot).copied().unwrap_or(ANONYMOUS);
            if old == *standing {
                return;
            }
            let update = json!({
                "chat": world.chat_json(world.chat(chat)), "from": world.user_json(by), "date": world.date(),
                "old_chat_member": world.member_json(user, &old), "new_chat_member": world.member_json(user, standing),
            });
            world.notify(if user == bot { "my_chat_member" } else { "chat_member" }, update);
        });
    }

    /// Makes the bot an administrator with these rights, such as `can_manage_topics`.
    pub fn promote_bot(&self, chat: i64, rights: &[&str]) {
        let rights = rights.iter().map(|right| (*right).to_owned()).collect();
        self.set_standing(chat, self.bot(), &Standing::Administrator(rights));
    }

    /// Makes the bot an ordinary member.
    pub fn demote_bot(&self, chat: i64) {
        self.set_standing(chat, self.bot(), &Standing::Member);
    }

    /// Removes the bot from a group. In a private chat, the person blocks the bot.
    pub fn kick_bot(&self, chat: i64) {
        self.set_standing(chat, self.bot(), &Standing::Kicked);
    }

    /// Lets the bot in again.
    pub fn readmit_bot(&self, chat: i64) {
        self.set_standing(chat, self.bot(), &Standing::Member);
    }

    /// Deletes a group. No update tells the bot.
    pub fn delete_chat(&self, chat: i64) {
        self.shared
            .change(|world| world.chat_mut(chat).ended = Some(Ended::Deleted));
    }

    /// Deletes the account of a person. No update tells the bot.
    pub fn delete_account(&self, person: i64) {
        self.shared
            .change(|world| world.chat_mut(person).ended = Some(Ended::Deactivated));
    }

    /// Makes a chat unknown to the bot.
    pub fn forget_chat(&self, chat: i64) {
        self.shared
            .change(|world| world.chat_mut(chat).ended = Some(Ended::Unknown));
    }

    /// Turns the topics of a supergroup on or off. Messages and topics stay.
    pub fn set_forum(&self, chat: i64, is_forum: bool) {
        self.shared
            .change(|world| world.chat_mut(chat).is_forum = is_forum);
    }

    /// Makes a supergroup of a group, as Telegram does when topics are turned on. Returns the new id. Both chats
    /// get a message about the move.
    pub fn migrate(&self, group: i64, by: i64) -> i64 {
        self.shared.change(|world| {
            let migration = world.begin_migration(group, by);
            world.finish_migration(migration);
            migration.supergroup
        })
    }

    /// Like [`Self::migrate`], just before a later request with this method; 1 is the next request. Returns the id of the
    /// supergroup.
    pub fn migrate_at(&self, group: i64, by: i64, method: &str, number: usize) -> i64 {
        let migration = self.shared.change(|world| world.begin_migration(group, by));
        self.pass_next(method, number - 1);
        self.fail_next(method, 1, Fault::Migrate(migration));
        migration.supergroup
    }

    /// Tells the bot again that a group became a supergroup.
    pub fn report_migration(&self, group: i64) {
        self.shared.change(|world| {
            let told = world.chat(group).messages.values();
            let told = told.filter(|it| it.more.contains_key("migrate_to_chat_id"));
            let told: Vec<_> = told.map(|message| message.id).collect();
            for told in told {
                world.notify_of(group, told);
            }
        });
    }

    /// A person creates a topic. Returns its id.
    pub fn create_topic(&self, chat: i64, person: i64, name: &str) -> i64 {
        self.shared
            .change(|world| world.begin_topic(chat, person, name, 7_322_096))
    }

    /// A person renames a topic.
    pub fn rename_topic(&self, chat: i64, person: i64, topic: i64, name: &str) {
        self.shared
            .change(|world| world.rename_topic(chat, topic, person, name));
    }

    /// A person closes a topic.
    pub fn close_topic(&self, chat: i64, person: i64, topic: i64) {
        self.shared
            .change(|world| world.close_topic(chat, topic, person, true));
    }

    /// A person reopens a topic.
    pub fn reopen_topic(&self, chat: i64, person: i64, topic: i64) {
        self.shared
            .change(|world| world.close_topic(chat, topic, person, false));
    }

    /// A person deletes a topic with its messages. No update tells the bot.
    pub fn delete_topic(&self, chat: i64, topic: i64) {
        self.shared.change(|world| world.remove_topic(chat, topic));
    }

    /// Closes or reopens General.
    pub fn set_general_closed(&self, chat: i64, closed: bool) {
        self.shared
            .change(|world| world.chat_mut(chat).general_closed = closed);
    }

    /// The topics of a chat, oldest first.
    pub fn topics(&self, chat: i64) -> Vec<Topic> {
        self.shared
            .lock()
            .chat(chat)
            .topics
            .values()
            .cloned()
            .collect()
    }
}

impl World {
    fn open(&mut self, id: i64, kind: ChatKind, title: &str, people: &[i64]) {
        self.add_chat(id, kind, title);
        let bot = self.bot;
        let chat = self.chat_mut(id);
        chat.members = people
            .iter()
            .map(|person| (*person, Standing::Member))
            .collect();
        if let Some(first) = people.first() {
            chat.members.insert(*first, Standing::Owner);
        }
        chat.members.insert(bot, Standing::Member);
    }

    fn open_supergroup(&mut self, title: &str, people: &[i64]) -> i64 {
        let id = -1_000_000_000_000 - self.next_id();
        self.open(id, ChatKind::Supergroup, title, people);
        // The first message of a supergroup tells of its creation, so no topic has the number 1.
        self.chat_mut(id).last_message = 1;
        id
    }

    /// Tells the bot about a message, if privacy mode permits.
    pub(super) fn notify_of(&mut self, chat: i64, id: i64) {
        let message = self.message(chat, id);
        let place = self.chat(chat);
        if matches!(
            place.members.get(&self.bot),
            Some(Standing::Left | Standing::Kicked) | None
        ) || !self.is_visible(message)
        {
            return;
        }
        let kind = if place.kind == ChatKind::Channel {
            "channel_post"
        } else {
            "message"
        };
        let json = self.message_json(message);
        self.notify(kind, json);
    }

    /// Whether the bot is sent a message: in privacy mode only commands, mentions, replies and events.
    pub(super) fn is_visible(&self, message: &Message) -> bool {
        let chat = self.chat(message.chat);
        if self.reads_all || chat.kind == ChatKind::Private || self.bot_is_admin(chat) {
            return true;
        }
        let is_event = message.text.is_empty() && message.files.is_empty();
        let username = self
            .users
            .get(&self.bot)
            .and_then(|user| user.username.clone())
            .unwrap_or_default();
        let named = format!("@{username}");
        let command = message
            .text
            .split_whitespace()
            .next()
            .filter(|word| word.starts_with('/'));
        let for_me = command.is_some_and(|word| {
            word.split_once('@')
                .is_none_or(|(_, name)| name == username)
        });
        let replied = message.reply_to.and_then(|id| chat.messages.get(&id));
        is_event
            || for_me
            || message.text.contains(&named)
            || replied.is_some_and(|replied| replied.author == Some(self.bot))
    }
}

impl World {
    fn begin_migration(&mut self, group: i64, by: i64) -> Migration {
        let (title, members) = {
            let chat = self.chat(group);
            (chat.title.clone(), chat.members.clone())
        };
        let supergroup = self.open_supergroup(&title, &[]);
        self.chat_mut(supergroup).members = members;
        Migration {
            group,
            supergroup,
            by,
        }
    }

    pub(super) fn finish_migration(&mut self, migration: Migration) {
        let Migration {
            group,
            supergroup: new,
            by,
        } = migration;
        let told = self.tell_event(group, None, by, "migrate_to_chat_id", json!(new));
        self.notify_of(group, told);
        self.chat_mut(group).migrated_to = Some(new);
        let told = self.tell_event(new, None, ANONYMOUS, "migrate_from_chat_id", json!(group));
        self.message_mut(new, told).sender_chat = Some(new);
        self.notify_of(new, told);
    }
}
