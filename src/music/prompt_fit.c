// SPDX-License-Identifier: Apache-2.0
// music/prompt_fit.c - how a track stands to a prompt, and what a situation asks for.
//
//   constraints: tempo, length, year, key, vocals, bounds of features, unwanted things. Each is met, missed, or the track does not say
//   likeness:    mean of 1 - |x - vector| over the axes, by their weights, and of the wanted words that the track has (1) or has not (0)
//   score:       (1 + likeness) / 2 where nothing is missed, less a tenth of what is unknown; else likeness / 2 times the share that is met
#include "attune/prompt.h"
#include "base/base.h"
#include "music/prompt_words.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static bool feature(const att_item *item, const char *name, double *out)
{
    for (size_t i = 0; i < item->feature_count; i++)
        if (att_text_equal(item->features[i].name, att_text_of(name))) {
            *out = item->features[i].value;
            return true;
        }
    return false;
}

// Does `text` hold one of the words, whole and in either case? A dash is a blank.
static bool holds(att_text text, const char *names)
{
    for (const char *p = names; p;) {
        const size_t size = strcspn(p, "|");
        for (size_t at = 0; at + size <= text.size; at++) {
            size_t k = 0;
            for (; k < size; k++) {
                char c = text.data[at + k];
                c = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == '-' || c == '_' ? ' ' : c);
                if (c != (p[k] == '-' ? ' ' : p[k]))
                    break;
            }
            const bool begins = at == 0 || !((text.data[at - 1] | 32) >= 'a' && (text.data[at - 1] | 32) <= 'z');
            const bool ends = at + size == text.size || !((text.data[at + size] | 32) >= 'a' && (text.data[at + size] | 32) <= 'z');
            if (k == size && begins && ends)
                return true;
        }
        p = p[size] ? p + size + 1 : NULL;
    }
    return false;
}

static bool has_word(const att_item *item, const char *names)
{
    for (size_t i = 0; i < item->tag_count; i++)
        if (holds(item->tags[i], names))
            return true;
    return holds(item->title, names) || holds(item->text, names);
}

// --- Constraints ------------------------------------------------------------------------------------------------

typedef enum answer { UNKNOWN, MET, MISSED } answer;

static void count(att_prompt_fit *fit, answer is, const char *format, ...) ATT_PRINTF(3, 4);
static void count(att_prompt_fit *fit, answer is, const char *format, ...)
{
    fit->met += is == MET;
    fit->unknown += is == UNKNOWN;
    if (is == MISSED && fit->missed++ == 0) {
        va_list args;
        va_start(args, format);
        vsnprintf(fit->why, sizeof fit->why, format, args);
        va_end(args);
    }
}

static answer within(const att_prompt_range *range, double value)
{
    return value >= range->least && value <= range->most ? MET : MISSED;
}

static void check_tempo(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    double bpm = 0;
    if (!p->tempo_bpm.given)
        return;
    const bool known = feature(item, "tempo_bpm", &bpm) && bpm > 0;
    answer is = known ? within(&p->tempo_bpm, bpm) : UNKNOWN;
    // An analyser may count what is felt at half the tempo as twice as many beats.
    if (is == MISSED && p->half_time && within(&p->tempo_bpm, bpm / 2) == MET)
        is = MET;
    if (is == MISSED && p->double_time && within(&p->tempo_bpm, bpm * 2) == MET)
        is = MET;
    count(fit, is, "tempo %.1f BPM", bpm);
}

static void check_length(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    if (p->duration_s.given)
        count(fit, item->duration_ms ? within(&p->duration_s, (double)item->duration_ms / 1000) : UNKNOWN, "length %.0f s", (double)item->duration_ms / 1000);
}

static void check_year(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    struct tm parts = {0};
    const time_t at_s = (time_t)(item->published_at_ms / 1000);
    if (!p->year.given)
        return;
    const bool known = item->published_at_ms && gmtime_r(&at_s, &parts);
    count(fit, known ? within(&p->year, parts.tm_year + 1900) : UNKNOWN, "of %d", parts.tm_year + 1900);
}

static void check_key(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    double tonic, mode;
    if (p->tonic >= 0) {
        const bool known = feature(item, "key_tonic", &tonic);
        count(fit, !known ? UNKNOWN : lround(tonic) == p->tonic ? MET : MISSED, "another key");
    }
    const bool third = strcmp(p->mode, "major") == 0 || strcmp(p->mode, "minor") == 0;
    if (third) {
        const bool known = feature(item, "key_mode", &mode) && (lround(mode) == 1 || lround(mode) == 2);
        count(fit, !known ? UNKNOWN : (lround(mode) == 2) == (p->mode[1] == 'i' && p->mode[2] == 'n') ? MET : MISSED, "in %s", known && lround(mode) == 2 ? "minor" : "major");
    } else if (p->mode[0]) {
        count(fit, has_word(item, p->mode) ? MET : UNKNOWN, "%s", "");
    }
}

