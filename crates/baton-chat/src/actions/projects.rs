//! Requests for new projects, for the part of the program that adds projects.

use async_trait::async_trait;
use baton_core::persona::Personas;
use tokio_util::sync::CancellationToken;

use crate::chat_settings::PlaceSettings;
use crate::connector::{ChatId, WorkspaceId};

/// Adds projects for `/add-project`.
#[async_trait]
pub trait AddsProjects: Send + Sync + 'static {
    /// Clones the repository, and lets a new persona, one of `personas`, answer in the chat. The project is stored
    /// before `Ok` returns. `tell` takes short texts about the progress. After `stop` is cancelled, the call ends
    /// soon: after an error, no project is stored.
    async fn add(
        &self,
        wanted: Wanted,
        personas: &Personas,
        tell: &(dyn Fn(String) + Send + Sync),
        stop: &CancellationToken,
    ) -> Result<PlaceSettings, NotAdded>;
}

/// A request for a new project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The address of the repository, as the person wrote it.
    pub repository: String,
    /// The name of the project; `None` for the name of the repository.
    pub name: Option<String>,
    /// The chat for the work on the project.
    pub chat: ChatId,
    /// The workspace of the chat.
    pub workspace: WorkspaceId,
}

/// The reason why a project was not added. The text is for the person who sent the command, and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAdded(pub String);
