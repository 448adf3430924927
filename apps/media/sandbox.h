// SPDX-License-Identifier: Apache-2.0
// apps/media/sandbox.h - what a helper program does to itself before it looks at a foreign byte: it bounds its memory and time,
// and gives up every right but to read, to write to what is open, and to use memory.
#ifndef ATT_MEDIA_SANDBOX_H
#define ATT_MEDIA_SANDBOX_H

#include <stdbool.h>

// The arguments are the program's: NAME MEMORY_BYTES CPU_SECONDS. False: they are not, or the system refuses.
bool sandbox_limits(int argc, char **argv);
// No new rights, and a filter of system calls: what is not listed fails with EPERM. After this no file can be opened, no program
// started, and no memory be made executable. False: the system refuses. Where there is no filter (a kernel built without, or neither x86-64 nor ARM64) the
// limits alone hold, and it is true: memory, time, no file written, none opened beside the four that are.
bool sandbox_close(void);
// Whether there is a filter; say_head tells the library.
bool sandbox_is_filtered(void);

#endif
