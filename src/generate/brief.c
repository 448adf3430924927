// SPDX-License-Identifier: Apache-2.0
// generate/brief.c - what a brief is known by.
//
//   attune-brief 1
//   world music 1            name and version: other bytes come of another version
//   kind loop
//   prompt calm piano        absent when empty, like all that follow but the seed
//   need tempo_bpm 118 122   by name
//   taste energy 0.75        by name, in sixteenths: people of much the same taste share what is made for it
//   context 1 0 3 0          device, place, activity, noise
//   seed 42
//
// The person and the latency class are not in it: the output does not depend on them.
#include "generate/brief.h"

#include "base/rng.h"

#include <locale.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define TASTE_STEPS 16.0

static const char *const latency_names[] = {"ahead", "real-time"};

const char *att_latency_name(att_latency latency)
{
    return (unsigned)latency < ATT_COUNT_OF(latency_names) ? latency_names[latency] : "?";
}

bool att_latency_parse(att_text name, att_latency *out)
{
    for (unsigned i = 0; i < ATT_COUNT_OF(latency_names); i++)
        if (att_text_equal(name, att_text_of(latency_names[i]))) {
            *out = (att_latency)i;
            return true;
        }
    return false;
}

att_brief att_brief_default(void)
{
    return (att_brief){.context = att_context_unknown(), .seed = 1};
}

// --- Checking -----------------------------------------------------------------------------------------------------

static const att_measure *measure_named(const att_medium *world, att_text name)
{
    for (size_t i = 0; i < world->measure_count; i++)
        if (att_text_equal(name, att_text_of(world->measures[i].name)))
            return &world->measures[i];
    return NULL;
}

// "a, b or c", cut where it does not fit.
static void list_measures(const att_medium *world, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < world->measure_count && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s, ", world->measures[i].name);
    if (at < size)
        snprintf(out + at, size - at, "novelty");
}

static att_status check_need(const att_need *need, const att_medium *world, att_error *err)
{
    if (!measure_named(world, need->name) && !att_text_equal(need->name, ATT_LIT("novelty"))) {
        char known[300];
        list_measures(world, known, sizeof known);
        return ATT_FAIL(err, ATT_INVALID, "need \"%.*s\": %s does not measure it; expected %s", (int)ATT_MIN(need->name.size, (size_t)40),
            need->name.data, world->name, known);
    }
    if (!isfinite(need->least) || !isfinite(need->most) || need->least > need->most)
        return ATT_FAIL(err, ATT_INVALID, "need \"%.*s\": found %g to %g, expected two finite numbers, the lesser first",
            ATT_TEXT_ARGS(need->name), need->least, need->most);
    return ATT_OK;
}

static att_status check_kind(const att_brief *brief, const att_medium *world, att_error *err)
{
    if (!brief->kind.size)
        return ATT_OK;
    char kinds[160] = "";
    for (const char *const *kind = world->kinds; *kind; kind++) {
        if (att_text_equal(brief->kind, att_text_of(*kind)))
            return ATT_OK;
        const size_t at = strlen(kinds);
        snprintf(kinds + at, sizeof kinds - at, "%s%s", at ? ", " : "", *kind);
    }
    return ATT_FAIL(err, ATT_INVALID, "kind \"%.*s\": %s makes none, expected one of %s", (int)ATT_MIN(brief->kind.size, (size_t)40),
        brief->kind.data, world->name, kinds);
}

static att_status check_taste(const att_feature *f, att_error *err)
{
    if (!f->name.size || f->name.size > ATT_TAG_SIZE_MAX || memchr(f->name.data, '\n', f->name.size) || memchr(f->name.data, ' ', f->name.size))
        return ATT_FAIL(err, ATT_INVALID, "taste: a name has %zu bytes; expected 1 to %d without blanks", f->name.size, ATT_TAG_SIZE_MAX);
    if (!(fabs(f->value) <= 1e6))
        return ATT_FAIL(err, ATT_INVALID, "taste \"%.*s\": found %g, expected at most 1e6 either way", ATT_TEXT_ARGS(f->name), f->value);
    return ATT_OK;
}

