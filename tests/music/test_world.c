// SPDX-License-Identifier: Apache-2.0
// The world of music behind its descriptor: a brief is composed, rendered, heard again and held against what was asked; the same brief gives the
// same bytes; and what does not keep to it is refused.
#include "check.h"

#include "attune/attune.h"
#include "base/base.h"
#include "music/world.h"

#include <math.h>

static att_error err;

static att_engine *store(const char *name, const att_medium *const *worlds)
{
    att_engine *engine = NULL;
    const att_open_options options = {.create = true, .seed = 5, .worlds = worlds};
    CHECK_OK_ERR(att_engine_open(&engine, check_path(name), &options, NULL, &err), &err);
    return engine;
}

static att_brief loop_of(const att_need *needs, size_t count)
{
    att_brief brief = att_brief_default();
    brief.medium = att_text_of("music");
    brief.kind = att_text_of("loop");
    brief.prompt = att_text_of("Synth Pop");
    brief.needs = needs;
    brief.need_count = count;
    return brief;
}

typedef struct heard {
    char item[64], asset[65], plan[65], analysis[65], title[128], reason[200], source[128];
    double tempo, duration_s, loudness;
    att_made_verdict verdict;
    uint64_t size;
} heard;

static void keep(char *out, size_t size, att_text text)
{
    snprintf(out, size, "%.*s", ATT_TEXT_ARGS(text));
}

static bool hear(void *user, const att_candidate_about *a)
{
    heard *h = user;
    keep(h->item, sizeof h->item, a->item);
    keep(h->title, sizeof h->title, a->title);
    keep(h->reason, sizeof h->reason, a->reason_count ? a->reasons[0] : (att_text){"", 0});
    keep(h->source, sizeof h->source, a->source_count ? a->sources[0] : (att_text){"", 0});
    memcpy(h->asset, a->asset, sizeof h->asset);
    memcpy(h->plan, a->made_detail, sizeof h->plan);
    memcpy(h->analysis, a->analysis, sizeof h->analysis);
    h->verdict = a->verdict;
    h->size = a->size;
    for (size_t i = a->measure_count; i-- > 0;) { // of several readings the first stays
        const att_feature *m = &a->measures[i];
        if (att_text_equal(m->name, att_text_of("tempo_bpm")))
            h->tempo = m->value;
        if (att_text_equal(m->name, att_text_of("duration_s")))
            h->duration_s = m->value;
        if (att_text_equal(m->name, att_text_of("loudness_lufs")))
            h->loudness = m->value;
    }
    return false;
}

// False: no synthesizer or sound font here.
static bool make(att_engine *engine, const att_brief *brief, att_generated *made, heard *out)
{
    const att_generate_options one = {.candidates = 1};
    const att_status status = att_engine_generate(engine, brief, &one, made, &err);
    if (status == ATT_UNSUPPORTED)
        return false;
    CHECK_OK_ERR(status, &err);
    CHECK_OK_ERR(att_engine_brief_see(engine, att_text_of(made->brief), NULL, hear, out, &err), &err);
    return true;
}

static void hold_json(void *user, const void *data, size_t size)
{
    snprintf(user, 20000, "%.*s", (int)size, (const char *)data);
}

CHECK_TEST(a_loop_is_composed_heard_again_and_the_same_in_another_store)
{
    CHECK_BEGIN();
    const att_need needs[] = {{att_text_of("tempo_bpm"), 178, 182}, {att_text_of("loudness_lufs"), -18.5, -17.5}};
    const att_brief brief = loop_of(needs, 2);
    heard h[2];
    att_generated made;
    for (int i = 0; i < 2; i++) {
        att_engine *engine = store(i ? "loop-b" : "loop-a", NULL);
        if (!make(engine, &brief, &made, &h[i])) {
            att_engine_close(engine);
            CHECK_SKIP(err.text);
        }
        CHECK_EQ(made.allowed, 1);
        if (i == 0) {
            static char plan[20000], analysis[20000];
            CHECK_OK_ERR(att_engine_asset_see(engine, att_text_of(h[0].plan), hold_json, plan, &err), &err);
            CHECK_OK_ERR(att_engine_asset_see(engine, att_text_of(h[0].analysis), hold_json, analysis, &err), &err);
            CHECK_HOLDS(plan, "\"sections\":[{\"kind\":\"loop\"");
            CHECK_HOLDS(analysis, "\"waveform\":[");
            CHECK_HOLDS(analysis, "\"beats\":[");
        }
        att_engine_close(engine);
    }
    CHECK_STR(h[0].asset, h[1].asset);
    CHECK_HOLDS(h[0].title, "Synth pop loop in ");
    CHECK_HOLDS(h[0].source, "sound font ");
    CHECK_NEAR(h[0].duration_s, 8 * 4 * 60 / 180.0, 0.01);
    CHECK_NEAR(h[0].loudness, -18, 0.5);
}

