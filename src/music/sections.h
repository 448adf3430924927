// SPDX-License-Identifier: Apache-2.0
// music/sections.h - the parts of a piece: where they begin, and which of them are alike.
//
// Cut: of all ways to cut the cells (music/section_cells.h) into sections of at most 36 bars, the one of the greatest sum of
//
//   bars (m - mean) + bonus - cost (1 + p)
//
// by dynamic programming. m: mean likeness of cells one to fifteen bars apart inside the section (bars that are like each other belong together:
// the correlation block matching of Marmoret, Cohen and Bimbot 2020 and 2023); p: less usual lengths, 0 for multiples of eight bars, more
// for four, two, one, most off the bar, and growing above 16 bars; bonus: a checkerboard of a bar on each side along the
// diagonal (Foote 2000), which sets the boundary on the beat. All in deviations of the likenesses that m is taken from.
//
// Name: two sections are as alike as the shorter laid on the other at its best place, half of it cell on cell and half all on all. Groups
// grow by their mean likeness (average linkage) until less than 0.35 of the way from the piece's mean to identity is left.
#ifndef ATT_MUSIC_SECTIONS_H
#define ATT_MUSIC_SECTIONS_H

#include "attune/music.h"
#include "music/section_cells.h"

// The sections of what was heard, *count of them, for the caller to give back; none of silence.
att_status att_sections_find(
    const att_heard *heard, const att_beats *beats, att_music_section **out, size_t *count, const att_host *host, att_error *err);

// Labels of sections that begin at the cells firsts[0] … and end at firsts[count], by first appearance.
att_status att_sections_label(const att_cells *cells, const size_t *firsts, size_t count, uint32_t *labels, const att_host *host, att_error *err);

#endif
