/*
 * Posting one text to an HTTP server elsewhere: the verdict of a job from the command line.
 */
#ifndef WEB_TCP_POST_H
#define WEB_TCP_POST_H

#include "kernel/lib/types.h"

/*
 * Where to: "http://A.B.C.D[:PORT]/PATH", "http://" may be left out. Tries up to five times, two
 * seconds apart, ten seconds each; says in the log how it ended, then calls done(text). One at a
 * time. Returns 0, -EINVAL (no such address) or -EBUSY. => text stays until done is called
 */
int tcp_post(const char *url, const char *text, u32 len, void (*done)(const char *text));

#endif
