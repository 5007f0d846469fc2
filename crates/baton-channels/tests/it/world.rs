//! A Baton with a web channel, and its client.

use std::net::SocketAddr;
use std::sync::Arc;

use baton_channels::web::{Web, WebSettings};
use baton_core::agent::{Agent, Reply};
use baton_core::clock::Clock;
use baton_core::files::{FileLimits, Files};
use baton_core::inbox::Inbox;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::Store;
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::answering;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::events::Events;

/// A Baton that listens on its own port. Personas: `echo` (answers at once with the same text), `worker` and
/// `other` (answered by workers), and the added personas.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) http: reqwest::Client,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<SimClock>,
    runtime: Option<Runtime>,
    _folder: tempfile::TempDir,
}

type Change = Box<dyn FnOnce(&mut WebSettings)>;
type ChangePersona = Box<dyn FnOnce(&mut Persona)>;
type Wrap = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store>>;

/// The differences from the default world.
#[derive(Default)]
pub(crate) struct Setup {
    agents: Vec<(&'static str, Arc<dyn Agent>)>,
    settings: Vec<Change>,
    personas: Vec<(&'static str, ChangePersona)>,
    wrap: Option<Wrap>,
    limits: Limits,
    files: FileLimits,
}

impl Setup {
    /// Adds an agent, and a persona with the same name.
    pub(crate) fn agent(mut self, name: &'static str, agent: Arc<dyn Agent>) -> Self {
        self.agents.push((name, agent));
        self
    }

    /// Changes the settings.
    pub(crate) fn settings(mut self, change: impl FnOnce(&mut WebSettings) + 'static) -> Self {
        self.settings.push(Box::new(change));
        self
    }

    /// Changes the persona with this name.
    pub(crate) fn persona(
        mut self,
        name: &'static str,
        change: impl FnOnce(&mut Persona) + 'static,
    ) -> Self {
        self.personas.push((name, Box::new(change)));
        self
    }

    /// Puts a layer between the store and its users.
    pub(crate) fn wrap(
        mut self,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + 'static,
    ) -> Self {
        self.wrap = Some(Box::new(wrap));
        self
    }

    /// Sets the limits of files.
    pub(crate) fn files(mut self, limits: FileLimits) -> Self {
        self.files = limits;
        self
    }

    /// Sets the maximum number of waiting messages in one conversation.
    pub(crate) fn waiting_limit(mut self, limit: u32) -> Self {
        self.limits.waiting = limit;
        self
    }

    pub(crate) async fn start(self) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let clock = SimClock::shared();
        let as_clock = || Arc::clone(&clock) as Arc<dyn Clock>;
        let store = Sqlite::open(&folder.path().join("baton.db"), as_clock()).unwrap();
        let mut store: Arc<dyn Store> = Arc::new(store);
        if let Some(wrap) = self.wrap {
            store = wrap(store);
        }
        let mut settings = WebSettings::new("echo", as_clock());
        settings.worker_agents = vec!["workers".into()];
        for change in self.settings {
            change(&mut settings);
        }
        let (echo, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
        let mut agents = vec![("echo".into(), echo, 8)];
        let mut personas = vec![
            Persona::new("echo", "echo"),
            Persona::new("worker", "workers"),
            Persona::new("other", "workers"),
        ];
        for (name, agent) in self.agents {
            agents.push((name.into(), agent, 8));
            personas.push(Persona::new(name, name));
        }
        for (name, change) in self.personas {
            let mut all = personas.iter_mut();
            change(all.find(|persona| persona.name.as_str() == name).unwrap());
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = Runtime::start(Parts {
            store: Arc::clone(&store),
            clock: as_clock(),
            agents,
            channels: vec![Arc::new(Web::new(settings, listener))],
            personas,
            files: Some(Arc::new(Files::new(
                folder.path().join("files"),
                self.files,
            ))),
            speech: None,
            limits: self.limits,
        })
        .await
        .unwrap();
        World {
            address,
            http: reqwest::Client::new(),
            store,
            clock,
            runtime: Some(runtime),
            _folder: folder,
        }
    }
}

impl World {
    /// The inbox, for messages that do not come over HTTP.
    pub(crate) fn inbox(&self) -> &Inbox {
        self.runtime.as_ref().unwrap().inbox()
    }

    /// The file store.
    pub(crate) fn files(&self) -> Arc<Files> {
        let runtime = self.runtime.as_ref().unwrap();
        Arc::clone(runtime.inbox().files().unwrap())
    }

    pub(crate) async fn start() -> Self {
        Setup::default().start().await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    /// The response of a GET, which must succeed.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// Posts a comment, which must be accepted.
    pub(crate) async fn say(&self, comment: Value) -> Value {
        let (status, body) = self.post("/api/comments", comment).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body
    }

    /// All comments, read page by page along the cursor.
    pub(crate) async fn all(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = 0;
        loop {
            let page = self
                .read(&format!("/api/comments?limit=7&cursor={cursor}"))
                .await;
            all.extend(page["comments"].as_array().unwrap().iter().cloned());
            cursor = page["cursor"].as_i64().unwrap();
            if page["hasMore"] == false {
                return all;
            }
        }
    }

    /// Repeats a GET of `path` after every change until `seen` finds a value.
    pub(crate) async fn until<T>(&self, path: &str, seen: impl Fn(&Value) -> Option<T>) -> T {
        let mut changes = self.store.changes();
        within(&format!("{path} shows it"), async {
            loop {
                if let Some(found) = seen(&self.read(path).await) {
                    return found;
                }
                let _ = changes.recv().await;
            }
        })
        .await
    }

    /// Waits until a message has this state.
    pub(crate) async fn until_state(&self, id: &str, state: &str) -> Value {
        self.until(&format!("/api/comments/{id}"), |comment| {
            (comment["state"] == state).then(|| comment.clone())
        })
        .await
    }

    /// Waits until there are this many replies, and returns all comments.
    pub(crate) async fn until_replies(&self, count: usize) -> Vec<Value> {
        let mut changes = self.store.changes();
        within(&format!("{count} replies are shown"), async {
            loop {
                let all = self.all().await;
                if replies(&all).count() >= count {
                    return all;
                }
                let _ = changes.recv().await;
            }
        })
        .await
    }

    /// Opens the event stream with this query.
    pub(crate) async fn events(&self, query: &str) -> Events {
        Events::open(self.request(Method::GET, &format!("/api/stream{query}"))).await
    }

    pub(crate) async fn shut_down(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            within("Baton goes down", runtime.shut_down()).await;
        }
    }
}

/// The replies among comments.
pub(crate) fn replies(comments: &[Value]) -> impl Iterator<Item = &Value> {
    comments
        .iter()
        .filter(|comment| comment["message-type"] == "AI")
}

/// One field of each comment.
pub(crate) fn field<'a>(comments: impl IntoIterator<Item = &'a Value>, name: &str) -> Vec<String> {
    comments
        .into_iter()
        .map(|comment| match &comment[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

/// Sends a request. Returns the status and the body, `Null` for an empty body.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = within("an answer", request.send()).await.unwrap();
    let status = response.status();
    let body = response.bytes().await.unwrap();
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&body)))
    };
    (status, body)
}

/// Asserts a refusal with this status and error code.
#[track_caller]
pub(crate) fn assert_refused((status, body): &(StatusCode, Value), code: u16, word: &str) {
    assert_eq!(status.as_u16(), code, "{body}");
    assert_eq!(body["status"], "error", "{body}");
    assert_eq!(body["error"], word, "{body}");
    assert!(!body["message"].as_str().unwrap().is_empty());
}
