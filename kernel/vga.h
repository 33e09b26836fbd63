/*
 * The text screen: a log sink, and the address to open in large letters.
 *
 * Usable where the loader left the machine in text mode; a graphics framebuffer is left alone.
 */
#ifndef KERNEL_VGA_H
#define KERNEL_VGA_H

#include "kernel/lib/types.h"

/* Takes over the screen and registers the sink; nothing if there is no text screen. (W-123) */
void vga_init(void);

/* "VGA text, 80x25 at 0xb8000", or why there is none. */
const char *vga_describe(void);

/*
 * Clears the screen, shows `url` in large letters and `below` in small ones; log lines go on in
 * the lower half. Letters it has: digits, '.', ':', '/', and those of "http".
 */
void vga_show_address(const char *url, const char *below);

#endif
