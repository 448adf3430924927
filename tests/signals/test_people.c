// SPDX-License-Identifier: Apache-2.0
// The log becomes state: contradictions, late events, sessions, bots, decisions, controls, forgetting.
#include "fold_support.h"

#include "signals/grade.h"

// --- What an event leaves behind ------------------------------------------------------------------------

CHECK_TEST(the_newest_explicit_word_counts)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 0);
    fold_event_at(&log, ATT_SIGNAL_DISLIKE, 1, 1000);
    CHECK_NEAR(fold_grade(&log, 1), -1, 0);
    CHECK_EQ(fold_preference(&log, 1)->signal, ATT_SIGNAL_DISLIKE);
    CHECK_EQ(fold_preference(&log, 1)->count, 2);
    fold_rating(&log, 1, 4, 2000); // (4 - 3) / (5 - 3)
    CHECK_NEAR(fold_grade(&log, 1), 0.5, 1e-7);
    CHECK_EQ(fold_preference(&log, 1)->at_s, T0 / 1000 + 2);
    fold_rating(&log, 1, 3, 3000);
    CHECK_NEAR(fold_grade(&log, 1), 0, 0);
    fold_close(&log);
}

CHECK_TEST(agreeing_words_of_different_kinds_keep_the_stronger)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 0);
    fold_event_at(&log, ATT_SIGNAL_SAVE, 1, 5000);
    CHECK_NEAR(fold_grade(&log, 1), 1, 0);
    CHECK_EQ(fold_preference(&log, 1)->signal, ATT_SIGNAL_LIKE);
    CHECK_EQ(fold_preference(&log, 1)->at_s, T0 / 1000 + 5);
    fold_event_at(&log, ATT_SIGNAL_SAVE, 2, 0);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 2, 5000);
    CHECK_NEAR(fold_grade(&log, 2), 1, 0);
    fold_rating(&log, 3, 5, 0);
    fold_rating(&log, 3, 4, 1000); // the same kind: the newer word, though weaker
    CHECK_NEAR(fold_grade(&log, 3), 0.5, 1e-7);
    fold_close(&log);
}

CHECK_TEST(what_was_said_beats_what_was_done)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 0);
    fold_played(&log, ATT_SIGNAL_SKIP, 1, 2000, 200000, 60000);
    CHECK_NEAR(fold_grade(&log, 1), 1, 0);
    CHECK_EQ(fold_preference(&log, 1)->at_s, T0 / 1000); // a skip does not speak for it
    fold_event_at(&log, ATT_SIGNAL_REPLAY, 1, 120000);
    CHECK_NEAR(fold_grade(&log, 1), 1, 0);
    CHECK_EQ(fold_preference(&log, 1)->at_s, T0 / 1000 + 120); // a replay does
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 2, 130000);
    fold_event_at(&log, ATT_SIGNAL_DISLIKE, 2, 131000);
    CHECK_NEAR(fold_grade(&log, 2), -1, 0);
    fold_close(&log);
}

// complete 0.7, then an early skip -0.8: (0.7 * 0.7 - 0.8 * 0.8) / (0.7 + 0.8) = -0.1
CHECK_TEST(behaviour_is_averaged_by_strength)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, 0);
    fold_played(&log, ATT_SIGNAL_SKIP, 1, 1000, 200000, 1000);
    CHECK_NEAR(fold_grade(&log, 1), -0.1, 1e-6);
    CHECK_EQ(fold_preference(&log, 1)->signal, ATT_SIGNAL_SKIP);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, 2000);
    CHECK_NEAR(fold_grade(&log, 1), (0.49 - 0.64 + 0.49) / 2.2, 1e-6);
    CHECK_EQ(fold_preference(&log, 1)->signal, ATT_SIGNAL_COMPLETE);
    fold_close(&log);
}

CHECK_TEST(an_old_habit_can_change)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    int64_t after_ms = 0;
    for (int i = 0; i < 100; i++)
        fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, after_ms += 1000);
    CHECK_NEAR(fold_grade(&log, 1), 0.7, 1e-5);
    int skips = 0;
    while (fold_grade(&log, 1) > 0 && skips < 50) {
        fold_played(&log, ATT_SIGNAL_SKIP, 1, 1000, 200000, after_ms += 1000);
        skips++;
    }
    CHECK_EQ(skips, 3);
    fold_close(&log);
}

