// SPDX-License-Identifier: Apache-2.0
// A brief becomes items: made once, checked always, never shown unchecked, in one slate with the catalogue, and the same after a replay.
#include "tones.h"

#include "engine/internal.h"
#include "generate/ledger.h"

#include <math.h>
#include <unistd.h>

static att_error err;
static att_slate_memory *memory;

static const att_need at_120[] = {{{"tempo_bpm", 9}, 118, 122}};

static att_generated generate(att_engine *engine, const att_brief *brief, uint32_t candidates)
{
    att_generated out;
    const att_generate_options options = {.candidates = candidates};
    CHECK_OK_ERR(att_engine_generate(engine, brief, &options, &out, &err), &err);
    return out;
}

// --- What is looked at ------------------------------------------------------------------------------------------------

typedef struct seen {
    att_brief_about brief;
    char form[2000];
    att_candidate_about c[8];
    char items[8][64], reasons[8][300];
    double first_measure[8];
    size_t count;
} seen;

static bool see_brief(void *user, const att_brief_about *about)
{
    seen *s = user;
    s->brief = *about;
    snprintf(s->form, sizeof s->form, "%.*s", ATT_TEXT_ARGS(about->form));
    return true;
}

static bool see_candidate(void *user, const att_candidate_about *about)
{
    seen *s = user;
    s->c[s->count] = *about;
    snprintf(s->items[s->count], sizeof s->items[0], "%.*s", ATT_TEXT_ARGS(about->item));
    snprintf(s->reasons[s->count], sizeof s->reasons[0], "%.*s", about->reason_count ? (int)about->reasons[0].size : 0,
        about->reason_count ? about->reasons[0].data : "");
    s->first_measure[s->count] = about->measure_count ? about->measures[0].value : (double)NAN;
    return ++s->count < 8;
}

static seen look(att_engine *engine, const char *brief)
{
    seen s = {0};
    CHECK_OK_ERR(att_engine_brief_see(engine, att_text_of(brief), see_brief, see_candidate, &s, &err), &err);
    return s;
}

static bool shows(att_engine *engine, const char *item)
{
    att_request request = scene_request(1, ATT_SLATE_MAX);
    request.dry = true;
    request.at_ms = 0;
    att_slate slate;
    CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
    for (size_t i = 0; i < slate.count; i++)
        if (att_text_equal(slate.shown[i].item, att_text_of(item)))
            return true;
    return false;
}

// Whatever stands beside it: of a brief only one item is in a slate.
static bool is_eligible(att_engine *engine, const char *item)
{
    const att_request request = scene_request(1, 1);
    att_explanation why;
    if (att_engine_explain(engine, &request, att_text_of(item), memory, &why, &err))
        return false;
    return why.eligible;
}

static size_t count_made(const att_slate *slate)
{
    size_t count = 0;
    for (size_t i = 0; i < slate->count; i++)
        count += slate->shown[i].made.size > 0;
    return count;
}

static void keep_bytes(void *user, const void *data, size_t size)
{
    snprintf(user, 300, "%.*s", (int)size, (const char *)data);
}

// --- Tests ------------------------------------------------------------------------------------------------------------

CHECK_TEST(the_same_brief_and_seed_make_the_same_bytes_in_any_store)
{
    CHECK_BEGIN();
    char bytes[2][300], hashes[2][65];
    for (int i = 0; i < 2; i++) {
        tones t = tones_new();
        att_engine *engine = tones_open(check_path(i ? "same-b" : "same-a"), &t, NULL);
        const att_brief brief = tone_brief(at_120, 1);
        const att_generated made = generate(engine, &brief, 2);
        CHECK_EQ(made.made, 2);
        CHECK_EQ(made.allowed, 2);
        const seen s = look(engine, made.brief);
        CHECK(strcmp(s.c[0].asset, s.c[1].asset) != 0);
        snprintf(hashes[i], sizeof hashes[i], "%s", s.c[1].asset);
        CHECK_OK_ERR(att_engine_asset_see(engine, att_text_of(s.c[1].asset), keep_bytes, bytes[i], &err), &err);
        att_engine_close(engine);
    }
    CHECK_STR(hashes[0], hashes[1]);
    CHECK_STR(bytes[0], bytes[1]);
    CHECK_HOLDS(bytes[0], "tone 120 ");
}

