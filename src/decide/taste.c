// SPDX-License-Identifier: Apache-2.0
// decide/taste.c - decay, consolidation, the mix of the time scales, situations, tag shares.
#include "decide/taste.h"

#include "signals/grade.h"
#include "signals/people.h"
#include "signals/situation.h"

#include <math.h>

#define DAY_S 86400.0
#define YEAR_DAYS 365.2425
#define SEASONS_FROM_S (YEAR_DAYS / 2 * DAY_S - 1) // younger: no season, whatever a rounding says
#define PERIODS_MAX 512 // older than so many periods nothing is recent any more

// --- One preference ------------------------------------------------------------------------------------

// The moment in the units that each preference is asked in.
typedef struct reckoning {
    const att_policy *policy;
    double now_s, half_life_s;
    uint32_t life_event_s;
} reckoning;

static reckoning reckon(const att_taste_moment *moment)
{
    return (reckoning){.policy = moment->policy,
        .now_s = (double)moment->now_ms / 1000,
        .half_life_s = moment->policy->signals.half_life_days * DAY_S,
        .life_event_s = moment->life_event_s};
}

static double lasting_of(const reckoning *now, const att_taste_item *item)
{
    return item->grade > 0 ? item->grade * att_decay_of(now->half_life_s, now->now_s - item->at_s) : 0;
}

static double session_of(const att_policy *policy, const att_taste_item *item)
{
    const double half_life = policy->signals.session_half_life_events;
    if (item->grade <= 0 || item->session_rank == ATT_NOT_IN_SESSION)
        return 0;
    return item->grade * (half_life > 0 ? exp2(-(double)item->session_rank / half_life) : 1);
}

static double season_of(const att_policy *policy, double age_days)
{
    if (!(age_days > YEAR_DAYS / 2) || !(policy->taste.season_boost > 0))
        return 1;
    const double away = fabs(age_days - YEAR_DAYS * nearbyint(age_days / YEAR_DAYS));
    return 1 + policy->taste.season_boost * fmax(0, 1 - away / policy->taste.season_days);
}

static double base_of(const reckoning *now, const att_taste_item *item)
{
    const double lasting = lasting_of(now, item) * (double)item->kept;
    if (!(lasting > 0))
        return 0;
    const double age_s = now->now_s - item->at_s;
    const double season = age_s < SEASONS_FROM_S ? 1 : season_of(now->policy, age_s / DAY_S);
    const double life = item->at_s < now->life_event_s ? now->policy->taste.life_event_keep : 1;
    return lasting * season * life;
}

// --- Consolidation -------------------------------------------------------------------------------------

// What is still recent after so many periods: powers of one number, so that nothing is raised twice.
typedef struct fading {
    double left[PERIODS_MAX];
    size_t count; // older: 0
    int64_t now_period;
    uint32_t period_s;
} fading;

static void fading_init(fading *out, const att_taste_moment *moment)
{
    const att_policy *policy = moment->policy;
    const double step =
        exp2(-(double)policy->taste.consolidation_days / policy->taste.recent_half_life_days);
    out->period_s = policy->taste.consolidation_days * (uint32_t)DAY_S;
    out->now_period = moment->now_ms / 1000 / out->period_s;
    double left = 1;
    for (out->count = 0; out->count < PERIODS_MAX && left > 1e-6; left *= step)
        out->left[out->count++] = left;
}

static double recent_part(const fading *fade, const att_taste_item *item)
{
    const int64_t age = fade->now_period - (int64_t)(item->at_s / fade->period_s);
    const double left = age <= 0 ? 1 : (size_t)age < fade->count ? fade->left[age] : 0;
    return item->days > 1 ? left / item->days : left;
}

// --- Situations ----------------------------------------------------------------------------------------

// What is left of a likeness when a field differs. What one does says more than what one holds in the hand, and both more
// than the day of the week.
static const double rho[ATT_SITUATION_FIELDS] = {[ATT_SITUATION_DEVICE] = 0.7,
    [ATT_SITUATION_PLACE] = 0.7,
    [ATT_SITUATION_ACTIVITY] = 0.35,
    [ATT_SITUATION_HOURS] = 0.6,
    [ATT_SITUATION_WEEK] = 0.9};

typedef struct likeness {
    double factor[ATT_SITUATION_FIELDS][16]; // by class of the preference
    double least;
} likeness;

static void likeness_init(likeness *out, uint16_t now)
{
    out->least = 1;
    for (int f = 0; f < ATT_SITUATION_FIELDS; f++) {
        const unsigned here = att_situation_get(now, (att_situation_field)f);
        for (unsigned class = 0; class < 16; class++)
            out->factor[f][class] = !here || class == here ? 1 : class ? rho[f] : (1 + rho[f]) / 2;
        out->least *= here ? rho[f] : 1;
    }
}

static double likeness_of(const likeness *like, uint16_t situation)
{
    double k = 1;
    for (int f = 0; f < ATT_SITUATION_FIELDS; f++)
        k *= like->factor[f][att_situation_get(situation, (att_situation_field)f)];
    return k;
}

