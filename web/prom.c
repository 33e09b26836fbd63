/*
 * The Prometheus text writer. See prom.h for the contract.
 */
#include "web/prom.h"

void prom_family(struct writer *w, const char *name, const char *type, const char *help)
{
	w_lit(w, "# HELP ");
	w_str(w, name);
	w_char(w, ' ');
	w_str(w, help);
	w_lit(w, "\n# TYPE ");
	w_str(w, name);
	w_char(w, ' ');
	w_str(w, type);
	w_char(w, '\n');
}

struct prom_series prom_series(struct writer *w, const char *name)
{
	w_str(w, name);
	return (struct prom_series){ .w = w, .labels = false };
}

static void label_name(struct prom_series *s, const char *label)
{
	w_char(s->w, s->labels ? ',' : '{');
	s->labels = true;
	w_str(s->w, label);
	w_lit(s->w, "=\"");
}

void prom_label(struct prom_series *s, const char *label, const char *value)
{
	label_name(s, label);
	for (; *value; value++) {
		if (*value == '\n') {
			w_lit(s->w, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			w_char(s->w, '\\');
		w_char(s->w, *value);
	}
	w_char(s->w, '"');
}

void prom_label_u32(struct prom_series *s, const char *label, u32 value)
{
	label_name(s, label);
	w_u32(s->w, value, 0);
	w_char(s->w, '"');
}

static void before_value(struct prom_series *s)
{
	if (s->labels)
		w_char(s->w, '}');
	w_char(s->w, ' ');
}

void prom_value(struct prom_series *s, u64 value)
{
	before_value(s);
	w_u64(s->w, value, 0);
	w_char(s->w, '\n');
}

void prom_value_decimal(struct prom_series *s, u64 value, u32 decimals)
{
	u32 scale = 1;
	u32 part;

	for (u32 i = 0; i < decimals; i++)
		scale *= 10;
	part = (u32)(value % scale);
	before_value(s);
	w_u64(s->w, value / scale, 0);
	w_char(s->w, '.');
	for (scale /= 10; scale; scale /= 10)
		w_char(s->w, (char)('0' + part / scale % 10));
	w_char(s->w, '\n');
}

void prom_single(struct writer *w, const char *name, const char *type, const char *help, u64 value)
{
	struct prom_series s;

	prom_family(w, name, type, help);
	s = prom_series(w, name);
	prom_value(&s, value);
}
