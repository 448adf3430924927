// SPDX-License-Identifier: Apache-2.0
// decide/drift.c - sessions are gathered, tags are counted, and the numbers are asked what has changed.
//
// One pass over the preferences gathers sessions (a small hash table and linked lists) and counts tags by a number of
// their own, so that all that follows costs by the person's tags and not by the catalogue's. Logarithms are taken only
// where cheap comparisons have not already said no.
#include "decide/drift.h"

#include "base/names.h"
#include "signals/situation.h"

#include <math.h>
#include <stdlib.h>

enum {
    SLOTS = 1024, // of the table of sessions; a power of two, more than ATT_PREFERENCES_MAX
    CUTS = 18,
    LANES = 4, // sums side by side
    KNOWN_LEAST = 20, // before something can be new
    OLD_LEAST = 10,   // things on the old side of a move
    MOVE_FRESH = 3    // times the half events: so long a move asks for exploration
};
#define DAY_S 86400
#define PRIOR_THINGS 5.0 // of everybody's mix, that stand beside a person's own
#define NONE UINT16_MAX

static size_t pad(size_t count)
{
    return (count + LANES - 1) / LANES * LANES;
}

// Far back, so that a move is not forgotten before the old taste has faded by age.
static const uint16_t cut_days[CUTS] = {
    1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730};

typedef struct gathered {
    double grades;
    uint32_t newest_s;
    uint16_t first, count; // items by `next`
    uint16_t of_tag;       // items with the tag in question
    uint16_t session;
} gathered;

typedef struct reading {
    const att_taste_moment *moment;
    att_taste_item *items;
    size_t count, liked;
    uint16_t *number;  // (tag_total): the person's number of a tag plus one, 0 for none
    uint16_t *tag;     // (tag_count): back
    uint16_t *carried; // (tag_count): liked things with the tag
    size_t tag_count;
    gathered *sessions; // (session_count)
    size_t session_count;
    uint16_t *session_of, *next; // (count): place in `sessions`, NONE for what is not liked; next of the same
    uint16_t *here;              // (tag_count): scratch, all zero between uses
    const float *common;         // (tag_total) or NULL
    float *everybody;            // (tag_count padded to LANES): everybody's share
    att_drift *out;
} reading;

// --- Gathering -----------------------------------------------------------------------------------------

static uint16_t session_at(reading *r, uint16_t *slots, uint16_t session)
{
    size_t at = session * 2654435761u >> 22 & (SLOTS - 1);
    for (; slots[at]; at = (at + 1) & (SLOTS - 1))
        if (r->sessions[slots[at] - 1].session == session)
            return (uint16_t)(slots[at] - 1);
    r->sessions[r->session_count] = (gathered){.first = NONE, .session = session};
    slots[at] = (uint16_t)++r->session_count;
    return (uint16_t)(r->session_count - 1);
}

static void gather(reading *r, uint16_t *slots)
{
    for (size_t i = 0; i < r->count; i++) {
        att_taste_item *item = &r->items[i];
        item->kept = 1;
        r->session_of[i] = NONE;
        if (!(item->grade > 0))
            continue;
        const uint16_t place = session_at(r, slots, item->session);
        gathered *session = &r->sessions[place];
        r->session_of[i] = place;
        r->next[i] = session->first;
        session->first = (uint16_t)i;
        session->count++;
        session->grades += item->grade;
        session->newest_s = ATT_MAX(session->newest_s, item->at_s);
        r->liked++;
        for (size_t t = 0; t < item->tag_count; t++) {
            uint16_t *number = &r->number[item->tags[t]];
            if (!*number) {
                r->tag[r->tag_count] = item->tags[t];
                *number = (uint16_t)++r->tag_count;
            }
            r->carried[*number - 1]++;
        }
    }
}

static bool carries(const att_taste_item *item, uint16_t tag)
{
    for (size_t t = 0; t < item->tag_count; t++)
        if (item->tags[t] == tag)
            return true;
    return false;
}

// --- Binges --------------------------------------------------------------------------------------------

