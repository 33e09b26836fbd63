/*
 * The shipped image: the kernel, packed, and what unpacks it in place.
 *
 *	physical   1 MiB                                  _end or above
 *	           [headers 0 0 0 0 0 0 [ packed kernel    |unpack)      as the loader leaves it
 *	           [kernel, as linked by kernel.ld, .bss zero )          at _start
 *
 * Runs as _start does, with paging off and EAX and EBX from the loader, and jumps to _start with the
 * same EAX and EBX, interrupts off. Everything that is written lies inside the segments of the
 * shipped image, where no loader puts its data. This code lies past _end, so that it does not write
 * over itself; its frames and what of the packed kernel lies past _end are ordinary RAM from then on.
 *
 * The packed kernel is one block of sequences, as tools/pack-image.mjs wrote it:
 *	token: 3 bits count the literals, 1 says NEAR, 4 are the match's length less 3
 *	bytes that add to a count of 7, up to the first that is not 255; the literals
 *	the offset back to the match: one byte, of 259 less it, if NEAR; else two, low byte first
 *	bytes that add to a length of 15, up to the first that is not 255
 * That is LZ4's scheme, with a short form for near matches. The writer promises what this relies on:
 *	- no offset is below 4 (a match is copied four bytes at a time, from its beginning);
 *	- the last sequence ends with its literals, 7 or more (only so many look for the end);
 *	- at no step does the output, up to 16 bytes beyond its end, reach the input not yet read;
 *	- the block is filled with zeros to a whole number of UNPACK_WORDS words, and has the two sums;
 *	- no byte CALL is among the last four that are looked at for calls.
 * So nothing is checked while unpacking: whatever damages the block changes a sum.
 *
 * What a call has behind its opcode is the way to its target, another from every place; packed it is
 * the target itself, the high byte first, which repeats, and so packs better. That goes for every byte
 * CALL in the code, whether an instruction begins there or not: the sum with its place is undone.
 *
 * Symbols are reached at their physical address: PA(symbol).
 */
#define PAGE_OFFSET 0xC0000000
#define PA(x) ((x) - PAGE_OFFSET)

#define MB1_MAGIC 0x1BADB002
#define MB1_FLAGS 0x00000003		/* modules page aligned; memory sizes and map wanted */
#define MB2_MAGIC 0xE85250D6

#define UNPACK_WORDS 16
#define LITERALS_RUN 7			/* a count that goes on in the next bytes */
#define MATCH_RUN 15
#define NEAR 0x10
#define OFFSET_NEAR 259
#define CALL 0xe8

	.section .multiboot, "a", @progbits
	.balign 8
	.long	MB1_MAGIC
	.long	MB1_FLAGS
	.long	-(MB1_MAGIC + MB1_FLAGS)
	.balign 8
mb2_header:
	.long	MB2_MAGIC
	.long	0				/* i386 protected mode */
	.long	mb2_end - mb2_header
	.long	-(MB2_MAGIC + (mb2_end - mb2_header))
	.short	6, 0				/* modules page aligned */
	.long	8
	.short	0, 0				/* end of tags */
	.long	8
mb2_end:
	.balign 64				/* HEADERS of tools/pack-image.mjs */

	.section .unpack, "awx", @progbits
	.balign 16
	.globl	unpack_start
	.type	unpack_start, @function
unpack_start:
	cli
	cld
	movl	%eax, PA(loader_eax)
	movl	%ebx, PA(loader_ebx)

	/* EAX: the sum of all words; EDX: of the sums so far, every UNPACK_WORDS, so that order counts. */
	movl	$PA(packed), %esi
	xorl	%eax, %eax
	xorl	%edx, %edx
1:	.set	word, 0
	.rept	UNPACK_WORDS
	addl	4 * word(%esi), %eax
	.set	word, word + 1
	.endr
	addl	%eax, %edx
	addl	$4 * UNPACK_WORDS, %esi
	cmpl	$PA(packed_end), %esi
	jb	1b
	cmpl	$packed_sum, %eax
	jne	refused
	cmpl	$packed_sum_of_sums, %edx
	jne	refused

	/*
	 * ESI: two bytes before the token, so that it need not be advanced past a far offset. EDI: the
	 * output. Up to 6 literals and matches of up to 8 bytes, by far the most, are copied as 8.
	 */
	movl	$PA(packed) - 2, %esi
	movl	$PA(_text), %edi
