//! New projects from people, while Baton runs. Baton clones the repository, and writes a persona for the project into
//! the configuration. The persona answers at once.
//!
//! # Layout
//!
//! * `config_text`: adds a project to the text of the configuration. `config_file`: replaces the configuration file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use baton_agents::git::{CloneError, Git, NAME_LIMIT, Repository, RepositoryError, is_name};
use baton_chat::chat_settings::PlaceSettings;
use baton_chat::projects::{AddsProjects, NotAdded, Wanted};
use baton_config::{ChannelModule, ProjectKeys};
use baton_core::clock::Clock;
use baton_core::persona::{NameTaken, Persona, Personas};
use tokio::sync::Mutex;
use tokio::task::{JoinError, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::config::LoadedConfig;
use crate::plan::ProgramPlan;

mod config_file;
mod config_text;

use config_file::{ConfigFile, ConfigFileError};
use config_text::{ConfigTextError, NewProject};

/// Adds projects to the running configuration.
pub(crate) struct ProjectAdder {
    git: Git,
    /// The folder for the clones.
    folder: PathBuf,
    /// The agent for the projects; `None` if none is configured.
    agent: Option<String>,
    /// The path of the configuration file; `None` without such a file.
    file: Option<PathBuf>,
    /// The name of the channel whose table gets the place.
    channel: &'static str,
    keys: ProjectKeys,
    /// Held while a project is added, so that projects are added one after the other.
    adding: Mutex<()>,
}

impl ProjectAdder {
    /// Takes the settings from a plan. `None` means that nobody can add a project on the channel.
    pub(crate) fn new(
        plan: &ProgramPlan,
        clock: &Arc<dyn Clock>,
        channel: &dyn ChannelModule,
    ) -> Option<Self> {
        let table = &plan.loaded.config.projects;
        Some(Self {
            git: Git::new(table.git_settings(), Arc::clone(clock)),
            folder: table.projects_folder(plan.loaded.document.folder(), &plan.data),
            agent: table.agent.clone(),
            file: plan.file.clone(),
            channel: channel.name(),
            keys: channel.project_keys()?,
            adding: Mutex::default(),
        })
    }
}

#[async_trait]
impl AddsProjects for ProjectAdder {
    async fn add(
        &self,
        wanted: Wanted,
        personas: &Personas,
        tell: &(dyn Fn(String) + Send + Sync),
        stop: &CancellationToken,
    ) -> Result<PlaceSettings, NotAdded> {
        let added = self.clone_and_configure(wanted, personas, tell, stop).await;
        added.map_err(|error| {
            // The folder and the output of git appear only in the log, because they can be private.
            tracing::warn!(folder = %self.folder.display(), configuration = ?self.file, ?error, "a project \
                could not be added");
            NotAdded(error.to_string())
        })
    }
}

/// The reason why a project is not added. The person who gave the command sees this text, so it contains no
/// secret.
#[derive(Debug, thiserror::Error)]
enum AddProjectError {
    #[error(
        "no agent is configured for new projects; the operator of this bot can write agent = \"NAME\" under \
         [projects]"
    )]
    NoAgent,
    #[error("this Baton runs without a configuration file, and a project needs one")]
    NoFile,
    #[error("another project is being added; try again after that")]
    Busy,
    #[error("Baton is being stopped; use the command again later")]
    Stopped,
    #[error(
        "a project's name has 1 to {NAME_LIMIT} letters (a to z), digits, dots, dashes and \
         underscores, and begins with a letter or digit"
    )]
    Name,
    #[error(transparent)]
    Taken(#[from] NameTaken),
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    #[error(transparent)]
    Clone(#[from] CloneError),
    #[error(transparent)]
    File(#[from] ConfigFileError),
    #[error(transparent)]
    Text(#[from] ConfigTextError),
    /// The details are in the log, because they can be private.
    #[error(
        "the configuration would be invalid with this project. The operator of this bot finds the reason in the \
         log, or with `baton config check` if the file had a mistake before"
    )]
    NotValid,
    #[error("the task that reads or writes the configuration failed; the log has the reason")]
    Died(#[from] JoinError),
}

impl ProjectAdder {
    async fn clone_and_configure(
        &self,
        wanted: Wanted,
        personas: &Personas,
        tell: &(dyn Fn(String) + Send + Sync),
        stop: &CancellationToken,
    ) -> Result<PlaceSettings, AddProjectError> {
        let agent = self.agent.as_ref().ok_or(AddProjectError::NoAgent)?;
        let file = self.file.as_ref().ok_or(AddProjectError::NoFile)?;
        let repository = Repository::parse(&wanted.repository, self.git.protocols())?;
        let name = wanted.name.as_deref().unwrap_or(repository.name()).trim();
        if !is_name(name) {
            return Err(AddProjectError::Name);
        }
        let _one = self.adding.try_lock().map_err(|_| AddProjectError::Busy)?;
        if personas.contains(&name.into()) {
            return Err(NameTaken(name.into()).into());
        }
        let new = Arc::new(NewProject {
            name: name.to_owned(),
            directory: self.folder.join(name),
            agent: agent.clone(),
            channel: self.channel,
            keys: self.keys,
            chat: wanted.chat,
            workspace: wanted.workspace,
        });
        // This early check of the configuration avoids a long clone without use.
        let (path, project) = (file.clone(), Arc::clone(&new));
        spawn_blocking(move || read_with_project(&path, &project)).await??;
        tell(format!("Cloning {name}…"));
        tokio::select! {
            biased;
            () = stop.cancelled() => return Err(AddProjectError::Stopped),
            cloned = self.git.clone(&repository, &new.directory, tell) => cloned?,
        }
        let cloned = UnrecordedClone(Some(new.directory.clone()));
        let path = file.clone();
        // A stop does not interrupt this short step, so its result is certain.
        let (persona, place) = spawn_blocking(move || write_project(&path, &new, cloned)).await??;
        personas.add(persona)?;
        Ok(place)
    }
}

/// Writes the project into the configuration. Returns its persona and its place.
fn write_project(
    path: &Path,
    new: &NewProject,
    mut cloned: UnrecordedClone,
) -> Result<(Persona, PlaceSettings), AddProjectError> {
    let (file, text) = read_with_project(path, new)?;
    let loaded = LoadedConfig::parse_text(path, &text).map_err(|problems| {
        tracing::warn!(project = new.name, %problems, "a project could not be added");
        AddProjectError::NotValid
    })?;
    let config = &loaded.config;
    let persona = config.personas.get(&new.name);
    let persona = persona.map(|table| {
        let folder = loaded.document.folder();
        table.to_persona(&new.name, &config.limits, folder)
    });
    let channel = config.channels.find_channel(new.channel);
    let place = channel.and_then(|channel| channel.config.find_place(&new.name));
    let (Some(persona), Some(place)) = (persona, place) else {
        return Err(AddProjectError::NotValid);
    };
    file.replace_file(&text)?;
    cloned.keep_folder();
    Ok((persona, place))
}

/// Reads the configuration file, and returns its text with the new project.
fn read_with_project(
    path: &Path,
    new: &NewProject,
) -> Result<(ConfigFile, String), AddProjectError> {
    let file = ConfigFile::read_file(path)?;
    let text = config_text::add_project(file.text(), new)?;
    Ok((file, text))
}

/// The folder of a clone. On drop, the folder is removed, unless [`UnrecordedClone::keep_folder`] was called.
struct UnrecordedClone(Option<PathBuf>);

impl UnrecordedClone {
    fn keep_folder(&mut self) {
        self.0 = None;
    }
}

impl Drop for UnrecordedClone {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take()
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::warn!(folder = %folder.display(), %error, "the clone of a project could not be removed");
        }
    }
}
