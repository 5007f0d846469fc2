//! Runs random operations on the store and on a plain model of the store. After each operation both must
//! agree.

#![expect(clippy::unwrap_used, reason = "all of this is test code")]

use proptest::prelude::*;

mod plain;
mod real;

use plain::Plain;
use real::Real;

/// The number of conversations: first those of the in-process agent, then the one for outside workers.
pub(crate) const CONVERSATIONS: usize = 4;
/// The index of the conversation for outside workers.
pub(crate) const WORKERS: usize = 3;
/// The limit of simultaneous turns in this process.
pub(crate) const SLOTS: usize = 2;
/// The limit of waiting messages in a conversation.
pub(crate) const LIMIT: usize = 4;
/// The limit of attempts for a message whose holder disappears.
pub(crate) const ATTEMPTS: u32 = 3;
/// The length of every pause, in seconds.
pub(crate) const PAUSE: i64 = 10;
/// The length of every lease, in seconds.
pub(crate) const LEASE: i64 = 60;

/// The end of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Done,
    Retry,
    Dead,
    Cancelled,
    Interrupted,
}

/// The outcome of a delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Sent,
    Later,
    Unknown,
    Dead,
}

/// An operation. A number chooses an existing item, modulo the count of items.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A message arrives; the same id may have arrived before.
    Ingest {
        conversation: usize,
        id: u8,
        priority: u8,
    },
    /// An outside worker claims the next message.
    ClaimNext,
    /// The holder of a turn ends the turn. The claim may be lost by then.
    Finish {
        turn: usize,
        end: End,
    },
    /// A person stops or replays a message.
    Stop {
        message: usize,
    },
    Replay {
        message: usize,
    },
    /// A delivery being sent has this outcome.
    Deliver {
        delivery: usize,
        outcome: Outcome,
    },
    /// Time passes.
    Advance {
        seconds: i64,
    },
    /// The program dies and starts again.
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    let end = prop_oneof![
        4 => Just(End::Done),
        2 => Just(End::Retry),
        1 => Just(End::Dead),
        1 => Just(End::Cancelled),
        1 => Just(End::Interrupted),
    ];
    let outcome = prop_oneof![
        4 => Just(Outcome::Sent),
        1 => Just(Outcome::Later),
        1 => Just(Outcome::Unknown),
        1 => Just(Outcome::Dead),
    ];
    let seconds = prop_oneof![Just(PAUSE / 2), Just(PAUSE), Just(LEASE)];
    prop_oneof![
        8 => (0..CONVERSATIONS, 0..30u8, prop_oneof![Just(0), Just(5), Just(99)]).prop_map(
            |(conversation, id, priority)| Op::Ingest { conversation, id, priority }
        ),
        3 => Just(Op::ClaimNext),
        8 => (any::<u8>(), end).prop_map(|(turn, end)| Op::Finish { turn: turn.into(), end }),
        1 => any::<u8>().prop_map(|message| Op::Stop { message: message.into() }),
        1 => any::<u8>().prop_map(|message| Op::Replay { message: message.into() }),
        5 => (any::<u8>(), outcome).prop_map(|(delivery, outcome)| Op::Deliver {
            delivery: delivery.into(),
            outcome,
        }),
        3 => seconds.prop_map(|seconds| Op::Advance { seconds }),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_does_what_the_model_does(ops in prop::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut plain = Plain::default();
            let mut real = Real::open().await;
            for (n, op) in ops.iter().enumerate() {
                let expected = plain.apply(op);
                let got = real.apply(op).await;
                assert_eq!(got, expected, "after operation {n}, {op:?}");
                let states = real.states().await;
                assert_eq!(states, plain.states(), "after operation {n}, {op:?}");
            }
            assert_eq!(real.miscounted(), [""; 0]);
        });
    }
}
