/*
 * The ip= parameter, in Linux's form (Documentation/admin-guide/nfs/nfsroot.rst of Linux):
 *
 *	ip=<client>:<server>:<gateway>:<netmask>:<hostname>:<device>:<autoconf>
 *	ip=<client>     ip=dhcp|on|any|both     ip=off|none
 *
 * Fields may be empty and the list may stop early. Without <client>, or with an <autoconf> that
 * asks for it, the address comes from DHCP. Server and device mean nothing here: there is no root
 * file system and one NIC.
 */
#ifndef NET_IP_PARAM_H
#define NET_IP_PARAM_H

#include "kernel/lib/types.h"

#define IP_PARAM_HOSTNAME_MAX 64 /* bytes with the NUL */

enum ip_mode { IP_MODE_DHCP, IP_MODE_STATIC, IP_MODE_OFF };

/* Addresses are in network byte order; 0: not given. */
struct ip_config {
	enum ip_mode mode;
	u32 address, gateway, netmask;
	char hostname[IP_PARAM_HOSTNAME_MAX];
};

/*
 * Reads the value of ip=. NULL or "": DHCP. -EINVAL if it makes no sense: *config is then DHCP,
 * and *what names the field at fault ("netmask"). A static address without a netmask gets the one
 * of its class (RFC 791): /8, /16 or /24.
 */
int ip_param_parse(const char *value, struct ip_config *config, const char **what);

#endif