static double evidence_of(double n, double c, double rest, double rest_c)
{
    const double q = c / n, p = (rest_c + 0.5) / (rest + 1);
    if (q < 2 * p)
        return 0;
    return c * log(q / p) + (c < n ? (n - c) * log((1 - q) / (1 - p)) : 0);
}

// The tag of the session that is farthest from the rest of the person; number, or NONE when nothing is far enough.
static uint16_t theme_of(reading *r, const gathered *session, double *evidence)
{
    const att_policy *policy = r->moment->policy;
    const size_t rest = r->liked - session->count;
    uint16_t best = NONE;
    for (uint16_t i = session->first; i != NONE; i = r->next[i])
        for (size_t t = 0; t < r->items[i].tag_count; t++)
            r->here[r->number[r->items[i].tags[t]] - 1]++;
    *evidence = policy->taste.binge_evidence;
    for (uint16_t i = session->first; i != NONE; i = r->next[i])
        for (size_t t = 0; t < r->items[i].tag_count; t++) {
            const uint16_t g = (uint16_t)(r->number[r->items[i].tags[t]] - 1), c = r->here[g];
            r->here[g] = 0; // each tag is asked once, and the scratch is clean again
            if (c < policy->taste.binge_events || 2 * c < session->count)
                continue;
            const double found =
                evidence_of(session->count, c, (double)rest, (double)r->carried[g] - c);
            if (found < *evidence || (best != NONE && found == *evidence))
                continue;
            best = g;
            *evidence = found;
        }
    return best;
}

// On how many separate days a third of a session, and two things at least, carried the tag; counting stops at `enough`.
static uint32_t days_of(reading *r, uint16_t tag, uint32_t enough)
{
    uint32_t days[UINT8_MAX], count = 0;
    for (size_t s = 0; s < r->session_count; s++)
        r->sessions[s].of_tag = 0;
    for (size_t i = 0; i < r->count; i++)
        if (r->session_of[i] != NONE && carries(&r->items[i], tag))
            r->sessions[r->session_of[i]].of_tag++;
    for (size_t s = 0; s < r->session_count && count < enough; s++) {
        const gathered *session = &r->sessions[s];
        if (session->of_tag < 2 || 3 * session->of_tag < session->count)
            continue;
        const uint32_t day = session->newest_s / DAY_S;
        uint32_t at = 0;
        while (at < count && days[at] != day)
            at++;
        if (at == count)
            days[count++] = day;
    }
    return count;
}

static void cap(reading *r, const gathered *session, uint16_t theme, double evidence)
{
    const att_policy *policy = r->moment->policy;
    const uint16_t tag = r->tag[theme];
    if (days_of(r, tag, policy->taste.confirm_days) >= policy->taste.confirm_days)
        return;
    double all = 0, of_theme = 0;
    uint32_t count = 0;
    for (size_t s = 0; s < r->session_count; s++)
        all += r->sessions[s].grades;
    for (uint16_t i = session->first; i != NONE; i = r->next[i])
        if (carries(&r->items[i], tag)) {
            of_theme += r->items[i].grade;
            count++;
        }
    const double ordinary =
        r->session_count > 1 ? (all - session->grades) / (double)(r->session_count - 1) : 0;
    const double kept = fmin(1, fmax(policy->taste.session_worth, ordinary) / of_theme);
    bool runs = false;
    for (uint16_t i = session->first; i != NONE; i = r->next[i]) {
        if (carries(&r->items[i], tag))
            r->items[i].kept = (float)kept;
        runs |= r->items[i].session_rank != ATT_NOT_IN_SESSION;
    }
    r->out->changes |= runs ? ATT_CHANGE_BINGE : 0;
    if (r->out->binge_tag != ATT_NO_INDEX && session->newest_s <= r->out->binge_s)
        return;
    r->out->binge_tag = tag;
    r->out->binge_count = count;
    r->out->binge_s = session->newest_s;
    r->out->binge_evidence = evidence;
    r->out->binge_kept = kept;
}

static void find_binges(reading *r)
{
    for (size_t s = 0; s < r->session_count; s++) {
        const gathered *session = &r->sessions[s];
        if (session->count < r->moment->policy->taste.binge_events || r->liked < 2u * session->count)
            continue;
        double evidence;
        const uint16_t theme = theme_of(r, session, &evidence);
        if (theme != NONE)
            cap(r, session, theme, evidence);
    }
}