CHECK_TEST(a_faint_signal_says_what_a_strong_one_may_hide)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_IMPRESSION, 1, 0);
    CHECK(fold_preference(&log, 1) == NULL); // seen is not liked
    fold_event_at(&log, ATT_SIGNAL_CLICK, 1, 1000);
    CHECK_NEAR(fold_grade(&log, 1), 0.2, 1e-7);
    CHECK_EQ(fold_preference(&log, 1)->signal, ATT_SIGNAL_CLICK);
    fold_played(&log, ATT_SIGNAL_PLAY, 1, 190000, 200000, 200000); // 95 %: complete
    CHECK_EQ(fold_preference(&log, 1)->signal, ATT_SIGNAL_COMPLETE);
    CHECK_NEAR(fold_grade(&log, 1), (0.04 + 0.49) / 0.9, 1e-6);
    fold_close(&log);
}

// --- Late ------------------------------------------------------------------------------------------------

CHECK_TEST(a_late_word_does_not_override_a_newer_one)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 10000);
    fold_event_at(&log, ATT_SIGNAL_DISLIKE, 1, 2000);
    CHECK_NEAR(fold_grade(&log, 1), 1, 0);
    CHECK_EQ(fold_preference(&log, 1)->at_s, T0 / 1000 + 10);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 2, 10000);
    fold_event_at(&log, ATT_SIGNAL_DISLIKE, 2, 2000); // said, though late: beats behaviour
    CHECK_NEAR(fold_grade(&log, 2), -1, 0);
    fold_close(&log);
}

CHECK_TEST(young_behaviour_is_the_same_in_any_order_of_arrival)
{
    CHECK_BEGIN();
    att_rng rng = att_rng_seed(3);
    for (int round = 0; round < 200; round++) {
        fold_log forth, back;
        fold_open(&forth, NULL);
        fold_open(&back, NULL);
        att_record events[4];
        for (int i = 0; i < 4; i++) {
            static const att_signal signals[] = {
                ATT_SIGNAL_PLAY, ATT_SIGNAL_SKIP, ATT_SIGNAL_COMPLETE, ATT_SIGNAL_CLICK};
            events[i] = event_of(0, signals[att_rng_below(&rng, 4)], 1, T0 + i * 7000);
            events[i].position_ms = (int32_t)att_rng_below(&rng, 100000);
            events[i].length_ms = 100000;
        }
        for (int i = 0; i < 4; i++) {
            fold_apply(&forth, events[i]);
            fold_apply(&back, events[3 - i]);
        }
        CHECK_NEAR(fold_grade(&forth, 1), fold_grade(&back, 1), 1e-6);
        CHECK_EQ(fold_preference(&forth, 1)->at_s, fold_preference(&back, 1)->at_s);
        CHECK_EQ(fold_person(&forth, 0)->sessions, fold_person(&back, 0)->sessions);
        CHECK_EQ(fold_person(&forth, 0)->session_start_ms, fold_person(&back, 0)->session_start_ms);
        fold_close(&forth);
        fold_close(&back);
    }
}

CHECK_TEST(the_same_event_counts_once)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    att_record event = event_of(0, ATT_SIGNAL_LIKE, 1, T0);
    event.id = att_text_of("once");
    CHECK(!att_people_seen(log.people, event.id));
    fold_apply(&log, event);
    CHECK(att_people_seen(log.people, event.id));
    event.signal = ATT_SIGNAL_DISLIKE;
    event.at_ms += 1000;
    fold_apply(&log, event);
    CHECK_NEAR(fold_grade(&log, 1), 1, 0);
    CHECK_EQ(att_people_total(log.people).events, 1);
    fold_close(&log);
}

// --- Sessions and quitting ---------------------------------------------------------------------------------

