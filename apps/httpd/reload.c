// SPDX-License-Identifier: Apache-2.0
// httpd/reload.c - keys, certificate and policy are read anew while requests go on.
//
// Each is whole or not taken: a file that cannot be used leaves what was there before, and the log says why.
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)1 << 20)

static att_status read_whole(const char *path, char **out, att_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return httpd_fail(err, ATT_NOT_FOUND, "opening %s: %s", path, strerror(errno));
    char *text = malloc(FILE_SIZE_MAX + 1);
    const size_t size = text ? fread(text, 1, FILE_SIZE_MAX + 1, file) : 0;
    fclose(file);
    if (!size || size > FILE_SIZE_MAX) {
        free(text);
        return httpd_fail(err, ATT_INVALID, size ? "%s has more than 1 MiB" : "%s is empty or cannot be read", path);
    }
    text[size] = 0;
    *out = text;
    return ATT_OK;
}

// --- The certificate --------------------------------------------------------------------------------------------

static enum MHD_Result answer_nothing(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **state)
{
    (void)user, (void)connection, (void)url, (void)method, (void)version, (void)data, (void)size, (void)state;
    return MHD_NO;
}

static void log_nothing(void *user, const char *format, va_list args)
{
    (void)user, (void)format, (void)args;
}

// A daemon that listens nowhere is started with the pair, so that workers meet only what works.
static bool is_pair(char *certificate, char *private_key)
{
    struct MHD_Daemon *probe = MHD_start_daemon(MHD_USE_TLS | MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer_nothing, NULL,
        MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, MHD_OPTION_HTTPS_MEM_CERT, certificate, MHD_OPTION_HTTPS_MEM_KEY, private_key,
        MHD_OPTION_END);
    if (probe)
        MHD_stop_daemon(probe);
    return probe != NULL;
}

att_status httpd_read_certificate(httpd *server, att_error *err)
{
    const httpd_options *options = &server->options;
    char *certificate = NULL, *private_key = NULL;
    if (!options->certificate_path)
        return ATT_OK;
    att_status status = read_whole(options->certificate_path, &certificate, err);
    if (!status)
        status = read_whole(options->private_key_path, &private_key, err);
    if (!status && !is_pair(certificate, private_key))
        status = httpd_fail(err, ATT_INVALID, "%s and %s are not a certificate and its key in PEM", options->certificate_path,
            options->private_key_path);
    pthread_mutex_lock(&server->tls_lock);
    const bool same = !status && server->certificate && strcmp(server->certificate, certificate) == 0 &&
                      strcmp(server->private_key, private_key) == 0;
    if (!status && !same) {
        char *const old[] = {server->certificate, server->private_key};
        server->certificate = certificate;
        server->private_key = private_key;
        certificate = old[0];
        private_key = old[1];
        __atomic_fetch_add(&server->certified, 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&server->tls_lock);
    free(certificate);
    free(private_key);
    return status;
}

// --- The policy -------------------------------------------------------------------------------------------------

static char *policy_text(const att_policy *policy)
{
    const size_t size = att_policy_write(policy, NULL, 0);
    char *text = malloc(size + 1);
    if (text)
        att_policy_write(policy, text, size + 1);
    return text;
}

att_status httpd_read_policy(httpd *server, att_error *err)
{
    const char *path = server->options.policy_path;
    httpd_tenant *tenant = &server->tenants[0];
    char *yaml = NULL;
    if (!path)
        return ATT_OK;
    att_status status = read_whole(path, &yaml, err);
    if (status)
        return status;
    const att_policy before = att_engine_policy(tenant->engine);
    att_policy policy = att_policy_default(); // the file says all that differs from it
    status = att_policy_parse(&policy, att_text_of(yaml), path, &server->host, err);
    char *old = policy_text(&before), *fresh = policy_text(&policy);
    if (!status && (!old || !fresh))
        status = httpd_fail(err, ATT_NO_MEMORY, "out of memory for the policy");
    if (!status && strcmp(old, fresh) != 0)
        status = att_engine_policy_set(tenant->engine, &policy, err);
    free(old);
    free(fresh);
    free(yaml);
    return status;
}

// --- All --------------------------------------------------------------------------------------------------------

static void tell(const httpd *server, const char *what, att_status status, const att_error *err)
{
    if (status)
        httpd_say(server, ATT_LOG_ERROR, "%s stays as it was: %s", what, err->text);
    else
        httpd_say(server, ATT_LOG_INFO, "%s was read anew", what);
}

void httpd_reload(httpd *server)
{
    att_error err = {0};
    if (server->keys)
        tell(server, "the key file", httpd_keys_reload(server->keys, &err), &err);
    if (server->options.certificate_path)
        tell(server, "the certificate", httpd_read_certificate(server, &err), &err);
    if (server->options.policy_path && __atomic_load_n(&server->ready, __ATOMIC_ACQUIRE))
        tell(server, "the policy", httpd_read_policy(server, &err), &err);
}
