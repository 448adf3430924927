// SPDX-License-Identifier: Apache-2.0
// Vowpal Wabbit's text is read as vw reads it, refused with file, line and field, and written so that it reads back.
#include "check.h"

#include "ingest/vw.h"

#include <math.h>

static att_error err;

static att_status first_of(const char *text, att_arena *arena, att_vw_example *example, att_vw_form *form)
{
    att_vw_reader reader;
    bool found;
    att_status status = att_vw_reader_init(&reader, att_text_of(text), "train.vw", &err);
    *form = reader.form;
    if (!status)
        status = att_vw_next(&reader, arena, example, &found, &err);
    att_vw_reader_deinit(&reader);
    return status;
}

static att_arena start(att_host *host)
{
    att_arena arena;
    *host = att_host_default();
    att_arena_init(&arena, host, 0);
    return arena;
}

CHECK_TEST(a_multiclass_line_has_label_importance_tag_and_scaled_features)
{
    CHECK_BEGIN();
    att_host host;
    att_arena arena = start(&host);
    att_vw_example e;
    att_vw_form form;
    CHECK_OK_ERR(first_of("3 1.5 'tag|user:2 age:0.25 bright |text hello:-1\n", &arena, &e, &form), &err);
    CHECK_EQ(form, ATT_VW_MULTICLASS);
    CHECK_EQ(e.labels[0].option, 2);
    CHECK_NEAR(e.weight, 1.5, 0);
    CHECK_EQ(e.feature_count, 3);
    CHECK_TEXT(e.features[0].name_space, "user");
    CHECK_TEXT(e.features[0].name, "age");
    CHECK_NEAR(e.features[0].value, 0.5, 0);
    CHECK_NEAR(e.features[1].value, 2, 0);
    CHECK_TEXT(e.features[2].name_space, "text");
    CHECK_NEAR(e.features[2].value, -1, 0);
    att_arena_deinit(&arena);
}

CHECK_TEST(bandit_labels_say_option_cost_and_probability)
{
    CHECK_BEGIN();
    att_host host;
    att_arena arena = start(&host);
    att_vw_example e;
    att_vw_form form;
    CHECK_OK_ERR(first_of("1 2:0.5:0.25 3 | a\n", &arena, &e, &form), &err);
    CHECK_EQ(form, ATT_VW_CB);
    CHECK_EQ(e.label_count, 3);
    CHECK(isnan(e.labels[0].cost));
    CHECK_EQ(e.labels[1].option, 1);
    CHECK_NEAR(e.labels[1].cost, 0.5, 0);
    CHECK_NEAR(e.labels[1].probability, 0.25, 0);
    CHECK_OK_ERR(first_of("1:0 2:1.5 | a\n", &arena, &e, &form), &err);
    CHECK_EQ(form, ATT_VW_COSTS);
    CHECK_NEAR(e.labels[1].cost, 1.5, 0);
    att_arena_deinit(&arena);
}

CHECK_TEST(a_block_has_shared_features_and_a_line_for_each_option)
{
    CHECK_BEGIN();
    att_host host;
    att_arena arena = start(&host);
    att_vw_example e;
    att_vw_form form;
    CHECK_OK_ERR(first_of("shared |u late\n|o a\n0:-1:0.75 |o b:2 c\n\n|o x\n", &arena, &e, &form), &err);
    CHECK_EQ(form, ATT_VW_ADF);
    CHECK_EQ(e.option_count, 2);
    CHECK_EQ(e.feature_count, 1);
    CHECK_EQ(e.options[1].feature_count, 2);
    CHECK_EQ(e.labels[0].option, 1);
    CHECK_NEAR(e.labels[0].cost, -1, 0);
    att_arena_deinit(&arena);
}

CHECK_TEST(a_bad_line_is_told_with_file_line_and_what_was_expected)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *story;
    } bad[] = {
        {"", "train.vw: it is empty"},
        {"0 | a\n", "train.vw:1: label: found \"0\", expected an option from 1 to 4096"},
        {"many | a\n", "train.vw:1: label"},
        {"1 x | a\n", "train.vw:1: importance: found \"x\""},
        {"1 | a:b\n", "train.vw:1: feature: found \"a:b\", expected NAME or NAME:NUMBER"},
        {"\n1 |n:q a\n", "train.vw:2: namespace"},
        {"1:2:0 | a\n", "a probability over 0 and at most 1"},
        {"1:2:3:4 | a\n", "train.vw:1: label"},
        {"1:x | a\n", "train.vw:1: label"},
        {"shared | a\n\n", "train.vw:1: the block has no option"},
        {"shared | a\n| b\nshared | c\n", "train.vw:3: label"},
        {"shared | a\n0:1:0.5 | b\n0:1:0.5 | c\n", "one labelled option in a block"},
    };
    att_host host;
    att_arena arena = start(&host);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        att_vw_example e;
        att_vw_form form;
        CHECK_FAILS(first_of(bad[i].text, &arena, &e, &form), ATT_INVALID);
        CHECK_HOLDS(err.text, bad[i].story);
    }
    att_arena_deinit(&arena);
}

CHECK_TEST(what_is_written_reads_back)
{
    CHECK_BEGIN();
    att_host host;
    att_arena arena = start(&host);
    const att_choice_feature context[] = {{att_text_of("hour"), att_text_of("late night"), 1}, {att_text_of(""), att_text_of("age"), 0.3}};
    const att_choice_feature bright = {att_text_of("look"), att_text_of("bright:er|"), 2};
    const att_choice_option options[] = {{att_text_of("a"), &bright, 1}, {att_text_of("b"), NULL, 0}};
    const att_context where = {.device = ATT_DEVICE_PHONE, .utc_offset_min = ATT_OFFSET_UNKNOWN};
    att_bytes out = {0};
    CHECK_OK_ERR(att_vw_write_choice(&host, &out, context, 2, &where, options, 2, 1, 0.125, -0.5, &err), &err);
    CHECK_OK_ERR(att_vw_write_choice(&host, &out, context, 2, &where, options, 2, 0, 0.5, NAN, &err), &err);
    CHECK(ATT_VEC_PUSH(&host, &out, 0));
    CHECK_HOLDS(out.items, "shared |hour late_night | age:0.3 |device phone\n|option a |look bright_er_:2\n0:-0.5:0.125 |option b\n\n");
    att_vw_example e;
    att_vw_form form;
    CHECK_OK_ERR(first_of(out.items, &arena, &e, &form), &err);
    CHECK_EQ(e.option_count, 2);
    CHECK_EQ(e.feature_count, 3);
    CHECK_NEAR(e.features[1].value, 0.3, 1e-9);
    CHECK_EQ(e.labels[0].option, 1);
    CHECK_NEAR(e.labels[0].probability, 0.125, 0);
    ATT_VEC_FREE(&host, &out);
    att_arena_deinit(&arena);
}

CHECK_MAIN(CHECK_CASE(a_multiclass_line_has_label_importance_tag_and_scaled_features),
    CHECK_CASE(bandit_labels_say_option_cost_and_probability), CHECK_CASE(a_block_has_shared_features_and_a_line_for_each_option),
    CHECK_CASE(a_bad_line_is_told_with_file_line_and_what_was_expected), CHECK_CASE(what_is_written_reads_back))
