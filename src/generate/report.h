// SPDX-License-Identifier: Apache-2.0
// generate/report.h - the log read once: what was made, what it cost, and what people did with it.
#ifndef ATT_GENERATE_REPORT_H
#define ATT_GENERATE_REPORT_H

#include "attune/generate.h"
#include "store/store.h"

typedef struct att_made_tally att_made_tally;
att_status att_made_tally_create(att_made_tally **out, const att_policy *policy, const att_host *host, att_error *err);
void att_made_tally_destroy(att_made_tally *tally); // NULL is fine
// Records in the order of the log.
att_status att_made_tally_add(att_made_tally *tally, const att_record *record, att_error *err);
// At the time now_ms: for how long things were kept. Ends the tally.
att_status att_made_tally_finish(att_made_tally *tally, int64_t now_ms, att_made_report *out, att_error *err);

#endif
