// SPDX-License-Identifier: Apache-2.0
// attune/version.h - which build this is, what is in it, and the licence that follows.
#ifndef ATT_VERSION_H
#define ATT_VERSION_H

#include "attune/status.h"

ATT_BEGIN

#define ATT_VERSION "0.1.0"

typedef struct att_part {
    const char *name;    // "sqlite"
    const char *version; // as linked, found at run time
    const char *licence; // SPDX
} att_part;

const char *att_version(void);
// The parts in this build, and the licence of the whole. Static.
size_t att_parts(att_part *out, size_t capacity);
const char *att_build_licence(void);
// What the environment variable OPENBLAS_CORETYPE should be on this processor before OpenBLAS is loaded, since
// the version in Debian 12 takes newer processors for old ones. NULL: leave it as it is.
const char *att_blas_core_type(void);
const char *att_kernels_name(void); // the inner loops chosen for this processor

ATT_END
#endif
