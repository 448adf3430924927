// SPDX-License-Identifier: Apache-2.0
// music/master_profile.c - listener profiles: those that come along, and those read from YAML.
//
// One mapping of plain values, and one of an audiogram in it: no anchors, aliases, tags or further documents, so that a file cannot unfold
// into more than it is.
#include "attune/master.h"
#include "base/base.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { SIZE_MAX_BYTES = 64 * 1024 };

// The hearing losses are the standard audiograms N2 and N3 (Bisgaard, Vlaming and Dahlquist 2010; IEC 60118-15).
#define AUDIOGRAM_HZ {250, 375, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000}
static const att_master_profile presets[] = {
    {.name = "phone", .loudness_lufs = -14, .true_peak_dbtp = -1, .band_low_hz = 200, .band_high_hz = 12000, .crest_db = 11, .compress_ratio = 1.5,
        .attack_ms = 10, .release_ms = 120},
    {.name = "night", .loudness_lufs = -23, .true_peak_dbtp = -3, .band_low_hz = 50, .band_high_hz = 14000, .crest_db = 10, .compress_ratio = 2,
        .attack_ms = 10, .release_ms = 250},
    {.name = "car", .loudness_lufs = -14, .true_peak_dbtp = -1, .band_low_hz = 40, .band_high_hz = 16000, .crest_db = 10, .compress_ratio = 2,
        .attack_ms = 10, .release_ms = 180},
    {.name = "voice-clear", .loudness_lufs = -16, .true_peak_dbtp = -1, .band_low_hz = 90, .crest_db = 12, .compress_ratio = 1.5, .attack_ms = 8,
        .release_ms = 120, .voice_db = 5},
    {.name = "hearing-mild", .loudness_lufs = -18, .true_peak_dbtp = -2, .crest_db = 13, .compress_ratio = 1.5, .attack_ms = 5, .release_ms = 100,
        .hearing_count = 10, .hearing_hz = AUDIOGRAM_HZ, .hearing_db = {20, 20, 20, 22.5, 25, 30, 35, 40, 45, 50}},
    {.name = "hearing-moderate", .loudness_lufs = -18, .true_peak_dbtp = -2, .crest_db = 12, .compress_ratio = 2, .attack_ms = 5, .release_ms = 100,
        .hearing_count = 10, .hearing_hz = AUDIOGRAM_HZ, .hearing_db = {35, 35, 35, 35, 40, 45, 50, 55, 60, 65}},
};

const att_master_profile *att_master_presets(size_t *count)
{
    *count = ATT_COUNT_OF(presets);
    return presets;
}

const att_master_profile *att_master_preset(const char *name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(presets); i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

// --- Fields ---------------------------------------------------------------------------------------------------

typedef struct field {
    const char *key;
    size_t offset;
    double least, most;
    bool or_zero; // below least 0 is allowed too: open, or as it is
} field;

#define FIELD(key, least, most, or_zero) {#key, offsetof(att_master_profile, key), least, most, or_zero}
static const field fields[] = {FIELD(loudness_lufs, -40, -8, false), FIELD(true_peak_dbtp, -12, 0, false), FIELD(band_low_hz, 10, 1000, true),
    FIELD(band_high_hz, 1500, 24000, true), FIELD(crest_db, 4, 30, true), FIELD(compress_ratio, 1, 8, false), FIELD(attack_ms, 0.1, 200, false),
    FIELD(release_ms, 5, 5000, false), FIELD(voice_db, -12, 12, false)};

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event; // the one being looked at
    bool has_event;
    const char *name;
    att_master_profile profile;
    unsigned lines[ATT_COUNT_OF(fields)]; // where a field was given; 0: not
    unsigned name_line, rule_line, audiogram_line;
    att_error *err;
} reader;

static unsigned line_of(const reader *in)
{
    return (unsigned)in->event.start_mark.line + 1;
}

static att_status next(reader *in)
{
    if (in->has_event)
        yaml_event_delete(&in->event);
    in->has_event = yaml_parser_parse(&in->parser, &in->event) != 0;
    if (!in->has_event)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: not YAML: %s", in->name, (unsigned)in->parser.problem_mark.line + 1,
            in->parser.problem ? in->parser.problem : "unreadable");
    const yaml_event_t *e = &in->event;
    const bool anchor = e->type == YAML_ALIAS_EVENT || (e->type == YAML_SCALAR_EVENT && (e->data.scalar.anchor || e->data.scalar.tag)) ||
                        (e->type == YAML_MAPPING_START_EVENT && (e->data.mapping_start.anchor || e->data.mapping_start.tag));
    if (anchor)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: anchors, aliases and tags are not allowed in a profile", in->name, line_of(in));
    return ATT_OK;
}

