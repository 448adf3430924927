// SPDX-License-Identifier: Apache-2.0
// music/master_same.c - identity by the fingerprint (found, at the same tempo, pitch and place) and by the analyser (tempo, key).
#include "music/master_same.h"
#include "attune/fingerprint.h"
#include "attune/music.h"
#include "base/base.h"

#include <math.h>

static const double TEMPO_NEAR = 0.01, PITCH_NEAR_SEMITONES = 0.4, PLACE_NEAR_S = 0.2, SURE = 0.5;

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

static void keep(att_master_figures *f, const att_music_analysis *a)
{
    f->tempo_bpm = a->tempo_bpm;
    f->tempo_confidence = a->tempo_confidence;
    f->key = a->key;
    f->key_confidence = a->key_confidence;
}

static bool is_guess(const att_music_analysis *a, double bpm)
{
    for (uint32_t i = 0; bpm > 0 && i < a->tempo_count; i++)
        if (fabs(a->tempos[i].bpm / bpm - 1) <= TEMPO_NEAR)
            return true;
    return false;
}

static att_status compare_analyses(const att_music_analysis *before, const att_music_analysis *after, bool identified, att_error *err)
{
    const bool same_tempo = before->tempo_bpm <= 0 || (after->tempo_bpm > 0 && fabs(after->tempo_bpm / before->tempo_bpm - 1) <= TEMPO_NEAR);
    const bool same_key = before->key.mode == after->key.mode && (before->key.tonic == after->key.tonic || before->key.mode == ATT_KEY_NONE);
    const bool tempo_unsure = fmin(before->tempo_confidence, after->tempo_confidence) < SURE || is_guess(before, after->tempo_bpm);
    if (!same_tempo && !(identified && tempo_unsure))
        return ATT_FAIL(err, ATT_DENIED, "tempo: found %.1f BPM, expected %.1f", after->tempo_bpm, before->tempo_bpm);
    if (!same_key && !(identified && fmin(before->key_confidence, after->key_confidence) < SURE)) {
        char was[16], is[16];
        att_key_text(before->key, was);
        att_key_text(after->key, is);
        return ATT_FAIL(err, ATT_DENIED, "key: found %s, expected %s", is, was);
    }
    return ATT_OK;
}

att_status att_master_check_analysis(att_sound before, att_sound after, att_mastered *figures, const att_host *host, att_error *err)
{
    att_music_analysis a, b;
    att_status status = att_music_analyse(before, &a, host, err);
    if (!status)
        status = att_music_analyse(after, &b, host, err);
    if (status)
        return status;
    keep(&figures->before, &a);
    keep(&figures->after, &b);
    return compare_analyses(&a, &b, figures->identified, err);
}
