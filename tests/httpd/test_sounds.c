// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_sounds.c - sounds over HTTP: uploaded, told of, heard, changed, found again; what is no sound or another tenant's is refused.
#include "client.h"
#include "sound.h"

#include "attune/master.h"

#include <signal.h>
#include <unistd.h>

static service town;
static char shop_key[80], first[80], second[80]; // hashes of two sounds of the town

static void upload(double seconds, unsigned seed, char hash[80])
{
    size_t size;
    unsigned char *wav = sound_make(seconds, seed, &size);
    reply r = client_send(&town, "POST", "/v1/sounds", town.key, wav, size);
    if (r.status != 200)
        CHECK_NOTE("%d: %s", r.status, r.body ? r.body : "");
    CHECK_EQ(r.status, 200);
    CHECK_NEAR(json_number_value(json_object_get(r.json, "seconds")), seconds, 0.001);
    CHECK_EQ(json_integer_value(json_object_get(r.json, "rate_hz")), SOUND_RATE_HZ);
    CHECK_EQ(json_integer_value(json_object_get(r.json, "channels")), 1);
    CHECK_EQ(json_integer_value(json_object_get(r.json, "size")), size);
    CHECK(strcmp(client_text(r.json, "media_type"), "audio/wav") == 0);
    snprintf(hash, 80, "%s", client_text(r.json, "sound"));
    CHECK_EQ(strlen(hash), 64);
    client_free(&r);
    free(wav);
}

static const char *path_of(const char *hash, const char *more)
{
    static char path[200];
    snprintf(path, sizeof path, "/v1/sounds/%s%s", hash, more);
    return path;
}

static void start(const char *hash, const char *task, char id[40])
{
    reply r = client_ask(&town, "POST", path_of(hash, "/jobs"), town.key, task);
    if (r.status != 202)
        CHECK_NOTE("%s: %d: %s", task, r.status, r.body ? r.body : "");
    CHECK_EQ(r.status, 202);
    snprintf(id, 40, "%s", client_text(r.json, "id"));
    client_free(&r);
}

static reply wait_for(const char *id)
{
    char path[100];
    snprintf(path, sizeof path, "/v1/jobs/%s", id);
    for (int tries = 0;; tries++) {
        reply r = client_ask(&town, "GET", path, town.key, NULL);
        CHECK_EQ(r.status, 200);
        const char *state = client_text(r.json, "state");
        if ((strcmp(state, "waiting") != 0 && strcmp(state, "running") != 0) || tries > 1200)
            return r;
        client_free(&r);
        usleep(50000);
    }
}

// Does it, and returns the whole job, which is done.
static reply do_task(const char *hash, const char *task)
{
    char id[40];
    start(hash, task, id);
    reply r = wait_for(id);
    if (strcmp(client_text(r.json, "state"), "done") != 0)
        CHECK_NOTE("%s: %s", task, r.body);
    CHECK(strcmp(client_text(r.json, "state"), "done") == 0);
    return r;
}

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

CHECK_TEST(the_same_bytes_are_the_same_sound_and_come_back_as_they_were)
{
    CHECK_BEGIN();
    char again[80];
    upload(8, 1, again);
    CHECK(strcmp(again, first) == 0);
    CHECK(strcmp(second, first) != 0);
    size_t size;
    unsigned char *wav = sound_make(8, 1, &size);
    reply r = client_ask(&town, "GET", path_of(first, "/content"), town.key, NULL);
    CHECK_EQ(r.status, 200);
    CHECK(r.size == size && memcmp(r.body, wav, size) == 0);
    client_free(&r);
    free(wav);
    r = client_ask(&town, "GET", path_of(first, ""), town.key, NULL);
    CHECK_EQ(r.status, 200);
    CHECK_NEAR(number(r.json, "seconds"), 8, 0.001);
    client_free(&r);
}

// Asks for a part of the first sound; the status, its Content-Range and its bytes are as expected.
static void part(const char *range, int status, const char *told, const unsigned char *wav, size_t from, size_t size)
{
    char request[600];
    const int length = snprintf(request, sizeof request, "GET /v1/sounds/%s/content HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\nRange: %s\r\n\r\n",
        first, town.key, range);
    reply r = client_raw(&town, request, (size_t)length, 5000);
    if (r.status != status)
        CHECK_NOTE("%s: %d", range, r.status);
    CHECK_EQ(r.status, status);
    CHECK(strstr(r.head, status == 416 ? "Content-Range" : "Accept-Ranges: bytes") != NULL);
    if (told)
        CHECK(strstr(r.head, told) != NULL);
    else
        CHECK(!strstr(r.head, "Content-Range"));
    if (status != 416)
        CHECK(r.size == size && memcmp(r.body, wav + from, size) == 0);
    client_free(&r);
}

