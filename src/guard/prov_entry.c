// SPDX-License-Identifier: Apache-2.0
// guard/prov_entry.c - writing an entry, and reading it as strictly as it is written.
#include "guard/prov_entry.h"

#include "ingest/json_write.h"
#include "ingest/utf8.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>

static const char *const kind_names[ATT_PROVENANCE_KIND_COUNT] = {"none", "input", "model", "output", "erasure"};

const char *att_provenance_kind_name(att_provenance_kind kind)
{
    return (unsigned)kind < ATT_PROVENANCE_KIND_COUNT ? kind_names[kind] : "?";
}

bool att_provenance_kind_parse(att_text name, att_provenance_kind *out)
{
    for (unsigned i = 1; i < ATT_PROVENANCE_KIND_COUNT; i++)
        if (att_text_equal(name, att_text_of(kind_names[i]))) {
            *out = (att_provenance_kind)i;
            return true;
        }
    return false;
}

// --- Hashes -------------------------------------------------------------------------------------------------------

void att_hash_of(const void *data, size_t size, att_hash *out)
{
    crypto_hash_sha256(out->bytes, data, size);
}

void att_hash_text(const att_hash *hash, char out[2 * ATT_HASH_SIZE + 1])
{
    sodium_bin2hex(out, 2 * ATT_HASH_SIZE + 1, hash->bytes, ATT_HASH_SIZE);
}

bool att_hash_parse(att_text hex, att_hash *out)
{
    size_t got = 0;
    return hex.size == (size_t)2 * ATT_HASH_SIZE && sodium_hex2bin(out->bytes, ATT_HASH_SIZE, hex.data, hex.size, NULL, &got, NULL) == 0 &&
           got == ATT_HASH_SIZE;
}

bool att_hash_given(const att_hash *hash)
{
    return !sodium_is_zero(hash->bytes, ATT_HASH_SIZE);
}

att_status att_hash_file(const char *path, att_hash *out, att_error *err)
{
    unsigned char buffer[1 << 15];
    crypto_hash_sha256_state state;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return att_fail_errno(err, errno, "opening %s", path);
    crypto_hash_sha256_init(&state);
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, file)) > 0;)
        crypto_hash_sha256_update(&state, buffer, got);
    const att_status status = ferror(file) ? att_fail_errno(err, errno, "reading %s", path) : ATT_OK;
    crypto_hash_sha256_final(&state, out->bytes);
    fclose(file);
    return status;
}

// --- Checking -----------------------------------------------------------------------------------------------------

// Bytes that are no UTF-8 are written as U+FFFD, three for one.
static size_t written_size(att_text text)
{
    size_t size = 0;
    for (size_t at = 0, wide; at < text.size; at += wide ? wide : 1) {
        wide = att_utf8_length(text.data + at, text.size - at);
        size += wide ? wide : 3;
    }
    return size;
}

// What is let in here can be read back: a log with an entry that cannot be read is of no use to anybody.
static att_status check_text(att_text text, size_t least, size_t most, const char *field, att_error *err)
{
    const size_t size = text.size <= most ? written_size(text) : text.size;
    if (size < least || size > most)
        return ATT_FAIL(err, size > most ? ATT_LIMIT : ATT_INVALID, "%s has %zu bytes, expected %zu to %zu", field, size, least, most);
    return text.size && memchr(text.data, 0, text.size) ? ATT_FAIL(err, ATT_INVALID, "%s has a zero byte", field) : ATT_OK;
}

static att_status check_counts(const att_provenance_entry *entry, att_error *err)
{
    if (entry->parent_count > ATT_PROVENANCE_PARENTS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "parents: %zu, at most %d are kept", entry->parent_count, ATT_PROVENANCE_PARENTS_MAX);
    if (entry->count_count > ATT_PROVENANCE_COUNTS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "licences: %zu, at most %d are kept", entry->count_count, ATT_PROVENANCE_COUNTS_MAX);
    att_status status = ATT_OK;
    for (size_t i = 0; i < entry->count_count && !status; i++) {
        status = check_text(entry->counts[i].name, 1, ATT_PROVENANCE_NAME_SIZE_MAX, "licences", err);
        for (size_t k = 0; k < i && !status; k++)
            if (att_text_equal(entry->counts[i].name, entry->counts[k].name))
                status = ATT_FAIL(err, ATT_INVALID, "licences: \"%.*s\" is there twice", ATT_TEXT_ARGS(entry->counts[i].name));
    }
    return status;
}

