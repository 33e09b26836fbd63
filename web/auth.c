/*
 * The token, and the way in for requests that change state. See auth.h.
 */
#include "web/auth.h"

#include <string.h>

#include "web/route.h"

static const char *token = "";
static u32 token_len;

/* Every byte that was sent is compared with one of the token, whatever the ones before it said. */
static bool same_token(const char *given)
{
	u32 len = strlen(given), diff = len ^ token_len;

	for (u32 i = 0; i < len; i++)
		diff |= (u8)given[i] ^ (u8)token[min(i, token_len)];
	return !diff;
}

u16 auth_check(const char *authorization, const char **reason)
{
	static const char scheme[] = "Bearer ";

	if (!token_len) {
		*reason = "changing state is not enabled: boot with token=SECRET and send "
			  "\"Authorization: Bearer SECRET\"";
		return 403;
	}
	if (!*authorization) {
		*reason = "this changes state: send \"Authorization: Bearer TOKEN\" with the token "
			  "from the kernel's command line (token=)";
		return 401;
	}
	if (strncasecmp(authorization, scheme, sizeof(scheme) - 1)) {
		*reason = "the Authorization is not \"Bearer TOKEN\"";
		return 401;
	}
	authorization += sizeof(scheme) - 1;
	authorization += strspn(authorization, " ");
	if (!same_token(authorization)) {
		*reason = "this is not the token of the kernel's command line";
		return 401;
	}
	return 0;
}

/*
 * Decides about a request whose head is complete, before any byte of its body is kept: one that
 * changes state needs the token, and its body a route that wants it. The value of the field is
 * overwritten.
 */
static void admit(struct http_request *req, u64 length)
{
	char *given = (char *)request_field(req, FIELD_AUTHORIZATION);
	const struct route *route = NULL;
	const char *reason;
	u16 status = 0;

	if (!req->status && req->method & (METHOD_POST | METHOD_PUT | METHOD_DELETE)) {
		route = route_find(req->path, req->path_len);
		if (route && route->methods & req->method)
			status = auth_check(given, &reason);
		else
			route = NULL; /* answered with 404 or 405 */
	}
	memset(given, 'x', strlen(given));
	if (status) {
		req->status = status;
		req->reason = reason;
	} else if (route && route->body && (length || req->method != METHOD_DELETE)) {
		req->body = route->body;
		route->body->begin(req, length);
	}
}

void auth_init(const char *value)
{
	token = value;
	token_len = strlen(value);
	request_admit_by(admit);
}
