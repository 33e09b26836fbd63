# memscope: builds the image and everything around it.
#
# Sources are collected by wildcard, so a new .c file needs no edit here. Everything that is made
# lies under build/. Foreign sources (lwIP from Debian's source package, npm packages of the pages)
# are fetched by targets of their own before the first compile step, never in the middle of one.
#
#   make            build/memscope.elf, and nothing else
#   make setup      install what is missing (Debian packages, npm); lists it first
#   make run        boot it in QEMU and print the address to open
#   make iso | netboot | gdb | check | fidelity | test | bench | soak | screenshots | clean
#
# Variables: MEM= (MiB, or QEMU's suffixes) PORT= APPEND= BOOT=kernel|grub|ipxe CPU=

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := image

B       := build
CC      := gcc
OBJCOPY := objcopy
NM      := nm

MEM    ?= 256
PORT   ?= 8080
APPEND ?=
BOOT   ?= kernel
CPU    ?= qemu32

# V=1 shows the commands.
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' $(1) $(patsubst $(CURDIR)/%,%,$(2))
else
Q :=
say =
endif

# --- The image -----------------------------------------------------------------------------------

IMAGE  := $(B)/memscope.elf
LDS    := kernel/boot/kernel.ld
# Not part of the kernel: it unpacks it.
UNPACK := kernel/boot/unpack