CHECK_TEST(bytes_that_are_added_are_kept_once_under_their_hash)
{
    CHECK_BEGIN();
    tones t = tones_new();
    char bytes[300], hash[65], again[65], other[65];
    att_engine *engine = tones_open(check_path("added"), &t, NULL);
    CHECK_OK_ERR(att_engine_asset_add(engine, "a sound", 7, att_text_of("audio/wav"), hash, &err), &err);
    CHECK_OK_ERR(att_engine_asset_add(engine, "a sound", 7, att_text_of("audio/flac"), again, &err), &err);
    CHECK_OK_ERR(att_engine_asset_add(engine, "a noise", 7, att_text_of("audio/wav"), other, &err), &err);
    CHECK_STR(hash, again);
    CHECK(strcmp(hash, other) != 0);
    CHECK_FAILS(att_engine_asset_add(engine, NULL, (size_t)1 << 30, att_text_of("audio/wav"), again, &err), ATT_LIMIT);
    CHECK_OK_ERR(att_engine_asset_delete(engine, att_text_of(other), &err), &err);
    CHECK_FAILS(att_engine_asset_delete(engine, att_text_of(other), &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_engine_asset_delete(engine, att_text_of("../other"), &err), ATT_INVALID);
    att_engine_close(engine);
    engine = tones_open(check_path("added"), &t, NULL); // on disk
    CHECK_OK_ERR(att_engine_asset_see(engine, att_text_of(hash), keep_bytes, bytes, &err), &err);
    CHECK_STR(bytes, "a sound");
    att_engine_close(engine);
}

// --- Where it comes from ----------------------------------------------------------------------------------------------

typedef struct origin {
    uint64_t outputs;
    att_provenance_entry last;
    char subject[64], model[64], brief[65], note[400];
} origin;

static bool see_origin(void *user, const att_provenance_entry *e, att_text line)
{
    origin *o = user;
    (void)line;
    if (e->kind != ATT_PROVENANCE_OUTPUT)
        return true;
    o->outputs++;
    o->last = *e;
    snprintf(o->subject, sizeof o->subject, "%.*s", ATT_TEXT_ARGS(e->subject));
    snprintf(o->model, sizeof o->model, "%.*s", ATT_TEXT_ARGS(e->model));
    snprintf(o->note, sizeof o->note, "%.*s", ATT_TEXT_ARGS(e->note));
    att_hash_text(&e->brief, o->brief);
    return true;
}

CHECK_TEST(everything_that_was_made_stands_in_the_log_of_provenance)
{
    CHECK_BEGIN();
    char bytes[300], log[600], people[640];
    tones t = tones_new();
    origin o = {0};
    att_hash content;
    att_engine *engine = tones_open(check_path("origin"), &t, NULL);
    att_brief brief = tone_brief(at_120, 1);
    brief.person = att_text_of("ann");
    const att_generated made = generate(engine, &brief, 2);
    const seen s = look(engine, made.brief);
    CHECK_FAILS(att_engine_asset_delete(engine, att_text_of(s.c[1].asset), &err), ATT_EXISTS);
    CHECK_HOLDS(err.text, "was made and consists of it");
    CHECK_OK_ERR(att_engine_asset_see(engine, att_text_of(s.c[1].asset), keep_bytes, bytes, &err), &err);
    att_hash_of(bytes, strlen(bytes), &content);
    snprintf(log, sizeof log, "%s%s", check_path("origin"), ATT_PROVENANCE_SUFFIX);
    snprintf(people, sizeof people, "%s-people", log);
    CHECK_OK_ERR(att_provenance_each(log, people, 0, NULL, see_origin, &o, &err), &err);
    CHECK_EQ(o.outputs, 2);
    CHECK_STR(o.subject, s.items[1]);
    CHECK_STR(o.brief, made.brief);
    CHECK(o.model[0] != 0);
    CHECK_HOLDS(o.note, "allow; made from a sine, by nobody");
    CHECK_EQ(o.last.parent_count, 1);
    CHECK(memcmp(&content, &o.last.content, sizeof content) == 0);
    CHECK(o.last.seeded && o.last.who == ATT_PROVENANCE_SOMEBODY);
    CHECK_EQ(generate(engine, &brief, 2).made, 0); // from the cache: nothing new was made
    CHECK_OK_ERR(att_engine_forget(engine, att_text_of("ann"), NULL, &err), &err);
    o = (origin){0};
    CHECK_OK_ERR(att_provenance_each(log, people, 0, NULL, see_origin, &o, &err), &err);
    CHECK_EQ(o.outputs, 2);
    CHECK_EQ(o.last.who, ATT_PROVENANCE_ERASED);
    att_engine_close(engine);
}

CHECK_TEST(a_brief_is_made_once_for_all_who_ask)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = tones_open(check_path("reuse"), &t, NULL);
    const att_need two[] = {{att_text_of("level_db"), -14, -14}, {att_text_of("tempo_bpm"), 118, 122}};
    const att_need turned[] = {two[1], two[0]};
    const att_feature taste[] = {{att_text_of("energy"), 0.74}}, near[] = {{att_text_of("energy"), 0.76}}, far[] = {{att_text_of("energy"), 0.85}};
    att_brief brief = tone_brief(two, 2), other = tone_brief(turned, 2);
    brief.taste = taste;
    other.taste = near;
    brief.taste_count = other.taste_count = 1;
    brief.person = att_text_of("ann");
    other.person = att_text_of("ben");
    other.prompt = att_text_of("  a  calm\tbeep ");
    other.latency = ATT_LATENCY_REAL_TIME;
    const att_generated first = generate(engine, &brief, 2), second = generate(engine, &other, 2);
    CHECK_EQ(first.made, 2);
    CHECK_EQ(second.made, 0);
    CHECK_EQ(second.allowed, 2);
    CHECK_STR(first.brief, second.brief);
    CHECK_EQ(t.makes, 2);
    CHECK_EQ(look(engine, first.brief).brief.asked, 2);
    other.taste = far;
    CHECK_EQ(generate(engine, &other, 2).made, 2);
    other.seed++;
    CHECK_EQ(generate(engine, &other, 1).made, 1);
    CHECK_EQ(generate(engine, &brief, 3).made, 1); // more of the same goes on behind what is there
    t.world.version = 2;
    CHECK_EQ(generate(engine, &brief, 1).made, 1); // another maker makes anew
    att_engine_close(engine);
}

