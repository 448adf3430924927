// SPDX-License-Identifier: Apache-2.0
// apps/cli/main.c - finds the command, reads its options, runs it.
#include "cli.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

const cli_command *const cli_commands[] = {&cli_init, &cli_import, &cli_train, &cli_models, &cli_rollback, &cli_recommend, &cli_explain,
    &cli_choose, &cli_reward, &cli_bandit,
    &cli_event, &cli_control, &cli_person, &cli_items, &cli_takedown, &cli_queue, &cli_evaluate, &cli_experiment, &cli_report, &cli_simulate, &cli_demo,
    &cli_policy, &cli_filter,
    &cli_generate_make, &cli_generate_list, &cli_generate_show, &cli_generate_plan, &cli_generate_report,
#ifdef ATT_MUSIC
    &cli_music_analyze, &cli_music_items, &cli_music_prompt, &cli_music_stems, &cli_music_remix,
    &cli_music_stretch, &cli_music_master,
    &cli_music_find,
    &cli_music_compose, &cli_music_loop,
    &cli_music_check,
#endif
    &cli_provenance_log, &cli_provenance_verify, &cli_provenance_prove, &cli_provenance_card, &cli_provenance_checkpoint, &cli_provenance_export,
    &cli_provenance_key, &cli_tune, &cli_info, &cli_doctor, &cli_backup, &cli_export, &cli_forget, &cli_serve, &cli_key, &cli_version, &cli_completion, NULL};

const cli_option cli_common_options[] = {
    {"store", 's', "PATH", "the store; otherwise $ATTUNE_STORE, otherwise attune.attune"},
    {"json", 'j', NULL, "one JSON object (or one a line) on standard output"},
    {"quiet", 'q', NULL, "no progress and no remarks"},
    {"help", 'h', NULL, "this help"},
    {NULL, 0, NULL, NULL},
};

static const cli_option *option_at(const cli_command *command, int at)
{
    for (const cli_option *o = command->options; o && o->name; o++)
        if (at-- == 0)
            return o;
    for (const cli_option *o = cli_common_options; o->name; o++)
        if (at-- == 0)
            return o;
    return NULL;
}

static int find_option(const cli_command *command, const char *name, size_t size, char letter)
{
    const cli_option *o;
    for (int at = 0; (o = option_at(command, at)); at++) {
        assert(at < CLI_OPTIONS_MAX);
        if (letter ? o->letter == letter : (strlen(o->name) == size && memcmp(o->name, name, size) == 0))
            return at;
    }
    return -1;
}

const char *cli_get(const cli *c, const char *option)
{
    const int at = find_option(c->command, option, strlen(option), 0);
    return at < 0 ? NULL : c->values[at];
}

bool cli_flag(const cli *c, const char *option)
{
    return cli_get(c, option) != NULL;
}

// How many letters must be put in, left out, replaced or swapped with their neighbour; words of up to 31 bytes.
static int letters_between(const char *a, const char *b)
{
    enum { LONGEST = 31 };
    int rows[LONGEST + 1][LONGEST + 1];
    const int m = (int)strlen(a), n = (int)strlen(b);
    if (m > LONGEST || n > LONGEST)
        return LONGEST;
    for (int i = 0; i <= m; i++)
        for (int k = 0; k <= n; k++) {
            if (i == 0 || k == 0) {
                rows[i][k] = i + k;
                continue;
            }
            int best = rows[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
            best = rows[i - 1][k] + 1 < best ? rows[i - 1][k] + 1 : best;
            best = rows[i][k - 1] + 1 < best ? rows[i][k - 1] + 1 : best;
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] && rows[i - 2][k - 2] + 1 < best)
                best = rows[i - 2][k - 2] + 1;
            rows[i][k] = best;
        }
    return rows[m][n];
}

