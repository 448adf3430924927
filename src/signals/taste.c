// SPDX-License-Identifier: Apache-2.0
// signals/taste.c - one item, many events, one grade.
//
// What was said beats what was only done. Said: the newest counts; where two of different kinds agree (a like
// and a save) the stronger stays. Done: a mean of the grades weighted by their own strength,
// mean += w / W * (g - mean) with w = |g| and W = min(W + w, 4), so that strong signals outweigh faint ones and
// old habits can change. Late events take their place by event time. Days on which something spoke for the item are
// counted as they come: an event of a day before the newest one adds none. Docs: docs/signals.md.
#include "signals/fold.h"

#include <math.h>

enum { DAY_S = 86400 };

bool att_opinion_of(const att_record *event, att_grade grade, att_opinion *out)
{
    if (event->item == ATT_NO_INDEX || (grade.grade == 0 && !grade.is_explicit))
        return false;
    uint8_t signal = event->signal;
    if (grade.is_complete)
        signal = ATT_SIGNAL_COMPLETE;
    else if (signal == ATT_SIGNAL_SKIP && grade.grade > 0)
        signal = ATT_SIGNAL_PLAY; // had enough after a good while: as a play of that share
    *out = (att_opinion){
        .item = event->item,
        .at_s = att_seconds_of(event->at_ms),
        .grade = grade.grade,
        .signal = signal,
        .situation = att_situation_of(&event->context, event->at_ms),
        .is_explicit = grade.is_explicit,
    };
    return true;
}

size_t att_taste_find(const att_person_state *person, uint32_t item)
{
    const size_t count = person->preference_count;
    if (count == 0)
        return 0;
    const uint8_t *marks = att_taste_marks(person);
    const uint8_t mark = att_taste_mark(item);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *found = memchr(marks + i, mark, count - i);
        if (!found)
            return count;
        i = (size_t)(found - marks);
        if (person->preferences[i].item == item)
            return i;
    }
    return count;
}

static bool is_explicit(const att_preference *preference)
{
    return att_signal_is_explicit((att_signal)preference->signal);
}

static bool agree(float a, float b)
{
    return (a > 0 && b > 0) || (a < 0 && b < 0);
}

static void say(att_preference *preference, const att_opinion *opinion)
{
    const bool same_way = agree(preference->grade, opinion->grade);
    preference->at_s = same_way ? ATT_MAX(preference->at_s, opinion->at_s) : opinion->at_s;
    preference->grade = opinion->grade;
    preference->signal = opinion->signal;
    preference->basis.explicit_at_s = opinion->at_s;
}

static void hear_again(att_preference *preference, const att_opinion *opinion)
{
    const bool newer = opinion->at_s >= preference->basis.explicit_at_s;
    if (opinion->signal != preference->signal && agree(opinion->grade, preference->grade)) {
        const uint32_t said_s = ATT_MAX(preference->basis.explicit_at_s, opinion->at_s);
        if (fabsf(opinion->grade) > fabsf(preference->grade))
            say(preference, opinion);
        preference->basis.explicit_at_s = said_s;
        preference->at_s = ATT_MAX(preference->at_s, said_s);
    } else if (newer) {
        say(preference, opinion);
    }
}

static void name_strongest(
    const att_people *people, att_preference *preference, const att_opinion *opinion)
{
    const float old = people->strength[preference->signal];
    if (agree(opinion->grade, preference->grade) &&
        (!agree(old, preference->grade) || fabsf(opinion->grade) >= fabsf(old)))
        preference->signal = opinion->signal;
}

// Behaviour beside behaviour. A late event counts in full while the mean is young; when the mean is
// full, the newer ones have already outweighed it.
static void average(
    const att_people *people, att_preference *preference, const att_opinion *opinion)
{
    const bool late = opinion->at_s < preference->at_s;
    if (late && (double)preference->basis.weight >= ATT_TASTE_WEIGHT_MAX)
        return;
    const double w = fabs((double)opinion->grade);
    const double sum = (double)preference->basis.weight + w;
    const double weight = ATT_MIN(sum, ATT_TASTE_WEIGHT_MAX);
    preference->grade += (float)(w / weight * ((double)opinion->grade - (double)preference->grade));
    preference->basis.weight = (float)weight;
    preference->at_s = ATT_MAX(preference->at_s, opinion->at_s);
    name_strongest(people, preference, opinion);
}

// Which day and where: only what speaks for it is kept, and the newest of it.
static void note_moment(att_preference *preference, const att_opinion *opinion, att_preference before)
{
    if ((before.grade > 0) != (preference->grade > 0))
        preference->days = 1;
    else if (opinion->grade > 0 && opinion->at_s / DAY_S > before.at_s / DAY_S && preference->days < UINT8_MAX)
        preference->days++;
    if (opinion->situation && (opinion->grade > 0 || !preference->situation) && opinion->at_s >= before.at_s)
        preference->situation = opinion->situation;
}

static void change(const att_people *people, att_preference *preference, const att_opinion *opinion)
{
    const att_preference before = *preference;
    if (opinion->is_explicit && is_explicit(preference))
        hear_again(preference, opinion);
    else if (opinion->is_explicit)
        say(preference, opinion);
    else if (!is_explicit(preference))
        average(people, preference, opinion);
    else if (agree(opinion->grade, preference->grade))
        preference->at_s = ATT_MAX(preference->at_s, opinion->at_s); // still so
    note_moment(preference, opinion, before);
    if (preference->count < UINT8_MAX)
        preference->count++;
    if (opinion->in_session)
        preference->session = opinion->session;
}

static att_preference first(const att_opinion *opinion)
{
    att_preference preference = {
        .item = opinion->item,
        .grade = opinion->grade,
        .at_s = opinion->at_s,
        .signal = opinion->signal,
        .count = 1,
        .session = opinion->session,
        .situation = opinion->situation,
        .days = 1,
    };
    if (opinion->is_explicit)
        preference.basis.explicit_at_s = opinion->at_s;
    else
        preference.basis.weight = fabsf(opinion->grade);
    return preference;
}

// Strength in eighths: within one level the oldest is the first to go.
static bool goes_before(const att_preference *a, const att_preference *b)
{
    const int level_a = (int)(fabsf(a->grade) * 8), level_b = (int)(fabsf(b->grade) * 8);
    return level_a != level_b ? level_a < level_b : a->at_s < b->at_s;
}

static void take_out(att_person_state *person, size_t index)
{
    const size_t behind = --person->preference_count - index;
    uint8_t *mark = att_taste_marks(person) + index;
    memmove(person->preferences + index, person->preferences + index + 1,
        behind * sizeof *person->preferences);
    memmove(mark, mark + 1, behind);
}

static void put(att_person_state *person, att_preference fresh)
{
    if (person->preference_count == ATT_PREFERENCES_MAX) {
        size_t least = 0;
        for (size_t i = 1; i < person->preference_count; i++)
            if (goes_before(&person->preferences[i], &person->preferences[least]))
                least = i;
        if (goes_before(&fresh, &person->preferences[least]))
            return;
        take_out(person, least);
    }
    att_taste_marks(person)[person->preference_count] = att_taste_mark(fresh.item);
    person->preferences[person->preference_count++] = fresh;
}

void att_taste_learn(const att_people *people, att_person_state *person, const att_opinion *opinion)
{
    const size_t at = att_taste_find(person, opinion->item);
    if (at < person->preference_count)
        change(people, &person->preferences[at], opinion);
    else
        put(person, first(opinion));
}
