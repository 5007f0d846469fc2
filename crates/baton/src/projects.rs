//! New projects while Baton runs: a repository is cloned, a persona for it is written into the
//! configuration, and answers at once.
//!
//! # Layout
//!
//! * `text`: the configuration with a project more, as text. `file`: how it takes the old one's place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use baton_agents::git::{Git, Repository};
use baton_channels::discord::PlaceSettings;
use baton_channels::discord::projects::{NotAdded, Projects as Adds, Wanted};
use baton_core::clock::Clock;
use baton_core::persona::{Persona, Personas};
use tokio::sync::Mutex;

use crate::config::Loaded;
use crate::config::discord::PlaceTable;
use crate::plan::Plan;

mod file;
mod text;

use file::File;
use text::New;

/// How long a name may be, in bytes.
const LONGEST_NAME: usize = 50;

/// Adds projects to the configuration that runs.
pub(crate) struct Projects {
    git: Git,
    /// Where they are cloned to.
    folder: PathBuf,
    /// What works on them.
    agent: Option<String>,
    /// The configuration; `None` where there is none.
    file: Option<PathBuf>,
    /// One at a time.
    adding: Mutex<()>,
}

impl Projects {
    /// For what was planned.
    pub(crate) fn new(plan: &Plan, clock: &Arc<dyn Clock>) -> Self {
        let table = &plan.loaded.config.projects;
        Self {
            git: Git::new(table.git(), Arc::clone(clock)),
            folder: table.folder(plan.loaded.document.folder(), &plan.data),
            agent: table.agent.clone(),
            file: plan.file.clone(),
            adding: Mutex::default(),
        }
    }
}

fn not(why: &impl ToString) -> NotAdded {
    NotAdded(why.to_string())
}

#[async_trait]
impl Adds for Projects {
    async fn add(
        &self,
        wanted: Wanted,
        personas: &Personas,
        tell: &(dyn Fn(String) + Send + Sync),
    ) -> Result<PlaceSettings, NotAdded> {
        let agent = self.agent.as_ref().ok_or_else(|| not(&NO_AGENT))?;
        let file = self.file.as_ref().ok_or_else(|| not(&NO_FILE))?;
        let repository = Repository::parse(&wanted.repository, self.git.protocols())
            .map_err(|error| not(&error))?;
        let name = name(wanted.name.as_deref(), &repository)?;
        let _one = self.adding.try_lock().map_err(|_| not(&BUSY))?;
        if personas.contains(&name.as_str().into()) {
            let what = format!("there is a persona {name} already; give the project another name");
            return Err(not(&what));
        }
        let new = New {
            directory: self.folder.join(&name),
            agent: agent.clone(),
            channel: wanted.channel,
            server: wanted.server,
            name,
        };
        // Before a long clone that would be for nothing.
        edit(file, &new).map_err(|error| not(&error))?;
        if std::fs::symlink_metadata(&new.directory).is_ok() {
            let what = format!(
                "there is a folder {} already, perhaps of a try that was cut short; whoever runs this \
                 bot can remove it, or give the project another name",
                new.directory.display()
            );
            return Err(not(&what));
        }
        tell(format!("Cloning {}…", new.name));
        self.git
            .clone(&repository, &new.directory, tell)
            .await
            .map_err(|error| not(&error))?;
        let cloned = Cloned(Some(new.directory.clone()));
        let file = file.clone();
        // It goes on where nobody waits for it any more: written and cloned, or neither.
        let kept = tokio::task::spawn_blocking(move || keep(&file, &new, cloned));
        let (persona, place) = kept
            .await
            .map_err(|_| not(&DIED))?
            .map_err(|error| not(&error))?;
        personas.add(persona).map_err(|error| not(&error))?;
        Ok(place)
    }
}

const NO_AGENT: &str = "nobody has configured which agent works on new projects; whoever runs this bot \
                        writes agent = \"NAME\" under [projects]";
const NO_FILE: &str =
    "this Baton runs without a configuration file, and a project is written into one";
const BUSY: &str = "another project is being added; try again when that is done";
const DIED: &str = "writing the configuration has died; the log says why";

/// Why a project cannot be written into the configuration.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    #[error(transparent)]
    File(#[from] file::FileError),
    #[error(transparent)]
    Text(#[from] text::TextError),
    /// Why may be nobody else's business.
    #[error(
        "the configuration would not be valid with it; whoever runs this bot finds the reason in the \
         log, or with `baton config check` if the file had a mistake before"
    )]
    Wrong,
}

/// What the project is called.
fn name(given: Option<&str>, repository: &Repository) -> Result<String, NotAdded> {
    let name = given.unwrap_or(repository.name()).trim();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    if name.len() > LONGEST_NAME || !begins || !name.chars().all(plain) {
        let what = format!(
            "a project's name has 1 to {LONGEST_NAME} letters (a to z), digits, dots, dashes and \
             underscores, and begins with a letter or digit"
        );
        return Err(not(&what));
    }
    Ok(name.to_owned())
}

/// Writes it into the configuration; what then answers, and where.
fn keep(path: &Path, new: &New, mut cloned: Cloned) -> Result<(Persona, PlaceSettings), NotKept> {
    let (file, text) = edit(path, new)?;
    let loaded = Loaded::parse(path, &text).map_err(|problems| {
        tracing::warn!(project = new.name, %problems, "a project is not added");
        NotKept::Wrong
    })?;
    let config = &loaded.config;
    let persona = config.personas.get(&new.name);
    let persona = persona.map(|table| {
        let folder = loaded.document.folder();
        table.persona(&new.name, &config.limits, folder)
    });
    let places = config.channels.discord.as_ref().map(|it| &it.places);
    let place = places.and_then(|places| places.get(&new.name));
    let place = place.and_then(PlaceTable::settings);
    let (Some(persona), Some(place)) = (persona, place) else {
        return Err(NotKept::Wrong);
    };
    file.replace(&text)?;
    cloned.keep();
    Ok((persona, place))
}

/// Reads the configuration; what it would be with the project.
fn edit(path: &Path, new: &New) -> Result<(File, String), NotKept> {
    let file = File::read(path)?;
    let text = text::with(file.text(), new)?;
    Ok((file, text))
}

/// A folder that was brought. Dropped, it is removed, unless it is to be kept.
struct Cloned(Option<PathBuf>);

impl Cloned {
    fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Cloned {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take()
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::warn!(folder = %folder.display(), %error, "what was cloned is not removed");
        }
    }
}
