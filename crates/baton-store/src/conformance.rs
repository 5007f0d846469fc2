//! The requirements for every store, written against the [`Store`] trait alone.
//!
//! A store's tests make a store over a fresh [`StoreFixture`]. The macro makes a test of each case, so that a
//! failure has a name:
//!
//! ```ignore
//! baton_store::conformance!(MyFixture::fresh());
//! ```
//!
//! Each command or group of commands has one file. [`case_context`] contains the tools for the cases.

#![expect(
    clippy::unwrap_used,
    reason = "these are tests, only that others than this crate's tests run them"
)]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::store::Store;

mod case_context;

/// A location where a store can be opened repeatedly, with its clocks.
#[async_trait]
pub trait StoreFixture: Send + Sync + 'static {
    /// Opens the store like a starting program. Stores that were opened before are dead, and the steady clock
    /// begins again at zero. The wall clock continues.
    async fn open_store(&self) -> Arc<dyn Store>;

    /// Advances both clocks.
    fn advance_clocks(&self, pause: Duration);

    /// Moves the wall clock by milliseconds, in either direction.
    fn move_wall_clock(&self, millis: i64);

    /// Checks the stored data after a case, when no store is open. Redundant data must agree.
    fn check_stored_data(&self);
}

/// Declares the files of cases. One list gives both the functions that run a case and the macro that makes a
/// test of each. The compiler therefore reports an unlisted case as dead code.
macro_rules! cases {
    ($d:tt $($file:ident { $($case:ident,)* })*) => {
        $(mod $file;)*

        /// Runs the cases, by file; [`conformance!`](crate::conformance!) calls these functions.
        #[doc(hidden)]
        pub mod cases {
            $(pub mod $file {
                $(pub async fn $case(fixture: impl $crate::conformance::StoreFixture) {
                    let fixture = ::std::sync::Arc::new(fixture);
                    let context =
                        $crate::conformance::case_context::CaseContext::new(fixture.clone());
                    let case = $crate::conformance::$file::$case(context);
                    $crate::conformance::case_context::wait_for(case).await;
                    $crate::conformance::StoreFixture::check_stored_data(&*fixture);
                })*
            })*
        }

        /// Makes a test of each case. The expression makes a new
        /// [`StoreFixture`](crate::conformance::StoreFixture) for each.
        #[macro_export]
        macro_rules! conformance {
            ($d fixture:expr) => {
                $(mod $file {
                    #[allow(unused_imports, reason = "the expression may need none of it")]
                    use super::*;
                    $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        $d crate::conformance::cases::$file::$case($d fixture).await;
                    })*
                })*
            };
        }
    };
}

