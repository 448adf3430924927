// SPDX-License-Identifier: Apache-2.0
// embed/model_file.c - a model as a snapshot "MODL", and back.
//
// Sections: HEAD (below), TOUC, PLAC, POPU (item_count each), VECT (item_count * stride), BASE (stride^2); for
// ease and blend either DENS (item_count^2) or ROWS (item_count + 1), COLS and VALS; with content NAMO (offsets,
// name_count + 1), NAMB (bytes), NAMM and NAMS (mean and scale, name_count), VMEA (vector_dim) and CONT (features * stride).
// With a sequence part SEQH (below), SEQW (its weights), SEQI (items * its dim) and SEQK (item_count: events each was trained on).
// In version 1 the weights end before those of the context that is asked in (att_seq_ends.asked): a model that knows nothing of it.
// With a trend TRNH (below) and TRND (item_count); with what is new to people NEWH (the same) and NEWB (item_count).
// RECI is what it was built by and ORIG where it comes from; files from before have neither.
// Arrays are used where they lie. The container has checked sums and bounds; here sizes must agree with HEAD, and what is used as an
// index or a divisor is looked at.
#include "embed/model_parts.h"
#include "embed/seq_parts.h"

#include <math.h>

enum {
    HEAD = ATT_TAG4('H', 'E', 'A', 'D'),
    TOUC = ATT_TAG4('T', 'O', 'U', 'C'),
    PLAC = ATT_TAG4('P', 'L', 'A', 'C'),
    POPU = ATT_TAG4('P', 'O', 'P', 'U'),
    VECT = ATT_TAG4('V', 'E', 'C', 'T'),
    BASE = ATT_TAG4('B', 'A', 'S', 'E'),
    DENS = ATT_TAG4('D', 'E', 'N', 'S'),
    ROWS = ATT_TAG4('R', 'O', 'W', 'S'),
    COLS = ATT_TAG4('C', 'O', 'L', 'S'),
    VALS = ATT_TAG4('V', 'A', 'L', 'S'),
    NAMO = ATT_TAG4('N', 'A', 'M', 'O'),
    NAMB = ATT_TAG4('N', 'A', 'M', 'B'),
    NAMM = ATT_TAG4('N', 'A', 'M', 'M'),
    NAMS = ATT_TAG4('N', 'A', 'M', 'S'),
    VMEA = ATT_TAG4('V', 'M', 'E', 'A'),
    CONT = ATT_TAG4('C', 'O', 'N', 'T'),
    SEQH = ATT_TAG4('S', 'E', 'Q', 'H'),
    SEQW = ATT_TAG4('S', 'E', 'Q', 'W'),
    SEQI = ATT_TAG4('S', 'E', 'Q', 'I'),
    SEQK = ATT_TAG4('S', 'E', 'Q', 'K'),
    TRNH = ATT_TAG4('T', 'R', 'N', 'H'),
    TRND = ATT_TAG4('T', 'R', 'N', 'D'),
    NEWH = ATT_TAG4('N', 'E', 'W', 'H'),
    NEWB = ATT_TAG4('N', 'E', 'W', 'B'),
    RECI = ATT_TAG4('R', 'E', 'C', 'I'),
    ORIG = ATT_TAG4('O', 'R', 'I', 'G'),
    MODL = ATT_TAG4('M', 'O', 'D', 'L')
};

typedef struct head {
    uint64_t version;
    uint32_t kind, item_count, dim, stride;
    double mix, ease_scale;
    uint32_t has_dense, has_sparse;
    uint64_t sparse_count;
    double unobserved, penalty, ridge;
    uint32_t has_content, name_count, vector_dim;
    float vector_scale;
    uint64_t name_bytes;
} head;

typedef struct sequence_head {
    uint32_t length, dim, heads, layers, hidden, zero;
    double share, scale;
} sequence_head;

