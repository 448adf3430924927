// SPDX-License-Identifier: Apache-2.0
// The checker finds what is wrong, and where: one breach of every rule is planted into a good score.
#include "check.h"

#include "attune/compose.h"

#include <stdlib.h>

enum { BAR = ATT_TICKS_PER_BEAT * ATT_BEATS_PER_BAR, ROOM = 64 };

static att_score song;
static att_breach items[ROOM];

static void fresh(const char *style)
{
    att_error err;
    att_score_deinit(&song);
    const att_music_brief brief = {.style = style, .key = "C major", .form = "intro verse chorus verse chorus outro", .bars = 44, .seed = 3, .attempts_max = 1};
    CHECK_OK_ERR(att_compose(&song, &brief, NULL, &err), &err);
}

static att_breaches check(void)
{
    att_breaches found = {.items = items, .capacity = ROOM};
    CHECK_OK(att_score_check(&song, &found, NULL, NULL));
    return found;
}

// The rule is told for this bar (0: any).
static bool told(const char *rule, uint32_t bar)
{
    const att_breaches found = check();
    for (size_t i = 0; i < found.count && i < ROOM; i++)
        if (strcmp(items[i].rule, rule) == 0 && (!bar || items[i].bar == bar) && items[i].text[0])
            return true;
    for (size_t i = 0; i < found.count && i < ROOM; i++)
        CHECK_NOTE("found instead: bar %u %s: %s", items[i].bar, items[i].rule, items[i].text);
    return false;
}

static att_note *note_of(att_role role, uint32_t from_ticks, size_t skip)
{
    for (size_t i = 0; i < song.note_count; i++)
        if (song.parts[song.notes[i].part].role == role && song.notes[i].start_ticks >= from_ticks && !skip--)
            return &song.notes[i];
    check_true(0, "there is such a note", __FILE__, __LINE__);
    return NULL;
}

static uint32_t bar_of(const att_note *n)
{
    return n->start_ticks / BAR + 1;
}

static att_section *section_of(att_section_kind kind, uint32_t turn)
{
    for (size_t i = 0; i < song.section_count; i++)
        if (song.sections[i].kind == kind && song.sections[i].turn == turn)
            return &song.sections[i];
    return NULL;
}

static att_chord *chord_in(uint32_t bar)
{
    for (size_t i = 0; i < song.chord_count; i++)
        if (song.chords[i].start_ticks / BAR + 1 == bar)
            return &song.chords[i];
    return NULL;
}

CHECK_TEST(a_composed_score_keeps_every_rule)
{
    CHECK_BEGIN();
    fresh("synth pop");
    const att_breaches found = check();
    CHECK_EQ(found.count, 0);
    CHECK_EQ(found.rules, 26);
}

CHECK_TEST(form_that_leaves_gaps_or_differs_is_found)
{
    CHECK_BEGIN();
    fresh("synth pop");
    song.sections[1].first_bar++;
    CHECK(told("whole", 0));
    fresh("synth pop");
    song.tempo_bpm = 4000;
    CHECK(told("whole", 1));
    fresh("synth pop");
    song.sections[3].bars--; // the second verse
    song.sections[4].first_bar--;
    song.sections[4].bars++;
    CHECK(told("sections", song.sections[3].first_bar + 1));
    fresh("synth pop");
    song.sections[2].kind = ATT_SECTION_INTRO;
    CHECK(told("sections", song.sections[2].first_bar + 1));
}

CHECK_TEST(notes_out_of_place_are_found)
{
    CHECK_BEGIN();
    fresh("synth pop");
    att_note *n = note_of(ATT_ROLE_LEAD, 20 * BAR, 0);
    n->key = 100;
    CHECK(told("notes", bar_of(n)));
    fresh("synth pop");
    n = &song.notes[song.note_count - 1];
    n->length_ticks = 100 * BAR;
    CHECK(told("notes", bar_of(n)));
    fresh("synth pop");
    n = note_of(ATT_ROLE_BASS, 10 * BAR, 0);
    n->velocity = 0;
    CHECK(told("notes", bar_of(n)));
    fresh("synth pop");
    n = note_of(ATT_ROLE_LEAD, 20 * BAR, 0);
    n->length_ticks = 3 * BAR;
    CHECK(told("overlap", 0));
    fresh("synth pop");
    song.parts[0].program = 53;
    CHECK(told("no voices", 1));
    fresh("synth pop");
    song.notes[10].part = 7;
    CHECK(told("score", 0));
}

CHECK_TEST(a_drummer_with_three_hands_is_found)
{
    CHECK_BEGIN();
    fresh("rock");
    att_note *n = NULL;
    for (size_t i = 0; i + 2 < song.note_count && !n; i++) // a kick with two others
        if (song.parts[song.notes[i].part].role == ATT_ROLE_DRUMS && song.notes[i].key == 36 && song.notes[i + 2].start_ticks == song.notes[i].start_ticks &&
            song.notes[i + 2].part == song.notes[i].part)
            n = &song.notes[i];
    CHECK(n != NULL);
    n->key = 40;
    CHECK(told("drummer's hands", bar_of(n)));
}

