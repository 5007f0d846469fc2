//! Real agents from npm, against scripted models. The agents send further requests to their models, and other
//! ones in each version (for a title, for memories, for suggestions). So each scripted answer belongs to a
//! person's message, and the further requests use up no answer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_agents::policy::PolicySettings;
use baton_agents::{AcpAgent, AcpSettings};
use baton_core::activity::ActivityState;
use baton_core::agent::Agent;
use baton_core::approval::{Verdict, Wants};
use baton_core::clock::SystemClock;
use baton_testkit::acp_agents::RealAgent;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::messages_api::{self, MessagesApi};
use baton_testkit::model_server::{self, ModelServer};
use serde_json::json;

use super::{next, session};
use crate::images::{PNG, image};
use crate::{answer, rejected};

/// A scripted model, for the API of one agent.
enum Model {
    Claude(MessagesApi),
    Qwen(ModelServer),
}

/// Writes a reply piece by piece.
enum Pen {
    Claude(messages_api::Pen),
    Qwen(model_server::Pen),
}

impl Model {
    /// One model for each agent.
    async fn each() -> [Self; 2] {
        let (api, server) = tokio::join!(MessagesApi::start(), ModelServer::start());
        [Self::Claude(api), Self::Qwen(server)]
    }

    fn agent(&self) -> RealAgent {
        match self {
            Self::Claude(api) => RealAgent::claude(api),
            Self::Qwen(server) => RealAgent::qwen(server),
        }
    }

    /// Answers the message `said` with this text.
    fn says(&self, said: &str, text: &str) {
        match self {
            Self::Claude(api) => api.next_to(said, messages_api::Answer::text(text)),
            Self::Qwen(server) => server.next_to(said, model_server::Answer::text(text)),
        }
    }

    /// Answers the message `said` with a text and a use of the tool to write this file.
    fn writes(&self, said: &str, file: &Path) {
        let input = json!({"file_path": file, "content": "written"});
        match self {
            Self::Claude(api) => {
                let answer = messages_api::Answer::text("I write it.").and_tool("Write", input);
                api.next_to(said, answer);
            }
            Self::Qwen(server) => {
                let tool = model_server::Answer::tool("I write it.", "write_file", &input);
                server.next_to(said, tool);
            }
        }
    }

    /// Begins an answer to the message `said`; the test writes the rest.
    fn begins(&self, said: &str, text: &str) -> Pen {
        match self {
            Self::Claude(api) => {
                let (answer, mut pen) = messages_api::Answer::driven();
                api.next_to(said, answer);
                pen.say(text);
                Pen::Claude(pen)
            }
            Self::Qwen(server) => {
                let (answer, pen) = model_server::Answer::driven();
                server.next_to(said, answer);
                pen.say(text);
                Pen::Qwen(pen)
            }
        }
    }

    /// The last request with the message `said`, as text.
    fn asked(&self, said: &str) -> String {
        let bodies: Vec<_> = match self {
            Self::Claude(api) => api.asked().iter().map(|it| it.body.to_string()).collect(),
            Self::Qwen(server) => server
                .asked()
                .iter()
                .map(|it| it.body.to_string())
                .collect(),
        };
        let mut bodies = bodies.into_iter();
        bodies.rfind(|body| body.contains(said)).unwrap()
    }

    async fn until_hung_up(&self) {
        match self {
            Self::Claude(api) => api.until_hung_up(1).await,
            Self::Qwen(server) => server.until_hung_up(1).await,
        }
    }
}

fn settings(agent: &RealAgent) -> AcpSettings {
    let env = agent.env().iter();
    let env = env.map(|(name, value)| (name.clone(), value.as_str().into()));
    AcpSettings {
        args: agent.args().to_vec(),
        env: env.collect(),
        directory: Some(agent.work()),
        // Many parallel agents slow down the machine.
        settle_pause: Duration::from_secs(1),
        ..AcpSettings::new(agent.program())
    }
}

