//! A Telegram to play with: a fake Bot API server with a private chat, a forum and a small group.
//!
//! Run it with `cargo run -p baton-testkit --example telegram`, write the shown lines into a `baton.toml`, and start
//! Baton with this file and the shown token. Then type what people do:
//!
//! ```text
//! private: hello            Ann writes in her private chat with the bot
//! forum: hello              Ann writes in General
//! forum/5: hello            Ann writes in topic 5
//! group: @baton_bot hello   Ann writes in the group
//! topic ships               Ann begins a topic in the forum
//! press forum 7 Allow       Ann presses the button Allow of message 7
//! ```
//!
//! Each request of the bot is shown as one line.

use std::time::Duration;

use baton_core::clock::SystemClock;
use baton_testkit::telegram::{Asked, Telegram};
use tokio::sync::mpsc;

/// The pause between two looks at the requests of the bot.
const LOOK: Duration = Duration::from_millis(200);

struct Playground {
    telegram: Telegram,
    ann: i64,
    forum: i64,
    group: i64,
}

#[tokio::main]
async fn main() {
    let telegram = Telegram::start().await;
    telegram.set_reads_all(true);
    let ann = telegram.person("Ann");
    let playground = Playground {
        ann,
        forum: telegram.forum("Makers", &[ann]),
        group: telegram.group("Friends", &[ann]),
        telegram,
    };
    playground.print_configuration();
    let (typed, mut lines) = mpsc::unbounded_channel();
    // A read of the terminal cannot be interrupted, so the thread ends with the program.
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lines().map_while(Result::ok);
        lines.all(|line| typed.send(line).is_ok())
    });
    let clock = SystemClock::shared();
    let mut shown = 0;
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => playground.act(line.trim()),
                None => return,
            },
            () = clock.sleep_until(clock.steady().after(LOOK)) => {}
        }
        let asked = playground.telegram.asked();
        for request in &asked[shown..] {
            print_request(request);
        }
        shown = asked.len();
    }
}

impl Playground {
    fn print_configuration(&self) {
        let (token, server) = (self.telegram.token(), self.telegram.url());
        let (ann, forum, group) = (self.ann, self.forum, self.group);
        println!(
            r#"# Start Baton with this token: TELEGRAM_TOKEN={token} baton --config baton.toml
[agents.echo]
kind = "echo"

[channels.web]
agent = "echo"

[channels.telegram]
token = {{ env = "TELEGRAM_TOKEN" }}
server = "{server}"

[channels.telegram.direct]
agent = "echo"
speakers = ["user:{ann}"]

[channels.telegram.places.forum]
chat = "{forum}"
agent = "echo"
trigger = "every"

[channels.telegram.places.group]
chat = "{group}"
agent = "echo"
"#
        );
    }

    /// Does what a line says. An unknown line changes nothing.
    fn act(&self, line: &str) {
        let (telegram, ann) = (&self.telegram, self.ann);
        if let Some(name) = line.strip_prefix("topic ") {
            let topic = telegram.create_topic(self.forum, ann, name);
            println!("-- the topic has the number {topic}");
            return;
        }
        if let Some(press) = line.strip_prefix("press ") {
            let mut words = press.splitn(3, ' ');
            let chat = words.next().and_then(|name| self.chat(name));
            let message = words.next().and_then(|number| number.parse().ok());
            let button = chat.zip(message).zip(words.next());
            match button {
                Some(((chat, message), label)) => {
                    telegram.press_label(chat, message, ann, label);
                }
                None => println!("-- press CHAT MESSAGE LABEL"),
            }
            return;
        }
        let Some((place, text)) = line.split_once(": ") else {
            println!("-- CHAT: TEXT, or topic NAME, or press CHAT MESSAGE LABEL");
            return;
        };
        let (name, topic) = match place.split_once('/') {
            Some((name, topic)) => (name, topic.parse().ok()),
            None => (place, None),
        };
        match (self.chat(name), topic) {
            (Some(chat), Some(topic)) => telegram.say_in(chat, topic, ann, text),
            (Some(chat), None) => telegram.say(chat, ann, text),
            (None, _) => {
                println!("-- the chats are private, forum and group");
                0
            }
        };
    }

    fn chat(&self, name: &str) -> Option<i64> {
        match name {
            "private" => Some(self.telegram.private(self.ann)),
            "forum" => Some(self.forum),
            "group" => Some(self.group),
            _ => None,
        }
    }
}

fn print_request(request: &Asked) {
    let Asked {
        method,
        body,
        status,
        ..
    } = request;
    println!("<- {method} {body} ({status})");
}
