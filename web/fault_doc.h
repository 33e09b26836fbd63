/*
 * Fault injection as the network has it: JSON (docs/soak.md).
 */
#ifndef WEB_FAULT_DOC_H
#define WEB_FAULT_DOC_H

#include "mm/fault_inject.h"
#include "web/json.h"
#include "web/json_in.h"

/* Reads failslab (`slab`) or fail_page_alloc. False: one line in in->error says what is wrong. */
bool fault_attr_read(struct json_in *in, struct fault_attr *attr, bool slab);

/* By enum fault_class. */
extern const char *const fault_class_names[FAULT_CLASSES];

/* api_fault.c: a member, the places in the code that met a failure, as an array. */
void j_fault_sites(struct json *j, const char *key, const struct fault_attr *attr);

#endif