static att_text word(const reader *in)
{
    return (att_text){(const char *)in->event.data.scalar.value, in->event.data.scalar.length};
}

static bool number(att_text text, double *out)
{
    char copy[40];
    if (!text.size || text.size >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr("+-.0123456789eE", text.data[i]))
            return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    char *end;
    *out = strtod(copy, &end);
    return end == copy + text.size && isfinite(*out);
}

// The value behind a key, a plain one.
static att_status value_of(reader *in, const char *key, const char *expected, att_text *out)
{
    const att_status status = next(in);
    if (status)
        return status;
    if (in->event.type != YAML_SCALAR_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: expected %s", in->name, line_of(in), key, expected);
    *out = word(in);
    return ATT_OK;
}

static att_status twice(const reader *in, const char *key, unsigned before)
{
    return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s is given twice, first in line %u", in->name, line_of(in), key, before);
}

static att_status read_number(reader *in, size_t index)
{
    const field *f = &fields[index];
    char expected[80];
    att_text text = {0};
    double value;
    if (in->lines[index])
        return twice(in, f->key, in->lines[index]);
    in->lines[index] = line_of(in);
    snprintf(expected, sizeof expected, "a number from %g to %g%s", f->least, f->most, f->or_zero ? ", or 0 for none" : "");
    const att_status status = value_of(in, f->key, expected, &text);
    if (status)
        return status;
    if (!number(text, &value) || !((value >= f->least && value <= f->most) || (f->or_zero && value == 0)))
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: %s: found \"%.*s\", expected %s", in->name, line_of(in), f->key,
            (int)ATT_MIN(text.size, (size_t)40), text.data, expected);
    memcpy((char *)&in->profile + f->offset, &value, sizeof value);
    return ATT_OK;
}

static att_status read_name(reader *in)
{
    att_text text = {0};
    if (in->name_line)
        return twice(in, "name", in->name_line);
    in->name_line = line_of(in);
    const att_status status = value_of(in, "name", "a name", &text);
    if (status)
        return status;
    if (!text.size || text.size >= sizeof in->profile.name || memchr(text.data, 0, text.size))
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: name: expected 1 to %zu bytes", in->name, line_of(in), sizeof in->profile.name - 1);
    memset(in->profile.name, 0, sizeof in->profile.name);
    memcpy(in->profile.name, text.data, text.size);
    return ATT_OK;
}

static att_status read_rule(reader *in)
{
    att_text text = {0};
    if (in->rule_line)
        return twice(in, "hearing_rule", in->rule_line);
    in->rule_line = line_of(in);
    const att_status status = value_of(in, "hearing_rule", "nal-r or half-gain", &text);
    if (status)
        return status;
    const bool half = att_text_equal(text, ATT_LIT("half-gain"));
    if (!half && !att_text_equal(text, ATT_LIT("nal-r")))
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: hearing_rule: found \"%.*s\", expected nal-r or half-gain", in->name, line_of(in),
            (int)ATT_MIN(text.size, (size_t)40), text.data);
    in->profile.hearing_rule = half ? ATT_HEARING_HALF_GAIN : ATT_HEARING_NAL_R;
    return ATT_OK;
}

// One "1000: 40" of the audiogram; the event stands at the frequency.
static att_status read_threshold(reader *in)
{
    att_master_profile *p = &in->profile;
    double hz, db;
    att_text text = in->event.type == YAML_SCALAR_EVENT ? word(in) : (att_text){0};
    if (!number(text, &hz) || hz < 100 || hz > 16000)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: audiogram: expected a frequency from 100 to 16000 Hz", in->name, line_of(in));
    if (p->hearing_count && hz <= p->hearing_hz[p->hearing_count - 1])
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: audiogram.%g: frequencies must rise", in->name, line_of(in), hz);
    if (p->hearing_count == ATT_HEARING_MAX)
        return ATT_FAIL(in->err, ATT_LIMIT, "%s:%u: audiogram: more than %d frequencies", in->name, line_of(in), ATT_HEARING_MAX);
    const att_status status = value_of(in, "audiogram", "thresholds from -10 to 120 dB HL", &text);
    if (status)
        return status;
    if (!number(text, &db) || db < -10 || db > 120)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: audiogram.%g: expected a threshold from -10 to 120 dB HL", in->name, line_of(in), hz);
    p->hearing_hz[p->hearing_count] = hz;
    p->hearing_db[p->hearing_count++] = db;
    return ATT_OK;
}

