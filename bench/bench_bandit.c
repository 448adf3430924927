// SPDX-License-Identifier: Apache-2.0
// bench_bandit - contextual bandits on classification turned into bandits, and decisions per second.
//
//   bench_bandit [rounds] [shuffles] [timed decisions] [set or -] [FILE]
//
// A labelled row becomes a round: the row is the context, the classes are the options, and the reward is 1 when the
// chosen class is the label; nothing is told of the others. The progressive loss is the share of rounds without reward, each
// counted before anything is learned from it (Bietti, Agarwal, Langford 2021, section 4). The sets are made here, from seeds:
//   linear   label = argmax of 10 random linear scores of 20 normal features, 10 % of labels random
//   rings    label depends on squares and products of 8 features alone; 6 classes
//   words    8 topics, 40 words of 5,000 a row, the topics' words overlap; sparse
//   drift    like linear, 12 features and 5 classes, but the scores turn into others half-way, within a tenth of the rounds
// FILE: rows of "label feature feature ..." under a line "rows features classes", numbers in text.
// Where Vowpal Wabbit is installed (`vw` in PATH), it runs untuned on the same rows in the order of the first shuffle, as --cbify K.
// BENCH_ALGORITHM=NAME runs one algorithm alone. Beside each algorithm stand: uniform choice, the best fixed option in hindsight, and a supervised learner that is told
// every label (the same regressions, taught all classes of each row). +- is half of the 95 % interval over the shuffles.
// Everything is from seeds, so the hash of the choices says whether the work is the same work.
#include "base/rng.h"
#include "decide/bandit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct table {
    uint32_t rows, classes;
    uint32_t *label;                              // (rows)
    size_t *first;                                // (rows + 1)
    att_bandit_feature *features;
    size_t count, capacity;
} table;

static void die(const char *what)
{
    fprintf(stderr, "bench_bandit: %s\n", what);
    exit(1);
}

static void check(att_status status, const att_error *err)
{
    if (status)
        die(err->text);
}

static table table_of(uint32_t rows, uint32_t classes)
{
    table t = {.rows = rows, .classes = classes};
    t.label = calloc(rows, sizeof *t.label);
    t.first = calloc((size_t)rows + 1, sizeof *t.first);
    if (!t.label || !t.first)
        die("out of memory");
    return t;
}

static void add(table *t, uint64_t key, double value)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 1024;
        t->features = realloc(t->features, t->capacity * sizeof *t->features);
        if (!t->features)
            die("out of memory");
    }
    t->features[t->count++] = (att_bandit_feature){key, (float)value};
}

static uint64_t column_key(uint32_t column)
{
    char name[16];
    snprintf(name, sizeof name, "%u", column);
    return att_bandit_key(ATT_LIT("x"), att_text_of(name));
}

static void free_table(table *t)
{
    free(t->label);
    free(t->first);
    free(t->features);
}

// --- Sets -------------------------------------------------------------------------------------------------------

