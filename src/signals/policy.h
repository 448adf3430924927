// SPDX-License-Identifier: Apache-2.0
// signals/policy.h - the table of a policy's keys: it drives defaults' checks, the parser and the writer.
#ifndef ATT_SIGNALS_POLICY_H
#define ATT_SIGNALS_POLICY_H

#include "attune/policy.h"
#include "base/base.h"

typedef enum att_policy_kind {
    ATT_POLICY_DOUBLE,
    ATT_POLICY_I32,
    ATT_POLICY_I64,
    ATT_POLICY_U32,
    ATT_POLICY_BOOL,
    ATT_POLICY_DIVERSITY,
    ATT_POLICY_ALGORITHM
} att_policy_kind;

// One key: section.key, or section.group.key for the rule of a signal.
typedef struct att_policy_field {
    const char *section;
    const char *group; // NULL: none
    const char *key;
    const char *comment; // of a group: on its first key
    double low, high;    // allowed, both ends in
    uint16_t offset;     // in att_policy
    uint8_t kind;        // att_policy_kind
} att_policy_field;

const att_policy_field *att_policy_fields(size_t *count);
// Numbers and booleans as double: all of them fit exactly.
double att_policy_field_get(const att_policy *policy, const att_policy_field *field);
void att_policy_field_set(att_policy *policy, const att_policy_field *field, double value);
bool att_policy_kind_is_whole(uint8_t kind); // integers
const char *att_diversity_name(att_diversity method);
const char *att_choice_algorithm_name(att_choice_algorithm algorithm);
// "signals.like.grade"; returns out.
const char *att_policy_field_path(const att_policy_field *field, char *out, size_t size);

// What disagrees: the index of the field at fault, and why. The same checks serve files and code. `lines` (one
// a field, 0: not given; NULL: unknown) puts the blame on a key that the file gave.
bool att_policy_fault(
    const att_policy *policy, const uint32_t *lines, size_t *field, char *why, size_t why_size);

// What is wrong with a wish, if anything.
bool att_wish_fault(const att_wish *wish, char *why, size_t why_size);
// The policy's wish of a situation for a feature; NULL: it has none.
att_wish *att_policy_wish(att_policy *policy, att_facet facet, uint8_t which, att_text feature);

// Whether both want the same, in the same order.
bool att_policy_wishes_equal(const att_policy *a, const att_policy *b);

// att_policy_parse that also says which fields were given: `lines` is (fields), 0: not given.
att_status att_policy_parse_given(
    att_policy *policy, att_text yaml, const char *name, uint32_t *lines, att_error *err);

// Equal for policies that grade and fold alike: XXH3-64 over the values of section "signals".
uint64_t att_policy_signals_hash(const att_policy *policy);
// Equal for policies that learn choices alike: over section "choices".
uint64_t att_policy_choices_hash(const att_policy *policy);

#endif
