// SPDX-License-Identifier: Apache-2.0
// measure/print_rates.c - how often recordings are found by ten seconds of them after what people do to these, and how often others are
// taken for them.
//
// Every third file is foreign: it is not added (or every file that is not in the database that was given). Excerpts are cut at random places, attacked, and looked up with hardly any threshold, so
// that the scores of what is foreign are seen as well as those of what is known. The best score of each foreign look is the greatest of
// many chances; Gumbel's distribution, fitted by its mean and deviation, tells how often one passes the threshold:
//
//   P(score > s) = 1 - exp(-exp(-(s - a) / b)),   b = sqrt(6) deviation / pi,   a = mean - 0.5772 b
#include "measure/audio_attacks.h"
#include "measure/longrun.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { FOREIGN_EVERY = 3 };
static const double hardly_any = 0.5, place_reach_s = 0.5;

typedef struct measurer {
    att_host host;
    att_print_measure_options options;
    const att_prints *prints;
    att_prints *made; // the same, when it was made here
    att_print_rates *out;
    att_error *err;
    const char *const *paths;
    size_t count;
    att_audio other; // a foreign excerpt, to be mixed in
    ATT_VEC(double) foreign;
    double added_s, added_in_s, looked_in_s;
    att_error passed_over; // why the last file was
    uint64_t looks;
} measurer;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// False: passed over.
static bool read_file(measurer *m, size_t index, att_audio *out)
{
    const att_audio_read_options options = {.mono = true, .seconds_max = ATT_PRINT_SECONDS_MAX};
    if (att_audio_read(out, m->paths[index], &options, &m->host, &m->passed_over))
        return false;
    if ((double)out->frames >= 2 * m->options.seconds * out->rate_hz)
        return true;
    (void)!ATT_FAIL(&m->passed_over, ATT_INSUFFICIENT, "%s: shorter than two excerpts", m->paths[index]);
    att_audio_deinit(out);
    return false;
}

static att_status tell(const measurer *m, const char *task, size_t done)
{
    return att_progress_tell(&m->host, task, done, m->count, "recordings") ? ATT_OK : ATT_FAIL(m->err, ATT_CANCELLED, "measuring was cancelled");
}

static att_status add_all(measurer *m)
{
    att_status status = ATT_OK;
    for (size_t i = 0; !status && i < m->count; i++) {
        att_audio audio;
        status = tell(m, "adding", i);
        if (status || i % FOREIGN_EVERY == FOREIGN_EVERY - 1 || !read_file(m, i, &audio))
            continue;
        const double start = cpu_s();
        status = att_prints_add(m->made, m->paths[i], att_audio_view(&audio), m->err);
        m->added_in_s += cpu_s() - start;
        m->added_s += (double)audio.frames / audio.rate_hz;
        if (status == ATT_INSUFFICIENT || status == ATT_EXISTS)
            status = ATT_OK;
        att_audio_deinit(&audio);
    }
    return status;
}

// --- One excerpt --------------------------------------------------------------------------------------------------

// Is the best match at the place that the excerpt was cut from?
static bool is_placed(const att_print_match *m, double begin_s)
{
    return fabs(m->there_from_s - begin_s - m->tempo * m->from_s) < place_reach_s;
}

static void judge_known(measurer *m, att_print_rate *rate, size_t index, double begin_s, const att_print_match *found, size_t count)
{
    const double least = m->options.score_least;
    rate->looked++;
    if (count && found[0].score >= least && found[0].index == index) {
        rate->found++;
        rate->placed += is_placed(&found[0], begin_s);
    }
    bool wrong = false;
    for (size_t i = 0; i < count; i++)
        wrong |= found[i].score >= least && found[i].index != index;
    rate->wrong += wrong;
}

static att_status judge_foreign(measurer *m, att_print_rate *rate, const att_print_match *found, size_t count)
{
    const double score = count ? found[0].score : 0;
    rate->foreign_looked++;
    rate->alarms += score >= m->options.score_least;
    return ATT_VEC_PUSH(&m->host, &m->foreign, score) ? ATT_OK : att_no_memory(m->err, m->foreign.count, "scores");
}

