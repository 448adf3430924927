// SPDX-License-Identifier: Apache-2.0
// A store keeps what was committed, all of it and nothing else, and gives it back as it was.
#include "world.h"

#include "base/rng.h"

static void check_same(const att_record *a, const att_record *b)
{
    CHECK_EQ(a->seq, b->seq);
    CHECK_EQ(a->at_ms, b->at_ms);
    CHECK_EQ(a->logged_ms, b->logged_ms);
    CHECK_EQ(a->kind, b->kind);
    CHECK_EQ(a->signal, b->signal);
    CHECK_EQ(a->set_aside, b->set_aside);
    CHECK_EQ(a->user, b->user);
    CHECK_EQ(a->item, b->item);
    CHECK(isnan(a->value) ? isnan(b->value) : a->value == b->value);
    CHECK_EQ(a->position_ms, b->position_ms);
    CHECK_EQ(a->length_ms, b->length_ms);
    CHECK_EQ(a->dwell_ms, b->dwell_ms);
    CHECK_EQ(a->decision, b->decision);
    CHECK(memcmp(&a->context, &b->context, sizeof a->context) == 0);
    CHECK(att_text_equal(a->id, b->id));
    CHECK_EQ(a->payload_size, b->payload_size);
    CHECK(a->payload_size == 0 || memcmp(a->payload, b->payload, a->payload_size) == 0);
}

typedef struct collected {
    const att_record *wanted;
    size_t count, stop_after;
} collected;

static bool compare_next(void *user, const att_record *record)
{
    collected *all = user;
    if (all->wanted)
        check_same(&all->wanted[all->count], record);
    return ++all->count != all->stop_after;
}

CHECK_TEST(records_come_back_as_they_were_in_one_order)
{
    CHECK_BEGIN();
    att_error err;
    enum { COUNT = 300 };
    static att_record records[COUNT];
    static char ids[COUNT][40], payloads[COUNT][64];
    att_rng rng = att_rng_seed(7);
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "event-%d", i);
        records[i] = world_event(ids[i], (uint32_t)att_rng_below(&rng, 9), 3);
        if (att_rng_below(&rng, 2))
            records[i].item = ATT_NO_INDEX;
        if (att_rng_below(&rng, 2))
            records[i].value = (float)att_rng_normal(&rng);
        if (att_rng_below(&rng, 2))
            records[i].position_ms = (int32_t)att_rng_below(&rng, 1 << 30);
        if (att_rng_below(&rng, 2))
            records[i].length_ms = (int32_t)att_rng_below(&rng, 1 << 30);
        if (att_rng_below(&rng, 2))
            records[i].dwell_ms = 0;
        if (att_rng_below(&rng, 2))
            records[i].decision = att_rng_u64(&rng);
        if (att_rng_below(&rng, 2))
            records[i].context = (att_context){1, 2, 3, 2, -60};
        if (att_rng_below(&rng, 4) == 0)
            records[i].user = ATT_NO_INDEX;
        records[i].set_aside = (uint8_t)att_rng_below(&rng, 2);
        records[i].kind = (uint8_t)(1 + att_rng_below(&rng, ATT_RECORD_KIND_COUNT - 1));
        records[i].payload = payloads[i];
        records[i].payload_size = att_rng_below(&rng, sizeof payloads[i]);
        memset(payloads[i], i, sizeof payloads[i]);
    }
    att_store *store = world_open(check_path("records.attune"));
    world_append(store, records, 100);
    world_append(store, records + 100, 200);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(records[i].seq, i + 1);

    collected all = {.wanted = records};
    CHECK_OK_ERR(att_store_log_each(store, 0, compare_next, &all, &err), &err);
    CHECK_EQ(all.count, COUNT);
    collected rest = {.wanted = records + 249};
    CHECK_OK_ERR(att_store_log_each(store, 250, compare_next, &rest, &err), &err);
    CHECK_EQ(rest.count, 51);
    collected few = {.stop_after = 5};
    CHECK_OK_ERR(att_store_log_each(store, 1, compare_next, &few, &err), &err);
    CHECK_EQ(few.count, 5);
    uint64_t last;
    CHECK_OK_ERR(att_store_last_seq(store, &last, &err), &err);
    CHECK_EQ(last, COUNT);
    att_store_close(store);
}

