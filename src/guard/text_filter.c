// SPDX-License-Identifier: Apache-2.0
// guard/text_filter.c - the filter: fold, find phrases, read, score, judge.
#include "guard/text_filter.h"

#include "guard/text_match.h"
#include "ingest/utf8.h"

#include <math.h>
#include <stdio.h>

_Static_assert(ATT_FILTER_CATEGORIES_MAX == ATT_CATEGORIES_MAX, "one limit");
_Static_assert((int)ATT_SEEN_MASK == (int)ATT_HOW_MASK && (int)ATT_SEEN_LOOK == (int)ATT_HOW_LOOK, "the same bits");

// A phrase match of a category that denies, but seen less surely than this, is held.
static const double sure = 0.75;
enum { WORDS_TOLD = 3, WORDS_TRIED = 64, BYTES_TRIED = 1 << 18 }; // bytes: of all words, once for each that is tried
static const double told_least = 0.02;

typedef struct category {
    char name[ATT_CATEGORY_NAME_MAX + 1];
    bool denies;
    double hold_at, deny_at; // of the score
    int target;              // of the model; -1: none
} category;

struct att_filter {
    att_host host;
    att_folding *folding;
    att_rules rules;
    att_matcher *matcher;
    att_text_model model;
    bool has_model;
    category categories[ATT_CATEGORIES_MAX];
    uint32_t category_count;
    uint8_t category_of_rule[ATT_CATEGORIES_MAX];
};

const char *att_filter_verdict_name(att_filter_verdict verdict)
{
    static const char *const names[] = {"allow", "hold", "deny"};
    return (unsigned)verdict < ATT_COUNT_OF(names) ? names[verdict] : "?";
}

const char *att_seen_through_text(uint32_t bits, char *out, size_t size)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } names[] = {{ATT_SEEN_HIDDEN, "hidden characters"}, {ATT_SEEN_WRITTEN, "character references"}, {ATT_SEEN_WIDTH, "other forms"},
        {ATT_SEEN_LOOK, "look-alikes"}, {ATT_SEEN_ACCENT, "accents"}, {ATT_SEEN_LEET, "leet"}, {ATT_SEEN_REPEAT, "repeats"},
        {ATT_SEEN_SPLIT, "split"}, {ATT_SEEN_MASK, "masked"}};
    size_t used = 0;
    if (size)
        out[0] = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(names) && used < size; i++)
        if (bits & names[i].bit)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i].text);
    return out;
}

// --- Making ---------------------------------------------------------------------------------------

static att_status category_named(att_filter *f, const char *name, uint32_t *out, att_error *err)
{
    for (*out = 0; *out < f->category_count; ++*out)
        if (strcmp(f->categories[*out].name, name) == 0)
            return ATT_OK;
    if (f->category_count == ATT_CATEGORIES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "phrases and model have more than %d categories together", ATT_CATEGORIES_MAX);
    category *c = &f->categories[f->category_count++];
    *c = (category){.hold_at = 2, .deny_at = 2, .target = -1};
    snprintf(c->name, sizeof c->name, "%s", name);
    return ATT_OK;
}

static att_status gather_categories(att_filter *f, att_error *err)
{
    att_status status = ATT_OK;
    uint32_t at = 0;
    for (size_t i = 0; !status && f->has_model && i < f->model.category_count; i++) {
        status = category_named(f, f->model.categories[i], &at, err);
        if (!status) {
            f->categories[at].target = (int)i;
            f->categories[at].hold_at = f->model.thresholds[i];
        }
    }
    for (size_t i = 0; !status && i < f->rules.rule_count; i++) {
        const att_rule *rule = &f->rules.rules[i];
        status = category_named(f, rule->name, &at, err);
        if (status)
            break;
        f->category_of_rule[i] = (uint8_t)at;
        f->categories[at].denies = rule->denies;
        if (!isnan(rule->hold_at))
            f->categories[at].hold_at = rule->hold_at;
        if (!isnan(rule->deny_at))
            f->categories[at].deny_at = rule->deny_at;
    }
    return status;
}

