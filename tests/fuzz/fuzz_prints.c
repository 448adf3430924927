// SPDX-License-Identifier: Apache-2.0
// Whatever the sections of a file of recordings hold, it is refused with a story, or it can be searched, added to and saved.
//
// A small true file is made, then the input is laid over it: runs of (where, length, bytes); sums are mended behind it.
#include "guard/audio_prints_file.h"
#include "guard/styles.h"

#include "base/rng.h"
#include "laid_over.h"

#include <math.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RATE_HZ = 8000, FRAMES = 3 * RATE_HZ };

// Tones that fade, by dice.
static const float *some_sound(void)
{
    static float samples[FRAMES];
    att_rng rng = att_rng_seed(5);
    const bool made = samples[1] != 0;
    for (int n = 0; !made && n < 60; n++) {
        const size_t from = n ? (size_t)att_rng_below(&rng, FRAMES - 4000) : 0;
        const double turn = 0.2 + 2 * att_rng_unit(&rng);
        for (size_t i = 0; i < 4000; i++)
            samples[from + i] += (float)(0.1 * exp(-(double)i / 1000) * sin(turn * (double)i));
    }
    return samples;
}

static unsigned char *true_prints(size_t *size)
{
    char path[64];
    att_prints *prints = NULL;
    snprintf(path, sizeof path, "/tmp/fuzz_prints.%ld", (long)getpid());
    must(att_prints_create(&prints, NULL, NULL) == ATT_OK);
    must(att_prints_add(prints, "first", (att_sound){some_sound(), FRAMES, 1, RATE_HZ}, NULL) == ATT_OK);
    must(att_prints_add(prints, "second", (att_sound){some_sound() + RATE_HZ / 2, FRAMES - RATE_HZ, 1, RATE_HZ}, NULL) == ATT_OK);
    must(att_prints_save(prints, path, NULL) == ATT_OK);
    att_prints_destroy(prints);
    return read_whole(path, size);
}

static unsigned char *true_styles(size_t *size)
{
    char path[64];
    att_styles *styles = NULL;
    snprintf(path, sizeof path, "/tmp/fuzz_styles.%ld", (long)getpid());
    must(att_styles_create(&styles, 3, NULL, NULL) == ATT_OK);
    for (int i = 0; i < 6; i++)
        must(att_styles_add(styles, i % 2 ? "one" : "other", (float[3]){(float)i, (float)(i * i), 1}, NULL) == ATT_OK);
    must(att_styles_save(styles, path, NULL) == ATT_OK);
    att_styles_destroy(styles);
    return read_whole(path, size);
}

static void use_prints(att_prints *prints)
{
    att_print_match found[ATT_PRINT_FOUND_MAX];
    size_t count;
    must(att_prints_find(prints, (att_sound){some_sound(), FRAMES, 1, RATE_HZ}, &(att_print_options){0.1}, found, &count, NULL) == ATT_OK);
    for (size_t i = 0; i < count; i++)
        must(found[i].index < att_prints_count(prints) && found[i].score >= 0.1);
    const att_status status = att_prints_add(prints, "another", (att_sound){some_sound(), FRAMES, 1, RATE_HZ}, NULL);
    must(status == ATT_OK || status == ATT_EXISTS || status == ATT_LIMIT);
}

static void use_styles(const att_styles *styles)
{
    static const float at[1024] = {1, 2};
    att_style_rates rates;
    for (size_t a = 0; a < att_styles_artists(styles); a++)
        must(att_styles_distance(styles, a, at, SIZE_MAX) >= 0);
    (void)!att_styles_rate(styles, 1, &rates, NULL);
}

static void open_prints(att_snapshot *snapshot, uint32_t version)
{
    att_prints *prints = NULL;
    att_error err = {0};
    if (att_prints_adopt(&prints, snapshot, version, NULL, &err) == ATT_OK)
        use_prints(prints);
    else
        must(err.text[0]);
    att_prints_destroy(prints);
}

static void open_styles(att_snapshot *snapshot, uint32_t version)
{
    att_styles *styles = NULL;
    att_error err = {0};
    if (att_styles_adopt(&styles, snapshot, version, NULL, &err) == ATT_OK)
        use_styles(styles);
    else
        must(err.text[0]);
    att_styles_destroy(styles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *patterns[2];
    static size_t sizes[2];
    att_snapshot *snapshot = NULL;
    uint32_t version;
    if (size == 0)
        return 0;
    if (!patterns[0]) {
        patterns[0] = true_prints(&sizes[0]);
        patterns[1] = true_styles(&sizes[1]);
    }
    const int which = data[0] & 1;
    unsigned char *file = aligned_alloc(64, (sizes[which] / 64 + 1) * 64);
    if (!file)
        return 0;
    memcpy(file, patterns[which], sizes[which]);
    lay_over(file, sizes[which], data + 1, size - 1);
    mend(file, sizes[which]);
    if (att_snapshot_open_memory(&snapshot, file, sizes[which], which ? ATT_TAG4('S', 'T', 'Y', 'L') : ATT_TAG4('P', 'R', 'N', 'T'), &version, NULL,
            NULL) == ATT_OK) {
        if (which)
            open_styles(snapshot, version);
        else
            open_prints(snapshot, version);
    }
    free(file);
    return 0;
}
