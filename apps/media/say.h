// SPDX-License-Identifier: Apache-2.0
// apps/media/say.h - a helper program's answer: the blocks of attune/helper.h on standard output.
#ifndef ATT_MEDIA_SAY_H
#define ATT_MEDIA_SAY_H

#include "attune/helper.h"

// Each false: nobody listens any more.
bool say_head(uint32_t rate_hz, uint32_t channels, uint64_t frames);
bool say_samples(const float *samples, size_t count); // whole frames; any number
bool say_end(void);
// The exit code of the program: `return say_story(…);`
int say_story(att_status status, const char *format, ...) ATT_PRINTF(2, 3);

#endif
