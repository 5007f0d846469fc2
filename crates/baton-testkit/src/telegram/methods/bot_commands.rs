//! The methods of the command menu.

use serde_json::{Value, json};

use super::super::requests::Call;
use super::super::world::World;

/// The scope and language of a menu.
fn menu_key(call: &Call) -> (String, String) {
    let scope = call.get("scope");
    let scope = match scope["type"].as_str() {
        None => "default".to_owned(),
        Some(kind) => {
            let numbers = ["chat_id", "user_id"]
                .iter()
                .filter(|name| !scope[**name].is_null());
            let numbers: String = numbers
                .flat_map(|name| [" ".to_owned(), scope[*name].to_string()])
                .collect();
            format!("{kind}{numbers}")
        }
    };
    (
        scope,
        call.text("language_code").unwrap_or_default().to_owned(),
    )
}

pub(super) fn set_commands(world: &mut World, call: &Call) -> Value {
    let commands = call.get("commands").as_array().cloned().unwrap_or_default();
    world.commands.insert(menu_key(call), commands);
    json!(true)
}

pub(super) fn list_commands(world: &World, call: &Call) -> Value {
    let commands = world
        .commands
        .get(&menu_key(call))
        .cloned()
        .unwrap_or_default();
    Value::Array(commands)
}

pub(super) fn delete_commands(world: &mut World, call: &Call) -> Value {
    world.commands.remove(&menu_key(call));
    json!(true)
}