CHECK_TEST(a_part_of_a_sound_is_given_where_it_is_asked_for)
{
    CHECK_BEGIN();
    size_t size;
    unsigned char *wav = sound_make(8, 1, &size);
    char told[80];
    snprintf(told, sizeof told, "Content-Range: bytes 0-99/%zu\r\n", size);
    part("bytes=0-99", 206, told, wav, 0, 100);
    snprintf(told, sizeof told, "Content-Range: bytes %zu-%zu/%zu\r\n", size - 10, size - 1, size);
    part("bytes=-10", 206, told, wav, size - 10, 10);
    char behind[80];
    snprintf(behind, sizeof behind, "bytes=%zu-", size - 10);
    part(behind, 206, told, wav, size - 10, 10);
    snprintf(behind, sizeof behind, "bytes=%zu-%zu", size - 10, size + 1000);
    part(behind, 206, told, wav, size - 10, 10);
    snprintf(told, sizeof told, "Content-Range: bytes */%zu\r\n", size);
    snprintf(behind, sizeof behind, "bytes=%zu-", size);
    part(behind, 416, told, wav, 0, 0);
    part("bytes=-0", 416, told, wav, 0, 0);
    static const char *const whole[] = {"bytes=9-3", "bytes=0-1,5-6", "bytes=-", "bytes=", "lines=0-1", "bytes=a-b"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        part(whole[i], 200, NULL, wav, 0, size);
    free(wav);
}

CHECK_TEST(what_is_no_sound_is_refused)
{
    CHECK_BEGIN();
    static const char *const bad[] = {"{}", "RIFF\x10", "not a sound, and long enough to be looked at as if it might be one of some kind"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        client_refused(&town, "POST", "/v1/sounds", bad[i], 415, NULL);
    client_refused(&town, "POST", "/v1/sounds", "", 400, NULL);
    client_refused(&town, "GET", "/v1/sounds/abc", NULL, 404, "sound");
    client_refused(&town, "GET", "/v1/sounds/abc/content", NULL, 404, "sound");
}

CHECK_TEST(what_is_larger_than_a_sound_may_be_is_refused)
{
    CHECK_BEGIN();
    size_t size;
    unsigned char *wav = sound_make(30, 1, &size); // 1.3 MB, and the service takes 1 MiB
    reply r = client_send(&town, "POST", "/v1/sounds", town.key, wav, size);
    CHECK_EQ(r.status, 413);
    client_free(&r);
    free(wav);
}

CHECK_TEST(another_tenants_sound_is_not_there)
{
    CHECK_BEGIN();
    static const char *const more[] = {"", "/content"};
    for (int i = 0; i < 2; i++) {
        reply r = client_ask(&town, "GET", path_of(first, more[i]), shop_key, NULL);
        CHECK_EQ(r.status, 404);
        client_free(&r);
    }
    reply r = client_ask(&town, "POST", path_of(first, "/jobs"), shop_key, "{\"action\":\"analyze\"}");
    CHECK_EQ(r.status, 404);
    client_free(&r);
}

CHECK_TEST(analysis_tells_tempo_and_loudness)
{
    CHECK_BEGIN();
    reply r = do_task(first, "{\"action\":\"analyze\",\"beats\":true}");
    const json_t *result = json_object_get(r.json, "sound"), *found = json_object_get(result, "analysis");
    CHECK(strcmp(client_text(result, "sound"), first) == 0);
    CHECK_NEAR(number(found, "tempo_bpm"), 120, 2);
    CHECK(number(found, "loudness_lufs") > -40 && number(found, "loudness_lufs") < -5);
    CHECK(json_array_size(json_object_get(result, "beats")) >= 12);
    CHECK(json_is_null(json_object_get(result, "check")));
    client_free(&r);
}

CHECK_TEST(what_is_stretched_is_kept_and_has_the_tempo)
{
    CHECK_BEGIN();
    reply r = do_task(first, "{\"action\":\"stretch\",\"ratio\":1.25,\"format\":\"wav\"}");
    const json_t *made = json_array_get(json_object_get(json_object_get(r.json, "sound"), "made"), 0);
    char hash[80];
    snprintf(hash, sizeof hash, "%s", client_text(made, "sound"));
    CHECK_NEAR(number(made, "seconds"), 10, 0.001);
    CHECK(strcmp(client_text(made, "media_type"), "audio/wav") == 0);
    client_free(&r);
    r = do_task(hash, "{\"action\":\"analyze\",\"seconds\":5}");
    CHECK_NEAR(number(json_object_get(json_object_get(r.json, "sound"), "analysis"), "seconds"), 5, 0.1);
    client_free(&r);
    r = do_task(hash, "{\"action\":\"analyze\"}");
    CHECK_NEAR(number(json_object_get(json_object_get(r.json, "sound"), "analysis"), "tempo_bpm"), 96, 2);
    client_free(&r);
}

CHECK_TEST(what_is_mastered_has_the_profiles_loudness)
{
    CHECK_BEGIN();
    reply r = do_task(first, "{\"action\":\"master\",\"profile\":\"night\"}");
    const json_t *result = json_object_get(r.json, "sound"), *mastered = json_object_get(result, "mastered");
    const att_master_profile *night = att_master_preset("night");
    CHECK_NEAR(number(json_object_get(mastered, "after"), "loudness_lufs"), night->loudness_lufs, 0.6);
    CHECK_EQ(json_array_size(json_object_get(result, "made")), 1);
    client_free(&r);
}

CHECK_TEST(a_sound_is_found_in_itself_and_not_in_another)
{
    CHECK_BEGIN();
    char task[300];
    snprintf(task, sizeof task, "{\"action\":\"find\",\"among\":[\"%s\",\"%s\"]}", second, first);
    reply r = do_task(first, task);
    const json_t *matches = json_object_get(json_object_get(r.json, "sound"), "matches");
    CHECK(json_array_size(matches) >= 1);
    CHECK(strcmp(client_text(json_array_get(matches, 0), "sound"), first) == 0);
    CHECK_NEAR(number(json_array_get(matches, 0), "tempo"), 1, 0.01);
    client_free(&r);
}

CHECK_TEST(a_copy_is_denied_and_what_was_opted_out_too)
{
    CHECK_BEGIN();
    char task[300];
    snprintf(task, sizeof task, "{\"action\":\"check\",\"among\":[\"%s\"]}", first);
    reply r = do_task(first, task);
    const json_t *found = json_object_get(json_object_get(r.json, "sound"), "check");
    CHECK(strcmp(client_text(found, "verdict"), "deny") == 0);
    CHECK(strcmp(client_text(json_array_get(json_object_get(found, "reasons"), 0), "name"), first) == 0);
    client_free(&r);
    r = do_task(second, "{\"action\":\"check\",\"inputs\":[{\"name\":\"A song\",\"licence\":\"CC0-1.0\"}],\"opted_out\":[\"a song\"]}");
    found = json_object_get(json_object_get(r.json, "sound"), "check");
    CHECK(strcmp(client_text(found, "verdict"), "deny") == 0);
    client_free(&r);
    r = do_task(second, "{\"action\":\"check\",\"inputs\":[{\"name\":\"A song\",\"licence\":\"CC0-1.0\"}]}");
    found = json_object_get(json_object_get(r.json, "sound"), "check");
    CHECK(strcmp(client_text(found, "verdict"), "allow") == 0);
    client_free(&r);
}

static bool has_reason(const json_t *check, const char *rule)
{
    const json_t *reasons = json_object_get(check, "reasons");
    for (size_t i = 0; i < json_array_size(reasons); i++)
        if (strcmp(client_text(json_array_get(reasons, i), "rule"), rule) == 0)
            return true;
    return false;
}

// Until now the store knows nothing; afterwards it knows a recording, an artist, and what they are.
CHECK_TEST(what_a_store_knows_is_found_and_checked_against)
{
    CHECK_BEGIN();
    static const char *const before[] = {"{\"action\":\"find\"}", "{\"action\":\"check\"}"};
    for (int i = 0; i < 2; i++) {
        char id[40];
        start(first, before[i], id);
        reply r = wait_for(id);
        CHECK(strcmp(client_text(r.json, "state"), "failed") == 0);
        CHECK(strstr(client_text(r.json, "problem"), "this store knows no recordings") != NULL);
        client_free(&r);
    }
    for (int again = 0; again < 2; again++) {
        reply r = do_task(first, "{\"action\":\"know\",\"name\":\"A protected song\"}");
        const json_t *known = json_object_get(json_object_get(r.json, "sound"), "known");
        CHECK(json_is_true(json_object_get(known, "added")) == !again);
        CHECK_EQ(number(known, "recordings"), 1);
        client_free(&r);
    }
    reply r = do_task(first, "{\"action\":\"find\"}");
    const json_t *match = json_array_get(json_object_get(json_object_get(r.json, "sound"), "matches"), 0);
    CHECK(strcmp(client_text(match, "sound"), "A protected song") == 0);
    client_free(&r);
    r = do_task(second, "{\"action\":\"learn\",\"artist\":\"The Strokers\"}");
    CHECK_EQ(number(json_object_get(json_object_get(r.json, "sound"), "known"), "works"), 1);
    client_free(&r);
    r = do_task(first, "{\"action\":\"check\"}");
    const json_t *found = json_object_get(json_object_get(r.json, "sound"), "check");
    CHECK(strcmp(client_text(found, "verdict"), "deny") == 0);
    CHECK(strcmp(client_text(json_array_get(json_object_get(found, "reasons"), 0), "name"), "A protected song") == 0);
    CHECK(strcmp(client_text(found, "nearest_artist"), "The Strokers") == 0);
    client_free(&r);
    r = do_task(second, "{\"action\":\"check\",\"floor\":100}");
    found = json_object_get(json_object_get(r.json, "sound"), "check");
    CHECK(has_reason(found, "style"));
    client_free(&r);
    r = do_task(second, "{\"action\":\"check\",\"provenance\":true,\"floor\":0.01}"); // the log does not know it
    found = json_object_get(json_object_get(r.json, "sound"), "check");
    CHECK(has_reason(found, "provenance"));
    client_free(&r);
}

CHECK_TEST(stems_are_four_sounds_and_a_remix_is_one)
{
    CHECK_BEGIN();
    reply r = do_task(first, "{\"action\":\"stems\",\"method\":\"classical\",\"format\":\"wav\"}");
    const json_t *result = json_object_get(r.json, "sound");
    CHECK_EQ(json_array_size(json_object_get(result, "made")), 4);
    CHECK(strcmp(client_text(json_array_get(json_object_get(result, "made"), 0), "name"), "drums") == 0);
    CHECK(number(result, "loudness_lufs") < -5 && number(result, "loudness_lufs") > -40);
    const json_t *contexts = json_object_get(result, "contexts");
    CHECK_EQ(json_array_size(contexts), 7);
    for (size_t s = 0; s < 4; s++) { // what situations would do keeps to the limits of each stem
        const json_t *stem = json_array_get(json_object_get(result, "stems"), s);
        for (size_t i = 0; i < 7; i++) {
            const json_t *gain = json_object_get(json_array_get(contexts, i), client_text(stem, "stem"));
            CHECK(json_is_null(gain) ? json_is_null(json_object_get(stem, "least_db"))
                                     : json_number_value(gain) <= number(stem, "most_db") + 1e-6 && json_number_value(gain) >= number(stem, "least_db") - 200 * json_is_null(json_object_get(stem, "least_db")) - 1e-6);
        }
    }
    client_free(&r);
    r = do_task(first, "{\"action\":\"remix\",\"method\":\"classical\",\"mute\":[\"drums\"],\"gains\":{\"bass\":3}}");
    result = json_object_get(r.json, "sound");
    CHECK_EQ(json_array_size(json_object_get(result, "made")), 1);
    CHECK_NEAR(number(json_array_get(json_object_get(result, "made"), 0), "seconds"), 8, 0.001);
    CHECK_EQ(json_array_size(json_object_get(result, "stems")), 4);
    for (size_t s = 0; s < 4; s++) {
        const json_t *stem = json_array_get(json_object_get(result, "stems"), s);
        CHECK_NEAR(number(stem, "asked_db"), s == 1 ? 3 : 0, 1e-9); // of what is left out: null
        CHECK(json_is_null(json_object_get(stem, "asked_db")) == (s == 0));
        CHECK(!json_is_true(json_object_get(stem, "limited")) || number(stem, "gain_db") == number(stem, s == 0 ? "least_db" : "most_db"));
    }
    CHECK(number(result, "turned_down_db") >= 0 && json_is_number(json_object_get(json_array_get(json_object_get(result, "made"), 0), "loudness_lufs")));
    client_free(&r);
}

CHECK_TEST(a_stem_takes_on_the_colour_of_another_sound)
{
    CHECK_BEGIN();
    char task[300];
    snprintf(task, sizeof task, "{\"action\":\"remix\",\"method\":\"classical\",\"swap\":{\"other\":\"%s\"}}", second);
    reply r = do_task(first, task);
    const json_t *stems = json_object_get(json_object_get(r.json, "sound"), "stems");
    for (size_t s = 0; s < 4; s++)
        CHECK(s == 3 ? number(json_array_get(stems, s), "colour_share") > 0 : number(json_array_get(stems, s), "colour_share") == 0);
    client_free(&r);
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"remix\",\"swap\":{\"other\":\"abc\"}}", 400, "swap.other");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"remix\",\"mute\":[\"flute\"]}", 400, "mute[0]");
}

