// SPDX-License-Identifier: Apache-2.0
// apps/say/music.c - what was found in a piece of music.
#include "say.h"

#ifdef ATT_MUSIC
#include <math.h>

// Figures of a measurement, without digits that mean nothing.
static json_t *rounded(double value, double digits)
{
    const double scale = pow(10, digits);
    return isfinite(value) ? json_real(round(value * scale) / scale) : json_null();
}

static json_t *tempos_of(const att_music_analysis *a)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < a->tempo_count; i++)
        json_array_append_new(list, json_pack("{s:o,s:o}", "bpm", rounded(a->tempos[i].bpm, 2), "share", rounded(a->tempos[i].share, 3)));
    return list;
}

static json_t *moods_of(const att_music_analysis *a)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < ATT_MOOD_COUNT; i++)
        if (a->moods >> i & 1)
            json_array_append_new(list, json_string(att_mood_name((att_mood)(1u << i))));
    return list;
}

json_t *say_music(const att_music_analysis *a)
{
    char key[16];
    att_key_text(a->key, key);
    json_t *embedding = json_array();
    for (int i = 0; i < ATT_MUSIC_EMBEDDING; i++)
        json_array_append_new(embedding, rounded((double)a->embedding[i], 4));
    json_t *out = json_pack("{s:o,s:o,s:i,s:i,s:o,s:o,s:o,s:o,s:o}", "seconds", rounded(a->seconds, 3), "seconds_missing", rounded(a->seconds_missing, 3), "rate_hz", (int)a->rate_hz, "channels",
        (int)a->channels, "loudness_lufs", rounded(a->loudness_lufs, 2), "loudness_range_lu", rounded(a->loudness_range_lu, 2), "true_peak_dbtp",
        rounded(a->true_peak_dbtp, 2), "crest_db", rounded(a->crest_db, 2), "clipped_share", rounded(a->clipped_share, 6));
    json_t *more = json_pack("{s:o,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "tempo_bpm",
        a->tempo_bpm > 0 ? rounded(a->tempo_bpm, 2) : json_null(), "tempo_confidence", rounded(a->tempo_confidence, 3), "tempos", tempos_of(a),
        "beats_per_bar", (int)a->beats_per_bar, "key", a->key.mode ? json_string(key) : json_null(), "key_confidence", rounded(a->key_confidence, 3),
        "tuning_cents", rounded(a->tuning_cents, 1), "centroid_hz", rounded(a->centroid_hz, 0), "brightness", rounded(a->brightness, 3), "harmonicity",
        rounded(a->harmonicity, 3), "energy", rounded(a->energy, 3), "valence", rounded(a->valence, 3), "arousal", rounded(a->arousal, 3), "moods",
        moods_of(a), "embedding", embedding);
    if (out && more)
        json_object_update(out, more);
    json_decref(more);
    return out;
}

json_t *say_sections(const att_music_details *details)
{
    json_t *list = json_array();
    for (size_t i = 0; i < details->section_count; i++) {
        const att_music_section *its = &details->sections[i];
        char label[8];
        att_section_label(its->label, label);
        json_array_append_new(list, json_pack("{s:o,s:o,s:s}", "begin_s", rounded(its->begin_s, 3), "end_s", rounded(its->end_s, 3), "label", label));
    }
    return list;
}

json_t *say_beats(const att_music_details *details)
{
    json_t *list = json_array();
    for (size_t i = 0; i < details->beat_count; i++)
        json_array_append_new(list, json_pack("[o,i]", rounded(details->beats[i].at_s, 3), (int)details->beats[i].in_bar));
    return list;
}

// --- How well sound is known again ------------------------------------------------------------------------------------

static json_t *share_json(att_interval share)
{
    return isfinite(share.mean) ? json_pack("[f,f,f]", share.mean, share.low, share.high) : json_null();
}

json_t *say_print_rates(const att_print_rates *r)
{
    json_t *attacks = json_array();
    for (int a = 0; a < ATT_AUDIO_ATTACK_COUNT; a++) {
        const att_print_rate *x = &r->rates[a];
        if (!x->impossible)
            json_array_append_new(attacks, json_pack("{s:s,s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:o}", "attack", att_audio_attack_name((att_audio_attack)a),
                "looked", (json_int_t)x->looked, "found", (json_int_t)x->found, "placed", (json_int_t)x->placed, "wrong", (json_int_t)x->wrong,
                "found_share", share_json(x->found_share), "foreign_looked", (json_int_t)x->foreign_looked, "alarms", (json_int_t)x->alarms,
                "alarm_share", share_json(x->alarm_share)));
    }
    return json_pack("{s:I,s:I,s:f,s:f,s:f,s:f,s:o,s:o,s:o,s:f,s:o}", "known", (json_int_t)r->known, "foreign", (json_int_t)r->foreign, "hours", r->hours,
        "bytes_per_hour", r->bytes_per_hour, "add_times", r->add_times, "look_s", r->look_s, "foreign_most", say_number(r->foreign_most),
        "foreign_middle", say_number(r->foreign_middle), "alarm_bound", say_number(r->alarm_bound), "score_least", r->score_least, "attacks", attacks);
}

json_t *say_style_rates(const att_style_rates *r, double floor)
{
    return json_pack("{s:I,s:I,s:o,s:o,s:f,s:o,s:o}", "works", (json_int_t)r->works, "own_nearest", (json_int_t)r->own_nearest, "own_middle",
        say_number(r->own_middle), "other_middle", say_number(r->other_middle), "floor", floor, "own_below", say_number(r->own_below), "other_below",
        say_number(r->other_below));
}
#endif
