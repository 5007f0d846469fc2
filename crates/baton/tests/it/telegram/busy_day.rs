//! A scripted day with many people, topics and private chats, and most possible faults.
//!
//! The program runs on the real clock, so the outage is shorter than ten minutes: it lasts until some requests for updates
//! have failed.

use baton_testkit::telegram::{Asked, Fault, Held, Telegram};
use nix::sys::signal::Signal;

use super::telegram_day::{PLACES, TelegramDay, without_mark};
use crate::day_model::DayModel;
use crate::program::Home;

/// The number of lost answers.
const LOST: usize = 10;
/// The number of places whose turns are held at the kill.
const HELD: usize = 20;
/// The number of replies without an answer at the kill, at least.
const UNANSWERED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_with_twenty_topics_and_forty_private_chats() {
    let telegram = Telegram::start().await;
    let model = DayModel::start().await;
    let mut day = TelegramDay::new(&telegram);
    telegram.count_budget_of(TelegramDay::limits());
    let home =
        Home::with(&day.configuration(&model, "morning")).env("TELEGRAM_TOKEN", telegram.token());
    let baton = home.start();
    telegram.until_polling().await;

    begin_turns(&telegram, &model, &mut day).await;
    day.burst();
    meet_failing_polls(&telegram, &mut day).await;
    // Answers are lost after the work is done.
    telegram.fail_next("sendMessage", LOST, Fault::LoseAnswer);
    day.burst();
    telegram.until_faults_used().await;
    telegram.fail_next("sendMessage", 1, Fault::Limited(2));
    day.burst();
    telegram.until_faults_used().await;
    meet_outage(&telegram, &mut day).await;
    day.burst();

    // All outcomes so far are known, so only the replies without an answer can be repeated after the kill.
    assert_eq!(day.check_all_answers().await, LOST, "only lost answers");
    // Baton is killed during turns in some places, and during deliveries in the others.
    model.hold(HELD);
    day.write_everywhere();
    model.until_held("morning", HELD).await;
    let before = telegram.asked().len();
    telegram.fail("sendMessage", Fault::Hold(Held::default()));
    day.write_everywhere();
    telegram
        .until_requests("replies without an answer", |asked| {
            count_unanswered(&asked[before..]) >= UNANSWERED
        })
        .await;
    let killed = baton.stop(Signal::SIGKILL);
    assert_eq!(killed.code, None, "it ended by itself: {}", killed.err);
    telegram.recover();
    model.hold(0);
    day.burst();
    std::fs::write(home.configuration(), day.configuration(&model, "afternoon")).unwrap();
    let baton = home.start();
    day.burst();

    let repeated = day.check_all_answers().await;
    let asked = telegram.asked().split_off(before);
    let of_killed: Vec<_> = asked
        .into_iter()
        .take_while(|it| it.method != "getMe")
        .collect();
    let unanswered = count_unanswered(&of_killed);
    assert_eq!(repeated, LOST + unanswered, "each repetition has a reason");
    assert!(model.overlapped().is_empty(), "{:?}", model.overlapped());
    assert_eq!(telegram.refusals_after_first(), 0);
    assert_eq!(telegram.refusals(), 0, "the limits were never reached");
    let stopped = baton.stop(Signal::SIGTERM);
    for log in [killed.err, stopped.err] {
        assert!(
            !log.contains(telegram.token()),
            "s78: the token is in no log"
        );
    }
    let status = home.run(&["status", "--json"]).json();
    let written: usize = day.written.iter().map(Vec::len).sum();
    assert_eq!(status["messages"]["answered"], written, "{status}");
    assert_eq!(status["messages"]["refused"], day.unreadable, "{status}");
    assert_eq!(status["received"], written + day.unreadable, "{status}");
}

/// One turn in each place at once, because conversations do not wait for each other. Then an edit and an album.
async fn begin_turns(telegram: &Telegram, model: &DayModel, day: &mut TelegramDay<'_>) {
    model.hold(PLACES);
    day.write_everywhere();
    model.until_held("morning", PLACES).await;
    for place in [0, 1] {
        day.write(place);
        day.edit_last(place);
        day.write_album(place);
        day.write(place);
        // This message follows the edit, so Baton has handled the edit when the message has its mark.
        let (last, _) = *day.written[place].last().unwrap();
        telegram
            .until_reaction(day.places[place].chat, last, "👀")
            .await;
    }
    model.hold(0);
}

/// Another poller, new numbers of updates, polls that hang, and polls that are cut.
async fn meet_failing_polls(telegram: &Telegram, day: &mut TelegramDay<'_>) {
    let before = telegram.asked().len();
    telegram.set_other_poller(true);
    day.burst();
    telegram
        .until_requests("conflicts", |asked| {
            let asked = asked[before..].iter();
            asked.filter(|it| it.status == 409).count() >= 2
        })
        .await;
    // Baton has not acknowledged all updates yet.
    telegram.restart_update_ids(1_000);
    telegram.set_other_poller(false);
    telegram.until_polling().await;
    telegram.set_polls_hang(true);
    day.burst();
    telegram.fail_next("getUpdates", 2, Fault::Cut);
    telegram.set_polls_hang(false);
    day.burst();
    telegram.until_faults_used().await;
}

/// Telegram carries out no request: first an error with HTML, and then cut connections.
async fn meet_outage(telegram: &Telegram, day: &mut TelegramDay<'_>) {
    telegram.fail_next("*", 100, Fault::Status(503));
    telegram.fail("*", Fault::Cut);
    let before = telegram.asked().len();
    day.burst();
    telegram
        .until_requests("requests for updates that fail", |asked| {
            let asked = asked[before..].iter();
            asked.filter(|it| it.method == "getUpdates").count() >= 4
        })
        .await;
    for asked in &telegram.asked()[before..] {
        assert!([503, 0].contains(&asked.status), "{asked:?}");
    }
    telegram.recover();
}

/// The number of requests for replies that have no answer.
fn count_unanswered(asked: &[Asked]) -> usize {
    let is_reply = |it: &&Asked| {
        let text = it.body["text"].as_str().unwrap_or_default();
        it.method == "sendMessage" && it.status == 0 && without_mark(text).starts_with('c')
    };
    asked.iter().filter(is_reply).count()
}
