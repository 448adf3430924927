// SPDX-License-Identifier: Apache-2.0
// A piece is let out only when nothing speaks against it: copies, style, opt-outs, licences.
#include "sounds.h"

#include "attune/release.h"

static att_prints *protected_works(void)
{
    att_prints *prints;
    CHECK_OK(att_prints_create(&prints, NULL, NULL));
    for (uint64_t i = 0; i < 4; i++) {
        char name[64];
        att_audio track = music_by_dice(200 + i, 25);
        snprintf(name, sizeof name, "Music/Artist %d/Work %d.ogg", (int)i, (int)i);
        CHECK_OK(att_prints_add(prints, name, att_audio_view(&track), NULL));
        att_audio_deinit(&track);
    }
    return prints;
}

static att_release_report check(const att_release_rules *rules, const att_release_work *work)
{
    att_release_report out;
    att_error err;
    CHECK_OK_ERR(att_release_check(rules, work, NULL, &out, &err), &err);
    return out;
}

CHECK_TEST(what_is_new_is_allowed)
{
    CHECK_BEGIN();
    att_prints *prints = protected_works();
    att_audio piece = music_by_dice(700, 20);
    const att_release_report r = check(&(att_release_rules){.prints = prints}, &(att_release_work){.sound = att_audio_view(&piece)});
    CHECK_EQ(r.verdict, ATT_RELEASE_ALLOW);
    CHECK_EQ(r.reason_count, 0);
    CHECK_STR(att_release_verdict_name(r.verdict), "allow");
    att_audio_deinit(&piece);
    att_prints_destroy(prints);
}

// Ten seconds of a protected work in the middle of a new piece, 6 dB above what goes on there.
CHECK_TEST(a_planted_copy_is_denied_and_its_place_is_told)
{
    CHECK_BEGIN();
    att_prints *prints = protected_works();
    for (uint64_t i = 0; i < 4; i++) {
        att_audio piece = music_by_dice(710 + i, 30), work = music_by_dice(200 + i, 25);
        for (size_t k = 0; k < 10 * SOUND_RATE_HZ; k++) {
            float *at = &piece.samples[10 * SOUND_RATE_HZ + k];
            *at = *at / 4 + work.samples[5 * SOUND_RATE_HZ + k];
        }
        const char *const opted_out[] = {"somebody", "ARTIST 2"};
        const att_release_rules rules = {.prints = prints, .opted_out = opted_out, .opted_out_count = 2};
        const att_release_report r = check(&rules, &(att_release_work){.sound = att_audio_view(&piece)});
        CHECK_EQ(r.verdict, ATT_RELEASE_DENY);
        CHECK_EQ(r.reasons[0].rule, ATT_RELEASE_COPY);
        CHECK_EQ(r.reasons[0].match.index, i);
        CHECK_NEAR(r.reasons[0].match.there_from_s - r.reasons[0].match.from_s, -5, 0.1);
        CHECK_EQ(r.reason_count >= 2 && r.reasons[1].rule == ATT_RELEASE_OPTED_OUT, i == 2);
        att_audio_deinit(&piece);
        att_audio_deinit(&work);
    }
    att_prints_destroy(prints);
}

CHECK_TEST(what_is_not_sure_is_held)
{
    CHECK_BEGIN();
    att_prints *prints = protected_works();
    att_audio work = music_by_dice(201, 25);
    const att_release_rules rules = {.prints = prints, .deny_score = 900, .hold_score = 10};
    const att_release_report r = check(&rules, &(att_release_work){.sound = att_audio_view(&work)});
    CHECK_EQ(r.verdict, ATT_RELEASE_HOLD);
    CHECK_HOLDS(r.reasons[0].name, "Work 1");
    att_audio_deinit(&work);
    att_prints_destroy(prints);
}

