// SPDX-License-Identifier: Apache-2.0
// store/snapshot.c - writing the container, and trusting nothing when reading it.
//
// The file has one form only: sections lie in the order of the table, each at the next multiple of
// 64, the gaps are zero, and the last one ends the file. So every byte is either under a checksum
// or known. A checksum is stored as its low 8 bytes, then its high 8 bytes.
#define XXH_STATIC_LINKING_ONLY // the state of a checksum on the stack
#include "store/snapshot.h"

#include "store/bytes.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { FORMAT = 1, HEAD_SIZE = 64, ENTRY_SIZE = 48, SECTIONS_MAX = 256, ALIGN = 64 };
enum { HEAD_HASH_AT = 32, HEAD_ZERO_AT = 48 };
static const char magic[8] = {'A', 'T', 'T', 'S', 'N', 'A', 'P', '\n'};

typedef struct section {
    uint32_t id;
    const void *data;
    att_snapshot_giver give; // instead of data, which is its source then
    uint64_t offset, size;
} section;

struct att_snapshot_writer {
    att_host host;
    uint32_t kind, version;
    size_t count;
    section sections[SECTIONS_MAX];
};

struct att_snapshot {
    att_host host;
    const unsigned char *data;
    size_t size;
    bool mapped;
    uint32_t count;
};

