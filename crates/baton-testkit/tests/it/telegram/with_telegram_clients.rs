//! Bots written with two libraries for the Bot API work with the fake: python-telegram-bot and grammY. Both
//! programs, in `tests/telegram`, have the same commands. So two other readers of the Bot API judge the fake.

use std::path::Path;
use std::process::{Output, Stdio};

use baton_testkit::agent_run::within;
use baton_testkit::telegram::{Message, Telegram};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

mod conversations;
mod errors;
mod webhooks;

/// The environment variable with the folder of the programs.
const PROGRAMS: &str = "BATON_TEST_TELEGRAM";

/// A library for the Bot API, with its texts of errors.
struct ClientLibrary {
    /// The program of the bot.
    program: &'static str,
    /// Whether the library has the methods since Bot API 10.1.
    is_newest: bool,
    /// Error 429 with 7 seconds.
    too_fast: &'static str,
    /// The text before the new id of a moved group.
    moved: &'static str,
    removed: &'static str,
    unknown_chat: &'static str,
    other_poller: &'static str,
    /// The beginning of the error for an answer without JSON, and for a cut connection.
    no_answer: &'static str,
    /// The beginning of the report about an answer without JSON; empty for a library that reports nothing.
    report: &'static str,
    /// A part of the error of a program with a wrong token.
    wrong_token: &'static str,
}

const PYTHON_TELEGRAM_BOT: ClientLibrary = ClientLibrary {
    program: "python-telegram-bot",
    is_newest: false,
    too_fast: "RetryAfter 7",
    moved: "ChatMigrated ",
    removed: "Forbidden Forbidden: bot was kicked from the supergroup chat",
    unknown_chat: "BadRequest Chat not found",
    other_poller: "Conflict Conflict: terminated by other getUpdates request; make sure that only one bot instance \
                   is running",
    no_answer: "NetworkError ",
    report: "Can not load invalid JSON data",
    wrong_token: "telegram.error.InvalidToken: ",
};

const GRAMMY: ClientLibrary = ClientLibrary {
    program: "grammy",
    is_newest: true,
    too_fast: "GrammyError 429 7",
    moved: "GrammyError 400 ",
    removed: "GrammyError 403 Forbidden: bot was kicked from the supergroup chat",
    unknown_chat: "GrammyError 400 Bad Request: chat not found",
    other_poller: "GrammyError 409 Conflict: terminated by other getUpdates request; make sure that only one bot \
                   instance is running",
    no_answer: "HttpError",
    report: "",
    wrong_token: "GrammyError: Call to 'getMe' failed!",
};

impl ClientLibrary {
    /// Starts the bot, with more variables in its environment.
    fn start(&self, telegram: &Telegram, more: &[(&str, &Path)]) -> BotProgram {
        self.start_with_token(telegram, telegram.token(), more)
    }

    fn start_with_token(
        &self,
        telegram: &Telegram,
        token: &str,
        more: &[(&str, &Path)],
    ) -> BotProgram {
        let child = Command::new(program_path(self.program))
            .env("BOT_API", telegram.url())
            .env("BOT_TOKEN", token)
            .env("NO_PROXY", "127.0.0.1")
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        BotProgram(child.expect("the program can be started"))
    }
}

fn program_path(name: &str) -> std::path::PathBuf {
    let folder = std::env::var(PROGRAMS);
    let folder = folder.unwrap_or_else(|_| panic!("{PROGRAMS} is not set; run ./test"));
    Path::new(&folder).join(name)
}

/// A running bot.
struct BotProgram(Child);

impl BotProgram {
    /// Ends the bot by a signal, and returns the standard error. There the libraries report unreadable updates and
    /// answers.
    async fn end(self) -> String {
        let number = self.0.id().expect("the bot still runs");
        let number = Pid::from_raw(number.try_into().unwrap());
        kill(number, Signal::SIGTERM).unwrap();
        let output = self.output().await;
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{}: {error}", output.status);
        error
    }

    /// Waits for the end of the bot.
    async fn output(self) -> Output {
        within("the bot ends", self.0.wait_with_output())
            .await
            .unwrap()
    }
}

/// A person who talks with the bot in one chat.
struct PersonInChat<'a> {
    telegram: &'a Telegram,
    chat: i64,
    person: i64,
}

impl PersonInChat<'_> {
    /// Writes a text, and returns the next `count` messages of the bot.
    async fn ask_for(&self, text: &str, count: usize) -> Vec<Message> {
        let known = self.telegram.bot_messages(self.chat).len();
        self.telegram.say(self.chat, self.person, text);
        self.after(known, count).await
    }

    /// Writes a text, and returns the next message of the bot.
    async fn ask(&self, text: &str) -> Message {
        self.ask_for(text, 1).await.remove(0)
    }

    /// Returns `count` messages of the bot after the first `known` ones.
    async fn after(&self, known: usize, count: usize) -> Vec<Message> {
        let mut all = self.telegram.until_bot_said(self.chat, known + count).await;
        all.split_off(known)
    }

    /// The events since the last question that needed no answer, in the words of the bot. The python bot names
    /// fields here that its library does not know.
    async fn seen(&self) -> Vec<String> {
        let lines = self.ask("/seen").await.text;
        lines.lines().map(str::to_owned).collect()
    }
}
