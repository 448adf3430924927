// SPDX-License-Identifier: Apache-2.0
// apps/cli/cli.h - one command of `attune` is one descriptor: its help text, its man page, its completion and its
// parser all come from it.
#ifndef ATT_CLI_H
#define ATT_CLI_H

#include "attune/attune.h"

#include "say/say.h"

#include <jansson.h>
#include <stdio.h>

typedef struct cli cli;

typedef struct cli_option {
    const char *name;  // long name without dashes
    char letter;       // 0: none
    const char *value; // what stands for its value in help; NULL: a flag
    const char *help;
} cli_option;

typedef struct cli_command {
    const char *name;        // one word, or two: "music analyze" is of the group "music"
    const char *summary;     // one line, no full stop
    const char *arguments;   // "USER ITEM", "" for none; [X] is optional, X… repeats
    int least, most;         // positional arguments; most -1: any number
    const char *description; // paragraphs for --help and the man page
    const cli_option *options; // ends with a NULL name; the common ones are added
    const char *const *examples; // pairs: command, what it does; ends with NULL
    int (*run)(cli *c);
} cli_command;

#define CLI_OPTIONS_MAX 48 // of a command, with the common ones

struct cli {
    const cli_command *command;
    const char *arguments[1024];
    int argument_count;
    const char *values[CLI_OPTIONS_MAX]; // by place in command->options, then the common ones; flags hold ""
    bool json, quiet, colour;
    att_host host;
};

extern const cli_command *const cli_commands[]; // ends with NULL
extern const cli_option cli_common_options[];

// --- Options and their values. The `must` calls print the error, and return false, when the value is not valid.
const char *cli_get(const cli *c, const char *option); // NULL: not given
bool cli_flag(const cli *c, const char *option);
bool cli_must_number(const cli *c, const char *option, double least, double most, double *out); // leaves *out when absent
bool cli_whole(const char *text, uint64_t least, uint64_t most, uint64_t *out); // says nothing
bool cli_must_whole(const cli *c, const char *option, uint64_t least, uint64_t most, uint64_t *out);
// "2026-11-23", "2026-11-23T12:00:00Z" or milliseconds.
bool cli_time_parse(const char *text, int64_t *out_ms);
bool cli_must_time(const cli *c, const char *option, int64_t *out_ms);
bool cli_must_context(const cli *c, att_context *out); // --device, --place, --activity, --noise, --utc-offset
extern const cli_option cli_context_options[]; // without end: ATT_CLI_CONTEXT_OPTIONS puts them into a list
#define CLI_CONTEXT_OPTIONS                                                                        \
    {"device", 0, "NAME", "phone, tablet, desktop, tv, car, speaker, console, headset, watch"},    \
    {"place", 0, "NAME", "home, work, transit, gym, outdoors, away"},                              \
    {"activity", 0, "NAME", "commute, workout, focus, sleep, relax, party, play, family"},         \
    {"noise", 0, "NAME", "quiet, normal, loud"},                                                   \
    {"utc-offset", 0, "MIN", "local time minus UTC in minutes"}

// --- The store.
const char *cli_store_path(const cli *c); // --store, or $ATTUNE_STORE, or attune.attune
// Opens it, or prints why not.
att_engine *cli_open(cli *c, bool create, bool read_only, int *exit_code);
bool cli_open_options(cli *c, bool create, bool read_only, att_open_options *out); // as it would be opened; false: told

// --- Saying things. Results go to stdout, all else to stderr.
int cli_fail(const cli *c, att_status status, const att_error *err); // prints, returns the exit code
int cli_usage(const cli *c, const char *format, ...) ATT_PRINTF(2, 3); // 64
int cli_print_json(json_t *value); // takes the value; 0, or 74 when stdout cannot be written
json_t *cli_json_text(att_text text);
const char *cli_paint(const cli *c, const char *style); // "bold", "dim", "green", "red", "yellow", "reset"; "" when colour is off
const char *cli_count(uint64_t count, const char *one, const char *many); // "1 line", "2 lines"; a ring of eight
void cli_time_text(int64_t at_ms, char out[32]); // "2026-11-23 12:00" UTC, "-" for 0
void cli_bar(double share, int width, char *out); // width * 3 + 1 bytes: blocks in eighths
void cli_print_table(const cli *c, const char *const *cells, size_t columns, size_t rows, const char *align); // row 0 is the head; align: one of l, r per column

// --- Progress: a bar with rate and time left on a terminal, a line every ten seconds elsewhere; nothing with --quiet.
// Ctrl-C asks the work to stop at the next safe point; a second one ends the program there and then.
void cli_progress_start(const cli *c);
void cli_progress_end(void);
bool cli_interrupted(void); // since the program began
void cli_progress_clear(void); // takes the bar off the line before something else is said in between
bool cli_on_progress(void *user, const att_progress *progress); // the host's, from the beginning
void cli_log(void *user, att_log_level level, const char *message);

// --- Slates (out_slate.c), used by recommend and demo.
// With the engine: what the situation of `context` wants of each item is told too; NULL: it is not.
void cli_print_slate(const cli *c, att_engine *engine, const att_context *context, const att_slate *slate, bool reasons);
json_t *cli_slate_json(att_engine *engine, const att_context *context, const att_slate *slate);
void cli_print_wishes(const cli *c, att_engine *engine, const att_context *context, att_text item);
json_t *cli_wishes_json(att_engine *engine, const att_context *context, att_text item); // NULL: nothing is wanted
json_t *cli_shown_json(const att_shown *shown);
json_t *cli_reasons_json(const att_reason *reasons, size_t count);
const char *cli_signal_verb(att_signal signal); // "liked", after "because you"

// --- Help, pages, completion (help.c).
void cli_print_help(const cli *c, FILE *to);
void cli_print_overview(FILE *to, bool colour);
size_t cli_group_size(const char *group); // commands of two words that begin with it
void cli_print_group(const char *group, FILE *to);
int cli_print_man(const char *command_name); // "" for attune(1)
int cli_print_completion(const char *shell); // bash, zsh, fish

int cli_simulate_drift(cli *c); // cmd_drift.c

extern const cli_command cli_models, cli_rollback, cli_queue;
extern const cli_command cli_init, cli_import, cli_train, cli_recommend, cli_explain, cli_event, cli_control, cli_person,
    cli_items, cli_takedown, cli_evaluate, cli_experiment, cli_report, cli_simulate, cli_demo, cli_policy, cli_tune, cli_doctor, cli_backup, cli_export, cli_forget,
    cli_info, cli_serve, cli_key, cli_version, cli_completion;
extern const cli_command cli_choose, cli_reward, cli_bandit;
extern const cli_command cli_filter;
extern const cli_command cli_provenance_log, cli_provenance_verify, cli_provenance_prove, cli_provenance_card, cli_provenance_checkpoint,
    cli_provenance_export, cli_provenance_key;
extern const cli_command cli_generate_make, cli_generate_list, cli_generate_show, cli_generate_plan, cli_generate_report;
#ifdef ATT_MUSIC
extern const cli_command cli_music_check;
extern const cli_command cli_music_analyze; // each a file music_*.c
extern const cli_command cli_music_items, cli_music_prompt;
extern const cli_command cli_music_stretch, cli_music_master;
extern const cli_command cli_music_stems, cli_music_remix;
extern const cli_command cli_music_find;
extern const cli_command cli_music_compose, cli_music_loop;
#endif

#endif
