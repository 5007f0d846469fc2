//! Rules from Discord's documentation beyond its API description. Each rule names its source below
//! <https://docs.discord.com/developers>.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::rest::{Upload, array};

/// "Your `User-Agent` must be: `DiscordBot ($url, $versionNumber)`"; more may follow.
/// Source: `/reference#user-agent`.
pub(super) fn user_agent(given: Option<&str>) -> Option<String> {
    let given = given.unwrap_or_default();
    let inner = given
        .strip_prefix("DiscordBot (")
        .and_then(|rest| rest.split_once(')'));
    let (url, version) = inner
        .and_then(|(inner, _)| inner.split_once(", "))
        .unwrap_or_default();
    let valid = url.contains("://") && !version.is_empty();
    (!valid).then(|| format!("User-Agent {given:?}, wanted: DiscordBot (url, version)"))
}

/// The faults of a new or edited message, in the fields present.
pub(super) fn message(body: &Value, uploads: &[Upload]) -> Vec<String> {
    let mut faults = Vec::new();
    content(body, &mut faults);
    embeds(body, &mut faults);
    components(body, &mut faults);
    allowed_mentions(body, &mut faults);
    attachments(body, uploads, &mut faults);
    nonce(body, &mut faults);
    faults
}

/// At most 2,000 characters. Discord counts Unicode code points ("our API calculates length based on the
/// number of codepoints in the string", a Discord engineer in discord/discord-api-docs#1315).
/// Source: `/resources/message#create-message`.
fn content(body: &Value, faults: &mut Vec<String>) {
    let length = body["content"]
        .as_str()
        .map_or(0, |text| text.chars().count());
    if length > 2000 {
        faults.push(format!("body/content: {length} characters, at most 2000"));
    }
}

/// At most 10 embeds (checked by the description), with 6,000 characters in total: title, description, names
/// and values of fields, footer, author.
/// Source: `/resources/message#embed-object-embed-limits`.
fn embeds(body: &Value, faults: &mut Vec<String>) {
    let count = |value: &Value| value.as_str().map_or(0, |text| text.trim().chars().count());
    let of_one = |embed: &Value| {
        let fields = array(&embed["fields"]).iter();
        let fields: usize = fields
            .map(|field| count(&field["name"]) + count(&field["value"]))
            .sum();
        count(&embed["title"])
            + count(&embed["description"])
            + count(&embed["footer"]["text"])
            + count(&embed["author"]["name"])
            + fields
    };
    let length: usize = array(&body["embeds"]).iter().map(of_one).sum();
    if length > 6000 {
        faults.push(format!(
            "body/embeds: {length} characters in all, at most 6000"
        ));
    }
}

/// At most 5 rows, and in a row 5 buttons or one select. A `custom_id` has 1 to 100 characters and is unique
/// in the message. A button has a `custom_id` or a `url`, and a label or an emoji.
/// Source: `/components/reference`, "Legacy Message Component Behavior" and "Button".
fn components(body: &Value, faults: &mut Vec<String>) {
    // IS_COMPONENTS_V2 has other rules, described in the API description.
    if body["flags"]
        .as_u64()
        .is_some_and(|flags| flags & (1 << 15) != 0)
    {
        faults.push("body/flags: the fake does not speak components V2".to_owned());
        return;
    }
    let rows = array(&body["components"]);
    if rows.len() > 5 {
        faults.push(format!("body/components: {} rows, at most 5", rows.len()));
    }
    let mut ids = BTreeSet::new();
    for row in rows {
        if row["type"] != 1 {
            faults.push(format!("body/components: type {} is no row", row["type"]));
        }
        let parts = array(&row["components"]);
        let selects = parts.iter().filter(|part| part["type"] != 2).count();
        if selects > 0 && parts.len() > 1 {
            faults.push("body/components: a select is alone in its row".to_owned());
        }
        for part in parts {
            if let Some(id) = part["custom_id"].as_str()
                && !ids.insert(id.to_owned())
            {
                faults.push(format!("body/components: custom_id {id:?} is there twice"));
            }
            if part["type"] == 2 {
                button(part, faults);
            }
        }
    }
}

fn button(button: &Value, faults: &mut Vec<String>) {
    let has = |name: &str| !button[name].is_null();
    let link = button["style"] == 5;
    if link != has("url") || link == has("custom_id") {
        faults.push(format!(
            "body/components: a button with url or custom_id, by its style: {button}"
        ));
    }
    if !has("label") && !has("emoji") {
        faults.push(format!(
            "body/components: a button without label and emoji: {button}"
        ));
    }
}

/// `parse` and the ids of the same kind exclude each other.
/// Source: `/resources/message#allowed-mentions-object`, "Invalid, due to mutual exclusivity".
fn allowed_mentions(body: &Value, faults: &mut Vec<String>) {
    let allowed = &body["allowed_mentions"];
    for kind in ["users", "roles"] {
        let parsed = array(&allowed["parse"]).iter().any(|parsed| parsed == kind);
        if parsed && !array(&allowed[kind]).is_empty() {
            faults.push(format!(
                "body/allowed_mentions: parse has {kind}, and {kind} are listed"
            ));
        }
    }
}

