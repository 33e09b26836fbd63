/*
 * Intrusive doubly linked circular lists.
 *
 * A list is a ring of `struct list_head`. One of them is the head; every other one is embedded in
 * an element, which list_entry() finds from it. An empty list is a head that points to itself.
 * All operations but list_empty, the iterators and list_count are O(1) and cannot fail.
 *
 *	head <-> a <-> b <-> c <-> head        head.next is the first, head.prev the last
 *
 * list_del() leaves LIST_POISON1 and LIST_POISON2 in the removed element (W-101, golden-values):
 * both lie in unmapped pages, so that using a removed element faults at a recognisable address.
 * No locks: interrupt handlers touch no list.
 */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include "kernel/lib/types.h"

#define LIST_POISON1 ((struct list_head *)0x00100100)
#define LIST_POISON2 ((struct list_head *)0x00200200)

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

/* Makes `head` an empty list (or an element that is on no list, and may be list_del'ed). */
static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void __list_add(struct list_head *item, struct list_head *prev,
			      struct list_head *next)
{
	next->prev = item;
	item->next = next;
	item->prev = prev;
	prev->next = item;
}

/* Puts `item` first. => item is on no list */
static inline void list_add(struct list_head *item, struct list_head *head)
{
	__list_add(item, head, head->next);
}

/* Puts `item` last. => item is on no list */
static inline void list_add_tail(struct list_head *item, struct list_head *head)
{
	__list_add(item, head->prev, head);
}

/* Unlinks what lies between prev and next. */
static inline void __list_del(struct list_head *prev, struct list_head *next)
{
	next->prev = prev;
	prev->next = next;
}

/* Takes `item` off its list and poisons its links. => item is on a list */
static inline void list_del(struct list_head *item)
{
	__list_del(item->prev, item->next);
	item->next = LIST_POISON1;
	item->prev = LIST_POISON2;
}

/* Takes `item` off its list and leaves it a valid empty one. */
static inline void list_del_init(struct list_head *item)
{
	__list_del(item->prev, item->next);
	INIT_LIST_HEAD(item);
}

/* Moves `item` from its list to the front, or to the end, of `head`. */
static inline void list_move(struct list_head *item, struct list_head *head)
{
	__list_del(item->prev, item->next);
	list_add(item, head);
}

static inline void list_move_tail(struct list_head *item, struct list_head *head)
{
	__list_del(item->prev, item->next);
	list_add_tail(item, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

/* True if exactly one element is on the list. */
static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/* Puts all of `list` at the front of `head`; `list` is empty afterwards. */
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	struct list_head *first = list->next, *last = list->prev;

	if (list_empty(list))
		return;
	first->prev = head;
	last->next = head->next;
	head->next->prev = last;
	head->next = first;
	INIT_LIST_HEAD(list);
}

/* Puts all of `list` at the end of `head`; `list` is empty afterwards. */
static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	if (!list_empty(list))
		list_splice_init(list, head->prev);
}

/* As list_splice_init, but leaves `list` as it was: only for a head that is thrown away. */
static inline void list_splice(struct list_head *list, struct list_head *head)
{
	struct list_head copy;

	if (list_empty(list))
		return;
	copy = *list;
	copy.next->prev = &copy;
	copy.prev->next = &copy;
	list_splice_init(&copy, head);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)

/* The first or last element. => the list is not empty */
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)

#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))

/* The _safe forms allow `pos` to be removed while it is visited. */
#define list_for_each_safe(pos, tmp, head) \
	for (pos = (head)->next, tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

#define list_for_each_entry(pos, head, member)                                                 \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

#define list_for_each_entry_reverse(pos, head, member)                                         \
	for (pos = list_entry((head)->prev, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.prev, __typeof__(*pos), member))

#define list_for_each_entry_safe(pos, tmp, head, member)                  \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),    \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head);                                      \
	     pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

/* The number of elements; walks the whole list. */
static inline size_t list_count(const struct list_head *head)
{
	size_t n = 0;

	for (const struct list_head *p = head->next; p != head; p = p->next)
		n++;
	return n;
}

#endif
