// SPDX-License-Identifier: Apache-2.0
// httpd/httpd.h - the daemon from inside: workers, exchanges, routes.
//
// Each worker is one thread with a listening socket of its own on the shared port (SO_REUSEPORT) and an event loop of
// libmicrohttpd that it runs itself. It reads requests, checks them, and answers at once what only reads. What must be on
// disk before it is acknowledged, or may take long, is put into a line of its tenant, its connection suspended
// (lines.c): threads of the tenant take all that waits, write it with one commit, and hand it back to the worker it came
// from. While a commit waits for the disk the workers read on, so the busier the service, the larger the group.
//
// A tenant is a store with an engine and lines of its own. A request's key names the tenant; x->engine is that tenant's,
// and a handler has no way to another.
#ifndef ATT_HTTPD_HTTPD_H
#define ATT_HTTPD_HTTPD_H

#include "serve.h"
#include "shape.h"

#include <microhttpd.h>
#include <pthread.h>

typedef struct httpd httpd;
typedef struct httpd_worker httpd_worker;
typedef struct httpd_exchange httpd_exchange;
typedef struct httpd_keys httpd_keys;
typedef struct httpd_tenant httpd_tenant;
typedef struct httpd_line httpd_line;
typedef struct httpd_jobs httpd_jobs;

// What a key may do. Columns: name, wire name, what it allows.
#define HTTPD_SCOPE_LIST(X)                                                                                        \
    X(READ, "read", "read items, people, reports")                                                                 \
    X(EVENTS, "events", "send events and rewards")                                                                 \
    X(DECIDE, "decide", "ask for slates, choices and explanations")                                                \
    X(PEOPLE, "people", "change people's controls, export and forget them")                                        \
    X(CATALOGUE, "catalogue", "put, delete and take down items")                                                   \
    X(MODERATE, "moderate", "decide cases of the queue")                                                           \
    X(ADMIN, "admin", "policies, models, experiments, jobs")

typedef enum httpd_scope {
    HTTPD_SCOPE_NONE = 0, // open to everybody: health, readiness, the API's description
#define X(name, wire, text) HTTPD_SCOPE_BIT_##name,
    HTTPD_SCOPE_LIST(X)
#undef X
} httpd_scope;
#define HTTPD_SCOPE_MASK(scope) (1u << (scope))
const char *httpd_scope_name(unsigned scope); // "?" out of range

// --- Routes -----------------------------------------------------------------------------------------------------

#define HTTPD_PARAMS_MAX 3

typedef struct httpd_route {
    const char *method, *path; // "/v1/people/{user}"
    const char *id;            // operationId
    const char *summary;
    httpd_scope scope;
    const shape *query;      // NULL: no parameters
    const shape *body;       // NULL: none
    bool lines;              // the body may be NDJSON, each line a `body`
    bool raw;                // the handler reads the body itself (events and items have a faster reader)
    bool plain;              // the body is text/plain or YAML, taken as it is
    bool bytes;              // the body is a file; it may be as large as a sound may
    bool queued;             // the handler puts it into a line itself; others that write are handled on a thread of the tenant
    bool slow;               // so are those that read for long
    const shape *answer;     // NULL: no JSON
    int status;              // of a success
    const char *answer_type; // of an answer without a shape
    void (*handle)(httpd_exchange *x);
} httpd_route;

extern const httpd_route httpd_routes[]; // ends with a NULL method
// Finds by method and path, and fills x->params. NULL: *allowed tells the methods that the path has ("" for none).
const httpd_route *httpd_route_find(httpd_exchange *x, const char *method, const char *path, char *allowed, size_t size);
void httpd_openapi(httpd_out *o);

// --- One request and its answer ---------------------------------------------------------------------------------

