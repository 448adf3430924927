// SPDX-License-Identifier: Apache-2.0
// httpd/keys.c - who may do what: a file of keyed hashes, a table of it in memory, a bucket for each key's rate.
//
// A key is "att_" and 64 hexadecimal digits: 256 random bits. The file keeps BLAKE2b-256 of it under a secret of the
// file (RFC 7693), and is readable by its owner alone; who steals a copy of a log or of a request's hash learns
// nothing. Every entry is compared, in constant time, so that the time tells nothing of which one was near.
//
// The rate is the generic cell rate algorithm: one number for each key, the time at which it would be idle again.
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEYS_MAX 10000
#define HASH_SIZE 32

typedef struct key_entry {
    httpd_grant grant;
    unsigned char hash[HASH_SIZE];
    double per_second, burst; // per_second 0: no limit
    int64_t *idle_ns;         // atomic; kept over reloads
} key_entry;

struct httpd_keys {
    char *path;
    pthread_rwlock_t lock;
    unsigned char secret[HASH_SIZE];
    key_entry *entries;
    size_t count;
};

static void hash_key(const unsigned char secret[HASH_SIZE], att_text key, unsigned char out[HASH_SIZE])
{
    crypto_generichash(out, HASH_SIZE, (const unsigned char *)key.data, key.size, secret, HASH_SIZE);
}

static bool read_hex(const char *text, unsigned char *out, size_t size)
{
    size_t made = 0;
    return text && sodium_hex2bin(out, size, text, strlen(text), NULL, &made, NULL) == 0 && made == size;
}

static bool scopes_of(att_text names, uint32_t *out)
{
    *out = 0;
    while (names.size) {
        const char *comma = memchr(names.data, ',', names.size);
        const att_text name = {names.data, comma ? (size_t)(comma - names.data) : names.size};
        uint32_t found = att_text_equal(name, att_text_of("all")) ? UINT32_MAX : 0;
        for (unsigned s = 1; !found && strcmp(httpd_scope_name(s), "?") != 0; s++)
            if (att_text_equal(name, att_text_of(httpd_scope_name(s))))
                found = HTTPD_SCOPE_MASK(s);
        if (!found)
            return false;
        *out |= found;
        names.data += name.size + (comma != NULL);
        names.size -= name.size + (comma != NULL);
    }
    return *out != 0;
}

// --- The file ---------------------------------------------------------------------------------------------------

static att_status load_file(const char *path, json_t **out, att_error *err)
{
    json_error_t error;
    struct stat status;
    *out = NULL;
    if (stat(path, &status) != 0)
        return httpd_fail(err, ATT_NOT_FOUND, "there is no key file %s: \"attune key create NAME\" makes one", path);
    if (status.st_mode & 077)
        return httpd_fail(err, ATT_DENIED, "%s can be read by others: chmod 600 it", path);
    if (status.st_size > (off_t)16 << 20)
        return httpd_fail(err, ATT_LIMIT, "%s has %lld bytes, expected at most 16 MiB", path, (long long)status.st_size);
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return httpd_fail(err, ATT_CORRUPT, "%s, line %d: %s", path, error.line, error.text);
    unsigned char secret[HASH_SIZE];
    if (json_integer_value(json_object_get(root, "version")) != 1 ||
        !read_hex(json_string_value(json_object_get(root, "secret")), secret, HASH_SIZE) ||
        !json_is_array(json_object_get(root, "keys")) || json_array_size(json_object_get(root, "keys")) > KEYS_MAX) {
        json_decref(root);
        return httpd_fail(err, ATT_CORRUPT, "%s is not a key file of version 1 (version, secret, keys)", path);
    }
    *out = root;
    return ATT_OK;
}

