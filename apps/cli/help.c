// SPDX-License-Identifier: Apache-2.0
// apps/cli/help.c - one set of descriptors becomes help texts, man pages and shell completion.
#include "cli.h"

#include <string.h>

static const char *const groups[][10] = {
    {"Start", "init", "import", "train", "demo", "serve", "key", NULL},
    {"Ask", "recommend", "explain", "choose", "person", "items", "info", NULL},
    {"Make", "generate", "music", NULL},
    {"Tell", "event", "reward", "control", "takedown", "queue", "filter", "policy", NULL},
    {"Measure", "evaluate", "report", "experiment", "tune", "bandit", "simulate", NULL},
    {"Care", "models", "rollback", "doctor", "backup", "export", "forget", "provenance", "version", NULL},
    {"Shell", "completion", NULL},
};

// What a group of two-word commands is for.
static const char *group_summary(const char *group)
{
    static const char *const about[][2] = {{"generate", "Make what the catalogue lacks from briefs, check it, and count its cost"},
        {"music", "Say what is in sound, and make it"},
        {"provenance", "Show and check where models and outputs come from"}};
    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
        if (strcmp(about[i][0], group) == 0)
            return about[i][1];
    return "";
}

static const cli_command *named(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

// Of a two-word command the group's size in bytes, else 0.
static size_t group_of(const cli_command *command)
{
    const char *space = strchr(command->name, ' ');
    return space ? (size_t)(space - command->name) : 0;
}

static bool is_in(const cli_command *command, const char *group)
{
    return group_of(command) == strlen(group) && memcmp(command->name, group, group_of(command)) == 0 && group[0];
}

// True for the first command of its group, which the whole group is listed by.
static bool begins_group(size_t at)
{
    const size_t size = group_of(cli_commands[at]);
    return size && (at == 0 || group_of(cli_commands[at - 1]) != size || memcmp(cli_commands[at]->name, cli_commands[at - 1]->name, size) != 0);
}

size_t cli_group_size(const char *group)
{
    size_t count = 0;
    for (size_t i = 0; cli_commands[i]; i++)
        count += is_in(cli_commands[i], group);
    return count;
}

void cli_print_group(const char *group, FILE *to)
{
    fprintf(to, "attune %s COMMAND [OPTIONS] [ARGUMENTS]\n\n", group);
    for (size_t i = 0; cli_commands[i]; i++)
        if (is_in(cli_commands[i], group))
            fprintf(to, "  %-11s %s\n", cli_commands[i]->name + strlen(group) + 1, cli_commands[i]->summary);
    fprintf(to, "\nMore: attune %s COMMAND --help\n", group);
}

// The names behind a group's, with spaces between; or, with no group, what the first word may be.
static void print_words(const char *group)
{
    const char *space = "";
    for (size_t i = 0; cli_commands[i]; i++) {
        const size_t size = group_of(cli_commands[i]);
        if (group ? !is_in(cli_commands[i], group) : size && !begins_group(i))
            continue;
        if (group || !size)
            printf("%s%s", space, cli_commands[i]->name + (group ? size + 1 : 0));
        else
            printf("%s%.*s", space, (int)size, cli_commands[i]->name);
        space = " ";
    }
}

void cli_print_overview(FILE *to, bool colour)
{
    const char *bold = colour ? "\033[1m" : "", *reset = colour ? "\033[0m" : "";
    fprintf(to, "%sattune%s - a personalization engine for music, film and games\n\n"
                "  attune COMMAND [OPTIONS] [ARGUMENTS]\n\n", bold, reset);
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        if (!named(groups[g][1]) && !cli_group_size(groups[g][1]))
            continue; // not in this build
        fprintf(to, "%s%s%s\n", bold, groups[g][0], reset);
        for (size_t i = 1; groups[g][i]; i++)
            if (named(groups[g][i]) || cli_group_size(groups[g][i]))
                fprintf(to, "  %-11s %s\n", groups[g][i], named(groups[g][i]) ? named(groups[g][i])->summary : group_summary(groups[g][i]));
    }
    fprintf(to, "\nSee it work:  attune demo\nYour data:    attune init && attune import items.ndjson events.ndjson "
                "&& attune train\n              attune recommend USER\nMore:         attune COMMAND --help, man attune\n");
}

// --- Running text ---------------------------------------------------------------------------------------------