// For "did you mean": at most a third of its letters differ, or it is a beginning of three letters or more.
static bool is_near(const char *word, const char *name, int *least)
{
    const size_t size = strlen(word);
    const int far = size >= 3 && strncmp(word, name, size) == 0 ? 0 : letters_between(word, name);
    if (far >= *least || far * 3 > (int)strlen(name))
        return false;
    *least = far;
    return true;
}

static const char *nearest_command(const char *word)
{
    const char *best = NULL;
    int least = 99;
    for (size_t i = 0; cli_commands[i]; i++)
        if (is_near(word, cli_commands[i]->name, &least))
            best = cli_commands[i]->name;
    return best;
}

static const char *nearest_option(const cli_command *command, const char *word)
{
    const char *best = NULL;
    int least = 99;
    const cli_option *o;
    for (int at = 0; (o = option_at(command, at)); at++)
        if (is_near(word, o->name, &least))
            best = o->name;
    return best;
}

static int unknown_option(const cli *c, const char *word, size_t size)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)size, word + 2);
    const char *near = nearest_option(c->command, name);
    if (near)
        return cli_usage(c, "unknown option --%s, did you mean --%s?", name, near);
    return cli_usage(c, "unknown option --%s", name);
}

// What stands in the buffer goes out, or it is told that it did not.
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "attune: standard output could not be written\n");
    return code ? code : 74;
}

static int unknown_command(const char *first, const char *second)
{
    char name[64];
    const bool group = cli_group_size(first) > 0;
    if (group && (!second || second[0] == '-')) {
        const bool asked = second && (strcmp(second, "--help") == 0 || strcmp(second, "-h") == 0);
        cli_print_group(first, asked ? stdout : stderr);
        return asked ? finish(0) : 64;
    }
    snprintf(name, sizeof name, "%s%s%s", first, group ? " " : "", group ? second : "");
    if (strcmp(first, "music") == 0 && !group) {
        fprintf(stderr, "attune: this build has no music in it; build it with -Dmusic=enabled\n");
        return 69;
    }
    const char *near = nearest_command(name);
    if (near)
        fprintf(stderr, "attune: there is no command \"%s\", did you mean \"%s\"? See: attune --help\n", name, near);
    else
        fprintf(stderr, "attune: there is no command \"%s\"; see: attune --help\n", name);
    return 64;
}

// Long "--name=value" or "--name value", short "-n value"; "--" ends the options. 0, or the exit code.
static int parse(cli *c, int argc, char **argv)
{
    bool options_over = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        const bool negative_number = word[0] == '-' && word[1] >= '0' && word[1] <= '9';
        if (options_over || word[0] != '-' || word[1] == 0 || negative_number) {
            if (c->argument_count == (int)(sizeof c->arguments / sizeof c->arguments[0]))
                return cli_usage(c, "too many arguments");
            c->arguments[c->argument_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            options_over = true;
            continue;
        }
        const bool is_long = word[1] == '-';
        const char *equals = is_long ? strchr(word, '=') : NULL;
        const size_t size = equals ? (size_t)(equals - word - 2) : strlen(word + 1 + is_long);
        if (!is_long && size != 1)
            return cli_usage(c, "unknown option %s (letters stand alone: -s PATH)", word);
        const int at = find_option(c->command, word + 1 + is_long, size, is_long ? 0 : word[1]);
        if (at < 0)
            return is_long ? unknown_option(c, word, size) : cli_usage(c, "unknown option %s", word);
        const cli_option *option = option_at(c->command, at);
        if (c->values[at])
            return cli_usage(c, "option --%s is given twice", option->name);
        if (!option->value && equals)
            return cli_usage(c, "option --%s takes no value", option->name);
        if (option->value && !equals && i + 1 == argc)
            return cli_usage(c, "option --%s needs a value: %s", option->name, option->value);
        if (option->value && !equals && strncmp(argv[i + 1], "--", 2) == 0) // more likely forgotten than meant
            return cli_usage(c, "option --%s needs a value: %s; one that begins with -- is written --%s=%s", option->name, option->value, option->name, argv[i + 1]);
        c->values[at] = !option->value ? "" : equals ? equals + 1 : argv[++i];
    }
    return 0;
}

