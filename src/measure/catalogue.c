// SPDX-License-Identifier: Apache-2.0
// measure/catalogue.c - every metric by name: what it says, its range, where it comes from.
#include "attune/measure.h"
#include "base/base.h"

#include <math.h>

#define ACCURACY(name, title, function, meaning, source)                                           \
    {                                                                                              \
        name, title, meaning, source, 0.0, 1.0, false, true, function, NULL                        \
    }

static const att_metric metrics[] = {
    ACCURACY("ndcg", "NDCG", att_ndcg,
        "gain = grade, discounted by log2(rank + 1), over the best possible in k places",
        "Jarvelin and Kekalainen 2002. As trec_eval's ndcg and ndcg_cut"),
    ACCURACY("ndcg-binary", "NDCG", att_ndcg_binary,
        "gain 1 for everything relevant, discounted by log2(rank + 1), over the best possible in k "
        "places",
        "As in Liang et al. 2018 (VAE) and Steck 2019 (EASE)"),
    ACCURACY("recall", "Recall", att_recall, "relevant among the first k, of all relevant",
        "As trec_eval's recall"),
    ACCURACY("recall-capped", "Recall", att_recall_capped,
        "relevant among the first k, of the most that fit in k places: hits / min(k, relevant)",
        "Liang et al. 2018"),
    ACCURACY("precision", "Prec", att_precision, "relevant among the first k, over k",
        "As trec_eval's P"),
    ACCURACY("map", "MAP", att_average_precision,
        "mean over all relevant of the precision at their rank; 0 for those below k",
        "Buckley and Voorhees 2000. As trec_eval's map and map_cut"),
    ACCURACY("mrr", "MRR", att_reciprocal_rank,
        "1 / rank of the first relevant; 0 if it is below k",
        "Voorhees 1999. As trec_eval's recip_rank"),
    ACCURACY("hit-rate", "HR", att_hit_rate,
        "share of people with anything relevant among the first k", "As trec_eval's success"),
    ACCURACY("r-precision", "Rprec", att_r_precision, "precision at as many places as are relevant",
        "Buckley and Voorhees 2005. As trec_eval's Rprec"),
    {"serendipity", "Serend",
        "relevant among the first k that a popularity list of length k would not have shown, over "
        "k",
        "Ge, Delgado-Battenfeld and Jannach 2010", 0.0, 1.0, false, false, att_serendipity, NULL},
    {"diversity", "ILD", "mean over pairs in the first k of 1 - cosine of their tag sets",
        "Smyth and McClave 2001; Ziegler et al. 2005", 0.0, 1.0, false, false, att_list_diversity,
        NULL},
    {"novelty", "Novelty", "mean self-information -log2(share of people who prefer it), in bits",
        "Zhou et al. 2010", 0.0, HUGE_VAL, false, false, att_novelty, NULL},
    {"calibration", "Calib",
        "KL divergence of the list's tag mix from the person's, smoothed by 0.01, in nats",
        "Steck 2018", 0.0, HUGE_VAL, true, false, att_calibration, NULL},
    {"coverage", "Cover", "share of the catalogue that stands in anybody's first k",
        "Ge, Delgado-Battenfeld and Jannach 2010", 0.0, 1.0, false, false, NULL, att_coverage},
    {"gini", "Gini", "inequality of how often items are shown; 0 all alike, 1 one item takes all",
        "Gini 1912; Fleder and Hosanagar 2009", 0.0, 1.0, true, false, NULL, att_gini},
};

const att_metric *att_metrics(size_t *count)
{
    *count = ATT_COUNT_OF(metrics);
    return metrics;
}

const att_metric *att_metric_find(att_text name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(metrics); i++)
        if (att_text_equal(name, att_text_of(metrics[i].name)))
            return &metrics[i];
    return NULL;
}
