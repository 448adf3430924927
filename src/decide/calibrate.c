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

// The share of one tag in gain(c), remembered: many candidates have the same few tags.
static double gain_of_tag(att_calibration *calibration, uint16_t tag, size_t tag_count)
{
    const uint32_t key = (uint32_t)tag << 8 | (uint32_t)ATT_MIN(tag_count, 255);
    const double count = calibration->counts[tag];
    const size_t at = (key * 0x9E3779B1u) >> 24;
    if (calibration->memo[at].key != key || calibration->memo[at].count != count ||
        tag_count > 254) {
        const double before = count + calibration->mix[tag];
        const double after = before + 1.0 / (double)tag_count;
        calibration->memo[at].gain =
            calibration->strength * calibration->mix[tag] * log(after / before);
        calibration->memo[at].count = count;
        calibration->memo[at].key = key;
    }
    return calibration->memo[at].gain;
}

double att_calibration_gain(att_calibration *calibration, const uint16_t *tags, size_t tag_count)
{
    double gain = 0;
    if (calibration->mix)
        for (size_t i = 0; i < tag_count; i++)
            if (tags[i] < calibration->tag_total && calibration->mix[tags[i]] > 0)
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
