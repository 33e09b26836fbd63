/*
 * Bodies that are kept as a text: the documents of the soak API.
 *
 * The memory is taken when the body begins, as long as it says it is (with chunks: as long as it may
 * be), and given back when the connection goes on to its next request or ends. Only a request whose
 * token was found right comes this far.
 */
#include "mm/slab.h"
#include "web/route.h"

static void begin(struct http_request *req, u64 length)
{
	u32 room = length < BODY_TEXT_MAX ? (u32)length : BODY_TEXT_MAX;

	req->kept.text.at = NULL;
	req->kept.text.len = 0;
	req->kept.text.room = room;
	if (length > BODY_TEXT_MAX && length != BODY_LENGTH_UNKNOWN) {
		request_refuse_body(req, 413, "a document is at most 16384 bytes long");
		return;
	}
	req->kept.text.at = kmalloc(room + 1, GFP_KERNEL | __GFP_NOWARN);
	if (!req->kept.text.at)
		request_refuse_body(req, 503, "no memory is free for the document");
	else
		req->kept.text.at[0] = '\0';
}

static void data(struct http_request *req, const char *at, u32 len)
{
	char *text = req->kept.text.at;

	if (len > req->kept.text.room - req->kept.text.len) {
		request_refuse_body(req, 413, "a document is at most 16384 bytes long");
		return;
	}
	if (memchr(at, '\0', len)) { /* the text would end there */
		request_refuse_body(req, 400, "a document has no byte that is 0");
		return;
	}
	memcpy(text + req->kept.text.len, at, len);
	req->kept.text.len += len;
	text[req->kept.text.len] = '\0';
}

static void drop(struct http_request *req)
{
	kfree(req->kept.text.at);
	req->kept.text.at = NULL;
}

const struct body_ops body_text = { .begin = begin, .data = data, .drop = drop };
