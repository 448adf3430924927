// SPDX-License-Identifier: Apache-2.0
// embed/seq_options.c - what a training does when it is not told: sizes and rates from the shape of the data.
//
// Nothing here was chosen on one set: docs/sequence.md tells the reasoning and what was tried.
#include "embed/seq.h"

#include <math.h>
#include <stdlib.h>

#define LENGTH_MOST 200
#define LENGTH_SHARE 0.95 // of people whose events fit whole

// How many of a person's events do not fit in `length` is what counts, so people are counted by length.
static uint32_t usual_length(const att_seq_data *data)
{
    uint32_t people[LENGTH_MOST + 1] = {0}, with = 0, seen = 0;
    for (uint32_t u = 0; u < data->people; u++) {
        const uint64_t count = data->start[u + 1] - data->start[u];
        with += count > 1;
        people[ATT_MIN(count, LENGTH_MOST)] += count > 1;
    }
    for (uint32_t length = 2; length < LENGTH_MOST; length++) {
        seen += people[length];
        if (seen >= LENGTH_SHARE * with)
            return ATT_MAX((length + 7) / 8 * 8, 16);
    }
    return LENGTH_MOST;
}

static double mean_events(const att_seq_data *data)
{
    uint32_t with = 0;
    for (uint32_t u = 0; u < data->people; u++)
        with += data->start[u + 1] > data->start[u];
    return (double)data->start[data->people] / ATT_MAX(with, 1);
}

// From `sparse` where a person has ten events to `dense` where there are a hundred and sixty, by the logarithm between.
static double between(double sparse, double dense, double mean)
{
    const double way = (log2(ATT_MAX(mean, 1)) - log2(10)) / 4;
    return sparse + (dense - sparse) * ATT_MIN(ATT_MAX(way, 0), 1);
}

// Some two hundred steps in an epoch, within what makes products fast and gradients quiet enough.
static uint32_t usual_batch(uint64_t events)
{
    const uint64_t wanted = events / 200;
    return (uint32_t)(ATT_MIN(ATT_MAX(wanted, 512), 4096) / 16 * 16);
}

// Wider where there is much to learn of each item and of each person.
static uint32_t usual_dim(uint64_t events, double mean)
{
    if (events < 20000)
        return 32;
    return events >= 300000 && mean >= 50 ? 128 : 64;
}

att_seq_options att_seq_options_for(const att_seq_options *options, const att_seq_data *data)
{
    att_seq_options o = *options;
    const uint64_t events = data->start[data->people];
    const double mean = mean_events(data);
    o.threads = ATT_MAX(o.threads, 1);
    o.length = o.length ? o.length : usual_length(data);
    o.dim = o.dim ? o.dim : usual_dim(events, mean);
    o.heads = o.heads ? o.heads : ATT_MAX(o.dim / 32, 1);
    o.layers = o.layers ? o.layers : 2;
    o.hidden = o.hidden ? o.hidden : 2 * o.dim;
    o.loss = o.loss ? o.loss : &att_seq_loss_sampled;
    o.negatives = o.negatives ? o.negatives : 512;
    o.popular = o.popular != 0 ? o.popular : o.loss == &att_seq_loss_gbce ? -1 : 0.25;
    o.calibration = o.calibration != 0 ? o.calibration : 0.75;
    o.dropout = o.dropout != 0 ? o.dropout : between(0.6, 0.2, mean);
    o.rate = o.rate != 0 ? o.rate : 2e-3;
    o.decay = o.decay != 0 ? o.decay : between(0.3, 0.1, mean);
    o.batch_tokens = o.batch_tokens ? o.batch_tokens : usual_batch(events);
    o.epochs = o.epochs ? o.epochs : 200;
    o.patience = o.patience ? o.patience : 10;
    o.held = o.held ? o.held : UINT32_MAX;
    o.judged = o.judged ? o.judged : 5000;
    return o;
}
