// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as the state of a store's choices ends in a status, and nothing is allocated on the word of
// a damaged number. Input that is too short is laid over a state that is right, so that bytes reach every part of it.
#include "decide/choices.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void live(att_choices *choices)
{
    att_error err;
    for (uint64_t seq = 1; seq <= 6; seq++) {
        const att_choice_feature feature = {ATT_LIT("hour"), ATT_LIT("late"), 1};
        const att_choice_option options[2] = {{.id = ATT_LIT("a")}, {.id = ATT_LIT("b")}};
        const float p[2] = {0.5f, 0.5f};
        const att_choice_record choice = {.seed = seq, .shown = seq % 2, .chosen = seq % 2, .weight = 1, .name = ATT_LIT("t"),
            .features = &feature, .feature_count = 1, .options = options, .probabilities = p, .option_count = 2};
        unsigned char bytes[256];
        att_choice_encode(&choice, bytes);
        const att_record record = {.seq = 2 * seq - 1, .kind = ATT_RECORD_CHOICE, .user = 1, .item = ATT_NO_INDEX, .payload = bytes,
            .payload_size = att_choice_size(&choice)};
        expect(att_choices_apply(choices, &record, &err) == ATT_OK);
        const att_record reward = {.seq = 2 * seq, .kind = ATT_RECORD_REWARD, .user = 1, .item = ATT_NO_INDEX,
            .decision = 2 * seq - 1, .value = 1, .signal = seq % 3 ? 0 : ATT_REWARD_MORE, .id = ATT_LIT("r")};
        expect(att_choices_apply(choices, &reward, &err) == ATT_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_default();
    att_policy policy = att_policy_default();
    att_choices *choices = NULL, *right = NULL;
    att_bytes bytes = {0};
    att_error err = {0};
    policy.choices.bits = 10;
    if (att_choices_create(&right, &policy, 1, &host, &err) == ATT_OK) {
        live(right);
        expect(att_choices_write(right, &bytes, &err) == ATT_OK);
        // The first four bytes say where the others go.
        if (size > 4) {
            uint32_t at;
            memcpy(&at, data, 4);
            at %= (uint32_t)bytes.count;
            memcpy(bytes.items + at, data + 4, ATT_MIN(size - 4, bytes.count - at));
        }
        if (att_choices_create(&choices, &policy, 1, &host, &err) == ATT_OK &&
            att_choices_read(choices, bytes.items, bytes.count, &err) != ATT_OK)
            expect(err.text[0] != 0);
    }
    att_choices_destroy(choices);
    att_choices_destroy(right);
    ATT_VEC_FREE(&host, &bytes);
    return 0;
}