static bool named_twice(att_text a, att_text b, const char *what, att_status *status, att_error *err)
{
    if (att_text_equal(a, b))
        *status = ATT_FAIL(err, ATT_INVALID, "%s \"%.*s\" is there twice", what, ATT_TEXT_ARGS(a));
    return *status != ATT_OK;
}

att_status att_brief_check(const att_brief *brief, const att_medium *world, att_error *err)
{
    att_status status = check_kind(brief, world, err);
    if (status)
        return status;
    if (brief->prompt.size > ATT_BRIEF_PROMPT_SIZE_MAX || memchr(brief->prompt.data ? brief->prompt.data : "", 0, brief->prompt.size))
        return ATT_FAIL(err, ATT_INVALID, "prompt: found %zu bytes, expected at most %d and no zero byte", brief->prompt.size,
            ATT_BRIEF_PROMPT_SIZE_MAX);
    if (brief->need_count > ATT_BRIEF_NEEDS_MAX || brief->taste_count > ATT_BRIEF_TASTE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "found %zu needs and %zu features of taste, expected at most %d and %d", brief->need_count,
            brief->taste_count, ATT_BRIEF_NEEDS_MAX, ATT_BRIEF_TASTE_MAX);
    const att_context *c = &brief->context;
    if (c->device >= ATT_DEVICE_COUNT || c->place >= ATT_PLACE_COUNT || c->activity >= ATT_ACTIVITY_COUNT || c->noise >= ATT_NOISE_COUNT)
        return ATT_FAIL(err, ATT_INVALID, "the context holds a class that does not exist");
    if ((unsigned)brief->latency > ATT_LATENCY_REAL_TIME)
        return ATT_FAIL(err, ATT_INVALID, "latency: class %d does not exist", (int)brief->latency);
    for (size_t i = 0; i < brief->need_count && !status; i++) {
        status = check_need(&brief->needs[i], world, err);
        for (size_t k = 0; k < i && !status; k++)
            if (named_twice(brief->needs[i].name, brief->needs[k].name, "need", &status, err))
                break;
    }
    for (size_t i = 0; i < brief->taste_count && !status; i++) {
        status = check_taste(&brief->taste[i], err);
        for (size_t k = 0; k < i && !status; k++)
            if (named_twice(brief->taste[i].name, brief->taste[k].name, "taste", &status, err))
                break;
    }
    return status;
}

// Numbers have a point whatever the program's language is: a brief is known by its form. The "C" locale needs no memory.
static locale_t begin_plain(void)
{
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    return plain ? uselocale(plain) : (locale_t)0;
}

static void end_plain(locale_t before)
{
    const locale_t plain = before ? uselocale(before) : (locale_t)0;
    if (plain)
        freelocale(plain);
}

// --- Writing ------------------------------------------------------------------------------------------------------

typedef struct form_writer {
    char *at;
    size_t left;
} form_writer;

static void put(form_writer *w, const char *format, ...) ATT_PRINTF(2, 3);
static void put(form_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(w->at, w->left, format, args);
    va_end(args);
    assert(size >= 0 && (size_t)size < w->left); // the limits of a brief see to it
    w->at += size;
    w->left -= (size_t)size;
}

// Without blanks at the ends, and one blank for any run of them.
static void put_blanked(form_writer *w, att_text text)
{
    bool blank = false, begun = false;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ') {
            blank = true;
            continue;
        }
        if (blank && begun)
            put(w, " ");
        put(w, "%c", c);
        blank = false;
        begun = true;
    }
}

static bool has_ink(att_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] > ' ')
            return true;
    return false;
}

