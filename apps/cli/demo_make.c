// SPDX-License-Identifier: Apache-2.0
// apps/cli/demo_make.c - the demo's pieces: twenty briefs, of five people in four situations, composed, heard again and put beside the catalogue.
#include "serve_demo.h"

#include <string.h>
#include <time.h>

enum { PEOPLE = 5, SITUATIONS = 4 };

typedef struct situation {
    const char *name, *kind, *prompt;
    uint8_t activity;
    double least_bpm, most_bpm, seconds; // seconds 0: a loop's own
} situation;

static const situation situations[SITUATIONS] = {
    {"workout", "loop", "synth pop for a workout", ATT_ACTIVITY_WORKOUT, 124, 132, 0},
    {"commute", "song", "synth pop for the commute", ATT_ACTIVITY_COMMUTE, 100, 110, 40},
    {"focus", "loop", "lo-fi to work by", ATT_ACTIVITY_FOCUS, 78, 86, 0},
    {"sleep", "ambient", "ambient to fall asleep by", ATT_ACTIVITY_SLEEP, 56, 64, 40},
};

typedef struct telling {
    const situation *asked;
    double tempo; // the reading that is within what was asked for
    char title[80];
} telling;

static bool note(void *user, const att_candidate_about *about)
{
    telling *t = user;
    if (about->verdict != ATT_MADE_ALLOW)
        return true;
    snprintf(t->title, sizeof t->title, "%.*s", (int)about->title.size, about->title.data);
    for (size_t i = 0; i < about->measure_count; i++)
        if (att_text_equal(about->measures[i].name, att_text_of("tempo_bpm")) && about->measures[i].value > t->asked->least_bpm - 2 &&
            about->measures[i].value < t->asked->most_bpm + 2)
            t->tempo = about->measures[i].value;
    return false;
}

static att_status make_one(demo_maker *m, att_text person, const situation *s, att_generated *out, att_error *err)
{
    att_feature taste[ATT_BRIEF_TASTE_MAX];
    att_need needs[2] = {{att_text_of("tempo_bpm"), s->least_bpm, s->most_bpm}, {att_text_of("duration_s"), s->seconds - 6, s->seconds + 6}};
    att_brief brief = att_brief_default();
    att_request request = att_request_default();
    const att_generate_options one = {.candidates = 1};
    request.user = person;
    request.count = 1;
    request.context.activity = s->activity;
    brief.medium = att_text_of("music");
    brief.kind = att_text_of(s->kind);
    brief.prompt = att_text_of(s->prompt);
    brief.needs = needs;
    brief.need_count = s->seconds > 0 ? 2 : 1;
    brief.context.activity = s->activity;
    brief.taste = taste;
    brief.person = person;
    brief.seed = 20;
    const att_status status = att_engine_taste_features(m->engine, &request, m->memory, taste, ATT_BRIEF_TASTE_MAX, &brief.taste_count, err);
    return status ? status : att_engine_generate(m->engine, &brief, &one, out, err);
}

// What it came to, in a line.
static att_status tell_one(const demo_maker *m, att_text person, const situation *s, const att_generated *g, att_error *err)
{
    telling t = {.asked = s};
    const att_status status = att_engine_brief_see(m->engine, att_text_of(g->brief), NULL, note, &t, err);
    cli_progress_clear();
    if (status)
        return status;
    printf("  %-9.*s %-8s ", (int)person.size, person.data, s->name);
    if (!t.title[0])
        printf("nothing that keeps to the brief: %u denied\n", g->denied);
    else
        printf("%-44s asked %3.0f-%3.0f, heard %5.1f BPM%s\n", t.title, s->least_bpm, s->most_bpm, t.tempo,
            g->made ? "" : ", as for somebody of the same taste");
    fflush(stdout);
    return ATT_OK;
}

att_status cli_demo_make(demo_maker *m, const att_text *people, size_t count, att_error *err)
{
    uint32_t made = 0, denied = 0;
    double cpu_s = 0;
    for (size_t p = 0; p < count && p < PEOPLE; p++)
        for (size_t s = 0; s < SITUATIONS; s++) {
            att_generated g;
            att_status status = make_one(m, people[p], &situations[s], &g, err);
            if (status == ATT_UNSUPPORTED) {
                cli_progress_clear();
                if (!m->quiet)
                    printf("  Nothing is made in this build or on this machine: %s\n", err->text);
                return ATT_OK;
            }
            if (!status && !m->quiet)
                status = tell_one(m, people[p], &situations[s], &g, err);
            if (status)
                return status;
            made += g.allowed;
            denied += g.denied;
            cpu_s += g.cpu_s;
        }
    if (!m->quiet)
        printf("  %u pieces are in the catalogue, %u were denied by the analyser; %.0f s of processors. Hear one: attune generate show ITEM --save FILE\n",
            made, denied, cpu_s);
    return ATT_OK;
}
