// SPDX-License-Identifier: Apache-2.0
// measure/audio_attacks.h - what people do to music before they pass it on.
#ifndef ATT_MEASURE_AUDIO_ATTACKS_H
#define ATT_MEASURE_AUDIO_ATTACKS_H

#include "attune/fingerprint.h"
#include "base/rng.h"

// `out` is one channel at the sound's rate, the caller's. `other` is what is mixed in where the attack mixes. ATT_UNSUPPORTED: this build
// cannot (MP3 without a libsndfile that writes it).
att_status att_audio_attacked(
    att_audio *out, att_sound sound, att_sound other, att_audio_attack attack, att_rng *rng, const att_host *host, att_error *err);

// Another duration at the same pitch: `tempo` 1.05 is 5 % faster. Waveform similarity overlap-add (Verhelst and Roelands 1993).
att_status att_audio_retimed_plain(att_audio *out, att_sound mono, double tempo, const att_host *host, att_error *err);

#endif
