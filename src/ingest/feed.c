// SPDX-License-Identifier: Apache-2.0
// ingest/feed.c - the reading thread.
#include "ingest/feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum {
    RING = 3,             // one is written, one is ready, one is filled
    BYTES_PER_LINE = 256, // a guess, for the size of a chunk
    BYTES_MIN = 2 << 20,  // twice the longest line
    BYTES_MAX = 16 << 20,
    LINES_MIN = 1000, // small batches share a chunk
    IDLE_MS = 100,
    REJECT_TEXT_MAX = 4096 // kept of a line that is too long to be held
};

struct att_feed {
    att_host host;
    att_feed_options options;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t filled, released; // chunks, counted under lock; chunk n is ring[n % RING]
    bool stop;                 // under lock
    att_chunk ring[RING];

    // The reading thread's own.
    uint64_t offset, line; // of the next piece
    bool at_end;           // of the file
    bool skipping;         // inside a line that was given up
};

static bool told_to_stop(att_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    const bool stop = feed->stop;
    pthread_mutex_unlock(&feed->lock);
    return stop;
}

// --- Reading -------------------------------------------------------------------------------------

// Waits until there is something to read. False: nothing came for a moment, or we are to stop.
static bool readable(att_feed *feed, bool patient)
{
    struct pollfd wait = {.fd = feed->options.fd, .events = POLLIN};
    for (;;) {
        const int ready = poll(&wait, 1, IDLE_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true;
        if (!patient || told_to_stop(feed))
            return false;
    }
}

// Until the chunk is full, the file ends, or a pipe pauses while whole lines are here. `tried`:
// what is here was parsed already and is no whole piece.
static att_status fill(att_feed *feed, att_chunk *chunk, bool tried, att_error *err)
{
    while (!feed->at_end && chunk->size < chunk->capacity) {
        if (feed->options.waits &&
            !readable(feed, tried || !memchr(chunk->data, '\n', chunk->size)))
            return ATT_OK;
        const ssize_t got =
            read(feed->options.fd, chunk->data + chunk->size, chunk->capacity - chunk->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return att_fail_errno(err, errno, "reading %s", feed->options.name);
        feed->at_end = got == 0;
        chunk->size += (size_t)got;
        tried = false;
    }
    return ATT_OK;
}

// --- Pieces --------------------------------------------------------------------------------------

void att_fault_of_error(const att_error *err, att_fault *out)
{
    static const char begin[] = "field \"", middle[] = "\": ";
    const char *name = err->text + sizeof begin - 1;
    const char *end =
        strncmp(err->text, begin, sizeof begin - 1) == 0 ? strstr(name, middle) : NULL;
    if (!end) {
        att_fault_set(out, "", "%s", err->text);
        return;
    }
    char field[sizeof out->field];
    const size_t size = ATT_MIN((size_t)(end - name), sizeof field - 1);
    memcpy(field, name, size);
    field[size] = 0;
    att_fault_set(out, field, "%s", end + sizeof middle - 1);
}

static att_text without_line_end(att_text text)
{
    if (text.size && text.data[text.size - 1] == '\n')
        text.size--;
    if (text.size && text.data[text.size - 1] == '\r')
        text.size--;
    return text;
}

static bool add_reject(att_feed *feed, att_chunk *chunk, att_text text, const att_piece *piece)
{
    if (!ATT_VEC_RESERVE(&feed->host, &chunk->rejects, chunk->rejects.count + 1))
        return false;
    att_rejected *rejected = &chunk->rejects.items[chunk->rejects.count++];
    rejected->line = feed->line + 1;
    rejected->text = without_line_end(text);
    rejected->cut = piece->skip_rest;
    rejected->fault = piece->fault;
    if (rejected->cut)
        rejected->text.size = ATT_MIN(rejected->text.size, (size_t)REJECT_TEXT_MAX);
    return true;
}

static bool add_item(att_feed *feed, att_chunk *chunk, const att_item *item)
{
    return ATT_VEC_RESERVE(&feed->host, &chunk->item_lines, chunk->item_lines.count + 1) &&
           ATT_VEC_PUSH(&feed->host, &chunk->items, *item) &&
           ATT_VEC_PUSH(&feed->host, &chunk->item_lines, feed->line + 1);
}

// What only the policy can judge.
static void judge(
    const att_feed *feed, const att_event *event, const att_item *item, att_piece *piece)
{
    const att_feed_options *o = &feed->options;
    att_error err;
    att_status status = ATT_OK;
    if (piece->kind == ATT_PIECE_EVENT && o->check_event)
        status = o->check_event(o->check_user, event, &err);
    else if (piece->kind == ATT_PIECE_ITEM && o->check_item)
        status = o->check_item(o->check_user, item, &err);
    if (!status)
        return;
    piece->kind = status == ATT_NO_MEMORY ? ATT_PIECE_NO_MEMORY : ATT_PIECE_BAD;
    att_fault_of_error(&err, &piece->fault);
}

static bool store_piece(
    att_feed *feed, att_chunk *chunk, att_text text, const att_item *item, const att_piece *piece)
{
    switch (piece->kind) {
    case ATT_PIECE_EVENT:
        chunk->event_lines[chunk->event_count++] = feed->line + 1;
        return true;
    case ATT_PIECE_ITEM:
        return add_item(feed, chunk, item);
    case ATT_PIECE_BAD:
        return add_reject(feed, chunk, text, piece);
    default:
        return piece->kind == ATT_PIECE_BLANK;
    }
}

static bool add_cut(att_feed *feed, att_chunk *chunk, bool unended, const att_piece *piece)
{
    const att_cut cut = {.event_end = chunk->event_count,
        .item_end = chunk->items.count,
        .reject_end = chunk->rejects.count,
        .offset = feed->offset,
        .line = feed->line,
        .whole_offset = feed->offset - (unended ? piece->size : 0),
        .whole_line = feed->line - (unended ? piece->lines : 0)};
    return ATT_VEC_PUSH(&feed->host, &chunk->cuts, cut);
}

// Drops the rest of a line that was given up. Returns how many bytes went.
static size_t skip(att_feed *feed, const att_chunk *chunk)
{
    if (!feed->skipping)
        return 0;
    const char *line_end = chunk->size ? memchr(chunk->data, '\n', chunk->size) : NULL;
    const size_t size = line_end ? (size_t)(line_end + 1 - chunk->data) : chunk->size;
    feed->skipping = !line_end;
    feed->offset += size;
    return size;
}

typedef struct parsed {
    size_t used;   // bytes of the chunk that were taken
    size_t pieces; // in this chunk
    bool stopped;  // at a bad piece, with stop_at_bad
    att_piece piece;
} parsed;

// From `p->used` on, until the chunk has its lines or its bytes end.
static att_status parse(att_feed *feed, att_chunk *chunk, parsed *p, att_error *err)
{
    const size_t batch = feed->options.batch, limit = chunk->event_capacity;
    const att_form *form = &feed->options.form;
    att_piece *piece = &p->piece;
    while (p->pieces < limit && p->used < chunk->size) {
        const att_text rest = {chunk->data + p->used, chunk->size - p->used};
        att_event *event = &chunk->events[chunk->event_count];
        att_item item;
        piece->kind = ATT_PIECE_MORE;
        form->read(form->user, rest, feed->at_end, &chunk->scratch, event, &item, piece);
        if (piece->kind == ATT_PIECE_MORE)
            return ATT_OK;
        judge(feed, event, &item, piece);
        if (!store_piece(feed, chunk, (att_text){rest.data, piece->size}, &item, piece))
            return ATT_FAIL(err, ATT_NO_MEMORY, "out of memory at line %llu",
                (unsigned long long)feed->line + 1);
        p->used += piece->size;
        p->pieces++;
        feed->offset += piece->size;
        feed->line += piece->lines;
        feed->skipping = piece->skip_rest;
        p->stopped = feed->options.stop_at_bad && piece->kind == ATT_PIECE_BAD;
        if (p->pieces % batch == 0 && !add_cut(feed, chunk, piece->unended, piece))
            return att_no_memory(err, chunk->cuts.count, "cuts");
        if (p->stopped || feed->skipping)
            return ATT_OK;
    }
    return ATT_OK;
}

static void empty(att_chunk *chunk)
{
    chunk->size = chunk->event_count = chunk->items.count = chunk->item_lines.count = 0;
    chunk->rejects.count = chunk->cuts.count = 0;
    chunk->last = false;
    chunk->status = ATT_OK;
    att_arena_reset(&chunk->scratch);
}

// Fills one chunk. What is left behind its last piece is [*used, size).
static att_status make_chunk(att_feed *feed, att_chunk *chunk, size_t *used, att_error *err)
{
    parsed p = {0};
    bool tried = false;
    att_status status = ATT_OK;
    do {
        status = fill(feed, chunk, tried, err);
        if (status || (!feed->at_end && told_to_stop(feed)))
            break;
        p.used += p.used == 0 ? skip(feed, chunk) : 0;
        if (feed->skipping) { // the whole chunk belongs to the line that was given up
            chunk->size = p.used = 0;
            continue;
        }
        status = parse(feed, chunk, &p, err);
        // A chunk that is full goes on in the next one, where it begins at the front.
        if (feed->skipping || (chunk->size == chunk->capacity && p.used > 0))
            break;
        assert(p.pieces || p.used || chunk->size < chunk->capacity || p.stopped ||
               status); // BYTES_MIN
        tried = true;
    } while (!status && !p.stopped && p.pieces == 0 && !(feed->at_end && p.used >= chunk->size));
    const bool covered =
        chunk->cuts.count && chunk->cuts.items[chunk->cuts.count - 1].offset == feed->offset;
    const bool unended = p.pieces && p.piece.unended;
    chunk->last = status || p.stopped || (feed->at_end && p.used >= chunk->size);
    if (!covered && (p.pieces || chunk->last) && !add_cut(feed, chunk, unended, &p.piece) &&
        !status)
        status = att_no_memory(err, chunk->cuts.count, "cuts");
    *used = p.used;
    return status;
}

// --- The thread ----------------------------------------------------------------------------------

// Waits until ring slot of chunk `number` is free. NULL: stop.
static att_chunk *acquire(att_feed *feed, uint64_t number)
{
    pthread_mutex_lock(&feed->lock);
    while (!feed->stop && number >= feed->released + RING)
        pthread_cond_wait(&feed->moved, &feed->lock);
    const bool stop = feed->stop;
    pthread_mutex_unlock(&feed->lock);
    if (stop)
        return NULL;
    att_chunk *chunk = &feed->ring[number % RING];
    empty(chunk);
    return chunk;
}

static void hand_over(att_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->filled++;
    pthread_cond_broadcast(&feed->moved);
    pthread_mutex_unlock(&feed->lock);
}

static void *read_all(void *argument)
{
    att_feed *feed = argument;
    att_chunk *chunk = &feed->ring[0]; // holds the head
    for (uint64_t number = 0; chunk; number++) {
        size_t used;
        chunk->status = make_chunk(feed, chunk, &used, &chunk->error);
        chunk->last |= chunk->status != ATT_OK;
        // What is left goes to the front of the next chunk, before this one is given away.
        att_chunk *next = chunk->last ? NULL : acquire(feed, number + 1);
        if (next) {
            next->size = chunk->size - used;
            memcpy(next->data, chunk->data + used, next->size);
        }
        hand_over(feed);
        chunk = next;
    }
    return NULL;
}

// --- The caller's side ---------------------------------------------------------------------------

static bool make_room(att_feed *feed, att_chunk *chunk, size_t lines, size_t bytes)
{
    chunk->event_capacity = lines;
    chunk->capacity = bytes;
    chunk->data = att_alloc(&feed->host, bytes, 1);
    chunk->events = att_alloc(&feed->host, lines, sizeof *chunk->events);
    chunk->event_lines = att_alloc(&feed->host, lines, sizeof *chunk->event_lines);
    att_arena_init(&chunk->scratch, &feed->host, 0);
    return chunk->data && chunk->events && chunk->event_lines;
}

static void free_room(att_feed *feed, att_chunk *chunk)
{
    const att_host *host = &feed->host;
    att_free(host, chunk->data, chunk->capacity, 1);
    att_free(host, chunk->events, chunk->event_capacity, sizeof *chunk->events);
    att_free(host, chunk->event_lines, chunk->event_capacity, sizeof *chunk->event_lines);
    ATT_VEC_FREE(host, &chunk->items);
    ATT_VEC_FREE(host, &chunk->item_lines);
    ATT_VEC_FREE(host, &chunk->rejects);
    ATT_VEC_FREE(host, &chunk->cuts);
    if (chunk->scratch.host)
        att_arena_deinit(&chunk->scratch);
}

static int start_thread(att_feed *feed)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int result = pthread_create(&feed->thread, NULL, read_all, feed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void init_locks(att_feed *feed)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&feed->moved, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&feed->lock, NULL);
}

att_status att_feed_start(
    att_feed **out, const att_feed_options *options, const att_host *host, att_error *err)
{
    *out = NULL;
    att_feed *feed = ATT_NEW_ARRAY(host, att_feed, 1);
    if (!feed)
        return att_no_memory(err, 1, "reader");
    feed->host = *host;
    feed->options = *options;
    feed->offset = options->offset;
    feed->line = options->line;
    feed->at_end = options->at_end;
    feed->skipping = options->inside_line;
    init_locks(feed);
    const size_t batch = options->batch;
    const size_t lines = batch * (batch < LINES_MIN ? (LINES_MIN + batch - 1) / batch : 1);
    size_t bytes = ATT_MIN(ATT_MAX(lines * BYTES_PER_LINE, (size_t)BYTES_MIN), (size_t)BYTES_MAX);
    bytes = ATT_MAX(bytes, options->head.size);
    bool good = true;
    for (size_t i = 0; i < RING && good; i++)
        good = make_room(feed, &feed->ring[i], lines, bytes);
    if (!good) {
        att_feed_stop(feed);
        return att_no_memory(err, RING * bytes, "bytes of read-ahead");
    }
    if (options->head.size)
        memcpy(feed->ring[0].data, options->head.data, options->head.size);
    feed->ring[0].size = options->head.size;
    feed->options.head = (att_text){0};
    const int result = start_thread(feed);
    if (result) {
        att_feed_stop(feed);
        return att_fail_errno(err, result, "starting the reading thread");
    }
    feed->running = true;
    *out = feed;
    return ATT_OK;
}

static struct timespec in_ms(int wait_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

const att_chunk *att_feed_next(att_feed *feed, int wait_ms)
{
    const struct timespec until = in_ms(wait_ms);
    pthread_mutex_lock(&feed->lock);
    int waited = 0;
    while (feed->filled == feed->released && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&feed->moved, &feed->lock, &until);
    const bool there = feed->filled > feed->released;
    const att_chunk *chunk = &feed->ring[feed->released % RING];
    pthread_mutex_unlock(&feed->lock);
    return there ? chunk : NULL;
}

void att_feed_release(att_feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->released++;
    pthread_cond_broadcast(&feed->moved);
    pthread_mutex_unlock(&feed->lock);
}

void att_feed_stop(att_feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_lock(&feed->lock);
    feed->stop = true;
    pthread_cond_broadcast(&feed->moved);
    pthread_mutex_unlock(&feed->lock);
    if (feed->running)
        pthread_join(feed->thread, NULL);
    for (size_t i = 0; i < RING; i++)
        free_room(feed, &feed->ring[i]);
    pthread_cond_destroy(&feed->moved);
    pthread_mutex_destroy(&feed->lock);
    const att_host host = feed->host;
    att_free(&host, feed, 1, sizeof *feed);
}
