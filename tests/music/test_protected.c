// SPDX-License-Identifier: Apache-2.0
// What is made is held against what lies beside the store: a planted copy is denied and shown to nobody; without lists all is as it was; a list
// that cannot be read gives no verdict, and nothing is shown.
#include "../guard/sounds.h"

#include "attune/attune.h"
#include "base/base.h"
#include "music/protected.h"
#include "music/world.h"

#include <pthread.h>
#include <unistd.h>

static att_error err;

// --- A world that plays by dice -----------------------------------------------------------------------------------

// The brief's seed is the piece: 7 is the protected recording's.
static att_status make_by_dice(const att_medium *world, const att_brief *brief, uint64_t seed, att_made *out, const att_host *host, att_error *e)
{
    (void)world, (void)seed;
    const char *path = check_path("made.flac");
    size_t size;
    att_audio piece = music_by_dice(brief->seed, 15);
    att_status status = att_audio_write(att_audio_view(&piece), path, host, e);
    att_audio_deinit(&piece);
    if (status)
        return status;
    char *bytes = check_read_file(path, &size);
    snprintf(out->title, sizeof out->title, "Dice");
    snprintf(out->maker, sizeof out->maker, "dice 1");
    status = att_made_set(out, bytes, size, "audio/flac", e);
    free(bytes);
    return status;
}

static att_medium dice;
static const att_medium *const worlds[] = {&dice, NULL};

static att_engine *store(const char *path)
{
    att_engine *engine = NULL;
    dice = att_music_world;
    dice.make = make_by_dice;
    const att_open_options options = {.create = true, .seed = 5, .worlds = worlds};
    CHECK_OK_ERR(att_engine_open(&engine, path, &options, NULL, &err), &err);
    att_policy policy = att_policy_default();
    policy.generation.attempts = 1;
    CHECK_OK_ERR(att_engine_policy_set(engine, &policy, &err), &err);
    return engine;
}

typedef struct seen {
    char item[64], reason[ATT_MADE_REASON_SIZE];
    att_made_verdict verdict;
    bool shown;
    size_t count;
} seen;

static bool see(void *user, const att_candidate_about *a)
{
    seen *s = user;
    snprintf(s->item, sizeof s->item, "%.*s", ATT_TEXT_ARGS(a->item));
    snprintf(s->reason, sizeof s->reason, "%.*s", a->reason_count ? (int)a->reasons[0].size : 0, a->reason_count ? a->reasons[0].data : "");
    s->verdict = a->verdict;
    s->shown = a->shown;
    s->count++;
    return true;
}

static att_status make(att_engine *engine, uint64_t piece, seen *out)
{
    const att_generate_options one = {.candidates = 1};
    att_generated made;
    att_brief brief = att_brief_default();
    brief.medium = att_text_of("music");
    brief.seed = piece;
    *out = (seen){0};
    const att_status status = att_engine_generate(engine, &brief, &one, &made, &err);
    CHECK_OK(att_engine_brief_see(engine, att_text_of(made.brief), NULL, see, out, NULL));
    CHECK_EQ(out->count, 1);
    return status;
}

static const char *beside(const char *path, const char *suffix, char out[600])
{
    snprintf(out, 600, "%s%s", path, suffix);
    return out;
}

static void protect(const char *path, const char *name, uint64_t piece)
{
    att_prints *prints;
    att_audio recording = music_by_dice(piece, 15);
    CHECK_OK(att_prints_create(&prints, NULL, NULL));
    CHECK_OK_ERR(att_prints_add(prints, name, att_audio_view(&recording), &err), &err);
    CHECK_OK_ERR(att_prints_save(prints, path, &err), &err);
    att_audio_deinit(&recording);
    att_prints_destroy(prints);
}

// --- Through the engine -------------------------------------------------------------------------------------------

