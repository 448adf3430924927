// SPDX-License-Identifier: Apache-2.0
// Briefs, candidates and judgements as bytes: every field comes back, and what is cut or changed is refused.
#include "check.h"
#include "store/made_record.h"

#include "base/base.h"

#include <math.h>

static att_host host;
static att_error err;

static att_candidate_record a_candidate(void)
{
    att_candidate_record r = {.index = 2,
        .seed = 77,
        .size = 1234,
        .cpu_s = 1.5,
        .gpu_s = 0.25,
        .wall_s = 2,
        .medium = att_text_of("music"),
        .kind = att_text_of("loop"),
        .media_type = att_text_of("audio/wav"),
        .maker = att_text_of("composer 1"),
        .title = att_text_of("Blue hour"),
        .tags = {att_text_of("calm"), att_text_of("piano")},
        .tag_count = 2,
        .sources = {att_text_of("TimGM6mb")},
        .source_count = 1};
    memset(r.brief.bytes, 7, 32);
    memset(r.asset.bytes, 9, 32);
    return r;
}

static const float embedding[] = {0.5f, -1, 2};

static att_judged_record a_judgement(void)
{
    att_judged_record r = {.index = 2,
        .verdict = ATT_MADE_HOLD,
        .cpu_s = 0.5,
        .wall_s = 0.75,
        .duration_ms = 60000,
        .reasons = {att_text_of("it is near another")},
        .reason_count = 1,
        .measures = {{att_text_of("tempo_bpm"), 120.25}},
        .measure_count = 1,
        .embedding = embedding,
        .dim = 3};
    memset(r.brief.bytes, 7, 32);
    memset(r.detail.bytes, 5, 32);
    return r;
}

CHECK_TEST(every_field_comes_back)
{
    CHECK_BEGIN();
    att_bytes bytes = {0};
    att_brief_record brief = {.latency = ATT_LATENCY_REAL_TIME, .text = att_text_of("attune-brief 1\n")}, brief_again;
    memset(brief.hash.bytes, 3, 32);
    CHECK_OK_ERR(att_brief_record_encode(&brief, &host, &bytes, &err), &err);
    CHECK_EQ(bytes.count, 36 + 15);
    CHECK_OK_ERR(att_brief_record_decode(bytes.items, bytes.count, &brief_again, &err), &err);
    CHECK_EQ(brief_again.latency, ATT_LATENCY_REAL_TIME);
    CHECK(memcmp(&brief_again.hash, &brief.hash, 32) == 0 && att_text_equal(brief_again.text, brief.text));

    const att_candidate_record c = a_candidate();
    att_candidate_record made;
    CHECK_OK_ERR(att_candidate_record_encode(&c, &host, &bytes, &err), &err);
    CHECK_OK_ERR(att_candidate_record_decode(bytes.items, bytes.count, &made, &err), &err);
    CHECK(made.index == 2 && made.seed == 77 && made.size == 1234 && made.cpu_s == 1.5 && made.gpu_s == 0.25 && made.wall_s == 2);
    CHECK(memcmp(&made.asset, &c.asset, 32) == 0 && memcmp(&made.brief, &c.brief, 32) == 0);
    CHECK_TEXT(made.kind, "loop");
    CHECK_TEXT(made.maker, "composer 1");
    CHECK_TEXT(made.title, "Blue hour");
    CHECK_TEXT(made.media_type, "audio/wav");
    CHECK_EQ(made.tag_count, 2);
    CHECK_TEXT(made.tags[1], "piano");
    CHECK_TEXT(made.sources[0], "TimGM6mb");

    const att_judged_record j = a_judgement();
    static att_judged_record judged;
    CHECK_OK_ERR(att_judged_record_encode(&j, &host, &bytes, &err), &err);
    CHECK_OK_ERR(att_judged_record_decode(bytes.items, bytes.count, &judged, &err), &err);
    CHECK(judged.verdict == ATT_MADE_HOLD && judged.duration_ms == 60000 && judged.cpu_s == 0.5 && judged.wall_s == 0.75);
    CHECK_TEXT(judged.reasons[0], "it is near another");
    CHECK_TEXT(judged.measures[0].name, "tempo_bpm");
    CHECK_NEAR(judged.measures[0].value, 120.25, 0);
    CHECK_EQ(judged.dim, 3);
    CHECK(memcmp(judged.embedding, embedding, sizeof embedding) == 0);
    ATT_VEC_FREE(&host, &bytes);
}

// A copy on the heap, so that a sanitizer sees any read behind its end.
static att_status decode(int which, const char *bytes, size_t size)
{
    static att_judged_record judged;
    att_brief_record brief;
    att_candidate_record candidate;
    char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    const att_status status = which == 0   ? att_brief_record_decode(copy, size, &brief, &err)
                              : which == 1 ? att_candidate_record_decode(copy, size, &candidate, &err)
                                           : att_judged_record_decode(copy, size, &judged, &err);
    free(copy);
    return status;
}

CHECK_TEST(whatever_is_cut_or_of_a_newer_form_is_refused)
{
    CHECK_BEGIN();
    const att_candidate_record c = a_candidate();
    const att_judged_record j = a_judgement();
    const att_brief_record b = {.text = att_text_of("x")};
    for (int which = 0; which < 3; which++) {
        att_bytes bytes = {0};
        CHECK_OK(which == 0   ? att_brief_record_encode(&b, &host, &bytes, &err)
                 : which == 1 ? att_candidate_record_encode(&c, &host, &bytes, &err)
                              : att_judged_record_encode(&j, &host, &bytes, &err));
        for (size_t size = 0; size < bytes.count; size++)
            if (which || size < 36) // a brief's text goes to the end
                CHECK_EQ(decode(which, bytes.items, size), ATT_CORRUPT);
        CHECK_OK(decode(which, bytes.items, bytes.count));
        bytes.items[0] = 2;
        CHECK_EQ(decode(which, bytes.items, bytes.count), ATT_VERSION);
        CHECK_HOLDS(err.text, "use a newer attune");
        ATT_VEC_FREE(&host, &bytes);
    }
}

CHECK_TEST(seconds_that_are_none_and_verdicts_that_are_none_are_refused)
{
    CHECK_BEGIN();
    att_candidate_record c = a_candidate();
    att_judged_record j = a_judgement();
    att_bytes bytes = {0};
    c.cpu_s = -1;
    CHECK_OK(att_candidate_record_encode(&c, &host, &bytes, &err));
    CHECK_EQ(decode(1, bytes.items, bytes.count), ATT_CORRUPT);
    j.verdict = ATT_MADE_UNJUDGED;
    CHECK_OK(att_judged_record_encode(&j, &host, &bytes, &err));
    CHECK_EQ(decode(2, bytes.items, bytes.count), ATT_CORRUPT);
    j = a_judgement();
    j.measures[0].value = (double)INFINITY;
    CHECK_OK(att_judged_record_encode(&j, &host, &bytes, &err));
    CHECK_EQ(decode(2, bytes.items, bytes.count), ATT_CORRUPT);
    ATT_VEC_FREE(&host, &bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(every_field_comes_back), CHECK_CASE(whatever_is_cut_or_of_a_newer_form_is_refused),
        CHECK_CASE(seconds_that_are_none_and_verdicts_that_are_none_are_refused)};
    host = att_host_complete(NULL);
    return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL);
}
