// SPDX-License-Identifier: Apache-2.0
// The policy file: what it changes, what it refuses and how it says so.
#include "check.h"

#include "base/rng.h"
#include "signals/policy.h"

#include <locale.h>
#include <math.h>

static att_status parse(att_policy *policy, const char *yaml, att_error *err)
{
    return att_policy_parse(policy, att_text_of(yaml), "policy.yaml", NULL, err);
}

CHECK_TEST(a_file_changes_only_the_keys_it_names)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default();
    att_error err = {0};
    CHECK_OK_ERR(parse(&policy,
                     "# ours\nsignals:\n  like: {grade: 0.75}\n  early_skip_ms: 3000\n"
                     "objective:\n  method: mmr\n  candidates: 800\nrights:\n  required: "
                     "true\nexploration:\n",
                     &err),
        &err);
    CHECK_NEAR(policy.signals.rule[ATT_SIGNAL_LIKE].grade, 0.75, 0);
    CHECK_NEAR(policy.signals.rule[ATT_SIGNAL_LIKE].reward, 1, 0);
    CHECK_EQ(policy.signals.early_skip_ms, 3000);
    CHECK_EQ(policy.signals.late_skip_ms, 10000);
    CHECK_EQ(policy.objective.method, ATT_DIVERSITY_MMR);
    CHECK_EQ(policy.objective.candidates, 800);
    CHECK(policy.rights.required);
}

CHECK_TEST(an_empty_file_changes_nothing)
{
    CHECK_BEGIN();
    static const char *const files[] = {"", "# nothing\n", "---\n", "signals:\n", "{}"};
    for (size_t i = 0; i < ATT_COUNT_OF(files); i++) {
        att_policy policy = att_policy_default();
        const att_policy before = policy;
        CHECK_OK(parse(&policy, files[i], NULL));
        CHECK_EQ(att_policy_signals_hash(&policy), att_policy_signals_hash(&before));
    }
}

