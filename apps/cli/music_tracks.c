// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_tracks.c - lines of NDJSON become items.
#include "music_tracks.h"

#include "lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE_MAX = (1 << 20) + 2, FEATURES = 13, TAGS_MOST = 16, VECTOR_MOST = 256, NOTE_NAMES = 12 };

// What an analysis is copied into.
typedef struct track {
    att_feature features[FEATURES];
    att_text tags[TAGS_MOST];
    float vector[VECTOR_MOST];
    char title[ATT_TITLE_SIZE_MAX];
} track;

// "F# minor", "Eb major": the note from C as 0, and 1 for major, 2 for minor.
static bool read_key(const char *key, double *tonic, double *mode)
{
    static const int letters[] = {9, 11, 0, 2, 4, 5, 7}; // A … G
    if (!key || *key < 'A' || *key > 'G')
        return false;
    const int note = letters[*key++ - 'A'], shift = *key == '#' ? 1 : *key == 'b' ? NOTE_NAMES - 1 : 0;
    key += shift != 0;
    if (*key != ' ')
        return false;
    *tonic = (note + shift) % NOTE_NAMES;
    *mode = strcmp(key + 1, "minor") == 0 ? 2 : 1;
    return true;
}

static void take_features(const json_t *line, track *t, att_item *item)
{
    static const char *const names[] = {"tempo_bpm", "tempo_confidence", "energy", "valence", "arousal", "brightness", "harmonicity", "loudness_lufs",
        "loudness_range_lu", "crest_db"};
    double tonic, mode;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const json_t *value = json_object_get(line, names[i]);
        if (json_is_number(value) && isfinite(json_number_value(value)))
            t->features[item->feature_count++] = (att_feature){att_text_of(names[i]), json_number_value(value)};
    }
    if (read_key(json_string_value(json_object_get(line, "key")), &tonic, &mode)) {
        t->features[item->feature_count++] = (att_feature){att_text_of("key_tonic"), tonic};
        t->features[item->feature_count++] = (att_feature){att_text_of("key_mode"), mode};
    }
    item->features = t->features;
}

static void take_lists(const json_t *line, track *t, att_item *item)
{
    size_t i;
    const json_t *value, *moods = json_object_get(line, "moods"), *embedding = json_object_get(line, "embedding");
    json_array_foreach((json_t *)(uintptr_t)moods, i, value) if (json_is_string(value) && item->tag_count < TAGS_MOST)
        t->tags[item->tag_count++] = (att_text){json_string_value(value), json_string_length(value)};
    json_array_foreach((json_t *)(uintptr_t)embedding, i, value) if (item->vector_dim < VECTOR_MOST)
        t->vector[item->vector_dim++] = (float)json_number_value(value);
    item->tags = t->tags;
    item->vector = t->vector;
}

// The file's name without folder and ending is the title; its path the id, its end where it is too long.
static void take_name(const char *path, track *t, att_item *item)
{
    const char *name = strrchr(path, '/');
    const size_t size = strlen(path);
    snprintf(t->title, sizeof t->title, "%s", name ? name + 1 : path);
    char *dot = strrchr(t->title, '.');
    if (dot && dot != t->title)
        *dot = 0;
    item->title = att_text_of(t->title);
    const char *id = size > ATT_ID_SIZE_MAX ? path + size - ATT_ID_SIZE_MAX : path;
    while ((*id & 0xC0) == 0x80)
        id++; // not from within a letter
    item->id = att_text_of(id);
}

// False: the line tells that the file could not be read.
static bool read_analysis(const json_t *line, track *t, att_item *item)
{
    const json_t *seconds = json_object_get(line, "seconds");
    *item = (att_item){.medium = att_text_of("music")};
    if (json_object_get(line, "error") || !json_is_string(json_object_get(line, "file")))
        return false;
    take_name(json_string_value(json_object_get(line, "file")), t, item);
    take_features(line, t, item);
    take_lists(line, t, item);
    if (json_is_number(seconds) && json_number_value(seconds) > 0 && json_number_value(seconds) < INT32_MAX / 1000.0)
        item->duration_ms = llround(json_number_value(seconds) * 1000);
    return true;
}

typedef struct reading {
    cli *c;
    const char *path;
    att_wire_memory *memory;
    track track;
    cli_track_seer *see;
    void *user;
    uint64_t number, unread;
    bool stopped;
} reading;