// Of a part that hangs on the day.
typedef struct dated_head {
    double weight, scale, half_life_days;
    int64_t at_ms;
} dated_head;
_Static_assert(sizeof(dated_head) == 32, "docs/formats.md");

// att_recipe on disk.
typedef struct recipe_row {
    uint32_t kind, dim, passes, block, scale_people, ease_keep, ease_binary, zero;
    uint64_t seed;
    double unobserved, reg, reg_power, init, ease_reg, mix;
} recipe_row;
_Static_assert(sizeof(recipe_row) == 88, "docs/formats.md");
_Static_assert(sizeof(att_model_origin) == 56, "written as it lies; docs/formats.md");

// --- Saving --------------------------------------------------------------------------------------

static head head_of(const att_model *model, uint64_t version)
{
    const att_features *f = &model->content.features;
    return (head){.version = version,
        .kind = model->kind,
        .item_count = model->item_count,
        .dim = model->dim,
        .stride = model->stride,
        .mix = model->mix,
        .ease_scale = model->ease_scale,
        .has_dense = model->ease.dense != NULL,
        .has_sparse = model->ease.by_source.row_start != NULL,
        .sparse_count = att_matrix_nonzeros(&model->ease.by_source),
        .unobserved = model->unobserved,
        .penalty = model->penalty,
        .ridge = model->content.ridge,
        .has_content = model->content.weights != NULL,
        .name_count = f->names.count,
        .vector_dim = f->vector_dim,
        .vector_scale = f->vector_scale,
        .name_bytes = f->names.count ? f->names.offsets[f->names.count] : 0};
}

static recipe_row row_of(const att_recipe *r)
{
    return (recipe_row){.kind = r->kind,
        .dim = r->als.dim,
        .passes = r->als.passes,
        .block = r->als.block,
        .scale_people = r->als.scale_people,
        .ease_keep = r->ease.keep,
        .ease_binary = r->ease.binary,
        .seed = r->als.seed,
        .unobserved = r->als.unobserved,
        .reg = r->als.reg,
        .reg_power = r->als.reg_power,
        .init = r->als.init,
        .ease_reg = r->ease.reg,
        .mix = r->mix};
}

static sequence_head sequence_head_of(const att_model *model)
{
    if (!model->seq)
        return (sequence_head){0};
    const att_seq_shape *s = &model->seq->shape;
    return (sequence_head){s->length, s->dim, s->heads, s->layers, s->hidden, 0, model->seq_share,
        model->seq_scale};
}

// Of the trend, and of what is new.
typedef struct dated_heads {
    dated_head trend, newness;
} dated_heads;

static dated_heads dated_heads_of(const att_model *model)
{
    const att_trend *t = &model->trend;
    const att_newness *n = &model->newness;
    return (dated_heads){{t->weight, t->scale, t->half_life_days, t->at_ms}, {n->weight, 1, n->half_life_days, n->at_ms}};
}

