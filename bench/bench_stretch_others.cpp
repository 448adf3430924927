// SPDX-License-Identifier: Apache-2.0
// Rubber Band (R2 and R3, offline, as by default) and SoundTouch (as by default), for bench_stretch alone.
#include "bench_stretch_others.h"

#include <algorithm>
#include <vector>

#ifdef BENCH_RUBBERBAND
#include <rubberband/RubberBandStretcher.h>

static size_t rubber_band(int engine, const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames)
{
    using RubberBand::RubberBandStretcher;
    RubberBandStretcher s(rate_hz, channels, RubberBandStretcher::OptionProcessOffline | RubberBandStretcher::OptionThreadingNever | engine, ratio, 1.0);
    std::vector<std::vector<float>> planes(channels, std::vector<float>(frames));
    std::vector<float *> at(channels);
    for (unsigned c = 0; c < channels; c++)
        for (size_t i = 0; i < frames; i++)
            planes[c][i] = in[i * channels + c];
    const size_t block = 4096;
    s.setExpectedInputDuration(frames);
    s.setMaxProcessSize(block);
    for (int pass = 0; pass < 2; pass++) {
        size_t made = 0;
        std::vector<std::vector<float>> got(channels, std::vector<float>(1 << 16));
        for (size_t i = 0; i < frames; i += block) {
            const size_t count = std::min(block, frames - i);
            for (unsigned c = 0; c < channels; c++)
                at[c] = planes[c].data() + i;
            if (pass == 0) {
                s.study(at.data(), count, i + count == frames);
                continue;
            }
            s.process(at.data(), count, i + count == frames);
            for (int ready; (ready = s.available()) > 0;) {
                for (unsigned c = 0; c < channels; c++)
                    at[c] = got[c].data();
                const size_t n = s.retrieve(at.data(), std::min((size_t)ready, got[0].size()));
                for (size_t k = 0; k < n && made < out_frames; k++, made++)
                    for (unsigned c = 0; c < channels; c++)
                        out[made * channels + c] = got[c][k];
            }
        }
        if (pass)
            return made;
    }
    return 0;
}

static size_t rubber_band_r2(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames)
{
    return rubber_band(RubberBand::RubberBandStretcher::OptionEngineFaster, in, frames, channels, rate_hz, ratio, out, out_frames);
}

static size_t rubber_band_r3(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames)
{
    return rubber_band(RubberBand::RubberBandStretcher::OptionEngineFiner, in, frames, channels, rate_hz, ratio, out, out_frames);
}
#endif

#ifdef BENCH_SOUNDTOUCH
#include <soundtouch/SoundTouch.h>

static size_t sound_touch(const float *in, size_t frames, unsigned channels, unsigned rate_hz, double ratio, float *out, size_t out_frames)
{
    soundtouch::SoundTouch s;
    s.setSampleRate(rate_hz);
    s.setChannels(channels);
    s.setTempo(1 / ratio);
    size_t made = 0;
    const size_t block = 4096;
    for (size_t i = 0; i < frames; i += block) {
        s.putSamples(in + i * channels, (unsigned)std::min(block, frames - i));
        if (i + block >= frames)
            s.flush();
        while (made < out_frames) {
            const size_t n = s.receiveSamples(out + made * channels, (unsigned)std::min(block, out_frames - made));
            if (!n)
                break;
            made += n;
        }
    }
    return made;
}
#endif

extern "C" const bench_stretcher bench_others[] = {
#ifdef BENCH_RUBBERBAND
    {"Rubber Band R2", rubber_band_r2},
    {"Rubber Band R3", rubber_band_r3},
#endif
#ifdef BENCH_SOUNDTOUCH
    {"SoundTouch", sound_touch},
#endif
    {nullptr, nullptr}};
