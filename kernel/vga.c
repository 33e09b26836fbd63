/*
 * Text screen (see vga.h; IBM VGA, CRT controller registers 0x0C and 0x0D).
 *
 * The adapter shows 25 rows of a memory of 204 rows (32 KiB). Until an address is shown, a new
 * line is written below the last one and the adapter is told to begin one row further down; only
 * when the memory ends are the last rows copied to its start. So a line costs its own length, not
 * a copy of the screen, which is slow memory behind a bus.
 *
 * When an address is shown, the rows above LOG_TOP stay, and the rows below scroll by copying. A
 * panic goes back to the whole screen.
 *
 * A character is two bytes: the letter in code page 437, then the colours.
 */
#include "kernel/vga.h"

#include <string.h>

#include "kernel/boot/boot_info.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/x86/io.h"
#include "kernel/x86/sections.h"

#define VGA_PHYS 0xb8000ul
#define COLUMNS 80u
#define ROWS 25u
#define MEMORY_ROWS (32 * 1024 / (COLUMNS * 2))
#define LOG_TOP 16u
#define CRTC_INDEX 0x3d4
#define CRTC_DATA 0x3d5

enum { COLOUR_TEXT = 0x07, COLOUR_WARN = 0x0e, COLOUR_ERROR = 0x0c, COLOUR_BIG = 0x0b };

static bool usable, split;
static u32 row;	   /* the next line's row, in memory rows; in split mode, on the screen */
static u32 origin; /* the memory row shown at the top */

static u16 *row_at(u32 r)
{
	return (u16 *)phys_to_virt(VGA_PHYS) + r * COLUMNS;
}

static void fill_row(u32 r, const char *text, size_t len, u8 colour)
{
	volatile u16 *dst = row_at(r);
	const u32 blank = (u32)(colour << 8 | ' ');
	u32 i = 0;

	for (; i < COLUMNS && i < len; i++)
		dst[i] = (u16)(colour << 8 | (u8)text[i]);
	if (i & 1)
		dst[i++] = (u16)blank;
	for (; i < COLUMNS; i += 2) /* two cells at a time */
		*(volatile u32 *)&dst[i] = blank << 16 | blank;
}

static void crtc_write(u8 index, u8 value)
{
	outb(index, CRTC_INDEX);
	outb(value, CRTC_DATA);
}

static void set_origin(u32 r)
{
	u32 at = r * COLUMNS;

	origin = r;
	crtc_write(0x0c, (u8)(at >> 8));
	crtc_write(0x0d, (u8)at);
}

static void clear_from(u32 first)
{
	for (u32 r = first; r < first + ROWS; r++)
		fill_row(r, "", 0, COLOUR_TEXT);
}

/* Back to a blank screen at the start of the memory. */
static void reset_screen(void)
{
	split = false;
	clear_from(0);
	set_origin(0);
	row = 0;
	crtc_write(0x0a, 0x20); /* no cursor */
}

static void put_scrolling(const char *text, size_t len, u8 colour)
{
	if (row == MEMORY_ROWS) {
		memmove(row_at(0), row_at(row - ROWS + 1), (ROWS - 1) * COLUMNS * 2);
		row = ROWS - 1;
		set_origin(0);
	}
	fill_row(row++, text, len, colour);
	if (row > origin + ROWS)
		set_origin(row - ROWS);
}

static void put_split(const char *text, size_t len, u8 colour)
{
	if (row == ROWS) {
		memmove(row_at(LOG_TOP), row_at(LOG_TOP + 1), (ROWS - LOG_TOP - 1) * COLUMNS * 2);
		row--;
	}
	fill_row(row++, text, len, colour);
}

static void vga_line(struct log_sink *sink, enum log_level level, const char *text, size_t len)
{
	u8 colour = level <= LOGLEVEL_ERR    ? COLOUR_ERROR
		    : level == LOGLEVEL_WARN ? COLOUR_WARN
					     : COLOUR_TEXT;

	(void)sink;
	if (split && panic_in_progress())
		reset_screen();
	do {
		size_t n = min(len, (size_t)COLUMNS);

		if (split)
			put_split(text, n, colour);
		else
			put_scrolling(text, n, colour);
		text += n;
		len -= n;
	} while (len);
}

