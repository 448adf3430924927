// SPDX-License-Identifier: Apache-2.0
// measure/sim_choices.c - simulated people choose by a thumbnail: regret of each bandit against the best fixed policy.
//
// One film has several thumbnails; thumbnail k pictures the theme t_k of the world. A person with interests at c_i (weights w_i) in
// a mood clicks on it with probability
//   sigmoid(-1 + 2 sum_i w_i cos(c_i, centre of t_k) + 0.8 mood arousal(t_k) + lure_k),
// where the mood is +1 for workout and party, -1 for sleep and focus, else 0, and lure_k ~ N(0, 0.3^2) is the picture's own. A
// bandit sees device, place, activity and noise as an app sees them, the age band, and the theme that the person
// is thought to like most, which is wrong for one person in five. Its rewards come `delay` rounds late.
//
// Regret counts true probabilities, not luck: R(T) = sum_t p(best policy's option) - p(shown option). The best fixed policy is
// the best map from what is visible (theme thought of, activity seen) to an option for the very visitors of the run; beside it stand
// the best fixed option and uniform choice. The bandits know neither.
#include "decide/choices.h"
#include "measure/sim_world.h"

#include <math.h>
#include <stdio.h>

enum { CELLS = SIM_THEMES * ATT_ACTIVITY_COUNT };

att_world_choices_options att_world_choices_options_default(void)
{
    return (att_world_choices_options){.rounds = 20000, .options = 8, .runs = 5, .delay = 50, .seed = 1};
}

typedef struct visitor {
    uint32_t person;
    att_context seen;
    uint8_t theme; // thought of
    uint16_t cell;
    float p[ATT_WORLD_CHOICES_OPTIONS_MAX];
} visitor;

typedef struct scene {
    const att_world *world;
    att_world_choices_options options;
    uint8_t theme[ATT_WORLD_CHOICES_OPTIONS_MAX];
    float lure[ATT_WORLD_CHOICES_OPTIONS_MAX];
    visitor *visitors; // (rounds)
    uint32_t best_fixed;
    uint32_t best_in_cell[CELLS];
    att_choice_option named[ATT_WORLD_CHOICES_OPTIONS_MAX];
    att_choice_feature pictured[ATT_WORLD_CHOICES_OPTIONS_MAX];
    char names[ATT_WORLD_CHOICES_OPTIONS_MAX][16];
} scene;

static double cosine(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < SIM_LATENT; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static double mood_of(uint8_t activity)
{
    return activity == ATT_ACTIVITY_WORKOUT || activity == ATT_ACTIVITY_PARTY  ? 1
           : activity == ATT_ACTIVITY_SLEEP || activity == ATT_ACTIVITY_FOCUS ? -1
                                                                               : 0;
}

// How much a person's interests, as they are in the first week, point at a theme: -1 … 1.
static double liking(const att_world *world, const sim_person *person, unsigned theme)
{
    double sum = 0, total = 0;
    for (unsigned i = 0; i < person->interest_count; i++) {
        const double weight = exp((double)person->path[i].weight);
        sum += weight * cosine(person->path[i].centre, world->centre[theme]);
        total += weight;
    }
    return total > 0 ? sum / total : 0;
}

static uint8_t thought_theme(const att_world *world, const sim_person *person)
{
    uint8_t best = 0;
    double most = -INFINITY;
    if (person->hash % 5 == 0)
        return (uint8_t)(att_mix64(person->hash) % SIM_THEMES);
    for (uint8_t t = 0; t < SIM_THEMES; t++) {
        const double value = liking(world, person, t);
        if (value > most) {
            most = value;
            best = t;
        }
    }
    return best;
}

static void fill_visitor(const scene *s, visitor *v, att_rng *rng)
{
    const att_world *world = s->world;
    v->person = (uint32_t)att_rng_below(rng, world->person_count - world->bot_count);
    const sim_person *person = &world->people[v->person];
    const int64_t span_ms = (int64_t)world->options.days * SIM_DAY_MS;
    att_context truth;
    att_sim_context(person, world->options.start_ms + (int64_t)att_rng_below(rng, (uint64_t)span_ms), rng, &truth, &v->seen);
    v->theme = thought_theme(world, person);
    v->cell = (uint16_t)(v->theme * ATT_ACTIVITY_COUNT + v->seen.activity);
    for (uint32_t k = 0; k < s->options.options; k++) {
        const double z = -1 + 2 * liking(world, person, s->theme[k]) +
                         0.8 * mood_of(truth.activity) * (double)att_sim_theme(s->theme[k])->arousal + (double)s->lure[k];
        v->p[k] = (float)(1 / (1 + exp(-z)));
    }
}

static uint32_t greatest(const double *sums, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < count; k++)
        if (sums[k] > sums[best])
            best = k;
    return best;
}