CHECK_TEST(a_task_that_lacks_something_is_refused_with_the_field)
{
    CHECK_BEGIN();
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"sing\"}", 400, "action");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"stretch\"}", 422, "ratio");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"stretch\",\"ratio\":9}", 400, "ratio");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"master\"}", 422, "profile");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"master\",\"profile\":\"loud\"}", 400, "profile");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"learn\"}", 422, "artist");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"remix\"}", 422, "context");
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"check\",\"inputs\":[],\"provenance\":true}", 422, "provenance");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"sound\"}", 422, "sound");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"sound\",\"sound\":{\"sound\":\"abc\",\"action\":\"analyze\"}}", 400, "sound.sound");
    char id[40]; // a sound that is not there, found out by the job
    char task[200];
    snprintf(task, sizeof task, "{\"action\":\"find\",\"among\":[\"%064d\"]}", 0);
    start(first, task, id);
    reply r = wait_for(id);
    CHECK(strcmp(client_text(r.json, "state"), "failed") == 0);
    CHECK(strstr(client_text(r.json, "problem"), "there is no sound") != NULL);
    client_free(&r);
}

static reply compose(const char *task)
{
    char body[2000], id[40];
    snprintf(body, sizeof body, "{\"kind\":\"compose\",\"compose\":%s}", task);
    reply r = client_ask(&town, "POST", "/v1/jobs", town.key, body);
    CHECK_EQ(r.status, 202);
    snprintf(id, sizeof id, "%s", client_text(r.json, "id"));
    client_free(&r);
    return wait_for(id);
}

