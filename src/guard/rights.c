// SPDX-License-Identifier: Apache-2.0
// guard/rights.c - licences in compact memory, and the one rule that reads them.
//
// A licence holds when start <= t < end (an end of INT64_MAX never comes), the use is among its
// uses, and the territory is included (or the list is empty) and not excluded. Where the territory
// is not known only licences without any territory list hold.
#include "guard/rights_store.h"

enum { licence_size = 21 };

att_status att_rights_create(att_rights **out, const att_host *host, att_error *err)
{
    const att_host full = att_host_complete(host);
    *out = NULL;
    att_rights *rights = ATT_NEW_ARRAY(&full, att_rights, 1);
    if (!rights)
        return att_no_memory(err, 1, "rights table");
    rights->host = full;
    if (pthread_mutex_init(&rights->lock, NULL) != 0) {
        ATT_FREE_ARRAY(&full, rights, 1);
        return att_no_memory(err, 1, "lock of the rights table");
    }
    att_names_init(&rights->profiles, &rights->host);
    att_names_init(&rights->territories, &rights->host);
    att_names_init(&rights->mediums, &rights->host);
    *out = rights;
    return ATT_OK;
}

void att_rights_destroy(att_rights *rights)
{
    if (!rights)
        return;
    att_rights_cache_deinit(rights);
    pthread_mutex_destroy(&rights->lock);
    att_names_deinit(&rights->profiles);
    att_names_deinit(&rights->territories);
    att_names_deinit(&rights->mediums);
    ATT_VEC_FREE(&rights->host, &rights->rows);
    ATT_VEC_FREE(&rights->host, &rights->profile_refs);
    ATT_VEC_FREE(&rights->host, &rights->encoding);
    const att_host host = rights->host;
    ATT_FREE_ARRAY(&host, rights, 1);
}

size_t att_rights_bytes(const att_rights *rights)
{
    att_rights *lockable = (att_rights *)(uintptr_t)rights; // ours, and not const; readers beside us build sets
    pthread_mutex_lock(&lockable->lock);
    const size_t set_bytes = rights->set_bytes;
    pthread_mutex_unlock(&lockable->lock);
    return sizeof *rights + rights->rows.capacity * sizeof *rights->rows.items +
           att_names_bytes(&rights->profiles) + att_names_bytes(&rights->territories) +
           att_names_bytes(&rights->mediums) +
           rights->profile_refs.capacity * sizeof *rights->profile_refs.items +
           rights->encoding.capacity + set_bytes;
}

// --- Writing -----------------------------------------------------------------

// Ascending, without doubles. Returns how many are left.
static size_t sort_territories(att_territory *list, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && list[j - 1] > list[j]; j--) {
            const att_territory swap = list[j];
            list[j] = list[j - 1];
            list[j - 1] = swap;
        }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || list[kept - 1] != list[i])
            list[kept++] = list[i];
    return kept;
}

// ATT_NO_INDEX: out of memory.
static uint32_t intern_territories(att_rights *rights, const att_licence *licence)
{
    att_territory include[ATT_TERRITORIES_MAX], exclude[ATT_TERRITORIES_MAX];
    if (licence->include_count)
        memcpy(include, licence->include, 2 * licence->include_count);
    if (licence->exclude_count)
        memcpy(exclude, licence->exclude, 2 * licence->exclude_count);
    const uint16_t counts[2] = {(uint16_t)sort_territories(include, licence->include_count),
        (uint16_t)sort_territories(exclude, licence->exclude_count)};
    unsigned char bytes[5 + 4 * ATT_TERRITORIES_MAX] = {1};
    memcpy(bytes + 1, counts, 4);
    memcpy(bytes + 5, include, 2u * counts[0]);
    memcpy(bytes + 5 + 2u * counts[0], exclude, 2u * counts[1]);
    const att_text text = {(const char *)bytes, 5 + 2u * ((size_t)counts[0] + counts[1])};
    return att_names_add(&rights->territories, text);
}

// Without the uses that the item opts out of.
static bool encode_licence(att_rights *rights, const att_licence *licence, uint32_t opt_outs)
{
    const uint32_t set = intern_territories(rights, licence);
    const size_t at = rights->encoding.count;
    if (set == ATT_NO_INDEX ||
        !ATT_VEC_RESERVE(&rights->host, &rights->encoding, at + licence_size))
        return false;
    unsigned char *to = rights->encoding.items + at;
    memcpy(to, &licence->start_ms, 8);
    memcpy(to + 8, &licence->end_ms, 8);
    memcpy(to + 16, &set, 4);
    to[20] = (unsigned char)(licence->uses & ~opt_outs);
    rights->encoding.count += licence_size;
    return true;
}

