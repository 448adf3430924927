// SPDX-License-Identifier: Apache-2.0
// Sections that were put there are found on their beat and named alike where they are; an hour takes no more memory than minutes do.
#include "sounds.h"

#include "attune/music.h"
#include "music/sections.h"

// Parts of eight bars: each letter has its chords, its register of strokes, and its level.
static att_audio song(const char *form, double bpm, double first_s, uint32_t rate_hz)
{
    static const int roots[3][4] = {{0, 5, 7, 0}, {9, 2, 4, 9}, {3, 8, 10, 5}};
    const double beat_s = 60 / bpm;
    const int bars = 8 * (int)strlen(form);
    att_audio out = sound_silence(first_s + 4 * bars * beat_s, 1, rate_hz);
    for (int beat = 0; beat < 4 * bars; beat++) {
        const int part = form[beat / 32] - 'A', root = roots[part][beat / 4 % 4];
        const double at_s = first_s + beat * beat_s;
        sound_add_stroke(&out, at_s, beat % 4 ? 400 + 700 * part : 90, 0.03, 0.3);
        for (int n = 0; n < 3 && beat % 4 == 0; n++)
            sound_add_tone(&out, at_s, 4 * beat_s, 261.63 * pow(2, (root + (n == 0 ? 0 : n == 1 ? 4 : 7)) / 12.0), 0.06);
    }
    return out;
}

static void check_form(const char *form, double bpm, double first_s, uint32_t rate_hz)
{
    att_audio sound = song(form, bpm, first_s, rate_hz);
    att_music_analysis a;
    att_music_details d;
    CHECK_OK(att_music_analyse_all(att_audio_view(&sound), &a, &d, NULL, NULL));
    CHECK_EQ(d.section_count, strlen(form));
    for (size_t i = 0; i < d.section_count && i < strlen(form); i++) {
        CHECK_NEAR(d.sections[i].begin_s, i ? first_s + (double)i * 32 * 60 / bpm : 0, 0.1);
        CHECK_NEAR(d.sections[i].end_s, i + 1 < d.section_count ? d.sections[i + 1].begin_s : a.seconds, 1e-9);
        CHECK_EQ(d.sections[i].label, form[i] - 'A');
    }
    att_music_details_deinit(&d);
    att_audio_deinit(&sound);
}

CHECK_TEST(sections_are_found_where_they_are_and_named_alike)
{
    CHECK_BEGIN();
    check_form("ABAC", 150, 0, 8000);
    check_form("ABCBA", 132, 0.7, 11025);
    check_form("ABCB", 160, 0.2, 8000);
}

CHECK_TEST(silence_has_none_and_what_is_short_has_one)
{
    CHECK_BEGIN();
    att_audio sound = sound_silence(20, 1, 8000);
    att_music_analysis a;
    att_music_details d;
    CHECK_OK(att_music_analyse_all(att_audio_view(&sound), &a, &d, NULL, NULL));
    CHECK_EQ(d.section_count, 0);
    CHECK(d.sections == NULL);
    att_audio_deinit(&sound);
    for (double seconds = 0.02; seconds < 6; seconds *= 4) {
        sound = sound_silence(seconds, 1, 8000);
        sound_add_noise(&sound, 0.3, 3);
        CHECK_OK(att_music_analyse_all(att_audio_view(&sound), &a, &d, NULL, NULL));
        CHECK_EQ(d.section_count, 1);
        CHECK_NEAR(d.sections[0].begin_s, 0, 0);
        CHECK_NEAR(d.sections[0].end_s, a.seconds, 1e-9);
        att_music_details_deinit(&d);
        att_audio_deinit(&sound);
    }
}

// What a listener would have heard of so long a piece: figures drawn at random, other ones every 97 s.
static att_heard heard_of(double seconds, double frames_hz)
{
    att_heard h = {.frames_hz = frames_hz, .seconds = seconds, .count = (size_t)(seconds * frames_hz), .mean_square = 0.1, .timbre_hz = frames_hz / 16,
        .chroma_hz = frames_hz / 8, .host = att_host_complete(NULL)};
    att_rng rng = att_rng_seed(11);
    h.timbre_count = (size_t)(seconds * h.timbre_hz);
    h.chroma_count = (size_t)(seconds * h.chroma_hz);
    h.onset = ATT_NEW_ARRAY(&h.host, float, h.count * ATT_REGISTERS);
    h.timbre = ATT_NEW_ARRAY(&h.host, float, h.timbre_count * ATT_CEPSTRA);
    h.chroma = ATT_NEW_ARRAY(&h.host, float, h.chroma_count * 12);
    CHECK(h.onset && h.timbre && h.chroma);
    for (size_t i = 0; i < h.count * ATT_REGISTERS; i++)
        h.onset[i] = (float)att_rng_unit(&rng);
    for (size_t i = 0; i < h.timbre_count * ATT_CEPSTRA; i++)
        h.timbre[i] = (float)(att_rng_unit(&rng) + (double)((size_t)((double)(i / ATT_CEPSTRA) / h.timbre_hz / 97) % 5 == i % ATT_CEPSTRA));
    for (size_t i = 0; i < h.chroma_count * 12; i++)
        h.chroma[i] = (float)att_rng_unit(&rng) / 12;
    return h;
}

