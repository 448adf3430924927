// SPDX-License-Identifier: Apache-2.0
// generate/report.c - slates wait for the events that name them, for a day; then each of their slots is a success or not.
//
// A slot's gain is the sum of the rewards of its events (docs/signals.md). Catalogue slots say how often a slot at place s succeeds, r_s; the
// lift of a class is
//
//   L = sum over its slots of (success - r_s)
//
// so that a place at the top is no merit. Its interval is that of a sum over people, L +- 1.96 sqrt(U/(U-1) sum_u (L_u - L/U)^2): slots of one
// person depend on each other. r_s is taken as known. A place where no catalogue item ever stood takes the mean of all places.
#include "generate/report.h"

#include "base/names.h"
#include "generate/brief.h"
#include "generate/cost.h"
#include "signals/grade.h"
#include "store/case_record.h"
#include "store/decision.h"
#include "store/made_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define JOIN_MS INT64_C(86400000)
#define OPEN_SLOTS_MAX ((size_t)1 << 22)
#define DAY_MS 86400000.0

typedef struct slot {
    uint32_t item;
    float gain, sent; // sent: share of the asset
} slot;

typedef struct slate {
    uint64_t seq, slots_at;
    int64_t at_ms;
    uint32_t user;
    uint16_t count;
} slate;

typedef struct piece { // something made
    uint32_t class, brief;
    uint64_t size;
    int64_t at_ms;
    double wall_s;
    uint8_t verdict;
} piece;

typedef struct asked_brief {
    uint32_t class; // ATT_NO_INDEX: not known
    uint64_t asked;
    double wall_s, cost; // until something was allowed or held: all tries
    uint64_t bytes;
    bool good;
} asked_brief;

typedef struct outcome { // of a slot with something made
    uint32_t class, user;
    uint16_t place;
    bool success;
} outcome;

struct att_made_tally {
    att_host host;
    att_policy policy;
    att_names hashes, names;      // of briefs; of classes "medium\nkind"
    ATT_VEC(asked_brief) briefs;
    ATT_VEC(piece) pieces;
    ATT_VEC(uint32_t) of_item;    // place + 1
    ATT_VEC(slate) slates;        // open from `first` on
    size_t first;
    ATT_VEC(slot) slots;
    uint64_t slots_base;
    ATT_VEC(outcome) outcomes;
    double shown[ATT_SLATE_MAX], successes[ATT_SLATE_MAX]; // of catalogue items, by place
    att_made_class classes[ATT_MADE_CLASSES_MAX];
    int64_t from_ms, until_ms;
};

att_status att_made_tally_create(att_made_tally **out, const att_policy *policy, const att_host *host, att_error *err)
{
    att_made_tally *t = *out = ATT_NEW_ARRAY(host, att_made_tally, 1);
    if (!t)
        return att_no_memory(err, 1, "report");
    t->host = *host;
    t->policy = *policy;
    att_names_init(&t->hashes, &t->host);
    att_names_init(&t->names, &t->host);
    return ATT_OK;
}

void att_made_tally_destroy(att_made_tally *t)
{
    if (!t)
        return;
    const att_host host = t->host;
    att_names_deinit(&t->hashes);
    att_names_deinit(&t->names);
    ATT_VEC_FREE(&host, &t->briefs);
    ATT_VEC_FREE(&host, &t->pieces);
    ATT_VEC_FREE(&host, &t->of_item);
    ATT_VEC_FREE(&host, &t->slates);
    ATT_VEC_FREE(&host, &t->slots);
    ATT_VEC_FREE(&host, &t->outcomes);
    att_free(&host, t, 1, sizeof *t);
}

// --- What was made --------------------------------------------------------------------------------------------------

// Beyond the most classes that there may be, the last takes all.
static uint32_t class_of(att_made_tally *t, att_text medium, att_text kind)
{
    char name[80];
    const int size = snprintf(name, sizeof name, "%.*s\n%.*s", (int)ATT_MIN(medium.size, (size_t)32), medium.data,
        (int)ATT_MIN(kind.size, (size_t)ATT_BRIEF_KIND_SIZE_MAX), kind.data);
    uint32_t number = att_names_find(&t->names, (att_text){name, (size_t)size});
    if (number == ATT_NO_INDEX && t->names.count < ATT_MADE_CLASSES_MAX)
        number = att_names_add(&t->names, (att_text){name, (size_t)size});
    if (number == ATT_NO_INDEX)
        return ATT_MADE_CLASSES_MAX - 1;
    snprintf(t->classes[number].medium, sizeof t->classes[number].medium, "%.*s", (int)ATT_MIN(medium.size, (size_t)32), medium.data);
    snprintf(t->classes[number].kind, sizeof t->classes[number].kind, "%.*s", (int)ATT_MIN(kind.size, (size_t)ATT_BRIEF_KIND_SIZE_MAX), kind.data);
    return number;
}

