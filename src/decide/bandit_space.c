// SPDX-License-Identifier: Apache-2.0
// decide/bandit_space.c - numbering, moments, and the two forms of a question.
#include "decide/bandit_space.h"

#include "store/bytes.h"

#include <math.h>
#include <xxhash.h>

#define CUT 5.0 // in deviations

uint64_t att_bandit_key(att_text name_space, att_text name)
{
    const uint64_t seed = XXH3_64bits(name_space.data ? name_space.data : "", name_space.size);
    const uint64_t key = XXH3_64bits_withSeed(name.data ? name.data : "", name.size, seed);
    return key ? key : 1;
}

// --- Numbers ----------------------------------------------------------------------------------------------------

uint32_t att_bandit_number(const att_bandit_numbers *numbers, uint64_t key)
{
    if (!numbers->place_count)
        return ATT_NO_INDEX;
    const uint32_t mask = numbers->place_count - 1;
    for (uint32_t at = (uint32_t)(key ^ key >> 32) & mask;; at = (at + 1) & mask) {
        const uint32_t place = numbers->places[at];
        if (!place)
            return ATT_NO_INDEX;
        if (numbers->keys[place - 1] == key)
            return place - 1;
    }
}

static void place_number(att_bandit_numbers *numbers, uint32_t number)
{
    const uint64_t key = numbers->keys[number];
    const uint32_t mask = numbers->place_count - 1;
    uint32_t at = (uint32_t)(key ^ key >> 32) & mask;
    while (numbers->places[at])
        at = (at + 1) & mask;
    numbers->places[at] = number + 1;
}

// Room for one more number, and for its moments beside it.
static bool reserve_number(
    const att_host *host, att_bandit_numbers *numbers, att_bandit_moments **moments)
{
    if (numbers->count < numbers->capacity)
        return true;
    const uint32_t more = numbers->capacity ? numbers->capacity * 2 : 32;
    uint64_t *keys = ATT_NEW_ARRAY(host, uint64_t, more);
    uint32_t *places = ATT_NEW_ARRAY(host, uint32_t, more * 2);
    att_bandit_moments *counted = ATT_NEW_ARRAY(host, att_bandit_moments, more);
    if (!keys || !places || !counted) {
        ATT_FREE_ARRAY(host, keys, more);
        ATT_FREE_ARRAY(host, places, more * 2);
        ATT_FREE_ARRAY(host, counted, more);
        return false;
    }
    if (numbers->count) {
        memcpy(keys, numbers->keys, numbers->count * sizeof *keys);
        memcpy(counted, *moments, numbers->count * sizeof *counted);
    }
    ATT_FREE_ARRAY(host, numbers->keys, numbers->capacity);
    ATT_FREE_ARRAY(host, numbers->places, numbers->place_count);
    ATT_FREE_ARRAY(host, *moments, numbers->capacity);
    numbers->keys = keys;
    numbers->places = places;
    *moments = counted;
    numbers->capacity = more;
    numbers->place_count = more * 2;
    for (uint32_t i = 0; i < numbers->count; i++)
        place_number(numbers, i);
    return true;
}

static uint32_t add_number(
    const att_host *host, att_bandit_numbers *numbers, att_bandit_moments **moments, uint64_t key)
{
    const uint32_t known = att_bandit_number(numbers, key);
    if (known != ATT_NO_INDEX)
        return known;
    if (!reserve_number(host, numbers, moments))
        return ATT_NO_INDEX;
    numbers->keys[numbers->count] = key;
    place_number(numbers, numbers->count);
    return numbers->count++;
}

static void free_numbers(const att_host *host, att_bandit_numbers *numbers, att_bandit_moments **moments)
{
    ATT_FREE_ARRAY(host, numbers->keys, numbers->capacity);
    ATT_FREE_ARRAY(host, numbers->places, numbers->place_count);
    ATT_FREE_ARRAY(host, *moments, numbers->capacity);
    *numbers = (att_bandit_numbers){0};
    *moments = NULL;
}

att_status att_bandit_numbers_read(const att_host *host, att_bandit_numbers *numbers, att_bandit_moments **moments,
    uint32_t count, att_byte_reader *in, att_error *err)
{
    const unsigned char *keys = att_take(in, (size_t)count * sizeof(uint64_t));
    const unsigned char *saved = att_take(in, (size_t)count * sizeof(att_bandit_moments));
    if (!keys || !saved)
        return ATT_FAIL(err, ATT_CORRUPT, "bandit state: %u features do not fit into it", count);
    free_numbers(host, numbers, moments);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t number = add_number(host, numbers, moments, att_load_u64(keys + i * sizeof(uint64_t)));
        if (number == ATT_NO_INDEX)
            return att_no_memory(err, count, "features of a bandit");
        if (number != i)
            return ATT_FAIL(err, ATT_CORRUPT, "bandit state: feature %u repeats feature %u", i, number);
        memcpy(&(*moments)[i], saved + i * sizeof **moments, sizeof **moments);
    }
    return ATT_OK;
}

