//! Clones a repository for an agent to work in: a shallow clone, made by the installed `git`.
//!
//! The author of an address is trusted with nothing more than the clone. The address uses a configured
//! protocol and holds no password. Git asks no questions, and runs no hook and no filter. Time and size are
//! limited, and the size is checked before the checkout. An incomplete clone never stands at the target path:
//! git works in a folder beside the target. If Baton dies during a clone, the next try removes the rest.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::ChildStderr;

use crate::child::{ChildPipes, ChildProcess, ProgramInput, ProgramSpec, StartError, environment};
use crate::safe_text;

mod clone_folder;
mod clone_progress;
mod repository;
mod tree_size;

use clone_folder::CloneFolder;
use clone_progress::CloneProgress;
pub use repository::{NAME_LIMIT, Protocol, Repository, RepositoryError, is_name};
use tree_size::TreeSize;

/// The settings of git and of all clones.
#[derive(Clone, Debug)]
pub struct GitSettings {
    /// A name to find in `PATH`, or an absolute path.
    pub program: String,
    /// Variables to set in git's environment, in addition to the variables that every program needs.
    pub env: BTreeMap<String, SecretString>,
    /// The allowed protocols of repository addresses.
    pub protocols: Vec<Protocol>,
    /// The time limit of a clone, including the checkout.
    pub limit: Duration,
    /// The size limit of a clone, in bytes. The limit applies to the received data, and again to the
    /// checked-out files.
    pub size: u64,
}

impl Default for GitSettings {
    fn default() -> Self {
        Self {
            program: "git".to_owned(),
            env: BTreeMap::new(),
            protocols: vec![Protocol::Https, Protocol::Ssh],
            limit: Duration::from_mins(10),
            size: 1024 * 1024 * 1024,
        }
    }
}

