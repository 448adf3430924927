// SPDX-License-Identifier: Apache-2.0
// Scala's files are read or refused with the line; keys get their pitch; modal pieces keep their rules; what is rendered sounds in tune, by an
// estimator of this file's own.
#include "check.h"

#include "attune/compose.h"
#include "music/pitch.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

static att_status parse(const char *text, att_scale *out, att_error *err)
{
    return att_scale_parse(out, att_text_of(text), "a.scl", err);
}

CHECK_TEST(a_scale_is_read_as_its_file_says)
{
    CHECK_BEGIN();
    att_scale s;
    att_error err;
    CHECK_OK_ERR(parse("! a.scl\n!\nSome scale, with a comma\r\n 4 notes\n! remark\n 5/4\n 701.955 a fifth\n 7/4 cents\n 2\nwhat follows is not read\n", &s, &err), &err);
    CHECK_STR(s.name, "Some scale, with a comma");
    CHECK_EQ(s.count, 4);
    CHECK_NEAR(s.cents[0], 386.3137, 1e-4);
    CHECK_NEAR(s.cents[1], 701.955, 1e-9);
    CHECK_NEAR(s.cents[2], 968.8259, 1e-4);
    CHECK_NEAR(s.cents[3], 1200, 1e-9);
    CHECK_OK_ERR(parse("\n1\n2/1", &s, &err), &err); // the description may be empty
    CHECK_STR(s.name, "");
    CHECK_OK_ERR(parse("down\n2\n-50.0\n1200.\n", &s, &err), &err);
    CHECK_NEAR(s.cents[0], -50, 1e-9);
}

CHECK_TEST(a_malformed_scale_is_refused_with_its_line)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *story;
    } bad[] = {{"", "a.scl:1: the file ends"}, {"x\n", "a.scl:2: the file ends, expected the count"}, {"x\nmany\n", "a.scl:2: found \"many\""}, {"x\n0\n", "a.scl:2"},
        {"x\n-3\n", "a.scl:2"}, {"x\n2\n3/2\n", "a.scl:4: the file ends, expected a degree"}, {"x\n2\n!\nhigh\n2/1\n", "a.scl:4: found \"high\""},
        {"x\n1\n3/0\n", "a.scl:3"}, {"x\n1\n-3/2\n", "a.scl:3"}, {"x\n1\n1e300.\n", "a.scl:3"}, {"x\n1\ninf.\n", "a.scl:3"}, {"x\n1\nnan.\n", "a.scl:3"},
        {"x\n1\n99999.0\n", "a.scl:3"}, {"x\n1\n\n", "a.scl:3"}, {"x\n2\n2/1\n1/1\n", "a.scl:4: the last degree is the period"}};
    att_scale s;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        att_error err = {0};
        CHECK_FAILS(parse(bad[i].text, &s, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, bad[i].story);
    }
    att_error err = {0};
    CHECK_FAILS(parse("x\n100000\n", &s, &err), ATT_LIMIT);
    CHECK_HOLDS(err.text, "a.scl:2: 100000 degrees");
}

CHECK_TEST(a_keymap_is_read_or_refused_with_its_line)
{
    CHECK_BEGIN();
    att_keymap m;
    att_error err;
    CHECK_OK_ERR(att_keymap_parse(&m, att_text_of("! white keys\n12\n0\n127\n60\n69\n442.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n"), "a.kbm", &err), &err);
    CHECK_EQ(m.size, 12);
    CHECK_EQ(m.degrees[4], 2);
    CHECK_EQ(m.degrees[11], -1); // left out
    CHECK_NEAR(m.reference_hz, 442, 1e-9);
    static const struct {
        const char *text, *story;
    } bad[] = {{"", "a.kbm:1: the file ends, expected the size"}, {"200\n", "a.kbm:1: found \"200\""}, {"0\n0\n127\n60\n69\nloud\n", "a.kbm:6: found \"loud\""},
        {"0\n0\n127\n60\n69\n0\n", "a.kbm:6"}, {"0\n90\n40\n60\n69\n440\n0\n", "a.kbm: the first key 90"}, {"2\n0\n127\n60\n69\n440\n0\n0\nq\n", "a.kbm:9: found \"q\""}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_FAILS(att_keymap_parse(&m, att_text_of(bad[i].text), "a.kbm", &err), ATT_INVALID);
        CHECK_HOLDS(err.text, bad[i].story);
    }
}

