// SPDX-License-Identifier: Apache-2.0
// What every file of the tree promises: it says under which licence it stands, its lines end where their
// text ends, it is built, and what the documents list is all there is.
#include "check.h"

#include "attune/signals.h"

#include <dirent.h>
#include <sys/stat.h>

#ifndef ATT_SOURCE_ROOT
#error "ATT_SOURCE_ROOT is the checkout"
#endif

static const char spdx[] = "// SPDX-License-Identifier: Apache-2.0\n";
static int files_seen, breaches;

typedef void visit(const char *folder, const char *name, const char *text);

static bool ends_with(const char *name, const char *end)
{
    const size_t size = strlen(name), end_size = strlen(end);
    return size >= end_size && strcmp(name + size - end_size, end) == 0;
}

static void breach(const char *folder, const char *name, int line, const char *what)
{
    print_error("%s/%s:%d: %s\n", folder, name, line, what);
    breaches++;
}

static bool is_one_of(const char *name, const char *const *ends)
{
    for (; *ends; ends++)
        if (ends_with(name, *ends))
            return true;
    return false;
}

// Every file below src/… whose name has one of these ends. "folder" is from the root of the checkout.
static void each_file(const char *folder, const char *const *ends, visit *tell)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", ATT_SOURCE_ROOT, folder);
    DIR *dir = opendir(path);
    CHECK(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat status;
        char inner[512];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", folder, entry->d_name);
        snprintf(path, sizeof path, "%s/%s", ATT_SOURCE_ROOT, inner);
        CHECK_EQ(stat(path, &status), 0);
        if (S_ISDIR(status.st_mode)) {
            each_file(inner, ends, tell);
        } else if (is_one_of(entry->d_name, ends)) {
            char *text = check_read_file(path, NULL);
            tell(folder, entry->d_name, text);
            files_seen++;
            free(text);
        }
    }
    closedir(dir);
}

static void check_licence(const char *folder, const char *name, const char *text)
{
    if (strncmp(text, spdx, sizeof spdx - 1) != 0)
        breach(folder, name, 1, "does not open with the SPDX line");
}

static void check_lines(const char *folder, const char *name, const char *text)
{
    int number = 1;
    for (const char *at = text; *at; at++) {
        if (*at == '\t')
            breach(folder, name, number, "a tab");
        if (*at == '\r' || ((*at == ' ') && (at[1] == '\n' || at[1] == 0)))
            breach(folder, name, number, "white space at the end of a line");
        number += *at == '\n';
    }
    if (text[0] && !ends_with(text, "\n"))
        breach(folder, name, number, "no line end at the end of the file");
}

static void check_listed(const char *folder, const char *name, const char *text)
{
    (void)text;
    char path[1024], quoted[300];
    snprintf(path, sizeof path, "%s/%s/meson.build", ATT_SOURCE_ROOT, folder);
    snprintf(quoted, sizeof quoted, "'%s'", name);
    char *build = check_read_file(path, NULL);
    if (!strstr(build, quoted))
        breach(folder, name, 1, "stands in no meson.build");
    free(build);
}

static char *readme;

static void check_linked(const char *folder, const char *name, const char *text)
{
    (void)text;
    char link[512];
    snprintf(link, sizeof link, "](%s/%s)", folder, name);
    if (!strstr(readme, link))
        breach(folder, name, 1, "README.md has no link to it");
}

static const char *const code[] = {".c", ".h", ".cpp", NULL};
static const char *const sources[] = {".c", NULL};
static const char *const texts[] = {".c", ".h", ".cpp", ".md", ".build", NULL};
static const char *const pages[] = {".md", NULL};

CHECK_TEST(every_source_opens_with_its_licence)
{
    CHECK_BEGIN();
    static const char *const folders[] = {"src", "include", "apps", "tests", "bench", "examples"};
    files_seen = breaches = 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        each_file(folders[i], code, check_licence);
    CHECK(files_seen > 100);
    CHECK_EQ(breaches, 0);
}

CHECK_TEST(no_line_has_a_tab_or_white_space_behind_it)
{
    CHECK_BEGIN();
    static const char *const folders[] = {
        "src", "include", "apps", "tests", "bench", "examples", "docs"};
    files_seen = breaches = 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        each_file(folders[i], texts, check_lines);
    CHECK(files_seen > 100);
    CHECK_EQ(breaches, 0);
}

CHECK_TEST(every_source_of_the_library_is_built)
{
    CHECK_BEGIN();
    files_seen = breaches = 0;
    each_file("src", sources, check_listed);
    CHECK(files_seen > 50);
    CHECK_EQ(breaches, 0);
}

CHECK_TEST(the_readme_leads_to_every_document)
{
    CHECK_BEGIN();
    files_seen = breaches = 0;
    readme = check_read_file(ATT_SOURCE_ROOT "/README.md", NULL);
    each_file("docs", pages, check_linked);
    free(readme);
    CHECK(files_seen > 3);
    CHECK_EQ(breaches, 0);
}

// docs/signals.md tells what each counts for, docs/import.md how each is written.
CHECK_TEST(the_documents_name_every_signal)
{
    CHECK_BEGIN();
    char *rules = check_read_file(ATT_SOURCE_ROOT "/docs/signals.md", NULL);
    char *import = check_read_file(ATT_SOURCE_ROOT "/docs/import.md", NULL);
    for (int s = ATT_SIGNAL_NONE + 1; s < ATT_SIGNAL_COUNT; s++) {
        const char *name = att_signal_name((att_signal)s);
        char row[64], word[64];
        snprintf(row, sizeof row, "\n| %s ", name);
        snprintf(word, sizeof word, "`%s`", name);
        CHECK_HOLDS(rules, row);
        CHECK_HOLDS(import, word);
    }
    free(rules);
    free(import);
}

// What a call with a forgotten value leaves behind, such as a folder named --help, is not ours.
CHECK_TEST(nothing_at_the_root_is_named_like_an_option)
{
    CHECK_BEGIN();
    DIR *dir = opendir(ATT_SOURCE_ROOT);
    CHECK(dir != NULL);
    breaches = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] == '-')
            breach(".", entry->d_name, 1, "named like an option");
    closedir(dir);
    CHECK_EQ(breaches, 0);
}

CHECK_MAIN(CHECK_CASE(every_source_opens_with_its_licence), CHECK_CASE(nothing_at_the_root_is_named_like_an_option),
    CHECK_CASE(no_line_has_a_tab_or_white_space_behind_it),
    CHECK_CASE(every_source_of_the_library_is_built),
    CHECK_CASE(the_readme_leads_to_every_document), CHECK_CASE(the_documents_name_every_signal))