CHECK_TEST(a_song_is_planned_as_it_is_asked_for)
{
    CHECK_BEGIN();
    reply r = compose("{\"plan\":true,\"midi\":true,\"style\":\"house\",\"tempo_bpm\":124,\"key\":\"A minor\",\"form\":\"verse chorus\",\"bars\":16}");
    const json_t *made = json_object_get(r.json, "composed"), *song = json_object_get(made, "song");
    CHECK(strcmp(client_text(song, "key"), "A minor") == 0);
    CHECK_EQ(number(song, "tempo_bpm"), 124);
    CHECK_EQ(number(song, "breaches"), 0);
    CHECK_EQ(json_array_size(json_object_get(json_object_get(song, "plan"), "sections")), 2);
    CHECK_EQ(json_array_size(json_object_get(made, "made")), 0);
    char path[200];
    snprintf(path, sizeof path, "/v1/sounds/%s/content", client_text(made, "midi"));
    client_free(&r);
    r = client_ask(&town, "GET", path, town.key, NULL);
    CHECK(r.status == 200 && r.size > 100 && memcmp(r.body, "MThd", 4) == 0);
    client_free(&r);
    r = compose("{\"plan\":true,\"bars\":8,\"scala\":\"! x.scl\\nfive\\n 2\\n!\\n 9/8\\n tea\\n\"}"); // no folder of this machine in the story
    CHECK(strncmp(client_text(r.json, "problem"), "scala.scl:6: found \"tea\"", 24) == 0);
    client_free(&r);
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\"}", 422, "compose");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\",\"compose\":{\"style\":\"polka\"}}", 400, "compose.style");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\",\"compose\":{\"scale\":\"/etc/passwd\"}}", 400, "compose.scale");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\",\"compose\":{\"bars\":8,\"minutes\":1}}", 422, "minutes");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\",\"compose\":{\"keymap\":\"x\"}}", 422, "keymap");
}