CHECK_TEST(errors_name_line_and_key)
{
    CHECK_BEGIN();
    static const struct {
        const char *yaml, *story;
    } bad[] = {
        {"signals:\n\n  lke: {grade: 1}\n",
            "policy.yaml:3: signals.lke: unknown key; did you mean signals.like?"},
        {"signal:\n  like: {grade: 1}\n",
            "policy.yaml:1: signal: unknown key; did you mean signals?"},
        {"early_skip_ms: 3\n",
            "policy.yaml:1: early_skip_ms: unknown key; did you mean signals.early_skip_ms?"},
        {"signals:\n  like: {grad: 1}\n",
            "policy.yaml:2: signals.like.grad: unknown key; did you mean signals.like.grade?"},
        {"signals:\n  none: {grade: 1}\n", "policy.yaml:2: signals.none: unknown key"},
        {"banana: 1\n", "policy.yaml:1: banana: unknown key"},
        {"signals:\n  like: 1\n",
            "policy.yaml:2: signals.like: expected a mapping of keys to values, found a value"},
        {"signals:\n  like: [1]\n",
            "policy.yaml:2: signals.like: expected a mapping of keys to values, found a list"},
        {"signals: 7\n", "policy.yaml:1: signals: expected a mapping"},
        {"[1, 2]\n", "policy.yaml:1: policy: expected a mapping"},
        {"signals:\n  early_skip_ms: soon\n",
            "policy.yaml:2: signals.early_skip_ms: expected a whole number, found \"soon\""},
        {"signals:\n  early_skip_ms: 1.5\n",
            "policy.yaml:2: signals.early_skip_ms: expected a whole number, found \"1.5\""},
        {"signals:\n  early_skip_ms: \"5\"\n", "expected a whole number, found the text \"5\""},
        {"signals:\n  early_skip_ms:\n", "expected a whole number, found nothing"},
        {"signals:\n  early_skip_ms: {a: 1}\n", "expected a whole number, found a mapping"},
        {"signals:\n  half_life_days: .nan\n", "expected a number, found \".nan\""},
        {"signals:\n  half_life_days: 1e999\n", "expected a number, found \"1e999\""},
        {"signals:\n  half_life_days: 0x10\n", "expected a number, found \"0x10\""},
        {"rights:\n  required: yes\n",
            "policy.yaml:2: rights.required: expected true or false, found \"yes\""},
        {"objective:\n  method: magic\n",
            "policy.yaml:2: objective.method: expected none, mmr or dpp, found \"magic\""},
        {"objective:\n  candidates: 49\n",
            "policy.yaml:2: objective.candidates: 49 is out of range; 50 to 5000 is allowed"},
        {"signals:\n  like: {grade: 1.5}\n",
            "policy.yaml:2: signals.like.grade: 1.5 is out of range; -1 to 1 is allowed"},
        {"exploration:\n  share: 0.01\n", "policy.yaml:2: exploration.share: 0.01 is out of range; "
                                          "0.05 to 0.15 is allowed, or 0 for none"},
        {"signals:\n  early_skip_ms: 12000\n", "policy.yaml:2: signals.early_skip_ms: 12000 must "
                                               "be less than signals.late_skip_ms, which is 10000"},
        {"signals:\n  rating_neutral: 5\n", "policy.yaml:2: signals.rating_neutral: 5 must be less "
                                            "than signals.rating_max, which is 5"},
        {"signals:\n  late_skip_ms: 4000\n", "policy.yaml:2: signals.late_skip_ms: 4000 must be "
                                             "more than signals.early_skip_ms, which is 5000"},
        {"signals:\n  future_ms: 1\n  future_ms: 2\n",
            "policy.yaml:3: signals.future_ms: given twice, first in line 2"},
        {"signals:\n  like: {grade: 1}\n  like: {grade: 1}\n",
            "policy.yaml:3: signals.like.grade: given twice"},
        {"signals: &a\n  like: {grade: 1}\n", "policy.yaml:1: anchors and aliases are not allowed"},
        {"signals:\n  like: *a\n", "policy.yaml:2: anchors and aliases are not allowed"},
        {"signals: !x\n  like: {grade: 1}\n", "policy.yaml:1: tags"},
        {"? [a]\n: 1\n", "policy.yaml:1: policy: a key must be a plain word"},
        {"signals:\n  like: {grade: 1\n", "not YAML"},
        {"signals:\n  like: {grade: 1}\n---\nsignals:\n",
            "policy.yaml:3: a policy is one document"},
        {"signals:\n\tlike: 1\n", "policy.yaml:2: not YAML"},
        {"\xff\xfe", "not YAML"},
        {"situations:\n  dancing:\n", "policy.yaml:2: situations.dancing: unknown situation; expected an activity"},
        {"situations:\n  unknown:\n", "policy.yaml:2: situations.unknown: unknown situation"},
        {"situations:\n  workout: 7\n", "policy.yaml:2: situations.workout: expected a mapping of keys to values, found a value"},
        {"situations:\n  workout:\n    tempo_bpm: {least: 120, tolerance: 0}\n",
            "policy.yaml:3: situations.workout.tempo_bpm: tolerance must be given, above 0"},
        {"situations:\n  workout:\n    tempo_bpm: {tolerance: 3}\n", "policy.yaml:3: situations.workout.tempo_bpm: least or most must be given"},
        {"situations:\n  workout:\n    tempo_bpm: {least: 9, most: 8, tolerance: 3}\n",
            "policy.yaml:3: situations.workout.tempo_bpm: least is 9, which must be at most most, 8"},
        {"situations:\n  workout:\n    tempo_bpm:\n      least: fast\n", "policy.yaml:4: situations.workout.tempo_bpm.least: expected a number"},
        {"situations:\n  workout:\n    tempo_bpm: {lest: 1}\n",
            "policy.yaml:3: situations.workout.tempo_bpm.lest: unknown key; least, most, tolerance and weight are known"},
        {"situations:\n  loud:\n    \"a b\": {least: 1, tolerance: 3}\n", "policy.yaml:3: situations.loud: a feature's name has letters"},
        {"situations:\n  loud:\n    a_name_of_more_than_23_bytes: {least: 1}\n", "policy.yaml:3: situations.loud: a feature's name has 1 to 23 bytes, found 28"},
        {"situations:\n  loud:\n    x: {least: 1, tolerance: 3, weight: 11}\n", "policy.yaml:3: situations.loud.x: weight is 11; 0 to 10 is allowed"},
    };
    for (size_t i = 0; i < ATT_COUNT_OF(bad); i++) {
        att_policy policy = att_policy_default();
        const uint64_t before = att_policy_signals_hash(&policy);
        att_error err = {0};
        CHECK_FAILS(parse(&policy, bad[i].yaml, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, bad[i].story);
        CHECK_EQ(att_policy_signals_hash(&policy), before);
    }
}

CHECK_TEST(wishes_of_situations_are_read_over_those_that_are_there_and_written_back)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default(), back = att_policy_default();
    att_error err = {0};
    CHECK_EQ(policy.situations.count, 0);
    CHECK_OK_ERR(parse(&policy,
                     "situations:\n  workout:\n    tempo_bpm: {least: 120, most: 140, tolerance: 10, weight: 2}\n"
                     "    energy: {least: 0.1, tolerance: 0.3}\n  loud: {range: {most: 6, tolerance: 3}}\n  sleep:\n", &err), &err);
    CHECK_EQ(policy.situations.count, 3);
    CHECK_OK_ERR(parse(&policy, "situations:\n  workout:\n    tempo_bpm: {most: 150}\n", &err), &err); // the rest of it stays
    CHECK_EQ(policy.situations.count, 3);
    const att_wish *tempo = att_policy_wish(&policy, ATT_FACET_ACTIVITY, ATT_ACTIVITY_WORKOUT, ATT_LIT("tempo_bpm"));
    CHECK(tempo && tempo->least == 120 && tempo->most == 150 && tempo->tolerance == 10 && tempo->weight == 2);
    CHECK(policy.situations.wish[2].facet == ATT_FACET_NOISE && isinf(policy.situations.wish[2].least));
    char text[32768];
    CHECK(att_policy_write(&policy, text, sizeof text) < sizeof text);
    CHECK_OK_ERR(parse(&back, text, &err), &err);
    CHECK(att_policy_wishes_equal(&policy, &back));
    back.situations.wish[1].weight = 0;
    CHECK(!att_policy_wishes_equal(&policy, &back));
    CHECK_OK(att_policy_check(&policy, &err));
    policy.situations.wish[1].which = 99;
    CHECK_FAILS(att_policy_check(&policy, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "no feature, or no situation");
}

CHECK_TEST(what_is_written_reads_back_to_the_same_bits)
{
    CHECK_BEGIN();
    size_t count;
    const att_policy_field *fields = att_policy_fields(&count);
    att_rng rng = att_rng_seed(11);
    for (int round = 0; round < 200; round++) {
        att_policy wanted = att_policy_default();
        size_t at;
        char why[192];
        do {
            for (size_t i = 0; i < count && round > 0; i++) {
                const double span = fields[i].high - fields[i].low;
                att_policy_field_set(
                    &wanted, &fields[i], fields[i].low + span * att_rng_unit(&rng));
            }
        } while (att_policy_fault(&wanted, NULL, &at, why, sizeof why));
        char text[32768];
        const size_t length = att_policy_write(&wanted, text, sizeof text);
        CHECK(length < sizeof text);
        CHECK_EQ(strlen(text), length);
        att_policy got = att_policy_default();
        att_error err = {0};
        CHECK_OK_ERR(parse(&got, text, &err), &err);
        for (size_t i = 0; i < count; i++) {
            const double a = att_policy_field_get(&wanted, &fields[i]);
            const double b = att_policy_field_get(&got, &fields[i]);
            CHECK_EQ(memcmp(&a, &b, sizeof a), 0);
        }
    }
}

CHECK_TEST(every_key_is_written_with_a_comment)
{
    CHECK_BEGIN();
    const att_policy policy = att_policy_default();
    char text[32768];
    att_policy_write(&policy, text, sizeof text);
    size_t count;
    const att_policy_field *fields = att_policy_fields(&count);
    for (size_t i = 0; i < count; i++) {
        char key[80];
        snprintf(key, sizeof key, "\n  %s: ", fields[i].group ? fields[i].group : fields[i].key);
        CHECK_HOLDS(text, key);
        CHECK_HOLDS(text, fields[i].comment);
    }
    char little[10];
    const size_t length = att_policy_write(&policy, little, sizeof little);
    CHECK_EQ(length, strlen(text));
    CHECK_EQ(strlen(little), sizeof little - 1);
    CHECK_EQ(att_policy_write(&policy, NULL, 0), length);
}

CHECK_TEST(numbers_do_not_depend_on_the_language)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
        CHECK_SKIP("no locale with a decimal comma here");
    (void)check_state;
    att_policy policy = att_policy_default();
    char text[32768];
    policy.signals.half_life_days = 1.5;
    att_policy_write(&policy, text, sizeof text);
    CHECK_HOLDS(text, "half_life_days: 1.5\n");
    policy = att_policy_default();
    CHECK_OK(parse(&policy, text, NULL));
    CHECK_NEAR(policy.signals.half_life_days, 1.5, 0);
    setlocale(LC_NUMERIC, "C");
}

