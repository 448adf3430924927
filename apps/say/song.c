// SPDX-License-Identifier: Apache-2.0
// say/song.c - a composed song: its brief as it was understood, its plan, and what the checker says.
#include "say.h"

#ifdef ATT_MUSIC

static json_t *plan_json(const att_score *s)
{
    json_t *sections = json_array(), *chords = json_array();
    for (size_t i = 0; i < s->section_count; i++) {
        const att_section *its = &s->sections[i];
        json_array_append_new(sections, json_pack("{s:s,s:i,s:i,s:s,s:f}", "kind", att_section_name(its->kind), "bar", (int)its->first_bar + 1, "bars",
            (int)its->bars, "cadence", att_cadence_name(its->cadence), "energy", its->energy));
    }
    for (size_t i = 0; i < s->chord_count; i++) {
        char name[16];
        json_array_append_new(chords, json_pack("{s:f,s:f,s:s}", "beat", (double)s->chords[i].start_ticks / ATT_TICKS_PER_BEAT, "beats",
            (double)s->chords[i].length_ticks / ATT_TICKS_PER_BEAT, "name", att_chord_name_in(s, s->chords[i], name)));
    }
    return json_pack("{s:o,s:o}", "sections", sections, "chords", chords);
}

static json_t *breaches_json(const att_breaches *b)
{
    json_t *list = json_array();
    for (size_t i = 0; i < b->count && i < b->capacity; i++)
        json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:i,s:s}", "rule", b->items[i].rule, "bar", (int)b->items[i].bar, "part", b->items[i].part,
            "voice", b->items[i].voice, "text", b->items[i].text));
    return list;
}

json_t *say_song(const att_score *s, const att_breaches *b)
{
    char key[32];
    json_t *all = json_pack("{s:s,s:s,s:f,s:i,s:f,s:I,s:i,s:I,s:b,s:i,s:i,s:o,s:o}", "style", s->style, "key", att_music_key_name(s, key), "tempo_bpm", s->tempo_bpm,
        "bars", (int)s->bars, "seconds", att_score_length_s(s), "seed", (json_int_t)s->seed, "attempts", (int)s->attempts, "notes", (json_int_t)s->note_count,
        "stopped_early", s->stopped_early, "rules", (int)b->rules, "breaches", (int)b->count, "breach", breaches_json(b), "plan", plan_json(s));
    if (s->scale[0])
        json_object_set_new(all, "scale", json_string(s->scale));
    return all;
}

json_t *say_tuning(const att_tuning_measured *t)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(keys, json_pack("{s:i,s:f,s:f}", "key", (int)t->keys[i].key, "wanted_cents", t->keys[i].wanted_cents, "played_cents", t->keys[i].played_cents));
    return json_pack("{s:f,s:f,s:f,s:o}", "instrument_cents", t->instrument_cents, "median_cents", t->median_cents, "worst_cents", t->worst_cents, "keys", keys);
}

json_t *say_seam(const att_seam *seam)
{
    return json_pack("{s:f,s:f,s:f}", "step", seam->step, "spectrum", seam->spectrum, "level_db", seam->level);
}

#endif
