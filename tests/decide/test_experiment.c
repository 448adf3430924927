// SPDX-License-Identifier: Apache-2.0
// A definition file: read, refused with line and key, written back; and what may run beside what.
#include "check.h"

#include "decide/experiments.h"

static att_experiment *parse(const char *yaml)
{
    att_experiment *experiment = NULL;
    att_error err;
    CHECK_OK_ERR(att_experiment_parse(&experiment, att_text_of(yaml), "def.yaml", NULL, &err), &err);
    return experiment;
}

static void refuse(const char *yaml, const char *story)
{
    att_experiment *experiment = NULL;
    att_error err = {0};
    CHECK_FAILS(att_experiment_parse(&experiment, att_text_of(yaml), "def.yaml", NULL, &err), ATT_INVALID);
    CHECK(experiment == NULL);
    CHECK_STR(err.text, story);
}

static const char whole[] = "# what we try\n"
                            "key: bolder-mix\n"
                            "note: \"people like to be \\\"surprised\\\"\"\n"
                            "seed: mix-2\n"
                            "coverage: 0.8\n"
                            "namespace: {id: home, from: 0.25, to: 0.75}\n"
                            "metrics: [reward, satisfaction]\n"
                            "variations:\n"
                            "  - key: control\n"
                            "    weight: 0.4\n"
                            "  - key: bold\n"
                            "    weight: 0.6\n"
                            "    policy:\n"
                            "      objective:\n"
                            "        novelty: 0.4   # four times the default\n"
                            "        method: mmr\n"
                            "      exploration: {share: 0.15}\n";

CHECK_TEST(a_definition_is_read_whole)
{
    CHECK_BEGIN();
    att_experiment *e = parse(whole);
    CHECK_TEXT(e->key, "bolder-mix");
    CHECK_TEXT(e->note, "people like to be \"surprised\"");
    CHECK_TEXT(e->seed, "mix-2");
    CHECK_NEAR(e->coverage, 0.8, 0);
    CHECK_TEXT(e->space, "home");
    CHECK_NEAR(e->space_part.to, 0.75, 0);
    CHECK_EQ(e->metric_count, 2);
    CHECK_TEXT(e->metrics[1], "satisfaction");
    CHECK_EQ(e->variation_count, 2);
    CHECK_NEAR(e->variations[1].weight, 0.6, 0);
    CHECK_EQ(e->variations[0].policy.size, 0);
    CHECK_TEXT(e->variations[1].policy, "{objective: {novelty: 0.4, method: mmr}, exploration: {share: 0.15}}");
    att_experiment_destroy(e);

    e = parse("key: short\nvariations: [{key: a}, {key: b}, {key: c}, {key: d}]\n");
    CHECK_TEXT(e->seed, "short");
    CHECK_EQ(e->hash_version, 2);
    CHECK_NEAR(e->variations[3].weight, 0.25, 0);
    att_experiment_destroy(e);
}

CHECK_TEST(what_is_written_reads_back_the_same)
{
    CHECK_BEGIN();
    char first[4096], second[4096];
    att_experiment *e = parse(whole);
    CHECK(att_experiment_write(e, first, sizeof first) < sizeof first);
    att_experiment *again = parse(first);
    char what[400];
    CHECK(!att_experiment_differs(e, again, what, sizeof what));
    CHECK(att_experiment_write(again, second, sizeof second) < sizeof second);
    CHECK_STR(second, first);
    att_experiment_destroy(again);
    att_experiment_destroy(e);
}

