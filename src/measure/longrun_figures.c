// SPDX-License-Identifier: Apache-2.0
// measure/longrun_figures.c - the figures as things: names, meanings, and the two sums that each is the ratio of.
#include "measure/longrun.h"

static const att_figure_info infos[ATT_FIGURE_COUNT] = {
#define X(name, wire, title, family, good, unit, text)                                             \
    [ATT_FIGURE_##name] = {wire, title, unit, text, ATT_FAMILY_##family, good,                     \
        sizeof(unit) == 2 && (unit)[0] == '%' ? 100 : 1},
    ATT_FIGURE_LIST(X)
#undef X
};

static const longrun_ratio ratios[ATT_FIGURE_COUNT] = {
    [ATT_FIGURE_SESSIONS] = {SUM_SESSIONS, SUM_PERSON_DAYS},
    [ATT_FIGURE_SESSION_MINUTES] = {SUM_SESSION_MIN, SUM_SESSIONS},
    [ATT_FIGURE_PLAYS] = {SUM_BEGUN, SUM_SESSIONS},
    [ATT_FIGURE_PLAY_MINUTES] = {SUM_PLAY_MIN, SUM_PERSON_DAYS},
    [ATT_FIGURE_CLICKS] = {SUM_CLICKS, SUM_SESSIONS},
    [ATT_FIGURE_UPTAKE] = {SUM_SLATES_TAKEN, SUM_SLATES},
    [ATT_FIGURE_NDCG] = {SUM_NDCG, SUM_SLATES_RANKED},
    [ATT_FIGURE_EARLY_SKIPS_5S] = {SUM_EARLY_5S, SUM_BEGUN},
    [ATT_FIGURE_EARLY_SKIPS_10S] = {SUM_EARLY_10S, SUM_BEGUN},
    [ATT_FIGURE_KEPT_10S] = {SUM_KEPT, SUM_KNOWN_POSITION},
    [ATT_FIGURE_COMPLETED] = {SUM_COMPLETED, SUM_BEGUN},
    [ATT_FIGURE_SESSIONS_LEFT] = {SUM_SESSIONS_LEFT, SUM_SESSIONS},
    [ATT_FIGURE_RAGE_QUITS] = {SUM_RAGE_QUITS, SUM_SESSIONS},
    [ATT_FIGURE_SURVEY] = {SUM_SURVEY, SUM_SURVEYS},
    [ATT_FIGURE_RATING] = {SUM_RATING, SUM_RATINGS},
    [ATT_FIGURE_LIKED] = {SUM_LIKES, SUM_OPINIONS},
    [ATT_FIGURE_COMPLAINTS] = {SUM_REPORTS, SUM_SESSIONS},
    [ATT_FIGURE_REPORTS] = {SUM_REPORTS, SUM_BEGUN},
    [ATT_FIGURE_RETURN_1] = {SUM_RETURN_1, SUM_RETURN_1_OF},
    [ATT_FIGURE_RETURN_7] = {SUM_RETURN_7, SUM_RETURN_7_OF},
    [ATT_FIGURE_RETURN_28] = {SUM_RETURN_28, SUM_RETURN_28_OF},
    [ATT_FIGURE_DAYS] = {SUM_PERSON_DAYS, SUM_PERSON_WEEKS},
    [ATT_FIGURE_REPLAYS] = {SUM_REPLAYS, SUM_BEGUN},
    [ATT_FIGURE_NEW_ITEMS] = {SUM_NEW_ITEMS, SUM_REMEMBERED},
    [ATT_FIGURE_NEW_TAGS] = {SUM_NEW_TAGS, SUM_TAGGED},
    [ATT_FIGURE_VARIETY] = {SUM_ENTROPY, SUM_MIXED_WEEKS},
    [ATT_FIGURE_EXPLORED] = {SUM_EXPLORED, SUM_SLOTS},
};

const att_figure_info *att_figure_get(att_figure figure)
{
    return (unsigned)figure < ATT_FIGURE_COUNT ? &infos[figure] : NULL;
}

bool att_figure_parse(att_text name, att_figure *out)
{
    for (size_t f = 0; f < ATT_FIGURE_COUNT; f++)
        if (att_text_equal(name, att_text_of(infos[f].name))) {
            *out = (att_figure)f;
            return true;
        }
    return false;
}

longrun_ratio att_longrun_ratio(att_figure figure)
{
    return ratios[figure];
}
