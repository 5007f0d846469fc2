//! Adds a project to the text of the configuration. Order, comments and spaces stay unchanged.

use std::path::PathBuf;

use baton_chat::connector::{ChatId, WorkspaceId};
use baton_config::ProjectKeys;
use toml_edit::{DocumentMut, Item, Table, TableLike, TomlError, value};

/// A project to add to the configuration.
#[derive(Debug)]
pub(super) struct NewProject {
    /// The name of the project's persona, place and folder.
    pub(super) name: String,
    pub(super) agent: String,
    pub(super) directory: PathBuf,
    /// The name of the channel whose table gets the place.
    pub(super) channel: &'static str,
    pub(super) keys: ProjectKeys,
    pub(super) chat: ChatId,
    pub(super) workspace: WorkspaceId,
}

/// The reason why the project cannot be added to the text.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigTextError {
    #[error("the configuration is no longer valid TOML; `baton config check` shows the mistake")]
    NotToml(#[from] TomlError),
    #[error("the configuration already has a persona or place {0}; give the project another name")]
    Taken(String),
    #[error("the configuration already names this channel; Baton uses that entry after a restart")]
    Placed,
    #[error("`{0}` is no table in the configuration")]
    NoTable(&'static str),
    #[error("the name of the projects folder is not valid Unicode")]
    Folder,
}

/// Returns the text with the project.
pub(super) fn add_project(text: &str, new: &NewProject) -> Result<String, ConfigTextError> {
    let mut document: DocumentMut = text.parse()?;
    let root = document.as_table_mut();
    let folder = new.directory.to_str();
    let folder = folder.ok_or(ConfigTextError::Folder)?;
    write_default_persona(root)?;

    let personas = ensure_table(root, "personas")?;
    let persona = [
        ("agent", value(new.agent.as_str())),
        ("directory", value(folder)),
    ];
    insert_table(personas, &new.name, persona.into())?;

    let keys = &new.keys;
    let channel = ensure_table(ensure_table(root, "channels")?, new.channel)?;
    let places = ensure_table(channel, keys.places)?;
    let chat = new.chat.as_str();
    let covering = |key: &str, id: &str| {
        let tables = places.iter().filter_map(|(_, item)| item.as_table_like());
        let mut tables = tables.filter(|place| place.get(key).and_then(Item::as_str) == Some(id));
        tables.next()
    };
    if covering(keys.chat, chat).is_some() {
        return Err(ConfigTextError::Placed);
    }
    let mut place = vec![
        (keys.chat.to_owned(), value(chat)),
        ("persona".to_owned(), value(new.name.as_str())),
    ];
    // The new place takes the speakers, deciders and other settings of the workspace's place.
    if let Some(workspace) = covering(keys.workspace, new.workspace.as_str()) {
        let own = [keys.workspace, keys.chat, "agent", "persona"];
        let rest = workspace.iter().filter(|(key, _)| !own.contains(key));
        place.extend(rest.map(|(key, item)| (key.to_owned(), undecorated_copy(item))));
    }
    insert_table(places, &new.name, place)?;
    Ok(document.to_string())
}

/// Writes the default persona of the page into the text. The default can be implicit if there is only one
/// persona or agent, and the project adds another.
fn write_default_persona(root: &mut Table) -> Result<(), ConfigTextError> {
    let only = |key: &str| {
        let all = root.get(key)?.as_table_like()?;
        (all.len() == 1).then(|| all.iter().next().map(|(name, _)| name.to_owned()))?
    };
    let none = |key: &str| {
        root.get(key)
            .and_then(Item::as_table_like)
            .is_none_or(TableLike::is_empty)
    };
    let (key, name) = match only("personas") {
        Some(name) => ("persona", name),
        None if none("personas") => match only("agents") {
            Some(name) => ("agent", name),
            None => return Ok(()),
        },
        None => return Ok(()),
    };
    let web = ensure_table(ensure_table(root, "channels")?, "web")?;
    if !web.contains_key("agent") && !web.contains_key("persona") {
        web.insert(key, value(name));
    }
    Ok(())
}

/// The table with this name. A missing table is created.
fn ensure_table<'a>(
    parent: &'a mut dyn TableLike,
    key: &'static str,
) -> Result<&'a mut dyn TableLike, ConfigTextError> {
    if !parent.contains_key(key) {
        let mut table = Table::new();
        // A table without its own keys gets no header line.
        table.set_implicit(true);
        parent.insert(key, Item::Table(table));
    }
    let item = parent.get_mut(key);
    let table = item.and_then(Item::as_table_like_mut);
    table.ok_or(ConfigTextError::NoTable(key))
}

fn insert_table<K: AsRef<str>>(
    parent: &mut dyn TableLike,
    name: &str,
    keys: Vec<(K, Item)>,
) -> Result<(), ConfigTextError> {
    if parent.contains_key(name) {
        return Err(ConfigTextError::Taken(name.to_owned()));
    }
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    for (key, item) in keys {
        table.insert(key.as_ref(), item);
    }
    parent.insert(name, Item::Table(table));
    Ok(())
}

/// A copy of the item without its comments and spaces.
fn undecorated_copy(item: &Item) -> Item {
    let mut item = item.clone();
    if let Some(value) = item.as_value_mut() {
        value.decor_mut().clear();
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ship_project() -> NewProject {
        NewProject {
            name: "ship".to_owned(),
            agent: "code".to_owned(),
            directory: "/srv/ship".into(),
            channel: "discord",
            keys: ProjectKeys {
                places: "places",
                chat: "channel",
                workspace: "server",
            },
            chat: "7".into(),
            workspace: "9".into(),
        }
    }

    const PERSONA: &str = "\n[personas.ship]\nagent = \"code\"\ndirectory = \"/srv/ship\"\n";

    #[test]
    fn all_that_was_written_stays() {
        let before = "# Ours.\n[agents.code]   # the one\nkind = \"claude\"\n\n\
                      [personas.Ada]\nagent = \"code\"\n";
        let after = "\n# Where we talk.\n[channels.web]\npersona = \"Ada\"\n\
                     [channels.discord]\ntoken = { env = \"T\" }  # secret\n\
                     [channels.discord.places.all]\nserver = \"9\"\nagent = \"code\"\n\
                     speakers = [\"role:1\"]  # those\ntrigger = \"every\"\n";
        let end = "\n# The end.\n[limits]\nturns = 3\n";
        let place = "\n[channels.discord.places.ship]\nchannel = \"7\"\npersona = \"ship\"\n\
                     speakers = [\"role:1\"]\ntrigger = \"every\"\n";
        let text =
            add_project(&format!("{before}{after}{end}"), &ship_project()).expect("it is added");
        assert_eq!(text, format!("{before}{PERSONA}{after}{place}{end}"));
    }

    #[test]
    fn who_answers_on_the_page_stays_who_it_was() {
        let text = "agents.code = { kind = \"claude\" }\n\
                    [channels.discord]\ntoken = { env = \"T\" }\n";
        let text = add_project(text, &ship_project()).expect("it is added");
        assert!(
            text.contains("[channels.web]\nagent = \"code\"\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let text = add_project("", &ship_project()).expect("it is added");
        assert!(matches!(
            add_project(&text, &ship_project()),
            Err(ConfigTextError::Taken(_))
        ));
        let other = NewProject {
            name: "boat".to_owned(),
            ..ship_project()
        };
        assert!(matches!(
            add_project(&text, &other),
            Err(ConfigTextError::Placed)
        ));
        let odd = add_project("personas = 1", &ship_project());
        assert!(matches!(odd, Err(ConfigTextError::NoTable("personas"))));
    }
}