CHECK_TEST(a_fault_names_line_and_key)
{
    CHECK_BEGIN();
    refuse("", "def.yaml: an experiment is expected, the file is empty");
    refuse("- a\n", "def.yaml:1: experiment: expected a mapping of keys to values, found a list");
    refuse("variations: [{key: a}, {key: b}]\n", "def.yaml:1: key is missing");
    refuse("key: x\n", "def.yaml:1: variations is missing");
    refuse("key: x\nvariation: 2\nvariations: [{key: a}, {key: b}]\n",
        "def.yaml:2: variation: unknown key, expected one of: key, note, seed, hash_version, coverage, namespace, filters, "
        "metrics, variations");
    refuse("key: x\nkey: y\nvariations: [{key: a}, {key: b}]\n", "def.yaml:2: key: given twice, first in line 1");
    refuse("key: x\ncoverage: much\nvariations: [{key: a}, {key: b}]\n",
        "def.yaml:2: coverage: expected a number, found \"much\"");
    refuse("key: x\ncoverage: 0\nvariations: [{key: a}, {key: b}]\n",
        "def.yaml:2: coverage: 0 is out of range; above 0, at most 1 is allowed");
    refuse("key: x\nvariations:\n  - key: a\n    weight: 0.5\n  - key: b\n    weight: 0.6\n",
        "def.yaml:3: variations: the weights sum to 1.1, 1 expected");
    refuse("key: x\nvariations:\n  - key: a\n  - key: a\n",
        "def.yaml:4: variations[1].key: \"a\" is also the key of variation 0");
    refuse("key: x\nvariations: [{key: a}]\n", "def.yaml:2: variations: 1 variations, 2 to 16 expected");
    refuse("key: x y\nvariations: [{key: a}, {key: b}]\n",
        "def.yaml:1: key: 1 to 64 letters, digits, '-', '_' or '.' expected");
    refuse("key: holdout\nvariations: [{key: a}, {key: b}]\n", "def.yaml:1: key: \"holdout\" is the universal holdout's name");
    refuse("key: &a x\nvariations: [{key: *a}, {key: b}]\n",
        "def.yaml:1: anchors, aliases and tags are not allowed; write the value out");
    refuse("key: x\nnamespace: {id: home, from: 0.6, to: 0.5}\nvariations: [{key: a}, {key: b}]\n",
        "def.yaml:2: namespace: an id of at most 255 bytes and a part of 0 to 1 expected");
}

// The policy's own reader speaks, with lines of this file.
CHECK_TEST(a_fault_in_an_arms_policy_names_its_line_too)
{
    CHECK_BEGIN();
    refuse("key: \xC3\xA9t\xC3\xA9\n", "def.yaml:1: variations is missing");
    refuse("key: x # \xC3\xA9t\xC3\xA9\nvariations:\n  - key: a\n  - key: b\n    policy:\n      objective:\n        noveltie: 2\n",
        "def.yaml:7: objective.noveltie: unknown key; did you mean objective.novelty?");
    refuse("key: x\nvariations:\n  - key: a\n  - key: b\n    policy: {objective: {novelty: 50}}\n",
        "def.yaml:5: objective.novelty: 50 is out of range; 0 to 10 is allowed");
    refuse("key: x\nvariations:\n  - key: a\n  - key: b\n    policy:\n      rights: {required: false}\n",
        "def.yaml:6: rights.required: an arm may change objective, exploration and taste, not rights");
    att_override list[ATT_OVERRIDES_MAX];
    size_t count;
    att_error err;
    CHECK_FAILS(att_overrides_parse(ATT_LIT("situations: {loud: {range: {most: 6, tolerance: 3}}}\n"), "arm", list, &count, &err), ATT_INVALID);
    CHECK_STR(err.text, "arm: situations: an arm may change their weight, objective.situation, not what they want");
}

CHECK_TEST(running_out_of_memory_is_told_and_leaves_nothing)
{
    CHECK_BEGIN();
    for (uint64_t fail_at = 1; fail_at < 40; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_experiment *e = NULL;
        const att_status status = att_experiment_parse(&e, att_text_of(whole), "def.yaml", &host, NULL);
        CHECK(status == ATT_OK || status == ATT_NO_MEMORY);
        CHECK((e != NULL) == (status == ATT_OK));
        att_experiment_destroy(e);
        CHECK_EQ(heap.bytes_live, 0);
    }
}

