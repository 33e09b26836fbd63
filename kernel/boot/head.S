/*
 * Entry from the boot loader, up to the first line of C (W-00).
 *
 * unpack.S comes here with the state of both Multiboot protocols: paging off, flat 32-bit protected
 * mode, interrupts off, EAX = magic and EBX = physical address of the loader's block. All other state
 * is unknown: no stack, no usable descriptor tables. .bss is zero.
 *
 * Nothing past _end and nothing of the loader's is written: the page tables and the stack are in
 * .bss. The tables map [0, boot_mapped_pfn) twice, at 0 and at PAGE_OFFSET, in 4 KiB pages with
 * attribute 0x003 through directory entries with attribute 0x067: at least 8 MiB, and the image
 * with a megabyte behind it. W-41 replaces the entries later and reuses the tables.
 *
 *	virtual   0          boot_mapped      PAGE_OFFSET        + boot_mapped
 *	          [##########)                [##################)
 *	physical  [0 ........)                [0 ................)
 *
 * Until the jump to a virtual address, symbols are reached at their physical ones: PA(symbol).
 */

#define PAGE_OFFSET 0xC0000000
#define PA(x) ((x) - PAGE_OFFSET)

#define BOOT_TABLES_MAX 4		/* 16 MiB: the linker script asserts that it is enough */
#define BOOT_SLACK 0x100000

#define CR0_PG_WP 0x80010000
#define EFLAGS_ID 0x00200000
#define CPUID_TSC 0x00000010
#define CPUID_CMOV 0x00008000

	.section .text.head, "ax", @progbits
	.globl	_start
	.type	_start, @function
_start:
	cli
	cld
	movl	%eax, %esi			/* magic */
	movl	%ebx, %edi			/* loader's block */
	movl	$PA(boot_stack_top), %esp

	/* CPUID exists if EFLAGS.ID can be changed. */
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$EFLAGS_ID, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	xorl	%ecx, %eax
	testl	$EFLAGS_ID, %eax
	movl	$PA(msg_no_cpuid), %ebp
	jz	cpu_refused

	movl	$1, %eax
	cpuid					/* changes EBX: the block's address is in EDI */
	movl	$PA(msg_no_tsc), %ebp
	testl	$CPUID_TSC, %edx
	jz	cpu_refused
	movl	$PA(msg_no_cmov), %ebp
	testl	$CPUID_CMOV, %edx
	jz	cpu_refused

	rdtsc
	movl	%eax, PA(boot_entry_cycles)
	movl	%edx, PA(boot_entry_cycles) + 4

	/* How many tables: max(8 MiB, end of the image + slack), in steps of 4 MiB. */
	movl	$PA(_end) + BOOT_SLACK + 0x3fffff, %ebp
	shrl	$22, %ebp
	cmpl	$2, %ebp
	jae	1f
	movl	$2, %ebp
1:	movl	%ebp, %eax
	shll	$10, %eax
	movl	%eax, PA(boot_mapped_pfn)

	/* The tables lie one after another, so one loop fills them all. */
	movl	$PA(boot_page_tables), %edx
	leal	(%edx, %eax, 4), %ecx		/* end of the tables in use */
	movl	$0x003, %eax
2:	movl	%eax, (%edx)
	addl	$0x1000, %eax
	addl	$4, %edx
	cmpl	%ecx, %edx
	jb	2b

	movl	$PA(boot_page_tables) + 0x067, %eax
	movl	$PA(swapper_pg_dir), %edx
3:	movl	%eax, (%edx)
	movl	%eax, (PAGE_OFFSET >> 20)(%edx)
	addl	$0x1000, %eax
	addl	$4, %edx
	decl	%ebp
	jnz	3b

	movl	$PA(swapper_pg_dir), %eax
	movl	%eax, %cr3
	movl	%cr0, %eax
	orl	$CR0_PG_WP, %eax
	movl	%eax, %cr0

	movl	$4f, %eax
	jmp	*%eax
4:	movl	$boot_stack_top, %esp
	lgdt	gdt_pointer
	ljmp	$0x08, $5f
5:	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	lldt	%ax

	xorl	%ebp, %ebp			/* end of every backtrace */
	movl	%esi, %eax
	movl	%edi, %edx
	call	start_kernel			/* start_kernel(magic, block); does not return */
6:	cli
	hlt
	jmp	6b
	.size	_start, . - _start

/*
 * The processor cannot run this image: the line at EBP goes to the first serial port and to the
 * first line of the text screen, then nothing more happens. Physical addresses throughout.
 */
	.type	cpu_refused, @function
cpu_refused:
	movl	$0xb8000, %edi
7:	movzbl	(%ebp), %ecx
	testl	%ecx, %ecx
	jz	6b
	movl	$0x10000, %esi			/* a port without a chip must not hold us up */
8:	movl	$0x3fd, %edx
	inb	%dx, %al
	decl	%esi
	jz	9f
	testb	$0x20, %al
	jz	8b
9:	movl	$0x3f8, %edx
	movl	%ecx, %eax
	outb	%al, %dx
	cmpb	$' ', %cl
	jb	10f
	movb	%cl, (%edi)
	movb	$0x4f, 1(%edi)
	addl	$2, %edi
10:	incl	%ebp
	jmp	7b
	.size	cpu_refused, . - cpu_refused

	.section .rodata.head, "a", @progbits
msg_no_cpuid:
	.asciz	"memscope: panic: cpu: this image needs an i686, and the processor has no CPUID\r\n"
msg_no_tsc:
	.asciz	"memscope: panic: cpu: this image needs a time-stamp counter (CPUID.1 EDX bit 4)\r\n"
msg_no_cmov:
	.asciz	"memscope: panic: cpu: this image needs CMOV (CPUID.1 EDX bit 15)\r\n"

	.section .data.head, "aw", @progbits
	.balign 8
	.globl	boot_entry_cycles, boot_mapped_pfn, gdt_table
boot_entry_cycles:
	.quad	0
boot_mapped_pfn:
	.long	0
/* Flat segments; kernel/x86/desc.c fills in the two task-state segments. */
	.balign 8
gdt_table:
	.quad	0
	.quad	0x00cf9b000000ffff		/* 0x08 code, 4 GiB */
	.quad	0x00cf93000000ffff		/* 0x10 data, 4 GiB */
	.quad	0				/* 0x18 the kernel's task */
	.quad	0				/* 0x20 the double-fault task */
gdt_end:
	.short	0
gdt_pointer:
	.short	gdt_end - gdt_table - 1
	.long	gdt_table

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl	swapper_pg_dir, boot_page_tables, boot_window_table
swapper_pg_dir:
	.skip	4096
boot_page_tables:
	.skip	BOOT_TABLES_MAX * 4096
boot_window_table:
	.skip	4096
	.globl	boot_stack, boot_stack_top
boot_stack:
	.skip	4 * 4096
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