// Which line an exchange waits in. CARE and SLOW: its route's handler runs on a thread of the tenant.
typedef enum httpd_wait {
    HTTPD_WAIT_NONE,
    HTTPD_WAIT_EVENT,
    HTTPD_WAIT_DECISION,
    HTTPD_WAIT_CARE, // what writes
    HTTPD_WAIT_SLOW, // what reads for long
    HTTPD_WAIT_COUNT
} httpd_wait;

struct httpd_exchange {
    httpd_worker *worker;
    struct MHD_Connection *connection;
    httpd_exchange *next; // in a line, on its way back, or in the worker's list of free ones
    const httpd_route *route;
    char *params[HTTPD_PARAMS_MAX]; // of the path, decoded; point into `path`
    httpd_tenant *tenant; // NULL: not known yet, or the route is open to everybody
    att_engine *engine;   // the tenant's; of a route without a scope: NULL
    httpd_out body;           // what arrived
    json_t *json;       // the body, parsed and checked; NULL for raw and plain ones
    json_t *query;      // likewise; numbers are numbers
    httpd_out answer;
    int status;
    const char *type;   // of the answer
    int64_t begun_ns;
    uint64_t id;        // of the request, in this worker
    char given_id[65];  // X-Request-Id, when whoever asks (a proxy) gave it one; hexadecimal digits and dashes
    char by[64];        // the key's name; "local" where none is needed
    bool head, answered, counted;
    bool page, packed; // a file of the console; gzip
    const char *tag;   // of that file
    bool preflight;    // a browser asks whether it may (cors.c)
    bool is_operator;  // may see figures of all tenants
    int retry_after_s;
    char allow[64];
    // What is queued.
    httpd_wait wait;
    att_event event;
    att_wire_memory *memory; // of the event's texts
    bool added;
    att_request request;
    att_slate_memory *slate_memory; // of handlers that look at slates; decisions are made in memory of their line's threads
    // What is answered later (httpd_later), or goes on (stream.c).
    void (*later)(httpd_exchange *x);
    bool (*feed)(httpd_exchange *x);           // appends to `answer`; false: nothing will follow
    bool (*has_news)(const httpd_exchange *x); // feed would append something
    uint64_t fed;      // the feed's own: what was told last
    int64_t fed_ns;    // when bytes were last sent
    size_t sent;       // of `answer`
    bool stream_ended;
    char path[1024], location[256];
};

// The request's id as header, log and problems tell it: the one that it was given, otherwise our own.
const char *httpd_request_id(const httpd_exchange *x, char out[80]);
// An answer that is an error, as problem details (RFC 9457). `field` may be NULL.
void httpd_problem(httpd_exchange *x, int status, const char *field, const char *format, ...) ATT_PRINTF(4, 5);
// The same from what the library said.
void httpd_failed(httpd_exchange *x, att_status status, const att_error *err);
// Puts the exchange into a line of its tenant, which answers it; too many in it: answered with 503.
void httpd_queue(httpd_exchange *x, httpd_wait wait);

// The answer goes on: `feed` is called when bytes are wanted. False: answered with a problem.
bool httpd_stream_start(httpd_exchange *x, bool (*feed)(httpd_exchange *x), bool (*has_news)(const httpd_exchange *x));

// --- Workers and the whole --------------------------------------------------------------------------------------

#define HTTPD_DAEMONS_MAX 8 // of a worker

// Counters of one worker and one tenant, or of no tenant: all are uint64_t, and atomic.
typedef struct httpd_counts {
    uint64_t requests[6];    // by hundreds of the status
    uint64_t decisions, events, duplicates, limited, denied;
    uint64_t buckets[32];    // latency: bucket i holds below 2^i microseconds
    uint64_t latency_sum_us;
    uint64_t connections;    // of no tenant
} httpd_counts;

// From any thread: HTTPD_COUNT(x, events, 1).
#define HTTPD_COUNT(x, field, by) (void)__atomic_fetch_add(&httpd_counts_of(x)->field, (uint64_t)(by), __ATOMIC_RELAXED)
httpd_counts *httpd_counts_of(const httpd_exchange *x);