// Composes twelve beats a minute faster than it is asked to.
static att_status make_wrong(const att_medium *world, const att_brief *brief, uint64_t seed, att_made *out, const att_host *host, att_error *e)
{
    att_need faster[ATT_BRIEF_NEEDS_MAX];
    att_brief other = *brief;
    memcpy(faster, brief->needs, brief->need_count * sizeof *faster);
    for (size_t i = 0; i < brief->need_count; i++)
        if (att_text_equal(faster[i].name, att_text_of("tempo_bpm"))) {
            faster[i].least += 12;
            faster[i].most += 12;
        }
    other.needs = faster;
    return att_music_world.make(world, &other, seed, out, host, e);
}

CHECK_TEST(a_maker_that_plays_too_fast_is_caught_by_the_analyser)
{
    CHECK_BEGIN();
    att_medium wrong = att_music_world;
    wrong.make = make_wrong;
    const att_medium *const worlds[] = {&wrong, NULL};
    att_engine *engine = store("wrong", worlds);
    att_policy policy = att_policy_default();
    policy.generation.attempts = 1;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    const att_need needs[] = {{att_text_of("tempo_bpm"), 178, 182}};
    const att_brief brief = loop_of(needs, 1);
    heard h = {0};
    att_generated made;
    if (make(engine, &brief, &made, &h)) {
        CHECK_EQ(made.denied, 1);
        CHECK_HOLDS(h.reason, "tempo_bpm: measured ");
        CHECK_HOLDS(h.reason, "the brief asks for 178 to 182 BPM");
        CHECK_FAILS(att_engine_item_see(engine, att_text_of(h.item), NULL, NULL, &err), ATT_NOT_FOUND);
    }
    att_engine_close(engine);
}

CHECK_TEST(keys_are_read_by_name_and_by_no_other)
{
    CHECK_BEGIN();
    const struct {
        const char *text;
        double key;
    } right[] = {{"C", 0}, {"C major", 0}, {"A minor", 21}, {"f# minor", 18}, {"Bb", 10}, {"Cb major", 11}}, wrong[] = {{"H", 0}, {"A mild", 0}, {"", 0}};
    double key;
    for (size_t i = 0; i < 6; i++) {
        CHECK(att_music_world.read_value(&att_music_world, att_text_of("key"), att_text_of(right[i].text), &key));
        CHECK_NEAR(key, right[i].key, 0);
    }
    for (size_t i = 0; i < 3; i++)
        CHECK(!att_music_world.read_value(&att_music_world, att_text_of("key"), att_text_of(wrong[i].text), &key));
    CHECK(!att_music_world.read_value(&att_music_world, att_text_of("tempo_bpm"), att_text_of("A minor"), &key));
}

CHECK_TEST(what_is_no_sound_is_refused_by_the_analyser)
{
    CHECK_BEGIN();
    att_analysis *a = calloc(1, sizeof *a);
    att_analysis_init(a, NULL);
    const att_host host = att_host_default();
    CHECK(att_music_world.analyse(&att_music_world, "no sound at all", 15, "audio/flac", a, &host, &err) != ATT_OK);
    att_analysis_deinit(a);
    free(a);
}

CHECK_MAIN(CHECK_CASE(a_loop_is_composed_heard_again_and_the_same_in_another_store), CHECK_CASE(a_maker_that_plays_too_fast_is_caught_by_the_analyser),
    CHECK_CASE(keys_are_read_by_name_and_by_no_other), CHECK_CASE(what_is_no_sound_is_refused_by_the_analyser))