CHECK_TEST(a_loop_is_played_with_stems_that_are_sounds)
{
    CHECK_BEGIN();
    if (!sound_can_be_played())
        return;
    reply r = compose("{\"loop\":true,\"bars\":2,\"tempo_bpm\":120,\"stems\":true,\"format\":\"wav\",\"rate_hz\":22050}");
    const json_t *made = json_object_get(json_object_get(r.json, "composed"), "made");
    CHECK_EQ(json_array_size(made), 5);
    for (size_t i = 0; i < 5; i++) {
        CHECK_NEAR(number(json_array_get(made, i), "seconds"), 4, 1e-4);
        CHECK_EQ(number(json_array_get(made, i), "rate_hz"), 22050);
    }
    CHECK(number(json_object_get(json_object_get(r.json, "composed"), "seam"), "step") < 5);
    reply about = client_ask(&town, "GET", path_of(client_text(json_array_get(made, 0), "sound"), ""), town.key, NULL);
    CHECK_EQ(about.status, 200);
    client_free(&about);
    client_free(&r);
}

CHECK_TEST(a_job_that_is_cancelled_ends_and_makes_nothing)
{
    CHECK_BEGIN();
    char ids[3][40], path[100];
    for (int i = 0; i < 3; i++) // two run, so the third waits, or is cancelled while it runs
        start(first, "{\"action\":\"stems\"}", ids[i]);
    for (int i = 2; i >= 0; i--) {
        snprintf(path, sizeof path, "/v1/jobs/%s/cancel", ids[i]);
        reply r = client_ask(&town, "POST", path, town.key, NULL);
        CHECK_EQ(r.status, 200);
        client_free(&r);
    }
    for (int i = 0; i < 3; i++) {
        reply r = wait_for(ids[i]);
        CHECK(strcmp(client_text(r.json, "state"), "cancelled") == 0);
        CHECK(json_is_null(json_object_get(r.json, "sound")));
        client_free(&r);
    }
}

