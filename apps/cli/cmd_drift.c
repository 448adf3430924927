// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_drift.c - attune simulate --drift: sudden changes, with several time scales of taste and without.
#include "cli.h"

#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- What was found, as text ------------------------------------------------------------------------------------

#define CELL 40

typedef struct sheet {
    char text[24][7][CELL];
    const char *cells[24 * 7];
    size_t columns, rows;
} sheet;

static char *cell(sheet *s, size_t row, size_t column)
{
    s->rows = row + 1 > s->rows ? row + 1 : s->rows;
    s->columns = column + 1 > s->columns ? column + 1 : s->columns;
    return s->text[row][column];
}

static void print_sheet(const cli *c, sheet *s)
{
    for (size_t r = 0; r < s->rows; r++)
        for (size_t k = 0; k < s->columns; k++)
            s->cells[r * s->columns + k] = s->text[r][k];
    cli_print_table(c, s->cells, s->columns, s->rows, "lrrrrrr");
}

static void say(char out[CELL], att_interval i, double scale, int digits)
{
    snprintf(out, CELL, "%.*f (%.*f–%.*f)", digits, scale * i.mean, digits, scale * i.low, digits, scale * i.high);
}

static void print_situations(const cli *c, const att_trial_situations *s)
{
    static const char *const head[] = {"", "worth of a slot there", "gained over one made for the other", "overlap of the two"};
    static const char *const arms[] = {"with", "without"};
    sheet out = {0};
    printf("At the gym in the morning, in bed at night: %zu people, slates of ten, worth by their own truth of the moment\n", s->people);
    for (size_t k = 0; k < 4; k++)
        snprintf(cell(&out, 0, k), CELL, "%s", head[k]);
    for (size_t arm = 0; arm < ATT_TRIAL_ARMS; arm++) {
        snprintf(cell(&out, arm + 1, 0), CELL, "%s", arms[arm]);
        say(cell(&out, arm + 1, 1), s->worth[arm], 1, 3);
        say(cell(&out, arm + 1, 2), s->gain[arm], 1, 3);
        say(cell(&out, arm + 1, 3), s->overlap[arm], 1, 2);
    }
    print_sheet(c, &out);
    printf("with less without, by person: %+.4f (%+.4f–%+.4f)\n\n", s->worth_gain.mean, s->worth_gain.low, s->worth_gain.high);
}

static void print_binge(const cli *c, const att_trial_options *o, const att_trial_binge *b)
{
    static const char *const times[ATT_TRIAL_TIMES] = {"the afternoon before", "right after", "the next day", "a week later"};
    static const char *const head[] = {"", "of the theme, %, with", "without", "distance to before, with", "without"};
    sheet s = {0};
    printf("One late night: %u plays of ambient by %zu people to whom it means little; slates of ten\n", o->binge_plays, b->people);
    for (size_t k = 0; k < 5; k++)
        snprintf(cell(&s, 0, k), CELL, "%s", head[k]);
    for (size_t t = 0; t < ATT_TRIAL_TIMES; t++) {
        snprintf(cell(&s, t + 1, 0), CELL, "%s", times[t]);
        for (size_t arm = 0; arm < ATT_TRIAL_ARMS; arm++) {
            say(cell(&s, t + 1, 1 + arm), b->share[arm][t], 100, 1);
            say(cell(&s, t + 1, 3 + arm), b->distance[arm][t], 1, 3);
        }
    }
    print_sheet(c, &s);
    printf("next day, without less with: %.1f (%.1f–%.1f) points. Distance: KL divergence of the slates' tags, nats; before: of two "
           "halves\n\n", 100 * b->less[ATT_TRIAL_NEXT_DAY].mean, 100 * b->less[ATT_TRIAL_NEXT_DAY].low,
        100 * b->less[ATT_TRIAL_NEXT_DAY].high);
}

static void events_text(char *out, double events)
{
    if (isfinite(events))
        snprintf(out, 16, "%.0f", events);
    else
        snprintf(out, 16, "not yet");
}

