/*
 * Pieces of a text, and their framing. See pieces.h.
 *
 *	 SIZE CRLF  piece piece ... piece  CRLF   [ 0 CRLF CRLF ]
 *	|-- head --|                      |----- tail ---------|
 *
 * The size is written as four digits, since it is known only after the pieces.
 */
#include "web/pieces.h"

#include "kernel/time.h"

#define CHUNK_HEAD 6
#define CHUNK_TAIL 7

static void write_size(char *at, u32 size)
{
	struct writer w;

	w_init(&w, at, CHUNK_HEAD);
	w_hex(&w, size, 4);
	w_lit(&w, "\r\n");
}

u32 pieces_fill(struct pieces *pieces, char *buf, u32 bytes)
{
	u32 head = pieces->chunked ? CHUNK_HEAD : 0, tail = pieces->chunked ? CHUNK_TAIL : 0;
	u64 since = cycles_now() - pieces->cycles;
	struct writer w;

	if (bytes <= head + tail)
		return 0;
	w_init(&w, buf + head, bytes - head - tail);
	while (pieces->next) {
		struct piece_cursor before = pieces->cursor;
		char *end = w.pos;
		bool more;

		pieces->cursor.since_cycles = since;
		pieces->cursor.bytes = pieces->bytes + w_len(&w);
		more = pieces->next(&pieces->cursor, &w);
		if (w.lost) {
			pieces->cursor = before;
			w.pos = end;
			break;
		}
		if (!more)
			pieces->next = NULL;
		else if (pieces->end && w.pos == end)
			break;
	}
	pieces->bytes += w_len(&w);
	pieces->cycles = cycles_now() - since;
	if (w.pos == w.start || !pieces->chunked)
		return w_len(&w);
	write_size(buf, w_len(&w));
	w.start = buf;
	w.end += tail;
	w.lost = 0;
	w_lit(&w, "\r\n");
	if (!pieces->next)
		w_lit(&w, "0\r\n\r\n");
	return w_len(&w);
}