att_status att_prov_entry_check(const att_provenance_entry *entry, att_error *err)
{
    const struct {
        att_text text;
        size_t least, most;
        const char *field;
    } texts[] = {{entry->subject, 1, ATT_PROVENANCE_NAME_SIZE_MAX, "subject"}, {entry->medium, 0, 32, "medium"},
        {entry->licence, 0, ATT_PROVENANCE_NAME_SIZE_MAX, "licence"}, {entry->opt_out, 0, ATT_PROVENANCE_NAME_SIZE_MAX, "opt_out"},
        {entry->model, 0, ATT_PROVENANCE_NAME_SIZE_MAX, "model"}, {entry->note, 0, ATT_PROVENANCE_NOTE_SIZE_MAX, "note"},
        {entry->person, 0, 255, "person"}};
    if (entry->kind == ATT_PROVENANCE_NONE || entry->kind >= ATT_PROVENANCE_KIND_COUNT)
        return ATT_FAIL(err, ATT_INVALID, "kind %u is not known", (unsigned)entry->kind);
    if (entry->at_ms < 0)
        return ATT_FAIL(err, ATT_INVALID, "at is %lld, expected milliseconds since 1970", (long long)entry->at_ms);
    att_status status = ATT_OK;
    for (size_t i = 0; i < ATT_COUNT_OF(texts) && !status; i++)
        status = check_text(texts[i].text, texts[i].least, texts[i].most, texts[i].field, err);
    return status ? status : check_counts(entry, err);
}

// --- Writing: the first failure sticks ----------------------------------------------------------------------------

typedef struct writer {
    const att_host *host;
    att_bytes *out;
    bool good;
} writer;

static void put(writer *w, const char *raw)
{
    w->good = w->good && att_json_put(w->host, w->out, raw, strlen(raw));
}

static void put_key(writer *w, const char *key)
{
    const char last = w->out->count ? w->out->items[w->out->count - 1] : '{';
    put(w, last == '{' ? "\"" : ",\"");
    put(w, key);
    put(w, "\":");
}

static void put_text(writer *w, const char *key, att_text text)
{
    if (!text.size)
        return;
    put_key(w, key);
    w->good = w->good && att_json_put_text(w->host, w->out, text);
}

static void put_number(writer *w, const char *key, uint64_t number)
{
    put_key(w, key);
    w->good = w->good && att_json_put_integer(w->host, w->out, (int64_t)ATT_MIN(number, (uint64_t)INT64_MAX));
}

static void put_hash(writer *w, const char *key, const att_hash *hash)
{
    char hex[2 * ATT_HASH_SIZE + 1];
    if (!att_hash_given(hash))
        return;
    att_hash_text(hash, hex);
    put_text(w, key, att_text_of(hex));
}

static void put_parents(writer *w, const att_provenance_entry *entry)
{
    char hex[2 * ATT_HASH_SIZE + 1];
    if (!entry->parent_count)
        return;
    put_key(w, "parents");
    for (size_t i = 0; i < entry->parent_count; i++) {
        att_hash_text(&entry->parents[i], hex);
        put(w, i ? ",\"" : "[\"");
        put(w, hex);
        put(w, "\"");
    }
    put(w, "]");
}

static void put_learned(writer *w, const att_provenance_learned *l)
{
    put_key(w, "learned");
    put(w, "{");
    put_number(w, "records", l->records);
    put_number(w, "first", (uint64_t)l->first_ms);
    put_number(w, "last", (uint64_t)l->last_ms);
    put_number(w, "events", l->events);
    put_number(w, "people", l->people);
    put_number(w, "items", l->items);
    put_number(w, "preferences", l->preferences);
    put_number(w, "inputs", l->inputs);
    put_number(w, "opted_out", l->opted_out);
    put_hash(w, "root", &l->inputs_root);
    put(w, "}");
}

static void put_licences(writer *w, const att_provenance_entry *entry)
{
    if (!entry->count_count)
        return;
    put_key(w, "licences");
    put(w, "{");
    for (size_t i = 0; i < entry->count_count; i++) {
        put(w, i ? "," : "");
        w->good = w->good && att_json_put_text(w->host, w->out, entry->counts[i].name);
        put(w, ":");
        w->good = w->good && att_json_put_integer(w->host, w->out, (int64_t)entry->counts[i].count);
    }
    put(w, "}");
}

