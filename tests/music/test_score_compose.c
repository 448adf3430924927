// SPDX-License-Identifier: Apache-2.0
// Composing meets its brief, keeps the rules in every style, and gives the same score for the same seed.
#include "check.h"

#include "attune/compose.h"

#include <stdlib.h>
#include <unistd.h>

static size_t breaches_of(const att_score *score)
{
    att_breach first;
    att_breaches found = {.items = &first, .capacity = 1};
    CHECK_OK(att_score_check(score, &found, NULL, NULL));
    if (found.count)
        CHECK_NOTE("%s, seed %d, bar %u: %s: %s", score->style, (int)score->seed, first.bar, first.rule, first.text);
    return found.count;
}

static void compose(att_score *out, const att_music_brief *brief)
{
    att_error err;
    CHECK_OK_ERR(att_compose(out, brief, NULL, &err), &err);
}

static bool same_note(const att_note *a, const att_note *b)
{
    return a->start_ticks == b->start_ticks && a->length_ticks == b->length_ticks && a->part == b->part && a->key == b->key && a->velocity == b->velocity &&
           a->voice == b->voice && a->glide_cents == b->glide_cents && a->shake_cents == b->shake_cents;
}

static bool same_score(const att_score *a, const att_score *b)
{
    bool same = a->note_count == b->note_count && a->chord_count == b->chord_count && a->tempo_bpm == b->tempo_bpm && a->cost == b->cost;
    for (size_t i = 0; same && i < a->note_count; i++)
        same = same_note(&a->notes[i], &b->notes[i]);
    for (size_t i = 0; same && i < a->chord_count; i++)
        same = a->chords[i].root == b->chords[i].root && a->chords[i].kind == b->chords[i].kind && a->chords[i].bass == b->chords[i].bass;
    return same;
}

CHECK_TEST(every_style_keeps_every_rule_over_many_seeds)
{
    CHECK_BEGIN();
    for (size_t i = 0; i < att_style_count(); i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            att_score s;
            compose(&s, &(att_music_brief){.style = att_style_at(i).name, .seed = seed, .attempts_max = 1, .length_s = 100});
            CHECK_EQ(breaches_of(&s), 0);
            CHECK(s.tempo_bpm >= att_style_at(i).tempo_low_bpm && s.tempo_bpm <= att_style_at(i).tempo_high_bpm);
            att_score_deinit(&s);
        }
}

CHECK_TEST(every_length_is_met_to_the_bar)
{
    CHECK_BEGIN();
    for (uint32_t bars = ATT_SCORE_BARS_MIN; bars < 90; bars++) {
        att_score s;
        compose(&s, &(att_music_brief){.style = bars % 2 ? "rock" : "ambient", .bars = bars, .seed = bars, .attempts_max = 1});
        CHECK_EQ(s.bars, bars);
        CHECK_EQ(breaches_of(&s), 0);
        att_score_deinit(&s);
    }
}

CHECK_TEST(loops_lead_back_into_themselves)
{
    CHECK_BEGIN();
    for (uint64_t seed = 1; seed <= 30; seed++) {
        att_score s;
        compose(&s, &(att_music_brief){.style = att_style_at(seed % att_style_count()).name, .bars = seed % 2 ? 4 : 8, .loop = true, .seed = seed, .attempts_max = 1});
        CHECK_EQ(s.section_count, 1);
        CHECK_EQ(breaches_of(&s), 0);
        att_score_deinit(&s);
    }
}

CHECK_TEST(the_brief_is_met)
{
    CHECK_BEGIN();
    att_score s;
    compose(&s, &(att_music_brief){.style = "Synth-Pop", .key = "F# dorian", .tempo_bpm = 123.5, .length_s = 60, .seed = 9});
    CHECK_STR(s.style, "synth pop");
    CHECK_EQ(s.tonic, 6);
    CHECK_EQ(s.mode, ATT_MODE_DORIAN);
    CHECK_NEAR(s.tempo_bpm, 123.5, 0);
    CHECK_EQ(s.bars, 31); // 60 / (240 / 123.5) = 30.9
    CHECK_EQ(s.attempts, 8);
    att_score_deinit(&s);
    compose(&s, &(att_music_brief){.form = "verse chorus verse chorus bridge chorus", .bars = 48, .vocals = true});
    CHECK_EQ(s.section_count, 6);
    CHECK_EQ(s.sections[4].kind, ATT_SECTION_BRIDGE);
    CHECK_EQ(s.parts[0].program, 53);
    CHECK_EQ(breaches_of(&s), 0);
    att_score_deinit(&s);
}