CHECK_TEST(what_changed_is_named)
{
    CHECK_BEGIN();
    char what[400];
    att_experiment *was = parse("key: x\nvariations: [{key: a, weight: 0.5}, {key: b, weight: 0.5}]\n");
    att_experiment *is = parse("key: x\nvariations: [{key: a, weight: 0.3}, {key: b, weight: 0.7}]\n");
    CHECK(att_experiment_differs(was, is, what, sizeof what));
    CHECK_STR(what, "the weight of \"a\" is 0.5, 0.3 was given");
    att_experiment_destroy(is);
    is = parse("key: x\nnote: said better\nmetrics: [plays]\nvariations: [{key: a}, {key: b}]\n");
    CHECK(!att_experiment_differs(was, is, what, sizeof what));
    att_experiment_destroy(is);
    att_experiment_destroy(was);
}

// --- A store's experiments --------------------------------------------------------------------------------------

static void put(att_experiments *set, uint32_t number, att_experiment_status status, const char *yaml)
{
    att_experiment *e = parse(yaml);
    att_error err;
    e->number = number;
    e->status = status;
    CHECK_OK_ERR(att_experiments_put(set, e, &err), &err);
}

static att_text person(int p)
{
    static char text[24];
    snprintf(text, sizeof text, "listener-%d", p);
    return att_text_of(text);
}

CHECK_TEST(the_holdout_is_stable_and_in_no_experiment)
{
    CHECK_BEGIN();
    enum { PEOPLE = 20000 };
    att_experiments set;
    const att_policy base = att_policy_default(), *policy;
    att_policy own, baseline = base;
    att_assignment a;
    att_experiments_init(&set, 7, NULL);
    put(&set, 1, ATT_EXPERIMENT_RUNNING, "key: x\nvariations: [{key: a}, {key: b, policy: {objective: {novelty: 3}}}]\n");
    baseline.objective.novelty = 0.7;
    att_experiments_holdout(&set, &baseline, 1000, 5);
    int held = 0, treated = 0;
    for (int p = 0; p < PEOPLE; p++) {
        att_experiments_assign(&set, person(p), &base, 0.02, &a, &policy, &own);
        const bool was_held = a.held_out;
        held += was_held;
        CHECK_EQ(a.count, 1);
        if (was_held) {
            CHECK_EQ(att_arm_code(a.arms[0]), 0);
            CHECK_NEAR(policy->objective.novelty, 0.7, 0);
        } else {
            treated += (int)a.arms[0].variation;
            CHECK_NEAR(policy->objective.novelty, a.arms[0].variation ? 3 : base.objective.novelty, 0);
            CHECK((policy == &base) == (a.arms[0].variation == 0));
        }
        att_experiments_assign(&set, person(p), &base, 0.05, &a, &policy, &own);
        CHECK(a.held_out || !was_held); // a larger share frees nobody
    }
    CHECK_NEAR(held / (double)PEOPLE, 0.02, 4 * 0.001);
    CHECK_NEAR(treated / (double)(PEOPLE - held), 0.5, 4 * 0.0036);
    att_experiments_deinit(&set);
}

CHECK_TEST(experiments_of_one_namespace_exclude_each_other)
{
    CHECK_BEGIN();
    att_experiments set;
    att_error err;
    const att_policy base = att_policy_default(), *policy;
    att_policy own;
    att_assignment a;
    att_experiments_init(&set, 7, NULL);
    const char low[] = "key: low\nnamespace: {id: home, from: 0, to: 0.5}\nvariations: [{key: a}, {key: b}]\n";
    put(&set, 1, ATT_EXPERIMENT_RUNNING, low);
    put(&set, 2, ATT_EXPERIMENT_RUNNING,
        "key: high\nnamespace: {id: home, from: 0.5, to: 1}\nvariations: [{key: a}, {key: b}]\n");
    int in[3] = {0};
    for (int p = 0; p < 4000; p++) {
        att_experiments_assign(&set, person(p), &base, 0, &a, &policy, &own);
        CHECK_EQ(a.count, 1);
        in[a.arms[0].experiment]++;
    }
    CHECK_NEAR(in[1] / 4000.0, 0.5, 0.04);
    att_experiment *overlapping =
        parse("key: mid\nnamespace: {id: home, from: 0.4, to: 0.6}\nvariations: [{key: a}, {key: b}]\n");
    CHECK_FAILS(att_experiments_may_start(&set, overlapping, &err), ATT_INVALID);
    CHECK_STR(err.text, "\"mid\" takes 0.4 to 0.6 of the namespace \"home\", but \"low\" runs on 0 to 0.5 of it");
    att_experiment_destroy(overlapping);
    att_experiments_deinit(&set);
}