static att_status fill(att_filter *f, const att_filter_options *options, att_error *err)
{
    if (!options->phrases && !options->model)
        return ATT_FAIL(err, ATT_INVALID, "a filter needs a list of phrases, a model, or both");
    att_status status = att_folding_create(&f->folding, options->plain, &f->host, err);
    if (!status && options->model) {
        status = att_text_model_load(&f->model, options->model, &f->host, err);
        f->has_model = !status;
    }
    if (!status && options->phrases) {
        status = att_rules_load(&f->rules, options->phrases, f->folding, &f->host, err);
        if (!status)
            status = att_matcher_create(&f->matcher, &f->rules, f->model.vocabulary, options->plain, &f->host, err);
    }
    return status ? status : gather_categories(f, err);
}

att_status att_filter_create(att_filter **out, const att_filter_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_filter *f = ATT_NEW_ARRAY(&full, att_filter, 1);
    if (!f)
        return att_no_memory(err, 1, "filter");
    f->host = full;
    const att_status status = fill(f, options, err);
    if (status)
        att_filter_destroy(f);
    else
        *out = f;
    return status;
}

void att_filter_destroy(att_filter *f)
{
    if (!f)
        return;
    const att_host host = f->host;
    att_matcher_destroy(f->matcher);
    att_rules_deinit(&f->rules);
    att_text_model_deinit(&f->model);
    att_folding_destroy(f->folding);
    ATT_FREE_ARRAY(&host, f, 1);
}

size_t att_filter_categories(const att_filter *f)
{
    return f->category_count;
}

const char *att_filter_category(const att_filter *f, uint32_t index)
{
    return index < f->category_count ? f->categories[index].name : "";
}

void att_filter_thresholds(const att_filter *f, uint32_t index, double *hold_at, double *deny_at)
{
    const bool is = index < f->category_count;
    *hold_at = is ? f->categories[index].hold_at : 2;
    *deny_at = is ? f->categories[index].deny_at : 2;
}

size_t att_filter_phrases(const att_filter *f)
{
    return f->rules.phrases.count;
}

// --- Checking -------------------------------------------------------------------------------------

typedef struct checker {
    const att_filter *f;
    att_arena *scratch;
    att_folded folded;
    att_reading reading;
    att_filter_result *out;
} checker;

// Does it decide, so far?
static bool judge(att_filter_result *out, att_filter_verdict verdict, uint32_t index)
{
    if (verdict <= out->verdict)
        return false;
    out->verdict = verdict;
    out->category = index;
    return true;
}

// What decides is told, if need be in place of the last.
static void put_match(att_filter_result *out, const att_filter_match *match, bool decides)
{
    if (out->match_count < ATT_FILTER_MATCHES_MAX)
        out->matches[out->match_count++] = *match;
    else if (decides)
        out->matches[ATT_FILTER_MATCHES_MAX - 1] = *match;
    out->match_total++;
}

