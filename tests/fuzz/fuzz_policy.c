// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading them as a policy ends in a status: a policy within its ranges that is written
// back to the same text, or a story and the policy as it was.
#include "signals/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_SIZE = 32768 };

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_read_back(const att_policy *policy)
{
    static char first[TEXT_SIZE], second[TEXT_SIZE];
    att_policy again = att_policy_default();
    need(att_policy_check(policy, NULL) == ATT_OK);
    const size_t length = att_policy_write(policy, first, sizeof first);
    need(length < sizeof first);
    need(att_policy_parse(&again, (att_text){first, length}, "again", NULL, NULL) == ATT_OK);
    need(att_policy_write(&again, second, sizeof second) == length);
    need(memcmp(first, second, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    att_policy policy = att_policy_default();
    const uint64_t before = att_policy_signals_hash(&policy);
    att_error err = {0};
    const att_text yaml = {(const char *)data, size};
    if (att_policy_parse(&policy, yaml, "fuzz", NULL, &err) == ATT_OK) {
        check_read_back(&policy);
    } else {
        need(err.text[0] != 0);
        need(att_policy_signals_hash(&policy) == before);
    }
    return 0;
}
