// SPDX-License-Identifier: Apache-2.0
// music/stems_measure.c - SI-SDR and SDR of one track, by every way of splitting it.
#include "music/stems_measure.h"
#include "music/stems_examples.h"
#include "music/stft.h"

#include <math.h>
#include <stdlib.h>

static double bounded_db(double ratio)
{
    return ATT_MIN(ATT_MAX(10 * log10(ratio), -80), 120);
}

double att_si_sdr_db(const float *s, const float *e, size_t count)
{
    double ss = 0, se = 0, ee = 0;
    for (size_t i = 0; i < count; i++) {
        ss += (double)s[i] * s[i];
        se += (double)s[i] * e[i];
        ee += (double)e[i] * e[i];
    }
    if (ss <= 0)
        return NAN;
    const double kept = se * se / ss; // |a s|^2; |a s - e|^2 is |e|^2 less that
    return ee > 0 ? bounded_db(kept / ATT_MAX(ee - kept, 1e-12 * ee)) : -80;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *list, size_t count)
{
    if (!count)
        return NAN;
    qsort(list, count, sizeof *list, by_size);
    return count % 2 ? list[count / 2] : 0.5 * (list[count / 2 - 1] + list[count / 2]);
}

static double energy(const float *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * x[i];
    return sum;
}

static double distance(const float *x, const float *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
    return sum;
}

void att_bss_sdr_db(const att_sound *s, const att_sound *e, size_t count, double *sdr_db)
{
    enum { WINDOWS_MAX = 4096 };
    const size_t window = (size_t)s[0].rate_hz * s[0].channels, windows = ATT_MIN(s[0].frames / s[0].rate_hz, (size_t)WINDOWS_MAX);
    double found[ATT_STEM_COUNT][WINDOWS_MAX];
    size_t counted = 0;
    bool heard[ATT_STEM_COUNT];
    assert(count <= ATT_STEM_COUNT);
    for (size_t k = 0; k < count; k++)
        heard[k] = energy(s[k].samples, s[k].frames * s[k].channels) > 0;
    for (size_t w = 0; w < windows; w++) {
        bool counts = true;
        for (size_t k = 0; k < count; k++)
            counts = counts && (!heard[k] || (energy(s[k].samples + w * window, window) > 0 && energy(e[k].samples + w * window, window) > 0));
        for (size_t k = 0; counts && k < count; k++)
            found[k][counted] = bounded_db(energy(s[k].samples + w * window, window) /
                                           ATT_MAX(distance(s[k].samples + w * window, e[k].samples + w * window, window), 1e-30));
        counted += counts;
    }
    for (size_t k = 0; k < count; k++)
        sdr_db[k] = heard[k] ? median(found[k], counted) : NAN;
}

// --- The ideal mask -------------------------------------------------------------------------------------------

static float squared(float complex z)
{
    return crealf(z) * crealf(z) + cimagf(z) * cimagf(z);
}

static void ideal_frame(att_stft *stft, const att_audio truth[ATT_STEM_COUNT], att_sound mix, int64_t frame, uint32_t channel, float complex *rows, att_stems *out)
{
    const size_t bins = att_stft_bins(stft);
    float complex *mixed = rows + ATT_STEM_COUNT * bins;
    att_stft_forward(stft, mix, channel, frame, mixed);
    for (size_t s = 0; s < ATT_STEM_COUNT; s++)
        att_stft_forward(stft, att_audio_view(&truth[s]), channel, frame, rows + s * bins);
    for (size_t k = 0; k < bins; k++) {
        float power[ATT_STEM_COUNT], sum = 0;
        for (size_t s = 0; s < ATT_STEM_COUNT; s++)
            sum += power[s] = squared(rows[s * bins + k]);
        for (size_t s = 0; s < ATT_STEM_COUNT; s++)
            rows[s * bins + k] = sum > 0 ? mixed[k] * (power[s] / sum) : 0;
    }
    for (size_t s = 0; s < ATT_STEM_COUNT; s++)
        att_stft_inverse(stft, rows + s * bins, frame, channel, &out->stem[s]);
}

att_status att_stems_ideal(const att_audio truth[ATT_STEM_COUNT], att_sound mix, att_stems *out, const att_host *host, att_error *err)
{
    const att_host its = att_host_complete(host);
    att_stft *stft = NULL;
    float complex *rows = NULL;
    *out = (att_stems){0};
    att_status status = att_stft_create(&stft, mix.rate_hz, &its, err);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++)
        status = att_audio_init(&out->stem[s], mix.frames, mix.channels, mix.rate_hz, &its, err);
    const size_t count = stft ? (ATT_STEM_COUNT + 1) * att_stft_bins(stft) : 0;
    if (!status && !(rows = ATT_NEW_ARRAY(&its, float complex, count)))
        status = att_no_memory(err, count, "bins");
    for (uint32_t c = 0; !status && c < mix.channels; c++)
        for (size_t f = 0; f < att_stft_frames(stft, mix.frames); f++)
            ideal_frame(stft, truth, mix, (int64_t)f, c, rows, out);
    if (rows)
        ATT_FREE_ARRAY(&its, rows, count);
    att_stft_destroy(stft);
    if (status)
        att_stems_deinit(out);
    return status;
}

// --- One track ------------------------------------------------------------------------------------------------

