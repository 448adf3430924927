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
#ifdef ATT_ICU
#include <unicode/uversion.h>
#endif
#ifdef ATT_HS
#include <hs.h>
#endif
#ifdef ATT_MUSIC
#include <ebur128.h>
#include <samplerate.h>
#include <sndfile.h>
#endif

#define ATT_AS_STRING(x) #x
#define ATT_STRING(x) ATT_AS_STRING(x)

const char *att_version(void)
{
    return ATT_VERSION;
}

const char *att_build_licence(void)
{
#ifdef ATT_AV_VERSION
    return "Apache-2.0; its helper attune-audio-av: GPL-3.0-or-later"; // GPL 2 or later of FFmpeg, and Apache 2.0, meet in version 3
#else
    return "Apache-2.0";
#endif
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
#ifdef ATT_ICU
        {"icu", U_ICU_VERSION, "ICU"},
#endif
#ifdef ATT_MUSIC
        {"kissfft", "1.3", "BSD-3-Clause"},
        {"libsndfile", sf_version_string() + sizeof "libsndfile-" - 1, "LGPL-2.1-or-later"},
        {"libsamplerate", src_get_version() + sizeof "libsamplerate-" - 1, "BSD-2-Clause"},
        {"libebur128", ATT_STRING(EBUR128_VERSION_MAJOR) "." ATT_STRING(EBUR128_VERSION_MINOR) "." ATT_STRING(EBUR128_VERSION_PATCH), "MIT"},
#endif
#ifdef ATT_AV_VERSION
        {"libavformat", ATT_AV_VERSION, "GPL-2.0-or-later"}, // in attune-audio-av alone
#endif
#ifdef ATT_SYNTH_VERSION
        {"fluidsynth", ATT_SYNTH_VERSION, "LGPL-2.1-or-later"}, // in attune-synth alone
#endif
#ifdef ATT_HS
        {"vectorscan", hs_version(), "BSD-3-Clause"},
#endif
    };
    for (size_t i = 0; i < ATT_COUNT_OF(parts) && i < capacity; i++)
        out[i] = parts[i];
    return ATT_COUNT_OF(parts);
}

const char *att_kernels_name(void)
{
    return att_kernels_best()->name;
}

const char *att_blas_core_type(void)
{
    __builtin_cpu_init();
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    static const char *const narrow[] = {"Haswell", "Zen", "Sandybridge", "Nehalem", "Prescott"};
    const char *chosen = openblas_get_corename();
    for (size_t i = 0; wide && i < ATT_COUNT_OF(narrow); i++)
        if (strcmp(chosen, narrow[i]) == 0)
            return "SkylakeX";
    return NULL;
}