static att_status make_scene(scene *s, uint64_t seed, att_error *err)
{
    att_rng rng = att_rng_stream(seed, 11);
    uint32_t themes[SIM_THEMES];
    for (uint32_t t = 0; t < SIM_THEMES; t++)
        themes[t] = t;
    att_rng_shuffle_u32(&rng, themes, SIM_THEMES);
    for (uint32_t k = 0; k < s->options.options; k++) {
        s->theme[k] = (uint8_t)themes[k % SIM_THEMES];
        s->lure[k] = (float)(0.3 * att_rng_normal(&rng));
        snprintf(s->names[k], sizeof s->names[k], "thumbnail-%u", k + 1);
        s->pictured[k] = (att_choice_feature){ATT_LIT("pictures"), att_text_of(att_sim_theme(s->theme[k])->moods[0]), 1};
        s->named[k] = (att_choice_option){att_text_of(s->names[k]), &s->pictured[k], 1};
    }
    double(*cells)[ATT_WORLD_CHOICES_OPTIONS_MAX] = att_alloc_zero(&s->world->host, CELLS, sizeof *cells);
    if (!cells)
        return att_no_memory(err, CELLS, "sums of a simulation");
    double all[ATT_WORLD_CHOICES_OPTIONS_MAX] = {0};
    for (uint32_t r = 0; r < s->options.rounds; r++) {
        visitor *v = &s->visitors[r];
        fill_visitor(s, v, &rng);
        for (uint32_t k = 0; k < s->options.options; k++) {
            all[k] += (double)v->p[k];
            cells[v->cell][k] += (double)v->p[k];
        }
    }
    s->best_fixed = greatest(all, s->options.options);
    for (int c = 0; c < CELLS; c++)
        s->best_in_cell[c] = greatest(cells[c], s->options.options);
    att_free(&s->world->host, cells, CELLS, sizeof *cells);
    return ATT_OK;
}

// --- One run ----------------------------------------------------------------------------------------------------

static uint32_t point_at(const scene *s, uint32_t point)
{
    const double share = pow(10, -2 + 2.0 * point / (ATT_WORLD_CHOICES_POINTS - 1));
    return (uint32_t)ATT_MAX(1.0, share * s->options.rounds);
}

typedef struct tally {
    double regret[ATT_WORLD_CHOICES_POINTS], reward;
} tally;

static void count_round(const scene *s, uint32_t r, double p_shown, double *regret, tally *t)
{
    const visitor *v = &s->visitors[r];
    *regret += (double)v->p[s->best_in_cell[v->cell]] - p_shown;
    t->reward += p_shown / s->options.rounds;
    for (uint32_t i = 0; i < ATT_WORLD_CHOICES_POINTS; i++)
        if (r + 1 == point_at(s, i))
            t->regret[i] = *regret;
}

typedef struct given {
    uint32_t shown;
    float probability;
    bool clicked;
} given;

typedef struct player {
    const scene *scene;
    att_bandit bandit;
    att_bandit_memory memory;
    att_arena arena;
    given *given; // (rounds)
} player;

static att_status ask(player *p, const visitor *v, att_bandit_question *question, att_error *err)
{
    char age[8];
    const scene *s = p->scene;
    att_arena_reset(&p->arena);
    snprintf(age, sizeof age, "%d0s", s->world->people[v->person].age / 10);
    const att_choice_feature about[] = {
        {ATT_LIT("likes"), att_text_of(att_sim_theme(v->theme)->moods[0]), 1}, {ATT_LIT("age"), att_text_of(age), 1}};
    return att_choices_question(about, 2, &v->seen, s->named, s->options.options, &p->arena, question, err);
}

static att_status learn(player *p, uint32_t r, att_error *err)
{
    att_bandit_question question;
    const given *g = &p->given[r];
    const att_status status = ask(p, &p->scene->visitors[r], &question, err);
    return status ? status
                  : att_bandit_learn(&p->bandit, &question, g->shown, (double)g->probability, g->clicked, 1, &p->memory, err);
}

static att_status play(player *p, uint64_t seed, tally *out, att_error *err)
{
    const scene *s = p->scene;
    att_rng luck = att_rng_stream(seed, 12);
    double regret = 0;
    float odds[ATT_WORLD_CHOICES_OPTIONS_MAX];
    att_status status = ATT_OK;
    for (uint32_t r = 0; r < s->options.rounds && !status; r++) {
        att_bandit_question question;
        uint32_t greedy;
        if (r >= s->options.delay)
            status = learn(p, r - s->options.delay, err);
        if (!status)
            status = ask(p, &s->visitors[r], &question, err);
        if (!status)
            status = att_bandit_distribution(&p->bandit, &question, att_mix64(seed + r), &p->memory, odds, &greedy, err);
        if (status)
            break;
        const uint32_t shown = att_bandit_draw(odds, s->options.options, att_mix64(seed + r));
        const double chance = (double)s->visitors[r].p[shown];
        p->given[r] = (given){shown, odds[shown], att_rng_unit(&luck) < chance};
        count_round(s, r, chance, &regret, out);
    }
    return status;
}

