//! Requests about application commands, of a server and global ones.

use serde_json::{Value, json};

use super::super::Discord;
use super::super::objects::merge;
use super::super::snowflake::Snowflake;
use super::super::world::World;
use super::{ApiError, Call, Done, array};

pub(super) fn perform(world: &mut World, operation: &str, call: &Call<'_>) -> Done {
    if call.id("application_id") != world.application {
        return Err(ApiError::new(
            403,
            20012,
            "You are not authorized to perform this action on this application",
        ));
    }
    let place = call
        .path
        .contains_key("guild_id")
        .then(|| call.id("guild_id"));
    if place.is_some_and(|guild| !world.guilds.contains_key(&guild)) {
        return Err(ApiError::new(403, 50001, "Missing Access"));
    }
    let whole = call.query_is("with_localizations", "true");
    match operation {
        "bulk_set_application_commands" | "bulk_set_guild_application_commands" => {
            world.look_at_names(array(call.body))?;
            world.keep_entry_point(place, array(call.body))?;
            let before = world.commands.remove(&place).unwrap_or_default();
            let wanted = array(call.body).iter();
            let after = wanted
                .map(|command| world.command(place, &before, command))
                .collect();
            world.commands.insert(place, after);
        }
        "create_application_command" | "create_guild_application_command" => {
            let mut commands = world.commands.remove(&place).unwrap_or_default();
            let command = world.command(place, &commands, call.body);
            // A command with the same name is replaced.
            commands.retain(|other| other["id"] != command["id"]);
            commands.push(command.clone());
            world.commands.insert(place, commands);
            return Ok(Some(command));
        }
        "delete_application_command" | "delete_guild_application_command" => {
            let id = json!(call.id("command_id"));
            let commands = world.commands.entry(place).or_default();
            let before = commands.len();
            commands.retain(|command| command["id"] != id);
            if commands.len() == before {
                return Err(ApiError::new(404, 10063, "Unknown application command"));
            }
            return Ok(None);
        }
        _ => {}
    }
    let commands = world.commands.get(&place).into_iter().flatten();
    Ok(Some(
        commands.map(|command| listed(command, whole)).collect(),
    ))
}

/// Discord's kind of command that opens an activity. An application with an activity always keeps this
/// command.
/// Source: `/interactions/application-commands#entry-point-commands`.
const ENTRY_POINT: u64 = 4;

impl Discord {
    /// Adds an activity to the application, with the command that opens it. A list of commands without this
    /// one is refused.
    pub fn add_entry_point(&self) {
        self.shared.change(|world| {
            let command = json!({
                "name": "launch", "type": ENTRY_POINT, "handler": 2, "contexts": [0, 1],
                "name_localizations": {"de": "Starten"},
            });
            let command = world.command(None, &[], &command);
            world.commands.entry(None).or_default().push(command);
        });
    }

    /// Refuses this name of a command or option, in every language, although the rules allow the name.
    pub fn refuse_name(&self, name: &str) {
        self.shared.change(|world| {
            world.refused_names.insert(name.to_owned());
        });
    }
}

impl World {
    fn keep_entry_point(&self, place: Option<Snowflake>, wanted: &[Value]) -> Result<(), ApiError> {
        let known = self.commands.get(&place).into_iter().flatten();
        let mut entry_points = known.filter(|command| command["type"] == ENTRY_POINT);
        let is_kept = |known: &Value| wanted.iter().any(|wanted| wanted["id"] == known["id"]);
        if entry_points.all(is_kept) {
            return Ok(());
        }
        let what = "You cannot remove this app's Entry Point command in a bulk update operation. Please \
                    include the Entry Point command in your update request or delete it separately.";
        Err(ApiError::new(400, 50240, what))
    }

    /// Refuses a list that contains a refused name, and names its position.
    fn look_at_names(&self, commands: &[Value]) -> Result<(), ApiError> {
        let mut errors = json!({});
        let refused = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            self.refused_names.contains(name)
        };
        let wrong = || {
            let what = "Command name is invalid";
            json!({"_errors": [{"code": "APPLICATION_COMMAND_INVALID_NAME", "message": what}]})
        };
        let mut look = |named: &Value, path: &[String]| {
            let localized = named["name_localizations"]
                .as_object()
                .into_iter()
                .flatten();
            let localized = localized.map(|(locale, name)| {
                (vec!["name_localizations".to_owned(), locale.clone()], name)
            });
            let own = [(vec!["name".to_owned()], &named["name"])];
            for (at, _) in own
                .into_iter()
                .chain(localized)
                .filter(|(_, name)| refused(name))
            {
                let path = path.iter().chain(&at);
                let place = path.fold(&mut errors, |errors, step| &mut errors[step.as_str()]);
                *place = wrong();
            }
        };
        for (number, command) in commands.iter().enumerate() {
            look(command, &[number.to_string()]);
            for (option, named) in array(&command["options"]).iter().enumerate() {
                let path = [number.to_string(), "options".to_owned(), option.to_string()];
                look(named, &path);
            }
        }
        if errors == json!({}) {
            return Ok(());
        }
        Err(ApiError::of_fields(errors))
    }
}

/// A list leaves out the translations unless requested.
fn listed(command: &Value, whole: bool) -> Value {
    let mut command = command.clone();
    if let (Value::Object(fields), false) = (&mut command, whole) {
        fields.remove("name_localizations");
        fields.remove("description_localizations");
    }
    command
}

impl World {
    /// A command as Discord stores it. A command of the same name and kind keeps its id.
    fn command(&mut self, place: Option<Snowflake>, before: &[Value], wanted: &Value) -> Value {
        let kind = wanted["type"].as_u64().unwrap_or(1);
        let same = |other: &&Value| other["name"] == wanted["name"] && other["type"] == kind;
        let id = before.iter().find(same).map(|other| other["id"].clone());
        let id = id.unwrap_or_else(|| json!(self.next_id()));
        let mut command = json!({
            "id": id, "application_id": self.application, "version": self.next_id(), "type": kind,
            "description": "", "default_member_permissions": null, "nsfw": false,
            "name_localizations": null, "description_localizations": null, "contexts": null,
            "integration_types": [0], "dm_permission": true,
        });
        if let Some(guild) = place {
            command["guild_id"] = json!(guild);
        }
        let mut wanted = wanted.clone();
        wanted["type"] = json!(kind);
        merge(&mut command, wanted);
        if let Some(bits) = command["default_member_permissions"].as_u64() {
            command["default_member_permissions"] = json!(bits.to_string());
        }
        command
    }
}
