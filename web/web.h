/*
 * The web module as kernel/main.c sees it.
 *
 * web_init() needs lwIP and the slab allocator; web_print_state() needs neither the network nor a
 * prior web_init().
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "kernel/lib/types.h"

/*
 * Makes the caches, reserves the memory for snapshots, and listens on TCP port web_port(). Called
 * once, after lwip_init(). Returns 0, or a negative errno after one log line that names what could
 * not be had; the rest of the system goes on without pages.
 */
int web_init(void);

/*
 * The port from port= (80 if not given; a bad value gives one log line and 80). Valid before
 * web_init(), for the ready line.
 */
u16 web_port(void);

/*
 * Prints the text of /proc/buddyinfo and the conservation line
 *	frames: SUM of RAM_PAGES pages of RAM accounted for
 * to the log, each at the start of a line: what a machine without a network has to show.
 */
void web_print_state(void);

#endif
