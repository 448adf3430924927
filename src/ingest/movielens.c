// SPDX-License-Identifier: Apache-2.0
// ingest/movielens.c - three mappings and what they cannot say.
#include "ingest/movielens.h"

#include "ingest/when.h"

#include <stdlib.h>

// --- Tags ----------------------------------------------------------------------------------------

void att_movie_tags_init(att_movie_tags *tags, const att_host *host)
{
    *tags = (att_movie_tags){.host = host};
    att_names_init(&tags->movies, host);
    att_names_init(&tags->tags, host);
}

void att_movie_tags_deinit(att_movie_tags *tags)
{
    att_names_deinit(&tags->movies);
    att_names_deinit(&tags->tags);
    ATT_VEC_FREE(tags->host, &tags->pairs);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static att_text trim(att_text text)
{
    while (text.size && (unsigned char)*text.data <= ' ') {
        text.data++;
        text.size--;
    }
    while (text.size && (unsigned char)text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

bool att_movie_tags_add(att_movie_tags *tags, att_text movie, att_text tag)
{
    char folded[ATT_TAG_SIZE_MAX];
    tag = trim(tag);
    if (tag.size == 0 || tag.size > sizeof folded)
        return true; // nothing to learn, or a whole sentence
    for (size_t i = 0; i < tag.size; i++)
        folded[i] = lower(tag.data[i]);
    const uint32_t m = att_names_add(&tags->movies, movie);
    const uint32_t t = att_names_add(&tags->tags, (att_text){folded, tag.size});
    tags->sorted = false;
    return m != ATT_NO_INDEX && t != ATT_NO_INDEX &&
           ATT_VEC_PUSH(tags->host, &tags->pairs, (uint64_t)m << 32 | t);
}

typedef struct counted {
    uint32_t tag;
    size_t count;
} counted;

static bool before(const att_movie_tags *tags, counted a, counted b)
{
    if (a.count != b.count)
        return a.count > b.count;
    const att_text x = att_names_get(&tags->tags, a.tag), y = att_names_get(&tags->tags, b.tag);
    const int order = memcmp(x.data, y.data, ATT_MIN(x.size, y.size));
    return order ? order < 0 : x.size < y.size;
}

// Into the list of the best so far, which is kept in order.
static size_t insert(const att_movie_tags *tags, counted *best, size_t count, counted one)
{
    size_t place = count;
    while (place > 0 && before(tags, one, best[place - 1]))
        place--;
    if (place == ATT_MOVIE_TAGS)
        return count;
    const size_t kept = ATT_MIN(count, (size_t)ATT_MOVIE_TAGS - 1);
    memmove(best + place + 1, best + place, (kept - place) * sizeof *best);
    best[place] = one;
    return kept + 1;
}

static size_t first_pair(const att_movie_tags *tags, uint64_t from)
{
    size_t low = 0, high = tags->pairs.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tags->pairs.items[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t att_movie_tags_of(att_movie_tags *tags, att_text movie, att_text out[ATT_MOVIE_TAGS])
{
    const uint32_t m = att_names_find(&tags->movies, movie);
    if (m == ATT_NO_INDEX)
        return 0;
    if (!tags->sorted)
        qsort(tags->pairs.items, tags->pairs.count, sizeof *tags->pairs.items, att_order_u64);
    tags->sorted = true;
    counted best[ATT_MOVIE_TAGS];
    size_t count = 0;
    size_t i = first_pair(tags, (uint64_t)m << 32);
    while (i < tags->pairs.count && tags->pairs.items[i] >> 32 == m) {
        const uint64_t pair = tags->pairs.items[i];
        counted one = {(uint32_t)pair, 0};
        for (; i < tags->pairs.count && tags->pairs.items[i] == pair; i++)
            one.count++;
        count = insert(tags, best, count, one);
    }
    for (size_t k = 0; k < count; k++)
        out[k] = att_names_get(&tags->tags, best[k].tag);
    return count;
}

static void finish_tag(void *user, att_table *table, att_arena *scratch, att_event *event,
    att_item *item, att_piece *out)
{
    (void)table;
    (void)scratch;
    (void)event;
    // The table reads a tag as an item: its id is the film, its text the tag.
    out->kind =
        att_movie_tags_add(user, item->id, item->text) ? ATT_PIECE_BLANK : ATT_PIECE_NO_MEMORY;
}

att_status att_movielens_tags(
    att_table *table, att_movie_tags *tags, att_arena *life, att_error *err)
{
    table->finish = finish_tag;
    table->user = tags;
    return att_mapping_parse(&table->mapping, "id=movieId,text=tag", life, err);
}

// --- Ratings -------------------------------------------------------------------------------------

static char *put(char *to, att_text text)
{
    memcpy(to, text.data, text.size);
    return to + text.size;
}

static void finish_rating(void *user, att_table *table, att_arena *scratch, att_event *event,
    att_item *item, att_piece *out)
{
    (void)user;
    (void)item;
    size_t time_column = 0;
    for (size_t i = 0; i < table->mapping.count; i++)
        if (att_text_equal(table->mapping.parts[i].source, ATT_LIT("timestamp")))
            time_column = table->mapping.parts[i].column;
    const att_text time = table->fields[time_column];
    char *id = ATT_NEW(scratch, char, event->user.size + event->item.size + time.size + 5);
    if (!id) {
        out->kind = ATT_PIECE_NO_MEMORY;
        return;
    }
    char *to = put(put(id, ATT_LIT("ml-")), event->user);
    *to++ = '-';
    to = put(to, event->item);
    *to++ = '-';
    to = put(to, time);
    event->id = (att_text){id, (size_t)(to - id)};
}

att_status att_movielens_ratings(att_table *table, att_arena *life, att_error *err)
{
    table->finish = finish_rating;
    return att_mapping_parse(&table->mapping,
        "user=userId,item=movieId,signal:rating,value=rating,at=timestamp:s", life, err);
}

// --- Movies --------------------------------------------------------------------------------------

// "Toy Story (1995)" -> 1995; 0 when there is none.
static int year_of(att_text title)
{
    title = trim(title);
    const char *end = title.data + title.size;
    if (title.size < 6 || end[-1] != ')' || end[-6] != '(')
        return 0;
    int year = 0;
    for (int i = -5; i < -1; i++) {
        if (end[i] < '0' || end[i] > '9')
            return 0;
        year = year * 10 + (end[i] - '0');
    }
    return year;
}

static bool same_word(att_text a, att_text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

static bool has_tag(const att_text *tags, size_t count, att_text tag)
{
    for (size_t i = 0; i < count; i++)
        if (same_word(tags[i], tag))
            return true;
    return false;
}

static void finish_movie(void *user, att_table *table, att_arena *scratch, att_event *event,
    att_item *item, att_piece *out)
{
    (void)table;
    (void)event;
    att_text given[ATT_MOVIE_TAGS];
    const size_t given_count = att_movie_tags_of(user, item->id, given);
    att_text *tags = ATT_NEW(scratch, att_text, item->tag_count + given_count + 1);
    if (!tags) {
        out->kind = ATT_PIECE_NO_MEMORY;
        return;
    }
    size_t count = 0;
    for (size_t i = 0; i < item->tag_count; i++)
        if (!att_text_equal(item->tags[i], ATT_LIT("(no genres listed)")))
            tags[count++] = item->tags[i];
    for (size_t i = 0; i < given_count && count < ATT_TAGS_MAX; i++)
        if (!has_tag(tags, count, given[i]))
            tags[count++] = given[i];
    item->tags = tags;
    item->tag_count = count;
    const int year = year_of(item->title);
    if (year) // the middle of it: the best guess, and 1970 does not become "not known"
        item->published_at_ms = att_when_days(year, 7, 1) * 86400000;
}

att_status att_movielens_movies(
    att_table *table, att_movie_tags *tags, att_arena *life, att_error *err)
{
    table->finish = finish_movie;
    table->user = tags;
    return att_mapping_parse(
        &table->mapping, "id=movieId,title=title,medium:film,tags=genres:|", life, err);
}