CHECK_TEST(files_are_read_up_to_the_limit)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default();
    att_error err = {0};
    const size_t big = 256 * 1024 + 1;
    char *bytes = malloc(big);
    memset(bytes, '\n', big);
    memcpy(bytes, "rights: {unknown_age: 21}", 25);
    const char *path = check_path("policy.yaml");
    check_write_file(path, bytes, big - 1);
    CHECK_OK_ERR(att_policy_load(&policy, path, NULL, &err), &err);
    CHECK_EQ(policy.rights.unknown_age, 21);
    check_write_file(path, bytes, big);
    CHECK_FAILS(att_policy_load(&policy, path, NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_policy_parse(&policy, (att_text){bytes, big}, "p", NULL, &err), ATT_LIMIT);
    CHECK_FAILS(att_policy_load(&policy, check_path("absent.yaml"), NULL, &err), ATT_NOT_FOUND);
    CHECK_HOLDS(err.text, "absent.yaml");
    free(bytes);
    check_heap heap = {.fail_at = 1};
    const att_host host = check_host(&heap);
    CHECK_FAILS(att_policy_load(&policy, path, &host, &err), ATT_NO_MEMORY);
}

CHECK_TEST(deep_nesting_is_refused)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default();
    char *bytes = malloc(200001);
    memset(bytes, '[', 200000);
    bytes[200000] = 0;
    CHECK_FAILS(parse(&policy, bytes, NULL), ATT_INVALID);
    for (size_t i = 0; i < 200000; i += 2)
        memcpy(bytes + i, "{?", 2);
    CHECK_FAILS(parse(&policy, bytes, NULL), ATT_INVALID);
    free(bytes);
}