// The command that the words begin with: of two words ("music analyze") before of one. `*words`: how many it took.
static const cli_command *find_command(const char *first, const char *second, int *words)
{
    char both[64];
    snprintf(both, sizeof both, "%s %s", first, second ? second : "");
    for (*words = 2; *words > 0; (*words)--)
        for (size_t i = 0; cli_commands[i]; i++)
            if (strcmp(cli_commands[i]->name, *words == 2 ? both : first) == 0)
                return cli_commands[i];
    return NULL;
}

// OpenBLAS chooses its kernels when it is loaded, and version 0.3.21 takes new processors for older ones.
// The choice is an environment variable, so the program starts itself once more with it set.
static void choose_blas_kernels(char **argv)
{
    if (getenv("OPENBLAS_CORETYPE") || getenv("ATTUNE_KEEP_BLAS"))
        return;
    const char *core = att_blas_core_type();
    if (!core)
        return;
    setenv("OPENBLAS_CORETYPE", core, 1);
    execv("/proc/self/exe", argv);
}

// Where the helper programs are: beside this program in the tree that it was built in, or in the prefix that it was moved to
// together with them. NULL: where the library expects them.
static const char *helpers_folder(char out[PATH_MAX + 24])
{
    static const char *const places[] = {"/apps/cli", "/apps/media", "/bin", "/libexec/attune"}; // pairs: of this program, of the others
    const ssize_t size = readlink("/proc/self/exe", out, PATH_MAX);
    char *name = size > 0 && size < PATH_MAX ? memrchr(out, '/', (size_t)size) : NULL;
    for (size_t i = 0; name && i < sizeof places / sizeof places[0]; i += 2) {
        const size_t tail = strlen(places[i]);
        *name = 0;
        if ((size_t)(name - out) < tail || strcmp(name - tail, places[i]) != 0)
            continue;
        strcpy(name - tail, places[i + 1]);
        return access(out, X_OK) == 0 ? out : NULL;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    char helpers[PATH_MAX + 24];
    cli c = {.host = att_host_default()};
    c.host.helpers = helpers_folder(helpers);
    c.host.user = &c;
    c.host.log = cli_log;
    c.host.progress = cli_on_progress;
    c.colour = isatty(STDOUT_FILENO) && !(getenv("NO_COLOR") && getenv("NO_COLOR")[0]) && !(getenv("TERM") && strcmp(getenv("TERM"), "dumb") == 0);
    if (argc < 2) {
        cli_print_overview(stderr, c.colour);
        return 64;
    }
    const char *name = argv[1];
    int words;
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        if (argc > 2 && !(c.command = find_command(argv[2], argv[3], &words)))
            return unknown_command(argv[2], argc > 3 ? argv[3] : "--help");
        if (c.command)
            cli_print_help(&c, stdout);
        else
            cli_print_overview(stdout, c.colour);
        return finish(0);
    }
    if (strcmp(name, "--version") == 0)
        name = "version";
    c.command = find_command(name, argv[2], &words);
    if (!c.command)
        return unknown_command(name, argv[2]);
    const int bad = parse(&c, argc - 1 - words, argv + 1 + words);
    if (bad)
        return bad;
    if (cli_flag(&c, "help")) {
        cli_print_help(&c, stdout);
        return finish(0);
    }
    c.json = cli_flag(&c, "json");
    c.quiet = cli_flag(&c, "quiet");
    if (c.json)
        c.colour = false;
    if (c.argument_count < c.command->least)
        return cli_usage(&c, "too few arguments, expected %s", c.command->arguments);
    if (c.command->most >= 0 && c.argument_count > c.command->most)
        return cli_usage(&c, "too many arguments: \"%s\"", c.arguments[c.command->most]);
    if (c.command == &cli_train || c.command == &cli_evaluate || c.command == &cli_demo)
        choose_blas_kernels(argv);
    return finish(c.command->run(&c));
}
