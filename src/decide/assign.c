// SPDX-License-Identifier: Apache-2.0
// decide/assign.c - which arm a person is in: a hash, and ranges of its values.
//
// As GrowthBook publishes it for builders of SDKs (docs.growthbook.io/lib/build-your-own):
//   fnv32a: h = 0x811C9DC5; for each unit: h = (h xor unit) * 0x01000193 mod 2^32   (FNV-1a, 32 bits)
//   v1: fnv32a(value + seed) % 1000 / 1000
//   v2: fnv32a("" + fnv32a(seed + value)) % 10000 / 10000     v1 correlates between seeds, v2 does not
//   range of variation i: [sum of weights before i, that + coverage * weight i)
//   namespace: v1 with the seed "__" + name, from <= n < to
// A unit is a UTF-16 code unit, as in the reference SDK (JavaScript); some other SDKs hash UTF-8 bytes. For ASCII, which
// ids should be, all agree.
#include "attune/experiment.h"
#include "base/base.h"

#include <stdio.h>

typedef struct fnv {
    uint32_t state;
} fnv;

static void add_unit(fnv *hash, uint32_t unit)
{
    hash->state = (hash->state ^ unit) * 0x01000193u;
}

// Reads one character; a byte that begins none stands for itself.
static size_t read_character(const unsigned char *at, size_t left, uint32_t *out)
{
    static const unsigned char least[] = {0, 0, 0xC2, 0xE0, 0xF0};
    const size_t size = at[0] < 0x80 ? 1 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 1;
    *out = at[0];
    if (size == 1 || size > left || at[0] < least[size] || at[0] > 0xF4)
        return 1;
    uint32_t character = at[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 1;
        character = character << 6 | (at[i] & 0x3F);
    }
    *out = character;
    return size;
}

static void add_text(fnv *hash, att_text text)
{
    const unsigned char *at = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.size;) {
        uint32_t character;
        i += read_character(at + i, text.size - i, &character);
        if (character >= 0x10000) {
            add_unit(hash, 0xD800 + ((character - 0x10000) >> 10));
            character = 0xDC00 + ((character - 0x10000) & 0x3FF);
        }
        add_unit(hash, character);
    }
}

static uint32_t fnv32a(att_text first, att_text second)
{
    fnv hash = {0x811C9DC5u};
    add_text(&hash, first);
    add_text(&hash, second);
    return hash.state;
}

double att_assign_hash(att_text seed, att_text person, uint32_t version)
{
    if (version == 1)
        return fnv32a(person, seed) % 1000 / 1000.0;
    if (version != 2)
        return -1;
    char digits[16];
    const int length = snprintf(digits, sizeof digits, "%u", fnv32a(seed, person));
    return fnv32a((att_text){digits, (size_t)length}, (att_text){0}) % 10000 / 10000.0;
}

void att_assign_ranges(const double *weights, size_t count, double coverage, att_hash_range *ranges)
{
    double sum = 0, start = 0;
    for (size_t i = 0; i < count && weights; i++)
        sum += weights[i];
    const bool equal = !weights || !(sum >= 0.99 && sum <= 1.01);
    coverage = coverage >= 0 ? ATT_MIN(coverage, 1) : 0;
    for (size_t i = 0; i < count; i++) {
        const double weight = equal ? 1 / (double)count : weights[i];
        ranges[i] = (att_hash_range){start, start + coverage * weight};
        start += weight;
    }
}

int att_assign_choose(double point, const att_hash_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].from && point < ranges[i].to)
            return (int)i;
    return -1;
}

bool att_assign_in_space(att_text person, att_text space, att_hash_range part)
{
    fnv hash = {0x811C9DC5u};
    add_text(&hash, person);
    add_text(&hash, ATT_LIT("__"));
    add_text(&hash, space);
    const double point = hash.state % 1000 / 1000.0;
    return point >= part.from && point < part.to;
}

static bool is_filtered_out(const att_bucket_filter *filter, att_text person)
{
    const double point = att_assign_hash(filter->seed, person, filter->hash_version);
    return att_assign_choose(point, filter->ranges, filter->range_count) < 0;
}

int att_experiment_assign(const att_experiment *experiment, att_text person)
{
    if (person.size == 0 || experiment->variation_count > ATT_VARIATIONS_MAX)
        return -1;
    for (size_t f = 0; f < experiment->filter_count; f++)
        if (is_filtered_out(&experiment->filters[f], person))
            return -1;
    if (experiment->filter_count == 0 && experiment->space.size &&
        !att_assign_in_space(person, experiment->space, experiment->space_part))
        return -1;
    double weights[ATT_VARIATIONS_MAX];
    att_hash_range ranges[ATT_VARIATIONS_MAX];
    for (size_t v = 0; v < experiment->variation_count; v++)
        weights[v] = experiment->variations[v].weight;
    att_assign_ranges(weights, experiment->variation_count, experiment->coverage, ranges);
    const att_text seed = experiment->seed.size ? experiment->seed : experiment->key;
    const double point = att_assign_hash(seed, person, experiment->hash_version);
    return att_assign_choose(point, ranges, experiment->variation_count);
}