static void tell_look(const measurer *m, att_print_look look, size_t index, const att_print_match *found, size_t count)
{
    look.known = index != SIZE_MAX;
    look.found = count && found[0].index == index && found[0].score >= m->options.score_least;
    look.placed = look.found && is_placed(&found[0], look.begin_s);
    for (size_t i = count; i-- > 0;)
        if (found[i].index == index) {
            look.score = found[i].score;
        } else {
            look.other_score = found[i].score;
            look.other = att_prints_get(m->prints, found[i].index).name.data;
        }
    m->options.on_look(m->options.user, &look);
}

static att_status look(measurer *m, att_audio_attack attack, att_sound excerpt, const char *path, double begin_s, size_t index, att_rng *rng)
{
    att_print_match found[ATT_PRINT_FOUND_MAX];
    att_print_rate *rate = &m->out->rates[attack];
    size_t count;
    att_audio changed;
    if ((attack == ATT_AUDIO_MIXED_0 || attack == ATT_AUDIO_MIXED_6) && !m->other.frames)
        return ATT_OK; // nothing foreign has been read
    att_status status = att_audio_attacked(&changed, excerpt, att_audio_view(&m->other), attack, rng, &m->host, m->err);
    if (status == ATT_UNSUPPORTED)
        return rate->impossible = true, ATT_OK;
    if (status)
        return status;
    const double start = cpu_s();
    status = att_prints_find(m->prints, att_audio_view(&changed), &(att_print_options){hardly_any}, found, &count, m->err);
    m->looked_in_s += cpu_s() - start;
    m->looks++;
    att_audio_deinit(&changed);
    if (status)
        return status;
    if (m->options.on_look)
        tell_look(m, (att_print_look){.path = path, .begin_s = begin_s, .attack = attack}, index, found, count);
    if (index == SIZE_MAX)
        return judge_foreign(m, rate, found, count);
    judge_known(m, rate, index, begin_s, found, count);
    return ATT_OK;
}

// The excerpt becomes what is mixed into the next ones.
static att_status remember(measurer *m, att_sound excerpt)
{
    att_audio_deinit(&m->other);
    const att_status status = att_audio_init(&m->other, excerpt.frames, 1, excerpt.rate_hz, &m->host, m->err);
    if (!status)
        memcpy(m->other.samples, excerpt.samples, excerpt.frames * sizeof *excerpt.samples);
    return status;
}

static att_status look_up(measurer *m, size_t i, const att_audio *audio)
{
    att_rng place = att_rng_stream(m->options.seed, i);
    const size_t frames = (size_t)(m->options.seconds * audio->rate_hz);
    size_t index = SIZE_MAX;
    att_status status = ATT_OK;
    if (!att_prints_named(m->prints, m->paths[i], &index))
        index = SIZE_MAX;
    m->out->known += index != SIZE_MAX;
    m->out->foreign += index == SIZE_MAX;
    for (uint32_t e = 0; !status && e < m->options.excerpts; e++) {
        const size_t begin = (size_t)att_rng_below(&place, audio->frames - frames);
        const att_sound excerpt = {audio->samples + begin, frames, 1, audio->rate_hz};
        for (int a = 0; !status && a < ATT_AUDIO_ATTACK_COUNT; a++) {
            att_rng rng = att_rng_stream(m->options.seed + 1 + e, i * ATT_AUDIO_ATTACK_COUNT + (uint64_t)a);
            status = look(m, (att_audio_attack)a, excerpt, m->paths[i], (double)begin / audio->rate_hz, index, &rng);
        }
        if (!status && index == SIZE_MAX)
            status = remember(m, excerpt);
    }
    return status;
}

