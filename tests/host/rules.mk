# What the host tests need beyond the Makefile's rule.
#
# The arena that stands for RAM lies at a fixed address (HOST_RAM_BASE in support/host.h), and the
# linker puts the image's section symbols and the page directory into it, where the real linker
# script puts them: physical 1 MiB and up. That needs programs that are not position independent.

HOST_CFLAGS  += -fno-pie
HOST_LDFLAGS += -no-pie \
	-Wl,--defsym=boot_stack=0x601c1000 \
	-Wl,--defsym=_text=0x60100000,--defsym=_etext=0x60180000 \
	-Wl,--defsym=_rodata=0x60180000,--defsym=_erodata=0x60190000 \
	-Wl,--defsym=_sdata=0x60190000,--defsym=host_edata=0x601a0000 \
	-Wl,--defsym=__init_begin=0x601a0000,--defsym=__init_end=0x601b0000 \
	-Wl,--defsym=host_bss_start=0x601b0000,--defsym=__bss_stop=0x60200000 \
	-Wl,--defsym=host_end=0x60200000 \
	-Wl,--defsym=swapper_pg_dir=0x601c0000 \
	-Wl,--defsym=__net_text=0,--defsym=__web_text=0,--defsym=__other_text=0

# Calls from other files go through support/fail.c, which can refuse them.
HOST_LDFLAGS += -Wl,--wrap=alloc_pages -Wl,--wrap=__kmem_cache_alloc

# The stage recorder, the per-CPU area and the parsers of firmware tables are the real ones.
HOST_SRCS += kernel/stage.c kernel/percpu.c kernel/acpi.c kernel/x86/apic.c kernel/x86/mce.c $(wildcard kernel/firmware/*.c)

# web/ as far as it knows no lwIP: everything but the connections themselves. llhttp comes along,
# compiled as foreign code.
HOST_SRCS   += $(filter-out web/tcp.c web/tcp_post.c web/soak_boot.c web/web.c web/api_kernel.c web/api_net.c,$(wildcard web/*.c))
HOST_CFLAGS += $(LLHTTP_FLAGS) $(LLHTTP_INCLUDES)
HOST_LLHTTP := $(patsubst %,$(HB)/llhttp/%.o,api http llhttp)

$(HB)/llhttp/%.o: $(LLHTTP)/%.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(CC) $(filter-out $(HOST_SAN),$(HOST_CFLAGS)) -w -c $< -o $@

$(HB)/libmm.a: $(HOST_LLHTTP)

# net/ over the real lwIP, as far as it needs neither ports nor the main loop, and the split ring of
# drivers/. lwIP is compiled as foreign code.
HOST_SRCS += $(filter-out net/net.c net/random.c,$(wildcard net/*.c)) drivers/virtio_ring.c
HOST_LWIP := $(LWIP_OBJS:$(B)/%=$(HB)/%)

$(HB)/net/%.o $(HB)/tests/host/test_net_%.o $(HB)/tests/host/support/nic.o: \
	HOST_CFLAGS += $(LWIP_INCLUDES)
$(patsubst %.c,$(HB)/%.o,$(wildcard net/*.c tests/host/test_net_*.c) tests/host/support/nic.c): \
	| $(LWIP_STAMP)

$(HB)/lwip/%.o: $(LWIP_STAMP) tests/host/rules.mk
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(Q)$(CC) $(filter-out $(HOST_SAN),$(HOST_CFLAGS)) -w -Inet/lwip_port -I$(LWIP)/src/include \
		-MMD -MP -c $(LWIP)/src/$*.c -o $@

$(HB)/libmm.a: $(HOST_LWIP)
-include $(HOST_LWIP:.o=.d)

# Each of lwIP's own allocations can be refused.
$(HB)/test_net_stack: HOST_LDFLAGS += -Wl,--wrap=memp_malloc -Wl,--wrap=net_mem_malloc

# The real server, connections and all, on a machine that was brought up whole.
NET_WEB := $(patsubst %.c,$(HB)/%.o,web/tcp.c web/tcp_post.c web/soak_boot.c web/web.c web/api_net.c)
$(NET_WEB): HOST_CFLAGS += $(LWIP_INCLUDES)
$(NET_WEB): | $(LWIP_STAMP)
-include $(NET_WEB:.o=.d)

# The arena stands for what early windows show (window_fixture.h).
$(HB)/test_early_res $(HB)/test_setup_data: \
	HOST_LDFLAGS += -Wl,--wrap=early_memremap -Wl,--wrap=early_iounmap

# Windows and fixmaps of this one lead into its arena.
$(HB)/test_firmware_setup: HOST_LDFLAGS += -Wl,--wrap=early_memremap -Wl,--wrap=early_iounmap \
	-Wl,--wrap=__set_fixmap -Wl,--wrap=fix_to_virt

# A whole boot of memory, by the sequence that the fuzz targets use (tests/fuzz/boot.c).
WHOLE_BOOT := $(patsubst %.c,$(HB)/%.o,tests/fuzz/boot.c tests/fuzz/kernel.c kernel/cmdline.c kernel/params.c)
$(HB)/test_whole_boot $(HB)/test_memstat $(HB)/test_boot_replay $(HB)/test_net_web: $(WHOLE_BOOT)
$(HB)/test_net_web: $(NET_WEB)
$(HB)/test_whole_boot $(HB)/test_memstat $(HB)/test_boot_replay $(HB)/test_net_web: HOST_LDFLAGS += -Wl,--wrap=early_memremap \
	-Wl,--wrap=early_ioremap -Wl,--wrap=early_iounmap
$(HB)/test_whole_boot: HOST_LDFLAGS += -Wl,--wrap=find_e820_area \
	-Wl,--wrap=setup_bootmem_allocator
$(HB)/kernel/cmdline.o: HOST_CFLAGS += -include tests/fuzz/strlcpy.h
-include $(WHOLE_BOOT:.o=.d)

# The arena stands for what a job has mapped, and malloc for its lists.
$(HB)/test_soak $(HB)/test_net_web: HOST_LDFLAGS += -Wl,--wrap=vmalloc -Wl,--wrap=vfree
$(HB)/test_soak $(HB)/test_ramtest: HOST_LDFLAGS += -Wl,--wrap=kmap_atomic -Wl,--wrap=kunmap_atomic