static att_status read_audiogram(reader *in)
{
    if (in->audiogram_line)
        return twice(in, "audiogram", in->audiogram_line);
    in->audiogram_line = line_of(in);
    att_status status = next(in);
    if (!status && in->event.type != YAML_MAPPING_START_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: audiogram: expected thresholds by frequency, such as {500: 20, 4000: 45}", in->name, line_of(in));
    while (!status && !(status = next(in)) && in->event.type != YAML_MAPPING_END_EVENT)
        status = read_threshold(in);
    if (!status && !in->profile.hearing_count)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: audiogram: it is empty", in->name, line_of(in));
    return status;
}

static att_status read_key(reader *in)
{
    if (in->event.type != YAML_SCALAR_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: expected a key", in->name, line_of(in));
    const att_text key = word(in);
    for (size_t i = 0; i < ATT_COUNT_OF(fields); i++)
        if (att_text_equal(key, att_text_of(fields[i].key)))
            return read_number(in, i);
    if (att_text_equal(key, ATT_LIT("name")))
        return read_name(in);
    if (att_text_equal(key, ATT_LIT("hearing_rule")))
        return read_rule(in);
    if (att_text_equal(key, ATT_LIT("audiogram")))
        return read_audiogram(in);
    return ATT_FAIL(in->err, ATT_INVALID,
        "%s:%u: %.*s: unknown key; known are name, loudness_lufs, true_peak_dbtp, band_low_hz, band_high_hz, crest_db, compress_ratio, attack_ms, "
        "release_ms, voice_db, hearing_rule, audiogram", in->name, line_of(in), (int)ATT_MIN(key.size, (size_t)40), key.data);
}

static att_status read_document(reader *in)
{
    att_status status = next(in); // the stream
    if (!status)
        status = next(in); // the document
    if (!status && in->event.type == YAML_DOCUMENT_START_EVENT)
        status = next(in);
    if (!status && in->event.type != YAML_MAPPING_START_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: expected keys and values, such as \"loudness_lufs: -16\"", in->name, line_of(in));
    while (!status && !(status = next(in)) && in->event.type != YAML_MAPPING_END_EVENT)
        status = read_key(in);
    if (!status)
        status = next(in); // end of the document
    if (!status)
        status = next(in);
    if (!status && in->event.type != YAML_STREAM_END_EVENT)
        return ATT_FAIL(in->err, ATT_INVALID, "%s:%u: a profile is one document", in->name, line_of(in));
    const att_master_profile *p = &in->profile;
    if (!status && p->band_low_hz > 0 && p->band_high_hz > 0 && p->band_high_hz < 4 * p->band_low_hz)
        return ATT_FAIL(in->err, ATT_INVALID, "%s: band_high_hz %g, expected at least two octaves above band_low_hz %g", in->name, p->band_high_hz,
            p->band_low_hz);
    return status;
}

att_status att_master_profile_parse(att_master_profile *out, att_text yaml, const char *name, att_error *err)
{
    reader in = {.name = name, .err = err,
        .profile = {.name = "unnamed", .loudness_lufs = -16, .true_peak_dbtp = -1, .compress_ratio = 1, .attack_ms = 10, .release_ms = 150}};
    if (yaml.size > SIZE_MAX_BYTES)
        return ATT_FAIL(err, ATT_LIMIT, "%s: %zu bytes, a profile has at most %d", name, yaml.size, SIZE_MAX_BYTES);
    if (!yaml_parser_initialize(&in.parser))
        return att_no_memory(err, 1, "profile");
    yaml_parser_set_input_string(&in.parser, (const unsigned char *)yaml.data, yaml.size);
    // Numbers have a point whatever the program's language is. The "C" locale needs no memory.
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = uselocale(plain);
    const att_status status = read_document(&in);
    uselocale(before);
    freelocale(plain);
    if (in.has_event)
        yaml_event_delete(&in.event);
    yaml_parser_delete(&in.parser);
    if (!status)
        *out = in.profile;
    return status;
}

att_status att_master_profile_read(att_master_profile *out, const char *path, att_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return att_fail_errno(err, errno, "opening %s", path);
    char text[SIZE_MAX_BYTES + 1];
    const size_t size = fread(text, 1, sizeof text, file);
    const bool bad = ferror(file) != 0;
    fclose(file);
    return bad ? ATT_FAIL(err, ATT_IO, "reading %s failed", path) : att_master_profile_parse(out, (att_text){text, size}, path, err);
}
