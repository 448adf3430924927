// SPDX-License-Identifier: Apache-2.0
// embed/seq_loss.c - gBCE, sampled softmax, and the drawing of negatives.
#include "embed/seq_loss.h"

#include <math.h>

static double gbce_row(
    const att_seq_ops *ops, float *positive, float *z, const att_seq_negatives *n)
{
    return ops->gbce(positive, z, n->weight, n->beta, n->shift, n->count);
}

static double sampled_row(
    const att_seq_ops *ops, float *positive, float *z, const att_seq_negatives *n)
{
    return ops->sampled(positive, z, n->log_q, n->count);
}

const att_seq_loss att_seq_loss_gbce = {"gbce",
    "each negative is pushed down by itself; the positive's probability is raised to a power below 1, so that sampling "
    "does not make scores too sure of themselves",
    "Petrov, Macdonald 2023, gSASRec: Reducing Overconfidence in Sequential Recommendation Trained "
    "with Negative Sampling",
    gbce_row};

const att_seq_loss att_seq_loss_sampled = {"softmax",
    "the positive against all negatives at once, each scaled up by how rarely it is drawn (logQ)",
    "Bengio, Senecal 2008; Yi et al. 2019; Zhai et al. 2024", sampled_row};

static const att_seq_loss *const all[] = {&att_seq_loss_gbce, &att_seq_loss_sampled};

const att_seq_loss *const *att_seq_loss_list(size_t *count)
{
    *count = ATT_COUNT_OF(all);
    return all;
}

const att_seq_loss *att_seq_loss_named(const char *name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

double att_seq_gbce_beta(size_t count, uint32_t items, double calibration)
{
    const double share = ATT_MIN((double)count / ATT_MAX(items - 1.0, 1), 1);
    return share * (calibration * (1 - 1 / share) + 1 / share);
}

void att_seq_negatives_draw(att_seq_negatives *out, uint32_t items, double popular,
    const uint32_t *events, uint64_t event_count, const uint32_t *item_events, att_rng *rng)
{
    for (size_t k = 0; k < out->count; k++) {
        const bool by_events = att_rng_unit(rng) < popular;
        const uint32_t item = by_events ? events[att_rng_below(rng, event_count)]
                                        : (uint32_t)att_rng_below(rng, items);
        const double alike = 1.0 / items;
        const double q = (1 - popular) * alike +
                         popular * (double)item_events[item] / (double)ATT_MAX(event_count, 1);
        out->item[k] = item;
        out->log_q[k] = (float)log((double)out->count * q);
        out->weight[k] = (float)(alike / q);
    }
}