static att_beats beats_of(double seconds, uint32_t per_bar)
{
    const att_host host = att_host_complete(NULL);
    att_beats b = {.count = (size_t)(seconds * 2), .per_bar = per_bar};
    b.items = ATT_NEW_ARRAY(&host, att_beat, b.count);
    CHECK(b.items != NULL);
    for (size_t i = 0; i < b.count; i++)
        b.items[i] = (att_beat){0.25 + 0.5 * (double)i, (uint32_t)(i % per_bar) + 1};
    return b;
}

static void check_bounds(double seconds, uint32_t per_bar, bool with_beats)
{
    const att_host host = att_host_complete(NULL);
    att_heard h = heard_of(seconds, 20);
    att_beats b = beats_of(seconds, per_bar), none = {0};
    att_cells cells;
    att_music_section *sections;
    size_t count;
    CHECK_OK(att_cells_make(&cells, &h, with_beats ? &b : &none, NULL, NULL));
    CHECK(cells.count <= ATT_CELLS_MAX && cells.count > ATT_CELLS_MAX / 5);
    for (size_t i = 0; i < cells.count; i++)
        CHECK(cells.edges_s[i] < cells.edges_s[i + 1]);
    att_cells_deinit(&cells);
    CHECK_OK(att_sections_find(&h, with_beats ? &b : &none, &sections, &count, NULL, NULL));
    CHECK(count >= 1);
    CHECK_NEAR(sections[0].begin_s, 0, 0);
    CHECK_NEAR(sections[count - 1].end_s, seconds, 1e-9);
    for (size_t i = 1; i < count; i++)
        CHECK_NEAR(sections[i].begin_s, sections[i - 1].end_s, 0);
    ATT_FREE_ARRAY(&host, sections, count);
    ATT_FREE_ARRAY(&host, b.items, b.count);
    att_heard_deinit(&h);
}

CHECK_TEST(hours_have_coarser_cells_and_no_more_of_them)
{
    CHECK_BEGIN();
    check_bounds(760, 4, true);
    check_bounds(3600, 4, true);
    check_bounds(3600, 3, true);
    check_bounds(3600, 4, false);
    check_bounds(7200, 3, true);
}

CHECK_TEST(likeness_by_lags_is_the_likeness_by_definition)
{
    CHECK_BEGIN();
    att_heard h = heard_of(60, 20);
    att_beats b = beats_of(60, 4);
    att_cells c;
    CHECK_OK(att_cells_make(&c, &h, &b, NULL, NULL));
    for (size_t i = 0; i < c.count; i += 7)
        for (size_t j = i; j < c.count; j += 5) {
            double harmony = 0, colour = 0;
            for (size_t q = 0; q < ATT_CELL_STACK; q++) {
                const size_t to = ATT_MIN(j + q, c.count - 1), from = to - (j - i);
                for (size_t k = 0; k < ATT_CELL_HARMONY; k++)
                    harmony += pow((double)(c.harmony[from * ATT_CELL_HARMONY + k] - c.harmony[to * ATT_CELL_HARMONY + k]), 2) / ATT_CELL_STACK;
                for (size_t k = 0; k < ATT_CELL_COLOUR; k++)
                    colour += pow((double)(c.colour[from * ATT_CELL_COLOUR + k] - c.colour[to * ATT_CELL_COLOUR + k]), 2) / ATT_CELL_STACK;
            }
            CHECK_NEAR(att_cells_lag(&c, j - i)[i], 0.3 * exp(-2 * harmony / c.harmony_mean) + 0.7 * exp(-2 * colour / c.colour_mean), 1e-4);
        }
    att_cells_deinit(&c);
    ATT_FREE_ARRAY(&h.host, b.items, b.count);
    att_heard_deinit(&h);
}

CHECK_TEST(labels_have_letters)
{
    CHECK_BEGIN();
    static const struct {
        uint32_t label;
        const char *text;
    } cases[] = {{0, "A"}, {25, "Z"}, {26, "A2"}, {53, "B3"}};
    char out[8];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        att_section_label(cases[i].label, out);
        CHECK_STR(out, cases[i].text);
    }
    att_section_label(UINT32_MAX, out);
    CHECK(strlen(out) < 8);
}

CHECK_MAIN(CHECK_CASE(sections_are_found_where_they_are_and_named_alike), CHECK_CASE(silence_has_none_and_what_is_short_has_one),
    CHECK_CASE(hours_have_coarser_cells_and_no_more_of_them), CHECK_CASE(likeness_by_lags_is_the_likeness_by_definition), CHECK_CASE(labels_have_letters))
