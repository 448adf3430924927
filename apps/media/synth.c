// SPDX-License-Identifier: Apache-2.0
// apps/media/synth.c - attune-synth: plays single notes on the sound font that is open as descriptor 3, by FluidSynth.
//
// It is started by the library as `attune-synth MEMORY_BYTES CPU_SECONDS`, reads an att_synth_request from standard input, and speaks
// attune/helper.h. Notes are played one after the other on a synthesizer that is silent before each, without its reverb and chorus, and
// every change falls on its block of 64 frames. So a note is bit for bit the same whenever it is asked for, and the library puts it
// where it belongs to the sample.
#include "sandbox.h"
#include "say.h"

#include <fluidsynth.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PITCHED = 0, DRUMS = 9, BEND_SEMITONES = 12, DRUM_BANK = 128, BLOCKS_AT_ONCE = 64 };

// --- The sound font, through the descriptor alone --------------------------------------------------------------

typedef struct font {
    off_t at, size;
} font;

static void *font_open(const char *name)
{
    struct stat about;
    (void)name;
    font *f = calloc(1, sizeof *f);
    if (f && fstat(ATT_HELPER_FILE, &about) == 0) {
        f->size = about.st_size;
        return f;
    }
    free(f);
    return NULL;
}

static int font_read(void *out, fluid_long_long_t count, void *handle)
{
    font *f = handle;
    for (char *at = out; count > 0;) {
        const ssize_t n = pread(ATT_HELPER_FILE, at, (size_t)count, f->at);
        if (n <= 0)
            return FLUID_FAILED;
        at += n;
        f->at += n;
        count -= n;
    }
    return FLUID_OK;
}

static int font_seek(void *handle, fluid_long_long_t offset, int origin)
{
    font *f = handle;
    const off_t to = offset + (origin == SEEK_CUR ? f->at : origin == SEEK_END ? f->size : 0);
    if (to < 0 || to > f->size)
        return FLUID_FAILED;
    f->at = to;
    return FLUID_OK;
}

static fluid_long_long_t font_tell(void *handle)
{
    return ((font *)handle)->at;
}

static int font_close(void *handle)
{
    free(handle);
    return FLUID_OK;
}

// --- The request ------------------------------------------------------------------------------------------------

typedef struct request {
    att_synth_request head;
    att_synth_note *notes;
    float *bends;
} request;