sequence:
	movzbl	2(%esi), %eax
	movl	3(%esi), %edx
	movl	%edx, (%edi)
	movl	7(%esi), %edx
	movl	%edx, 4(%edi)
	movl	%eax, %ecx
	shrl	$5, %ecx
	cmpl	$LITERALS_RUN, %ecx
	je	literals
	addl	%ecx, %edi
	leal	3(%esi, %ecx), %esi
match:						/* ESI: the offset */
	testb	$NEAR, %al
	jnz	near
	movzwl	(%esi), %edx
	negl	%edx
copy:						/* EDX: the offset, negative */
	movl	(%edi, %edx), %ecx
	movl	%ecx, (%edi)
	movl	4(%edi, %edx), %ecx
	movl	%ecx, 4(%edi)
	andl	$15, %eax
	leal	3(%edi, %eax), %edi		/* the shortest match is 3 */
	cmpl	$5, %eax
	jbe	sequence

	cmpl	$MATCH_RUN, %eax
	jne	3f
2:	movzbl	2(%esi), %ecx
	incl	%esi
	addl	%ecx, %eax
	addl	%ecx, %edi
	cmpl	$255, %ecx
	je	2b
3:	movl	%esi, %ebx
	movl	%edi, %ebp			/* where the match ends */
	subl	%eax, %edi
	addl	$5, %edi			/* behind the first 8 bytes */
	leal	(%edi, %edx), %esi
	leal	-2(%eax), %ecx			/* EAX - 5 bytes, in words */
	shrl	$2, %ecx
	rep movsl
	movl	%ebx, %esi
	movl	%ebp, %edi
	jmp	sequence

near:
	movzbl	(%esi), %edx
	decl	%esi
	subl	$OFFSET_NEAR, %edx
	jmp	copy

literals:					/* LITERALS_RUN or more */
4:	movzbl	3(%esi), %edx
	incl	%esi
	addl	%edx, %ecx
	cmpl	$255, %edx
	je	4b
	addl	$3, %esi
	leal	(%edi, %ecx), %ebp
	leal	(%esi, %ecx), %ebx
	addl	$3, %ecx
	shrl	$2, %ecx
	rep movsl
	movl	%ebp, %edi
	movl	%ebx, %esi
	cmpl	$PA(packed_stop), %esi
	jne	match

	/* .bss, where the packed kernel lay; .data ends at a multiple of 16. */
	movl	$PA(_end), %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl

	/* Targets of calls become distances. ECX: bytes left; EDI: behind the byte CALL. */
	movl	$PA(_text), %edi
	movl	$calls_bytes, %ecx
	movb	$CALL, %al
	jmp	7f
6:	movl	(%edi), %edx
	bswap	%edx
	subl	%edi, %edx
	movl	%edx, (%edi)
	addl	$4, %edi
	subl	$4, %ecx
7:	repne scasb
	je	6b

	movl	PA(loader_eax), %eax
	movl	PA(loader_ebx), %ebx
	movl	$PA(_start), %ecx
	jmp	*%ecx
	.size	unpack_start, . - unpack_start

/* The line goes to the first serial port and to the first line of the text screen, then it ends. */
	.type	refused, @function
refused:
	movl	$PA(msg_damaged), %ebp
	movl	$0xb8000, %edi
6:	movzbl	(%ebp), %ecx
	jecxz	9f
	movl	$0x10000, %esi			/* a port without a chip must not hold us up */
7:	movl	$0x3fd, %edx
	inb	%dx, %al
	decl	%esi
	jz	8f
	testb	$0x20, %al
	jz	7b
8:	movl	$0x3f8, %edx
	movl	%ecx, %eax
	outb	%al, %dx
	incl	%ebp
	cmpb	$' ', %cl
	jb	6b
	movb	$0x4f, %ch
	movw	%cx, (%edi)
	addl	$2, %edi
	jmp	6b
9:	hlt
	jmp	9b
	.size	refused, . - refused

msg_damaged:
	.asciz	"memscope: panic: image: damaged: its bytes do not have the sum they were made with\r\n"
	.balign 4
loader_eax:
	.long	0
loader_ebx:
	.long	0

	.section .note.GNU-stack, "", @progbits