// --- The space --------------------------------------------------------------------------------------------------

att_status att_bandit_space_init(
    att_bandit_space *space, uint32_t bits, const att_host *host, att_error *err)
{
    *space = (att_bandit_space){.host = host, .bits = bits};
    return add_number(host, &space->columns, &space->column_moments, ATT_BANDIT_CONSTANT_KEY) == ATT_NO_INDEX
               ? att_no_memory(err, 1, "columns of a bandit")
               : ATT_OK;
}

void att_bandit_space_deinit(att_bandit_space *space)
{
    if (!space->host)
        return;
    free_numbers(space->host, &space->columns, &space->column_moments);
    free_numbers(space->host, &space->slots, &space->slot_moments);
    ATT_FREE_ARRAY(space->host, space->wide_moments, (size_t)1 << ATT_BANDIT_WIDE_MOMENT_BITS);
    *space = (att_bandit_space){0};
}

static att_bandit_moments *wide_moment(const att_bandit_space *space, uint64_t key)
{
    return &space->wide_moments[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - ATT_BANDIT_WIDE_MOMENT_BITS)];
}

static void merge(att_bandit_moments *into, const att_bandit_moments *from)
{
    into->sum += from->sum;
    into->square += from->square;
    into->seen += from->seen;
}

static att_status turn_wide(att_bandit_space *space, att_error *err)
{
    const size_t size = (size_t)1 << ATT_BANDIT_WIDE_MOMENT_BITS;
    space->wide_moments = ATT_NEW_ARRAY(space->host, att_bandit_moments, size);
    if (!space->wide_moments)
        return att_no_memory(err, size, "moments of a bandit");
    for (uint32_t i = 0; i < space->columns.count; i++)
        merge(wide_moment(space, space->columns.keys[i]), &space->column_moments[i]);
    for (uint32_t i = 0; i < space->slots.count; i++)
        merge(wide_moment(space, space->slots.keys[i]), &space->slot_moments[i]);
    space->wide = true;
    return ATT_OK;
}

static bool fits(const att_bandit_space *space)
{
    return space->columns.count <= ATT_BANDIT_NARROW_COLUMNS &&
           (uint64_t)space->columns.count * space->slots.count <= (uint64_t)1 << space->bits;
}

static att_status number_all(att_bandit_space *space, const att_bandit_question *question, att_error *err)
{
    uint32_t last = 0;
    for (size_t i = 0; i < question->context.count && last != ATT_NO_INDEX; i++)
        last = add_number(
            space->host, &space->columns, &space->column_moments, question->context.items[i].key);
    for (uint32_t a = 0; a < question->count; a++)
        for (size_t i = 0; i < question->options[a].count && last != ATT_NO_INDEX; i++)
            last = add_number(
                space->host, &space->slots, &space->slot_moments, question->options[a].items[i].key);
    return last == ATT_NO_INDEX ? att_no_memory(err, space->columns.count, "features of a bandit") : ATT_OK;
}

static void count_value(att_bandit_moments *moments, float value)
{
    moments->sum += (double)value;
    moments->square += (double)value * (double)value;
    moments->seen += value != 0;
}

static void count_values(att_bandit_space *space, const att_bandit_question *question)
{
    for (size_t i = 0; i < question->context.count; i++) {
        const att_bandit_feature *feature = &question->context.items[i];
        count_value(space->wide ? wide_moment(space, feature->key)
                                : &space->column_moments[att_bandit_number(&space->columns, feature->key)],
            feature->value);
    }
    for (uint32_t a = 0; a < question->count; a++)
        for (size_t i = 0; i < question->options[a].count; i++) {
            const att_bandit_feature *feature = &question->options[a].items[i];
            count_value(space->wide ? wide_moment(space, feature->key)
                                    : &space->slot_moments[att_bandit_number(&space->slots, feature->key)],
                feature->value);
        }
    space->rounds++;
}

att_status att_bandit_space_add(
    att_bandit_space *space, const att_bandit_question *question, bool *turned, att_error *err)
{
    att_status status = ATT_OK;
    *turned = false;
    if (!space->wide) {
        status = number_all(space, question, err);
        if (!status && !fits(space)) {
            status = turn_wide(space, err);
            *turned = !status;
        }
    }
    if (!status)
        count_values(space, question);
    return status;
}

