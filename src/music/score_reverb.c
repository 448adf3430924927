// SPDX-License-Identifier: Apache-2.0
// music/score_reverb.c - a feedback delay network (score_reverb.h).
#include "music/score_reverb.h"

#include <math.h>

enum { LINES = ATT_REVERB_LINES };
static const float damping = 0.35f, level = 0.5f;

static bool is_prime(size_t n)
{
    for (size_t d = 2; d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

att_status att_reverb_init(att_reverb *out, uint32_t rate_hz, double decay_s, const att_host *host, att_error *err)
{
    static const double lengths_ms[LINES] = {29.7, 37.1, 41.3, 47.9, 53.3, 59.9, 67.7, 73.1};
    *out = (att_reverb){.host = att_host_complete(host)};
    for (int i = 0; i < LINES; i++) {
        size_t size = (size_t)(lengths_ms[i] * rate_hz / 1000) + 1;
        while (!is_prime(size))
            size++;
        out->lines[i] = ATT_NEW_ARRAY(&out->host, float, size);
        if (!out->lines[i])
            return att_reverb_deinit(out), att_no_memory(err, size, "samples of a room");
        out->sizes[i] = size;
        out->gains[i] = (float)pow(10, -3.0 * (double)size / rate_hz / decay_s);
    }
    return ATT_OK;
}

void att_reverb_deinit(att_reverb *reverb)
{
    for (int i = 0; i < LINES; i++)
        if (reverb->lines[i])
            ATT_FREE_ARRAY(&reverb->host, reverb->lines[i], reverb->sizes[i]);
    *reverb = (att_reverb){0};
}

void att_reverb_run(att_reverb *r, const float *in, float *out, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        float taps[LINES], sum = 0;
        for (int k = 0; k < LINES; k++) {
            const float heard = r->lines[k][r->at[k]];
            r->damped[k] = heard + damping * (r->damped[k] - heard);
            taps[k] = r->damped[k] * r->gains[k];
            sum += taps[k];
        }
        if (out) {
            out[2 * i] += level * (taps[0] - taps[2] + taps[4] - taps[6]);
            out[2 * i + 1] += level * (taps[1] - taps[3] + taps[5] - taps[7]);
        }
        for (int k = 0; k < LINES; k++) {
            const float fed = in[i] + taps[k] - 0.25f * sum;
            r->lines[k][r->at[k]] = fabsf(fed) < 1e-15f ? 0 : fed; // no denormal numbers: they are slow
            if (++r->at[k] == r->sizes[k])
                r->at[k] = 0;
        }
    }
}
