// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as an experiment's definition, or as its record, ends in a status: an experiment that
// is within its limits and is written back to the same text, or a story.
#include "decide/experiments.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static char *text_of(const att_experiment *experiment, size_t *length)
{
    *length = att_experiment_write(experiment, NULL, 0);
    char *text = malloc(*length + 1);
    need(text != NULL && att_experiment_write(experiment, text, *length + 1) == *length);
    return text;
}

static void check_read_back(const att_experiment *experiment)
{
    size_t first_length, second_length;
    att_experiment *again = NULL;
    char what[400];
    need(att_experiment_check(experiment, NULL) == ATT_OK);
    char *first = text_of(experiment, &first_length);
    need(att_experiment_parse(&again, (att_text){first, first_length}, "again", NULL, NULL) == ATT_OK);
    need(!att_experiment_differs(experiment, again, what, sizeof what));
    char *second = text_of(again, &second_length);
    need(second_length == first_length && memcmp(first, second, first_length) == 0);
    const int arm = att_experiment_assign(experiment, ATT_LIT("somebody"));
    need(arm >= -1 && arm < (int)experiment->variation_count && arm == att_experiment_assign(again, ATT_LIT("somebody")));
    free(first);
    free(second);
    att_experiment_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_experiment *experiment = NULL;
    att_error err = {0};
    if (att_experiment_parse(&experiment, (att_text){(const char *)data, size}, "fuzz", NULL, &err) == ATT_OK)
        check_read_back(experiment);
    else
        need(experiment == NULL && err.text[0] != 0);
    att_experiment_destroy(experiment);
    err = (att_error){0};
    if (att_experiment_record_decode(data, size, NULL, &experiment, &err) == ATT_OK)
        check_read_back(experiment);
    else
        need(experiment == NULL && err.text[0] != 0);
    att_experiment_destroy(experiment);
    return 0;
}
