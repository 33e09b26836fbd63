/*
 * The text screen on an array that stands for the adapter's memory. What is shown is the 25 rows
 * from the origin that the CRT controller was told.
 */
#include "support/host.h"

#include "kernel/x86/sections.h"

/* The adapter: its memory, and the controller's registers. In the place of kernel/x86/io.h. */
#define KERNEL_X86_IO_H
static u16 vga_memory[32 * 1024 / 2];
static u8 crtc[256], crtc_index;

static void outb(u8 value, u16 port)
{
	if (port == 0x3d4)
		crtc_index = value;
	else if (port == 0x3d5)
		crtc[crtc_index] = value;
	else
		fail_msg("port %#x", port);
}

#undef phys_to_virt
#define phys_to_virt(phys) ((void *)((u8 *)vga_memory + ((phys)-0xb8000)))
#define log_register_sink vga_register_sink
#define panic_in_progress vga_panicking

static struct log_sink *registered;
static bool panicking;

#include "kernel/vga.c"

struct boot_info boot_info;

void vga_register_sink(struct log_sink *sink)
{
	registered = sink;
}

bool vga_panicking(void)
{
	return panicking;
}

static void line(const char *text)
{
	registered->line(registered, LOGLEVEL_INFO, text, strlen(text));
}

/* Row r of what is shown, as a string without the blanks at its end. */
static const char *shown(u32 r)
{
	static char text[81];
	u32 at = (u32)crtc[0x0c] << 8 | crtc[0x0d];
	int i;

	for (i = 0; i < 80; i++)
		text[i] = (char)vga_memory[at + r * 80 + (u32)i];
	while (i > 0 && text[i - 1] == ' ')
		i--;
	text[i] = '\0';
	return text;
}

static void start(void)
{
	memset(vga_memory, 0xee, sizeof(vga_memory));
	vga_init();
	assert_non_null(registered);
	assert_string_equal(shown(0), "");
	assert_string_equal(shown(24), "");
}

static void test_scrolling(void **state)
{
	char text[40];

	(void)state;
	start();
	/* several times round the adapter's memory of 204 rows */
	for (int n = 0; n < 1000; n++) {
		sprintf(text, "line %d", n);
		line(text);
		for (int r = 0; r < 25; r++) {
			int there = n < 25 ? r : n - 24 + r;

			sprintf(text, "line %d", there);
			assert_string_equal(shown((u32)r), there <= n ? text : "");
		}
	}
}

static void test_long_line(void **state)
{
	char text[200];

	(void)state;
	start();
	memset(text, 'a', 170);
	text[170] = '\0';
	line(text);
	line("");
	line("next");
	assert_int_equal(strlen(shown(0)), 80);
	assert_int_equal(strlen(shown(2)), 10);
	assert_string_equal(shown(3), "");
	assert_string_equal(shown(4), "next");
}

static void test_address(void **state)
{
	char text[40];

	(void)state;
	start();
	for (int n = 0; n < 230; n++)
		line("old");
	vga_show_address("http://10.0.2.15:8080", "open it");
	assert_string_equal(shown(14), "open it");
	assert_string_equal(shown(24), "");
	/* the 1 of the address: a stroke in its middle column, four rows high */
	assert_string_equal(shown(4), "");
	assert_int_equal(shown(5)[3], (char)0xdb);
	assert_int_equal(shown(6)[3], (char)0xdb);
	assert_int_equal(shown(8)[3], (char)0xdf);
	assert_true(*shown(10) == ' ' && strlen(shown(11)) > 5); /* the port */
	for (int n = 0; n < 30; n++) {
		sprintf(text, "late %d", n);
		line(text);
	}
	assert_string_equal(shown(14), "open it");
	assert_string_equal(shown(16), "late 21");
	assert_string_equal(shown(24), "late 29");
	/* a panic takes the whole screen */
	panicking = true;
	line("panic");
	assert_string_equal(shown(0), "panic");
	assert_string_equal(shown(14), "");
}

static void test_longest_address(void **state)
{
	(void)state;
	start();
	vga_show_address("http://255.255.255.255", "");
	/* all of it fits: the last letter ends on the last columns */
	assert_true(strlen(shown(5)) > 72);
	assert_string_equal(shown(11), "");
}

static void test_no_screen(void **state)
{
	(void)state;
	boot_info.framebuffer.valid = true;
	boot_info.framebuffer.type = 1;
	vga_init();
	assert_null(registered);
	vga_show_address("http://1.2.3.4", "");
	assert_non_null(strstr(vga_describe(), "graphics"));
	for (size_t i = 0; i < ARRAY_SIZE(vga_memory); i++)
		assert_int_equal(vga_memory[i], 0);
}

HOST_MAIN(cmocka_unit_test(test_scrolling), cmocka_unit_test(test_long_line),
	  cmocka_unit_test(test_address), cmocka_unit_test(test_longest_address),
	  cmocka_unit_test(test_no_screen))