static uint64_t align_up(uint64_t offset)
{
    return (offset + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

// A tag for people: its four letters, or a number if they are not printable.
typedef struct tag_name {
    char text[12];
} tag_name;

static tag_name name_of(uint32_t tag)
{
    tag_name name;
    for (int i = 0; i < 4; i++)
        name.text[i] = (char)(tag >> (8 * i));
    name.text[4] = 0;
    for (int i = 0; i < 4; i++)
        if (name.text[i] < ' ' || name.text[i] > '~') {
            snprintf(name.text, sizeof name.text, "0x%08x", tag);
            break;
        }
    return name;
}

static void put_hash(att_byte_writer *out, XXH128_hash_t hash)
{
    att_put_u64(out, hash.low64);
    att_put_u64(out, hash.high64);
}

static bool hash_is(const unsigned char *at, XXH128_hash_t hash)
{
    return att_load_u64(at) == hash.low64 && att_load_u64(at + 8) == hash.high64;
}

static bool all_zero(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

// --- Writing ------------------------------------------------------------------------------------

att_status att_snapshot_writer_create(att_snapshot_writer **out, uint32_t kind, uint32_t version,
    const att_host *host, att_error *err)
{
    *out = NULL;
    const att_host full = att_host_complete(host);
    att_snapshot_writer *writer = ATT_NEW_ARRAY(&full, att_snapshot_writer, 1);
    if (!writer)
        return att_no_memory(err, 1, "snapshot writer");
    writer->host = full;
    writer->kind = kind;
    writer->version = version;
    *out = writer;
    return ATT_OK;
}

void att_snapshot_writer_destroy(att_snapshot_writer *writer)
{
    if (!writer)
        return;
    const att_host host = writer->host;
    ATT_FREE_ARRAY(&host, writer, 1);
}

att_status att_snapshot_add(
    att_snapshot_writer *writer, uint32_t id, const void *data, size_t size, att_error *err)
{
    for (size_t i = 0; i < writer->count; i++)
        assert(writer->sections[i].id != id);
    if (writer->count == SECTIONS_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "a snapshot has at most %d sections", SECTIONS_MAX);
    writer->sections[writer->count++] = (section){.id = id, .data = data, .size = size};
    return ATT_OK;
}

att_status att_snapshot_add_given(
    att_snapshot_writer *writer, uint32_t id, att_snapshot_giver give, void *source, size_t size, att_error *err)
{
    const att_status status = att_snapshot_add(writer, id, source, size, err);
    if (!status)
        writer->sections[writer->count - 1].give = give;
    return status;
}

// Gives every section its place; returns the size of the file.
static uint64_t lay_out(att_snapshot_writer *writer)
{
    uint64_t end = HEAD_SIZE + ENTRY_SIZE * (uint64_t)writer->count;
    for (size_t i = 0; i < writer->count; i++) {
        writer->sections[i].offset = align_up(end);
        end = writer->sections[i].offset + writer->sections[i].size;
    }
    return end;
}

// --- Sections that are given in pieces ----------------------------------------------------------------

typedef struct taking {
    XXH3_state_t hash; // wants to lie at a multiple of 64
    uint64_t size;
    int file; // -1: only hashed
    const char *name;
    att_error *err;
    att_status status;
} taking;

static bool take(void *user, const void *bytes, size_t size)
{
    taking *t = user;
    XXH3_128bits_update(&t->hash, bytes, size);
    t->size += size;
    if (t->file >= 0)
        t->status = att_write_all(t->file, bytes, size, t->name, t->err);
    return t->status == ATT_OK;
}

static att_status take_all(const section *part, int file, const char *name, XXH128_hash_t *hash, att_error *err)
{
    taking t = {.file = file, .name = name, .err = err};
    XXH3_128bits_reset(&t.hash);
    const bool whole = part->give((void *)(uintptr_t)part->data, take, &t);
    *hash = XXH3_128bits_digest(&t.hash);
    if (t.status)
        return t.status;
    return whole && t.size == part->size ? ATT_OK : ATT_FAIL(err, ATT_IO, "section %s could not be read where it lies", name_of(part->id).text);
}

static att_status hash_of(const section *part, XXH128_hash_t *hash, att_error *err)
{
    if (part->give)
        return take_all(part, -1, NULL, hash, err);
    *hash = XXH3_128bits(part->data, part->size);
    return ATT_OK;
}

// `out` has HEAD_SIZE + count * ENTRY_SIZE cleared bytes.
static att_status fill_head(const att_snapshot_writer *writer, uint64_t file_size, unsigned char *out, att_error *err)
{
    att_byte_writer table = {out + HEAD_SIZE};
    for (size_t i = 0; i < writer->count; i++) {
        const section *part = &writer->sections[i];
        XXH128_hash_t hash;
        const att_status status = hash_of(part, &hash, err);
        if (status)
            return status;
        att_put_u32(&table, part->id);
        att_put_u32(&table, 0);
        att_put_u64(&table, part->offset);
        att_put_u64(&table, part->size);
        put_hash(&table, hash);
        att_put_u64(&table, 0);
    }
    att_byte_writer head = {out};
    att_put(&head, magic, sizeof magic);
    att_put_u32(&head, FORMAT);
    att_put_u32(&head, writer->kind);
    att_put_u32(&head, writer->version);
    att_put_u32(&head, (uint32_t)writer->count);
    att_put_u64(&head, file_size);
    put_hash(&head, XXH3_128bits(out, HEAD_SIZE + writer->count * ENTRY_SIZE));
    return ATT_OK;
}

static att_status write_body(const att_snapshot_writer *writer, const unsigned char *head, int file,
    const char *name, att_error *err)
{
    static const unsigned char zeros[ALIGN];
    uint64_t at = HEAD_SIZE + ENTRY_SIZE * (uint64_t)writer->count;
    att_status status = att_write_all(file, head, (size_t)at, name, err);
    for (size_t i = 0; !status && i < writer->count; i++) {
        const section *part = &writer->sections[i];
        status = att_write_all(file, zeros, (size_t)(part->offset - at), name, err);
        XXH128_hash_t unused;
        if (!status)
            status = part->give ? take_all(part, file, name, &unused, err) : att_write_all(file, part->data, (size_t)part->size, name, err);
        at = part->offset + part->size;
    }
    return status;
}

static att_status write_file(
    const att_snapshot_writer *writer, const unsigned char *head, const char *name, att_error *err)
{
    const int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0)
        return att_fail_errno(err, errno, "creating %s", name);
    att_status status = write_body(writer, head, file, name, err);
    if (!status && fsync(file) != 0)
        status = att_fail_errno(err, errno, "syncing %s", name);
    if (close(file) != 0 && !status)
        status = att_fail_errno(err, errno, "closing %s", name);
    return status;
}

att_status att_snapshot_finish(att_snapshot_writer *writer, const char *path, att_error *err)
{
    const size_t head_size = HEAD_SIZE + writer->count * ENTRY_SIZE;
    size_t name_size = 0;
    char *name = NULL;
    att_status status = ATT_OK;
    unsigned char *head = ATT_NEW_ARRAY(&writer->host, unsigned char, head_size);
    if (head)
        name = att_temporary_name(path, &writer->host, &name_size);
    if (!name) {
        status = att_no_memory(err, head_size, "bytes of a snapshot's head");
        goto done;
    }
    const uint64_t file_size = lay_out(writer);
    status = fill_head(writer, file_size, head, err);
    if (!status)
        status = write_file(writer, head, name, err);
    if (!status)
        status = att_rename_durable(name, path, false, &writer->host, err);
    if (status)
        unlink(name);
done:
    ATT_FREE_ARRAY(&writer->host, name, name_size);
    ATT_FREE_ARRAY(&writer->host, head, head_size);
    return att_while(err, status, "writing snapshot %s", path);
}

// --- Reading ------------------------------------------------------------------------------------

static att_status check_head(
    const unsigned char *data, size_t size, uint32_t kind, uint32_t *count, att_error *err)
{
    if (size < HEAD_SIZE)
        return ATT_FAIL(
            err, ATT_CORRUPT, "it has %zu bytes, a snapshot's head alone has %d", size, HEAD_SIZE);
    if (memcmp(data, magic, sizeof magic) != 0)
        return ATT_FAIL(err, ATT_CORRUPT, "it is not an attune snapshot (magic differs)");
    const uint32_t format = att_load_u32(data + 8);
    if (format != FORMAT)
        return ATT_FAIL(err, ATT_VERSION,
            "it has container format %u, this build reads %d: use a newer attune or train again",
            format, FORMAT);
    *count = att_load_u32(data + 20);
    if (*count > SECTIONS_MAX)
        return ATT_FAIL(err, ATT_CORRUPT, "it claims %u sections, at most %d are possible", *count,
            SECTIONS_MAX);
    const size_t table_end = HEAD_SIZE + ENTRY_SIZE * (size_t)*count;
    if (size < table_end)
        return ATT_FAIL(err, ATT_CORRUPT, "its section table ends at %zu, the file has %zu bytes",
            table_end, size);
    const uint64_t file_size = att_load_u64(data + 24);
    if (file_size != size)
        return ATT_FAIL(err, ATT_CORRUPT,
            "it should have %llu bytes and has %zu: it was cut or grew",
            (unsigned long long)file_size, size);
    if (att_load_u32(data + 12) != kind)
        return ATT_FAIL(err, ATT_CORRUPT, "it is of kind %s, wanted is %s",
            name_of(att_load_u32(data + 12)).text, name_of(kind).text);
    return ATT_OK;
}

// The checksum counts its own place as zero.
static att_status check_head_hash(const unsigned char *data, size_t table_end, att_error *err)
{
    unsigned char copy[HEAD_SIZE + ENTRY_SIZE * SECTIONS_MAX];
    memcpy(copy, data, table_end);
    memset(copy + HEAD_HASH_AT, 0, 16);
    if (!hash_is(data + HEAD_HASH_AT, XXH3_128bits(copy, table_end)))
        return ATT_FAIL(err, ATT_CORRUPT, "the checksum of its head and table does not match");
    if (!all_zero(data + HEAD_ZERO_AT, HEAD_SIZE - HEAD_ZERO_AT))
        return ATT_FAIL(err, ATT_CORRUPT, "its head has bytes set that must be zero");
    return ATT_OK;
}

static att_status check_entry(const unsigned char *data, size_t size, const unsigned char *entry,
    uint64_t *end, att_error *err)
{
    const tag_name name = name_of(att_load_u32(entry));
    const uint64_t offset = att_load_u64(entry + 8), length = att_load_u64(entry + 16);
    if (att_load_u32(entry + 4) != 0 || att_load_u64(entry + 40) != 0)
        return ATT_FAIL(
            err, ATT_CORRUPT, "section %s has bytes set in the table that must be zero", name.text);
    if (offset != align_up(*end) || offset > size || length > size - offset)
        return ATT_FAIL(err, ATT_CORRUPT,
            "section %s lies at %llu with %llu bytes: not behind the one before, or past the end "
            "(%zu)",
            name.text, (unsigned long long)offset, (unsigned long long)length, size);
    if (!all_zero(data + *end, (size_t)(offset - *end)))
        return ATT_FAIL(err, ATT_CORRUPT, "the gap before section %s is not zero", name.text);
    if (!hash_is(entry + 24, XXH3_128bits(data + offset, (size_t)length)))
        return ATT_FAIL(err, ATT_CORRUPT, "the checksum of section %s does not match", name.text);
    *end = offset + length;
    return ATT_OK;
}

static att_status check_all(
    const unsigned char *data, size_t size, uint32_t kind, uint32_t *count, att_error *err)
{
    att_status status = check_head(data, size, kind, count, err);
    if (status)
        return status;
    uint64_t end = HEAD_SIZE + ENTRY_SIZE * (uint64_t)*count;
    status = check_head_hash(data, (size_t)end, err);
    for (uint32_t i = 0; !status && i < *count; i++) {
        const unsigned char *entry = data + HEAD_SIZE + ENTRY_SIZE * (size_t)i;
        for (uint32_t k = 0; k < i; k++)
            if (memcmp(entry, data + HEAD_SIZE + ENTRY_SIZE * (size_t)k, 4) == 0)
                return ATT_FAIL(err, ATT_CORRUPT, "section %s is there twice",
                    name_of(att_load_u32(entry)).text);
        status = check_entry(data, size, entry, &end, err);
    }
    if (!status && end != size)
        return ATT_FAIL(err, ATT_CORRUPT, "%llu bytes follow the last section",
            (unsigned long long)(size - end));
    return status;
}

att_status att_snapshot_open_memory(att_snapshot **out, const void *data, size_t size,
    uint32_t kind, uint32_t *version, const att_host *host, att_error *err)
{
    *out = NULL;
    assert(((uintptr_t)data & (ALIGN - 1)) == 0);
    uint32_t count = 0;
    const att_status status = check_all(data, size, kind, &count, err);
    if (status)
        return att_while(err, status, "snapshot");
    const att_host full = att_host_complete(host);
    att_snapshot *snapshot = ATT_NEW_ARRAY(&full, att_snapshot, 1);
    if (!snapshot)
        return att_no_memory(err, 1, "snapshot");
    *snapshot = (att_snapshot){.host = full, .data = data, .size = size, .count = count};
    if (version)
        *version = att_load_u32(snapshot->data + 16);
    *out = snapshot;
    return ATT_OK;
}

// *data is NULL for an empty file, which cannot be mapped.
static att_status map_file(const char *path, const void **data, size_t *size, att_error *err)
{
    *data = NULL;
    *size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return att_fail_errno(err, errno, "opening it");
    struct stat about;
    att_status status = ATT_OK;
    if (fstat(file, &about) != 0)
        status = att_fail_errno(err, errno, "looking at it");
    else if (!S_ISREG(about.st_mode))
        status = ATT_FAIL(err, ATT_CORRUPT, "it is not a regular file");
    else if ((uint64_t)about.st_size > SIZE_MAX / 2)
        status = ATT_FAIL(err, ATT_LIMIT, "it is larger than this machine can map");
    else if (about.st_size > 0) {
        void *memory = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (memory == MAP_FAILED)
            status = att_fail_errno(err, errno, "mapping it");
        else {
            *data = memory;
            *size = (size_t)about.st_size;
            (void)madvise(memory, *size, MADV_WILLNEED);
        }
    }
    close(file);
    return status;
}

att_status att_snapshot_open(att_snapshot **out, const char *path, uint32_t kind, uint32_t *version,
    const att_host *host, att_error *err)
{
    *out = NULL;
    const void *data;
    size_t size;
    att_status status = map_file(path, &data, &size, err);
    if (!status && !data)
        status = ATT_FAIL(err, ATT_CORRUPT, "it is empty");
    if (status)
        return att_while(err, status, "snapshot %s", path);
    status = att_snapshot_open_memory(out, data, size, kind, version, host, err);
    if (status) {
        munmap((void *)(uintptr_t)data, size);
        return att_while(err, status, "%s", path);
    }
    (*out)->mapped = true;
    return ATT_OK;
}

void att_snapshot_close(att_snapshot *snapshot)
{
    if (!snapshot)
        return;
    if (snapshot->mapped)
        munmap((void *)(uintptr_t)snapshot->data, snapshot->size);
    const att_host host = snapshot->host;
    ATT_FREE_ARRAY(&host, snapshot, 1);
}

void att_snapshot_checksum(const att_snapshot *snapshot, unsigned char out[16])
{
    memcpy(out, snapshot->data + HEAD_HASH_AT, 16);
}

const void *att_snapshot_section(const att_snapshot *snapshot, uint32_t id, size_t *size)
{
    for (uint32_t i = 0; i < snapshot->count; i++) {
        const unsigned char *entry = snapshot->data + HEAD_SIZE + ENTRY_SIZE * (size_t)i;
        if (att_load_u32(entry) != id)
            continue;
        *size = (size_t)att_load_u64(entry + 16);
        return snapshot->data + att_load_u64(entry + 8);
    }
    *size = 0;
    return NULL;
}

att_status att_snapshot_need(const att_snapshot *snapshot, uint32_t id, size_t item_size,
    size_t *count, const void **out, att_error *err)
{
    size_t size;
    *out = att_snapshot_section(snapshot, id, &size);
    *count = 0;
    if (!*out)
        return ATT_FAIL(err, ATT_CORRUPT, "the snapshot has no section %s", name_of(id).text);
    if (size % item_size != 0)
        return ATT_FAIL(err, ATT_CORRUPT,
            "section %s of the snapshot has %zu bytes, not a multiple of %zu", name_of(id).text,
            size, item_size);
    *count = size / item_size;
    return ATT_OK;
}