CHECK_TEST(what_misses_its_brief_is_refused_and_says_why)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = tones_open(check_path("misses"), &t, NULL);
    att_brief brief = tone_brief(at_120, 1);
    t.wrong_bpm = 3; // 123: beyond 122 + 0.5 + 0.1 %
    att_generated made = generate(engine, &brief, 2);
    CHECK_EQ(made.allowed, 0);
    CHECK_EQ(made.denied, 6); // three times two tries
    seen s = look(engine, made.brief);
    CHECK_HOLDS(s.reasons[0], "tempo_bpm: measured 123, the brief asks for 118 to 122 BPM");
    CHECK(!shows(engine, s.items[0]));
    CHECK_FAILS(att_engine_item_see(engine, att_text_of(s.items[0]), NULL, NULL, &err), ATT_NOT_FOUND);

    t.wrong_bpm = 2.6; // 122.6: within the analyser's own error of 0.622
    brief.seed = 2;
    CHECK_EQ(generate(engine, &brief, 1).allowed, 1);
    t.wrong_bpm = 0;
    t.is_garbage = true;
    brief.seed = 3;
    s = look(engine, generate(engine, &brief, 1).brief);
    CHECK_HOLDS(s.reasons[0], "the analyser refused it: this is no tone");
    t.is_garbage = false;
    t.long_name = true;
    brief.seed = 5;
    s = look(engine, generate(engine, &brief, 1).brief);
    CHECK_HOLDS(s.reasons[0], "measure 2 of its analysis has no name");
    t.long_name = false;
    t.all_alike = true;
    brief.seed = 4;
    made = generate(engine, &brief, 2);
    CHECK_EQ(made.allowed, 1);
    CHECK_EQ(made.denied, 5);
    s = look(engine, made.brief);
    CHECK_HOLDS(s.reasons[1], "novelty: measured 0.0000, at least 0.0002 is asked for; nearest is made-");
    const att_need deep[] = {{att_text_of("depth"), 0, 1}};
    brief = tone_brief(deep, 1);
    CHECK_HOLDS(look(engine, generate(engine, &brief, 1).brief).reasons[0], "depth: the analyser could not tell");
    att_engine_close(engine);
}

