// SPDX-License-Identifier: Apache-2.0
// music/stft.c - short-time spectra, forward and back.
#include "music/stft.h"

#include <math.h>

#define HOPS_PER_S 43.066 // 44100 / 1024

struct att_stft {
    att_host host;
    att_fft *fft;
    size_t hop, size;
    float *window, *frame; // (size)
    float complex *back;   // (bins)
};

static bool smooth(size_t n)
{
    static const size_t factors[] = {2, 3, 5};
    for (size_t i = 0; i < ATT_COUNT_OF(factors); i++)
        while (n % factors[i] == 0)
            n /= factors[i];
    return n == 1;
}

static size_t hop_of(uint32_t rate_hz)
{
    const size_t wanted = (size_t)lround(rate_hz / HOPS_PER_S);
    for (size_t off = 0;; off++) {
        if (smooth(wanted + off))
            return wanted + off;
        if (off < wanted && smooth(wanted - off))
            return wanted - off;
    }
}

att_status att_stft_create(att_stft **out, uint32_t rate_hz, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    *out = NULL;
    if (rate_hz < ATT_AUDIO_RATE_MIN_HZ || rate_hz > ATT_AUDIO_RATE_MAX_HZ)
        return ATT_FAIL(err, ATT_LIMIT, "sample rate: found %u Hz, expected %d to %d", rate_hz, ATT_AUDIO_RATE_MIN_HZ, ATT_AUDIO_RATE_MAX_HZ);
    att_stft *s = ATT_NEW_ARRAY(&its, att_stft, 1);
    if (!s)
        return att_no_memory(err, 1, "transform");
    *s = (att_stft){.host = its, .hop = hop_of(rate_hz)};
    s->size = 4 * s->hop;
    s->window = ATT_NEW_ARRAY(&its, float, s->size);
    s->frame = ATT_NEW_ARRAY(&its, float, s->size);
    s->back = ATT_NEW_ARRAY(&its, float complex, s->size / 2 + 1);
    att_status status = s->window && s->frame && s->back ? ATT_OK : att_no_memory(err, s->size, "samples of a transform");
    if (!status)
        status = att_fft_create(&s->fft, s->size, &its, err);
    if (status)
        return att_stft_destroy(s), status;
    att_window_hann(s->window, s->size);
    *out = s;
    return ATT_OK;
}

void att_stft_destroy(att_stft *s)
{
    if (!s)
        return;
    const att_host host = s->host;
    att_fft_destroy(s->fft);
    ATT_FREE_ARRAY(&host, s->window, s->size);
    ATT_FREE_ARRAY(&host, s->frame, s->size);
    ATT_FREE_ARRAY(&host, s->back, s->size / 2 + 1);
    ATT_FREE_ARRAY(&host, s, 1);
}

size_t att_stft_hop(const att_stft *s)
{
    return s->hop;
}

size_t att_stft_bins(const att_stft *s)
{
    return s->size / 2 + 1;
}

size_t att_stft_frames(const att_stft *s, size_t sample_count)
{
    return sample_count ? (sample_count - 1) / s->hop + 4 : 0;
}

// The part of a frame that lies inside the sound: samples from … to-1 of the frame.
static int64_t place(const att_stft *s, int64_t frame, size_t frames, size_t *from, size_t *to)
{
    const int64_t begin = (frame - 3) * (int64_t)s->hop, end = (int64_t)frames;
    const int64_t first = ATT_MAX(begin, 0), last = ATT_MIN(begin + (int64_t)s->size, end);
    *from = first < last ? (size_t)(first - begin) : 0;
    *to = first < last ? (size_t)(last - begin) : 0;
    return begin;
}

void att_stft_forward(att_stft *s, att_sound sound, uint32_t channel, int64_t frame, float complex *out)
{
    size_t from, to;
    const int64_t begin = place(s, frame, sound.frames, &from, &to);
    const float scale = 4.0f / (float)s->size; // half of a sine's amplitude is in one bin, times the window's mean of a half
    memset(s->frame, 0, s->size * sizeof *s->frame);
    for (size_t i = from; i < to; i++)
        s->frame[i] = sound.samples[(size_t)(begin + (int64_t)i) * sound.channels + channel] * (s->window[i] * scale);
    att_fft_forward(s->fft, s->frame, out);
}

void att_stft_inverse(att_stft *s, const float complex *in, int64_t frame, uint32_t channel, att_audio *out)
{
    size_t from, to;
    const int64_t begin = place(s, frame, out->frames, &from, &to);
    const float scale = (float)s->size / 4 * (2.0f / 3);
    if (from == to)
        return;
    memcpy(s->back, in, (s->size / 2 + 1) * sizeof *in);
    att_fft_inverse(s->fft, s->back, s->frame);
    for (size_t i = from; i < to; i++)
        out->samples[(size_t)(begin + (int64_t)i) * out->channels + channel] += s->frame[i] * (s->window[i] * scale);
}
