// SPDX-License-Identifier: Apache-2.0
// httpd/notify.c - tells the service manager how far the service is: sd_notify(3)'s protocol, without its library.
//
// NOTIFY_SOCKET names a datagram socket, by a path or, with '@' in front, in the abstract namespace. One datagram holds
// lines of KEY=VALUE. Without the variable nobody waits for word, and nothing is sent.
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// What to send, and where to; false: nobody asked, or the address is none.
static bool notify_address(struct sockaddr_un *out, socklen_t *out_size)
{
    const char *path = getenv("NOTIFY_SOCKET");
    const size_t size = path ? strlen(path) : 0;
    if (size < 2 || size >= sizeof out->sun_path || (path[0] != '/' && path[0] != '@'))
        return false;
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(out->sun_path, path, size);
    if (path[0] == '@')
        out->sun_path[0] = 0;
    *out_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    return true;
}

void httpd_notify(const httpd *server, const char *state)
{
    struct sockaddr_un address;
    socklen_t size;
    if (!notify_address(&address, &size))
        return;
    const int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0 || sendto(s, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, size) < 0)
        httpd_say(server, ATT_LOG_WARNING, "the service manager cannot be told: %s", strerror(errno));
    if (s >= 0)
        close(s);
}

void httpd_notify_reloading(const httpd *server)
{
    char state[80];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(httpd_now_ns() / 1000));
    httpd_notify(server, state);
}
