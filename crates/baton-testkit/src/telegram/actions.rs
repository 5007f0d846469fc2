//! The actions of people on messages: edits, presses of buttons, reactions, the stop of a draft.

use serde_json::{Value, json};

use super::Telegram;
use super::chat_objects::ChatKind;
use super::saying::found_entities;
use super::world::Query;

impl Telegram {
    /// The author edits the text or caption of a message.
    pub fn edit(&self, chat: i64, message: i64, text: &str) {
        self.shared.change(|world| {
            let date = world.date();
            let edited = world.message_mut(chat, message);
            let before = std::mem::replace(&mut edited.text, text.to_owned());
            edited.earlier.push(before);
            edited.entities = found_entities(text);
            edited.edit_date = Some(date);
            let edited = world.message(chat, message);
            if world.is_visible(edited) {
                let json = world.message_json(edited);
                let is_channel = world.chat(chat).kind == ChatKind::Channel;
                world.notify(
                    if is_channel {
                        "edited_channel_post"
                    } else {
                        "edited_message"
                    },
                    json,
                );
            }
        });
    }

    /// A person deletes a message. No update tells the bot.
    pub fn delete(&self, chat: i64, message: i64) {
        self.shared
            .change(|world| world.chat_mut(chat).messages.remove(&message));
    }

    /// A person presses a button with this callback data. Returns the id of the press. For a deleted message, the bot
    /// gets an inaccessible message.
    pub fn press(&self, chat: i64, message: i64, person: i64, data: &str) -> String {
        self.shared.change(|world| {
            let pressed = world.pressed_json(chat, message);
            world.press(chat, person, &pressed, data)
        })
    }

    /// A person presses a button of a message that only this person sees.
    pub fn press_ephemeral(&self, chat: i64, message: i64, person: i64, data: &str) -> String {
        self.shared.change(|world| {
            let pressed = world.message_json(&world.chat(chat).ephemeral[&message]);
            world.press(chat, person, &pressed, data)
        })
    }

    /// A person presses the button with this label. Panics if the message has no such button.
    pub fn press_label(&self, chat: i64, message: i64, person: i64, label: &str) -> String {
        let data = self.shared.lock().message(chat, message).callback(label);
        let data =
            data.unwrap_or_else(|| panic!("no button {label:?} is on message {message} of {chat}"));
        self.press(chat, message, person, &data)
    }

    /// A person sets the only reaction of this person; an empty emoji removes the reaction.
    pub fn react(&self, chat: i64, message: i64, person: i64, emoji: &str) {
        self.shared.change(|world| {
            let new: Vec<Value> = if emoji.is_empty() { Vec::new() } else { vec![json!({"type": "emoji", "emoji": emoji})] };
            let reactions = &mut world.message_mut(chat, message).reactions;
            let old = reactions.insert(person, new.clone()).unwrap_or_default();
            let place = world.chat(chat);
            // In groups, only administrators are told about reactions.
            if place.kind == ChatKind::Private || world.bot_is_admin(place) {
                let update = json!({
                    "chat": world.chat_json(place), "message_id": message, "user": world.user_json(person),
                    "date": world.date(), "old_reaction": old, "new_reaction": new,
                });
                world.notify("message_reaction", update);
            }
        });
    }

    /// The person stops the bot's draft with Telegram's own button, which then disappears. The draft disappears too,
    /// unless the bot wanted to keep the draft. Panics without a stoppable draft.
    pub fn stop_draft(&self, chat: i64, draft: i64) {
        self.shared.change(|world| {
            let drafts = &mut world.chat_mut(chat).drafts;
            let stopped = drafts.get_mut(&draft);
            let stopped = stopped.unwrap_or_else(|| panic!("there is no draft {draft} in {chat}"));
            assert!(stopped.can_stop, "draft {draft} cannot be stopped");
            stopped.can_stop = false;
            let topic = stopped.topic;
            if !stopped.keep_on_stop {
                drafts.remove(&draft);
            }
            world.notify_of_stop(chat, topic, draft);
        });
    }

    /// The bot gets a press on the stop button of a draft that is gone, as after a slow connection of the person.
    pub fn stop_draft_late(&self, chat: i64, topic: Option<i64>, draft: i64) {
        self.shared
            .change(|world| world.notify_of_stop(chat, topic, draft));
    }

    /// Sends any update, also one that no bot can read. An object without an id gets the next id.
    pub fn send_update(&self, update: Value) {
        self.shared.change(|world| world.updates.push_raw(update));
    }
}

impl super::world::World {
    fn notify_of_stop(&mut self, chat: i64, topic: Option<i64>, draft: i64) {
        let mut update = json!({"chat": self.chat_json(self.chat(chat)), "draft_id": draft});
        if let Some(topic) = topic {
            update["message_thread_id"] = json!(topic);
        }
        self.notify("stopped_message_generation", update);
    }

    fn press(&mut self, chat: i64, person: i64, pressed: &Value, data: &str) -> String {
        let id = self.next_id().to_string();
        self.queries.insert(id.clone(), Query { answer: None });
        let update = json!({
            "id": id, "from": self.user_json(person), "message": pressed, "chat_instance": chat.to_string(),
            "data": data,
        });
        self.notify("callback_query", update);
        id
    }
}
