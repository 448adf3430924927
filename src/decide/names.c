// SPDX-License-Identifier: Apache-2.0
// decide/names.c - the words for terms, slots and controls, and a request with nothing asked.
#include "attune/engine.h"
#include "base/base.h"

const char *att_term_name(att_term term)
{
    static const char *const names[] = {
#define X(name, wire, text) wire,
        ATT_TERM_LIST(X)
#undef X
    };
    return (unsigned)term < ATT_TERM_COUNT ? names[term] : "?";
}

const char *att_term_text(att_term term)
{
    static const char *const texts[] = {
#define X(name, wire, text) text,
        ATT_TERM_LIST(X)
#undef X
    };
    return (unsigned)term < ATT_TERM_COUNT ? texts[term] : "?";
}

const char *att_slot_kind_name(att_slot_kind kind)
{
    switch (kind) {
    case ATT_SLOT_BEST:
        return "best";
    case ATT_SLOT_EXPLORE:
        return "explore";
    case ATT_SLOT_OUT_OF_DISTRIBUTION:
        return "out-of-distribution";
    }
    return "?";
}

att_request att_request_default(void)
{
    return (att_request){.context = {.utc_offset_min = ATT_OFFSET_UNKNOWN},
        .age = -1,
        .use = ATT_USE_STREAM,
        .count = 20};
}

static const char *const control_names[ATT_CONTROL_KIND_COUNT] = {[ATT_CONTROL_NONE] = "none",
    [ATT_CONTROL_ENERGY] = "energy",
    [ATT_CONTROL_NOVELTY] = "novelty",
    [ATT_CONTROL_LESS_LIKE] = "less-like",
    [ATT_CONTROL_BLOCK] = "block",
    [ATT_CONTROL_UNBLOCK] = "unblock",
    [ATT_CONTROL_RESET] = "reset",
    [ATT_CONTROL_OPT_OUT] = "opt-out",
    [ATT_CONTROL_LIFE_EVENT] = "life-event"};

const char *att_control_kind_name(att_control_kind kind)
{
    return (unsigned)kind < ATT_CONTROL_KIND_COUNT ? control_names[kind] : "?";
}

bool att_control_kind_parse(att_text name, att_control_kind *out)
{
    for (unsigned kind = 1; kind < ATT_CONTROL_KIND_COUNT; kind++)
        if (att_text_equal(name, att_text_of(control_names[kind]))) {
            *out = (att_control_kind)kind;
            return true;
        }
    return false;
}