enum { WIDTH = 80 };

typedef struct flow {
    FILE *to;
    int width, indent, column; // in characters; column: where the next one goes
    bool page;                 // mdoc: escaped, and each sentence on a line of its own
} flow;

static void flow_word(const flow *f, const char *word, size_t size)
{
    if (f->page && f->column == 0 && (*word == '.' || *word == '\''))
        fputs("\\&", f->to);
    for (size_t i = 0; i < size; i++)
        if (f->page && word[i] == '\\')
            fputs("\\e", f->to);
        else if (f->page && word[i] == '-')
            fputs("\\-", f->to);
        else
            fputc(word[i], f->to);
}

static void flow_break(flow *f)
{
    fprintf(f->to, "\n%*s", f->indent, "");
    f->column = f->indent;
}

// "…as before. The" : a new sentence begins behind the first of the two words.
static bool ends_sentence(const char *word, size_t size, const char *next)
{
    while (size && (word[size - 1] == ')' || word[size - 1] == '"'))
        size--;
    return size && strchr(".?!:", word[size - 1]) && *next >= 'A' && *next <= 'Z';
}

// One line end is a space, two are a paragraph. Ends without a line end.
static void flow_text(flow *f, const char *text)
{
    const char *before = NULL;
    size_t before_size = 0;
    while (*text) {
        const size_t gap = strspn(text, " \n");
        const bool paragraph = gap >= 2 && memchr(text, '\n', gap) && text[gap];
        text += gap;
        const size_t size = strcspn(text, " \n");
        if (!size)
            break;
        int wide = 0;
        for (size_t i = 0; i < size; i++)
            wide += ((unsigned char)text[i] & 0xC0) != 0x80;
        if (paragraph) {
            fputs(f->page ? "\n.Pp" : "\n", f->to);
            flow_break(f);
        } else if (before && (f->column + 1 + wide > f->width ||
                                 (f->page && ends_sentence(before, before_size, text)))) {
            flow_break(f);
        } else if (before) {
            fputc(' ', f->to);
            f->column++;
        }
        flow_word(f, text, size);
        f->column += wide;
        before = text;
        before_size = size;
        text += size;
    }
}

static void print_flow(FILE *to, const char *text, int indent, int column)
{
    flow f = {to, WIDTH, indent, column, false};
    flow_text(&f, text);
    fputc('\n', to);
}

static void print_options(const cli_option *options, FILE *to)
{
    for (const cli_option *o = options; o && o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
            o->letter ? "," : " ", o->name, o->value ? " " : "", o->value ? o->value : "");
        fprintf(to, "  %-26s ", left);
        print_flow(to, o->help, 29, 29);
    }
}

#define EXIT_CODES                                                                                 \
    "0 fine, 64 wrong usage, 65 wrong input, 66 not found, 69 not in this build, 71 out of memory, " \
    "73 exists already, 74 input or output failed, 75 busy, 76 damaged file, 77 not allowed, "     \
    "78 wrong version, 130 interrupted."

void cli_print_help(const cli *c, FILE *to)
{
    const cli_command *command = c->command;
    fprintf(to, "attune %s%s%s [OPTIONS]\n\n%s.\n", command->name, command->arguments[0] ? " " : "",
        command->arguments, command->summary);
    if (command->description[0]) {
        fputc('\n', to);
        print_flow(to, command->description, 0, 0);
    }
    fprintf(to, "\nOptions\n");
    print_options(command->options, to);
    print_options(cli_common_options, to);
    fprintf(to, "\nExamples\n");
    for (const char *const *e = command->examples; e && *e; e += 2)
        fprintf(to, "  %s\n      %s\n", e[0], e[1]);
    fputc('\n', to);
    print_flow(to, "Exit codes: " EXIT_CODES, 0, 0);
}

// --- Man pages, in mdoc(7) ----------------------------------------------------------------------------------

static void man_text(const char *text)
{
    flow f = {stdout, 78, 0, 0, true};
    flow_text(&f, text);
    putchar('\n');
}

// "USER SIGNAL [ITEM]": what stands in brackets comes last.
static void man_arguments(const char *arguments)
{
    const char *bracket = strchr(arguments, '[');
    const int size = bracket ? (int)(bracket - arguments) - (bracket > arguments) : (int)strlen(arguments);
    if (size)
        printf(".Ar %.*s\n", size, arguments);
    if (bracket)
        printf(".Op Ar %.*s\n", (int)strlen(bracket) - 2, bracket + 1);
}

