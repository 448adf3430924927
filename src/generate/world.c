// SPDX-License-Identifier: Apache-2.0
// generate/world.c - what passes between the engine and a world.
#include "generate/world.h"
#include "signals/policy.h"

#include <math.h>
#include <stdlib.h>

// --- What a world makes ---------------------------------------------------------------------------------------------

void att_made_init(att_made *made, const att_host *host)
{
    *made = (att_made){.host = att_host_complete(host)};
}

void att_made_deinit(att_made *made)
{
    att_free(&made->host, made->data, made->size, 1);
    att_free(&made->host, made->detail, made->detail_size, 1);
    *made = (att_made){.host = made->host};
}

att_status att_made_set(att_made *made, const void *data, size_t size, const char *media_type, att_error *err)
{
    if (size == 0 || size > ATT_MADE_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "what was made has %zu bytes, expected 1 to %zu", size, ATT_MADE_SIZE_MAX);
    if (strlen(media_type) >= sizeof made->media_type)
        return ATT_FAIL(err, ATT_LIMIT, "the media type \"%.40s…\" has more than 63 bytes", media_type);
    void *copy = att_alloc(&made->host, size, 1);
    if (!copy)
        return att_no_memory(err, size, "bytes of what was made");
    memcpy(copy, data, size);
    att_free(&made->host, made->data, made->size, 1);
    made->data = copy;
    made->size = size;
    memcpy(made->media_type, media_type, strlen(media_type) + 1);
    return ATT_OK;
}

// --- What an analyser finds -----------------------------------------------------------------------------------------

void att_analysis_init(att_analysis *analysis, const att_host *host)
{
    *analysis = (att_analysis){.host = att_host_complete(host)};
}

void att_analysis_deinit(att_analysis *analysis)
{
    att_free(&analysis->host, analysis->detail, analysis->detail_size, 1);
    *analysis = (att_analysis){.host = analysis->host};
}

bool att_analysis_get(const att_analysis *analysis, att_text name, double *out)
{
    for (size_t i = 0; i < analysis->measure_count; i++)
        if (att_text_equal(name, att_text_of(analysis->measures[i].name))) {
            *out = analysis->measures[i].value;
            return true;
        }
    return false;
}

void att_analysis_put(att_analysis *analysis, const char *name, double value)
{
    if (analysis->measure_count < ATT_FEATURES_MAX && isfinite(value))
        analysis->measures[analysis->measure_count++] = (att_made_measure){name, value};
}

// --- The contract ---------------------------------------------------------------------------------------------------

static bool is_word(const char *text, size_t most)
{
    if (!text || !*text || strlen(text) > most)
        return false;
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c == 0x7F)
            return false;
    return true;
}

static bool are_words(const char *const *texts, size_t most)
{
    if (!texts || !*texts)
        return false;
    for (; *texts; texts++)
        if (!is_word(*texts, most))
            return false;
    return true;
}

att_status att_medium_check(const att_medium *world, att_error *err)
{
    if (!is_word(world->name, 32))
        return ATT_FAIL(err, ATT_INVALID, "a world's name: expected 1 to 32 bytes without blanks");
    if (!are_words(world->kinds, ATT_BRIEF_KIND_SIZE_MAX) || !are_words(world->media_types, 63))
        return ATT_FAIL(err, ATT_INVALID, "world %s: expected at least one kind and one media type, without blanks", world->name);
    if (world->measure_count > ATT_BRIEF_NEEDS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "world %s: it measures %zu things, at most %d", world->name, world->measure_count, ATT_BRIEF_NEEDS_MAX);
    for (size_t i = 0; i < world->measure_count; i++)
        if (!is_word(world->measures[i].name, ATT_TAG_SIZE_MAX) || strcmp(world->measures[i].name, "novelty") == 0)
            return ATT_FAIL(err, ATT_INVALID, "world %s: measure %zu has no name that will do", world->name, i + 1);
    for (size_t i = 0; i < world->wish_count; i++) {
        char why[192];
        if (att_wish_fault(&world->wishes[i], why, sizeof why))
            return ATT_FAIL(err, ATT_INVALID, "world %s: wish %zu: %s", world->name, i + 1, why);
    }
    if (!world->make || !world->analyse)
        return ATT_FAIL(err, ATT_INVALID, "world %s: expected `make` and `analyse`", world->name);
    if (!world->open != !world->close)
        return ATT_FAIL(err, ATT_INVALID, "world %s: expected `open` and `close`, or neither", world->name);
    return ATT_OK;
}

static bool is_media_type(const att_medium *world, const char *media_type)
{
    for (const char *const *type = world->media_types; *type; type++)
        if (strcmp(*type, media_type) == 0)
            return true;
    return false;
}

static bool is_seconds(double value)
{
    return value >= 0 && isfinite(value);
}

att_status att_made_check(const att_made *made, const att_medium *world, att_error *err)
{
    if (!made->data || !made->size || made->size > ATT_MADE_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "world %s made %zu bytes, expected 1 to %zu", world->name, made->size, ATT_MADE_SIZE_MAX);
    if (!is_media_type(world, made->media_type))
        return ATT_FAIL(err, ATT_INVALID, "world %s made \"%s\", which is none of its media types", world->name, made->media_type);
    if (!made->maker[0])
        return ATT_FAIL(err, ATT_INVALID, "world %s does not say what made it", world->name);
    return is_seconds(made->cpu_s) && is_seconds(made->gpu_s) ? ATT_OK
                                                              : ATT_FAIL(err, ATT_INVALID, "world %s: its seconds are no seconds", world->name);
}

att_status att_analysis_check(const att_analysis *analysis, const att_medium *world, att_error *err)
{
    if (analysis->dim > ATT_EMBEDDING_DIM_MAX || analysis->duration_ms < 0 || !is_seconds(analysis->cpu_s) || !is_seconds(analysis->gpu_s))
        return ATT_FAIL(err, ATT_INVALID, "world %s: its analysis has %zu dimensions, %lld ms, or seconds that are none", world->name,
            analysis->dim, (long long)analysis->duration_ms);
    if (analysis->measure_count > ATT_FEATURES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "world %s: its analysis has %zu measures, at most %d", world->name, analysis->measure_count, ATT_FEATURES_MAX);
    for (size_t i = 0; i < analysis->measure_count; i++)
        if (!is_word(analysis->measures[i].name, ATT_TAG_SIZE_MAX) || !isfinite(analysis->measures[i].value))
            return ATT_FAIL(err, ATT_INVALID, "world %s: measure %zu of its analysis has no name or no value that will do", world->name, i + 1);
    for (size_t i = 0; i < analysis->dim; i++)
        if (!isfinite(analysis->embedding[i]))
            return ATT_FAIL(err, ATT_INVALID, "world %s: dimension %zu of its embedding is not finite", world->name, i);
    return ATT_OK;
}