// --- Moves ---------------------------------------------------------------------------------------------

// Both sides of a cut. The newer grows from cut to cut. A thing counts 1, evenly split over its tags.
typedef struct sides {
    double *newer, *older; // (tag_count padded to LANES) mass by tag
    size_t new_things, old_things;
    uint64_t days; // a bit for each day before the newest event; the last stands for all before
} sides;

static size_t cut_of(uint32_t age_days)
{
    size_t cut = 0;
    while (cut < CUTS && age_days >= cut_days[cut])
        cut++;
    return cut;
}

static bool counts(const reading *r, size_t i)
{
    return r->session_of[i] != NONE && r->items[i].kept >= 1 && r->items[i].tag_count > 0;
}

static void count_older(const reading *r, sides *s)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!counts(r, i))
            continue;
        const att_taste_item *item = &r->items[i];
        const double part = 1.0 / item->tag_count;
        s->old_things++;
        for (size_t t = 0; t < item->tag_count; t++)
            s->older[r->number[item->tags[t]] - 1] += part;
    }
}

static void pass_over(const reading *r, sides *s, const att_taste_item *item, uint32_t age_days)
{
    s->new_things++;
    s->old_things--;
    s->days |= UINT64_C(1) << ATT_MIN(age_days, 63);
    const double part = 1.0 / item->tag_count;
    for (size_t t = 0; t < item->tag_count; t++) {
        const size_t g = r->number[item->tags[t]] - 1u;
        s->newer[g] += part;
        s->older[g] -= part;
    }
}

static double everybodys_share(const reading *r, size_t g)
{
    return r->common ? r->common[r->tag[g]] : 1 / (double)r->tag_count;
}

// As floats, for the rough bound; what pads them has a share too, so that nothing is divided by 0.
static void list_everybody(reading *r)
{
    for (size_t g = 0; g < pad(r->tag_count); g++)
        r->everybody[g] = g < r->tag_count ? (float)everybodys_share(r, g) : 1;
}

static double old_share(const reading *r, const sides *s, size_t g)
{
    return (ATT_MAX(0, s->older[g]) + PRIOR_THINGS * everybodys_share(r, g)) / ((double)s->old_things + PRIOR_THINGS);
}

static double new_share(const reading *r, const sides *s, size_t g)
{
    return (s->newer[g] + PRIOR_THINGS * everybodys_share(r, g)) / ((double)s->new_things + PRIOR_THINGS);
}

// Of the two sides the better known is the taste, and the other is asked whether it is of it.
static double move_evidence(const reading *r, const sides *s)
{
    const bool ask_new = s->new_things <= s->old_things;
    const double *asked = ask_new ? s->newer : s->older;
    double sum = 0;
    for (size_t g = 0; g < r->tag_count; g++)
        if (asked[g] > 1e-9)
            sum += asked[g] * log(everybodys_share(r, g) / (ask_new ? old_share(r, s, g) : new_share(r, s, g)));
    return sum;
}

// log2 within 0.01 of it, for x > 0: the exponent, and a parabola over the mantissa.
static float rough_log2(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t mantissa = (bits & 0x7FFFFF) | 0x3F800000;
    float m;
    memcpy(&m, &mantissa, sizeof m);
    return (float)(int32_t)(bits >> 23) - 127 + (2.0246658f - 0.34484843f * m) * m - 1.6749268f;
}

// Whether the exact evidence can be more than `least`. Nearly every cut of nearly everybody ends here.
static bool may_be_more(const reading *r, const sides *s, double least)
{
    const bool ask_new = s->new_things <= s->old_things;
    const double *asked = ask_new ? s->newer : s->older, *model = ask_new ? s->older : s->newer;
    const float things = (float)(ask_new ? s->old_things : s->new_things) + (float)PRIOR_THINGS;
    float sums[LANES] = {0}, masses[LANES] = {0};
    for (size_t g = 0; g < r->tag_count; g += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const float common = r->everybody[g + l], a = (float)asked[g + l];
            const float own = (float)model[g + l] + (float)PRIOR_THINGS * common; // a mass that is gone is off 0 by a rounding
            sums[l] += a * rough_log2(common * things / own);
            masses[l] += a;
        }
    const float sum = sums[0] + sums[1] + sums[2] + sums[3], mass = masses[0] + masses[1] + masses[2] + masses[3];
    return 0.6931472 * (double)(sum + 0.02f * mass) + 1e-3 > least;
}

