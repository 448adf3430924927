// SPDX-License-Identifier: Apache-2.0
// httpd/routes.h - handlers by topic, and what they share.
#ifndef ATT_HTTPD_ROUTES_H
#define ATT_HTTPD_ROUTES_H

#include "httpd.h"

// Shapes of answers that several routes give (shapes.c).
extern const shape httpd_shape_slate, httpd_shape_explanation, httpd_shape_person, httpd_shape_item, httpd_shape_items,
    httpd_shape_event, httpd_shape_added, httpd_shape_ingested, httpd_shape_request, httpd_shape_explain, httpd_shape_control,
    httpd_shape_controlled, httpd_shape_forgotten, httpd_shape_health, httpd_shape_ready, httpd_shape_takedown, httpd_shape_taken,
    httpd_shape_policy, httpd_shape_policy_checked, httpd_shape_item_query, httpd_shape_problem, httpd_shape_status;

void httpd_write_slate(httpd_out *o, const att_slate *slate);
// Made when it is first needed; false: answered with a problem.
bool httpd_need_slate_memory(httpd_exchange *x);

void httpd_health(httpd_exchange *x);
void httpd_ready(httpd_exchange *x);
void httpd_metrics(httpd_exchange *x);
void httpd_document(httpd_exchange *x);
void httpd_status(httpd_exchange *x);

void httpd_event_post(httpd_exchange *x);
void httpd_events_batch(httpd_exchange *x);

void httpd_decision_post(httpd_exchange *x);
void httpd_explain(httpd_exchange *x);

void httpd_person_get(httpd_exchange *x);
void httpd_person_control(httpd_exchange *x);
void httpd_person_export(httpd_exchange *x);
void httpd_person_forget(httpd_exchange *x);

void httpd_items_get(httpd_exchange *x);
void httpd_item_get(httpd_exchange *x);
void httpd_item_put(httpd_exchange *x);
void httpd_items_batch(httpd_exchange *x);
void httpd_item_takedown(httpd_exchange *x);

void httpd_policy_get(httpd_exchange *x);
void httpd_policy_put(httpd_exchange *x);
void httpd_policy_check(httpd_exchange *x);

#endif
