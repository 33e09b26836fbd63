/*
 * Soak documents as the network, the command line and the profiles have them: JSON (docs/soak.md).
 */
#ifndef WEB_SOAK_DOC_H
#define WEB_SOAK_DOC_H

#include "mm/soak.h"
#include "web/json_in.h"

/*
 * Reads a document, on top of the profile that it names. False: one line in `error` that says which
 * value is wrong and what was expected.
 */
bool soak_doc_read(struct soak_doc *doc, const char *text, struct writer *error);

/* Where in its document a source stands: "phases[1].allocate[0]". Returns the length. */
u32 soak_doc_place(const struct soak_source *s, char *buf, u32 bytes);

/* Starts a job from a document. Returns an HTTP status; from 400 on the reason is in w. api_soak.c */
int soak_begin(const char *text, struct writer *w);
/* Everything that a job has found, as one JSON object and a line end. */
void soak_verdict(struct writer *w, const struct soak_job *job);

struct soak_profile {
	const char *name;
	const char *shows;    /* one line */
	const char *document; /* JSON */
};

extern const struct soak_profile soak_profiles[];
extern const u32 soak_profile_count;

#endif
