// SPDX-License-Identifier: Apache-2.0
// guard/text_phrases.c - reading the list.
#include "guard/text_phrases.h"

#include "ingest/fault.h"
#include "ingest/text_file.h"
#include "ingest/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_SIZE_MAX = 1024, NO_RULE = -1 };

typedef struct reader {
    att_rules *out;
    const char *name;
    uint32_t line;
    const att_folding *folding;
    att_arena scratch;
    int rule; // of the phrases that follow
    att_error *err;
} reader;

static att_status fail(const reader *r, att_status status, const char *format, ...) ATT_PRINTF(3, 4);
static att_status fail(const reader *r, att_status status, const char *format, ...)
{
    char reason[320];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return ATT_FAIL(r->err, status, "%s:%u: %s", r->name, r->line, reason);
}

static att_text trimmed(att_text text)
{
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (att_text){text.data + 1, text.size - 1};
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t' || text.data[text.size - 1] == '\r'))
        text.size--;
    return text;
}

static att_text next_word(att_text *rest)
{
    *rest = trimmed(*rest);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ' ' && rest->data[size] != '\t')
        size++;
    const att_text word = {rest->data, size};
    *rest = (att_text){rest->data + size, rest->size - size};
    return word;
}

// --- Headers --------------------------------------------------------------------------------------

static att_status take_threshold(const reader *r, att_text word, const char *front, double *out)
{
    char copy[32] = "", *end;
    const size_t skip = strlen(front);
    const att_text number = {word.data + skip, word.size - skip};
    if (number.size < sizeof copy)
        memcpy(copy, number.data, number.size);
    *out = strtod(copy, &end);
    if (end == copy || *end || !(*out > 0 && *out <= 1))
        return fail(r, ATT_INVALID, "found \"%s\", expected a score above 0, at most 1, behind %s", att_excerpt_of(word).text, front);
    return ATT_OK;
}

static bool begins(att_text text, const char *front)
{
    return text.size >= strlen(front) && memcmp(text.data, front, strlen(front)) == 0;
}

static att_status take_name(reader *r, att_text name)
{
    att_rules *rules = r->out;
    if (name.size == 0 || name.size > ATT_CATEGORY_NAME_MAX)
        return fail(r, ATT_INVALID, "a category of %zu bytes, expected 1 to %d", name.size, ATT_CATEGORY_NAME_MAX);
    if (att_text_equal(name, ATT_LIT("none")) || begins(name, "hold=") || begins(name, "deny="))
        return fail(r, ATT_INVALID, "\"%s\" cannot be a category", att_excerpt_of(name).text);
    for (size_t i = 0; i < rules->rule_count; i++)
        if (att_text_equal(name, att_text_of(rules->rules[i].name))) {
            r->rule = (int)i;
            return ATT_OK;
        }
    if (rules->rule_count == ATT_CATEGORIES_MAX)
        return fail(r, ATT_LIMIT, "more than %d categories", ATT_CATEGORIES_MAX);
    r->rule = (int)rules->rule_count++;
    att_rule *rule = &rules->rules[r->rule];
    *rule = (att_rule){.hold_at = (double)NAN, .deny_at = (double)NAN};
    memcpy(rule->name, name.data, name.size);
    return ATT_OK;
}

static att_status take_header(reader *r, att_text line)
{
    if (line.data[line.size - 1] != ']')
        return fail(r, ATT_INVALID, "found '[' without ']' at the end, expected [category], [category hold] or [category deny]");
    att_text rest = {line.data + 1, line.size - 2};
    att_status status = take_name(r, next_word(&rest));
    for (att_text word = next_word(&rest); !status && word.size; word = next_word(&rest)) {
        att_rule *rule = &r->out->rules[r->rule];
        if (att_text_equal(word, ATT_LIT("hold")) || att_text_equal(word, ATT_LIT("deny")))
            rule->denies = word.data[0] == 'd';
        else if (begins(word, "hold="))
            status = take_threshold(r, word, "hold=", &rule->hold_at);
        else if (begins(word, "deny="))
            status = take_threshold(r, word, "deny=", &rule->deny_at);
        else
            status = fail(r, ATT_INVALID, "found \"%s\", expected hold, deny, hold=SCORE or deny=SCORE", att_excerpt_of(word).text);
    }
    return status;
}

// --- Phrases --------------------------------------------------------------------------------------