CHECK_TEST(silence_ends_a_session)
{
    CHECK_BEGIN();
    const int64_t gap = att_policy_default().signals.session_gap_ms;
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 0);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 2, gap);
    CHECK_EQ(fold_person(&log, 0)->sessions, 1);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 3, 2 * gap + 1);
    const att_person_state *person = fold_person(&log, 0);
    CHECK_EQ(person->sessions, 2);
    CHECK(!att_preference_is_in_session(person, fold_preference(&log, 2)));
    CHECK(att_preference_is_in_session(person, fold_preference(&log, 3)));
    fold_event_at(&log, ATT_SIGNAL_LIKE, 4, 100); // long before: no new session, not in this one
    fold_event_at(&log, ATT_SIGNAL_LIKE, 5, 2 * gap - 100); // within the gap of it: joins
    person = fold_person(&log, 0);
    CHECK_EQ(person->sessions, 2);
    CHECK(!att_preference_is_in_session(person, fold_preference(&log, 4)));
    CHECK(att_preference_is_in_session(person, fold_preference(&log, 5)));
    CHECK_EQ(person->session_start_ms, T0 + 2 * gap - 100);
    CHECK_EQ(person->first_ms, T0);
    CHECK_EQ(person->last_ms, T0 + 2 * gap + 1);
    fold_close(&log);
}

CHECK_TEST(a_quit_is_about_what_was_played_last)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_played(&log, ATT_SIGNAL_PLAY, 1, 50000, 100000, 0);
    fold_played(&log, ATT_SIGNAL_PLAY, 2, 50000, 100000, 60000);
    fold_event_at(&log, ATT_SIGNAL_CLICK, 3, 61000);
    fold_event_at(&log, ATT_SIGNAL_RAGE_QUIT, ATT_NO_INDEX, 62000);
    CHECK_NEAR(fold_grade(&log, 1), 0.3, 1e-6);
    CHECK_NEAR(fold_grade(&log, 2), (0.09 - 0.36) / 0.9, 1e-6);
    CHECK_NEAR(fold_grade(&log, 3), 0.2, 1e-6);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 4, 63000);
    CHECK_EQ(fold_person(&log, 0)->sessions, 2); // the quit ended the first
    fold_event_at(
        &log, ATT_SIGNAL_RAGE_QUIT, ATT_NO_INDEX, 64000); // nothing was played in this one
    CHECK_EQ(fold_person(&log, 0)->preference_count, 4);
    CHECK_NEAR(fold_grade(&log, 2), (0.09 - 0.36) / 0.9, 1e-6);
    fold_close(&log);
}

CHECK_TEST(quitting_after_the_end_is_no_complaint)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, 0);
    fold_event_at(&log, ATT_SIGNAL_QUIT, ATT_NO_INDEX, 1000);
    CHECK_NEAR(fold_grade(&log, 1), 0.7, 1e-6);
    fold_played(&log, ATT_SIGNAL_PLAY, 2, 50000, 100000, 100000);
    fold_event_at(&log, ATT_SIGNAL_QUIT, ATT_NO_INDEX, 101000);
    CHECK_NEAR(fold_grade(&log, 2), (0.09 - 0.0025) / 0.35, 1e-6);
    const int64_t gap = att_policy_default().signals.session_gap_ms;
    fold_played(&log, ATT_SIGNAL_PLAY, 3, 50000, 100000, 200000);
    fold_event_at(&log, ATT_SIGNAL_RAGE_QUIT, ATT_NO_INDEX, 200001 + gap); // too long after
    CHECK_NEAR(fold_grade(&log, 3), 0.3, 1e-6);
    CHECK_EQ(fold_person(&log, 0)->sessions, 3);
    fold_close(&log);
}

// --- Bots ------------------------------------------------------------------------------------------------

