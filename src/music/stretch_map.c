// SPDX-License-Identifier: Apache-2.0
// music/stretch_map.c - places of windows.
#include "music/stretch_map.h"

#include <math.h>

static const double STEEP = 3;

void att_stretch_map_init(att_stretch_map *map, size_t hop, size_t window, double stray, double ratio)
{
    *map = (att_stretch_map){.hop = (double)hop, .zone = (double)(window / 2), .stray = stray, .rate = 1 / ratio};
    map->s = -(double)hop; // the windows that reach into the first frame
    map->p = -(double)hop;
    map->a = -2 * (int64_t)hop;
}

// A full queue forgets the last: an attack that is not looked at is stretched like the rest.
void att_stretch_map_onset(att_stretch_map *map, int64_t at)
{
    if (map->count < ATT_STRETCH_QUEUE)
        map->queue[(map->first + map->count++) % ATT_STRETCH_QUEUE] = at;
}

static void pass_attacks(att_stretch_map *map)
{
    while (map->count && (double)map->queue[map->first] <= map->p) {
        map->last = (double)map->queue[map->first];
        map->last_out = map->s - (map->p - map->last) / map->rate;
        map->first = (map->first + 1) % ATT_STRETCH_QUEUE;
        map->count--;
    }
}

// Half the width of a zone between two attacks.
static double zone_between(double in, double out)
{
    const double shorter = fmin(in, out), longer = fmax(in, out);
    const double both = (STEEP * shorter - longer) / (STEEP - 1);
    return fmax(0, both / 2);
}

int64_t att_stretch_map_next(att_stretch_map *map, double known, int64_t *attack)
{
    pass_attacks(map);
    const double far = fabs(1 - map->rate);
    double wide = map->zone, next = HUGE_VAL, next_out = HUGE_VAL;
    if (far * wide > map->stray)
        wide = map->stray / far;
    if (map->count && (double)map->queue[map->first] <= known) {
        next = (double)map->queue[map->first];
        next_out = map->s + (next - map->p) / map->rate;
        wide = fmin(wide, zone_between(next - map->last, next_out - map->last_out));
    }
    double a;
    if (map->s - map->last_out <= wide) {
        a = map->last + (map->s - map->last_out);
    } else if (next_out - map->s <= wide) {
        a = next - (next_out - map->s);
    } else {
        const double before = map->s - map->hop; // where the last window stands
        const double to_out = isfinite(next_out) ? next_out - wide : map->s + map->hop;
        const double to = isfinite(next_out) ? next - wide : map->p + map->hop * map->rate;
        a = (double)map->a + (to - (double)map->a) * map->hop / (to_out - before);
    }
    a = fmin(fmax(a, (double)map->a + map->hop / 4), (double)map->a + 5 * map->hop);
    a = fmin(a, map->p + map->stray);
    map->a = ATT_MAX(llround(a), map->a + 1);
    const double ends = (double)map->a + map->zone, begins = (double)map->a - map->zone / 2;
    *attack = next < ends ? (int64_t)next : map->last >= begins ? (int64_t)map->last : INT64_MIN;
    map->s += map->hop;
    map->p += map->hop * (map->p < 0 ? 1 : map->rate); // before the first frame nothing is stretched
    return map->a;
}
