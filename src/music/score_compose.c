// SPDX-License-Identifier: Apache-2.0
// music/score_compose.c - a brief becomes a score: whole plans are made one after another, the cheapest is kept.
//
// Plan k draws from stream k of the seed, so that more attempts only add plans. Each plan is whole before the next begins: whenever the
// search ends, by the count of attempts, by the clock, or because the host asks to stop, the best so far is there.
#include "music/score.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

enum { ATTEMPTS_DEFAULT = 8, ATTEMPTS_MAX = 10000, STREAM_OF_BRIEF = 1 << 20 };

// --- The brief ------------------------------------------------------------------------------------------------

static att_status check_number(double value, double low, double high, bool zero_is_default, const char *field, att_error *err)
{
    if ((zero_is_default && value == 0) || (value >= low && value <= high))
        return ATT_OK;
    return ATT_FAIL(err, ATT_INVALID, "%s: found %g, expected %g to %g", field, value, low, high);
}

static att_status check_brief(const att_music_brief *b, att_error *err)
{
    static const char *const tastes[ATT_MUSIC_TASTE_COUNT] = {"taste for density", "taste for syncopation", "taste for colour", "taste for repetition", "taste for brightness"};
    att_status status = check_number(b->tempo_bpm, 30, 300, true, "tempo_bpm", err);
    if (!status)
        status = check_number(b->bars, ATT_SCORE_BARS_MIN, ATT_SCORE_BARS_MAX, true, "bars", err);
    if (!status)
        status = check_number(b->length_s, 1, 4 * 3600, true, "length_s", err);
    if (!status)
        status = check_number(b->energy, 0, 1, true, "energy", err);
    if (!status)
        status = check_number(b->mood, -1, 1, false, "mood", err);
    for (int i = 0; !status && i < ATT_MUSIC_TASTE_COUNT; i++)
        status = check_number(b->taste[i], -1, 1, false, tastes[i], err);
    if (!status)
        status = check_number(b->attempts_max, 1, ATTEMPTS_MAX, true, "attempts_max", err);
    if (!status && b->loop && b->form)
        status = ATT_FAIL(err, ATT_INVALID, "form: a loop has none");
    return status;
}

