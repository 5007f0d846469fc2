//! The agent of a Baton without configured agents: a model on this machine, if available.

use baton_agents::openai::probe;
use url::Url;

use crate::config::agent_tables::echo_table::EchoTable;
use crate::config::agent_tables::openai_table::OpenaiTable;
use crate::config::agent_tables::{self, AgentTable};

/// The default address of Ollama.
const OLLAMA: &str = "http://127.0.0.1:11434/v1";

/// The found agent.
#[derive(Debug)]
pub(crate) struct DefaultAgent {
    /// The agent's name.
    pub(crate) name: &'static str,
    /// The agent's configuration.
    pub(crate) agent: AgentTable,
    /// The reason for this agent, for people.
    pub(crate) why: String,
}

/// Finds the best agent on this machine. Takes at most half a second, and no time if no server listens.
pub(crate) async fn find_default_agent() -> DefaultAgent {
    find_agent_at(OLLAMA).await
}

async fn find_agent_at(server: &str) -> DefaultAgent {
    let Ok(url) = Url::parse(server) else {
        return choose_echo(format!("{server} is no address"));
    };
    let models = match probe(&url).await {
        Ok(models) => models,
        Err(error) => return choose_echo(error.to_string()),
    };
    // A model for embeddings cannot answer messages.
    match models.into_iter().find(|model| !model.contains("embed")) {
        Some(model) => DefaultAgent {
            name: "ollama",
            why: "the first model of the Ollama on this machine".to_owned(),
            agent: AgentTable::Openai(OpenaiTable {
                base_url: server.to_owned(),
                model,
                api_key: None,
                context_tokens: None,
                images: false,
                silence_seconds: None,
                at_once: agent_tables::at_once(),
            }),
        },
        None => choose_echo(
            "the Ollama on this machine has no model yet; run `ollama pull llama3.2`".to_owned(),
        ),
    }
}

fn choose_echo(why: String) -> DefaultAgent {
    DefaultAgent {
        name: "echo",
        agent: AgentTable::Echo(EchoTable::default()),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_testkit::model_server::ModelServer;

    async fn find_on(server: &ModelServer) -> (&'static str, String) {
        let found = find_agent_at(&server.base_url()).await;
        (found.name, found.agent.describe_agent() + " " + &found.why)
    }

    #[tokio::test]
    async fn a_model_is_better_than_an_echo() {
        let server = ModelServer::start().await;
        server.set_models(&["nomic-embed-text", "llama3.2", "other"]);
        let (name, said) = find_on(&server).await;
        assert_eq!(name, "ollama");
        assert!(said.contains("llama3.2"), "{said}");

        server.set_models(&[]);
        let (name, said) = find_on(&server).await;
        assert_eq!(name, "echo");
        assert!(said.contains("ollama pull"), "{said}");

        server.go_down().await;
        let (name, said) = find_on(&server).await;
        assert_eq!(name, "echo");
        assert!(said.contains("no model server answers"), "{said}");
    }
}