// What goes on is kept, what has ended fades as the new grows.
static void fade(reading *r, const sides *s, uint32_t moved_s)
{
    const att_policy *policy = r->moment->policy;
    const double faded = 1 - exp2(-(double)s->new_things / policy->taste.move_half_events);
    for (size_t i = 0; i < r->count; i++) {
        att_taste_item *item = &r->items[i];
        if (r->session_of[i] == NONE || item->at_s >= moved_s)
            continue;
        double goes_on = 0;
        for (size_t t = 0; t < item->tag_count; t++) {
            const size_t g = r->number[item->tags[t]] - 1u;
            goes_on += fmin(1, new_share(r, s, g) / old_share(r, s, g)) / item->tag_count;
        }
        item->kept *= (float)fmax(policy->taste.move_keep, 1 - faded * (1 - goes_on));
    }
}

// The items of each step between two cuts, by one pass: heads and links, as for sessions.
static void link_steps(reading *r, uint32_t newest_s, uint16_t first[CUTS], uint16_t *link)
{
    for (size_t c = 0; c < CUTS; c++)
        first[c] = NONE;
    for (size_t i = 0; i < r->count; i++) {
        const size_t cut = counts(r, i) ? cut_of((newest_s - r->items[i].at_s) / DAY_S) : CUTS;
        if (cut == CUTS)
            continue;
        link[i] = first[cut];
        first[cut] = (uint16_t)i;
    }
}

static bool may_be_move(const reading *r, const sides *s)
{
    const att_policy *policy = r->moment->policy;
    return s->new_things >= policy->taste.confirm_days && s->old_things >= OLD_LEAST &&
           (uint32_t)__builtin_popcountll(s->days) >= policy->taste.confirm_days;
}

static void keep_move(reading *r, const sides *s, double evidence, uint32_t since_s)
{
    r->out->move_evidence = evidence;
    r->out->moved_s = since_s;
    r->out->moved_count = (uint32_t)s->new_things;
    r->out->moved_days = (uint32_t)__builtin_popcountll(s->days);
}

static bool find_move(reading *r, att_arena *scratch)
{
    const size_t tags = pad(r->tag_count + 1);
    sides s = {.newer = ATT_NEW(scratch, double, tags), .older = ATT_NEW(scratch, double, tags)};
    sides best = {.newer = ATT_NEW_RAW(scratch, double, tags), .older = ATT_NEW_RAW(scratch, double, tags)};
    uint16_t *link = ATT_NEW_RAW(scratch, uint16_t, r->count + 1);
    r->everybody = ATT_NEW_RAW(scratch, float, tags);
    if (!s.newer || !s.older || !best.newer || !best.older || !link || !r->everybody)
        return false;
    list_everybody(r);
    uint32_t newest_s = 0;
    uint16_t first[CUTS];
    for (size_t i = 0; i < r->count; i++)
        newest_s = counts(r, i) ? ATT_MAX(newest_s, r->items[i].at_s) : newest_s;
    link_steps(r, newest_s, first, link);
    count_older(r, &s);
    uint32_t oldest_s = newest_s;
    for (size_t c = 0; c < CUTS; c++) {
        for (uint16_t i = first[c]; i != NONE; i = link[i]) {
            oldest_s = ATT_MIN(oldest_s, r->items[i].at_s);
            pass_over(r, &s, &r->items[i], (newest_s - r->items[i].at_s) / DAY_S);
        }
        if (first[c] == NONE || !may_be_move(r, &s))
            continue;
        if (!may_be_more(r, &s, fmax(r->moment->policy->taste.move_evidence, r->out->move_evidence)))
            continue;
        const double evidence = move_evidence(r, &s);
        if (evidence < r->moment->policy->taste.move_evidence || evidence <= r->out->move_evidence)
            continue;
        keep_move(r, &s, evidence, oldest_s);
        best.new_things = s.new_things;
        best.old_things = s.old_things;
        memcpy(best.newer, s.newer, r->tag_count * sizeof *best.newer);
        memcpy(best.older, s.older, r->tag_count * sizeof *best.older);
    }
    if (r->out->moved_s)
        fade(r, &best, r->out->moved_s);
    return true;
}