static bool find_phrases(checker *c)
{
    att_phrase_match *found;
    size_t count;
    if (!c->f->matcher)
        return true;
    if (!att_matcher_find(c->f->matcher, &c->folded, c->scratch, &found, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const att_phrase *phrase = &c->f->rules.phrases.items[found[i].phrase];
        const uint32_t index = c->f->category_of_rule[phrase->category];
        const bool denies = c->f->categories[index].denies && found[i].score >= sure;
        const bool decides = judge(c->out, denies ? ATT_FILTER_DENY : ATT_FILTER_HOLD, index);
        const att_filter_match match = {.category = index, .begin = found[i].begin, .end = found[i].end,
            .score = found[i].score, .seen = found[i].how, .phrase = phrase->written};
        put_match(c->out, &match, decides);
    }
    return true;
}

// What the score of a target loses when word `without` is not there.
static bool loss_without(checker *c, size_t without, int target, double all, double *out)
{
    double scores[ATT_MODEL_TARGETS_MAX];
    const att_arena_mark mark = att_arena_save(c->scratch);
    att_token *tokens = ATT_NEW_RAW(c->scratch, att_token, c->reading.count);
    if (!tokens)
        return false;
    memcpy(tokens, c->reading.tokens, without * sizeof *tokens);
    memcpy(tokens + without, c->reading.tokens + without + 1, (c->reading.count - without - 1) * sizeof *tokens);
    const att_reading rest = {tokens, c->reading.count - 1};
    const bool fine = att_text_model_score(&c->f->model, &rest, c->scratch, scores);
    *out = fine ? all - scores[target] : 0;
    att_arena_rewind(c->scratch, mark);
    return fine;
}

// Each try scores the whole text. In a long one a single word moves little: fewer are tried, or none.
static size_t words_to_try(const att_reading *reading)
{
    size_t bytes = 1;
    for (size_t i = 0; i < reading->count; i++)
        bytes += reading->tokens[i].word.size + reading->tokens[i].key.size;
    return ATT_MIN(ATT_MIN(reading->count, (size_t)WORDS_TRIED), BYTES_TRIED / bytes);
}

// The words without which the score falls most.
static bool tell_words(checker *c, uint32_t index, double score)
{
    const size_t count = words_to_try(&c->reading);
    size_t best[WORDS_TOLD];
    double most[WORDS_TOLD];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        double loss;
        if (!loss_without(c, i, c->f->categories[index].target, score, &loss))
            return false;
        if (loss < told_least)
            continue;
        size_t at = found < WORDS_TOLD ? found++ : loss > most[WORDS_TOLD - 1] ? WORDS_TOLD - 1 : WORDS_TOLD;
        if (at == WORDS_TOLD)
            continue;
        for (; at > 0 && most[at - 1] < loss; at--) {
            most[at] = most[at - 1];
            best[at] = best[at - 1];
        }
        most[at] = loss;
        best[at] = i;
    }
    for (size_t i = 0; i < found; i++) {
        const att_token *token = &c->reading.tokens[best[i]];
        const att_filter_match match = {.category = index, .begin = token->begin, .end = token->end, .score = most[i], .seen = token->how};
        put_match(c->out, &match, false);
    }
    return true;
}

static bool classify(checker *c)
{
    double scores[ATT_MODEL_TARGETS_MAX];
    const att_filter *f = c->f;
    if (!f->has_model)
        return true;
    if (!att_read_text(f->model.vocabulary, &c->folded, c->scratch, &c->reading) ||
        !att_text_model_score(&f->model, &c->reading, c->scratch, scores))
        return false;
    c->out->scored = true;
    for (uint32_t i = 0; i < f->category_count; i++) {
        const category *about = &f->categories[i];
        const double score = about->target < 0 ? 0 : scores[about->target];
        c->out->scores[i] = score;
        if (about->target < 0 || (score < about->hold_at && score < about->deny_at))
            continue;
        judge(c->out, score >= about->deny_at ? ATT_FILTER_DENY : ATT_FILTER_HOLD, i);
        if (!tell_words(c, i, score))
            return false;
    }
    return true;
}

static att_status check_text(att_text text, att_error *err)
{
    if (text.size > ATT_FILTER_TEXT_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "a text of %zu bytes, at most %zu are checked", text.size, ATT_FILTER_TEXT_MAX);
    const size_t good = att_utf8_check(text);
    if (good != text.size)
        return ATT_FAIL(err, ATT_INVALID, "the text is not UTF-8 at byte %zu", good);
    return ATT_OK;
}

att_status att_filter_check(const att_filter *f, att_text text, att_filter_result *out, att_error *err)
{
    att_arena scratch;
    *out = (att_filter_result){.category = ATT_FILTER_CATEGORIES_MAX};
    const att_status status = check_text(text, err);
    if (status)
        return status;
    att_arena_init(&scratch, &f->host, 0);
    checker c = {.f = f, .scratch = &scratch, .out = out};
    const bool fine = att_folding_text(f->folding, text, &scratch, &c.folded) && find_phrases(&c) && classify(&c);
    att_arena_deinit(&scratch);
    return fine ? ATT_OK : att_no_memory(err, text.size, "bytes of a text to check");
}

