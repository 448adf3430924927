// SPDX-License-Identifier: Apache-2.0
// tests/fuzz/make_seeds.c - writes the seeds of checkpoints and contexts anew: small files that are right, for the
// fuzzer to change. (Indexes and models make their own.)
//
//   cd tests/fuzz/corpus && ../../../build/tests/fuzz/make_seeds
//
// To be run when a form changes; what it wrote is committed.
#include "decide/context.h"
#include "decide/skips.h"
#include "signals/people.h"
#include "store/decision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const int64_t some_ms = 1700000000000;

static void need(att_status status, const char *what, const att_error *err)
{
    if (status == ATT_OK)
        return;
    fprintf(stderr, "make_seeds: %s: %s\n", what,
        err && err->text[0] ? err->text : att_status_name(status));
    exit(1);
}

static void write_seed(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

// Three candidates with two terms.
static att_decision_pool some_pool(void)
{
    static const uint32_t items[] = {4, 7, 9};
    static const float raw[] = {0.8f, 0.1f, 0.5f, 0, 1, 0.5f}, uncertainty[] = {0.1f, 1, 0.5f};
    static const float gain[] = {0.5f, 0.25f, 0.5f, 0, 0.25f, 0.125f}, penalty[] = {0, 0, 0, 0, -0.25f, -0.3f};
    static const uint8_t flags[] = {1, 3, 1};
    static const att_pool_slot slots[] = {{0.25f, 0, 0, false}, {0, 1, 1, true}};
    return (att_decision_pool){.terms = ATT_TERM_COUNT, .count = 3, .columns = 1 << ATT_TERM_RELEVANCE | 1 << ATT_TERM_NOVELTY, .share = 0.1f,
        .weights = {1, 0.3f, 0.1f}, .items = items, .raw = raw, .uncertainty = uncertainty, .flags = flags, .slot_count = 2,
        .slots = slots, .gain = gain, .penalty = penalty};
}

static size_t encode_decision(unsigned char *bytes, const att_decision_pool *pool)
{
    att_decided_slot slots[2] = {
        {.item = 4, .propensity = 1}, {.item = 7, .kind = ATT_SLOT_EXPLORE, .propensity = 0.25f}};
    slots[0].terms[0] = 0.8f;
    slots[1].terms[1] = -0.25f;
    const att_decision_record decision = {.seed = 5,
        .model = 1,
        .eligible = 20,
        .candidates = 12,
        .context = {1, 2, 3, 1, 60},
        .territory = 'D' << 8 | 'E',
        .age = 30,
        .use = 1,
        .arms = {3},
        .arm_count = 1,
        .count = 2,
        .slots = slots,
        .pool = pool};
    att_decision_encode(&decision, bytes);
    return att_decision_size(&decision);
}

static att_record event_of(uint32_t user, uint32_t item, att_signal signal)
{
    return (att_record){.kind = ATT_RECORD_EVENT,
        .signal = (uint8_t)signal,
        .at_ms = some_ms + item * 1000,
        .logged_ms = some_ms,
        .user = user,
        .item = item,
        .value = NAN,
        .position_ms = 61000,
        .length_ms = 180000,
        .dwell_ms = -1,
        .context = {1, 2, 3, 1, 60},
        .id = ATT_LIT("e1")};
}

static void make_fold(const unsigned char *decision, size_t decision_size)
{
    const att_policy policy = att_policy_default();
    att_people *people = NULL;
    att_error err = {0};
    att_record records[] = {event_of(0, 1, ATT_SIGNAL_LIKE), event_of(0, 2, ATT_SIGNAL_COMPLETE),
        event_of(1, 1, ATT_SIGNAL_SKIP), event_of(2, 3, ATT_SIGNAL_PLAY),
        {.kind = ATT_RECORD_DECISION,
            .user = 1,
            .payload = decision,
            .payload_size = decision_size},
        {.kind = ATT_RECORD_CONTROL,
            .user = 2,
            .signal = ATT_CONTROL_BLOCK,
            .payload = "tag:calm",
            .payload_size = 8},
        {.kind = ATT_RECORD_CONTROL, .user = 2, .signal = ATT_CONTROL_LESS_LIKE, .item = 3}};
    need(att_people_create(&people, &policy, 42, NULL, &err), "fold", &err);
    for (size_t i = 0; i < ATT_COUNT_OF(records); i++) {
        char id[8];
        records[i].seq = i + 1;
        if (records[i].kind == ATT_RECORD_EVENT)
            records[i].id = (att_text){id, (size_t)snprintf(id, sizeof id, "e%zu", i)};
        else
            records[i].at_ms = some_ms;
        if (records[i].payload)
            records[i].item = ATT_NO_INDEX;
        need(att_people_apply(people, &records[i], &err), "fold", &err);
    }
    need(att_people_save(people, "fold/three-people", &err), "fold", &err);
    att_people_destroy(people);
}

static void make_context(const att_host *host)
{
    att_context_builder *builder = NULL;
    att_context_model *model = NULL;
    att_error err = {0};
    unsigned char bytes[1024];
    need(att_context_builder_create(&builder, 3, host, &err), "context", &err);
    for (uint16_t i = 0; i < 60; i++) {
        const att_context context = {.activity = (uint8_t)(1 + i % 2), .utc_offset_min = 60};
        const uint16_t tag = i % 3;
        att_context_builder_add(builder, &context, some_ms + i * (int64_t)3600000, &tag, 1, 1);
    }
    need(att_context_finish(&model, builder, 20, 1, host, &err), "context", &err);
    if (att_context_size(model) > sizeof bytes)
        need(ATT_LIMIT, "context", NULL);
    att_context_save(model, bytes);
    write_seed("context/three-tags", bytes, att_context_size(model));
    att_context_model_destroy(model);
    att_context_builder_destroy(builder);
}

// Four items of two tags, of which one is left early by two of three, the others seldom.
static void make_skips(const att_host *host)
{
    att_skips_builder *builder = NULL;
    att_skips *skips = NULL;
    att_error err = {0};
    unsigned char bytes[1024];
    need(att_skips_builder_create(&builder, 4, 2, 8, host, &err), "skips", &err);
    for (uint32_t i = 0; i < 1200; i++) {
        const uint16_t tag = i % 2;
        need(att_skips_builder_add(builder, i % 8, i % 4, (uint8_t)(1 + i % 3), &tag, 1, i % 4 == 1 ? i % 3 != 0 : i % 11 == 0, &err), "skips", &err);
    }
    need(att_skips_finish(&skips, builder, host, &err), "skips", &err);
    need(skips && att_skips_size(skips) <= sizeof bytes ? ATT_OK : ATT_LIMIT, "skips", NULL);
    att_skips_save(skips, bytes);
    write_seed("skips/four-items", bytes, att_skips_size(skips));
    att_skips_destroy(skips);
    att_skips_builder_destroy(builder);
}

int main(void)
{
    static const char *const folders[] = {"fold", "context", "decision", "skips"};
    const att_host host = att_host_default();
    unsigned char decision[1024];
    for (size_t i = 0; i < ATT_COUNT_OF(folders); i++)
        (void)mkdir(folders[i],
            0777); // there already: fine; what else is wrong shows when a file is written
    att_decision_pool pool = some_pool();
    write_seed("decision/pool.bin", decision, encode_decision(decision, &pool));
    pool.packed = true;
    write_seed("decision/pool_packed.bin", decision, encode_decision(decision, &pool));
    const size_t decision_size = encode_decision(decision, NULL);
    make_fold(decision, decision_size);
    make_context(&host);
    make_skips(&host);
    return 0;
}
