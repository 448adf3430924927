// SPDX-License-Identifier: Apache-2.0
// measure/sim_world.h - what the simulator's files know of each other: things, people, and the
// moment.
//
// att_sim_* names are used by src/measure/sim_*.c only. docs/simulator.md tells the model.
#ifndef ATT_MEASURE_SIM_WORLD_H
#define ATT_MEASURE_SIM_WORLD_H

#include "attune/simulate.h"
#include "base/arena.h"
#include "base/names.h"
#include "base/rng.h"

enum {
    SIM_LATENT = 8,    // dimensions of the hidden space; 0 is arousal, 1 is valence
    SIM_THEMES = 14,   // clusters of the catalogue, shared by all media
    SIM_MEDIA = 3,     // music, film, game
    SIM_INTERESTS = 4, // most that one person has
    SIM_VECTOR = 16,   // content vector given to the engine
    SIM_MEMORY = 256,  // items that a person remembers
    SIM_MEMORY_WAYS = 8
};
enum { SIM_MUSIC, SIM_FILM, SIM_GAME };

#define SIM_MINUTE_MS INT64_C(60000)
#define SIM_HOUR_MS INT64_C(3600000)
#define SIM_DAY_MS INT64_C(86400000)

// --- Words (sim_words.c) -----------------------------------------------------------------------

typedef struct sim_theme {
    const char *genre[SIM_MEDIA];
    const char *moods[2];
    float arousal, valence; // of the theme's centre
    uint8_t age;            // usual least age
    const char *adjectives[6];
    const char *nouns[8];
    const char *about[3]; // what it is about, end of a sentence
} sim_theme;

const sim_theme *att_sim_theme(unsigned theme);
const char *att_sim_medium(unsigned medium);
size_t att_sim_subjects(const char *const **out);
// Writes a title of this theme.
void att_sim_title(att_rng *rng, unsigned theme, unsigned medium, char *out, size_t size);
// Two or three sentences.
void att_sim_text(att_rng *rng, unsigned theme, unsigned second, unsigned medium,
    const char *subject, char *out, size_t size);

// --- The catalogue (sim_catalogue.c) -----------------------------------------------------------

// The truth about an item.
typedef struct sim_item {
    float z[SIM_LATENT];
    float quality;  // what everybody agrees on, about N(0, 1)
    float lure;     // of thumbnail and title, beyond what it is
    float exposure; // weight in popularity-biased lists
    float price;    // games
    uint32_t hash;  // for what only one person finds in one item
    uint8_t theme, second, medium;
    bool clickbait;
} sim_item;

typedef struct sim_list {
    uint32_t *items;
    double *upto; // running sum of exposure; NULL where the draw is uniform
    uint32_t count;
} sim_list;

typedef struct sim_person sim_person;

struct att_world {
    att_host host;
    att_arena life;
    att_world_options options;
    uint32_t item_count, person_count, bot_count;
    float centre[SIM_THEMES][SIM_LATENT];
    att_item *views; // (item_count)
    sim_item *items; // (item_count)
    att_names item_names, person_names;
    sim_list by_medium[SIM_MEDIA];            // drawn by exposure
    sim_list by_theme[SIM_THEMES][SIM_MEDIA]; // drawn by its square root
    sim_list fresh;                           // published within the days, in order of time
    sim_person *people;                       // (person_count); the last bot_count are bots
    uint32_t knot_count;                      // of everybody's drift, one a week
    float rhythm[2][96]; // workday, weekend: relative rate of coming by quarter of an hour
    double rhythm_max;
    double rate_scale;             // makes the history as long as it was asked for
    uint32_t burst_events, bursts; // of one bot
    int64_t end_ms;                // of the history
};

att_status att_sim_catalogue_make(att_world *world, att_error *err);
// Draws by exposure, or uniformly. The list must not be empty.
uint32_t att_sim_draw(const sim_list *list, att_rng *rng);

// --- People (sim_people.c) ---------------------------------------------------------------------

// Where an interest is at the beginning of a week.
typedef struct sim_knot {
    float centre[SIM_LATENT];
    float weight; // logarithm
} sim_knot;

struct sim_person {
    att_text id;
    att_territory territory;
    int16_t age, utc_offset_min;
    bool bot;
    uint8_t interest_count;
    float width[SIM_INTERESTS];
    const sim_knot *path;  // (knot_count, SIM_INTERESTS)
    uint8_t jump_interest; // that is replaced by another at jump_ms
    int64_t jump_ms;       // INT64_MAX: never
    float jump[SIM_LATENT];
    float medium[SIM_MEDIA]; // liking, N(0, 0.8^2)
    float context_weight;    // how much the moment matters
    float bored_weight, bored_half_ms;
    float examine_power; // of the rank
    float expectation;   // satisfaction that keeps the person coming
    float visits_per_day;
    float chronotype_h; // later (+) or earlier (-) than others
    float patience;
    float gym, commuter, worker, gamer, social; // odds of these ways to spend an hour
    uint32_t hash;
};

att_status att_sim_people_make(att_world *world, att_error *err);
// The next coming after `from_ms`: a Poisson process with a daily rhythm, thinned (Lewis and
// Shedler 1979).
int64_t att_sim_next_visit(
    const att_world *world, const sim_person *person, double factor, int64_t from_ms, att_rng *rng);
// What the person is doing at this hour, and what of it the app can see.
void att_sim_context(
    const sim_person *person, int64_t at_ms, att_rng *rng, att_context *truth, att_context *seen);
double att_sim_time_budget_min(att_activity activity);

// --- Taste at a moment (sim_taste.c) -----------------------------------------------------------

typedef struct sim_memory {
    uint32_t item; // + 1; 0 is free
    uint32_t minute;
} sim_memory;

// What changes in a person while living through the simulation.
typedef struct sim_mind {
    att_rng rng;
    float bored[SIM_THEMES]; // had lately, as of bored_ms
    int64_t bored_ms;
    float engagement; // 0 … 2, 1 at first
    bool in_session;
    att_context truth, seen;
    int64_t session_end_ms, next_ms;
    uint32_t session_picks, session_empty, bad_in_a_row, bursts_left;
    double session_satisfaction;
    sim_memory memory[SIM_MEMORY];
} sim_mind;

// Everything that values at one moment have in common.
typedef struct sim_moment {
    const att_world *world;
    const sim_person *person;
    const sim_mind *mind; // NULL: fresh
    int64_t at_ms;
    float centre[SIM_LATENT][SIM_INTERESTS]; // unused interests have omega 0
    float omega[SIM_INTERESTS];
    float narrow[SIM_INTERESTS]; // 1 / (4 width^2)
    float medium[SIM_MEDIA];     // liking and context together
    uint8_t only;                // the one medium that is asked for, + 1; 0: any
    float arousal, arousal_weight;
    float bored[SIM_THEMES]; // penalties
} sim_moment;

void att_sim_moment_init(sim_moment *moment, const att_world *world, const sim_person *person,
    const att_context *context, int64_t at_ms, const sim_mind *mind);
double att_sim_value(const sim_moment *moment, uint32_t item); // the logit of satisfaction
double att_sim_lure(const sim_moment *moment, uint32_t item); // the logit of a click, once examined
double att_sim_sigmoid(double x);
double att_sim_clamp(double x, double low, double high); // a function: its argument is often a draw
int64_t att_sim_last_had(const sim_mind *mind, uint32_t item); // minute, -1: not remembered
void att_sim_had(
    sim_mind *mind, const att_world *world, const sim_person *person, uint32_t item, int64_t at_ms);

#endif
