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

use super::Bench;

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

struct Halfway {
    bench: Bench,
    git: PathBuf,
}

/// The pipe that a waiting git holds open.
struct Waiting(BufReader<std::fs::File>);

impl Waiting {
    /// Waits until git has ended.
    async fn ended(mut self) {
        let read = spawn_blocking(move || self.0.read_to_string(&mut String::new()));
        read.await.unwrap().unwrap();
    }
}

impl Halfway {
    async fn new() -> Self {
        let mut bench = Bench::new("agent = \"code\"\nprotocols = [\"file\"]").await;
        let programs = bench.home.path().join("programs");
        std::fs::create_dir(&programs).unwrap();
        let git = programs.join("git");
        std::fs::write(&git, GIT).unwrap();
        std::fs::set_permissions(&git, Permissions::from_mode(0o755)).unwrap();
        for fifo in ["begun", "go"] {
            mkfifo(&git.with_extension(fifo), Mode::S_IRWXU).unwrap();
        }
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", programs.display());
        bench.home = bench.home.env("PATH", &path);
        Self { bench, git }
    }

    /// Waits until git has begun.
    async fn begun(&self) -> Waiting {
        let path = self.git.with_extension("begun");
        let opened = spawn_blocking(move || {
            let mut file = BufReader::new(std::fs::File::open(path).unwrap());
            file.read_line(&mut String::new()).unwrap();
            Waiting(file)
        });
        opened.await.unwrap()
    }

    /// Lets the waiting git continue.
    async fn go(&self) {
        let path = self.git.with_extension("go");
        let written = spawn_blocking(move || std::fs::write(path, "go\n"));
        written.await.unwrap().unwrap();
    }

    /// The entries of the folder of projects, including hidden ones.
    fn projects(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.bench.home.data().join("projects")) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_it_is_is_shown_and_another_has_to_wait() {
    let halfway = Halfway::new().await;
    let bench = &halfway.bench;
    let [ship, boat] = ["ship", "boat"].map(|name| bench.discord.channel(bench.server, name));
    let urls = ["ship", "boat"].map(|name| bench.repository(name));
    let _baton = bench.home.start();
    bench.discord.until_connected().await;
    let said = |part: &'static str| {
        let like = move |message: &Message| message.content.contains(part);
        bench.discord.until_said(ship, like)
    };
    bench.begin(ship, &urls[0]).await;
    let waiting = halfway.begun().await;
    said("Cloning ship").await;
    // A second command is refused in every channel.
    for channel in [boat, ship] {
        let told = bench.add(channel, &urls[1]).await.content;
        assert!(told.contains("another project is being added"), "{told}");
    }
    halfway.go().await;
    drop(waiting);
    said("**ship** is here").await;
    assert_eq!(halfway.projects(), ["ship"]);
    assert!(!bench.configuration().contains("boat"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_written_down_is_not_kept() {
    let halfway = Halfway::new().await;
    let bench = &halfway.bench;
    let url = bench.repository("ship");
    let before = bench.configuration();
    let _baton = bench.home.start();
    bench.discord.until_connected().await;
    let path = bench.home.configuration();
    let broken = format!("{before}\n[nonsense]\n");
    let no_toml = format!("{before}\n[nonsense\n");
    let changes: [(&str, u32, &str, &str); 3] = [
        ("a", 0o644, &broken, "would not be valid with it"),
        ("b", 0o644, &no_toml, "not TOML any more"),
        ("c", 0o444, &before, "may not be written"),
    ];
    for (name, mode, text, expected) in changes {
        let channel = bench.discord.channel(bench.server, name);
        let meanwhile = async {
            let _waiting = halfway.begun().await;
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            halfway.go().await;
        };
        let told = tokio::join!(bench.add(channel, &url), meanwhile).0.content;
        assert!(told.contains(expected), "{expected:?} is not in {told:?}");
        assert_eq!(halfway.projects(), Vec::<String>::new(), "{told}");
        assert_eq!(bench.configuration(), text);
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        std::fs::write(&path, &before).unwrap();
    }
    // A new attempt meets no remains.
    let channel = bench.discord.channel(bench.server, "d");
    let meanwhile = async {
        let _waiting = halfway.begun().await;
        halfway.go().await;
    };
    let told = tokio::join!(bench.add(channel, &url), meanwhile).0.content;
    assert!(told.contains("**ship** is here"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_git_and_leaves_nothing() {
    let halfway = Halfway::new().await;
    let bench = &halfway.bench;
    let channel = bench.discord.channel(bench.server, "ship");
    let url = bench.repository("ship");
    let before = bench.configuration();
    let mut baton = bench.home.start();
    bench.discord.until_connected().await;
    let stopped = async {
        let waiting = halfway.begun().await;
        baton.signal(Signal::SIGTERM);
        waiting.ended().await;
    };
    let told = tokio::join!(bench.add(channel, &url), stopped).0.content;
    assert!(told.contains("Baton is being stopped"), "{told}");
    let done = spawn_blocking(move || baton.wait()).await.unwrap();
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(halfway.projects(), Vec::<String>::new());
    assert_eq!(bench.configuration(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_ends_git_too_and_the_next_try_begins_anew() {
    let halfway = Halfway::new().await;
    let bench = &halfway.bench;
    let [first, second] = ["one", "two"].map(|name| bench.discord.channel(bench.server, name));
    let url = bench.repository("ship");
    let before = bench.configuration();
    let baton = bench.home.start();
    bench.discord.until_connected().await;
    let killed = async {
        let waiting = halfway.begun().await;
        let done = spawn_blocking(|| baton.stop(Signal::SIGKILL))
            .await
            .unwrap();
        assert_eq!(done.code, None);
        waiting.ended().await;
    };
    bench.begin(first, &url).await;
    killed.await;
    assert_eq!(bench.configuration(), before);
    assert!(!bench.folder("ship").exists());

    bench.discord.until_disconnected().await;
    let _baton = bench.home.start();
    bench.discord.until_connected().await;
    let meanwhile = async {
        let _waiting = halfway.begun().await;
        halfway.go().await;
    };
    let told = tokio::join!(bench.add(second, &url), meanwhile).0.content;
    assert!(told.contains("**ship** is here"), "{told}");
    assert_eq!(halfway.projects(), ["ship"]);
}
