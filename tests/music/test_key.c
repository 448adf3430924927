// SPDX-License-Identifier: Apache-2.0
// A cadence is in its key, and its tuning is heard to some cents.
#include "sounds.h"

#include "attune/music.h"

CHECK_TEST(a_cadence_is_heard_in_its_key_and_tuning)
{
    CHECK_BEGIN();
    static const uint32_t rates[] = {44100, 16000, 48000};
    for (int i = 0; i < 24; i++) {
        const double cents = (i * 7) % 81 - 40;
        att_audio sound = sound_cadence(i / 2, i % 2, cents, rates[i % 3]);
        att_music_analysis a;
        CHECK_OK(att_music_analyse(att_audio_view(&sound), &a, NULL, NULL));
        CHECK_EQ(a.key.tonic, i / 2);
        CHECK_EQ(a.key.mode, i % 2 ? ATT_KEY_MINOR : ATT_KEY_MAJOR);
        CHECK_NEAR(a.tuning_cents, cents, 4);
        att_audio_deinit(&sound);
    }
}

CHECK_TEST(keys_have_names)
{
    CHECK_BEGIN();
    char text[16];
    att_key_text((att_key){6, ATT_KEY_MINOR}, text);
    CHECK_STR(text, "F# minor");
    att_key_text((att_key){10, ATT_KEY_MAJOR}, text);
    CHECK_STR(text, "Bb major");
    att_key_text((att_key){0, ATT_KEY_NONE}, text);
    CHECK_STR(text, "none");
}

CHECK_MAIN(CHECK_CASE(a_cadence_is_heard_in_its_key_and_tuning), CHECK_CASE(keys_have_names))
