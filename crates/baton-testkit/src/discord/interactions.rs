//! Interactions of people: commands, buttons and forms, and the bot's answers.

use std::time::Duration;

use baton_core::clock::Steady;
use serde_json::{Value, json};

use super::Discord;
use super::rest::array;
use super::snowflake::Snowflake;
use super::world::{LOADING, Message, User, World};

/// The time for the bot's first answer.
pub(super) const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(3);
/// The lifetime of an interaction's token.
pub(super) const TOKEN_LIVES: Duration = Duration::from_mins(15);

/// An interaction that a person started.
#[derive(Clone, Debug)]
pub(super) struct Interaction {
    pub(super) id: Snowflake,
    pub(super) token: String,
    /// Discord's number: 2 a command, 3 a button or select, 5 a form.
    pub(super) kind: u8,
    pub(super) channel: Snowflake,
    pub(super) user: Snowflake,
    /// The message with the used button or select.
    pub(super) message: Option<Snowflake>,
    pub(super) name: String,
    pub(super) asked: Steady,
    pub(super) acknowledged: Option<Acknowledged>,
}

#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    pub(super) at: Steady,
    /// The id of the `@original` message.
    pub(super) original: Option<Snowflake>,
    /// The form that opened.
    pub(super) modal: Option<Value>,
    /// The suggested choices for autocomplete.
    pub(super) choices: Option<Value>,
}

impl Discord {
    /// A person uses a slash command. Panics where Discord would not offer the command: not registered here,
    /// unknown or missing options, or no permission.
    pub fn command(
        &self,
        channel: Snowflake,
        user: Snowflake,
        name: &str,
        options: &[(&str, Value)],
    ) -> Snowflake {
        self.shared.change(|world| {
            let command = world.offered(channel, user, name);
            let known = array(&command["options"]);
            let given = options.iter().map(|(name, value)| {
                let option = known.iter().find(|option| option["name"] == *name);
                let kind =
                    &option.unwrap_or_else(|| panic!("{command} has no option {name}"))["type"];
                json!({"name": name, "type": kind, "value": value})
            });
            let mut data = json!({
                "id": command["id"], "name": name, "type": 1, "options": given.collect::<Vec<_>>(),
            });
            if let Some(guild) = command.get("guild_id") {
                data["guild_id"] = guild.clone();
            }
            for option in known {
                let name = option["name"].as_str().unwrap_or_default();
                let there = options.iter().any(|(given, _)| *given == name);
                assert!(there || option["required"] != true, "{name} must be given");
            }
            world.interact(2, channel, user, None, name, &data)
        })
    }

    /// A server administrator lets everybody use a command, in the server's settings.
    pub fn open_command(&self, server: Snowflake, name: &str) {
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&server);
            let guild = guild.unwrap_or_else(|| panic!("there is no server {server}"));
            guild.opened.insert(name.to_owned());
        });
    }

    /// A person presses a button. Panics if the message has no such button that can be pressed.
    pub fn press(
        &self,
        channel: Snowflake,
        message: Snowflake,
        custom_id: &str,
        user: Snowflake,
    ) -> Snowflake {
        let data = json!({"custom_id": custom_id, "component_type": 2});
        self.shared
            .change(|world| world.use_component(channel, message, user, custom_id, &data))
    }

    /// A person chooses values in a select.
    pub fn select(
        &self,
        channel: Snowflake,
        message: Snowflake,
        custom_id: &str,
        user: Snowflake,
        values: &[&str],
    ) -> Snowflake {
        let data = json!({"custom_id": custom_id, "component_type": 3, "values": values});
        self.shared
            .change(|world| world.use_component(channel, message, user, custom_id, &data))
    }

    /// The person of `after` fills the form that opened after that interaction. `fields` pairs field ids with
    /// values.
    pub fn submit(&self, after: Snowflake, fields: &[(&str, &str)]) -> Snowflake {
        self.shared.change(|world| {
            let before = world.interaction(after).clone();
            let modal = before.acknowledged.and_then(|done| done.modal);
            let modal = modal.unwrap_or_else(|| panic!("no form opened after {after}"));
            let rows = array(&modal["components"]).iter().map(|row| {
                let part = if row["type"] == 18 {
                    &row["component"]
                } else {
                    &row["components"][0]
                };
                let id = part["custom_id"].as_str().unwrap_or_default();
                let value = fields
                    .iter()
                    .find(|(field, _)| *field == id)
                    .map_or("", |(_, value)| value);
                let filled =
                    json!({"id": 2, "type": part["type"], "custom_id": id, "value": value});
                if row["type"] == 18 {
                    json!({"id": 1, "type": 18, "component": filled})
                } else {
                    json!({"id": 1, "type": 1, "components": [filled]})
                }
            });
            let data =
                json!({"custom_id": modal["custom_id"], "components": rows.collect::<Vec<_>>()});
            let name = modal["custom_id"].as_str().unwrap_or_default();
            world.interact(5, before.channel, before.user, before.message, name, &data)
        })
    }

    /// Waits until the bot has acknowledged the interaction, and returns the time from the interaction to the
    /// acknowledgement.
    pub async fn until_acknowledged(&self, interaction: Snowflake) -> Duration {
        self.until("the interaction is acknowledged", |world| {
            let interaction = world.interactions.get(&interaction)?;
            let done = interaction.acknowledged.as_ref()?;
            Some(done.at.since(interaction.asked))
        })
        .await
    }

    /// Waits until people see the bot's answer: its first message, no longer "thinking".
    pub async fn until_answered(&self, interaction: Snowflake) -> Message {
        self.until("the interaction is answered", |world| {
            let interaction = world.interactions.get(&interaction)?;
            let original = interaction.acknowledged.as_ref()?.original?;
            let message = world
                .channels
                .get(&interaction.channel)?
                .messages
                .get(&original)?;
            (message.flags & LOADING == 0).then(|| message.clone())
        })
        .await
    }

    /// Waits for the form that opens after the interaction.
    pub async fn until_form(&self, interaction: Snowflake) -> Value {
        self.until("a form opens", |world| {
            world
                .interactions
                .get(&interaction)?
                .acknowledged
                .as_ref()?
                .modal
                .clone()
        })
        .await
    }

    /// The registered commands of a server, or the global commands.
    pub fn commands(&self, server: Option<Snowflake>) -> Vec<Value> {
        self.shared
            .lock()
            .commands
            .get(&server)
            .cloned()
            .unwrap_or_default()
    }

    /// Waits until a command of that name is registered, in a server or globally.
    pub async fn until_command(&self, server: Option<Snowflake>, name: &str) {
        let named = |commands: &[Value]| commands.iter().any(|command| command["name"] == name);
        self.until_commands(server, named).await;
    }

    /// Waits until `wanted` accepts the registered commands of a server, or the global commands.
    pub async fn until_commands(
        &self,
        server: Option<Snowflake>,
        wanted: impl Fn(&[Value]) -> bool,
    ) {
        self.until("the commands are as wanted", |world| {
            let commands = world.commands.get(&server).map_or(&[][..], Vec::as_slice);
            wanted(commands).then_some(())
        })
        .await;
    }
}

