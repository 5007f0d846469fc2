//! Projects that people add while the program runs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_testkit::discord::{Discord, Message, Snowflake, permission};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::program::Home;

mod interrupted_clone;

struct ProjectSetup {
    discord: Discord,
    server: Snowflake,
    /// The administrator of the server.
    ann: Snowflake,
    home: Home,
}

impl ProjectSetup {
    /// A bot that answers every message of a server, with these lines under `[projects]`.
    async fn new(projects: &str) -> Self {
        let discord = Discord::start().await;
        let server = discord.server("Makers");
        let ann = discord.person("ann");
        let keepers = discord.role(server, "keepers", permission::ADMINISTRATOR);
        discord.join(server, ann, &[keepers]);
        let configuration = format!(
            "# What answers.\n\
             [agents.code]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"pwd -P; cat read.me\"]\n\n\
             [channels.discord]   # our bot\n\
             token = {{ env = \"DISCORD_TOKEN\" }}\n\
             api = \"{}/api/v10\"\n\
             gateway = \"{}\"\n\n\
             [channels.discord.places.all]\n\
             server = \"{server}\"\n\
             agent = \"code\"\n\
             trigger = \"every\"\n\n\
             # Of {{ann}}.\n\
             [projects]\n{projects}\n",
            discord.rest_url(),
            discord.gateway_url(),
        );
        let home = Home::with(&configuration).env("DISCORD_TOKEN", discord.token());
        Self {
            discord,
            server,
            ann,
            home,
        }
    }

    /// Makes a repository, and returns its address.
    fn repository(&self, name: &str) -> String {
        let path = self.home.path().join(format!("sources/{name}.git"));
        std::fs::create_dir_all(&path).unwrap();
        git(&path, &["init", "-q"]);
        std::fs::write(path.join("read.me"), format!("this is {name}")).unwrap();
        git(&path, &["add", "."]);
        git(&path, &["commit", "-qm", "first"]);
        format!("file://{}", path.display())
    }

    fn configuration(&self) -> String {
        std::fs::read_to_string(self.home.configuration()).unwrap()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.data().join("projects").join(name)
    }

    /// Ann gives the command in a channel.
    async fn begin(&self, channel: Snowflake, url: &str) {
        let options = [("url", json!(url))];
        self.discord.until_command(None, "add-project").await;
        self.discord
            .command(channel, self.ann, "add-project", &options);
    }

    /// Ann gives the command in a channel, and gets this final answer.
    async fn add(&self, channel: Snowflake, url: &str) -> Message {
        self.begin(channel, url).await;
        let us = self.discord.bot();
        let ended = |message: &&Message| {
            let ends = [
                "in this channel now",
                "The project was not added",
                "already;",
            ];
            let ends = ends.iter().any(|end| message.content.contains(end));
            message.author == us && message.only_for.is_some() && ends
        };
        let all = |messages: &[Message]| messages.iter().any(|message| ended(&message));
        let messages = self.discord.until_messages(channel, all).await;
        messages.iter().rfind(ended).unwrap().clone()
    }

    /// Ann writes a message, and gets this answer.
    async fn ask(&self, channel: Snowflake, text: &str) -> String {
        let said = self.discord.say(channel, self.ann, text);
        let answers = |message: &Message| message.reply_to == Some(said);
        self.discord.until_said(channel, answers).await.content
    }
}

fn git(folder: &Path, words: &[&str]) {
    let who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"];
    let mut git = Command::new("git");
    let done = git.current_dir(folder).args(who).args(words).status();
    assert!(done.unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_answers_at_once_and_after_a_restart() {
    let setup = ProjectSetup::new("agent = \"code\"\nprotocols = [\"file\"]").await;
    let channel = setup.discord.channel(setup.server, "ship");
    let other = setup.discord.channel(setup.server, "general");
    let before = setup.configuration();
    let baton = setup.home.start();
    setup.discord.until_connected().await;
    let told = setup.add(channel, &setup.repository("ship")).await;
    assert_eq!(
        told.content,
        "**ship** answers every message in this channel now."
    );
    assert_eq!(told.only_for, Some(setup.ann));
    let folder = setup.folder("ship").canonicalize().unwrap();
    let expected = format!("{}\nthis is ship", folder.display());
    assert_eq!(setup.ask(channel, "where?").await, expected);
    // The other channels of the server are answered as before.
    let elsewhere = setup.ask(other, "where?").await;
    assert!(!elsewhere.contains("this is ship"), "{elsewhere}");

    let after = setup.configuration();
    for line in before.lines() {
        assert!(
            after.lines().any(|it| it == line),
            "{line:?} is gone: {after}"
        );
    }
    let checked = setup.home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);

    baton.stop(Signal::SIGTERM);
    setup.discord.until_disconnected().await;
    let _baton = setup.home.start();
    setup.discord.until_connected().await;
    assert_eq!(setup.ask(channel, "and now?").await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_added_changes_nothing_and_says_why() {
    let setup = ProjectSetup::new("agent = \"code\"\nprotocols = [\"file\", \"https\"]").await;
    let channel = |name: &str| setup.discord.channel(setup.server, name);
    let [ship, boat, a, b, c, d] = ["ship", "boat", "a", "b", "c", "d"].map(channel);
    let _baton = setup.home.start();
    setup.discord.until_connected().await;
    let url = setup.repository("ship");
    setup.add(ship, &url).await;
    let before = setup.configuration();
    let refused = async |channel, url: &str, part: &str| {
        let told = setup.add(channel, url).await.content;
        assert!(told.contains(part), "{part:?} is not in {told:?}");
        assert!(!told.contains("hunter2"), "{told}");
        // The answer does not contain paths of this machine.
        let home = setup.home.path().to_str().unwrap();
        assert!(!told.contains(home), "{told}");
    };
    refused(boat, &url, "the persona ship exists already").await;
    refused(a, "https://ann:hunter2@example.org/boat.git", "a password").await;
    refused(b, "ssh://git@example.org/boat.git", "over file, https only").await;
    std::fs::create_dir_all(setup.folder("raft")).unwrap();
    refused(c, &setup.repository("raft"), "an interrupted try").await;
    let gone = format!("file://{}/gone.git", setup.home.path().display());
    refused(d, &gone, "git could not clone the repository").await;
    assert_eq!(setup.configuration(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_agent_or_a_file_that_may_be_written_it_says_so() {
    let setup = ProjectSetup::new("protocols = [\"file\"]").await;
    let channel = setup.discord.channel(setup.server, "ship");
    let url = setup.repository("ship");
    let baton = setup.home.start();
    setup.discord.until_connected().await;
    let told = setup.add(channel, &url).await.content;
    assert!(told.contains("under [projects]"), "{told}");
    baton.stop(Signal::SIGTERM);
    setup.discord.until_disconnected().await;

    let with_agent = setup.configuration() + "agent = \"code\"\n";
    std::fs::write(setup.home.configuration(), with_agent).unwrap();
    let read_only = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(setup.home.configuration(), read_only).unwrap();
    let channel = setup.discord.channel(setup.server, "again");
    let _baton = setup.home.start();
    setup.discord.until_connected().await;
    let told = setup.add(channel, &url).await.content;
    assert!(told.contains("may not write the configuration"), "{told}");
    assert!(!told.contains("baton.toml"), "{told}");
    assert!(!setup.folder("ship").exists());
}