static att_status play_algorithm(scene *s, const att_bandit_algorithm *algorithm, uint64_t seed, tally *out, att_error *err)
{
    const att_host *host = &s->world->host;
    player p = {.scene = s, .given = ATT_NEW_ARRAY(host, given, s->options.rounds)};
    const att_bandit_options options = {.algorithm = algorithm, .seed = seed, .bits = 16};
    att_arena_init(&p.arena, host, 0);
    att_bandit_memory_init(&p.memory, host);
    att_status status = p.given ? att_bandit_init(&p.bandit, &options, host, err)
                                : att_no_memory(err, s->options.rounds, "rounds");
    if (!status)
        status = play(&p, seed, out, err);
    att_bandit_deinit(&p.bandit);
    att_bandit_memory_deinit(&p.memory);
    att_arena_deinit(&p.arena);
    ATT_FREE_ARRAY(host, p.given, s->options.rounds);
    return status;
}

static void play_fixed(const scene *s, bool uniform, tally *out)
{
    double regret = 0;
    for (uint32_t r = 0; r < s->options.rounds; r++) {
        const visitor *v = &s->visitors[r];
        double p = (double)v->p[s->best_fixed];
        for (uint32_t k = 0; uniform && k < s->options.options; k++)
            p = (k ? p : 0) + (double)v->p[k] / s->options.options;
        count_round(s, r, p, &regret, out);
    }
}

// --- All of them ------------------------------------------------------------------------------------------------

static double student_t(uint32_t runs)
{
    static const double t[] = {0, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26};
    return runs < 2 ? 0 : runs <= 10 ? t[runs - 1] : 2;
}

static void close_curve(att_world_curve *curve, const tally *tallies, uint32_t runs)
{
    for (uint32_t i = 0; i < ATT_WORLD_CHOICES_POINTS; i++) {
        double mean = 0, square = 0;
        for (uint32_t r = 0; r < runs; r++)
            mean += tallies[r].regret[i] / runs;
        for (uint32_t r = 0; r < runs; r++)
            square += (tallies[r].regret[i] - mean) * (tallies[r].regret[i] - mean);
        curve->regret[i] = mean;
        curve->half_width[i] = runs > 1 ? student_t(runs) * sqrt(square / (runs - 1) / runs) : 0;
    }
    for (uint32_t r = 0; r < runs; r++)
        curve->reward += tallies[r].reward / runs;
}

static att_status check_options(const att_world_choices_options *o, att_error *err)
{
    if (o->rounds < 100 || o->rounds > 10000000)
        return ATT_FAIL(err, ATT_INVALID, "%u rounds, 100 to 10000000 expected", o->rounds);
    if (o->options < 2 || o->options > ATT_WORLD_CHOICES_OPTIONS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%u options, 2 to %d expected", o->options, ATT_WORLD_CHOICES_OPTIONS_MAX);
    if (o->runs < 1 || o->runs > ATT_WORLD_CHOICES_RUNS_MAX)
        return ATT_FAIL(err, ATT_INVALID, "%u runs, 1 to %d expected", o->runs, ATT_WORLD_CHOICES_RUNS_MAX);
    return ATT_OK;
}

att_status att_world_choices(const att_world *world, const att_world_choices_options *options, att_world_curve *curves,
    size_t *count, att_error *err)
{
    size_t algorithm_count;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&algorithm_count);
    scene s = {.world = world, .options = *options};
    tally tallies[ATT_WORLD_CURVES_MAX][ATT_WORLD_CHOICES_RUNS_MAX];
    att_status status = check_options(options, err);
    if (status)
        return status;
    memset(tallies, 0, sizeof tallies);
    s.visitors = ATT_NEW_ARRAY(&world->host, visitor, options->rounds);
    if (!s.visitors)
        return att_no_memory(err, options->rounds, "visitors");
    for (uint32_t run = 0; run < options->runs && !status; run++) {
        const uint64_t seed = att_mix64(options->seed + run * UINT64_C(1000003));
        status = make_scene(&s, seed, err);
        for (size_t a = 0; a < algorithm_count && !status; a++) {
            status = play_algorithm(&s, &algorithms[a], seed, &tallies[a][run], err);
            if (!status && !att_progress_tell(&world->host, "choices", run * algorithm_count + a, options->runs * algorithm_count, "runs"))
                status = ATT_FAIL(err, ATT_CANCELLED, "the simulation was cancelled");
        }
        if (!status) {
            play_fixed(&s, false, &tallies[algorithm_count][run]);
            play_fixed(&s, true, &tallies[algorithm_count + 1][run]);
        }
    }
    *count = status ? 0 : algorithm_count + 2;
    for (size_t a = 0; a < *count; a++) {
        curves[a] = (att_world_curve){0};
        snprintf(curves[a].name, sizeof curves[a].name, "%s", a < algorithm_count    ? algorithms[a].about.name
                                                              : a == algorithm_count ? "best fixed option"
                                                                                     : "uniform");
        for (uint32_t i = 0; i < ATT_WORLD_CHOICES_POINTS; i++)
            curves[a].at[i] = point_at(&s, i);
        close_curve(&curves[a], tallies[a], options->runs);
    }
    ATT_FREE_ARRAY(&world->host, s.visitors, options->rounds);
    return status;
}