// What is added must live until the writer finishes.
static att_status add_sections(att_snapshot_writer *writer, const att_model *model, const head *h,
    const sequence_head *sh, const dated_heads *dated, const recipe_row *recipe, att_error *err)
{
    const att_seq *seq = model->seq;
    const size_t items = model->item_count, stride = model->stride;
    const att_matrix *m = &model->ease.by_source;
    const att_content *c = &model->content;
    const att_names *names = &c->features.names;
    const size_t features = (size_t)h->name_count + h->vector_dim + 1;
    const struct {
        uint32_t id;
        bool there;
        const void *data;
        size_t size;
    } sections[] = {
        {HEAD, true, h, sizeof *h},
        {TOUC, true, model->touched, items * sizeof *model->touched},
        {POPU, true, model->popularity, items * sizeof *model->popularity},
        {PLAC, stride > 0, model->placed, items * sizeof *model->placed},
        {VECT, stride > 0, model->items, items * stride * sizeof *model->items},
        {BASE, stride > 0, model->base, stride * stride * sizeof *model->base},
        {DENS, h->has_dense, model->ease.dense, items * items * sizeof *model->ease.dense},
        {ROWS, h->has_sparse, m->row_start, (items + 1) * sizeof *m->row_start},
        {COLS, h->has_sparse, m->col, (size_t)h->sparse_count * sizeof *m->col},
        {VALS, h->has_sparse, m->value, (size_t)h->sparse_count * sizeof *m->value},
        {NAMO, h->has_content && h->name_count, names->offsets,
            ((size_t)h->name_count + 1) * sizeof *names->offsets},
        {NAMB, h->has_content && h->name_count, names->pool, (size_t)h->name_bytes},
        {NAMM, h->has_content && h->name_count, c->features.mean, h->name_count * sizeof(float)},
        {NAMS, h->has_content && h->name_count, c->features.scale, h->name_count * sizeof(float)},
        {VMEA, h->has_content && h->vector_dim, c->features.vector_mean,
            h->vector_dim * sizeof(float)},
        {CONT, h->has_content, c->weights, features * stride * sizeof(float)},
        {SEQH, seq != NULL, sh, sizeof *sh},
        {SEQW, seq != NULL, seq ? seq->weights : NULL,
            seq ? att_seq_weights(&seq->shape) * sizeof(float) : 0},
        {SEQI, seq != NULL, seq ? seq->items : NULL, items * sh->dim * sizeof(float)},
        {SEQK, seq != NULL, seq ? seq->known : NULL, items * sizeof(uint32_t)},
        {TRNH, model->trend.values != NULL, &dated->trend, sizeof dated->trend},
        {TRND, model->trend.values != NULL, model->trend.values, items * sizeof(float)},
        {NEWH, model->newness.born_days != NULL, &dated->newness, sizeof dated->newness},
        {NEWB, model->newness.born_days != NULL, model->newness.born_days, items * sizeof(float)},
        {RECI, model->has_recipe, recipe, sizeof *recipe},
        {ORIG, true, &model->origin, sizeof model->origin},
    };
    att_status status = ATT_OK;
    for (size_t i = 0; i < ATT_COUNT_OF(sections) && !status; i++)
        if (sections[i].there)
            status =
                att_snapshot_add(writer, sections[i].id, sections[i].data, sections[i].size, err);
    return status;
}

att_status att_model_save(
    const att_model *model, uint64_t version, const char *path, att_error *err)
{
    const head h = head_of(model, version);
    const sequence_head sequence = sequence_head_of(model);
    const dated_heads dated = dated_heads_of(model);
    const recipe_row recipe = row_of(&model->recipe);
    att_snapshot_writer *writer = NULL;
    att_status status =
        att_snapshot_writer_create(&writer, MODL, ATT_MODEL_VERSION, &model->host, err);
    if (!status)
        status = add_sections(writer, model, &h, &sequence, &dated, &recipe, err);
    if (!status)
        status = att_snapshot_finish(writer, path, err);
    att_snapshot_writer_destroy(writer);
    return status ? att_while(err, status, "saving model %s", path) : ATT_OK;
}

// --- Loading -------------------------------------------------------------------------------------