cases! { $
    ingest {
        the_same_message_again_is_a_duplicate,
        a_duplicate_tells_what_became_of_it,
        the_same_id_in_another_account_is_another_message,
        the_same_id_in_another_chat_is_another_message,
        what_is_handed_in_is_what_is_kept,
        numbers_grow_in_the_order_given,
        one_more_than_may_wait_is_kept_as_refused,
        what_could_not_be_read_is_kept_as_refused,
        what_could_not_be_read_is_taken_when_it_can,
        a_place_and_a_persona_are_a_conversation,
        the_newest_of_some_places_is_theirs_alone,
    }
    revisions {
        what_waits_is_answered_in_its_new_words,
        what_runs_or_is_answered_keeps_its_words,
        an_edit_of_a_joined_part_finds_its_message,
        an_edit_after_a_failed_try_counts,
        an_edit_of_one_part_changes_nothing_and_is_told_once,
        what_is_deleted_while_it_waits_is_withdrawn,
        what_is_deleted_too_late_says_so,
        a_deletion_lets_the_next_one_go,
        what_is_not_known_changes_nothing,
    }
    bounds {
        s38_what_waits_is_listed_as_far_as_it_fits,
        s38_long_dead_letters_are_listed_as_far_as_they_fit,
        s38_long_questions_are_listed_as_far_as_they_fit,
        s38_history_ends_by_bytes_and_has_the_last_of_it,
        s38_a_search_looks_at_so_many_bytes_and_goes_on_from_there,
    }
    cursor {
        moves_with_the_messages_that_it_covers,
        stays_where_nothing_was_stored,
        moves_alone_over_what_held_no_message,
        each_reader_has_its_own,
    }
    slots {
        a_claim_rides_in_the_ingest,
        what_nobody_here_can_do_is_not_claimed,
        never_more_than_in_all,
        never_more_than_of_one_agent,
        a_finish_frees_its_slot_for_the_next,
        closed_slots_claim_nothing,
        the_greatest_priority_is_claimed_first,
        turns_go_round_the_conversations,
        a_retry_goes_to_the_end_of_the_line,
    }
    claim {
        one_of_many_wins,
        one_conversation_runs_one_turn,
        a_later_message_cannot_be_claimed_before_its_time,
        what_cannot_be_claimed_says_why,
        holds_all_that_is_needed_to_run_it,
        every_claim_outdates_the_one_before,
    }
    claim_next {
        nothing_waits,
        priority_first_then_arrival,
        each_is_handed_out_once,
        only_these_personas,
        only_this_account,
        only_these_agents,
        s37_what_can_be_claimed_is_told_once_with_who_is_to_answer,
        s37_what_runs_here_wakes_no_worker,
    }
    renew {
        prolongs_by_the_full_length,
        only_its_holder_can,
    }
    expire {
        an_ended_lease_frees_the_message,
        a_late_write_is_refused,
        a_message_whose_holders_all_die_is_dead,
        nothing_ends_before_its_time,
        the_next_deadline_is_known,
        s39_what_a_worker_held_for_a_persona_that_is_gone_is_dead,
        s39_what_a_worker_gives_back_for_a_persona_that_is_gone_is_dead,
        what_a_worker_held_for_a_channel_that_is_gone_is_dead,
    }
    finish {
        an_answer_is_kept_whole,
        a_stale_fence_is_refused_and_changes_nothing,
        a_turn_ends_once,
        retry_holds_the_conversation_and_keeps_the_order,
        retry_holds_nobody_else,
        interrupted_does_not_count_the_try,
        dead_is_seen_with_its_reason,
        cancelled_is_withdrawn,
        what_was_not_taken_waits_again,
        the_conversation_rests,
    }
    sign_ins {
        is_known_after_a_restart_until_it_is_ended,
        what_is_over_is_forgotten,
        one_person_has_only_so_many,
    }
    session {
        is_given_to_the_next_turn,
        is_kept_or_forgotten_as_the_turn_says,
        a_reset_during_a_turn_is_not_undone,
        a_reset_of_one_session_spares_the_later_ones,
        belongs_to_one_conversation,
        is_never_shared,
        is_kept_while_its_turn_runs,
        is_kept_by_nobody_but_the_holder,
        another_begins_with_nothing_allowed_and_nothing_used,
        is_forgotten_with_its_agent,
        a_model_is_given_to_the_next_turn,
        a_conversation_can_be_seen,
    }
    transcripts {
        the_words_of_a_recording_end_the_text_once,
        an_edit_keeps_the_words_of_the_recordings,
        nobody_but_the_holder_writes_them,
    }
    effects {
        a_turn_cut_off_after_it_began_to_act_is_told,
        a_turn_cut_off_before_it_acted_is_not,
        an_outdated_claim_may_not_act,
    }
    modes {
        collect_waits_until_it_is_quiet,
        collect_takes_all_that_waited,
        what_failed_together_is_tried_alone,
        interrupt_stops_the_running_turn,
        steer_goes_into_the_running_turn,
        steered_too_late_waits_its_turn,
        steer_waits_where_the_agent_cannot,
    }
    controls {
        stop_withdraws_what_waits,
        stop_lets_the_next_one_go,
        stop_reaches_what_runs_here,
        stop_takes_it_from_a_worker,
        stop_of_what_is_over_says_so,
        replay_begins_as_if_never_tried,
        replay_of_a_delivery_sends_it_again,
        replay_of_what_is_well_says_so,
        claims_are_counted_through_replays,
        drop_forgets_what_is_dead,
    }
    post_reply {
        is_delivered_and_read,
        is_shown_once_a_message,
        the_same_id_again_changes_nothing,
        needs_no_message,
    }
    deliveries {
        a_line_is_first_in_first_out,
        lines_go_side_by_side,
        never_more_than_its_channel_carries,
        a_pause_holds_its_own_line_only,
        not_taken_is_tried_again_under_its_id,
        unknown_is_tried_again_marked,
        an_outdated_outcome_is_refused_and_changes_nothing,
        an_outcome_of_an_earlier_epoch_is_refused,
        dead_frees_its_line,
        what_was_being_sent_in_a_crash_comes_again_marked,
        what_waits_survives_in_order,
        go_where_their_message_said,
    }
    parts {
        stay_as_they_were_stored_first,
        are_replaced_for_all_later_attempts,
        survive_a_crash,
        of_an_outdated_attempt_are_refused,
        go_on_after_the_sent_ones_in_a_replay,
    }
    gaps {
        is_stored_with_the_cursor_that_passes_it,
        keeps_its_first_position,
        is_gone_when_it_is_closed,
    }
    incomplete_messages {
        wait_in_the_order_of_their_chat,
        are_received_in_the_commit_that_removes_them,
        are_revised_and_dropped_while_they_wait,
        go_with_their_chat,
    }
    moved_chats {
        what_waits_runs_and_is_sent_goes_with_the_chat,
        what_comes_later_from_the_earlier_chat_goes_to_the_moved_one,
        a_second_report_changes_nothing,
        what_the_new_chat_had_before_is_set_aside_and_answered,
        topics_move_with_their_chat,
        numbers_of_the_earlier_chat_stay_as_they_are,
        an_open_question_is_asked_again_in_the_new_chat,
        a_chat_moves_again,
    }
    topics {
        one_of_many_may_make_it,
        made_is_made_for_good,
        a_take_over_outdates_the_one_before,
        a_renewed_reservation_is_not_taken_over,
        is_adopted_from_an_outdated_reservation_while_there_is_none,
        that_is_gone_is_replaced_and_never_adopted_again,
        is_found_by_its_id_on_the_platform,
    }
    topic_ends {
        an_invented_name_is_replaced_once,
        the_next_topic_has_the_name_of_the_deleted_one,
        an_idle_topic_ends_once_and_without_a_post,
        a_topic_with_work_stays,
        only_old_topics_end_and_topics_of_people_by_name,
    }
    approvals {
        the_first_decision_counts,
        only_who_may_decides,
        nobody_in_time_is_no,
        people_are_asked_and_told,
        what_was_done_is_kept_with_the_reply,
        allowed_for_the_session_is_not_asked_again,
        what_is_no_answer_changes_nothing,
        what_was_allowed_for_one_message_allows_no_other,
        a_reset_takes_what_was_allowed_with_it,
    }
    open_questions {
        ends_with_its_turn,
        ends_with_its_message,
        what_came_of_it_goes_out_before_the_reply,
        survives_a_restart,
        decided_while_nobody_ran_is_taken_by_the_next,
        an_outdated_claim_may_not_ask,
    }
    time_to_decide {
        begins_when_people_can_see_it,
        after_a_restart_it_ends_when_it_says,
        what_nobody_could_be_asked_is_over,
    }
    conversation_list {
        a_chat_lists_its_conversations_and_no_others,
        a_muted_conversation_marks_its_deliveries,
    }
    sent_card {
        the_platforms_id_of_a_question_outlives_the_process,
    }
    take_verdict {
        what_was_not_heard_is_taken_by_the_next_turn,
        what_was_heard_is_asked_again,
        it_is_the_answer_to_no_other_question,
        an_outdated_claim_takes_nothing,
    }
    withdraw_question {
        its_agent_no_longer_asks,
        only_what_is_open_and_its_own,
    }
    attach {
        the_data_keep_their_id,
        what_ran_here_waits_again,
        order_survives_a_crash,
        a_poison_message_is_dead_and_its_people_are_told,
        a_claim_from_before_is_outdated,
        tries_that_found_the_agent_unavailable_use_up_no_others,
        a_workers_lease_survives_in_full,
        a_pause_is_not_for_ever,
        what_waits_is_handed_out,
        what_waits_for_nobody_is_dead_and_its_people_are_told,
        what_a_channel_that_is_gone_would_bring_is_dead,
        what_waits_goes_to_the_agent_that_is_configured_now,
    }
    timeline {
        pages_forwards_without_gap_or_double,
        several_places_are_one_timeline,
        s38_a_page_ends_by_bytes_and_has_the_beginnings_of_long_texts,
        pages_backwards_without_gap_or_double,
        a_delivery_is_a_post_when_it_is_sent,
        since_hides_nothing_when_the_clock_jumps,
        shows_what_is_asked_for,
        search_takes_every_character_as_itself,
        a_search_looks_so_far_and_goes_on_from_there,
        a_post_is_found_by_its_id,
        history_is_what_was_answered,
        history_begins_at_the_last_reset,
    }
    views {
        received_is_the_sum_at_every_step,
        waiting_is_in_the_order_of_claims,
        waiting_shows_what_is_asked_for,
        what_is_left_out_is_in_no_view,
        the_dead_are_listed_newest_first,
        a_trace_tells_what_happened,
        a_trace_has_the_details_of_every_failure,
        events_are_forgotten_when_they_are_old,
        changes_are_told,
        the_last_turn_of_a_message,
        a_closed_store_refuses,
    }
}
