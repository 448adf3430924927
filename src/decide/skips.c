// SPDX-License-Identifier: Apache-2.0
// decide/skips.c - counting, fitting, and bytes.
#include "decide/skips.h"

#include <math.h>

enum { MAGIC = 0x4B535441, VERSION = 1, HEAD = 20, NUMBERS = 1 + ATT_SKIP_PARTS + 2, CELLS_MAX = 1 << 23, ROWS_MAX = 1 << 19, ROWS_LEAST = 200,
    STEPS = 25 };

typedef struct counted {
    float early, begun;
} counted;

typedef struct row {
    float x[ATT_SKIP_PARTS - 1];
    bool early;
} row;

struct att_skips_builder {
    att_host host;
    uint32_t item_count, tag_count, people_count;
    counted all;
    counted *items;      // (items)
    counted *activities; // (ATT_ACTIVITY_COUNT, tags)
    counted *people;     // (people_count, tags)
    ATT_VEC(row) rows;   // a ring once it is full
    size_t next;
};

att_status att_skips_builder_create(att_skips_builder **out, uint32_t items, uint32_t tags, uint32_t people, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_skips_builder *b = *out = ATT_NEW_ARRAY(&full, att_skips_builder, 1);
    if (!b)
        return att_no_memory(err, 1, "skips");
    b->host = full;
    b->item_count = items;
    b->tag_count = tags;
    b->people_count = tags ? ATT_MIN(people, (uint32_t)CELLS_MAX / tags) : 0;
    b->items = ATT_NEW_ARRAY(&b->host, counted, (size_t)items + 1);
    b->activities = ATT_NEW_ARRAY(&b->host, counted, (size_t)ATT_ACTIVITY_COUNT * tags + 1);
    b->people = ATT_NEW_ARRAY(&b->host, counted, (size_t)b->people_count * tags + 1);
    if (b->items && b->activities && b->people)
        return ATT_OK;
    att_skips_builder_destroy(b);
    *out = NULL;
    return att_no_memory(err, items, "skips of items");
}

void att_skips_builder_destroy(att_skips_builder *b)
{
    if (!b)
        return;
    const att_host host = b->host;
    ATT_FREE_ARRAY(&host, b->items, (size_t)b->item_count + 1);
    ATT_FREE_ARRAY(&host, b->activities, (size_t)ATT_ACTIVITY_COUNT * b->tag_count + 1);
    ATT_FREE_ARRAY(&host, b->people, (size_t)b->people_count * b->tag_count + 1);
    ATT_VEC_FREE(&host, &b->rows);
    ATT_FREE_ARRAY(&host, b, 1);
}

static double logit(double p)
{
    return log(p / (1 - p));
}

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

static double base_of(counted all)
{
    return ((double)all.early + 1) / ((double)all.begun + 2);
}

static double rate(double base, double early, double begun)
{
    return begun > 0 ? logit((early + ATT_SKIP_SMOOTHING * base) / (begun + ATT_SKIP_SMOOTHING)) - logit(base) : 0;
}

static double mean_rate(double base, const counted *of_tags, const uint16_t *tags, size_t tag_count)
{
    double sum = 0;
    for (size_t t = 0; t < tag_count; t++)
        sum += rate(base, (double)of_tags[tags[t]].early, (double)of_tags[tags[t]].begun);
    return tag_count ? sum / (double)tag_count : 0;
}

static void note(counted *c, bool early)
{
    c->early += early;
    c->begun += 1;
}

att_status att_skips_builder_add(att_skips_builder *b, uint32_t person, uint32_t item, uint8_t activity, const uint16_t *tags,
    size_t tag_count, bool early, att_error *err)
{
    if (item >= b->item_count || activity >= ATT_ACTIVITY_COUNT)
        return ATT_OK;
    counted *doing = b->activities + (size_t)activity * b->tag_count;
    counted *own = person < b->people_count ? b->people + (size_t)person * b->tag_count : NULL;
    if (own) {
        const double base = base_of(b->all);
        const row one = {.x = {(float)rate(base, (double)b->items[item].early, (double)b->items[item].begun),
                             (float)mean_rate(base, own, tags, tag_count), activity ? (float)mean_rate(base, doing, tags, tag_count) : 0},
            .early = early};
        if (b->rows.count < ROWS_MAX && !ATT_VEC_PUSH(&b->host, &b->rows, one))
            return att_no_memory(err, b->rows.count, "rows of skips");
        if (b->rows.count == ROWS_MAX)
            b->rows.items[b->next] = one;
        b->next = (b->next + 1) % ROWS_MAX;
    }
    note(&b->all, early);
    note(&b->items[item], early);
    for (size_t t = 0; t < tag_count; t++) {
        note(&doing[tags[t]], early);
        if (own)
            note(&own[tags[t]], early);
    }
    return ATT_OK;
}

// --- Fitting ------------------------------------------------------------------------------------------------------

// The i-th oldest.
static const row *row_at(const att_skips_builder *b, size_t i)
{
    return &b->rows.items[b->rows.count < ROWS_MAX ? i : (b->next + i) % ROWS_MAX];
}