static att_status check_head(const head *h, att_error *err)
{
    if (h->kind > ATT_MODEL_BLEND)
        return ATT_FAIL(
            err, ATT_CORRUPT, "kind is %u, the highest known is %d", h->kind, ATT_MODEL_BLEND);
    if (h->dim > ATT_ALS_DIM_MAX || h->stride != att_normal_pad(h->dim))
        return ATT_FAIL(err, ATT_CORRUPT, "dim is %u with stride %u, wanted at most %d and %zu",
            h->dim, h->stride, ATT_ALS_DIM_MAX, att_normal_pad(h->dim));
    if (!(h->mix >= 0 && h->mix <= 1) || !(h->ease_scale > 0) || !isfinite(h->ease_scale))
        return ATT_FAIL(err, ATT_CORRUPT, "mix is %g and ease_scale is %g", h->mix, h->ease_scale);
    if (h->has_dense > 1 || h->has_sparse > 1 || (h->has_dense && h->has_sparse))
        return ATT_FAIL(err, ATT_CORRUPT, "item-item weights are both dense and sparse");
    if (h->has_dense && h->item_count > ATT_ITEM_ITEM_DENSE_MAX)
        return ATT_FAIL(err, ATT_CORRUPT,
            "dense item-item weights for %u items, at most %d are allowed", h->item_count,
            ATT_ITEM_ITEM_DENSE_MAX);
    const bool wants_sums = h->kind == ATT_MODEL_EASE || h->kind == ATT_MODEL_BLEND;
    if (wants_sums != (h->has_dense || h->has_sparse) ||
        (h->kind != ATT_MODEL_POPULARITY) != (h->dim > 0))
        return ATT_FAIL(err, ATT_CORRUPT, "a model of kind %s with dim %u, dense %u, sparse %u",
            att_model_kind_name(h->kind), h->dim, h->has_dense, h->has_sparse);
    if (h->has_content > 1 || (h->has_content && !h->dim) ||
        h->name_count > ATT_TERMS_MAX + ATT_NUMBERS_MAX || h->vector_dim > ATT_VECTOR_DIM_MAX ||
        !isfinite(h->vector_scale))
        return ATT_FAIL(err, ATT_CORRUPT, "content with %u names and vectors of %u coordinates",
            h->name_count, h->vector_dim);
    return ATT_OK;
}

static att_status need(const att_snapshot *s, uint32_t id, size_t item_size, uint64_t wanted,
    const void **out, att_error *err)
{
    size_t count = 0;
    const att_status status = att_snapshot_need(s, id, item_size, &count, out, err);
    if (status || count == wanted)
        return status;
    return ATT_FAIL(err, ATT_CORRUPT, "section %.4s has %zu entries, wanted %llu",
        (const char *)&id, count, (unsigned long long)wanted);
}

static att_status check_floats(const float *values, size_t count, uint32_t id, att_error *err)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return ATT_FAIL(
                err, ATT_CORRUPT, "section %.4s: entry %zu is not finite", (const char *)&id, k);
    return ATT_OK;
}

static att_status need_floats(
    const att_snapshot *s, uint32_t id, uint64_t wanted, const float **out, att_error *err)
{
    const void *data;
    const att_status status = need(s, id, sizeof(float), wanted, &data, err);
    if (status)
        return status;
    *out = data;
    return check_floats(data, (size_t)wanted, id, err);
}

static att_status check_sparse(const att_matrix *m, uint64_t count, att_error *err)
{
    if (m->row_start[0] != 0 || m->row_start[m->rows] != count)
        return ATT_FAIL(err, ATT_CORRUPT, "section ROWS does not span COLS");
    for (uint32_t r = 0; r < m->rows; r++) {
        if (m->row_start[r] > m->row_start[r + 1] || m->row_start[r + 1] > count)
            return ATT_FAIL(err, ATT_CORRUPT, "section ROWS: row %u ends before it begins", r);
        for (uint64_t k = m->row_start[r]; k < m->row_start[r + 1]; k++)
            if (m->col[k] >= m->cols || (k > m->row_start[r] && m->col[k] <= m->col[k - 1]))
                return ATT_FAIL(err, ATT_CORRUPT, "section COLS: entry %llu is out of order",
                    (unsigned long long)k);
    }
    return ATT_OK;
}

// The model only reads what it has from a snapshot, so dropping const here is safe.
static void *view(const void *data)
{
    return (void *)(uintptr_t)data;
}

