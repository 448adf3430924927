// SPDX-License-Identifier: Apache-2.0
// httpd/socket.c - the shared port: one listening socket for each worker, and a look whether somebody else has it.
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} socket_address;

// A socket for this address, of which *at takes what to bind it to.
static att_status open_socket(const char *address, uint16_t port, int flags, socket_address *at, socklen_t *size, int *out, att_error *err)
{
    *at = (socket_address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    *size = sizeof at->v6;
    if (inet_pton(AF_INET6, address, &at->v6.sin6_addr) != 1) {
        *at = (socket_address){.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
        *size = sizeof at->v4;
        if (inet_pton(AF_INET, address, &at->v4.sin_addr) != 1)
            return httpd_fail(err, ATT_INVALID, "\"%s\" is not an IPv4 or IPv6 address", address);
    }
    const int one = 1;
    *out = socket(at->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (*out < 0)
        return httpd_fail(err, ATT_IO, "opening a socket: %s", strerror(errno));
    setsockopt(*out, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return ATT_OK;
}

static att_status no_listening(const char *address, uint16_t port, int why, att_error *err)
{
    return httpd_fail(err, why == EADDRINUSE ? ATT_BUSY : ATT_IO, "listening on %s port %u: %s", address, port, strerror(why));
}

att_status httpd_listen(const char *address, uint16_t *port, int *out, att_error *err)
{
    socket_address at;
    socklen_t size;
    const int one = 1;
    const att_status status = open_socket(address, *port, SOCK_NONBLOCK, &at, &size, out, err);
    if (status)
        return status;
    setsockopt(*out, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(*out, &at.any, size) != 0 || listen(*out, 1024) != 0)
        return no_listening(address, *port, errno, err);
    if (getsockname(*out, &at.any, &size) == 0)
        *port = ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
    return ATT_OK;
}

att_status httpd_port_is_free(const char *address, uint16_t port, att_error *err)
{
    socket_address at;
    socklen_t size;
    int s = -1;
    if (!port)
        return ATT_OK;
    const att_status status = open_socket(address, port, 0, &at, &size, &s, err);
    if (status)
        return status;
    const int why = bind(s, &at.any, size) != 0 ? errno : 0;
    close(s);
    return why ? no_listening(address, port, why, err) : ATT_OK;
}