// Ten minutes and more, with an intro of more than a minute.
CHECK_TEST(ambient_pieces_are_long_with_long_intros)
{
    CHECK_BEGIN();
    static const char *const styles[] = {"ambient", "focus"};
    for (int i = 0; i < 2; i++) {
        att_score s;
        compose(&s, &(att_music_brief){.style = styles[i], .length_s = 720, .seed = 4, .attempts_max = 1});
        CHECK_NEAR(att_score_length_s(&s), 720, 3);
        CHECK_EQ(s.sections[0].kind, ATT_SECTION_INTRO);
        CHECK(s.sections[0].bars * 240 / s.tempo_bpm > 60);
        CHECK_EQ(breaches_of(&s), 0);
        att_score_deinit(&s);
    }
}

CHECK_TEST(the_same_seed_gives_the_same_score_and_another_seed_another)
{
    CHECK_BEGIN();
    att_music_brief brief = {.style = "jazz", .bars = 32, .seed = 5};
    att_score a, b, c;
    compose(&a, &brief);
    compose(&b, &brief);
    brief.seed = 6;
    compose(&c, &brief);
    CHECK(same_score(&a, &b));
    CHECK(!same_score(&a, &c));
    att_score_deinit(&a);
    att_score_deinit(&b);
    att_score_deinit(&c);
}

CHECK_TEST(more_attempts_never_cost_more)
{
    CHECK_BEGIN();
    double before = 1e9;
    for (uint32_t attempts = 1; attempts <= 32; attempts *= 4) {
        att_score s;
        compose(&s, &(att_music_brief){.bars = 24, .seed = 11, .attempts_max = attempts});
        CHECK(s.cost <= before);
        CHECK_EQ(s.attempts, attempts);
        before = s.cost;
        att_score_deinit(&s);
    }
}

static bool stop_at_once(void *user, const att_progress *progress)
{
    (void)user;
    return progress->done < 1;
}

CHECK_TEST(the_clock_ends_the_search_with_a_whole_score_and_says_so)
{
    CHECK_BEGIN();
    att_score s;
    compose(&s, &(att_music_brief){.length_s = 600, .style = "rock", .attempts_max = 10000, .search_ms_max = 1});
    CHECK(s.stopped_early);
    CHECK(s.attempts >= 1 && s.attempts < 10000);
    CHECK_EQ(breaches_of(&s), 0);
    att_score_deinit(&s);
    att_host host = {.progress = stop_at_once};
    CHECK_FAILS(att_compose(&s, &(att_music_brief){.bars = 8}, &host, NULL), ATT_CANCELLED);
}