static void man_options(const cli_option *options)
{
    for (const cli_option *o = options; o && o->name; o++) {
        if (o->letter)
            printf(".It Fl %c , Fl \\-%s%s%s\n", o->letter, o->name, o->value ? " Ar " : "", o->value ? o->value : "");
        else
            printf(".It Fl \\-%s%s%s\n", o->name, o->value ? " Ar " : "", o->value ? o->value : "");
        man_text(o->help);
    }
}

// "attune-music-analyze"
static const char *page_name(const cli_command *command, char out[64])
{
    snprintf(out, 64, "attune-%s", command->name);
    for (char *s = strchr(out, ' '); s; s = strchr(s, ' '))
        *s = '-';
    return out;
}

static void man_overview(void)
{
    char page[64];
    puts(".Dd November 23, 2026\n.Dt ATTUNE 1\n.Os\n.Sh NAME\n.Nm attune\n.Nd a personalization engine for music, film and games\n"
         ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n.Op Ar arguments\n.Sh DESCRIPTION\n"
         "Attune learns people's taste from what they do, decides what to show next\n"
         "with a score that can be explained term by term, and measures how well it\n"
         "did.\nA store is one file; every command takes it by\n.Fl s Ar PATH .\n.Sh COMMANDS\n"
         ".Bl -tag -width completion");
    for (size_t i = 0; cli_commands[i]; i++)
        printf(".It Xr %s 1\n%s.\n", page_name(cli_commands[i], page), cli_commands[i]->summary);
    puts(".El\n.Sh ENVIRONMENT\n.Bl -tag -width ATTUNE_STORE\n.It Ev ATTUNE_STORE\nThe store, when\n.Fl \\-store\nis not given.\n"
         ".It Ev ATTUNE_WAIT\nSeconds to wait for another process that writes; otherwise 5.\n"
         ".It Ev NO_COLOR\nNo colours.\n.El\n.Sh EXIT STATUS");
    man_text(EXIT_CODES);
}

int cli_print_man(const char *command_name)
{
    if (!command_name[0]) {
        man_overview();
        return 0;
    }
    const cli_command *command = NULL;
    char its[64];
    for (size_t i = 0; cli_commands[i] && !command; i++)
        if (strcmp(page_name(cli_commands[i], its) + sizeof "attune-" - 1, command_name) == 0)
            command = cli_commands[i];
    if (!command)
        return 66;
    char page[64];
    printf(".Dd November 23, 2026\n.Dt ");
    for (const char *s = page_name(command, page); *s; s++)
        putchar(*s >= 'a' && *s <= 'z' ? *s - 32 : *s);
    printf(" 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd ", page);
    man_text(command->summary);
    printf(".Sh SYNOPSIS\n.Nm attune %s\n.Op Ar options\n", command->name);
    man_arguments(command->arguments);
    puts(".Sh DESCRIPTION");
    man_text(command->description[0] ? command->description : command->summary);
    puts(".Bl -tag -width indent");
    man_options(command->options);
    man_options(cli_common_options);
    puts(".El\n.Sh EXIT STATUS");
    man_text(EXIT_CODES);
    puts(".Sh EXAMPLES\n.Bl -tag -width indent");
    for (const char *const *e = command->examples; e && *e; e += 2) {
        printf(".It Li ");
        man_text(e[0]);
        man_text(e[1]);
    }
    puts(".El\n.Sh SEE ALSO\n.Xr attune 1");
    return 0;
}

// --- Completion ---------------------------------------------------------------------------------------------

