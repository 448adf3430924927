// SPDX-License-Identifier: Apache-2.0
// music/score_pitches.c - how exactly a score's degrees sound: each key of the lead played alone, and listened to.
#include "attune/compose.h"
#include "base/base.h"
#include "music/pitch.h"

#include <math.h>
#include <stdlib.h>

enum { BEATS_HELD = 2, BEATS_APART = 4 }; // at 60 beats a minute: seconds

static int order_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, order_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

// One note for each key that the lead plays.
static size_t list_keys(const att_score *score, att_note *notes, att_tuning_measured *out)
{
    bool played[128] = {false};
    for (size_t i = 0; i < score->note_count; i++)
        if (score->parts[score->notes[i].part].role == ATT_ROLE_LEAD)
            played[score->notes[i].key] = true;
    for (int key = 0; key < 128; key++) {
        if (!played[key])
            continue;
        notes[out->count] = (att_note){.start_ticks = (uint32_t)out->count * BEATS_APART * ATT_TICKS_PER_BEAT, .length_ticks = BEATS_HELD * ATT_TICKS_PER_BEAT,
            .key = (uint8_t)key, .velocity = 90};
        out->keys[out->count++] = (att_key_measured){.key = (uint8_t)key, .wanted_cents = score->key_cents[key]};
    }
    return out->count;
}

static att_status listen(const att_rendered *sound, att_key_measured *k, size_t index, const att_host *host, att_error *err)
{
    const uint32_t rate = sound->mix.rate_hz;
    const double hz = 440 * exp2((k->wanted_cents - 6900) / 1200);
    const size_t first = (size_t)(((double)(index * BEATS_APART) + 0.25) * rate);
    const att_sound held = {sound->mix.samples + first * 2, (size_t)(1.2 * rate), 2, rate};
    att_pitch is;
    const att_status status = att_pitch_measure(held, hz * 0.7, hz * 1.4, &is, host, err);
    k->played_cents = is.cents;
    return att_while(err, status, "key %u", k->key);
}

static void sum_up(att_tuning_measured *out)
{
    double errors[128];
    for (size_t i = 0; i < out->count; i++)
        errors[i] = out->keys[i].played_cents - out->keys[i].wanted_cents;
    out->instrument_cents = median(errors, out->count);
    for (size_t i = 0; i < out->count; i++) {
        errors[i] = fabs(out->keys[i].played_cents - out->keys[i].wanted_cents - out->instrument_cents);
        out->worst_cents = fmax(out->worst_cents, errors[i]);
    }
    out->median_cents = median(errors, out->count);
}

att_status att_tuning_measure(const att_score *score, const att_render_options *options, att_tuning_measured *out, const att_host *host, att_error *err)
{
    att_note notes[128];
    att_rendered sound;
    memset(out, 0, sizeof *out);
    if (!list_keys(score, notes, out))
        return ATT_FAIL(err, ATT_INSUFFICIENT, "tuning: the score has no lead");
    att_score alone = *score;
    alone.notes = notes;
    alone.note_count = out->count;
    alone.tempo_bpm = 60;
    alone.bars = (uint32_t)out->count;
    alone.loop = false;
    alone.part_count = 1;
    for (size_t p = 0; p < score->part_count; p++)
        if (score->parts[p].role == ATT_ROLE_LEAD)
            alone.parts[0] = score->parts[p];
    alone.parts[0].room = 0;
    att_render_options plain = options ? *options : (att_render_options){0};
    plain.stems = false;
    plain.tail_s = 1;
    att_status status = att_score_render(&sound, &alone, &plain, host, err);
    for (size_t i = 0; !status && i < out->count; i++)
        status = listen(&sound, &out->keys[i], i, host, err);
    if (!status)
        sum_up(out);
    att_rendered_deinit(&sound);
    return status;
}
