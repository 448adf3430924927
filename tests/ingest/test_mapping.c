// SPDX-License-Identifier: Apache-2.0
// Columns into fields: what a mapping means, and what is said about a wrong one.
#include "ingest/mapping.h"

#include "check.h"

#include <math.h>

static att_host host;
static att_arena life;
static att_mapping mapping;
static att_error err;

static void begin(void)
{
    host = att_host_default();
    att_arena_deinit(&life);
    att_arena_init(&life, &host, 0);
}

// Parses and binds to a comma-separated list of columns.
static att_status bind(const char *text, const char *columns)
{
    att_text names[64];
    size_t count = 0;
    begin();
    const att_status status = att_mapping_parse(&mapping, text, &life, &err);
    for (const char *at = columns; at;) {
        const char *comma = strchr(at, ',');
        names[count++] = (att_text){at, comma ? (size_t)(comma - at) : strlen(at)};
        at = comma ? comma + 1 : NULL;
    }
    return status ? status : att_mapping_bind(&mapping, names, count, &err);
}

static att_fault fault;

static bool event_of(att_event *out, const char *const *cells, size_t count)
{
    att_text fields[64];
    bool no_memory = false;
    for (size_t i = 0; i < count; i++)
        fields[i] = att_text_of(cells[i]);
    return att_mapping_event(&mapping, fields, count, &life, out, &fault, &no_memory);
}

static bool item_of(att_item *out, const char *const *cells, size_t count)
{
    att_text fields[64];
    bool no_memory = false;
    for (size_t i = 0; i < count; i++)
        fields[i] = att_text_of(cells[i]);
    return att_mapping_item(&mapping, fields, count, &life, out, &fault, &no_memory);
}

CHECK_TEST(events_with_constants_and_units)
{
    CHECK_BEGIN();
    CHECK_OK_ERR(bind("user=u,item=i,signal:play,at=t:s,position_ms=p:s,length_ms=l,device:tv,utc_"
                      "offset_min=o,"
                      "dwell_ms=d,decision=x,id=k",
                     "u,i,t,p,l,o,d,x,k"),
        &err);
    CHECK(!mapping.items);
    att_event event;
    const char *cells[] = {
        "anna", " i 1", " 1000.25 ", "1.5", "2000", "-60", "", "00000000000000ff", "k1"};
    CHECK(event_of(&event, cells, 9));
    CHECK_TEXT(event.user, "anna");
    CHECK_TEXT(event.item, " i 1");
    CHECK_EQ(event.signal, ATT_SIGNAL_PLAY);
    CHECK_EQ(event.at_ms, 1000250);
    CHECK_EQ(event.position_ms, 1500);
    CHECK_EQ(event.length_ms, 2000);
    CHECK_EQ(event.context.device, ATT_DEVICE_TV);
    CHECK_EQ(event.context.utc_offset_min, -60);
    CHECK_EQ(event.dwell_ms, -1);
    CHECK_EQ(event.decision, 255);
    CHECK_TEXT(event.id, "k1");
    CHECK(isnan(event.value));
}

CHECK_TEST(times_in_every_unit)
{
    CHECK_BEGIN();
    static const struct {
        const char *mapping, *cell;
        int64_t wanted_ms;
    } cases[] = {{"user=u,signal:quit,at=t", "1700000000000", 1700000000000},
        {"user=u,signal:quit,at=t", "2023-11-14T22:13:20Z", 1700000000000},
        {"user=u,signal:quit,at=t:ms", "1700000000000", 1700000000000},
        {"user=u,signal:quit,at=t:s", "1700000000", 1700000000000},
        {"user=u,signal:quit,at=t:iso", "2023-11-14 23:13:20.500+01:00", 1700000000500}};
    for (size_t i = 0; i < ATT_COUNT_OF(cases); i++) {
        att_event event;
        CHECK_OK_ERR(bind(cases[i].mapping, "u,t"), &err);
        CHECK(event_of(&event, (const char *[]){"u", cases[i].cell}, 2));
        CHECK_EQ(event.at_ms, cases[i].wanted_ms);
    }
}

