// SPDX-License-Identifier: Apache-2.0
// guard/styles.c - works of named artists, and how far something is from them.
//
// Every number is measured in its deviation within artists, pooled over all of them (Fisher's within-class variance, its diagonal), so that
// what varies from work to work of one artist counts little. Of an artist with one work nothing is known of that; his middle is the work.
//
//   distance(x, a) = sqrt(mean over d of ((x_d - middle_a,d) / deviation_d)^2)
#include "guard/styles.h"

#include <math.h>
#include <stdlib.h>

enum { DIM_MAX = 1024 };

att_status att_styles_create(att_styles **out, size_t dim, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    if (dim > DIM_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "an embedding of %zu numbers, at most %d", dim, DIM_MAX);
    att_styles *styles = ATT_NEW_ARRAY(&full, att_styles, 1);
    if (!styles)
        return att_no_memory(err, 1, "list of artists");
    styles->host = full;
    styles->dim = dim ? dim : ATT_STYLE_DIM;
    styles->deviations = ATT_NEW_ARRAY(&full, double, styles->dim);
    *out = styles;
    if (styles->deviations)
        return ATT_OK;
    att_styles_destroy(styles);
    *out = NULL;
    return att_no_memory(err, dim, "numbers of an embedding");
}

void att_styles_destroy(att_styles *styles)
{
    if (!styles)
        return;
    const att_host host = styles->host;
    for (size_t a = 0; a < styles->artists.count; a++) {
        att_free(&host, styles->artists.items[a].name, styles->artists.items[a].name_size + (size_t)1, 1);
        att_free(&host, styles->artists.items[a].sum, styles->dim, sizeof(double));
    }
    ATT_VEC_FREE(&host, &styles->artists);
    ATT_VEC_FREE(&host, &styles->works);
    ATT_VEC_FREE(&host, &styles->numbers);
    if (styles->deviations)
        ATT_FREE_ARRAY(&host, styles->deviations, styles->dim);
    ATT_FREE_ARRAY(&host, styles, 1);
}

size_t att_styles_dim(const att_styles *styles)
{
    return styles->dim;
}

size_t att_styles_works(const att_styles *styles)
{
    return styles->works.count;
}

size_t att_styles_artists(const att_styles *styles)
{
    return styles->artists.count;
}

const char *att_styles_artist(const att_styles *styles, size_t index)
{
    return styles->artists.items[index].name;
}

// --- Adding -------------------------------------------------------------------------------------------------------

// The pooled deviations within artists of two works or more, a tenth of the overall ones in them lest one be nothing.
void att_styles_settle(att_styles *styles)
{
    const size_t n = styles->works.count;
    size_t many = 0;
    for (size_t a = 0; a < styles->artists.count; a++)
        many += styles->artists.items[a].works > 1 ? styles->artists.items[a].works - 1 : 0;
    for (size_t d = 0; d < styles->dim; d++) {
        double mean = 0, all = 0, within = 0;
        for (size_t w = 0; w < n; w++)
            mean += styles->numbers.items[w * styles->dim + d] / (double)n;
        for (size_t w = 0; w < n; w++) {
            const att_style_artist *a = &styles->artists.items[styles->works.items[w]];
            const double x = styles->numbers.items[w * styles->dim + d], off = x - a->sum[d] / a->works;
            all += (x - mean) * (x - mean) / (double)n;
            within += off * off;
        }
        const double pooled = many ? within / (double)many : all;
        styles->deviations[d] = sqrt(0.99 * pooled + 0.01 * all) + 1e-6;
    }
}

static att_style_artist *artist_named(att_styles *styles, const char *name, size_t *index)
{
    for (size_t a = 0; a < styles->artists.count; a++)
        if (strcmp(styles->artists.items[a].name, name) == 0)
            return *index = a, &styles->artists.items[a];
    return NULL;
}

static att_style_artist *new_artist(att_styles *styles, const char *name, size_t *index)
{
    const size_t size = strlen(name);
    att_style_artist a = {.name = att_alloc_zero(&styles->host, size + 1, 1), .name_size = (uint32_t)size,
        .sum = att_alloc_zero(&styles->host, styles->dim, sizeof(double))};
    if (a.name && a.sum && ATT_VEC_PUSH(&styles->host, &styles->artists, a)) {
        memcpy(a.name, name, size);
        return *index = styles->artists.count - 1, &styles->artists.items[*index];
    }
    att_free(&styles->host, a.name, size + 1, 1);
    att_free(&styles->host, a.sum, styles->dim, sizeof(double));
    return NULL;
}

