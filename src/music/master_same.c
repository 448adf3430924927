// SPDX-License-Identifier: Apache-2.0
// music/master_same.c - identity by the fingerprint: found, at the same tempo, pitch and place.
#include "music/master_same.h"
#include "attune/fingerprint.h"
#include "base/base.h"

#include <math.h>

static const double TEMPO_NEAR = 0.01, PITCH_NEAR_SEMITONES = 0.4, PLACE_NEAR_S = 0.2;

static att_status look_up(const att_prints *prints, att_sound sound, att_print_match *best, bool *found, att_error *err)
{
    att_print_match matches[ATT_PRINT_FOUND_MAX];
    size_t count = 0;
    const att_status status = att_prints_find(prints, sound, NULL, matches, &count, err);
    *found = !status && count > 0;
    if (*found)
        *best = matches[0];
    return status;
}

static att_status compare(const att_print_match *m, att_error *err)
{
    if (!(fabs(m->tempo - 1) <= TEMPO_NEAR))
        return ATT_FAIL(err, ATT_DENIED, "tempo: found %.4f times that of before", m->tempo);
    if (!(fabs(m->pitch_semitones) <= PITCH_NEAR_SEMITONES))
        return ATT_FAIL(err, ATT_DENIED, "pitch: found %+.2f semitones from that of before", m->pitch_semitones);
    if (!(fabs(m->from_s - m->there_from_s) <= PLACE_NEAR_S))
        return ATT_FAIL(err, ATT_DENIED, "fingerprint: what was at %.2f s is at %.2f s", m->there_from_s, m->from_s);
    return ATT_OK;
}

att_status att_master_check_same(att_sound before, att_sound after, bool *identified, const att_host *host, att_error *err)
{
    att_prints *prints = NULL;
    att_print_match match;
    bool itself = false, found = false;
    *identified = false;
    att_status status = att_prints_create(&prints, host, err);
    if (status)
        return status;
    status = att_prints_add(prints, "before", before, err);
    if (status == ATT_INSUFFICIENT) {
        att_prints_destroy(prints);
        return ATT_OK;
    }
    if (!status)
        status = look_up(prints, after, &match, &found, err);
    if (!status && !found) {
        status = look_up(prints, before, &match, &itself, err);
        if (!status && itself)
            status = ATT_FAIL(err, ATT_DENIED, "fingerprint: the music of before is not found in it");
    } else if (!status) {
        status = compare(&match, err);
        *identified = !status;
    }
    att_prints_destroy(prints);
    return status;
}