CHECK_TEST(items_with_lists_and_features)
{
    CHECK_BEGIN();
    CHECK_OK_ERR(
        bind("id=n,title=\"the "
             "title\",tags=g:;,vector=v,feature.energy=e,feature.year=y,published_at=y:year,"
             "duration_ms=s:s,age_rating=a,boost=b,medium:music",
            "n,the title,g,v,e,y,s,a,b"),
        &err);
    CHECK(mapping.items);
    att_item item;
    const char *cells[] = {
        "7", "T", "rock; ;slow jam", "1 -0.5  2e-1", "0.5", "1970", "200", "12", "-0.25"};
    CHECK(item_of(&item, cells, 9));
    CHECK_TEXT(item.title, "T");
    CHECK_TEXT(item.medium, "music");
    CHECK_EQ(item.tag_count, 2);
    CHECK_TEXT(item.tags[1], "slow jam");
    CHECK_EQ(item.vector_dim, 3);
    CHECK_NEAR(item.vector[2], 0.2f, 0);
    CHECK_EQ(item.feature_count, 2);
    CHECK_TEXT(item.features[1].name, "year");
    CHECK_NEAR(item.features[1].value, 1970, 0);
    CHECK_EQ(item.published_at_ms, 15638400000);
    CHECK_EQ(item.duration_ms, 200000);
    CHECK_EQ(item.age_rating, 12);
    CHECK_NEAR(item.boost, -0.25, 0);
    const char *sparse[] = {"8", "", "", "", "", "", "", "", ""};
    CHECK(item_of(&item, sparse, 9));
    CHECK_EQ(item.tag_count + item.feature_count + item.vector_dim, 0);
    CHECK_EQ(item.published_at_ms, 0);
}

CHECK_TEST(a_wrong_mapping_has_its_story)
{
    CHECK_BEGIN();
    static const struct {
        const char *mapping, *story;
    } cases[] = {
        {"", "mapping part 1 \"\": expected target=column or target:constant"},
        {"user", "mapping part 1 \"user\": expected target=column or target:constant"},
        {"user=u,,at=t", "mapping part 2 \"\": expected target=column or target:constant"},
        {"user=", "mapping part 1 \"user=\": found nothing behind '=', expected a column"},
        {"signal:", "mapping part 1 \"signal:\": found nothing behind ':', expected a constant"},
        {"usr=u", "mapping part 1 \"usr=u\": unknown target \"usr\", did you mean \"user\"?"},
        {"user=\"u", "mapping part 1 \"\"u\": found a quote that is never closed"},
        {"user=\"u\"x,at=t", "mapping part 1 \"user=\"u\"x\": found text behind a closing quote, "
                             "expected ',' or ':'"},
        {"user=u,at=t:h", "mapping part 2 \"at=t:h\": found option \"h\", expected ms, s or iso"},
        {"user=u:s", "mapping part 1 \"user=u:s\": found option \"s\", expected no option here"},
        {"id=i,published_at=y:decade", "mapping part 2 \"published_at=y:decade\": found option "
                                       "\"decade\", expected ms, s, iso or year"},
        {"id=i,tags=g:||", "mapping part 2 \"tags=g:||\": found option \"||\", expected the one "
                           "character that stands between two values"},
        {"user=u,user=v", "mapping part 2 \"user=v\": the target is mapped twice, expected once"},
        {"user=u,at=t", "mapping: events need \"signal\", expected a part such as signal=COLUMN"},
        {"user=u,signal:like", "mapping: events need \"at\", expected a part such as at=COLUMN"},
        {"title=t", "mapping: items need \"id\", expected a part such as id=COLUMN"},
        {"user=u,signal:like,at=t,title=x", "mapping part 4 \"title=x\": events have no \"title\" "
                                            "(with a \"user\" it maps events)"},
        {"id=i,signal:like", "mapping part 2 \"signal:like\": items have no \"signal\" (without a "
                             "\"user\" it maps items)"},
        {"delimiter:space,user=u", "mapping part 1 \"delimiter:space\": found \"space\", expected "
                                   "delimiter:comma, :semicolon, :tab or :pipe"},
        {"user=uid,signal:like,at=t", "mapping part 1 \"user=uid\": the file has no column "
                                      "\"uid\", expected one of u, i, t, twice, twice"},
        {"user=twic,signal:like,at=t", "mapping part 1 \"user=twic\": the file has no column "
                                       "\"twic\", did you mean \"twice\"?"},
        {"user=twice,signal:like,at=t",
            "mapping part 1 \"user=twice\": the file has two columns \"twice\""},
    };
    for (size_t i = 0; i < ATT_COUNT_OF(cases); i++) {
        CHECK_FAILS(bind(cases[i].mapping, "u,i,t,twice,twice"), ATT_INVALID);
        CHECK_STR(err.text, cases[i].story);
    }
}

