/*
 * What is served under /proc and /sys: each function appends one file's text, in the layout that
 * Linux 2.6.34 (i686) gives it, column for column. They read mm/memstat.h and the kernel's own
 * records, allocate nothing and change nothing. A text that does not fit leaves the writer's
 * `lost` above zero.
 */
#ifndef WEB_PROC_H
#define WEB_PROC_H

#include "mm/memstat.h"
#include "web/writer.h"

struct http_request;

void proc_allocinfo(struct writer *w);
void proc_buddyinfo(struct writer *w);
void proc_pagetypeinfo(struct writer *w);
void proc_zoneinfo(struct writer *w);
void proc_meminfo(struct writer *w);
void proc_net_dev(struct writer *w);
void sys_extfrag_index(struct writer *w);
void sys_unusable_index(struct writer *w);
void proc_vmstat(struct writer *w);
void proc_slabinfo(struct writer *w);
void proc_vmallocinfo(struct writer *w);
void proc_iomem(struct writer *w);
void proc_ioports(struct writer *w);
void proc_interrupts(struct writer *w);
void proc_mtrr(struct writer *w);
void proc_cpuinfo(struct writer *w);
void proc_cmdline(struct writer *w);
void proc_version(struct writer *w);
void proc_uptime(struct writer *w);
void proc_kmsg(struct writer *w);
void proc_softirqs(struct writer *w);
void proc_stat(struct writer *w);

/* /sys/kernel/debug/kernel_page_tables */
void sys_kernel_page_tables(struct writer *w);

/*
 * /sys/firmware/memmap/N/...: the names of an entry's values, or one of them. Returns 0, or 404
 * with the reason as the text.
 */
int sys_firmware_memmap(const struct http_request *req, struct writer *w);

/* One zone's line of buddyinfo. */
void proc_buddyinfo_zone(struct writer *w, const struct memstat_free_blocks *zone);

#endif
