/*
 * Texts that are rendered piece by piece while they are sent.
 *
 * A long text about what no longer changes (how the machine came up) needs no snapshot: it is
 * rendered straight from the records, as much at a time as the transport takes, into the request's
 * own buffer. A cursor says where it goes on; nothing else is kept, and no slot is taken, so that
 * such an answer is never refused for want of memory and never holds the loop for long.
 *
 * The length is not known beforehand: HTTP/1.1 gets chunks (RFC 9112 7.1), HTTP/1.0 the end of the
 * connection.
 */
#ifndef WEB_PIECES_H
#define WEB_PIECES_H

#include "web/writer.h"

/* Where a text has got to; all zero is its beginning. What the fields mean is the text's. */
struct piece_cursor {
	u16 part, index, step;
	bool comma; /* of the JSON writer, between two pieces */
	u32 at;
	/* Of the whole text, set anew for each piece: its bytes before this one, and what cycles_now() less
	 * the cycles of rendering it would be. */
	u32 bytes;
	u64 since_cycles;
};

/* The most that one piece may write, in bytes. */
#define PIECE_MAX 1200

/*
 * Writes the piece at the cursor and moves it to the next; false: that was the last one. A piece
 * that did not fit is asked for again, so that nothing but the cursor may change. A piece of a text
 * without end that writes nothing has nothing to say at this moment.
 */
typedef bool (*render_piece)(struct piece_cursor *cursor, struct writer *w);

/* To the next step of an item, and to the next item's first; true: there are more pieces. */
static inline bool piece_next_step(struct piece_cursor *cursor)
{
	cursor->step++;
	cursor->at = 0;
	return true;
}

static inline bool piece_next_item(struct piece_cursor *cursor)
{
	cursor->index++;
	cursor->step = 0;
	cursor->at = 0;
	return true;
}

struct pieces {
	render_piece next; /* NULL: none, or all of them were rendered */
	/* For texts that have a state beside the cursor; NULL where there is none. again: what was
	 * rendered last has not left and is lost; end: nobody wants the text any more. */
	void (*again)(struct piece_cursor *cursor);
	void (*end)(struct piece_cursor *cursor);
	struct piece_cursor cursor;
	bool chunked;
	u32 bytes;  /* rendered so far, without framing */
	u64 cycles; /* that took */
};

/* True if the text is one that goes on for as long as somebody listens. */
static inline bool pieces_endless(const struct pieces *pieces)
{
	return pieces->next && pieces->end;
}

/* Nobody wants the rest. */
static inline void pieces_drop(struct pieces *pieces)
{
	if (pieces->end)
		pieces->end(&pieces->cursor);
	*pieces = (struct pieces){ 0 };
}

/* Puts as many whole pieces as fit into buf, framed if they are chunked. Returns the bytes; 0 if not
 * even one fits. */
u32 pieces_fill(struct pieces *pieces, char *buf, u32 bytes);

#endif
