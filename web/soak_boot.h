/*
 * soak= and soak_post= of the command line.
 */
#ifndef WEB_SOAK_BOOT_H
#define WEB_SOAK_BOOT_H

/* Starts the job that soak= names, once the machine runs. => cmdline_value() answers */
void soak_boot_init(void);

#endif
