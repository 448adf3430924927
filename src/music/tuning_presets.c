// SPDX-License-Identifier: Apache-2.0
// music/tuning_presets.c - scales by name.
//
// Maqamat are given in the quarter-tone notation that is taught since the Cairo congress of 1932 (players vary by region and by phrase).
// Ragas are in just intonation, ratios of the natural numbers up to five and seven as in Bhatkhande's and Danielou's tables; the swinging
// third and sixth of Darbari are the ones that its players swing. Slendro and pelog have no standard: these are means of measured gamelans
// (Surjodiningrat, Sudarjana and Susanto 1972), rounded. Temperaments are arithmetic.
#include "attune/compose.h"
#include "base/base.h"

enum { FLUTE = 73, KOTO = 107, HARP = 46, NYLON = 24, FIDDLE = 110, SITAR = 104, VIBES = 11, PIANO = 0, HARPSICHORD = 6 };
#define CAIRO "quarter tones, Cairo 1932"
#define JUST "just intonation, Bhatkhande, Danielou"

static const att_scale_preset presets[] = {
    {"major pentatonic", "pentatonic", "equal temperament", 5, {200, 400, 700, 900, 1200}, 3, 0, 0, FLUTE},
    {"minor pentatonic", "pentatonic", "equal temperament", 5, {300, 500, 700, 1000, 1200}, 3, 0, 0, NYLON},
    {"hirajoshi", "pentatonic", "equal temperament", 5, {200, 300, 700, 800, 1200}, 3, 0, 0.1f, KOTO},
    {"yo", "pentatonic", "Pythagorean", 5, {203.910, 498.045, 701.955, 905.865, 1200}, 3, 0, 0, FLUTE},
    {"slendro", "gamelan", "mean of measured gamelans, 1972", 5, {231, 474, 717, 955, 1208}, 3, 0, 0, VIBES},
    {"pelog", "gamelan", "mean of measured gamelans, 1972", 7, {120, 258, 539, 675, 785, 943, 1206}, 4, 0, 0, VIBES},
    {"rast", "maqam", CAIRO, 7, {200, 350, 500, 700, 900, 1050, 1200}, 4, 0, 0.15f, NYLON},
    {"bayati", "maqam", CAIRO, 7, {150, 300, 500, 700, 800, 1000, 1200}, 3, 0, 0.15f, NYLON},
    {"hijaz", "maqam", CAIRO, 7, {100, 400, 500, 700, 800, 1000, 1200}, 3, 0, 0.2f, NYLON},
    {"saba", "maqam", CAIRO, 7, {150, 300, 400, 700, 800, 1000, 1200}, 2, 0, 0.2f, FIDDLE},
    {"sikah", "maqam", CAIRO, 7, {150, 350, 550, 700, 850, 1050, 1200}, 2, 0, 0.15f, FIDDLE},
    {"bhairav", "raga", JUST, 7, {111.731, 386.314, 498.045, 701.955, 813.686, 1088.269, 1200}, 5, 1 << 1 | 1 << 5, 0.5f, SITAR},
    {"yaman", "raga", JUST, 7, {203.910, 386.314, 590.224, 701.955, 905.865, 1088.269, 1200}, 2, 0, 0.45f, SITAR},
    {"todi", "raga", JUST, 7, {111.731, 315.641, 590.224, 701.955, 813.686, 1088.269, 1200}, 5, 0, 0.5f, SITAR},
    {"bhupali", "raga", JUST, 5, {203.910, 386.314, 701.955, 905.865, 1200}, 2, 0, 0.4f, SITAR},
    {"malkauns", "raga", JUST, 5, {315.641, 498.045, 813.686, 1017.596, 1200}, 2, 0, 0.5f, SITAR},
    {"darbari", "raga", JUST, 7, {203.910, 315.641, 498.045, 701.955, 813.686, 1017.596, 1200}, 1, 1 << 2 | 1 << 5, 0.5f, SITAR},
    {"just", "temperament", "ratios of the numbers up to five", 12,
        {111.731, 203.910, 315.641, 386.314, 498.045, 590.224, 701.955, 813.686, 884.359, 1017.596, 1088.269, 1200}, 7, 0, 0, PIANO},
    {"meantone", "temperament", "fifths a quarter comma narrow", 12,
        {76.049, 193.157, 310.265, 386.314, 503.422, 579.471, 696.578, 772.627, 889.735, 1006.843, 1082.892, 1200}, 7, 0, 0, HARPSICHORD},
    {"werckmeister", "temperament", "Werckmeister III, 1691", 12, {90.225, 192.180, 294.135, 390.225, 498.045, 588.270, 696.090, 792.180, 888.270, 996.090, 1092.180, 1200}, 7, 0, 0,
        HARPSICHORD},
};

size_t att_scale_preset_count(void)
{
    return ATT_COUNT_OF(presets);
}

const att_scale_preset *att_scale_preset_at(size_t index)
{
    return &presets[index];
}
