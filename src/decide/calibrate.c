// SPDX-License-Identifier: Apache-2.0
// decide/calibrate.c - the running mix of a slate and what an item would do to it.
#include "decide/calibrate.h"

#include <math.h>

att_status att_calibration_init(att_calibration *calibration, const double *mix, size_t tag_total,
    double strength, att_arena *scratch, att_error *err)
{
    memset(calibration, 0, sizeof *calibration);
    if (!mix || strength <= 0 || tag_total == 0)
        return ATT_OK;
    calibration->counts = ATT_NEW(scratch, double, tag_total);
    if (!calibration->counts)
        return att_no_memory(err, tag_total, "tags of a slate's mix");
    calibration->mix = mix;
    calibration->tag_total = tag_total;
    calibration->strength = strength;
    return ATT_OK;
}

// The share of one tag in gain(c).
static double gain_of_tag(const att_calibration *calibration, uint16_t tag, size_t tag_count)
{
    const double before = calibration->counts[tag] + calibration->mix[tag];
    const double after = before + 1.0 / (double)tag_count;
    return calibration->strength * calibration->mix[tag] * log(after / before);
}

static bool gains(const att_calibration *calibration, uint16_t tag)
{
    return tag < calibration->tag_total && calibration->mix[tag] > 0;
}

double att_calibration_gain(const att_calibration *calibration, const uint16_t *tags, size_t tag_count)
{
    double gain = 0;
    if (calibration->mix)
        for (size_t i = 0; i < tag_count; i++)
            if (gains(calibration, tags[i]))
                gain += gain_of_tag(calibration, tags[i], tag_count);
    return gain;
}

double att_calibration_toll(const att_calibration *calibration)
{
    const double m = (double)calibration->filled;
    return calibration->mix ? calibration->strength * log((m + 1) / (m + 2)) : 0;
}

void att_calibration_choose(att_calibration *calibration, const uint16_t *tags, size_t tag_count)
{
    calibration->filled++;
    if (calibration->mix)
        for (size_t i = 0; i < tag_count; i++)
            if (tags[i] < calibration->tag_total)
                calibration->counts[tags[i]] += 1.0 / (double)tag_count;
}

// --- Of many items --------------------------------------------------------------

att_status att_gains_init(att_gains *gains, att_calibration *calibration, size_t items, size_t tags,
    att_arena *scratch, att_error *err)
{
    *gains = (att_gains){.calibration = calibration, .starts = ATT_NEW_RAW(scratch, uint32_t, items + 1)};
    if (!gains->starts)
        return att_no_memory(err, items, "items to calibrate");
    gains->starts[0] = 0;
    if (!calibration->mix)
        return ATT_OK;
    gains->parts = ATT_NEW_RAW(scratch, uint32_t, tags);
    gains->known = ATT_NEW_RAW(scratch, att_tag_gain, tags + 1);
    gains->heads = ATT_NEW(scratch, uint32_t, calibration->tag_total);
    return gains->parts && gains->known && gains->heads ? ATT_OK : att_no_memory(err, tags, "tags to calibrate");
}

static uint32_t known_gain(att_gains *list, uint16_t tag, size_t tag_count)
{
    uint32_t at = list->heads[tag];
    while (at && list->known[at].tag_count != tag_count)
        at = list->known[at].next;
    if (at)
        return at;
    at = ++list->known_count;
    list->known[at] = (att_tag_gain){
        .gain = gain_of_tag(list->calibration, tag, tag_count), .next = list->heads[tag], .tag_count = (uint16_t)tag_count};
    return list->heads[tag] = at;
}

void att_gains_add(att_gains *list, const uint16_t *tags, size_t tag_count)
{
    uint32_t end = list->starts[list->items];
    if (list->calibration->mix)
        for (size_t i = 0; i < tag_count; i++)
            if (gains(list->calibration, tags[i]))
                list->parts[end++] = known_gain(list, tags[i], tag_count);
    list->starts[++list->items] = end;
}

void att_gains_choose(att_gains *list, const uint16_t *tags, size_t tag_count)
{
    att_calibration_choose(list->calibration, tags, tag_count);
    if (list->calibration->mix)
        for (size_t i = 0; i < tag_count; i++)
            for (uint32_t at = gains(list->calibration, tags[i]) ? list->heads[tags[i]] : 0; at; at = list->known[at].next)
                list->known[at].gain = gain_of_tag(list->calibration, tags[i], list->known[at].tag_count);
}
