// SPDX-License-Identifier: Apache-2.0
// guard/rights_say.c - why an item is barred, in words for people.
#include "guard/rights_store.h"

#include <stdio.h>
#include <time.h>

// "2026-01-01T00:00:00Z", with milliseconds only where there are any.
static void say_time(int64_t at_ms, char *out, size_t size)
{
    const int64_t second = at_ms / 1000 - (at_ms % 1000 < 0);
    const int ms = (int)(at_ms - second * 1000);
    const time_t when = (time_t)second;
    struct tm parts;
    if (at_ms < INT64_C(-62135596800000) || at_ms > INT64_C(253402300799999) ||
        !gmtime_r(&when, &parts)) {
        snprintf(out, size, "at %lld ms", (long long)at_ms);
        return;
    }
    const size_t length = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &parts);
    if (ms)
        snprintf(out + length, size - length, ".%03dZ", ms);
    else
        snprintf(out + length, size - length, "Z");
}

// The last end that has passed, or the first start to come, of licences right in use and territory.
static int64_t boundary_of(
    const att_rights *rights, uint32_t profile, const att_rights_query *query, bool start)
{
    int64_t best = start ? INT64_MAX : INT64_MIN;
    for (size_t i = 0; i < att_rights_licence_count(rights, profile); i++) {
        const att_rights_licence licence = att_rights_licence_get(rights, profile, i);
        if (!(licence.uses & query->use) ||
            !att_rights_territory_holds(rights, licence.territories, query->territory))
            continue;
        if (start && licence.start_ms > query->at_ms)
            best = ATT_MIN(best, licence.start_ms);
        if (!start && licence.end_ms <= query->at_ms)
            best = ATT_MAX(best, licence.end_ms);
    }
    return best;
}

static void say_territory(att_territory territory, char *out, size_t size)
{
    char name[3];
    att_territory_name(territory, name);
    if (territory)
        snprintf(out, size, "no licence for territory %s", name);
    else
        snprintf(out, size, "licences depend on the territory, which is not known");
}

static void say_window(const att_rights *rights, uint32_t profile, const att_rights_query *query,
    bool start, char *out, size_t size)
{
    char date[48];
    say_time(boundary_of(rights, profile, query, start), date, sizeof date);
    snprintf(out, size, start ? "licence starts %s" : "licence ended %s", date);
}

void att_rights_say(const att_rights *rights, uint32_t item, const att_rights_query *query,
    att_bar bar, char *out, size_t size)
{
    if (!size)
        return;
    const att_rights_row none = {.profile = ATT_PROFILE_UNKNOWN};
    const att_rights_row *row = item < rights->rows.count ? &rights->rows.items[item] : &none;
    switch (bar) {
    case ATT_BAR_NONE:
        out[0] = 0;
        return;
    case ATT_BAR_NO_BODY:
        snprintf(out, size, "not in the catalogue");
        return;
    case ATT_BAR_TAKEN_DOWN:
        snprintf(out, size, "taken down");
        return;
    case ATT_BAR_HELD:
        snprintf(out, size, "held until somebody has looked at it");
        return;
    case ATT_BAR_DENIED:
        snprintf(out, size, "denied by whoever looks after the catalogue");
        return;
    case ATT_BAR_NO_LICENCE:
        snprintf(out, size,
            row->profile == ATT_PROFILE_UNKNOWN
                ? "rights are not known, and the policy requires them"
                : "it has no licence");
        return;
    case ATT_BAR_NOT_STARTED:
    case ATT_BAR_ENDED:
        say_window(rights, row->profile, query, bar == ATT_BAR_NOT_STARTED, out, size);
        return;
    case ATT_BAR_TERRITORY:
        say_territory(query->territory, out, size);
        return;
    case ATT_BAR_USE:
        snprintf(out, size, "no licence to %s it", att_use_name(query->use));
        return;
    case ATT_BAR_AGE:
        snprintf(out, size, "age rating %u", (unsigned)row->age);
        return;
    case ATT_BAR_MEDIUM:
        snprintf(out, size, "another medium than was asked for");
        return;
    }
}
