// SPDX-License-Identifier: Apache-2.0
// guard/prov_people.c - people's keys: kept, used, destroyed.
#include "guard/prov_people.h"

#include "guard/prov_entry.h"
#include "guard/prov_file.h"
#include "store/bytes.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const unsigned char magic[8] = "ATTPEOP\n";
enum { PERSON = 1, ABOUT = 2, ERASING = 3, ROW_SIZE = 64, KEY_AT = 16, SUM_AT = 56, ID_SIZE_MAX = 255, FILE_SIZE_MAX = 1 << 30 };

// --- One row --------------------------------------------------------------------------------------------------------

static uint64_t row_sum(const unsigned char *row, size_t size)
{
    return XXH3_64bits_withSeed(row + ROW_SIZE, size, XXH3_64bits(row, SUM_AT));
}

static void row_write(unsigned char *row, uint8_t kind, uint32_t person, uint64_t entry, const unsigned char *key, att_text id, size_t size)
{
    memset(row, 0, ROW_SIZE + size);
    row[0] = kind;
    row[1] = (uint8_t)id.size;
    att_byte_writer out = {row + 2};
    att_put_u16(&out, (uint16_t)size);
    att_put_u32(&out, person);
    att_put_u64(&out, entry);
    if (key)
        memcpy(row + KEY_AT, key, 32);
    if (id.size)
        memcpy(row + ROW_SIZE, id.data, id.size);
    out.at = row + SUM_AT;
    att_put_u64(&out, row_sum(row, size));
}

void att_prov_commitment(const unsigned char key[32], uint64_t entry, att_text id, att_hash *out)
{
    static const char domain[] = "attune/provenance";
    unsigned char number[8];
    att_byte_writer writer = {number};
    att_put_u64(&writer, entry);
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, 32, ATT_HASH_SIZE);
    crypto_generichash_update(&state, (const unsigned char *)domain, sizeof domain - 1);
    crypto_generichash_update(&state, number, sizeof number);
    crypto_generichash_update(&state, (const unsigned char *)id.data, id.size);
    crypto_generichash_final(&state, out->bytes, ATT_HASH_SIZE);
    sodium_memzero(&state, sizeof state);
}

// --- Reading --------------------------------------------------------------------------------------------------------

static att_status keep_person(att_prov_people *p, const unsigned char *row, uint64_t offset, att_error *err)
{
    att_prov_person person = {.offset = offset};
    const att_text id = {(const char *)row + ROW_SIZE, row[1]};
    memcpy(person.key, row + KEY_AT, sizeof person.key);
    if (id.size && att_names_find(&p->names, id) != ATT_NO_INDEX)
        return ATT_FAIL(err, ATT_CORRUPT, "a person stands twice in it, at byte %llu too", (unsigned long long)offset);
    const uint32_t number = id.size ? att_names_add(&p->names, id) : att_names_add_blank(&p->names);
    const bool kept = number != ATT_NO_INDEX && ATT_VEC_PUSH(p->host, &p->people, person);
    sodium_memzero(&person, sizeof person);
    return kept ? ATT_OK : att_no_memory(err, p->people.count, "keys of people");
}

// Rows of entries that were never acknowledged stand before those of the entries that got their numbers later.
static att_status keep_about(att_prov_people *p, uint64_t entry, uint32_t person, uint64_t offset, att_error *err)
{
    const att_prov_about about = {entry, offset, person};
    while (p->entries.count && p->entries.items[p->entries.count - 1].entry >= entry)
        p->entries.count--;
    return ATT_VEC_PUSH(p->host, &p->entries, about) ? ATT_OK : att_no_memory(err, p->entries.count, "entries about people");
}

static att_status take_row(att_prov_people *p, const unsigned char *row, uint64_t offset, att_error *err)
{
    const uint32_t person = att_load_u32(row + 4);
    if (row[0] == PERSON && person == p->people.count)
        return keep_person(p, row, offset, err);
    if (row[0] == ABOUT && (person < p->people.count || person == ATT_PROV_FORGOTTEN))
        return keep_about(p, att_load_u64(row + 8), person, offset, err);
    return ATT_FAIL(err, ATT_CORRUPT, "the row at byte %llu speaks of person %u, there are %zu", (unsigned long long)offset, person,
        p->people.count);
}

