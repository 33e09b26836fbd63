/*
 * Which Host values are ours, and which Origins may ask. It keeps a page of a foreign name, made to
 * resolve to this machine (DNS rebinding), and scripts of foreign pages from reading what is here.
 *
 * Ours are: an IP literal, `localhost`, the name that DHCP gave, and the names of host=; each with
 * any port. Names are compared without regard to case; a dot at the end is ignored.
 */
#ifndef WEB_HOST_POLICY_H
#define WEB_HOST_POLICY_H

#include "kernel/lib/types.h"

enum host_verdict { HOST_OURS, HOST_FOREIGN, HOST_MALFORMED };

/* The names of host=NAME,NAME (NULL: none). The string stays the caller's and must stay. */
void host_policy_init(const char *names);

/* The name from DHCP, "" or NULL if there is none. The string must stay until the next call. */
void host_policy_set_dhcp_name(const char *name);

/* Judges the value of a Host field. */
enum host_verdict host_check(const char *host);

/* True if an Origin is that of this Host: http://HOST, compared without regard to case. */
bool origin_matches(const char *origin, const char *host);

#endif
