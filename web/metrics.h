/*
 * The parts of /metrics.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "web/writer.h"

/* Everything, as the route serves it. */
void metrics(struct writer *w);

/* metrics_net.c: the NIC, the stack, its pools; nothing without a network. */
void metrics_net(struct writer *w);

#endif