fn made(settings: AcpSettings) -> Arc<dyn Agent> {
    Arc::new(AcpAgent::new(settings, SystemClock::shared()).unwrap())
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn they_answer_and_remember_and_say_nothing_twice() {
    for model in Model::each().await {
        let real = model.agent();
        let agent = made(settings(&real));
        model.says("my name is Ann", "Hello Ann.");
        let run = AgentRun::start(&agent, turn("my name is Ann"));
        let (first, said) = run.end_and_said().await;
        let first = first.unwrap();
        assert_eq!((&*first.text, &*said), ("Hello Ann.", "Hello Ann."));

        model.says("who am I?", "You are Ann.");
        let run = AgentRun::start(&agent, next("who am I?", &first));
        let (second, said) = run.end_and_said().await;
        let second = second.unwrap();
        assert_eq!((&*second.text, &*said), ("You are Ann.", "You are Ann."));
        assert_eq!(session(&second), session(&first));
        assert_eq!(second.notes, [""; 0]);
        let asked = model.asked("who am I?");
        assert!(asked.contains("my name is Ann"), "{asked}");
        assert!(asked.contains("Hello Ann."), "{asked}");
    }
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn they_ask_before_they_write() {
    for model in Model::each().await {
        let real = model.agent();
        let agent = made(settings(&real));
        for allowed in [true, false] {
            let file = real.work().join(format!("note-{allowed}"));
            model.writes("write a note", &file);
            model.says("write a note", "That was it.");
            let mut run = AgentRun::start(&agent, turn("write a note"));
            let (question, decide) = run.asked().await;
            // Some agents send the tool's name, others only its kind.
            assert!(["Write", "edit"].contains(&&*question.tool), "{question:?}");
            assert!(question.title.contains("note-"), "{}", question.title);
            assert_eq!(question.input["content"], "written");
            let grant = Some(question.tool);
            assert_eq!(question.wants, Wants::Permission { grant });
            assert!(!file.exists());
            let verdict = if allowed {
                Verdict::Allowed
            } else {
                let reason = "Denied by ann".to_owned();
                Verdict::Denied { reason }
            };
            decide.send(verdict).unwrap();
            run.said("I write it.").await;
            if allowed {
                run.said("That was it.").await;
                assert_eq!(run.so_far(), "I write it.\n\nThat was it.");
                assert_eq!(run.activities()[0].state, ActivityState::Done);
                assert!(run.has_effects());
            }
            let reply = run.end().await.unwrap();
            assert!(reply.text.starts_with("I write it."), "{}", reply.text);
            assert_eq!(file.exists(), allowed);
        }
    }
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn a_stop_reaches_the_model() {
    for model in Model::each().await {
        let real = model.agent();
        let agent = made(settings(&real));
        let pen = model.begins("a long story", "Once upon ");
        let mut run = AgentRun::start(&agent, turn("a long story"));
        run.said("Once upon").await;
        run.stop();
        let reply = run.end().await.unwrap();
        assert!(reply.text.starts_with("Once upon"), "{}", reply.text);
        session(&reply);
        model.until_hung_up().await;
        match pen {
            Pen::Claude(pen) => drop(pen),
            Pen::Qwen(pen) => drop(pen),
        }
    }
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn s16_two_conversations_in_one_directory_never_share_a_session() {
    for model in Model::each().await {
        let real = model.agent();
        let agent = made(settings(&real));
        model.says("I am Ann", "Hello Ann.");
        let ann = answer(&agent, "I am Ann").await.unwrap();
        model.says("I am Ben", "Hello Ben.");
        let ben = answer(&agent, "I am Ben").await.unwrap();
        assert_ne!(session(&ann), session(&ben));
        model.says("who am I?", "Ann.");
        let run = AgentRun::start(&agent, next("who am I?", &ann));
        assert_eq!(run.end().await.unwrap().text, "Ann.");
        let asked = model.asked("who am I?");
        assert!(asked.contains("I am Ann") && !asked.contains("I am Ben"));
    }
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn rules_answer_what_they_ask() {
    for model in Model::each().await {
        let real = model.agent();
        let agent = made(AcpSettings {
            policy: PolicySettings {
                deny: vec!["Edit(secret)".to_owned()],
                allow: vec!["Edit(note)".to_owned()],
                ..PolicySettings::default()
            },
            ..settings(&real)
        });
        for (name, written) in [("note", true), ("secret", false)] {
            let file = real.work().join(name);
            model.writes("write it", &file);
            model.says("write it", "That was it.");
            let reply = answer(&agent, "write it").await.unwrap();
            assert!(reply.text.starts_with("I write it."), "{}", reply.text);
            assert_eq!(file.exists(), written, "{name}");
        }
    }
}

/// Not for Qwen Code, because an unknown id silently becomes a new session there.
#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn s12_an_unknown_session_is_replaced_and_people_are_told() {
    let model = Model::Claude(MessagesApi::start().await);
    let real = model.agent();
    let agent = made(settings(&real));
    let mut turn = turn("hello");
    turn.claim.session = Some("00000000-0000-4000-8000-000000000000".into());
    let earlier = turn.claim.session.clone().unwrap();
    model.says("hello", "Good day.");
    let reply = AgentRun::start(&agent, turn).end().await.unwrap();
    assert_eq!(reply.text, "Good day.");
    assert_ne!(session(&reply), earlier);
    assert!(
        reply.notes[0].contains("no longer knows"),
        "{:?}",
        reply.notes
    );
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn without_a_key_somebody_must_sign_in() {
    for model in Model::each().await {
        let mut real = model.agent();
        real.forget_key();
        let reason = rejected(answer(&made(settings(&real)), "hello").await);
        assert!(reason.contains("needs a sign-in"), "{reason}");
    }
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn their_models_and_modes_are_chosen() {
    for (model, mode) in Model::each().await.into_iter().zip(["acceptEdits", "yolo"]) {
        let real = model.agent();
        let unknown = AcpSettings {
            model: Some("no-such-model".to_owned()),
            ..settings(&real)
        };
        let reason = rejected(answer(&made(unknown), "hello").await);
        assert!(
            reason.contains("no model \"no-such-model\" (known: "),
            "{reason}"
        );
        // In this mode, the agent writes files without a question.
        let willing = AcpSettings {
            mode: Some(mode.to_owned()),
            ..settings(&real)
        };
        let file = real.work().join("note");
        model.writes("write a note", &file);
        model.says("write a note", "That was it.");
        let reply = answer(&made(willing), "write a note").await.unwrap();
        assert_eq!(reply.text, "I write it.\n\nThat was it.");
        assert!(file.exists());
    }
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn one_that_sees_shows_its_model_the_images_that_came() {
    // Qwen Code decides by the model's name, and sends no images to an unknown model.
    let api = MessagesApi::start().await;
    let real = RealAgent::claude(&api);
    let folder = tempfile::tempdir().unwrap();
    let mut turn = turn("what is it?");
    turn.files.received = vec![image(&folder, "dot.png")];
    // Claude adds a line about the image's path after the message.
    api.next(messages_api::Answer::text("a dot"));
    let end = AgentRun::start(&made(settings(&real)), turn).end().await;
    assert_eq!(end.unwrap().text, "a dot");
    let asked = Model::Claude(api).asked("what is it?");
    assert!(asked.contains(PNG), "{asked}");
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn s104_codex_is_put_into_the_mode_that_asks() {
    let server = ModelServer::start().await;
    server.always(|request| {
        if model_server::Answer::tells_of_responses_tool(request) {
            model_server::Answer::responses_text("That was it.")
        } else {
            model_server::Answer::responses_command("touch note")
        }
    });
    let real = RealAgent::codex(&server);
    let file = real.work().join("note");
    // The agent's default is a mode in which another model decides.
    let mut run = AgentRun::start(&made(settings(&real)), turn("write a note"));
    let (question, decide) = run.asked().await;
    assert_eq!(question.input["command"], "touch note");
    assert!(!file.exists());
    decide.send(Verdict::Allowed).unwrap();
    let reply = run.end().await.unwrap();
    assert!(reply.text.ends_with("That was it."), "{}", reply.text);
    assert_eq!(reply.notes, [""; 0]);
    assert!(file.exists());
}

#[tokio::test]
#[ignore = "needs ACP agents, which ./test brings"]
async fn s104_gemini_asks_before_it_writes() {
    let server = ModelServer::start().await;
    let real = RealAgent::gemini(&server);
    for allowed in [true, false] {
        let file = real.work().join(format!("note-{allowed}"));
        let path = file.clone();
        server.always(move |request| {
            if model_server::Answer::tells_of_gemini_tool(request) {
                return model_server::Answer::gemini_text("That was it.");
            }
            let input = json!({"file_path": path, "content": "written"});
            model_server::Answer::gemini_tool("write_file", &input)
        });
        let mut run = AgentRun::start(&made(settings(&real)), turn("write a note"));
        let (question, decide) = run.asked().await;
        assert_eq!(question.tool, "edit");
        assert!(!file.exists());
        let reason = "Denied by ann".to_owned();
        let verdict = if allowed {
            Verdict::Allowed
        } else {
            Verdict::Denied { reason }
        };
        decide.send(verdict).unwrap();
        let reply = run.end().await.unwrap();
        assert_eq!(reply.notes, [""; 0]);
        assert_eq!(file.exists(), allowed);
    }
}
