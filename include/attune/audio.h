// SPDX-License-Identifier: Apache-2.0
// attune/audio.h - sound in memory: read from a file, written to one.
//
// Samples are float, full scale is -1 … 1, frames are interleaved. What is read may go beyond full scale (float files do).
#ifndef ATT_AUDIO_H
#define ATT_AUDIO_H

#include "attune/host.h"

ATT_BEGIN

#define ATT_AUDIO_CHANNELS_MAX 8
#define ATT_AUDIO_RATE_MIN_HZ 4000
#define ATT_AUDIO_RATE_MAX_HZ 384000

// A borrowed view; owns nothing.
typedef struct att_sound {
    const float *samples; // (frames, channels), interleaved
    size_t frames;
    uint32_t channels; // 1 … ATT_AUDIO_CHANNELS_MAX
    uint32_t rate_hz;
} att_sound;

// Samples of its own; give it back with att_audio_deinit.
typedef struct att_audio {
    float *samples; // (frames, channels), interleaved
    size_t frames;
    uint32_t channels;
    uint32_t rate_hz;
    att_host host; // that the memory came from
} att_audio;

// Silence of that shape. ATT_LIMIT when the shape is outside the limits above.
att_status att_audio_init(att_audio *out, size_t frames, uint32_t channels, uint32_t rate_hz, const att_host *host, att_error *err);
void att_audio_deinit(att_audio *audio); // all zero is fine
att_sound att_audio_view(const att_audio *audio);

typedef struct att_audio_read_options {
    double seconds_max;  // no more is read; 0: 7200 (but never more than 4 GiB of samples)
    uint32_t rate_hz;    // converted to that; 0: as it is in the file
    bool mono;           // one channel, as att_audio_fold makes it
} att_audio_read_options;

// Any file that libsndfile opens (WAV, FLAC, Ogg, MP3 …), and where this build has the helper for it whatever FFmpeg opens (M4A, WebM, the
// sound of a video). It is decoded in a limited child process (host.helpers). ATT_NOT_FOUND, ATT_IO; ATT_INVALID: not sound, or damaged;
// ATT_LIMIT: too long or too large, or the decoder took too much; ATT_UNSUPPORTED: the helper program is not there; ATT_CANCELLED.
att_status att_audio_read(att_audio *out, const char *path, const att_audio_read_options *options, const att_host *host, att_error *err);

typedef struct att_audio_shape {
    uint64_t frames;
    uint32_t channels, rate_hz;
} att_audio_shape;

// What a file holds, decoded to its end and not kept. `samples_max`: frames times channels at most, otherwise ATT_LIMIT; 0: any. Fails as
// att_audio_read does.
att_status att_audio_measure(att_audio_shape *out, const char *path, uint64_t samples_max, const att_host *host, att_error *err);

// As the ending says: .wav (24 bits, or 32-bit float where something is beyond full scale), .flac (24 bits), .ogg (Vorbis), .mp3 where
// libsndfile can. The file appears whole or not at all.
att_status att_audio_write(att_sound sound, const char *path, const att_host *host, att_error *err);

// Another sample rate, by a band-limited sinc (libsamplerate); the length is rounded to whole frames.
att_status att_audio_resample(att_audio *out, att_sound sound, uint32_t rate_hz, const att_host *host, att_error *err);
// The mean of the channels; out has room for sound.frames.
void att_audio_mix(att_sound sound, float *out);
// The same; but half the difference of two channels where it has more than twice the power of the mean: one of them is upside down then, and
// in their mean most of the music would hide.
void att_audio_fold(att_sound sound, float *out);

// Whether helpers get a filter of system calls here (seccomp, on x86-64 and ARM64): without it, a decoder that was taken over may do what
// its user may, within the limits. Each helper says so itself too, and the library tells the host's log.
bool att_helpers_filtered(void);

ATT_END
#endif
