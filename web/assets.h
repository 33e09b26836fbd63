/*
 * The table of static pages, made at build time from what web/ui/ builds (tools/pack-assets.mjs).
 * A path may be there twice, identity and gzip; entries are sorted by path.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include "kernel/lib/types.h"

struct asset {
	const char *path; /* "/", "/app.js": index.html stands for its folder */
	const char *content_type;
	const u8 *data; /* in .rodata: sent by reference */
	u32 size_bytes;
	const char *etag; /* with its quotes; a hash of data */
	bool gzip;	  /* data is gzip-compressed */
};

extern const struct asset assets[];
extern const u32 asset_count;

/* What the content security policy allows as style: 'self', and the hash of the style in index.html. */
extern const char asset_style_src[];

#endif