CHECK_TEST(what_cannot_be_made_is_refused_with_the_field)
{
    CHECK_BEGIN();
    static const struct {
        att_music_brief brief;
        const char *story;
    } bad[] = {{{.style = "polka"}, "style: found \"polka\", expected one of synth pop"}, {{.key = "H major"}, "key: found"}, {{.key = "C mayor"}, "key: found"},
        {{.tempo_bpm = 1000}, "tempo_bpm"}, {{.tempo_bpm = -1}, "tempo_bpm"}, {{.bars = 1}, "bars"}, {{.bars = 100000}, "bars"}, {{.length_s = 1e9}, "length_s"},
        {{.energy = 2}, "energy"}, {{.mood = -3}, "mood"}, {{.taste = {[ATT_MUSIC_COLOUR] = 7}}, "taste for colour"}, {{.form = "intro solo"}, "form: found \"solo\""},
        {{.form = ""}, "form: it is empty"}, {{.form = "verse chorus verse", .bars = 4}, "form: 3 sections do not fit"}, {{.form = "verse", .loop = true}, "form: a loop has none"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        att_score s;
        att_error err = {0};
        CHECK_FAILS(att_compose(&s, &bad[i].brief, NULL, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, bad[i].story);
        att_score_deinit(&s);
    }
}

CHECK_TEST(without_memory_it_fails_and_leaves_nothing)
{
    CHECK_BEGIN();
    bool whole = false;
    for (uint64_t fail_at = 1; !whole && fail_at < 400; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        att_host host = check_host(&heap);
        att_score s;
        const att_status status = att_compose(&s, &(att_music_brief){.bars = 8, .attempts_max = 1}, &host, NULL);
        whole = status == ATT_OK;
        CHECK(whole || status == ATT_NO_MEMORY);
        att_score_deinit(&s);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK(whole);
}

// --- MIDI -----------------------------------------------------------------------------------------------------

static uint32_t big(const unsigned char *at, int size)
{
    uint32_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

// Walks one track; counts notes and the last tick.
static void walk_track(const unsigned char *at, const unsigned char *end, size_t *notes, uint32_t *last)
{
    uint32_t now = 0;
    while (at < end) {
        uint32_t delta = 0;
        do
            delta = delta << 7 | (*at & 0x7f);
        while (*at++ & 0x80);
        now += delta;
        const unsigned char kind = *at++;
        CHECK(kind & 0x80); // no running status
        if (kind == 0xff || kind == 0xf0) {
            at += kind == 0xff;
            uint32_t size = 0;
            do
                size = size << 7 | (*at & 0x7f);
            while (*at++ & 0x80);
            at += size;
        } else {
            *notes += (kind & 0xf0) == 0x90;
            at += (kind & 0xf0) == 0xc0 ? 1 : 2;
        }
    }
    CHECK(at == end);
    *last = now > *last ? now : *last;
}

CHECK_TEST(the_midi_file_holds_every_note_and_the_tempo)
{
    CHECK_BEGIN();
    att_score s;
    compose(&s, &(att_music_brief){.style = "folk", .tempo_bpm = 100, .bars = 20});
    CHECK_OK(att_score_write_midi(&s, check_path("song.mid"), NULL, NULL));
    size_t size = 0, notes = 0;
    uint32_t last = 0;
    char *text = check_read_file(check_path("song.mid"), &size);
    const unsigned char *bytes = (const unsigned char *)text;
    CHECK(memcmp(bytes, "MThd\0\0\0\6\0\1", 10) == 0);
    CHECK_EQ(big(bytes + 10, 2), s.part_count + 1);
    CHECK_EQ(big(bytes + 12, 2), ATT_TICKS_PER_BEAT);
    size_t at = 14;
    for (size_t track = 0; track <= s.part_count; track++) {
        CHECK(memcmp(bytes + at, "MTrk", 4) == 0);
        const uint32_t track_size = big(bytes + at + 4, 4);
        walk_track(bytes + at + 8, bytes + at + 8 + track_size, &notes, &last);
        if (!track)
            CHECK(memmem(bytes + at, track_size, "\xff\x51\3\x09\x27\xc0", 6) != NULL); // 600000 us a beat
        at += 8 + track_size;
    }
    CHECK_EQ(at, size);
    CHECK_EQ(notes, s.note_count);
    CHECK(last <= s.bars * 4 * ATT_TICKS_PER_BEAT);
    CHECK_EQ(access(check_path("song.mid.part"), F_OK), -1);
    CHECK_FAILS(att_score_write_midi(&s, check_path("none/song.mid"), NULL, NULL), ATT_NOT_FOUND);
    free(text);
    att_score_deinit(&s);
}

CHECK_MAIN(CHECK_CASE(every_style_keeps_every_rule_over_many_seeds), CHECK_CASE(every_length_is_met_to_the_bar), CHECK_CASE(loops_lead_back_into_themselves),
    CHECK_CASE(the_brief_is_met), CHECK_CASE(ambient_pieces_are_long_with_long_intros), CHECK_CASE(the_same_seed_gives_the_same_score_and_another_seed_another),
    CHECK_CASE(more_attempts_never_cost_more), CHECK_CASE(the_clock_ends_the_search_with_a_whole_score_and_says_so),
    CHECK_CASE(what_cannot_be_made_is_refused_with_the_field), CHECK_CASE(without_memory_it_fails_and_leaves_nothing),
    CHECK_CASE(the_midi_file_holds_every_note_and_the_tempo))