// ATT_NO_INDEX: out of memory. A new profile has no references yet.
static uint32_t intern_profile(att_rights *rights, const att_item *body)
{
    rights->encoding.count = 0;
    if (!ATT_VEC_PUSH(&rights->host, &rights->encoding, (unsigned char)body->licence_count))
        return ATT_NO_INDEX;
    for (size_t i = 0; i < body->licence_count; i++)
        if (!encode_licence(rights, &body->licences[i], body->opt_outs))
            return ATT_NO_INDEX;
    const att_text text = {(const char *)rights->encoding.items, rights->encoding.count};
    if (!ATT_VEC_RESERVE(&rights->host, &rights->profile_refs, (size_t)rights->profiles.count + 1))
        return ATT_NO_INDEX;
    const uint32_t profile = att_names_add(&rights->profiles, text);
    if (profile != ATT_NO_INDEX && profile >= rights->profile_refs.count) {
        rights->profile_refs.items[rights->profile_refs.count++] = 0;
        rights->dead_profiles++;
    }
    return profile;
}

static void hold_profile(att_rights *rights, uint32_t profile)
{
    if (profile < ATT_PROFILE_NONE && rights->profile_refs.items[profile]++ == 0)
        rights->dead_profiles--;
}

static void drop_profile(att_rights *rights, uint32_t profile)
{
    if (profile < ATT_PROFILE_NONE && --rights->profile_refs.items[profile] == 0)
        rights->dead_profiles++;
}

// The living profiles move to a new pool. Without the memory for it, all stays as it is.
static void sweep_profiles(att_rights *rights)
{
    att_names fresh;
    att_names_init(&fresh, &rights->host);
    const uint32_t count = rights->profiles.count;
    uint32_t *renamed = ATT_NEW_ARRAY(&rights->host, uint32_t, (size_t)count + 1);
    bool done = renamed != NULL;
    for (uint32_t i = 0; done && i < count; i++)
        if (rights->profile_refs.items[i]) {
            renamed[i] = att_names_add(&fresh, att_names_get(&rights->profiles, i));
            done = renamed[i] != ATT_NO_INDEX;
        }
    if (done) {
        for (uint32_t i = 0; i < count; i++)
            if (rights->profile_refs
                    .items[i]) // renamed[i] <= i: never overwrites what is still to be read
                rights->profile_refs.items[renamed[i]] = rights->profile_refs.items[i];
        rights->profile_refs.count = fresh.count;
        for (size_t i = 0; i < rights->rows.count; i++)
            if (rights->rows.items[i].profile < ATT_PROFILE_NONE)
                rights->rows.items[i].profile = renamed[rights->rows.items[i].profile];
        const att_names old = rights->profiles;
        rights->profiles = fresh;
        fresh = old;
        rights->dead_profiles = 0;
    }
    att_names_deinit(&fresh);
    ATT_FREE_ARRAY(&rights->host, renamed, (size_t)count + 1);
}

static att_status reach_row(att_rights *rights, uint32_t item, att_error *err)
{
    if (item == ATT_NO_INDEX)
        return ATT_FAIL(err, ATT_LIMIT, "item number %u is the one that means none", item);
    const size_t needed = (size_t)item + 1, had = rights->rows.count;
    if (needed <= had)
        return ATT_OK;
    if (!ATT_VEC_RESERVE(&rights->host, &rights->rows, needed))
        return att_no_memory(err, needed, "rows of the rights table");
    for (size_t i = had; i < needed; i++)
        rights->rows.items[i] = (att_rights_row){.profile = ATT_PROFILE_UNKNOWN};
    rights->rows.count = needed;
    return ATT_OK;
}

static att_status check_limits(const att_item *body, att_error *err)
{
    if (body->age_rating < 0 || body->age_rating > ATT_RIGHTS_AGE_MAX)
        return ATT_FAIL(err, ATT_INVALID, "age_rating is %d, expected 0 to %d years",
            body->age_rating, ATT_RIGHTS_AGE_MAX);
    if (body->licence_count > ATT_LICENCES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "%zu licences, at most %d are kept", body->licence_count,
            ATT_LICENCES_MAX);
    for (size_t i = 0; i < body->licence_count; i++)
        if (body->licences[i].include_count > ATT_TERRITORIES_MAX ||
            body->licences[i].exclude_count > ATT_TERRITORIES_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "licence %zu has more than %d territories", i + 1,
                ATT_TERRITORIES_MAX);
    return ATT_OK;
}

