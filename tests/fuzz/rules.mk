# Fuzzing: libFuzzer drives mm/ and the parsers, unmodified, 32-bit, under AddressSanitizer and
# UBSan, on the same stand-ins as the host tests. docs/testing.md says how to use it.
#
# Every tests/fuzz/fuzz_NAME.c is a program of its own. mm/ keeps static state, and libFuzzer wants
# one process for all inputs: so the writable data of everything that is compiled here lies in two
# sections of its own (objcopy), which state.c puts back before each input.

FUZZ_CC      := clang
FUZZ_TARGETS := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_PROGS   := $(FUZZ_TARGETS:tests/fuzz/%.c=$(B)/fuzz/%)
FUZZ_SRCS    := $(wildcard mm/*.c) kernel/lib/memparse.c kernel/lib/sfc32.c kernel/lib/sort.c kernel/lib/siphash.c \
	$(wildcard kernel/firmware/*.c) kernel/stage.c kernel/boot/multiboot.c kernel/acpi.c kernel/cmdline.c kernel/params.c \
	net/ip_param.c web/json_in.c web/fault_doc.c web/soak_doc.c web/soak_profiles.c web/query.c web/writer.c \
	$(filter-out %/nic.c %/boot_zones.c %/fail.c,$(wildcard tests/host/support/*.c)) \
	$(filter-out $(FUZZ_TARGETS) tests/fuzz/state.c,$(wildcard tests/fuzz/*.c))
FUZZ_OBJS    := $(FUZZ_SRCS:%.c=$(B)/fuzz/%.o)
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
# Warnings are gcc's business, which compiles the same files; here only those of tests/fuzz count.
FUZZ_CFLAGS  := -m32 -march=i686 -O1 -g -std=gnu11 -fno-strict-aliasing -fno-common -fno-pie \
	-fno-omit-frame-pointer -DMEMSCOPE_HOST -I. -Itests/host -isystem $(CMOCKA)/include
FUZZ_LDFLAGS := $(filter-out -Wl$(comma)--wrap=%,$(HOST_LDFLAGS)) \
	-Wl,--wrap=early_memremap -Wl,--wrap=early_ioremap -Wl,--wrap=early_iounmap

$(B)/fuzz/tests/fuzz/%.o: FUZZ_WARN := $(WARN)
# The host's C library lacks strlcpy.
$(B)/fuzz/kernel/%.o: FUZZ_WARN := -w -include tests/fuzz/strlcpy.h
$(B)/fuzz/%.o: FUZZ_WARN ?= -w

# Loops over page descriptors compare words that no input has a say in: following those comparisons
# would cost ten times what all the rest does.
FUZZ_BY_PAGE := $(wildcard mm/check*.c mm/slab*.c mm/buddy*.c mm/page*.c mm/memmap.c mm/free_all.c \
	mm/memstat*.c mm/pcp.c mm/gen24.c mm/bootmem_bitmap.c mm/bootmem_core.c)
$(FUZZ_BY_PAGE:%.c=$(B)/fuzz/%.o): FUZZ_CFLAGS += -fno-sanitize-coverage=trace-cmp

$(B)/fuzz/%.o: %.c Makefile tests/fuzz/rules.mk | $(CMOCKA_STAMP)
	$(call say,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer-no-link $(FUZZ_WARN) -MMD -MP -c $< -o $@
	$(Q)$(OBJCOPY) --rename-section .data=fuzz_data --rename-section .bss=fuzz_bss $@

# It copies whole sections, the sanitizers' red zones included, and keeps its own data.
$(B)/fuzz/tests/fuzz/state.o: tests/fuzz/state.c Makefile tests/fuzz/rules.mk
	$(call say,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(WARN) -fno-builtin -MMD -MP -c $< -o $@

$(B)/fuzz/libmm.a: $(FUZZ_OBJS)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/tests/fuzz/state.o $(B)/fuzz/libmm.a \
		$(HB)/cmocka.o
	$(call say,FUZZLD,$@)
	$(Q)$(FUZZ_CC) -m32 $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $^ $(FUZZ_LDFLAGS)

.PHONY: fuzz-targets fuzz
fuzz-targets: $(FUZZ_PROGS) $(B)/fuzz/seeds.stamp

$(B)/fuzz/seeds.stamp: tests/fuzz/seeds.mjs kernel/params.c
	$(call say,SEEDS,$@)
	@mkdir -p $(@D)
	$(Q)node tests/fuzz/seeds.mjs $(B)/fuzz/seeds
	@touch $@

# FUZZ_SECONDS= (20) for each target; TARGETS= picks some of them.
fuzz:
	@tools/setup build test
	@$(MAKE) --no-print-directory fuzz-targets
	@tools/run-tests.mjs fuzz

-include $(FUZZ_OBJS:.o=.d) $(FUZZ_TARGETS:%.c=$(B)/fuzz/%.d)
