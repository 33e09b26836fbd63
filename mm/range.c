/*
 * Range lists (W-100, W §9.2.1.3 and §9.2.1.4).
 *
 * subtract_range distinguishes four cases; the record is [s, e), what is taken [a, b):
 *
 *      covered         overlap at start    overlap at end      strictly inside
 *       s [####) e      s [#######) e      s [#######) e      s [##########) e
 *      a [######) b   a [####) b               a [####) b        a [###) b
 *      -> unused        b [###) e          s [###) a          s [#) a   b [##) e
 *                                                             (second part: a free record)
 *
 * Departure from 2.6.34: when every record of a list is in use, clean_sort_range there returns 0,
 * because the count is only set when a free record is met. Here the count starts at the capacity.
 */
#include "mm/range.h"

#include "kernel/lib/sort.h"
#include "kernel/printk.h"

static bool unused(const struct range *r)
{
	return !r->end;
}

int add_range(struct range *list, int capacity, int used, u64 start, u64 end)
{
	if (start >= end || used >= capacity)
		return used;
	list[used] = (struct range){ start, end };
	return used + 1;
}

static struct range *find_unused(struct range *list, int capacity)
{
	for (int i = 0; i < capacity; i++)
		if (unused(&list[i]))
			return &list[i];
	return NULL;
}

void subtract_range(struct range *list, int capacity, u64 start, u64 end)
{
	if (start >= end)
		return;
	for (int i = 0; i < capacity; i++) {
		struct range *r = &list[i], *upper;

		if (unused(r) || start >= r->end || end <= r->start)
			continue;
		if (start <= r->start && end >= r->end) {
			*r = (struct range){ 0, 0 };
		} else if (start <= r->start) {
			r->start = end;
		} else if (end >= r->end) {
			r->end = start;
		} else {
			upper = find_unused(list, capacity);
			if (upper)
				*upper = (struct range){ end, r->end };
			else
				pr_err("range: no record left for [%#llx, %#llx): these frames are lost",
				       end, r->end);
			r->end = start;
		}
	}
}

static int by_start(const void *a, const void *b)
{
	u64 x = ((const struct range *)a)->start, y = ((const struct range *)b)->start;

	return x < y ? -1 : x > y;
}

int clean_sort_range(struct range *list, int capacity)
{
	int count = capacity, k = capacity - 1;

	/* Fill each hole from the front with the last used record from the back. */
	for (int i = 0; i < capacity; i++) {
		if (!unused(&list[i]))
			continue;
		while (k > i && unused(&list[k]))
			k--;
		if (k <= i) {
			count = i;
			break;
		}
		list[i] = list[k];
		list[k--] = (struct range){ 0, 0 };
	}
	sort(list, (size_t)count, sizeof(list[0]), by_start);
	return count;
}