static att_status row_of_body(
    att_rights *rights, const att_item *body, att_rights_row *row, att_error *err)
{
    // An empty medium is a medium too: nothing asks for it by name.
    const att_text medium = body->medium.size ? body->medium : ATT_LIT("\x01");
    const uint32_t medium_index = att_names_add(&rights->mediums, medium);
    if (medium_index == ATT_NO_INDEX)
        return att_no_memory(err, 1, "medium");
    if (medium_index > UINT16_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "medium %.*s: more than %d different mediums",
            ATT_TEXT_ARGS(body->medium), UINT16_MAX + 1);
    row->medium = (uint16_t)medium_index;
    row->age = (uint8_t)body->age_rating;
    row->flags = (uint8_t)(ATT_ROW_BODY | (body->taken_down ? ATT_ROW_DOWN : 0));
    row->profile = ATT_PROFILE_UNKNOWN;
    if (body->rights_known)
        row->profile = body->licence_count ? intern_profile(rights, body) : ATT_PROFILE_NONE;
    if (row->profile == ATT_NO_INDEX && body->rights_known)
        return att_no_memory(err, body->licence_count, "licences");
    return ATT_OK;
}

att_status att_rights_set(att_rights *rights, uint32_t item, const att_item *body, att_error *err)
{
    att_rights_row row;
    att_status status = check_limits(body, err);
    if (!status)
        status = row_of_body(rights, body, &row, err);
    if (!status)
        status = reach_row(rights, item, err);
    if (status)
        return att_while(err, status, "rights of item %.*s", ATT_TEXT_ARGS(body->id));
    hold_profile(rights, row.profile);
    drop_profile(rights, rights->rows.items[item].profile);
    rights->rows.items[item] = row;
    if (rights->dead_profiles > 1024 && rights->dead_profiles > rights->profiles.count / 2)
        sweep_profiles(rights);
    att_rights_cache_touch(rights, item);
    return ATT_OK;
}

void att_rights_take_down(att_rights *rights, uint32_t item, bool down)
{
    if (item >= rights->rows.count)
        return;
    att_rights_row *row = &rights->rows.items[item];
    row->flags = (uint8_t)(down ? row->flags | ATT_ROW_DOWN : row->flags & ~ATT_ROW_DOWN);
    att_rights_cache_touch(rights, item);
}

void att_rights_drop(att_rights *rights, uint32_t item)
{
    if (item >= rights->rows.count)
        return;
    drop_profile(rights, rights->rows.items[item].profile);
    rights->rows.items[item] = (att_rights_row){.profile = ATT_PROFILE_UNKNOWN};
    att_rights_cache_touch(rights, item);
}

void att_rights_bar(att_rights *rights, uint32_t item, bool held, bool denied)
{
    if (item >= rights->rows.count)
        return;
    att_rights_row *row = &rights->rows.items[item];
    const uint8_t flags = (uint8_t)((row->flags & ~(ATT_ROW_HELD | ATT_ROW_DENIED)) | (held ? ATT_ROW_HELD : 0) | (denied ? ATT_ROW_DENIED : 0));
    if (flags == row->flags)
        return;
    row->flags = flags;
    att_rights_cache_touch(rights, item);
}

uint32_t att_rights_medium(const att_rights *rights, att_text medium)
{
    if (!medium.size)
        return ATT_NO_INDEX;
    const uint32_t found = att_names_find(&rights->mediums, medium);
    return found == ATT_NO_INDEX ? ATT_NO_INDEX - 1 : found;
}

// --- Reading -----------------------------------------------------------------

size_t att_rights_licence_count(const att_rights *rights, uint32_t profile)
{
    if (profile >= ATT_PROFILE_NONE)
        return 0;
    return (unsigned char)att_names_get(&rights->profiles, profile).data[0];
}

att_rights_licence att_rights_licence_get(const att_rights *rights, uint32_t profile, size_t index)
{
    const char *from = att_names_get(&rights->profiles, profile).data + 1 + index * licence_size;
    att_rights_licence licence = {.uses = (unsigned char)from[20]};
    memcpy(&licence.start_ms, from, 8);
    memcpy(&licence.end_ms, from + 8, 8);
    memcpy(&licence.territories, from + 16, 4);
    return licence;
}

static bool list_has(const char *list, size_t count, att_territory territory)
{
    for (size_t i = 0; i < count; i++) {
        att_territory code;
        memcpy(&code, list + 2 * i, 2);
        if (code == territory)
            return true;
    }
    return false;
}

bool att_rights_territory_holds(const att_rights *rights, uint32_t set, att_territory territory)
{
    const char *bytes = att_names_get(&rights->territories, set).data;
    uint16_t counts[2];
    memcpy(counts, bytes + 1, 4);
    if (!territory)
        return counts[0] == 0 && counts[1] == 0;
    const char *codes = bytes + 5;
    return (counts[0] == 0 || list_has(codes, counts[0], territory)) &&
           !list_has(codes + 2u * counts[0], counts[1], territory);
}

