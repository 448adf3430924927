// SPDX-License-Identifier: Apache-2.0
// signals/situation.h - where and when something was chosen, in sixteen bits.
//
// Every preference keeps the situation it was last chosen in, so it has to be small. 0 in a field: not known.
//   bits 0-3 device, 4-6 place, 7-10 activity (the classes of attune/signals.h)
//   bits 11-13 hour band of local time plus one, 14-15 part of the week: 1 workday, 2 weekend
// Hour bands: 0-4 night, 5-8 morning, 9-11 forenoon, 12-16 afternoon, 17-20 evening, 21-23 late.
#ifndef ATT_SIGNALS_SITUATION_H
#define ATT_SIGNALS_SITUATION_H

#include "attune/signals.h"

#define ATT_HOUR_BANDS 6

// Local hour band and weekend of a moment; false: the offset from UTC is not known.
bool att_hour_of(int64_t at_ms, int16_t utc_offset_min, unsigned *band, bool *is_weekend);
const char *att_hour_band_name(unsigned band); // "night" …; "?" out of range

typedef enum att_situation_field {
    ATT_SITUATION_DEVICE,
    ATT_SITUATION_PLACE,
    ATT_SITUATION_ACTIVITY,
    ATT_SITUATION_HOURS,
    ATT_SITUATION_WEEK,
    ATT_SITUATION_FIELDS
} att_situation_field;

// Classes that the context does not have count as not known.
uint16_t att_situation_of(const att_context *context, int64_t at_ms);
// 0: not known. Asked for each preference of each decision.
static inline unsigned att_situation_get(uint16_t situation, att_situation_field field)
{
    static const uint8_t shift[ATT_SITUATION_FIELDS] = {0, 4, 7, 11, 14}, mask[ATT_SITUATION_FIELDS] = {15, 7, 15, 7, 3};
    return (unsigned)situation >> shift[field] & mask[field];
}
// Whether every field holds a class that exists.
bool att_situation_is_valid(uint16_t situation);

#endif
