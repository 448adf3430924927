// SPDX-License-Identifier: Apache-2.0
// music/stems_finish.c - a folder of multitracks measured, and what is learned from that: how far masks may be trusted.
#include "music/stems_examples.h"
#include "music/stems_measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static att_status measure_all(const char *folder, const att_stems_model *model, const att_host *host, att_arena *life, att_stems_point **points, size_t *count,
    att_error *err)
{
    char **names = NULL;
    att_status status = att_stems_folder_list(folder, &names, count, life, err);
    if (!status && !(*points = ATT_NEW(life, att_stems_point, *count)))
        status = att_no_memory(err, *count, "tracks");
    for (size_t n = 0; !status && n < *count; n++) {
        att_host silent = *host; // tracks are told of, not their frames
        silent.progress = NULL;
        if (!att_progress_tell(host, "split and measure", n, *count, "tracks"))
            status = ATT_FAIL(err, ATT_CANCELLED, "measuring was stopped");
        else
            status = att_while(err, att_stems_measure_track(folder, names[n], model, &silent, &(*points)[n], err), "%s/%s", folder, names[n]);
    }
    return status;
}

// --- Trust ----------------------------------------------------------------------------------------------------

// Least squares of what was measured on what the masks said; with fewer than eight tracks, or all alike, their mean difference.
static att_stems_trust fit_trust(const att_stems_point *points, size_t count, int row, int stem)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        const double said = points[i].expected_db[row][stem], is = points[i].si_sdr_db[row][stem];
        if (!isfinite(said) || !isfinite(is))
            continue;
        n++, x += said, y += is, xx += said * said, xy += said * is;
    }
    if (n < 1)
        return (att_stems_trust){0, 1};
    const double spread = xx - x * x / n, slope = n >= 8 && spread > 0.01 * n ? (xy - x * y / n) / spread : 1;
    return (att_stems_trust){(float)((y - slope * x) / n), (float)slope};
}

static char *write_card(const att_stems_trained *t, const att_stems_model *m, const att_stems_train_options *o, uint64_t seed, att_arena *life)
{
    char rows[ATT_STEM_COUNT][96];
    for (int s = 0; s < ATT_STEM_COUNT; s++)
        snprintf(rows[s], sizeof rows[s], "| %s | %.2f | %.2f + %.2f x |\n", att_stem_name((att_stem)s), t->expected_db[s], (double)m->trust[s].offset_db,
            (double)m->trust[s].slope);
    return att_arena_printf(life,
        "# Model card: the mask network of `attune music stems`\n\n"
        "Splits music into drums, bass, vocals and other by masks over %d bands (docs/stems.md). %zu weights, one byte each in matrices.\n"
        "Made to mix music again to a listener's taste and to analyse it; not to tell who sings or plays.\n\n"
        "Trained by `attune music stems --train` on %u tracks for %u steps, seed %llu; loss at the end %.3f. Held out: %u tracks.\n\n"
        "| stem | mean SI-SDR held out, dB | expected SI-SDR, x being what the masks say |\n| --- | --- | --- |\n%s%s%s%s\n"
        "## Data\n\n%s\n",
        ATT_STEMS_BANDS, att_stems_layout_get().count, t->tracks, t->steps, (unsigned long long)seed, t->loss, t->held_out_tracks, rows[0], rows[1], rows[2], rows[3],
        o->card ? o->card : "Nothing was said about them.");
}

att_status att_stems_finish(const char *path, float *weights, const char *folder, const att_stems_train_options *options, const att_host *host,
    att_stems_trained *out, att_error *err)
{
    const att_stems_trust plain = {0, 1};
    att_stems_model model = {.weights = weights, .trust = {plain, plain, plain, plain}};
    att_stems_point *points = NULL;
    att_arena life;
    size_t count = 0;
    char *card = NULL;
    att_arena_init(&life, host, 0);
    att_status status = att_stems_model_save(path, weights, model.trust, "", host, err); // rounded from here on
    if (!status)
        status = measure_all(folder, &model, host, &life, &points, &count, err);
    out->held_out_tracks = (uint32_t)count;
    for (int s = 0; !status && s < ATT_STEM_COUNT; s++) {
        double sum = 0, n = 0;
        for (size_t i = 0; i < count; i++)
            if (isfinite(points[i].si_sdr_db[ATT_STEMS_ROW_NETWORK][s]))
                sum += points[i].si_sdr_db[ATT_STEMS_ROW_NETWORK][s], n++;
        out->expected_db[s] = n > 0 ? sum / n : NAN;
        model.trust[s] = fit_trust(points, count, ATT_STEMS_ROW_NETWORK, s);
        const att_stems_trust classical = fit_trust(points, count, ATT_STEMS_ROW_CLASSICAL, s);
        att_logf(host, ATT_LOG_INFO, "%s: held out %.2f dB; trust %.2f + %.2f x; classical masks %.2f + %.2f x", att_stem_name((att_stem)s), out->expected_db[s],
            (double)model.trust[s].offset_db, (double)model.trust[s].slope, (double)classical.offset_db, (double)classical.slope);
    }
    if (!status && !(card = write_card(out, &model, options, options->seed ? options->seed : 1, &life)))
        status = att_no_memory(err, 1, "model card");
    if (!status)
        status = att_stems_model_save(path, weights, model.trust, card, host, err);
    att_arena_deinit(&life);
    return status;
}