CHECK_TEST(harmony_that_goes_wrong_is_found)
{
    CHECK_BEGIN();
    fresh("synth pop");
    chord_in(9)->length_ticks /= 2;
    CHECK(told("chord line", 0));
    fresh("synth pop");
    *chord_in(15) = (att_chord){14 * BAR, BAR, 7, 7, ATT_CHORD_MAJOR};
    *chord_in(16) = (att_chord){15 * BAR, BAR, 5, 5, ATT_CHORD_MAJOR};
    CHECK(told("progression", 16)); // G goes back to F
    fresh("synth pop");
    *chord_in(9) = (att_chord){8 * BAR, BAR, 6, 6, ATT_CHORD_MAJOR};
    CHECK(told("key", 9));
    fresh("synth pop");
    const att_section *chorus = section_of(ATT_SECTION_CHORUS, 0);
    att_chord *last = chord_in(chorus->first_bar + chorus->bars);
    last->root = last->bass = 9;
    last->kind = ATT_CHORD_MINOR;
    CHECK(told("cadence", chorus->first_bar + chorus->bars));
    fresh("synth pop");
    last = chord_in(song.bars);
    last->bass = (last->bass + 4) % 12; // the third: C/E
    CHECK(told("cadence", song.bars));
    fresh("synth pop");
    const att_section *verse = section_of(ATT_SECTION_VERSE, 1);
    for (uint32_t b = 1; b < verse->bars; b++)
        *chord_in(verse->first_bar + b) = (att_chord){(verse->first_bar + b - 1) * BAR, BAR, 4, 4, ATT_CHORD_MINOR};
    CHECK(told("chords return", verse->first_bar + 1));
    fresh("synth pop");
    att_note *n = note_of(ATT_ROLE_FIGURE, 0, 5);
    n->key += 1;
    CHECK(told("figure", bar_of(n)));
}

// The three notes of the chords' part in a bar, by voice.
static void voices_in(uint32_t bar, att_note *out[3])
{
    out[0] = out[1] = out[2] = NULL;
    for (size_t i = 0; i < song.note_count; i++)
        if (song.parts[song.notes[i].part].role == ATT_ROLE_CHORDS && song.notes[i].start_ticks / BAR + 1 == bar)
            out[song.notes[i].voice] = &song.notes[i];
}

static void set_voices(uint32_t bar, int a, int b, int c)
{
    att_note *v[3];
    voices_in(bar, v);
    v[0]->key = (uint8_t)a, v[1]->key = (uint8_t)b, v[2]->key = (uint8_t)c;
}

CHECK_TEST(voices_led_badly_are_found)
{
    CHECK_BEGIN();
    fresh("synth pop"); // held chords: one attack a bar
    set_voices(9, 60, 64, 67);
    set_voices(10, 62, 65, 69); // C to D minor, all up: fifths between the outer voices
    *chord_in(9) = (att_chord){8 * BAR, BAR, 0, 0, ATT_CHORD_MAJOR};
    *chord_in(10) = (att_chord){9 * BAR, BAR, 2, 2, ATT_CHORD_MINOR};
    CHECK(told("parallels", 10));
    fresh("synth pop");
    set_voices(9, 60, 62, 67);
    *chord_in(9) = (att_chord){8 * BAR, BAR, 0, 0, ATT_CHORD_MAJOR};
    CHECK(told("complete chord", 9)); // 62 is not of it, and the third is missing
    fresh("synth pop");
    set_voices(9, 48, 64, 67);
    CHECK(told("spacing", 9));
    fresh("synth pop");
    set_voices(9, 64, 60, 67);
    CHECK(told("spacing", 9));
    fresh("synth pop");
    set_voices(9, 48, 52, 55);
    set_voices(10, 64, 67, 72);
    CHECK(told("voice leap", 10));
    fresh("synth pop");
    *chord_in(9) = (att_chord){8 * BAR, BAR, 7, 7, ATT_CHORD_MAJOR};
    set_voices(9, 59, 67, 71); // two leading tones
    CHECK(told("leading tone", 9));
    fresh("synth pop");
    *chord_in(9) = (att_chord){8 * BAR, BAR, 7, 7, ATT_CHORD_MAJOR};
    *chord_in(10) = (att_chord){9 * BAR, BAR, 0, 0, ATT_CHORD_MAJOR};
    set_voices(9, 62, 67, 71);
    set_voices(10, 60, 64, 67); // it does not rise
    CHECK(told("leading tone", 10));
    fresh("rock"); // several attacks a bar
    att_note *v[3];
    voices_in(12, v);
    v[1]->key += 1;
    CHECK(told("voice", 12));
    fresh("synth pop");
    for (size_t i = 0; i < song.note_count; i++)
        if (song.parts[song.notes[i].part].role == ATT_ROLE_CHORDS && song.notes[i].start_ticks / BAR == 11)
            song.notes[i].voice = 0;
    CHECK(told("complete chord", 12));
}

