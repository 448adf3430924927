// SPDX-License-Identifier: Apache-2.0
// signals/names.c - signals and context classes by their wire names, from the lists in attune/signals.h.
#include "attune/signals.h"

#include "base/base.h"

static const char *name_at(const char *const *names, unsigned count, unsigned index)
{
    return index < count ? names[index] : "?";
}

static bool find_name(const char *const *names, unsigned count, att_text wanted, unsigned *out)
{
    for (unsigned i = 0; i < count; i++) {
        if (att_text_equal(att_text_of(names[i]), wanted)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool find_class(const char *const *names, unsigned count, att_text wanted, uint8_t *out)
{
    unsigned found;
    if (!find_name(names, count, wanted, &found))
        return false;
    *out = (uint8_t)found;
    return true;
}

static const char *const signal_names[] = {
#define X(name, wire, needs_item, value) wire,
    ATT_SIGNAL_LIST(X)
#undef X
};

static const bool signal_needs_item[] = {
#define X(name, wire, needs_item, value) needs_item,
    ATT_SIGNAL_LIST(X)
#undef X
};

#define X(name, wire) wire,
static const char *const device_names[] = {ATT_DEVICE_LIST(X)};
static const char *const place_names[] = {ATT_PLACE_LIST(X)};
static const char *const activity_names[] = {ATT_ACTIVITY_LIST(X)};
static const char *const noise_names[] = {ATT_NOISE_LIST(X)};
#undef X

const char *att_signal_name(att_signal signal)
{
    return name_at(signal_names, ATT_SIGNAL_COUNT, (unsigned)signal);
}

// "none" is the absence of a signal: it is never sent.
bool att_signal_parse(att_text wire_name, att_signal *out)
{
    unsigned found;
    if (!find_name(signal_names, ATT_SIGNAL_COUNT, wire_name, &found) || found == ATT_SIGNAL_NONE)
        return false;
    *out = (att_signal)found;
    return true;
}

bool att_signal_needs_item(att_signal signal)
{
    return (unsigned)signal < ATT_SIGNAL_COUNT && signal_needs_item[signal];
}

const char *att_device_name(unsigned device)
{
    return name_at(device_names, ATT_DEVICE_COUNT, device);
}

const char *att_place_name(unsigned place)
{
    return name_at(place_names, ATT_PLACE_COUNT, place);
}

const char *att_activity_name(unsigned activity)
{
    return name_at(activity_names, ATT_ACTIVITY_COUNT, activity);
}

const char *att_noise_name(unsigned noise)
{
    return name_at(noise_names, ATT_NOISE_COUNT, noise);
}

bool att_device_parse(att_text wire_name, uint8_t *out)
{
    return find_class(device_names, ATT_DEVICE_COUNT, wire_name, out);
}

bool att_place_parse(att_text wire_name, uint8_t *out)
{
    return find_class(place_names, ATT_PLACE_COUNT, wire_name, out);
}

bool att_activity_parse(att_text wire_name, uint8_t *out)
{
    return find_class(activity_names, ATT_ACTIVITY_COUNT, wire_name, out);
}

bool att_noise_parse(att_text wire_name, uint8_t *out)
{
    return find_class(noise_names, ATT_NOISE_COUNT, wire_name, out);
}

const char *att_facet_class_name(att_facet facet, unsigned which)
{
    static const char *(*const name[ATT_FACET_COUNT])(unsigned) = {att_device_name, att_place_name, att_activity_name, att_noise_name};
    return (unsigned)facet < ATT_FACET_COUNT ? name[facet](which) : "?";
}

bool att_facet_class_parse(att_text wire_name, att_facet *facet, uint8_t *which)
{
    static bool (*const parse[ATT_FACET_COUNT])(att_text, uint8_t *) = {att_device_parse, att_place_parse, att_activity_parse, att_noise_parse};
    for (unsigned f = 0; f < ATT_FACET_COUNT; f++)
        if (parse[f](wire_name, which) && *which != 0) {
            *facet = (att_facet)f;
            return true;
        }
    return false;
}

uint8_t att_facet_class_of(const att_context *context, att_facet facet)
{
    const uint8_t classes[ATT_FACET_COUNT] = {context->device, context->place, context->activity, context->noise};
    return (unsigned)facet < ATT_FACET_COUNT ? classes[facet] : 0;
}

att_context att_context_unknown(void)
{
    return (att_context){.utc_offset_min = ATT_OFFSET_UNKNOWN};
}
