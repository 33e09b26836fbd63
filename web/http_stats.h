/*
 * What the server has counted since it started.
 */
#ifndef WEB_HTTP_STATS_H
#define WEB_HTTP_STATS_H

#include "kernel/lib/types.h"

struct http_stats {
	u64 responses[6]; /* by class of status: [2] is 2xx */
	u64 accepted;	  /* connections */
	u64 evicted;	  /* idle connections closed to make room for a new one */
	u64 refused;	  /* connections there was no room for */
	u64 timeouts;	  /* connections that took too long over a request or an answer */
	u32 connections;  /* open now */
	u32 connections_max;
};

extern struct http_stats http_stats;

#endif