static bool read_all(void *out, size_t size)
{
    for (char *at = out; size;) {
        const ssize_t n = read(STDIN_FILENO, at, size);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool note_is_fine(const request *r, const att_synth_note *n)
{
    return n->hold_frames % ATT_SYNTH_BLOCK == 0 && n->hold_frames <= ATT_SYNTH_FRAMES_MAX && n->tail_frames_max <= ATT_SYNTH_FRAMES_MAX &&
           n->bend_first <= r->head.bend_count && n->bend_count <= r->head.bend_count - n->bend_first && n->key < 128 && n->velocity > 0 && n->velocity < 128 &&
           n->program < 128 && n->drums < 2 && (n->drums || (n->cents > -12800 && n->cents < 25600));
}

static bool read_request(request *r)
{
    if (!read_all(&r->head, sizeof r->head) || r->head.magic != ATT_SYNTH_MAGIC || r->head.note_count > ATT_SYNTH_NOTES_MAX ||
        r->head.bend_count > ATT_SYNTH_BENDS_MAX || r->head.rate_hz < 8000 || r->head.rate_hz > 96000)
        return false;
    r->notes = calloc(r->head.note_count + 1u, sizeof *r->notes);
    r->bends = calloc(r->head.bend_count + 1u, sizeof *r->bends);
    if (!r->notes || !r->bends || !read_all(r->notes, r->head.note_count * sizeof *r->notes) || !read_all(r->bends, r->head.bend_count * sizeof *r->bends))
        return false;
    for (uint32_t i = 0; i < r->head.note_count; i++)
        if (!note_is_fine(r, &r->notes[i]))
            return false;
    for (uint32_t i = 0; i < r->head.bend_count; i++)
        if (!(fabsf(r->bends[i]) <= 1200))
            return false;
    return true;
}

// --- Playing ----------------------------------------------------------------------------------------------------

typedef struct sound {
    float *samples; // (frames, 2)
    size_t frames, capacity;
} sound;

static bool play_blocks(fluid_synth_t *synth, sound *out, size_t blocks)
{
    const size_t frames = blocks * ATT_SYNTH_BLOCK;
    if (out->frames + frames > out->capacity) {
        const size_t more = out->frames + frames + out->capacity / 2;
        float *grown = realloc(out->samples, more * 2 * sizeof *grown);
        if (!grown)
            return false;
        out->samples = grown;
        out->capacity = more;
    }
    float *at = out->samples + out->frames * 2;
    out->frames += frames;
    return fluid_synth_write_float(synth, (int)frames, at, 0, 2, at, 1, 2) == FLUID_OK;
}

static int wheel(float cents)
{
    const long steps = lround(8192 + (double)cents * 8192 / (100.0 * BEND_SEMITONES));
    return (int)(steps < 0 ? 0 : steps > 16383 ? 16383 : steps);
}

static bool hold(fluid_synth_t *synth, const request *r, const att_synth_note *n, int channel, sound *out)
{
    const size_t blocks = n->hold_frames / ATT_SYNTH_BLOCK;
    for (size_t b = 0; b < blocks;) {
        const bool bends = b < n->bend_count;
        const size_t some = bends ? 1 : blocks - b < BLOCKS_AT_ONCE ? blocks - b : BLOCKS_AT_ONCE;
        if (bends && b)
            fluid_synth_pitch_bend(synth, channel, wheel(r->bends[n->bend_first + b]));
        if (!play_blocks(synth, out, some))
            return false;
        b += some;
    }
    return true;
}

static bool play_note(fluid_synth_t *synth, const request *r, const att_synth_note *n, sound *out)
{
    const int channel = n->drums ? DRUMS : PITCHED, key = n->key;
    const double cents = (double)n->cents + 0.5; // FluidSynth cuts pitches to whole cents: so they are rounded
    out->frames = 0;
    fluid_synth_bank_select(synth, channel, n->drums ? DRUM_BANK : 0);
    fluid_synth_program_change(synth, channel, n->program);
    if (!n->drums && fluid_synth_tune_notes(synth, 0, 0, 1, &key, &cents, 0) != FLUID_OK)
        return false;
    fluid_synth_pitch_bend(synth, channel, wheel(n->bend_count ? r->bends[n->bend_first] : 0));
    if (fluid_synth_noteon(synth, channel, key, n->velocity) == FLUID_OK) {
        if (!hold(synth, r, n, channel, out))
            return false;
        fluid_synth_noteoff(synth, channel, key);
        for (size_t left = n->tail_frames_max / ATT_SYNTH_BLOCK; left && fluid_synth_get_active_voice_count(synth); left--)
            if (!play_blocks(synth, out, 1))
                return false;
    }
    const size_t frames = out->frames;
    fluid_synth_all_sounds_off(synth, channel);
    for (int i = 0; i < 2; i++) // until nothing of it is left
        if (!play_blocks(synth, out, 1))
            return false;
    out->frames = frames;
    return true;
}

static fluid_synth_t *make_synth(fluid_settings_t *settings, uint32_t rate_hz)
{
    fluid_settings_setnum(settings, "synth.sample-rate", rate_hz);
    fluid_settings_setnum(settings, "synth.gain", 0.5);
    fluid_settings_setint(settings, "synth.reverb.active", 0);
    fluid_settings_setint(settings, "synth.chorus.active", 0);
    fluid_settings_setint(settings, "synth.threadsafe-api", 0);
    fluid_settings_setint(settings, "synth.lock-memory", 0);
    fluid_settings_setint(settings, "synth.cpu-cores", 1);
    fluid_settings_setint(settings, "synth.dynamic-sample-loading", 1);
    fluid_synth_t *synth = new_fluid_synth(settings);
    fluid_sfloader_t *loader = synth ? new_fluid_defsfloader(settings) : NULL;
    if (!loader)
        return NULL;
    fluid_sfloader_set_callbacks(loader, font_open, font_read, font_seek, font_tell, font_close);
    fluid_synth_add_sfloader(synth, loader);
    return synth;
}

static bool tune(fluid_synth_t *synth)
{
    double pitch[128];
    for (int key = 0; key < 128; key++)
        pitch[key] = 100.0 * key;
    fluid_synth_pitch_wheel_sens(synth, PITCHED, BEND_SEMITONES);
    return fluid_synth_activate_key_tuning(synth, 0, 0, "attune", pitch, 0) == FLUID_OK && fluid_synth_activate_tuning(synth, PITCHED, 0, 0, 0) == FLUID_OK;
}

static int play_all(fluid_synth_t *synth, const request *r)
{
    sound out = {0};
    if (!say_head(r->head.rate_hz, 2, 0))
        return 1;
    for (uint32_t i = 0; i < r->head.note_count; i++) {
        if (!play_note(synth, r, &r->notes[i], &out))
            return say_story(ATT_NO_MEMORY, "out of memory for a note of %u frames", r->notes[i].hold_frames);
        const float head[2] = {(float)out.frames, 0};
        if (!say_samples(head, 2) || !say_samples(out.samples, out.frames * 2))
            return 1;
    }
    free(out.samples);
    return say_end() ? 0 : 1;
}

int main(int argc, char **argv)
{
    request r = {0};
    if (!sandbox_limits(argc, argv))
        return say_story(ATT_UNSUPPORTED, "the system lets no limits be set on the program that plays");
    if (!read_request(&r))
        return say_story(ATT_INVALID, "not a request to play");
    for (int level = FLUID_PANIC; level <= FLUID_DBG; level++)
        fluid_set_log_function(level, NULL, NULL);
    fluid_settings_t *settings = new_fluid_settings();
    fluid_synth_t *synth = settings ? make_synth(settings, r.head.rate_hz) : NULL;
    if (!synth || !tune(synth))
        return say_story(ATT_NO_MEMORY, "FluidSynth does not start");
    if (!sandbox_close())
        return say_story(ATT_UNSUPPORTED, "the system lets no limits be set on the program that plays");
    if (fluid_synth_sfload(synth, "font", 1) == FLUID_FAILED)
        return say_story(ATT_INVALID, "not a sound font, or damaged");
    return play_all(synth, &r);
}
