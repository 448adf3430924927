// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as a listener's profile ends in a status: a profile within its ranges, or a story and the
// profile as it was.
#include "attune/master.h"
#include "base/base.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_ranges(const att_master_profile *p)
{
    need(p->loudness_lufs >= -40 && p->loudness_lufs <= -8 && p->true_peak_dbtp >= -12 && p->true_peak_dbtp <= 0);
    need(p->compress_ratio >= 1 && p->compress_ratio <= 8 && p->attack_ms > 0 && p->release_ms > 0);
    need(p->hearing_count <= ATT_HEARING_MAX && memchr(p->name, 0, sizeof p->name) != NULL && p->name[0]);
    for (double hz = 20; hz < 20000; hz *= 1.5) {
        const double gain = att_master_hearing_gain_db(p, hz);
        need(gain >= 0 && gain <= 30);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_master_profile before = {.name = "before", .loudness_lufs = 1};
    att_master_profile p = before;
    att_error err = {0};
    const att_text yaml = {(const char *)data, size};
    if (att_master_profile_parse(&p, yaml, "fuzz", &err) == ATT_OK)
        check_ranges(&p);
    else
        need(err.text[0] != 0 && memcmp(&p, &before, sizeof p) == 0);
    return 0;
}