CHECK_TEST(a_prompt_that_is_understood_binds_the_maker)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = tones_open(check_path("prompt"), &t, NULL);
    att_brief brief = tone_brief(NULL, 0);
    brief.prompt = att_text_of("fast and bright");
    seen s = look(engine, generate(engine, &brief, 1).brief);
    CHECK_HOLDS(s.form, "need tempo_bpm 140 160\n");
    CHECK_NEAR(s.first_measure[0], 150, 1e-9);
    brief.needs = at_120; // what the brief says itself comes first
    brief.need_count = 1;
    s = look(engine, generate(engine, &brief, 1).brief);
    CHECK_HOLDS(s.form, "need tempo_bpm 118 122\n");
    t.wrong_bpm = 40;
    brief.need_count = 0;
    brief.seed = 9;
    CHECK_EQ(generate(engine, &brief, 1).allowed, 0);
    att_engine_close(engine);
}

CHECK_TEST(briefs_that_cannot_be_are_refused_with_field_and_reason)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = tones_open(check_path("refused"), &t, NULL);
    att_brief brief = tone_brief(at_120, 1);
    brief.medium = att_text_of("smells");
    CHECK_FAILS(att_engine_generate(engine, &brief, NULL, NULL, &err), ATT_UNSUPPORTED);
    CHECK_HOLDS(err.text, "medium \"smells\": this build makes none");
    const att_need wrong[][2] = {{{att_text_of("colour"), 1, 2}}, {{att_text_of("tempo_bpm"), 5, 4}}, {{att_text_of("tempo_bpm"), (double)NAN, 4}},
        {{att_text_of("tempo_bpm"), 1, 4}, {att_text_of("tempo_bpm"), 2, 3}}};
    const char *stories[] = {"need \"colour\": tones does not measure it; expected tempo_bpm, level_db, depth, novelty",
        "need \"tempo_bpm\": found 5 to 4", "need \"tempo_bpm\": found nan to 4", "need \"tempo_bpm\" is there twice"};
    for (size_t i = 0; i < 4; i++) {
        brief = tone_brief(wrong[i], i == 3 ? 2 : 1);
        CHECK_FAILS(att_engine_generate(engine, &brief, NULL, NULL, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, stories[i]);
    }
    brief = tone_brief(at_120, 1);
    brief.kind = att_text_of("symphony");
    CHECK_FAILS(att_engine_generate(engine, &brief, NULL, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "kind \"symphony\": tones makes none, expected one of beep, chord");
    brief = tone_brief(at_120, 1);
    const att_feature blank[] = {{att_text_of("a b"), 1}};
    brief.taste = blank;
    brief.taste_count = 1;
    CHECK_FAILS(att_engine_generate(engine, &brief, NULL, NULL, &err), ATT_INVALID);
    CHECK_EQ(t.makes, 0);
    att_engine_info info;
    att_engine_info_get(engine, &info);
    CHECK_EQ(info.items, 0);
    att_engine_close(engine);
}

static void host_puts_body(att_engine *engine, const char *id)
{
    const att_item item = {.id = att_text_of(id), .title = att_text_of("smuggled"), .medium = att_text_of("tones")};
    CHECK_OK_ERR(att_engine_items_put(engine, &item, 1, &err), &err);
}

CHECK_TEST(without_a_verdict_nothing_is_shown_after_a_cut_or_a_replay_and_the_job_goes_on)
{
    CHECK_BEGIN();
    tones t = tones_new();
    const char *path = check_path("cut");
    att_engine *engine = tones_open(path, &t, NULL);
    const att_brief brief = tone_brief(at_120, 1);
    const att_generate_options three = {.candidates = 3};
    att_generated made;
    t.stop_analysis = 2; // the first is allowed, the second made and not checked
    CHECK_FAILS(att_engine_generate(engine, &brief, &three, &made, &err), ATT_CANCELLED);
    CHECK_EQ(made.made, 2);
    seen s = look(engine, made.brief);
    CHECK_EQ(s.count, 2);
    CHECK_EQ(s.brief.state, ATT_BRIEF_CANCELLED);
    CHECK_EQ(s.c[1].verdict, ATT_MADE_UNJUDGED);
    CHECK(shows(engine, s.items[0]));
    CHECK(!shows(engine, s.items[1]));
    host_puts_body(engine, s.items[1]); // not even when a host puts a body under its name
    CHECK(!shows(engine, s.items[1]));
    char second[65];
    snprintf(second, sizeof second, "%s", s.c[1].asset);
    att_engine_close(engine);

    engine = tones_open(path, &t, NULL);
    CHECK(shows(engine, s.items[0]));
    CHECK(!shows(engine, s.items[1]));
    made = generate(engine, &brief, 3);
    CHECK_EQ(made.made, 1);
    CHECK_EQ(t.makes, 3);    // the second was not made again
    CHECK_EQ(t.analyses, 4); // but checked
    s = look(engine, made.brief);
    CHECK_EQ(s.brief.state, ATT_BRIEF_DONE);
    CHECK_STR(s.c[1].asset, second);
    for (int i = 0; i < 3; i++)
        CHECK(s.c[i].shown);
    att_engine_close(engine);
}

static char held_case[ATT_CASE_ID_SIZE];
static bool take_case(void *user, const att_case *found)
{
    (void)user;
    snprintf(held_case, sizeof held_case, "%.*s", ATT_TEXT_ARGS(found->id));
    return true;
}

CHECK_TEST(what_is_held_waits_for_people_and_is_shown_when_they_allow_it)
{
    CHECK_BEGIN();
    tones t = tones_new();
    const char *path = check_path("held");
    att_engine *engine = tones_open(path, &t, NULL);
    att_policy policy = att_policy_default();
    policy.generation.review = true;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    const att_brief brief = tone_brief(at_120, 1);
    const att_generated made = generate(engine, &brief, 1);
    CHECK_EQ(made.held, 1);
    const seen s = look(engine, made.brief);
    CHECK(!shows(engine, s.items[0]));
    att_case_filter waiting = att_case_filter_default();
    waiting.waiting = true;
    size_t total;
    CHECK_OK_ERR(att_engine_cases_each(engine, &waiting, take_case, NULL, &total, &err), &err);
    CHECK_EQ(total, 1);
    const att_case_decision allow = {ATT_CASE_ALLOW, att_text_of("sounds fine")};
    CHECK_OK_ERR(att_engine_case_decide(engine, att_text_of(held_case), att_text_of("mara"), &allow, 1, &err), &err);
    CHECK(shows(engine, s.items[0]));
    att_engine_close(engine);
    engine = tones_open(path, &t, NULL);
    CHECK(shows(engine, s.items[0]));
    const att_case_decision deny = {ATT_CASE_DENY, att_text_of("after all not")};
    CHECK_OK_ERR(att_engine_case_decide(engine, att_text_of(held_case), att_text_of("mara"), &deny, 1, &err), &err);
    CHECK(!shows(engine, s.items[0]));
    att_engine_close(engine);
}

static char held_reason[2048];
static bool take_reason(void *user, const att_case *found)
{
    (void)user;
    snprintf(held_reason, sizeof held_reason, "%.*s", ATT_TEXT_ARGS(found->history[0].reason));
    CHECK_EQ(strlen(held_reason), found->history[0].reason.size);
    return true;
}

CHECK_TEST(as_many_and_as_long_reasons_as_there_can_be_all_stand_in_the_case)
{
    CHECK_BEGIN();
    tones t = tones_new();
    t.forbid = 3;
    att_engine *engine = tones_open(check_path("reasons"), &t, NULL);
    const att_brief brief = tone_brief(at_120, 1);
    CHECK_EQ(generate(engine, &brief, 1).held, 1);
    size_t total;
    CHECK_OK_ERR(att_engine_cases_each(engine, NULL, take_case, NULL, &total, &err), &err);
    CHECK_OK_ERR(att_engine_case_see(engine, att_text_of(held_case), take_reason, NULL, &err), &err);
    CHECK_EQ(strlen(held_reason), ATT_MADE_REASONS_MAX * (ATT_MADE_REASON_SIZE - 1) + 2 * (ATT_MADE_REASONS_MAX - 1));
    CHECK_STR(held_reason + strlen(held_reason) - 3, "007");
    att_engine_close(engine);
}

CHECK_TEST(one_slate_mixes_what_was_made_with_the_catalogue)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = tones_open(check_path("mixed"), &t, NULL);
    scene_fill(engine);
    scene_train(engine);
    att_brief brief = tone_brief(at_120, 1);
    for (int i = 0; i < 4; i++) {
        brief.seed = 100 + (uint64_t)i;
        CHECK_EQ(generate(engine, &brief, 3).allowed, 3);
    }
    size_t made = 0, other = 0;
    for (int user = 0; user < 12; user++) {
        att_request request = scene_request(user, 10);
        request.at_ms = 0;
        att_slate slate;
        CHECK_OK_ERR(att_engine_decide(engine, &request, memory, &slate, &err), &err);
        CHECK_EQ(slate.count, 10);
        const size_t here = count_made(&slate);
        CHECK(here <= 4); // one of a brief
        made += here;
        other += slate.count - here;
        for (size_t i = 0; i < slate.count; i++)
            CHECK(slate.shown[i].propensity > 0 && slate.shown[i].propensity <= 1);
    }
    CHECK_NOTE("%zu of %zu slots were made", made, made + other);
    CHECK(made > 0);
    CHECK(other > made);
    att_engine_close(engine);
}