att_status att_prov_entry_write(const att_host *host, att_bytes *out, const att_provenance_entry *entry, att_error *err)
{
    const size_t before = out->count;
    char seed[24];
    writer w = {host, out, true};
    put(&w, "{");
    put_number(&w, "entry", entry->index);
    put_number(&w, "at", (uint64_t)entry->at_ms);
    put_text(&w, "kind", att_text_of(att_provenance_kind_name(entry->kind)));
    put_text(&w, "subject", entry->subject);
    put_text(&w, "medium", entry->medium);
    put_hash(&w, "content", &entry->content);
    put_text(&w, "licence", entry->licence);
    put_text(&w, "opt_out", entry->opt_out);
    put_text(&w, "model", entry->model);
    put_hash(&w, "brief", &entry->brief);
    put_parents(&w, entry);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)entry->seed);
    put_text(&w, "seed", entry->seeded ? att_text_of(seed) : (att_text){0});
    put_hash(&w, "person", &entry->commitment);
    if (entry->learned)
        put_learned(&w, entry->learned);
    put_licences(&w, entry);
    put_text(&w, "note", entry->note);
    put(&w, "}");
    if (!w.good) {
        out->count = before;
        return att_no_memory(err, before, "bytes of an entry");
    }
    if (out->count - before > ATT_PROV_LINE_SIZE_MAX) {
        const size_t size = out->count - before;
        out->count = before;
        return ATT_FAIL(err, ATT_LIMIT, "the entry has %zu bytes, at most %d are kept", size, ATT_PROV_LINE_SIZE_MAX);
    }
    return ATT_OK;
}

// --- Reading ------------------------------------------------------------------------------------------------------

bool att_prov_entry_number(att_text line, uint64_t *out)
{
    static const char begin[] = "{\"entry\":";
    const size_t at = sizeof begin - 1;
    size_t i = at;
    if (line.size <= at || memcmp(line.data, begin, at) != 0)
        return false;
    *out = 0;
    for (; i < line.size && line.data[i] >= '0' && line.data[i] <= '9' && i < at + 19; i++)
        *out = 10 * *out + (uint64_t)(line.data[i] - '0');
    return i > at && i < line.size && line.data[i] == ',';
}

typedef struct reader {
    att_arena *arena;
    const char *wrong; // the key; NULL: none so far
    bool no_memory;
} reader;

static bool fine(const reader *r)
{
    return !r->wrong && !r->no_memory;
}

static att_text take_text(reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return (att_text){0};
    if (!json_is_string(value)) {
        r->wrong = key;
        return (att_text){0};
    }
    const att_text copy = att_arena_text(r->arena, (att_text){json_string_value(value), json_string_length(value)});
    r->no_memory |= !copy.data;
    return copy;
}

static uint64_t take_number(reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        r->wrong = key;
    return (uint64_t)json_integer_value(value);
}

static void take_hash(reader *r, const json_t *object, const char *key, att_hash *out)
{
    const json_t *value = json_object_get(object, key);
    *out = (att_hash){0};
    if (value && (!json_is_string(value) || !att_hash_parse((att_text){json_string_value(value), json_string_length(value)}, out)))
        r->wrong = key;
}

static void take_parents(reader *r, const json_t *object, att_provenance_entry *out)
{
    const json_t *list = json_object_get(object, "parents");
    if (!list)
        return;
    const size_t count = json_array_size(list); // 0 of what is no list
    att_hash *parents = count && count <= ATT_PROVENANCE_PARENTS_MAX ? ATT_NEW(r->arena, att_hash, count) : NULL;
    if (!parents) {
        r->wrong = "parents";
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_string(value) || !att_hash_parse((att_text){json_string_value(value), json_string_length(value)}, &parents[i]))
            r->wrong = "parents";
    }
    out->parents = parents;
    out->parent_count = count;
}

static void take_seed(reader *r, const json_t *object, att_provenance_entry *out)
{
    const json_t *value = json_object_get(object, "seed");
    const char *at = value ? json_string_value(value) : "";
    if (!value)
        return;
    out->seeded = at && *at;
    r->wrong = out->seeded ? r->wrong : "seed";
    for (; at && *at; at++)
        if (*at < '0' || *at > '9' || __builtin_mul_overflow(out->seed, 10u, &out->seed) ||
            __builtin_add_overflow(out->seed, (unsigned)(*at - '0'), &out->seed))
            r->wrong = "seed";
}