att_status att_styles_put(att_styles *styles, const char *artist, const float *embedding, att_error *err)
{
    size_t index;
    const size_t size = strlen(artist);
    if (size == 0 || size >= ATT_STYLE_NAME_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "an artist's name of %zu bytes, expected 1 to %d", size, ATT_STYLE_NAME_MAX - 1);
    if (styles->works.count == ATT_STYLE_WORKS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "the list has %d works, it takes no more", ATT_STYLE_WORKS_MAX);
    for (size_t d = 0; d < styles->dim; d++)
        if (!isfinite(embedding[d]) || fabsf(embedding[d]) > 1e9f)
            return ATT_FAIL(err, ATT_INVALID, "number %zu of an embedding of %s is %g", d, artist, (double)embedding[d]);
    if (!ATT_VEC_RESERVE(&styles->host, &styles->works, styles->works.count + 1) ||
        !ATT_VEC_RESERVE(&styles->host, &styles->numbers, styles->numbers.count + styles->dim))
        return att_no_memory(err, styles->works.count + 1, "works");
    att_style_artist *a = artist_named(styles, artist, &index);
    if (!a && !(a = new_artist(styles, artist, &index)))
        return att_no_memory(err, 1, "artist");
    a->works++;
    for (size_t d = 0; d < styles->dim; d++) {
        a->sum[d] += embedding[d];
        styles->numbers.items[styles->numbers.count++] = embedding[d];
    }
    styles->works.items[styles->works.count++] = (uint32_t)index;
    return ATT_OK;
}

att_status att_styles_add(att_styles *styles, const char *artist, const float *embedding, att_error *err)
{
    const att_status status = att_styles_put(styles, artist, embedding, err);
    if (!status)
        att_styles_settle(styles);
    return status;
}

// --- Distances ----------------------------------------------------------------------------------------------------

double att_styles_distance(const att_styles *styles, size_t artist, const float *embedding, size_t without)
{
    const att_style_artist *a = &styles->artists.items[artist];
    const bool out = without < styles->works.count && styles->works.items[without] == artist;
    const double works = a->works - (out ? 1.0 : 0.0);
    double sum = 0;
    if (works < 1)
        return HUGE_VAL;
    for (size_t d = 0; d < styles->dim; d++) {
        const double total = a->sum[d] - (out ? (double)styles->numbers.items[without * styles->dim + d] : 0);
        const double off = (embedding[d] - total / works) / styles->deviations[d];
        sum += off * off;
    }
    return sqrt(sum / (double)styles->dim);
}

static double nearest_other(const att_styles *styles, size_t artist, const float *embedding)
{
    double least = HUGE_VAL;
    for (size_t a = 0; a < styles->artists.count; a++)
        if (a != artist)
            least = fmin(least, att_styles_distance(styles, a, embedding, SIZE_MAX));
    return least;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

att_status att_styles_rate(const att_styles *styles, double floor, att_style_rates *out, att_error *err)
{
    *out = (att_style_rates){0};
    const size_t all = styles->works.count;
    double *own = ATT_NEW_ARRAY(&styles->host, double, 2 * all + 2), *other = own ? own + all + 1 : NULL;
    if (!own)
        return att_no_memory(err, all, "distances");
    for (size_t w = 0; w < all; w++) {
        const float *x = &styles->numbers.items[w * styles->dim];
        const size_t artist = styles->works.items[w], n = out->works;
        if (styles->artists.items[artist].works < 2)
            continue;
        own[n] = att_styles_distance(styles, artist, x, w);
        other[n] = nearest_other(styles, artist, x);
        out->own_nearest += own[n] < other[n];
        out->own_below += own[n] < floor;
        out->other_below += other[n] < floor;
        out->works++;
    }
    const size_t n = out->works;
    if (n) {
        qsort(own, n, sizeof *own, by_value);
        qsort(other, n, sizeof *other, by_value);
        out->own_middle = own[n / 2];
        out->other_middle = other[n / 2];
        out->own_below /= (double)n;
        out->other_below /= (double)n;
    }
    ATT_FREE_ARRAY(&styles->host, own, 2 * all + 2);
    return n ? ATT_OK : ATT_FAIL(err, ATT_INSUFFICIENT, "no artist has two works");
}