C_SRCS := $(wildcard kernel/*.c kernel/*/*.c mm/*.c drivers/*.c net/*.c net/lwip_port/*.c web/*.c)
S_SRCS := $(filter-out $(UNPACK).S,$(wildcard kernel/boot/*.S kernel/x86/*.S))
OBJS   := $(S_SRCS:%.S=$(B)/%.o) $(C_SRCS:%.c=$(B)/%.o)

GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)
LIBGCC      := $(shell $(CC) -m32 -print-libgcc-file-name 2>/dev/null)

# What decides the code that comes out: the same for our sources and for foreign ones. Loops and jumps
# are not aligned: it would cost 12 KB of image and save nothing that was measured.
ARCHFLAGS := -m32 -march=i686 -mregparm=3 -mtune=generic -falign-functions=4 -fno-align-jumps \
	-fno-align-loops -fno-align-labels -g -std=gnu11 -ffreestanding -nostdinc \
	-mgeneral-regs-only -mpreferred-stack-boundary=2 -fno-pic -fno-pie -fno-strict-aliasing \
	-fno-common -fno-omit-frame-pointer -momit-leaf-frame-pointer \
	-fstack-protector-strong -mstack-protector-guard=global \
	-fcf-protection=none -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
# No path of this machine goes into the image.
ARCHFLAGS += -ffile-prefix-map=$(CURDIR)/=

# Built for speed: what runs for every packet, request or allocation, and the loops over all frames.
# All else is built for size, which makes the image 26 KB smaller.
HOT := kernel/job kernel/stage kernel/time kernel/lib/stdio kernel/lib/string kernel/lib/siphash kernel/x86/irq kernel/x86/memops \
	mm/buddy_bitmap mm/buddy_pageflag mm/kmalloc mm/memmap mm/page_alloc mm/page_check \
	mm/alloc_bench mm/free_all mm/pcp mm/slab mm/zonelist mm/memstat mm/ramtest \
	drivers/virtio_net drivers/virtio_ring \
	net/hooks net/ingress net/memp net/net net/netif net/random net/tx \
	web/answer web/host_policy web/http web/proc_zones web/request web/response \
	web/snapshot web/tcp web/writer \
	$(addprefix lwip/core/,inet_chksum pbuf tcp tcp_in tcp_out timeouts ipv4/etharp ipv4/ip4) lwip/netif/ethernet
OPT := -Os
$(HOT:%=$(B)/%.o): OPT := -O2
# Its functions are what verdicts name as call sites: they stay on the stack while they call.
$(B)/mm/soak_alloc.o: OPT += -fno-optimize-sibling-calls
# No canary where strangers' bytes are not written to the stack.
$(patsubst %,$(B)/%.o,$(filter kernel/% mm/% drivers/% lwip/%,$(HOT))): OPT += -fno-stack-protector

INCLUDES  := -I. -Ikernel/lib/libc -isystem $(GCC_INCLUDE)
WARN      := -Wall -Wextra -Werror
CFLAGS     = $(ARCHFLAGS) $(OPT) $(INCLUDES) $(WARN) $(FOREIGN_INCLUDES)

# Calls of the compiler into its library lead through kernel/x86/libgcc.S. Those that have nothing there
# end as undefined symbols, where the library's convention would be another than ours.
LIBGCC_CALLS := __udivdi3 __umoddi3 __divdi3 __moddi3 __udivmoddi4 __divmoddi4 __muldi3 __ashldi3 \
	__ashrdi3 __lshrdi3 __popcountsi2 __popcountdi2 __ffsdi2 __clzdi2 __ctzdi2 __paritydi2

LDFLAGS := -m32 -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none \
	-Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
	$(LIBGCC_CALLS:%=-Wl,--wrap=%)

.PHONY: image
image: $(IMAGE) $(B)/memscope.sym $(B)/memscope.dis

# --- lwIP: Debian's source package, unpatched; core, IPv4 and Ethernet; the pools are ours -------

LWIP       := $(B)/src/lwip
LWIP_STAMP := $(B)/src/lwip.stamp
LWIP_CORE  := init def dns inet_chksum ip mem netif pbuf raw stats sys altcp altcp_alloc altcp_tcp \
	tcp tcp_in tcp_out timeouts udp
LWIP_IPV4  := autoip dhcp etharp icmp igmp ip4_frag ip4 ip4_addr
LWIP_OBJS  := $(LWIP_CORE:%=$(B)/lwip/core/%.o) $(LWIP_IPV4:%=$(B)/lwip/core/ipv4/%.o) \
	$(B)/lwip/netif/ethernet.o
LWIP_INCLUDES := -Inet/lwip_port -isystem $(LWIP)/src/include

$(LWIP_STAMP): tools/fetch-source
	tools/fetch-source lwip $(B)

$(B)/lwip/%.o: $(LWIP_STAMP) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ARCHFLAGS) $(OPT) -w -Inet/lwip_port -I$(LWIP)/src/include $(INCLUDES) -MMD -MP \
		-c $(LWIP)/src/$*.c -o $@

$(B)/liblwip.a: $(LWIP_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

# --- llhttp: the generated C that Debian's node-llhttp ships -------------------------------------

LLHTTP          := /usr/share/llhttp
LLHTTP_INCLUDES := -isystem /usr/share/include/llhttp
LLHTTP_OBJS     := $(patsubst %,$(B)/llhttp/%.o,api http llhttp)
# Strict mode: without it a space before a header's colon and a bare CR pass.
LLHTTP_FLAGS    := -DLLHTTP_STRICT_MODE=1
$(B)/llhttp/%.o: $(LLHTTP)/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ARCHFLAGS) $(OPT) -w $(LLHTTP_FLAGS) $(LLHTTP_INCLUDES) $(INCLUDES) -MMD -MP -c $< -o $@

$(B)/libllhttp.a: $(LLHTTP_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

# Each library joins the link when the module that calls it is there.
LIBS :=
ifneq ($(wildcard net/lwip_port/lwipopts.h),)
LIBS += $(B)/liblwip.a
endif
ifneq ($(wildcard web/*.c),)
LIBS += $(B)/libllhttp.a
endif

$(B)/net/%.o: FOREIGN_INCLUDES := $(LWIP_INCLUDES)
$(B)/web/%.o: FOREIGN_INCLUDES := $(LWIP_INCLUDES) $(LLHTTP_FLAGS) $(LLHTTP_INCLUDES)
$(B)/kernel/main.o: FOREIGN_INCLUDES := $(LWIP_INCLUDES)

# --- The pages: bundled from npm packages with a lock file, compressed, packed with .incbin ------

UI_OUT  := $(B)/ui
ifneq ($(wildcard web/ui/build.mjs),)
UI_SRCS := $(shell find web/ui -name node_modules -prune -o -type f -print)
UI_DEPS := web/ui/node_modules/.stamp

web/ui/node_modules/.stamp: web/ui/package-lock.json
	cd web/ui && npm ci --no-audit --no-fund
	touch $@

$(B)/ui.stamp: $(UI_SRCS) $(UI_DEPS) docs/fidelity.md tools/fidelity.mjs docs/stages.md tools/stage-words.mjs \
		kernel/stages.def
	$(call say,UI,$@)
	$(Q)rm -rf $(UI_OUT)
	$(Q)mkdir -p $(UI_OUT)
	$(Q)node web/ui/build.mjs $(UI_OUT)
	$(Q)tools/fidelity.mjs --json $(UI_OUT)/fidelity.json
	$(Q)tools/stage-words.mjs --json $(UI_OUT)/stages.json
	$(Q)zopfli $(UI_OUT)/fidelity.json $(UI_OUT)/stages.json
	@touch $@
else
UI_DEPS :=

$(B)/ui.stamp:
	@mkdir -p $(UI_OUT)
	@touch $@
endif

$(B)/assets.c: $(B)/ui.stamp tools/pack-assets.mjs
	$(call say,PACK,$@)
	$(Q)node tools/pack-assets.mjs $(UI_OUT) $(B)/assets.c $(B)/assets_data.S

$(B)/assets_data.S: $(B)/assets.c ;

ifneq ($(wildcard web/assets.h),)
OBJS += $(B)/assets.o $(B)/assets_data.o
endif

# --- What the build says about itself (kernel/build_info.h) ---------------------------------------

.PHONY: FORCE
$(B)/build_info.c: FORCE
	@tools/gen-build-info $(CC) >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

OBJS += $(B)/build_info.o

# --- Compiling and linking -----------------------------------------------------------------------

# Whatever has to be fetched is there before the first compile step.
$(OBJS) $(LWIP_OBJS): | $(LWIP_STAMP) $(UI_DEPS)

# -MD, not -MMD: lwIP's port is reached through lwIP's own (system) headers.
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS) -MD -MP -c $< -o $@

$(B)/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(call say,AS,$@)
	$(Q)$(CC) $(CFLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

$(B)/assets.o $(B)/build_info.o: $(B)/%.o: $(B)/%.c Makefile
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/assets_data.o $(B)/symbols0.o $(B)/symbols.o $(B)/packed.o: $(B)/%.o: $(B)/%.S
	$(call say,AS,$@)
	$(Q)$(CC) $(ARCHFLAGS) -c $< -o $@

# The table of function names is linked in twice: empty, to learn the addresses, then filled. It is
# the last object, so it comes last in .rodata and no function moves; the second link checks that.
$(B)/symbols0.S: tools/gen-symbols.mjs
	@mkdir -p $(@D)
	@tools/gen-symbols.mjs </dev/null >$@

$(B)/symbols.S: $(B)/memscope.pass1 tools/gen-symbols.mjs
	$(Q)$(NM) $< | tools/gen-symbols.mjs >$@

LINK = $(CC) $(LDFLAGS) -Wl,-T,$(LDS) -o $@ $(OBJS) -Wl,--start-group $(LIBS) $(LIBGCC) -Wl,--end-group

$(B)/memscope.pass1: $(OBJS) $(LIBS) $(LDS) $(B)/symbols0.o
	$(call say,LD,$@)
	$(Q)$(LINK) $(B)/symbols0.o

$(B)/memscope.debug: $(OBJS) $(LIBS) $(LDS) $(B)/symbols.o
	$(call say,LD,$@)
	$(Q)$(LINK) -Wl,-Map,$(B)/memscope.map $(B)/symbols.o
	@$(NM) $@ | tools/gen-symbols.mjs | cmp - $(B)/symbols.S || \
		{ echo "$(LDS): functions moved between the two links"; rm -f $@; exit 1; }

# What is shipped: the kernel's bytes, packed, behind the Multiboot headers, and what unpacks them.
$(B)/memscope.bin: $(B)/memscope.debug
	$(Q)$(OBJCOPY) -O binary $< $@

$(B)/packed.S: $(B)/memscope.bin tools/pack-image.mjs
	$(call say,PACK,$@)
	$(Q)$(NM) $(B)/memscope.debug | tools/pack-image.mjs $< $@

# Loaders copy segments; nothing maps them, so they need no alignment to pages in the file.
$(IMAGE): $(B)/$(UNPACK).o $(B)/packed.o $(UNPACK).ld
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -Wl,-z,max-page-size=64,--strip-all -Wl,-T,$(UNPACK).ld -o $@ \
		$(B)/$(UNPACK).o $(B)/packed.o

$(B)/memscope.sym: $(B)/memscope.debug
	$(Q)$(NM) -n $< >$@

$(B)/memscope.dis: $(B)/memscope.debug
	$(Q)objdump -d -S $< >$@

# --- Host tests: mm/ unmodified, 32-bit, under AddressSanitizer and UBSan ------------------------
#
# Every tests/host/test_NAME.c is a program of its own, linked against mm/, kernel/lib/ and
# tests/host/support/. The host has a C library already, so what kernel/lib/ gives under the same
# names stays out. tests/host/rules.mk may change HOST_SRCS or a program's flags.

HB           := $(B)/host
HOST_SRCS    := $(wildcard mm/*.c kernel/lib/*.c tests/host/support/*.c)
HOST_LIBC    := kernel/lib/string.c kernel/lib/stdlib.c kernel/lib/stdio.c
HOST_TESTS   := $(wildcard tests/host/test_*.c)
HOST_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
# Names are cut to their field on purpose.
HOST_CFLAGS  := -m32 -march=i686 -O1 -g -std=gnu11 -fno-strict-aliasing -fno-common \
	-fno-omit-frame-pointer -Wno-format-truncation -DMEMSCOPE_HOST $(HOST_SAN) -I. -Itests/host
CMOCKA       := $(B)/src/cmocka
CMOCKA_STAMP := $(B)/src/cmocka.stamp

-include $(wildcard tests/host/rules.mk)

HOST_SRCS  := $(filter-out $(HOST_LIBC),$(HOST_SRCS))
HOST_OBJS  := $(HOST_SRCS:%.c=$(HB)/%.o)
HOST_PROGS := $(HOST_TESTS:tests/host/%.c=$(HB)/%)

$(CMOCKA_STAMP): tools/fetch-source
	tools/fetch-source cmocka $(B)

# Debian has the library for 64 bits only; its source is one file.
$(HB)/cmocka.o: tests/lib/cmocka/config.h $(CMOCKA_STAMP)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -O1 -g -std=gnu11 -w -DHAVE_CONFIG_H -Itests/lib/cmocka -I$(CMOCKA)/include \
		-c $(CMOCKA)/src/cmocka.c -o $@

$(HB)/%.o: %.c Makefile | $(CMOCKA_STAMP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(WARN) -isystem $(CMOCKA)/include -MMD -MP -c $< -o $@

$(HB)/libmm.a: $(HOST_OBJS)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(HB)/test_%: $(HB)/tests/host/test_%.o $(HB)/libmm.a $(HB)/cmocka.o
	$(call say,HOSTLD,$@)
	$(Q)$(CC) -m32 $(HOST_SAN) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(HOST_LDFLAGS)

.PRECIOUS: $(HB)/%.o

.PHONY: host-tests
host-tests: $(HOST_PROGS)

# The same programs once more, counting instead of sanitized: which branches of mm/ they take.
# FILE= lists the lines of one file that have branches nobody takes.
COVERED := $(B)/coverage
.PHONY: coverage
coverage:
	@tools/setup build test
	@$(MAKE) --no-print-directory HB=$(COVERED) HOST_SAN="--coverage -O0 -DHOST_COVERAGE" host-tests
	@tools/coverage.mjs $(COVERED) $(FILE)

comma := ,
include tests/fuzz/rules.mk

-include $(HOST_OBJS:.o=.d) $(HOST_TESTS:%.c=$(HB)/%.d)
-include $(OBJS:.o=.d) $(B)/$(UNPACK).d $(LWIP_OBJS:.o=.d) $(LLHTTP_OBJS:.o=.d)

# --- Running ------------------------------------------------------------------------------------
#
# These install what is missing first, so that each works on a bare machine; a second make then reads
# this file again with everything there.

export MEM PORT APPEND BOOT CPU

.PHONY: deps test-deps setup run iso netboot gdb
deps: $(LWIP_STAMP) $(UI_DEPS)

test-deps: $(CMOCKA_STAMP) tests/node_modules/.stamp

tests/node_modules/.stamp: tests/package-lock.json
	cd tests && npm ci --no-audit --no-fund
	touch $@

setup:
	tools/setup

run:
	@tools/setup build run
	@$(MAKE) --no-print-directory image
	@tools/run-qemu $(IMAGE)

netboot:
	@$(MAKE) --no-print-directory run BOOT=ipxe

iso:
	@tools/setup build run
	@$(MAKE) --no-print-directory image
	tools/make-iso $(IMAGE) $(B)/memscope.iso "$(APPEND)"

# The machine waits before the first instruction; gdb has the commands of tools/memscope.gdb.
gdb:
	@tools/setup build run gdb
	@$(MAKE) --no-print-directory image
	@GDB=$(B)/memscope.debug tools/run-qemu $(IMAGE)

# --- Checking and testing ------------------------------------------------------------------------

LAYERS := check host fuzz pages boot net http browser

.PHONY: check check-format check-rules check-analysis check-scripts fidelity test format bench
C_FILES  = $(shell git ls-files -- '*.c' '*.h')
JS_FILES = $(shell git ls-files -- '*.mjs' '*.js' '*.jsx' '*.css' '*.html' '*.json')
NPX     := tests/node_modules/.bin

check: check-format check-rules check-analysis check-scripts

check-format: tests/node_modules/.stamp
	@clang-format --dry-run -Werror $(C_FILES)
	@$(NPX)/prettier --check --log-level warn $(JS_FILES)

check-rules:
	@tools/check-includes.mjs
	@tools/check-tree.mjs
	@tools/check-golden.mjs
	@tools/fidelity.mjs --check
	@tools/stage-words.mjs

# The list of what is done where, against the tree, and as a page.
fidelity:
	@mkdir -p $(B)
	@tools/fidelity.mjs --check --page $(B)/fidelity.html
	@echo $(B)/fidelity.html

# Suppressions carry their reason in tools/cppcheck-suppressions.txt.
check-analysis:
	@mkdir -p $(B)/cppcheck
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --platform=unix32 \
		--enable=warning,performance,portability --suppressions-list=tools/cppcheck-suppressions.txt \
		--cppcheck-build-dir=$(B)/cppcheck -j2 -I. -Ikernel/lib/libc \
		$(wildcard kernel mm drivers net web)

check-scripts: tests/node_modules/.stamp
	@$(NPX)/eslint --config tests/eslint.config.mjs --max-warnings 0 \
		$(filter %.mjs %.js %.jsx,$(JS_FILES))
	@for script in $(shell grep -lE '^\#!/bin/(ba)?sh' tools/* .ci/run); do bash -n $$script || exit 1; done

format: tests/node_modules/.stamp
	clang-format -i $(C_FILES)
	$(NPX)/prettier --write --log-level warn $(JS_FILES)

# A picture of every view, for docs/dashboard.md.
.PHONY: screenshots
screenshots:
	@tools/setup build run test
	@$(MAKE) --no-print-directory image tests/node_modules/.stamp
	tools/screenshots.mjs

# PARTS= picks some of it, PEER= stands a Linux guest beside it: see bench/README.md.
bench:
	@tools/setup build run bench
	@$(MAKE) --no-print-directory image
	@bench/run

# Ten minutes of soak against QEMU: MINUTES=, MEM=; the results lie under build/. APPEND= is the command
# line of one machine; APPENDS="mm=2.6 mm=2.4" are words for one machine each, all at once. LOSSY=5 has
# so many percent of all frames lost, on a tap in a namespace; SOAK= are more options of tools/soak.
MINUTES ?= 10
APPENDS ?=
.PHONY: soak
soak:
	@tools/setup build run
	@$(MAKE) --no-print-directory image
	tools/soak suite --minutes $(MINUTES) --qemu $(IMAGE) --memory $(MEM) $(SOAK) \
		$(if $(APPENDS),$(patsubst %,--append %,$(APPENDS)),--append "$(APPEND)") \
		$(if $(LOSSY),--lossy $(LOSSY)) --json $(B)/soak.json --junit $(B)/soak.xml

test:
	@tools/setup build run gdb test
	@$(MAKE) --no-print-directory image host-tests fuzz-targets
	@tools/run-tests.mjs $(LAYERS)

# What was fetched stays, so that building again needs no network; rm -rf build removes that too.
.PHONY: clean
clean:
	find $(B) -mindepth 1 -maxdepth 1 ! -name src ! -name apt ! -name debs -exec rm -rf {} +
