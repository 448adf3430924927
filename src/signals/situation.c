// SPDX-License-Identifier: Apache-2.0
// signals/situation.c - hours, weekends, and the packing.
#include "signals/situation.h"

_Static_assert(ATT_DEVICE_COUNT <= 16 && ATT_PLACE_COUNT <= 8 && ATT_ACTIVITY_COUNT <= 16,
    "a class more than the bits of a situation can tell");

static const struct {
    uint8_t shift, classes; // classes: with 0, not known
} fields[ATT_SITUATION_FIELDS] = {
    [ATT_SITUATION_DEVICE] = {0, ATT_DEVICE_COUNT},
    [ATT_SITUATION_PLACE] = {4, ATT_PLACE_COUNT},
    [ATT_SITUATION_ACTIVITY] = {7, ATT_ACTIVITY_COUNT},
    [ATT_SITUATION_HOURS] = {11, ATT_HOUR_BANDS + 1},
    [ATT_SITUATION_WEEK] = {14, 3},
};

static unsigned band_of_hour(int64_t hour)
{
    static const int64_t ends[ATT_HOUR_BANDS] = {5, 9, 12, 17, 21, 24};
    unsigned band = 0;
    while (hour >= ends[band])
        band++;
    return band;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool att_hour_of(int64_t at_ms, int16_t utc_offset_min, unsigned *band, bool *is_weekend)
{
    if (utc_offset_min == ATT_OFFSET_UNKNOWN)
        return false;
    const int64_t local_hour = floor_div(floor_div(at_ms, 60000) + utc_offset_min, 60);
    const int64_t day = floor_div(local_hour, 24);   // day 0 was a Thursday
    const int64_t weekday = ((day + 3) % 7 + 7) % 7; // 0 is Monday
    *band = band_of_hour(local_hour - day * 24);
    *is_weekend = weekday >= 5;
    return true;
}

const char *att_hour_band_name(unsigned band)
{
    static const char *const names[ATT_HOUR_BANDS] = {
        "night", "morning", "forenoon", "afternoon", "evening", "late"};
    return band < ATT_HOUR_BANDS ? names[band] : "?";
}

static unsigned packed(att_situation_field field, unsigned value)
{
    return value < fields[field].classes ? value << fields[field].shift : 0;
}

uint16_t att_situation_of(const att_context *context, int64_t at_ms)
{
    unsigned situation = packed(ATT_SITUATION_DEVICE, context->device) |
                         packed(ATT_SITUATION_PLACE, context->place) |
                         packed(ATT_SITUATION_ACTIVITY, context->activity);
    unsigned band;
    bool is_weekend;
    if (att_hour_of(at_ms, context->utc_offset_min, &band, &is_weekend))
        situation |= packed(ATT_SITUATION_HOURS, band + 1) |
                     packed(ATT_SITUATION_WEEK, is_weekend ? 2 : 1);
    return (uint16_t)situation;
}

bool att_situation_is_valid(uint16_t situation)
{
    for (int f = 0; f < ATT_SITUATION_FIELDS; f++)
        if (att_situation_get(situation, (att_situation_field)f) >= fields[f].classes)
            return false;
    return true;
}
