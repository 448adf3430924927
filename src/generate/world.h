// SPDX-License-Identifier: Apache-2.0
// generate/world.h - whether a world's descriptor and what it delivers keep to the contract.
#ifndef ATT_GENERATE_WORLD_H
#define ATT_GENERATE_WORLD_H

#include "attune/generate.h"
#include "base/base.h"

att_status att_medium_check(const att_medium *world, att_error *err);
// What `make` and `analyse` gave back.
att_status att_made_check(const att_made *made, const att_medium *world, att_error *err);
att_status att_analysis_check(const att_analysis *analysis, const att_medium *world, att_error *err);

#endif