static void print_move(const cli *c, const att_trial_move *m)
{
    static const char *const arms[] = {"with", "without"};
    static const char *const head[] = {"", "half are followed after", "nine in ten", "in the end", "noticed"};
    sheet s = {0};
    printf("A taste that moves: %zu people play from one day on what another likes, %u things a day\n", m->people, m->events_each);
    for (size_t k = 0; k < 5; k++)
        snprintf(cell(&s, 0, k), CELL, "%s", head[k]);
    for (size_t arm = 0; arm < ATT_TRIAL_ARMS; arm++) {
        char half[16], most[16];
        events_text(half, m->half_events[arm]);
        events_text(most, m->most_events[arm]);
        snprintf(cell(&s, arm + 1, 0), CELL, "%s", arms[arm]);
        snprintf(cell(&s, arm + 1, 1), CELL, "%s%s", half, isfinite(m->half_events[arm]) ? " events" : "");
        snprintf(cell(&s, arm + 1, 2), CELL, "%s%s", most, isfinite(m->most_events[arm]) ? " events" : "");
        snprintf(cell(&s, arm + 1, 3), CELL, "%.0f %%", 100 * m->followed[arm]);
        snprintf(cell(&s, arm + 1, 4), CELL, "%.0f %%", 100 * m->noticed[arm]);
    }
    print_sheet(c, &s);
    printf("Followed: slates are worth half-way to what the new taste's own slates are worth to it. Before anything moved %.0f %% counted as "
           "moved.\n", 100 * m->noticed_before[ATT_TRIAL_WITH]);
    sheet p = {0};
    snprintf(cell(&p, 0, 0), CELL, "after events");
    snprintf(cell(&p, 0, 1), CELL, "way gone, %%, with");
    snprintf(cell(&p, 0, 2), CELL, "without");
    size_t row = 1;
    for (size_t l = 1; l < m->looks && row < 23; l += 2, row++) {
        snprintf(cell(&p, row, 0), CELL, "%zu", (l + 1) * m->events_each);
        for (size_t arm = 0; arm < ATT_TRIAL_ARMS; arm++)
            say(cell(&p, row, 1 + arm), m->progress[arm][l], 100, 0);
    }
    print_sheet(c, &p);
    putchar('\n');
}

static void print_bubble(const cli *c, const att_trial_options *o, const att_trial_bubble *b)
{
    static const char *const head[] = {"days", "entropy, bits, with", "without", "bare", "calibration error, with", "without", "bare"};
    static const char *const lives[] = {"with", "without", "bare"};
    sheet s = {0};
    printf("A closed loop of %u days: tags that one person was shown, %zu people; bare: nothing but nearness to taste\n",
        o->bubble_days, b->people);
    for (size_t k = 0; k < 7; k++)
        snprintf(cell(&s, 0, k), CELL, "%s", head[k]);
    for (size_t w = 0; w < b->windows; w++) {
        snprintf(cell(&s, w + 1, 0), CELL, "%zu–%zu", w * ATT_TRIAL_WINDOW_DAYS + 1, (w + 1) * ATT_TRIAL_WINDOW_DAYS);
        for (size_t arm = 0; arm < ATT_TRIAL_LOOPS; arm++) {
            say(cell(&s, w + 1, 1 + arm), b->entropy[arm][w], 1, 2);
            say(cell(&s, w + 1, 4 + arm), b->calibration[arm][w], 1, 2);
        }
    }
    print_sheet(c, &s);
    printf("with less without, by person: entropy %+.3f (%+.3f–%+.3f) bits, calibration error %+.3f (%+.3f–%+.3f) nats\n",
        b->entropy_gain.mean, b->entropy_gain.low, b->entropy_gain.high, b->calibration_gain.mean, b->calibration_gain.low,
        b->calibration_gain.high);
    for (size_t arm = 0; arm < ATT_TRIAL_LOOPS; arm++)
        printf("%s: satisfaction %.3f ± %.3f, %.3f a visit, %.1f %% explored, %llu decisions\n", lives[arm],
            b->satisfaction[arm], 1.96 * b->satisfaction_error[arm], b->per_visit[arm], 100 * b->explored[arm],
            (unsigned long long)b->decisions[arm]);
}

// --- And as JSON ------------------------------------------------------------------------------------------------

static json_t *interval_json(att_interval i)
{
    return json_pack("[f,f,f]", isfinite(i.mean) ? i.mean : 0.0, isfinite(i.low) ? i.low : 0.0, isfinite(i.high) ? i.high : 0.0);
}

static json_t *intervals_json(const att_interval *list, size_t count)
{
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, interval_json(list[i]));
    return out;
}

static json_t *events_json(double events)
{
    return isfinite(events) ? json_real(events) : json_null();
}

