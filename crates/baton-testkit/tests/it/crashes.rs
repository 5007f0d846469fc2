//! The workload, crashed at every point, and faulty stores that the harness must detect.

use baton_testkit::channel_contract::Guarantee;
use baton_testkit::crash::CrashAt;
use baton_testkit::crash::faults::Plant;
use baton_testkit::crash::promises::Broken;
use baton_testkit::crash::workload::{Length, crashed, undisturbed};
use baton_testkit::platform::Platform;

/// The guarantee matters only if a crash separates a call from its record.
fn platform() -> Platform {
    Platform::new(Guarantee::Once)
}

async fn length() -> Length {
    let (length, broken) = undisturbed(platform(), Plant::default()).await;
    assert_eq!(broken, []);
    // The workload is mixed, so the loops below have enough points.
    assert!(length.writes > 20 && length.calls >= 8, "{length:?}");
    length
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s80_killed_before_every_commit() {
    for n in 1..=length().await.writes {
        let at = CrashAt::Before(n);
        let broken = crashed(platform(), Plant::default(), at).await;
        assert_eq!(broken, [], "crashed {at:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s80_killed_after_every_commit() {
    for n in 1..=length().await.writes {
        let at = CrashAt::After(n);
        let broken = crashed(platform(), Plant::default(), at).await;
        assert_eq!(broken, [], "crashed {at:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s80_killed_between_every_platform_call_and_its_record() {
    for guarantee in [Guarantee::Once, Guarantee::AtLeastOnce] {
        for n in 1..=length().await.calls {
            let at = CrashAt::Call(n);
            let platform = Platform::new(guarantee);
            let broken = crashed(platform, Plant::default(), at).await;
            assert_eq!(broken, [], "crashed {at:?}, {guarantee:?}");
        }
    }
}

/// Crashes a faulty store at every point until the store breaks the expected promise. Other broken promises
/// are ignored, because they depend on the interleaving of tasks.
async fn assert_caught(plant: fn() -> Plant, promise: fn(&Broken) -> bool) {
    let (_, mut seen) = undisturbed(platform(), plant()).await;
    let length = length().await;
    // A faulty store may need more commits.
    for n in 1..=length.writes * 2 {
        for at in [CrashAt::After(n), CrashAt::Before(n)] {
            if seen.iter().any(promise) {
                return;
            }
            seen.extend(crashed(platform(), plant(), at).await);
        }
    }
    assert!(seen.iter().any(promise), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_without_a_fence_check_is_caught() {
    assert_caught(Plant::no_fence_check, |broken| {
        matches!(broken, Broken::LateWrite(_))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_that_moves_first_is_caught() {
    assert_caught(Plant::cursor_first, |broken| {
        matches!(broken, Broken::CursorAhead(_))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_outside_the_finish_is_caught() {
    assert_caught(Plant::reply_apart, |broken| {
        matches!(broken, Broken::NoAnswer(_))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_without_its_unique_index_is_caught() {
    assert_caught(Plant::no_unique_index, |broken| {
        matches!(broken, Broken::Overlapped(_))
    })
    .await;
}