CHECK_TEST(inputs_need_a_licence_and_nobody_opted_out)
{
    CHECK_BEGIN();
    att_audio piece = music_by_dice(720, 12);
    const att_sound sound = att_audio_view(&piece);
    const att_release_input fine = {"a song", "CC-BY-4.0", false}, bare = {"another", "", false}, out = {"a third", "CC0", true},
                            listed = {"By Whom/The Song.flac", "CC0", false};
    const char *const names[] = {"the song"};
    const att_release_rules rules = {.inputs_needed = true, .opted_out = names, .opted_out_count = 1};
    CHECK_EQ(check(&rules, &(att_release_work){.sound = sound, .inputs = &fine, .input_count = 1}).verdict, ATT_RELEASE_ALLOW);
    att_release_report r = check(&rules, &(att_release_work){.sound = sound, .inputs = &bare, .input_count = 1});
    CHECK_EQ(r.verdict, ATT_RELEASE_HOLD);
    CHECK_EQ(r.reasons[0].rule, ATT_RELEASE_LICENCE);
    CHECK_EQ(check(&rules, &(att_release_work){.sound = sound, .inputs = &out, .input_count = 1}).verdict, ATT_RELEASE_DENY);
    r = check(&rules, &(att_release_work){.sound = sound, .inputs = &listed, .input_count = 1});
    CHECK_EQ(r.verdict, ATT_RELEASE_DENY);
    CHECK_EQ(r.reasons[0].rule, ATT_RELEASE_OPTED_OUT);
    r = check(&rules, &(att_release_work){.sound = sound});
    CHECK_EQ(r.verdict, ATT_RELEASE_HOLD);
    CHECK_EQ(r.reasons[0].rule, ATT_RELEASE_PROVENANCE);
    att_audio_deinit(&piece);
}

CHECK_TEST(silence_is_held)
{
    CHECK_BEGIN();
    att_audio nothing;
    CHECK_OK(att_audio_init(&nothing, 80000, 2, 8000, NULL, NULL));
    const att_release_report r = check(&(att_release_rules){0}, &(att_release_work){.sound = att_audio_view(&nothing)});
    CHECK_EQ(r.verdict, ATT_RELEASE_HOLD);
    CHECK_EQ(r.reasons[0].rule, ATT_RELEASE_SILENT);
    att_audio_deinit(&nothing);
}

// More reasons than there is room for: the worst stay.
CHECK_TEST(the_worst_reasons_come_first)
{
    CHECK_BEGIN();
    att_audio piece = music_by_dice(730, 4);
    att_release_input inputs[ATT_RELEASE_REASONS_MAX + 10];
    for (size_t i = 0; i < ATT_RELEASE_REASONS_MAX + 10; i++)
        inputs[i] = (att_release_input){"bare", "", i == ATT_RELEASE_REASONS_MAX + 9};
    const att_release_work work = {.sound = att_audio_view(&piece), .inputs = inputs, .input_count = ATT_RELEASE_REASONS_MAX + 10};
    const att_release_report r = check(&(att_release_rules){0}, &work);
    CHECK_EQ(r.verdict, ATT_RELEASE_DENY);
    CHECK_EQ(r.reason_count, ATT_RELEASE_REASONS_MAX);
    CHECK_EQ(r.reasons[0].rule, ATT_RELEASE_OPTED_OUT);
    CHECK_EQ(r.reasons[1].rule, ATT_RELEASE_LICENCE);
    att_audio_deinit(&piece);
}

CHECK_TEST(style_keeps_its_distance)
{
    CHECK_BEGIN();
    att_styles *styles;
    CHECK_OK(att_styles_create(&styles, 2, NULL, NULL));
    static const float works[6][2] = {{0, 0}, {2, 0}, {1, 3}, {20, 20}, {22, 20}, {21, 17}};
    for (int i = 0; i < 6; i++)
        CHECK_OK(att_styles_add(styles, i < 3 ? "here" : "there", works[i], NULL));
    att_audio piece = music_by_dice(740, 4);
    const float near[2] = {1, 1}, far[2] = {100, -100};
    const att_release_rules rules = {.styles = styles, .style_floor = 1};
    att_release_work work = {.sound = att_audio_view(&piece), .embedding = near};
    att_release_report r = check(&rules, &work);
    CHECK_EQ(r.verdict, ATT_RELEASE_DENY);
    CHECK_STR(r.nearest_artist, "here");
    CHECK_NEAR(r.nearest_distance, 0, 1e-6);
    work.embedding = far;
    r = check(&rules, &work);
    CHECK_EQ(r.verdict, ATT_RELEASE_ALLOW);
    CHECK(r.nearest_distance > 10);
    att_styles_destroy(styles);
    att_audio_deinit(&piece);
}

CHECK_MAIN(CHECK_CASE(what_is_new_is_allowed), CHECK_CASE(a_planted_copy_is_denied_and_its_place_is_told), CHECK_CASE(what_is_not_sure_is_held),
    CHECK_CASE(inputs_need_a_licence_and_nobody_opted_out), CHECK_CASE(silence_is_held), CHECK_CASE(the_worst_reasons_come_first),
    CHECK_CASE(style_keeps_its_distance))
