// SPDX-License-Identifier: Apache-2.0
// guard/prov_note.c - keys, notes, checkpoints: read strictly, since they come from outside.
#include "guard/prov_note.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static const char dash[] = "\xE2\x80\x94 "; // an em dash and a space
static const char private_prefix[] = "PRIVATE+KEY+";
enum { ED25519 = 1, SIGNATURE_SIZE = 4 + 64, BASE64 = sodium_base64_VARIANT_ORIGINAL };

// --- Keys ---------------------------------------------------------------------------------------------------------

bool att_note_name_valid(att_text name)
{
    if (name.size == 0 || name.size > ATT_NOTE_NAME_SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.data[i] <= ' ' || name.data[i] == '+' || name.data[i] == 127)
            return false;
    return true;
}

static uint32_t hash_of(const att_note_key *key)
{
    static const unsigned char middle[2] = {'\n', ED25519};
    unsigned char hash[32];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)key->name, strlen(key->name));
    crypto_hash_sha256_update(&state, middle, sizeof middle);
    crypto_hash_sha256_update(&state, key->key, sizeof key->key);
    crypto_hash_sha256_final(&state, hash);
    return (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
}

static void set_name(att_note_key *key, att_text name)
{
    memset(key->name, 0, sizeof key->name);
    memcpy(key->name, name.data, name.size);
}

att_status att_note_signer_make(att_note_signer *out, const char *name, att_error *err)
{
    *out = (att_note_signer){0};
    if (!att_note_name_valid(att_text_of(name)))
        return ATT_FAIL(err, ATT_INVALID, "\"%s\" is no name of a key: 1 to %d bytes without spaces and '+'", name, ATT_NOTE_NAME_SIZE_MAX);
    if (sodium_init() < 0)
        return ATT_FAIL(err, ATT_UNSUPPORTED, "libsodium does not start here");
    set_name(&out->key, att_text_of(name));
    crypto_sign_keypair(out->key.key, out->secret);
    out->key.hash = hash_of(&out->key);
    return ATT_OK;
}

void att_note_signer_wipe(att_note_signer *signer)
{
    sodium_memzero(signer, sizeof *signer);
}

// NAME+HASH+BASE64, line ends behind it ignored: the name, the hash, and 32 bytes behind the kind.
static att_status parse_key_text(att_note_key *key, unsigned char material[32], att_text text, att_error *err)
{
    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r'))
        text.size--;
    const char *plus = text.size ? memchr(text.data, '+', text.size) : NULL;
    const size_t name = plus ? (size_t)(plus - text.data) : 0;
    unsigned char hash[4], bytes[33];
    size_t got = 0;
    *key = (att_note_key){0};
    if (!plus || text.size < name + 10 || plus[9] != '+' || !att_note_name_valid((att_text){text.data, name}))
        return ATT_FAIL(err, ATT_INVALID, "it is no key: NAME+HASH+KEY was expected");
    if (sodium_hex2bin(hash, 4, plus + 1, 8, NULL, &got, NULL) != 0 || got != 4)
        return ATT_FAIL(err, ATT_INVALID, "the key's hash is not 8 hexadecimal digits");
    if (sodium_base642bin(bytes, sizeof bytes, plus + 10, text.size - name - 10, NULL, &got, NULL, BASE64) != 0 || got != sizeof bytes)
        return ATT_FAIL(err, ATT_INVALID, "the key is not 33 bytes in base64");
    if (bytes[0] != ED25519)
        return ATT_FAIL(err, ATT_VERSION, "the key is of kind %u, this build reads %d (Ed25519)", bytes[0], ED25519);
    set_name(key, (att_text){text.data, name});
    key->hash = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
    memcpy(material, bytes + 1, 32);
    sodium_memzero(bytes, sizeof bytes);
    return ATT_OK;
}

static att_status check_hash(const att_note_key *key, att_error *err)
{
    const uint32_t hash = hash_of(key);
    return hash == key->hash ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "the key's hash is %08x, that of the key itself %08x", key->hash, hash);
}

att_status att_note_key_parse(att_note_key *out, att_text text, att_error *err)
{
    unsigned char material[32];
    const att_status status = parse_key_text(out, material, text, err);
    if (status)
        return status;
    memcpy(out->key, material, sizeof material);
    return check_hash(out, err);
}