CHECK_TEST(absurd_rates_are_set_aside_and_counted)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default();
    policy.signals.bot_events_per_minute = 10;
    fold_log log;
    fold_open(&log, &policy);
    for (unsigned i = 0; i < 15; i++) {
        att_record event = event_of(0, ATT_SIGNAL_LIKE, i, T0 - T0 % 60000 + i);
        event.set_aside = att_people_is_bot_rate(log.people, 0, event.at_ms);
        CHECK_EQ(event.set_aside, i >= 10);
        fold_apply(&log, event);
    }
    const att_person_state *person = fold_person(&log, 0);
    CHECK_EQ(person->preference_count, 10);
    CHECK_EQ(person->events, 10);
    CHECK_EQ(person->bot_events, 5);
    CHECK(person->bot);
    CHECK(att_person_is_learned_from(person));                  // more was done than set aside
    CHECK(att_people_is_bot_rate(log.people, 0, T0 + 3600000)); // slow hours of a bot
    CHECK(!att_people_is_bot_rate(log.people, 0, T0 + 2 * 86400000)); // quiet for more than a day
    CHECK(!att_people_is_bot_rate(log.people, 7, T0));
    const att_people_totals totals = att_people_total(log.people);
    CHECK_EQ(totals.events, 10);
    CHECK_EQ(totals.bot_events, 5);
    fold_close(&log);
}

// --- Decisions ---------------------------------------------------------------------------------------------

CHECK_TEST(decisions_count_impressions_and_exploration)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    unsigned char bytes[16384];
    uint32_t items[20];
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < 20; i++)
            items[i] = round * 20 + i;
        att_record record = record_of(ATT_RECORD_DECISION, 0, T0 + round * 1000);
        record.payload = bytes;
        record.payload_size = decision_bytes(items, 20, 2, bytes);
        fold_apply(&log, record);
    }
    att_record stranger = record_of(ATT_RECORD_DECISION, ATT_NO_INDEX, T0);
    stranger.payload = bytes;
    stranger.payload_size = decision_bytes(items, 5, 1, bytes);
    fold_apply(&log, stranger);
    const att_person_state *person = fold_person(&log, 0);
    CHECK_EQ(person->impressions, 400);
    CHECK_EQ(person->explored, 40);
    CHECK_EQ(person->decisions, 20);
    CHECK_EQ(person->shown_count, ATT_SHOWN_MAX);
    const size_t newest = (person->shown_next + ATT_SHOWN_MAX - 1u) % ATT_SHOWN_MAX;
    CHECK_EQ(person->shown[newest].item, 399);
    CHECK_EQ(person->shown[newest].at_s, T0 / 1000 + 19);
    CHECK_EQ(person->shown[person->shown_next].item, 400 - ATT_SHOWN_MAX);
    CHECK_EQ(att_people_total(log.people).impressions, 405);
    CHECK_EQ(att_people_total(log.people).explored, 41);
    CHECK_EQ(att_people_total(log.people).users, 1);
    fold_close(&log);
}

CHECK_TEST(a_damaged_decision_is_refused_and_changes_nothing)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    unsigned char bytes[16384];
    const uint32_t items[2] = {1, 2};
    att_record record = record_of(ATT_RECORD_DECISION, 0, T0);
    record.seq = 1;
    record.payload = bytes;
    record.payload_size = decision_bytes(items, 2, 0, bytes) - 1;
    uint8_t before[16], after[16];
    att_people_digest(log.people, before);
    att_error err;
    CHECK_FAILS(att_people_apply(log.people, &record, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "record 1");
    att_people_digest(log.people, after);
    CHECK_EQ(memcmp(before, after, 16), 0);
    CHECK(att_people_get(log.people, 0) == NULL);
    record.payload_size++;
    CHECK_OK(att_people_apply(log.people, &record, &err));
    CHECK_FAILS(att_people_apply(log.people, &record, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "out of order");
    fold_close(&log);
}

CHECK_TEST(finished_and_seen_things_leave_a_mark)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, 0);
    fold_event_at(&log, ATT_SIGNAL_IMPRESSION, 2, 1);
    att_record event = event_of(0, ATT_SIGNAL_IMPRESSION, 3, T0 + 2);
    event.decision = 17; // the decision left its mark already
    fold_apply(&log, event);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 4, 3);
    const att_person_state *person = fold_person(&log, 0);
    CHECK_EQ(person->shown_count, 2);
    CHECK_EQ(person->shown[0].item, 1);
    CHECK_EQ(person->shown[1].item, 2);
    fold_close(&log);
}

// --- Controls ------------------------------------------------------------------------------------------------