static const json_t *result_of(const reply *r, const char *name)
{
    return json_object_get(json_object_get(r->json, "sound"), name);
}

CHECK_TEST(sounds_that_share_something_are_one_cluster)
{
    CHECK_BEGIN();
    char copy[80], task[400];
    upload(7, 1, copy); // cut off
    snprintf(task, sizeof task, "{\"action\":\"duplicates\",\"score\":30,\"among\":[\"%s\",\"%s\",\"%s\"]}", second, copy, second);
    reply r = do_task(first, task);
    const json_t *pairs = result_of(&r, "duplicates"), *clusters = result_of(&r, "clusters");
    CHECK_EQ(json_array_size(pairs), 1); // the second stands alone, and is not its own duplicate
    CHECK_STR(client_text(json_array_get(pairs, 0), "sound"), copy);
    CHECK_STR(client_text(json_object_get(json_array_get(pairs, 0), "match"), "sound"), first);
    CHECK_EQ(json_array_size(clusters), 1);
    const json_t *sounds = json_object_get(json_array_get(clusters, 0), "sounds");
    CHECK_EQ(json_array_size(sounds), 2);
    CHECK_STR(json_string_value(json_array_get(sounds, 0)), first);
    CHECK_STR(json_string_value(json_array_get(sounds, 1)), copy);
    client_free(&r);
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"duplicates\"}", 422, "among");
    char id[40];
    start(first, "{\"action\":\"duplicates\",\"among\":[\"../../etc/passwd\"]}", id);
    r = wait_for(id);
    CHECK_STR(client_text(r.json, "state"), "failed");
    CHECK_HOLDS(client_text(r.json, "problem"), "there is no sound \"../../etc/passwd\"");
    client_free(&r);
}

CHECK_TEST(rates_are_measured_on_sounds_and_told_without_a_path)
{
    CHECK_BEGIN();
    char long_ones[3][80], task[600], id[40];
    for (int i = 0; i < 3; i++)
        upload(12, 90 + (unsigned)i, long_ones[i]);
    snprintf(task, sizeof task, "{\"action\":\"rates\",\"excerpt_s\":4,\"among\":[\"%s\",\"%s\"]}", long_ones[1], long_ones[2]);
    reply r = do_task(long_ones[0], task);
    const json_t *found = json_object_get(result_of(&r, "rates"), "recordings");
    CHECK_EQ(json_integer_value(json_object_get(found, "known")), 2);
    CHECK_EQ(json_integer_value(json_object_get(found, "foreign")), 1);
    const json_t *none = json_array_get(json_object_get(found, "attacks"), 0);
    CHECK_EQ(json_integer_value(json_object_get(none, "looked")), 2);
    CHECK_EQ(json_integer_value(json_object_get(none, "foreign_looked")), 1);
    CHECK(json_array_size(json_object_get(found, "attacks")) > 3);
    client_free(&r);
    snprintf(task, sizeof task, "{\"action\":\"rates\",\"excerpt_s\":30,\"among\":[\"%s\",\"%s\"]}", long_ones[1], long_ones[2]);
    start(long_ones[0], task, id); // longer than they are
    r = wait_for(id);
    CHECK_STR(client_text(r.json, "state"), "failed");
    CHECK(strstr(client_text(r.json, "problem"), "/proc") == NULL && client_text(r.json, "problem")[0]);
    client_free(&r);
    client_refused(&town, "POST", path_of(first, "/jobs"), "{\"action\":\"rates\",\"excerpt_s\":2}", 400, "excerpt_s");
}