att_status att_note_signer_parse(att_note_signer *out, att_text text, att_error *err)
{
    const size_t prefix = sizeof private_prefix - 1;
    unsigned char seed[32];
    *out = (att_note_signer){0};
    if (text.size < prefix || memcmp(text.data, private_prefix, prefix) != 0)
        return ATT_FAIL(err, ATT_INVALID, "it is no private key: it does not begin with %s", private_prefix);
    att_status status = parse_key_text(&out->key, seed, (att_text){text.data + prefix, text.size - prefix}, err);
    if (!status) {
        crypto_sign_seed_keypair(out->key.key, out->secret, seed);
        status = check_hash(&out->key, err);
    }
    sodium_memzero(seed, sizeof seed);
    return status;
}

static void key_text(const char *prefix, const att_note_key *key, const unsigned char *material, char out[ATT_PROVENANCE_KEY_TEXT_MAX])
{
    unsigned char bytes[33] = {ED25519};
    char base64[48];
    memcpy(bytes + 1, material, 32);
    sodium_bin2base64(base64, sizeof base64, bytes, sizeof bytes, BASE64);
    snprintf(out, ATT_PROVENANCE_KEY_TEXT_MAX, "%s%s+%08x+%s", prefix, key->name, key->hash, base64);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(base64, sizeof base64);
}

void att_note_key_text(const att_note_key *key, char out[ATT_PROVENANCE_KEY_TEXT_MAX])
{
    key_text("", key, key->key, out);
}

void att_note_signer_text(const att_note_signer *signer, char out[ATT_PROVENANCE_KEY_TEXT_MAX])
{
    unsigned char seed[32];
    crypto_sign_ed25519_sk_to_seed(seed, signer->secret);
    key_text(private_prefix, &signer->key, seed, out);
    sodium_memzero(seed, sizeof seed);
}

// --- Notes ----------------------------------------------------------------------------------------------------------

static bool is_text(att_text note)
{
    for (size_t i = 0; i < note.size; i++)
        if ((unsigned char)note.data[i] < ' ' && note.data[i] != '\n')
            return false;
    return true;
}

// The last empty line: what follows are the signatures.
static size_t find_split(att_text note)
{
    for (size_t i = note.size; i-- > 1;)
        if (note.data[i] == '\n' && note.data[i - 1] == '\n')
            return i;
    return 0;
}

static att_status parse_signature(att_note_signature *out, att_text line, size_t number, att_error *err)
{
    const size_t start = sizeof dash - 1;
    unsigned char bytes[1024];
    size_t got = 0;
    if (line.size <= start || memcmp(line.data, dash, start) != 0)
        return ATT_FAIL(err, ATT_INVALID, "signature %zu does not begin with a dash and a space", number);
    const char *name = line.data + start, *end = line.data + line.size, *space = memchr(name, ' ', (size_t)(end - name));
    if (!space || !att_note_name_valid((att_text){name, (size_t)(space - name)}))
        return ATT_FAIL(err, ATT_INVALID, "signature %zu has no name of a key", number);
    if (sodium_base642bin(bytes, sizeof bytes, space + 1, (size_t)(end - space - 1), NULL, &got, NULL, BASE64) != 0 || got < 5)
        return ATT_FAIL(err, ATT_INVALID, "signature %zu is not base64 of 5 to %zu bytes", number, sizeof bytes);
    *out = (att_note_signature){.name = {name, (size_t)(space - name)}, .is_ed25519 = got == SIGNATURE_SIZE};
    out->hash = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    if (out->is_ed25519)
        memcpy(out->bytes, bytes + 4, sizeof out->bytes);
    return ATT_OK;
}

att_status att_note_parse(att_note *out, att_text note, att_error *err)
{
    *out = (att_note){0};
    if (note.size > ATT_NOTE_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "a note of %zu bytes, at most %d are read", note.size, ATT_NOTE_SIZE_MAX);
    if (!is_text(note))
        return ATT_FAIL(err, ATT_INVALID, "a note holds no control characters");
    const size_t split = find_split(note);
    if (!split || note.data[note.size - 1] != '\n')
        return ATT_FAIL(err, ATT_INVALID, "a note is text, an empty line, and lines of signatures");
    out->text = (att_text){note.data, split};
    for (size_t at = split + 1; at < note.size;) {
        const char *end = memchr(note.data + at, '\n', note.size - at);
        const att_text line = {note.data + at, (size_t)(end - note.data) - at};
        if (out->signature_count == ATT_NOTE_SIGNATURES_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "a note of more than %d signatures", ATT_NOTE_SIGNATURES_MAX);
        const att_status status = parse_signature(&out->signatures[out->signature_count], line, out->signature_count + 1, err);
        if (status)
            return status;
        out->signature_count++;
        at += line.size + 1;
    }
    return out->signature_count ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "a note without a signature");
}