static int text_order(att_text a, att_text b)
{
    const int order = memcmp(a.data, b.data, ATT_MIN(a.size, b.size));
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int need_order(const void *a, const void *b)
{
    return text_order(((const att_need *)a)->name, ((const att_need *)b)->name);
}

static int feature_order(const void *a, const void *b)
{
    return text_order(((const att_feature *)a)->name, ((const att_feature *)b)->name);
}

att_status att_brief_form(const att_brief *brief, const att_medium *world, att_arena *arena, att_text *out, att_error *err)
{
    char *form = ATT_NEW(arena, char, ATT_BRIEF_FORM_SIZE_MAX);
    if (!form)
        return att_no_memory(err, ATT_BRIEF_FORM_SIZE_MAX, "bytes of a brief");
    form_writer w = {form, ATT_BRIEF_FORM_SIZE_MAX};
    att_need needs[ATT_BRIEF_NEEDS_MAX];
    att_feature taste[ATT_BRIEF_TASTE_MAX];
    if (brief->need_count)
        memcpy(needs, brief->needs, brief->need_count * sizeof *needs);
    if (brief->taste_count)
        memcpy(taste, brief->taste, brief->taste_count * sizeof *taste);
    qsort(needs, brief->need_count, sizeof *needs, need_order);
    qsort(taste, brief->taste_count, sizeof *taste, feature_order);
    const locale_t before = begin_plain();
    put(&w, "attune-brief 1\nworld %s %u\n", world->name, world->version);
    put(&w, "kind %.*s\n", ATT_TEXT_ARGS(brief->kind.size ? brief->kind : att_text_of(world->kinds[0])));
    if (has_ink(brief->prompt)) {
        put(&w, "prompt ");
        put_blanked(&w, brief->prompt);
        put(&w, "\n");
    }
    for (size_t i = 0; i < brief->need_count; i++) // + 0.0: no minus zero
        put(&w, "need %.*s %.9g %.9g\n", ATT_TEXT_ARGS(needs[i].name), needs[i].least + 0.0, needs[i].most + 0.0);
    for (size_t i = 0; i < brief->taste_count; i++)
        put(&w, "taste %.*s %.9g\n", ATT_TEXT_ARGS(taste[i].name), round(taste[i].value * TASTE_STEPS) / TASTE_STEPS + 0.0);
    const att_context *c = &brief->context;
    if (c->device || c->place || c->activity || c->noise)
        put(&w, "context %u %u %u %u\n", c->device, c->place, c->activity, c->noise);
    put(&w, "seed %llu\n", (unsigned long long)brief->seed);
    end_plain(before);
    *out = (att_text){form, (size_t)(w.at - form)};
    return ATT_OK;
}

// --- Reading ------------------------------------------------------------------------------------------------------

typedef struct form_reader {
    att_text left, line, word; // of the line: what is not read yet
    att_need needs[ATT_BRIEF_NEEDS_MAX];
    att_feature taste[ATT_BRIEF_TASTE_MAX];
} form_reader;

static bool next_line(form_reader *r)
{
    const char *end = r->left.size ? memchr(r->left.data, '\n', r->left.size) : NULL;
    if (!end)
        return false;
    r->line = (att_text){r->left.data, (size_t)(end - r->left.data)};
    r->left = (att_text){end + 1, r->left.size - r->line.size - 1};
    return true;
}

static att_text next_word(form_reader *r)
{
    size_t size = 0;
    while (size < r->line.size && r->line.data[size] != ' ')
        size++;
    const att_text word = {r->line.data, size};
    const size_t taken = ATT_MIN(size + 1, r->line.size);
    r->line = (att_text){r->line.data + taken, r->line.size - taken};
    return word;
}

static bool next_number(form_reader *r, double *out)
{
    char digits[40], *end;
    const att_text word = next_word(r);
    if (!word.size || word.size >= sizeof digits)
        return false;
    memcpy(digits, word.data, word.size);
    digits[word.size] = 0;
    *out = strtod(digits, &end);
    return !*end && isfinite(*out);
}

static bool next_whole(form_reader *r, uint64_t most, uint64_t *out)
{
    const att_text word = next_word(r);
    *out = 0;
    if (!word.size || word.size > 20)
        return false;
    for (size_t i = 0; i < word.size; i++) {
        const unsigned digit = (unsigned)(word.data[i] - '0');
        if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return *out <= most;
}

static bool read_context(form_reader *r, att_context *out)
{
    uint64_t device, place, activity, noise;
    if (!next_whole(r, ATT_DEVICE_COUNT - 1, &device) || !next_whole(r, ATT_PLACE_COUNT - 1, &place) ||
        !next_whole(r, ATT_ACTIVITY_COUNT - 1, &activity) || !next_whole(r, ATT_NOISE_COUNT - 1, &noise))
        return false;
    out->device = (uint8_t)device;
    out->place = (uint8_t)place;
    out->activity = (uint8_t)activity;
    out->noise = (uint8_t)noise;
    return true;
}

static bool read_field(form_reader *r, att_brief *out, uint32_t *version)
{
    const att_text field = next_word(r);
    uint64_t whole;
    if (att_text_equal(field, ATT_LIT("world"))) {
        out->medium = next_word(r);
        const bool good = next_whole(r, UINT32_MAX, &whole);
        *version = (uint32_t)whole;
        return good;
    }
    if (att_text_equal(field, ATT_LIT("kind")))
        out->kind = r->line;
    else if (att_text_equal(field, ATT_LIT("prompt")))
        out->prompt = r->line;
    else if (att_text_equal(field, ATT_LIT("need"))) {
        if (out->need_count == ATT_BRIEF_NEEDS_MAX)
            return false;
        att_need *need = &r->needs[out->need_count++];
        need->name = next_word(r);
        return next_number(r, &need->least) && next_number(r, &need->most);
    } else if (att_text_equal(field, ATT_LIT("taste"))) {
        if (out->taste_count == ATT_BRIEF_TASTE_MAX)
            return false;
        att_feature *f = &r->taste[out->taste_count++];
        f->name = next_word(r);
        return next_number(r, &f->value);
    } else if (att_text_equal(field, ATT_LIT("context")))
        return read_context(r, &out->context);
    else if (att_text_equal(field, ATT_LIT("seed")))
        return next_whole(r, UINT64_MAX, &out->seed);
    else
        return false;
    return true;
}

static void *copy_of(att_arena *arena, const void *items, size_t count, size_t size)
{
    void *copy = att_arena_alloc(arena, count + 1, size);
    if (copy && count)
        memcpy(copy, items, count * size);
    return copy;
}

att_status att_brief_read(att_text form, att_arena *arena, att_brief *out, uint32_t *version, att_error *err)
{
    *out = att_brief_default();
    *version = 0;
    const att_text copy = att_arena_text(arena, form);
    if (!copy.data)
        return att_no_memory(err, form.size, "bytes of a brief");
    form_reader r = {.left = copy};
    if (!next_line(&r) || !att_text_equal(r.line, ATT_LIT("attune-brief 1")))
        return ATT_FAIL(err, ATT_CORRUPT, "a brief of %zu bytes does not begin with \"attune-brief 1\"", form.size);
    const locale_t before = begin_plain();
    bool good = true;
    int line = 1;
    for (; r.left.size && good; line++)
        good = next_line(&r) && read_field(&r, out, version);
    end_plain(before);
    if (!good)
        return ATT_FAIL(err, ATT_CORRUPT, "line %d of a brief says nothing that is known", line);
    out->needs = copy_of(arena, r.needs, out->need_count, sizeof *r.needs);
    out->taste = copy_of(arena, r.taste, out->taste_count, sizeof *r.taste);
    return out->needs && out->taste ? ATT_OK : att_no_memory(err, 2, "lists of a brief");
}

// --- Hashes -------------------------------------------------------------------------------------------------------

att_brief_hash att_brief_hash_of(att_text form)
{
    att_brief_hash hash;
    crypto_generichash(hash.bytes, sizeof hash.bytes, (const unsigned char *)form.data, form.size, NULL, 0);
    return hash;
}

uint64_t att_brief_seed(const att_brief_hash *hash, uint64_t seed, uint32_t index)
{
    uint64_t word;
    memcpy(&word, hash->bytes, sizeof word);
    return att_mix64(att_mix64(word ^ seed) + index);
}

void att_hash_hex(const uint8_t hash[32], char out[65])
{
    sodium_bin2hex(out, 65, hash, 32);
}

bool att_hash_is_none(const uint8_t hash[32])
{
    return sodium_is_zero(hash, 32);
}

bool att_hash_read(att_text hex, uint8_t out[32])
{
    size_t size = 0;
    return hex.size == 64 && sodium_hex2bin(out, 32, hex.data, hex.size, NULL, &size, NULL) == 0 && size == 32;
}