CHECK_TEST(a_sound_font_is_named_and_no_path)
{
    CHECK_BEGIN();
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\",\"compose\":{\"sound_font\":\"/etc/passwd\"}}", 400, "compose.sound_font");
    client_refused(&town, "POST", "/v1/jobs", "{\"kind\":\"compose\",\"compose\":{\"sound_font\":\"../TimGM6mb.sf2\"}}", 400, "compose.sound_font");
    for (size_t i = 0; att_sound_font_at(i); i++) {
        char task[300], id[40] = "";
        const char *name = strrchr(att_sound_font_at(i), '/') + 1;
        bool there = false; // in one of its places
        for (size_t k = 0; att_sound_font_at(k); k++)
            there |= strcmp(strrchr(att_sound_font_at(k), '/') + 1, name) == 0 && access(att_sound_font_at(k), R_OK) == 0;
        snprintf(task, sizeof task, "{\"kind\":\"compose\",\"compose\":{\"loop\":true,\"bars\":2,\"tempo_bpm\":240,\"style\":\"ambient\",\"sound_font\":\"%s\"}}", name);
        if (!there) {
            client_refused(&town, "POST", "/v1/jobs", task, 422, "sound_font");
        } else if (sound_can_be_played()) {
            reply r = client_ask(&town, "POST", "/v1/jobs", town.key, task);
            CHECK_EQ(r.status, 202);
            snprintf(id, sizeof id, "%s", client_text(r.json, "id"));
            client_free(&r);
            r = wait_for(id);
            CHECK_STR(client_text(r.json, "state"), "done");
            CHECK_STR(client_text(json_object_get(r.json, "composed"), "sound_font"), name);
            client_free(&r);
        }
    }
}

static int status_of(const char *method, const char *path, const char *key)
{
    reply r = client_ask(&town, method, path, key, NULL);
    const int status = r.status;
    client_free(&r);
    return status;
}

static bool file_holds(const char *path, const unsigned char *bytes, size_t size)
{
    if (access(path, F_OK) != 0)
        return false;
    size_t all;
    char *data = check_read_file(path, &all);
    const bool held = memmem(data, all, bytes, size) != NULL;
    free(data);
    return held;
}

CHECK_TEST(a_sound_that_was_deleted_is_gone_from_the_disk_too)
{
    CHECK_BEGIN();
    char hash[80], wal[600];
    size_t size;
    unsigned char *wav = sound_make(3, 77, &size);
    upload(3, 77, hash);
    snprintf(wal, sizeof wal, "%s-wal", town.store);
    CHECK(file_holds(town.store, wav + 20000, 64) || file_holds(wal, wav + 20000, 64));
    CHECK_EQ(status_of("DELETE", path_of(hash, ""), shop_key), 404); // another tenant's
    CHECK_EQ(status_of("DELETE", path_of(hash, ""), NULL), 401);
    CHECK_EQ(status_of("DELETE", path_of("..%2f..%2f", hash), town.key), 404);
    CHECK_EQ(status_of("DELETE", path_of("0000000000000000000000000000000000000000000000000000000000000000", ""), town.key), 404);
    CHECK_EQ(status_of("GET", path_of(hash, ""), town.key), 200);
    reply r = client_ask(&town, "DELETE", path_of(hash, ""), town.key, NULL);
    CHECK_EQ(r.status, 200);
    CHECK_STR(client_text(r.json, "sound"), hash);
    client_free(&r);
    CHECK_EQ(status_of("GET", path_of(hash, ""), town.key), 404);
    CHECK_EQ(status_of("GET", path_of(hash, "/content"), town.key), 404);
    CHECK_EQ(status_of("DELETE", path_of(hash, ""), town.key), 404);
    CHECK(!file_holds(town.store, wav + 20000, 64) && !file_holds(wal, wav + 20000, 64));
    char again[80];
    upload(3, 77, again); // and may come back
    CHECK_STR(again, hash);
    CHECK_EQ(status_of("DELETE", path_of(hash, ""), town.key), 200);
    free(wav);
}