CHECK_TEST(a_wrong_cell_has_its_story)
{
    CHECK_BEGIN();
    static const struct {
        const char *cells[5], *field, *reason;
    } cases[] = {
        {{"", "i", "like", "1", "1"}, "user", "column \"u\" is empty, expected a value"},
        {{"u", "i", "", "1", "1"}, "signal", "column \"s\" is empty, expected a value"},
        {{"u", "i", "like", "", "1"}, "at", "column \"t\" is empty, expected a value"},
        {{"u", "i", "liek", "1", "1"}, "signal", "unknown value \"liek\", did you mean \"like\"?"},
        {{"u", "i", "like", "soon", "1"}, "at",
            "found \"soon\" in column \"t\", expected a time such as 2026-03-01T19:30:00Z, or an "
            "option: at=COLUMN:s, :ms or :iso"},
        {{"u", "i", "like", "1", "4,5"}, "value",
            "found \"4,5\" in column \"v\", expected a number"},
        {{"u", "i", "like", "1", "1e39"}, "value",
            "found \"1e39\" in column \"v\", expected a number within the range of a float"},
        {{"u\xFF", "i", "like", "1", "1"}, "user", "found \"u?\" in column \"u\", expected UTF-8"},
    };
    CHECK_OK_ERR(bind("user=u,item=i,signal=s,at=t,value=v", "u,i,s,t,v"), &err);
    for (size_t i = 0; i < ATT_COUNT_OF(cases); i++) {
        att_event event;
        CHECK(!event_of(&event, cases[i].cells, 5));
        CHECK_STR(fault.field, cases[i].field);
        CHECK_STR(fault.reason, cases[i].reason);
    }
    att_event event;
    CHECK(!event_of(&event, cases[0].cells, 4));
    CHECK_STR(fault.reason, "found 4 fields, expected 5 as in the header");
}

CHECK_TEST(quoted_names_hold_any_character)
{
    CHECK_BEGIN();
    begin();
    CHECK_OK_ERR(att_mapping_parse(&mapping, "user=\"a,b:c=\"\"d\"\"\":,signal:\"like\",at=t",
                     &life, &err) == ATT_OK
                     ? ATT_INVALID
                     : ATT_OK,
        &err);
    CHECK_HOLDS(err.text, "expected no option here");
    CHECK_OK_ERR(att_mapping_parse(&mapping,
                     "user=\"a,b:c=\"\"d\"\"\",signal:\"like\",at=t,delimiter:tab", &life, &err),
        &err);
    CHECK_TEXT(mapping.parts[0].source, "a,b:c=\"d\"");
    CHECK_TEXT(mapping.parts[1].source, "like");
    CHECK_EQ(mapping.delimiter, '\t');
    att_arena_deinit(&life);
}

CHECK_MAIN(CHECK_CASE(events_with_constants_and_units), CHECK_CASE(times_in_every_unit),
    CHECK_CASE(items_with_lists_and_features), CHECK_CASE(a_wrong_mapping_has_its_story),
    CHECK_CASE(a_wrong_cell_has_its_story), CHECK_CASE(quoted_names_hold_any_character))