static void complete_bash(void)
{
    puts("# bash completion for attune; made by: attune completion bash\n_attune()\n{\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ]; then");
    printf("        COMPREPLY=($(compgen -W '");
    print_words(NULL);
    puts("' -- \"$current\"))\n        return\n    fi\n    local command=${COMP_WORDS[1]}\n    case $command in");
    for (size_t i = 0; cli_commands[i]; i++)
        if (begins_group(i)) {
            char group[64];
            snprintf(group, sizeof group, "%.*s", (int)group_of(cli_commands[i]), cli_commands[i]->name);
            printf("    %s)\n        if [ \"$COMP_CWORD\" -eq 2 ]; then COMPREPLY=($(compgen -W '", group);
            print_words(group);
            puts("' -- \"$current\")); return; fi\n        command=\"$command ${COMP_WORDS[2]}\" ;;");
        }
    puts("    esac\n    case $previous in\n"
         "    -s | --store | --out | --rejects | --file) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n    esac\n"
         "    local words=''\n    case $command in");
    for (size_t i = 0; cli_commands[i]; i++) {
        printf("    '%s') words='", cli_commands[i]->name);
        for (const cli_option *o = cli_commands[i]->options; o && o->name; o++)
            printf("--%s ", o->name);
        for (const cli_option *o = cli_common_options; o->name; o++)
            printf("--%s%s", o->name, o[1].name ? " " : "");
        puts("' ;;");
    }
    puts("    esac\n    case $current in\n    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
         "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n    esac\n}\ncomplete -F _attune attune");
}

static void quote_single(const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (*text == '[' || *text == ']' || *text == ':')
            printf("\\%c", *text);
        else
            putchar(*text);
}

static void complete_zsh(void)
{
    puts("#compdef attune\n# made by: attune completion zsh\n_attune() {\n  local -a commands\n  commands=(");
    for (size_t i = 0; cli_commands[i]; i++) {
        const size_t size = group_of(cli_commands[i]);
        char group[64];
        snprintf(group, sizeof group, "%.*s", (int)size, cli_commands[i]->name);
        if (size && !begins_group(i))
            continue;
        printf("    '%s:", size ? group : cli_commands[i]->name);
        quote_single(size ? group_summary(group) : cli_commands[i]->summary);
        puts("'");
    }
    puts("  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  local command=$words[2]\n  case $command in");
    for (size_t i = 0; cli_commands[i]; i++)
        if (begins_group(i)) {
            char group[64];
            snprintf(group, sizeof group, "%.*s", (int)group_of(cli_commands[i]), cli_commands[i]->name);
            printf("    %s) if (( CURRENT == 3 )); then compadd ", group);
            print_words(group);
            puts("; return; fi\n      command=\"$command $words[3]\" ;;");
        }
    puts("  esac\n  case $command in");
    for (size_t i = 0; cli_commands[i]; i++) {
        printf("    '%s') _arguments", cli_commands[i]->name);
        for (int common = 0; common < 2; common++)
            for (const cli_option *o = common ? cli_common_options : cli_commands[i]->options; o && o->name; o++) {
                printf(" \\\n      '--%s[", o->name);
                quote_single(o->help);
                printf("]%s%s'", o->value ? ":" : "", o->value ? o->value : "");
            }
        puts(" '*:file:_files' ;;");
    }
    puts("  esac\n}\n_attune \"$@\"");
}

static void complete_fish(void)
{
    puts("# made by: attune completion fish\ncomplete -c attune -f");
    for (size_t i = 0; cli_commands[i]; i++) {
        const cli_command *command = cli_commands[i];
        const size_t size = group_of(command);
        char seen[160];
        if (begins_group(i)) {
            snprintf(seen, sizeof seen, "%.*s", (int)size, command->name);
            printf("complete -c attune -n __fish_use_subcommand -a %s -d '%s'\n", seen, group_summary(seen));
        }
        if (size)
            printf("complete -c attune -n '__fish_seen_subcommand_from %.*s' -a %s -d '%s'\n", (int)size, command->name, command->name + size + 1,
                command->summary);
        else
            printf("complete -c attune -n __fish_use_subcommand -a %s -d '%s'\n", command->name, command->summary);
        if (size)
            snprintf(seen, sizeof seen, "__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s", (int)size, command->name,
                command->name + size + 1);
        else
            snprintf(seen, sizeof seen, "__fish_seen_subcommand_from %s", command->name);
        for (int common = 0; common < 2; common++)
            for (const cli_option *o = common ? cli_common_options : command->options; o && o->name; o++)
                printf("complete -c attune -n '%s' -l %s%s\n", seen, o->name, o->value ? " -r -F" : "");
    }
}

int cli_print_completion(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        complete_bash();
    else if (strcmp(shell, "zsh") == 0)
        complete_zsh();
    else if (strcmp(shell, "fish") == 0)
        complete_fish();
    else
        return 64;
    return 0;
}