CHECK_TEST(controls_are_kept_and_undone)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_control(&log, ATT_CONTROL_ENERGY, ATT_NO_INDEX, NULL, 0.5f, 0);
    fold_control(&log, ATT_CONTROL_NOVELTY, ATT_NO_INDEX, NULL, -7, 1);
    fold_control(&log, ATT_CONTROL_BLOCK, 3, NULL, NAN, 2);
    fold_control(&log, ATT_CONTROL_BLOCK, 3, NULL, NAN, 3);
    fold_control(&log, ATT_CONTROL_LESS_LIKE, 4, NULL, NAN, 4);
    fold_control(&log, ATT_CONTROL_BLOCK, ATT_NO_INDEX, "tag:horror", NAN, 5);
    fold_control(&log, ATT_CONTROL_BLOCK, ATT_NO_INDEX, "tag:war", NAN, 6);
    fold_control(&log, ATT_CONTROL_UNBLOCK, ATT_NO_INDEX, "tag:horror", NAN, 7);
    fold_control(&log, ATT_CONTROL_UNBLOCK, ATT_NO_INDEX, "tag:never", NAN, 8);
    const att_person_controls *rare = att_person_controls_of(fold_person(&log, 0));
    CHECK_NEAR(rare->energy, 0.5, 0);
    CHECK_NEAR(rare->novelty, -1, 0);
    CHECK_EQ(rare->blocked_item_count, 1);
    CHECK_EQ(rare->blocked_items[0], 3);
    CHECK_EQ(rare->less_like_count, 1);
    CHECK_EQ(rare->blocked_tag_count, 1);
    CHECK_TEXT(att_names_get(att_people_tags(log.people), rare->blocked_tags[0]), "war");
    fold_control(&log, ATT_CONTROL_UNBLOCK, 3, NULL, NAN, 9);
    CHECK_EQ(rare->blocked_item_count, 0);
    fold_close(&log);
}

CHECK_TEST(reset_forgets_taste_and_keeps_blocks)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 0);
    fold_control(&log, ATT_CONTROL_BLOCK, 3, NULL, NAN, 1);
    fold_control(&log, ATT_CONTROL_LESS_LIKE, 4, NULL, NAN, 2);
    fold_control(&log, ATT_CONTROL_RESET, ATT_NO_INDEX, NULL, NAN, 5000);
    const att_person_controls *rare = att_person_controls_of(fold_person(&log, 0));
    CHECK_EQ(fold_person(&log, 0)->preference_count, 0);
    CHECK_EQ(rare->blocked_item_count, 1);
    CHECK_EQ(rare->less_like_count, 0);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 2, 4000); // from before the reset, late
    CHECK_EQ(fold_person(&log, 0)->preference_count, 0);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 2, 6000);
    CHECK_EQ(fold_person(&log, 0)->preference_count, 1);
    CHECK_EQ(fold_person(&log, 0)->events, 3);
    fold_close(&log);
}

CHECK_TEST(a_preference_keeps_its_days_and_its_situation)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    const int64_t day_ms = 86400000, noon = 12 * 3600000 - T0 % day_ms + day_ms;
    att_record play = event_of(0, ATT_SIGNAL_COMPLETE, 1, T0 + noon);
    play.context = (att_context){ATT_DEVICE_SPEAKER, ATT_PLACE_HOME, ATT_ACTIVITY_SLEEP, 0, 60};
    fold_apply(&log, play);
    CHECK_EQ(fold_preference(&log, 1)->days, 1);
    // Device 6, place 1 in the next three bits, activity 4 in the next four, afternoon plus one, workday.
    CHECK_EQ(fold_preference(&log, 1)->situation, 6 | 1 << 4 | 4 << 7 | 4 << 11 | 1 << 14);
    const uint16_t at_home = fold_preference(&log, 1)->situation;
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, noon + 3600000); // the same day, from nowhere known
    CHECK_EQ(fold_preference(&log, 1)->days, 1);
    CHECK_EQ(fold_preference(&log, 1)->situation, at_home);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, noon + day_ms);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, noon + 5 * day_ms);
    CHECK_EQ(fold_preference(&log, 1)->days, 3);
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 1, noon + 2 * day_ms); // late: the day may have been counted
    CHECK_EQ(fold_preference(&log, 1)->days, 3);
    play.at_ms = T0 + noon + 6 * day_ms;
    play.context.device = ATT_DEVICE_PHONE;
    fold_apply(&log, play);
    CHECK_EQ(att_situation_get(fold_preference(&log, 1)->situation, ATT_SITUATION_DEVICE), ATT_DEVICE_PHONE);
    fold_event_at(&log, ATT_SIGNAL_DISLIKE, 1, noon + 8 * day_ms);
    CHECK_EQ(fold_preference(&log, 1)->days, 1);
    fold_close(&log);
}

