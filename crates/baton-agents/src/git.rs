//! Brings a repository for an agent to work in: a shallow clone, made by the `git` that is installed.
//!
//! Whoever names the repository is not trusted with more than that: its address has one of the
//! configured protocols and no password, git asks nobody anything and runs no hook and no filter, and
//! time and size are bounded, the latter before anything is checked out. What is not whole is never at its place: git works in a folder beside it, and
//! what is left there where we died is removed by the next try.

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

use crate::child::{Child, Input, Pipes, Program, StartError, environment};
use crate::text;

mod beside;
mod listing;
mod progress;
mod repository;

use beside::Beside;
use listing::Listing;
use progress::Progress;
pub use repository::{NAME_LIMIT, Protocol, Repository, RepositoryError, is_name};

/// How git is run.
#[derive(Clone, Debug)]
pub struct GitSettings {
    /// A name that is looked up in `PATH`, or an absolute path.
    pub program: String,
    /// Set in its environment, beside what every program needs.
    pub env: BTreeMap<String, SecretString>,
    /// How repositories may be reached.
    pub protocols: Vec<Protocol>,
    /// How long a clone may take.
    pub limit: Duration,
    /// How much it may bring, in bytes: as it comes, and again as files.
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

/// Why a repository was not brought. Holds no secret and no path of this machine, so people may read it;
/// what git itself said is for the log.
#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// Something is there already.
    #[error(
        "there is a folder {} already, perhaps of a try that was cut short; whoever runs Baton can remove \
         it, or choose another name", named(.0)
    )]
    Taken(PathBuf),
    /// It is being brought there.
    #[error("somebody else clones to {} just now; choose another name, or wait", named(.0))]
    Busy(PathBuf),
    /// There is no git, or it could not be run.
    #[error("git could not be run: {0}; install it, or look whether it may be run")]
    NoGit(String),
    /// Git said no.
    #[error(
        "git could not clone it; look whether the address is right and the machine that Baton runs on may \
         read it, of which its log says more"
    )]
    Failed(String),
    /// It is too large.
    #[error("it is larger than {} MiB; clone it by hand, or raise the limit", .0 / (1024 * 1024))]
    TooLarge(u64),
    /// It took too long.
    #[error("it took longer than {} s; clone it by hand, or raise the limit", .0.as_secs())]
    TooLong(Duration),
    /// The disk did not take it.
    #[error(
        "the folder {} cannot be written: {error}; free some space, or look whether it may be written to",
        named(folder)
    )]
    Disk {
        /// Where it was to go.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl CloneError {
    fn disk(folder: &Path, error: io::Error) -> Self {
        let folder = folder.to_owned();
        Self::Disk { folder, error }
    }
}

/// The last part of a path.
fn named(folder: &Path) -> impl std::fmt::Display {
    folder.file_name().unwrap_or_default().display()
}

/// Brings repositories.
pub struct Git {
    settings: GitSettings,
    clock: Arc<dyn Clock>,
}

