// SPDX-License-Identifier: Apache-2.0
// store/schema.h - which tables a store has, and how an older store becomes a newer one.
#ifndef ATT_STORE_SCHEMA_H
#define ATT_STORE_SCHEMA_H

#include "store/connect.h"

#define ATT_APPLICATION_ID 0x41545431 // "ATT1", in the header of the SQLite file

// Step i (from 0) leads from schema i to schema i + 1; schema 0 is the empty file. Steps are only
// appended.
typedef struct att_schema_step {
    const char *what; // for the log: "tables of the log and the catalogue"
    const char *sql;  // one or more statements
} att_schema_step;

typedef struct att_schema {
    const att_schema_step *steps;
    uint32_t count; // the newest schema that this build knows
} att_schema;

const att_schema *att_schema_current(void);

// Looks whose file it is and takes it to the newest schema, all steps in one transaction or none.
// An empty file is filled when options->create is set; *made tells so. Refuses newer schemas and
// other people's files.
att_status att_schema_apply(att_sqlite *sqlite, const att_schema *schema,
    const att_store_options *options, bool *made, att_error *err);

#endif
