// SPDX-License-Identifier: Apache-2.0
// signals/session.c - sessions: runs of events with no silence longer than the policy's gap.
//
// Sessions are counted in order of arrival. A late event joins the newest session when it lies within the gap of
// it (and moves its start back); otherwise it belongs to an earlier one, and no session is opened for it.
#include "signals/fold.h"

static bool is_quit(const att_record *event)
{
    return event->signal == ATT_SIGNAL_QUIT || event->signal == ATT_SIGNAL_RAGE_QUIT;
}

static att_session_place open_session(att_person_state *person, int64_t at_ms)
{
    person->sessions++;
    person->session_start_ms = person->last_ms = at_ms;
    person->last_played = ATT_NO_INDEX;
    person->last_played_s = 0;
    person->last_complete = false;
    person->session_ended = false;
    return ATT_SESSION_NEWEST;
}

static att_session_place step_forward(
    const att_people *people, att_person_state *person, const att_record *event)
{
    const bool silent = event->at_ms - person->last_ms > people->policy.signals.session_gap_ms;
    if (!silent && !person->session_ended) {
        person->last_ms = event->at_ms;
        return ATT_SESSION_NEWEST;
    }
    if (!is_quit(event))
        return open_session(person, event->at_ms);
    person->last_ms = event->at_ms;
    person->session_ended = true;
    return ATT_SESSION_AFTER;
}

static att_session_place place_of(
    const att_people *people, att_person_state *person, const att_record *event)
{
    if (person->sessions == 0) {
        person->first_ms = event->at_ms;
        return open_session(person, event->at_ms);
    }
    person->first_ms = ATT_MIN(person->first_ms, event->at_ms);
    if (event->at_ms > person->last_ms)
        return step_forward(people, person, event);
    if (event->at_ms >= person->session_start_ms)
        return ATT_SESSION_NEWEST;
    if (person->session_start_ms - event->at_ms > people->policy.signals.session_gap_ms)
        return ATT_SESSION_EARLIER;
    person->session_start_ms = event->at_ms;
    return ATT_SESSION_NEWEST;
}

att_session_place att_session_step(
    const att_people *people, att_person_state *person, const att_record *event)
{
    const att_session_place place = place_of(people, person, event);
    if (is_quit(event) && event->at_ms == person->last_ms)
        person->session_ended = true;
    return place;
}

uint32_t att_session_quit_item(
    const att_person_state *person, const att_record *event, att_session_place place)
{
    const bool knows_last = place == ATT_SESSION_NEWEST && person->last_played != ATT_NO_INDEX &&
                            att_seconds_of(event->at_ms) >= person->last_played_s;
    const uint32_t item = event->item != ATT_NO_INDEX ? event->item
                          : knows_last                ? person->last_played
                                                      : ATT_NO_INDEX;
    // Leaving after the end is no complaint.
    if (event->signal == ATT_SIGNAL_QUIT && knows_last && item == person->last_played &&
        person->last_complete)
        return ATT_NO_INDEX;
    return item;
}

static bool is_played(uint8_t signal)
{
    return signal == ATT_SIGNAL_PLAY || signal == ATT_SIGNAL_SKIP || signal == ATT_SIGNAL_REPLAY ||
           signal == ATT_SIGNAL_COMPLETE;
}

void att_session_note(
    att_person_state *person, const att_record *event, att_session_place place, bool is_complete)
{
    const uint32_t at_s = att_seconds_of(event->at_ms);
    if (place != ATT_SESSION_NEWEST || !is_played(event->signal) || event->item == ATT_NO_INDEX)
        return;
    if (person->last_played != ATT_NO_INDEX && at_s < person->last_played_s)
        return;
    person->last_played = event->item;
    person->last_played_s = at_s;
    person->last_complete = is_complete;
}
