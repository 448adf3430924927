// SPDX-License-Identifier: Apache-2.0
// httpd/sound_rates.c - several sounds of a tenant at once: which of them share something, and how well one of them is known again
// after what happens to sound on its way (docs/fingerprint.md).
#include "sound_job.h"

#include "say/say.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The sound of the task, then those of `among`, each once.
enum { SOUNDS_MAX = 65 }; // as the shape has them, and one

typedef struct several {
    att_text hashes[SOUNDS_MAX];
    size_t count;
} several;

static void add_once(several *s, att_text hash)
{
    for (size_t i = 0; i < s->count; i++)
        if (att_text_equal(s->hashes[i], hash))
            return;
    if (s->count < SOUNDS_MAX)
        s->hashes[s->count++] = hash;
}

static several sounds_of(const sound_job *j)
{
    several s = {.count = 0};
    const json_t *one;
    size_t i;
    add_once(&s, j->sound);
    json_array_foreach(json_object_get(j->task, "among"), i, one) add_once(&s, (att_text){json_string_value(one), json_string_length(one)});
    return s;
}

// --- Duplicates ---------------------------------------------------------------------------------------------------

// Each sound is looked for among those before it; what share something, one with another, are one cluster.
typedef struct clusters {
    size_t parent[SOUNDS_MAX];
} clusters;

static size_t root_of(clusters *k, size_t i)
{
    while (k->parent[i] != i)
        i = k->parent[i] = k->parent[k->parent[i]];
    return i;
}

static void write_pair(sound_job *j, const several *s, size_t i, const att_prints *prints, const att_print_match *m)
{
    httpd_out *o = &j->duplicates;
    out_item(o);
    out_open(o, '{');
    out_key_text(o, "sound", s->hashes[i]);
    out_key(o, "match");
    sound_job_write_match(o, prints, m);
    out_close(o, '}');
}

static void write_clusters(sound_job *j, const several *s, clusters *k)
{
    httpd_out *o = &j->clusters;
    for (size_t i = 0; i < s->count; i++) {
        size_t size = 0;
        for (size_t other = 0; other < s->count; other++)
            size += root_of(k, other) == i;
        if (size < 2)
            continue;
        out_item(o);
        out_open(o, '{');
        out_key(o, "sounds");
        out_open(o, '[');
        for (size_t other = 0; other < s->count; other++)
            if (root_of(k, other) == i) {
                out_item(o);
                out_text(o, s->hashes[other]);
            }
        out_close(o, ']');
        out_close(o, '}');
    }
}

static att_status look_and_add(sound_job *j, const several *s, size_t i, att_prints *prints, clusters *k, att_error *err)
{
    const att_print_options options = {.score_least = shape_number(j->task, "score", 0)};
    att_print_match found[ATT_PRINT_FOUND_MAX];
    char name[65];
    att_audio audio = {0};
    size_t count = 0;
    const att_progress looking = {"looking for duplicates", i, s->count, "sounds"};
    if (j->host->progress && !j->host->progress(j->host->user, &looking))
        return sound_job_say(err, ATT_CANCELLED, "cancelled");
    snprintf(name, sizeof name, "%.*s", (int)s->hashes[i].size, s->hashes[i].data);
    att_status status = sound_job_load(j, s->hashes[i], true, &audio, err);
    if (!status)
        status = att_prints_find(prints, att_audio_view(&audio), &options, found, &count, err);
    for (size_t m = 0; !status && m < count; m++) {
        const size_t mine = root_of(k, i), other = root_of(k, found[m].index); // recordings are in the order of the sounds
        k->parent[mine > other ? mine : other] = mine < other ? mine : other;
        write_pair(j, s, i, prints, &found[m]);
    }
    if (!status)
        status = att_prints_add(prints, name, att_audio_view(&audio), err);
    att_audio_deinit(&audio);
    return status;
}

att_status sound_job_duplicates(sound_job *j, att_error *err)
{
    const several s = sounds_of(j);
    att_prints *prints = NULL;
    clusters k;
    att_status status = att_prints_create(&prints, j->host, err);
    for (size_t i = 0; i < s.count; i++)
        k.parent[i] = i;
    for (size_t i = 0; i < s.count && !status; i++)
        status = look_and_add(j, &s, i, prints, &k, err);
    if (!status)
        write_clusters(j, &s, &k);
    att_prints_destroy(prints);
    return status;
}