static att_status brief_of(att_made_tally *t, const att_brief_hash *hash, asked_brief **out, uint32_t *number, att_error *err)
{
    const att_text text = {(const char *)hash->bytes, sizeof hash->bytes};
    *number = att_names_add(&t->hashes, text);
    if (*number == t->briefs.count && !ATT_VEC_PUSH(&t->host, &t->briefs, ((asked_brief){.class = ATT_NO_INDEX})))
        *number = ATT_NO_INDEX;
    if (*number == ATT_NO_INDEX)
        return att_no_memory(err, t->briefs.count, "briefs of a report");
    *out = &t->briefs.items[*number];
    return ATT_OK;
}

static att_status add_brief(att_made_tally *t, const att_record *record, att_error *err)
{
    att_brief_record said;
    asked_brief *b = NULL;
    uint32_t number;
    att_status status = att_brief_record_decode(record->payload, record->payload_size, &said, err);
    if (!status)
        status = brief_of(t, &said.hash, &b, &number, err);
    if (status || (record->signal != ATT_BRIEF_ASKED && record->signal != ATT_BRIEF_ASKED_AGAIN))
        return status;
    b->asked++;
    if (b->class != ATT_NO_INDEX || !said.text.size)
        return ATT_OK;
    att_arena scratch;
    att_brief brief;
    uint32_t version;
    att_arena_init(&scratch, &t->host, 0);
    status = att_brief_read(said.text, &scratch, &brief, &version, err);
    if (!status)
        b->class = class_of(t, brief.medium, brief.kind);
    att_arena_deinit(&scratch);
    return status;
}

static att_status add_candidate(att_made_tally *t, const att_record *record, att_error *err)
{
    att_candidate_record said;
    asked_brief *b = NULL;
    uint32_t number;
    const size_t item = record->item, before = t->of_item.count;
    att_status status = att_candidate_record_decode(record->payload, record->payload_size, &said, err);
    if (!status)
        status = brief_of(t, &said.brief, &b, &number, err);
    if (status || record->item == ATT_NO_INDEX)
        return status;
    const piece made = {class_of(t, said.medium, said.kind), number, said.size, record->at_ms, said.wall_s, ATT_MADE_UNJUDGED};
    if (!ATT_VEC_PUSH(&t->host, &t->pieces, made) || (item >= before && !ATT_VEC_RESERVE(&t->host, &t->of_item, item + 1)))
        return att_no_memory(err, item, "items of a report");
    if (item >= before) {
        memset(t->of_item.items + before, 0, (item + 1 - before) * sizeof *t->of_item.items);
        t->of_item.count = item + 1;
    }
    t->of_item.items[item] = (uint32_t)t->pieces.count;
    att_made_class *c = &t->classes[made.class];
    b->class = made.class;
    b->bytes += said.size;
    b->cost += att_cost_of_making(&t->policy, said.cpu_s, said.gpu_s);
    if (!b->good)
        b->wall_s += said.wall_s;
    c->candidates++;
    c->cpu_s += said.cpu_s;
    c->gpu_s += said.gpu_s;
    c->bytes += said.size;
    return ATT_OK;
}

static piece *piece_of(att_made_tally *t, uint32_t item)
{
    const uint32_t place = item < t->of_item.count ? t->of_item.items[item] : 0;
    return place ? &t->pieces.items[place - 1] : NULL;
}

