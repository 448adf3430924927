// SPDX-License-Identifier: Apache-2.0
// measure/near_rates.c - how often texts are found again after what people do to them, and how often others are taken for them.
//
// Foreign words and foreign text come from lines that are not in the index.
#include "attune/near.h"
#include "base/rng.h"
#include "ingest/text_file.h"
#include "measure/disguise.h"

#include <time.h>

enum { FILE_MAX = 1 << 30, LETTERS_LEAST = 25, WORDS_MOST = 4096 };

typedef struct measurer {
    att_host host;
    ATT_VEC(att_text) texts;
    att_near *near;
    uint64_t seed;
    att_near_rates *out;
    att_error *err;
    double spent_s;
    uint64_t looks;
} measurer;

const char *att_near_attack_name(att_near_attack attack)
{
    static const char *const names[] = {"none", "case", "marks", "10 % of words", "20 % of words", "30 % of words", "order", "around", "half",
        "disguise"};
    return (unsigned)attack < ATT_COUNT_OF(names) ? names[attack] : "?";
}

// --- Attacks --------------------------------------------------------------------------------------

typedef struct words {
    att_text items[WORDS_MOST];
    size_t count;
} words;

static void split(att_text text, words *out)
{
    out->count = 0;
    for (size_t at = 0; at < text.size && out->count < WORDS_MOST;) {
        size_t end = at;
        while (end < text.size && text.data[end] != ' ')
            end++;
        if (end > at)
            out->items[out->count++] = (att_text){text.data + at, end - at};
        at = end + 1;
    }
}

static att_text join(const words *w, const char *between, att_arena *scratch)
{
    size_t size = 1;
    for (size_t i = 0; i < w->count; i++)
        size += w->items[i].size + strlen(between);
    char *out = ATT_NEW(scratch, char, size), *to = out;
    if (!out)
        return (att_text){NULL, 0};
    for (size_t i = 0; i < w->count; i++) {
        to = i ? stpcpy(to, between) : to;
        memcpy(to, w->items[i].data, w->items[i].size);
        to += w->items[i].size;
    }
    return (att_text){out, (size_t)(to - out)};
}

static att_text foreign(const measurer *m, att_rng *rng)
{
    return m->texts.items[1 + 2 * att_rng_below(rng, m->texts.count / 2)];
}

static att_text replace_words(const measurer *m, words *w, double share, att_rng *rng, att_arena *scratch)
{
    words *other = ATT_NEW_RAW(scratch, words, 1);
    if (!other)
        return (att_text){NULL, 0};
    for (size_t i = 0; i < w->count; i++) {
        if (att_rng_unit(rng) >= share)
            continue;
        split(foreign(m, rng), other);
        if (other->count)
            w->items[i] = other->items[att_rng_below(rng, other->count)];
    }
    return join(w, " ", scratch);
}

// Thirds in another order: third, first, second.
static att_text reorder(const words *w, att_arena *scratch)
{
    words *out = ATT_NEW_RAW(scratch, words, 1);
    if (!out)
        return (att_text){NULL, 0};
    out->count = w->count;
    const size_t from = w->count * 2 / 3;
    for (size_t i = 0; i < w->count; i++)
        out->items[i] = w->items[(from + i) % w->count];
    return join(out, " ", scratch);
}

static att_text surround(const measurer *m, att_text text, att_rng *rng, att_arena *scratch)
{
    const att_text before = foreign(m, rng), behind = foreign(m, rng);
    const size_t front = ATT_MIN(before.size, text.size / 2), back = ATT_MIN(behind.size, text.size / 2);
    char *out = ATT_NEW(scratch, char, front + text.size + back + 3);
    if (!out)
        return (att_text){NULL, 0};
    memcpy(out, before.data, front);
    out[front] = ' ';
    memcpy(out + front + 1, text.data, text.size);
    out[front + 1 + text.size] = ' ';
    memcpy(out + front + text.size + 2, behind.data, back);
    return (att_text){out, front + text.size + back + 2};
}

static att_text capitals(att_text text, att_arena *scratch)
{
    const att_text out = att_arena_text(scratch, text);
    for (size_t i = 0; out.data && i < out.size; i++)
        if (out.data[i] >= 'a' && out.data[i] <= 'z')
            ((char *)(uintptr_t)out.data)[i] = (char)(out.data[i] - 32);
    return out;
}