CHECK_TEST(a_rollback_leaves_no_trace_and_gives_the_numbers_back)
{
    CHECK_BEGIN();
    att_error err;
    att_store *store = world_open(check_path("rollback.attune"));
    att_record one = world_event("a", 0, 0);
    world_append(store, &one, 1);
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_EQ(last, 1);
    att_record two = world_event("b", 1, 1);
    CHECK_OK_ERR(att_store_user_add(store, 0, ATT_LIT("ann"), &err), &err);
    CHECK_OK_ERR(att_store_append(store, &two, 1, &err), &err);
    CHECK_EQ(two.seq, 2);
    CHECK_OK_ERR(att_store_last_seq(store, &last, &err), &err);
    CHECK_EQ(last, 2);
    att_store_rollback(store);
    CHECK_OK_ERR(att_store_last_seq(store, &last, &err), &err);
    CHECK_EQ(last, 1);
    world_append(store, &two, 1);
    CHECK_EQ(two.seq, 2);
    att_store_close(store);
}

typedef struct name_list {
    char text[256];
} name_list;

static bool list_name(void *user, uint32_t index, att_text id)
{
    name_list *list = user;
    const size_t at = strlen(list->text);
    snprintf(list->text + at, sizeof list->text - at, "%u=%.*s;", index, (int)id.size, id.data);
    return true;
}

CHECK_TEST(people_and_meta_survive_closing)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("people.attune");
    att_store *store = world_open(path);
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_OK_ERR(att_store_user_add(store, 0, ATT_LIT("ann"), &err), &err);
    CHECK_OK_ERR(att_store_user_add(store, 1, ATT_LIT("b\xC3\xB6rn"), &err), &err);
    CHECK_FAILS(att_store_user_add(store, 1, ATT_LIT("cleo"), &err), ATT_EXISTS);
    CHECK_FAILS(att_store_user_add(store, 2, ATT_LIT(""), &err), ATT_LIMIT);
    CHECK_OK_ERR(att_store_meta_put(store, "policy", "x", 1, &err), &err);
    CHECK_OK_ERR(att_store_meta_put(store, "policy", "yes", 3, &err), &err);
    CHECK_OK_ERR(att_store_meta_put(store, "empty", NULL, 0, &err), &err);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
    att_store_close(store);

    store = world_open(path);
    CHECK_EQ(att_store_seed(store), 42);
    name_list names = {""}, from_one = {""};
    CHECK_OK_ERR(att_store_users_each(store, 0, list_name, &names, &err), &err);
    CHECK_STR(names.text, "0=ann;1=b\xC3\xB6rn;");
    CHECK_OK_ERR(att_store_users_each(store, 1, list_name, &from_one, &err), &err);
    CHECK_STR(from_one.text, "1=b\xC3\xB6rn;");
    const att_host host = att_host_default();
    att_bytes bytes = {0};
    CHECK_OK_ERR(att_store_meta_get(store, "policy", &bytes, &err), &err);
    CHECK(bytes.count == 3 && memcmp(bytes.items, "yes", 3) == 0);
    CHECK_OK_ERR(att_store_meta_get(store, "empty", &bytes, &err), &err);
    CHECK_EQ(bytes.count, 0);
    CHECK_FAILS(att_store_meta_get(store, "absent", &bytes, &err), ATT_NOT_FOUND);
    ATT_VEC_FREE(&host, &bytes);
    att_store_close(store);
}

