// SPDX-License-Identifier: Apache-2.0
// measure/ope_models.h - the reward models that are built in.
#ifndef ATT_MEASURE_OPE_MODELS_H
#define ATT_MEASURE_OPE_MODELS_H

#include "base/rng.h"
#include "measure/ope_log.h"

extern const att_ope_model att_ope_rate, att_ope_ridge;

#endif
