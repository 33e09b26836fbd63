/*
 * Reading what is to fail. See fault_doc.h.
 */
#include "web/fault_doc.h"

#include <stddef.h>

const char *const fault_class_names[FAULT_CLASSES] = { "any", "net", "web" };

static bool read_class(struct json_in *in, void *structure)
{
	u32 which;

	if (!json_in_choice(in, fault_class_names, FAULT_CLASSES, &which))
		return false;
	((struct fault_attr *)structure)->class = (u8)which;
	return true;
}

#define NUMBER(name, least, most) JSON_FIELD(#name, JSON_U32, struct fault_attr, name, least, most)
#define BOOL(name) JSON_FIELD(#name, JSON_BOOL, struct fault_attr, name, 0, 0)
#define NAME(name) JSON_FIELD(#name, JSON_STRING, struct fault_attr, name, 0, FAULT_NAME_BYTES)
#define ORDER(name) JSON_FIELD(#name, JSON_U8, struct fault_attr, name, 0, FAULT_ORDERS - 1)

enum { SLAB_ONLY = 8, PAGES_ONLY };

bool fault_attr_read(struct json_in *in, struct fault_attr *attr, bool slab)
{
	static const struct json_member members[] = {
		NUMBER(interval, 1, 0xffffffffu),
		NUMBER(probability, 0, 100),
		NUMBER(after, 0, 0xffffffffu),
		NUMBER(times, 0, 0xffffffffu),
		NUMBER(space, 0, 0xffffffffu),
		JSON_READ("class", read_class),
		NAME(owner),
		BOOL(ignore_gfp_wait),
		[SLAB_ONLY] = NAME(cache),
		[PAGES_ONLY] = ORDER(min_order),
		ORDER(max_order),
		BOOL(ignore_gfp_highmem),
	};
	u32 seen;

	*attr = (struct fault_attr)FAULT_ATTR_DEFAULT;
	if (!json_in_object(in, members, ARRAY_SIZE(members), attr, &seen))
		return false;
	if (slab ? seen >> PAGES_ONLY : seen >> SLAB_ONLY & 1)
		return json_in_error(in, "failslab has \"cache\", fail_page_alloc has orders");
	return attr->min_order <= attr->max_order ||
	       json_in_error(in, "min_order %u is above max_order %u", attr->min_order,
			     attr->max_order);
}