// Bends the weights towards what is chosen in situations like this one. Returns b.
static double bend(
    const att_taste_moment *moment, const att_taste_item *items, size_t count, float *weights)
{
    const double share = moment->policy->taste.context_share;
    if (!moment->situation || !(share > 0))
        return 0;
    likeness like;
    float alike[ATT_PREFERENCES_MAX];
    likeness_init(&like, moment->situation);
    assert(count <= ATT_PREFERENCES_MAX);
    double sum = 0, liked = 0, evidence = 0;
    for (size_t i = 0; i < count; i++) {
        const double k = likeness_of(&like, items[i].situation), w = (double)weights[i];
        sum += w;
        liked += w * k;
        evidence += ATT_MAX(0, items[i].grade) * (k - like.least);
        alike[i] = (float)k;
    }
    evidence /= 1 - like.least;
    if (!(sum > 0))
        return 0;
    const double own = evidence / (evidence + moment->policy->taste.context_evidence);
    const double per_mean = own * sum / liked;
    double bent = 0;
    for (size_t i = 0; i < count; i++) {
        const double phi =
            (1 - own) * (1 + (double)items[i].lift) + per_mean * (double)alike[i];
        weights[i] *= (float)(1 - share * (1 - phi));
        bent += (double)weights[i];
    }
    const float back = bent > 0 ? (float)(sum / bent) : 1;
    for (size_t i = 0; i < count; i++)
        weights[i] *= back;
    return own;
}

// --- All of them ---------------------------------------------------------------------------------------

typedef struct vectors {
    double sum[ATT_TASTE_SCALES], share[ATT_TASTE_SCALES];
} vectors;

// Shares of the three vectors; a part that is not there leaves its share to the others.
static void share_out(const att_taste_moment *moment, vectors *v, bool plain)
{
    const att_policy *policy = moment->policy;
    const double evidence = policy->taste.recent_evidence, most = policy->taste.recent_share;
    const double lasting = v->sum[ATT_TASTE_LONG], recent = v->sum[ATT_TASTE_RECENT];
    if (!(lasting + recent > 0))
        return;
    const double session = v->sum[ATT_TASTE_SESSION] > 0 ? policy->objective.session_mix : 0;
    const double a = recent > 0 ? most * recent / (recent + evidence) : 0;
    const double b = lasting > 0 ? (1 - most) * lasting / (lasting + evidence) : 0;
    double of_recent = a + b > 0 ? a / (a + b) : lasting > 0 ? 0 : 1;
    if (moment->moved || moment->life_event_s)
        of_recent = fmax(of_recent, recent / (lasting + recent));
    if (plain)
        of_recent = 0;
    v->share[ATT_TASTE_LONG] = (1 - session) * (1 - of_recent);
    v->share[ATT_TASTE_RECENT] = (1 - session) * of_recent;
    v->share[ATT_TASTE_SESSION] = session;
}

static void parts_of(const reckoning *now, const fading *fade, const att_taste_item *item,
    double parts[ATT_TASTE_SCALES])
{
    const double base = base_of(now, item), recent = base > 0 ? base * recent_part(fade, item) : 0;
    parts[ATT_TASTE_LONG] = base - recent;
    parts[ATT_TASTE_RECENT] = recent;
    parts[ATT_TASTE_SESSION] = session_of(now->policy, item);
}

// The plain twin: one half-life and the session.
static void plain_parts(const reckoning *now, const att_taste_item *item, double parts[ATT_TASTE_SCALES])
{
    parts[ATT_TASTE_LONG] = lasting_of(now, item);
    parts[ATT_TASTE_RECENT] = 0;
    parts[ATT_TASTE_SESSION] = session_of(now->policy, item);
}

void att_taste_weights(const att_taste_moment *moment, const att_taste_item *items, size_t count,
    float *weights, float *scales, att_taste_sum *sum)
{
    const bool plain = !moment->policy->taste.scales;
    const reckoning now = reckon(moment);
    fading fade = {.period_s = 1};
    if (!plain)
        fading_init(&fade, moment);
    vectors v = {0};
    for (size_t i = 0; i < count; i++) {
        double parts[ATT_TASTE_SCALES];
        if (plain)
            plain_parts(&now, &items[i], parts);
        else
            parts_of(&now, &fade, &items[i], parts);
        for (int s = 0; s < ATT_TASTE_SCALES; s++) {
            v.sum[s] += parts[s];
            scales[(size_t)s * count + i] = (float)parts[s];
        }
    }
    share_out(moment, &v, plain);
    const double all = v.sum[ATT_TASTE_LONG] + v.sum[ATT_TASTE_RECENT];
    double lift[ATT_TASTE_SCALES];
    for (int s = 0; s < ATT_TASTE_SCALES; s++)
        lift[s] = v.sum[s] > 0 ? v.share[s] * all / v.sum[s] : 0;
    for (size_t i = 0; i < count; i++)
        weights[i] = (float)(lift[ATT_TASTE_LONG] * (double)scales[i] +
                             lift[ATT_TASTE_RECENT] * (double)scales[count + i] +
                             lift[ATT_TASTE_SESSION] * (double)scales[2 * count + i]);
    *sum = (att_taste_sum){.own_context = plain ? 0 : bend(moment, items, count, weights)};
    memcpy(sum->share, v.share, sizeof sum->share);
}

void att_taste_mix_add(
    double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count, double weight)
{
    if (!(weight > 0) || !tag_count)
        return;
    const double part = weight / (double)tag_count;
    for (size_t i = 0; i < tag_count; i++)
        if (tags[i] < tag_total)
            mix[tags[i]] += part;
}

bool att_taste_mix_finish(double *mix, size_t tag_total)
{
    double sum = 0;
    for (size_t g = 0; g < tag_total; g++)
        sum += mix[g];
    if (!(sum > 0))
        return false;
    for (size_t g = 0; g < tag_total; g++)
        mix[g] /= sum;
    return true;
}

double att_taste_mass(const double *mix, size_t tag_total, const uint16_t *tags, size_t tag_count)
{
    double mass = 0;
    for (size_t i = 0; i < tag_count; i++)
        if (tags[i] < tag_total)
            mass += mix[tags[i]];
    return ATT_MIN(mass, 1);
}