static att_status load_ease(att_model *model, const head *h, att_error *err)
{
    const uint64_t items = h->item_count;
    const float *floats = NULL;
    const void *rows = NULL, *cols = NULL;
    if (!h->has_dense && !h->has_sparse)
        return ATT_OK;
    model->ease.item_count = h->item_count;
    if (h->has_dense) {
        const att_status status = need_floats(model->snapshot, DENS, items * items, &floats, err);
        model->ease.dense = view(floats);
        return status;
    }
    att_status status = need(model->snapshot, ROWS, sizeof(uint64_t), items + 1, &rows, err);
    if (!status)
        status = need(model->snapshot, COLS, sizeof(uint32_t), h->sparse_count, &cols, err);
    if (!status)
        status = need_floats(model->snapshot, VALS, h->sparse_count, &floats, err);
    if (status)
        return status;
    model->ease.by_source =
        (att_matrix){h->item_count, h->item_count, view(rows), view(cols), view(floats)};
    return check_sparse(&model->ease.by_source, h->sparse_count, err);
}

static att_status load_names(att_model *model, const head *h, att_error *err)
{
    const void *data = NULL, *pool = NULL;
    att_status status =
        need(model->snapshot, NAMO, sizeof(uint64_t), (uint64_t)h->name_count + 1, &data, err);
    if (!status)
        status = need(model->snapshot, NAMB, 1, h->name_bytes, &pool, err);
    if (status)
        return status;
    const uint64_t *offsets = data;
    if (offsets[0] != 0 || offsets[h->name_count] != h->name_bytes)
        return ATT_FAIL(err, ATT_CORRUPT, "section NAMO does not span NAMB");
    for (uint32_t i = 0; i < h->name_count; i++) {
        if (offsets[i + 1] <= offsets[i] || offsets[i + 1] > h->name_bytes)
            return ATT_FAIL(err, ATT_CORRUPT, "section NAMO: name %u is empty or out of bounds", i);
        const att_text name = {
            (const char *)pool + offsets[i], (size_t)(offsets[i + 1] - offsets[i])};
        const uint32_t at = att_names_add(&model->content.features.names, name);
        if (at == ATT_NO_INDEX)
            return att_no_memory(err, h->name_count, "feature names");
        if (at != i)
            return ATT_FAIL(err, ATT_CORRUPT, "section NAMB: name %u stands there twice", i);
    }
    return ATT_OK;
}

static att_status load_content(att_model *model, const head *h, att_error *err)
{
    att_features *f = &model->content.features;
    const att_snapshot *s = model->snapshot;
    att_status status = ATT_OK;
    if (!h->has_content)
        return ATT_OK;
    f->host = &model->host;
    att_names_init(&f->names, &model->host);
    if (h->name_count) {
        status = load_names(model, h, err);
        if (!status)
            status = need_floats(s, NAMM, h->name_count, &f->mean, err);
        if (!status)
            status = need_floats(s, NAMS, h->name_count, &f->scale, err);
    }
    if (!status && h->vector_dim)
        status = need_floats(s, VMEA, h->vector_dim, &f->vector_mean, err);
    f->vector_dim = h->vector_dim;
    f->vector_scale = h->vector_scale;
    model->content.ridge = h->ridge;
    const uint64_t features = (uint64_t)h->name_count + h->vector_dim + 1;
    if (!status)
        status = need_floats(s, CONT, features * h->stride, &model->content.weights, err);
    return status;
}

// Of version 1: zeros behind, which add nothing.
static att_status need_weights(att_model *model, const att_seq_shape *shape, uint32_t version,
    const float **out, att_error *err)
{
    const size_t count = att_seq_weights(shape);
    const size_t before = att_seq_weights_unasked(shape);
    if (version > 1)
        return need_floats(model->snapshot, SEQW, count, out, err);
    const float *weights = NULL;
    const att_status status = need_floats(model->snapshot, SEQW, before, &weights, err);
    if (status)
        return status;
    float *whole = ATT_NEW(&model->life, float, count);
    if (!whole)
        return att_no_memory(err, count, "weights of a sequence part");
    memcpy(whole, weights, before * sizeof *whole);
    *out = whole;
    return ATT_OK;
}