// The last row, when it is one of kind 3. Returns how many bytes stand before it.
static size_t take_erasing(att_prov_people *p, const unsigned char *data, size_t size)
{
    if (size < ROW_SIZE)
        return size;
    const unsigned char *row = data + size - ROW_SIZE;
    p->erasing = row[0] == ERASING && att_load_u16(row + 2) == 0 && att_load_u64(row + SUM_AT) == row_sum(row, 0);
    if (!p->erasing)
        return size;
    p->erasing_person = att_load_u32(row + 4);
    p->erasing_at = att_load_u64(row + 8);
    p->erasing_count = att_load_u64(row + KEY_AT);
    return size - ROW_SIZE;
}

// A row of who is being forgotten that was overwritten in part: each byte is the old one or the new one.
static bool is_half_erased(const att_prov_people *p, const unsigned char *row, size_t more)
{
    unsigned char old[ROW_SIZE], new[ROW_SIZE];
    if (!p->erasing)
        return false;
    if (row[0] == PERSON)
        return att_load_u32(row + 4) == p->erasing_person && p->erasing_person == p->people.count;
    if (row[0] != ABOUT || more)
        return false;
    row_write(old, ABOUT, p->erasing_person, att_load_u64(row + 8), NULL, (att_text){0}, 0);
    row_write(new, ABOUT, ATT_PROV_FORGOTTEN, att_load_u64(row + 8), NULL, (att_text){0}, 0);
    for (size_t i = 0; i < ROW_SIZE; i++)
        if (row[i] != old[i] && row[i] != new[i])
            return false;
    return true;
}

static att_status take_half_erased(att_prov_people *p, const unsigned char *row, size_t more, uint64_t offset, att_error *err)
{
    unsigned char blank[ROW_SIZE + ID_SIZE_MAX];
    row_write(blank, PERSON, p->erasing_person, 0, NULL, (att_text){0}, more);
    return row[0] == PERSON ? keep_person(p, blank, offset, err)
                            : keep_about(p, att_load_u64(row + 8), p->erasing_person, offset, err);
}

static att_status take_rows(att_prov_people *p, const unsigned char *data, size_t size, att_error *err)
{
    att_status status = ATT_OK;
    size_t at = 0;
    size = take_erasing(p, data, size);
    while (!status && size - at >= ROW_SIZE) {
        const unsigned char *row = data + at;
        const size_t more = att_load_u16(row + 2);
        if (more > ID_SIZE_MAX || size - at - ROW_SIZE < more)
            break;
        if (att_load_u64(row + SUM_AT) == row_sum(row, more))
            status = take_row(p, row, p->end + at, err);
        else if (is_half_erased(p, row, more))
            status = take_half_erased(p, row, more, p->end + at, err);
        else
            break;
        at += status ? 0 : ROW_SIZE + more;
    }
    p->torn = at != size;
    p->end += at;
    if (!status && p->erasing && (p->torn || p->erasing_person >= p->people.count))
        return ATT_FAIL(err, ATT_CORRUPT, "the row at byte %llu is damaged", (unsigned long long)p->end);
    return status;
}

att_status att_prov_people_whole(const att_prov_people *p, const att_prov_view *view, att_error *err)
{
    att_arena arena;
    att_status status = ATT_OK;
    if (!p->torn)
        return ATT_OK;
    att_arena_init(&arena, view->host, 0);
    for (uint64_t i = p->entries.count ? p->entries.items[p->entries.count - 1].entry + 1 : 0; i < view->entries.count && !status; i++) {
        att_prov_record record;
        att_provenance_entry entry;
        att_prov_view_entry(view, i, &record);
        att_arena_reset(&arena);
        status = att_while(err, att_prov_entry_read(record.body, &arena, &entry, err), "entry %llu", (unsigned long long)i);
        if (!status && att_hash_given(&entry.commitment))
            status = ATT_FAIL(err, ATT_CORRUPT, "keys of people: the row at byte %llu is damaged, so that nothing tells whom entry %llu is about; "
                "put back the file from a backup", (unsigned long long)p->end, (unsigned long long)i);
    }
    att_arena_deinit(&arena);
    return status;
}

static att_status read_behind(att_prov_people *p, int file, const char *path, att_error *err)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return att_fail_errno(err, errno, "looking at %s", path);
    if (about.st_size > FILE_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%s has more than %d bytes", path, FILE_SIZE_MAX);
    if ((uint64_t)about.st_size <= p->end)
        return ATT_OK;
    const size_t size = (size_t)((uint64_t)about.st_size - p->end);
    unsigned char *data = att_alloc(p->host, size, 1);
    if (!data)
        return att_no_memory(err, size, "bytes of keys");
    const ssize_t got = pread(file, data, size, (off_t)p->end);
    att_status status = got < 0 ? att_fail_errno(err, errno, "reading %s", path) : ATT_OK;
    size_t skip = 0;
    if (!status && p->end == 0) {
        p->torn = (size_t)got < sizeof magic; // it was being made
        if (!p->torn && memcmp(data, magic, sizeof magic) != 0)
            status = ATT_FAIL(err, ATT_CORRUPT, "it does not hold keys of people");
        else if (!p->torn)
            p->end = skip = sizeof magic;
    }
    if (!status && p->end)
        status = take_rows(p, data + skip, (size_t)got - skip, err);
    sodium_memzero(data, size);
    att_free(p->host, data, size, 1);
    return att_while(err, status, "%s", path);
}

