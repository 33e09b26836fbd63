/*
 * The record of what was found at boot (see firmware.h). Written by mm/, read by web/.
 */
#include "kernel/firmware/firmware.h"

struct firmware_state firmware_state;
