// SPDX-License-Identifier: Apache-2.0
// measure/ope_models.c - reward models by name.
#include "measure/ope_models.h"

static const att_ope_model *const list[] = {&att_ope_rate, &att_ope_ridge};

const att_ope_model *const *att_ope_models(size_t *count)
{
    *count = ATT_COUNT_OF(list);
    return list;
}

const att_ope_model *att_ope_model_find(att_text name)
{
    for (size_t i = 0; i < ATT_COUNT_OF(list); i++)
        if (att_text_equal(name, att_text_of(list[i]->name)))
            return list[i];
    return NULL;
}
