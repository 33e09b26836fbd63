/*
 * A writer for Prometheus' text format 0.0.4: a family's HELP and TYPE lines, then its series, all
 * of one family together. Label values are escaped (backslash, quote, newline).
 *
 *	prom_family(w, "node_buddyinfo_blocks", "gauge", "Count of free blocks according to size.");
 *	s = prom_series(w, "node_buddyinfo_blocks"); prom_label(&s, "zone", "DMA"); prom_value(&s, 7);
 */
#ifndef WEB_PROM_H
#define WEB_PROM_H

#include "web/writer.h"

void prom_family(struct writer *w, const char *name, const char *type, const char *help);

/* One series: its name, then its labels in any number, then its value. */
struct prom_series {
	struct writer *w;
	bool labels; /* a brace is open */
};

struct prom_series prom_series(struct writer *w, const char *name);
void prom_label(struct prom_series *s, const char *label, const char *value);
void prom_label_u32(struct prom_series *s, const char *label, u32 value);
void prom_value(struct prom_series *s, u64 value);
/* value / 10^decimals, e.g. milliseconds as seconds with 3. */
void prom_value_decimal(struct prom_series *s, u64 value, u32 decimals);

/* A family of one series without labels. */
void prom_single(struct writer *w, const char *name, const char *type, const char *help, u64 value);

#endif