CHECK_TEST(keys_get_the_pitch_of_their_degree)
{
    CHECK_BEGIN();
    att_scale twelve = {.count = 12}, five = {.count = 5, .cents = {200, 400, 700, 900, 1200}};
    att_keymap white;
    double cents[128];
    bool mapped[128];
    for (int i = 0; i < 12; i++)
        twelve.cents[i] = 100 * (i + 1);
    att_scale_keys(&twelve, NULL, 60, cents, mapped);
    for (int key = 0; key < 128; key++)
        CHECK_NEAR(cents[key], 100 * key, 1e-9);
    att_scale_keys(&five, NULL, 60, cents, mapped);
    CHECK_NEAR(cents[59], 6000 - 300, 1e-9);
    CHECK_NEAR(cents[65], 7200, 1e-9);
    CHECK_NEAR(cents[55], 4800, 1e-9);
    CHECK_OK(att_keymap_parse(&white, att_text_of("12\n0\n127\n60\n69\n440\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n"), "white", NULL));
    att_scale just = {.count = 7, .cents = {203.910, 386.314, 498.045, 701.955, 884.359, 1088.269, 1200}};
    att_scale_keys(&just, &white, 60, cents, mapped);
    CHECK(!mapped[61] && mapped[62]);
    CHECK_NEAR(cents[69], 6900, 1e-9);
    CHECK_NEAR(cents[60], 6900 - 884.359, 1e-9);
    CHECK_NEAR(cents[72], 6900 - 884.359 + 1200, 1e-9);
    CHECK_NEAR(cents[47 + 12], 6900 - 884.359 - 1200 + 1088.269, 1e-9);
}

CHECK_TEST(every_scale_gives_pieces_that_keep_the_rules)
{
    CHECK_BEGIN();
    for (size_t i = 0; i < att_scale_preset_count(); i++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            att_score s;
            att_breach first;
            att_breaches found = {.items = &first, .capacity = 1};
            att_error err = {0};
            CHECK_OK_ERR(att_compose(&s, &(att_music_brief){.style = att_style_at((i + seed) % att_style_count()).name, .scale = att_scale_preset_at(i)->name,
                                               .bars = 24, .seed = seed, .attempts_max = 1}, NULL, &err), &err);
            CHECK_OK(att_score_check(&s, &found, NULL, NULL));
            if (found.count)
                CHECK_NOTE("%s, seed %d, bar %u: %s: %s", s.scale, (int)seed, first.bar, first.rule, first.text);
            CHECK_EQ(found.count, 0);
            CHECK_EQ(s.modal, att_scale_preset_at(i)->count != 12);
            att_score_deinit(&s);
        }
}

static bool told(const att_score *s, const char *rule)
{
    att_breach items[32];
    att_breaches found = {.items = items, .capacity = 32};
    CHECK_OK(att_score_check(s, &found, NULL, NULL));
    for (size_t i = 0; i < found.count && i < 32; i++)
        if (strcmp(items[i].rule, rule) == 0)
            return true;
    return false;
}

static void raga(att_score *out)
{
    CHECK_OK(att_compose(out, &(att_music_brief){.style = "focus", .scale = "darbari", .key = "D", .form = "intro verse chorus verse chorus outro", .bars = 32, .seed = 4, .attempts_max = 1}, NULL, NULL));
}

static att_note *lead_note(att_score *s, size_t skip, bool glides)
{
    for (size_t i = 0; i < s->note_count; i++)
        if (s->parts[s->notes[i].part].role == ATT_ROLE_LEAD && (!glides || s->notes[i].glide_ticks) && !skip--)
            return &s->notes[i];
    return NULL;
}