att_status att_stems_card(char **out, const char *model, const att_host *host, att_error *err)
{
    att_stems_model m;
    *out = NULL;
    const att_status status = att_stems_model_open(&m, model, host, err);
    if (!status) {
        *out = m.card;
        m.card = NULL;
    }
    att_stems_model_close(&m);
    return status;
}

void att_stems_card_free(char *card, const att_host *host)
{
    const att_host its = att_host_complete(host);
    if (card)
        att_free(&its, card, strlen(card) + 1, 1);
}

// --- Report ---------------------------------------------------------------------------------------------------

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Mean and median of those that are numbers; NaN of none.
static uint32_t gather(const double *first, size_t stride, size_t count, double *list, double *mean, double *median)
{
    uint32_t n = 0;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double x = *(const double *)(const void *)((const char *)first + i * stride);
        if (isfinite(x))
            sum += list[n++] = x;
    }
    qsort(list, n, sizeof *list, by_size);
    *mean = n ? sum / n : NAN;
    *median = n ? 0.5 * (list[(n - 1) / 2] + list[n / 2]) : NAN;
    return n;
}

static void summarize(const att_stems_point *points, size_t count, double *list, att_stems_report *out)
{
    for (int row = 0; row < ATT_STEMS_ROW_COUNT; row++) {
        double sum = 0, n = 0, unused;
        for (int s = 0; s < ATT_STEM_COUNT; s++) {
            att_stems_figures *f = &out->row[row][s];
            f->tracks = gather(&points[0].si_sdr_db[row][s], sizeof *points, count, list, &f->si_sdr_mean_db, &f->si_sdr_median_db);
            gather(&points[0].sdr_db[row][s], sizeof *points, count, list, &unused, &f->sdr_median_db);
            sum += f->tracks ? f->tracks * f->si_sdr_mean_db : 0;
            n += f->tracks;
        }
        out->si_sdr_mean_db[row] = n > 0 ? sum / n : NAN;
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        double off = 0, n = 0;
        for (size_t i = 0; i < count; i++) {
            const double by = fabs(points[i].expected_db[ATT_STEMS_ROW_NETWORK][s] - points[i].si_sdr_db[ATT_STEMS_ROW_NETWORK][s]);
            if (isfinite(by))
                off += by, n++;
        }
        out->expected_off_db[s] = n > 0 ? off / n : NAN;
    }
    for (size_t i = 0; i < count; i++)
        out->seconds += points[i].seconds, out->network_s += points[i].network_s;
}

att_status att_stems_evaluate(const char *folder, const att_stems_options *options, const att_host *host, att_stems_report *out, att_error *err)
{
    const att_host its = att_host_complete(host);
    att_stems_model model = {0};
    att_stems_point *points = NULL;
    att_arena life;
    size_t count = 0;
    *out = (att_stems_report){0};
    att_status status = att_stems_model_open(&model, options ? options->model : NULL, &its, err);
    if (status == ATT_UNSUPPORTED)
        status = ATT_OK;
    att_arena_init(&life, &its, 0);
    if (!status)
        status = measure_all(folder, model.weights ? &model : NULL, &its, &life, &points, &count, err);
    double *list = status ? NULL : ATT_NEW(&life, double, count);
    if (!status && !list)
        status = att_no_memory(err, count, "tracks");
    out->tracks = (uint32_t)count;
    if (!status)
        summarize(points, count, list, out);
    att_stems_model_close(&model);
    att_arena_deinit(&life);
    return status;
}