bool att_rights_time_holds(const att_rights_licence *licence, int64_t at_ms)
{
    return licence->start_ms <= at_ms && (at_ms < licence->end_ms || licence->end_ms == INT64_MAX);
}

static void narrow(int64_t boundary_ms, int64_t at_ms, int64_t *from_ms, int64_t *until_ms)
{
    if (boundary_ms <= at_ms)
        *from_ms = ATT_MAX(*from_ms, boundary_ms);
    else
        *until_ms = ATT_MIN(*until_ms, boundary_ms);
}

bool att_rights_profile_holds(const att_rights *rights, uint32_t profile, const att_rights_key *key,
    int64_t at_ms, int64_t *from_ms, int64_t *until_ms)
{
    if (profile == ATT_PROFILE_UNKNOWN)
        return !key->required;
    const size_t count = att_rights_licence_count(rights, profile);
    bool holds = false;
    for (size_t i = 0; i < count; i++) {
        const att_rights_licence licence = att_rights_licence_get(rights, profile, i);
        if (!(licence.uses & key->use) ||
            !att_rights_territory_holds(rights, licence.territories, key->territory))
            continue;
        holds = holds || att_rights_time_holds(&licence, at_ms);
        narrow(licence.start_ms, at_ms, from_ms, until_ms);
        if (licence.end_ms != INT64_MAX)
            narrow(licence.end_ms, at_ms, from_ms, until_ms);
    }
    return holds;
}

static att_bar bar_of_row(const att_rights_row *row, uint32_t medium, int age)
{
    if (!(row->flags & ATT_ROW_BODY))
        return ATT_BAR_NO_BODY;
    if (row->flags & ATT_ROW_DOWN)
        return ATT_BAR_TAKEN_DOWN;
    if (row->flags & (ATT_ROW_HELD | ATT_ROW_DENIED))
        return row->flags & ATT_ROW_DENIED ? ATT_BAR_DENIED : ATT_BAR_HELD;
    if (medium != ATT_NO_INDEX && row->medium != medium)
        return ATT_BAR_MEDIUM;
    return row->age > ATT_MAX(age, 0) ? ATT_BAR_AGE : ATT_BAR_NONE;
}

bool att_rights_row_holds(const att_rights *rights, const att_rights_row *row,
    const att_rights_key *key, int64_t at_ms, int64_t *from_ms, int64_t *until_ms)
{
    return !bar_of_row(row, key->medium, key->age) &&
           att_rights_profile_holds(rights, row->profile, key, at_ms, from_ms, until_ms);
}

att_rights_key att_rights_key_of(const att_rights_query *query)
{
    const int age = ATT_MIN(ATT_MAX(query->age, 0), ATT_RIGHTS_AGE_MAX);
    return (att_rights_key){.territory = query->territory,
        .age = (uint8_t)age,
        .use = (uint8_t)(query->use & ATT_USE_ALL),
        .required = query->required,
        .medium = query->medium};
}

// Why no licence holds: the test that the best of them failed, in the order use, territory, time.
static att_bar bar_of_licences(
    const att_rights *rights, uint32_t profile, const att_rights_query *query)
{
    const size_t count = att_rights_licence_count(rights, profile);
    att_bar bar = count ? ATT_BAR_USE : ATT_BAR_NO_LICENCE;
    for (size_t i = 0; i < count; i++) {
        const att_rights_licence licence = att_rights_licence_get(rights, profile, i);
        if (!(licence.uses & query->use))
            continue;
        if (!att_rights_territory_holds(rights, licence.territories, query->territory)) {
            if (bar == ATT_BAR_USE)
                bar = ATT_BAR_TERRITORY;
            continue;
        }
        if (att_rights_time_holds(&licence, query->at_ms))
            return ATT_BAR_NONE;
        if (licence.start_ms > query->at_ms)
            bar = ATT_BAR_NOT_STARTED;
        else if (bar != ATT_BAR_NOT_STARTED)
            bar = ATT_BAR_ENDED;
    }
    return bar;
}

att_bar att_rights_check(const att_rights *rights, uint32_t item, const att_rights_query *query)
{
    if (item >= rights->rows.count)
        return ATT_BAR_NO_BODY;
    const att_rights_row *row = &rights->rows.items[item];
    const att_bar bar = bar_of_row(row, query->medium, query->age);
    if (bar)
        return bar;
    if (row->profile == ATT_PROFILE_UNKNOWN)
        return query->required ? ATT_BAR_NO_LICENCE : ATT_BAR_NONE;
    return bar_of_licences(rights, row->profile, query);
}