static att_status look_all(measurer *m)
{
    att_status status = ATT_OK;
    size_t first = 0, index;
    while (first + 1 < m->count && att_prints_named(m->prints, m->paths[first], &index))
        first++;
    for (size_t k = 0; !status && k < m->count; k++) {
        const size_t i = (k + first) % m->count; // a foreign one first: it is mixed into others
        att_audio audio;
        status = tell(m, "looking up", k);
        if (status || !read_file(m, i, &audio))
            continue;
        status = look_up(m, i, &audio);
        att_audio_deinit(&audio);
    }
    return status;
}

// --- Figures ------------------------------------------------------------------------------------------------------

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_tail(measurer *m)
{
    const size_t n = m->foreign.count;
    double mean = 0, square = 0;
    if (n < 2)
        return;
    qsort(m->foreign.items, n, sizeof *m->foreign.items, by_value);
    for (size_t i = 0; i < n; i++)
        mean += m->foreign.items[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += (m->foreign.items[i] - mean) * (m->foreign.items[i] - mean) / (double)(n - 1);
    const double b = sqrt(6 * square) / M_PI, a = mean - 0.5772156649 * b;
    m->out->foreign_most = m->foreign.items[n - 1];
    m->out->foreign_middle = m->foreign.items[n / 2];
    m->out->alarm_bound = b > 0 ? -expm1(-exp(-(m->options.score_least - a) / b)) : 0;
}

static void figure(measurer *m)
{
    att_print_rates *out = m->out;
    out->score_least = m->options.score_least;
    for (size_t i = 0; i < att_prints_count(m->prints); i++)
        out->hours += att_prints_get(m->prints, i).seconds / 3600;
    out->bytes_per_hour = out->hours > 0 ? (double)att_prints_bytes(m->prints) / out->hours : 0;
    out->add_times = m->added_in_s > 0 ? m->added_s / m->added_in_s : 0;
    out->look_s = m->looks ? m->looked_in_s / (double)m->looks : 0;
    for (int a = 0; a < ATT_AUDIO_ATTACK_COUNT; a++) {
        att_print_rate *r = &out->rates[a];
        r->found_share = att_wilson((double)r->found, (double)r->looked, 0.95);
        r->alarm_share = att_wilson((double)r->alarms, (double)r->foreign_looked, 0.95);
    }
    read_tail(m);
}

static att_status check_options(att_print_measure_options *o, att_error *err)
{
    o->seed = o->seed ? o->seed : 1;
    o->excerpts = o->excerpts ? o->excerpts : 1;
    o->seconds = o->seconds == 0 ? 10 : o->seconds;
    o->score_least = o->score_least == 0 ? ATT_PRINT_SCORE : o->score_least;
    if (!(o->seconds >= 3 && o->seconds <= 60) || o->excerpts > 1000)
        return ATT_FAIL(err, ATT_INVALID, "excerpts of %g s, %u of each: expected 3 to 60 s, 1 to 1000", o->seconds, o->excerpts);
    return ATT_OK;
}

att_status att_print_measure(const char *const *paths, size_t count, const att_print_measure_options *options, const att_host *host,
    att_print_rates *out, att_error *err)
{
    measurer m = {.host = att_host_complete(host), .options = options ? *options : (att_print_measure_options){0}, .out = out, .err = err,
        .paths = paths, .count = count};
    *out = (att_print_rates){0};
    att_host silent = m.host; // looking up tells nothing of its own
    att_status status = check_options(&m.options, err);
    silent.progress = NULL;
    m.prints = m.options.prints;
    if (!status && !m.prints) {
        status = att_prints_create(&m.made, &silent, err);
        m.prints = m.made;
        status = status ? status : add_all(&m);
    }
    if (!status)
        status = look_all(&m);
    if (!status && out->known + out->foreign < 3)
        status = ATT_FAIL(err, ATT_INSUFFICIENT, "%llu recordings of %g s or more among %zu files, expected 3; %s",
            (unsigned long long)(out->known + out->foreign), 2 * m.options.seconds, count, m.passed_over.text);
    if (!status)
        figure(&m);
    att_prints_destroy(m.made);
    att_audio_deinit(&m.other);
    ATT_VEC_FREE(&m.host, &m.foreign);
    return status;
}
