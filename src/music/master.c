// SPDX-License-Identifier: Apache-2.0
// music/master.c - curve, compression, loudness, limiter; then everything is measured again.
//
// The compressor's ratio is the least, from the profile's on, at which the crest is within LEFT_TO_LIMITER of what is asked (bisection); the
// limiter takes the rest.
#include "attune/master.h"
#include "music/master_bands.h"
#include "music/master_figures.h"
#include "music/master_limit.h"
#include "music/master_same.h"

#include <math.h>

static const double RATIO_MOST = 4, LEFT_TO_LIMITER_DB = 3, LIMIT_MOST_DB = 24, LOUDNESS_MAY_MISS_LU = 0.3;
static const double CREST_MAY_MISS_DB = 0.5;
enum { BISECTIONS = 5, BISECTIONS_OF_LEVEL = 8 };

static double crest_of(att_sound sound)
{
    return 20 * log10(fmax(att_master_peak(sound), 1e-12) / fmax(att_master_rms(sound), 1e-12));
}

// The curve and the compressor, with the least ratio that does.
static att_status shape(att_audio *out, att_sound sound, const att_master_profile *profile, double *ratio, const att_host *host, att_error *err)
{
    att_master_bands bands;
    att_status status = att_master_bands_init(&bands, profile, sound.channels, sound.rate_hz, host, err);
    if (!status)
        status = att_master_bands_learn(&bands, sound, err);
    *ratio = profile->compress_ratio;
    if (!status)
        status = att_master_bands_run(&bands, sound, *ratio, out->samples, err);
    const double wanted = profile->crest_db > 0 ? profile->crest_db + LEFT_TO_LIMITER_DB : HUGE_VAL;
    double too_little = *ratio, enough = RATIO_MOST;
    if (!status && crest_of(att_audio_view(out)) > wanted) {
        for (int i = 0; !status && i < BISECTIONS; i++) {
            const double middle = sqrt(too_little * enough);
            status = att_master_bands_run(&bands, sound, middle, out->samples, err);
            *(crest_of(att_audio_view(out)) > wanted ? &too_little : &enough) = middle;
        }
        *ratio = enough;
        if (!status)
            status = att_master_bands_run(&bands, sound, enough, out->samples, err);
    }
    att_master_bands_deinit(&bands);
    return status;
}

// Limited at `threshold_db` and brought to the loudness; *enough: within the peak and the crest that are allowed.
static att_status try_threshold(att_limiter *limiter, att_audio *out, att_sound shaped, const att_master_profile *profile, double threshold_db,
    double peak_dbtp, att_mastered *f, bool *enough, att_error *err)
{
    double is = 0;
    f->limit_most_db = att_limiter_run(limiter, shaped, pow(10, threshold_db / 20), out->samples);
    const att_status status = att_master_loudness(att_audio_view(out), &is, err);
    f->gain_db = profile->loudness_lufs - is;
    *enough = threshold_db + f->gain_db <= peak_dbtp && (profile->crest_db <= 0 || crest_of(att_audio_view(out)) <= profile->crest_db);
    return status;
}

// The highest threshold of the limiter at which peak and crest are as asked once the loudness is: the lower it is, the nearer is the peak to
// the loudness, so it is found by bisection. The gain comes last and changes neither.
static att_status level(att_audio *out, att_sound shaped, const att_master_profile *profile, double peak_dbtp, att_mastered *f, const att_host *host,
    att_error *err)
{
    att_limiter limiter;
    bool enough = false;
    att_status status = att_limiter_init(&limiter, shaped, host, err);
    double high = status ? 0 : 20 * log10(fmax(att_limiter_peak(&limiter), 1e-9)), low = high - LIMIT_MOST_DB;
    if (!status)
        status = try_threshold(&limiter, out, shaped, profile, high, peak_dbtp, f, &enough, err);
    for (int i = 0; !status && !enough && i < BISECTIONS_OF_LEVEL; i++) {
        const double middle = (low + high) / 2;
        bool its;
        status = try_threshold(&limiter, out, shaped, profile, middle, peak_dbtp, f, &its, err);
        *(its ? &low : &high) = middle;
        if (!status && !att_progress_tell(host, "loudness", (uint64_t)i + 1, BISECTIONS_OF_LEVEL, "passes"))
            status = ATT_FAIL(err, ATT_CANCELLED, "mastering was cancelled");
    }
    if (!status && !enough)
        status = try_threshold(&limiter, out, shaped, profile, low, peak_dbtp, f, &enough, err);
    att_limiter_deinit(&limiter);
    const float gain = (float)pow(10, f->gain_db / 20);
    for (size_t i = 0; !status && i < out->frames * out->channels; i++)
        out->samples[i] *= gain;
    return status;
}

