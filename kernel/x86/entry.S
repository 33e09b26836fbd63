/*
 * Entry stubs of all 256 vectors, 16 bytes each, so that the gate of vector n is at
 * idt_stubs + 16 * n.
 *
 * A stub pushes an error code where the processor does not, and the vector; the common part saves
 * the registers as struct trap_frame (traps.h) and calls C with interrupts off. No privilege ever
 * changes, so the processor pushes neither SS nor ESP.
 *
 *	higher	eflags  cs  eip  error  vector  es  ds  eax  ebp  edi  esi  edx  ecx  ebx	lower
 */

#define IRQ_VECTOR_BASE 0x20
#define IRQ_LINES 16

	.section .text.entry, "ax", @progbits
	.balign 16
	.globl	idt_stubs
	.type	idt_stubs, @function
idt_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	/* The processor pushes an error code for 8, 10 to 14 and 17. */
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
	pushl	$0
	.endif
	pushl	$vector
	.if	vector >= IRQ_VECTOR_BASE && vector < IRQ_VECTOR_BASE + IRQ_LINES
	jmp	irq_entry
	.else
	jmp	trap_entry
	.endif
	.set	vector, vector + 1
	.endr
	.size	idt_stubs, . - idt_stubs

	.macro	SAVE_REGISTERS
	pushl	%es
	pushl	%ds
	pushl	%eax
	pushl	%ebp
	pushl	%edi
	pushl	%esi
	pushl	%edx
	pushl	%ecx
	pushl	%ebx
	cld
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	.endm

	.macro	RESTORE_AND_RETURN
	popl	%ebx
	popl	%ecx
	popl	%edx
	popl	%esi
	popl	%edi
	popl	%ebp
	popl	%eax
	popl	%ds
	popl	%es
	addl	$8, %esp
	iret
	.endm

	.balign 16
	.type	trap_entry, @function
trap_entry:
	SAVE_REGISTERS
	movl	%esp, %eax
	call	do_trap
	RESTORE_AND_RETURN
	.size	trap_entry, . - trap_entry

	.type	irq_entry, @function
irq_entry:
	SAVE_REGISTERS
	movl	36(%esp), %eax			/* vector */
	subl	$IRQ_VECTOR_BASE, %eax
	call	do_irq
	RESTORE_AND_RETURN
	.size	irq_entry, . - irq_entry

	.section .note.GNU-stack, "", @progbits