att_status att_prov_people_catch_up(att_prov_people *people, const char *path, att_error *err)
{
    return people->file >= 0 ? read_behind(people, people->file, path, err) : ATT_OK;
}

static att_status begin_file(att_prov_people *p, const char *path, att_error *err)
{
    struct stat about;
    if (fstat(p->file, &about) != 0)
        return att_fail_errno(err, errno, "looking at %s", path);
    if (about.st_size >= (off_t)sizeof magic)
        return ATT_OK;
    if (ftruncate(p->file, 0) != 0 || pwrite(p->file, magic, sizeof magic, 0) != (ssize_t)sizeof magic || fsync(p->file) != 0)
        return att_fail_errno(err, errno, "writing %s", path);
    return att_sync_folder_of(path, p->host, err);
}

att_status att_prov_people_open(att_prov_people *out, const char *path, bool create, const att_host *host, att_error *err)
{
    *out = (att_prov_people){.host = host, .file = -1};
    att_names_init(&out->names, host);
    const int file = open(path, (create ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == ENOENT && !create ? ATT_OK : att_fail_errno(err, errno, "opening %s", path);
    out->file = file;
    att_status status = create ? begin_file(out, path, err) : ATT_OK;
    if (!status)
        status = read_behind(out, file, path, err);
    if (status || !create)
        close(file), out->file = -1;
    if (status)
        att_prov_people_close(out);
    return status;
}

void att_prov_people_close(att_prov_people *p)
{
    if (!p->host)
        return;
    if (p->people.items)
        sodium_memzero(p->people.items, p->people.capacity * sizeof *p->people.items);
    ATT_VEC_FREE(p->host, &p->people);
    ATT_VEC_FREE(p->host, &p->entries);
    att_names_deinit(&p->names);
    if (p->file >= 0)
        close(p->file);
    *p = (att_prov_people){.file = -1};
}

// --- Writing ----------------------------------------------------------------------------------------------------------

// Over what a process that was killed may have left behind the end.
static att_status append_row(att_prov_people *p, const unsigned char *row, size_t size, att_error *err)
{
    if (pwrite(p->file, row, size, (off_t)p->end) != (ssize_t)size || ftruncate(p->file, (off_t)(p->end + size)) != 0)
        return att_fail_errno(err, errno ? errno : EIO, "writing keys of people");
    p->torn = false;
    return ATT_OK;
}

static att_status add_person(att_prov_people *p, att_text id, att_error *err)
{
    unsigned char row[ROW_SIZE + ID_SIZE_MAX], key[32];
    randombytes_buf(key, sizeof key);
    row_write(row, PERSON, (uint32_t)p->people.count, 0, key, id, id.size);
    att_status status = append_row(p, row, ROW_SIZE + id.size, err);
    if (!status)
        status = keep_person(p, row, p->end, err);
    if (!status)
        p->end += ROW_SIZE + id.size;
    sodium_memzero(key, sizeof key);
    sodium_memzero(row, sizeof row);
    return status;
}

att_status att_prov_people_commit(att_prov_people *p, att_text id, uint64_t entry, att_hash *out, att_error *err)
{
    unsigned char row[ROW_SIZE];
    if (id.size == 0 || id.size > ID_SIZE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "person has %zu bytes, expected 1 to %d", id.size, ID_SIZE_MAX);
    if (att_names_find(&p->names, id) == ATT_NO_INDEX) {
        const att_status status = add_person(p, id, err);
        if (status)
            return status;
    }
    const uint32_t person = att_names_find(&p->names, id);
    row_write(row, ABOUT, person, entry, NULL, (att_text){0}, 0);
    att_status status = append_row(p, row, ROW_SIZE, err);
    if (!status)
        status = keep_about(p, entry, person, p->end, err);
    if (!status)
        p->end += ROW_SIZE;
    att_prov_commitment(p->people.items[person].key, entry, id, out);
    return status;
}

att_status att_prov_people_sync(att_prov_people *p, att_error *err)
{
    return p->file < 0 || fdatasync(p->file) == 0 ? ATT_OK : att_fail_errno(err, errno, "syncing keys of people");
}

// --- Asking -----------------------------------------------------------------------------------------------------------

static const att_prov_about *find_about(const att_prov_people *p, uint64_t entry)
{
    size_t low = 0, high = p->entries.count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (p->entries.items[middle].entry < entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->entries.count && p->entries.items[low].entry == entry ? &p->entries.items[low] : NULL;
}

att_provenance_person att_prov_people_who(const att_prov_people *p, uint64_t entry, const att_hash *commitment, att_text *id)
{
    *id = (att_text){0};
    if (!att_hash_given(commitment))
        return ATT_PROVENANCE_NOBODY;
    const att_prov_about *about = find_about(p, entry);
    if (!about)
        return ATT_PROVENANCE_SOMEBODY;
    if (about->person == ATT_PROV_FORGOTTEN || !att_names_get(&p->names, about->person).size || (p->erasing && about->person == p->erasing_person))
        return ATT_PROVENANCE_ERASED;
    att_hash mine;
    const att_text name = att_names_get(&p->names, about->person);
    att_prov_commitment(p->people.items[about->person].key, entry, name, &mine);
    if (sodium_memcmp(mine.bytes, commitment->bytes, ATT_HASH_SIZE) == 0)
        *id = name;
    return ATT_PROVENANCE_SOMEBODY;
}

// --- Forgetting ---------------------------------------------------------------------------------------------------------

static att_status overwrite(const att_prov_people *p, uint64_t offset, const unsigned char *row, size_t size, att_error *err)
{
    return pwrite(p->file, row, size, (off_t)offset) == (ssize_t)size ? ATT_OK : att_fail_errno(err, errno, "overwriting a key");
}

att_status att_prov_people_begin_erasing(att_prov_people *p, att_text id, uint64_t at, att_error *err)
{
    unsigned char row[ROW_SIZE], count[32] = {0};
    att_byte_writer writer = {count};
    p->erasing_person = att_names_find(&p->names, id);
    if (p->erasing_person == ATT_NO_INDEX)
        return ATT_FAIL(err, ATT_NOT_FOUND, "no entry is about this person");
    p->erasing_at = at;
    p->erasing_count = 0;
    for (size_t i = 0; i < p->entries.count; i++)
        p->erasing_count += p->entries.items[i].person == p->erasing_person && p->entries.items[i].entry < at;
    att_put_u64(&writer, p->erasing_count);
    row_write(row, ERASING, p->erasing_person, at, count, (att_text){0}, 0);
    att_status status = append_row(p, row, sizeof row, err);
    if (!status)
        status = att_prov_people_sync(p, err);
    p->erasing = !status;
    return status;
}

// The key first: whatever happens next, it is gone.
static att_status destroy_key(att_prov_people *p, uint32_t person, att_error *err)
{
    unsigned char row[ROW_SIZE + ID_SIZE_MAX], head[ROW_SIZE];
    const uint64_t offset = p->people.items[person].offset;
    if (pread(p->file, head, sizeof head, (off_t)offset) != (ssize_t)sizeof head)
        return att_fail_errno(err, errno, "reading keys of people");
    const size_t size = ATT_MIN(att_load_u16(head + 2), (uint16_t)ID_SIZE_MAX);
    sodium_memzero(head, sizeof head);
    row_write(row, PERSON, person, 0, NULL, (att_text){0}, size);
    att_status status = overwrite(p, offset, row, ROW_SIZE + size, err);
    if (!status)
        status = att_prov_people_sync(p, err);
    if (!status) {
        sodium_memzero(p->people.items[person].key, 32);
        att_names_erase(&p->names, person);
    }
    return status;
}

att_status att_prov_people_erase(att_prov_people *p, att_error *err)
{
    att_status status = destroy_key(p, p->erasing_person, err);
    for (size_t i = 0; i < p->entries.count && !status; i++) {
        unsigned char row[ROW_SIZE];
        att_prov_about *about = &p->entries.items[i];
        if (about->person != p->erasing_person)
            continue;
        row_write(row, ABOUT, ATT_PROV_FORGOTTEN, about->entry, NULL, (att_text){0}, 0);
        status = overwrite(p, about->offset, row, sizeof row, err);
        if (!status)
            about->person = ATT_PROV_FORGOTTEN;
    }
    return status ? status : att_prov_people_sync(p, err);
}

att_status att_prov_people_end_erasing(att_prov_people *p, att_error *err)
{
    if (ftruncate(p->file, (off_t)p->end) != 0 || fdatasync(p->file) != 0)
        return att_fail_errno(err, errno, "ending an erasure");
    p->erasing = false;
    return ATT_OK;
}