CHECK_TEST(a_replay_tells_the_same_with_a_checkpoint_and_without)
{
    CHECK_BEGIN();
    tones t = tones_new();
    const char *path = check_path("replay");
    att_engine *engine = tones_open(path, &t, NULL);
    att_brief brief = tone_brief(at_120, 1);
    t.forbid = 1;
    char ids[5][ATT_BRIEF_ID_SIZE];
    for (int i = 0; i < 5; i++) {
        brief.seed = (uint64_t)i;
        snprintf(ids[i], sizeof ids[i], "%s", generate(engine, &brief, 2).brief);
    }
    seen before[5];
    int shown = 0, held = 0;
    for (int i = 0; i < 5; i++) {
        before[i] = look(engine, ids[i]);
        for (size_t c = 0; c < before[i].count; c++) {
            shown += before[i].c[c].shown;
            held += before[i].c[c].verdict == ATT_MADE_HOLD;
        }
    }
    CHECK(shown > 0 && held > 0);
    att_engine_save_made(engine);
    att_engine_close(engine);
    for (int turn = 0; turn < 2; turn++) {
        engine = tones_open(path, &t, NULL);
        for (int i = 0; i < 5; i++) {
            const seen s = look(engine, ids[i]);
            CHECK_EQ(s.count, before[i].count);
            CHECK_EQ(s.brief.asked, before[i].brief.asked);
            CHECK_STR(s.form, before[i].form);
            for (size_t c = 0; c < s.count; c++) {
                CHECK_STR(s.items[c], before[i].items[c]);
                CHECK_EQ(s.c[c].verdict, before[i].c[c].verdict);
                CHECK_EQ(s.c[c].shown, before[i].c[c].shown);
                CHECK_EQ(is_eligible(engine, s.items[c]), s.c[c].shown);
                CHECK_NEAR(s.c[c].cpu_s, before[i].c[c].cpu_s, 0);
            }
        }
        att_engine_close(engine);
        char checkpoint[300];
        snprintf(checkpoint, sizeof checkpoint, "%s-made", path);
        CHECK(unlink(checkpoint) == 0 || turn == 1);
    }
}