static json_t *bubble_json(const att_trial_bubble *b, size_t arm)
{
    return json_pack("{s:o,s:o,s:f,s:f,s:f,s:f,s:I}", "entropy_bits", intervals_json(b->entropy[arm], b->windows), "calibration",
        intervals_json(b->calibration[arm], b->windows), "satisfaction", b->satisfaction[arm], "satisfaction_error",
        b->satisfaction_error[arm], "satisfaction_per_visit", b->per_visit[arm], "explored", b->explored[arm], "decisions",
        (json_int_t)b->decisions[arm]);
}

static json_t *arm_json(const att_trial_report *r, size_t arm)
{
    json_t *situations = json_pack("{s:o,s:o,s:o}", "worth", interval_json(r->situations.worth[arm]), "gain",
        interval_json(r->situations.gain[arm]), "overlap", interval_json(r->situations.overlap[arm]));
    json_t *binge = json_pack("{s:o,s:o}", "share", intervals_json(r->binge.share[arm], ATT_TRIAL_TIMES), "distance",
        intervals_json(r->binge.distance[arm], ATT_TRIAL_TIMES));
    json_t *move = json_pack("{s:o,s:o,s:f,s:f,s:f,s:o}", "half_events", events_json(r->move.half_events[arm]), "most_events",
        events_json(r->move.most_events[arm]), "followed", r->move.followed[arm], "noticed", r->move.noticed[arm],
        "noticed_before", r->move.noticed_before[arm], "progress", intervals_json(r->move.progress[arm], r->move.looks));
    return json_pack("{s:o,s:o,s:o,s:o}", "situations", situations, "binge", binge, "move", move, "bubble", bubble_json(&r->bubble, arm));
}

static int print_json(const att_trial_report *r)
{
    return cli_print_json(json_pack("{s:b,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "simulated", 1, "situation_people", (json_int_t)r->situations.people, "binge_people", (json_int_t)r->binge.people,
        "move_people", (json_int_t)r->move.people, "bubble_people", (json_int_t)r->bubble.people, "with",
        arm_json(r, ATT_TRIAL_WITH), "without", arm_json(r, ATT_TRIAL_WITHOUT), "bare_bubble", bubble_json(&r->bubble, ATT_TRIAL_BARE), "binge_less",
        intervals_json(r->binge.less, ATT_TRIAL_TIMES), "entropy_gain", interval_json(r->bubble.entropy_gain), "situation_gain", interval_json(r->situations.worth_gain), "calibration_gain",
        interval_json(r->bubble.calibration_gain)));
}

// --- The command ------------------------------------------------------------------------------------------------

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
    (void)stat;
    (void)kind;
    (void)place;
    return remove(path);
}

int cli_simulate_drift(cli *c)
{
    att_trial_options o = att_trial_options_default();
    uint64_t people = o.people, items = o.items, worlds = o.worlds, days = o.bubble_days, events = o.events;
    if (!cli_must_whole(c, "people", 2, 10000, &people) || !cli_must_whole(c, "items", 60, 100000, &items) ||
        !cli_must_whole(c, "worlds", 1, 100, &worlds) || !cli_must_whole(c, "days", 0, 200, &days) ||
        !cli_must_whole(c, "events", 1, 100000000, &events) || !cli_must_whole(c, "seed", 1, UINT32_MAX, &o.seed))
        return 64;
    o.people = (uint32_t)people;
    o.items = (uint32_t)items;
    o.worlds = (uint32_t)worlds;
    o.bubble_days = (uint32_t)days;
    o.events = (uint32_t)events;
    const char *place = getenv("TMPDIR");
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/attune-drift-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(folder)) {
        fprintf(stderr, "attune simulate: cannot make a folder in %s\n", place && *place ? place : "/tmp");
        return 74;
    }
    att_error err = {0};
    att_trial_report report;
    cli_progress_start(c);
    const att_status status = att_trial_run(folder, &o, &c->host, &report, &err);
    cli_progress_end();
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return print_json(&report);
    printf("%u worlds of %u people and %u things; with: several time scales (docs/taste.md), without: one half-life and the "
           "session; means with 95 %% intervals over people\n\n", o.worlds, o.people, o.items);
    print_situations(c, &report.situations);
    print_binge(c, &o, &report.binge);
    print_move(c, &report.move);
    if (o.bubble_days)
        print_bubble(c, &o, &report.bubble);
    return 0;
}