static const att_territory german[] = {'D' << 8 | 'E', 'A' << 8 | 'T'};
static const att_licence licences[] = {
    {.start_ms = INT64_MIN, .end_ms = 99, .uses = 3, .include = german, .include_count = 2},
    {.start_ms = 5, .end_ms = INT64_MAX, .uses = 31, .exclude = german, .exclude_count = 1},
};
static const float vector[3] = {0.5f, -1, 2};
// ATT_LIT is no constant expression.
#define STATIC_TEXT(literal)                                                                       \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
static const att_text tags[] = {STATIC_TEXT("calm"), STATIC_TEXT("night")};
static const att_feature features[] = {{STATIC_TEXT("energy"), 0.25}, {STATIC_TEXT("bpm"), 90}};
static const att_item full_item = {.title = STATIC_TEXT("Nocturne"),
    .medium = STATIC_TEXT("music"),
    .text = STATIC_TEXT("slow"),
    .tags = tags,
    .tag_count = 2,
    .features = features,
    .feature_count = 2,
    .vector = vector,
    .vector_dim = 3,
    .duration_ms = 180000,
    .published_at_ms = -5,
    .age_rating = 12,
    .boost = -0.5,
    .rights_known = true,
    .licences = licences,
    .licence_count = 2};

static bool check_full_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    *(bool *)user = item->taken_down;
    CHECK_EQ(index, 4);
    CHECK_TEXT(id, "n1");
    CHECK_TEXT(item->id, "n1");
    CHECK_TEXT(item->title, "Nocturne");
    CHECK_TEXT(item->medium, "music");
    CHECK_TEXT(item->text, "slow");
    CHECK_EQ(item->tag_count, 2);
    CHECK_TEXT(item->tags[1], "night");
    CHECK_EQ(item->feature_count, 2);
    CHECK_TEXT(item->features[0].name, "energy");
    CHECK(item->features[0].value == 0.25);
    CHECK_EQ(item->vector_dim, 3);
    CHECK(memcmp(item->vector, vector, sizeof vector) == 0);
    CHECK_EQ(item->duration_ms, 180000);
    CHECK_EQ(item->published_at_ms, -5);
    CHECK_EQ(item->age_rating, 12);
    CHECK(item->boost == -0.5 && item->rights_known);
    CHECK_EQ(item->licence_count, 2);
    CHECK_EQ(item->licences[0].start_ms, INT64_MIN);
    CHECK_EQ(item->licences[0].include_count, 2);
    CHECK_EQ(item->licences[0].include[1], 'A' << 8 | 'T');
    CHECK_EQ(item->licences[1].end_ms, INT64_MAX);
    CHECK_EQ(item->licences[1].uses, 31);
    CHECK_EQ(item->licences[1].exclude_count, 1);
    CHECK_EQ(item->licences[1].include_count, 0);
    return true;
}

static bool check_bare_item(void *user, uint32_t index, att_text id, const att_item *item)
{
    ++*(int *)user;
    CHECK_EQ(index, 5);
    CHECK_TEXT(id, "n2");
    CHECK(item == NULL);
    return true;
}

CHECK_TEST(items_come_back_with_every_field)
{
    CHECK_BEGIN();
    att_error err;
    att_store *store = world_open(check_path("items.attune"));
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_OK_ERR(att_store_item_put(store, 4, ATT_LIT("n1"), NULL, &err), &err);
    CHECK_OK_ERR(att_store_item_put(store, 5, ATT_LIT("n2"), NULL, &err), &err);
    CHECK_OK_ERR(att_store_item_put(store, 4, ATT_LIT("n1"), &full_item, &err), &err);
    CHECK_OK_ERR(att_store_item_put(store, 4, ATT_LIT("n1"), NULL, &err), &err); // keeps the body
    CHECK_FAILS(att_store_item_put(store, 4, ATT_LIT("other"), &full_item, &err), ATT_EXISTS);
    CHECK_FAILS(att_store_item_put(store, 4, ATT_LIT("other"), NULL, &err), ATT_EXISTS);
    CHECK_HOLDS(err.text, "item 4 has another id than other");
    CHECK_OK_ERR(att_store_taken_down(store, 4, true, &err), &err);
    CHECK_FAILS(att_store_taken_down(store, 77, true, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);

    bool down = false;
    CHECK_OK_ERR(att_store_item_see(store, 4, check_full_item, &down, &err), &err);
    CHECK(down);
    int bare = 0;
    CHECK_OK_ERR(att_store_items_each(store, 5, check_bare_item, &bare, &err), &err);
    CHECK_EQ(bare, 1);
    CHECK_FAILS(att_store_item_see(store, 6, check_bare_item, &bare, &err), ATT_NOT_FOUND);

    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err); // putting it again undoes the takedown
    CHECK_OK_ERR(att_store_item_put(store, 4, ATT_LIT("n1"), &full_item, &err), &err);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
    CHECK_OK_ERR(att_store_item_see(store, 4, check_full_item, &down, &err), &err);
    CHECK(!down);
    att_store_close(store);
}