static att_note *strong_note(bool chorus)
{
    const att_section *s = section_of(chorus ? ATT_SECTION_CHORUS : ATT_SECTION_VERSE, 0);
    for (size_t i = 0; i < song.note_count; i++)
        if (song.parts[song.notes[i].part].role == ATT_ROLE_LEAD && song.notes[i].start_ticks / BAR > s->first_bar && song.notes[i].start_ticks % (2 * ATT_TICKS_PER_BEAT) == 0)
            return &song.notes[i];
    return NULL;
}

CHECK_TEST(a_melody_that_errs_is_found)
{
    CHECK_BEGIN();
    fresh("synth pop");
    att_note *n = strong_note(false);
    const uint32_t bar = bar_of(n);
    chord_in(bar)->root = chord_in(bar)->bass = (uint8_t)((n->key + 1) % 12); // a chord a semitone off
    CHECK(told("strong beat", bar));
    fresh("synth pop");
    n = strong_note(false);
    n->length_ticks = BAR + 1; // into the next chord
    CHECK(told("strong beat", bar_of(n)));
    fresh("synth pop");
    n = note_of(ATT_ROLE_LEAD, 10 * BAR, 2);
    n->key = n->key > 70 ? 61 : 78; // neither of C major
    CHECK(told("passing note", bar_of(n)));
    fresh("synth pop");
    n = note_of(ATT_ROLE_LEAD, 10 * BAR, 2);
    n->key = (uint8_t)(note_of(ATT_ROLE_LEAD, 10 * BAR, 1)->key + 6);
    CHECK(told("leap", bar_of(n)));
    fresh("synth pop");
    n = note_of(ATT_ROLE_LEAD, 10 * BAR, 1); // three in one direction: up by 7, up by 5
    n[0].key = 62;
    note_of(ATT_ROLE_LEAD, 10 * BAR, 2)->key = 69;
    note_of(ATT_ROLE_LEAD, 10 * BAR, 3)->key = 74;
    CHECK(told("leap", 0));
    fresh("synth pop");
    const att_section *chorus = section_of(ATT_SECTION_CHORUS, 0);
    n = note_of(ATT_ROLE_LEAD, (chorus->first_bar + chorus->bars - 1) * BAR, 0);
    n->key = n->key > 70 ? n->key - 5 : n->key + 7; // the fifth
    CHECK(told("melody's end", chorus->first_bar + chorus->bars));
    fresh("synth pop");
    n = note_of(ATT_ROLE_LEAD, section_of(ATT_SECTION_CHORUS, 1)->first_bar * BAR, 3);
    n->key ^= 1;
    CHECK(told("melody returns", section_of(ATT_SECTION_CHORUS, 1)->first_bar + 1));
    fresh("synth pop");
    for (size_t i = 0; i < song.note_count; i++)
        if (song.parts[song.notes[i].part].role == ATT_ROLE_LEAD)
            for (size_t k = 0; k < song.section_count; k++)
                if (song.sections[k].kind == ATT_SECTION_CHORUS && song.notes[i].start_ticks / BAR - song.sections[k].first_bar < song.sections[k].bars)
                    song.notes[i].key -= 12;
    CHECK(told("chorus lifts", 0));
}

CHECK_TEST(a_bass_that_errs_is_found)
{
    CHECK_BEGIN();
    fresh("synth pop");
    att_note *n = note_of(ATT_ROLE_BASS, 8 * BAR, 0);
    n->key += 1;
    CHECK(told("bass line", 9));
    fresh("synth pop");
    n = note_of(ATT_ROLE_BASS, 8 * BAR, 3); // an eighth off the beat, and the next one stays
    n->key += 6;
    CHECK(told("bass line", 9));
}

CHECK_TEST(what_is_no_score_is_told_and_not_read_further)
{
    CHECK_BEGIN();
    att_score_deinit(&song);
    CHECK(told("score", 0));
    fresh("synth pop");
    song.chords[3].kind = 77;
    CHECK(told("score", 4));
    fresh("synth pop");
    song.sections[0].kind = (att_section_kind)99;
    CHECK(told("score", 0));
    att_score_deinit(&song);
}

CHECK_MAIN(CHECK_CASE(a_composed_score_keeps_every_rule), CHECK_CASE(form_that_leaves_gaps_or_differs_is_found), CHECK_CASE(notes_out_of_place_are_found),
    CHECK_CASE(a_drummer_with_three_hands_is_found), CHECK_CASE(harmony_that_goes_wrong_is_found), CHECK_CASE(voices_led_badly_are_found),
    CHECK_CASE(a_melody_that_errs_is_found), CHECK_CASE(a_bass_that_errs_is_found), CHECK_CASE(what_is_no_score_is_told_and_not_read_further))
