// SPDX-License-Identifier: Apache-2.0
// music/master_curve.c - the profile's curve.
//
// NAL-R (Byrne and Dillon, "The National Acoustic Laboratories' new procedure for selecting the gain and frequency response of a
// hearing aid", Ear and Hearing 7, 1986): gain(f) = 0.05 (H500 + H1000 + H2000) + 0.31 H(f) + k(f). Gains below 0 are left out, for a
// recording need not be made softer, and those above 30 dB are cut. Factors and k(f) agree with the NAL-RP of Leijon and Grimm (openMHA), which has the
// same values for all frequencies but 750 Hz, which it leaves out.
#include "music/master_curve.h"
#include "base/base.h"

#include <math.h>

static const double GAIN_MOST_DB = 30;
static const double nal_r_hz[] = {250, 500, 750, 1000, 1500, 2000, 3000, 4000, 6000};
static const double nal_r_db[] = {-17, -8, -3, 1, 1, -1, -2, -2, -2};

// Straight lines over the logarithm of frequency; level beyond the ends.
static double between(const double *hz, const double *db, size_t count, double at)
{
    if (at <= hz[0])
        return db[0];
    for (size_t i = 1; i < count; i++)
        if (at <= hz[i])
            return db[i - 1] + (db[i] - db[i - 1]) * log(at / hz[i - 1]) / log(hz[i] / hz[i - 1]);
    return db[count - 1];
}

static double threshold(const att_master_profile *p, double hz)
{
    return between(p->hearing_hz, p->hearing_db, p->hearing_count, hz);
}

double att_master_hearing_gain_db(const att_master_profile *p, double hz)
{
    if (!p->hearing_count)
        return 0;
    double gain = threshold(p, hz) / 2;
    if (p->hearing_rule == ATT_HEARING_NAL_R)
        gain = 0.05 * (threshold(p, 500) + threshold(p, 1000) + threshold(p, 2000)) + 0.31 * threshold(p, hz) +
               between(nal_r_hz, nal_r_db, ATT_COUNT_OF(nal_r_hz), hz);
    return fmin(fmax(gain, 0), GAIN_MOST_DB);
}

double att_master_curve(const att_master_profile *p, double hz)
{
    double db = att_master_hearing_gain_db(p, hz);
    const double octaves = fabs(log2(fmax(hz, 1) / 2700));
    if (octaves < 1)
        db += p->voice_db * (1 + cos(M_PI * octaves)) / 2;
    double factor = pow(10, db / 20);
    if (p->band_low_hz > 0)
        factor /= sqrt(1 + pow(p->band_low_hz / fmax(hz, 1), 16));
    if (p->band_high_hz > 0)
        factor /= sqrt(1 + pow(hz / p->band_high_hz, 16));
    return factor;
}