static att_status add_judged(att_made_tally *t, const att_record *record, att_error *err)
{
    att_judged_record *said = ATT_NEW_ARRAY(&t->host, att_judged_record, 1);
    piece *made = piece_of(t, record->item);
    att_status status = said ? att_judged_record_decode(record->payload, record->payload_size, said, err) : att_no_memory(err, 1, "judgement");
    if (!status && made) {
        asked_brief *b = &t->briefs.items[made->brief];
        att_made_class *c = &t->classes[made->class];
        made->verdict = said->verdict;
        c->allowed += said->verdict == ATT_MADE_ALLOW;
        c->held += said->verdict == ATT_MADE_HOLD;
        c->denied += said->verdict == ATT_MADE_DENY;
        c->cpu_s += said->cpu_s;
        c->gpu_s += said->gpu_s;
        b->cost += att_cost_of_making(&t->policy, said->cpu_s, said->gpu_s);
        if (!b->good)
            b->wall_s += said->wall_s;
        b->good |= said->verdict != ATT_MADE_DENY;
    }
    ATT_FREE_ARRAY(&t->host, said, 1);
    return status;
}

static att_status add_look(att_made_tally *t, const att_record *record, att_error *err)
{
    att_case_record said;
    piece *made = piece_of(t, record->item);
    const att_status status = made ? att_case_record_decode(record->payload, record->payload_size, &said, err) : ATT_OK;
    if (status || !made || att_text_equal(said.by, ATT_LIT("filter")) || said.act == ATT_CASE_NOTE)
        return status;
    t->classes[made->class].looks++;
    t->briefs.items[made->brief].cost += att_cost_of_looking(&t->policy, 1);
    return ATT_OK;
}

// --- What people did with it ----------------------------------------------------------------------------------------

static att_status close_first(att_made_tally *t, att_error *err)
{
    const slate *s = &t->slates.items[t->first++];
    for (uint16_t place = 0; place < s->count; place++) {
        const slot *x = &t->slots.items[s->slots_at - t->slots_base + place];
        const bool success = (double)x->gain >= t->policy.generation.success;
        const piece *made = piece_of(t, x->item);
        if (!made) {
            t->shown[place]++;
            t->successes[place] += success;
            continue;
        }
        t->classes[made->class].bytes_sent += (uint64_t)((double)made->size * (double)x->sent);
        if (!ATT_VEC_PUSH(&t->host, &t->outcomes, ((outcome){made->class, s->user, place, success})))
            return att_no_memory(err, t->outcomes.count, "slots of a report");
    }
    return ATT_OK;
}

static void compact(att_made_tally *t)
{
    const size_t open = t->slates.count - t->first;
    if (t->first < 1024 || t->first < open)
        return;
    const uint64_t base = open ? t->slates.items[t->first].slots_at : t->slots_base + t->slots.count;
    const size_t gone = (size_t)(base - t->slots_base);
    memmove(t->slates.items, t->slates.items + t->first, open * sizeof *t->slates.items);
    memmove(t->slots.items, t->slots.items + gone, (t->slots.count - gone) * sizeof *t->slots.items);
    t->slates.count = open;
    t->slots.count -= gone;
    t->slots_base = base;
    t->first = 0;
}

static att_status add_decision(att_made_tally *t, const att_record *record, att_error *err)
{
    att_decided_slot slots[ATT_SLATE_MAX];
    att_decision_record d;
    att_status status = att_decision_decode(record->payload, record->payload_size, &d, slots, ATT_SLATE_MAX, err);
    while (!status && t->first < t->slates.count &&
           (record->at_ms - t->slates.items[t->first].at_ms > JOIN_MS || t->slots.count > OPEN_SLOTS_MAX))
        status = close_first(t, err);
    if (status)
        return status;
    compact(t);
    const slate s = {record->seq, t->slots_base + t->slots.count, record->at_ms, record->user, d.count};
    if (!ATT_VEC_RESERVE(&t->host, &t->slots, t->slots.count + d.count) || !ATT_VEC_PUSH(&t->host, &t->slates, s))
        return att_no_memory(err, d.count, "slots of a report");
    for (uint16_t i = 0; i < d.count; i++)
        t->slots.items[t->slots.count++] = (slot){.item = slots[i].item};
    return ATT_OK;
}