CHECK_TEST(a_planted_copy_is_denied_with_its_place_and_never_shown)
{
    CHECK_BEGIN();
    char path[512], file[600];
    seen s;
    snprintf(path, sizeof path, "%s", check_path("planted"));
    att_engine *engine = store(path);
    protect(beside(path, ATT_PROTECTED_SUFFIX, file), "Somebody/Their Song.ogg", 7);
    CHECK_OK_ERR(make(engine, 7, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_DENY);
    CHECK_HOLDS(s.reason, " s of Somebody/Their Song.ogg, which is protected: score ");
    CHECK_HOLDS(s.reason, ", a copy from 8.0");
    double from, to, there_from, there_to, score;
    CHECK_EQ(sscanf(s.reason, "%lf to %lf s are %lf to %lf s of Somebody/Their Song.ogg, which is protected: score %lf", &from, &to, &there_from,
                 &there_to, &score), 5);
    CHECK_NEAR(there_from - from, 0, 0.15);
    CHECK(to - from > 10 && score > 8);
    CHECK(!s.shown);
    CHECK_FAILS(att_engine_item_see(engine, att_text_of(s.item), NULL, NULL, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(make(engine, 8, &s), &err); // another piece is let through
    CHECK_EQ(s.verdict, ATT_MADE_ALLOW);
    CHECK(s.shown);
    att_engine_close(engine);
}

CHECK_TEST(without_a_list_nothing_is_held_against_it_and_a_new_list_is_read)
{
    CHECK_BEGIN();
    char path[512], file[600];
    seen s;
    snprintf(path, sizeof path, "%s", check_path("bare"));
    att_engine *engine = store(path);
    CHECK_OK_ERR(make(engine, 7, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_ALLOW);
    CHECK_STR(s.reason, "");
    protect(beside(path, ATT_PROTECTED_SUFFIX, file), "one", 70);
    CHECK_OK_ERR(make(engine, 9, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_ALLOW);
    protect(file, "another", 10);
    CHECK_OK_ERR(make(engine, 10, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_DENY);
    CHECK_HOLDS(s.reason, "s of another, which is protected");
    CHECK_EQ(unlink(file), 0);
    CHECK_OK_ERR(make(engine, 70, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_ALLOW);
    att_engine_close(engine);
}

static void damage(const char *file)
{
    size_t size;
    char *bytes = check_read_file(file, &size);
    bytes[size / 2] ^= 1;
    check_write_file(file, bytes, size);
    free(bytes);
}

static void find_damage(void *user, att_finding_kind kind, const char *what, const char *advice)
{
    if (kind == ATT_FINDING_DAMAGE || (kind == ATT_FINDING_FINE && strstr(what, ATT_PROTECTED_SUFFIX)))
        snprintf(user, 1000, "%s; %s", what, advice);
}

CHECK_TEST(a_damaged_list_gives_no_verdict_and_the_job_goes_on_when_it_is_mended)
{
    CHECK_BEGIN();
    char path[512], copy[512], file[600], said[1000] = "";
    seen s;
    size_t damages;
    snprintf(path, sizeof path, "%s", check_path("damaged"));
    snprintf(copy, sizeof copy, "%s", check_path("damaged-copy"));
    att_engine *engine = store(path);
    protect(beside(path, ATT_PROTECTED_SUFFIX, file), "their song", 7);
    CHECK_OK_ERR(make(engine, 9, &s), &err); // it was read once, and that does not count any more
    CHECK_EQ(s.verdict, ATT_MADE_ALLOW);
    damage(file);
    CHECK_FAILS(make(engine, 8, &s), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "there is no verdict, and so it is not shown: reading what is protected: loading the recordings ");
    CHECK_HOLDS(err.text, "damaged-protected.prints");
    CHECK_EQ(s.verdict, ATT_MADE_UNJUDGED);
    CHECK(!s.shown);
    CHECK_OK_ERR(att_doctor(path, NULL, find_damage, said, &damages, &err), &err);
    CHECK_EQ(damages, 1);
    CHECK_HOLDS(said, "no music that is made gets a verdict");
    protect(file, "their song", 7);
    CHECK_OK_ERR(make(engine, 8, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_ALLOW);
    CHECK(s.shown);
    CHECK_OK_ERR(att_backup(path, copy, NULL, &err), &err); // the copy guards as the store does
    CHECK_OK_ERR(att_doctor(copy, NULL, find_damage, said, &damages, &err), &err);
    CHECK_HOLDS(said, "damaged-copy-protected.prints: whole");
    CHECK_EQ(unlink(file), 0);
    CHECK_EQ(symlink("nowhere", file), 0); // a disk that is not there is not an empty list
    CHECK_FAILS(make(engine, 11, &s), ATT_NOT_FOUND);
    CHECK_EQ(s.verdict, ATT_MADE_UNJUDGED);
    att_engine_close(engine);
}

CHECK_TEST(what_sounds_like_an_artist_is_denied_by_the_floor)
{
    CHECK_BEGIN();
    char path[512], file[600];
    att_styles *styles;
    float x[ATT_STYLE_DIM];
    seen s;
    snprintf(path, sizeof path, "%s", check_path("styled"));
    att_engine *engine = store(path);
    CHECK_OK(att_styles_create(&styles, 0, NULL, NULL));
    for (uint64_t i = 0; i < 4; i++) { // the second artist's works are the first's, far away
        att_audio work = music_by_dice(7 + i % 2, 15);
        CHECK_OK_ERR(att_style_of(att_audio_view(&work), x, NULL, &err), &err);
        for (size_t k = 0; i >= 2 && k < ATT_STYLE_DIM; k++)
            x[k] += 1000;
        CHECK_OK_ERR(att_styles_add(styles, i < 2 ? "By Dice" : "Far Away", x, &err), &err);
        att_audio_deinit(&work);
    }
    CHECK_OK_ERR(att_styles_save(styles, beside(path, ATT_STYLES_SUFFIX, file), &err), &err);
    att_styles_destroy(styles);
    CHECK_OK_ERR(make(engine, 7, &s), &err);
    CHECK_EQ(s.verdict, ATT_MADE_DENY);
    CHECK_HOLDS(s.reason, "it sounds like By Dice: distance 0.");
    CHECK_HOLDS(s.reason, ", the floor is 0.90");
    CHECK_OK(att_styles_create(&styles, 3, NULL, NULL)); // embeddings of somebody else's
    CHECK_OK(att_styles_add(styles, "By Dice", x, NULL));
    CHECK_OK_ERR(att_styles_save(styles, file, &err), &err);
    att_styles_destroy(styles);
    CHECK_FAILS(make(engine, 8, &s), ATT_UNSUPPORTED);
    CHECK_HOLDS(err.text, "its embeddings have 3 numbers, this build makes 44");
    CHECK_EQ(s.verdict, ATT_MADE_UNJUDGED);
    att_engine_close(engine);
}

// --- Alone --------------------------------------------------------------------------------------------------------

CHECK_TEST(a_name_of_any_bytes_is_told_as_text_that_fits)
{
    CHECK_BEGIN();
    char path[512], file[600], name[600];
    att_protected *p;
    att_judgement judgement = {0};
    const att_host host = att_host_default();
    snprintf(path, sizeof path, "%s", check_path("named"));
    for (size_t i = 0; i < 500; i += 2)
        memcpy(name + i, "ö", 2);
    snprintf(name + 500, sizeof name - 500, "/a\n\xff.ogg");
    protect(beside(path, ATT_PROTECTED_SUFFIX, file), name, 7);
    CHECK_OK_ERR(att_protected_create(&p, path, &host, &err), &err);
    CHECK(att_protected_is_there(p));
    att_audio piece = music_by_dice(7, 15);
    CHECK_OK_ERR(att_protected_judge(p, att_audio_view(&piece), &judgement, &err), &err);
    CHECK_EQ(judgement.verdict, ATT_MADE_DENY);
    CHECK_HOLDS(judgement.reasons[0], " s of …ö");
    CHECK_HOLDS(judgement.reasons[0], "ö/a??.ogg, which is protected: score ");
    CHECK_HOLDS(judgement.reasons[0], ", a copy from 8.0");
    att_audio_deinit(&piece);
    att_protected_destroy(p);
}

CHECK_TEST(what_is_too_long_to_be_heard_to_its_end_is_held)
{
    CHECK_BEGIN();
    char path[512], file[600];
    void *kept;
    size_t size;
    att_judgement judgement = {0};
    att_audio night;
    const att_host host = att_host_default();
    snprintf(path, sizeof path, "%s", check_path("long"));
    protect(beside(path, ATT_PROTECTED_SUFFIX, file), "short", 7);
    CHECK_OK_ERR(att_audio_init(&night, (size_t)7201 * 4000, 1, 4000, NULL, &err), &err);
    CHECK_OK_ERR(att_audio_write(att_audio_view(&night), check_path("night.flac"), NULL, &err), &err);
    att_audio_deinit(&night);
    char *bytes = check_read_file(check_path("night.flac"), &size);
    CHECK_OK_ERR(att_music_world.open(&att_music_world, path, &kept, &host, &err), &err);
    CHECK_OK_ERR(att_music_world.check(&att_music_world, kept, NULL, bytes, size, NULL, &judgement, &host, &err), &err);
    CHECK_EQ(judgement.verdict, ATT_MADE_HOLD);
    CHECK_HOLDS(judgement.reasons[0], "it has 7200 s or more");
    att_music_world.close(&att_music_world, kept);
    free(bytes);
}

typedef struct looker {
    att_protected *p;
    att_sound sound;
    int denied;
} looker;

static void *look(void *user)
{
    looker *l = user;
    for (int i = 0; i < 4; i++) {
        att_judgement judgement = {0};
        l->denied += att_protected_judge(l->p, l->sound, &judgement, NULL) == ATT_OK && judgement.verdict == ATT_MADE_DENY;
    }
    return NULL;
}

CHECK_TEST(threads_look_while_the_list_is_replaced)
{
    CHECK_BEGIN();
    char path[512], file[600];
    pthread_t threads[3];
    looker lookers[3];
    const att_host host = att_host_default();
    snprintf(path, sizeof path, "%s", check_path("threads"));
    protect(beside(path, ATT_PROTECTED_SUFFIX, file), "first", 7);
    att_audio piece = music_by_dice(7, 15);
    att_protected *p;
    CHECK_OK_ERR(att_protected_create(&p, path, &host, &err), &err);
    for (int i = 0; i < 3; i++) {
        lookers[i] = (looker){p, att_audio_view(&piece), 0};
        CHECK_EQ(pthread_create(&threads[i], NULL, look, &lookers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        protect(file, i % 2 ? "first" : "second", 7);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQ(lookers[i].denied, 4); // by the old list or by the new one
    }
    att_protected_destroy(p);
    att_audio_deinit(&piece);
}

CHECK_MAIN(CHECK_CASE(a_planted_copy_is_denied_with_its_place_and_never_shown), CHECK_CASE(without_a_list_nothing_is_held_against_it_and_a_new_list_is_read),
    CHECK_CASE(a_damaged_list_gives_no_verdict_and_the_job_goes_on_when_it_is_mended), CHECK_CASE(what_sounds_like_an_artist_is_denied_by_the_floor),
    CHECK_CASE(a_name_of_any_bytes_is_told_as_text_that_fits), CHECK_CASE(what_is_too_long_to_be_heard_to_its_end_is_held),
    CHECK_CASE(threads_look_while_the_list_is_replaced))
