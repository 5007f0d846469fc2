//! For any bytes of a server, cut anywhere: the agent never panics, and never shows a cut answer as complete.

use baton_core::agent::{AgentError, Reply};
use baton_testkit::model_server::{Answer, delta, event, stop_delta};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::runtime::Runtime;

use super::streaming::made_of;

fn run(answer: Answer) -> Result<Reply, AgentError> {
    Runtime::new().unwrap().block_on(made_of(answer))
}

/// An answer in pieces of this size, and optionally with a broken connection at its end.
fn answer(bytes: &[u8], size: usize, breaks: bool) -> Answer {
    let answer = Answer::pieces(bytes.chunks(size).map(<[u8]>::to_vec));
    if breaks { answer.then_breaks() } else { answer }
}

/// The parts of odd streams.
const PARTS: [&str; 26] = [
    "data: ",
    "data:",
    "\n",
    "\n\n",
    "\r\n",
    ":",
    "error: ",
    "event: error\n",
    "[DONE]",
    "{",
    "}",
    "[",
    "]",
    "\"choices\":",
    "\"delta\":",
    "\"message\":",
    "\"content\":",
    "\"finish_reason\":\"stop\"",
    "\"usage\":{\"prompt_tokens\":-1}",
    "\"\\ud83c\"",
    "\"\\udf89<think>\"",
    "</think>",
    "NaN",
    "null",
    ",",
    "\u{feff}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn s100_a_stream_cut_anywhere_is_whole_only_behind_its_end(
        words in vec("[a-z漢🎉 ]{1,8}", 1..5),
        at in 0.0..=1.0,
        size in 1_usize..200,
        breaks: bool,
    ) {
        let before: Vec<u8> = words.iter().flat_map(|word| delta(word)).collect();
        let whole = [before.clone(), stop_delta(), event("[DONE]")].concat();
        #[expect(
            clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a share of a short length"
        )]
        let cut = (whole.len() as f64 * at) as usize;
        let end = before.len() + stop_delta().len();
        match run(answer(&whole[..cut], size, breaks)) {
            Ok(reply) => {
                // A proper end may lack its blank line.
                prop_assert!(cut + "\n\n".len() >= end, "cut at {cut} of {end}");
                prop_assert_eq!(reply.text, words.concat());
            }
            Err(error) => prop_assert!(cut < end || words.concat().trim().is_empty(), "{error}"),
        }
    }

    #[test]
    fn no_answer_makes_the_reader_panic(
        parts in vec(prop_oneof![
            9 => select(PARTS.map(str::as_bytes).map(<[u8]>::to_vec).to_vec()),
            1 => vec(any::<u8>(), 0..20),
            1 => Just(delta("so")),
        ], 0..40),
        size in 1_usize..40,
        breaks: bool,
    ) {
        // A panic of the agent fails the test.
        let _ = run(answer(&parts.concat(), size, breaks));
    }
}
