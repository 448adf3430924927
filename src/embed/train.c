// SPDX-License-Identifier: Apache-2.0
// embed/train.c - the choice of kind and parameters, then training on everything.
#include "embed/model_parts.h"
#include "embed/blas.h"
#include "embed/choose.h"

#include <stdio.h>

att_status att_model_train(att_model **out, const att_model_input *input,
    const att_train_options *options, att_train_report *report, const att_host *host,
    att_error *err)
{
    *out = NULL;
    *report = (att_train_report){0};
    att_recipe recipe = att_recipe_default();
    const int64_t start_ms = host->now_ms(host->user);
    att_status status = att_blas_check(host, err);
    if (!status)
        status = att_choose(&recipe, input, options, report, host, err);
    if (!status)
        status =
            att_model_build(out, input->preferences, &recipe, options->threads, host, report, err);
    if (!status)
        status = att_content_learn(*out, input, options->seed, options->threads, err);
    if (!status)
        status = att_choose_sequence(*out, &recipe, input, options, report, err);
    if (status) {
        att_model_destroy(*out);
        *out = NULL;
    }
    if (status)
        return status;
    snprintf(report->kind, sizeof report->kind, "%s", att_model_kind_name((*out)->kind));
    report->users = input->preferences->rows;
    report->items = input->preferences->cols;
    report->preferences = att_matrix_nonzeros(input->preferences);
    report->seconds = (double)(host->now_ms(host->user) - start_ms) / 1000;
    return ATT_OK;
}