static att_status read_entry(const char *path, size_t at, const json_t *from, key_entry *out, att_error *err)
{
    const char *name = json_string_value(json_object_get(from, "name"));
    const char *tenant = json_string_value(json_object_get(from, "tenant"));
    const json_t *scopes = json_object_get(from, "scopes");
    if (!name || !tenant || !json_is_string(scopes) || strlen(name) >= sizeof out->grant.name ||
        strlen(tenant) >= sizeof out->grant.tenant || !read_hex(json_string_value(json_object_get(from, "hash")), out->hash, HASH_SIZE) ||
        !scopes_of(att_text_of(json_string_value(scopes)), &out->grant.scopes))
        return httpd_fail(err, ATT_CORRUPT, "%s: key %zu needs name, tenant, scopes and hash", path, at + 1);
    snprintf(out->grant.name, sizeof out->grant.name, "%s", name);
    snprintf(out->grant.tenant, sizeof out->grant.tenant, "%s", tenant);
    out->per_second = json_number_value(json_object_get(from, "per_second"));
    out->burst = json_number_value(json_object_get(from, "burst"));
    return ATT_OK;
}

// A name in a folder is on disk when the folder is: otherwise a key that was revoked could be back after a power cut.
static bool sync_folder_of(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = file >= 0 && (fsync(file) == 0 || errno == EINVAL); // some file systems have no such thing
    if (file >= 0)
        close(file);
    return good;
}

// Written beside its place, synced, then renamed: readers see the whole file or the one before.
static att_status save_file(const char *path, const json_t *root, att_error *err)
{
    char beside[4096];
    if (snprintf(beside, sizeof beside, "%s.tmp-%d", path, (int)getpid()) >= (int)sizeof beside)
        return httpd_fail(err, ATT_LIMIT, "the path %s is too long", path);
    char *text = json_dumps(root, JSON_INDENT(1));
    const int file = text ? open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (file < 0) {
        free(text);
        return httpd_fail(err, ATT_IO, "writing %s: %s", beside, strerror(errno));
    }
    const size_t size = strlen(text);
    bool good = true;
    for (size_t at = 0; at < size && good;) {
        const ssize_t put = write(file, text + at, size - at);
        good = put > 0 || (put < 0 && errno == EINTR);
        at += put > 0 ? (size_t)put : 0;
    }
    good = good && fsync(file) == 0;
    good = close(file) == 0 && good && rename(beside, path) == 0 && sync_folder_of(path);
    const int why = errno;
    free(text);
    if (!good) {
        unlink(beside);
        return httpd_fail(err, why == ENOSPC ? ATT_FULL : ATT_IO, "writing %s: %s", path, strerror(why));
    }
    return ATT_OK;
}

int httpd_lock_file(const char *path, att_error *err)
{
    char beside[4096];
    if (snprintf(beside, sizeof beside, "%s.lock", path) >= (int)sizeof beside)
        return (void)httpd_fail(err, ATT_LIMIT, "the path %s is too long", path), -1;
    for (;;) {
        const int lock = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        struct stat held, named;
        if (lock < 0 || flock(lock, LOCK_EX) != 0 || fstat(lock, &held) != 0) {
            (void)httpd_fail(err, ATT_IO, "locking %s: %s", beside, strerror(errno));
            if (lock >= 0)
                close(lock);
            return -1;
        }
        if (stat(beside, &named) == 0 && named.st_ino == held.st_ino && named.st_dev == held.st_dev)
            return lock;
        close(lock); // who had it took its file away (apps/cli/lock.c)
    }
}

static json_t *find_key(const json_t *root, const char *name, size_t *at)
{
    json_t *entry;
    for (*at = 0; (entry = json_array_get(json_object_get(root, "keys"), *at)); ++*at) {
        const char *its = json_string_value(json_object_get(entry, "name"));
        if (its && strcmp(its, name) == 0)
            return entry;
    }
    return NULL;
}

bool httpd_is_name(const char *text)
{
    const size_t size = strlen(text);
    if (size < 1 || size > 63)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= '0' && text[i] <= '9') ||
                (i && strchr("-_.", text[i]))))
            return false;
    return true;
}

