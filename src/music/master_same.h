// SPDX-License-Identifier: Apache-2.0
// music/master_same.h - is it still the same music?
#ifndef ATT_MUSIC_MASTER_SAME_H
#define ATT_MUSIC_MASTER_SAME_H

#include "attune/master.h"

// ATT_DENIED with what changed: the fingerprint of one is not found in the other, or at another tempo, pitch or place. What has no fingerprint of
// its own (too short, too empty) cannot be judged by it and passes, not identified.
att_status att_master_check_same(att_sound before, att_sound after, bool *identified, const att_host *host, att_error *err);

// Tempo and key of both, by the analyser that reads foreign files (attune/music.h), into the figures. ATT_DENIED when they differ, unless
// the fingerprint knows better (figures->identified) and the analyser itself is unsure: its confidence is below one half, or the tempo was
// among its guesses before.
att_status att_master_check_analysis(att_sound before, att_sound after, att_mastered *figures, const att_host *host, att_error *err);

#endif
