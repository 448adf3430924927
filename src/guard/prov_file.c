// SPDX-License-Identifier: Apache-2.0
// guard/prov_file.c - head, records, and a view of a whole log.
#include "guard/prov_file.h"

#include "store/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const unsigned char magic[8] = "ATTPROV\n";
enum { VERSION = 1, ORIGIN_AT = 16, ORIGIN_SIZE = 64, SUM_AT = 120 };

// --- The head -------------------------------------------------------------------------------------------------------

void att_prov_slot_write(unsigned char out[ATT_PROV_SLOT_SIZE], const att_prov_head *head)
{
    att_byte_writer writer = {out};
    att_put_u64(&writer, head->turn);
    att_put_u64(&writer, head->entries);
    att_put_u64(&writer, head->end);
    att_put(&writer, head->root.bytes, ATT_HASH_SIZE);
    att_put_u64(&writer, XXH3_64bits(out, ATT_PROV_SLOT_SIZE - 8));
}

void att_prov_head_begin(unsigned char out[ATT_PROV_RECORDS_AT], const char *origin)
{
    memset(out, 0, ATT_PROV_RECORDS_AT);
    memcpy(out, magic, sizeof magic);
    out[8] = VERSION;
    memcpy(out + ORIGIN_AT, origin, strnlen(origin, ORIGIN_SIZE - 1));
    att_byte_writer sum = {out + SUM_AT};
    att_put_u64(&sum, XXH3_64bits(out, SUM_AT));
    att_prov_head head = {.turn = 1, .end = ATT_PROV_RECORDS_AT};
    const att_tree empty = {0};
    att_tree_root(&empty, &head.root);
    att_prov_slot_write(out + ATT_PROV_SLOT_AT + ATT_PROV_SLOT_SIZE, &head); // turn 1 is slot 1's
}

static bool read_slot(const unsigned char *at, att_prov_head *out)
{
    out->turn = att_load_u64(at);
    out->entries = att_load_u64(at + 8);
    out->end = att_load_u64(at + 16);
    memcpy(out->root.bytes, at + 24, ATT_HASH_SIZE);
    return att_load_u64(at + 56) == XXH3_64bits(at, ATT_PROV_SLOT_SIZE - 8) && out->end >= ATT_PROV_RECORDS_AT &&
           out->entries <= (out->end - ATT_PROV_RECORDS_AT) / ATT_PROV_FRAME_SIZE;
}

static bool is_blank(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return false;
    return true;
}

att_status att_prov_head_read(const unsigned char *data, size_t size, char origin[64], att_prov_head *out, int *damaged, att_error *err)
{
    int bad = 0;
    unsigned char whole[ATT_PROV_RECORDS_AT]; // as it was at one moment: another process may write it
    *out = (att_prov_head){0};
    if (size < ATT_PROV_RECORDS_AT || memcmp(data, magic, sizeof magic) != 0)
        return ATT_FAIL(err, ATT_CORRUPT, "it is no provenance log: %s", size < ATT_PROV_RECORDS_AT ? "too short" : "it begins with something else");
    memcpy(whole, data, sizeof whole);
    data = whole;
    if (att_load_u32(data + 8) != VERSION)
        return ATT_FAIL(err, ATT_VERSION, "the log is of version %u, this build reads %d", att_load_u32(data + 8), VERSION);
    if (att_load_u64(data + SUM_AT) != XXH3_64bits(data, SUM_AT) || data[ORIGIN_AT + ORIGIN_SIZE - 1])
        return ATT_FAIL(err, ATT_CORRUPT, "the head of the log (bytes 0 to %d) is damaged", ATT_PROV_SLOT_AT - 1);
    memcpy(origin, data + ORIGIN_AT, ORIGIN_SIZE);
    for (int slot = 0; slot < 2; slot++) {
        const unsigned char *at = data + ATT_PROV_SLOT_AT + slot * ATT_PROV_SLOT_SIZE;
        att_prov_head head;
        if (!read_slot(at, &head))
            bad += !is_blank(at, ATT_PROV_SLOT_SIZE);
        else if (head.turn > out->turn)
            *out = head;
    }
    if (damaged)
        *damaged = bad;
    return out->turn ? ATT_OK : ATT_FAIL(err, ATT_CORRUPT, "neither slot of the log's head (bytes %d to %d) is whole", ATT_PROV_SLOT_AT,
                                    ATT_PROV_RECORDS_AT - 1);
}

