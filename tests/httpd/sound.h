// SPDX-License-Identifier: Apache-2.0
// tests/httpd/sound.h - a small piece of music as the bytes of a WAV file: a stroke each half second over a chord, 120 beats a minute.
#ifndef ATT_TESTS_HTTPD_SOUND_H
#define ATT_TESTS_HTTPD_SOUND_H

#include "check.h"

#include "attune/attune.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SOUND_RATE_HZ = 22050, SOUND_HEAD = 44 };

static void sound_put(unsigned char *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

// One channel of 16 bits; to be freed. Another `seed`, other notes.
static unsigned char *sound_make(double seconds, unsigned seed, size_t *size)
{
    const size_t frames = (size_t)(seconds * SOUND_RATE_HZ);
    static const double steps[] = {0, 4, 7, 12, 9, 5, 2, 11};
    *size = SOUND_HEAD + 2 * frames;
    unsigned char *wav = malloc(*size);
    memcpy(wav, "RIFF\0\0\0\0WAVEfmt ", 16);
    sound_put(wav + 4, (uint32_t)*size - 8, 4);
    sound_put(wav + 16, 16, 4);
    sound_put(wav + 20, 1, 2); // PCM
    sound_put(wav + 22, 1, 2);
    sound_put(wav + 24, SOUND_RATE_HZ, 4);
    sound_put(wav + 28, 2 * SOUND_RATE_HZ, 4);
    sound_put(wav + 32, 2, 2);
    sound_put(wav + 34, 16, 2);
    memcpy(wav + 36, "data", 4);
    sound_put(wav + 40, (uint32_t)(2 * frames), 4);
    uint32_t noise = 12345 + seed;
    for (size_t i = 0; i < frames; i++) {
        const double t = (double)i / SOUND_RATE_HZ, since = fmod(t, 0.5);
        const unsigned beat = (unsigned)(t / 0.5);
        const double hz = 220 * pow(2, steps[(beat * 5 + seed * 3 + beat / 8) % 8] / 12);
        noise = noise * 1664525 + 1013904223;
        const double stroke = exp(-since * 40) * ((double)(noise >> 8) / (1 << 23) - 1);
        double tone = 0;
        for (int k = 1; k <= 4; k++)
            tone += sin(6.283185307179586 * hz * k * t) / k;
        sound_put(wav + SOUND_HEAD + 2 * i, (uint32_t)(int32_t)lrint(9000 * stroke + 5000 * tone * exp(-since * 3)), 2);
    }
    return wav;
}

// Attune is built with FluidSynth, and there is a sound font.
static inline bool sound_can_be_played(void)
{
    bool can = false;
#ifdef ATT_MUSIC
    att_score s;
    att_rendered sound;
    att_error err = {0};
    const att_music_brief brief = {.bars = 2, .loop = true, .style = "ambient", .tempo_bpm = 240, .attempts_max = 1};
    CHECK_OK_ERR(att_compose(&s, &brief, NULL, &err), &err);
    can = att_score_render(&sound, &s, NULL, NULL, &err) == ATT_OK;
    if (!can)
        CHECK_NOTE("nothing is played: %s", err.text);
    att_rendered_deinit(&sound);
    att_score_deinit(&s);
#endif
    return can;
}

#endif
