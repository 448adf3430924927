// SPDX-License-Identifier: Apache-2.0
// bench_stretch without other stretchers beside ours.
#include "bench_stretch_others.h"

const bench_stretcher bench_others[] = {{NULL, NULL}};