// --- Records ----------------------------------------------------------------------------------------------------------

static uint16_t frame_sum(const unsigned char frame[ATT_PROV_FRAME_SIZE])
{
    unsigned char bytes[14];
    memcpy(bytes, frame, 6);
    memcpy(bytes + 6, frame + 8, 8);
    return (uint16_t)XXH3_64bits(bytes, sizeof bytes);
}

bool att_prov_record_write(const att_host *host, att_bytes *out, att_prov_record_kind kind, uint64_t number, att_text body,
    const att_hash *hashes, size_t hash_count)
{
    const size_t size = ATT_PROV_FRAME_SIZE + body.size + hash_count * ATT_HASH_SIZE;
    if (!ATT_VEC_RESERVE(host, out, out->count + size))
        return false;
    unsigned char *frame = (unsigned char *)out->items + out->count;
    att_byte_writer writer = {frame};
    att_put_u32(&writer, (uint32_t)size);
    att_put_u8(&writer, (uint8_t)kind);
    att_put_u8(&writer, (uint8_t)hash_count);
    att_put_u16(&writer, 0);
    att_put_u64(&writer, number);
    att_put(&writer, body.data, body.size);
    att_put(&writer, hashes, hash_count * ATT_HASH_SIZE);
    writer.at = frame + 6;
    att_put_u16(&writer, frame_sum(frame));
    out->count += size;
    return true;
}

bool att_prov_record_at(const unsigned char *data, uint64_t end, uint64_t offset, att_prov_record *out)
{
    *out = (att_prov_record){0};
    if (offset > end || end - offset < ATT_PROV_FRAME_SIZE)
        return false;
    const unsigned char *frame = data + offset;
    *out = (att_prov_record){.offset = offset,
        .number = att_load_u64(frame + 8),
        .size = att_load_u32(frame),
        .kind = (att_prov_record_kind)frame[4],
        .hash_count = frame[5]};
    const size_t hashes = out->hash_count * ATT_HASH_SIZE;
    if (att_load_u16(frame + 6) != frame_sum(frame) || (out->kind != ATT_PROV_ENTRY && out->kind != ATT_PROV_CHECKPOINT))
        return false;
    if (out->size > ATT_PROV_RECORD_SIZE_MAX || out->size > end - offset || out->size < ATT_PROV_FRAME_SIZE + hashes ||
        out->hash_count == 0 || out->hash_count > ATT_TREE_LEVELS)
        return false;
    out->body = (att_text){(const char *)frame + ATT_PROV_FRAME_SIZE, out->size - ATT_PROV_FRAME_SIZE - hashes};
    out->hashes = frame + out->size - hashes;
    return true;
}

// --- A view -----------------------------------------------------------------------------------------------------------

static att_status note_record(att_prov_view *view, const att_prov_record *r, att_error *err)
{
    const uint64_t next = view->entries.count;
    const bool is_entry = r->kind == ATT_PROV_ENTRY;
    const size_t nodes = is_entry ? 1u + (unsigned)__builtin_ctzll(~next) : 1;
    if (is_entry ? r->number != next : r->number > next)
        return ATT_FAIL(err, ATT_CORRUPT, "%s %llu stands at byte %llu, where entry %llu is due", is_entry ? "entry" : "the checkpoint of",
            (unsigned long long)r->number, (unsigned long long)r->offset, (unsigned long long)next);
    if (r->hash_count != nodes)
        return ATT_FAIL(err, ATT_CORRUPT, "the record at byte %llu has %zu hashes, %zu are due", (unsigned long long)r->offset,
            r->hash_count, nodes);
    const bool kept = is_entry ? ATT_VEC_PUSH(view->host, &view->entries, r->offset) : ATT_VEC_PUSH(view->host, &view->checkpoints, r->offset);
    return kept ? ATT_OK : att_no_memory(err, view->entries.count, "places of entries");
}

