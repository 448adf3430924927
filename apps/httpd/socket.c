// SPDX-License-Identifier: Apache-2.0
// httpd/socket.c - the shared port: one listening socket for each worker, and a look whether somebody else has it.
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

att_status httpd_listen(const char *address, uint16_t *port, int *out, att_error *err)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
    const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return httpd_fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    const int one = 1;
    const int s = *out = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return httpd_fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    const struct sockaddr *at = is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    if (bind(s, at, size) != 0 || listen(s, 1024) != 0)
        return httpd_fail(err, errno == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, *port, strerror(errno));
    struct sockaddr_storage bound;
    size = sizeof bound;
    if (getsockname(s, (struct sockaddr *)&bound, &size) == 0)
        *port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&bound)->sin6_port : ((struct sockaddr_in *)&bound)->sin_port);
    return ATT_OK;
}

// Somebody else's service on the same port would share our requests: SO_REUSEPORT lets it. So we look first.
att_status httpd_port_is_free(const char *address, uint16_t port, att_error *err)
{
    if (!port)
        return ATT_OK;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    const bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
    if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
        return httpd_fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    const int one = 1;
    const int s = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return httpd_fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const int bad = bind(s, is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4, is_v6 ? sizeof v6 : sizeof v4);
    const int why = errno;
    close(s);
    return bad ? httpd_fail(err, why == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, port, strerror(why))
               : ATT_OK;
}
