// SPDX-License-Identifier: Apache-2.0
// embed/scorer_seq.c - the sequence model behind the scorers' face.
#include "embed/blas.h"
#include "embed/model_parts.h"
#include "embed/scorer.h"
#include "embed/seq_data.h"

#define OPERATIONS_MOST 3e14 // an hour or two of one processor, whatever the data

typedef struct sequence {
    att_host host;
    att_seq *seq; // NULL: nobody had enough events to learn from; all items score alike
    uint32_t items;
} sequence;

static void sequence_destroy(void *opaque)
{
    sequence *model = opaque;
    if (!model)
        return;
    const att_host host = model->host;
    att_seq_destroy(model->seq);
    ATT_FREE_ARRAY(&host, model, 1);
}

static bool anybody_has(const att_seq_data *data, uint64_t events)
{
    for (uint32_t u = 0; u < data->people; u++)
        if (data->start[u + 1] - data->start[u] >= events)
            return true;
    return false;
}

// Everybody's newest event is kept out to validate on, as published protocols do.
static att_status learn(sequence *model, const att_scorer_input *input,
    const att_scorer_params *params, const att_host *host, att_error *err)
{
    att_seq_histories histories;
    att_status status = att_seq_histories_build(
        &histories, input->matrix, input->order, input->at_ms, input->situation, host, err);
    if (status)
        return status;
    const att_seq_options options = {
        .seed = params->seed, .threads = params->threads, .dim = params->dim, .checkpoint = params->checkpoint, .flops_most = OPERATIONS_MOST};
    att_seq_report report;
    if (anybody_has(&histories.data, 3))
        status = att_seq_train(&model->seq, &histories.data, &options, &report, host, err);
    att_seq_histories_deinit(&histories, host);
    return status;
}

static att_status sequence_train(void **out, const att_scorer_input *input,
    const att_scorer_params *params, const att_host *host, att_error *err)
{
    *out = NULL;
    if (!input->order)
        return ATT_FAIL(err, ATT_INVALID, "a sequence model needs the order of the events");
    sequence *model = ATT_NEW_ARRAY(host, sequence, 1);
    if (!model)
        return att_no_memory(err, 1, "sequence scorer");
    *model = (sequence){.host = *host, .items = input->matrix->cols};
    const att_status status = learn(model, input, params, host, err);
    if (status)
        sequence_destroy(model);
    else
        *out = model;
    return status;
}

static att_status sort_history(att_fold *memory, const att_history *history, att_error *err)
{
    if (!ATT_VEC_RESERVE(&memory->host, &memory->places, history->count))
        return att_no_memory(err, history->count, "events");
    for (size_t k = 0; k < history->count; k++)
        memory->places.items[k] =
            (att_seq_place){history->order ? history->order[k] : k, history->items[k],
                history->situation ? history->situation[k] : 0, history->at_ms ? history->at_ms[k] / 1000 : 0};
    att_seq_places_sort(memory->places.items, history->count);
    return ATT_OK;
}

static att_status sequence_score(const void *opaque, att_fold *memory, const att_history *history,
    float *scores, att_error *err)
{
    const sequence *model = opaque;
    const float *state = NULL;
    memset(scores, 0, model->items * sizeof *scores);
    if (!model->seq)
        return ATT_OK;
    att_status status = sort_history(memory, history, err);
    if (!status)
        status = att_fold_read(memory, model->seq, memory->places.items, history->count,
            history->at_ms != NULL, history->asked, &state, err);
    if (!status)
        att_seq_score_all(model->seq, state, scores);
    return status;
}

const att_scorer att_scorer_sequence = {"sequence",
    "what comes next: a causal Transformer over the events in their order",
    "Kang, McAuley 2018 (SASRec); Petrov, Macdonald 2023 (gSASRec); Zhai et al. 2024",
    sequence_train, sequence_score, sequence_destroy};