/// The largest file that Discord accepts from everybody, in bytes; more for paying users.
/// Source: `/reference#uploading-files`, "applies to each file in a request".
pub(super) const LARGEST_FILE: usize = 10 << 20;

/// The largest request, in bytes. Only the files are counted here.
/// Source: `/resources/message#create-message`, "The maximum request size".
const LARGEST_REQUEST: usize = 25 << 20;

/// The fault of too large uploads, if any, where one file may have `largest` bytes.
pub(super) fn too_large(uploads: &[Upload], largest: usize) -> Option<String> {
    let together: usize = uploads.iter().map(|upload| upload.bytes.len()).sum();
    if together > LARGEST_REQUEST {
        return Some(format!("{together} bytes of files, at most 25 MiB"));
    }
    let mut large = uploads.iter().filter(|it| it.bytes.len() > largest);
    let large = large.next()?;
    let (number, size) = (large.number, large.bytes.len());
    Some(format!("files[{number}]: {size} bytes, at most {largest}"))
}

/// Each file is named `files[n]`, and `attachments` contains its `id: n`. At most 10 files.
/// Source: `/reference#uploading-files`.
fn attachments(body: &Value, uploads: &[Upload], faults: &mut Vec<String>) {
    if uploads.len() > 10 {
        faults.push(format!("{} files, at most 10", uploads.len()));
    }
    let told = body.get("attachments").filter(|told| !told.is_null());
    for upload in uploads {
        let number = upload.number.to_string();
        let named = told.is_none_or(|told| {
            array(told)
                .iter()
                .any(|told| told["id"] == *number.as_str())
        });
        if !named {
            faults.push(format!("files[{number}] is not in attachments"));
        }
    }
    for told in array(told.unwrap_or(&Value::Null)) {
        let id = told["id"].as_str().and_then(|id| id.parse::<u64>().ok());
        // A small number means a file of this request; greater numbers mean existing files of the message.
        let missing = |id: u64| id < 100 && !uploads.iter().any(|upload| upload.number == id);
        if id.is_some_and(missing) {
            faults.push(format!(
                "body/attachments: there is no files[{}]",
                told["id"]
            ));
        }
    }
}

/// At most 25 characters, for a number too.
/// Source: `/resources/message#create-message`.
fn nonce(body: &Value, faults: &mut Vec<String>) {
    let length = match &body["nonce"] {
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text.chars().count(),
        _ => 0,
    };
    if length > 25 {
        faults.push(format!("body/nonce: {length} characters, at most 25"));
    }
    if body["enforce_nonce"] == true && length == 0 {
        faults.push("body/enforce_nonce: without a nonce".to_owned());
    }
}

/// The faults in the body of one operation, beyond its schema.
pub(super) fn of_operation(operation: &str, body: &Value, uploads: &[Upload]) -> Vec<String> {
    match operation {
        "create_message"
        | "update_message"
        | "execute_webhook"
        | "update_original_webhook_message"
        | "update_webhook_message" => message(body, uploads),
        // 4 is an answer, 7 an edit of the message with the button.
        "create_interaction_response" if body["type"] == 4 || body["type"] == 7 => {
            message(&body["data"], uploads)
        }
        "bulk_set_application_commands" | "bulk_set_guild_application_commands" => {
            commands(array(body))
        }
        "create_application_command" | "create_guild_application_command" => {
            commands(std::slice::from_ref(body))
        }
        _ => Vec::new(),
    }
}

/// "Names must match the following regex", and "you must use the lowercase variant of any letters used".
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$").expect("Discord's own regex")
});

/// At most 100 commands, each name once for slash commands and once for other kinds. Names of slash commands
/// match [`NAME`]; required options come first.
/// Source: `/interactions/application-commands`, "Application Command Naming" and "Registering a Command".
fn commands(commands: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    if commands.len() > 100 {
        faults.push(format!("{} commands, at most 100", commands.len()));
    }
    for command in commands {
        let name = command["name"].as_str().unwrap_or_default();
        let typed = command["type"].as_u64().unwrap_or(1) == 1;
        if !names.insert((typed, name)) {
            faults.push(format!("the command {name} is there twice"));
        }
        if !typed {
            continue;
        }
        if command["description"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
        {
            faults.push(format!("the command {name} has no description"));
        }
        let localized = command["name_localizations"]
            .as_object()
            .into_iter()
            .flatten();
        let localized = localized.filter_map(|(_, name)| name.as_str());
        let options = array(&command["options"]);
        let of_options = options
            .iter()
            .map(|option| option["name"].as_str().unwrap_or_default());
        for name in localized.chain([name]).chain(of_options) {
            if !NAME.is_match(name) || name.to_lowercase() != name {
                faults.push(format!("{name:?} is no name for a command or option"));
            }
        }
        if !options.is_sorted_by_key(|option| option["required"] != true) {
            faults.push(format!(
                "/{name}: an option that must be given comes after one that need not"
            ));
        }
    }
    faults
}