static att_status add_key(const char *path, const char *name, const char *tenant, const char *scopes, double per_second,
    double burst, char out[HTTPD_KEY_SIZE], att_error *err)
{
    json_t *root = NULL;
    unsigned char secret[HASH_SIZE], bits[32], hash[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    if (access(path, F_OK) == 0) {
        const att_status status = load_file(path, &root, err);
        if (status)
            return status;
    } else {
        randombytes_buf(secret, sizeof secret);
        root = json_pack("{s:i,s:s,s:[]}", "version", 1, "secret", sodium_bin2hex(hex, sizeof hex, secret, sizeof secret), "keys");
    }
    size_t at;
    if (!root)
        return httpd_fail(err, ATT_NO_MEMORY, "out of memory");
    if (find_key(root, name, &at)) {
        json_decref(root);
        return httpd_fail(err, ATT_EXISTS, "there is a key \"%s\" already; revoke it first", name);
    }
    json_t *list = json_object_get(root, "keys");
    if (json_array_size(list) >= KEYS_MAX) {
        json_decref(root);
        return httpd_fail(err, ATT_LIMIT, "%s has %d keys, the most there may be; revoke one first", path, KEYS_MAX);
    }
    (void)read_hex(json_string_value(json_object_get(root, "secret")), secret, sizeof secret);
    randombytes_buf(bits, sizeof bits);
    memcpy(out, "att_", 4);
    sodium_bin2hex(out + 4, HTTPD_KEY_SIZE - 4, bits, sizeof bits);
    hash_key(secret, att_text_of(out), hash);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int bad = json_array_append_new(list,
        json_pack("{s:s,s:s,s:s,s:s,s:f,s:f,s:I}", "name", name, "tenant", tenant, "scopes", scopes, "hash",
            sodium_bin2hex(hex, sizeof hex, hash, sizeof hash), "per_second", per_second, "burst", burst, "created_ms",
            (json_int_t)now.tv_sec * 1000));
    const att_status status = bad ? httpd_fail(err, ATT_NO_MEMORY, "out of memory") : save_file(path, root, err);
    json_decref(root);
    sodium_memzero(bits, sizeof bits);
    return status;
}

att_status httpd_key_create(const char *path, const char *name, const char *tenant, const char *scopes, double per_second,
    double burst, char out[HTTPD_KEY_SIZE], att_error *err)
{
    uint32_t mask;
    if (!httpd_is_name(name) || !httpd_is_name(tenant))
        return httpd_fail(err, ATT_INVALID, "\"%s\" is not a name: 1 to 63 letters, digits, '-', '_' and '.'", httpd_is_name(name) ? tenant : name);
    if (!scopes_of(att_text_of(scopes), &mask))
        return httpd_fail(err, ATT_INVALID, "scopes \"%s\": expected all, or names of read, events, decide, people, catalogue, moderate, "
                                      "admin with commas between", scopes);
    if (sodium_init() < 0)
        return httpd_fail(err, ATT_UNSUPPORTED, "the system gives no random numbers");
    const int lock = httpd_lock_file(path, err);
    if (lock < 0)
        return ATT_IO;
    const att_status status = add_key(path, name, tenant, scopes, per_second, burst, out, err);
    close(lock);
    return status;
}

att_status httpd_key_revoke(const char *path, const char *name, att_error *err)
{
    json_t *root;
    size_t at;
    const int lock = httpd_lock_file(path, err);
    if (lock < 0)
        return ATT_IO;
    att_status status = load_file(path, &root, err);
    if (!status) {
        if (find_key(root, name, &at)) {
            json_array_remove(json_object_get(root, "keys"), at);
            status = save_file(path, root, err);
        } else {
            status = httpd_fail(err, ATT_NOT_FOUND, "there is no key \"%s\" in %s", name, path);
        }
        json_decref(root);
    }
    close(lock);
    return status;
}

att_status httpd_key_each(const char *path, httpd_key_seer *see, void *user, att_error *err)
{
    json_t *root, *entry;
    size_t at;
    att_status status = load_file(path, &root, err);
    if (status)
        return status;
    json_array_foreach(json_object_get(root, "keys"), at, entry) {
        key_entry read = {0};
        status = read_entry(path, at, entry, &read, err);
        if (status || !see(user, read.grant.name, read.grant.tenant, json_string_value(json_object_get(entry, "scopes")),
                          read.per_second, json_integer_value(json_object_get(entry, "created_ms"))))
            break;
    }
    json_decref(root);
    return status;
}

// --- In memory --------------------------------------------------------------------------------------------------

static void free_entries(key_entry *entries, size_t count)
{
    for (size_t i = 0; entries && i < count; i++)
        free(entries[i].idle_ns);
    free(entries);
}

att_status httpd_keys_reload(httpd_keys *keys, att_error *err)
{
    json_t *root, *entry;
    size_t at;
    att_status status = load_file(keys->path, &root, err);
    if (status)
        return status;
    const size_t count = json_array_size(json_object_get(root, "keys"));
    key_entry *entries = calloc(count + 1, sizeof *entries);
    if (!entries)
        status = httpd_fail(err, ATT_NO_MEMORY, "out of memory for %zu keys", count);
    json_array_foreach(json_object_get(root, "keys"), at, entry) {
        if (!status)
            status = read_entry(keys->path, at, entry, &entries[at], err);
        if (!status && !(entries[at].idle_ns = calloc(1, sizeof(int64_t))))
            status = httpd_fail(err, ATT_NO_MEMORY, "out of memory for %zu keys", count);
    }
    unsigned char secret[HASH_SIZE] = {0};
    (void)read_hex(json_string_value(json_object_get(root, "secret")), secret, sizeof secret);
    json_decref(root);
    if (status) {
        free_entries(entries, count);
        return status;
    }
    // Before the lock: this thread alone changes the table, and requests wait for none of it.
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < keys->count; k++)
            if (memcmp(entries[i].hash, keys->entries[k].hash, HASH_SIZE) == 0)
                *entries[i].idle_ns = __atomic_load_n(keys->entries[k].idle_ns, __ATOMIC_RELAXED);
    pthread_rwlock_wrlock(&keys->lock);
    key_entry *old = keys->entries;
    const size_t old_count = keys->count;
    keys->entries = entries;
    keys->count = count;
    memcpy(keys->secret, secret, sizeof secret);
    pthread_rwlock_unlock(&keys->lock);
    free_entries(old, old_count);
    return ATT_OK;
}

