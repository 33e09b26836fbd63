/*
 * Hash chains: a head is one pointer, so that a table of them is half as large as one of list heads.
 *
 *	head ──► node ──► node ──► NULL		pprev of a node: the pointer that points to it
 *
 * A zeroed head is an empty chain; a zeroed node is on no chain.
 */
#ifndef KERNEL_LIB_HLIST_H
#define KERNEL_LIB_HLIST_H

#include "kernel/lib/types.h"

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define INIT_HLIST_HEAD(head) ((head)->first = NULL)

/* True if the node is on no chain. */
static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !n->pprev;
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	if (n->next)
		n->next->pprev = &n->next;
	h->first = n;
	n->pprev = &h->first;
}

/* Takes the node off its chain; no effect if it is on none. */
static inline void hlist_del_init(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	n->next = NULL;
	n->pprev = NULL;
}

#define hlist_for_each(pos, head) for (pos = (head)->first; pos; pos = pos->next)

#endif
