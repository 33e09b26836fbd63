/*
 * The compiler's own library, called our way: libgcc is built for arguments on the stack, while the
 * compiler's calls to it follow -mregparm=3, like every other call. Of (u64, u64, pointer) the first
 * comes in EDX:EAX, and all that follows is on the stack, since the second no longer fits into ECX.
 *
 * The linker leads the calls here (--wrap), and __real_NAME is the library's function. The result
 * needs no move: both conventions return 64 bits in EDX:EAX.
 */
	.macro	DIVISION name, pointer=0
	.globl	__wrap_\name
	.type	__wrap_\name, @function
__wrap_\name:
	.if	\pointer
	pushl	12(%esp)			/* where the remainder goes */
	pushl	12(%esp)
	pushl	12(%esp)
	.else
	pushl	8(%esp)				/* the divisor */
	pushl	8(%esp)
	.endif
	pushl	%edx
	pushl	%eax
	call	__real_\name
	addl	$16 + 4 * \pointer, %esp
	ret
	.size	__wrap_\name, . - __wrap_\name
	.endm

	.section .text.libgcc, "ax", @progbits
	DIVISION __udivdi3
	DIVISION __umoddi3
	DIVISION __divdi3
	DIVISION __udivmoddi4, 1

	.section .note.GNU-stack, "", @progbits
