//! A clone is complete, or leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use baton_agents::git::{CloneError, Git, GitSettings, Protocol, Repository};
use baton_core::clock::SystemClock;
use tempfile::TempDir;

struct Bench {
    folder: TempDir,
    settings: GitSettings,
}

impl Bench {
    fn new() -> Self {
        let settings = GitSettings {
            protocols: vec![Protocol::File, Protocol::Ssh],
            ..GitSettings::default()
        };
        let folder = TempDir::new().unwrap();
        Self { folder, settings }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A repository with two commits. The file of the newer commit contains `new`.
    fn repository(&self) -> Repository {
        let path = self.path("source.git");
        std::fs::create_dir(&path).unwrap();
        git(&path, &["init", "-q"]);
        for text in ["old", "new"] {
            std::fs::write(path.join("read.me"), text).unwrap();
            git(&path, &["add", "."]);
            git(&path, &["commit", "-qm", text]);
        }
        self.named(&format!("file://{}", path.display()))
    }

    fn named(&self, address: &str) -> Repository {
        Repository::parse(address, &self.settings.protocols).unwrap()
    }

    /// Replaces `ssh` with this script.
    fn ssh(&mut self, script: &str) {
        let path = self.path("ssh.sh");
        std::fs::write(&path, script).unwrap();
        let command = format!("sh '{}'", path.display());
        let env = &mut self.settings.env;
        env.insert("GIT_SSH_COMMAND".to_owned(), command.into());
        // Otherwise git first asks the script for its kind of ssh.
        env.insert("GIT_SSH_VARIANT".to_owned(), "ssh".into());
    }

    async fn clone(&self, repository: &Repository) -> (Result<(), CloneError>, Vec<String>) {
        let git = Git::new(self.settings.clone(), SystemClock::shared());
        let mut told = Vec::new();
        let cloned = git
            .clone(repository, &self.path("projects/it"), |step| {
                told.push(step);
            })
            .await;
        (cloned, told)
    }

    /// The names in the folder of projects, including hidden ones.
    fn projects(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path("projects")) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

fn git(folder: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    let output = Command::new("git")
        .current_dir(folder)
        .args(identity)
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_repository_is_brought_with_its_newest_commit_alone() {
    let bench = Bench::new();
    let repository = bench.repository();
    assert_eq!(repository.name(), "source");
    let (cloned, told) = bench.clone(&repository).await;
    cloned.unwrap();
    let here = bench.path("projects/it");
    assert_eq!(
        std::fs::read_to_string(here.join("read.me")).unwrap(),
        "new"
    );
    assert_eq!(git(&here, &["rev-list", "--count", "HEAD"]).trim(), "1");
    assert_eq!(bench.projects(), ["it"]);
    assert!(
        told.iter().any(|step| step == "Receiving objects: 100 %"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_is_there_already_is_not_touched() {
    let bench = Bench::new();
    let repository = bench.repository();
    std::fs::create_dir_all(bench.path("projects/it")).unwrap();
    let (cloned, _) = bench.clone(&repository).await;
    let error = cloned.unwrap_err();
    assert!(matches!(error, CloneError::Taken(_)), "{error:?}");
    let told = "the folder it exists already, perhaps from an interrupted try; the operator of Baton can remove \
        the folder, or choose another name";
    assert_eq!(error.to_string(), told);
    assert_eq!(bench.projects(), ["it"]);
    // A broken link is not followed.
    let here = bench.path("projects/it");
    std::fs::remove_dir(&here).unwrap();
    std::os::unix::fs::symlink(bench.path("nothing"), &here).unwrap();
    let (cloned, _) = bench.clone(&repository).await;
    assert!(matches!(cloned, Err(CloneError::Taken(_))), "{cloned:?}");
    assert_eq!(bench.projects(), ["it"]);
}

#[tokio::test]
async fn what_git_says_is_for_the_log_and_nothing_is_left() {
    let bench = Bench::new();
    let gone = bench.named(&format!("file://{}", bench.path("gone").display()));
    let (cloned, _) = bench.clone(&gone).await;
    let error = cloned.unwrap_err();
    let CloneError::Failed(said) = &error else {
        panic!("{error:?}");
    };
    assert!(
        said.contains("does not appear to be a git repository"),
        "{said}"
    );
    let here = bench.folder.path().to_str().unwrap();
    assert!(said.contains(here) && !error.to_string().contains(here));
    assert_eq!(bench.projects(), Vec::<String>::new());
}

#[tokio::test]
async fn a_repository_that_is_too_large_is_not_kept() {
    let mut bench = Bench::new();
    bench.settings.size = 1000;
    // Before the end of the transfer, the size is known only from git's messages.
    let many =
        "printf 'Receiving objects:   1%% (1/100), 2.00 MiB | 1.00 MiB/s\\r' >&2; sleep 1000";
    bench.ssh(many);
    let (cloned, _) = bench.clone(&bench.named("git@example.org:x/y")).await;
    assert!(
        matches!(cloned, Err(CloneError::TooLarge(1000))),
        "{cloned:?}"
    );
    assert_eq!(bench.projects(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let mut bench = Bench::new();
    bench.settings.limit = Duration::from_millis(200);
    bench.ssh("sleep 1000");
    let (cloned, _) = bench.clone(&bench.named("git@example.org:x/y")).await;
    assert!(matches!(cloned, Err(CloneError::TooLong(_))), "{cloned:?}");
    assert_eq!(bench.projects(), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_earlier_try_has_left_goes_and_what_is_another_s_stays() {
    let bench = Bench::new();
    let repository = bench.repository();
    let left = bench.path("projects/.it.clone/.git");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("half"), "half").unwrap();
    let working = std::fs::File::open(bench.path("projects/.it.clone")).unwrap();
    working.lock().unwrap();
    let (cloned, _) = bench.clone(&repository).await;
    assert!(matches!(cloned, Err(CloneError::Busy(_))), "{cloned:?}");
    assert_eq!(std::fs::read_to_string(left.join("half")).unwrap(), "half");
    drop(working);
    let (cloned, _) = bench.clone(&repository).await;
    cloned.unwrap();
    assert_eq!(bench.projects(), ["it"]);
    assert!(!bench.path("projects/it/.git/half").exists());
}

#[tokio::test]
async fn without_git_it_says_so() {
    let mut bench = Bench::new();
    bench.settings.program = "no-such-git".to_owned();
    let (cloned, _) = bench.clone(&bench.named("git@example.org:x/y")).await;
    assert!(matches!(cloned, Err(CloneError::NoGit(_))), "{cloned:?}");
}

#[tokio::test]
async fn what_is_small_on_its_way_and_large_as_files_is_not_checked_out() {
    let mut bench = Bench::new();
    bench.settings.size = 1024 * 1024;
    let repository = bench.repository();
    let source = bench.path("source.git");
    std::fs::write(source.join("zeros"), vec![0; 600 * 1024]).unwrap();
    // Git stores both files as one object.
    std::fs::copy(source.join("zeros"), source.join("again")).unwrap();
    git(&source, &["add", "."]);
    git(&source, &["commit", "-qm", "zeros"]);
    let (cloned, _) = bench.clone(&repository).await;
    assert!(matches!(cloned, Err(CloneError::TooLarge(_))), "{cloned:?}");
    assert_eq!(bench.projects(), Vec::<String>::new());
    bench.settings.size *= 2;
    bench.clone(&repository).await.0.unwrap();
    let again = std::fs::metadata(bench.path("projects/it/again")).unwrap();
    assert_eq!(again.len(), 600 * 1024);
}

#[tokio::test]
async fn many_files_of_nothing_take_room_too() {
    let mut bench = Bench::new();
    let repository = bench.repository();
    let source = bench.path("source.git");
    for number in 0..100 {
        std::fs::write(source.join(number.to_string()), "").unwrap();
    }
    git(&source, &["add", "."]);
    git(&source, &["commit", "-qm", "many"]);
    bench.settings.size = 100 * 1024;
    let (cloned, _) = bench.clone(&repository).await;
    assert!(matches!(cloned, Err(CloneError::TooLarge(_))), "{cloned:?}");
}

#[tokio::test]
async fn no_filter_of_the_machine_s_user_runs() {
    let mut bench = Bench::new();
    let repository = bench.repository();
    let source = bench.path("source.git");
    std::fs::write(source.join(".gitattributes"), "* filter=lfs\n").unwrap();
    git(&source, &["add", "."]);
    git(&source, &["commit", "-qm", "large files"]);
    let ran = bench.path("ran");
    let configuration = format!(
        "[filter \"lfs\"]\n\tsmudge = touch '{}'; cat\n\trequired = true\n",
        ran.display()
    );
    std::fs::write(bench.path(".gitconfig"), configuration).unwrap();
    let home = bench.folder.path().to_str().unwrap();
    let env = &mut bench.settings.env;
    env.insert("HOME".to_owned(), home.into());
    bench.clone(&repository).await.0.unwrap();
    let here = bench.path("projects/it/read.me");
    assert_eq!(std::fs::read_to_string(here).unwrap(), "new");
    assert!(!ran.exists());
}

#[tokio::test]
async fn a_repository_without_a_commit_is_brought_as_it_is() {
    let bench = Bench::new();
    let path = bench.path("empty.git");
    std::fs::create_dir(&path).unwrap();
    git(&path, &["init", "-q"]);
    let repository = bench.named(&format!("file://{}", path.display()));
    bench.clone(&repository).await.0.unwrap();
    assert!(bench.path("projects/it/.git").exists());
}