static uint32_t argmax(const double *values, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

// Labels are argmax of scores (1 - turn) W0 + turn W1, where turn goes from 0 to 1 about the middle when `drifts`.
static table linear_rows(uint32_t rows, uint32_t dim, uint32_t classes, double noise, bool drifts)
{
    table t = table_of(rows, classes);
    att_rng rng = att_rng_seed(1);
    double *weights = calloc((size_t)classes * dim * 2, sizeof *weights), *x = calloc(dim, sizeof *x), scores[64];
    if (!weights || !x)
        die("out of memory");
    for (size_t i = 0; i < (size_t)classes * dim * 2; i++)
        weights[i] = att_rng_normal(&rng);
    for (uint32_t r = 0; r < rows; r++) {
        const double turn = drifts ? fmin(1, fmax(0, 10 * ((double)r / rows - 0.45))) : 0;
        for (uint32_t c = 0; c < dim; c++) {
            x[c] = att_rng_normal(&rng);
            add(&t, column_key(c), x[c]);
        }
        for (uint32_t k = 0; k < classes; k++) {
            scores[k] = 0;
            for (uint32_t c = 0; c < dim; c++)
                scores[k] += x[c] * ((1 - turn) * weights[k * dim + c] + turn * weights[(classes + k) * dim + c]);
        }
        t.label[r] = att_rng_unit(&rng) < noise ? (uint32_t)att_rng_below(&rng, classes) : argmax(scores, classes);
        t.first[r + 1] = t.count;
    }
    free(weights);
    free(x);
    return t;
}

static table make_linear(uint32_t rows)
{
    return linear_rows(rows, 20, 10, 0.1, false);
}

static table make_drift(uint32_t rows)
{
    return linear_rows(rows, 12, 5, 0.05, true);
}

static table make_rings(uint32_t rows)
{
    enum { DIM = 8, CLASSES = 6, PAIRS = DIM * (DIM + 1) / 2 };
    table t = table_of(rows, CLASSES);
    att_rng rng = att_rng_seed(2);
    double weights[CLASSES][PAIRS], x[DIM], scores[CLASSES];
    for (int k = 0; k < CLASSES; k++)
        for (int p = 0; p < PAIRS; p++)
            weights[k][p] = att_rng_normal(&rng);
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t c = 0; c < DIM; c++)
            add(&t, column_key(c), x[c] = att_rng_normal(&rng));
        for (int k = 0; k < CLASSES; k++) {
            scores[k] = 0;
            for (int i = 0, p = 0; i < DIM; i++)
                for (int j = 0; j <= i; j++, p++)
                    scores[k] += weights[k][p] * (x[i] * x[j] - (i == j));
        }
        t.label[r] = att_rng_unit(&rng) < 0.05 ? (uint32_t)att_rng_below(&rng, CLASSES) : argmax(scores, CLASSES);
        t.first[r + 1] = t.count;
    }
    return t;
}

// Half of a row's words are of its topic's 200, a quarter of a neighbouring topic's, a quarter of all; rank by the square of a
// uniform number, so that few words are frequent.
static table make_words(uint32_t rows)
{
    enum { WORDS = 5000, TOPICS = 8, OF_TOPIC = 200, LENGTH = 40 };
    table t = table_of(rows, TOPICS);
    att_rng rng = att_rng_seed(3);
    for (uint32_t r = 0; r < rows; r++) {
        const uint32_t topic = (uint32_t)att_rng_below(&rng, TOPICS);
        t.label[r] = att_rng_unit(&rng) < 0.05 ? (uint32_t)att_rng_below(&rng, TOPICS) : topic;
        for (int w = 0; w < LENGTH; w++) {
            const double u = att_rng_unit(&rng), kind = att_rng_unit(&rng);
            const uint32_t of = kind < 0.5 ? topic : (topic + 1) % TOPICS;
            const uint32_t word = kind < 0.75 ? of * 150 + (uint32_t)(u * u * OF_TOPIC) : (uint32_t)(u * u * WORDS);
            add(&t, column_key(word), 1);
        }
        t.first[r + 1] = t.count;
    }
    return t;
}

static table read_rows(const char *path)
{
    FILE *file = fopen(path, "r");
    uint32_t rows = 0, columns = 0, classes = 0;
    if (!file || fscanf(file, "%u %u %u", &rows, &columns, &classes) != 3 || classes > 64)
        die("the file cannot be read, or its first line is not: rows features classes (at most 64)");
    table t = table_of(rows, classes);
    for (uint32_t r = 0; r < rows; r++) {
        if (fscanf(file, "%u", &t.label[r]) != 1 || t.label[r] >= classes)
            die("a label is missing or too large");
        for (uint32_t c = 0; c < columns; c++) {
            double value;
            if (fscanf(file, "%lf", &value) != 1)
                die("a number is missing");
            if (value != 0)
                add(&t, column_key(c), value);
        }
        t.first[r + 1] = t.count;
    }
    fclose(file);
    return t;
}

static const struct {
    const char *name;
    table (*make)(uint32_t rows);
    bool keeps_order;
} sets[] = {
    {"linear", make_linear, false},
    {"rings", make_rings, false},
    {"words", make_words, false},
    {"drift", make_drift, true},
};

// --- Rounds -----------------------------------------------------------------------------------------------------

typedef struct runner {
    const att_host *host;
    const table *rows;
    uint32_t *order;                   // (rows)
    att_bandit_feature *names;         // (classes): an option is its name
    att_bandit_features *options;      // (classes)
    uint64_t hash;
} runner;