static double score_of(const double *beta, const row *r)
{
    double z = beta[0];
    for (int k = 1; k < ATT_SKIP_PARTS; k++)
        z += beta[k] * (double)r->x[k - 1];
    return z;
}

// Solves the positive definite m x = v in place of v by elimination.
static void solve(double m[ATT_SKIP_PARTS][ATT_SKIP_PARTS], double *v)
{
    for (int i = 0; i < ATT_SKIP_PARTS; i++)
        for (int k = i + 1; k < ATT_SKIP_PARTS; k++) {
            const double share = m[k][i] / m[i][i];
            for (int j = i; j < ATT_SKIP_PARTS; j++)
                m[k][j] -= share * m[i][j];
            v[k] -= share * v[i];
        }
    for (int i = ATT_SKIP_PARTS - 1; i >= 0; i--) {
        for (int j = i + 1; j < ATT_SKIP_PARTS; j++)
            v[i] -= m[i][j] * v[j];
        v[i] /= m[i][i];
    }
}

// Newton's steps; a ridge of 1 on b1 … b3, which are 0 where nothing speaks for them.
static void fit(const att_skips_builder *b, size_t count, double base, double *beta)
{
    memset(beta, 0, ATT_SKIP_PARTS * sizeof *beta);
    beta[0] = logit(base);
    for (int step = 0; step < STEPS; step++) {
        double hessian[ATT_SKIP_PARTS][ATT_SKIP_PARTS] = {{1e-9}}, gradient[ATT_SKIP_PARTS] = {0}, moved = 0;
        for (int k = 1; k < ATT_SKIP_PARTS; k++) {
            hessian[k][k] = 1;
            gradient[k] = -beta[k];
        }
        for (size_t i = 0; i < count; i++) {
            const row *r = row_at(b, i);
            const double p = sigmoid(score_of(beta, r)), w = p * (1 - p);
            const double x[ATT_SKIP_PARTS] = {1, (double)r->x[0], (double)r->x[1], (double)r->x[2]};
            for (int k = 0; k < ATT_SKIP_PARTS; k++) {
                gradient[k] += (r->early - p) * x[k];
                for (int j = 0; j < ATT_SKIP_PARTS; j++)
                    hessian[k][j] += w * x[k] * x[j];
            }
        }
        solve(hessian, gradient);
        for (int k = 0; k < ATT_SKIP_PARTS; k++) {
            beta[k] += fmax(-2, fmin(gradient[k], 2)); // far steps in small steps
            moved = fmax(moved, fabs(gradient[k]));
        }
        if (moved < 1e-9)
            break;
    }
}

static double loss_of(const row *r, double p)
{
    return -log(fmax(r->early ? p : 1 - p, 1e-12));
}

static void judge(const att_skips_builder *b, size_t from, att_skips *out)
{
    const size_t count = b->rows.count;
    double early = 0, before;
    for (size_t i = 0; i < from; i++)
        early += row_at(b, i)->early;
    before = (early + 1) / ((double)from + 2);
    for (size_t i = from; i < count; i++) {
        out->loss += loss_of(row_at(b, i), sigmoid(score_of(out->b, row_at(b, i)))) / (double)(count - from);
        out->loss_of_base += loss_of(row_at(b, i), before) / (double)(count - from);
    }
}

static att_status new_skips(att_skips **out, uint32_t items, uint32_t tags, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    att_skips *skips = *out = ATT_NEW_ARRAY(&full, att_skips, 1);
    if (!skips)
        return att_no_memory(err, 1, "skips");
    skips->host = full;
    skips->item_count = items;
    skips->tag_count = tags;
    skips->items = ATT_NEW_ARRAY(&skips->host, float, (size_t)items + 1);
    skips->activities = ATT_NEW_ARRAY(&skips->host, float, (size_t)ATT_ACTIVITY_COUNT * tags + 1);
    if (skips->items && skips->activities)
        return ATT_OK;
    att_skips_destroy(skips);
    *out = NULL;
    return att_no_memory(err, items, "skips of items");
}

void att_skips_destroy(att_skips *skips)
{
    if (!skips)
        return;
    const att_host host = skips->host;
    ATT_FREE_ARRAY(&host, skips->items, (size_t)skips->item_count + 1);
    ATT_FREE_ARRAY(&host, skips->activities, (size_t)ATT_ACTIVITY_COUNT * skips->tag_count + 1);
    ATT_FREE_ARRAY(&host, skips, 1);
}

// Far beyond what is counted or fitted, and so small that no product of them leaves the range of float.
#define RATE_MOST 1e4
#define B_MOST 1e6

static bool all_within(const float *values, size_t count, double most)
{
    bool within = true;
    for (size_t i = 0; i < count; i++)
        within &= fabs((double)values[i]) <= most; // NaN is not
    return within;
}