static slate *open_slate(att_made_tally *t, uint64_t seq)
{
    size_t low = t->first, high = t->slates.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (t->slates.items[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->slates.count && t->slates.items[low].seq == seq ? &t->slates.items[low] : NULL;
}

// The share of it that was sent; what is not known counts whole.
static double share_sent(const att_record *event)
{
    const bool plays = event->signal == ATT_SIGNAL_PLAY || event->signal == ATT_SIGNAL_SKIP || event->signal == ATT_SIGNAL_COMPLETE ||
                       event->signal == ATT_SIGNAL_REPLAY;
    if (!plays)
        return 0;
    return event->position_ms >= 0 && event->length_ms > 0 ? fmin(1, (double)event->position_ms / event->length_ms) : 1;
}

static void add_event(att_made_tally *t, const att_record *event)
{
    piece *made = piece_of(t, event->item);
    slate *s = event->decision && !event->set_aside ? open_slate(t, event->decision) : NULL;
    const double sent = share_sent(event);
    if (!s || s->user != event->user || event->at_ms - s->at_ms > JOIN_MS) {
        if (made)
            t->classes[made->class].bytes_sent += (uint64_t)((double)made->size * sent);
        return;
    }
    for (uint16_t i = 0; i < s->count; i++) {
        slot *x = &t->slots.items[s->slots_at - t->slots_base + i];
        if (x->item != event->item)
            continue;
        x->gain += att_grade_event(&t->policy, event, 0).reward;
        x->sent = fmaxf(x->sent, (float)sent);
        return;
    }
}

att_status att_made_tally_add(att_made_tally *t, const att_record *record, att_error *err)
{
    att_status status = ATT_OK;
    t->until_ms = ATT_MAX(t->until_ms, record->logged_ms);
    if (!t->from_ms)
        t->from_ms = record->logged_ms;
    if (record->kind == ATT_RECORD_BRIEF)
        status = add_brief(t, record, err);
    else if (record->kind == ATT_RECORD_CANDIDATE)
        status = add_candidate(t, record, err);
    else if (record->kind == ATT_RECORD_JUDGED)
        status = add_judged(t, record, err);
    else if (record->kind == ATT_RECORD_VERDICT)
        status = add_look(t, record, err);
    else if (record->kind == ATT_RECORD_DECISION)
        status = add_decision(t, record, err);
    else if (record->kind == ATT_RECORD_EVENT && record->item != ATT_NO_INDEX)
        add_event(t, record);
    return status ? att_while(err, status, "log record %llu", (unsigned long long)record->seq) : ATT_OK;
}

// --- The figures ----------------------------------------------------------------------------------------------------

static void rates_of(const att_made_tally *t, double rates[ATT_SLATE_MAX], att_made_report *out)
{
    double shown = 0, successes = 0;
    for (int s = 0; s < ATT_SLATE_MAX; s++) {
        shown += t->shown[s];
        successes += t->successes[s];
    }
    out->catalogue_impressions = (uint64_t)shown;
    out->catalogue_successes = (uint64_t)successes;
    for (int s = 0; s < ATT_SLATE_MAX; s++)
        rates[s] = t->shown[s] > 0 ? t->successes[s] / t->shown[s] : shown > 0 ? successes / shown : (double)NAN;
}

static int by_class_and_user(const void *a, const void *b)
{
    const outcome *x = a, *y = b;
    return x->class != y->class ? (x->class > y->class) - (x->class < y->class) : (x->user > y->user) - (x->user < y->user);
}

static int by_user(const void *a, const void *b)
{
    const outcome *x = a, *y = b;
    return (x->user > y->user) - (x->user < y->user);
}

// `outcomes` are of one class (or of all), those of a person side by side.
static void fill_lift(const outcome *outcomes, size_t count, const double *rates, att_made_class *c)
{
    double squares = 0, people = 0, own = 0;
    c->lift = c->expected = 0;
    for (size_t i = 0; i < count; i++) {
        c->impressions++;
        c->successes += outcomes[i].success;
        c->expected += rates[outcomes[i].place];
        own += (outcomes[i].success ? 1 : 0) - rates[outcomes[i].place];
        if (i + 1 == count || outcomes[i + 1].user != outcomes[i].user) {
            c->lift += own;
            squares += own * own;
            people++;
            own = 0;
        }
    }
    const double variance = people > 1 ? people / (people - 1) * fmax(0, squares - c->lift * c->lift / people) : (double)NAN;
    c->lift_low = c->lift - 1.96 * sqrt(variance);
    c->lift_high = c->lift + 1.96 * sqrt(variance);
}

static void fill_cost(const att_policy *policy, att_made_class *c)
{
    c->making = att_cost_of_making(policy, c->cpu_s, c->gpu_s);
    c->looking = att_cost_of_looking(policy, (double)c->looks);
    c->sending = att_cost_of_sending(policy, (double)c->bytes_sent);
    c->cost = c->making + c->looking + c->keeping + c->sending;
    c->cost_per_success = c->successes ? c->cost / (double)c->successes : (double)NAN;
    c->lift_per_cost = c->cost > 0 && c->impressions ? c->lift / c->cost : (double)NAN;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static att_status fill_input(const att_made_tally *t, uint32_t class, int64_t now_ms, att_made_class *c, att_error *err)
{
    att_plan_input *in = &c->input;
    double *latencies = ATT_NEW_ARRAY(&t->host, double, t->briefs.count + 1);
    if (!latencies)
        return att_no_memory(err, t->briefs.count, "briefs of a report");
    size_t count = 0, made = 0;
    double cost = 0, bytes = 0;
    for (size_t i = 0; i < t->briefs.count; i++) {
        const asked_brief *b = &t->briefs.items[i];
        if (b->class != class)
            continue;
        c->briefs++;
        c->asked += b->asked;
        in->once += b->asked == 1;
        in->twice += b->asked == 2;
        cost += b->cost;
        bytes += (double)b->bytes;
        made += b->bytes > 0;
        if (b->good)
            latencies[count++] = b->wall_s;
    }
    qsort(latencies, count, sizeof *latencies, by_size);
    const double days = fmax(1, (double)(now_ms - t->from_ms) / DAY_MS), month = fmin(1, 30 / days);
    in->latency_s = count ? latencies[(size_t)ceil(0.95 * (double)count) - 1] : 0;
    in->brief_cost = made ? cost / (double)made : 0;
    in->keep_cost = made ? att_cost_of_keeping(&t->policy, bytes / (double)made, 30) : 0;
    in->asked = (double)c->asked * month;
    in->distinct = (double)c->briefs * month;
    in->once *= month;
    in->twice *= month;
    in->risk = c->candidates ? (double)(c->held + c->denied) / (double)c->candidates : 0;
    att_plan_making(in, &t->policy, &c->plan);
    ATT_FREE_ARRAY(&t->host, latencies, t->briefs.count + 1);
    return ATT_OK;
}

static void add_up(att_made_class *all, const att_made_class *c)
{
    all->briefs += c->briefs;
    all->asked += c->asked;
    all->candidates += c->candidates;
    all->allowed += c->allowed;
    all->held += c->held;
    all->denied += c->denied;
    all->looks += c->looks;
    all->cpu_s += c->cpu_s;
    all->gpu_s += c->gpu_s;
    all->bytes += c->bytes;
    all->bytes_sent += c->bytes_sent;
    all->keeping += c->keeping;
}

static int by_name(const void *a, const void *b)
{
    const att_made_class *x = a, *y = b;
    const int order = strcmp(x->medium, y->medium);
    return order ? order : strcmp(x->kind, y->kind);
}

att_status att_made_tally_finish(att_made_tally *t, int64_t now_ms, att_made_report *out, att_error *err)
{
    double rates[ATT_SLATE_MAX];
    att_status status = ATT_OK;
    *out = (att_made_report){.count = t->names.count, .from_ms = t->from_ms, .until_ms = t->until_ms};
    while (!status && t->first < t->slates.count)
        status = close_first(t, err);
    if (status)
        return status;
    rates_of(t, rates, out);
    for (size_t i = 0; i < t->pieces.count; i++) {
        const piece *made = &t->pieces.items[i];
        const double days = fmax(0, (double)(now_ms - made->at_ms) / DAY_MS);
        t->classes[made->class].keeping += att_cost_of_keeping(&t->policy, (double)made->size, days);
    }
    if (t->outcomes.count)
        qsort(t->outcomes.items, t->outcomes.count, sizeof *t->outcomes.items, by_class_and_user);
    size_t at = 0;
    for (uint32_t class = 0; class < out->count && !status; class ++) {
        att_made_class *c = &t->classes[class];
        const size_t from = at;
        while (at < t->outcomes.count && t->outcomes.items[at].class == class)
            at++;
        fill_lift(at > from ? &t->outcomes.items[from] : NULL, at - from, rates, c);
        fill_cost(&t->policy, c);
        status = fill_input(t, class, now_ms, c, err);
        add_up(&out->all, c);
        out->classes[class] = *c;
    }
    if (t->outcomes.count)
        qsort(t->outcomes.items, t->outcomes.count, sizeof *t->outcomes.items, by_user);
    fill_lift(t->outcomes.items, t->outcomes.count, rates, &out->all);
    fill_cost(&t->policy, &out->all);
    qsort(out->classes, out->count, sizeof *out->classes, by_name);
    return status;
}
