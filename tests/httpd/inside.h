// SPDX-License-Identifier: Apache-2.0
// tests/httpd/inside.h - the service on a thread of the test, so that the test has its clock and its log, and a checker sees all threads.
#ifndef ATT_TESTS_HTTPD_INSIDE_H
#define ATT_TESTS_HTTPD_INSIDE_H

#include "client.h"
#include "httpd/serve.h"

#include <pthread.h>

typedef struct inside {
    service *s; // its port is set
    httpd_store store;
    httpd_options options; // after inside_init: change what is wanted, then inside_start
    pthread_t thread;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t moved;
    bool ready;
    att_status status;
    int64_t ahead_ms; // of the real clock
    char *log;        // every line that was logged
    size_t log_size;
} inside;

void inside_init(inside *in, service *s);
void inside_start(inside *in);
void inside_clock(inside *in, int64_t ahead_ms);
int64_t inside_now_ms(inside *in);
void inside_signal(inside *in, int signal);
void inside_stop(inside *in); // as SIGTERM does

#endif
