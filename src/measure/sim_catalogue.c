// SPDX-License-Identifier: Apache-2.0
// measure/sim_catalogue.c - draws the things: hidden place, and what a catalogue would say of it.
//
// z = 0.8 centre(theme) + 0.2 centre(second theme) + 0.5 N(0, I). The engine sees only noisy, bent
// views of z: sigmoids as numeric features, tags and words from the themes, and a projection of
// tanh(z).
#include "measure/sim_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// --- Drawing from lists ------------------------------------------------------------------------

uint32_t att_sim_draw(const sim_list *list, att_rng *rng)
{
    assert(list->count > 0);
    if (!list->upto)
        return list->items[att_rng_below(rng, list->count)];
    const double at = att_rng_unit(rng) * list->upto[list->count - 1];
    uint32_t low = 0, high = list->count - 1;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (list->upto[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return list->items[low];
}

static bool list_make(att_world *world, sim_list *list, bool by_exposure)
{
    const uint32_t capacity = ATT_MAX(list->count, 1);
    list->items = ATT_NEW(&world->life, uint32_t, capacity);
    list->upto = by_exposure ? ATT_NEW(&world->life, double, capacity) : NULL;
    list->count = 0; // filled by list_add
    return list->items && (list->upto || !by_exposure);
}

static void list_add(sim_list *list, uint32_t item, double exposure)
{
    if (list->upto)
        list->upto[list->count] = exposure + (list->count ? list->upto[list->count - 1] : 0);
    list->items[list->count++] = item;
}

// --- The hidden place --------------------------------------------------------------------------

static void centres_make(att_world *world, att_rng *rng)
{
    for (unsigned t = 0; t < SIM_THEMES; t++) {
        for (unsigned d = 0; d < SIM_LATENT; d++)
            world->centre[t][d] = (float)(1.15 * att_rng_normal(rng));
        world->centre[t][0] = att_sim_theme(t)->arousal;
        world->centre[t][1] = att_sim_theme(t)->valence;
    }
}

static uint8_t medium_draw(att_rng *rng)
{
    const double at = att_rng_unit(rng);
    return at < 0.60 ? SIM_MUSIC : at < 0.85 ? SIM_FILM : SIM_GAME;
}

// Themes are not equally common: theme t has weight 1 / (1 + 0.25 (5 t mod 14)).
static uint8_t theme_draw(att_rng *rng)
{
    double total = 0;
    for (unsigned t = 0; t < SIM_THEMES; t++)
        total += 1 / (1 + 0.25 * (5 * t % SIM_THEMES));
    double at = att_rng_unit(rng) * total;
    for (unsigned t = 0; t < SIM_THEMES; t++) {
        at -= 1 / (1 + 0.25 * (5 * t % SIM_THEMES));
        if (at < 0)
            return (uint8_t)t;
    }
    return SIM_THEMES - 1;
}

static void truth_draw(const att_world *world, sim_item *item, att_rng *rng)
{
    item->medium = medium_draw(rng);
    item->theme = theme_draw(rng);
    item->second = theme_draw(rng);
    for (unsigned d = 0; d < SIM_LATENT; d++)
        item->z[d] = (float)(0.8 * world->centre[item->theme][d] +
                             0.2 * world->centre[item->second][d] + 0.5 * att_rng_normal(rng));
    item->quality = (float)att_rng_normal(rng);
    item->clickbait = att_rng_unit(rng) < 0.05;
    item->lure = (float)(0.4 * att_rng_normal(rng) + (item->clickbait ? 1.3 : 0));
    item->exposure =
        (float)exp(1.1 * att_rng_normal(rng) + 0.7 * item->quality + (item->clickbait ? 0.8 : 0));
    item->hash = (uint32_t)att_rng_u64(rng);
}

// --- What the catalogue says -------------------------------------------------------------------

static double rounded(double value, double steps)
{
    return round(value * steps) / steps;
}

// A noisy view of one hidden direction, 0 … 1.
static double seen(att_rng *rng, double hidden, double noise)
{
    return rounded(att_sim_sigmoid(hidden + noise * att_rng_normal(rng)), 1000);
}

static bool features_draw(att_world *world, const sim_item *item, att_item *view, att_rng *rng)
{
    const float *z = item->z;
    att_feature *f = ATT_NEW(&world->life, att_feature, 6);
    if (!f)
        return false;
    size_t n = 0;
    f[n++] = (att_feature){ATT_LIT("energy"), seen(rng, 1.1 * z[0], 0.3)};
    f[n++] = (att_feature){ATT_LIT("valence"), seen(rng, 1.1 * z[1], 0.4)};
    f[n++] = (att_feature){ATT_LIT("complexity"), seen(rng, 0.9 * z[2], 0.5)};
    if (item->medium == SIM_MUSIC) {
        const double tempo =
            62 + 116 * att_sim_sigmoid(0.8 * z[0] + 0.4 * z[3] + 0.4 * att_rng_normal(rng));
        f[n++] = (att_feature){ATT_LIT("tempo_bpm"), rounded(tempo, 10)};
        f[n++] = (att_feature){ATT_LIT("brightness"), seen(rng, 0.7 * z[1] + 0.7 * z[4], 0.4)};
        f[n++] = (att_feature){ATT_LIT("acousticness"), seen(rng, z[5] - 0.6 * z[0], 0.5)};
    } else if (item->medium == SIM_FILM) {
        f[n++] = (att_feature){ATT_LIT("pace"), seen(rng, 0.8 * z[0] + 0.5 * z[6], 0.4)};
        f[n++] = (att_feature){ATT_LIT("brightness"), seen(rng, 0.9 * z[1], 0.5)};
    } else {
        f[n++] = (att_feature){ATT_LIT("pace"), seen(rng, 0.9 * z[0], 0.5)};
        f[n++] = (att_feature){ATT_LIT("difficulty"), seen(rng, 0.8 * z[2] + 0.5 * z[7], 0.4)};
    }
    view->features = f;
    view->feature_count = n;
    return true;
}

typedef struct sim_projection {
    float rows[SIM_VECTOR][SIM_LATENT];
} sim_projection;

// A fixed random projection of tanh(z), with noise, of unit length.
static bool vector_draw(att_world *world, const sim_projection *projection, const sim_item *item,
    att_item *view, att_rng *rng)
{
    float *vector = ATT_NEW(&world->life, float, SIM_VECTOR);
    if (!vector)
        return false;
    double length = 0;
    for (unsigned r = 0; r < SIM_VECTOR; r++) {
        double sum = 0.6 * att_rng_normal(rng);
        for (unsigned d = 0; d < SIM_LATENT; d++)
            sum += projection->rows[r][d] * tanh(0.7 * item->z[d]);
        vector[r] = (float)sum;
        length += sum * sum;
    }
    for (unsigned r = 0; r < SIM_VECTOR; r++)
        vector[r] = (float)rounded(vector[r] / sqrt(length), 10000);
    view->vector = vector;
    view->vector_dim = SIM_VECTOR;
    return true;
}

static void tag_add(att_text *tags, size_t *count, const char *word)
{
    for (size_t i = 0; i < *count; i++) {
        if (att_text_equal(tags[i], att_text_of(word)))
            return;
    }
    tags[(*count)++] = att_text_of(word);
}

static bool tags_draw(
    att_world *world, const sim_item *item, att_item *view, const char *subject, att_rng *rng)
{
    const sim_theme *theme = att_sim_theme(item->theme), *second = att_sim_theme(item->second);
    att_text *tags = ATT_NEW(&world->life, att_text, 6);
    if (!tags)
        return false;
    size_t count = 0;
    tag_add(tags, &count, theme->genre[item->medium]);
    if (att_rng_unit(rng) < 0.5)
        tag_add(tags, &count, second->genre[item->medium]);
    tag_add(tags, &count, theme->moods[att_rng_below(rng, 2)]);
    if (att_rng_unit(rng) < 0.4)
        tag_add(tags, &count, second->moods[att_rng_below(rng, 2)]);
    if (att_rng_unit(rng) < 0.7)
        tag_add(tags, &count, subject);
    view->tags = tags;
    view->tag_count = count;
    return true;
}

static bool words_draw(
    att_world *world, uint32_t index, att_item *view, att_names *titles, att_rng *rng)
{
    const sim_item *item = &world->items[index];
    const char *const *subjects;
    const uint64_t subject_count = att_sim_subjects(&subjects);
    const char *subject = subjects[att_rng_below(rng, subject_count)];
    char title[160], text[400], id[32];
    uint32_t before = titles->count;
    for (int tries = 0; tries < 20 && titles->count == before; tries++) {
        att_sim_title(rng, item->theme, item->medium, title, sizeof title);
        if (att_names_add(titles, att_text_of(title)) == ATT_NO_INDEX)
            return false;
    }
    att_sim_text(rng, item->theme, item->second, item->medium, subject, text, sizeof text);
    const int size = snprintf(id, sizeof id, "%s-%05u", att_sim_medium(item->medium), index + 1);
    view->id = att_arena_text(&world->life, (att_text){id, (size_t)size});
    view->title = att_arena_text(&world->life, att_text_of(title));
    view->text = att_arena_text(&world->life, att_text_of(text));
    view->medium = att_text_of(att_sim_medium(item->medium));
    return view->id.data && view->title.data && view->text.data &&
           att_names_add(&world->item_names, view->id) == index &&
           tags_draw(world, item, view, subject, rng);
}

static int64_t duration_draw(sim_item *item, att_rng *rng)
{
    const double x = att_rng_normal(rng);
    switch (item->medium) {
    case SIM_MUSIC:
        return (int64_t)rounded(att_sim_clamp(214000 * exp(0.28 * x), 45000, 1200000), 0.001);
    case SIM_FILM:
        return (int64_t)att_sim_clamp(round(106 + 17 * x), 62, 195) * SIM_MINUTE_MS;
    default: // one sitting
        item->price = (float)(4.99 + 5 * (double)att_rng_below(rng, 12));
        return (int64_t)att_sim_clamp(round(28 * exp(0.5 * x)), 6, 120) * SIM_MINUTE_MS;
    }
}

// 10 % appear during the history, 3 % in the days ahead, the rest before.
static int64_t published_draw(const att_world *world, const sim_item *item, att_rng *rng)
{
    const att_world_options *o = &world->options;
    const double at = att_rng_unit(rng);
    const double within = att_rng_unit(rng);
    double days;
    if (at < 0.10)
        days = within * o->days;
    else if (at < 0.13)
        days = o->days + within * o->ahead_days;
    else if (at < 0.35)
        days = -within * 730;
    else
        days = -730 - att_sim_clamp(
                          att_rng_exponential(rng) * (item->medium == SIM_FILM ? 12 : 7), 0, 35) *
                          365.25;
    const int64_t day = o->start_ms + (int64_t)floor(days) * SIM_DAY_MS;
    return ATT_MAX(day, 0);
}

static int age_draw(const sim_item *item, att_rng *rng)
{
    static const int ages[] = {0, 6, 12, 16, 18};
    const int usual = att_sim_theme(item->theme)->age;
    int step = 0;
    while (ages[step] < usual)
        step++;
    const double at = att_rng_unit(rng);
    step += at < 0.15 ? -1 : at > 0.85 ? 1 : 0;
    const int age = ages[ATT_MIN(ATT_MAX(step, 0), 4)];
    return item->medium == SIM_MUSIC ? (age >= 16 ? age - 4 : 0) : age;
}

// --- Rights ------------------------------------------------------------------------------------

static const char territories[8][3] = {"US", "DE", "GB", "FR", "BR", "JP", "PL", "IN"};

// `count` different territories.
static bool territories_draw(
    att_world *world, uint32_t count, const att_territory **out, att_rng *rng)
{
    uint32_t order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    att_rng_shuffle_u32(rng, order, 8);
    att_territory *list = ATT_NEW(&world->life, att_territory, count);
    for (uint32_t i = 0; list && i < count; i++)
        list[i] = (att_territory)(territories[order[i]][0] << 8 | territories[order[i]][1]);
    *out = list;
    return list != NULL;
}

// The kinds and their shares are told in docs/simulator.md.
static bool licences_draw(att_world *world, att_item *view, att_rng *rng)
{
    const att_world_options *o = &world->options;
    const int64_t inside =
        o->start_ms + (int64_t)((0.1 + 0.8 * att_rng_unit(rng)) * o->days) * SIM_DAY_MS;
    const bool is_new = view->published_at_ms >= o->start_ms;
    const double kind =
        is_new ? 0.9 * att_rng_unit(rng) : att_rng_unit(rng); // the new are never without
    view->rights_known = !(kind >= 0.97 && kind < 0.99);
    if (!view->rights_known)
        return true;
    att_licence *l = ATT_NEW(&world->life, att_licence, 2);
    if (!l)
        return false;
    view->licences = l;
    view->licence_count = 1;
    l[0] = (att_licence){.start_ms = is_new ? view->published_at_ms : INT64_MIN,
        .end_ms = INT64_MAX,
        .uses = att_rng_unit(rng) < 0.3 ? ATT_USE_ALL
                                        : ATT_USE_STREAM | ATT_USE_DOWNLOAD | ATT_USE_PREVIEW};
    if (kind < 0.78)
        return true;
    if (kind < 0.86)
        return territories_draw(
            world, (uint32_t)(l[0].include_count = 2 + att_rng_below(rng, 4)), &l[0].include, rng);
    if (kind < 0.90)
        return territories_draw(
            world, (uint32_t)(l[0].exclude_count = 1 + att_rng_below(rng, 2)), &l[0].exclude, rng);
    if (kind < 0.925)
        l[0].start_ms = inside;
    else if (kind < 0.95)
        l[0].end_ms = inside;
    else if (kind < 0.97) { // one country first, everywhere later
        view->licence_count = 2;
        l[1] = l[0];
        l[1].start_ms = inside;
        return territories_draw(world, (uint32_t)(l[0].include_count = 1), &l[0].include, rng);
    } else
        l[0].uses = ATT_USE_PREVIEW; // it may be advertised, not streamed
    return true;
}

bool att_world_eligible(
    const att_world *world, size_t item, att_territory territory, int age, int64_t at_ms)
{
    const att_item *view = &world->views[item];
    if (at_ms < view->published_at_ms || age < view->age_rating)
        return false;
    for (size_t i = 0; i < view->licence_count; i++) {
        const att_licence *l = &view->licences[i];
        bool here = l->include_count == 0;
        for (size_t j = 0; j < l->include_count; j++)
            here |= l->include[j] == territory;
        for (size_t j = 0; j < l->exclude_count; j++)
            here &= l->exclude[j] != territory;
        if (here && (l->uses & ATT_USE_STREAM) && at_ms >= l->start_ms && at_ms < l->end_ms)
            return true;
    }
    return false;
}

bool att_world_is_clickbait(const att_world *world, size_t item)
{
    return world->items[item].clickbait;
}

// --- All of it ---------------------------------------------------------------------------------

static bool item_make(
    att_world *world, const sim_projection *projection, uint32_t index, att_names *titles)
{
    att_rng rng = att_rng_stream(world->options.seed, 1000000 + (uint64_t)index);
    sim_item *item = &world->items[index];
    att_item *view = &world->views[index];
    truth_draw(world, item, &rng);
    view->duration_ms = duration_draw(item, &rng);
    view->published_at_ms = published_draw(world, item, &rng);
    view->age_rating = age_draw(item, &rng);
    const double boost = att_rng_unit(&rng);
    view->boost = boost < 0.04 ? rounded(0.1 + 0.4 * boost / 0.04, 100) : boost > 0.99 ? -0.3 : 0;
    return words_draw(world, index, view, titles, &rng) && features_draw(world, item, view, &rng) &&
           vector_draw(world, projection, item, view, &rng) && licences_draw(world, view, &rng);
}

static bool lists_make(att_world *world)
{
    for (uint32_t i = 0; i < world->item_count; i++) {
        const sim_item *item = &world->items[i];
        world->by_medium[item->medium].count++;
        world->by_theme[item->theme][item->medium].count++;
        world->fresh.count += world->views[i].published_at_ms >= world->options.start_ms;
    }
    bool fine = list_make(world, &world->fresh, false);
    for (unsigned m = 0; m < SIM_MEDIA; m++) {
        fine = list_make(world, &world->by_medium[m], true) && fine;
        for (unsigned t = 0; t < SIM_THEMES; t++)
            fine = list_make(world, &world->by_theme[t][m], true) && fine;
    }
    for (uint32_t i = 0; fine && i < world->item_count; i++) {
        const sim_item *item = &world->items[i];
        list_add(&world->by_medium[item->medium], i, item->exposure);
        list_add(&world->by_theme[item->theme][item->medium], i, sqrt(item->exposure));
        if (world->views[i].published_at_ms >= world->options.start_ms)
            list_add(&world->fresh, i, 0);
    }
    return fine;
}

att_status att_sim_catalogue_make(att_world *world, att_error *err)
{
    sim_projection projection;
    att_rng rng = att_rng_stream(world->options.seed, 1);
    centres_make(world, &rng);
    for (unsigned r = 0; r < SIM_VECTOR; r++) {
        for (unsigned d = 0; d < SIM_LATENT; d++)
            projection.rows[r][d] = (float)att_rng_normal(&rng);
    }
    world->items = ATT_NEW(&world->life, sim_item, world->item_count);
    world->views = ATT_NEW(&world->life, att_item, world->item_count);
    att_names titles;
    att_names_init(&titles, &world->host);
    bool fine = world->items && world->views;
    for (uint32_t i = 0; fine && i < world->item_count; i++)
        fine = item_make(world, &projection, i, &titles);
    fine = fine && lists_make(world);
    att_names_deinit(&titles);
    return fine ? ATT_OK : att_no_memory(err, world->item_count, "simulated items");
}