// Letters and digits; what stands between words becomes one space, apostrophes nothing.
static att_status fold_phrase(reader *r, att_text written, att_phrase *phrase)
{
    att_folded folded;
    att_arena_reset(&r->scratch);
    if (!att_folding_text(r->folding, written, &r->scratch, &folded))
        return att_no_memory(r->err, written.size, "bytes of a phrase");
    phrase->codes = ATT_NEW(&r->out->life, uint32_t, folded.count + 1);
    if (!phrase->codes)
        return att_no_memory(r->err, folded.count, "letters of a phrase");
    size_t letters = 0;
    for (size_t i = 0; i < folded.count; i++) {
        const att_symbol *s = &folded.symbols[i];
        const bool counts = s->kind == ATT_SYMBOL_LETTER || s->kind == ATT_SYMBOL_DIGIT;
        if (s->code == '\'' || s->code == 0x2019)
            continue;
        if (s->kind == ATT_SYMBOL_MARK && s->code != '-' && s->code != '.')
            return fail(r, ATT_INVALID, "found \"%s\", expected letters, digits, spaces, and * at the ends", att_excerpt_of(written).text);
        if (counts)
            phrase->codes[phrase->size++] = s->code;
        else if (phrase->size && phrase->codes[phrase->size - 1] != ' ')
            phrase->codes[phrase->size++] = ' ';
        letters += counts;
    }
    while (phrase->size && phrase->codes[phrase->size - 1] == ' ')
        phrase->size--;
    if (letters < 2 || phrase->size > ATT_PHRASE_LETTERS_MAX)
        return fail(r, ATT_INVALID, "\"%s\" has %zu letters and digits, expected 2 to %d", att_excerpt_of(written).text, letters,
            ATT_PHRASE_LETTERS_MAX);
    return ATT_OK;
}

static att_status take_phrase(reader *r, att_text line)
{
    att_phrase phrase = {.line = r->line, .allowed = line.data[0] == '+'};
    if (phrase.allowed)
        line = trimmed((att_text){line.data + 1, line.size - 1});
    else if (r->rule == NO_RULE)
        return fail(r, ATT_INVALID, "found \"%s\" before any category, expected [category] first", att_excerpt_of(line).text);
    phrase.category = (uint8_t)(phrase.allowed ? 0 : r->rule);
    phrase.written = att_arena_text(&r->out->life, line);
    if (!phrase.written.data)
        return att_no_memory(r->err, line.size, "bytes of a phrase");
    if (line.size && line.data[0] == '*') {
        phrase.open_front = true;
        line = (att_text){line.data + 1, line.size - 1};
    }
    if (line.size && line.data[line.size - 1] == '*') {
        phrase.open_back = true;
        line.size--;
    }
    if (r->out->phrases.count == ATT_PHRASES_MAX)
        return fail(r, ATT_LIMIT, "more than %d phrases", ATT_PHRASES_MAX);
    att_status status = fold_phrase(r, line, &phrase);
    if (!status && !ATT_VEC_PUSH(&r->out->host, &r->out->phrases, phrase))
        status = att_no_memory(r->err, r->out->phrases.count, "phrases");
    return status;
}

static att_status take_line(reader *r, att_text line)
{
    if (line.size > LINE_SIZE_MAX)
        return fail(r, ATT_LIMIT, "a line of %zu bytes, at most %d", line.size, LINE_SIZE_MAX);
    const char *zero = memchr(line.data, 0, line.size);
    const size_t good = zero ? (size_t)(zero - line.data) : att_utf8_check(line);
    if (good != line.size)
        return fail(r, ATT_INVALID, "byte %zu is %s", good + 1, zero ? "zero" : "not UTF-8");
    line = trimmed(line);
    if (line.size == 0 || line.data[0] == '#')
        return ATT_OK;
    return line.data[0] == '[' ? take_header(r, line) : take_phrase(r, line);
}

att_status att_rules_parse(att_rules *out, const char *name, att_text text, const att_folding *folding, const att_host *host,
    att_error *err)
{
    *out = (att_rules){.host = att_host_complete(host)};
    att_arena_init(&out->life, &out->host, 0);
    reader r = {.out = out, .name = name, .folding = folding, .rule = NO_RULE, .err = err};
    att_arena_init(&r.scratch, &out->host, 0);
    att_status status = ATT_OK;
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = (att_text){text.data + 3, text.size - 3};
    while (!status && text.size) {
        const char *end = memchr(text.data, '\n', text.size);
        const size_t size = end ? (size_t)(end - text.data) : text.size;
        r.line++;
        status = take_line(&r, (att_text){text.data, size});
        text = (att_text){text.data + size + (end != NULL), text.size - size - (end != NULL)};
    }
    att_arena_deinit(&r.scratch);
    if (status)
        att_rules_deinit(out);
    return status;
}

att_status att_rules_load(att_rules *out, const char *path, const att_folding *folding, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    char *text;
    size_t size;
    *out = (att_rules){0};
    att_status status = att_text_file_load(path, ATT_PHRASE_FILE_MAX, &full, &text, &size, err);
    if (status)
        return status;
    status = att_rules_parse(out, path, (att_text){text ? text : "", size}, folding, host, err);
    att_free(&full, text, size, 1);
    return status;
}

void att_rules_deinit(att_rules *rules)
{
    if (!rules->host.resize)
        return;
    ATT_VEC_FREE(&rules->host, &rules->phrases);
    att_arena_deinit(&rules->life);
    *rules = (att_rules){0};
}
