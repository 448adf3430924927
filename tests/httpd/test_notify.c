// SPDX-License-Identifier: Apache-2.0
// tests/httpd/test_notify.c - the service manager's side of sd_notify: a socket in NOTIFY_SOCKET, and what arrives on it when
// the service starts, reads its keys anew, and stops.
#include "client.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static service town;

// A datagram socket bound to `name`, which stands in NOTIFY_SOCKET; '@' in front: abstract.
static int listen_as_manager(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(s >= 0 && strlen(name) < sizeof at.sun_path);
    memcpy(at.sun_path, name, strlen(name));
    if (name[0] == '@')
        at.sun_path[0] = 0;
    CHECK_EQ(bind(s, (const struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return s;
}

// The next datagram, "" when none comes in time.
static const char *hear(int s, char out[256], int wait_ms)
{
    struct pollfd ready = {.fd = s, .events = POLLIN};
    const ssize_t got = poll(&ready, 1, wait_ms) > 0 ? recv(s, out, 255, 0) : 0;
    out[got > 0 ? got : 0] = 0;
    return out;
}

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

// Start, reload, stop, as a manager hears it through the socket `name`.
static void hear_a_life(const char *name)
{
    enum { PATIENCE_MS = 90000 };
    char said[256];
    const int s = listen_as_manager(name);
    service_start(&town, NULL);
    CHECK_STR(hear(s, said, PATIENCE_MS), "READY=1");
    reply r = client_ask(&town, "GET", "/ready", NULL, NULL); // and it is
    CHECK_EQ(r.status, 200);
    client_free(&r);

    const long long before_us = now_us();
    kill(town.pid, SIGHUP);
    hear(s, said, PATIENCE_MS);
    long long told_us = 0;
    CHECK_EQ(sscanf(said, "RELOADING=1\nMONOTONIC_USEC=%lld", &told_us), 1);
    CHECK(told_us >= before_us && told_us <= now_us());
    CHECK_STR(hear(s, said, PATIENCE_MS), "READY=1");

    CHECK_EQ(service_stop(&town, SIGTERM), 0);
    CHECK_STR(hear(s, said, PATIENCE_MS), "STOPPING=1");
    CHECK_STR(hear(s, said, 0), ""); // nothing was said twice
    unsetenv("NOTIFY_SOCKET");
    close(s);
}

CHECK_TEST(a_manager_hears_of_start_reload_and_stop)
{
    CHECK_BEGIN();
    hear_a_life(check_path("notify"));
}

CHECK_TEST(a_socket_without_a_path_will_do)
{
    CHECK_BEGIN();
    char name[64];
    snprintf(name, sizeof name, "@attune-notify-%d", (int)getpid());
    hear_a_life(name);
}

// However fast they follow each other, also before the service waits for any: none ends it but SIGTERM, and that gracefully.
CHECK_TEST(a_hail_of_reloads_ends_nobody)
{
    CHECK_BEGIN();
    service_start(&town, NULL);
    for (int i = 0; i < 200; i++)
        CHECK_EQ(kill(town.pid, SIGHUP), 0);
    reply r = client_ask(&town, "GET", "/ready", NULL, NULL);
    CHECK_EQ(r.status, 200);
    client_free(&r);
    CHECK_EQ(service_stop(&town, SIGTERM), 0);
}

// Nobody listens, or the address is none: the service runs all the same.
CHECK_TEST(a_manager_that_is_not_there_stops_nobody)
{
    CHECK_BEGIN();
    static const char *const wrong[] = {"/nowhere/at-all", "not-an-address", "@", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("NOTIFY_SOCKET", wrong[i], 1);
        service_start(&town, NULL);
        CHECK_EQ(service_stop(&town, SIGTERM), 0);
    }
    unsetenv("NOTIFY_SOCKET");
}

static int begin(void **state)
{
    (void)state;
    service_make(&town, "notify.attune");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {CHECK_CASE(a_manager_hears_of_start_reload_and_stop),
        CHECK_CASE(a_socket_without_a_path_will_do), CHECK_CASE(a_hail_of_reloads_ends_nobody),
        CHECK_CASE(a_manager_that_is_not_there_stops_nobody)};
    return cmocka_run_group_tests_name(__FILE__, tests, begin, NULL);
}