static att_status load_sequence(att_model *model, uint32_t version, att_error *err)
{
    const att_snapshot *s = model->snapshot;
    const void *data = NULL, *known = NULL;
    const float *weights = NULL, *vectors = NULL;
    size_t size;
    if (!att_snapshot_section(s, SEQH, &size))
        return ATT_OK;
    att_status status = need(s, SEQH, sizeof(sequence_head), 1, &data, err);
    if (status)
        return status;
    sequence_head h;
    memcpy(&h, data, sizeof h);
    const att_seq_shape shape = {
        model->item_count, h.length, h.dim, h.heads, h.layers, h.hidden};
    if (!(h.share > 0 && h.share <= 1) || !(h.scale > 0) || !isfinite(h.scale) ||
        att_seq_shape_check(&shape, NULL))
        return ATT_FAIL(err, ATT_CORRUPT,
            "a sequence part of length %u, dim %u, %u heads, %u layers, hidden %u, share %g, scale "
            "%g",
            h.length, h.dim, h.heads, h.layers, h.hidden, h.share, h.scale);
    status = need_weights(model, &shape, version, &weights, err);
    if (!status)
        status = need_floats(s, SEQI, (uint64_t)model->item_count * h.dim, &vectors, err);
    if (!status)
        status = need(s, SEQK, sizeof(uint32_t), model->item_count, &known, err);
    if (!status)
        status = att_seq_view(&model->seq, &shape, weights, vectors, known, &model->host, err);
    model->seq_share = h.share;
    model->seq_scale = h.scale;
    return status;
}

// Head and values of a part that hangs on the day. *values stays NULL where the file has none.
static att_status load_dated(const att_model *model, uint32_t head_id, uint32_t values_id, dated_head *h,
    const float **values, att_error *err)
{
    const void *data = NULL;
    size_t size;
    *values = NULL;
    if (!att_snapshot_section(model->snapshot, head_id, &size))
        return ATT_OK;
    const att_status status = need(model->snapshot, head_id, sizeof *h, 1, &data, err);
    if (status)
        return status;
    memcpy(h, data, sizeof *h);
    if (!(h->weight > 0) || !isfinite(h->weight) || !(h->scale > 0) || !isfinite(h->scale) ||
        !(h->half_life_days > 0) || !isfinite(h->half_life_days))
        return ATT_FAIL(err, ATT_CORRUPT, "section %.4s: a weight of %g, a scale of %g and a half-life of %g days",
            (const char *)&head_id, h->weight, h->scale, h->half_life_days);
    return need_floats(model->snapshot, values_id, model->item_count, values, err);
}

static att_status load_days(att_model *model, att_error *err)
{
    dated_head h = {0};
    const float *values;
    att_status status = load_dated(model, TRNH, TRND, &h, &values, err);
    model->trend = (att_trend){values, h.weight, h.scale, h.half_life_days, h.at_ms};
    h = (dated_head){0};
    if (!status)
        status = load_dated(model, NEWH, NEWB, &h, &values, err);
    if (!status)
        model->newness = (att_newness){values, h.weight, h.half_life_days, h.at_ms};
    return status;
}

// Files from before have neither; then nothing is known.
static att_status load_origin(att_model *model, att_error *err)
{
    const void *data = NULL;
    size_t size;
    if (att_snapshot_section(model->snapshot, ORIG, &size)) {
        const att_status status = need(model->snapshot, ORIG, sizeof model->origin, 1, &data, err);
        if (status)
            return status;
        memcpy(&model->origin, data, sizeof model->origin);
    }
    if (!att_snapshot_section(model->snapshot, RECI, &size))
        return ATT_OK;
    const att_status status = need(model->snapshot, RECI, sizeof(recipe_row), 1, &data, err);
    if (status)
        return status;
    recipe_row row;
    memcpy(&row, data, sizeof row);
    att_recipe r = att_recipe_default();
    r.kind = (att_model_kind)ATT_MIN(row.kind, (uint32_t)ATT_MODEL_BLEND + 1);
    r.als.dim = row.dim;
    r.als.passes = row.passes;
    r.als.block = row.block;
    r.als.scale_people = row.scale_people != 0;
    r.als.seed = row.seed;
    r.als.unobserved = row.unobserved;
    r.als.reg = row.reg;
    r.als.reg_power = row.reg_power;
    r.als.init = row.init;
    r.ease.reg = row.ease_reg;
    r.ease.keep = row.ease_keep;
    r.ease.binary = row.ease_binary != 0;
    r.mix = row.mix;
    if (!att_recipe_is_sound(&r) || r.als.dim != model->dim)
        return ATT_FAIL(err, ATT_CORRUPT, "section RECI: no model is built like that");
    model->has_recipe = true;
    model->recipe = r;
    return ATT_OK;
}

