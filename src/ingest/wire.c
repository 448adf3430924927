// SPDX-License-Identifier: Apache-2.0
// ingest/wire.c - the tables come from the lists in attune/signals.h, so a new signal is known here
// at once.
#include "ingest/wire.h"

#include "ingest/when.h"

typedef struct word {
    const char *text;
    size_t size;
} word;

static const word signals[] = {
#define X(name, wire, needs_item, value) {wire, sizeof(wire) - 1},
    ATT_SIGNAL_LIST(X)
#undef X
};
#define X(name, wire) {wire, sizeof(wire) - 1},
static const word devices[] = {ATT_DEVICE_LIST(X)};
static const word places[] = {ATT_PLACE_LIST(X)};
static const word activities[] = {ATT_ACTIVITY_LIST(X)};
static const word noises[] = {ATT_NOISE_LIST(X)};
#undef X
static const word uses[] = {
    {"stream", 6}, {"download", 8}, {"preview", 7}, {"remix", 5}, {"train", 5}};

static size_t find(const word *words, size_t count, att_text text)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].size == text.size && memcmp(words[i].text, text.data, text.size) == 0)
            return i;
    return count;
}

static bool unknown(
    const word *words, size_t count, att_text text, const char *field, att_fault *fault)
{
    const char *names[ATT_SIGNAL_COUNT + 1];
    char advice[256];
    for (size_t i = 0; i < count; i++)
        names[i] = words[i].text;
    att_suggest(advice, sizeof advice, text, names, count);
    return att_fault_set(
        fault, field, "unknown value \"%s\", %s", att_excerpt_of(text).text, advice);
}

bool att_wire_signal(att_text text, att_signal *out, const char *field, att_fault *fault)
{
    // "none" is the absence of a signal and has no place in a file.
    const size_t i = find(signals + 1, ATT_COUNT_OF(signals) - 1, text);
    if (i == ATT_COUNT_OF(signals) - 1)
        return unknown(signals + 1, ATT_COUNT_OF(signals) - 1, text, field, fault);
    *out = (att_signal)(i + 1);
    return true;
}

static const struct {
    const word *words;
    size_t count;
} classes[] = {{devices, ATT_COUNT_OF(devices)}, {places, ATT_COUNT_OF(places)},
    {activities, ATT_COUNT_OF(activities)}, {noises, ATT_COUNT_OF(noises)}};

bool att_wire_context(
    att_wire_class which, att_text text, att_context *out, const char *field, att_fault *fault)
{
    uint8_t *const slots[] = {&out->device, &out->place, &out->activity, &out->noise};
    const size_t i = find(classes[which].words, classes[which].count, text);
    if (i == classes[which].count)
        return unknown(classes[which].words, classes[which].count, text, field, fault);
    *slots[which] = (uint8_t)i;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool att_wire_decision(att_text text, uint64_t *out, const char *field, att_fault *fault)
{
    uint64_t value = 0;
    bool good = text.size == 16;
    for (size_t i = 0; good && i < text.size; i++) {
        const int digit = hex_digit(text.data[i]);
        good = digit >= 0;
        value = value << 4 | (uint64_t)(digit & 15);
    }
    if (!good)
        return att_fault_set(fault, field,
            "found \"%s\", expected 16 hexadecimal digits or a whole number",
            att_excerpt_of(text).text);
    *out = value;
    return true;
}

bool att_wire_when(
    att_text text, bool date_allowed, int64_t *out_ms, const char *field, att_fault *fault)
{
    if (att_when_parse(text, date_allowed ? ATT_WHEN_TIME_OR_DATE : ATT_WHEN_TIME, out_ms))
        return true;
    return att_fault_set(fault, field,
        "found \"%s\", expected milliseconds since 1970 or a time such as "
        "\"2026-03-01T19:30:00Z\"%s",
        att_excerpt_of(text).text, date_allowed ? " or a date" : " with Z or an offset");
}

bool att_wire_territory(att_text text, att_territory *out, const char *field, att_fault *fault)
{
    if (text.size != 2 || text.data[0] < 'A' || text.data[0] > 'Z' || text.data[1] < 'A' ||
        text.data[1] > 'Z')
        return att_fault_set(fault, field,
            "found \"%s\", expected two capital letters of ISO 3166 such as \"DE\"",
            att_excerpt_of(text).text);
    *out = (att_territory)((unsigned char)text.data[0] << 8 | (unsigned char)text.data[1]);
    return true;
}

bool att_wire_use(att_text text, uint32_t *bit, const char *field, att_fault *fault)
{
    const size_t i = find(uses, ATT_COUNT_OF(uses), text);
    if (i == ATT_COUNT_OF(uses))
        return unknown(uses, ATT_COUNT_OF(uses), text, field, fault);
    *bit = 1u << i;
    return true;
}

const char *att_wire_signal_name(att_signal signal)
{
    return signal > ATT_SIGNAL_NONE && signal < ATT_SIGNAL_COUNT ? signals[signal].text : NULL;
}

const char *att_wire_context_name(att_wire_class which, unsigned value)
{
    return value && value < classes[which].count ? classes[which].words[value].text : NULL;
}

const char *att_wire_use_name(uint32_t bit)
{
    for (size_t i = 0; i < ATT_COUNT_OF(uses); i++)
        if (bit == 1u << i)
            return uses[i].text;
    return NULL;
}

bool att_wire_range(
    int64_t value, int64_t low, int64_t high, const char *unit, const char *field, att_fault *fault)
{
    if (value >= low && value <= high)
        return true;
    return att_fault_set(fault, field, "found %lld, expected %lld to %lld%s%s", (long long)value,
        (long long)low, (long long)high, *unit ? " " : "", unit);
}