CHECK_TEST(breaches_in_modal_pieces_are_found)
{
    CHECK_BEGIN();
    att_score s;
    raga(&s);
    s.key_mapped[lead_note(&s, 3, false)->key] = false;
    CHECK(told(&s, "scale"));
    att_score_deinit(&s);
    raga(&s);
    lead_note(&s, 5, false)->key += 9;
    CHECK(told(&s, "leap"));
    att_score_deinit(&s);
    raga(&s);
    CHECK(lead_note(&s, 0, true) != NULL); // it has bends
    lead_note(&s, 0, true)->glide_cents += 40;
    CHECK(told(&s, "bend"));
    att_score_deinit(&s);
    raga(&s);
    for (size_t i = s.note_count; i-- > 0;)
        if (s.parts[s.notes[i].part].role == ATT_ROLE_LEAD) {
            s.notes[i].key++;
            break;
        }
    CHECK(told(&s, "melody's end"));
    att_score_deinit(&s);
    raga(&s);
    for (size_t i = s.note_count; i-- > 0;) // of the second verse
        if (s.parts[s.notes[i].part].role == ATT_ROLE_LEAD && s.notes[i].start_ticks / 1920 - s.sections[3].first_bar < s.sections[3].bars) {
            s.notes[i].key--;
            break;
        }
    CHECK(told(&s, "melody returns"));
    att_score_deinit(&s);
    raga(&s);
    for (size_t i = 0; i < s.note_count; i++)
        if (s.parts[s.notes[i].part].role == ATT_ROLE_DRONE && s.notes[i].start_ticks > 0)
            s.notes[i].start_ticks++;
    CHECK(told(&s, "drone"));
    att_score_deinit(&s);
}

CHECK_TEST(without_memory_it_fails_and_leaves_nothing)
{
    CHECK_BEGIN();
    bool whole = false;
    for (uint64_t fail_at = 1; !whole && fail_at < 400; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        att_host host = check_host(&heap);
        att_score s;
        const att_status status = att_compose(&s, &(att_music_brief){.style = "folk", .scale = "yaman", .bars = 8, .attempts_max = 1}, &host, NULL);
        whole = status == ATT_OK;
        CHECK(whole || status == ATT_NO_MEMORY);
        att_score_deinit(&s);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK(whole);
    char wide[64];
    att_scale scale;
    att_error err = {0};
    check_write_file(check_path("wide.scl"), wide, (size_t)snprintf(wide, sizeof wide, "one step\n1\n2/1\n"));
    att_score s; // a ladder of octaves is no scale to sing
    CHECK_FAILS(att_compose(&s, &(att_music_brief){.scale = check_path("wide.scl"), .bars = 8}, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "keys within reach");
    CHECK_FAILS(att_scale_read(&scale, check_path("none.scl"), NULL, &err), ATT_NOT_FOUND);
    CHECK_FAILS(att_compose(&s, &(att_music_brief){.keymap = "some.kbm", .bars = 8}, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "keymap: it needs a scale");
}

// --- What is heard ----------------------------------------------------------------------------------------------------

CHECK_TEST(the_pitch_of_a_known_tone_is_told_to_a_tenth_of_a_cent)
{
    CHECK_BEGIN();
    static float samples[22050];
    for (double hz = 61.7; hz < 1500; hz *= 1.37) {
        att_pitch is;
        for (size_t i = 0; i < 22050; i++) {
            double x = 0;
            for (int h = 1; h <= 5; h++)
                x += sin(2 * M_PI * h * hz * (double)i / 22050 + h) / h;
            samples[i] = (float)(0.2 * x * exp(-(double)i / 22050));
        }
        CHECK_OK(att_pitch_measure((att_sound){samples, 22050, 1, 22050}, hz * 0.7, hz * 1.5, &is, NULL, NULL));
        CHECK_NEAR(is.cents, 6900 + 1200 * log2(hz / 440), 0.1);
    }
    memset(samples, 0, sizeof samples);
    att_pitch is;
    CHECK_FAILS(att_pitch_measure((att_sound){samples, 22050, 1, 22050}, 100, 1000, &is, NULL, NULL), ATT_INSUFFICIENT);
}

// Another way than the library's: the peak of a zero-padded spectrum about the tone, found by a golden section on its magnitude.
static double magnitude(const float *x, size_t count, double hz, double rate_hz)
{
    double complex sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)(x[2 * i] + x[2 * i + 1]) * (0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)count)) * cexp(-2 * M_PI * I * hz * (double)i / rate_hz);
    return cabs(sum);
}