/// The reason why a clone failed. The displayed text is for people, and holds no secret and no full path. The
/// messages of git itself are for the log.
#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// The target path exists already.
    #[error(
        "the folder {} exists already, perhaps from an interrupted try; the operator of Baton can remove the \
         folder, or choose another name", folder_name(.0)
    )]
    Taken(PathBuf),
    /// Another clone to the target path is running.
    #[error("another clone to {} runs now; choose another name, or wait", folder_name(.0))]
    Busy(PathBuf),
    /// Git is missing, or could not be run. Holds the reason.
    #[error("git could not be run: {0}; install git, or check that Baton may run git")]
    NoGit(String),
    /// Git failed. Holds the end of git's error messages, for the log.
    #[error(
        "git could not clone the repository; check the address, and that Baton's machine may read the \
         repository. Baton's log has the details"
    )]
    Failed(String),
    /// The repository is larger than this limit, in bytes.
    #[error("the repository is larger than {} MiB; clone it by hand, or raise the limit", .0 / (1024 * 1024))]
    TooLarge(u64),
    /// The clone took longer than this limit.
    #[error("the clone took longer than {} s; clone the repository by hand, or raise the limit", .0.as_secs())]
    TooLong(Duration),
    /// The folder could not be read, locked or written.
    #[error(
        "the folder {} cannot be written: {error}; free some space, or check that Baton may write to the folder",
        folder_name(folder)
    )]
    Disk {
        /// The target path.
        folder: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

impl CloneError {
    fn disk_error(folder: &Path, error: io::Error) -> Self {
        let folder = folder.to_owned();
        Self::Disk { folder, error }
    }
}

/// The last part of a path.
fn folder_name(folder: &Path) -> impl std::fmt::Display {
    folder.file_name().unwrap_or_default().display()
}

/// Clones repositories with the installed git.
pub struct Git {
    settings: GitSettings,
    clock: Arc<dyn Clock>,
}

impl Git {
    /// Makes a value for these settings.
    pub fn new(settings: GitSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    /// The allowed protocols of repository addresses.
    pub fn protocols(&self) -> &[Protocol] {
        &self.settings.protocols
    }

    /// Clones the newest commit of a repository into `folder`, which must not exist. `tell` gets a short text
    /// at every change of the progress, such as `Receiving objects: 45 %`. If the future is dropped, git is
    /// killed and the partial clone is removed.
    pub async fn clone(
        &self,
        repository: &Repository,
        folder: &Path,
        tell: impl FnMut(String),
    ) -> Result<(), CloneError> {
        let clone_folder = CloneFolder::new(folder).await?;
        match self.run(repository, clone_folder.path(), tell).await {
            Ok(()) => clone_folder.move_to_target().await,
            Err(error) => {
                clone_folder.remove().await;
                Err(error)
            }
        }
    }

    async fn run(
        &self,
        repository: &Repository,
        folder: &Path,
        tell: impl FnMut(String),
    ) -> Result<(), CloneError> {
        let mut progress = CloneProgress::new(tell);
        let end = self.clock.steady().after(self.settings.limit);
        let target = folder.to_string_lossy();
        let clone = ["clone", "--no-checkout", "--depth=1", "--progress"];
        let to = ["--template=", "--", repository.url(), &*target];
        let call = GitCall {
            args: &[clone, to].concat(),
            env: self.git_environment(),
            directory: folder.parent(),
            end,
        };
        self.run_git_or_fail(call, &mut progress, |_| Ok(()))
            .await?;
        let here = |args| GitCall {
            args,
            env: self.environment_without_configuration(),
            directory: Some(folder),
            end,
        };
        let newest = here(&["rev-parse", "--quiet", "--verify", "HEAD"]);
        if !self.run_git(newest, &mut progress, |_| Ok(())).await? {
            // The repository has no commit yet.
            return Ok(());
        }
        let mut size = TreeSize::default();
        let list = here(&["ls-tree", "-r", "-t", "-l", "-z", "HEAD"]);
        let room = |bytes: &[u8]| {
            size.parse_listing(bytes);
            self.check_size(size.total_bytes())
        };
        self.run_git_or_fail(list, &mut progress, room).await?;
        let checkout = here(&["checkout", "--quiet", "--progress", "--force"]);
        self.run_git_or_fail(checkout, &mut progress, |_| Ok(()))
            .await
    }

    /// Runs git. An exit without success is an error.
    async fn run_git_or_fail<F: FnMut(String)>(
        &self,
        call: GitCall<'_>,
        progress: &mut CloneProgress<F>,
        print: impl FnMut(&[u8]) -> Result<(), CloneError>,
    ) -> Result<(), CloneError> {
        if self.run_git(call, progress, print).await? {
            return Ok(());
        }
        let said = safe_text::safe_end(&progress.error_text(), self.settings.env.values());
        Err(CloneError::Failed(said))
    }

    /// Runs git, and returns whether git succeeded. `print` gets git's standard output.
    async fn run_git<F: FnMut(String)>(
        &self,
        GitCall {
            args,
            env,
            directory,
            end,
        }: GitCall<'_>,
        progress: &mut CloneProgress<F>,
        print: impl FnMut(&[u8]) -> Result<(), CloneError>,
    ) -> Result<bool, CloneError> {
        // No hook runs, not even one that this machine's user has configured.
        let args = ["-c", "core.hooksPath=/dev/null"].iter().chain(args);
        let args: Vec<_> = args.map(|&word| word.to_owned()).collect();
        let program = ProgramSpec {
            name: &self.settings.program,
            args: &args,
            env,
            directory,
            // Git reads nothing from its input.
            input: ProgramInput::Whole(""),
        };
        let no_git = |error: StartError| CloneError::NoGit(error.to_string());
        let (mut child, pipes) = ChildProcess::start(program).await.map_err(no_git)?;
        let ChildPipes { stdout, stderr, .. } = pipes;
        let heard = tokio::select! {
            heard = async { tokio::try_join!(self.read_progress(stderr, progress), read_stream(stdout, print)) } => heard,
            () = self.clock.sleep_until(end) => Err(CloneError::TooLong(self.settings.limit)),
        };
        if heard.is_err() {
            child.kill();
        }
        child.wait_until_ended().await;
        let status = child.reap().await;
        heard?;
        let failed = |error: io::Error| CloneError::Failed(error.to_string());
        Ok(status.map_err(failed)?.success())
    }

    /// Reads git's standard error until the end, or until the received data is too large.
    async fn read_progress<F: FnMut(String)>(
        &self,
        stderr: ChildStderr,
        progress: &mut CloneProgress<F>,
    ) -> Result<(), CloneError> {
        let hear = |bytes: &[u8]| {
            progress.parse_output(bytes);
            self.check_size(progress.received_bytes())
        };
        read_stream(stderr, hear).await
    }

    fn check_size(&self, size: u64) -> Result<(), CloneError> {
        let limit = self.settings.size;
        if size > limit {
            return Err(CloneError::TooLarge(limit));
        }
        Ok(())
    }

    fn git_environment(&self) -> BTreeMap<OsString, OsString> {
        let mut env = environment::outside_turns(&self.settings.env);
        let allowed = self.settings.protocols.iter().map(|it| it.as_str());
        let allowed = allowed.collect::<Vec<_>>().join(":");
        let ours = [
            ("GIT_ALLOW_PROTOCOL", allowed.as_str()),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", "true"),
            ("SSH_ASKPASS", "true"),
            // The progress parser needs English messages.
            ("LC_ALL", "C"),
        ];
        env.extend(ours.map(|(name, value)| (name.into(), value.into())));
        let quiet = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new";
        env.entry("GIT_SSH_COMMAND".into())
            .or_insert_with(|| quiet.into());
        env
    }

    /// The environment for runs of git that need no credentials. The attributes of a repository can name
    /// filters. The filter of git-lfs, for example, contacts a server that the repository names. Without a
    /// configuration, no filter is defined.
    fn environment_without_configuration(&self) -> BTreeMap<OsString, OsString> {
        let mut env = self.git_environment();
        let none = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            // The configured variables of git can still define the filter of git-lfs.
            ("GIT_LFS_SKIP_SMUDGE", "1"),
        ];
        env.extend(none.map(|(name, value)| (name.into(), value.into())));
        env
    }
}

struct GitCall<'a> {
    args: &'a [&'a str],
    env: BTreeMap<OsString, OsString>,
    directory: Option<&'a Path>,
    /// The time at which git is killed.
    end: Steady,
}

/// Reads until the stream ends, or until `hear` returns an error.
async fn read_stream(
    mut from: impl AsyncRead + Unpin,
    mut hear: impl FnMut(&[u8]) -> Result<(), CloneError>,
) -> Result<(), CloneError> {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        hear(&buffer[..read])?;
    }
    Ok(())
}