static void check_vocals(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    double vocals;
    if (!p->vocals)
        return;
    answer has = feature(item, "vocals", &vocals) ? (vocals >= 0.5 ? MET : MISSED) : UNKNOWN;
    if (has == UNKNOWN && has_word(item, "instrumental|no vocals"))
        has = MISSED;
    else if (has == UNKNOWN && has_word(item, "vocal|vocals|singer|sung|choir"))
        has = MET;
    const answer is = has == UNKNOWN || p->vocals == ATT_WISH_WITH ? has : has == MET ? MISSED : MET;
    count(fit, is, "%s vocals", has == MET ? "with" : "without");
}

static void check_axes(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++) {
        double value = 0;
        const char *name = att_prompt_axis_name((att_prompt_axis)a);
        if (p->axes[a].given)
            count(fit, feature(item, name, &value) ? within(&p->axes[a], value) : UNKNOWN, "%s %.2f", name, value);
    }
}

static void check_unwanted(const att_music_prompt *p, const att_item *item, att_prompt_fit *fit)
{
    for (size_t i = 0; i < p->term_count; i++)
        if (p->terms[i].unwanted)
            count(fit, has_word(item, p->terms[i].names) ? MISSED : MET, "%.*s, which is unwanted", (int)strcspn(p->terms[i].names, "|"), p->terms[i].names);
}

// --- Likeness -----------------------------------------------------------------------------------------------------

static double likeness(const att_music_prompt *p, const att_item *item)
{
    double sum = 0, weight = 0;
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++) {
        double value;
        if (p->weight[a] > 0 && feature(item, att_prompt_axis_name((att_prompt_axis)a), &value)) {
            const double w = fmin(p->weight[a], 2) / 2;
            sum += w * (1 - fmin(1, fabs(value - p->vector[a])));
            weight += w;
        }
    }
    for (size_t i = 0; i < p->term_count; i++)
        if (!p->terms[i].unwanted && p->terms[i].kind != ATT_PROMPT_USE) {
            sum += has_word(item, p->terms[i].names);
            weight += 1;
        }
    return weight > 0 ? sum / weight : 0.5;
}

void att_music_prompt_fit(const att_music_prompt *prompt, const att_item *item, att_prompt_fit *out)
{
    static void (*const checks[])(const att_music_prompt *, const att_item *, att_prompt_fit *) = {
        check_tempo, check_key, check_vocals, check_length, check_year, check_axes, check_unwanted};
    *out = (att_prompt_fit){0};
    for (size_t i = 0; i < ATT_COUNT_OF(checks); i++)
        checks[i](prompt, item, out);
    out->likeness = likeness(prompt, item);
    const double all = out->met + out->missed + out->unknown;
    if (!out->missed)
        out->score = (1 + out->likeness) / 2 - (all > 0 ? 0.1 * out->unknown / all : 0);
    else
        out->score = out->likeness / 2 * out->met / all;
}

// --- Situations ---------------------------------------------------------------------------------------------------

static void merge_word(att_music_prompt *p, const char *word)
{
    att_music_prompt one;
    if (att_music_prompt_read(&one, att_text_of(word), NULL))
        return;
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++) {
        const double both = p->weight[a] + one.weight[a];
        if (both > 0)
            p->vector[a] = (p->vector[a] * p->weight[a] + one.vector[a] * one.weight[a]) / both;
        p->weight[a] = both;
        if (one.axes[a].given)
            p->axes[a] = one.axes[a];
    }
    if (one.tempo_bpm.given)
        p->tempo_bpm = one.tempo_bpm;
    p->vocals = one.vocals ? one.vocals : p->vocals;
    for (size_t i = 0; i < one.term_count && p->term_count < ATT_PROMPT_TERMS_MAX; i++)
        p->terms[p->term_count++] = one.terms[i];
}

bool att_music_prompt_of_context(att_music_prompt *out, const att_context *context)
{
    static const char *const activities[ATT_ACTIVITY_COUNT] = {[ATT_ACTIVITY_COMMUTE] = "commute", [ATT_ACTIVITY_WORKOUT] = "workout",
        [ATT_ACTIVITY_FOCUS] = "focus", [ATT_ACTIVITY_SLEEP] = "sleep", [ATT_ACTIVITY_RELAX] = "calm", [ATT_ACTIVITY_PARTY] = "party"};
    // Where it is loud, what is soft and dull is not heard; where it is quiet, what is harsh disturbs. A small speaker has no depth.
    static const char *const noises[ATT_NOISE_COUNT] = {[ATT_NOISE_QUIET] = "warm", [ATT_NOISE_LOUD] = "bright"};
    memset(out, 0, sizeof *out);
    out->tonic = -1;
    const char *activity = (unsigned)context->activity < ATT_ACTIVITY_COUNT ? activities[context->activity] : NULL;
    const char *noise = (unsigned)context->noise < ATT_NOISE_COUNT ? noises[context->noise] : NULL;
    if (activity)
        merge_word(out, activity);
    if (noise)
        merge_word(out, noise);
    if (context->device == ATT_DEVICE_CAR && !activity)
        merge_word(out, "commute");
    return out->term_count > 0;
}
