// SPDX-License-Identifier: Apache-2.0
// tests/httpd/client.c - fork, exec, sockets.
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t spawn(const char *const *arguments, int *out)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that failed leaves nobody behind
        const char *argv[32] = {ATTUNE_PROGRAM};
        for (size_t i = 0; i < 30 && arguments[i]; i++)
            argv[i + 1] = arguments[i];
        dup2(ends[1], STDOUT_FILENO);
        const int nothing = open("/dev/null", O_WRONLY);
        if (!getenv("ATTUNE_TEST_LOUD"))
            dup2(nothing, STDERR_FILENO);
        close(ends[0]);
        execv(ATTUNE_PROGRAM, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return pid;
}

static size_t read_until(int file, char *out, size_t size, char end)
{
    size_t at = 0;
    while (at + 1 < size) {
        const ssize_t got = read(file, out + at, 1);
        if (got <= 0 || out[at++] == end)
            break;
    }
    out[at] = 0;
    return at;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int client_run(char *out, size_t size, const char *const *arguments)
{
    char scrap[64];
    int file;
    const pid_t pid = spawn(arguments, &file);
    if (out)
        read_until(file, out, size, 0);
    while (read(file, scrap, sizeof scrap) > 0)
        ;
    close(file);
    return wait_for(pid);
}

void service_make(service *s, const char *name)
{
    *s = (service){0};
    snprintf(s->store, sizeof s->store, "%s", check_path(name));
    snprintf(s->keys, sizeof s->keys, "%s-keys", s->store);
    char items[640], events[640], command[2048];
    snprintf(items, sizeof items, "%s-items.ndjson", s->store);
    snprintf(events, sizeof events, "%s-events.ndjson", s->store);
    snprintf(command, sizeof command, "sh '%s/tests/cli/town' items >'%s' && sh '%s/tests/cli/town' events >'%s'", ATT_SOURCE_ROOT,
        items, ATT_SOURCE_ROOT, events);
    CHECK_EQ(system(command), 0);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"init", "-s", s->store, "-q", NULL}), 0);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"import", items, events, "-s", s->store, "-q", NULL}), 0);
    CHECK_EQ(client_run(NULL, 0, (const char *const[]){"train", "-s", s->store, "-q", NULL}), 0);
    CHECK_EQ(client_run(s->key, sizeof s->key, (const char *const[]){"key", "create", "tests", "--scopes", "all", "-s", s->store, "-q", NULL}), 0);
    s->key[strcspn(s->key, "\n")] = 0;
    CHECK_EQ(strlen(s->key), 68);
}

int service_spawn(service *s, const char *const *more)
{
    char port[16];
    snprintf(port, sizeof port, "%d", s->port);
    const char *arguments[30] = {"serve", "--json", "--port", port, "-s", s->store};
    size_t count = 6;
    for (size_t i = 0; more && more[i]; i++)
        arguments[count++] = more[i];
    int file;
    s->pid = spawn(arguments, &file);
    return file;
}

bool service_wait(service *s, int file)
{
    char line[256];
    read_until(file, line, sizeof line, '\n');
    close(file);
    const char *colon = strrchr(line, ':');
    s->port = colon ? atoi(colon + 1) : 0;
    return s->port > 0;
}

void service_start(service *s, const char *const *more)
{
    const char *arguments[28] = {"-q"};
    size_t count = 1;
    for (size_t i = 0; more && more[i]; i++)
        arguments[count++] = more[i];
    s->port = 0;
    CHECK(service_wait(s, service_spawn(s, arguments)));
}

int client_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    CHECK(file >= 0 && setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
    CHECK(bind(file, (const struct sockaddr *)&at, size) == 0 && getsockname(file, (struct sockaddr *)&at, &size) == 0);
    close(file);
    return ntohs(at.sin_port);
}

int service_stop(service *s, int signal)
{
    if (s->pid <= 0)
        return -1; // it was never started, and 0 would be the tests themselves
    kill(s->pid, signal);
    return wait_for(s->pid);
}

int client_connect(const service *s)
{
    const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file >= 0 && connect(file, (const struct sockaddr *)&at, sizeof at) != 0) {
        close(file);
        return -1;
    }
    return file;
}