CHECK_TEST(what_is_too_large_is_refused_by_name)
{
    CHECK_BEGIN();
    att_error err;
    att_store *store = world_open(check_path("large.attune"));
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    att_item item = full_item;
    item.tag_count = ATT_TAGS_MAX + 1;
    CHECK_FAILS(att_store_item_put(store, 0, ATT_LIT("n"), &item, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "item n: its tag list has 65, at most 64");
    att_record record = world_event("a", 0, 0);
    record.payload_size = (1 << 20) + 1;
    CHECK_FAILS(att_store_append(store, &record, 1, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "payload");
    record = world_event("a", 0, 0);
    record.kind = ATT_RECORD_KIND_COUNT;
    CHECK_FAILS(att_store_append(store, &record, 1, &err), ATT_INVALID);
    att_store_rollback(store);
    att_store_close(store);
}

CHECK_TEST(an_asset_is_found_by_its_content)
{
    CHECK_BEGIN();
    att_error err;
    att_store *store = world_open(check_path("assets.attune"));
    uint64_t last;
    att_asset_hash hash, again;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_OK_ERR(att_store_asset_put(store, "abc", 3, ATT_LIT("text/plain"), &hash, &err), &err);
    CHECK_OK_ERR(att_store_asset_put(store, "abc", 3, ATT_LIT("text/plain"), &again, &err), &err);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
    CHECK(memcmp(&hash, &again, sizeof hash) == 0);
    // BLAKE2b-256 of "abc", by Python's hashlib.blake2b(b"abc", digest_size=32).
    CHECK(memcmp(hash.bytes, "\xbd\xdd\x81\x3c\x63\x42\x39\x72", 8) == 0);
    const att_host host = att_host_default();
    att_bytes bytes = {0};
    CHECK_OK_ERR(att_store_asset_get(store, &hash, &bytes, &err), &err);
    CHECK(bytes.count == 3 && memcmp(bytes.items, "abc", 3) == 0);
    hash.bytes[0] ^= 1;
    CHECK_FAILS(att_store_asset_get(store, &hash, &bytes, &err), ATT_NOT_FOUND);
    hash.bytes[0] ^= 1;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    CHECK_OK_ERR(att_store_asset_drop(store, &hash, &err), &err);
    CHECK_FAILS(att_store_asset_drop(store, &hash, &err), ATT_NOT_FOUND);
    CHECK_OK_ERR(att_store_commit(store, &err), &err);
    CHECK_FAILS(att_store_asset_get(store, &hash, &bytes, &err), ATT_NOT_FOUND);
    ATT_VEC_FREE(&host, &bytes);
    att_store_close(store);
}

static bool count_within(void *user, const att_record *record)
{
    (void)record;
    collected inner = {0};
    CHECK_OK(att_store_log_each(user, 1, compare_next, &inner, NULL));
    CHECK_EQ(inner.count, 3);
    return true;
}

CHECK_TEST(a_visitor_may_read_too)
{
    CHECK_BEGIN();
    att_error err;
    att_store *store = world_open(check_path("nested.attune"));
    att_record records[3] = {
        world_event("a", 0, 0), world_event("b", 0, 0), world_event("c", 0, 0)};
    world_append(store, records, 3);
    CHECK_OK_ERR(att_store_log_each(store, 1, count_within, store, &err), &err);
    att_store_close(store);
}

CHECK_TEST(a_reader_sees_the_last_commit_while_another_writes)
{
    CHECK_BEGIN();
    att_error err;
    const char *path = check_path("two.attune");
    att_store *writer = world_open(path), *reader = NULL;
    att_record record = world_event("a", 0, 0);
    world_append(writer, &record, 1);
    const att_store_options options = {.read_only = true};
    CHECK_OK_ERR(att_store_open(&reader, path, &options, NULL, &err), &err);
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(writer, &last, &err), &err);
    CHECK_OK_ERR(att_store_append(writer, &record, 1, &err), &err);
    collected seen = {0};
    CHECK_OK_ERR(att_store_log_each(reader, 1, compare_next, &seen, &err), &err);
    CHECK_EQ(seen.count, 1);
    CHECK_OK_ERR(att_store_commit(writer, &err), &err);
    CHECK_OK_ERR(att_store_last_seq(reader, &last, &err), &err);
    CHECK_EQ(last, 2);
    CHECK_FAILS(att_store_begin(reader, &last, &err), ATT_READ_ONLY);
    att_store_close(reader);
    att_store_close(writer);
}

CHECK_TEST(after_a_failed_append_only_a_rollback_is_left)
{
    CHECK_BEGIN();
    att_error err;
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    const att_store_options options = {.create = true};
    att_store *store;
    CHECK_OK_ERR(att_store_open(&store, check_path("broken.attune"), &options, &host, &err), &err);
    uint64_t last;
    CHECK_OK_ERR(att_store_begin(store, &last, &err), &err);
    char big[5000] = "";
    att_record records[2] = {world_event("a", 0, 0), world_event("b", 0, 0)};
    records[1].payload = big;
    records[1].payload_size = sizeof big;
    CHECK_OK_ERR(att_store_append(store, records, 1, &err), &err);
    heap.fail_at = 1;
    CHECK_FAILS(att_store_append(store, records + 1, 1, &err), ATT_NO_MEMORY);
    CHECK_FAILS(att_store_commit(store, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "all was rolled back");
    CHECK_OK_ERR(att_store_last_seq(store, &last, &err), &err);
    CHECK_EQ(last, 0);
    world_append(store, records, 2);
    CHECK_EQ(records[1].seq, 2);
    att_store_close(store);
    CHECK_EQ(heap.bytes_live, 0);
}

static att_status whole_life(const char *path, const att_host *host, att_error *err)
{
    const att_store_options options = {.create = true};
    att_store *store = NULL;
    att_status status = att_store_open(&store, path, &options, host, err);
    uint64_t last = 0;
    if (!status)
        status = att_store_begin(store, &last, err);
    att_record record = world_event("a", 0, 0);
    if (!status)
        status = att_store_append(store, &record, 1, err);
    if (!status)
        status = att_store_item_put(store, 4, ATT_LIT("n1"), &full_item, err);
    if (!status)
        status = att_store_commit(store, err);
    bool down;
    if (!status)
        status = att_store_item_see(store, 4, check_full_item, &down, err);
    att_store_close(store);
    return status;
}

CHECK_TEST(failed_allocations_are_told_and_leak_nothing)
{
    CHECK_BEGIN();
    att_error err;
    check_heap heap = {0};
    const att_host host = check_host(&heap);
    const char *path = check_path("memory.attune");
    att_status status = ATT_NO_MEMORY;
    uint64_t fail_at = 1;
    for (; status == ATT_NO_MEMORY; fail_at++) {
        CHECK(fail_at < 200);
        heap.fail_at = fail_at;
        status = whole_life(path, &host, &err);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_OK_ERR(status, &err);
    CHECK(fail_at > 4);
}

CHECK_MAIN(CHECK_CASE(records_come_back_as_they_were_in_one_order),
    CHECK_CASE(a_rollback_leaves_no_trace_and_gives_the_numbers_back),
    CHECK_CASE(people_and_meta_survive_closing), CHECK_CASE(items_come_back_with_every_field),
    CHECK_CASE(what_is_too_large_is_refused_by_name), CHECK_CASE(an_asset_is_found_by_its_content),
    CHECK_CASE(a_visitor_may_read_too),
    CHECK_CASE(a_reader_sees_the_last_commit_while_another_writes),
    CHECK_CASE(after_a_failed_append_only_a_rollback_is_left),
    CHECK_CASE(failed_allocations_are_told_and_leak_nothing))