void att_bandit_column_scale(const att_bandit_space *space, uint32_t column, double *mean, double *deviation)
{
    const att_bandit_moments *moments = &space->column_moments[column];
    const double rounds = space->rounds ? (double)space->rounds : 1;
    *mean = column ? moments->sum / rounds : 0;
    const double variance = moments->square / rounds - *mean * *mean;
    *deviation = !column ? 1 : variance > 1e-12 * (1 + *mean * *mean) ? sqrt(variance) : 0;
}

// --- Views ------------------------------------------------------------------------------------------------------

void att_bandit_view_init(att_bandit_view *view, const att_host *host)
{
    *view = (att_bandit_view){.host = host};
}

void att_bandit_view_deinit(att_bandit_view *view)
{
    if (!view->host)
        return;
    ATT_VEC_FREE(view->host, &view->x);
    ATT_VEC_FREE(view->host, &view->keys);
    ATT_VEC_FREE(view->host, &view->first);
    ATT_VEC_FREE(view->host, &view->part_slot);
    ATT_VEC_FREE(view->host, &view->part_key);
    ATT_VEC_FREE(view->host, &view->part_value);
}

static bool reserve_view(att_bandit_view *view, size_t x, size_t options, size_t parts)
{
    return ATT_VEC_RESERVE(view->host, &view->x, x) && ATT_VEC_RESERVE(view->host, &view->keys, x) &&
           ATT_VEC_RESERVE(view->host, &view->first, options + 1) &&
           ATT_VEC_RESERVE(view->host, &view->part_slot, parts) &&
           ATT_VEC_RESERVE(view->host, &view->part_key, parts) &&
           ATT_VEC_RESERVE(view->host, &view->part_value, parts);
}

static float cut(double value)
{
    return (float)(value > CUT ? CUT : value < -CUT ? -CUT : value);
}

static void fill_narrow(att_bandit_view *view, const att_bandit_space *space, const att_bandit_features *context)
{
    view->columns = space->columns.count;
    memset(view->x.items, 0, view->columns * sizeof *view->x.items);
    for (size_t i = 0; i < context->count; i++) {
        const uint32_t column = att_bandit_number(&space->columns, context->items[i].key);
        if (column != ATT_NO_INDEX)
            view->x.items[column] += context->items[i].value;
    }
    view->x.items[0] = 1;
    for (uint32_t c = 1; c < view->columns; c++) {
        double mean, deviation;
        att_bandit_column_scale(space, c, &mean, &deviation);
        view->x.items[c] = deviation > 0 ? cut(((double)view->x.items[c] - mean) / deviation) : 0;
    }
}

static float root_mean_square(const att_bandit_moments *moments)
{
    return moments->seen > 0 && moments->square > 0 ? (float)sqrt(moments->square / moments->seen) : 1;
}

static void fill_wide(att_bandit_view *view, const att_bandit_space *space, const att_bandit_features *context)
{
    view->x.items[0] = 1;
    view->keys.items[0] = ATT_BANDIT_CONSTANT_KEY;
    view->columns = 1;
    for (size_t i = 0; i < context->count; i++) {
        const att_bandit_feature *feature = &context->items[i];
        if (feature->value == 0)
            continue;
        view->keys.items[view->columns] = feature->key;
        view->x.items[view->columns++] =
            cut((double)(feature->value / root_mean_square(wide_moment(space, feature->key))));
    }
}

static void fill_options(att_bandit_view *view, const att_bandit_space *space, const att_bandit_question *question)
{
    uint32_t at = 0;
    view->count = question->count;
    for (uint32_t a = 0; a < question->count; a++) {
        view->first.items[a] = at;
        for (size_t i = 0; i < question->options[a].count; i++) {
            const att_bandit_feature *feature = &question->options[a].items[i];
            const uint32_t slot = space->wide ? ATT_NO_INDEX : att_bandit_number(&space->slots, feature->key);
            const att_bandit_moments *moments = space->wide              ? wide_moment(space, feature->key)
                                                : slot != ATT_NO_INDEX ? &space->slot_moments[slot]
                                                                       : &(att_bandit_moments){0};
            view->part_key.items[at] = feature->key;
            view->part_slot.items[at] = slot;
            view->part_value.items[at++] = cut((double)(feature->value / root_mean_square(moments)));
        }
    }
    view->first.items[question->count] = at;
}

att_status att_bandit_view_fill(att_bandit_view *view, const att_bandit_space *space,
    const att_bandit_question *question, att_error *err)
{
    size_t parts = 0;
    for (uint32_t a = 0; a < question->count; a++)
        parts += question->options[a].count;
    const size_t x = space->wide ? question->context.count + 1 : space->columns.count;
    if (!reserve_view(view, x, question->count, parts))
        return att_no_memory(err, x + parts, "features of a question");
    view->wide = space->wide;
    if (space->wide)
        fill_wide(view, space, &question->context);
    else
        fill_narrow(view, space, &question->context);
    fill_options(view, space, question);
    return ATT_OK;
}