static att_text attacked(const measurer *m, att_near_attack attack, att_text text, att_rng *rng, att_arena *scratch)
{
    words *w = ATT_NEW_RAW(scratch, words, 1);
    if (!w)
        return (att_text){NULL, 0};
    split(text, w);
    switch (attack) {
    case ATT_ATTACK_CASE:
        return capitals(text, scratch);
    case ATT_ATTACK_MARKS:
        return join(w, " -- ", scratch);
    case ATT_ATTACK_WORDS_10:
        return replace_words(m, w, 0.1, rng, scratch);
    case ATT_ATTACK_WORDS_20:
        return replace_words(m, w, 0.2, rng, scratch);
    case ATT_ATTACK_WORDS_30:
        return replace_words(m, w, 0.3, rng, scratch);
    case ATT_ATTACK_ORDER:
        return reorder(w, scratch);
    case ATT_ATTACK_AROUND:
        return surround(m, text, rng, scratch);
    case ATT_ATTACK_HALF:
        w->count = (w->count + 1) / 2;
        return join(w, " ", scratch);
    case ATT_ATTACK_DISGUISE:
        return att_disguise_text(ATT_DISGUISE_MIXED, 1, text, rng, scratch);
    default:
        return text;
    }
}

// --- Measuring ------------------------------------------------------------------------------------

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t letters_in(att_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += (text.data[i] | 0x20) >= 'a' && (text.data[i] | 0x20) <= 'z';
    return count;
}

// Lines with too few letters to be told apart are passed over.
static att_status take_lines(measurer *m, const char *path, char *file, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(file + at, '\n', size - at);
        const size_t length = end ? (size_t)(end - file) - at : size - at;
        const att_text line = {file + at, length};
        if (letters_in(line) >= LETTERS_LEAST && !ATT_VEC_PUSH(&m->host, &m->texts, line))
            return att_no_memory(m->err, m->texts.count, "texts");
        at += length + 1;
    }
    return m->texts.count >= 10 ? ATT_OK
                                      : ATT_FAIL(m->err, ATT_INSUFFICIENT, "%s has %zu lines of %d letters or more, expected 10", path,
                                            m->texts.count, LETTERS_LEAST);
}

static att_status look(measurer *m, att_text text, uint64_t id, bool *found, uint64_t *others)
{
    att_near_match matches[ATT_NEAR_FOUND_MAX];
    size_t count;
    const double start = cpu_s();
    const att_status status = att_near_find(m->near, text, matches, &count, m->err);
    m->spent_s += cpu_s() - start;
    m->looks++;
    *found = false;
    *others = 0;
    for (size_t i = 0; !status && i < count; i++)
        if (matches[i].id == id)
            *found = true;
        else
            *others += matches[i].likeness < 1;
    return status;
}

static att_status measure_line(measurer *m, uint64_t i, att_arena *scratch)
{
    const att_text text = m->texts.items[i];
    bool found;
    uint64_t others;
    att_status status = ATT_OK;
    if (i % 2) {
        status = look(m, text, UINT64_MAX, &found, &others);
        m->out->pairs_asked += m->texts.count / 2;
        m->out->false_alarms += others;
        return status;
    }
    for (int a = 0; !status && a < ATT_ATTACK_COUNT; a++) {
        att_rng rng = att_rng_stream(m->seed + (uint64_t)a, i);
        const att_text changed = attacked(m, (att_near_attack)a, text, &rng, scratch);
        if (!changed.data)
            return att_no_memory(m->err, text.size, "bytes of a text");
        status = look(m, changed, i, &found, &others);
        m->out->looked[a]++;
        m->out->found[a] += found;
    }
    return status;
}

static att_status run(measurer *m)
{
    att_status status = ATT_OK;
    att_arena scratch;
    for (size_t i = 0; !status && i < m->texts.count; i += 2)
        status = att_near_add(m->near, i, m->texts.items[i], m->err);
    att_arena_init(&scratch, &m->host, 0);
    for (size_t i = 0; !status && i < m->texts.count; i++) {
        att_arena_reset(&scratch);
        status = measure_line(m, i, &scratch);
        if (!status && i % 64 == 0 && !att_progress_tell(&m->host, "near-duplicates", i, m->texts.count, "texts"))
            status = ATT_FAIL(m->err, ATT_CANCELLED, "measuring was cancelled");
    }
    att_arena_deinit(&scratch);
    return status;
}

att_status att_near_measure(const char *path, const att_near_options *options, uint64_t seed, const att_host *host, att_near_rates *out,
    att_error *err)
{
    measurer m = {.host = att_host_complete(host), .seed = seed, .out = out, .err = err};
    char *file;
    size_t size;
    *out = (att_near_rates){0};
    att_status status = att_text_file_load(path, FILE_MAX, &m.host, &file, &size, err);
    if (status)
        return status;
    status = take_lines(&m, path, file, size);
    if (!status)
        status = att_near_create(&m.near, options, host, err);
    if (!status)
        status = run(&m);
    out->texts = m.texts.count;
    out->looks_per_s = m.spent_s > 0 ? (double)m.looks / m.spent_s : 0;
    att_near_destroy(m.near);
    ATT_VEC_FREE(&m.host, &m.texts);
    att_free(&m.host, file, size, 1);
    return status;
}
