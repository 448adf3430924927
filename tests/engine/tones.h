// SPDX-License-Identifier: Apache-2.0
// tests/engine/tones.h - a world for tests: a tone is one line of text, "tone TEMPO LEVEL N0 … N7". It makes what the brief asks for, or,
// when told to, something else; it counts what it did, and can be stopped at a step.
#ifndef ATT_TESTS_TONES_H
#define ATT_TESTS_TONES_H

#include "scene.h"

#include "attune/generate.h"

typedef struct tones {
    att_medium world; // the first member: callbacks find the rest by it
    double wrong_bpm;         // added to every tempo that is asked for
    bool all_alike;           // no novelty in it
    bool is_garbage;          // what cannot be analysed
    bool long_name;           // the analyser calls a measure by a name that no record can hold
    bool details;             // maker and analyser tell more, as JSON
    int makes, analyses;
    int stop_make, stop_analysis; // this one (1 is the next) is cancelled; 0: none
    double make_cpu_s, analyse_cpu_s;
    int forbid;               // candidates whose seed is even are: 1 held, 2 denied; 3: all are held, for as many and as long reasons as there can be
} tones;

static tones *tones_of(const att_medium *world)
{
    return (tones *)(uintptr_t)world;
}

static void tone_tell(const tones *t, const char *json, const att_host *host, char **out, size_t *size)
{
    *out = t->details ? host->resize(host->user, NULL, 0, strlen(json)) : NULL;
    *size = *out ? strlen(json) : 0;
    if (*out)
        memcpy(*out, json, *size);
}

static double tone_asked(const att_brief *brief, const char *name, double otherwise)
{
    for (size_t i = 0; i < brief->need_count; i++)
        if (att_text_equal(brief->needs[i].name, att_text_of(name)))
            return (brief->needs[i].least + brief->needs[i].most) / 2;
    return otherwise;
}

static att_status tone_make(const att_medium *world, const att_brief *brief, uint64_t seed, att_made *out, const att_host *host, att_error *err)
{
    (void)host;
    tones *t = tones_of(world);
    char text[256];
    t->makes++;
    if (t->stop_make && --t->stop_make == 0)
        return att_fail(err, ATT_CANCELLED, "stopped while making");
    att_rng rng = att_rng_seed(t->all_alike ? 1 : seed);
    int at = snprintf(text, sizeof text, "tone %.17g %.17g", tone_asked(brief, "tempo_bpm", 100) + t->wrong_bpm, tone_asked(brief, "level_db", -14));
    for (int i = 0; i < 8; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, " %.9g", att_rng_normal(&rng));
    snprintf(out->title, sizeof out->title, "Tone %.0f", tone_asked(brief, "tempo_bpm", 100));
    snprintf(out->maker, sizeof out->maker, "tones 1");
    snprintf(out->tags[0], sizeof out->tags[0], "%s", seed % 2 ? "odd" : "even-tempered");
    snprintf(out->tags[1], sizeof out->tags[1], "jazz");
    snprintf(out->sources[0], sizeof out->sources[0], "a sine, by nobody");
    out->cpu_s = t->make_cpu_s;
    tone_tell(t, "{\"sections\":[]}", &out->host, &out->detail, &out->detail_size);
    return att_made_set(out, t->is_garbage ? "noise" : text, t->is_garbage ? 5 : (size_t)at, "text/tone", err);
}

static att_status tone_analyse(const att_medium *world, const void *data, size_t size, const char *media_type, att_analysis *out,
    const att_host *host, att_error *err)
{
    (void)media_type;
    (void)host;
    tones *t = tones_of(world);
    char text[300];
    int at = 0, used;
    double tempo, level;
    t->analyses++;
    if (t->stop_analysis && --t->stop_analysis == 0)
        return att_fail(err, ATT_CANCELLED, "stopped while analysing");
    snprintf(text, sizeof text, "%.*s", (int)size, (const char *)data);
    if (sscanf(text, "tone %lf %lf%n", &tempo, &level, &at) != 2)
        return att_fail(err, ATT_INVALID, "this is no tone");
    static char long_name[301];
    memset(long_name, 'x', sizeof long_name - 1);
    att_analysis_put(out, "tempo_bpm", tempo);
    if (t->long_name)
        att_analysis_put(out, long_name, 1);
    att_analysis_put(out, "level_db", level);
    att_analysis_put(out, "energy", tempo / 200);
    for (; out->dim < 8 && sscanf(text + at, "%f%n", &out->embedding[out->dim], &used) == 1; out->dim++)
        at += used;
    out->duration_ms = 60000;
    tone_tell(t, "{\"beats\":[0.5,1]}", &out->host, &out->detail, &out->detail_size);
    out->cpu_s = t->analyse_cpu_s;
    return ATT_OK;
}

static att_status tone_check(const att_medium *world, void *beside, const att_brief *brief, const void *data, size_t size,
    const att_analysis *analysis, att_judgement *out, const att_host *host, att_error *err)
{
    (void)beside, (void)brief, (void)size, (void)analysis, (void)host, (void)err;
    const int forbid = tones_of(world)->forbid;
    for (int i = 0; i < ATT_MADE_REASONS_MAX && forbid == 3; i++)
        att_made_judge(out, ATT_MADE_HOLD, "%0*d", ATT_MADE_REASON_SIZE - 1, i);
    if (forbid && forbid != 3 && ((const char *)data)[size - 1] % 2)
        att_made_judge(out, forbid == 1 ? ATT_MADE_HOLD : ATT_MADE_DENY, "it sounds like something else");
    return ATT_OK;
}

static size_t tone_understand(const att_medium *world, att_text prompt, att_need *needs, size_t capacity)
{
    (void)world;
    if (!capacity || prompt.size < 4 || memcmp(prompt.data, "fast", 4) != 0)
        return 0;
    needs[0] = (att_need){att_text_of("tempo_bpm"), 140, 160};
    return 1;
}

static inline tones tones_new(void)
{
    static const char *const kinds[] = {"beep", "chord", NULL};
    static const char *const media_types[] = {"text/tone", NULL};
    static const att_measure measures[] = {{"tempo_bpm", "BPM", "beats in a minute", 0.5, 0.001}, {"level_db", "dB", "how loud", 0, 0},
        {"depth", "", "what this analyser never finds", 0, 0}};
    return (tones){.world = {.name = "tones",
                       .version = 1,
                       .kinds = kinds,
                       .media_types = media_types,
                       .measures = measures,
                       .measure_count = 3,
                       .understand = tone_understand,
                       .make = tone_make,
                       .analyse = tone_analyse,
                       .check = tone_check}};
}

static inline att_engine *tones_open(const char *path, tones *t, const att_host *host)
{
    const att_medium *worlds[] = {&t->world, NULL};
    static const att_medium *kept[8][2]; // they outlive the engine
    static int next;
    memcpy(kept[next % 8], worlds, sizeof worlds);
    const att_open_options options = {.create = true, .seed = 11, .threads = 1, .worlds = kept[next++ % 8]};
    att_engine *engine = NULL;
    att_error err;
    CHECK_OK_ERR(att_engine_open(&engine, path, &options, host, &err), &err);
    return engine;
}

static inline att_brief tone_brief(const att_need *needs, size_t count)
{
    att_brief brief = att_brief_default();
    brief.medium = att_text_of("tones");
    brief.prompt = att_text_of("a calm beep");
    brief.needs = needs;
    brief.need_count = count;
    brief.seed = 42;
    return brief;
}

#endif
