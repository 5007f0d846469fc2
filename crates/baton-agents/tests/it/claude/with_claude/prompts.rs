//! s17: an incomplete prompt is ignored. The prompt is a line of JSON. If Baton dies during the write, the
//! line has no end.

use std::process::Stdio;

use baton_agents::claude::outgoing;
use baton_testkit::agent_run::within;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::Bed;

const WORDS: [&str; 6] = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
];

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s17_a_line_that_is_cut_off_is_no_prompt() {
    let bed = Bed::new().await;
    let line = outgoing::user_message(&"word ".repeat(64_000), None);
    let line = line.trim_end();
    for length in [0, 1, line.len() / 2, line.len() - 1] {
        let mut cli = Command::new(bed.cli.program())
            .args(WORDS)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(bed.cli.env(&bed.api))
            .current_dir(bed.cli.work())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = cli.stdin.take().unwrap();
        // A CLI that refuses the line may close its input first.
        let _ = stdin.write_all(&line.as_bytes()[..length]).await;
        drop(stdin);
        within("it ends", cli.wait()).await.unwrap();
        let asked = bed.api.asked();
        assert!(
            asked.is_empty(),
            "asked after {length} of {} bytes",
            line.len()
        );
    }
}