static bool file_holds(const char *path, const char *what)
{
    size_t size = 0;
    char *bytes = check_read_file(path, &size);
    const bool found = memmem(bytes, size, what, strlen(what)) != NULL;
    free(bytes);
    return found;
}

CHECK_TEST(a_taste_that_is_found_can_be_asked_for)
{
    CHECK_BEGIN();
    tones t = tones_new();
    att_engine *engine = tones_open(check_path("taste"), &t, NULL);
    const att_feature features[] = {{att_text_of("beats a minute"), 120}, {att_text_of("energy"), 0.75}, {att_text_of("plays"), 5e6}};
    const att_item item = {.id = att_text_of("song"), .title = att_text_of("Song"), .medium = att_text_of("tones"), .features = features, .feature_count = 3};
    CHECK_OK_ERR(att_engine_items_put(engine, &item, 1, &err), &err);
    att_event event = att_event_empty();
    event.user = att_text_of("ann");
    event.item = item.id;
    event.signal = ATT_SIGNAL_LIKE;
    event.at_ms = 1700000000000;
    CHECK_OK_ERR(att_engine_event(engine, &event, NULL, &err), &err);
    att_request request = att_request_default();
    request.user = event.user;
    att_feature taste[ATT_BRIEF_TASTE_MAX];
    att_brief brief = tone_brief(at_120, 1);
    CHECK_OK_ERR(att_engine_taste_features(engine, &request, memory, taste, ATT_BRIEF_TASTE_MAX, &brief.taste_count, &err), &err);
    CHECK_EQ(brief.taste_count, 1); // neither a name with blanks nor a value beyond what a brief holds
    CHECK_TEXT(taste[0].name, "energy");
    brief.taste = taste;
    CHECK_EQ(generate(engine, &brief, 1).allowed, 1);
    att_engine_close(engine);
}