// What has arrived so far is a whole answer.
static bool is_whole(const char *text, size_t size)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length:");
    return end && length && length < end && size >= (size_t)(end + 4 - text) + (size_t)atol(length + 17);
}

static void take_apart(reply *r, char *text, size_t size)
{
    char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return;
    snprintf(r->head, sizeof r->head, "%.*s", (int)(end - text), text);
    r->status = atoi(text + 9);
    const char *type = strcasestr(r->head, "\r\nContent-Type: ");
    if (type)
        sscanf(type + 16, "%63[^\r\n]", r->type);
    r->size = size - (size_t)(end + 4 - text);
    r->body = malloc(r->size + 1);
    memcpy(r->body, end + 4, r->size);
    r->body[r->size] = 0;
    if (strstr(r->type, "json") && !strstr(r->type, "ndjson"))
        r->json = json_loads(r->body, JSON_REJECT_DUPLICATES, NULL);
}

static reply receive(int file, int wait_ms)
{
    reply r = {0};
    size_t size = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    struct pollfd ready = {.fd = file, .events = POLLIN};
    while (poll(&ready, 1, wait_ms) > 0) {
        if (size + 4096 > capacity)
            text = realloc(text, capacity *= 2);
        const ssize_t got = read(file, text + size, capacity - size - 1);
        if (got <= 0)
            break;
        size += (size_t)got;
        text[size] = 0;
        if (is_whole(text, size))
            break;
    }
    if (size)
        take_apart(&r, text, size);
    free(text);
    return r;
}

static void send_all(int file, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        const ssize_t put = send(file, bytes + at, size - at, MSG_NOSIGNAL);
        if (put <= 0)
            break; // it was refused before the end
        at += (size_t)put;
    }
}

reply client_raw(const service *s, const void *bytes, size_t size, int wait_ms)
{
    const int file = client_connect(s);
    CHECK(file >= 0);
    send_all(file, bytes, size);
    reply r = receive(file, wait_ms);
    close(file);
    return r;
}

// The request's bytes, to be freed.
static char *write_bytes(
    const char *method, const char *path, const char *more, const char *key, const void *body, size_t size, size_t *out_size)
{
    char *text = malloc(size + 4096), authorization[128] = "", length[64] = "";
    if (key)
        snprintf(authorization, sizeof authorization, "Authorization: Bearer %s\r\n", key);
    if (body)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", size);
    const int head = snprintf(text, 4096, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", method, path, more, authorization, length);
    CHECK(head < 4096);
    if (body)
        memcpy(text + head, body, size);
    *out_size = (size_t)head + size;
    return text;
}

static char *write_request(const char *method, const char *path, const char *more, const char *key, const char *body, size_t *out_size)
{
    return write_bytes(method, path, more, key, body, body ? strlen(body) : 0, out_size);
}

reply client_send(const service *s, const char *method, const char *path, const char *key, const void *body, size_t size)
{
    size_t all;
    char *text = write_bytes(method, path, "Connection: close\r\n", key, body, size, &all);
    reply r = client_raw(s, text, all, 20000);
    free(text);
    return r;
}

reply client_ask(const service *s, const char *method, const char *path, const char *key, const char *body)
{
    size_t size;
    char *text = write_request(method, path, "Connection: close\r\n", key, body, &size);
    reply r = client_raw(s, text, size, 20000);
    free(text);
    return r;
}

reply client_on(int file, const char *method, const char *path, const char *key, const char *body)
{
    size_t size;
    char *text = write_request(method, path, "", key, body, &size);
    send_all(file, text, size);
    free(text);
    return receive(file, 20000);
}

const char *client_text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

void client_refused(const service *s, const char *method, const char *path, const char *body, int status, const char *field)
{
    reply r = client_ask(s, method, path, s->key, body);
    const char *found = client_text(json_array_get(json_object_get(r.json, "errors"), 0), "field");
    const bool right = r.status == status && strncmp(r.type, "application/problem+json", 24) == 0 && (!field || strcmp(found, field) == 0);
    if (!right)
        CHECK_NOTE("%s %s %s: %d, field \"%s\": %s", method, path, body ? body : "", r.status, found, r.body ? r.body : "");
    CHECK(right);
    client_free(&r);
}

void client_free(reply *r)
{
    free(r->body);
    json_decref(r->json);
    *r = (reply){0};
}
