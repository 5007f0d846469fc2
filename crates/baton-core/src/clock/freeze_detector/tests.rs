use super::*;

/// Sleeps until `deadline`. The program freezes for `freeze` milliseconds at the time `at`. Returns the end
/// of the sleep and the number of short sleeps.
fn sleep(detector: &FreezeDetector, deadline: i64, at: i64, freeze: i64) -> (i64, u32) {
    let (mut elapsed, mut count) = (0, 0);
    while let Some(begun) = detector.begin_sleep(elapsed, Steady(deadline)) {
        let frozen = (elapsed..begun.until).contains(&at);
        elapsed = if frozen {
            begun.until.max(at + freeze)
        } else {
            begun.until
        };
        detector.end_sleep(elapsed, &begun);
        count += 1;
    }
    (elapsed, count)
}

#[test]
fn s36_a_freeze_leaves_most_of_what_was_left() {
    for (deadline, at, freeze) in [
        (3_000, 500, 5_000),
        (3_000, 1_900, 5_000),
        (60_000, 59_000, 600_000),
        (600_000, 1, 3_600_000),
    ] {
        let (ended, _) = sleep(&FreezeDetector::default(), deadline, at, freeze);
        let left = deadline - at;
        let had = ended - (at + freeze);
        assert!(
            had >= left * 3 / 4,
            "{left} was left, {had} is, of {deadline}"
        );
        assert!(had <= left, "nothing is given that was not left");
    }
}

#[test]
fn s36_whoever_asks_first_after_a_freeze_is_told_the_right_time() {
    let detector = FreezeDetector::default();
    let sleeping =
        [8_000, 1_000, 2_000].map(|deadline| detector.begin_sleep(0, Steady(deadline)).unwrap());
    // The first short sleep was due after 250 milliseconds, and is overdue.
    assert_eq!(detector.steady_time(10_000), Steady(250));
    // The freeze counts once, for any number of sleepers and in any order.
    for sleep in &sleeping {
        detector.end_sleep(10_010, sleep);
    }
    assert_eq!(detector.steady_time(10_020), Steady(270));
}

#[test]
fn s36_a_sleep_that_is_given_up_after_a_freeze_shows_it_as_well() {
    let detector = FreezeDetector::default();
    let begun = detector.begin_sleep(0, Steady(3_000)).unwrap();
    // The sleeper was dropped, because it no longer waits.
    detector.end_sleep(5_000, &begun);
    assert_eq!(detector.steady_time(5_000), Steady(750));
}

#[test]
fn a_busy_machine_is_not_frozen_and_a_long_sleep_is_no_poll() {
    let detector = FreezeDetector::default();
    let begun = detector.begin_sleep(0, Steady(1_000)).unwrap();
    detector.end_sleep(begun.until + FREEZE_THRESHOLD, &begun);
    assert_eq!(detector.steady_time(1_000), Steady(1_000));
    let day = 24 * 3_600 * 1_000;
    let (ended, count) = sleep(&FreezeDetector::default(), day, i64::MAX, 0);
    assert_eq!(ended, day);
    assert!(count < 100, "{count}");
}

#[test]
fn a_deadline_that_is_past_is_not_slept_for() {
    let detector = FreezeDetector::default();
    let last = detector.begin_sleep(99, Steady(100)).unwrap();
    assert_eq!(last.until, 100);
    detector.end_sleep(100, &last);
    assert!(detector.begin_sleep(100, Steady(100)).is_none());
    assert!(detector.begin_sleep(100, Steady(0)).is_none());
}

#[test]
fn s36_who_read_the_clock_before_a_freeze_and_comes_after_it_is_told_no_earlier_time() {
    let detector = FreezeDetector::default();
    let _sleep = detector.begin_sleep(0, Steady(10_000)).unwrap();
    let before = 1_000;
    // The freeze happens here, and another thread reads the clock first.
    let after = detector.steady_time(60_000);
    assert_eq!(detector.steady_time(before), after);
}