static att_bandit_question question_of(const runner *run, uint32_t row)
{
    const table *t = run->rows;
    return (att_bandit_question){.context = {t->features + t->first[row], t->first[row + 1] - t->first[row]},
        .options = run->options,
        .count = t->classes};
}

static double bandit_loss(runner *run, const att_bandit_algorithm *algorithm, uint64_t seed)
{
    att_bandit bandit;
    att_bandit_memory memory;
    att_error err = {0};
    float probabilities[64];
    const att_bandit_options options = {.algorithm = algorithm, .seed = seed};
    check(att_bandit_init(&bandit, &options, run->host, &err), &err);
    att_bandit_memory_init(&memory, run->host);
    uint64_t lost = 0;
    for (uint32_t r = 0; r < run->rows->rows; r++) {
        const uint32_t row = run->order[r];
        const att_bandit_question question = question_of(run, row);
        const uint64_t draw = att_mix64(seed * 1000003 + r);
        uint32_t greedy;
        check(att_bandit_distribution(&bandit, &question, draw, &memory, probabilities, &greedy, &err), &err);
        const uint32_t chosen = att_bandit_draw(probabilities, question.count, draw);
        const bool right = chosen == run->rows->label[row];
        lost += !right;
        run->hash = att_mix64(run->hash ^ chosen);
        check(att_bandit_learn(&bandit, &question, chosen, (double)probabilities[chosen], right, 1, &memory, &err), &err);
    }
    att_bandit_memory_deinit(&memory);
    att_bandit_deinit(&bandit);
    return (double)lost / run->rows->rows;
}

// The same regressions, told the label of every row.
static double supervised_loss(const runner *run)
{
    att_bandit_space space;
    att_bandit_model model;
    att_bandit_view view;
    att_bandit_forecast said;
    att_error err = {0};
    uint64_t lost = 0;
    check(att_bandit_space_init(&space, 20, run->host, &err), &err);
    att_bandit_model_init(&model, 1u << ATT_BANDIT_ROWS | 1u << ATT_BANDIT_PLAIN | 1u << ATT_BANDIT_PAIRS, 20, run->host);
    att_bandit_view_init(&view, run->host);
    att_bandit_forecast_init(&said, run->host);
    for (uint32_t r = 0; r < run->rows->rows; r++) {
        const uint32_t row = run->order[r];
        const att_bandit_question question = question_of(run, row);
        bool turned;
        check(att_bandit_space_add(&space, &question, &turned, &err), &err);
        check(att_bandit_model_fit(&model, &space, &err), &err);
        check(att_bandit_view_fill(&view, &space, &question, &err), &err);
        check(att_bandit_model_predict(&model, &view, false, &said, &err), &err);
        uint32_t best = 0;
        for (uint32_t a = 1; a < question.count; a++)
            if (said.reward.items[a] > said.reward.items[best])
                best = a;
        lost += best != run->rows->label[row];
        for (uint32_t a = 0; a < question.count; a++) {
            if (a)
                check(att_bandit_model_predict(&model, &view, false, &said, &err), &err);
            att_bandit_model_learn(&model, &view, &said, a, a == run->rows->label[row], 1);
        }
    }
    att_bandit_forecast_deinit(&said);
    att_bandit_view_deinit(&view);
    att_bandit_model_deinit(&model);
    att_bandit_space_deinit(&space);
    return (double)lost / run->rows->rows;
}

static double best_fixed_loss(const table *t)
{
    uint32_t counts[64] = {0}, most = 0;
    for (uint32_t r = 0; r < t->rows; r++)
        most = ATT_MAX(most, ++counts[t->label[r]]);
    return 1 - (double)most / t->rows;
}

// Half of the 95 % interval of the mean, by Student's t.
static double half_interval(const double *values, uint32_t count)
{
    static const double t[] = {0, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26};
    double mean = 0, square = 0;
    if (count < 2)
        return NAN;
    for (uint32_t i = 0; i < count; i++)
        mean += values[i] / count;
    for (uint32_t i = 0; i < count; i++)
        square += (values[i] - mean) * (values[i] - mean);
    return (count <= 10 ? t[count - 1] : 2) * sqrt(square / (count - 1) / count);
}

