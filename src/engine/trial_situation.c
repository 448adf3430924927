// SPDX-License-Identifier: Apache-2.0
// engine/trial_situation.c - the same listener in two contexts: are there two slates, and is each the better one where it belongs?
//
// At eight in the morning at the gym, at eleven at night in bed. Both slates are judged by the truth in both contexts.
#include "engine/trial.h"

enum { ROUNDS = 4 };

static const att_context gym = {ATT_DEVICE_PHONE, ATT_PLACE_GYM, ATT_ACTIVITY_WORKOUT, ATT_NOISE_UNKNOWN, 0};
static const att_context bed = {ATT_DEVICE_PHONE, ATT_PLACE_HOME, ATT_ACTIVITY_SLEEP, ATT_NOISE_UNKNOWN, 0};

static att_status one_person(att_trial_stage *stage, size_t person, unsigned char *shown[2], double *row, att_error *err)
{
    const size_t items = att_world_item_count(stage->world);
    const int64_t end_ms = att_trial_end_ms(stage->world);
    att_trial_seen at_gym = {.tag = ATT_NO_INDEX, .judge = person, .context = &gym, .judged_in = {&gym, &bed}, .shown = shown[0]};
    att_trial_seen in_bed = {.tag = ATT_NO_INDEX, .judge = person, .context = &bed, .judged_in = {&bed, &gym}, .shown = shown[1]};
    att_status status = att_trial_look(stage, person, att_trial_local(stage->world, person, end_ms, 8), ROUNDS, &at_gym, err);
    if (!status)
        status = att_trial_look(stage, person, att_trial_local(stage->world, person, end_ms, 23), ROUNDS, &in_bed, err);
    if (status || !(at_gym.slots > 0) || !(in_bed.slots > 0))
        return status;
    double both = 0, either = 0;
    for (size_t i = 0; i < items; i++) {
        both += shown[0][i] & shown[1][i];
        either += shown[0][i] | shown[1][i];
    }
    const double belongs = at_gym.worth / at_gym.slots + in_bed.worth / in_bed.slots;
    row[0] = (belongs - in_bed.worth_too / in_bed.slots - at_gym.worth_too / at_gym.slots) / 2;
    row[1] = both / either;
    row[2] = belongs / 2;
    return ATT_OK;
}

att_status att_trial_situation_run(att_trial_stage *stage, att_trial_rows *rows, att_error *err)
{
    att_arena scratch;
    att_arena_init(&scratch, stage->host, 0);
    const size_t items = att_world_item_count(stage->world);
    att_status status = ATT_OK;
    for (size_t person = 0; person < att_world_person_count(stage->world) && !status; person++) {
        if (!att_trial_is_known(stage, person))
            continue;
        att_arena_reset(&scratch);
        double row[TRIAL_SITUATION_COLUMNS] = {0};
        unsigned char *shown[2] = {ATT_NEW(&scratch, unsigned char, items), ATT_NEW(&scratch, unsigned char, items)};
        status = shown[0] && shown[1] ? one_person(stage, person, shown, row, err) : att_no_memory(err, items, "items");
        if (!status && !att_trial_rows_add(rows, row))
            status = att_no_memory(err, 1, "figures");
    }
    att_arena_deinit(&scratch);
    return status;
}
