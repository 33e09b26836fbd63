/*
 * W-30: does firmware write to low memory that it called free?
 */
#ifndef MM_BIOS_CORRUPTION_H
#define MM_BIOS_CORRUPTION_H

/*
 * Takes up to 8 free areas of whole pages in [4 KiB, memory_corruption_check_size), turns them into
 * reserved, clears them and remembers them. Does nothing unless memory_corruption_check=1. W-30
 */
void setup_bios_corruption_check(void);

/* Starts the periodic check, if areas are watched and a period is set. => the main loop comes next */
void start_periodic_check_for_corruption(void);

/* memory_corruption_check=0|1, _size=SIZE, _period=SECONDS (0: never again); 0 or -EINVAL. */
int parse_corruption_check(const char *value);
int parse_corruption_check_size(const char *value);
int parse_corruption_check_period(const char *value);

#endif
