// SPDX-License-Identifier: Apache-2.0
// apps/cli/live.h - simulated people who use the engine now, while it serves: the demo mode's life.
//
// Two threads. One lets the people of a world come (att_world_run): each asks the engine for a slate and reacts by the
// simulator's model, which the engine does not know. The other trains when enough is new, as `attune train --watch` does. Time
// is made up too: a day takes some seconds, and the engine's clock is the world's. It never runs ahead of what has happened: a busy
// machine makes the days longer.
//
// Some people are newcomers: they come under ids that the engine has never met, and after some visits the next one takes the place.
#ifndef ATT_CLI_LIVE_H
#define ATT_CLI_LIVE_H

#include "cli.h"

#include <pthread.h>

#define LIVE_HOURS_MAX 480    // points of the curves over time; when they are used up, two become one
#define LIVE_VISITS_MAX 40    // of a newcomer, then the next one comes
#define LIVE_NEWCOMERS_MAX 96 // at the same time
#define LIVE_RECENT_MAX 24
#define LIVE_TRAININGS_MAX 48
#define LIVE_PIECES_MAX 64    // made here, that simulated people may meet
#define LIVE_MET_MAX 256      // slots with such a piece that are remembered

typedef struct live_options {
    double day_s;        // that a simulated day takes
    uint32_t newcomers;  // at the same time
    uint64_t seed;       // of random's slates
    bool experiment;     // starts one whose second arm is bolder
    bool pieces;         // music is made for five people once there is a model
} live_options;
live_options live_options_default(void);

// What slates are worth to the people, by the truth that no engine sees.
typedef struct live_sums {
    uint64_t visits, best_count;
    double engine, random, best;
} live_sums;

typedef struct live_newcomer {
    size_t person;
    uint32_t number, visits; // the how manieth newcomer of all, and how often they came
    char id[32];
    int64_t since_ms;
    double engine[LIVE_VISITS_MAX], random[LIVE_VISITS_MAX];
} live_newcomer;

typedef struct live_recent {
    int64_t at_ms;
    char user[64], item[64], title[96];
    att_signal signal;
} live_recent;

typedef struct live_training {
    int64_t at_ms;
    uint64_t version;
    bool swapped;
    double seconds;
    char kind[32], why[200];
} live_training;

// A piece that was made here, and the item of the world that people react as to; SIZE_MAX: none.
typedef struct live_piece {
    char id[80];
    size_t like;
} live_piece;

// Where one of them was shown.
typedef struct live_met {
    uint64_t decision;
    size_t like, piece; // `piece` is a place in live.pieces
} live_met;

// Of made pieces: slots that held one and were looked at as any other, and what people did then.
typedef struct live_made {
    uint64_t shown, finished, liked, skipped;
} live_made;

// All that is told about it; one lock guards it.
typedef struct live_figures {
    live_sums hours[LIVE_HOURS_MAX];
    int64_t first_hour_ms, hour_ms; // of the first point, and how long each is
    live_sums by_visit[LIVE_VISITS_MAX];
    live_newcomer newcomers[LIVE_NEWCOMERS_MAX];
    live_recent recent[LIVE_RECENT_MAX];
    live_training trainings[LIVE_TRAININGS_MAX];
    size_t newcomer_count, recent_count, training_count; // of the last two: ever
    uint32_t newcomers_ever, newcomers_before;           // before: those that are through
    uint64_t events;
    live_made made;
    live_sums all;
} live_figures;

typedef struct live {
    cli *c;
    att_engine *engine;
    const att_world *world;
    att_slate_memory *memory;
    live_options options;
    att_host host;
    bool (*told)(void *user, const att_progress *progress); // of what the engine is at while it serves; NULL: nobody
    int64_t at_ms;    // atomic: the clock; 0: the system's
    bool stopping;    // atomic
    bool over;        // under the lock: the world's days are used up, or it failed
    char fault[512];  // under the lock
    int64_t begin_ms; // visits before it are made up for at once
    int64_t from_ms;
    double from_s;
    uint64_t random;
    uint32_t *newcomer_of; // (people): place in figures.newcomers + 1
    pthread_mutex_t lock;
    live_figures figures;
    pthread_t people, training;
    bool people_started, training_started;
    uint64_t looks;
    live_piece pieces[LIVE_PIECES_MAX]; // (piece_count); these are the people's thread's alone
    live_met met[LIVE_MET_MAX];         // a ring
    size_t piece_count, met_count;      // the latter: ever
} live;

// The engine and the world are to be made with live_host(l), so that they share the clock; until live_start it is the system's.
att_status live_init(live *l, cli *c, const live_options *options, att_error *err);
att_host live_host(live *l);
// Both stay with the caller. The days begin at the end of the world's history; what lies before begin_ms is made up for at once.
att_status live_start(live *l, att_engine *engine, const att_world *world, int64_t begin_ms, att_error *err);
bool live_trained(live *l);          // there is a model that was learned while it lives
bool live_wait(live *l, double ms); // false: it is to end
void live_stop(live *l); // waits for both threads
void live_deinit(live *l);

// The figures as JSON; the caller's, by free(). NULL: out of memory. Any thread.
char *live_json(void *user, size_t *size);

// --- live_made.c
// The item of the world that people react as to when `decision` shows them this piece; SIZE_MAX: none.
size_t live_made_stand_in(live *l, att_text made, uint64_t decision);
// The piece that was shown as this item of the world in that decision; NULL: none was.
const char *live_made_meant(const live *l, uint64_t decision, size_t item);

// --- live_figures.c
void live_figures_init(live_figures *f, int64_t first_ms);
// A visit: newcomer NULL for the others; best < 0: nobody looked.
void live_figures_visit(live_figures *f, int64_t at_ms, live_newcomer *newcomer, double engine, double random, double best);
void live_figures_event(live_figures *f, const att_event *event, const att_item *item);
// What was done with a piece that was made here.
void live_figures_made(live_figures *f, att_signal signal);
json_t *live_figures_json(const live_figures *f);

#endif