att_status att_filter_canonical(const att_filter *f, att_text text, char *out, size_t size, size_t *whole, att_error *err)
{
    att_arena scratch;
    att_folded folded;
    att_reading reading = {0};
    const att_status status = check_text(text, err);
    *whole = 0;
    if (status)
        return status;
    att_arena_init(&scratch, &f->host, 0);
    const bool fine = att_folding_text(f->folding, text, &scratch, &folded) &&
                      att_read_text(f->model.vocabulary, &folded, &scratch, &reading);
    for (size_t i = 0; fine && i < reading.count; i++)
        for (size_t k = 0; k < reading.tokens[i].word.size + (i > 0); k++) {
            const char byte = i > 0 && k == 0 ? ' ' : reading.tokens[i].word.data[k - (i > 0)];
            if (*whole + 1 < size)
                out[*whole] = byte;
            ++*whole;
        }
    if (size)
        out[ATT_MIN(*whole, size - 1)] = 0;
    att_arena_deinit(&scratch);
    return fine ? ATT_OK : att_no_memory(err, text.size, "bytes of a text");
}

// --- Training -------------------------------------------------------------------------------------

att_text_train_options att_text_train_options_default(void)
{
    return (att_text_train_options){.seed = 1, .threads = 1, .cost = 1, .balance = 0.5};
}

att_status att_text_split_make(att_text_split *out, const att_labelled *data, uint64_t test_every, const att_host *host, att_error *err)
{
    *out = (att_text_split){.train = ATT_NEW_ARRAY(host, uint32_t, data->rows.count), .test = ATT_NEW_ARRAY(host, uint32_t, data->rows.count)};
    if (!out->train || !out->test) {
        att_text_split_deinit(out, data, host);
        return att_no_memory(err, data->rows.count, "rows");
    }
    for (uint32_t i = 0; i < data->rows.count; i++)
        if (test_every && data->rows.items[i].id % test_every == 0)
            out->test[out->test_count++] = i;
        else
            out->train[out->train_count++] = i;
    return ATT_OK;
}

void att_text_split_deinit(att_text_split *split, const att_labelled *data, const att_host *host)
{
    ATT_FREE_ARRAY(host, split->train, data->rows.count);
    ATT_FREE_ARRAY(host, split->test, data->rows.count);
    *split = (att_text_split){0};
}

static void describe(const att_text_model *m, size_t left_out, att_filter_trained *out)
{
    *out = (att_filter_trained){.rows = m->rows, .left_out = left_out, .words = att_vocabulary_size(m->vocabulary),
        .features = m->features.count, .category_count = m->category_count, .macro_f1 = m->trained_macro_f1};
    memcpy(out->categories, m->categories, sizeof out->categories);
    memcpy(out->thresholds, m->thresholds, sizeof out->thresholds);
}

att_status att_filter_train(const char *csv, const char *model, const att_filter_train_options *options, const att_host *host,
    att_filter_trained *out, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_labelled data = {0};
    att_text_split split = {0};
    att_folding *folding = NULL;
    att_text_model trained = {0};
    att_text_train_options how = att_text_train_options_default();
    how.seed = options->seed ? options->seed : 1;
    how.threads = options->threads ? options->threads : 1;
    att_status status = att_labelled_load(&data, csv, options->mapping, &full, err);
    if (!status)
        status = att_text_split_make(&split, &data, options->test_every, &full, err);
    if (!status)
        status = att_folding_create(&folding, false, &full, err);
    if (!status)
        status = att_text_model_train(&trained, folding, &data, split.train, split.train_count, &how, &full, err);
    if (!status)
        status = att_text_model_save(&trained, model, err);
    if (!status)
        describe(&trained, split.test_count, out);
    att_text_model_deinit(&trained);
    att_folding_destroy(folding);
    att_text_split_deinit(&split, &data, &full);
    att_labelled_deinit(&data);
    return status;
}
