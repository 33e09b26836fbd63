/*
 * Who may change state: whoever sends the token of the kernel's command line (RFC 6750).
 *
 * The comparison takes as long for a wrong token as for the right one; what it takes depends only
 * on the length that the client sent.
 */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include "web/request.h"

/* The token, which stays; "" if none was given: then nobody may change state. From now on requests
 * are judged when their head is complete, before any byte of a body is kept. */
void auth_init(const char *token);

/* Judges the value of an Authorization field: 0, or the status it deserves with the reason. */
u16 auth_check(const char *authorization, const char **reason);

#endif