CHECK_TEST(a_policy_made_in_code_is_checked)
{
    CHECK_BEGIN();
    att_policy policy = att_policy_default();
    att_error err = {0};
    CHECK_OK_ERR(att_policy_check(&policy, &err), &err);
    policy.signals.dwell_full_ms = 0;
    CHECK_FAILS(att_policy_check(&policy, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "policy: signals.dwell_full_ms: 0 is out of range");
    policy = att_policy_default();
    policy.objective.relevance = 0.0 / (policy.rights.unknown_age + 0.0);
    CHECK_FAILS(att_policy_check(&policy, &err), ATT_INVALID);
}

CHECK_MAIN(CHECK_CASE(a_file_changes_only_the_keys_it_names),
    CHECK_CASE(an_empty_file_changes_nothing), CHECK_CASE(errors_name_line_and_key),
    CHECK_CASE(wishes_of_situations_are_read_over_those_that_are_there_and_written_back),
    CHECK_CASE(what_is_written_reads_back_to_the_same_bits),
    CHECK_CASE(every_key_is_written_with_a_comment),
    CHECK_CASE(numbers_do_not_depend_on_the_language), CHECK_CASE(files_are_read_up_to_the_limit),
    CHECK_CASE(deep_nesting_is_refused), CHECK_CASE(a_policy_made_in_code_is_checked))