CHECK_TEST(a_life_event_is_kept_and_taken_back)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    CHECK_EQ(att_person_controls_of(&(att_person_state){0})->life_event_s, 0);
    fold_control(&log, ATT_CONTROL_LIFE_EVENT, ATT_NO_INDEX, NULL, NAN, 5000);
    CHECK_EQ(att_person_controls_of(fold_person(&log, 0))->life_event_s, (T0 + 5000) / 1000);
    fold_control(&log, ATT_CONTROL_LIFE_EVENT, ATT_NO_INDEX, NULL, 19000, 6000);
    CHECK_EQ(att_person_controls_of(fold_person(&log, 0))->life_event_s, 19000u * 86400);
    fold_control(&log, ATT_CONTROL_LIFE_EVENT, ATT_NO_INDEX, NULL, 0, 7000);
    CHECK_EQ(att_person_controls_of(fold_person(&log, 0))->life_event_s, (T0 + 7000) / 1000);
    fold_control(&log, ATT_CONTROL_LIFE_EVENT, ATT_NO_INDEX, NULL, -1, 8000);
    CHECK_EQ(att_person_controls_of(fold_person(&log, 0))->life_event_s, 0);
    fold_close(&log);
}

CHECK_TEST(who_opted_out_is_not_learned_from)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 1, 0);
    fold_control(&log, ATT_CONTROL_OPT_OUT, ATT_NO_INDEX, NULL, 1, 1);
    CHECK(!att_person_is_learned_from(fold_person(&log, 0)));
    fold_event_at(&log, ATT_SIGNAL_COMPLETE, 2, 2);
    CHECK_EQ(fold_person(&log, 0)->preference_count, 1);
    CHECK_EQ(fold_person(&log, 0)->shown_count, 0);
    CHECK_EQ(fold_person(&log, 0)->events, 2);
    fold_control(&log, ATT_CONTROL_OPT_OUT, ATT_NO_INDEX, NULL, 0, 3);
    CHECK(att_person_is_learned_from(fold_person(&log, 0)));
    fold_event_at(&log, ATT_SIGNAL_LIKE, 3, 4);
    CHECK_EQ(fold_person(&log, 0)->preference_count, 2);
    fold_close(&log);
}

CHECK_TEST(a_control_that_cannot_be_read_is_refused)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    static const struct {
        unsigned kind;
        const char *tag;
    } bad[] = {{ATT_CONTROL_BLOCK, "war"}, {ATT_CONTROL_BLOCK, "tag:"},
        {ATT_CONTROL_BLOCK, "tag:a\nb"}, {ATT_CONTROL_BLOCK, NULL},
        {ATT_CONTROL_LESS_LIKE, "tag:war"}, {ATT_CONTROL_NONE, NULL}, {99, NULL}};
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++) {
        att_record record = record_of(ATT_RECORD_CONTROL, 0, T0);
        record.seq = 1;
        record.signal = (uint8_t)bad[i].kind;
        record.payload = bad[i].tag;
        record.payload_size = bad[i].tag ? strlen(bad[i].tag) : 0;
        CHECK_FAILS(att_people_apply(log.people, &record, NULL), ATT_CORRUPT);
    }
    CHECK(att_people_get(log.people, 0) == NULL);
    fold_close(&log);
}

// --- Limits ---------------------------------------------------------------------------------------------------