// --- Situations ----------------------------------------------------------------------------------------

uint32_t att_drift_situation(const att_taste_moment *moment, const att_taste_item *items, size_t count)
{
    enum { ASKED = 3 };
    static const struct {
        att_situation_field field;
        att_change change;
    } asked[ASKED] = {{ATT_SITUATION_DEVICE, ATT_CHANGE_DEVICE}, {ATT_SITUATION_PLACE, ATT_CHANGE_PLACE},
        {ATT_SITUATION_HOURS, ATT_CHANGE_HOURS}};
    unsigned now[ASKED], known[ASKED] = {0}, same[ASKED] = {0};
    uint32_t changes = 0;
    for (size_t a = 0; a < ASKED; a++)
        now[a] = att_situation_get(moment->situation, asked[a].field);
    if (!now[0] && !now[1] && !now[2])
        return 0;
    for (size_t i = 0; i < count; i++)
        for (size_t a = 0; a < ASKED; a++) {
            const unsigned then = att_situation_get(items[i].situation, asked[a].field);
            known[a] += then != 0;
            same[a] += then == now[a];
        }
    for (size_t a = 0; a < ASKED; a++)
        if (now[a] && known[a] >= KNOWN_LEAST && (same[a] < 2 || same[a] * 50 < known[a]))
            changes |= asked[a].change;
    return changes;
}

void att_drift_numbers(const att_policy *policy, double out[ATT_DRIFT_NUMBERS])
{
    const double numbers[ATT_DRIFT_NUMBERS] = {policy->taste.binge_events, policy->taste.binge_evidence, policy->taste.session_worth,
        policy->taste.confirm_days, policy->taste.move_evidence, policy->taste.move_half_events, policy->taste.move_keep};
    memcpy(out, numbers, sizeof numbers);
}

// --- All of it -----------------------------------------------------------------------------------------

att_status att_drift_find(const att_taste_moment *moment, att_taste_item *items, size_t count, size_t tag_total,
    const float *common, att_arena *scratch, att_drift *out, att_error *err)
{
    assert(count < SLOTS && tag_total <= UINT16_MAX + (size_t)1);
    *out = (att_drift){.binge_tag = ATT_NO_INDEX};
    size_t carried = 0;
    for (size_t i = 0; i < count; i++)
        carried += items[i].tag_count;
    const size_t tags = ATT_MIN(carried, tag_total) + 1;
    reading r = {.moment = moment,
        .items = items,
        .count = count,
        .common = common,
        .number = ATT_NEW(scratch, uint16_t, tag_total + 1),
        .tag = ATT_NEW_RAW(scratch, uint16_t, tags),
        .carried = ATT_NEW(scratch, uint16_t, tags),
        .here = ATT_NEW(scratch, uint16_t, tags),
        .sessions = ATT_NEW_RAW(scratch, gathered, count + 1),
        .session_of = ATT_NEW_RAW(scratch, uint16_t, count + 1),
        .next = ATT_NEW_RAW(scratch, uint16_t, count + 1),
        .out = out};
    uint16_t *slots = ATT_NEW(scratch, uint16_t, SLOTS);
    if (!r.number || !r.tag || !r.carried || !r.here || !r.sessions || !r.session_of || !r.next || !slots)
        return att_no_memory(err, count, "preferences");
    gather(&r, slots);
    find_binges(&r);
    if (!find_move(&r, scratch))
        return att_no_memory(err, count, "preferences");
    if (out->moved_s && out->moved_count <= MOVE_FRESH * moment->policy->taste.move_half_events)
        out->changes |= ATT_CHANGE_MOVE;
    out->changes |= att_drift_situation(moment, items, count);
    return ATT_OK;
}