att_status att_note_sign(const att_note_signer *signer, att_text text, char *out, size_t room, att_error *err)
{
    unsigned char bytes[SIGNATURE_SIZE];
    char base64[96];
    const uint32_t hash = signer->key.hash;
    if (!text.size || text.data[text.size - 1] != '\n' || !is_text(text))
        return ATT_FAIL(err, ATT_INVALID, "what is signed is text that ends with a line end");
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(hash >> (24 - 8 * i));
    crypto_sign_detached(bytes + 4, NULL, (const unsigned char *)text.data, text.size, signer->secret);
    sodium_bin2base64(base64, sizeof base64, bytes, sizeof bytes, BASE64);
    const int size = snprintf(out, room, "%.*s\n%s%s %s\n", ATT_TEXT_ARGS(text), dash, signer->key.name, base64);
    return size > 0 && (size_t)size < room ? ATT_OK : ATT_FAIL(err, ATT_LIMIT, "the note has %d bytes, there is room for %zu", size, room);
}

att_note_verdict att_note_verify(const att_note *note, const att_note_key *key)
{
    att_note_verdict verdict = ATT_NOTE_UNKNOWN_KEY;
    for (size_t i = 0; i < note->signature_count; i++) {
        const att_note_signature *s = &note->signatures[i];
        if (s->hash != key->hash || !att_text_equal(s->name, att_text_of(key->name)))
            continue;
        if (s->is_ed25519 &&
            crypto_sign_verify_detached(s->bytes, (const unsigned char *)note->text.data, note->text.size, key->key) == 0)
            return ATT_NOTE_SIGNED;
        verdict = ATT_NOTE_FORGED;
    }
    return verdict;
}

// --- Checkpoints ------------------------------------------------------------------------------------------------------

static bool take_line(att_text *rest, att_text *line)
{
    const char *end = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!end)
        return false;
    *line = (att_text){rest->data, (size_t)(end - rest->data)};
    rest->data = end + 1;
    rest->size -= line->size + 1;
    return true;
}

// Decimal without leading zeros.
static bool read_size(att_text line, uint64_t *out)
{
    *out = 0;
    if (!line.size || line.size > 20 || (line.data[0] == '0' && line.size > 1))
        return false;
    for (size_t i = 0; i < line.size; i++) {
        const unsigned digit = (unsigned)(line.data[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(*out, 10u, out) || __builtin_add_overflow(*out, digit, out))
            return false;
    }
    return true;
}

att_status att_checkpoint_parse(att_checkpoint *out, att_text note_text, att_error *err)
{
    att_text rest = note_text, size, root;
    size_t got = 0;
    *out = (att_checkpoint){0};
    if (!take_line(&rest, &out->origin) || !out->origin.size)
        return ATT_FAIL(err, ATT_INVALID, "line 1 of a checkpoint is the log's origin");
    if (!take_line(&rest, &size) || !read_size(size, &out->size))
        return ATT_FAIL(err, ATT_INVALID, "line 2 of a checkpoint is the number of entries");
    if (!take_line(&rest, &root) ||
        sodium_base642bin(out->root.bytes, ATT_HASH_SIZE, root.data, root.size, NULL, &got, NULL, BASE64) != 0 || got != ATT_HASH_SIZE)
        return ATT_FAIL(err, ATT_INVALID, "line 3 of a checkpoint is its root, 32 bytes in base64");
    return ATT_OK;
}

void att_checkpoint_text(const att_checkpoint *checkpoint, char out[ATT_CHECKPOINT_SIZE_MAX])
{
    char base64[48];
    sodium_bin2base64(base64, sizeof base64, checkpoint->root.bytes, ATT_HASH_SIZE, BASE64);
    snprintf(out, ATT_CHECKPOINT_SIZE_MAX, "%.*s\n%llu\n%s\n", (int)ATT_MIN(checkpoint->origin.size, (size_t)ATT_NOTE_NAME_SIZE_MAX),
        checkpoint->origin.data, (unsigned long long)checkpoint->size, base64);
}
