// SPDX-License-Identifier: Apache-2.0
// tests/fuzz/driver.c - a short run of one fuzz target that is the same every time: where libFuzzer is not built in.
//
//   fuzz_TARGET RUNS [SEED-FILE…]
//
// Inputs are random bytes, and seed files that were changed: bits flipped, runs overwritten, doubled, cut out, numbers set to
// their limits, files cut short or spliced with each other. The generator's seed is fixed, so run 731 is always run 731.
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, SEEDS_MAX = 256 };

typedef struct seed_file {
    uint8_t *data;
    size_t size;
} seed_file;

static seed_file seeds[SEEDS_MAX];
static size_t seed_count;

static void read_seed(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || seed_count == SEEDS_MAX) {
        fprintf(stderr, "cannot read seed %s\n", path);
        exit(1);
    }
    seed_file *seed = &seeds[seed_count++];
    seed->data = malloc(INPUT_MAX);
    seed->size = seed->data ? fread(seed->data, 1, INPUT_MAX, file) : 0;
    fclose(file);
}

static size_t random_bytes(att_rng *rng, uint8_t *out)
{
    const size_t size = (size_t)att_rng_below(rng, 512);
    const bool text = att_rng_below(rng, 2);
    static const char common[] = "{}[]\":,\\ \n\t0123456789.eE+-truefalsnidmpgx#|&*";
    for (size_t i = 0; i < size; i++)
        out[i] = text ? (uint8_t)common[att_rng_below(rng, sizeof common - 1)] : (uint8_t)att_rng_u64(rng);
    return size;
}

static void change_once(att_rng *rng, uint8_t *data, size_t *size)
{
    if (*size == 0)
        return;
    const size_t at = (size_t)att_rng_below(rng, *size), left = *size - at;
    const size_t length = 1 + (size_t)att_rng_below(rng, ATT_MIN(left, (size_t)32));
    static const uint64_t limits[] = {0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, UINT64_MAX};
    switch (att_rng_below(rng, 7)) {
    case 0:
        data[at] ^= (uint8_t)(1 << att_rng_below(rng, 8));
        break;
    case 1:
        for (size_t i = 0; i < length; i++)
            data[at + i] = (uint8_t)att_rng_u64(rng);
        break;
    case 2: // cut out
        memmove(data + at, data + at + length, left - length);
        *size -= length;
        break;
    case 3: // doubled
        if (*size + length <= INPUT_MAX) {
            memmove(data + at + length, data + at, left);
            *size += length;
        }
        break;
    case 4: { // a number at its limit
        const uint64_t value = limits[att_rng_below(rng, ATT_COUNT_OF(limits))];
        const size_t width = (size_t)1 << att_rng_below(rng, 4);
        if (width <= left)
            memcpy(data + at, &value, width);
        break;
    }
    case 5:
        *size = at;
        break;
    default: { // a piece of another seed
        const seed_file *other = &seeds[att_rng_below(rng, seed_count)];
        if (other->size) {
            const size_t from = (size_t)att_rng_below(rng, other->size);
            const size_t take = ATT_MIN(ATT_MIN(other->size - from, length * 4), left);
            memcpy(data + at, other->data + from, take);
        }
    }
    }
}

int main(int argc, char **argv)
{
    const long runs = argc > 1 ? atol(argv[1]) : 10000;
    for (int i = 2; i < argc; i++)
        read_seed(argv[i]);
    uint8_t *input = malloc(INPUT_MAX);
    if (!input)
        return 1;
    for (size_t s = 0; s < seed_count; s++) // as they are
        LLVMFuzzerTestOneInput(seeds[s].data, seeds[s].size);
    for (long run = 0; run < runs; run++) {
        att_rng rng = att_rng_stream(20261123, (uint64_t)run);
        size_t size;
        if (seed_count && att_rng_below(&rng, 8)) {
            const seed_file *seed = &seeds[att_rng_below(&rng, seed_count)];
            memcpy(input, seed->data, size = seed->size);
            for (uint64_t changes = 1 + att_rng_below(&rng, 6); changes; changes--)
                change_once(&rng, input, &size);
        } else {
            size = random_bytes(&rng, input);
        }
        // An exact copy, so that a sanitizer sees a read past the end.
        uint8_t *exact = malloc(size ? size : 1);
        if (!exact)
            return 1;
        memcpy(exact, input, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    free(input);
    for (size_t s = 0; s < seed_count; s++)
        free(seeds[s].data);
    printf("%ld runs, %zu seeds\n", runs, seed_count);
    return 0;
}