static att_status find_style(att_plan *plan, const char *name, att_error *err)
{
    char known[256] = "";
    plan->style = att_style_find(name ? name : "synth pop");
    if (plan->style)
        return ATT_OK;
    for (size_t i = 0; i < att_styles_count; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", att_styles[i].info.name);
    return ATT_FAIL(err, ATT_INVALID, "style: found \"%.40s\", expected one of %s", name, known);
}

static att_status draw_key(att_plan *plan, const char *key, att_rng *rng, att_error *err)
{
    static const double bright[ATT_MODE_COUNT] = {0.6, -0.6, -0.2, -1, 1, 0.3};
    double odds[ATT_MODE_COUNT], sum = 0;
    if (key)
        return att_key_parse(key, &plan->tonic, &plan->mode) ? ATT_OK
               : ATT_FAIL(err, ATT_INVALID, "key: found \"%.40s\", expected a letter A to G with # or b, then major, minor, dorian, phrygian, lydian or mixolydian", key);
    for (int m = 0; m < ATT_MODE_COUNT; m++)
        sum += odds[m] = plan->style->modes[m] * exp(2 * bright[m] * plan->brief->mood);
    double draw = att_rng_unit(rng) * sum;
    plan->tonic = (uint8_t)att_rng_below(rng, 12);
    plan->mode = ATT_MODE_MAJOR;
    for (int m = 0; m < ATT_MODE_COUNT && draw >= 0; draw -= odds[m], m++)
        plan->mode = odds[m] > 0 ? (att_mode)m : plan->mode;
    return ATT_OK;
}

static att_status set_length(att_plan *plan, att_error *err)
{
    const att_music_brief *b = plan->brief;
    const double bar_s = 60.0 * ATT_BEATS_PER_BAR / plan->tempo_bpm, length_s = b->length_s > 0 ? b->length_s : plan->style->length_s;
    const double bars = b->bars ? b->bars : b->loop && !(b->length_s > 0) ? 8 : fmax(ATT_SCORE_BARS_MIN, round(length_s / bar_s));
    if (bars > ATT_SCORE_BARS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "length_s: %g s are %.0f bars at %g beats a minute, more than %d", length_s, bars, plan->tempo_bpm, ATT_SCORE_BARS_MAX);
    plan->bars = (uint32_t)bars;
    return ATT_OK;
}

// The scale, its preset when it is one, and whether it is twelve steps of which each is near its own of equal temperament.
static att_status read_scale(att_plan *plan, att_error *err)
{
    const att_music_brief *b = plan->brief;
    plan->modal = plan->tuned = false;
    plan->preset = NULL;
    if (!b->scale)
        return b->keymap ? ATT_FAIL(err, ATT_INVALID, "keymap: it needs a scale") : ATT_OK;
    att_status status = att_scale_read(&plan->scale, b->scale, plan->host, err);
    if (!status && b->keymap)
        status = att_keymap_read(&plan->keymap, b->keymap, plan->host, err);
    if (status)
        return status;
    for (size_t i = 0; i < att_scale_preset_count(); i++)
        if (strcasecmp(b->scale, att_scale_preset_at(i)->name) == 0)
            plan->preset = att_scale_preset_at(i);
    bool chromatic = plan->scale.count == 12 && !b->keymap;
    for (int i = 0; chromatic && i < 12; i++)
        chromatic = fabs(plan->scale.cents[i] - 100.0 * (i + 1)) < 50;
    plan->tuned = chromatic;
    plan->modal = !chromatic;
    return ATT_OK;
}

static att_status read_brief(att_plan *plan, att_error *err)
{
    const att_music_brief *b = plan->brief;
    att_status status = check_brief(b, err);
    if (!status)
        status = find_style(plan, b->style, err);
    if (status)
        return status;
    att_rng rng = att_rng_stream(b->seed, STREAM_OF_BRIEF + (uint64_t)(plan->style - att_styles));
    status = draw_key(plan, b->key, &rng, err);
    if (!status)
        status = read_scale(plan, err);
    if (status)
        return status;
    const att_style_info *info = &plan->style->info;
    const double drawn = round(info->tempo_low_bpm + att_rng_unit(&rng) * (info->tempo_high_bpm - info->tempo_low_bpm));
    plan->tempo_bpm = b->tempo_bpm > 0 ? b->tempo_bpm : drawn;
    plan->energy = b->energy > 0 ? b->energy : plan->style->energy;
    memcpy(plan->taste, b->taste, sizeof plan->taste);
    return set_length(plan, err);
}

// --- The search -----------------------------------------------------------------------------------------------

static att_status make_plan(att_plan *plan, att_rng *rng, att_arena *life, att_error *err)
{
    plan->cost = 0;
    att_status status = att_plan_form(plan, rng, life, err);
    if (plan->modal)
        return status;
    if (!status)
        status = att_plan_chords(plan, rng, life, err);
    if (!status)
        status = att_plan_voices(plan, life, err);
    if (!status)
        status = att_plan_melody(plan, rng, life, err);
    return status;
}

static bool copy_plan(const att_plan *plan, att_score *out)
{
    out->sections = ATT_NEW_ARRAY(&out->host, att_section, plan->section_count);
    out->section_count = out->sections ? plan->section_count : 0;
    if (!out->sections)
        return false;
    memcpy(out->sections, plan->sections, plan->section_count * sizeof *plan->sections);
    if (!plan->chord_count)
        return true;
    out->chords = ATT_NEW_ARRAY(&out->host, att_chord, plan->chord_count);
    out->chord_count = out->chords ? plan->chord_count : 0;
    if (!out->chords)
        return false;
    memcpy(out->chords, plan->chords, plan->chord_count * sizeof *plan->chords);
    return true;
}

// Keys at their pitch. Of a scale of many degrees the seven nearest to the mode are mapped, on keys of their own.
static void set_keys(const att_plan *plan, att_score *out)
{
    enum { MANY = 24, MIDDLE = 60 };
    const int middle = MIDDLE + (plan->tonic > 6 ? plan->tonic - 12 : plan->tonic);
    att_keymap map = {.size = 7, .first = 0, .last = 127, .middle = middle, .reference_key = middle, .reference_hz = 440 * exp2((middle - 69) / 12.0)};
    const bool own = !plan->brief->keymap && plan->scale.count > MANY;
    for (int i = 0; own && i < map.size; i++) {
        double least = HUGE_VAL;
        for (size_t d = 0; d < plan->scale.count; d++) {
            const double off = fabs((d ? plan->scale.cents[d - 1] : 0) - 100.0 * att_mode_steps[plan->mode][i]);
            if (off < least)
                least = off, map.degrees[i] = (int16_t)d;
        }
    }
    map.octave_degree = (int)plan->scale.count;
    att_scale_keys(&plan->scale, plan->brief->keymap ? &plan->keymap : own ? &map : NULL, middle, out->key_cents, out->key_mapped);
    const int tonic_key = plan->brief->keymap ? plan->keymap.middle : middle;
    out->tonic_cents = out->key_cents[tonic_key];
    out->period_cents = plan->scale.cents[plan->scale.count - 1];
    memcpy(out->scale, plan->scale.name[0] ? plan->scale.name : "unnamed", ATT_MIN(sizeof out->scale, sizeof plan->scale.name));
}

static att_status write_score(const att_plan *plan, att_rng *rng, att_arena *life, att_score *out, att_error *err)
{
    att_score_deinit(out);
    *out = (att_score){.style = plan->style->info.name, .tempo_bpm = plan->tempo_bpm, .tonic = plan->tonic, .mode = plan->mode,
        .vocals = plan->brief->vocals, .loop = plan->brief->loop, .seed = plan->brief->seed, .bars = plan->bars, .cost = plan->cost, .host = *plan->host};
    for (int key = 0; key < 128; key++) {
        out->key_cents[key] = 100.0 * key;
        out->key_mapped[key] = true;
    }
    if (!copy_plan(plan, out))
        return att_no_memory(err, plan->chord_count, "chords");
    if (plan->tuned || plan->modal)
        set_keys(plan, out);
    out->modal = plan->modal;
    if (plan->modal)
        return att_plan_modal(plan, plan->preset, rng, life, out, err);
    return att_plan_arrange(plan, rng, out, err);
}

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

att_status att_compose(att_score *out, const att_music_brief *brief, const att_host *host, att_error *err)
{
    static const att_music_brief nothing;
    const att_host complete = att_host_complete(host);
    att_plan plan = {.brief = brief ? brief : &nothing, .host = &complete};
    const uint32_t most = plan.brief->attempts_max ? plan.brief->attempts_max : ATTEMPTS_DEFAULT;
    const int64_t begun_ms = clock_ms();
    att_arena life;
    *out = (att_score){0};
    att_status status = read_brief(&plan, err);
    if (status)
        return status;
    att_arena_init(&life, &complete, 1 << 18);
    uint32_t done = 0;
    bool stopped = false;
    while (!status && done < most && !stopped) {
        att_rng rng = att_rng_stream(plan.brief->seed, done);
        att_arena_reset(&life);
        status = make_plan(&plan, &rng, &life, err);
        if (!status && (!done || plan.cost < out->cost))
            status = write_score(&plan, &rng, &life, out, err);
        done++;
        stopped = plan.brief->search_ms_max && clock_ms() - begun_ms >= plan.brief->search_ms_max && done < most;
        if (!status && !att_progress_tell(&complete, "compose", done, most, "plans"))
            status = ATT_FAIL(err, ATT_CANCELLED, "composing was cancelled");
    }
    out->attempts = done;
    out->stopped_early = stopped;
    ATT_VEC_FREE(&complete, &plan.melody);
    att_arena_deinit(&life);
    if (status)
        att_score_deinit(out);
    return status;
}

void att_score_deinit(att_score *score)
{
    if (score->host.resize) {
        ATT_FREE_ARRAY(&score->host, score->sections, score->section_count);
        if (score->chords)
            ATT_FREE_ARRAY(&score->host, score->chords, score->chord_count);
        if (score->notes)
            ATT_FREE_ARRAY(&score->host, score->notes, score->note_count);
    }
    *score = (att_score){0};
}

double att_score_length_s(const att_score *score)
{
    return score->bars * ATT_BEATS_PER_BAR * 60.0 / score->tempo_bpm;
}