static void take_learned(reader *r, const json_t *object, att_provenance_entry *out)
{
    const json_t *from = json_object_get(object, "learned");
    att_provenance_learned *l = from ? ATT_NEW(r->arena, att_provenance_learned, 1) : NULL;
    if (!l) {
        r->no_memory |= from != NULL;
        return;
    }
    l->records = take_number(r, from, "records");
    l->first_ms = (int64_t)take_number(r, from, "first");
    l->last_ms = (int64_t)take_number(r, from, "last");
    l->events = take_number(r, from, "events");
    l->people = take_number(r, from, "people");
    l->items = take_number(r, from, "items");
    l->preferences = take_number(r, from, "preferences");
    l->inputs = take_number(r, from, "inputs");
    l->opted_out = take_number(r, from, "opted_out");
    take_hash(r, from, "root", &l->inputs_root);
    out->learned = l;
}

static void take_licences(reader *r, json_t *object, att_provenance_entry *out)
{
    json_t *from = json_object_get(object, "licences");
    if (!from)
        return;
    const size_t count = json_object_size(from);
    att_provenance_count *counts = count && count <= ATT_PROVENANCE_COUNTS_MAX ? ATT_NEW(r->arena, att_provenance_count, count) : NULL;
    if (!counts) {
        r->wrong = "licences";
        return;
    }
    size_t i = 0;
    const char *key;
    json_t *value;
    json_object_foreach(from, key, value) {
        counts[i].count = take_number(r, from, key);
        counts[i].name = att_arena_text(r->arena, att_text_of(key));
        r->no_memory |= !counts[i++].name.data;
    }
    if (r->wrong)
        r->wrong = "licences";
    out->counts = counts;
    out->count_count = count;
}

static void take_entry(reader *r, json_t *object, att_provenance_entry *out)
{
    const json_t *kind = json_object_get(object, "kind");
    out->index = take_number(r, object, "entry");
    out->at_ms = (int64_t)take_number(r, object, "at");
    if (!json_is_string(kind) || !att_provenance_kind_parse(att_text_of(json_string_value(kind)), &out->kind))
        r->wrong = "kind";
    out->subject = take_text(r, object, "subject");
    out->medium = take_text(r, object, "medium");
    take_hash(r, object, "content", &out->content);
    out->licence = take_text(r, object, "licence");
    out->opt_out = take_text(r, object, "opt_out");
    out->model = take_text(r, object, "model");
    take_hash(r, object, "brief", &out->brief);
    take_parents(r, object, out);
    take_seed(r, object, out);
    take_hash(r, object, "person", &out->commitment);
    if (fine(r))
        take_learned(r, object, out);
    if (fine(r))
        take_licences(r, object, out);
    out->note = take_text(r, object, "note");
    out->who = att_hash_given(&out->commitment) ? ATT_PROVENANCE_SOMEBODY : ATT_PROVENANCE_NOBODY;
}

static att_status check_form(const att_host *host, att_text line, const att_provenance_entry *entry, att_error *err)
{
    att_bytes again = {0};
    att_status status = att_prov_entry_write(host, &again, entry, err);
    if (!status && (again.count != line.size || memcmp(again.items, line.data, line.size) != 0))
        status = ATT_FAIL(err, ATT_CORRUPT, "the entry is not in its one form");
    ATT_VEC_FREE(host, &again);
    return status;
}

att_status att_prov_entry_read(att_text line, att_arena *arena, att_provenance_entry *out, att_error *err)
{
    json_error_t story;
    reader r = {.arena = arena};
    *out = (att_provenance_entry){0};
    if (line.size > ATT_PROV_LINE_SIZE_MAX)
        return ATT_FAIL(err, ATT_CORRUPT, "an entry of %zu bytes, at most %d are kept", line.size, ATT_PROV_LINE_SIZE_MAX);
    json_t *object = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, &story);
    if (!json_is_object(object)) {
        json_decref(object);
        return ATT_FAIL(err, ATT_CORRUPT, "the entry is no JSON object: %s", object ? "it is another value" : story.text);
    }
    take_entry(&r, object, out);
    json_decref(object);
    if (r.no_memory)
        return att_no_memory(err, line.size, "bytes of an entry");
    if (r.wrong)
        return ATT_FAIL(err, ATT_CORRUPT, "the entry's \"%s\" is not what it should be", r.wrong);
    att_error what;
    if (att_prov_entry_check(out, &what))
        return ATT_FAIL(err, ATT_CORRUPT, "the entry's %s", what.text);
    return check_form(arena->host, line, out, err);
}