typedef struct truth {
    att_audio stem[ATT_STEM_COUNT];
    att_audio mix;
} truth;

static void truth_deinit(truth *t)
{
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        att_audio_deinit(&t->stem[s]);
    att_audio_deinit(&t->mix);
}

static att_status cut(att_audio *a, size_t frames, const att_host *host, att_error *err)
{
    att_audio cut;
    if (a->frames == frames)
        return ATT_OK;
    const att_status status = att_audio_init(&cut, frames, a->channels, a->rate_hz, host, err);
    if (status)
        return status;
    memcpy(cut.samples, a->samples, frames * a->channels * sizeof *cut.samples);
    att_audio_deinit(a);
    *a = cut;
    return ATT_OK;
}

// Stems that are absent are silence of the others' shape; longer ones are cut to the shortest.
static att_status fit(truth *t, const char *track, const att_host *host, att_error *err)
{
    const att_audio *like = NULL;
    size_t frames = SIZE_MAX;
    att_status status = ATT_OK;
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        const att_audio *a = &t->stem[s];
        if (!a->frames)
            continue;
        if (like && (a->rate_hz != like->rate_hz || a->channels != like->channels))
            return ATT_FAIL(err, ATT_INVALID, "%s: %s has %u Hz and %u channels, the stems before it %u and %u", track, att_stem_name((att_stem)s),
                a->rate_hz, a->channels, like->rate_hz, like->channels);
        like = a;
        frames = ATT_MIN(frames, a->frames);
    }
    const att_sound shape = att_audio_view(like);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++)
        status = t->stem[s].frames ? cut(&t->stem[s], frames, host, err) : att_audio_init(&t->stem[s], frames, shape.channels, shape.rate_hz, host, err);
    if (!status)
        status = att_audio_init(&t->mix, frames, shape.channels, shape.rate_hz, host, err);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++)
        for (size_t i = 0; i < frames * shape.channels; i++)
            t->mix.samples[i] += t->stem[s].samples[i];
    return status;
}

static att_status truth_read(truth *t, const char *folder, const char *track, const att_host *host, att_error *err)
{
    att_arena scratch;
    att_status status = ATT_OK;
    att_arena_init(&scratch, host, 0);
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++) {
        const char *path = att_stems_folder_stem(folder, track, (att_stem)s, &scratch);
        if (path)
            status = att_audio_read(&t->stem[s], path, NULL, host, err);
    }
    att_arena_deinit(&scratch);
    return status ? status : fit(t, track, host, err);
}

static void put_row(att_stems_point *out, int row, const truth *t, const att_sound estimates[ATT_STEM_COUNT], const double *expected_db)
{
    att_sound s[ATT_STEM_COUNT];
    for (int k = 0; k < ATT_STEM_COUNT; k++) {
        s[k] = att_audio_view(&t->stem[k]);
        out->si_sdr_db[row][k] = att_si_sdr_db(s[k].samples, estimates[k].samples, s[k].frames * s[k].channels);
        if (expected_db)
            out->expected_db[row][k] = expected_db[k];
    }
    att_bss_sdr_db(s, estimates, ATT_STEM_COUNT, out->sdr_db[row]);
}

static att_status put_split(att_stems_point *out, int row, const truth *t, att_stems *stems, att_status status)
{
    att_sound estimates[ATT_STEM_COUNT];
    if (status)
        return status;
    for (int k = 0; k < ATT_STEM_COUNT; k++)
        estimates[k] = att_audio_view(&stems->stem[k]);
    put_row(out, row, t, estimates, stems->expected_db);
    att_stems_deinit(stems);
    return ATT_OK;
}

att_status att_stems_measure_track(
    const char *folder, const char *track, const att_stems_model *model, const att_host *host, att_stems_point *out, att_error *err)
{
    const att_host its = att_host_complete(host);
    truth t = {0};
    att_stems stems;
    for (int row = 0; row < ATT_STEMS_ROW_COUNT; row++)
        for (int k = 0; k < ATT_STEM_COUNT; k++)
            out->si_sdr_db[row][k] = out->sdr_db[row][k] = out->expected_db[row][k] = NAN;
    att_status status = truth_read(&t, folder, track, &its, err);
    const att_sound mix = att_audio_view(&t.mix);
    out->seconds = status ? 0 : (double)mix.frames / mix.rate_hz;
    out->network_s = 0;
    if (!status)
        put_row(out, ATT_STEMS_ROW_MIX, &t, (att_sound[]){mix, mix, mix, mix}, NULL);
    if (!status)
        status = put_split(out, ATT_STEMS_ROW_CLASSICAL, &t, &stems, att_stems_separate_with(&stems, mix, NULL, &its, err));
    if (!status && model) {
        const int64_t from_ms = its.now_ms(its.user);
        status = att_stems_separate_with(&stems, mix, model, &its, err);
        out->network_s = (double)(its.now_ms(its.user) - from_ms) / 1000;
        status = put_split(out, ATT_STEMS_ROW_NETWORK, &t, &stems, status);
    }
    if (!status)
        status = put_split(out, ATT_STEMS_ROW_IDEAL, &t, &stems, att_stems_ideal(t.stem, mix, &stems, &its, err));
    truth_deinit(&t);
    return status;
}