static void print_losses(const char *set, const char *name, const double *losses, uint32_t shuffles, double seconds)
{
    double mean = 0;
    for (uint32_t s = 0; s < shuffles; s++)
        mean += losses[s] / shuffles;
    const double half = half_interval(losses, shuffles);
    if (isnan(half))
        printf("%-8s %-12s %.4f", set, name, mean);
    else
        printf("%-8s %-12s %.4f +- %.4f", set, name, mean, half);
    if (seconds > 0)
        printf("   %.1f s of CPU", seconds);
    printf("\n");
    fflush(stdout);
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec * 1e-6;
}

// --- Vowpal Wabbit, where it is ---------------------------------------------------------------------------------

static bool write_vw(const runner *run, const char *path)
{
    FILE *file = fopen(path, "w");
    for (uint32_t r = 0; file && r < run->rows->rows; r++) {
        const uint32_t row = run->order[r];
        fprintf(file, "%u |", run->rows->label[row] + 1);
        for (size_t f = run->rows->first[row]; f < run->rows->first[row + 1]; f++)
            fprintf(file, " f%llx:%.6g", (unsigned long long)run->rows->features[f].key, (double)run->rows->features[f].value);
        fputc('\n', file);
    }
    return file && fclose(file) == 0;
}

static void run_vw(const runner *run, const char *set)
{
    static const char *const ways[] = {"--regcbopt", "--squarecb", "--epsilon 0.05", "--cover 4", "--bag 8"};
    char path[] = "/tmp/bench-bandit-XXXXXX", command[400], line[512];
    if (system("command -v vw >/dev/null 2>&1") != 0) {
        printf("%-8s vw is not installed: not run beside\n", set);
        return;
    }
    const int made = mkstemp(path);
    if (made < 0 || close(made) != 0 || !write_vw(run, path))
        die("the rows cannot be written for vw");
    for (size_t i = 0; i < ATT_COUNT_OF(ways); i++) {
        snprintf(command, sizeof command, "vw --cbify %u %s -d %s 2>&1", run->rows->classes, ways[i], path);
        FILE *vw = popen(command, "r");
        double loss;
        while (vw && fgets(line, sizeof line, vw))
            if (sscanf(line, "average loss = %lf", &loss) == 1)
                printf("%-8s vw %-12s %.4f\n", set, ways[i], loss);
        if (vw)
            pclose(vw);
    }
    unlink(path);
}

static void run_set(const char *name, table *t, bool keeps_order, uint32_t shuffles, const char *only, const att_host *host, uint64_t *hash)
{
    runner run = {.host = host, .rows = t};
    run.order = calloc(t->rows, sizeof *run.order);
    run.names = calloc(t->classes, sizeof *run.names);
    run.options = calloc(t->classes, sizeof *run.options);
    double *losses = calloc(shuffles, sizeof *losses);
    if (!run.order || !run.names || !run.options || !losses)
        die("out of memory");
    for (uint32_t k = 0; k < t->classes; k++) {
        run.names[k] = (att_bandit_feature){att_bandit_key(ATT_LIT("option"), (att_text){(const char *)&k, sizeof k}), 1};
        run.options[k] = (att_bandit_features){&run.names[k], 1};
    }
    printf("%-8s %-12s %.4f\n", name, "uniform", 1 - 1.0 / t->classes);
    printf("%-8s %-12s %.4f\n", name, "best-fixed", best_fixed_loss(t));
    size_t count;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&count);
    for (size_t i = 0; i <= count; i++) {
        if (only && i < count && strcmp(only, algorithms[i].about.name) != 0)
            continue;
        const double before = cpu_s();
        for (uint32_t s = 0; s < shuffles; s++) {
            att_rng rng = att_rng_seed(1000 + s);
            for (uint32_t r = 0; r < t->rows; r++)
                run.order[r] = r;
            if (!keeps_order)
                att_rng_shuffle_u32(&rng, run.order, t->rows);
            losses[s] = i < count ? bandit_loss(&run, &algorithms[i], 1 + s) : supervised_loss(&run);
        }
        print_losses(name, i < count ? algorithms[i].about.name : "supervised", losses, shuffles, (cpu_s() - before) / shuffles);
    }
    att_rng rng = att_rng_seed(1000);
    for (uint32_t r = 0; r < t->rows; r++)
        run.order[r] = r;
    if (!keeps_order)
        att_rng_shuffle_u32(&rng, run.order, t->rows);
    run_vw(&run, name);
    *hash ^= run.hash;
    free(losses);
    free(run.order);
    free(run.names);
    free(run.options);
}