impl World {
    pub(super) fn interaction(&self, id: Snowflake) -> &Interaction {
        self.interactions
            .get(&id)
            .unwrap_or_else(|| panic!("there is no interaction {id}"))
    }

    /// The command as Discord offers it to a person in a channel. A server's own command has precedence over
    /// a global command.
    fn offered(&self, channel: Snowflake, user: Snowflake, name: &str) -> Value {
        let guild = self.channel(channel).guild;
        let places = [guild, None];
        let command = places
            .iter()
            .filter_map(|place| self.commands.get(place))
            .flatten()
            .find(|command| command["name"] == name);
        let command = command.unwrap_or_else(|| panic!("/{name} is not registered here"));
        let needed = command["default_member_permissions"].as_str();
        let needed: u64 = needed
            .and_then(|bits| bits.parse().ok())
            .unwrap_or_default();
        if let Some(guild) = guild {
            let has = self.permissions(guild, user);
            let administrator = has & super::permission::ADMINISTRATOR != 0;
            let opened = self.guild(guild).opened.contains(name);
            assert!(
                administrator || opened || has & needed == needed,
                "{user} may not use /{name}"
            );
        }
        command.clone()
    }

    fn use_component(
        &mut self,
        channel: Snowflake,
        message: Snowflake,
        user: Snowflake,
        custom_id: &str,
        data: &Value,
    ) -> Snowflake {
        let seen = self.message(channel, message);
        assert!(
            seen.only_for.is_none_or(|only| only == user),
            "{user} does not see {message}"
        );
        let rows = seen.components.iter();
        let mut parts = rows.flat_map(|row| array(&row["components"]));
        let part = parts.find(|part| part["custom_id"] == custom_id && part["disabled"] != true);
        assert!(
            part.is_some(),
            "{message} has no {custom_id}: {:?}",
            seen.components
        );
        self.interact(3, channel, user, Some(message), custom_id, data)
    }

    fn interact(
        &mut self,
        kind: u8,
        channel: Snowflake,
        user: Snowflake,
        message: Option<Snowflake>,
        name: &str,
        data: &Value,
    ) -> Snowflake {
        let id = self.next_id();
        let token = format!("interaction-token-{id}");
        let guild = self.channel(channel).guild;
        let place = self.channel(channel);
        let mut event = json!({
            "id": id, "application_id": self.application, "type": kind, "token": token, "version": 1,
            "channel_id": channel, "channel": self.channel_json(place), "data": data, "entitlements": [],
            "app_permissions": self.bot_permissions(place).to_string(), "locale": "en-US",
            "attachment_size_limit": 10 << 20,
        });
        let more = match guild {
            Some(guild) => {
                let mut member = self.whole_member_json(guild, user);
                member["permissions"] = json!(self.permissions(guild, user).to_string());
                json!({
                    "guild_id": guild, "guild": {"id": guild, "locale": "en-US", "features": []},
                    "guild_locale": "en-US", "member": member, "context": 0,
                    "authorizing_integration_owners": {"0": guild},
                })
            }
            None => json!({
                "user": self.user_json(user), "context": 1, "authorizing_integration_owners": {"0": "0"},
            }),
        };
        super::objects::merge(&mut event, more);
        if let Some(message) = message {
            event["message"] = self.message_json(self.message(channel, message));
        }
        let interaction = Interaction {
            id,
            token,
            kind,
            channel,
            user,
            message,
            name: name.to_owned(),
            asked: self.clock.steady(),
            acknowledged: None,
        };
        self.interactions.insert(id, interaction);
        self.dispatch("INTERACTION_CREATE", 0, guild, event);
        id
    }

    /// The user of the interaction, for `interaction_metadata`.
    pub(super) fn asker(&self, interaction: Snowflake) -> Option<&User> {
        self.users.get(&self.interactions.get(&interaction)?.user)
    }
}
