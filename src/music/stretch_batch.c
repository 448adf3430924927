// SPDX-License-Identifier: Apache-2.0
// music/stretch_batch.c - a whole sound through the stretcher, and its pitch.
//
// A pitch of c cents is a stretch by f = 2^(c/1200) more, then a resampling to 1/f of the length.
#include "attune/stretch.h"
#include "base/base.h"

#include <limits.h>
#include <math.h>
#include <samplerate.h>

enum { PIECE_FRAMES = 8192 };

static att_status check_options(const att_stretch_options *o, att_error *err)
{
    if (!(fabs(o->pitch_cents) <= ATT_STRETCH_CENTS_MAX))
        return ATT_FAIL(err, ATT_INVALID, "pitch: found %g cents, expected -%g to %g", o->pitch_cents, ATT_STRETCH_CENTS_MAX, ATT_STRETCH_CENTS_MAX);
    if (!(o->ratio >= ATT_STRETCH_RATIO_MIN && o->ratio <= ATT_STRETCH_RATIO_MAX))
        return ATT_FAIL(err, ATT_INVALID, "ratio %g, expected %g to %g", o->ratio, ATT_STRETCH_RATIO_MIN, ATT_STRETCH_RATIO_MAX);
    return ATT_OK;
}

// Everything in, out->frames out.
static att_status run(att_stretcher *s, att_sound sound, att_audio *out, const att_host *host, att_error *err)
{
    size_t in = 0, made = 0;
    while (made < out->frames) {
        in += att_stretcher_push(s, sound.samples + in * sound.channels, ATT_MIN(sound.frames - in, (size_t)PIECE_FRAMES));
        if (in == sound.frames)
            att_stretcher_finish(s);
        made += att_stretcher_pull(s, out->samples + made * out->channels, ATT_MIN(out->frames - made, (size_t)PIECE_FRAMES));
        if (!att_progress_tell(host, "stretch", made / sound.rate_hz, out->frames / sound.rate_hz, "seconds"))
            return ATT_FAIL(err, ATT_CANCELLED, "stretching was cancelled");
    }
    return ATT_OK;
}

static att_status stretch_to(att_audio *out, att_sound sound, size_t frames, double ratio, const att_host *host, att_error *err)
{
    att_status status = att_audio_init(out, frames, sound.channels, sound.rate_hz, host, err);
    if (status || !frames)
        return status;
    att_stretcher *s;
    status = att_stretcher_create(&s, &(att_stretcher_options){.channels = sound.channels, .rate_hz = sound.rate_hz, .ratio = ratio}, host, err);
    if (!status)
        status = run(s, sound, out, host, err);
    att_stretcher_destroy(s);
    if (status)
        att_audio_deinit(out);
    return status;
}

// `out` has its length already; what the last sinc leaves open is silence.
static att_status squeeze(att_audio *out, att_sound sound, double ratio, att_error *err)
{
    if (sound.frames > LONG_MAX / 64 || out->frames > LONG_MAX / 64)
        return ATT_FAIL(err, ATT_LIMIT, "pitch: %zu frames are too many", sound.frames);
    SRC_DATA d = {.data_in = sound.samples, .data_out = out->samples, .input_frames = (long)sound.frames, .output_frames = (long)out->frames,
        .end_of_input = 1, .src_ratio = ratio};
    const int bad = src_simple(&d, SRC_SINC_MEDIUM_QUALITY, (int)sound.channels);
    return bad ? ATT_FAIL(err, ATT_NO_MEMORY, "pitch: %s", src_strerror(bad)) : ATT_OK;
}

att_status att_stretch(att_audio *out, att_sound sound, const att_stretch_options *options, const att_host *host, att_error *err)
{
    att_stretch_options o = options ? *options : (att_stretch_options){0};
    o.ratio = o.ratio == 0 ? 1 : o.ratio;
    *out = (att_audio){0};
    att_status status = check_options(&o, err);
    if (status)
        return status;
    const double up = exp2(o.pitch_cents / 1200), ratio = o.ratio * up;
    const size_t frames = (size_t)llround((double)sound.frames * o.ratio);
    if (!(ratio >= ATT_STRETCH_RATIO_MIN && ratio <= ATT_STRETCH_RATIO_MAX))
        return ATT_FAIL(err, ATT_INVALID, "ratio %g and pitch %g cents together stretch by %g, expected %g to %g", o.ratio, o.pitch_cents, ratio,
            ATT_STRETCH_RATIO_MIN, ATT_STRETCH_RATIO_MAX);
    if (o.pitch_cents == 0)
        return stretch_to(out, sound, frames, o.ratio, host, err);
    att_audio far = {0};
    status = stretch_to(&far, sound, (size_t)llround((double)sound.frames * ratio), ratio, host, err);
    if (!status)
        status = att_audio_init(out, frames, sound.channels, sound.rate_hz, host, err);
    if (!status && frames)
        status = squeeze(out, att_audio_view(&far), 1 / up, err);
    att_audio_deinit(&far);
    if (status)
        att_audio_deinit(out);
    return status;
}
