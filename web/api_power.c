/*
 * POST /api/v1/reboot and /api/v1/poweroff: what is asked for happens a moment after the answer.
 */
#include "kernel/power.h"
#include "web/json.h"
#include "web/route.h"

static int request(enum power_action action, const char *what, struct writer *w)
{
	const char *error = power_request(action);
	struct json j;

	if (error) {
		w_str(w, error);
		return 501;
	}
	j_begin(&j, w);
	j_object(&j, NULL);
	j_str(&j, "action", what);
	j_u32(&j, "in_ms", POWER_DELAY_MS);
	j_end_object(&j);
	w_char(w, '\n');
	return 202;
}

int api_reboot(struct http_request *req, struct writer *w)
{
	(void)req;
	return request(POWER_REBOOT, "reboot", w);
}

int api_poweroff(struct http_request *req, struct writer *w)
{
	(void)req;
	return request(POWER_OFF, "poweroff", w);
}