static bool is_sound(const att_skips *skips)
{
    bool sound = skips->base > 0 && skips->base < 1 && isfinite(skips->loss) && isfinite(skips->loss_of_base);
    for (int i = 0; i < ATT_SKIP_PARTS; i++)
        sound &= fabs(skips->b[i]) <= B_MOST;
    return sound && all_within(skips->items, skips->item_count, RATE_MOST) &&
           all_within(skips->activities, (size_t)ATT_ACTIVITY_COUNT * skips->tag_count, RATE_MOST);
}

att_status att_skips_finish(att_skips **out, const att_skips_builder *b, const att_host *host, att_error *err)
{
    *out = NULL;
    if (b->rows.count < ROWS_LEAST || !(b->all.early > 0))
        return ATT_OK;
    att_skips *skips;
    const att_status status = new_skips(&skips, b->item_count, b->tag_count, host, err);
    if (status)
        return status;
    skips->base = base_of(b->all);
    fit(b, b->rows.count * 4 / 5, skips->base, skips->b);
    judge(b, b->rows.count * 4 / 5, skips);
    if (!(skips->loss < skips->loss_of_base)) {
        att_skips_destroy(skips);
        return ATT_OK;
    }
    for (uint32_t i = 0; i < b->item_count; i++)
        skips->items[i] = (float)rate(skips->base, (double)b->items[i].early, (double)b->items[i].begun);
    for (size_t c = b->tag_count; c < (size_t)ATT_ACTIVITY_COUNT * b->tag_count; c++) // an unknown activity tells nothing
        skips->activities[c] = (float)rate(skips->base, (double)b->activities[c].early, (double)b->activities[c].begun);
    if (is_sound(skips))
        *out = skips;
    else
        att_skips_destroy(skips);
    return ATT_OK;
}

// --- Asking -------------------------------------------------------------------------------------------------------

double att_skips_rate(const att_skips *skips, double early, double begun)
{
    return rate(skips->base, early, begun);
}

float att_skips_chance(const att_skips *skips, float item, float tags)
{
    return 1 / (1 + expf(-((float)skips->b[0] + (float)skips->b[1] * item + tags)));
}

// --- Bytes --------------------------------------------------------------------------------------------------------

static double *number(att_skips *skips, int i)
{
    return i == 0 ? &skips->base : i <= ATT_SKIP_PARTS ? &skips->b[i - 1] : i == ATT_SKIP_PARTS + 1 ? &skips->loss : &skips->loss_of_base;
}

static size_t size_of(uint64_t items, uint64_t tags)
{
    return HEAD + 8 * NUMBERS + 4 * (items + ATT_ACTIVITY_COUNT * tags);
}

size_t att_skips_size(const att_skips *skips)
{
    return size_of(skips->item_count, skips->tag_count);
}

void att_skips_save(const att_skips *skips, unsigned char *out)
{
    const uint32_t head[HEAD / 4] = {MAGIC, VERSION, skips->item_count, skips->tag_count, ATT_ACTIVITY_COUNT};
    att_skips copy = *skips;
    memcpy(out, head, HEAD);
    for (int i = 0; i < NUMBERS; i++)
        memcpy(out + HEAD + 8 * i, number(&copy, i), 8);
    out += HEAD + 8 * NUMBERS;
    memcpy(out, skips->items, 4 * (size_t)skips->item_count);
    memcpy(out + 4 * (size_t)skips->item_count, skips->activities, 4 * (size_t)ATT_ACTIVITY_COUNT * skips->tag_count);
}

att_status att_skips_load(att_skips **out, const unsigned char *data, size_t size, const att_host *host, att_error *err)
{
    uint32_t head[HEAD / 4] = {0};
    *out = NULL;
    memcpy(head, data, ATT_MIN(size, (size_t)HEAD));
    if (size < HEAD || head[0] != MAGIC)
        return ATT_FAIL(err, ATT_CORRUPT, "section of skips of %zu bytes does not begin with ATSK", size);
    if (head[1] != VERSION || head[4] != ATT_ACTIVITY_COUNT)
        return ATT_FAIL(err, ATT_VERSION, "section of skips is of version %u with %u activities, this build reads %d with %d", head[1], head[4],
            VERSION, ATT_ACTIVITY_COUNT);
    if (head[3] > UINT16_MAX + 1u || size != size_of(head[2], head[3]))
        return ATT_FAIL(err, ATT_CORRUPT, "section of skips has %zu bytes, which do not fit %u items and %u tags", size, head[2], head[3]);
    att_status status = new_skips(out, head[2], head[3], host, err);
    if (status)
        return status;
    for (int i = 0; i < NUMBERS; i++)
        memcpy(number(*out, i), data + HEAD + 8 * i, 8);
    data += HEAD + 8 * NUMBERS;
    memcpy((*out)->items, data, 4 * (size_t)head[2]);
    memcpy((*out)->activities, data + 4 * (size_t)head[2], 4 * (size_t)ATT_ACTIVITY_COUNT * head[3]);
    if (is_sound(*out))
        return ATT_OK;
    att_skips_destroy(*out);
    *out = NULL;
    return ATT_FAIL(err, ATT_CORRUPT, "section of skips holds a number that is out of range");
}