CHECK_TEST(a_sound_that_a_job_uses_is_not_deleted)
{
    CHECK_BEGIN();
    char hash[80], ids[3][40], path[160], upper[80];
    upload(8, 78, hash);
    for (int i = 0; i < 2; i++)
        start(first, "{\"action\":\"stems\"}", ids[i]);
    snprintf(path, sizeof path, "{\"action\":\"find\",\"among\":[\"%s\"]}", hash); // it waits: two run
    start(first, path, ids[2]);
    for (size_t i = 0; i < sizeof upper; i++)
        upper[i] = (char)(hash[i] >= 'a' && hash[i] <= 'f' ? hash[i] - 32 : hash[i]);
    const char *const spelt[] = {hash, upper};
    for (int i = 0; i < 2; i++) {
        reply r = client_ask(&town, "DELETE", path_of(spelt[i], ""), town.key, NULL);
        CHECK_EQ(r.status, 409);
        CHECK_HOLDS(r.body, ids[2]);
        client_free(&r);
    }
    CHECK_EQ(status_of("GET", path_of(hash, ""), town.key), 200);
    for (int i = 2; i >= 0; i--) {
        snprintf(path, sizeof path, "/v1/jobs/%s/cancel", ids[i]);
        CHECK_EQ(status_of("POST", path, town.key), 200);
    }
    for (int i = 0; i < 3; i++) {
        reply r = wait_for(ids[i]);
        client_free(&r);
    }
    CHECK_EQ(status_of("DELETE", path_of(hash, ""), town.key), 200);
}

static int begin(void **state)
{
    (void)state;
    char shop[640];
    service_make(&town, "sounds.attune");
    snprintf(shop, sizeof shop, "%s-shop", town.store);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"init", "-s", shop, "-q", NULL}), 0);
    CHECK_EQ(client_run(shop_key, sizeof shop_key,
                 (const char *const[]){"key", "create", "shop", "--scopes", "all", "--tenant", "shop", "-s", town.store, "-q", NULL}), 0);
    shop_key[strcspn(shop_key, "\n")] = 0;
    char tenants[700];
    snprintf(tenants, sizeof tenants, "shop=%s", shop);
    service_start(&town, (const char *const[]){"--tenants", tenants, "--sound-size", "1048576", NULL});
    upload(8, 1, first);
    upload(8, 2, second);
    return 0;
}

static int end(void **state)
{
    (void)state;
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK_CASE(the_same_bytes_are_the_same_sound_and_come_back_as_they_were),
        CHECK_CASE(a_part_of_a_sound_is_given_where_it_is_asked_for),
        CHECK_CASE(what_is_no_sound_is_refused),
        CHECK_CASE(what_is_larger_than_a_sound_may_be_is_refused),
        CHECK_CASE(another_tenants_sound_is_not_there),
        CHECK_CASE(analysis_tells_tempo_and_loudness),
        CHECK_CASE(what_is_stretched_is_kept_and_has_the_tempo),
        CHECK_CASE(what_is_mastered_has_the_profiles_loudness),
        CHECK_CASE(a_sound_is_found_in_itself_and_not_in_another),
        CHECK_CASE(a_copy_is_denied_and_what_was_opted_out_too),
        CHECK_CASE(what_a_store_knows_is_found_and_checked_against),
        CHECK_CASE(stems_are_four_sounds_and_a_remix_is_one),
        CHECK_CASE(a_stem_takes_on_the_colour_of_another_sound),
        CHECK_CASE(a_task_that_lacks_something_is_refused_with_the_field),
        CHECK_CASE(a_song_is_planned_as_it_is_asked_for),
        CHECK_CASE(a_loop_is_played_with_stems_that_are_sounds),
        CHECK_CASE(sounds_that_share_something_are_one_cluster), CHECK_CASE(rates_are_measured_on_sounds_and_told_without_a_path),
        CHECK_CASE(a_sound_font_is_named_and_no_path),
        CHECK_CASE(a_sound_that_was_deleted_is_gone_from_the_disk_too),
        CHECK_CASE(a_sound_that_a_job_uses_is_not_deleted),
        CHECK_CASE(a_job_that_is_cancelled_ends_and_makes_nothing),
    };
    return cmocka_run_group_tests_name(__FILE__, tests, begin, end);
}
