/*
 * Arenas in one go: what a soak job does piece by piece.
 */
#ifndef SUPPORT_ARENA_H
#define SUPPORT_ARENA_H

#include "mm/arena.h"

static noinline __attribute__((unused)) struct arena *arena_create(unsigned long pages, bool gen24,
								   const char **why)
{
	struct arena *arena = arena_begin(pages, gen24, why);
	enum arena_progress progress = arena ? ARENA_MORE : ARENA_FAILED;

	while (progress == ARENA_MORE)
		progress = arena_go_on(arena, why);
	return progress == ARENA_READY ? arena : NULL;
}

static noinline __attribute__((unused)) unsigned long arena_destroy(struct arena *arena)
{
	unsigned long lost = arena_end(arena);

	while (arena_give_back(arena))
		;
	return lost;
}

#endif