CHECK_TEST(the_oldest_of_the_weakest_goes_first)
{
    CHECK_BEGIN();
    fold_log log;
    fold_open(&log, NULL);
    fold_event_at(&log, ATT_SIGNAL_CLICK, 7000, 5000); // weak, but not the oldest
    fold_event_at(&log, ATT_SIGNAL_CLICK, 7001, 1000); // weak and oldest
    for (uint32_t i = 0; i < ATT_PREFERENCES_MAX - 2; i++)
        fold_event_at(&log, ATT_SIGNAL_LIKE, i, 10000 + i);
    CHECK_EQ(fold_person(&log, 0)->preference_count, ATT_PREFERENCES_MAX);
    fold_event_at(&log, ATT_SIGNAL_LIKE, 8000, 20000);
    CHECK(fold_preference(&log, 7001) == NULL);
    CHECK(fold_preference(&log, 7000) != NULL);
    fold_event_at(&log, ATT_SIGNAL_CLICK, 8001, 21000);
    CHECK(fold_preference(&log, 7000) == NULL);
    fold_event_at(&log, ATT_SIGNAL_CLICK, 8002, 2000); // weaker than all that is there
    CHECK(fold_preference(&log, 8002) == NULL);
    CHECK(fold_preference(&log, 8001) != NULL);
    CHECK_EQ(fold_person(&log, 0)->preferences[0].item, 0); // order of first appearance
    CHECK_EQ(fold_person(&log, 0)->preference_count, ATT_PREFERENCES_MAX);
    fold_close(&log);
}

CHECK_TEST(a_forgotten_person_leaves_the_state_as_if_never_there)
{
    CHECK_BEGIN();
    fold_log with, without;
    fold_open(&with, NULL);
    fold_open(&without, NULL);
    att_rng rng = att_rng_seed(8);
    char id[32];
    for (unsigned i = 0; i < 3000; i++) {
        att_record event = event_of((uint32_t)att_rng_below(&rng, 5), ATT_SIGNAL_LIKE,
            (uint32_t)att_rng_below(&rng, 50), T0 + (int64_t)att_rng_below(&rng, 100000000));
        snprintf(id, sizeof id, "id-%u", i);
        event.id = att_text_of(id);
        fold_apply(&with, event);
        if (event.user == 4)
            without.seq++; // the row was deleted
        else
            fold_apply(&without, event);
    }
    const att_record forget = record_of(ATT_RECORD_FORGET, 4, T0);
    fold_apply(&with, forget);
    fold_apply(&without, forget);
    uint8_t a[16], b[16];
    att_people_digest(with.people, a);
    att_people_digest(without.people, b);
    CHECK_EQ(memcmp(a, b, 16), 0);
    CHECK(att_people_get(with.people, 4) == NULL);
    CHECK_EQ(att_people_count(with.people), 4);
    fold_close(&with);
    fold_close(&without);
}

CHECK_MAIN(CHECK_CASE(the_newest_explicit_word_counts),
    CHECK_CASE(agreeing_words_of_different_kinds_keep_the_stronger),
    CHECK_CASE(what_was_said_beats_what_was_done), CHECK_CASE(behaviour_is_averaged_by_strength),
    CHECK_CASE(an_old_habit_can_change), CHECK_CASE(a_faint_signal_says_what_a_strong_one_may_hide),
    CHECK_CASE(a_late_word_does_not_override_a_newer_one),
    CHECK_CASE(young_behaviour_is_the_same_in_any_order_of_arrival),
    CHECK_CASE(the_same_event_counts_once), CHECK_CASE(silence_ends_a_session),
    CHECK_CASE(a_quit_is_about_what_was_played_last),
    CHECK_CASE(quitting_after_the_end_is_no_complaint),
    CHECK_CASE(absurd_rates_are_set_aside_and_counted),
    CHECK_CASE(decisions_count_impressions_and_exploration),
    CHECK_CASE(a_damaged_decision_is_refused_and_changes_nothing),
    CHECK_CASE(finished_and_seen_things_leave_a_mark), CHECK_CASE(controls_are_kept_and_undone),
    CHECK_CASE(reset_forgets_taste_and_keeps_blocks), CHECK_CASE(a_preference_keeps_its_days_and_its_situation),
    CHECK_CASE(a_life_event_is_kept_and_taken_back), CHECK_CASE(who_opted_out_is_not_learned_from),
    CHECK_CASE(a_control_that_cannot_be_read_is_refused),
    CHECK_CASE(the_oldest_of_the_weakest_goes_first),
    CHECK_CASE(a_forgotten_person_leaves_the_state_as_if_never_there))
