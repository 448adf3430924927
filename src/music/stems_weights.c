// SPDX-License-Identifier: Apache-2.0
// music/stems_weights.c - the network that comes with the library: the bytes of stems.model, at an address that is a multiple of 64.
#include "music/stems_model.h"

#ifdef ATT_STEMS_FILE
__asm__(".pushsection .rodata\n"
        ".balign 64\n"
        ".hidden att_stems_weights_begin\n"
        ".global att_stems_weights_begin\n"
        "att_stems_weights_begin:\n"
        ".incbin \"" ATT_STEMS_FILE "\"\n"
        ".hidden att_stems_weights_end\n"
        ".global att_stems_weights_end\n"
        "att_stems_weights_end:\n"
        ".byte 0\n"
        ".popsection\n");
extern const unsigned char att_stems_weights_begin[], att_stems_weights_end[];

const void *att_stems_weights(size_t *size)
{
    *size = (size_t)(att_stems_weights_end - att_stems_weights_begin);
    return att_stems_weights_begin;
}
#else
const void *att_stems_weights(size_t *size)
{
    *size = 0;
    return NULL;
}
#endif