static att_status load_sections(att_model *model, const head *h, uint32_t version, att_error *err)
{
    const att_snapshot *s = model->snapshot;
    const uint64_t items = h->item_count, stride = h->stride;
    const void *touched = NULL, *placed = NULL;
    const float *vectors = NULL;
    att_status status = need(s, TOUC, sizeof(uint32_t), items, &touched, err);
    if (!status)
        status = need_floats(s, POPU, items, &model->popularity, err);
    if (!status && stride)
        status = need(s, PLAC, 1, items, &placed, err);
    if (!status && stride)
        status = need_floats(s, VECT, items * stride, &vectors, err);
    if (!status && stride)
        status = need_floats(s, BASE, stride * stride, &model->base, err);
    model->touched = touched;
    for (uint64_t i = 0; i < items && !status; i++)
        model->touched_count += model->touched[i] > 0;
    model->placed = view(placed);
    model->items = view(vectors);
    if (!status)
        status = load_ease(model, h, err);
    if (!status)
        status = load_origin(model, err);
    if (!status)
        status = load_days(model, err);
    if (!status)
        status = load_content(model, h, err);
    return status ? status : load_sequence(model, version, err);
}

static att_status load(att_model *model, uint32_t version, att_error *err)
{
    if (version < 1 || version > ATT_MODEL_VERSION)
        return ATT_FAIL(err, ATT_VERSION, "model version %u, this build reads 1 to %d: train again",
            version, ATT_MODEL_VERSION);
    const void *data = NULL;
    att_status status = need(model->snapshot, HEAD, sizeof(head), 1, &data, err);
    if (status)
        return status;
    head h;
    memcpy(&h, data, sizeof h);
    status = check_head(&h, err);
    if (status)
        return status;
    model->version = h.version;
    model->kind = (att_model_kind)h.kind;
    model->item_count = h.item_count;
    model->dim = h.dim;
    model->stride = h.stride;
    model->mix = h.mix;
    model->ease_scale = h.ease_scale;
    model->unobserved = h.unobserved;
    model->penalty = h.penalty;
    return load_sections(model, &h, version, err);
}

att_status att_model_of_snapshot(
    att_model **out, att_snapshot *snapshot, uint32_t version, const att_host *host, att_error *err)
{
    att_model *model = *out = ATT_NEW_ARRAY(host, att_model, 1);
    if (!model) {
        att_snapshot_close(snapshot);
        return att_no_memory(err, 1, "model");
    }
    *model = (att_model){.host = *host,
        .snapshot = snapshot,
        .normal = att_normal_best(),
        .kernels = att_kernels_best()};
    att_arena_init(&model->life, &model->host, 0);
    const att_status status = load(model, version, err);
    if (status) {
        att_model_destroy(model);
        *out = NULL;
    }
    return status;
}

att_status att_model_load(att_model **out, const char *path, const att_host *host, att_error *err)
{
    *out = NULL;
    att_snapshot *snapshot = NULL;
    uint32_t version = 0;
    att_status status = att_snapshot_open(&snapshot, path, MODL, &version, host, err);
    if (!status)
        status = att_model_of_snapshot(out, snapshot, version, host, err);
    return status ? att_while(err, status, "loading model %s", path) : ATT_OK;
}
