// SPDX-License-Identifier: Apache-2.0
// measure/report.h - a report and the memory it lives in.
#ifndef ATT_MEASURE_REPORT_H
#define ATT_MEASURE_REPORT_H

#include "attune/measure.h"
#include "base/arena.h"

typedef struct att_report_memory {
    att_report report; // first: the caller's pointer is ours
    att_host host;
    att_arena life; // everything the report points to
} att_report_memory;

#endif
