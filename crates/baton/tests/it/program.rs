//! Runs the binary.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// A data folder and a configuration for one test.
pub(crate) struct Home {
    folder: TempDir,
    env: Vec<(String, String)>,
}

impl Home {
    /// A home without a configuration.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            env: Vec::new(),
        }
    }

    /// A home with this `baton.toml`.
    pub(crate) fn with(configuration: &str) -> Self {
        let home = Self::new();
        std::fs::write(home.configuration(), configuration).unwrap();
        home
    }

    /// Adds an environment variable for the program.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.path().join("baton.toml")
    }

    /// The binary with these arguments. The binary gets only the necessary environment variables.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("BATON_DATA", self.data())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.path())
            .args(words);
        if self.configuration().exists() {
            command.env("BATON_CONFIG", self.configuration());
        }
        command
    }

    /// The same command, run by a shell after `script`.
    pub(crate) fn command_after(&self, script: &str, words: &[&str]) -> Command {
        let baton = self.command(words);
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{script}; exec \"$0\" \"$@\"")])
            .arg(baton.get_program())
            .args(baton.get_args())
            .env_clear()
            .current_dir(self.path());
        for (name, value) in baton.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Done {
        Done::from(self.command(words).output().unwrap())
    }

    /// Starts Baton on a free port, and returns when it serves.
    pub(crate) fn start(&self) -> Running {
        self.start_with(&["--listen", "127.0.0.1:0"])
    }

    pub(crate) fn start_with(&self, words: &[&str]) -> Running {
        Running::launch(self.command(words))
    }
}

/// The result of a command.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// The JSON answer of a successful command.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A running Baton. Dropping the value kills the process.
pub(crate) struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    /// Reads the log while Baton runs, because a full pipe would stop Baton.
    log: Option<JoinHandle<String>>,
    /// The first line of its standard output.
    pub(crate) started: Value,
}

impl Running {
    /// Starts Baton, and returns when it serves.
    pub(crate) fn launch(command: Command) -> Self {
        Self::launch_logging_to(Stdio::piped(), command)
    }

    /// Starts Baton with the log in `log`, so that the test reads no log.
    pub(crate) fn launch_logging_to(log: impl Into<Stdio>, mut command: Command) -> Self {
        let mut child = command
            .arg("--json")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        // The command holds its descriptors until it is dropped.
        drop(command);
        let log = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut log = String::new();
                stderr.read_to_string(&mut log).unwrap();
                log
            })
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let mut running = Self {
            child,
            out,
            log,
            started: Value::Null,
        };
        let Ok(started) = serde_json::from_str(&line) else {
            panic!("it did not start: {}", running.stop(Signal::SIGKILL).err);
        };
        running.started = started;
        running
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.started["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// Sends a signal, waits for the end, and returns all output.
    pub(crate) fn stop(mut self, signal: Signal) -> Done {
        self.signal(signal);
        self.wait()
    }

    /// The next line of standard output.
    pub(crate) fn next_line(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> Done {
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let status: ExitStatus = self.child.wait().unwrap();
        let log = self.log.take();
        Done {
            code: status.code(),
            out,
            err: log.map_or_else(String::new, |log| log.join().unwrap()),
        }
    }

    /// Posts a message in a room. Returns the comment as it was stored.
    pub(crate) async fn post(&self, comment: Value) -> Value {
        let response = client()
            .post(self.url("/api/comments"))
            .json(&comment)
            .send()
            .await
            .unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        body
    }

    /// Reads the stream from its beginning until all of these texts have come. Returns the whole text.
    pub(crate) async fn stream_with(&self, needles: &[&str]) -> String {
        self.read_stream_until(|told| needles.iter().all(|needle| told.contains(needle)))
            .await
    }

    /// Reads the stream from its beginning until this text has come the given number of times.
    pub(crate) async fn stream_with_times(&self, needle: &str, times: usize) -> String {
        self.read_stream_until(|told| told.matches(needle).count() >= times)
            .await
    }

    async fn read_stream_until(&self, enough: impl Fn(&str) -> bool) -> String {
        let url = self.url("/api/stream?cursor=0");
        let mut response = client().get(url).send().await.unwrap();
        assert!(response.status().is_success(), "{}", response.status());
        let mut told = String::new();
        while !enough(&told) {
            let piece = response.chunk().await.unwrap();
            let piece = piece.unwrap_or_else(|| panic!("the stream ended: {told}"));
            told.push_str(&String::from_utf8_lossy(&piece));
        }
        told
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP client without proxies and without root certificates.
pub(crate) fn client() -> reqwest::Client {
    baton_agents::tls::install();
    reqwest::Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .build()
        .unwrap()
}
