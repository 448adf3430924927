// SPDX-License-Identifier: Apache-2.0
// base/version.c - what is in this build.
#include "attune/version.h"
#include "base/base.h"
#include "base/kernels.h"

#include <cblas.h>
#include <jansson.h>
#include <sodium.h>
#include <sqlite3.h>
#include <xxhash.h>
#include <yaml.h>

const char *att_version(void)
{
    return ATT_VERSION;
}

const char *att_build_licence(void)
{
    return "Apache-2.0";
}

size_t att_parts(att_part *out, size_t capacity)
{
    const att_part parts[] = {
        {"sqlite", sqlite3_libversion(), "blessing"},
        {"jansson", jansson_version_str(), "MIT"},
        {"libyaml", yaml_get_version_string(), "MIT"},
        {"openblas", openblas_get_config(), "BSD-3-Clause"},
        {"libsodium", sodium_version_string(), "ISC"},
        {"xxhash", "0.8", "BSD-2-Clause"},
    };
    for (size_t i = 0; i < ATT_COUNT_OF(parts) && i < capacity; i++)
        out[i] = parts[i];
    return ATT_COUNT_OF(parts);
}

const char *att_kernels_name(void)
{
    return att_kernels_best()->name;
}
