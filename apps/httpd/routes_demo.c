// SPDX-License-Identifier: Apache-2.0
// httpd/routes_demo.c - how the simulated people of a demo fare; who lets them live writes the figures (serve.h).
#include "routes.h"

#include <stdlib.h>

static const shape_field sums_fields[] = {{"visits", SHAPE_WHOLE, "slates that people looked at", .required = true},
    {"engine", SHAPE_NUMBER, "mean satisfaction with what the engine showed, 0 to 1, slots weighted by how often they are looked at",
        .required = true, .nullable = true},
    {"random", SHAPE_NUMBER, "the same of random slates at the same moments", .required = true, .nullable = true},
    {"best", SHAPE_NUMBER, "the same of the best slates there were, on a sample of visits", .required = true, .nullable = true}, {0}};
static const shape shape_sums = {"DemoSums", "What slates were worth, by the simulated people's own truth", sums_fields};

static const shape_field hour_fields[] = {{"at_ms", SHAPE_WHOLE, "the simulated hour, or more hours, that begins then", .required = true},
    {"visits", SHAPE_WHOLE, "slates", .required = true}, {"engine", SHAPE_NUMBER, "as in DemoSums", .required = true, .nullable = true},
    {"random", SHAPE_NUMBER, "as in DemoSums", .required = true, .nullable = true},
    {"best", SHAPE_NUMBER, "as in DemoSums", .required = true, .nullable = true}, {0}};
static const shape shape_hour = {"DemoHour", "What slates were worth in a simulated hour", hour_fields};

static const shape_field visit_fields[] = {{"visit", SHAPE_WHOLE, "1 for the first", .required = true},
    {"visits", SHAPE_WHOLE, "newcomers who came so often", .required = true},
    {"engine", SHAPE_NUMBER, "as in DemoSums", .required = true, .nullable = true},
    {"random", SHAPE_NUMBER, "as in DemoSums", .required = true, .nullable = true},
    {"best", SHAPE_NUMBER, "as in DemoSums", .required = true, .nullable = true}, {0}};
static const shape shape_visit = {"DemoVisit", "What slates were worth at a newcomer's first, second, third visit …", visit_fields};

static const shape_field newcomer_fields[] = {{"user", SHAPE_TEXT, "id", .required = true},
    {"since_ms", SHAPE_WHOLE, "when they could come first", .required = true}, {"visits", SHAPE_WHOLE, "so far", .required = true},
    {"engine", SHAPE_LIST, "by visit", .of = SHAPE_NUMBER, .required = true},
    {"random", SHAPE_LIST, "by visit", .of = SHAPE_NUMBER, .required = true}, {0}};
static const shape shape_newcomer = {"DemoNewcomer", "Somebody whom the engine had never met", newcomer_fields};

static const shape_field training_fields[] = {{"at_ms", SHAPE_WHOLE, "simulated time", .required = true},
    {"version", SHAPE_WHOLE, "of the model", .required = true}, {"kind", SHAPE_TEXT, "of the model", .required = true},
    {"swapped", SHAPE_BOOL, "whether it was put in force", .required = true}, {"seconds", SHAPE_NUMBER, "that it took", .required = true},
    {"why", SHAPE_TEXT, "it was, or not", .required = true}, {0}};
static const shape shape_training = {"DemoTraining", "A training of the demo", training_fields};

static const shape_field recent_fields[] = {{"at_ms", SHAPE_WHOLE, "simulated time", .required = true},
    {"user", SHAPE_TEXT, "who", .required = true}, {"signal", SHAPE_TEXT, "did what", .required = true},
    {"item", SHAPE_TEXT, "with which item", .required = true}, {"title", SHAPE_TEXT, "its title", .required = true}, {0}};
static const shape shape_recent = {"DemoRecent", "Something that a simulated person did", recent_fields};

static const shape_field made_met_fields[] = {{"shown", SHAPE_WHOLE, "slots that held one", .required = true},
    {"finished", SHAPE_WHOLE, "heard to the end", .required = true}, {"liked", SHAPE_WHOLE, "liked or saved", .required = true},
    {"skipped", SHAPE_WHOLE, "skipped", .required = true}, {0}};
static const shape shape_made_met = {"DemoMade", "What simulated people did with what was made here", made_met_fields};

static const shape_field demo_fields[] = {{"at_ms", SHAPE_WHOLE, "the simulated clock", .required = true},
    {"day_s", SHAPE_NUMBER, "seconds that a simulated day takes", .required = true}, {"people", SHAPE_WHOLE, "in the world", .required = true},
    {"events", SHAPE_WHOLE, "that they sent since the demo began", .required = true},
    {"newcomers_ever", SHAPE_WHOLE, "people whom the engine had never met", .required = true},
    {"newcomers_through", SHAPE_WHOLE, "of these, whose place the next one took", .required = true},
    {"over", SHAPE_BOOL, "the world's days are used up, or it failed", .required = true},
    {"fault", SHAPE_TEXT, "how it failed; null: it did not", .required = true, .nullable = true},
    {"all", SHAPE_OBJECT, "since the demo began", .shape = &shape_sums, .required = true},
    {"hours", SHAPE_LIST, "over time", .of = SHAPE_OBJECT, .shape = &shape_hour, .required = true},
    {"by_visit", SHAPE_LIST, "the learning curve of newcomers", .of = SHAPE_OBJECT, .shape = &shape_visit, .required = true},
    {"newcomers", SHAPE_LIST, "who are here now", .of = SHAPE_OBJECT, .shape = &shape_newcomer, .required = true},
    {"trainings", SHAPE_LIST, "oldest first", .of = SHAPE_OBJECT, .shape = &shape_training, .required = true},
    {"recent", SHAPE_LIST, "newest first", .of = SHAPE_OBJECT, .shape = &shape_recent, .required = true},
    {"made", SHAPE_OBJECT, "slots with pieces that were made here, and what became of them", .shape = &shape_made_met, .required = true}, {0}};
const shape httpd_shape_demo = {"Demo", "How simulated people fare", demo_fields};

void httpd_demo(httpd_exchange *x)
{
    const httpd_options *options = &x->worker->server->options;
    if (!options->live) {
        httpd_problem(x, 404, NULL, "this service is no demo: attune serve --demo is one");
        return;
    }
    size_t size = 0;
    char *text = options->live(options->live_user, &size);
    if (!text) {
        httpd_problem(x, 503, NULL, "memory ran out");
        return;
    }
    out_raw(&x->answer, text, size);
    free(text);
}