static struct log_sink vga_sink = { .name = "vga", .line = vga_line };

void vga_init(void)
{
	const struct boot_framebuffer *fb = &boot_info.framebuffer;
	volatile u16 *probe = row_at(0);

	if (usable || (fb->valid && fb->type != 2))
		return;
	/* Where no adapter answers, what is written does not come back. */
	*probe = 0x0741;
	if (*probe != 0x0741)
		return;
	usable = true;
	reset_screen();
	log_register_sink(&vga_sink);
}

const char *vga_describe(void)
{
	const struct boot_framebuffer *fb = &boot_info.framebuffer;

	if (fb->valid && fb->type != 2)
		return "no text screen: the loader set a graphics mode";
	return usable ? "VGA text, 80x25 at 0xb8000" : "VGA text at 0xb8000, not taken over";
}

/* ---- Large letters ---- */

/* Seven rows of a letter, top first; bit 4 is the leftmost of the columns in use. */
struct glyph {
	char c;
	u8 width;
	u8 rows[7];
};

static const struct glyph glyphs[] = {
	{ '0', 5, { 0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e } },
	{ '1', 5, { 0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e } },
	{ '2', 5, { 0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f } },
	{ '3', 5, { 0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e } },
	{ '4', 5, { 0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02 } },
	{ '5', 5, { 0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e } },
	{ '6', 5, { 0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e } },
	{ '7', 5, { 0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08 } },
	{ '8', 5, { 0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e } },
	{ '9', 5, { 0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c } },
	{ 'h', 5, { 0x10, 0x10, 0x16, 0x19, 0x11, 0x11, 0x11 } },
	{ 't', 4, { 0x08, 0x08, 0x1c, 0x08, 0x08, 0x0a, 0x04 } },
	{ 'p', 5, { 0x00, 0x00, 0x1e, 0x11, 0x1e, 0x10, 0x10 } },
	{ '.', 1, { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10 } },
	{ ':', 1, { 0x00, 0x00, 0x10, 0x00, 0x00, 0x10, 0x00 } },
	{ '/', 4, { 0x02, 0x02, 0x04, 0x04, 0x08, 0x08, 0x10 } },
};

static const struct glyph *find_glyph(char c)
{
	for (u32 i = 0; i < ARRAY_SIZE(glyphs); i++)
		if (glyphs[i].c == c)
			return &glyphs[i];
	return NULL;
}

/* Two rows of a letter make one row of characters: full, upper half, lower half, blank. */
static char half_block(bool upper, bool lower)
{
	return (char)(upper ? (lower ? 0xdb : 0xdf) : lower ? 0xdc : ' ');
}

/* Draws n letters into the four rows from `top`; what does not fit the width is left out. */
static void draw_large(u32 top, const char *text, size_t n)
{
	char line[4][COLUMNS];
	u32 x = 1;

	memset(line, ' ', sizeof(line));
	for (; n; n--, text++) {
		const struct glyph *g = find_glyph(*text);

		if (!g)
			continue;
		if (x + g->width > COLUMNS)
			break;
		for (u32 col = 0; col < g->width; col++, x++) {
			for (u32 r = 0; r < 4; r++) {
				bool up = g->rows[2 * r] >> (4 - col) & 1;
				bool low = r < 3 && g->rows[2 * r + 1] >> (4 - col) & 1;

				line[r][x] = half_block(up, low);
			}
		}
		x++;
	}
	for (u32 r = 0; r < 4; r++)
		fill_row(top + r, line[r], COLUMNS, COLOUR_BIG);
}

void vga_show_address(const char *url, const char *below)
{
	const char *host = strstr(url, "://");
	size_t scheme, name;

	if (!usable)
		return;
	reset_screen();
	/* Scheme, address and port on a line each: an address may need all the width. */
	scheme = host ? (size_t)(host + 3 - url) : 0;
	host = url + scheme;
	name = strcspn(host, ":");
	draw_large(0, url, scheme);
	draw_large(5, host, name);
	draw_large(10, host + name, strlen(host + name));
	fill_row(14, below, strlen(below), COLOUR_TEXT);
	split = true;
	row = LOG_TOP;
}