CHECK_TEST(who_is_forgotten_takes_their_taste_along_and_leaves_what_was_made)
{
    CHECK_BEGIN();
    tones t = tones_new();
    const char *path = check_path("forgotten");
    att_engine *engine = tones_open(path, &t, NULL);
    const att_feature taste[] = {{att_text_of("melancholy"), 0.8125}};
    att_brief brief = tone_brief(at_120, 1);
    brief.taste = taste;
    brief.taste_count = 1;
    brief.person = att_text_of("ann");
    const att_generated made = generate(engine, &brief, 1);
    const seen before = look(engine, made.brief);
    CHECK_HOLDS(before.form, "taste melancholy 0.8125");
    uint64_t rows;
    CHECK_OK_ERR(att_engine_forget(engine, att_text_of("ann"), &rows, &err), &err);
    CHECK_EQ(rows, 1);
    const seen after = look(engine, made.brief);
    CHECK_STR(after.form, "");
    CHECK_EQ(after.brief.asked, 0);
    CHECK(shows(engine, after.items[0]));
    att_engine_close(engine);
    CHECK(!file_holds(path, "melancholy"));
    engine = tones_open(path, &t, NULL);
    CHECK_STR(look(engine, made.brief).form, "");
    brief.person = att_text_of("ben"); // with the same taste: nothing is made again, and the form is theirs now
    CHECK_EQ(generate(engine, &brief, 1).made, 0);
    CHECK_HOLDS(look(engine, made.brief).form, "taste melancholy 0.8125");
    att_engine_close(engine);
}

// --- What a world keeps beside a store --------------------------------------------------------------------------------

static int kept_beside, checked_with_it;
static char kept_for[600];