static int bad_line(const reading *r, const char *field, const char *why)
{
    fprintf(stderr, "attune %s: %s:%llu: %s%s%s\n", r->c->command->name, r->path, (unsigned long long)r->number, field, field[0] ? ": " : "", why);
    return 65;
}

static int see_line(reading *r, const char *text, size_t size)
{
    att_item item;
    att_error err = {0};
    att_wire_fault fault = {{0}, {0}};
    json_error_t story;
    json_t *line = json_loadb(text, size, 0, &story);
    if (!json_is_object(line)) {
        json_decref(line);
        return bad_line(r, "", line ? "an object was expected" : story.text);
    }
    int code = 0;
    if (json_object_get(line, "file")) {
        if (read_analysis(line, &r->track, &item))
            r->stopped = !r->see(r->user, &item);
        else
            r->unread++;
    } else {
        att_wire_memory_reset(r->memory);
        const att_status status = att_wire_read_item(r->memory, (att_text){text, size}, (att_text){NULL, 0}, &item, &fault, &err);
        if (status == ATT_INVALID)
            code = bad_line(r, fault.field, fault.reason);
        else if (status)
            code = cli_fail(r->c, status, &err);
        else
            r->stopped = !r->see(r->user, &item);
    }
    json_decref(line);
    return code;
}

static int see_lines(reading *r, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    int code = 0;
    for (ssize_t size; !code && !r->stopped && !cli_interrupted() && (size = cli_getline(&line, &room, LINE_SIZE_MAX, file)) > 0;) {
        r->number++;
        while (size && size <= LINE_SIZE_MAX && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            size--;
        if (size > 1 << 20)
            code = bad_line(r, "", "longer than 1 MiB");
        else if (size)
            code = see_line(r, line, (size_t)size);
    }
    free(line);
    return code ? code : cli_interrupted() ? 130 : 0;
}

int cli_tracks_of_file(cli *c, const char *path, cli_track_seer *see, void *user, uint64_t *unread)
{
    reading r = {.c = c, .path = strcmp(path, "-") == 0 ? "standard input" : path, .see = see, .user = user};
    att_error err = {0};
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file) {
        fprintf(stderr, "attune %s: %s cannot be opened\n", c->command->name, path);
        return 66;
    }
    const att_status status = att_wire_memory_create(&r.memory, &c->host, &err);
    const int code = status ? cli_fail(c, status, &err) : see_lines(&r, file);
    att_wire_memory_destroy(r.memory);
    if (file != stdin)
        fclose(file);
    *unread = r.unread;
    return code;
}

// --- music items ------------------------------------------------------------------------------------------------

typedef struct writing {
    cli *c;
    att_wire_memory *memory;
    uint64_t written;
    int code;
} writing;

static bool write_item(void *user, const att_item *item)
{
    writing *w = user;
    att_text json;
    att_error err = {0};
    att_wire_memory_reset(w->memory);
    const att_status status = att_wire_write_item(w->memory, item, &json, &err);
    w->code = status ? cli_fail(w->c, status, &err) : printf("%.*s\n", (int)json.size, json.data) < 0 ? 74 : 0;
    w->written += !w->code;
    return !w->code;
}

static int run_items(cli *c)
{
    writing w = {.c = c};
    att_error err = {0};
    uint64_t unread = 0;
    const att_status status = att_wire_memory_create(&w.memory, &c->host, &err);
    int code = status ? cli_fail(c, status, &err) : cli_tracks_of_file(c, c->argument_count ? c->arguments[0] : "-", write_item, &w, &unread);
    att_wire_memory_destroy(w.memory);
    code = w.code ? w.code : code;
    if (!code && !c->quiet)
        fprintf(stderr, "%s; %s could not be analysed\n", cli_count(w.written, "item", "items"), cli_count(unread, "file", "files"));
    return code;
}

static const cli_option items_options[] = {{0}};
static const char *const items_examples[] = {"attune music analyze songs/ --json | attune music items >items.ndjson", "what was analysed, as a catalogue",
    "attune import items.ndjson", "and into the store", NULL};
const cli_command cli_music_items = {"music items", "Turn what was analysed into items of a catalogue", "[FILE]", 0, 1,
    "Reads what `attune music analyze --json` wrote, and writes lines that `attune import` reads: tempo_bpm, energy, valence, arousal,\n"
    "brightness, harmonicity, loudness and key become features, moods become tags, the embedding becomes the item's vector.",
    items_options, items_examples, run_items};