// --- Rates --------------------------------------------------------------------------------------------------------

#define RATES_SIZE_MAX ((size_t)256 << 20) // bytes of the sounds, which lie in memory together

typedef struct sizing {
    size_t sum;
} sizing;

static void add_size(void *user, const void *data, size_t size)
{
    (void)data;
    ((sizing *)user)->sum += size;
}

static att_status check_sizes(const sound_job *j, const several *s, att_error *err)
{
    sizing all = {0};
    for (size_t i = 0; i < s->count; i++) {
        const att_status status = att_engine_asset_see(j->engine, s->hashes[i], add_size, &all, err);
        if (status == ATT_NOT_FOUND || status == ATT_INVALID) {
            err->status = ATT_NOT_FOUND;
            snprintf(err->text, sizeof err->text, "there is no sound \"%.*s\"", (int)s->hashes[i].size, s->hashes[i].data);
            return ATT_NOT_FOUND;
        }
        if (status)
            return status;
    }
    return all.sum <= RATES_SIZE_MAX ? ATT_OK : sound_job_say(err, ATT_LIMIT, "among: these sounds have more than 256 MiB together");
}

static att_status measure_recordings(const sound_job *j, const several *s, att_print_rates *out, att_error *err)
{
    const att_print_measure_options options = {.seed = (uint64_t)shape_whole(j->task, "seed", 0), .excerpts = (uint32_t)shape_whole(j->task, "excerpts", 0),
        .seconds = shape_number(j->task, "excerpt_s", 0), .score_least = shape_number(j->task, "score", 0)};
    sound_file files[SOUNDS_MAX] = {0};
    const char *paths[SOUNDS_MAX];
    att_status status = check_sizes(j, s, err);
    for (size_t i = 0; i < s->count && !status; i++) {
        status = httpd_sound_open(&files[i], j->engine, s->hashes[i], err);
        paths[i] = files[i].path;
    }
    if (!status)
        status = att_print_measure(paths, s->count, &options, j->host, out, err);
    for (size_t i = 0; i < s->count; i++)
        status = httpd_sound_close(&files[i], status, err);
    return status;
}

static const double floor_default = 0.9; // as the check has it

// NULL, and no failure: the store knows no artists, or of none two works.
static att_status measure_artists(const sound_job *j, json_t **out, att_error *err)
{
    const double floor = shape_number(j->task, "floor", floor_default);
    char path[PATH_MAX];
    att_styles *styles = NULL;
    att_style_rates rates;
    *out = NULL;
    if (snprintf(path, sizeof path, "%s%s", att_engine_path(j->engine), ATT_STYLES_SUFFIX) >= (int)sizeof path)
        return sound_job_say(err, ATT_LIMIT, "the store's path is too long");
    if (access(path, F_OK) != 0)
        return ATT_OK;
    att_status status = att_styles_load(&styles, path, j->host, err);
    if (!status)
        status = att_styles_rate(styles, floor, &rates, err);
    if (status == ATT_INSUFFICIENT) {
        att_styles_destroy(styles);
        return ATT_OK;
    }
    if (!status)
        *out = say_style_rates(&rates, floor);
    att_styles_destroy(styles);
    return status;
}

att_status sound_job_rates(sound_job *j, att_error *err)
{
    const several s = sounds_of(j);
    const bool recordings = json_object_get(j->task, "among") != NULL;
    att_print_rates rates;
    json_t *artists = NULL;
    att_status status = recordings ? measure_recordings(j, &s, &rates, err) : ATT_OK;
    if (!status)
        status = measure_artists(j, &artists, err);
    if (!status && !recordings && !artists)
        status = sound_job_say(err, ATT_NOT_FOUND, "there is nothing to measure: among names no sounds, and this store knows two works of no artist");
    if (!status) {
        out_open(&j->rates, '{');
        out_key(&j->rates, "recordings");
        httpd_write_json(&j->rates, recordings ? say_print_rates(&rates) : json_null());
        out_key(&j->rates, "artists");
        httpd_write_json(&j->rates, artists ? artists : json_null());
        out_close(&j->rates, '}');
    }
    return status;
}
