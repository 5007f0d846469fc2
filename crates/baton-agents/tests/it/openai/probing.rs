//! The search for a model server.

use baton_agents::openai::{ProbeError, probe};
use baton_testkit::model_server::ModelServer;

#[tokio::test]
async fn a_server_says_which_models_it_has() {
    let server = ModelServer::start().await;
    server.set_models(&["llama3.2:latest", "qwen3"]);
    let models = probe(&server.base_url().parse().unwrap()).await.unwrap();
    assert_eq!(models, ["llama3.2:latest", "qwen3"]);
    server.set_models(&[]);
    assert!(
        probe(&server.base_url().parse().unwrap())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn where_nothing_answers_there_is_none() {
    let server = ModelServer::start().await;
    server.go_down().await;
    let error = probe(&server.base_url().parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, ProbeError::NoAnswer { .. }), "{error:?}");
}

#[tokio::test]
async fn something_else_is_no_model_server() {
    let server = ModelServer::start().await;
    let elsewhere = server.base_url().replace("/v1", "/v2");
    let error = probe(&elsewhere.parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, ProbeError::NotTheApi { .. }), "{error:?}");
    let error = probe(&"localhost:11434".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, ProbeError::BaseUrl(_)), "{error:?}");
}
