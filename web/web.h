/*
 * The web module as kernel/main.c sees it.
 *
 * web_init() needs the network (net_init) and the slab allocator; web_print_state() needs neither
 * the network nor a prior web_init().
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "kernel/lib/types.h"

/*
 * Makes the caches, reserves the memory for snapshots, and listens on net_http_port(). Called once,
 * after net_init() and before net_start(). Returns 0, or a negative errno after one log line that
 * names what could not be had; the rest of the system goes on without pages.
 */
int web_init(void);

/*
 * Prints the text of /proc/buddyinfo and the conservation line
 *	frames: SUM of RAM_PAGES pages of RAM accounted for
 * to the log, each at the start of a line: what a machine without a network has to show.
 */
void web_print_state(void);

#endif