static att_status check_figures(const att_master_profile *p, const att_master_figures *f, att_error *err)
{
    if (!(fabs(f->loudness_lufs - p->loudness_lufs) <= LOUDNESS_MAY_MISS_LU))
        return ATT_FAIL(err, ATT_DENIED, "loudness: found %.2f LUFS, expected %.1f within %.1f", f->loudness_lufs, p->loudness_lufs, LOUDNESS_MAY_MISS_LU);
    if (!(f->true_peak_dbtp <= p->true_peak_dbtp + 0.005))
        return ATT_FAIL(err, ATT_DENIED, "true peak: found %.2f dBTP, expected at most %.1f", f->true_peak_dbtp, p->true_peak_dbtp);
    if (p->crest_db > 0 && !(f->crest_db <= p->crest_db + CREST_MAY_MISS_DB))
        return ATT_FAIL(err, ATT_DENIED, "crest: found %.2f dB, expected at most %.1f within %.1f", f->crest_db, p->crest_db, CREST_MAY_MISS_DB);
    return ATT_OK;
}

// The limiter oversamples as BS.1770 does, but its gain moves: what still stands over is taken off the ceiling.
static att_status make(att_audio *out, att_sound sound, const att_master_profile *profile, att_mastered *f, const att_host *host, att_error *err)
{
    att_audio shaped = {0};
    att_status status = att_audio_init(&shaped, sound.frames, sound.channels, sound.rate_hz, host, err);
    if (!status)
        status = shape(&shaped, sound, profile, &f->ratio, host, err);
    double ceiling = profile->true_peak_dbtp - 0.02;
    for (int i = 0; !status && i < 3; i++) {
        status = level(out, att_audio_view(&shaped), profile, ceiling, f, host, err);
        if (!status)
            status = att_master_measure(att_audio_view(out), &f->after, host, err);
        const double over = f->after.true_peak_dbtp - profile->true_peak_dbtp;
        if (over <= 0)
            break;
        ceiling -= over + 0.01;
    }
    att_audio_deinit(&shaped);
    return status;
}

att_status att_master(
    att_audio *out, att_sound sound, const att_master_profile *profile, att_mastered *figures, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    att_mastered f = {.ratio = 1};
    *out = (att_audio){0};
    att_status status = att_master_measure(sound, &f.before, &its, err);
    if (!status && !isfinite(f.before.loudness_lufs))
        status = ATT_FAIL(err, ATT_INSUFFICIENT, "there is no loudness in it: silence, or shorter than 0.4 s");
    if (!status)
        status = att_audio_init(out, sound.frames, sound.channels, sound.rate_hz, &its, err);
    if (!status)
        status = make(out, sound, profile, &f, &its, err);
    if (!status)
        status = att_while(err, check_figures(profile, &f.after, err), "profile %s", profile->name);
    if (!status)
        status = att_while(err, att_master_check_same(sound, att_audio_view(out), &f.identified, &its, err), "profile %s", profile->name);
    if (!status)
        status = att_while(err, att_master_check_analysis(sound, att_audio_view(out), &f, &its, err), "profile %s", profile->name);
    if (status)
        att_audio_deinit(out);
    if (figures)
        *figures = f;
    return status;
}