static att_status walk(att_prov_view *view, att_error *err)
{
    att_status status = ATT_OK;
    for (uint64_t at = ATT_PROV_RECORDS_AT; at < view->head.end && !status;) {
        att_prov_record r;
        if (!att_prov_record_at(view->data, view->head.end, at, &r))
            return ATT_FAIL(err, ATT_CORRUPT, "no record can be read at byte %llu, where entry %zu is due", (unsigned long long)at,
                view->entries.count);
        status = note_record(view, &r, err);
        at += r.size;
    }
    if (!status && view->entries.count != view->head.entries)
        return ATT_FAIL(err, ATT_CORRUPT, "the head speaks of %llu entries, there are %zu", (unsigned long long)view->head.entries,
            view->entries.count);
    return status;
}

att_status att_prov_view_init(att_prov_view *view, const void *data, size_t size, const att_host *host, att_error *err)
{
    *view = (att_prov_view){.data = data, .host = host};
    att_status status = att_prov_head_read(data, size, view->origin, &view->head, NULL, err);
    if (!status && view->head.end > size)
        status = ATT_FAIL(err, ATT_CORRUPT, "the file ends after %zu bytes, its head speaks of %llu", size, (unsigned long long)view->head.end);
    if (!status)
        status = walk(view, err);
    att_hash root;
    if (!status && att_tree_root_of(att_prov_view_node, view, view->entries.count, &root) && !att_hash_equal(&root, &view->head.root))
        status = ATT_FAIL(err, ATT_CORRUPT, "the root of the %zu entries is not the one in the head", view->entries.count);
    if (status)
        att_prov_view_deinit(view);
    return status;
}

void att_prov_view_deinit(att_prov_view *view)
{
    ATT_VEC_FREE(view->host, &view->entries);
    ATT_VEC_FREE(view->host, &view->checkpoints);
}

void att_prov_view_entry(const att_prov_view *view, uint64_t index, att_prov_record *out)
{
    (void)att_prov_record_at(view->data, view->head.end, view->entries.items[index], out); // it was read when the view was made
}

bool att_prov_view_node(void *user, unsigned level, uint64_t index, att_hash *out)
{
    const att_prov_view *view = user;
    att_prov_record r;
    const uint64_t last = ((index + 1) << level) - 1;
    if (last >= view->entries.count || !att_prov_record_at(view->data, view->head.end, view->entries.items[last], &r))
        return false;
    memcpy(out->bytes, r.hashes + (size_t)level * ATT_HASH_SIZE, ATT_HASH_SIZE);
    return true;
}

// --- Files --------------------------------------------------------------------------------------------------------------

// Others may append meanwhile. The head is read before the size, and stays in the map as it was then: so the file holds all that the
// head speaks of, and what is told is one moment of the log.
att_status att_prov_map_file(att_prov_map *map, const char *path, att_error *err)
{
    struct stat about;
    *map = (att_prov_map){0};
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return att_fail_errno(err, errno, "opening %s", path);
    att_status status = ATT_OK;
    unsigned char head[ATT_PROV_RECORDS_AT];
    const ssize_t got = pread(file, head, sizeof head, 0);
    if (got < 0)
        status = att_fail_errno(err, errno, "reading %s", path);
    else if (fstat(file, &about) != 0)
        status = att_fail_errno(err, errno, "looking at %s", path);
    else if (!S_ISREG(about.st_mode) || about.st_size == 0)
        status = ATT_FAIL(err, ATT_CORRUPT, "%s is %s", path, S_ISREG(about.st_mode) ? "empty" : "no file");
    if (!status) {
        map->size = (size_t)about.st_size;
        map->data = mmap(NULL, map->size, PROT_READ, MAP_PRIVATE, file, 0);
        if (map->data == MAP_FAILED) {
            map->data = NULL;
            status = att_fail_errno(err, errno, "mapping %s", path);
        } else if (mprotect(map->data, ATT_MIN(sizeof head, map->size), PROT_READ | PROT_WRITE) != 0) { // the first page alone
            status = att_fail_errno(err, errno, "mapping %s", path);
            att_prov_unmap(map);
        } else {
            memcpy(map->data, head, ATT_MIN((size_t)got, map->size));
        }
    }
    close(file);
    return status;
}

void att_prov_unmap(att_prov_map *map)
{
    if (map->data)
        munmap(map->data, map->size);
    map->data = NULL;
}