// --- Speed ------------------------------------------------------------------------------------------------------

static void time_choices(const att_bandit_algorithm *algorithm, uint32_t options, uint32_t decisions, const att_host *host)
{
    enum { DIM = 20, TAUGHT = 2000 };
    att_bandit bandit;
    att_bandit_memory memory;
    att_error err = {0};
    att_rng rng = att_rng_seed(7);
    att_bandit_feature context[DIM], *names = calloc(options, sizeof *names);
    att_bandit_features *list = calloc(options, sizeof *list);
    float *probabilities = calloc(options, sizeof *probabilities);
    if (!names || !list || !probabilities)
        die("out of memory");
    for (uint32_t a = 0; a < options; a++) {
        names[a] = (att_bandit_feature){att_mix64(a + 1), 1};
        list[a] = (att_bandit_features){&names[a], 1};
    }
    const att_bandit_options how = {.algorithm = algorithm, .seed = 1};
    check(att_bandit_init(&bandit, &how, host, &err), &err);
    att_bandit_memory_init(&memory, host);
    double choosing = 0, learning = 0;
    for (uint32_t r = 0; r < TAUGHT + decisions; r++) {
        for (uint32_t c = 0; c < DIM; c++)
            context[c] = (att_bandit_feature){column_key(c), (float)att_rng_normal(&rng)};
        const att_bandit_question question = {.context = {context, DIM}, .options = list, .count = options};
        uint32_t greedy;
        const double start = cpu_s();
        for (int again = 0; again < (r < TAUGHT ? 1 : 8); again++)
            check(att_bandit_distribution(&bandit, &question, r, &memory, probabilities, &greedy, &err), &err);
        const double chosen_at = cpu_s();
        const uint32_t chosen = att_bandit_draw(probabilities, options, r);
        check(att_bandit_learn(&bandit, &question, chosen, (double)probabilities[chosen], chosen % 3 == 0, 1, &memory, &err), &err);
        if (r >= TAUGHT) {
            choosing += (chosen_at - start) / 8;
            learning += cpu_s() - chosen_at;
        }
    }
    printf("%-12s %5u options, 20 features: %9.0f decisions/s, %8.0f rewards/s (one core, user CPU)\n", algorithm->about.name, options,
        decisions / choosing, decisions / learning);
    att_bandit_memory_deinit(&memory);
    att_bandit_deinit(&bandit);
    free(names);
    free(list);
    free(probabilities);
}

int main(int argc, char **argv)
{
    const uint32_t rounds = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    const uint32_t shuffles = argc > 2 ? (uint32_t)atoi(argv[2]) : 5;
    const uint32_t decisions = argc > 3 ? (uint32_t)atoi(argv[3]) : 2000;
    const char *wanted = argc > 4 ? argv[4] : "-", *path = argc > 5 ? argv[5] : NULL;
    const char *only = getenv("BENCH_ALGORITHM");
    const att_host host = att_host_default();
    uint64_t hash = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(sets) && !path; i++) {
        if (strcmp(wanted, "-") != 0 && strcmp(wanted, sets[i].name) != 0)
            continue;
        table t = sets[i].make(rounds);
        run_set(sets[i].name, &t, sets[i].keeps_order, shuffles, only, &host, &hash);
        free_table(&t);
    }
    if (path) {
        table t = read_rows(path);
        run_set("file", &t, false, shuffles, only, &host, &hash);
        free_table(&t);
    }
    size_t count;
    const att_bandit_algorithm *algorithms = att_bandit_algorithms(&count);
    for (size_t i = 0; i < count && decisions; i++)
        if (!only || strcmp(only, algorithms[i].about.name) == 0) {
            time_choices(&algorithms[i], 10, decisions, &host);
            time_choices(&algorithms[i], 1000, ATT_MAX(decisions / 20, 1u), &host);
        }
    printf("bench_bandit: %u rounds, %u shuffles, hash %016llx\n", rounds, shuffles, (unsigned long long)hash);
    return 0;
}