impl Git {
    /// The git that is run so.
    pub fn new(settings: GitSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    /// How repositories may be reached.
    pub fn protocols(&self) -> &[Protocol] {
        &self.settings.protocols
    }

    /// Clones the newest commit of a repository into `folder`, which must not exist. `tell` is told how
    /// far it is, in a few words, whenever that changes. Dropped, git ends and nothing is left.
    pub async fn clone(
        &self,
        repository: &Repository,
        folder: &Path,
        tell: impl FnMut(String),
    ) -> Result<(), CloneError> {
        let beside = Beside::new(folder).await?;
        match self.run(repository, beside.path(), tell).await {
            Ok(()) => beside.put().await,
            Err(error) => {
                beside.remove().await;
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
        let mut progress = Progress::new(tell);
        let end = self.clock.steady().after(self.settings.limit);
        let place = folder.to_string_lossy();
        let clone = ["clone", "--no-checkout", "--depth=1", "--progress"];
        let to = ["--template=", "--", repository.url(), &*place];
        let call = Call {
            args: &[clone, to].concat(),
            env: self.environment(),
            directory: folder.parent(),
            end,
        };
        self.must(call, &mut progress, |_| Ok(())).await?;
        let here = |args| Call {
            args,
            env: self.environment_without_configuration(),
            directory: Some(folder),
            end,
        };
        let newest = here(&["rev-parse", "--quiet", "--verify", "HEAD"]);
        if !self.call(newest, &mut progress, |_| Ok(())).await? {
            // There is no commit in it yet.
            return Ok(());
        }
        let mut listing = Listing::default();
        let list = here(&["ls-tree", "-r", "-t", "-l", "-z", "HEAD"]);
        let room = |bytes: &[u8]| {
            listing.hear(bytes);
            self.bounded(listing.room())
        };
        self.must(list, &mut progress, room).await?;
        let checkout = here(&["checkout", "--quiet", "--progress", "--force"]);
        self.must(checkout, &mut progress, |_| Ok(())).await
    }

    /// Runs git, which must succeed.
    async fn must<F: FnMut(String)>(
        &self,
        call: Call<'_>,
        progress: &mut Progress<F>,
        print: impl FnMut(&[u8]) -> Result<(), CloneError>,
    ) -> Result<(), CloneError> {
        if self.call(call, progress, print).await? {
            return Ok(());
        }
        let said = text::end(&progress.complaint(), self.settings.env.values());
        Err(CloneError::Failed(said))
    }

    /// Runs git; whether it succeeded. `print` is given what it prints.
    async fn call<F: FnMut(String)>(
        &self,
        Call {
            args,
            env,
            directory,
            end,
        }: Call<'_>,
        progress: &mut Progress<F>,
        print: impl FnMut(&[u8]) -> Result<(), CloneError>,
    ) -> Result<bool, CloneError> {
        // Not even what the user of this machine has configured runs here.
        let args = ["-c", "core.hooksPath=/dev/null"].iter().chain(args);
        let args: Vec<_> = args.map(|&word| word.to_owned()).collect();
        let program = Program {
            name: &self.settings.program,
            args: &args,
            env,
            directory,
            // It has nothing to ask.
            input: Input::Whole(""),
        };
        let no_git = |error: StartError| CloneError::NoGit(error.to_string());
        let (mut child, pipes) = Child::start(program).await.map_err(no_git)?;
        let Pipes { stdout, stderr, .. } = pipes;
        let heard = tokio::select! {
            heard = async { tokio::try_join!(self.listen(stderr, progress), read(stdout, print)) } => heard,
            () = self.clock.sleep_until(end) => Err(CloneError::TooLong(self.settings.limit)),
        };
        if heard.is_err() {
            child.kill();
        }
        child.ended().await;
        let status = child.reap().await;
        heard?;
        let failed = |error: io::Error| CloneError::Failed(error.to_string());
        Ok(status.map_err(failed)?.success())
    }

    /// Hears what git says until it says no more, or has brought too much.
    async fn listen<F: FnMut(String)>(
        &self,
        stderr: ChildStderr,
        progress: &mut Progress<F>,
    ) -> Result<(), CloneError> {
        let hear = |bytes: &[u8]| {
            progress.hear(bytes);
            self.bounded(progress.received())
        };
        read(stderr, hear).await
    }

    fn bounded(&self, size: u64) -> Result<(), CloneError> {
        let limit = self.settings.size;
        if size > limit {
            return Err(CloneError::TooLarge(limit));
        }
        Ok(())
    }

    fn environment(&self) -> BTreeMap<OsString, OsString> {
        let mut env = environment::outside_turns(&self.settings.env);
        let allowed = self.settings.protocols.iter().map(|it| it.as_str());
        let allowed = allowed.collect::<Vec<_>>().join(":");
        let ours = [
            ("GIT_ALLOW_PROTOCOL", allowed.as_str()),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ASKPASS", "true"),
            ("SSH_ASKPASS", "true"),
            // Its words are read.
            ("LC_ALL", "C"),
        ];
        env.extend(ours.map(|(name, value)| (name.into(), value.into())));
        let quiet = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new";
        env.entry("GIT_SSH_COMMAND".into())
            .or_insert_with(|| quiet.into());
        env
    }

    /// For what needs nobody's keys. The files of a repository say which filters they want, such as
    /// that of git-lfs, which asks a server that the repository names; without a configuration there
    /// is none.
    fn environment_without_configuration(&self) -> BTreeMap<OsString, OsString> {
        let mut env = self.environment();
        let none = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            // For what Baton's own environment configures.
            ("GIT_LFS_SKIP_SMUDGE", "1"),
        ];
        env.extend(none.map(|(name, value)| (name.into(), value.into())));
        env
    }
}

/// One run of git.
struct Call<'a> {
    args: &'a [&'a str],
    env: BTreeMap<OsString, OsString>,
    directory: Option<&'a Path>,
    /// When it is killed.
    end: Steady,
}

/// Reads what comes until no more does, or `hear` has had enough.
async fn read(
    mut from: impl AsyncRead + Unpin,
    mut hear: impl FnMut(&[u8]) -> Result<(), CloneError>,
) -> Result<(), CloneError> {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        hear(&buffer[..read])?;
    }
    Ok(())
}