static att_status keep_beside(const att_medium *world, const char *store, void **beside, const att_host *host, att_error *e)
{
    (void)world, (void)host, (void)e;
    snprintf(kept_for, sizeof kept_for, "%s", store);
    kept_beside++;
    *beside = &kept_beside;
    return ATT_OK;
}

static void drop_beside(const att_medium *world, void *beside)
{
    (void)world;
    kept_beside -= beside == &kept_beside;
}

static att_status check_with_it(const att_medium *world, void *beside, const att_brief *brief, const void *data, size_t size,
    const att_analysis *analysis, att_judgement *out, const att_host *host, att_error *e)
{
    (void)world, (void)brief, (void)data, (void)size, (void)analysis, (void)out, (void)host;
    checked_with_it += beside == &kept_beside;
    return checked_with_it == 2 ? att_fail(e, ATT_IO, "its list cannot be read") : ATT_OK;
}

CHECK_TEST(a_check_gets_what_its_world_keeps_and_its_failure_is_no_verdict)
{
    CHECK_BEGIN();
    tones t = tones_new();
    t.world.open = keep_beside;
    t.world.close = drop_beside;
    t.world.check = check_with_it;
    att_engine *engine = tones_open(check_path("beside"), &t, NULL);
    CHECK_EQ(kept_beside, 1);
    CHECK_STR(kept_for, check_path("beside"));
    const att_brief brief = tone_brief(at_120, 1);
    const att_generate_options two = {.candidates = 2};
    att_generated made;
    CHECK_FAILS(att_engine_generate(engine, &brief, &two, &made, &err), ATT_IO);
    CHECK_HOLDS(err.text, "candidate 2: there is no verdict, and so it is not shown: its list cannot be read");
    const seen s = look(engine, made.brief);
    CHECK_EQ(s.c[1].verdict, ATT_MADE_UNJUDGED);
    CHECK(is_eligible(engine, s.items[0]) && !is_eligible(engine, s.items[1]));
    const att_generated mended = generate(engine, &brief, 2);
    CHECK_EQ(mended.made, 0); // it is checked again, and not made again
    CHECK_EQ(mended.allowed, 2);
    CHECK_EQ(checked_with_it, 3);
    att_engine_close(engine);
    CHECK_EQ(kept_beside, 0);
    t.world.close = NULL;
    const att_medium *const worlds[] = {&t.world, NULL};
    const att_open_options options = {.create = true, .worlds = worlds};
    CHECK_FAILS(att_engine_open(&engine, check_path("half"), &options, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "world tones: expected `open` and `close`, or neither");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK_CASE(the_same_brief_and_seed_make_the_same_bytes_in_any_store),
        CHECK_CASE(bytes_that_are_added_are_kept_once_under_their_hash),
        CHECK_CASE(a_brief_is_made_once_for_all_who_ask), CHECK_CASE(everything_that_was_made_stands_in_the_log_of_provenance),
        CHECK_CASE(what_misses_its_brief_is_refused_and_says_why),
        CHECK_CASE(a_prompt_that_is_understood_binds_the_maker),
        CHECK_CASE(briefs_that_cannot_be_are_refused_with_field_and_reason),
        CHECK_CASE(without_a_verdict_nothing_is_shown_after_a_cut_or_a_replay_and_the_job_goes_on),
        CHECK_CASE(what_is_held_waits_for_people_and_is_shown_when_they_allow_it),
        CHECK_CASE(as_many_and_as_long_reasons_as_there_can_be_all_stand_in_the_case),
        CHECK_CASE(one_slate_mixes_what_was_made_with_the_catalogue),
        CHECK_CASE(a_replay_tells_the_same_with_a_checkpoint_and_without),
        CHECK_CASE(a_taste_that_is_found_can_be_asked_for), CHECK_CASE(who_is_forgotten_takes_their_taste_along_and_leaves_what_was_made),
        CHECK_CASE(a_check_gets_what_its_world_keeps_and_its_failure_is_no_verdict),
    };
    CHECK_OK_ERR(att_slate_memory_create(&memory, NULL, &err), &err);
    const int failed = cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
    att_slate_memory_destroy(memory);
    return failed;
}
