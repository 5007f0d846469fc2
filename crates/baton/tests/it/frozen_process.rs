//! s36, with the real program: Baton is frozen for a while, and continues.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::{Clock, SystemClock};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::program::{Home, Running, client};
use crate::stream_checks::REPLY;

async fn pass(clock: &Arc<dyn Clock>, pause: Duration) {
    clock.sleep_until(clock.steady().after(pause)).await;
}

/// Stops the whole program for the given number of seconds.
async fn freeze(baton: &Running, clock: &Arc<dyn Clock>, seconds: u64) {
    baton.signal(Signal::SIGSTOP);
    pass(clock, Duration::from_secs(seconds)).await;
    baton.signal(Signal::SIGCONT);
}

async fn call(baton: &Running, path: &str, body: Value) -> Value {
    let call = client().post(baton.url(path)).json(&body).send();
    let answer = call.await.unwrap();
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    assert!(status.is_success(), "{path}: {status}: {answer}");
    answer
}

#[tokio::test]
async fn s36_a_worker_that_beats_keeps_its_message_however_often_the_program_is_frozen() {
    let home = Home::with("[agents.hands]\nkind = \"worker\"\n");
    let baton = home.start();
    let clock = SystemClock::shared();
    baton
        .post(json!({ "text": "a long job", "id": "job" }))
        .await;
    let claim = json!({ "messageId": "job", "workerId": "w", "leaseSeconds": 5 });
    let held = call(&baton, "/api/queue/claim", claim).await;
    let beats = async {
        loop {
            pass(&clock, Duration::from_millis(500)).await;
            let beat = json!({ "messageId": "job", "workerId": "w" });
            call(&baton, "/api/queue/heartbeat", beat).await;
        }
    };
    let freezes = async {
        for _ in 0..3 {
            // The freeze begins between two heart-beats.
            pass(&clock, Duration::from_millis(750)).await;
            freeze(&baton, &clock, 7).await;
        }
    };
    tokio::select! {
        () = freezes => {}
        never = beats => never,
    }
    let done = json!({
        "messageId": "job", "workerId": "w", "fence": held["fence"], "reply": "done",
    });
    call(&baton, "/api/queue/complete", done).await;
    baton.stream_with(&["\"replyTo\":\"job\""]).await;
}

#[tokio::test]
async fn s36_answers_that_came_while_the_program_was_frozen_count() {
    const TURNS: usize = 5;
    let home = Home::with(
        r#"
        [agents.slow]
        kind = "command"
        command = ["sh", "-c", "printf begun; sleep 2; printf ' and done'"]
        [limits]
        turn_seconds = 10
        "#,
    );
    let baton = home.start();
    let clock = SystemClock::shared();
    for number in 0..TURNS {
        let room = format!("room-{number}");
        baton.post(json!({ "text": "go", "domain": room })).await;
    }
    baton.stream_with_times("begun", TURNS).await;
    freeze(&baton, &clock, 14).await;
    let told = baton.stream_with_times(REPLY, TURNS).await;
    // The final text, not a partial one.
    let whole = r#""text":"begun and done","html""#;
    assert_eq!(told.matches(whole).count(), TURNS, "{told}");
}
