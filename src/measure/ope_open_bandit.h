// SPDX-License-Identifier: Apache-2.0
// measure/ope_open_bandit.h - the files of an Open Bandit folder, parsed from memory.
#ifndef ATT_MEASURE_OPE_OPEN_BANDIT_H
#define ATT_MEASURE_OPE_OPEN_BANDIT_H

#include "measure/ope_log.h"

enum {
    OBD_POSITIONS_MAX = 16,
    OBD_USER_PARTS = 4, // user_feature_0 …
    OBD_ITEM_PARTS = 3, // item_feature_1 … ; item_feature_0 is a number
    OBD_BUCKETS = 8     // that each is hashed into
};

typedef struct obd_items {
    uint32_t count, room;
    float *features; // (room, 1 + OBD_ITEM_PARTS * OBD_BUCKETS), rows by item_id
} obd_items;

typedef struct obd_row {
    uint32_t item;
    uint8_t position; // from 0
    uint8_t click;
    uint8_t user[OBD_USER_PARTS]; // bucket + 1; 0: no such column
    double propensity;
} obd_row;

typedef struct obd_rows {
    ATT_VEC(obd_row) list;
} obd_rows;

typedef struct obd_matrix {
    uint32_t items, positions;
    double *p; // (items, positions)
} obd_matrix;

// `name` is for messages. What is made is the caller's, freed by the calls below, also after a failure.
att_status att_obd_items_parse(
    obd_items *out, att_text text, const char *name, const att_host *host, att_error *err);
att_status att_obd_rows_parse(obd_rows *out, att_text text, const char *name, uint32_t items,
    const att_host *host, att_error *err);
att_status att_obd_matrix_parse(obd_matrix *out, att_text text, const char *name, uint32_t items,
    const att_host *host, att_error *err);
void att_obd_items_free(obd_items *items, const att_host *host);
void att_obd_rows_free(obd_rows *rows, const att_host *host);
void att_obd_matrix_free(obd_matrix *matrix, const att_host *host);

#endif