CHECK_TEST(two_that_change_the_same_key_for_the_same_people_do_not_run_together)
{
    CHECK_BEGIN();
    att_experiments set;
    att_error err;
    att_experiments_init(&set, 7, NULL);
    put(&set, 1, ATT_EXPERIMENT_RUNNING, "key: one\nvariations: [{key: a}, {key: b, policy: {objective: {novelty: 3}}}]\n");
    att_experiment *same = parse("key: two\nvariations: [{key: a}, {key: b, policy: {objective: {novelty: 1}}}]\n");
    att_experiment *other = parse("key: two\nvariations: [{key: a}, {key: b, policy: {objective: {context: 1}}}]\n");
    CHECK_FAILS(att_experiments_may_start(&set, same, &err), ATT_INVALID);
    CHECK_STR(err.text,
        "\"two\" and the running \"one\" both change objective.novelty for the same people; put both into one namespace");
    CHECK_OK(att_experiments_may_start(&set, other, &err));
    for (uint32_t n = 2; n <= 8; n++) {
        char yaml[80];
        snprintf(yaml, sizeof yaml, "key: more-%u\nvariations: [{key: a}, {key: b}]\n", n);
        put(&set, n, ATT_EXPERIMENT_RUNNING, yaml);
    }
    CHECK_FAILS(att_experiments_may_start(&set, other, &err), ATT_LIMIT);
    CHECK_STR(err.text, "a person would be in 9 experiments at the same time, 8 at most");
    att_experiment_destroy(same);
    att_experiment_destroy(other);
    att_experiments_deinit(&set);
}

CHECK_TEST(records_read_back_and_damaged_ones_are_refused)
{
    CHECK_BEGIN();
    att_error err;
    att_experiment *e = parse(whole), *again = NULL;
    e->number = 3;
    e->status = ATT_EXPERIMENT_STOPPED;
    e->created_ms = 1;
    e->started_ms = 2;
    e->stopped_ms = 3;
    unsigned char bytes[4096];
    const size_t size = att_experiment_record_size(e);
    CHECK(size <= sizeof bytes);
    att_experiment_record_encode(e, bytes);
    CHECK_OK_ERR(att_experiment_record_decode(bytes, size, NULL, &again, &err), &err);
    CHECK_EQ(again->number, 3);
    CHECK_EQ(again->status, ATT_EXPERIMENT_STOPPED);
    CHECK_EQ(again->stopped_ms, 3);
    CHECK_TEXT(again->variations[1].policy, "{objective: {novelty: 0.4, method: mmr}, exploration: {share: 0.15}}");
    att_experiment_destroy(again);
    for (size_t cut = 0; cut < 33; cut++)
        CHECK_FAILS(att_experiment_record_decode(bytes, cut, NULL, &again, &err), ATT_CORRUPT);
    bytes[0] = 2;
    CHECK_FAILS(att_experiment_record_decode(bytes, size, NULL, &again, &err), ATT_VERSION);
    bytes[0] = 1;
    bytes[1] = 9;
    CHECK_FAILS(att_experiment_record_decode(bytes, size, NULL, &again, &err), ATT_CORRUPT);
    att_experiment_destroy(e);
}

CHECK_MAIN(CHECK_CASE(a_definition_is_read_whole), CHECK_CASE(what_is_written_reads_back_the_same),
    CHECK_CASE(a_fault_names_line_and_key), CHECK_CASE(a_fault_in_an_arms_policy_names_its_line_too),
    CHECK_CASE(running_out_of_memory_is_told_and_leaves_nothing), CHECK_CASE(what_changed_is_named),
    CHECK_CASE(the_holdout_is_stable_and_in_no_experiment), CHECK_CASE(experiments_of_one_namespace_exclude_each_other),
    CHECK_CASE(two_that_change_the_same_key_for_the_same_people_do_not_run_together),
    CHECK_CASE(records_read_back_and_damaged_ones_are_refused))
