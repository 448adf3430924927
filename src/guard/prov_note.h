// SPDX-License-Identifier: Apache-2.0
// guard/prov_note.h - signed notes and checkpoints, in the forms of C2SP's signed-note and tlog-checkpoint, so that tools of others read them.
//
//   note:       text that ends with a line end, an empty line, then lines "— NAME BASE64": 4 bytes of the key's hash, the signature
//   checkpoint: a note whose text is origin, number of entries in decimal, root in base64, each a line (more lines may follow)
//   keys:       "NAME+HASH+BASE64" and "PRIVATE+KEY+NAME+HASH+BASE64", of 0x01 (Ed25519) and 32 bytes: the public key, or the seed
//   key's hash: the first 4 bytes of SHA-256(NAME, line end, 0x01, public key), in hex
#ifndef ATT_GUARD_PROV_NOTE_H
#define ATT_GUARD_PROV_NOTE_H

#include "attune/provenance.h"
#include "base/base.h"

#define ATT_NOTE_NAME_SIZE_MAX 63
#define ATT_NOTE_SIZE_MAX 65536
#define ATT_NOTE_SIGNATURES_MAX 16

// A name is 1 … 63 bytes of printable UTF-8 without spaces and '+'.
bool att_note_name_valid(att_text name);

typedef struct att_note_key { // the public half
    char name[ATT_NOTE_NAME_SIZE_MAX + 1];
    uint32_t hash;
    unsigned char key[32];
} att_note_key;
typedef struct att_note_signer {
    att_note_key key;
    unsigned char secret[64]; // of libsodium's form; wiped by whoever holds it
} att_note_signer;

att_status att_note_signer_make(att_note_signer *out, const char *name, att_error *err); // from the system's random numbers
att_status att_note_key_parse(att_note_key *out, att_text text, att_error *err);
att_status att_note_signer_parse(att_note_signer *out, att_text text, att_error *err);
void att_note_key_text(const att_note_key *key, char out[ATT_PROVENANCE_KEY_TEXT_MAX]);
void att_note_signer_text(const att_note_signer *signer, char out[ATT_PROVENANCE_KEY_TEXT_MAX]);
void att_note_signer_wipe(att_note_signer *signer);

typedef struct att_note_signature {
    att_text name;
    uint32_t hash;
    unsigned char bytes[64];
    bool is_ed25519; // by its length; others are passed over
} att_note_signature;
typedef struct att_note { // views into what was parsed
    att_text text;
    att_note_signature signatures[ATT_NOTE_SIGNATURES_MAX];
    size_t signature_count;
} att_note;

// ATT_INVALID with the line that is wrong.
att_status att_note_parse(att_note *out, att_text note, att_error *err);
// `text` (which ends with a line end) with one signature; `out` has room for `room` bytes, a zero at the end.
att_status att_note_sign(const att_note_signer *signer, att_text text, char *out, size_t room, att_error *err);
typedef enum att_note_verdict { ATT_NOTE_UNKNOWN_KEY, ATT_NOTE_SIGNED, ATT_NOTE_FORGED } att_note_verdict;
// Forged: it names this key, and the signature is not of it.
att_note_verdict att_note_verify(const att_note *note, const att_note_key *key);

typedef struct att_checkpoint {
    att_text origin;
    uint64_t size;
    att_hash root;
} att_checkpoint;
att_status att_checkpoint_parse(att_checkpoint *out, att_text note_text, att_error *err);
void att_checkpoint_text(const att_checkpoint *checkpoint, char out[ATT_CHECKPOINT_SIZE_MAX]);

#endif
