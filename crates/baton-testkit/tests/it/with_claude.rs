//! The real Claude CLI works with the scripted Messages API.

use std::process::{Output, Stdio};

use baton_testkit::agent_run::within;
use baton_testkit::claude_cli::ClaudeCli;
use baton_testkit::lifeline::Lifeline;
use baton_testkit::messages_api::{Answer, MessagesApi};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A running CLI, with its input and output lines.
pub(crate) struct Talk {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Talk {
    pub(crate) fn start(cli: &ClaudeCli, api: &MessagesApi, more: &[&str]) -> Self {
        let usual = "-p --input-format stream-json --output-format stream-json --verbose \
             --include-partial-messages --permission-mode default";
        let mut child = Command::new(cli.program())
            .args(usual.split_whitespace())
            .args(more)
            .env_clear()
            .envs(cli.env(api))
            .current_dir(cli.work())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    async fn tell(&mut self, line: Value) {
        let line = format!("{line}\n");
        self.stdin.write_all(line.as_bytes()).await.unwrap();
    }

    pub(crate) async fn say(&mut self, text: &str) {
        let message = json!({"role": "user", "content": text});
        self.tell(json!({"type": "user", "message": message})).await;
    }

    /// Reads until `is` accepts a line.
    async fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                let line = serde_json::from_str(&line).unwrap();
                if is(&line) {
                    return line;
                }
            }
            panic!("it ended without {what}")
        };
        within(what, found).await
    }

    pub(crate) async fn result(&mut self) -> Value {
        self.until("a result", |line| line["type"] == "result")
            .await
    }

    /// Closes the input and waits until the CLI ends by itself.
    async fn end(self) -> Output {
        drop(self.stdin);
        let end = self.child.wait_with_output();
        within("the CLI ends", end).await.unwrap()
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_answers_and_remembers() {
    let (cli, api) = (ClaudeCli::new(), MessagesApi::start().await);
    let mut talk = Talk::start(&cli, &api, &[]);
    talk.say("my name is Ann").await;
    let result = talk.result().await;
    assert_eq!(result["result"], "my name is Ann");
    assert_eq!(result["is_error"], false);
    let session = result["session_id"].as_str().unwrap().to_owned();
    assert!(talk.end().await.status.success());

    let mut talk = Talk::start(&cli, &api, &["--resume", &session]);
    talk.say("who am I?").await;
    assert_eq!(talk.result().await["session_id"], *session);
    assert!(talk.end().await.status.success());

    let asked = api.asked();
    assert_eq!(asked.len(), 2);
    assert!(!asked[0].mentions("who am I?"));
    assert!(asked[1].mentions("my name is Ann") && asked[1].mentions("who am I?"));
    assert_eq!(asked[1].session.as_deref(), Some(&*session));
    assert_eq!(asked[1].key.as_deref(), Some("sk-ant-made-up"));
    // The CLI made no other requests.
    assert_eq!(api.unknown(), [] as [&str; 0]);
    assert_eq!(api.asides().len(), 0);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_shows_pieces_as_they_come() {
    let (cli, api) = (ClaudeCli::new(), MessagesApi::start().await);
    let (answer, mut pen) = Answer::driven();
    api.next(answer);
    let mut talk = Talk::start(&cli, &api, &[]);
    talk.say("a story").await;
    for piece in ["Once ", "upon ", "a time"] {
        pen.say(piece);
        let shown = |line: &Value| line["event"]["delta"]["text"] == *piece;
        talk.until(piece, shown).await;
    }
    pen.finish();
    assert_eq!(talk.result().await["result"], "Once upon a time");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_asks_before_it_writes() {
    for (behavior, is_there) in [("allow", true), ("deny", false)] {
        let (cli, api) = (ClaudeCli::new(), MessagesApi::start().await);
        let file = cli.work().join("note");
        let input = json!({"file_path": file, "content": "written"});
        api.next(Answer::text("I write it.").and_tool("Write", input.clone()));
        api.next(Answer::text("done"));
        let mut talk = Talk::start(&cli, &api, &["--permission-prompt-tool", "stdio"]);
        talk.say("write a note").await;
        let asks = |line: &Value| line["request"]["subtype"] == "can_use_tool";
        let request = talk.until("a question", asks).await;
        assert_eq!(request["request"]["tool_name"], "Write");
        let decision = match behavior {
            "allow" => json!({"behavior": "allow", "updatedInput": input}),
            _ => json!({"behavior": "deny", "message": "not today"}),
        };
        talk.tell(json!({"type": "control_response", "response": {
            "subtype": "success", "request_id": request["request_id"], "response": decision,
        }}))
        .await;
        assert_eq!(talk.result().await["result"], "done");
        assert_eq!(file.exists(), is_there);
        let (_, said, error) = api.asked()[1].tool_results().remove(0);
        assert_eq!(error, !is_there, "{said}");
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn errors_and_silence_reach_it() {
    let (cli, api) = (ClaudeCli::new(), MessagesApi::start().await);
    for status in [400, 401, 429, 500, 529] {
        // After some errors the CLI repeats the request in another form.
        api.always(move |_| Answer::status(status, "the script says no"));
        let mut talk = Talk::start(&cli, &api, &[]);
        talk.say("hello").await;
        let result = talk.result().await;
        assert_eq!(result["is_error"], true, "{status}: {result}");
        assert_eq!(result["api_error_status"], status, "{result}");
    }
    let asked = api.asked().len();
    api.always(|_| Answer::silent_after("Once "));
    let mut talk = Talk::start(&cli, &api, &[]);
    talk.say("a story").await;
    talk.until("a piece", |line| line["event"]["delta"]["text"] == "Once ")
        .await;
    talk.tell(json!({
        "type": "control_request", "request_id": "1", "request": {"subtype": "interrupt"},
    }))
    .await;
    assert_eq!(talk.result().await["subtype"], "error_during_execution");
    api.until_hung_up(1).await;
    assert_eq!(api.asked().len(), asked + 1);
}

/// Commands leave the CLI's process group, so killing the group alone would not end them.
#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn its_commands_leave_its_group_and_carry_its_environment() {
    let (cli, api) = (ClaudeCli::new(), MessagesApi::start().await);
    let mut line = Lifeline::new();
    let told = cli.work().join("told");
    let command = format!(
        "cut -d' ' -f5 /proc/$$/stat >{told}; echo $ANTHROPIC_API_KEY >>{told}; exec 3>{line}; echo up >&3; \
         sleep 1000",
        told = told.display(),
        line = line.path().display(),
    );
    api.next(Answer::tool("Bash", json!({"command": command})));
    let mut talk = Talk::start(&cli, &api, &["--allowedTools", "Bash"]);
    talk.say("go").await;
    line.held(1).await;
    let told = std::fs::read_to_string(told).unwrap();
    let (group, key) = told.trim().split_once('\n').unwrap();
    assert_ne!(group.trim().parse().ok(), talk.child.id());
    assert_eq!(key, "sk-ant-made-up");
    // After an interrupt, the CLI ends its commands.
    talk.tell(json!({
        "type": "control_request", "request_id": "1", "request": {"subtype": "interrupt"},
    }))
    .await;
    line.let_go().await;
}
