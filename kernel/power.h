/*
 * Reboot and power-off.
 *
 * Reboot tries, one after the other: the reset register of the FADT, the keyboard controller's
 * reset line, a triple fault. Power-off enters S5 through the PM1a and PM1b control registers of
 * the FADT with the values of the DSDT's \_S5 (ACPI specification 2.0, 4.7.3.2 and 7.3.4).
 */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include "kernel/acpi.h"

enum power_action { POWER_NONE, POWER_REBOOT, POWER_OFF };

/* How tables are reached after boot, for good; and the poller that acts. => acpi_scan has run */
void power_init(const struct acpi_window *window);

/*
 * Does it POWER_DELAY_MS from now, so that an answer can still go out. NULL, or the reason why this
 * machine cannot: nothing then happens.
 */
#define POWER_DELAY_MS 300
const char *power_request(enum power_action action);

/* What is about to happen. */
enum power_action power_pending(void);

#endif