struct httpd_worker {
    httpd *server;
    unsigned number;
    pthread_t thread;
    bool started;
    int socket, wake, poll; // the listening one; told when exchanges come back; what the loop waits for
    struct MHD_Daemon *daemons[HTTPD_DAEMONS_MAX]; // the first accepts, the others have an older certificate and connections left
    unsigned daemon_count;
    unsigned certified; // which certificate the first has
    httpd_exchange *free;
    httpd_exchange *back; // answered by a line; atomic
    size_t in_flight, waiting; // exchanges; those in lines
    httpd_exchange *streams; // suspended until there is news
    size_t stream_count;     // those and the others
    uint64_t last_id;
    struct httpd_peer *peers; // open connections
    httpd_counts counts[HTTPD_TENANTS_MAX + 1]; // the last: of no tenant
};

struct httpd_tenant {
    httpd *server;
    unsigned number;
    char name[64];
    const char *path;   // of its store
    att_engine *engine; // others look at it when `served` is set
    bool served;        // folds, model and index are in force, the lines run; atomic
    bool borrowed;      // the engine is the caller's
    int64_t opened_ms;  // how long that took
    uint64_t read_share; // of the log, while it is read, in thousandths; atomic
    int64_t idle_ns;    // of its rate (keys.c); atomic
    httpd_line *lines[HTTPD_WAIT_COUNT];
};

struct httpd {
    httpd_options options;
    att_host host;
    httpd_keys *keys;
    httpd_jobs *jobs;
    httpd_tenant tenants[HTTPD_TENANTS_MAX];
    unsigned tenant_count;
    httpd_worker *workers; // (worker_count)
    unsigned worker_count;
    uint16_t port;
    int64_t started_ms, begun_ns;
    int64_t ready_ms; // from the start until all tenants were ready
    bool ready, stopping; // atomic
    char *openapi;
    size_t openapi_size;
    pthread_mutex_t tls_lock; // guards certificate and private_key
    char *certificate, *private_key; // PEM; NULL: plain HTTP
    unsigned certified; // counts them; atomic
    pthread_t opener; // of the stores; then it keeps them
    pthread_mutex_t keep_lock; // of the condition alone, on which `stopping` is told
    pthread_cond_t keep_moved;
    att_status open_status;
    att_error open_error;
};

int64_t httpd_now_ns(void); // monotonic
// Of one tenant, by its number; HTTPD_TENANTS_MAX: of none.
void httpd_counts_sum(const httpd *server, unsigned tenant, httpd_counts *out);

// --- The console ------------------------------------------------------------------------------------------------

bool httpd_console_any(void);
// True: the path is one of the console's files, and it is answered.
bool httpd_console_answer(httpd_exchange *x, const char *method);

// One writer of a file at a time, also among processes. The descriptor holds the lock until it is closed; < 0 with the story told.
int httpd_lock_file(const char *path, att_error *err);

// --- Keys -------------------------------------------------------------------------------------------------------

// A key as it was found: who and what.
typedef struct httpd_grant {
    uint32_t scopes; // HTTPD_SCOPE_MASK of each
    char tenant[64];
    char name[64];
} httpd_grant;

att_status httpd_keys_open(httpd_keys **out, const char *path, att_error *err);
void httpd_keys_close(httpd_keys *keys);
// Reads the file anew; on failure the keys stay as they were.
att_status httpd_keys_reload(httpd_keys *keys, att_error *err);
// False: there is no such key. *wait_ms > 0: its rate is spent, and for how long.
bool httpd_keys_check(httpd_keys *keys, att_text key, int64_t now_ns, httpd_grant *out, int64_t *wait_ms);
// Takes one request off a bucket; how many milliseconds it would have to wait. per_second 0: no limit.
int64_t httpd_rate_spend(int64_t *idle_ns, double per_second, double burst, int64_t now_ns);

#endif
