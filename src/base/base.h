// SPDX-License-Identifier: Apache-2.0
// base/base.h - the words that every room uses: fail, allocate, count.
#ifndef ATT_BASE_BASE_H
#define ATT_BASE_BASE_H

#include "attune/host.h"
#include "attune/status.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define ATT_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ATT_MIN(a, b) ((a) < (b) ? (a) : (b))
#define ATT_MAX(a, b) ((a) > (b) ? (a) : (b))

// The text of a literal without counting: ATT_LIT("like").
#define ATT_LIT(literal) ((att_text){(literal), sizeof(literal) - 1})
// For "%.*s".
#define ATT_TEXT_ARGS(text) (int)(text).size, (text).data

// Writes the story and returns the status: `return ATT_FAIL(err, ATT_CORRUPT, "section %u …", id);`
#define ATT_FAIL(err, status, ...) att_fail((err), (status), __VA_ARGS__)
att_status att_fail(att_error *err, att_status status, const char *format, ...) ATT_PRINTF(3, 4);

// Puts "doing what: " before the story that came from below, and passes the status on.
att_status att_while(att_error *err, att_status status, const char *format, ...) ATT_PRINTF(3, 4);

// ATT_IO, ATT_FULL, ATT_READ_ONLY, ATT_NOT_FOUND, ATT_NO_MEMORY … from errno, with strerror text appended.
att_status att_fail_errno(att_error *err, int errno_value, const char *format, ...) ATT_PRINTF(3, 4);

// Fills the NULL fields of `host` (which may itself be NULL) with the defaults.
att_host att_host_complete(const att_host *host);
void att_logf(const att_host *host, att_log_level level, const char *format, ...) ATT_PRINTF(3, 4);
// True to go on. `progress` may be NULL in the host.
bool att_progress_tell(const att_host *host, const char *task, uint64_t done, uint64_t total, const char *unit);

// Memory through the host. Sizes are checked for overflow; NULL when out of memory or overflowing.
void *att_alloc(const att_host *host, size_t count, size_t item_size);      // not cleared
void *att_alloc_zero(const att_host *host, size_t count, size_t item_size); // cleared
void *att_realloc(const att_host *host, void *old, size_t old_count, size_t count, size_t item_size);
void att_free(const att_host *host, void *memory, size_t count, size_t item_size); // NULL is fine
// For large memory that will be read here and there, before it is first written: large pages save most of the address lookups. A hint.
void att_want_large_pages(void *memory, size_t size);

#define ATT_NEW_ARRAY(host, type, count) ((type *)att_alloc_zero((host), (count), sizeof(type)))
#define ATT_FREE_ARRAY(host, pointer, count) att_free((host), (pointer), (count), sizeof *(pointer))

// For qsort and bsearch: numbers in rising order.
int att_order_u32(const void *a, const void *b);
// Ascending, by digits (radix sort: Knuth, The Art of Computer Programming 3, 5.2.5); `spare` has room for `count`.
void att_sort_u32(uint32_t *list, size_t count, uint32_t *spare);
int att_order_u64(const void *a, const void *b);

// Says "out of memory for 12 users" in one voice.
att_status att_no_memory(att_error *err, size_t count, const char *what);

// A growable array: struct { T *items; size_t count, capacity; }. Grows by half; false when memory ran out
// (the array is then as it was).
#define ATT_VEC(type)                                                                              \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, capacity;                                                                    \
    }
bool att_vec_grow(const att_host *host, void **items, size_t *capacity, size_t needed, size_t item_size);
#define ATT_VEC_RESERVE(host, vec, needed)                                                         \
    att_vec_grow((host), (void **)&(vec)->items, &(vec)->capacity, (needed), sizeof *(vec)->items)
#define ATT_VEC_PUSH(host, vec, value)                                                             \
    (ATT_VEC_RESERVE((host), (vec), (vec)->count + 1)                                              \
            ? ((vec)->items[(vec)->count++] = (value), true)                                       \
            : false)
#define ATT_VEC_FREE(host, vec)                                                                    \
    (att_free((host), (vec)->items, (vec)->capacity, sizeof *(vec)->items), (vec)->items = NULL,   \
        (vec)->count = (vec)->capacity = 0)

#endif