att_status httpd_keys_open(httpd_keys **out, const char *path, att_error *err)
{
    *out = NULL;
    if (sodium_init() < 0)
        return httpd_fail(err, ATT_UNSUPPORTED, "the system gives no random numbers");
    httpd_keys *keys = calloc(1, sizeof *keys);
    if (!keys || !(keys->path = strdup(path))) {
        free(keys);
        return httpd_fail(err, ATT_NO_MEMORY, "out of memory");
    }
    pthread_rwlock_init(&keys->lock, NULL);
    const att_status status = httpd_keys_reload(keys, err);
    if (status)
        httpd_keys_close(keys);
    else
        *out = keys;
    return status;
}

void httpd_keys_close(httpd_keys *keys)
{
    if (!keys)
        return;
    free_entries(keys->entries, keys->count);
    pthread_rwlock_destroy(&keys->lock);
    free(keys->path);
    free(keys);
}

int64_t httpd_rate_spend(int64_t *idle_ns, double per_second, double burst, int64_t now_ns)
{
    if (!(per_second > 0))
        return 0;
    const double most_ns = 1e18; // 30 years: what is more would not fit the clock
    const int64_t each_ns = (int64_t)fmin(1e9 / per_second, most_ns);
    const int64_t ahead_ns = (int64_t)fmin((double)each_ns * (burst > 1 ? burst : 1), most_ns);
    int64_t idle = __atomic_load_n(idle_ns, __ATOMIC_RELAXED);
    for (;;) {
        const int64_t next = (idle > now_ns ? idle : now_ns) + each_ns;
        if (next - now_ns > ahead_ns)
            return (next - now_ns - ahead_ns) / 1000000 + 1;
        if (__atomic_compare_exchange_n(idle_ns, &idle, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return 0;
    }
}

bool httpd_keys_check(httpd_keys *keys, att_text key, int64_t now_ns, httpd_grant *out, int64_t *wait_ms)
{
    unsigned char hash[HASH_SIZE];
    bool found = false;
    pthread_rwlock_rdlock(&keys->lock);
    hash_key(keys->secret, key, hash);
    for (size_t i = 0; i < keys->count; i++)
        if (sodium_memcmp(hash, keys->entries[i].hash, HASH_SIZE) == 0) {
            found = true;
            *out = keys->entries[i].grant;
            *wait_ms = httpd_rate_spend(keys->entries[i].idle_ns, keys->entries[i].per_second, keys->entries[i].burst, now_ns);
        }
    pthread_rwlock_unlock(&keys->lock);
    return found;
}
