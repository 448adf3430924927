// SPDX-License-Identifier: Apache-2.0
// signals/event.c - what makes an event valid.
//
// Everything is refused with the field's name, what was found and what was expected; nothing is repaired
// in silence. Ids are bytes of UTF-8 compared as they are: no case folding, no normalization.
#include "signals/event.h"

#include <math.h>

#define AT_MS_MAX INT64_C(253402300799999)
#define OFFSET_MIN_MAX 840

att_event att_event_empty(void)
{
    return (att_event){
        .value = NAN,
        .position_ms = -1,
        .length_ms = -1,
        .dwell_ms = -1,
        .context = att_context_unknown(),
    };
}

// Length of the well-formed sequence at `s`, 0 if there is none. *code is its scalar value.
static size_t sequence_at(const unsigned char *s, size_t size, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = s[0] < 0x80   ? 1
                          : s[0] < 0xC2 ? 0
                          : s[0] < 0xE0 ? 2
                          : s[0] < 0xF0 ? 3
                          : s[0] < 0xF5 ? 4
                                        : 0;
    if (length == 0 || length > size)
        return 0;
    uint32_t value = length == 1 ? s[0] : s[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (s[i] & 0x3F);
    }
    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return length;
}

bool att_text_is_clean(att_text text, size_t *bad)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.size;) {
        if (bytes[i] >= 0x20 && bytes[i] < 0x7F) {
            i++;
            continue;
        }
        uint32_t code;
        const size_t length = sequence_at(bytes + i, text.size - i, &code);
        if (length == 0 || code < 0x20 || (code >= 0x7F && code <= 0x9F)) {
            *bad = i;
            return false;
        }
        i += length;
    }
    return true;
}

att_status att_id_check(att_text id, bool may_be_empty, const char *field, att_error *err)
{
    size_t bad;
    if (id.size == 0)
        return may_be_empty ? ATT_OK
                            : ATT_FAIL(err, ATT_INVALID,
                                  "field \"%s\": it is empty; 1 to %d bytes are needed", field,
                                  ATT_ID_SIZE_MAX);
    if (id.size > ATT_ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "field \"%s\": it has %zu bytes; at most %d are allowed",
            field, id.size, ATT_ID_SIZE_MAX);
    if (!att_text_is_clean(id, &bad))
        return ATT_FAIL(err, ATT_INVALID,
            "field \"%s\": byte %zu (0x%02x) is a control character or not UTF-8", field, bad,
            (unsigned char)id.data[bad]);
    return ATT_OK;
}

static att_status check_ids(const att_event *event, att_error *err)
{
    att_status status = att_id_check(event->id, true, "id", err);
    if (!status)
        status = att_id_check(event->user, false, "user", err);
    if (!status)
        status = att_id_check(event->item, true, "item", err);
    if (!status && event->item.size == 0 && att_signal_needs_item(event->signal))
        status = ATT_FAIL(err, ATT_INVALID, "field \"item\": signal \"%s\" needs one",
            att_signal_name(event->signal));
    return status;
}

static att_status check_time(
    const att_event *event, const att_policy *policy, int64_t now_ms, att_error *err)
{
    if (event->at_ms < 0 || event->at_ms > AT_MS_MAX)
        return ATT_FAIL(err, ATT_INVALID,
            "field \"at\": %lld ms is outside 0 … %lld (milliseconds since 1970-01-01 UTC)",
            (long long)event->at_ms, (long long)AT_MS_MAX);
    if (event->at_ms > now_ms && event->at_ms - now_ms > policy->signals.future_ms)
        return ATT_FAIL(err, ATT_INVALID,
            "field \"at\": %lld s ahead of the clock; the policy allows %lld s (signals.future_ms)",
            (long long)((event->at_ms - now_ms) / 1000),
            (long long)(policy->signals.future_ms / 1000));
    return ATT_OK;
}

static att_status check_range(
    float value, double low, double high, const char *what, att_error *err)
{
    if (isnan(value))
        return ATT_FAIL(
            err, ATT_INVALID, "field \"value\": a %s needs one, %g to %g", what, low, high);
    if (!((double)value >= low && (double)value <= high))
        return ATT_FAIL(err, ATT_INVALID, "field \"value\": %g is not a %s of %g to %g",
            (double)value, what, low, high);
    return ATT_OK;
}

static att_status check_value(const att_event *event, const att_policy *policy, att_error *err)
{
    if (isinf(event->value))
        return ATT_FAIL(err, ATT_INVALID, "field \"value\": it is infinite");
    switch (event->signal) {
    case ATT_SIGNAL_RATING:
        return check_range(
            event->value, policy->signals.rating_min, policy->signals.rating_max, "rating", err);
    case ATT_SIGNAL_SURVEY:
        return check_range(event->value, 0, 1, "survey answer", err);
    case ATT_SIGNAL_PURCHASE:
        if (event->value < 0)
            return ATT_FAIL(err, ATT_INVALID, "field \"value\": the amount %g is below 0",
                (double)event->value);
        return ATT_OK;
    default:
        return ATT_OK;
    }
}

static att_status check_measures(const att_event *event, att_error *err)
{
    const struct {
        const char *name;
        int32_t value;
    } fields[] = {{"position_ms", event->position_ms}, {"length_ms", event->length_ms},
        {"dwell_ms", event->dwell_ms}};
    for (size_t i = 0; i < ATT_COUNT_OF(fields); i++)
        if (fields[i].value < -1)
            return ATT_FAIL(err, ATT_INVALID, "field \"%s\": %d is below 0 (-1 means not given)",
                fields[i].name, fields[i].value);
    return ATT_OK;
}

static att_status check_context(const att_context *context, att_error *err)
{
    const struct {
        const char *name;
        unsigned value, count;
    } fields[] = {{"device", context->device, ATT_DEVICE_COUNT},
        {"place", context->place, ATT_PLACE_COUNT},
        {"activity", context->activity, ATT_ACTIVITY_COUNT},
        {"noise", context->noise, ATT_NOISE_COUNT}};
    for (size_t i = 0; i < ATT_COUNT_OF(fields); i++)
        if (fields[i].value >= fields[i].count)
            return ATT_FAIL(err, ATT_INVALID, "field \"%s\": unknown class %u", fields[i].name,
                fields[i].value);
    if (context->utc_offset_min != ATT_OFFSET_UNKNOWN &&
        (context->utc_offset_min < -OFFSET_MIN_MAX || context->utc_offset_min > OFFSET_MIN_MAX))
        return ATT_FAIL(err, ATT_INVALID, "field \"utc_offset_min\": %d is outside -%d … %d",
            context->utc_offset_min, OFFSET_MIN_MAX, OFFSET_MIN_MAX);
    return ATT_OK;
}

att_status att_event_check(
    const att_event *event, const att_policy *policy, int64_t now_ms, att_error *err)
{
    if ((unsigned)event->signal >= ATT_SIGNAL_COUNT || event->signal == ATT_SIGNAL_NONE)
        return ATT_FAIL(
            err, ATT_INVALID, "field \"signal\": %u is no signal", (unsigned)event->signal);
    att_status status = check_ids(event, err);
    if (!status)
        status = check_time(event, policy, now_ms, err);
    if (!status)
        status = check_value(event, policy, err);
    if (!status)
        status = check_measures(event, err);
    if (!status)
        status = check_context(&event->context, err);
    return status;
}