static double heard_cents(const float *x, size_t count, double wanted_cents, double rate_hz)
{
    double best = wanted_cents, most = 0, low, high;
    for (double c = wanted_cents - 60; c <= wanted_cents + 60; c += 5) {
        const double m = magnitude(x, count, 440 * exp2((c - 6900) / 1200), rate_hz);
        if (m > most)
            most = m, best = c;
    }
    for (low = best - 5, high = best + 5; high - low > 0.02;) {
        const double a = low + (high - low) * 0.382, b = low + (high - low) * 0.618;
        if (magnitude(x, count, 440 * exp2((a - 6900) / 1200), rate_hz) > magnitude(x, count, 440 * exp2((b - 6900) / 1200), rate_hz))
            high = b;
        else
            low = a;
    }
    return (low + high) / 2;
}

CHECK_TEST(degrees_and_glides_sound_as_written)
{
    CHECK_BEGIN();
    enum { RATE = 16000, NOTES = 8 };
    att_scale scale;
    att_error err = {0};
    CHECK_OK_ERR(att_scale_read(&scale, "bayati", NULL, &err), &err);
    att_note notes[NOTES];
    att_score s = {.style = "by hand", .tempo_bpm = 60, .bars = 2 * NOTES / 4 + 1, .part_count = 1, .notes = notes, .note_count = NOTES, .scale = "bayati"};
    s.parts[0] = (att_music_part){.role = ATT_ROLE_LEAD, .program = 11}; // vibraphone: a clear tone
    att_scale_keys(&scale, NULL, 62, s.key_cents, s.key_mapped);
    for (uint32_t i = 0; i < NOTES; i++) // the last glides up from two degrees below
        notes[i] = (att_note){.start_ticks = i * 960, .length_ticks = 900, .key = (uint8_t)(62 + i), .velocity = 90, .glide_ticks = i == NOTES - 1 ? 480 : 0, .glide_cents = -400};
    att_rendered r;
    const att_status status = att_score_render(&r, &s, &(att_render_options){.rate_hz = RATE, .tail_s = 0.5}, NULL, &err);
    if (status == ATT_UNSUPPORTED)
        CHECK_SKIP("no synthesizer or sound font");
    CHECK_OK_ERR(status, &err);
    for (uint32_t i = 0; i < NOTES - 1; i++)
        CHECK_NEAR(heard_cents(r.mix.samples + ((size_t)i * 2 * RATE + RATE / 2) * 2, RATE, s.key_cents[62 + i], RATE), s.key_cents[62 + i], 3);
    const size_t start = (size_t)(NOTES - 1) * 2 * RATE;
    const double end = s.key_cents[62 + NOTES - 1];
    CHECK_NEAR(heard_cents(r.mix.samples + (start + RATE) * 2, RATE / 2, end, RATE), end, 4); // it has arrived
    CHECK_NEAR(heard_cents(r.mix.samples + (start + RATE / 2 - RATE / 20) * 2, RATE / 10, end - 200, RATE), end - 200, 25); // half way, moving
    att_rendered_deinit(&r);
}

CHECK_MAIN(CHECK_CASE(a_scale_is_read_as_its_file_says), CHECK_CASE(a_malformed_scale_is_refused_with_its_line), CHECK_CASE(a_keymap_is_read_or_refused_with_its_line),
    CHECK_CASE(keys_get_the_pitch_of_their_degree), CHECK_CASE(every_scale_gives_pieces_that_keep_the_rules), CHECK_CASE(breaches_in_modal_pieces_are_found), CHECK_CASE(without_memory_it_fails_and_leaves_nothing),
    CHECK_CASE(the_pitch_of_a_known_tone_is_told_to_a_tenth_of_a_cent), CHECK_CASE(degrees_and_glides_sound_as_written))
