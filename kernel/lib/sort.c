/*
 * Heap sort (see sort.h). The heap is the array itself: the children of element i are 2i + 1 and
 * 2i + 2, and a parent is never less than its children.
 */
#include "kernel/lib/sort.h"

struct sort_array {
	u8 *base;
	size_t size;
	int (*cmp)(const void *, const void *);
};

static void *element(const struct sort_array *a, size_t i)
{
	return a->base + i * a->size;
}

static void swap_elements(const struct sort_array *a, size_t i, size_t j)
{
	u8 *p = element(a, i), *q = element(a, j);

	for (size_t n = 0; n < a->size; n++) {
		u8 t = p[n];

		p[n] = q[n];
		q[n] = t;
	}
}

/* Restores the heap below element `i`, in the first n elements. */
static void sift_down(const struct sort_array *a, size_t i, size_t n)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			return;
		if (child + 1 < n && a->cmp(element(a, child), element(a, child + 1)) < 0)
			child++;
		if (a->cmp(element(a, i), element(a, child)) >= 0)
			return;
		swap_elements(a, i, child);
		i = child;
	}
}

void sort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	struct sort_array a = { base, size, cmp };

	for (size_t i = n / 2; i-- > 0;)
		sift_down(&a, i, n);
	for (size_t end = n; end-- > 1;) {
		swap_elements(&a, 0, end);
		sift_down(&a, 0, end);
	}
}
