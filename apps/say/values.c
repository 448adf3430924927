// SPDX-License-Identifier: Apache-2.0
// apps/say/values.c - numbers and texts as JSON has them.
#include "say.h"

#include <math.h>

json_t *say_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *say_text(att_text text)
{
    json_t *value = json_stringn(text.data ? text.data : "", text.size);
    return value ? value : json_string("");
}
