//! Events during the clone of a repository.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use baton_testkit::discord::Message;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tokio::task::spawn_blocking;

use super::ProjectSetup;

/// A git whose `clone` writes a file, reports its start, waits for a word, and then runs the real git.
const GIT: &str = r#"#!/bin/sh
case " $* " in *" clone "*) ;; *)
    PATH=${PATH#*:}
    exec git "$@"
esac
for folder; do :; done
mkdir -p "$folder"
echo half >"$folder/half"
exec 9>"$0.begun"
echo begun >&9
read -r go <"$0.go"
exec 9>&-
rm "$folder/half"
PATH=${PATH#*:}
exec git "$@"
"#;

struct PausedGit {
    setup: ProjectSetup,
    git: PathBuf,
}

/// The pipe that a waiting git holds open.
struct WaitingPipe(BufReader<std::fs::File>);

impl WaitingPipe {
    /// Waits until git has ended.
    async fn wait_for_end(mut self) {
        let read = spawn_blocking(move || self.0.read_to_string(&mut String::new()));
        read.await.unwrap().unwrap();
    }
}

impl PausedGit {
    async fn new() -> Self {
        let mut setup = ProjectSetup::new("agent = \"code\"\nprotocols = [\"file\"]").await;
        let programs = setup.home.path().join("programs");
        std::fs::create_dir(&programs).unwrap();
        let git = programs.join("git");
        std::fs::write(&git, GIT).unwrap();
        std::fs::set_permissions(&git, Permissions::from_mode(0o755)).unwrap();
        for fifo in ["begun", "go"] {
            mkfifo(&git.with_extension(fifo), Mode::S_IRWXU).unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", programs.display());
        setup.home = setup.home.env("PATH", &path);
        Self { setup, git }
    }

    /// Waits until git has begun.
    async fn wait_for_begin(&self) -> WaitingPipe {
        let path = self.git.with_extension("begun");
        let opened = spawn_blocking(move || {
            let mut file = BufReader::new(std::fs::File::open(path).unwrap());
            file.read_line(&mut String::new()).unwrap();
            WaitingPipe(file)
        });
        opened.await.unwrap()
    }

    /// Lets the waiting git continue.
    async fn resume_git(&self) {
        let path = self.git.with_extension("go");
        let written = spawn_blocking(move || std::fs::write(path, "go\n"));
        written.await.unwrap().unwrap();
    }

    /// The entries of the folder of projects, including hidden ones.
    fn list_projects(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.setup.home.data().join("projects")) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_it_is_is_shown_and_another_has_to_wait() {
    let paused_git = PausedGit::new().await;
    let setup = &paused_git.setup;
    let [ship, boat] = ["ship", "boat"].map(|name| setup.discord.channel(setup.server, name));
    let urls = ["ship", "boat"].map(|name| setup.repository(name));
    let _baton = setup.home.start();
    setup.discord.until_connected().await;
    let said = |part: &'static str| {
        let like = move |message: &Message| message.content.contains(part);
        setup.discord.until_said(ship, like)
    };
    setup.begin(ship, &urls[0]).await;
    let waiting = paused_git.wait_for_begin().await;
    said("Cloning ship").await;
    // A second command is refused in every channel.
    for channel in [boat, ship] {
        let told = setup.add(channel, &urls[1]).await.content;
        assert!(told.contains("another project is being added"), "{told}");
    }
    paused_git.resume_git().await;
    drop(waiting);
    said("**ship** answers").await;
    assert_eq!(paused_git.list_projects(), ["ship"]);
    assert!(!setup.configuration().contains("boat"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_written_down_is_not_kept() {
    let paused_git = PausedGit::new().await;
    let setup = &paused_git.setup;
    let url = setup.repository("ship");
    let before = setup.configuration();
    let _baton = setup.home.start();
    setup.discord.until_connected().await;
    let path = setup.home.configuration();
    let broken = format!("{before}\n[nonsense]\n");
    let no_toml = format!("{before}\n[nonsense\n");
    let changes: [(&str, u32, &str, &str); 3] = [
        ("a", 0o644, &broken, "would be invalid with this project"),
        ("b", 0o644, &no_toml, "no longer valid TOML"),
        ("c", 0o444, &before, "may not write the configuration"),
    ];
    for (name, mode, text, expected) in changes {
        let channel = setup.discord.channel(setup.server, name);
        let meanwhile = async {
            let _waiting = paused_git.wait_for_begin().await;
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            paused_git.resume_git().await;
        };
        let told = tokio::join!(setup.add(channel, &url), meanwhile).0.content;
        assert!(told.contains(expected), "{expected:?} is not in {told:?}");
        assert_eq!(paused_git.list_projects(), Vec::<String>::new(), "{told}");
        assert_eq!(setup.configuration(), text);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        std::fs::write(&path, &before).unwrap();
    }
    // A new attempt meets no remains.
    let channel = setup.discord.channel(setup.server, "d");
    let meanwhile = async {
        let _waiting = paused_git.wait_for_begin().await;
        paused_git.resume_git().await;
    };
    let told = tokio::join!(setup.add(channel, &url), meanwhile).0.content;
    assert!(told.contains("**ship** answers"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_git_and_leaves_nothing() {
    let paused_git = PausedGit::new().await;
    let setup = &paused_git.setup;
    let channel = setup.discord.channel(setup.server, "ship");
    let url = setup.repository("ship");
    let before = setup.configuration();
    let mut baton = setup.home.start();
    setup.discord.until_connected().await;
    let stopped = async {
        let waiting = paused_git.wait_for_begin().await;
        baton.signal(Signal::SIGTERM);
        waiting.wait_for_end().await;
    };
    let told = tokio::join!(setup.add(channel, &url), stopped).0.content;
    assert!(told.contains("Baton is being stopped"), "{told}");
    let done = spawn_blocking(move || baton.wait()).await.unwrap();
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(paused_git.list_projects(), Vec::<String>::new());
    assert_eq!(setup.configuration(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_ends_git_too_and_the_next_try_begins_anew() {
    let paused_git = PausedGit::new().await;
    let setup = &paused_git.setup;
    let [first, second] = ["one", "two"].map(|name| setup.discord.channel(setup.server, name));
    let url = setup.repository("ship");
    let before = setup.configuration();
    let baton = setup.home.start();
    setup.discord.until_connected().await;
    let killed = async {
        let waiting = paused_git.wait_for_begin().await;
        let done = spawn_blocking(|| baton.stop(Signal::SIGKILL))
            .await
            .unwrap();
        assert_eq!(done.code, None);
        waiting.wait_for_end().await;
    };
    setup.begin(first, &url).await;
    killed.await;
    assert_eq!(setup.configuration(), before);
    assert!(!setup.folder("ship").exists());

    setup.discord.until_disconnected().await;
    let _baton = setup.home.start();
    setup.discord.until_connected().await;
    let meanwhile = async {
        let _waiting = paused_git.wait_for_begin().await;
        paused_git.resume_git().await;
    };
    let told = tokio::join!(setup.add(second, &url), meanwhile).0.content;
    assert!(told.contains("**ship** answers"), "{told}");
    assert_eq!(paused_git.list_projects(), ["ship"]);
}
